#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Snapshots: the library (snap.c), and the tool on a file, where there is neither
# a module nor any right to ask it.

. "$(cd "$(dirname "$0")" && pwd)/../ktap.sh"

include "$BUILD/host/snap"

two=$ktap_files/two.snap one=$ktap_files/one.snap
"$BUILD/host/snap" "$two"
"$BUILD/host/snap" "$one" 4101
command -v gojq >/dev/null || skip_all "gojq is not installed"

run mmlens pages "$one"
ran "pages of a snapshot" 0
like "and what is there" "$out" '55d0c8a0c000 +2  0x1ff9c +present .* exclusive-writable'
like "and how it ended" "$out" 'complete, not torn, 3 pages unwatched'
run mmlens pages "$one" heap -j
is "a range by name, in JSON" "$(jq -c '[.pid, (.extents | map(.pages) | add)]' <<<"$out")" \
	"[4101,64]"
run mmlens pages "$one" heap -o +CLASS
like "its kernel's rules judge" "$out" '55d0c8a00000 +12 .* write-copies'
run mmlens vma "$one" -o LABEL,RSS -n
is "areas, with what the kernel had counted" "$(tr -s ' ' <<<"${out%%$'\n'*}")" "heap 8 KiB"
run mmlens vma "$one" 55d0c8a00001
like "the area at an address" "$out" 'heap'
run mmlens mm "$one" -j
is "the address space" "$(jq -r .exec_id <<<"$out")" 3
run mmlens "$one"
like "the portrait" "$out" 'process 4101, child of 1, 2 threads'
run mmlens cow "$two" -j
is "cow takes all that are in it" \
	"$(jq -c '[.pids, .total.shared, .total.copied, .total.different] | flatten' <<<"$out" 2>&1)" \
	"$(mmlens cow "$two:4100" "$two:4101" -j |
		jq -c '[.pids, .total.shared, .total.copied, .total.different] | flatten')"
like "two of one file can be named" "$out" '"pids"'

run mmlens pages "$two"
ran "one of two must be chosen" 1
like "as it says" "$err" 'holds 2 processes: choose one, as in .*two.snap:4100'
run mmlens pages "$two:4101"
ran "by its number" 0
run mmlens pages "$two:9"
ran "which must be there" 2
like "or it is not" "$err" 'process 9: it is not in the snapshot'
run mmlens walk "$one" 55d0c8a00000
ran "walk asks the living" 2
like "and says so" "$err" 'does not hold page tables: ask a live process'
run mmlens tables "$one"
ran "and so does tables" 2
like "which it says as well" "$err" 'snapshot does not hold that'
run mmlens pages "$one" --stop
ran "there is nothing to stop" 1
run mmlens cow "$one" 1
ran "the living and a snapshot are not compared" 1
like "by cow" "$err" 'either live processes or one snapshot'
run mmlens cow "$one" "$two:4100"
ran "nor two snapshots" 1
run mmlens pages "$ktap_files/none.snap"
ran "a file that is not there" 1
head -c 200 "$one" >"$ktap_files/cut.snap"
run mmlens pages "$ktap_files/cut.snap"
ran "one that is cut off" 1
like "says where" "$err" 'cut.snap is cut off after line'
run mmlens pages "$BUILD/mmlens"
ran "a program is no snapshot" 1
like "which is said" "$err" 'is no snapshot, or a damaged one: line 1'
run mmlens snap 1
ran "snap wants a file" 1
like "by its option" "$err" 'write FILE is missing'
run mmlens snap "$two" --write "$ktap_files/again.snap"
ran "a snapshot can be taken of one" 0
same "and says the same" "$(mmlens pages "$ktap_files/again.snap:4101")" \
	"$(mmlens pages "$two:4101")"
run mmlens snap "$two" --write /dev/null
ran "no device is written over" 1
like "that is for -" "$err" "no regular file: use '-'"
run mmlens snap "$two:4100" --write "$ktap_files/no/where"
ran "nor is what cannot be" 1
run mmlens snap "$two" --json --write "$ktap_files/told.snap"
is "what it made can be JSON" \
	"$(jq -c '[.file, .processes, .areas > 0, .pages >= .extents, .torn]' <<<"$out") $err" \
	"[\"$ktap_files/told.snap\",2,true,true,false] "
run mmlens snap "$two" --json --write -
ran "but not where the snapshot goes" 1
like "which is said" "$err" 'both cannot go to standard output'
mmlens snap "$one" --write - >"$ktap_files/text.snap"
ok "text is JSON, line by line" jq -e . "$ktap_files/text.snap"
same "and is read" "$(mmlens pages "$ktap_files/text.snap")" "$(mmlens pages "$one")"

