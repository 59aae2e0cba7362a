#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module builds for every kernel and flavour, and neither compiler (W=1) nor
# sparse (C=1) has a word to say.
. "$(dirname "$0")/../ktap.sh"
cd "$(dirname "$0")/../.." || exit 1

kernel=$PWD/scripts/kernel
command -v sparse >/dev/null || skip_all "sparse is not installed (scripts/deps check)"

# A checkout of our own, for other options mean that all is compiled again.
tree=$ktap_files/tree
mkdir -p "$tree"
cp -a Kbuild module uapi scripts "$tree"

# builds SERIES: without a word
builds()
{
	run env W=1 C=1 "$tree/scripts/kernel" build "$1"
	# what fetching says is no warning
	is "$1: $($kernel path "$1" release)" "$status$(grep -v '^kernel: \(fetching\|looking\|Linux\|making\|waiting\|trying\)' <<<"$err")" 0
}

series=$($kernel list | awk 'NR > 1 && $1 != "debug" { sub(/\*/, "", $1); print $1 }')
for one in $series; do
	for flavour in '' -cloud -rt; do
		builds "$one$flavour"
	done
done

# Pages of large folios without mapcounts of their own: since 6.15 the kernel may
# be configured that way.
builds 7.2-average

# Both do look: a file that deserves a warning from each gets it.
cat >"$tree/Kbuild" <<'KBUILD'
obj-m := mmlens.o
mmlens-y := module/offender.o
KBUILD
cat >"$tree/module/offender.c" <<'SOURCE'
#include <linux/module.h>
#include <linux/uaccess.h>
int mmlens_offends(int __user *pointer)
{
	return *pointer;
}
MODULE_LICENSE("GPL");
SOURCE
for one in $series; do
	run env W=1 C=1 "$tree/scripts/kernel" build "$one"
	like "$one: the compiler would warn" "$err" 'no previous prototype'
	like "$one: sparse would" "$err" 'dereference of noderef expression'
done

ktap_end
