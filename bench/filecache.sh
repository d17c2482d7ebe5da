#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: filecache.sh PROGRAM [DIR]
# What the example program filecache costs: large images, and files beside dd. Medians of 9
# runs, in milliseconds; works in a new folder below DIR (here), and removes it.
set -u
case $1 in
/*) program=$1 ;;
*) program=$PWD/$1 ;;
esac
dir=$(mktemp -d "${2:-.}/bench.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

now() { date +%s%N; }
# median NAME COMMAND: of the shell command; sets $ms, in microseconds
median() {
	times=
	for _ in 1 2 3 4 5 6 7 8 9; do
		start=$(now)
		sh -c "$2" || exit 1
		times="$times $((($(now) - start) / 1000))"
	done
	us=$(printf '%s\n' $times | sort -n | sed -n 5p)
	printf '%-44s %8s\n' "$1" "$((us / 1000)).$(printf %03d $((us % 1000)) | cut -c1-2) ms"
}
beside() { # of the last two medians
	printf '%-44s %8s\n' "    beside dd" "$((us * 100 / other / 100)).$(printf %02d \
		$((us * 100 / other % 100))) x"
}
export program

"$program" mkfs --size 100G large.img
echo ab >three
median "ls of an empty image of 100 GB" '"$program" ls large.img >ls.out'
median "put of 3 bytes into it" '"$program" put large.img f three'

head -c 128M /dev/urandom >file
"$program" mkfs --size 512M img
sync
median "dd of 128 MB, with fdatasync" 'dd if=file of=copy bs=64K conv=fdatasync status=none'
other=$us
median "put of 128 MB" '"$program" put img f file'
beside
median "dd of 128 MB" 'dd if=file of=copy bs=64K status=none'
other=$us
median "get of 128 MB" '"$program" get img f copy'
beside

head -c 4096 file >page
"$program" mkfs --size 64M small.img
head -c 1M file | "$program" put small.img f
median "dd of 4 KB" 'dd if=page of=copy bs=4096 status=none'
other=$us
median "read of 4 KB" '"$program" read small.img f 8192 4096 >copy'
beside
median "dd of 4 KB, with fdatasync" 'dd if=page of=copy bs=4096 conv=fdatasync status=none'
other=$us
median "write of 4 KB" '"$program" write small.img f 8192 page'
beside
