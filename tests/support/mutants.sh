# SPDX-License-Identifier: MIT
# For scripts that break the library in the ways that tests/explore/mutants.tab has, or another
# table in mutants_tab. Source this after tap.sh. From mutants_copy on the script is in a folder of
# its own, with copies of the sources; after mutants_begin, ./whole is the program with the library
# as it is, ./mutant with what mutate broke. A script with other programs lists the sources that
# can be broken in the file "sources", and has a mutant_link of its own.
mutants_tab=$top_srcdir/tests/explore/mutants.tab
mutants_build=$(cd "${top_builddir:-.}" && pwd)

mutant_objects() { # FILE...: compiles them
	for file; do
		# shellcheck disable=SC2086 # CC may have flags
		${CC:-cc} -std=gnu11 -O1 -w -D_GNU_SOURCE $mutant_flags -Itests -Iinclude -Ilib \
			-I"$mutants_build" -c "$file" -o "obj/$(echo "$file" | tr / _).o" ||
			return 1
	done
}
# shellcheck disable=SC2086
mutant_link() { ${CC:-cc} obj/*.o -o "$1" -pthread -ldl -Wl,-z,now; }

# mutants_copy FOLDER...: of the sources
mutants_copy() {
	work=$(mktemp -d) || exit 1
	trap 'rm -rf "$work"' EXIT
	mkdir "$work/obj" || exit 1
	for folder; do
		cp -r "$top_srcdir/$folder" "$work/" || exit 1
	done
	chmod -R u+w "$work"
	cd "$work" || exit 1
}

# mutants_begin FOLDER PATTERN [FLAG...]: the program of the sources in tests/FOLDER and lib, but
# for those whose names match
mutants_begin() {
	mutants_copy lib include tests
	folder=$1 without=$2
	shift 2
	mutant_flags=$*
	find lib "tests/$folder" -name '*.c' | grep -vE "^($without)\.c$" >sources
	# shellcheck disable=SC2046
	if ! mutant_objects $(cat sources) || ! mutant_link whole; then
		fail "tests/$folder compiles"
		finish
	fi
}

mutant_names() { sed -n 's/^\([a-z_]*\)|.*/\1/p' "$mutants_tab"; }
mutant_scenario() { sed -n "s/^$1|.*|//p" "$mutants_tab"; }

# mutate NAME: to be followed by mend. The expressions have bars of their own.
mutate() {
	line=$(grep "^$1|" "$mutants_tab")
	line=${line#*|}
	mutated=${line%%|*}
	line=${line#*|}
	changed=$mutated
	grep -qx "$mutated" sources || changed=$(cat sources) # a header, or included as one
	cp "$mutated" saved
	sed -E -i "${line%|*}" "$mutated"
	if cmp -s saved "$mutated"; then
		fail "$1" "the expression changes nothing in $mutated"
		return 1
	fi
	# shellcheck disable=SC2086
	mutant_objects $changed && mutant_link mutant && return
	fail "$1" "it does not compile"
	return 1
}
mend() {
	cp saved "$mutated"
	# shellcheck disable=SC2086
	mutant_objects $changed
}
