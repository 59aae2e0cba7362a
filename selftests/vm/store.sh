# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# How a kernel keeps areas, and how deep such a tree can be; to be sourced after
# ktap.sh.

if kernel_before 6.1; then
	store=rbtree
else
	store=maple
fi

# depths: what is wrong with the answer of `mmlens vma --store -j` on stdin, or "ok".
#
# A red-black tree of n areas has no path longer than 2 log2(n + 1), and a longest one of
# log2(n + 1) at least; its depths sum up to those of a tree that is full at least. A
# maple tree's leaves have up to 16 ranges, the nodes above up to 10 each, both about
# half at least, and all leaves are equally deep. So for 60,000 areas one number does
# not do that would for 30.
depths()
{
	# of n areas in a tree that is full, the last are $h below the root
	jq -r --arg store "$store" '.areas as $n | .lookup |
	(if $store == "maple" then
		{ least: (1 + ($n / 16 | log10)), most: (2 + ($n | log) / (5 | log)), first: .max, sum: ($n * .max) }
	else
		($n | log2 | floor) as $h |
		{ least: ($n + 1 | log2), most: (2 * ($n + 1 | log2)), first: 1,
		  sum: (($n + 1) * ($h + 1) - ($h + 1 | exp2) + 1) }
	end) as $tree |
	if .max >= $tree.least and .max <= $tree.most and .min == $tree.first and
		.sum >= $tree.sum and .sum <= .max * $n
	then "ok" else "\($n) areas: \(.), of \($tree)" end'
}