# altered SCRIPT: that text, changed by sed, and its sum right again
altered()
{
	head -n -1 "$ktap_files/text.snap" | sed "$1" >"$ktap_files/body"
	cat "$ktap_files/body"
	printf '{"line":"end","lines":%d,"crc32":"0x%s"}\n' "$(wc -l <"$ktap_files/body")" \
		"$(gzip -c "$ktap_files/body" | tail -c 8 | head -c 4 | od -An -tx4 | tr -d ' ')"
}

run mmlens vma "$one" --store -j
is "how areas were kept" "$(jq -r .store <<<"$out")" maple
run mmlens vma "$one" 55d0c8a00001 --store -j
is "what the lookup of an address cost is not known" "$(jq -c .depth <<<"$out")" null
altered 's/,"vma_store":[0-9]*//' >"$ktap_files/old.snap"
run mmlens vma "$ktap_files/old.snap" --store -j
is "nor, in an older file, how they were kept" "$(jq -c .store <<<"$out") $err" "null "
run mmlens vma "$ktap_files/old.snap" --store
like "which is said" "$out" 'this module does not tell'

# What was taken long ago, in another boot, stays so when it is copied.
altered 's/"taken":[0-9]*/"taken":1000000000/; s/"boot_id":"[^"]*"/"boot_id":"another"/' \
	>"$ktap_files/boot.snap"
run mmlens snap "$ktap_files/boot.snap" --write -
is "a copy is as old as what it was made of, and of that boot" \
	"$(head -1 <<<"$out" | jq -c '[.taken, .boot_id]')" '[1000000000,"another"]'

# diff_live FILE: with a process that a tape has
make_tapes
diff_live()
{
	MMLENS_REPLAY=$tapes/no_process.nl "$BUILD/mmlens-replay" diff "$1" 4101 2>&1
}
like "another boot's file and a live process: said" \
	"$(diff_live "$ktap_files/boot.snap")" 'of another boot, or machine'
is "but not of this boot's" "$(diff_live "$one" | grep -c 'another boot')" 0

# What lives is compared, though others have died.
since()
{
	MMLENS_REPLAY=$tapes/$1.nl "$BUILD/mmlens-replay" diff "$two" "${@:2}" \
		2>"$ktap_files/err"
}
out=$(since diff_gone -j)
is "one of two has died: exit status" $? 3
is "the other is compared" "$(jq -c 'map(.pid)' <<<"$out")" '[4101]'
like "and who has died is said" "$(<"$ktap_files/err")" 'process 4100'
out=$(since diff_all_gone -j)
is "both have died: exit status" $? 2
is "and JSON is whole" "$(jq -c . <<<"$out")" '[]'

# ---- diff, of files ----
run mmlens diff "$two:4100" "$two:4101"
ran "two processes of a file can be compared" 0
like "which is said" "$out" 'process 4101 .*, before: process 4100, two processes'
like "area by area" "$out" 'heap +55d0c8a00000-55d0c8a40000 +- +0 +0 +0 +2 +0 +0 +0 +0'
like "and summed up" "$out" 'pages: 0 appeared, 0 vanished, 0 copied, 2 moved, '
run mmlens diff "$two" "$one" --pages -j
ran "one of two with the other file's" 0
is "is the same process" "$(jq -c '[.[0].pid, .[0].relation, .[0].areas, .[0].changes]' <<<"$out")" \
	'[4101,"same",[],[]]'
run mmlens diff "$two" "$two" -j
is "all of two files, one by one" "$(jq -c '[.[] | [.pid, .relation]]' <<<"$out")" \
	'[[4100,"same"],[4101,"same"]]'
run mmlens diff "$one" "$one" --all -o AREA,EVENT,MOVED -n
is "areas without a change, if asked for" "$(sed -n 2p <<<"$out" | tr -s ' ')" "heap - 0"
run mmlens diff "$two:4100" "$two:4101" --pages
like "the pages" "$out" '55d0c8a0c000 +55d0c8a0c000 +2 +moved +0x1ff8c +0x1ff9c'
run mmlens diff "$one" --interval 1
ran "a snapshot does not change" 1
like "as it says" "$err" 'interval is for a live process'
run mmlens diff "$one" "$one" --interval 1
ran "one process, twice" 1
run mmlens diff 1 --interval never
ran "an interval is a number" 1
like "that is said" "$err" "'never' is no interval"
is "no temporary file is left" "$(ls "$ktap_files" | grep -c 'snap\.')" 0
ktap_end
