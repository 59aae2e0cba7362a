#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mmlens trace: counts as getrusage() has them, frames as the target itself reads them
# in pagemap before and after each fault; and nothing lost, or said. What ends a trace,
# and in what moment, is in trace-end.t.
. "$(dirname "$0")/../ktap.sh"

[ -z "${MMLENS_STALE_TEXT-}" ] ||
	skip_all "this emulator may execute stale text: scripts/vm without --parallel"
python=$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || command -v python3) ||
	skip_all "python3 is not installed"
compare=$(realpath "$(dirname "$0")/trace.py")

# shellcheck source=selftests/vm/tracer.sh
. "$(dirname "$0")/tracer.sh"

declare -A seen

# compared MODE TRACER TARGET: sets seen[]
compared()
{
	local line

	seen=()
	run "$python" "$compare" "$1" "$ktap_files/$2.trace" "$ktap_files/$3.out"
	while IFS= read -r line; do
		seen[${line%%=*}]=${line#*=}
	done <<<"$out"
	[ $status = 0 ] || note "$err"
}

like "info says that it can" "$(mmlens info -o EXACT)" 'trace'

# ---- one of each ----

# Without rseq, where the kernel tells a thread which processor it runs on: after a
# fork that is a fault, at a moment of the scheduler's.
export GLIBC_TUNABLES=glibc.pthread.rseq=0
target_start kinds faults kinds
tracer kinds -j "$kinds_PID"
target_step kinds
finish kinds kinds
compared kinds kinds kinds
same "minor faults, as getrusage counts them" "${seen[MINOR]}" "${seen[TARGET_MINOR]}"
same "major faults" "${seen[MAJOR]}" "${seen[TARGET_MAJOR]}"
same "both, as the kernel's software events count them" \
	"${seen[PERF_MINOR]} ${seen[PERF_MAJOR]}" "${seen[MINOR]} ${seen[MAJOR]}"
for kind in demand-zero zero-page cow-zero cow-copy file-map file-copy huge huge-zero signal alone; do
	same "$kind: what it is, and frames as in pagemap" "${seen[KIND_$kind]}" ok
done
note "reuse: ${seen[ALONE]}"
same "nothing lost" "${seen[LOSSES]}" "0 0 0 0"
gone "a trace of a target that has ended"

# ---- SIGSEGV before there is a fault to handle ----

target_start segv faults segv
tracer segv -j --follow "$segv_PID"
target_step segv
finish segv segv
compared segv segv segv
is "accesses that end in SIGSEGV: as the signals that came say" "${seen[TOLD]}" "${seen[SEEN]}"
is "... and no other signal: neither a kill() nor one that claims to be such an access" \
	"${seen[SIGNALS]} ${seen[ODD]-}" "$((7 + segv_KEY)) "
is "... and one that finds another pending is told, too" "${seen[PENDING]}" "['segv-maperr']"

# ---- a command ----

run mmlens trace -j -- /bin/true
ran "a command from its first instruction" 0
like "... ends with it" "$out" '"end": "exited"'
like "... and has the exec in it" "$out" '"remote"'
run mmlens trace -- /no/such/command
ran "a command that there is not" 1
like "... is named" "$err" '/no/such/command: No such file'
gone "a command"

# ---- many ----

count=100000
[ -z "${MMLENS_LONG-}" ] || count=1000000
# a fault of the debug kernel, traced, takes milliseconds
[ "${MMLENS_KERNEL-}" != debug ] || count=5000
target_start many faults many $count
# with all columns a million lines are too much for this machine's memory
tracer many -j -o ADDR "$many_PID"
target_step many
finish many many
compared many many many
note "$count faults: $(tail -n 1 "$ktap_files/many.trace")"
same "$count faults: told, or counted as lost" "${seen[WITH_LOST]}" $count
rm -f "$ktap_files/many.trace"

# ---- forks ----

target_start forks faults forks
tracer forks -j --cow --follow "$forks_PID"
target_step forks
finish forks forks
pages=$(jq -r --argjson from $((forks_AREA)) 'select(.addr) | select(.what == "cow-copy") |
	"\(.pid) \(.addr)"' "$ktap_files/forks.trace" |
	while read -r pid addr; do
		[ $((addr)) -lt $((forks_AREA)) ] || [ $((addr)) -ge $((forks_AREA + 65536)) ] ||
			[ "$pid" = "$forks_PID" ] || echo "$pid $addr"
	done | sort -u | wc -l)
is "20 forked children copy 16 pages each, and each copy is told" "$pages" 320

target_start forks faults forks
tracer alone -j "$forks_PID"
target_step forks
finish forks alone
is "without --follow, children are not told" \
	"$(jq -r 'select(.addr) | .pid' "$ktap_files/alone.trace" | sort -u)" "$forks_PID"
gone "followed forks"

# ---- who copies ----

target_start cow faults cow
tracer cow -j --cow --summary "$cow_PID"
target_step cow
stop cow
like "who breaks the sharing, by function and line" \
	"$(sed -n 2p "$ktap_files/cow.trace" | jq -r '.by_place[0] | "\(.copied) \(.place)"')" \
	"^256 breaks_sharing\+0x[0-9a-f]+ \(faults.c:$cow_LINE\)"
tracer cow -j --ip --cow "$cow_PID"
target_step cow
# by then fork's own are told, too
wait_until "[ \$(grep -c breaks_sharing $ktap_files/cow.trace) -ge 256 ]"
stop cow
like "... and with each fault" "$(sed -n 100p "$ktap_files/cow.trace" | jq -r .place)" \
	"breaks_sharing\+0x[0-9a-f]+ \(faults.c:$cow_LINE\)"
# fork() write-protects the stack that it returns on, too, which may be two pages:
# but where the child was first to write to one, it is the parent's alone by then
others=$(jq -r 'select(.addr) | select((.place // "") | startswith("breaks_sharing") | not) |
	"\(.area) \(.place)"' "$ktap_files/cow.trace")
told=$(grep -c . <<<"$others")
note "copies of the stack: $told"
is "... and no other copy than fork()'s, of the stack" \
	"$(grep -v '^stack [^ ]*[Ff]ork' <<<"$others")" ""
is "... of two pages at most" "$(at_end cow .copied) $((told <= 2))" "$((256 + told)) 1"
target_end cow
gone "a trace ended by ^C"

# ---- several at a time ----

target_start two faults many 1000
tracer one -j "$two_PID"
tracer two -j "$two_PID"
target_step two
finish two one two
compared many one two
is "two at a time: the one" "${seen[EVENTS]}" 1000
compared many two two
is "... and the other" "${seen[EVENTS]}" 1000
gone "two traces"

# ---- who may ----

run setpriv --reuid 65534 --clear-groups -- mmlens trace $$
ran "nobody else may" 2
like "... for want of a capability" "$err" 'CAP_SYS_ADMIN'
run setpriv --bounding-set -sys_admin --inh-caps -sys_admin -- mmlens trace $$
ran "nor root without CAP_SYS_ADMIN" 2
run mmlens trace 2
ran "a kernel thread has no faults" 2
run mmlens trace
ran "whom?" 1
run mmlens trace --count 0 1
ran "none is no count" 1

ktap_end
