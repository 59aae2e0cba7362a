#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Very many areas, and a very large one: the answer is complete, and costs what
# there is. Times are told and not judged; what is counted is.
. "$(dirname "$0")/../ktap.sh"
. "$(dirname "$0")/store.sh"

# figures PREFIX PID START END [compare]: what scale.c prints, as ${PREFIX_NAME}
figures()
{
	local prefix=$1 line

	shift
	run scale "$@"
	ran "$prefix: the range is read" 0
	while IFS= read -r line; do
		printf -v "${prefix}_${line%%=*}" '%s' "${line#*=}"
	done <<<"$out"
}

# told PREFIX: for people
told()
{
	local name text=$1:

	for name in PAGES EXTENTS MESSAGES RECEIVED HOLDS MICROSECONDS; do
		name=$1_$name
		text+=" ${!name} ${name#*_},"
	done
	note "${text%,}" | tr '[:upper:]' '[:lower:]'
}

# smaps_pages PID: the sum of Rss, in pages
smaps_pages() { awk '/^Rss:/ { kib += $2 } END { print kib / 4 }' "/proc/$1/smaps"; }

# ---- 60,000 areas ----------------------------------------------------------

target_start many "$BUILD/targets/many-areas"
pid=$many_PID
kill -STOP "$pid"
figures many "$pid" "$many_BASE" "$many_END" compare
is "all of them, and complete" "$many_COMPLETE $many_PAGES" "1 $many_COUNT"
is "... every page as /proc/PID/pagemap has it" "$many_DIFFERENT" 0
is "... no extent crosses an area" "$many_EXTENTS" "$many_COUNT"
is "... and all of the range was walked" "$many_BYTES" $((many_END - many_BASE))
ok "... in messages that are full, not one for each area: $many_MESSAGES" \
	[ "$many_MESSAGES" -lt $((many_COUNT / 50)) ]
ok "... of $((many_RECEIVED / many_COUNT)) bytes an area" \
	[ $((many_RECEIVED / many_COUNT)) -lt 128 ]
told many

run mmlens pages -j "$pid"
ran "mmlens pages" 0
read -r complete present < <(jq -r '[.complete, .totals.present] | @tsv' <<<"$out")
rss=$(smaps_pages "$pid")
is "... is complete" "$complete" true
is "... and equal to smaps' Rss: $rss pages" "$present" "$rss"

run mmlens vma -j -o +RSS "$pid"
ran "mmlens vma -o +RSS" 0
read -r areas counted < <(jq -r '.areas | [length, (map(.rss) | add / 4096)] | @tsv' <<<"$out")
is "... has every area of /proc/PID/maps" "$areas" "$(grep -vc vsyscall "/proc/$pid/maps")"
is "... and counts the same" "$counted" "$rss"
run mmlens vma -j --store "$pid"
ran "mmlens vma --store" 0
is "... as deep as a $store tree of so many is" "$(depths <<<"$out")" ok
target_end many

# ---- 16 TiB ----------------------------------------------------------------

target_start reserved "$BUILD/targets/reserved"
pid=$reserved_PID
figures plain "$pid" "$reserved_PLAIN" "$reserved_PLAIN_END" compare
figures vast "$pid" "$reserved_BASE" "$reserved_END"
is "16 TiB are walked, and complete" "$vast_COMPLETE $vast_BYTES" "1 $((16 << 40))"
is "... and hold the pages that were touched" "$vast_PAGES" "$reserved_TOUCHED"
is "the same in 64 pages holds as many" "$plain_COMPLETE $plain_PAGES" "1 $reserved_TOUCHED"
is "... as /proc/PID/pagemap has them" "$plain_DIFFERENT" 0
is "both take as many extents" "$vast_EXTENTS" "$plain_EXTENTS"
# A message, and a hold of the lock, also end when their time is up, which a busy
# machine may bring about; 16 TiB looked at entry by entry would end thousands.
ok "... and hardly more bytes: $vast_RECEIVED, $plain_RECEIVED" \
	[ "$vast_RECEIVED" -lt $((plain_RECEIVED + 4096)) ]
ok "... or holds of the mmap lock: $vast_HOLDS, $plain_HOLDS" \
	[ "$vast_HOLDS" -lt $((plain_HOLDS + 64)) ]
told plain
told vast

# ---- every page of both ----

# more than the 10,240 areas that page-types leaves off after; or all there may be
count=20000
[ -z "${MMLENS_LONG-}" ] || count=60000
target_start several "$BUILD/targets/many-areas" $count
# the first is read twice: see oracle.c
run oracle "$pid" "$several_PID"
ran "the oracle finds nothing wrong in any page of either" 0
# compared CHECK: how often
compared() { awk -v check="$1" '$1 == check { print $2 }' <<<"$out"; }
for check in frame area rss; do
	ok "... and has compared more than there are areas: $check $(compared $check)" \
		test "$(compared $check)" -gt $((count + reserved_TOUCHED))
done
grep '^smaps' <<<"$out" | note -
target_end several

# a page that is not there, in the midst of the 16 TiB, which pagemap is not read of
run oracle --corrupt vast "$pid"
ran "a falsified answer is caught - in the 16 TiB" 1
is "... as one in excess" "$(awk '$1 == "extra" { print $3 }' <<<"$out")" 1
target_end reserved

ktap_end
