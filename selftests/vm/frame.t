#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mmlens frame: every frame of the machine against /proc (frame.c), any number
# that may be typed, memory that goes away meanwhile; and --who against the
# pagemap of every process.
. "$(dirname "$0")/../ktap.sh"

set_knob /proc/sys/vm/nr_hugepages 12
set_knob /sys/kernel/mm/ksm/run 1
target_start kinds kinds
target_start forked "$BUILD/targets/forked"
target_start thp "$BUILD/targets/thp"
target_start huge "$BUILD/targets/huge"
target_start shared "$BUILD/targets/two-tasks-one-mm"
wait_until '[ "$(</sys/kernel/mm/ksm/pages_sharing)" -ge 127 ]'

include frame

# ---- who maps a frame ----

# frame_at PID ADDR: as mmlens walk tells it
frame_at()
{
	mmlens walk -j "$1" "$2" | jq '.[0] | .frame + (if .page_size == 2097152 then
		('$(($2 / 4096 % 512))') else 0 end)'
}

# alike NAME PID ADDR: a frame by its number has the counts of the page that it is.
# Whoever isolates a page for a moment has a reference: what differs is looked at again
alike()
{
	local columns=FRAME,REFS,HEAD,ORDER,MAPS page number look

	for ((look = 0; look < 50; look++)); do
		read -r -a page < <(mmlens pages -n -o $columns "$2" "$3")
		read -r -a number < <(mmlens frame -n -o $columns "${page[0]}")
		[ "${page[*]}" != "${number[*]}" ] || break
	done
	is "$1: references, folio and mapcount by its number" "${number[*]}" "${page[*]}"
	like "... and it has some" "${number[*]}" '^0x[0-9a-f]+ [1-9][0-9]* 0x[0-9a-f]+ [0-9]+ [1-9-]'
}

# who NAME FRAME: the processes that stay, by mmlens and by pagemap; sets $out
who()
{
	local name=$1 frame=$2 known

	run mmlens frame "$frame" --who -j
	ran "$name: is searched for" 0
	# the tool itself, and the shell's helpers, come and go
	mapfile -t known < <(printf '%s\n' "${target_pid[@]}" "${forked_B-}" "${thp_B-}" \
		"${huge_B-}" "${kinds_B-}" | sort -u)
	same "$name: who maps it, as pagemap has it" \
		"$(jq -r '.[0].mappers[] | .address as $a | .pages as $n |
			([.pid] + .also)[] | "\(.) \($a)"' <<<"$out" | of "${known[@]}")" \
		"$(frame who "$frame" | of "${known[@]}")"
}

# of PID...: lines that begin with one of them, sorted
of()
{
	grep -E "^($(IFS='|'; echo "$*")) " | sort
}

found()
{
	is "$1: found as many as the mapcount" \
		"$(jq '.[0] | .found == .mapcount_after or .mapcount_before != .mapcount_after' <<<"$out")" true
}

frame=$(frame_at "$forked_A" "$forked_ANON")
who "a page that a fork shares" "$frame"
found "a page that a fork shares"
is "... by parent and child" "$(jq -c '[.[0].mappers[].pid] | sort' <<<"$out")" \
	"$(printf '%s\n' "$forked_A" "$forked_B" | jq -cs sort)"
is "... anonymous, and mapped twice" "$(jq -c '.[0] | [.kind, .mapcount, .found]' <<<"$out")" \
	'["anon",2,2]'

alike "a page that a fork shares" "$forked_A" "$forked_ANON"
alike "a page of a private file mapping" "$forked_A" "$forked_FILE"
alike "a page of a shared mapping" "$forked_A" "$forked_SHMEM"
alike "the tail of a huge page" "$thp_A" "$(printf '%#x' $((thp_ANON + 0x5000)))"
alike "a page of hugetlb" "$huge_A" "$huge_ANON"
alike "a page of two tasks with one address space" "$shared_A" "$shared_ANON"

run mmlens walk "$forked_B" "$forked_ANON" --who -j
ran "walk --who" 0
is "... finds the same" "$(jq -c '.[0].who | [.frame, ([.mappers[].pid] | sort), .found]' <<<"$out")" \
	"$(jq -cn --argjson f "$frame" --argjson a "$forked_A" --argjson b "$forked_B" '[$f, ([$a, $b] | sort), 2]')"
run mmlens walk "$forked_B" "$forked_ANON" --who
like "... and says so" "$out" 'found 2 of mapcount 2 \(precise\)'
run mmlens walk "$forked_B" 0 --who -j
ran "walk --who in a hole" 0
is "... has nobody" "$(jq -c '.[0].who' <<<"$out")" null

