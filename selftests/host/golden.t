#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The tool's answers to recorded conversations (golden/cases), compared with
# those in golden/: what it prints, its messages, its exit status; and JSON that
# is JSON. mmlens-replay is the tool with a tape for a kernel.
#
#	selftests/host/golden.t --update	takes what is printed for right
#
# Tapes that a live kernel answered are *.nl beside the cases; the others are
# made by mkreply. VALGRIND=1 runs all of it under valgrind.

host=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/ktap.sh
. "$host/../ktap.sh"

golden=$host/golden
update=
[ "${1-}" = --update ] && update=1

export LC_ALL=C.UTF-8
unset NO_COLOR
valgrind=()
if [ -n "${VALGRIND-}" ]; then
	valgrind=(valgrind -q --error-exitcode=98 --leak-check=full)
fi

command -v gojq >/dev/null || skip_all "gojq is not installed"
make_tapes

# The processes that there are, where all are searched.
mkdir -p "$ktap_files/proc/4101" "$ktap_files/proc/self"
export MMLENS_REPLAY_PROC=$ktap_files/proc

# replay TAPE ARG...: sets $out, $err and $status; keeps stdout in a file
replay()
{
	local tape=$tapes/$1.nl

	[ -e "$golden/$1.nl" ] && tape=$golden/$1.nl
	shift
	MMLENS_REPLAY=$tape "${valgrind[@]}" "$BUILD/mmlens-replay" "$@" \
		>"$ktap_files/out" 2>"$ktap_files/err" </dev/null
	status=$?
}

# What a case looks like in golden/.
transcript()
{
	printf '$ mmlens%s\n' "${*:+ $*}"
	cat "$ktap_files/out"
	if [ -s "$ktap_files/err" ]; then
		echo "--- stderr"
		cat "$ktap_files/err"
	fi
}

check_text()
{
	local name=$1

	shift
	if [ -n "$update" ]; then
		transcript "$@" >"$golden/$name"
	fi
	if transcript "$@" | diff -u "$golden/$name" - >"$ktap_files/diff" 2>&1; then
		pass "$name: as in golden/$name"
	else
		fail "$name: as in golden/$name" "$(cat -v "$ktap_files/diff")"
	fi
}

check_json()
{
	if jq -e . <"$ktap_files/out" >/dev/null 2>"$ktap_files/jq"; then
		pass "$1: is JSON"
	else
		fail "$1: is JSON" "$(cat "$ktap_files/jq")"
	fi
}

while read -r name tape expected args; do
	case $name in ''|'#'*) continue ;; esac
	read -ra words <<<"$args"
	replay "$tape" "${words[@]}"
	is "$name: exit status" "$status" "$expected"
	check_text "$name" "${words[@]}"
	case " $args " in
	*' -j '*|*' --json '*|*' -ej '*)
		[ -s "$ktap_files/out" ] && check_json "$name" ;;
	esac
done <"$golden/cases"

# ---- what JSON promises, whatever the values ----

# json NAME TAPE FILTER ARG...: jq's FILTER is true of what is printed
json()
{
	local name=$1 tape=$2 filter=$3

	shift 3
	replay "$tape" "$@"
	if jq -e "$filter" <"$ktap_files/out" >/dev/null 2>"$ktap_files/jq"; then
		pass "$name"
	else
		fail "$name" "$(cat "$ktap_files/jq"; head -20 "$ktap_files/out")"
	fi
}

