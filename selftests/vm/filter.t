#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Filters of mmlens pages: what passes is what an unfiltered answer has of that
# kind, page by page; and a filter that lets nothing pass neither holds the
# mmap lock longer, nor keeps a signal waiting.
. "$(dirname "$0")/../ktap.sh"

command -v jq >/dev/null || skip_all "jq is not installed"

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
# 6.17): when an unfiltered answer has changed too, it is asked again.
passes()
{
	local words seen before pages

	read -ra words <<<"$1"
	unfiltered "$2"
	while :; do
		run mmlens pages -j --each "${words[@]}" "$kinds_A"
		seen=$(jq -c '[.extents[] | [.start, .state, .frame]]' "$ktap_files/out" | cksum)
		before=$pages
		[ "$seen" != "$pages" ] || break
		mmlens pages -j --each "$kinds_A" >"$ktap_files/all"
		unfiltered "$2"
		[ "$before" != "$pages" ] || break
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

target_start big "$BUILD/targets/anon" 384M
# shellcheck disable=SC2154 # the target has said them
range="${big_ANON#0x} ${big_ANON_END#0x}"

# a reading takes some milliseconds, and signals are late on a busy machine: of so many
# readings the sum
rounds=20

# scan [signals]: sets $messages and $holds
scan()
{
	# shellcheck disable=SC2086 # two words
	run filter "$big_PID" $range $rounds "$@"
	ran "98,304 pages of which none passes, $rounds times${1+, and a signal every millisecond}" 0
	messages=$(sed -n 's/^MESSAGES=//p' <<<"$out")
	holds=$(sed -n 's/^HOLDS=//p' <<<"$out")
	is "... are read to the end" "$(grep -cx -e COMPLETE=$rounds -e EXTENTS=0 <<<"$out")" 2
}

scan
quiet=$messages
scan signals
note "$quiet messages undisturbed, $messages with signals, $holds holds of the mmap lock"
if [ "$holds" -gt $((2 * rounds)) ]; then
	ok "... in more messages: none makes a signal wait" test "$messages" -gt "$quiet"
else
	skip "... in more messages: none makes a signal wait" "this machine is too fast for it to matter"
fi
# done before the signal comes, or ended by it; killed only if it was ignored
run timeout -k 30 -s INT 0.05 mmlens pages "$big_PID" --state bad
like "^C ends it" "$status" '^(0|124)$'

ktap_end
