#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every state that a page can be in, made by a target that knows what it has
# made: `mmlens pages` and `mmlens walk` must say so, of every page, and the
# oracle must find nothing wrong in any page of these processes.
. "$(dirname "$0")/../ktap.sh"

command -v gojq >/dev/null || skip_all "gojq is not installed"

# What a kernel cannot make, as the target has found out by trying; whatever else a
# target lacks is a failure, and so is a wrong answer, whatever it is about.
declare -A may_lack=(
	[5.10]=" MARKER MARKER_ANON LOST GUARD SECRET MTHP MINOR SEALED DROPPABLE "
	[6.1]=" MARKER_ANON LOST GUARD MTHP SEALED DROPPABLE "
	[6.12]=" GUARD "
)
# What a kernel does not keep, which then has to be told as not there.
declare -A instead=(
	[5.10 OWN]="state=swap swap=some bits=-exclusive"
)
. "$(dirname "$0")/states.sh"
# shellcheck source=selftests/vm/vma.sh
. "$(dirname "$0")/vma.sh"
# What this processor has not.
grep -qw ospke /proc/cpuinfo || may_lack[$series]+=" KEY_5 "

# A device for files, two for swap, and huge pages of every kind.
make_room()
{
	set_knob /proc/sys/vm/nr_hugepages 4
	set_knob /sys/kernel/mm/ksm/sleep_millisecs 20
	set_knob /sys/kernel/mm/ksm/pages_to_scan 1000
	set_knob /sys/kernel/mm/ksm/run 1
	if [ -e /sys/kernel/mm/transparent_hugepage/hugepages-64kB ]; then
		echo madvise >/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled
		undo "echo never >/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled"
	fi

	have_swap 32M || bail "no swap"

	# shared pages of a file stay as they were written
	set_knob /proc/sys/vm/dirty_writeback_centisecs 0
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
judged backed "dirty pages of a shared file"
step backed
judged backed "pages thrown out"
step backed

target_start large "$BUILD/targets/large"
states large

target_start gigantic "$BUILD/targets/large" gigantic
states gigantic
step gigantic

target_start nodes "$BUILD/targets/nodes"
states nodes
judged nodes "pages of node 0"
step nodes

# only while the one target is being prepared that wants it
balance()
{
	hasten_balancing
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
judged swap "pages in swap of nobody else"
step swap

target_start userfault "$BUILD/targets/userfault"
states userfault

target_start advice "$BUILD/targets/advice"
states advice

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

run oracle --still "$vfork_A" "$vfork_B"
ran "vfork: the oracle finds nothing wrong in either" 0

include migrating

# entries of the lowest level, which stay for as long as a device is suspended
have_held
if [ ${#held[@]} = 2 ]; then
	target_start moving moving "${held[@]}"
	states moving
	judged moving
	like "... in two migration entries" "$(grep '^states:' <<<"$out") " ' migration 2 '
	step moving
else
	skip "moving" "there is no dmsetup, or no device mapper"
fi

run oracle "${said[@]}" "$swap_CHILD"
ran "the oracle finds nothing wrong in any of them" 0
sed -n '/^states:/,$p' <<<"$out" | note -

# sums of what the processes of vma.t have nothing of
if [ -n "$vma_python" ]; then
	vma merged "$merged_PID" backed "$backed_PID" large "$large_PID" gigantic "$gigantic_PID"
	some "merged: KSM is not compared with 0" "$merged_PID" KSM
	some "backed: nor are huge pages of tmpfs" "$backed_PID" HUGE_SHMEM
	some "large: nor are huge pages of zeroes" "$large_PID" HUGE HUGETLB ZERO LEAVES_PMD
	some "gigantic: nor are leaves of a PUD" "$gigantic_PID" HUGETLB LEAVES_PUD
else
	skip "sums" "python3 is not installed"
fi

for id in "${!said[@]}"; do
	target_end "$id"
done
ktap_end
