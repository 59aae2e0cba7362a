#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Damaged messages do no harm: see fuzz.c. Nor does what libFuzzer once made of
# them, and of all else that the tool reads (fuzz/corpus), to a tool built with
# sanitizers.
. "$(dirname "$0")/../ktap.sh"

host=$(cd "$(dirname "$0")" && pwd)
make_tapes
cp "$host"/golden/*.nl "$tapes"
include "$BUILD/host/fuzz" "$tapes"/*.nl

"$host/../fuzz/seeds.py" "$BUILD" "$ktap_files/seeds" || bail "no seeds"
for kind in reply snapshot words tool; do
	files=("$ktap_files/seeds/$kind"/* "$host/../fuzz/corpus/$kind"/*)
	ok "$kind: ${#files[@]} files, and the sanitizers see nothing" \
		"$BUILD/fuzz/corpus-$kind" "${files[@]}"
done
ktap_end
