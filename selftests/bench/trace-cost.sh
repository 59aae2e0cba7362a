#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# trace-cost.sh [ROUNDS [FAULTS]]: what a trace costs the one who faults. A target
# makes FAULTS page faults at a time: without the module, with it and nobody tracing,
# while another process is traced, while it is traced itself; and beside that with
# peers: a kretprobe of tracefs on the same function that a cat drains, and perf
# trace, if they are here. All in turn, ROUNDS times; medians, and ratios to the
# first. For a virtual machine that does nothing else: scripts/vm run -- this
set -euo pipefail

rounds=${1:-7}
faults=${2:-20000}
dir=$(mktemp -d)
trace=/sys/kernel/tracing
ko=${MMLENS_KO:-$(modinfo -n mmlens)}
program=${BUILD:-$(dirname "$0")/../../build}/selftests/faults
background=

trap 'rm -rf "$dir"' EXIT
mountpoint -q $trace || mount -t tracefs tracefs $trace

# target NAME: a process on coprocess-like FIFOs; sets pid
target()
{
	local line

	mkfifo "$dir/$1.in" "$dir/$1.out"
	"$program" time "$faults" <"$dir/$1.in" >"$dir/$1.out" &
	exec {to}>"$dir/$1.in" {from}<"$dir/$1.out"
	pid=
	while read -r line <&"$from" && [ "$line" != ready ]; do
		case $line in PID=*) pid=${line#PID=} ;; esac
	done
}

# measure: ns of a fault, of the last target
measure()
{
	local line

	echo >&"$to"
	while read -r line <&"$from" && [ "$line" != ready ]; do
		case $line in NS=*) ns=${line#NS=} ;; esac
	done
}

# traced PID: mmlens trace until end_background
traced()
{
	mmlens trace -j --summary "$1" >"$dir/trace" 2>&1 &
	background=$!
	until [ -s "$dir/trace" ]; do sleep 0.05; done
}

end_background()
{
	kill -INT "$background"
	wait "$background" || true
	background=
}

start_without()	{ rmmod mmlens; }
stop_without()	{ insmod "$ko"; }
start_loaded()	{ :; }
stop_loaded()	{ :; }
start_filtered() { traced "$idle"; }
stop_filtered()	{ end_background; }
start_traced()	{ traced "$busy"; }
stop_traced()	{ end_background; }
start_tracefs()
{
	# shellcheck disable=SC2016 # tracefs expands this
	echo 'r:cost handle_mm_fault ret=$retval' >$trace/kprobe_events
	echo 1 >$trace/events/kprobes/cost/enable
	cat $trace/trace_pipe >/dev/null &
	background=$!
}
stop_tracefs()
{
	kill "$background"
	wait "$background" 2>/dev/null || true
	echo 0 >$trace/events/kprobes/cost/enable
	echo >$trace/kprobe_events
	echo >$trace/trace
}
start_perf()
{
	perf trace -F all --no-syscalls -p "$busy" -o "$dir/perf" 2>/dev/null &
	background=$!
	sleep 2
}
stop_perf()	{ end_background; }

ways=(without loaded filtered traced tracefs)
if perf trace -F all --no-syscalls -o /dev/null -- true 2>/dev/null; then
	ways+=(perf)
fi
sleep 1000000 &
idle=$!
target busy
busy=$pid
measure		# once, to have been there
for ((round = 0; round < rounds; round++)); do
	for way in "${ways[@]}"; do
		"start_$way"
		measure
		"stop_$way"
		echo "$ns" >>"$dir/$way.ns"
	done
done
kill $idle "$busy"

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
base=$(median "$dir/without.ns")
printf '%s faults a round, %s rounds, %s\n' "$faults" "$rounds" "$(uname -r)"
printf '%-10s %8s %8s %8s %7s\n' way ns/fault least most ratio
for way in "${ways[@]}"; do
	ns=$(median "$dir/$way.ns")
	printf '%-10s %8s %8s %8s %7s\n' "$way" "$ns" \
		"$(sort -n "$dir/$way.ns" | head -n 1)" "$(sort -n "$dir/$way.ns" | tail -n 1)" \
		"$(awk -v a="$ns" -v b="$base" 'BEGIN { printf "%.3f", a / b }')"
done
