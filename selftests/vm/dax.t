#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Memory that is a device's (ZONE_DEVICE): files that are mapped as they lie in
# persistent memory (DAX), and that memory's frames by their numbers, while it is
# there and when it has gone. The machine sets some memory aside for it
# (memmap=, see scripts/run-tests), next to memory that stays: they share a block.
. "$(dirname "$0")/../ktap.sh"

command -v jq >/dev/null || skip_all "jq is not installed"
declare -A may_lack=() instead=()
# shellcheck source=selftests/vm/states.sh
. "$(dirname "$0")/states.sh"

range=$(awk -F' : ' '/Persistent Memory/ { gsub(" ", "", $1); print $1; exit }' /proc/iomem)
[ -n "$range" ] || bail "no persistent memory: run it with scripts/run-tests"
first=$((0x${range%-*} / 4096))
end=$(((0x${range#*-} + 1) / 4096))

# frames: what mmlens frame tells of all of it
frames()
{
	mmlens frame -j $first-$end -o FRAME,PAGES,STATE,ZONE | jq -c '[.extents[] | [.state, .pages]]'
}

# absent NAME: none of the frames is memory
absent()
{
	if kernel_before 5.12; then
		skip "$1" "this kernel's pfn_to_online_page() knows blocks as a whole, and some of this one is memory"
	else
		like "$1" "$(frames)" '^\[\["(none|offline)",[0-9]+\]\]$'
	fi
}

absent "before a driver has it, there is no memory"
modprobe -q -a nd_e820 nd_pmem ext4
if ! wait_until '[ -b /dev/pmem0 ]'; then
	fail "persistent memory appears"
	ktap_end
fi
is "then its frames are a device's, all of them" "$(frames)" "[[\"device\",$((end - first))]]"
run mmlens frame -j $((first - 1))
is "... and the one below is memory still" "$(jq -r '.extents[0].state' <<<"$out")" memory
run mmlens frame $first --who
like "... nobody maps them yet" "$out" "no process maps it"

dir=$ktap_files/dax
mkdir "$dir"
# 2 MiB of a file are to begin where a huge page can
mkfs.ext4 -q -b 4096 -E stride=512,stripe_width=512 /dev/pmem0 && mount -o dax /dev/pmem0 "$dir" || bail "no DAX"
undo "umount $dir; rmmod nd_pmem nd_e820"
devmap=
kernel_before 6.17 && devmap=devmap
target_start dax "$BUILD/targets/dax" "$dir" $devmap
states dax
run oracle "${said[@]}"
ran "the oracle finds nothing wrong" 0
sed -n '/^states:/,$p' <<<"$out" | note -

run mmlens walk -j "$dax_PID" "$dax_SHARED"
frame=$(jq '.[0].frame' <<<"$out")
ok "a page's frame is one of these" test "$frame" -ge $first -a "$frame" -lt $end
run mmlens frame -j $frame
is "... which FRAME_GET tells to be a device's" "$(jq -r '.extents[0].state' <<<"$out")" device
# rss AREA: as smaps, and as mmlens vma
smaps_rss()
{
	awk -v start="${1#0x}" '$1 ~ "^" start "-" { found = 1 }
		found && $1 == "Rss:" { print $2 * 1024; exit }' "/proc/$dax_PID/smaps"
}
vma_rss()
{
	mmlens vma -j -o START,RSS "$dax_PID" |
		jq --arg start "$1" '.areas[] | select(.start == $start) | .rss'
}
for area in SHARED COPIED; do
	name=dax_$area
	same "RSS as in smaps: $area" "$(vma_rss "${!name}")" "$(smaps_rss "${!name}")"
done
target_end dax

umount "$dir"
rmmod nd_pmem
absent "when the driver has gone, so have the frames"
modprobe nd_pmem
wait_until '[ -b /dev/pmem0 ]'
is "... and come again" "$(frames)" "[[\"device\",$((end - first))]]"
mount -o dax /dev/pmem0 "$dir"
ktap_end