hex='test("^0x[0-9a-f]+$")'
json "pages: keys and types" pages_heap "
	(.pid | type == \"number\") and
	all(.extents[]; (.start | $hex) and (.pages | type == \"number\") and
		(.state | type == \"string\") and
		(.frame | type == \"number\" or . == null) and
		(.bits | type == \"array\" or . == null) and
		(.page_flags | type == \"array\" or . == null) and
		has(\"level\") and has(\"swap\") and has(\"mapcount\") and
		has(\"mapcount_kind\") and has(\"refcount\") and has(\"node\") and
		has(\"class\")) and
	(.totals | has(\"pages\") and has(\"present\") and has(\"extents\")) and
	.complete == true and .torn == false and .unwatched == 0" \
	pages 4101 -j
json "pages: as many extents as it says" pages_heap \
	'(.extents | length) == .totals.extents' pages 4101 -j
json "pages: a page is counted once" pages_heap \
	'([.extents[].pages] | add) == .totals.pages' pages 4101 -j
json "pages: a refcount that nobody asked for is null" pages_default \
	'all(.extents[]; .refcount == null)' pages 4101 -j
json "pages: a refcount is there when it is named" pages_heap \
	'any(.extents[]; .refcount == 1)' pages 4101 -j -o +REFS
json "pages: incomplete is said" pages_exited \
	'.complete == false' pages 4101 -j
json "pages: torn is said" pages_torn \
	'.complete == true and .torn == true and .unwatched == 3' pages 4101 -j
json "pages: unwatched is unknown when the end is missing" pages_refused \
	'.unwatched == null and .complete == false' pages 4101 -j
json "walk: an array, keys and types" walk_copies "
	type == \"array\" and length == 1 and (.[0] |
		(.pid | type == \"number\") and (.address | $hex) and
		(.vma | type == \"object\") and
		all(.levels[]; has(\"level\") and has(\"index\") and
			has(\"table_frame\") and has(\"entry\") and has(\"bits\") and
			has(\"folded\")) and
		(.levels[0].entry | $hex) and .levels[1].folded == true and
		.levels[1].entry == null and .leaf == \"pte\" and
		.page_size == 4096 and .state == \"present\" and
		.frame == 135312 and .refcount == 2 and .mapcount == 2 and
		.mapcount_kind == \"precise\" and (.page_flags | length > 3))" \
	walk 4101 55d0c8a03a10 -j
json "walk: a hole has neighbours" vma_hole \
	'.areas == [] and .prev.end != null and .next.name == "[stack]"' \
	vma 4101 7ffcfffff000 -j
json "vma: keys and types" vma_all "
	all(.areas[]; (.start | $hex) and (.end | $hex) and
		(.vm_flags | type == \"array\") and has(\"kind\") and
		has(\"offset\") and has(\"inode\") and has(\"name\"))" vma 4101 -j
json "mm: keys and types" mm_alive "
	(.comm | type == \"string\") and (.pgd | type == \"number\") and
	(.brk | $hex) and (.mm_id | $hex) and .rss_anon == 118784" mm 4101 -j
json "mm: what a kernel thread does not have is null" mm_kthread \
	'.pgd == null and .rss == null and .mm_id == null and .min_flt == 1000' \
	mm 4101 -j

# A name that is not UTF-8 comes back byte for byte.
if command -v python3 >/dev/null; then
	replay vma_all vma 4101 -j
	is "vma: a name that is not UTF-8 is not lost" "$(python3 -c '
import json, os, sys
areas = json.load(open(sys.argv[1]))["areas"]
print([a["name"] for a in areas if a["name"] and "ird" in a["name"]][0].
      encode("utf-8", "surrogateescape").hex())' "$ktap_files/out")" \
	"$(printf '/tmp/we\xff\x1b[31mird\\x41\n\xc3\xa9"file' | od -An -tx1 | tr -d ' \n')"
else
	skip "vma: a name that is not UTF-8 is not lost" "no python3"
fi

# ---- trees ----

export LC_ALL=C
replay tables_many tables 4101 --tree
is "tables: a tree in ASCII where there is no UTF-8" \
	"$(tr -d '\0-\177' <"$ktap_files/out" | wc -c)" 0
like "... is a tree" "$(cat "$ktap_files/out")" '\|-pte'
export LC_ALL=C.UTF-8
json "tables: the sum of the levels is the number of rows" tables_many \
	'([.levels[].tables] | add) == (.tables | length)' tables 4101 -j
json "tables: VmPTE is the sum of its terms" tables_many '.vmpte |
	(.pte + .pmd + .pud + .deposited) * .table_size == .bytes and
	.bytes == .kernel_after and .verdict == "equal"' tables 4101 -j
json "tables: a term that is missing makes no sum" tables_exited \
	'.complete == false and .vmpte.bytes == null and .vmpte.verdict == "unknown"' \
	tables 4101 -j

# ---- the ends of pipes ----

replay_each()
{
	MMLENS_REPLAY=$tapes/pages_heap.nl "$BUILD/mmlens-replay" \
		pages 4101 --each
}
if [ -w /dev/full ]; then
	replay_each >/dev/full 2>"$ktap_files/err"
	is "a full disk: exit status" "$?" 1
	like "a full disk: is said" "$(cat "$ktap_files/err")" 'No space left'
fi
(trap '' PIPE; replay_each 2>"$ktap_files/err"; echo $? >"$ktap_files/code") | true
is "a broken pipe: ends quietly" "$(cat "$ktap_files/err")" ""

ktap_end
