#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mmlens demo: every prediction comes true, it reads as demo.golden does, and it
# leaves no process behind, whatever ends it.
. "$(dirname "$0")/../ktap.sh"

# PIDs become P, frames F1, F2, ... in the order in which they turn up: that two
# are equal, or are not, stays to be seen.
normalise()
{
	sed -E 's/^Process [0-9]+ has/Process P has/' | awk '{
		out = ""
		while (match($0, /0x[0-9a-f]+/)) {
			frame = substr($0, RSTART, RLENGTH)
			if (!(frame in name))
				name[frame] = "F" ++n
			out = out substr($0, 1, RSTART - 1) name[frame]
			$0 = substr($0, RSTART + RLENGTH)
		}
		print out $0
	}'
}

# Processes of the demonstration, the tool's own included.
actors()
{
	pgrep -cx mmlens
}

# gone NAME: none is left, after some time
gone() { ok "$1" wait_until '[ "$(actors)" = 0 ]'; }

# interrupted SIGNAL: while the child is alive and the next guess is awaited
interrupted()
{
	local seen=$ktap_files/interrupted fifo=$ktap_files/guesses tool

	rm -f "$fifo"
	mkfifo "$fifo"
	# what a shell starts in the background is deaf to SIGINT otherwise
	env --default-signal=INT mmlens demo --step <"$fifo" >"$seen" 2>&1 &
	tool=$!
	exec 8>"$fifo"
	echo >&8
	until grep -q '^2\.' "$seen"; do
		kill -0 $tool 2>/dev/null || break
		sleep 0.05
	done
	is "three processes before $1" "$(actors)" 3
	kill -"$1" $tool
	wait $tool 2>/dev/null
	exec 8>&-
	gone "none after $1"
}

run mmlens demo
ran "demo" 0
normalise <"$ktap_files/out" >"$ktap_files/normal"
ok "it reads as demo.golden" diff -u "${0%.t}.golden" "$ktap_files/normal"
is "nothing on stderr" "$err" ""
is "at most 40 lines" "$(($(wc -l <"$ktap_files/out") <= 40))" 1
is "at most 100 columns" "$(awk 'length($0) > 100' "$ktap_files/out")" ""
gone "no process is left"

printf '1\n2\n3\n4\n5\n6\n' | mmlens demo --step 2>&1 |
	sed 's/^   .* Your guess, or Enter: //' | normalise >"$ktap_files/step"
ok "--step says the same between its questions" \
	diff -u "${0%.t}.golden" "$ktap_files/step"
is "--step without anybody to answer goes on" \
	"$(mmlens demo --step </dev/null 2>&1 | tail -n 1)" "All came as predicted."

run mmlens demo --trace
ran "demo --trace" 0
normalise <"$ktap_files/out" >"$ktap_files/normal"
is "... has the copy as an event, of the frames that are seen before and after" \
	"$(diff "${0%.t}.golden" "$ktap_files/normal")" \
	"$(printf '25a26\n>    fault      child: a write, cow-copy: frame F1 -> frame F2')"

run mmlens demo --json
ran "demo --json" 0
is "all steps are as predicted" "$(jq -c '[.as_predicted, .steps[].as_predicted]' <"$ktap_files/out")" \
	"[true,true,true,true,true,true,true]"
run mmlens demo --json --step
ran "--json cannot ask" 1

mmlens demo | head -n 1 >/dev/null
gone "no process is left after a broken pipe"
for signal in INT TERM KILL; do
	interrupted $signal
done

ktap_end
