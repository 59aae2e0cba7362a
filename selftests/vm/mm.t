#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mmlens mm: who shares an address space, and what its addresses are like.
. "$(dirname "$0")/../ktap.sh"

command -v jq >/dev/null || skip_all "jq is not installed"

# shared NAME PID OTHER: each names the other, and says the same mm
shared()
{
	local mine other

	mine=$(mmlens mm -j "$2")
	other=$(mmlens mm -j "$3")
	is "$1: names the other process" "$(jq -c '[.shared_with[].pid]' <<<"$mine")" "[$3]"
	is "... by its name" "$(jq -r '.shared_with[0].comm' <<<"$mine")" "$(cat "/proc/$3/comm")"
	is "... which names the first one" "$(jq -c '[.shared_with[].pid]' <<<"$other")" "[$2]"
	same "... and both have one mm" "$(jq -r .mm_id <<<"$mine")" "$(jq -r .mm_id <<<"$other")"
}

target_start clone "$BUILD/targets/two-tasks-one-mm"
shared "clone(CLONE_VM)" "$clone_A" "$clone_B"
run mmlens mm "$clone_A"
like "... in text too" "$out" "SHARED_WITH   process $clone_B \\("
target_end clone
target_start vfork "$BUILD/targets/two-tasks-one-mm" vfork
wait_until "grep -q ^B= $ktap_files/vfork.out"
child=$(sed -n 's/^B=//p' "$ktap_files/vfork.out" | tail -n 1)
if [ -n "$child" ]; then
	shared "vfork()" "$vfork_A" "$child"
else
	fail "vfork()" "$(cat "$ktap_files/vfork.out")"
fi
target_end vfork

target_start holes "$BUILD/targets/holes"
run mmlens mm -j "$holes_PID"
is "alone: shared with nobody" "$(jq -c .shared_with <<<"$out")" "[]"
is "... and one thread" "$(jq -c .thread_ids <<<"$out")" "[$holes_PID]"
is "64-bit addresses" "$(jq .bits <<<"$out")" 64
case $(jq .levels <<<"$out") in
4) half=0xffff800000000000 ;;
5) half=0xff00000000000000 ;;
esac
is "where the kernel's half begins" "$(jq -r .kernel_start <<<"$out")" "$half"

python=$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || command -v python3)
if [ -n "$python" ]; then
	target_start threads "$python" -c '
import sys, threading
for i in range(15):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()'
	pid=${target_pid[threads]}
	run mmlens mm -j "$pid"
	is "each thread is listed" "$(jq -c '.thread_ids | sort' <<<"$out")" \
		"$(ls "/proc/$pid/task" | sort -n | jq -s -c .)"
	is "... as many as there are" "$(jq '.thread_ids | length' <<<"$out")" 16
	is "... and they are no other process" "$(jq -c .shared_with <<<"$out")" "[]"
else
	skip "each thread is listed" "python3 is not installed"
fi

run mmlens mm 2
like "a kernel thread is called one" "$err" "kernel thread: it has no address space"

ktap_end
