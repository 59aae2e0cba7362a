#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# libFuzzer on each parser, FUZZ_SECONDS seconds each, as many at a time as there are
# processors. What it finds is left in build/fuzz/found.
. "$(dirname "$0")/../ktap.sh"

here=$(cd "$(dirname "$0")" && pwd)
out=$BUILD/fuzz
kinds=(reply snapshot words tool)
mkdir -p "$out/found" "${kinds[@]/#/$out/grown/}"
"$here/seeds.py" "$BUILD" "$out/seeds" || bail "no seeds"

fuzz()
{
	"$out/fuzz-$1" -max_total_time="${FUZZ_SECONDS:-600}" -timeout=60 -rss_limit_mb=3000 \
		-max_len=20000 -print_final_stats=1 -artifact_prefix="$out/found/$1-" \
		"$out/grown/$1" "$out/seeds/$1" "$here/corpus/$1" >"$out/$1.log" 2>&1
	echo $? >"$out/$1.status"
}

running=0
for kind in "${kinds[@]}"; do
	if [ $running -ge "$(nproc)" ]; then
		wait -n
		running=$((running - 1))
	fi
	fuzz "$kind" &
	running=$((running + 1))
done
wait
for kind in "${kinds[@]}"; do
	note "$kind: $(grep -o 'number_of_executed_units: [0-9]*' "$out/$kind.log"), $(grep -o 'cov: [0-9]*' "$out/$kind.log" | tail -n 1)"
	is "$kind: nothing is found" "$(cat "$out/$kind.status")$(grep -h -m1 -E 'runtime error|ERROR: ' "$out/$kind.log")" 0
done
ktap_end
