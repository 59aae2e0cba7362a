#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every state that a page can be in, made by a target that knows what it has
# made: `mmlens pages` and `mmlens walk` must say so, of every page, and the
# oracle must find nothing wrong in any page of these processes.
. "$(dirname "$0")/../ktap.sh"

command -v jq >/dev/null || skip_all "jq is not installed"

# What a kernel cannot make, as the target has found out by trying; whatever else a
# target lacks is a failure, and so is a wrong answer, whatever it is about.
declare -A may_lack=(
	[5.10]=" MARKER MARKER_ANON LOST GUARD SECRET MTHP "
	[6.1]=" MARKER_ANON LOST GUARD MTHP "
	[6.12]=" GUARD "
)
# What a kernel does not keep, which then has to be told as not there.
declare -A instead=(
	[5.10 OWN]="state=swap swap=some bits=-exclusive"
)
release=$(uname -r)
series=${release%%.*}.$(cut -d. -f2 <<<"$release")

# jq: holds each of the target's words against what mmlens says. Prints a line
# a name: NAME, a tab, and nothing or what is wrong.
judge='
def hex: ltrimstr("0x") | explode |
	reduce .[] as $c (0; . * 16 + (if $c >= 97 then $c - 87 else $c - 48 end));

# is this value as the word says?
def fits($word): . as $value |
	if $word == "some" then $value != null
	elif ($word | test("^[+-]")) then
		all($word | split(",")[]; . as $one | ($value // []) |
			if $one[0:1] == "+" then index([$one[1:]]) != null
			else index([$one[1:]]) == null end)
	else ($value | tostring) as $text | any($word | split("|")[]; . == $text) end;

# what is wrong with these rows of pages
def rows_wrong($want; $rows):
	if ([$rows[].pages] | add // 0) != $want.pages
	then "\($want.pages) pages, of which it lists \([$rows[].pages] | add // 0)"
	else
		$want.words[] | split("=") as [$key, $word] |
		if $key == "extents" then
			select(($rows | length | tostring) != $word) | "in \($rows | length) extents"
		elif $key == "vma_pages" then empty
		else
			first($rows[] | select(.[$key] | fits($word) | not) |
				"pages: \($key) is \(.[$key] | tojson), not \($word), at \(.start)")
		end
	end;

# what is wrong with the walk to its first page
def walk_wrong($want; $walk):
	($walk.levels | last) as $last | $walk.vma as $vma |
	($walk + { level: $walk.leaf, bits: ($last.bits // []) }) as $got |
	$want.words[] | split("=") as [$key, $word] |
	if $key == "extents" or $key == "area" then empty
	elif $key == "vma_pages" then
		(($vma.end | hex) - ($vma.start | hex)) / 4096 | tostring |
			select(. != $word) | "the area has \(.) pages, not \($word)"
	else
		select($got | has($key)) | select($got[$key] | fits($word) | not) |
			"walk: \($key) is \($got[$key] | tojson), not \($word)"
	end;

($wanted | split("\n") | map(select(. != "") | split("\t") |
	{ name: .[0], start: (.[1] | hex), pages: (.[2] | tonumber), words: (.[3] | split(" ")) })) as $all |
[$pages[0].extents[] | .first = (.start | hex) | .end = .first + .pages * 4096] as $extents |
$all | to_entries[] | .key as $i | .value as $want |
($want.start + $want.pages * 4096) as $until |
[$extents[] | select(.first < $until and .end > $want.start) |
	.pages = (([.end, $until] | min) - ([.first, $want.start] | max)) / 4096] as $rows |
"\($want.name)\t\([rows_wrong($want; $rows), walk_wrong($want; $walks[0][$i])] | join("; "))"
'

# wanted ID: the target's words as lines NAME ADDRESS PAGES WORDS; a name that it
# has said again is as it was said last. Sets addresses and lacks, too.
wanted()
{
	local line name
	local -A start=() pages=() words=() why=()
	local names=()

	addresses=()
	lacks=()
	target_read "$1"
	for line in "${target_lines[@]}"; do
		name=${line%%=*}
		case $name in
		*_PAGES) pages[${name%_PAGES}]=${line#*=} ;;
		*_LACKS) why[${name%_LACKS}]=${line#*=} ;;
		*_IS)    name=${name%_IS}
			 [ -n "${words[$name]-}" ] || names+=("$name")
			 words[$name]=${instead[$series $name]-${line#*=}} ;;
		[A-Z]*)  start[$name]=${line#*=} ;;
		esac
	done
	for name in "${names[@]}"; do
		addresses+=("${start[$name]}")
		printf '%s\t%s\t%s\t%s\n' "$name" "${start[$name]}" "${pages[$name]}" "${words[$name]}"
	done >"$ktap_files/wanted"
	for name in "${!why[@]}"; do
		lacks+=("$name: ${why[$name]}")
	done
}

columns=+AREA,HEAD,ORDER,FOLIO,FOLIO_MAPS,NODE,SWAP

# states ID: all that the target says of itself holds
states()
{
	local id=$1 pid line name wrong
	local -n target_says_pid=${1//-/_}_PID

	pid=$target_says_pid
	wanted "$id"
	for line in "${lacks[@]}"; do
		name=${line%%:*}
		if [[ ${may_lack[$series]-} == *" $name "* ]]; then
			skip "$id: $name" "not on $series (${line#*: })"
		else
			fail "$id: $name" "$line"
		fi
	done
	if ! mmlens pages --json -o "$columns" "$pid" >"$ktap_files/pages" ||
	   ! mmlens walk --json "$pid" "${addresses[@]}" >"$ktap_files/walks"; then
		fail "$id: mmlens answers"
		return
	fi
	while IFS=$'\t' read -r name wrong; do
		if [ -n "$wrong" ]; then
			fail "$id: $name" "$wrong"
		else
			pass "$id: $name"
		fi
	done < <(jq -rn --rawfile wanted "$ktap_files/wanted" \
		--slurpfile pages "$ktap_files/pages" --slurpfile walks "$ktap_files/walks" \
		"$judge" || echo "jq	ended with status $?")
	said[$id]=$pid
}
declare -A said=()

# step ID: the next step, and what the target says of it
step()
{
	local id=$1
	local -n target_says_step=${1//-/_}_STEP

	target_step "$id" || fail "$id goes on"
	note "$id: $target_says_step"
	states "$id"
}

# A device for files, one for swap, and huge pages of every kind.
make_room()
{
	set_knob /proc/sys/vm/nr_hugepages 4
	# what is mapped page by page is not to be made huge again
	set_knob /sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs 3600000
	set_knob /sys/kernel/mm/ksm/sleep_millisecs 20
	set_knob /sys/kernel/mm/ksm/pages_to_scan 1000
	set_knob /sys/kernel/mm/ksm/run 1
	if [ -e /sys/kernel/mm/transparent_hugepage/hugepages-64kB ]; then
		echo madvise >/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled
		undo "echo never >/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled"
	fi

	have_swap 32M || bail "no swap"

	disk=$ktap_files/disk
	huge=$ktap_files/huge
	mkdir "$disk" "$huge"
	modprobe brd rd_nr=1 rd_size=4096 && modprobe minix || bail "no disk"
	mkfs.minix /dev/ram0 >/dev/null
	mount -t minix /dev/ram0 "$disk" || bail "no file system"
	undo "umount $disk; rmmod minix brd"
	mount -t tmpfs -o huge=always,size=8M tmpfs "$huge" || bail "no huge tmpfs"
	undo "umount $huge"
}
make_room

# KSM takes its time
target_start merged "$BUILD/targets/merged"

target_start anonymous "$BUILD/targets/anonymous"
states anonymous
step anonymous
step anonymous

target_start ia32 "$BUILD/targets/ia32"
states ia32

target_start backed "$BUILD/targets/backed" "$disk" "$huge"
states backed
step backed
step backed

target_start large "$BUILD/targets/large"
states large

target_start gigantic "$BUILD/targets/large" gigantic
states gigantic

target_start nodes "$BUILD/targets/nodes"
states nodes
step nodes

# only while the one target is being prepared that wants it
balance()
{
	local dir=/sys/kernel/debug/sched/numa_balancing/

	[ -e $dir ] || dir=/proc/sys/kernel/numa_balancing_
	set_knob ${dir}scan_delay_ms 10
	set_knob ${dir}scan_period_min_ms 10
	echo 1 >/proc/sys/kernel/numa_balancing
	target_start hint "$BUILD/targets/nodes" hint
	echo 0 >/proc/sys/kernel/numa_balancing
}
balance
states hint

target_start threads "$BUILD/targets/threads"
states threads

target_start swap "$BUILD/targets/swap-entries"
states swap
step swap

target_start userfault "$BUILD/targets/userfault"
states userfault

target_start devices "$BUILD/targets/devices"
states devices

target_start poisoned "$BUILD/targets/poisoned"
states poisoned

wait_until '[ "$(</sys/kernel/mm/ksm/pages_sharing)" -ge 15 ]'
states merged

# the process in the middle of an exec must get no signal
target_start exec "$BUILD/targets/mid-exec"
states exec
same "exec: the child still has the old pages" \
	"$(mmlens pages -n -o START,FRAME,STATE "$exec_CHILD" "$exec_OLD+64K")" \
	"$(mmlens pages -n -o START,FRAME,STATE "$exec_PID" "$exec_OLD+64K")"
run oracle --still "$exec_CHILD"
ran "exec: the oracle finds nothing wrong in the child" 0
before=$(mmlens mm --json "$exec_CHILD")
target_step exec
after=$(mmlens mm --json "$exec_CHILD")
is "exec: then it has another address space" \
	"$(jq -rn "[$before, $after] | map(.mm_id) | .[0] != null and .[1] != null and .[0] != .[1]")" true
like "exec: in which the old area is not" \
	"$(mmlens walk "$exec_CHILD" "$exec_OLD")" "hole|no area|nothing is mapped"

# three of the 65; a process apiece is dear
tids=("/proc/$threads_PID/task"/*)
same "threads: each answers with the address space of all" \
	"$(for tid in "${tids[@]:1:1}" "${tids[@]: -1}"; do
		mmlens mm -n -o MM_ID,MM_USERS "${tid##*/}"
	done | sort -u)" "$(mmlens mm -n -o MM_ID,MM_USERS "$threads_PID")"

target_start vfork "$BUILD/targets/two-tasks-one-mm" vfork
is "vfork: the child answers with the parent's address space" \
	"$(mmlens mm --json "$vfork_A" | jq .mm_id)" "$(mmlens mm --json "$vfork_B" | jq .mm_id)"

include migrating

run oracle "${said[@]}" "$swap_CHILD"
ran "the oracle finds nothing wrong in any of them" 0
sed -n '/^states:/,$p' <<<"$out" | note -

for id in "${!said[@]}"; do
	target_end "$id"
done
ktap_end
