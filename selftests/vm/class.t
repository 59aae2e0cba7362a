#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The class of a page, tried: what `mmlens pages -o CLASS` says of a zoo of pages
# beside what their owner's own /proc/self/pagemap sees when it then writes to
# them. A class that is not marked as predicted may not miss once.
. "$(dirname "$0")/../ktap.sh"

[ ! -w /proc/sys/vm/nr_hugepages ] || set_knob /proc/sys/vm/nr_hugepages 4
set_knob /sys/kernel/mm/ksm/run 1
have_swap

touch=$ktap_files/touch
result=$ktap_files/result
target_start zoo "$BUILD/targets/class-zoo" "$touch" "$result"
ok "KSM merges what is equal" wait_until \
	'[ "$(</sys/kernel/mm/ksm/pages_sharing)" -ge $((zoo_PAGES_ksm - 1)) ]'
echo 0 >/sys/kernel/mm/ksm/run
# takes pages off the LRU's batches, as time does
[ ! -w /proc/sys/vm/compact_memory ] || echo 1 >/proc/sys/vm/compact_memory

# What each area is to be. Without the exclusive bit (before 5.19) the kernel
# keeps less; "-": that depends, so long as it comes true.
mmlens info -j >"$ktap_files/info"
exclusive=$(jq '.exact | index("exclusive") != null' "$ktap_files/info")
declare -A expected=(
	[exclusive]=exclusive-writable [thp]=exclusive-writable
	[hugetlb]=exclusive-writable [protected]=- [swapped_in]=-
	[forked]=write-copies [forked_file]=write-copies [forked_thp]=write-copies
	[forked_split]=write-copies [forked_hugetlb]=write-copies
	[orphan]=write-reuses [orphan_thp]=write-reuses [orphan_hugetlb]=write-reuses
	[orphan_split]=- [orphan_referenced]=-
	[file_clean]=file-uncopied [memfd_clean]=file-uncopied
	[file_copied]=file-copied [zero]=zero [ksm]=ksm [pinned]=pinned
	[shared_memfd]=shared [shared_anon]=shared
	[swap_exclusive]=swapped [swap_shared]=swapped
)
if $exclusive; then
	expected[swap_exclusive]=swap-exclusive
	expected[swap_shared]=swap-shared
fi
swapon --noheadings | grep -q . || unset 'expected[swap_exclusive]' 'expected[swap_shared]' \
	'expected[swapped_in]'

mmlens pages "$zoo_PID" --each -o START,PAGES,CLASS,PREDICTED -n |
	awk '$3 != "-"' >"$ktap_files/pages"

# addresses of an area, one a line
addresses()
{
	local area=zoo_AREA_$1 pages=zoo_PAGES_$1 i

	for ((i = 0; i < ${!pages}; i++)); do
		printf '%x\n' $((${!area} + i * zoo_PAGE_SIZE))
	done
}

for area in "${!expected[@]}"; do
	[ -n "$(eval "echo \${zoo_AREA_$area-}")" ] || continue
	addresses "$area" >"$ktap_files/area"
	seen=$(awk 'NR == FNR { mine[$1]; next } $1 in mine { print $3 }' \
		"$ktap_files/area" "$ktap_files/pages" | sort -u | paste -sd' ')
	if [ "${expected[$area]}" = - ]; then
		note "$area: $seen"
	else
		is "$area is ${expected[$area]}" "$seen" "${expected[$area]}"
	fi
	cat "$ktap_files/area" >>"$touch"
done

ok "the zoo writes to its pages" target_step zoo

# CLASS HIT|MISS|OPEN PREDICTED, for each page; open: no outcome was promised
awk '
	NR == FNR { class[$1] = $3; predicted[$1] = $4; next }
	{
		same = $2 == $3
		c = class[$1]
		outcome = "open"
		if (c == "exclusive-writable" || c == "file-copied")
			outcome = same && !$4 ? "hit" : "miss"
		else if (c == "write-reuses")
			outcome = same && $4 ? "hit" : "miss"
		else if (c == "pinned" || c == "shared" || c == "swap-exclusive")
			outcome = same ? "hit" : "miss"
		else if (c == "write-copies" || c == "file-uncopied" || c == "zero" ||
			 c == "ksm" || c == "swap-shared")
			outcome = !same && $4 ? "hit" : "miss"
		print c, outcome, predicted[$1], $0
	}' "$ktap_files/pages" "$result" >"$ktap_files/outcomes"

same "every page was tried" "$(wc -l <"$ktap_files/outcomes")" "$(wc -l <"$touch")"
awk '{ n[$1]++; hit[$1] += $2 == "hit"; open[$1] += $2 == "open"
	guess[$1] += $3 == "true" || $3 == "yes" }
	END { for (c in n) printf "%-18s %3d of %3d came true%s%s\n", c, hit[c],
		n[c] - open[c], guess[c] ? ", " guess[c] " predicted" : "",
		open[c] ? ", " open[c] " promised nothing" : "" }' \
	"$ktap_files/outcomes" | sort | note -

for class in exclusive-writable write-copies write-reuses file-uncopied file-copied \
		zero ksm pinned shared; do
	is "$class: each that was not predicted comes true" \
		"$(awk -v c=$class '$1 == c && $3 != "true" && $3 != "yes" && $2 == "miss"' \
			"$ktap_files/outcomes")" ""
	like "$class: there was one to try" \
		"$(grep -c "^$class " "$ktap_files/outcomes")" '^[1-9]'
done
is "none else misses either" \
	"$(awk '$3 != "true" && $3 != "yes" && $2 == "miss"' "$ktap_files/outcomes")" ""

# ---- quiet processes ----
# two shells, one forked from the other, that wait
target_start quiet "$BUILD/targets/forked" 4M
[ ! -w /proc/sys/vm/compact_memory ] || echo 1 >/proc/sys/vm/compact_memory
for pid in "$quiet_A" "$quiet_B"; do
	like "at most 5 % of a quiet process's pages are predicted or cannot be told" \
		"$(mmlens pages "$pid" -o PAGES,CLASS,PREDICTED -n | awk '
			$2 == "-" { next }
			{ all += $1 }
			$2 == "cannot-tell" || $3 == "true" || $3 == "yes" { few += $1 }
			END { printf "%d of %d: %s", few, all,
				few * 20 <= all ? "few" : "too many" }' |
			tee -a "$ktap_files/quiet")" ': few$'
	echo >>"$ktap_files/quiet"
done
note - <"$ktap_files/quiet"
ktap_end
