#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mmlens against /proc: the demo's processes at every step, a running python3,
# a shell, and memory of every kind that this kernel has (kinds.c). And the
# judge itself against answers that were falsified.
. "$(dirname "$0")/../ktap.sh"

# judged NAME [--still] PID...: nothing wrong
judged()
{
	local name=$1

	shift
	run oracle "$@"
	if [ $status != 0 ]; then
		fail "$name" "$out"$'\n'"$err"
		return
	fi
	pass "$name: $(awk '/^smaps/ { print $(NF-2) }' <<<"$out") frames compared"
	# excused, cap and reason of each rule that was used
	sed -n '/^rule/,/^smaps/p' <<<"$out" | awk '$2 > 0' | note -
}

# caught WHAT PID [OPTION]: the judge notices that something was falsified
caught()
{
	local what=$1 check=$1

	run oracle ${3-} --corrupt "$what" "$2"
	case $what in
	flag) check=flags ;;
	marker) check=state ;;
	esac
	if [ $status = 1 ] && grep -qE "^$check +[0-9]+ +[1-9]" <<<"$out"; then
		pass "a falsified answer is caught ${3+(made up from /proc) }- $what"
	else
		fail "a falsified answer is caught ${3+(made up from /proc) }- $what" "exit status $status"$'\n'"$out"$'\n'"$err"
	fi
}

target_start demo "$BUILD/targets/forked"
judged "forked, before any step" "$demo_A" "$demo_B"
step=0
while target_step demo; do
	step=$((step + 1))
	if kill -0 "$demo_B" 2>/dev/null; then
		judged "forked, after step $step: $demo_STEP" "$demo_A" "$demo_B"
	else
		judged "forked, after step $step: $demo_STEP" "$demo_A"
	fi
done
target_end demo

# by its own path: what comes first on PATH may be a shim of some version manager
target_start python "$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || command -v python3)" -c '
import ctypes, json, re, sys
words = [str(i) * 3 for i in range(20000)]
print("ready", flush=True)
sys.stdin.read()'
judged "python3" "${target_pid[python]}"
target_end python

# the shell waits for the oracle, and is stopped like everyone else
judged "this shell" $$

# the first process takes no signal to stop, but does nothing but wait
judged "process 1" --still 1

# A compiler at work: stopped wherever it is when it has grown to 24 MiB.
for ((i = 0; i < 6000; i++)); do
	echo "int f$i(int x) { return x * $i + f$((i ? i - 1 : 0))(x / 3); }"
done >"$ktap_files/large.c"
gcc -O2 -w -S -o /dev/null "$ktap_files/large.c" &
compiler=$!
disown
ktap_children+=($compiler)
grown()
{
	# without a line feed at its end
	read -r cc1 rest <"/proc/$compiler/task/$compiler/children"
	[ -n "$cc1" ] && read -r rest pages rest <"/proc/$cc1/statm" &&
		[ "$pages" -gt 6144 ]
}
if wait_until grown 2>/dev/null; then
	judged "gcc's compiler, at work" "$cc1"
	kill -KILL "$cc1"
else
	fail "gcc's compiler, at work" "it never got there"
fi

# Memory of every kind, as far as this machine lets us make it: with a swap
# device of our own, huge pages, and KSM.
make_room()
{
	set_knob /proc/sys/vm/nr_hugepages 4
	set_knob /sys/kernel/mm/ksm/run 1
	have_swap
}
make_room
target_start kinds kinds
grep lacking "$ktap_files/kinds.out" | note -
wait_until '[ "$(</sys/kernel/mm/ksm/pages_sharing)" -ge 127 ]'
judged "every kind of memory, forked" "$kinds_A" "$kinds_B"
note "$out"
states=$(grep '^states:' <<<"$out")
for state in present zero huge-zero pfnmap protnone swap; do
	like "... state $state was there" "$states" " $state "
done
if kernel_before 5.19; then
	skip "... state marker-uffd-wp was there" "page-table markers (CONFIG_PTE_MARKER) are there since 5.19"
else
	like "... state marker-uffd-wp was there" "$states" ' marker-uffd-wp '
fi
for flag in huge ksm thp unevictable; do
	like "... page flag $flag too" "$(grep '^page flags:' <<<"$out") " " $flag "
done

# the judge itself
markers=marker
kernel_before 5.19 && markers=
for what in frame swap missing extra state flag count soft-dirty file uffd-wp guard $markers \
	exclusive rss area order; do
	caught "$what" "$kinds_A"
	caught "$what" "$kinds_A" --from-proc
done
run oracle --from-proc "$kinds_A" "$kinds_B"
ran "the judge finds nothing wrong with an answer made up from /proc" 0
run oracle --corrupt nonsense "$kinds_A"
ran "an unknown corruption is refused" 2
run oracle 999999
ran "a process that is not there is refused" 2
target_end kinds

# that a guard is called something else; kinds have none
target_start userfault "$BUILD/targets/userfault"
if [ -n "${userfault_GUARD_LACKS-}" ]; then
	skip "a falsified answer is caught - a guard is none" "$userfault_GUARD_LACKS"
else
	caught guard "$userfault_PID"
	like "... and that was a guard" "$out" '/proc 0x1, mmlens 0'
fi
target_end userfault

ktap_end
