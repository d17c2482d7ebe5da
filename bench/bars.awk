# SPDX-License-Identifier: MIT
# usage: awk -v title=TEXT -v rows="KEY..." -f bars.awk bench.tsv >bars.svg
# A panel for each row, with a bar for each lock: the median, and a line from quartile to quartile.
# Where less is better, a bar more than four times as long as glibc's is cut off.
BEGIN {
	FS = "\t"
	n_rows = split(rows, keys, " ")
	for (i = 1; i <= n_rows; i++)
		is_asked[keys[i]] = 1
	WIDTH = 470; LEFT = 190; BAR = 190; LINE = 17; TOP = 52
	COLOUR["klock"] = "#c0392b"; COLOUR["libc"] = "#7f8c8d"; COLOUR["other"] = "#2e75b6"
	COLOUR["spins"] = "#9dc3e6"; COLOUR["bound"] = "#a9d18e"
}
$1 == "lock" { name[$2] = $3; from[$2] = $4; kind[$2] = $5 }
$1 == "title" { titles[$2] = $3 }
$1 == "row" && ($2 in is_asked) && kind[$3] != "again" && $5 > 0 {
	id[$2, ++n[$2]] = $3
	median[$2, $3] = $5; q1[$2, $3] = $6; q3[$2, $3] = $7
	unit[$2] = $4
	if (n[$2] == 1)
		reference[$2] = $5
	if ($5 > most[$2])
		most[$2] = $5
}

function escape(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

function colour(lock) {
	if (kind[lock] != "sleeps")
		return COLOUR[kind[lock]]
	return COLOUR[from[lock] in COLOUR ? from[lock] : "other"]
}

function text(x, y, anchor, size, what) {
	printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\">%s</text>\n", \
		x, y, anchor, size, escape(what)
}

function number(x) {
	return sprintf(x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : x >= 1 ? "%.2f" : "%.3f", x)
}

function bar(key, lock, y, scale,    value, x0, cut, low, high) {
	value = median[key, lock]
	x0 = X + LEFT
	cut = value > scale
	text(x0 - 6, y + 11, "end", 11, name[lock])
	printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n", x0, y + 2, \
		BAR * (cut ? scale : value) / scale, LINE - 5, colour(lock)
	low = q1[key, lock] / scale
	high = q3[key, lock] / scale
	if (!cut)
		printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"black\"/>\n", \
			x0 + BAR * low, x0 + BAR * (high > 1.05 ? 1.05 : high), y + 8, y + 8
	text(x0 + BAR * (cut || high > 1 ? 1.06 : high > value / scale ? high : value / scale) + 6, \
		y + 11, "start", 11, number(value) (cut ? " (cut off)" : ""))
}

function panel(key, y,    i, scale) {
	scale = most[key]
	if (unit[key] !~ /\/s$/ && scale > 4 * reference[key])
		scale = 4 * reference[key]
	text(X + 8, y + 16, "start", 13, titles[key] ", " unit[key])
	for (i = 1; i <= n[key]; i++)
		bar(key, id[key, i], y + 22 + LINE * (i - 1), scale)
	return 22 + LINE * n[key] + 16
}

END {
	for (i = 1; i <= n_rows; i++) {
		if (!n[keys[i]]) {
			print "bars.awk: no row " keys[i] >"/dev/stderr"
			exit 1
		}
		column[i] = height[0] <= height[1] ? 0 : 1
		at[i] = height[column[i]]
		height[column[i]] += 22 + LINE * n[keys[i]] + 16
	}
	tall = TOP + (height[0] > height[1] ? height[0] : height[1])
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\"", 2 * WIDTH, tall
	printf " font-family=\"sans-serif\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
	X = 0
	text(8, 24, "start", 16, title)
	text(8, 42, "start", 11, "red: klock; grey: the C library; blue: others; ~ spins, * is a " \
		"bound and no lock; lines: from quartile to quartile")
	for (i = 1; i <= n_rows; i++) {
		X = column[i] * WIDTH
		panel(keys[i], TOP + at[i])
	}
	print "</svg>"
}
