#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Memory that is a device's (ZONE_DEVICE): files that are mapped as they lie in
# persistent memory (DAX), and that memory's frames by their numbers, while it is
# there and when it has gone. The machine sets some memory aside for it
# (memmap=, see scripts/run-tests), next to memory that stays: they share a block.
. "$(dirname "$0")/../ktap.sh"

command -v gojq >/dev/null || skip_all "gojq is not installed"
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

# ---- memory that goes and comes meanwhile ----

# readings: until there is a file `stop`, reads all of it; each time all of the frames
# have to be told, and to be what they can be. Keeps count in `loop`
readings()
{
	local pages state rest told count=0

	while [ ! -e "$ktap_files/stop" ]; do
		told=0
		mmlens frame -n -o PAGES,STATE $first-$end >"$ktap_files/read" 2>&1 ||
			echo "exit status $?: $(<"$ktap_files/read")" >>"$ktap_files/failed"
		# the last line is no row, but sums up
		while read -r pages state rest; do
			[ -z "$rest" ] || continue
			told=$((told + pages))
			echo "$state" >>"$ktap_files/seen"
		done <"$ktap_files/read"
		[ $told = $((end - first)) ] ||
			echo "$told frames: $(<"$ktap_files/read")" >>"$ktap_files/failed"
		echo $((count += 1)) >"$ktap_files/loop"
	done
}

# seen: the states that it has read
seen() { sort -u "$ktap_files/seen" | tr '\n' ' '; }

# enough: 10 readings, and there were frames in some and in others not; 5.10 sees them
# always
enough()
{
	[ "$(cat "$ktap_files/loop" 2>/dev/null || echo 0)" -ge 10 ] &&
		{ kernel_before 5.12 || [ "$(seen | wc -w)" -ge 2 ]; }
}

driver=/sys/bus/nd/drivers/nd_pmem
name=$(basename "$driver"/namespace*)
readings &
loop=$!
ktap_children+=($loop)
wait_until '[ -s "$ktap_files/loop" ]'
for ((round = 0; round < 20; round++)); do
	echo "$name" >"$driver/unbind"
	# the last time until that was read
	[ $round -lt 19 ] || wait_until enough
	echo "$name" >"$driver/bind"
done
touch "$ktap_files/stop"
wait $loop
note "$(<"$ktap_files/loop") readings, $(sort "$ktap_files/seen" | uniq -c | xargs)"
is "a driver that comes and goes 20 times: all of its frames are told each time" \
	"$(cat "$ktap_files/failed" 2>/dev/null)" ""
if kernel_before 5.12; then
	skip "... as a device's, and as none" "this kernel's pfn_to_online_page() knows blocks as a whole"
else
	like "... as a device's, and as none" "$(seen)" '^device (none|offline) $'
fi
is "... and as a device's in the end" "$(frames)" "[[\"device\",$((end - first))]]"
mount -o dax /dev/pmem0 "$dir"
ktap_end
