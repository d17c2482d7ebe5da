# SPDX-License-Identifier: MIT
# usage: awk -v title=TEXT -v rows="KEY..." -f waits.awk bench.tsv >waits.svg
# A panel for each row: the share of the waits that took longer than a time, both logarithmic,
# a line for each lock. A line that ends far to the right is a lock that starves somebody.
BEGIN {
	FS = "\t"
	n_rows = split(rows, keys, " ")
	for (i = 1; i <= n_rows; i++)
		is_asked[keys[i]] = 1
	WIDTH = 560; HIGH = 330; LEFT = 60; PLOT = 330; TALL = 240; TOP = 52
	DECADES = 7; LEAST = 0.1 # us
	SHARES = 4
	n_colours = split("#2e75b6 #e69f00 #009e73 #cc79a7 #56b4e9 #8c6d31 #6a3d9a #000000", other, " ")
}
$1 == "lock" { name[$2] = $3; from[$2] = $4; kind[$2] = $5 }
$1 == "title" { titles[$2] = $3 }
$1 == "waits" && ($2 in is_asked) && kind[$3] == "sleeps" {
	id[$2, ++n[$2]] = $3
	total[$2, $3] = $4
	longest[$2, $3] = $9
}
$1 == "bin" && ($2 in is_asked) && kind[$3] == "sleeps" {
	bins[$2, $3]++
	since[$2, $3, bins[$2, $3]] = $4
	to[$2, $3, bins[$2, $3]] = $5
	count[$2, $3, bins[$2, $3]] = $6
}

function escape(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

function text(x, y, anchor, size, what, fill) {
	printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" fill=\"%s\">%s</text>\n", \
		x, y, anchor, size, fill == "" ? "black" : fill, escape(what)
}

function x_of(us) {
	us = us < LEAST ? LEAST : us
	return X + LEFT + PLOT * log(us / LEAST) / log(10) / DECADES
}

function y_of(share) {
	return Y + 22 + TALL * (share > 0 ? -log(share) / log(10) / SHARES : 1)
}

function grid(    i, us, marks) {
	split("0.1 us,1 us,10 us,100 us,1 ms,10 ms,100 ms,1 s", marks, ",")
	for (i = 0; i <= DECADES; i++) {
		us = LEAST * 10 ^ i
		printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>\n", \
			x_of(us), x_of(us), Y + 22, Y + 22 + TALL
		text(x_of(us), Y + 36 + TALL, "middle", 10, marks[i + 1])
	}
	for (i = 0; i <= SHARES; i++) {
		printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>\n", \
			X + LEFT, X + LEFT + PLOT, y_of(10 ^ -i), y_of(10 ^ -i)
		text(X + LEFT - 6, y_of(10 ^ -i) + 4, "end", 10, 100 * 10 ^ -i " %")
	}
}

function colour(lock) {
	if (from[lock] == "klock")
		return lock == "rwsem" ? "#c0392b" : lock == "percpu" ? "#ff7f50" : "#e6a0a0"
	if (from[lock] == "libc")
		return lock == "glibc" ? "#444444" : "#999999"
	if (!(lock in given))
		given[lock] = other[1 + n_given++ % n_colours]
	return given[lock]
}

function share_of(key, lock, left,    share) {
	share = left / total[key, lock]
	return share < 10 ^ -SHARES ? 10 ^ -SHARES : share
}

# Each bin's waits ended between its two ends, and none between two bins.
function curve(key, lock, nr,    i, left, y) {
	left = total[key, lock]
	printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" points=\"%.1f,%.1f", \
		colour(lock), lock == "rwsem" ? "2.5" : "1.3", x_of(LEAST), y_of(1)
	for (i = 1; i <= bins[key, lock]; i++) {
		printf " %.1f,%.1f", x_of(since[key, lock, i]), y_of(share_of(key, lock, left))
		left -= count[key, lock, i]
		printf " %.1f,%.1f", x_of(left ? to[key, lock, i] : longest[key, lock]), \
			y_of(share_of(key, lock, left))
	}
	print "\"/>"
	y = Y + 30 + 15 * nr
	text(X + LEFT + PLOT + 8, y, "start", 11, name[lock], colour(lock))
}

END {
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\"", 2 * WIDTH, \
		TOP + HIGH * int((n_rows + 1) / 2)
	printf " font-family=\"sans-serif\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
	text(8, 24, "start", 16, title)
	text(8, 42, "start", 11, "the share of the waits that took longer; further left and down is better")
	for (i = 1; i <= n_rows; i++) {
		if (!n[keys[i]]) {
			print "waits.awk: no waits of row " keys[i] >"/dev/stderr"
			exit 1
		}
		X = WIDTH * ((i - 1) % 2)
		Y = TOP + HIGH * int((i - 1) / 2)
		sub(/: p99.*/, "", titles[keys[i]])
		text(X + 8, Y + 12, "start", 13, titles[keys[i]])
		grid()
		for (j = 1; j <= n[keys[i]]; j++)
			curve(keys[i], id[keys[i], j], j)
	}
	print "</svg>"
}
