#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What `mmlens cow` says of more than two processes: exactly what each target
# says it must, after every step; RSS, USS and PSS against smaps; and which
# processes are meant.
. "$(dirname "$0")/../ktap.sh"

# look ARG...: sets $cow to the JSON, $areas to a line for each range of each
# area: start, end, and its counts in the words of targets/family.c; $whole
look()
{
	cow=$(mmlens cow -j "$@" 2>"$ktap_files/err")
	# two are compared with each other, in other words
	if [ "$(jq 'has("processes")' <<<"$cow")" = false ]; then
		return
	fi
	whole=$(jq -r '"complete \(.complete) torn \(.torn) frames " +
		"\(.total.frames.total == ([.total.frames.shared_by[]] | add)) places " +
		"\(([.areas[].shared_by[]] | add) == .total.shared + .total.copies +
		   .total.different + .total.own_total + .total.alone_total) by " +
		"\(([.areas[].copied_by[]] | add // 0) == .total.copied and
		   ([.processes[].copied] | add) + .total.copied_by_nobody == .total.copied)"' \
		<<<"$cow")
	areas=$(jq -r 'def pairs: to_entries | sort_by(.key | tonumber? // 0) |
			map("\(.key):\(.value)") | join(",");
		.areas[] | . as $area | .ranges[] | "\(.start) \(.end) " +
		"shared \($area.shared) copied \($area.copied) by \($area.copied_by | pairs) " +
		"different \($area.different) own \($area.own_total) " +
		"unfaulted \($area.unfaulted_total) swapped \($area.swapped) " +
		"sharers \($area.shared_by | pairs)"' <<<"$cow")
}

# counts ADDR: those of the area that is there
counts()
{
	local start end rest

	while read -r start end rest; do
		if ((start <= $1 && $1 < end)); then
			echo "$rest"
			return
		fi
	done <<<"$areas"
}

# check WHAT NAME
check()
{
	local area address want

	look "$family_PID"
	for area in $(sed -n 's/^\([A-Z]*\)_WANT=.*/\1/p' "$ktap_files/family.out" | sort -u); do
		address=family_$area
		want=family_${area}_WANT
		is "$2: $area" "$(counts "${!address}")" "${!want}"
	done
	is "$2: complete, not torn, all sums agree" "$whole" \
		"complete true torn false frames true places true by true"
}

# check_family WHAT: every step of it
check_family()
{
	target_start family "$BUILD/targets/family" "$1"
	check "$1" "$1"
	while target_step family; do
		check "$1" "$1: $family_STEP"
	done
}

for what in grandchild between advice protect shared; do
	check_family "$what"
	target_end family
done

# ---- against smaps ----

# With pages of 4 KiB that nobody else maps, smaps is exact. It tells whole KiB;
# Pss is taken from smaps_rollup, where it is cut only once.
# [vdso] everybody maps: what is left of it in the set is reckoned here.
# smaps PID...: pid, rss, uss, pss and the bytes of vdso of each
smaps()
{
	# one program reads them all: starting 100 takes longer than the rest of the test
	printf '/proc/%s/smaps\n' "$@" | sed 'p; s/$/_rollup/' | xargs awk '
		{ split(FILENAME, path, "/"); pid = path[3] }
		/^[0-9a-f]+-[0-9a-f]+ / { in_vdso = $6 == "[vdso]"; pids[pid] }
		FILENAME ~ /rollup/ { if (/^Pss:/) pss[pid] += $2; next }
		/^Rss:/ { rss[pid] += $2; if (in_vdso) vdso[pid] += $2 }
		/^Private_(Clean|Dirty):/ && !in_vdso { uss[pid] += $2 }
		/^Pss:/ && in_vdso { theirs[pid] += $2 }
		END { for (pid in pids) print pid, rss[pid] * 1024, uss[pid] * 1024,
			(pss[pid] - theirs[pid]) * 1024, vdso[pid] * 1024 }'
}

