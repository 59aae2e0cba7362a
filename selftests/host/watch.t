#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# cow --watch, and the processes it looks for again each time: a tape for a
# kernel, and /proc of a fifo, which keeps each look waiting for what it is to
# find there.
. "$(dirname "$0")/../ktap.sh"

make_tapes

# watch TAPE OPERAND...: sets $watcher
watch()
{
	local tape=$1

	shift
	: >"$ktap_files/out"	# what is waited for must not be there from the last time
	MMLENS_REPLAY=$tapes/$tape.nl MMLENS_REPLAY_PROC=$ktap_files/proc \
		"$BUILD/mmlens-replay" cow --watch --interval 0.01 "$@" \
		>"$ktap_files/out" 2>"$ktap_files/err" </dev/null &
	watcher=$!
	ktap_children+=("$watcher")
}

# tell FIFO WORDS: what the next look finds in it; not for ever
tell()
{
	timeout 60 bash -c 'printf %s "$2" >"$1"' - "$ktap_files/$1" "$2" ||
		fail "the next look comes" "$(cat "$ktap_files/err")"
}

# lines: of the table, its head among them
lines()
{
	local all

	mapfile -t all <"$ktap_files/out"
	echo ${#all[@]}
}

# Ends when the watcher does, and not when it would.
ended()
{
	wait "$watcher"
	is "$1: ends well" $? 0
	note - <"$ktap_files/err"
}

samples() { awk 'NR > 1 { print $2 }' "$ktap_files/out" | xargs; }

# ---- a family whose master dies ----

mkdir -p "$ktap_files/proc/4100" "$ktap_files/proc/4101"
echo "4100 (master) S 1 " >"$ktap_files/proc/4100/stat"
mkfifo "$ktap_files/proc/4101/stat"
watch watch_master 4100
tell proc/4101/stat "4101 (worker) S 4100 "
wait_until '[ "$(lines)" -ge 2 ] || ! kill -0 $watcher 2>/dev/null'
rm -r "$ktap_files/proc/4100"
tell proc/4101/stat "4101 (worker) S 1 "
wait_until '[ "$(lines)" -ge 3 ] || ! kill -0 $watcher 2>/dev/null'
tell proc/4101/stat "4101 (worker) S 1 "
ended "a master dies"
is "... its worker is watched yet" "$(samples)" "2 1"
like "... and is not said to have gone with it" "$(head -1 "$ktap_files/err")" 'process 4100 has gone'

# ---- a cgroup, whose last process ends, or which is removed ----

cgroup=$ktap_files/cgroup
mkdir -p "$cgroup/below"	# which was removed, for all that can be seen
mkfifo "$cgroup/cgroup.procs"
watch watch_one --cgroup "$cgroup"
tell cgroup/cgroup.procs $'4101\n'
wait_until '[ "$(lines)" -ge 2 ] || ! kill -0 $watcher 2>/dev/null'
tell cgroup/cgroup.procs ""
ended "a cgroup has no process any more"
is "... there was one" "$(samples)" 1
is "... which has gone" "$(cat "$ktap_files/err")" \
	"mmlens: process 4101 has gone: left out from now on"

ktap_end
