#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mmlens tables: the sum is VmPTE to the byte; each table is one that a walk
# meets, that /proc/kpageflags calls a page table, and whose entries pagemap
# counts alike. See tables.py.
. "$(dirname "$0")/../ktap.sh"

python=$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || command -v python3) ||
	skip_all "python3 is not installed"
compare=$(realpath "$(dirname "$0")/tables.py")

declare -A seen

# tables NAME PID: all that is compared; sets seen[]
tables()
{
	local name=$1 line

	seen=()
	run "$python" "$compare" "$2"
	while IFS= read -r line; do
		seen[${line%%=*}]=${line#*=}
	done <<<"$out"
	if [ $status != 0 ]; then
		fail "$name: can be compared" "$out"$'\n'"$err"
		return
	fi
	same "$name: the sum is VmPTE" "${seen[PTE_BYTES]}" "${seen[STATUS_BYTES]}"
	is "$name: a table is listed once" "${seen[ONCE]}" ok
	is "$name: each has its parent, the first is the mm's pgd" "${seen[PARENTS]}" ok
	is "$name: walk meets all of them and no other" "${seen[WALK]}" ok
	is "$name: PTEs in use, as in pagemap" "${seen[USED]}" ok
	is "$name: those that map a page, as in pagemap" "${seen[LEAVES]}" ok
	is "$name: entries in use are tables and leaves" "${seen[BELOW]}" ok
	is "$name: ... of as many as there are for user addresses" "${seen[SLOTS]}" ok
	is "$name: totals of each level" "${seen[LEVELS]}" ok
	is "$name: a tree of each table, below its parent" "${seen[TREE]}" ok
	is "$name: a tree in which many share a line has all" "${seen[JOINED]}" ok
	marked "$name"
}

# kpageflags marks PTE tables on every kernel, and the tables of a higher level
# all or none
marked()
{
	local level of

	for level in pte pmd pud p4d pgd; do
		of=${seen[MARKED_$level]}
		case $level:$of in
		*:"0 of 0") ;;
		pte:*) is "$1: kpageflags knows each pte table" "${of% of *}" "${of#* of }" ;;
		*:"0 of "*) note "$1: this kernel does not mark $level tables" ;;
		*) is "$1: kpageflags knows each $level table" "${of% of *}" "${of#* of }" ;;
		esac
	done
}

set_knob /proc/sys/vm/nr_hugepages 4
target_start holes "$BUILD/targets/holes"
tables "holes" "$holes_PID"
same "no huge page, no deposited table" "${seen[DEPOSITED]}" 0
half=${seen[KERNEL_HALF]}
like "the kernel's half has entries" "$half" '^[1-9][0-9]* of 256$'

target_start python "$python" -c '
import ctypes, json, re, sys
words = [str(i) * 3 for i in range(200000)]
print("ready", flush=True)
sys.stdin.read()'
tables "python3" "${target_pid[python]}"
same "the kernel's half is the same in another process" "${seen[KERNEL_HALF]}" "$half"
like "lines of a tree that are shared" "${seen[SHARED_LINES]}" '^[1-9]'
target_end python

target_start thp "$BUILD/targets/thp"
tables "huge pages" "$thp_A"
same "a table is deposited for each of AnonHugePages" "${seen[DEPOSITED]}" "${seen[ANON_HUGE]}"
like "... of which there are some" "${seen[DEPOSITED]}" '^[1-9]'
target_step thp
tables "a huge page that was split" "$thp_B"
same "... has its table in use" "${seen[DEPOSITED]}" "${seen[ANON_HUGE]}"
target_end thp

# hugetlb, zero pages, KSM, devices, swap
target_start kinds kinds
tables "memory of every kind" "$kinds_A"
tables "its child" "$kinds_B"
target_end kinds

target_start reserved kinds reserve
tables "a reservation of 16 TiB" "$reserved_PID"
run mmlens tables -j "$reserved_PID"
last=$((reserved_AREA + (1 << 44) - 1))
is "... whose three pages have a PTE table each" \
	"$(jq -r --arg last "$(printf '%#x' $last)" --arg from "$(printf '%#x' $((reserved_AREA & -0x200000)))" \
		'.tables[] | select(.level == "pte" and .start >= $from and .start <= $last) | .start' <<<"$out" | xargs)" \
	"$(for page in $reserved_AREA $((reserved_AREA + (1 << 43))) $last; do
		printf '%#x\n' $((page & -0x200000))
	done | xargs)"

run mmlens tables 2
ran "a kernel thread has none" 2
like "... for a reason" "$err" 'kernel thread'

ktap_end
