# SPDX-License-Identifier: MIT
# usage: awk -f goals.awk [-v parts=1] bench.tsv
# What the locks are meant to reach, and whether that run did: a line for each goal, with the part
# of it that is furthest away. With parts=1 also all parts. A goal of being at or ahead of the
# best is also met within what the reference differs from itself under its second name, or
# within a twentieth, whichever is less.
BEGIN { FS = "\t" }
$1 == "lock" { name[$2] = $3; from[$2] = $4; kind[$2] = $5 }
$1 == "row" { key = $2 SUBSEP $3; rows[$2] = 1; ids[$3] = 1
	value[key] = $5; ratio[key] = $8; jain[key] = $11
	if (kind[$3] == "again")
		noise[$2] = max(max(1 - $9, $10 - 1), 0) }
$1 == "waits" { key = $2 SUBSEP $3; asked[key] = $4; p99[key] = $6; p999[key] = $7 }

function max(a, b) { return a > b ? a : b }

# The best of the locks that sleep and are not ours: with "link", of those that one can link; with
# "read", of those that tell readers from writers.
function best(row, more, only,    id, found) {
	found = ""
	for (id in ids) {
		if (kind[id] != "sleeps" || from[id] == "klock" || !((row, id) in value))
			continue
		if (only == "link" && from[id] == "bench" || only == "read" && !(("pair-read", id) in value))
			continue
		if (found == "" || (more ? value[row, id] > value[row, found] \
					 : value[row, id] < value[row, found]))
			found = id
	}
	return found
}

# One part: `is` may not be above `limit`; or, with more, not below.
function part(what, is, limit, more, unit,    by) {
	if (is == "" || limit == "" || limit <= 0 || is <= 0) {
		missing = missing (missing == "" ? "" : ", ") what
		return
	}
	by = more ? limit / is - 1 : is / limit - 1
	parts_text = parts_text sprintf("      %-9s %s: %.4g%s, %s %.4g\n", \
		by > 0 ? "missed" : "met", what, is, unit, more ? "at least" : "at most", limit)
	n++
	if (n == 1 || by > worst) {
		worst = by
		worst_text = sprintf("%s: %.4g%s, %s %.4g", what, is, unit, \
			more ? "at least" : "at most", limit)
	}
}

function level(row, more,    slack) {
	slack = noise[row] < 0.05 ? noise[row] : 0.05
	return more ? 1 - slack : 1 + slack
}

function against(row, id, peer, more, unit,    limit) {
	if (peer == "") {
		missing = missing (missing == "" ? "" : ", ") "a peer in " row
		return
	}
	limit = value[row, peer] * level(row, more)
	part(row " " id " beside " name[peer], value[row, id], limit, more, unit)
}

function goal(number, what,    verdict) {
	if (!n)
		verdict = "not measured"
	else if (worst > 0)
		verdict = worst < 9 ? sprintf("missed by %.0f %%", worst * 100) \
			: sprintf("missed by %.0f times", worst + 1)
	else
		verdict = "met"
	if (n && missing != "")
		verdict = verdict " (in part)"
	printf "%2d  %-16s  %s; %s\n", number, verdict, what, n ? worst_text : missing
	if (parts)
		printf "%s%s", parts_text, missing == "" ? "" : "      not measured: " missing "\n"
	n = 0
	worst_text = parts_text = missing = ""
}

# The lock whose longer wait of the two rows is the shortest. Of the waits of all rounds together:
# a lock that starves somebody in some of the rounds does starve. Nor is it one whose waiter, for
# want of a CPU that the others leave to it, asked less than `share` as often as ours.
function best_at_once(a, b, share,    id, longer, found, at_once) {
	found = ""
	for (id in ids) {
		if (kind[id] != "sleeps" || from[id] == "klock" || !((a, id) in p99))
			continue
		if (asked[a, id] < share * asked[a, "rwsem"] ||
		    asked[b, id] < share * asked[b, "rwsem"])
			continue
		longer = max(p99[a, id], p99[b, id])
		if (found == "" || longer < at_once) {
			found = id
			at_once = longer
		}
	}
	return found
}

