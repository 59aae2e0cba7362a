#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A process is held (--stop) while it is read, not while the answer is: its reader
# may be slow, or be that process. The process is real, what it is asked is on a tape.

. "$(cd "$(dirname "$0")" && pwd)/../ktap.sh"

make_tapes

sleep 1000 &
target=$!
ktap_children+=("$target")

# replay TAPE ARG...: the tool, with a tape for a kernel
replay()
{
	MMLENS_REPLAY=$tapes/$1.nl "$BUILD/mmlens-replay" "${@:2}"
}

state()
{
	sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status"
}

# Its system call is write().
writes()
{
	[ "$(cut -d' ' -f1 "/proc/$1/syscall" 2>/dev/null)" = 1 ]
}

if ! replay pages_long pages "$target" --stop >/dev/null 2>"$ktap_files/err"; then
	! grep -q 'cannot be stopped' "$ktap_files/err" ||
		skip_all "nothing can be held here: $(cat "$ktap_files/err")"
	bail "$(cat "$ktap_files/err")"
fi

# A pipe that is open at both ends and that nobody reads.
mkfifo "$ktap_files/pipe"
exec 9<>"$ktap_files/pipe"

# unread WHAT TAPE ARG...: what is printed fills the pipe, and the target runs
unread()
{
	local tool

	MMLENS_REPLAY=$tapes/$2.nl "$BUILD/mmlens-replay" "${@:3}" >&9 &
	tool=$!
	ktap_children+=("$tool")
	wait_until "writes $tool"
	is "$1 does not hold it for its reader" "$(state "$target")" S
	kill "$tool"
	wait "$tool" 2>/dev/null
	timeout 5 dd if="$ktap_files/pipe" of=/dev/null bs=1M iflag=nonblock 2>/dev/null
}

unread "a table" pages_long pages "$target" --each --stop
unread "JSON" pages_long pages "$target" --each --stop -j

same "what was kept is what is printed at once" \
	"$(replay pages_long pages "$target" --each --stop)" \
	"$(replay pages_long pages "$target" --each)"
same "so is what is said in between, and after it" \
	"$(replay walk_refused walk "$target" 500000 ffff888000000000 --stop 2>&1)" \
	"$(replay walk_refused walk "$target" 500000 ffff888000000000 2>&1)"
replay pages_torn pages "$target" --stop >/dev/null 2>&1
is "the exit status is the same" $? 4
if [ -w /dev/full ]; then
	replay pages_long pages "$target" --each --stop >/dev/full 2>"$ktap_files/err"
	is "a full disk: exit status" $? 1
	like "a full disk: is said" "$(cat "$ktap_files/err")" 'No space left'
fi
is "it runs on" "$(state "$target")" S
ktap_end
