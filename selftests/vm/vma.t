#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mmlens vma: areas, flags, holes, and what the kernel counts in them, against
# what /proc says (see vma.py); how areas are kept, and what a lookup costs.
. "$(dirname "$0")/../ktap.sh"
. "$(dirname "$0")/store.sh"

# shellcheck source=selftests/vm/vma.sh
. "$(dirname "$0")/vma.sh"

[ -n "$vma_python" ] || skip_all "python3 is not installed"
have_swap || bail "no swap"
set_knob /proc/sys/vm/nr_hugepages 4

target_start kinds kinds
target_start python "$vma_python" -c '
import ctypes, json, re, sys
words = [str(i) * 3 for i in range(20000)]
print("ready", flush=True)
sys.stdin.read()'
# Two nodes are asked for (scripts/run-tests): without them this fails.
target_start nodes "$BUILD/targets/nodes"
target_start ia32 "$BUILD/targets/ia32"
target_start poisoned "$BUILD/targets/poisoned"
target_start devices "$BUILD/targets/devices"
vma "memory of every kind" "$kinds_A" "its child" "$kinds_B" "python3" "${target_pid[python]}" \
	"pages of node 0" "$nodes_PID" "a 32-bit program" "$ia32_PID" \
	"broken memory" "$poisoned_PID" \
	"the kernel's own, devices', and secret memory" "$devices_PID"
some "memory of every kind: none of the sums is of nothing" "$kinds_A" \
	RSS RSS_ANON RSS_FILE RSS_SHMEM RSS_SHARED RSS_EXCLUSIVE SWAP DIRTY REFERENCED HUGE \
	HUGETLB LAZYFREE ZERO LEAVES_PTE LEAVES_PMD TABLES
like "the kernel's own, devices': there are some" "${seen[$devices_PID KINDS]}" 'device.*special'
for id in kinds python ia32 poisoned devices; do
	target_end $id
done
target_step nodes
vma "pages that have moved to node 1" "$nodes_PID"
like "... and are told to be there" "${seen[$nodes_PID NODES_SEEN]}" 1
target_end nodes

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
