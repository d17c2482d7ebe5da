# SPDX-License-Identifier: MIT
# usage: awk -f portfolio.awk [-v cells=1] portfolio.tsv
# How a lock of ours does in the cells of "bench --portfolio", beside the best peer of each cell
# that sleeps. For each family of cells: the geometric mean of the ratios, the worst cell, the
# least of Jain's indices, and whether that is what it is meant to reach. For the waits, our p99
# beside that of the best peer that is fair: no peer whose other kind waits for milliseconds
# meanwhile. With cells=1 also each cell.
BEGIN { FS = "\t" }
$1 == "machine" { print $2 ", " $3 " CPUs, " $4 }
$1 == "operation" { operations = operations (operations == "" ? "" : ", ") $2 " " $3 " ns" }
$1 == "lock" { name[$2] = $3; from[$2] = $4; kind[$2] = $5 }
$1 == "row" && $2 ~ /^(cell|one|busy|nice)-t/ {
	if (!($2 in cells_seen)) { cells_seen[$2] = 1; cell[++nr_cells] = $2 }
	value[$2, $3] = $5; jain[$2, $3] = $11
	if (from[$3] != "klock" && kind[$3] == "sleeps" && $5 > best[$2]) {
		best[$2] = $5
		peer[$2] = $3
	}
}
$1 == "waits" && $2 ~ /^wait-(cell|one|busy|nice)-/ {
	if (!($2 in waits_seen)) { waits_seen[$2] = 1; wait[++nr_waits] = $2 }
	p99[$2, $3] = $6; p999[$2, $3] = $7
}

function part_of(key, i,    part) {
	split(key, part, "-")
	return part[i]
}

function family(key,    under, t, w) {
	under = part_of(key, 1)
	t = substr(part_of(key, 2), 2) + 0
	w = substr(part_of(key, 3), 2) + 0
	if (under != "cell")
		return under == "one" ? "one CPU" : under == "busy" ? "busy neighbours" : "two weights"
	return (t == 1 ? "1 thread" : t == 2 ? "2 threads" : "4 to 128 threads") \
		(w == 0 ? ", reads" : w == 1000 ? ", writes" : ", both")
}

# What a cell is to have of the best peer's rate: less beside one that is far less fair.
function least(key, lock) {
	return jain[key, peer[key]] < 0.8 && jain[key, lock] > 0.9 ? 0.8 : 0.9
}

function uneven(key, lock,    t) {
	t = substr(part_of(key, 2), 2) + 0
	return part_of(key, 1) == "cell" && (t == 8 && jain[key, lock] < 0.9 ||
		t == 128 && jain[key, lock] < 0.7)
}

function judge(lock,    i, key, f, r, nr_families) {
	split("", n); split("", logs); split("", worst); split("", where)
	split("", low); split("", even); split("", missed)
	for (i = 1; i <= nr_cells; i++) {
		key = cell[i]
		if (!((key, lock) in value) || best[key] <= 0)
			continue
		f = family(key)
		r = value[key, lock] / best[key]
		if (!n[f]++) families[++nr_families] = f
		logs[f] += log(r)
		if (!(f in worst) || r < worst[f]) { worst[f] = r; where[f] = key }
		if (!(f in even) || jain[key, lock] < even[f]) even[f] = jain[key, lock]
		if (r < least(key, lock)) low[f]++
		if (uneven(key, lock)) missed[f]++
		if (cells)
			printf "    %-26s %8.4g M/s %6.2f of %s, Jain %s beside %s\n", key, \
				value[key, lock], r, name[peer[key]], jain[key, lock], \
				jain[key, peer[key]]
	}
	for (i = 1; i <= nr_families; i++) {
		f = families[i]
		printf "  %-26s %3d cells: mean %5.2f (goal 1.2), worst %5.2f (%s beside %s), " \
			"%d below 0.9, Jain %.3f or more, %d too low\n", f, n[f], exp(logs[f] / n[f]), \
			worst[f], where[f], name[peer[where[f]]], low[f], even[f], missed[f]
	}
}

# The peer that does best for both kinds: the least of the greater of its two waits.
function fair_peer(under, nr,    lock, r, w, found) {
	for (lock in from) {
		if (from[lock] == "klock" || kind[lock] != "sleeps" ||
		    !(("wait-" under "-read-" nr, lock) in p99))
			continue
		r = p99["wait-" under "-read-" nr, lock]
		w = p99["wait-" under "-write-" nr, lock]
		if (found == "" || (r > w ? r : w) < least_wait) {
			found = lock
			least_wait = r > w ? r : w
		}
	}
	return found
}

function judge_waits(lock,    i, key, other, under, nr) {
	for (i = 1; i <= nr_waits; i++) {
		key = wait[i]
		if (!((key, lock) in p99))
			continue
		under = part_of(key, 2)
		nr = part_of(key, 4)
		other = fair_peer(under, nr)
		printf "  %-22s p99 %7.4g us, p99.9 %7.4g; %s: %7.4g\n", key, p99[key, lock], \
			p999[key, lock], name[other], p99[key, other]
	}
}

END {
	if (!nr_cells && !nr_waits) { print "portfolio.awk: no cells" >"/dev/stderr"; exit 1 }
	if (operations != "") print operations
	for (lock in from)
		if (from[lock] == "klock" && ((cell[1], lock) in value || (wait[1], lock) in p99))
			order[++nr_ours] = lock
	for (i = 1; i <= nr_ours; i++)
		for (j = i + 1; j <= nr_ours; j++)
			if (order[j] < order[i]) { t = order[i]; order[i] = order[j]; order[j] = t }
	for (i = 1; i <= nr_ours; i++) {
		print name[order[i]]
		judge(order[i])
		judge_waits(order[i])
	}
}
