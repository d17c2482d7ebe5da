# SPDX-License-Identifier: MIT
# usage: awk -f portfolio.awk [-v cells=1] portfolio.tsv
# How a lock of ours does in the cells of "bench --portfolio", beside the best peer of each cell
# that sleeps: for each family of cells the geometric mean of the ratios, the worst cell, and the
# least of Jain's indices. With cells=1 also each cell.
BEGIN { FS = "\t" }
$1 == "machine" { print $2 ", " $3 " CPUs, " $4 }
$1 == "operation" { operations = operations (operations == "" ? "" : ", ") $2 " " $3 " ns" }
$1 == "lock" { name[$2] = $3; from[$2] = $4; kind[$2] = $5 }
$1 == "row" && $2 ~ /^cell-/ {
	if (!($2 in cells_seen)) { cells_seen[$2] = 1; cell[++nr_cells] = $2 }
	value[$2, $3] = $5; jain[$2, $3] = $11
	if (from[$3] != "klock" && kind[$3] == "sleeps" && $5 > best[$2]) {
		best[$2] = $5
		peer[$2] = $3
	}
}

function family(key,    part, t, w) {
	split(key, part, "-")
	t = substr(part[2], 2) + 0
	w = substr(part[3], 2) + 0
	return (t == 1 ? "1 thread" : t == 2 ? "2 threads" : "4 to 128 threads") \
		(w == 0 ? ", reads" : w == 1000 ? ", writes" : ", both")
}

function judge(lock,    i, key, f, r) {
	split("", n); split("", logs); split("", worst); split("", where); split("", uneven)
	nr_families = 0
	for (i = 1; i <= nr_cells; i++) {
		key = cell[i]
		if (!((key, lock) in value) || best[key] <= 0)
			continue
		f = family(key)
		r = value[key, lock] / best[key]
		if (!n[f]++) families[++nr_families] = f
		logs[f] += log(r)
		if (!(f in worst) || r < worst[f]) { worst[f] = r; where[f] = key }
		if (!(f in uneven) || jain[key, lock] < uneven[f]) uneven[f] = jain[key, lock]
		if (cells)
			printf "    %-26s %8.4g M/s %6.2f of %s, Jain %s beside %s\n", key, \
				value[key, lock], r, name[peer[key]], jain[key, lock], \
				jain[key, peer[key]]
	}
	for (i = 1; i <= nr_families; i++) {
		f = families[i]
		printf "  %-28s %3d cells, mean %5.2f, worst %5.2f (%s beside %s), Jain %.3f or more\n", f, \
			n[f], exp(logs[f] / n[f]), worst[f], where[f], name[peer[where[f]]], uneven[f]
	}
}

END {
	if (!nr_cells) { print "portfolio.awk: no cells" >"/dev/stderr"; exit 1 }
	if (operations != "") print operations
	for (lock in from)
		if (from[lock] == "klock" && (cell[1], lock) in value) order[++nr_ours] = lock
	for (i = 1; i <= nr_ours; i++)
		for (j = i + 1; j <= nr_ours; j++)
			if (order[j] < order[i]) { t = order[i]; order[i] = order[j]; order[j] = t }
	for (i = 1; i <= nr_ours; i++) {
		print name[order[i]]
		judge(order[i])
	}
}
