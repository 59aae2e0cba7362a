#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who breaks the sharing of a preforking server in Python? A worker that serves
# requests copies pages of its master's data though it only reads them: where the
# interpreter counts references, which mmlens trace has to name by what was inlined
# there. Needs an interpreter whose debug symbols are there.
. "$(dirname "$0")/../ktap.sh"

[ -z "${MMLENS_STALE_TEXT-}" ] ||
	skip_all "this emulator may execute stale text: scripts/vm without --parallel"

# has_symbols FILE: in it, or where a package puts them
has_symbols()
{
	local id

	id=$(readelf -n "$1" | sed -n 's/.*Build ID: //p')
	readelf -SW "$1" | grep -q ' \.debug_info ' ||
		[ -e "/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug" ]
}

# find_python: one that has symbols, in itself or its library; sets $python
find_python()
{
	local candidate library

	for candidate in "$(command -v python3)" /usr/bin/python3; do
		# what is on PATH may only be a script that finds it
		python=$("$candidate" -c 'import sys; print(sys.executable)') || continue
		library=$(ldd "$python" | awk '/libpython/ { print $3 }')
		! has_symbols "$(realpath "${library:-$python}")" || return 0
	done
	return 1
}

command -v readelf >/dev/null || skip_all "readelf is not installed"
find_python || skip_all "no python3 has debug symbols (python3-dbg)"
note "$python: $("$python" -V)"

# shellcheck source=selftests/vm/tracer.sh
. "$(dirname "$0")/../vm/tracer.sh"

target_start server "$python" "$(dirname "$0")/../targets/prefork.py" on
mapfile -t workers < <(pgrep -P "$server_MASTER")
is "four workers" "${#workers[@]}" 4
tracer worker -j --cow --summary "${workers[0]}"
target_step server
is "1,000 requests were answered" "$server_ANSWERS" 1000
stop worker
target_end server

sum=$(sed -n 2p "$ktap_files/worker.trace")
note - <<<"copied by one of the workers, and where"
note - < <(jq -r '.by_place[:12][] | "\(.copied)\t\(.place)"' <<<"$sum")
note "$(tail -n 1 "$ktap_files/worker.trace")"
is "nothing was lost" "$(at_end worker '[.lost, .missed, .dropped] | join(" ")')" "0 0 0"
# Py_INCREF() and its kin, which are inlined; of Debian's interpreter, whose symbols dwz
# has packed, only the line is known. Nothing else that is written is in that header.
counting='[(,] ?(object|refcount)\.h:[0-9]+[)]$'
like "what copies most is the counting of references" \
	"$(jq -r '.by_place[0].place' <<<"$sum")" "$counting"
shares=$(jq -c --arg counting "$counting" '
	[([.by_place[] | select(.place | test($counting)) | .copied] | add // 0),
	 ([.by_place[].copied] | add)]' <<<"$sum")
note "reference counting, and all: $shares"
is "... and it is most of all copies" "$(jq '.[0] * 2 > .[1]' <<<"$shares")" true
ktap_end