# check_smaps NAME
check_smaps()
{
	local pid ours_rss ours_uss ours_pss rss uss pss vdso mappers=0 wrong='' n=0
	local -A seen_rss seen_uss seen_pss seen_vdso
	local -a pids

	look "$family_PID"
	mapfile -t pids < <(jq '.processes[].pid' <<<"$cow")
	while read -r pid rss uss pss vdso; do
		seen_rss[$pid]=$rss seen_uss[$pid]=$uss
		seen_pss[$pid]=$pss seen_vdso[$pid]=$vdso
		mappers=$((mappers + (vdso > 0)))
	done < <(smaps "${pids[@]}")
	while read -r pid ours_rss ours_uss ours_pss; do
		n=$((n + 1))
		rss=${seen_rss[$pid]} uss=${seen_uss[$pid]} pss=${seen_pss[$pid]}
		vdso=${seen_vdso[$pid]}
		if ((vdso > 0)); then
			pss=$((pss + vdso / mappers))
			uss=$((uss + (mappers == 1 ? vdso : 0)))
		fi
		# Pss is cut to whole KiB, that of [vdso] too
		if ((ours_rss != rss || ours_uss != uss || ours_pss < pss - 1024 ||
		     ours_pss > pss + 2048)); then
			wrong+="$pid: rss $ours_rss uss $ours_uss pss $ours_pss, smaps: $rss $uss $pss"$'\n'
		fi
	done < <(jq -r '.processes[] | "\(.pid) \(.rss) \(.uss) \(.pss)"' <<<"$cow")
	is "$1: RSS, USS and PSS of $n processes are those of smaps" "$wrong" ""
}

target_start family "$BUILD/targets/family" between
check_smaps "four processes"
note "$(mmlens cow "$family_PID")"
run mmlens cow --map --top 1 "$family_PID"
ran "mmlens cow --map draws sets" 0
note "$out"

# ---- which processes ----

mapfile -t kids < <(pgrep -P "$family_PID")
look "$family_PID"
is "one PID: the process and its descendants" \
	"$(jq -c '.pids | sort' <<<"$cow")" \
	"$(printf '%s\n' "$family_PID" "${kids[@]}" | jq -cs sort)"
before=$(jq -c .areas <<<"$cow")
look "$family_PID" "${kids[@]}"
same "... the same as if all were named" "$(jq -c .areas <<<"$cow")" "$before"
look "$family_PID" "${kids[0]}"
is "two are compared with each other" "$(jq 'has("processes")' <<<"$cow")" false
look --stop "$family_PID"
same "held still, it is the same" "$(jq -c .areas <<<"$cow")" "$before"
# not T: stopped; nor t: traced
ok "... and afterwards they run" wait_until \
	"[ \"\$(cut -d' ' -f3 /proc/$family_PID/stat)\" = S ]"

cgroup=/sys/fs/cgroup/mmlens-test
if mkdir -p $cgroup/below 2>/dev/null; then
	undo "rmdir $cgroup/below $cgroup"
	echo "$family_PID" >$cgroup/cgroup.procs
	echo "${kids[0]}" >$cgroup/below/cgroup.procs
	echo "${kids[1]}" >$cgroup/below/cgroup.procs
	look --cgroup mmlens-test
	is "--cgroup: its processes, and those below" \
		"$(jq -c '.pids | sort' <<<"$cow")" \
		"$(printf '%s\n' "$family_PID" "${kids[0]}" "${kids[1]}" | jq -cs sort)"
	look --cgroup $cgroup/below
	is "--cgroup: by its directory" "$(jq -c '.pids | sort' <<<"$cow")" \
		"$(printf '%s\n' "${kids[0]}" "${kids[1]}" | jq -cs sort)"
	echo "$family_PID" >/sys/fs/cgroup/cgroup.procs
	echo "${kids[0]}" >/sys/fs/cgroup/cgroup.procs
	echo "${kids[1]}" >/sys/fs/cgroup/cgroup.procs
	run mmlens cow --cgroup mmlens-test
	ran "--cgroup: an empty one is refused" 1
else
	skip "--cgroup" "no cgroup can be made"
fi
target_end family

# ---- which data ----

target_start family "$BUILD/targets/family" symbols
for how in "$family_PID" "$family_PID $(pgrep -o -P "$family_PID")"; do
	# shellcheck disable=SC2086 # one or two
	symbols=$(mmlens cow -j --symbols $how)
	for where in DATA:marked_data BSS:marked_bss; do
		address=family_${where%:*}
		is "--symbols: a copied page of ${where#*:} (of ${how/ / and })" \
			"$(jq -c --arg a "${!address}" '.areas[].which.runs[] |
				select(.start == $a) | [.pages, .symbols]' <<<"$symbols")" \
			"[1,[\"${where#*:}\"]]"
	done
done
target_end family

# ---- what does not hold still ----

target_start family "$BUILD/targets/family" busy
mapfile -t kids < <(pgrep -P "$family_PID")
busy=$(pgrep -n -P "$family_PID")
# the others are read while it goes on; one processor may leave it no time to
wait_until 'run mmlens cow -j "$busy" "$family_PID" "${kids[@]}"; [ $status = 4 ]'
ran "a process that never rests: torn" 4
is "... read three times" "$(jq -c '[.readings, .torn, .complete]' <<<"$out")" "[3,true,true]"
run mmlens cow -j --stop "$family_PID"
ran "... held still, not" 0
target_end family

