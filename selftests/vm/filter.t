#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Filters of mmlens pages: what passes is what an unfiltered answer has of that
# kind, page by page; and a filter that lets nothing pass neither holds the
# mmap lock longer, nor keeps a signal waiting.
. "$(dirname "$0")/../ktap.sh"

command -v gojq >/dev/null || skip_all "gojq is not installed"

set_knob /proc/sys/vm/nr_hugepages 4
target_start kinds kinds
# pages that are merged or swapped meanwhile would not be the same
kill -STOP "$kinds_A"
mmlens pages -j --each "$kinds_A" >"$ktap_files/all"
same_pages='.extents[] | select(.state != "none")'

# unfiltered SELECT: sets pages to those of $ktap_files/all for which jq's SELECT is true
unfiltered()
{
	pages=$(jq -c "[$same_pages | select($1) | [.start, .state, .frame]]" "$ktap_files/all" | cksum)
}

# passes FILTER SELECT: the pages for which jq's SELECT is true, and there are some.
# The kernel may take accessed bits away at any time (DAMON does, by default since
# 6.17), and take pages for a moment: it is asked again until an unfiltered answer
# and this one are twice the same.
passes()
{
	local words seen before pages seen_before=''

	read -ra words <<<"$1"
	unfiltered "$2"
	while :; do
		run mmlens pages -j --each "${words[@]}" "$kinds_A"
		seen=$(jq -c '[.extents[] | [.start, .state, .frame]]' "$ktap_files/out" | cksum)
		before=$pages
		[ "$seen" != "$pages" ] || break
		mmlens pages -j --each "$kinds_A" >"$ktap_files/all"
		unfiltered "$2"
		[ "$before$seen_before" != "$pages$seen" ] || break
		seen_before=$seen
	done
	ran "$1" 0
	same "... lets pass what it should" "$seen" "$pages"
	like "... which is something" "$(jq '.totals.pages' <<<"$out")" '^[1-9]'
}

frame=$(jq "[$same_pages | select(.state == \"present\") | .frame] | sort | .[length / 2 | floor]" \
	"$ktap_files/all")
passes "--state present" '.state == "present"'
passes "--state zero,protnone" '.state == "zero" or .state == "protnone"'
passes "--entry dirty,^write" '(.bits | index("dirty")) and (.bits | index("write") | not)'
passes "--entry ^accessed" '.bits | index("accessed") | not'
passes "--flags anonymous,^swapbacked" '.page_flags and (.page_flags | index("anonymous")) and
	(.page_flags | index("swapbacked") | not)'
passes "--frame $frame" ".frame == $frame"
passes "--frame $frame+512" ".frame and .frame >= $frame and .frame < $frame + 512"
passes "--state present --flags huge --frame 0-$((frame * 100))" \
	'.state == "present" and (.page_flags | index("huge"))'
run mmlens pages "$kinds_A" --state bad
ran "nothing passes" 0
like "... which is no mistake" "$out" '^0 pages, 0 present, 0 extents; of those asked for; complete'
is "... and no gap" "$(grep -c none <<<"$out")" 0
target_end kinds

# ---- a filter that lets nothing pass ----

target_start times "$BUILD/targets/remapped"
# shellcheck disable=SC2154 # the target has said them
range="${times_BASE#0x} ${times_END#0x}"
# of so many readings the sum
rounds=3

# scan COMMAND...: reads it so often; sets $messages and $holds
scan()
{
	run "$@"
	messages=$(sed -n 's/^MESSAGES=//p' <<<"$out")
	holds=$(sed -n 's/^HOLDS=//p' <<<"$out")
	if [ $status = 0 ]; then
		note "${*: -1}: $messages messages, $holds holds of the mmap lock"
	fi
}

read_to_the_end() { is "... are read to the end" "$(grep -cx -e COMPLETE=$rounds -e EXTENTS=0 <<<"$out")" 2; }

# Before any other process: what ends a hold is nothing but that its time is up, and
# nobody looks at a million entries in the millisecond that it may last.
# shellcheck disable=SC2086 # two words
scan chrt -f 50 filter "$times_PID" $range $rounds
ran "$times_PAGES pages of which none passes, $rounds times" 0
read_to_the_end
ok "... no hold of the mmap lock takes all the time it could: $holds" \
	test "$holds" -ge $((2 * rounds))

# A signal every millisecond finds each hold but the first to be the message's last.
# But signals may come late where the machine is busy: then once more.
end=$((SECONDS + 300))
while [ $SECONDS -lt $end ]; do
	# shellcheck disable=SC2086 # two words
	scan filter "$times_PID" $range $rounds signals
	[ $status = 0 ] && [ "$holds" -gt $((2 * messages)) ] || break
done
ran "$times_PAGES pages of which none passes, and a signal every millisecond" 0
read_to_the_end
ok "... none makes a signal wait: $holds holds in $messages messages" \
	test "$holds" -le $((2 * messages))

# interrupted: ^C to a tool that has a socket, and asks; sets $status
interrupted()
{
	local tool fd

	# a shell's background job would ignore ^C
	env --default-signal=INT mmlens pages "$times_PID" --state bad >"$ktap_files/out" 2>&1 &
	tool=$!
	# without a fork, which takes as long as the reading
	while [ -e "/proc/$tool/exe" ]; do
		for fd in "/proc/$tool/fd"/*; do
			[ ! -S "$fd" ] || break 2
		done
	done
	kill -INT $tool
	wait $tool
	status=$?
}

for ((try = 0; try < 20; try++)); do
	interrupted
	# it was done before: all of it, or but for its exit
	[ $status = 0 ] || [ -s "$ktap_files/out" ] || break
done
is "^C ends it" $status 130
is "... and it does not say that this was all" "$(<"$ktap_files/out")" ""
target_end times

ktap_end