who "a page of a private file mapping" "$(frame_at "$forked_A" "$forked_FILE")"
found "a page of a private file mapping"
who "a page of a shared mapping" "$(frame_at "$forked_A" "$forked_SHMEM")"
who "the tail of a huge page" "$(frame_at "$thp_A" "$(printf '%#x' $((thp_ANON + 0x5000)))")"
found "the tail of a huge page"
who "a page of hugetlb" "$(frame_at "$huge_A" "$huge_ANON")"
who "a page of two tasks with one address space" "$(frame_at "$shared_A" "$shared_ANON")"
is "... which is found once, for both" \
	"$(jq -c '.[0] | [.found, ([.mappers[0].pid] + .mappers[0].also | sort)]' <<<"$out")" \
	"[1,$(jq -cn "[$shared_A, $shared_B] | sort")]"
ksm=$(mmlens pages -j "$kinds_A" -o +FRAME,FLAGS | jq '[.extents[] | select(.page_flags != null and
	(.page_flags | index("ksm")))][0].frame')
who "a page that KSM merged" "$ksm"
found "a page that KSM merged"
zero=$(mmlens pages -j "$kinds_A" | jq '[.extents[] | select(.state == "zero")][0].frame')
run mmlens frame "$zero" --who -j
ran "the page of zeroes: is searched for" 0
is "... whose mapcount nobody keeps" "$(jq -c '.[0] | [.kind, .mapcount, .uncounted > 0]' <<<"$out")" \
	'["zero",null,true]'

# what nobody can map says so
# nobody NAME FRAME PATTERN
nobody()
{
	run mmlens frame "$2" --who
	has_nobody "$1" "$3"
}
has_nobody()
{
	ran "$1: is searched for" 0
	like "... and mapped by nobody, for a reason" "$out" "no process maps it: $2"
}
nobody "a page table" "$(mmlens walk -j "$forked_A" "$forked_ANON" | jq '.[0].levels[-1].table_frame')" \
	'it is a page table'
nobody "a number behind which is nothing" 0xfffffffffffff 'no memory is there'
last=$(awk -F'[- ]' '/System RAM/ { end = $2 } END { print end }' /proc/iomem)
memory=$(((0x$last + 1) / 4096))
mmlens frame 0-$memory -j -o FRAME,PAGES,KIND,STATE >"$ktap_files/all"
# one may have been given back since
for slab in $(jq '[.extents[] | select(.kind == "slab").frame] | .[0, length / 2, -1]' "$ktap_files/all"); do
	[ "$(mmlens frame -j "$slab" -o KIND | jq -r '.extents[0].kind')" != slab ] || break
done
nobody "a slab" "$slab" 'it is slab'
# of a large block, which is the last to be taken; another, if it has been meanwhile
is_free() { [ "$(mmlens frame -j "$free" -o KIND | jq -r '.extents[0].kind')" = free ]; }
for ((look = 0; look < 10; look++)); do
	free=$(jq '[.extents[] | select(.kind == "free")] | max_by(.pages) | .frame + .pages - 1' \
		"$ktap_files/all")
	run mmlens frame "$free" --who
	! is_free || break
	mmlens frame 0-$memory -j -o FRAME,PAGES,KIND,STATE >"$ktap_files/all"
done
has_nobody "a free frame" 'it is free'

# processes that come and go are no errors
(while :; do /bin/true; done) &
ktap_children+=($!)
disown
failures=0
for _ in 1 2 3 4 5; do
	run mmlens frame "$frame" --who -j
	[ $status = 0 ] && [ "$(jq '.[0].found' <<<"$out")" = 2 ] || failures=$((failures + 1))
done
is "processes that come and go meanwhile do no harm" $failures 0
kill -KILL "${ktap_children[-1]}"

# ---- any number ----

# state FRAME STATE
state()
{
	run mmlens frame -j "$1"
	is "frame $1 is $2" "$(jq -rc '.extents[] | [.state, .pages]' <<<"$out") $status" "[\"$2\",1] 0"
}
state 0 memory
state 1 memory
state $((memory - 1)) memory
state 0xffffffffff none
state 0xfffffffffffff none
run mmlens frame $((memory - 1)) 0 0xffffffffff
ran "several at once" 0
like "... in the order of the request" "$out" "$(printf '%#x' $((memory - 1))).* 0x0 .*0xffffffffff "
run timeout 600 mmlens frame -j 0-0x10000000000000
ran "all of 2^52" 0
is "... none left out, none twice" "$(jq '[.extents[].pages] | add' <<<"$out") $(jq '.totals.frames' <<<"$out")" \
	"4503599627370496 4503599627370496"
is "... one after the other" "$(jq '[.extents | range(1; length) as $i |
	select(.[$i - 1].frame + .[$i - 1].pages != .[$i].frame)] | length' <<<"$out")" 0