function waits_at_once(    peer, i, keys) {
	peer = best_at_once("wait-write", "wait-read", 0.5)
	if (peer == "") # nobody gets its turns as ours do
		peer = best_at_once("wait-write", "wait-read", 0)
	if (peer == "") {
		missing = "the rows of waits"
		return
	}
	for (i = split("wait-write wait-read", keys, " "); i; i--)
		part(keys[i] " rwsem p99 beside " name[peer], p99[keys[i], "rwsem"], \
			p99[keys[i], peer] * level(keys[i]), 0, " us")
}

END {
	bound = value["pair-read", "bound_read"]
	for (i = split("rwsem percpu", ours, " "); i; i--) {
		part("pair-read " ours[i] ", 1.5 bounds", value["pair-read", ours[i]], \
			1.5 * bound, 0, " ns")
		part("pair-read " ours[i] ", to glibc", ratio["pair-read", ours[i]], 0.25, 0)
		peer = best("pair-read", 0, "link")
		part("pair-read " ours[i] ", half of " name[peer], value["pair-read", ours[i]], \
			value["pair-read", peer] / 2, 0, " ns")
	}
	against("pair-read", "unbiased", best("pair-read", 0, "link"), 0, " ns")
	goal(1, "read pairs near the bound")

	part("pair-write rwsem, to glibc", ratio["pair-write", "rwsem"], 0.65, 0)
	part("pair-mutex mutex, to glibc", ratio["pair-mutex", "mutex"], 0.65, 0)
	against("pair-write", "rwsem", best("pair-write", 0), 0, " ns")
	against("pair-mutex", "mutex", best("pair-mutex", 0), 0, " ns")
	goal(2, "write and mutex pairs")

	for (i = split("rwsem percpu", ours, " "); i; i--)
		if (value["read-1", ours[i]] > 0)
			part(ours[i] ", two readers to one", \
				value["read-2", ours[i]] / value["read-1", ours[i]], 1.9, 1)
	goal(3, "two readers scale")

	for (i = split("mix-1 mix-10 mix-100 mix-500", keys, " "); i; i--)
		against(keys[i], "rwsem", best(keys[i], 1, "read"), 1, " M/s")
	goal(4, "99.9, 99, 90 and 50 % reads")

	for (i = split("over-8 over-32 over-128 overw-8 overw-32 overw-128", keys, " "); i; i--)
		against(keys[i], "rwsem", best(keys[i], 1, keys[i] ~ /^over-/ ? "read" : ""), 1, " M/s")
	part("over-8 rwsem, Jain", jain["over-8", "rwsem"], 0.9, 1)
	part("overw-8 rwsem, Jain", jain["overw-8", "rwsem"], 0.9, 1)
	goal(5, "more threads than CPUs")

	waits_at_once()
	# "A small multiple": four of the 50 us that the longest of those sections lasts.
	part("wait-write-gapless rwsem p99.9", p999["wait-write-gapless", "rwsem"], 200, 0, " us")
	part("wait-read-gapless rwsem p99.9", p999["wait-read-gapless", "rwsem"], 200, 0, " us")
	goal(6, "nobody starves")

	# "About as much": half as much again.
	part("burn rwsem, to glibc", ratio["burn", "rwsem"], 1.5, 0)
	if (value["burn", "glibc_m"] > 0)
		part("burn mutex, to glibc's", value["burn", "mutex"] / value["burn", "glibc_m"], \
			1.5, 0)
	goal(7, "waiting burns no CPU")

	for (i = split("rwsem mutex", ours, " "); i; i--) {
		part("hand-sleeper " ours[i] ", 1.3 futexes", value["hand-sleeper", ours[i]], \
			1.3 * value["hand-sleeper", "bound_futex"], 0, " us")
		part("hand-one-cpu " ours[i] ", 1.3 futexes", value["hand-one-cpu", ours[i]], \
			1.3 * value["hand-one-cpu", "bound_futex"], 0, " us")
	}
	goal(8, "handing over")

	# That they never enter the kernel is shown by tests/contract/nowait.
	peer = best("nowait", 0)
	for (i = split("rwsem iocb", ours, " "); i; i--)
		against("nowait", ours[i], peer, 0, " us")
	goal(9, "p99.99 of an attempt beside a writer")

	part("size rwsem", value["size", "rwsem"], 16, 0, " bytes")
	part("size mutex", value["size", "mutex"], 16, 0, " bytes")
	goal(10, "sizes")
}
