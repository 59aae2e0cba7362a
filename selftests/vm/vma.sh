# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What mmlens counts in the areas of processes, against /proc (vma.py); to be
# sourced after ktap.sh.

vma_python=$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || command -v python3)
vma_compare=$(realpath "$(dirname "${BASH_SOURCE[0]}")/vma.py")

declare -A seen vma_tests=(
	[AREAS]="the areas of smaps"
	[FLAGS]="every flag has the letters of smaps, and the name that goes with them"
	[KIND]="kinds: by the flags and names of smaps, and what is mounted there"
	[OPS]="each vm_operations has the name of one in kallsyms"
	[RSS]="RSS as in smaps" [RSS_ANON]="RSS_ANON" [SWAP]="SWAP" [DIRTY]="DIRTY"
	[RSS_SHARED]="RSS_SHARED" [RSS_EXCLUSIVE]="RSS_EXCLUSIVE"
	[REFERENCED]="REFERENCED" [HUGE]="HUGE" [HUGETLB]="HUGETLB"
	[LAZYFREE]="LAZYFREE"
	[SPLIT]="what is mapped once and more often is all of RSS"
	[FILE_SHMEM]="what is not anonymous is RSS_FILE or RSS_SHMEM, by the kind of the area"
	[PAGES_SWAP]="SWAP as in pagemap" [PAGES_ZERO]="ZERO as in pagemap and kpageflags"
	[PAGES_KSM]="KSM as in smaps or kpageflags"
	[LEAVES]="as many leaves of each size as pagemap and smaps let there be"
	[TABLES]="TABLES are those of mmlens tables in which pagemap has an entry"
	[SUM]="--sum says what all areas come to"
	[ROLLUP]="the sums of smaps_rollup"
	[MM]="the counters of mmlens mm"
	[GAPS]="areas and holes leave nothing out"
	[LAYOUT]="the portrait's layout has the areas of smaps, each once"
	[NODES]="pages of each node as in numa_maps"
	[RULES]="no rule is used more often than it may"
)

# vma [NAME PID]...: all that is compared; sets "seen[PID CHECK]"
vma()
{
	local names=() pids=() pid i line check

	while [ $# -gt 0 ]; do
		names+=("$1")
		pids+=("$2")
		shift 2
	done
	run "$vma_python" "$vma_compare" "${pids[@]}"
	while IFS= read -r line; do
		case $line in
		PID=*) pid=${line#*=} ;;
		*)     seen[$pid ${line%%=*}]=${line#*=} ;;
		esac
	done <<<"$out"
	if [ $status != 0 ]; then
		fail "${names[*]}: can be compared" "$out"$'\n'"$err"
		return
	fi
	for i in "${!pids[@]}"; do
		for check in "${!vma_tests[@]}"; do
			is "${names[i]}: ${vma_tests[$check]}" "${seen[${pids[i]} $check]}" ok
		done
		line=${seen[${pids[i]} USED]}
		[ -z "$line" ] || note "${names[i]}: permitted: $line"
	done
}

# some NAME PID SUM...: none of the sums is 0, or it would have been compared with 0
some()
{
	local name=$1 pid=$2 sum without=()

	shift 2
	for sum; do
		[[ ${seen[$pid ${sum}_TOTAL]-} == [1-9]* ]] || without+=("$sum")
	done
	is "$name" "${without[*]}" ""
}
