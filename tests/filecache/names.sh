#!/bin/sh
# SPDX-License-Identifier: MIT
# Names with anything in them: each is one line wherever it is shown, and no terminal obeys it.
# And what cannot be written to standard output is a failure.
. "$top_srcdir/tests/support/tap.sh"

filecache=${FILECACHE:-$top_builddir/examples/filecache/filecache}
dir=$(mktemp -d "$top_builddir/filecache-names.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

"$filecache" mkfs --size 1M --files 40 img
echo content >in

# shown NAME TEXT: put under that name, it is listed and told of as TEXT, in one line, and found.
shown() {
	name=$1 text=$2 wrong=
	"$filecache" put img "$name" in || wrong="put failed"
	"$filecache" ls img >out
	export text
	awk 'NR > 1 { sub(/^ *[0-9]+ +[0-9]+  /, ""); if ($0 == ENVIRON["text"]) n++ }
		END { exit n != 1 }' out || wrong="$wrong ls: $(cat out)"
	[ "$(wc -l <out)" -eq 3 ] || wrong="$wrong ls has $(wc -l <out) lines"
	"$filecache" stat img "$name" >out
	awk '$0 == "file " ENVIRON["text"] { n++ } END { exit n != 1 }' out ||
		wrong="$wrong stat: $(cat out)"
	"$filecache" get img "$name" copy && cmp -s in copy || wrong="$wrong get failed"
	"$filecache" put img "$name" in --no-clobber 2>err && wrong="$wrong put clobbered"
	[ "$(wc -l <err)" -eq 1 ] && awk 'index($0, ENVIRON["text"]) { n++ } END { exit !n }' err ||
		wrong="$wrong put --no-clobber: $(cat err)"
	"$filecache" rm img "$name" || wrong="$wrong rm failed"
	"$filecache" rm img "$name" 2>err
	[ "$(wc -l <err)" -eq 1 ] && ! LC_ALL=C grep -q '[[:cntrl:]]' err ||
		wrong="$wrong rm: $(cat err)"
	# What is shown is what a shell takes for the name.
	case $text in
	*'$'*) ;; # not of every sh
	*) eval "[ $text = \"\$name\" ]" || wrong="$wrong the shell reads $text otherwise" ;;
	esac
	check_empty "name shown as $(printf %s "$text" | tr '\\' '/')" "$wrong"
}

shown plain plain
shown a.b-c_d+e=f a.b-c_d+e=f
shown 'two words' "'two words'"
shown "it's" "'it'\\''s'"
shown 'a\nb' "'a\nb'"
shown '$HOME' "'\$HOME'"
shown '*' "'*'"
shown 'grün' 'grün'
shown "$(printf 'a\nb')" "'a'\$'\n''b'"
shown "$(printf '           9        1  forged\n x')" "'           9        1  forged'\$'\n'' x'"
shown "$(printf '\ttab')" "''\$'\t''tab'"
shown "$(printf '\033[2J')" "''\$'\033''[2J'"
shown "$(printf 'x\r')" "'x'\$'\r'"
shown "$(printf 'x\177y')" "'x'\$'\177''y'"
shown "$(printf 'c1\302\233m')" "'c1'\$'\302\233''m'"
shown "$(printf 'bad\377')" "'bad'\$'\377'"
shown "$(printf 'cut\303')" "'cut'\$'\303'"
shown "$(printf 'turn\342\200\256txt')" "'turn'\$'\342\200\256''txt'"

# Paths and arguments are told of in one line as well.
bad=$(printf 'no\n\033[31mimage')
for command in "ls" "fsck" "stat" "mkfs --size 1M --force" "get"; do
	# Split on purpose.
	# shellcheck disable=SC2086
	"$filecache" $command "$bad/x" name 2>err >out
	check_empty "a path in the message of $command" "$(
		[ "$(wc -l <err)" -le 2 ] && ! LC_ALL=C grep '[[:cntrl:]]' err || cat err)"
done
"$filecache" "$bad" 2>err
check_empty "a command that is none" "$([ "$(wc -l <err)" -eq 1 ] || cat err)"
"$filecache" mkfs --size "$bad" x 2>err
check_empty "an argument that is none" "$([ "$(wc -l <err)" -eq 2 ] || cat err)"

# ---- Output that goes nowhere -----------------------------------------------------------------

i=0
while [ $i -lt 40 ]; do
	i=$((i + 1))
	"$filecache" put img "a name that is as long as it can be, or nearly, number $i" in
done
for command in --help help "ls --help" "mkfs --help" "race --help" "ls img" "fsck img" "stat img" \
	"stat img --passes 1" "get img nothing" "read img nothing 0 1"; do
	case $command in *nothing*) "$filecache" rm img \
		"a name that is as long as it can be, or nearly, number 40" 2>err
		"$filecache" put img nothing in ;; esac
	# Split on purpose.
	# shellcheck disable=SC2086
	"$filecache" $command >/dev/full 2>err
	check_empty "$command to a full device fails" "$([ $? -ne 0 ] && [ -s err ] || cat err)"
done

finish
