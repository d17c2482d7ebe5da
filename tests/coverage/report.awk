# SPDX-License-Identifier: MIT
# Adds up what gcov writes with --branch-probabilities, of all objects that a source is in; see report.
FILENAME ~ /reasons\.tab$/ {
	if (/^#/ || /^$/)
		next
	split($0, field, / \| /)
	n_reasons++
	reason_place[n_reasons] = field[1]
	reason_text[n_reasons] = field[2]
	reason[n_reasons] = field[3]
	next
}
/^ *-: *0:Source:/ {
	file = $0
	sub(/^[^:]*:[^:]*:Source:/, "", file)
	file = match(file, /lib\/[a-z]+\/[a-z_]+\.[ch]$/) && file !~ /^\/usr/ ? substr(file, RSTART) : ""
	next
}
file == "" { next }
/^function / {
	function_name = $2
	next
}
/^branch/ {
	key = file ":" number ":" ++nth
	is_branch[key] = file
	if ($0 !~ /never executed|taken 0/)
		is_taken[key] = 1
	next
}
/^ *[^ :]+\*?: *[0-9]+:/ {
	count = $1
	sub(/:.*/, "", count)
	rest = substr($0, index($0, ":") + 1)
	number = rest + 0
	nth = 0
	key = file ":" number
	text[key] = substr(rest, index(rest, ":") + 1)
	place[key] = file ":" function_name
	if (!number || count == "-")
		next
	if (!(key in is_line)) {
		is_line[key] = file
		order[++n_lines] = key
	}
	if (count !~ /^[#=]/)
		is_run[key] = 1
}

function percent(part, all) {
	return all ? sprintf("%5.1f%%", 100 * part / all) : "     -"
}
function row(name, l, r, e, b, t) {
	printf "%-32s %6d %6d %s %7d %6d %6d %s\n", name, l, r, percent(r, l), e, b, t, percent(t, b)
}
# The reason that a line of this text is not run; 0: there is none.
function reason_of(file, place, text,   i) {
	for (i = 1; i <= n_reasons; i++)
		if ((reason_place[i] == place || reason_place[i] == file ":*") &&
		    (reason_text[i] == "*" || index(text, reason_text[i])))
			return i
	return 0
}
function add_up(   i, key, f) {
	for (i = 1; i <= n_lines; i++) {
		key = order[i]
		f = is_line[key]
		if (!(f in lines))
			files[++n_files] = f
		lines[f]++
		why = reason_of(f, place[key], text[key])
		used[why] = 1
		if (key in is_run) {
			run[f]++
		} else if (why) {
			excused[f]++
			sub(/.*:/, "", key)
			told[why] = told[why] " " key
		} else {
			missing = missing "  " key ": " place[key] " | " text[key] "\n"
		}
	}
	for (key in is_branch) {
		branches[is_branch[key]]++
		taken[is_branch[key]] += key in is_taken
	}
}
END {
	add_up()
	printf "%-32s %6s %6s %6s %7s %6s %6s\n", "file", "lines", "run", "", "excused", \
		"branch", "taken"
	for (i = 1; i <= n_files; i++) {
		f = files[i]
		row(f, lines[f], run[f], excused[f], branches[f], taken[f])
		l += lines[f]; r += run[f]; e += excused[f]; b += branches[f]; t += taken[f]
	}
	row("all", l, r, e, b, t)
	print "\nLines that were not run, with the reason:"
	for (i = 1; i <= n_reasons; i++) {
		if (told[i] != "")
			printf "  %s%s: %s\n", reason_place[i], told[i], reason[i]
		if (!(i in used))
			stale = stale "  " reason_place[i] " | " reason_text[i] "\n"
	}
	if (stale != "")
		printf "\nReasons for lines that do not exist:\n%s", stale
	if (missing != "")
		printf "\nLines that were not run, without a reason:\n%s", missing
	if (!n_files)
		print "no file of lib/ was found"
	exit stale != "" || missing != "" || !n_files
}
