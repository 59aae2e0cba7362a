#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench-query: the system calls of one query, as strace counts them: two of each
# kind to look the family up (its answer, its ACK), one request, and as many
# receives as the answer needs in messages of 32 KiB, and two.
set -euo pipefail

job='system calls of one query: 64 MiB of 4 KiB pages, shuffled'

command -v strace >/dev/null || {
	echo "bench-query: strace is not installed" >&2
	exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

coproc TARGET { exec "$BUILD/targets/shuffled" 64M; }
while read -r line && [ "$line" != ready ]; do
	case $line in
	ANON=*)     start=${line#*=} ;;
	ANON_END=*) end=${line#*=} ;;
	esac
done <&"${TARGET[0]}"

strace -c -o "$work/calls" "$BUILD/selftests/scale" "$TARGET_PID" "$start" "$end" >"$work/told"
exec {TARGET[1]}>&-
bytes=$(sed -n 's/^RECEIVED=//p' "$work/told")

# calls NAME: how many of those
calls() { awk -v name="$1" '$NF == name { n = $4 } END { print n + 0 }' "$work/calls"; }

# tell NAME COUNT LIMIT
tell()
{
	local met='NOT MET' truth=false

	if [ "$2" -le "$3" ]; then
		met=met truth=true
	fi
	printf '  %-30s %11d wanted <= %d: %s\n' "$1" "$2" "$3" "$met"
	if [ -n "${BENCH_ROWS:-}" ]; then
		printf '{"job": "%s", "name": "%s", "count": %d, "wanted": "at most", "limit": %d, "met": %s}\n' \
			"$job" "$1" "$2" "$3" "$truth" >>"$BENCH_ROWS"
	fi
}

printf '\n%s, %d bytes\n' "$job" "$bytes"
tell sendto "$(calls sendto)" 2
tell recvmsg "$(calls recvmsg)" $((2 + (bytes + 32767) / 32768 + 2))
sed 's/^/  /' "$work/calls"
