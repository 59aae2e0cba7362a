#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mmlens vma: areas, flags, holes, and what the kernel counts in them, against
# smaps, smaps_rollup and numa_maps (see vma.py); how areas are kept, and what
# a lookup costs.
. "$(dirname "$0")/../ktap.sh"
. "$(dirname "$0")/store.sh"

python=$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || command -v python3) ||
	skip_all "python3 is not installed"
compare=$(realpath "$(dirname "$0")/vma.py")

declare -A seen
declare -A tests=(
	[AREAS]="the areas of smaps"
	[FLAGS]="every flag has the letters of smaps"
	[RSS]="RSS as in smaps" [RSS_ANON]="RSS_ANON" [SWAP]="SWAP" [DIRTY]="DIRTY"
	[RSS_SHARED]="RSS_SHARED" [RSS_EXCLUSIVE]="RSS_EXCLUSIVE"
	[REFERENCED]="REFERENCED" [HUGE]="HUGE" [HUGETLB]="HUGETLB"
	[LAZYFREE]="LAZYFREE" [ROLLUP]="the sums of smaps_rollup"
	[SUM]="--sum says what all areas come to"
	[LEAVES]="leaves for every page" [GAPS]="areas and holes leave nothing out"
	[NODES]="pages of each node as in numa_maps"
	[KIND]="kinds: by the flags and names of smaps, and what is mounted there"
	[OPS]="each vm_operations has the name of one in kallsyms"
	[SPLIT]="what is mapped once and more often is all of RSS"
	[RULES]="no rule is used more often than it may"
)

# vma NAME PID: all that is compared; sets seen[]
vma()
{
	local name=$1 line check

	seen=()
	run "$python" "$compare" "$2"
	while IFS= read -r line; do
		seen[${line%%=*}]=${line#*=}
	done <<<"$out"
	if [ $status != 0 ]; then
		fail "$name: can be compared" "$out"$'\n'"$err"
		return
	fi
	for check in AREAS FLAGS RSS RSS_ANON SWAP DIRTY RSS_SHARED RSS_EXCLUSIVE REFERENCED HUGE \
			HUGETLB LAZYFREE ROLLUP SUM LEAVES GAPS NODES KIND OPS SPLIT RULES; do
		is "$name: ${tests[$check]}" "${seen[$check]}" ok
	done
	[ -z "${seen[USED]}" ] || note "$name: permitted: ${seen[USED]}"
}

set_knob /proc/sys/vm/nr_hugepages 4
target_start kinds kinds
vma "memory of every kind" "$kinds_A"
like "... of which some is huge" "${seen[HUGE_TOTAL]} ${seen[HUGETLB_TOTAL]}" '^[1-9].* [1-9]'
vma "its child" "$kinds_B"
target_end kinds

target_start python "$python" -c '
import ctypes, json, re, sys
words = [str(i) * 3 for i in range(20000)]
print("ready", flush=True)
sys.stdin.read()'
vma "python3" "${target_pid[python]}"

target_end python

# Two nodes are asked for (scripts/run-tests): without them this fails.
target_start nodes "$BUILD/targets/nodes"
vma "pages of node 0" "$nodes_PID"
target_step nodes
vma "... which have moved to node 1" "$nodes_PID"
like "... and are told to be there" "${seen[NODES_SEEN]}" 1
target_end nodes

target_start ia32 "$BUILD/targets/ia32"
vma "a 32-bit program" "$ia32_PID"
target_end ia32

target_start poisoned "$BUILD/targets/poisoned"
vma "broken memory" "$poisoned_PID"
target_end poisoned

target_start devices "$BUILD/targets/devices"
vma "the kernel's own, devices', and secret memory" "$devices_PID"
like "... of which there are some" "${seen[KINDS]}" 'device.*special'
target_end devices

# ---- anon_vmas ----

# ids PID ADDRESS: id and root of the area's anon_vma
ids()
{
	mmlens vma -j "$1" "$2" | jq -r '.areas[0] | "\(.anon_id) \(.anon_root)"'
}

target_start demo "$BUILD/targets/forked"
read -r parent parent_root < <(ids "$demo_A" "$demo_ANON")
read -r child child_root < <(ids "$demo_B" "$demo_ANON")
same "a fork: both anon_vmas have one root" "$child_root" "$parent_root"
is "... which is the parent's own" "$parent" "$parent_root"
like "... and the child has one of its own" "$parent $child" '^0x([0-9a-f]+) 0x([0-9a-f]+)$'
is "... told apart" "$([ "$parent" != "$child" ] && echo apart)" apart
is "what is shared has no anon_vma" "$(ids "$demo_A" "$demo_SHMEM") $(ids "$demo_B" "$demo_SHMEM")" "null null null null"
read -r again _ < <(ids "$demo_A" "$demo_ANON")
same "an id is the same each time" "$again" "$parent"
target_end demo

# ---- holes ----

target_start holes "$BUILD/targets/holes"
run mmlens vma "$holes_PID" "$holes_HOLE"
ran "an address in a hole" 0
like "... the area above is named as what find_vma() answers" "$out" \
	'above  [0-9a-f]+-[0-9a-f]+ .*find_vma'
like "... and the gap is told" "$out" "gap    [0-9a-f]+-[0-9a-f]+  8 KiB"
same "... which --gaps lists" \
	"$(mmlens vma "$holes_PID" --gaps -n -o START,END,KIND | awk '$3 == "hole" { print $1 "-" $2 }' |
		grep -F "$(grep -oE 'gap +[0-9a-f-]+' <<<"$out" | awk '{ print $2 }')")" \
	"$(grep -oE 'gap +[0-9a-f-]+' <<<"$out" | awk '{ print $2 }')"

# ---- the store ----

is "how areas are kept" "$(mmlens info -j | jq -r .vma_store)" "$store"
run mmlens vma --store -j "$holes_PID"
ran "--store" 0
areas=$(jq .areas <<<"$out")
is "... counts the areas" "$areas" "$(grep -vc vsyscall "/proc/$holes_PID/maps")"
is "... and its depths are those of such a tree (in scale.t, of a large one)" \
	"$(depths <<<"$out")" ok
is "... with one area at the root of a red-black tree, and none of a maple tree" \
	"$(mmlens vma -j -o DEPTH "$holes_PID" | jq '[.areas[] | select(.depth == 1)] | length')" \
	"$([ $store = rbtree ] && echo 1 || echo 0)"
for address in "$holes_BASE" "$holes_HOLE"; do
	depth=$(mmlens vma -j --store "$holes_PID" "$address" | jq .depth)
	is "--store of one address ($address)" \
		"$(jq --argjson depth "$depth" '$depth >= 1 and $depth <= .lookup.max' <<<"$out")" true
done
run mmlens vma --store "$holes_PID"
like "... in words" "$out" 'tree.*lookup visits'

ktap_end
