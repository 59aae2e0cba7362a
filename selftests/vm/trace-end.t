#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whatever ends a trace of mmlens, in a storm of faults or while one sleeps: what had
# come by then is told or counted, and nothing is left behind.
. "$(dirname "$0")/../ktap.sh"

[ -z "${MMLENS_STALE_TEXT-}" ] ||
	skip_all "this emulator may execute stale text: scripts/vm without --parallel"
ko=${MMLENS_KO:-$(modinfo -n mmlens 2>/dev/null)}
# shellcheck source=selftests/vm/tracer.sh
. "$(dirname "$0")/tracer.sh"

# minor PID: field 10 of its stat
minor()
{
	local stat

	read -ra stat <"/proc/$1/stat"
	echo "${stat[9]}"
}

# so many faults are missed by one who sleeps: more than the rings have room for
missed=250000
[ ! -e /sys/kernel/debug/kmemleak ] || missed=20000

# ---- in a storm ----

target_start storm faults storm
tracer storm -j "$storm_PID"
wait_until "[ \$(wc -l <$ktap_files/storm.trace) -gt 1 ]"
run rmmod mmlens
ran "unloading in a storm is refused" 1
like "... for a reason" "$err" 'in use'
kill -KILL "${tracer_pid[storm]}"
ended storm
gone "SIGKILL of the tool in a storm"
for ((i = 0; i < 5; i++)); do
	tracer storm -j "$storm_PID"
	kill -KILL "${tracer_pid[storm]}"
	ended storm
done
gone "five times, at once"
tracer storm -j --count 5000 "$storm_PID"
ended storm
is "the end is reached in a storm" "$(at_end storm '[.end, .told] | join(" ")')" "stopped 5000"
tracer storm -j "$storm_PID"
wait_until "[ \$(wc -l <$ktap_files/storm.trace) -gt 1 ]"
since=${EPOCHREALTIME/./}
stop storm
note "^C in a storm, $(((${EPOCHREALTIME/./} - since) / 1000)) ms later: $(tail -n 1 "$ktap_files/storm.trace")"
is "^C in a storm: what had come by then is printed, or counted as dropped" \
	"$(at_end storm '[.end, .told > 0, .seen == .told + .dropped] | join(" ")') $(wc -l <"$ktap_files/storm.trace")" \
	"stopped true true $(($(at_end storm .told) + 2))"
tracer storm -j "$storm_PID"
wait_until "[ \$(wc -l <$ktap_files/storm.trace) -gt 1 ]"
kill -STOP "${tracer_pid[storm]}"
faults=$(minor "$storm_PID")
wait_until "[ \$(minor $storm_PID) -gt $((faults + missed)) ]"
# both wait for it: as ^C, and ^C once more
kill -INT "${tracer_pid[storm]}"
kill -TERM "${tracer_pid[storm]}"
kill -CONT "${tracer_pid[storm]}"
ended storm
if [ $missed -lt 250000 ]; then
	skip "who does not read loses" "a debug kernel takes too long to fill the rings"
else
	is "who does not read loses, and is told how much" "$(at_end storm '.lost > 0')" true
fi
is "... and a second ^C drops what has come, which is said as well" \
	"$(at_end storm '[.dropped > 0, .seen == .told + .dropped] | join(" ")')" "true true"
note "stopped for $missed faults, then ^C twice: $(tail -n 1 "$ktap_files/storm.trace")"
gone "^C twice"
# one column: all that has come by then is still printed
tracer storm -j -o ADDR "$storm_PID"
wait_until "[ \$(wc -l <$ktap_files/storm.trace) -gt 1 ]"
finish storm storm
is "the target's end is the trace's, and nothing is dropped" \
	"$(at_end storm '[.end, .dropped, .seen == .told] | join(" ")')" "exited 0 true"
gone "the target killed in a storm"
rm -f "$ktap_files/storm.trace"

# ---- while a fault sleeps ----

for how in INT KILL; do
	target_start asleep faults sleep
	tracer asleep -j "$asleep_PID"
	target_step asleep
	kill -$how "${tracer_pid[asleep]}"
	ended asleep
	gone "SIG$how while a fault sleeps"
	[ $how != INT ] ||
		is "... which is said" "$(at_end asleep .unfinished)" 1
	run rmmod mmlens
	ran "the module goes while it sleeps" 0
	target_step asleep
	is "... and it wakes up" "$asleep_AWAKE" 1
	unset asleep_AWAKE
	target_end asleep
	insmod "$ko" || bail "the module cannot be loaded again"
done

target_start asleep faults sleep
tracer asleep -j "$asleep_PID"
target_step asleep
target_end asleep
ended asleep
like "a target killed while its fault sleeps ends the trace" \
	"$(tail -n 1 "$ktap_files/asleep.trace")" '"end": "exited"'
gone "the target killed while its fault sleeps"

ktap_end