run timeout 600 mmlens frame -j 0x100000-0x10000000000000 -o PAGES,STATE
is "2^52 numbers with nothing behind them are one row" \
	"$(jq -c '[.extents[] | select(.state == "none")] | length <= 2' <<<"$out")" true

# ---- node and zone ----

# The zones of a node may overlap those of another, but not each other. A struct page
# of what is no memory (the end of a section, the BIOS's) may name any zone, or none.
cat >"$ktap_files/zones.awk" <<'AWK'
$1 == "Node" { node = $2 + 0; zone = $4; spanned = 0 }
$1 == "spanned" { spanned = $2 }
$1 == "start_pfn:" && spanned { start[node, zone] = $2; end[node, zone] = $2 + spanned }
$1 == "ram" { ram[++ranges] = $2; ram_end[ranges] = $3 }
$1 == "row" && $4 == "memory" {
	for (i = 1; i <= ranges; i++) {
		first = $2 > ram[i] ? $2 : ram[i]
		last = $2 + $3 < ram_end[i] ? $2 + $3 : ram_end[i]
		if (first >= last)
			continue
		frames += last - first
		zones[$5 " " $6]
		if (!(($5, $6) in start) || first < start[$5, $6] || last > end[$5, $6])
			print "frames " first "-" last " are not in zone " $6 " of node " $5
	}
}
END { for (zone in zones) n++; print frames " frames, " n " zones" }
AWK
run mmlens frame -j 0-$memory -o FRAME,PAGES,STATE,NODE,ZONE
ran "node and zone of each frame" 0
{
	cat /proc/zoneinfo
	grep 'System RAM' /proc/iomem | while IFS='- ' read -r first last _; do
		echo "ram $(((0x$first + 4095) / 4096)) $(((0x$last + 1) / 4096))"
	done
	jq -r '.extents[] | ["row", .frame, .pages, .state, .node, .zone // "-"] | @tsv' <<<"$out"
} >"$ktap_files/zones"
like "... as in /proc/zoneinfo" "$(awk -f "$ktap_files/zones.awk" "$ktap_files/zones")" \
	'^[1-9][0-9]{5,} frames, [2-9] zones$'

# ---- memory that goes offline ----

# is_gigantic BLOCK: is it part of a page of 1 GiB? That would be broken up, and the
# tests after this one want it
is_gigantic()
{
	local first=$((0x$(<"$1/phys_index") * size))

	jq -e --argjson first $first --argjson last $((first + size)) 'any(.extents[];
		.kind == "hugetlb" and .frame <= $first and .frame + .pages >= $last)' \
		"$ktap_files/all" >/dev/null
}

# offline: some block of memory; sets $block to its directory
offline()
{
	local all

	mapfile -t all < <(printf '%s\n' /sys/devices/system/memory/memory[0-9]* | sort -rV)
	for block in "${all[@]}"; do
		if ! is_gigantic "$block" && { echo offline >"$block/state"; } 2>/dev/null; then
			return 0
		fi
	done
	return 1
}

frames_for_ever()
{
	local rounds=0

	trap 'stop=1' USR1
	while [ -z "${stop-}" ]; do
		mmlens frame 0-$memory -o FRAME,PAGES,STATE >"$ktap_files/loop.out" 2>"$ktap_files/loop.err" ||
			echo "exit status $?" >>"$ktap_files/loop.failed"
		rounds=$((rounds + 1))
		echo $rounds >"$ktap_files/loop.rounds"
	done
}

size=$((0x$(</sys/devices/system/memory/block_size_bytes) / 4096))
frames_for_ever &
loop=$!
ktap_children+=($loop)
wait_until '[ -s "$ktap_files/loop.rounds" ]'
rounds=$(<"$ktap_files/loop.rounds")
if offline; then
	first=$((0x$(<"$block/phys_index") * size))
	run mmlens frame -j $first-$((first + size))
	is "a block of memory that is offline" "$(jq -c '[.extents[] | [.frame, .pages, .state, .kind]]' <<<"$out")" \
		"[[$first,$size,\"offline\",null]]"
	run mmlens frame $first --who
	like "... has no mapper" "$out" 'no process maps it: it is offline'
	echo online >"$block/state"
	run mmlens frame -j $first-$((first + size))
	is "... and is memory again when it is online" "$(jq -c '[.extents[].state] | unique' <<<"$out")" '["memory"]'
	{ echo offline >"$block/state"; } 2>/dev/null
	{ echo online >"$block/state"; } 2>/dev/null
	wait_until '[ $(<"$ktap_files/loop.rounds") -gt $((rounds + 1)) ]'
	is "... which nobody who reads meanwhile stumbles over" "$(cat "$ktap_files/loop.failed" 2>/dev/null)" ""
else
	skip "a block of memory that is offline" "none can be taken offline here"
fi
kill -USR1 $loop
wait $loop

ktap_end
