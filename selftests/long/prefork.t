#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The question that mmlens cow is for, asked of a real program: what do workers
# of a preforking server in Python share, before and after 1,000 requests, with
# the collector of garbage as it is and after gc.freeze()? Which of the two
# copies more is told, and not expected: it depends on what is served.
. "$(dirname "$0")/../ktap.sh"

# khugepaged makes huge pages of the workers' small ones, one worker after the
# other: 650 pages more that each has for itself, though it has done nothing
huge=/sys/kernel/mm/transparent_hugepage/enabled
undo "echo $(sed 's/.*\[//; s/\].*//' $huge) >$huge"
echo never >$huge

targets=$(dirname "$0")/../targets
tables=$ktap_files/tables

# look ID WHEN: sets $cow, and tests what has to be true of every such picture
look()
{
	local master=${1}_MASTER

	{
		echo "---- gc $1, $2 ----"
		mmlens cow --top 12 "${!master}"
	} >>"$tables" 2>&1
	cow=$(mmlens cow -j "${!master}")
	is "$1, $2: five processes, complete, not torn" \
		"$(jq -c '[(.pids | length), .complete, .torn]' <<<"$cow")" "[5,true,false]"
	is "$1, $2: who made the copies can be told of 95 % at least" \
		"$(jq '.total.copied_by_nobody * 20 <= .total.copied' <<<"$cow")" true
	is "$1, $2: PSS adds up to the frames, but for what is huge or a device's" \
		"$(jq '([.processes[].pss] | add) - .total.frames.total * 4096 | fabs < 4096' \
			<<<"$cow")" true
}

# grown ID: how many more pages each has copied than in $before, the master first
grown()
{
	local master=${1}_MASTER

	jq -c --argjson m "${!master}" --argjson before "$before" '
		(.processes | sort_by(.pid != $m, .pid) | map(.copied)) as $new |
		($before.processes | sort_by(.pid != $m, .pid) | map(.copied)) as $old |
		[range($new | length) | $new[.] - $old[.]]' <<<"$cow"
}

declare -A copied
for how in on freeze; do
	target_start "$how" "$targets/prefork.py" "$how"
	look "$how" "before the first request"
	before=$cow
	target_step "$how"
	answers=${how}_ANSWERS
	is "$how: 1,000 requests were answered" "${!answers}" 1000
	look "$how" "after 1,000 requests"
	copied[$how]=$(jq .total.copied <<<"$cow")
	note "$how: pages copied meanwhile, by the master and each worker: $(grown "$how")"
	is "$how: each worker has copied, and the master nothing to speak of" \
		"$(grown "$how" | jq -c '[.[0] < 10, (.[1:][] | . > 50)]')" \
		"[true,true,true,true,true]"
	target_end "$how"
done
note - <"$tables"
note "copied after 1,000 requests: ${copied[on]} with gc on, ${copied[freeze]} after gc.freeze()"
ktap_end
