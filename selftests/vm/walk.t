#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One address, every level: see walk.c.
. "$(dirname "$0")/../ktap.sh"

set_knob /proc/sys/vm/nr_hugepages 5
target_start kinds kinds
target_start holes "$BUILD/targets/holes"
include walk "$kinds_A" "$kinds_B" "$holes_PID" $PPID

# and as the tool tells it
same_frame()
{
	local frame

	frame=$(jq '.[0].frame' <<<"$1")
	like "mmlens walk tells the frame at $3" "$frame" '^[0-9]+$'
	same "... and mmlens pages the same" "$(jq '.extents[0].frame' <<<"$2")" "$frame"
}

for address in "$holes_BASE" "$holes_READ_ONLY" "$holes_NO_ACCESS"; do
	same_frame "$(mmlens walk -j "$holes_PID" "$address")" \
		"$(mmlens pages -j "$holes_PID" "$address")" "$address"
done

run mmlens walk "$holes_PID" "$holes_HOLE"
ran "a hole is no error" 0
like "... and called by name, as are its neighbours" "$out" 'no area.*below.*above'

run mmlens walk "$holes_PID" "$holes_BASE" "$holes_HOLE" "$holes_GUARD"
ran "several addresses at once" 0

# A reservation of 16 TiB with three pages in it costs what is mapped: looked at
# entry by entry it would take hours.
target_start reserved kinds reserve
run timeout 300 mmlens pages -j "$reserved_PID" "$reserved_AREA+0x100000000000"
ran "16 TiB of nothing are walked at once" 0
is "... and the three pages in it found" \
	"$(jq '[.extents[] | select(.state == "present") | .pages] | add' <<<"$out")" 3

# A table that two processes share has one entry: mapped once, but not by one alone.
target_start table "$BUILD/targets/shared-table"
facts() { mmlens walk -j "$1" "$table_AREA" | jq -c '.[] | [.mapcount, .folio_shared]'; }
is "a page in a table that two processes share" "$(facts "$table_A")" '[1,"maybe"]'
is "... and the other's view of it" "$(facts "$table_B")" '[1,"maybe"]'
target_step table
is "... which is one's alone when the other lets go" "$(facts "$table_A")" '[1,"no"]'

ktap_end
