# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# mmlens trace in the background, for tests that have sourced ktap.sh.

[ -d /sys/kernel/debug/kprobes ] || mount -t debugfs debugfs /sys/kernel/debug

declare -A tracer_pid

# tracer ID ARGUMENT...: mmlens trace in the background; returns once the probe is set
tracer()
{
	local id=$1

	shift
	# what an earlier one has said is not this one's
	: >"$ktap_files/$id.trace"
	mmlens trace "$@" >"$ktap_files/$id.trace" 2>"$ktap_files/$id.err" &
	tracer_pid[$id]=$!
	disown
	ktap_children+=($!)
	wait_until "[ -s $ktap_files/$id.trace ] || ! kill -0 $! 2>/dev/null"
}

# ended ID: waits for its end
ended()
{
	wait_until "! kill -0 ${tracer_pid[$1]} 2>/dev/null"
}

# stop ID: as by ^C, after which not all of what has come need be printed
stop()
{
	kill -INT "${tracer_pid[$1]}"
	ended "$1"
}

# finish TARGET TRACER...: the target's end is the traces', and all is printed
finish()
{
	local id

	target_end "$1"
	shift
	for id in "$@"; do
		ended "$id"
	done
}

# at_end ID FILTER: by jq, of what it says at its end
at_end()
{
	tail -n 1 "$ktap_files/$1.trace" | jq -r "$2"
}

# armed: is there a trace? The probe is listed while there is one
armed()
{
	grep -q handle_mm_fault /sys/kernel/debug/kprobes/list
}

# gone NAME: no probe, and the module is free
gone()
{
	wait_until '! armed'
	nothing_holds_module
	is "$1: nothing is left" "$(armed && echo armed) $(</sys/module/mmlens/refcnt)" " 0"
}
