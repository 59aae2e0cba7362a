#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The command line: options, columns, exit codes, and output that cannot be
# written.
. "$(dirname "$0")/../ktap.sh"

target_start holes "$BUILD/targets/holes"
target_start tear kinds tear

# help and version
run mmlens
ran "without arguments: a mistake" 1
like "... of which stderr tells, with a hint" "$err" 'help'
for option in -h --help help; do
	run mmlens $option
	ran "mmlens $option" 0
	like "... prints the usage on stdout" "$out" '^Usage'
done
for command in info mm vma walk pages tables cow demo; do
	run mmlens $command --help
	ran "mmlens $command --help" 0
	like "... is about it" "$out" "^Usage: mmlens $command"
done
run mmlens --version
ran "mmlens --version" 0
like "... names version" "$out" '[0-9]+\.[0-9]+'

# columns
for command in vma pages tables cow; do
	run mmlens $command --list-columns
	ran "mmlens $command --list-columns needs no process" 0
	like "... and lists some" "$out" 'START|AREA'
done
run mmlens pages -o START,FRAME "$holes_PID" stack
is "-o: the columns in that order" "$(head -n 1 <<<"$out" | xargs)" "START FRAME"
run mmlens pages -o FRAME,START "$holes_PID" stack
is "... or in this" "$(head -n 1 <<<"$out" | xargs)" "FRAME START"
run mmlens pages -o start "$holes_PID" stack
is "... in any case" "$(head -n 1 <<<"$out" | xargs)" "START"
run mmlens pages "$holes_PID" stack
usual=$(head -n 1 <<<"$out" | xargs)
run mmlens pages -o +NODE,ZONE "$holes_PID" stack
is "-o +: the usual ones and these" "$(head -n 1 <<<"$out" | xargs)" "$usual NODE ZONE"
run mmlens pages -n "$holes_PID" stack
ran "-n: no headings" 0
is "... but all else" "$(grep -c START <<<"$out")" 0

# colour
escapes() { tr -cd '\033' <"$ktap_files/out" | wc -c; }
run mmlens pages "$holes_PID"
is "no colour but on a terminal" "$(escapes)" 0
run mmlens pages --color=always "$holes_PID"
like "--color=always" "$(escapes)" '^[1-9]'
run mmlens pages --color=never "$holes_PID"
is "--color=never" "$(escapes)" 0
run env NO_COLOR=1 mmlens pages --color=auto "$holes_PID"
is "NO_COLOR" "$(escapes)" 0
run mmlens pages --json --color=always "$holes_PID"
is "JSON has no colour" "$(escapes)" 0

# addresses as people paste them
for address in "$holes_BASE" "${holes_BASE#0x}" "$(tr a-f A-F <<<"${holes_BASE#0x}")"; do
	run mmlens vma -n "$holes_PID" "$address"
	like "an address as $address" "$out" "${holes_BASE#0x}"
done
run mmlens pages -n -o START "$holes_PID" "$(sed -n '1s/ .*//p' "/proc/$holes_PID/maps")"
ran "a range as pasted from maps" 0
run mmlens pages "$holes_PID" libc.so.6
ran "a range by a file's name" 0
run mmlens pages "$holes_PID" stack
ran "a range by an area's name" 0

# output that cannot be written
run sh -c "mmlens pages --each $tear_PID | head -n 1"
ran "| head -n 1" 0
is "... ends quietly" "$err" ""
run sh -c "mmlens pages --json $tear_PID | head -n 1"
is "... with --json too" "$err" ""
for arguments in "info" "pages $tear_PID" "pages --json $tear_PID" "mm $tear_PID" \
		"vma $tear_PID" "walk $tear_PID $tear_AREA"; do
	run sh -c "mmlens $arguments >/dev/full"
	ran "mmlens ${arguments%% *} >/dev/full" 1
	like "... says what failed" "$err" 'No space left'
done
run sh -c "mmlens info >&-"
ran "mmlens info with stdout closed" 1

# midway COMMAND: reads the beginning of what mmlens prints about "${about[@]}", then does
# COMMAND, then reads on; sets $out to the rest, $err, $status
midway()
{
	local fd reader

	rm -f "$ktap_files/pipe"
	mkfifo "$ktap_files/pipe"
	mmlens "${about[@]}" >"$ktap_files/pipe" 2>"$ktap_files/err" &
	reader=$!
	exec {fd}<"$ktap_files/pipe"
	head -c 4096 <&$fd >/dev/null
	"$@"
	cat <&$fd >"$ktap_files/out"
	exec {fd}<&-
	wait $reader
	status=$?
	err=$(cat "$ktap_files/err")
	out=$(tail -c 300 "$ktap_files/out")
}

about=(pages --json "$tear_PID")
midway true
ran "a long read that nothing disturbs" 0
like "... is complete" "$out" '"complete": *true'
like "... and not torn" "$out" '"torn": *false'
midway target_step tear
ran "a page that was given back midway" 4
like "... tears it" "$out" '"torn": *true'
like "... which is said" "$err" 'torn'
dies()
{
	kill -KILL "$tear_PID"
	wait_until "! kill -0 $tear_PID 2>/dev/null"
}
midway dies
ran "a target that dies midway" 3
like "... leaves what was read" "$out" '"complete": *false'
like "... and is said" "$err" 'exited|gone|vanished'

mkfifo "$ktap_files/go"
bash -c 'read -r; exec sleep 1000' <>"$ktap_files/go" &
turncoat=$!
ktap_children+=($turncoat)
execs()
{
	echo >"$ktap_files/go"
	wait_until "[ \"\$(</proc/$turncoat/comm)\" = sleep ]"
}
mapfile -t addresses < <(seq 4096 4096 $((4096 * 2000)))
about=(walk "$turncoat" "${addresses[@]}")
midway execs
ran "a target that calls exec between two walks" 4
like "... is said to be two programs" "$err" 'called exec'

ktap_end
