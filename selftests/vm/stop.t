#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# --stop, of every command that has it: while it reads the target is held; when
# it ends, by itself, by ^C, by SIGTERM or by SIGKILL, the target runs on, or is
# stopped as it was before. hold.so makes the moment last.
. "$(dirname "$0")/../ktap.sh"

# Two that now run and now sleep: were they to run all the time, mmlens would have
# no processor for itself.
for pid in target other; do
	# shellcheck disable=SC2016
	bash -c 'exec {never}<> <(:); while :; do read -rt 0.001 -u $never; done' &
	ktap_children+=($!)
	printf -v $pid %s $!
done
disown -a

# state PID: its letter, and who traces it. Read at once: line by line, bash goes
# back and forth in a file that is another one meanwhile.
state()
{
	local lines line letter='' tracer=''

	mapfile -t lines <"/proc/$1/status"
	for line in "${lines[@]:0:10}"; do
		case $line in
		State:*) letter=${line#State:?} ;;
		TracerPid:*) tracer=${line#TracerPid:?} ;;
		esac
	done
	echo "${letter:0:1} $tracer"
} 2>/dev/null

# Running or waiting to, and nobody's.
runs()
{
	local seen

	seen=$(state "$1")
	if ! [[ $seen =~ ^[RSD]\ 0$ ]]; then
		echo "its state and tracer: $seen"
		return 1
	fi
}
rests() { [ "$(state "$1")" = "T 0" ]; }
is_held() { [[ $(state "$1") =~ ^t\ [1-9] ]]; }

# arguments COMMAND: with which it reads the target; sets $args
arguments()
{
	case $1 in
	walk|fault) args=("$1" "$target" 0) ;;
	snap)	args=(snap "$target" "$other" --write "$ktap_files/stop.snap") ;;
	diff)	args=(diff "$target" --interval 0.01) ;;
	cow)	args=(cow "$target" "$other") ;;
	*)	args=("$1" "$target") ;;
	esac
}

# hold: runs it up to the moment when it holds the target; sets $tool
hold()
{
	# a shell's background job would ignore ^C
	HOLD_PID=$target LD_PRELOAD=$BUILD/selftests/hold.so \
		env --default-signal=INT mmlens "${args[@]}" --stop \
		>/dev/null 2>"$ktap_files/err" &
	tool=$!
	disown
	if ! wait_until "is_held $target"; then
		note - <"$ktap_files/err"
		return 1
	fi
}

# ends SIGNAL: kills it, and waits until it has gone
ends()
{
	kill "-$1" "$tool"
	wait_until "! kill -0 $tool 2>/dev/null"
}

commands=()
for command in $(mmlens --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\).*/\1/p'); do
	if [ "$command" != help ] && [[ $(mmlens "$command" --help) == *--stop* ]]; then
		commands+=("$command")
	fi
done
like "commands that stop are known" "${commands[*]}" "vma walk pages .*snap"

for command in "${commands[@]}"; do
	arguments "$command"
	run mmlens "${args[@]}" --stop
	like "$command: reads a process that is held" "$status" '^[04]$'
	ok "$command: which runs on after that" runs "$target"
	for signal in INT TERM KILL; do
		if ! hold; then
			fail "$command: holds the process while it reads"
			kill -KILL "$tool" 2>/dev/null
			continue
		fi
		ends $signal
		ok "$command: SIG$signal lets it run on" wait_until "runs $target >/dev/null"
	done

	kill -STOP "$target"
	wait_until "rests $target"
	run mmlens "${args[@]}" --stop
	like "$command: reads one that is stopped already" "$status" '^[04]$'
	ok "$command: which stays stopped" wait_until "rests $target"
	if hold; then
		pass "$command: it is held as well"
	else
		fail "$command: it is held as well"
	fi
	ends KILL
	ok "$command: and stays stopped after SIGKILL" wait_until "rests $target"
	kill -CONT "$target"
	ok "$command: until it is continued" wait_until "runs $target >/dev/null"
done

# ---- errors, once it is held ----
run mmlens pages "$target" no-such-area --stop
ran "a range that is not there" 1
ok "lets it run on" runs "$target"
run mmlens snap "$target" 4194303 --stop --write "$ktap_files/none.snap"
ran "another process that is not there" 2
ok "lets it run on" runs "$target"
run mmlens snap "$target" --stop --write "$ktap_files/no/where"
ran "a file that cannot be written" 1
ok "lets it run on" runs "$target"
run bash -c "mmlens pages $target --stop >/dev/full"
ran "a full disk" 1
ok "lets it run on" runs "$target"
run bash -c "mmlens pages $target --stop | true"
ok "and so does a reader that has gone" runs "$target"
arguments snap
# by then it has written what the kernel is
HOLD_AFTER=1 hold
ok "a snap has a file before it is whole" \
	wait_until 'compgen -G "$ktap_files/stop.snap?*" >/dev/null'
ends INT
# or before it has one, or just when
for ((i = 0; i < 5; i++)); do
	hold
	ends INT
done
is "... and leaves none when it is interrupted" "$(find "$ktap_files" -name 'stop.snap?*')" ""
run bash -c "mmlens snap $target --stop --write - >$ktap_files/piped.snap"
like "a snapshot to a pipe" "$status" '^[04]$'
run mmlens vma "$ktap_files/piped.snap"
ran "... is whole" 0
ktap_end
