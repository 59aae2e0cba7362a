#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `mmlens diff` between two snapshots of a process: exactly what it says it did.
. "$(dirname "$0")/../ktap.sh"

have_swap

old=$ktap_files/old.snap
new=$ktap_files/new.snap

# of the areas that meet the one that the step is about, or of those gone
facts()
{
	jq -r --arg address "$1" '
		def number: ltrimstr("0x") | explode | reduce .[] as $c
			(0; . * 16 + (if $c > 96 then $c - 87 else $c - 48 end));
		($address | number) as $at |
		.[0] as $diff | [$diff.areas[] | select(
			if $at == 0 then .start == null and .name == "anon"
			else .start != null and
				((.start | number) >= $at or (.end | number) > $at) and
				(.start | number) < $at + 131072 and .name != "stack" end)] |
		([.[].events[]] | if . == [] then "-" else join(",") end),
		"appeared \(map(.appeared) | add // 0) vanished \(map(.vanished) | add // 0) " +
		"copied \(map(.copied) | add // 0) moved \(map(.moved) | add // 0) " +
		"writable \(map(.writable) | add // 0) read_only \(map(.read_only) | add // 0) " +
		"out \(map(.swapped_out) | add // 0) in \(map(.swapped_in) | add // 0)"' <<<"$2"
}

snap() { mmlens snap "$steps_PID" --stop --write "$1" 2>"$ktap_files/said"; }

target_start steps "$BUILD/targets/diff-steps"
snap "$old" || note - <"$ktap_files/said"
while target_step steps; do
	snap "$new" || note - <"$ktap_files/said"
	if [ "${steps_STEP-}" = "exec comes next" ] || [ "${steps_STEP-}" = exec ]; then
		break
	fi
	if [ "${steps_STEP-}" != "${last_step-}" ]; then
		last_step=$steps_STEP
		if [ "$steps_NEEDS" = swap ] && ! swapon --noheadings | grep -q .; then
			skip "$steps_STEP" "no swap"
		else
			changes=$(mmlens diff "$old" "$new" -j)
			mapfile -t seen < <(facts "$steps_AREA" "$changes")
			is "$steps_STEP: areas" "${seen[0]}" "$steps_EVENTS"
			is "$steps_STEP: pages" "${seen[1]}" "$steps_CHANGES"
		fi
	fi
	mv "$new" "$old"
done

# ---- exec, and the living ----
is "nothing has changed in a process that waits" \
	"$(mmlens diff "$new" "$steps_PID" -j | jq -c '.[0] | [.relation, (.total | add)]')" \
	'["same",0]'
is "nor while somebody waits with it" \
	"$(mmlens diff "$steps_PID" --interval 0.1 --stop -j | jq -c '.[0] | [.relation, (.total | add)]')" \
	'["same",0]'
target_step steps || :
run mmlens diff "$new" -j
ran "what lives now of a snapshot" 0
is "exec is another address space" "$(jq -r '.[0].relation' <<<"$out")" execed
is "in which nothing is as it was" \
	"$(jq -c '.[0].areas | map(.events) | flatten | unique' <<<"$out")" '["gone","new"]'
is "and every page is new, or gone" \
	"$(jq '.[0].total | .appeared > 0 and .vanished > 0 and .copied + .moved == 0' <<<"$out")" true
target_end steps
run mmlens diff "$new"
ran "a process that is gone is said to be" 2
ktap_end