# ---- --watch ----

# watch_begin FILE OPTION...: sets $watcher
watch_begin()
{
	local file=$1

	shift
	: >"$file"	# what is waited for must not be there from the last time
	mmlens cow --watch --interval 0.1 "$@" >"$file" 2>"$file.err" &
	watcher=$!
}

# lines FILE
lines()
{
	local all

	mapfile -t all <"$1"
	echo ${#all[@]}
}

target_start family "$BUILD/targets/family" grandchild
watch_begin "$ktap_files/watch" "$family_PID"
wait_until '[ "$(lines "$ktap_files/watch")" -ge 3 ]'
target_step family
before=$(lines "$ktap_files/watch")
wait_until '[ "$(lines "$ktap_files/watch")" -ge $((before + 3)) ]'
kill -INT $watcher
wait $watcher
is "--watch: ^C ends it" $? 0
note - <"$ktap_files/watch"
like "... lines, of a terminal nothing" "$(cat -v "$ktap_files/watch")" \
	'^ *SECONDS +PROCESSES +FRAMES[^^]*$'
is "... a child that is new is taken in, and its copies are seen" \
	"$(awk 'NR == 2 { p = $2; c = $6 } END { print p, $2, ($6 - c >= 8) }' "$ktap_files/watch")" \
	"3 4 1"
watch_begin "$ktap_files/watch" "$family_PID" --json
wait_until '[ "$(lines "$ktap_files/watch")" -ge 4 ]'
kill -INT $watcher
wait $watcher
is "--watch: JSON is whole after ^C" \
	"$(jq '.samples | length >= 1 and all(.[]; .processes == 4 and .torn == false)' "$ktap_files/watch")" true
kid=$(pgrep -o -P "$family_PID")
watch_begin "$ktap_files/watch" "$family_PID" "$kid"
wait_until '[ "$(lines "$ktap_files/watch")" -ge 3 ]'
target_end family
wait $watcher
is "--watch: ends when all have gone" $? 0
like "... and says who" "$(cat "$ktap_files/watch.err")" "process $family_PID has gone"
run mmlens cow --watch "$family_PID" "$kid"
ran "--watch: of processes that are not there" 2

# A set that has two names for one address space
target_start tasks "$BUILD/targets/two-tasks-one-mm"
target_start family "$BUILD/targets/family" grandchild
look "$tasks_A" "$tasks_B" "$family_PID"
is "two tasks with one mm: counted once, and said" \
	"$(jq -c '[.same_mm, (.processes | length)]' <<<"$cow")" \
	"[[{\"as\":$tasks_A,\"pid\":$tasks_B}],2]"
run mmlens cow "$tasks_A" "$tasks_B" "$family_PID"
like "... in text, too" "$out" "$tasks_B has the address space of $tasks_A"
target_end tasks
target_end family

check_family hundred
check_smaps "a tree of 100 processes"
target_end family

# ---- what a machine may not have ----

if [ "$(cat /proc/sys/vm/nr_hugepages 2>/dev/null)" = 0 ]; then
	set_knob /proc/sys/vm/nr_hugepages 4
fi
if [ "$(cat /proc/sys/vm/nr_hugepages 2>/dev/null || echo 0)" -ge 4 ]; then
	check_family hugetlb
	is "hugetlb: is not in RSS" \
		"$(jq -c '[.processes[].hugetlb]' <<<"$cow")" "[4194304,4194304,4194304]"
	target_end family
else
	skip "hugetlb" "there are no huge pages to be had"
fi

if [ -e /sys/kernel/mm/ksm/run ]; then
	set_knob /sys/kernel/mm/ksm/sleep_millisecs 1
	set_knob /sys/kernel/mm/ksm/pages_to_scan 2000
	set_knob /sys/kernel/mm/ksm/run 1
	target_start family "$BUILD/targets/family" ksm
	if wait_until '[ "$(cat /sys/kernel/mm/ksm/pages_sharing)" -ge 47 ]'; then
		check ksm "ksm: 48 pages are one frame"
		while target_step family; do
			check ksm "ksm: $family_STEP"
		done
	else
		skip "ksm" "it does not merge"
	fi
	target_end family
else
	skip "ksm" "this kernel has none"
fi

if have_swap; then
	check_family swap
	target_end family
else
	skip "swap" "there is no zram"
fi

ktap_end
