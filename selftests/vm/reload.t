#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Load, use, unload, again and again: a line in the log each time and nothing
# else, and what it used is given back. 20 rounds, with MMLENS_LONG 200.
#
# machine: parallel
. "$(dirname "$0")/../ktap.sh"

rounds=20
if [ -n "${MMLENS_LONG-}" ]; then
	rounds=200
fi

ko=${MMLENS_KO:-$(modinfo -n mmlens 2>/dev/null)}
[ -f "$ko" ] || skip_all "which file mmlens.ko is, MMLENS_KO does not say"

target_start child "$BUILD/targets/forked"
kill -STOP "$child_A" "$child_B"

# What the module takes references to, and what they would keep alive. (Not
# areas: each process that comes and goes meanwhile has dozens.)
slabs=(mm_struct task_struct pid signal_cache sighand_cache)

# in_use: objects of each slab, free ones that processors hold set aside. Slabs
# that the kernel has merged are counted by the name they go by.
in_use()
{
	local name

	for name in "${slabs[@]}"; do
		[ ! -w "/sys/kernel/slab/$name/shrink" ] || echo 1 >"/sys/kernel/slab/$name/shrink"
	done 2>/dev/null
	awk -v names="${slabs[*]}" '
		BEGIN { split(names, n, " "); for (i in n) wanted[n[i]] = 1 }
		$1 in wanted { print $1, $2 }' /proc/slabinfo
}

# more than one a round would be left: less is what else happens here
grown()
{
	local name count

	while read -r name count; do
		if [ "$count" -ge $((${before[$name]} + rounds)) ]; then
			echo "$name: ${before[$name]} -> $count"
		fi
	done < <(in_use)
}

# use: what an answer's life can begin with, and a dump cut off in its midst
use()
{
	mmlens info &&
	mmlens mm "$child_A" &&
	mmlens vma "$child_A" &&
	mmlens walk "$child_A" "$child_ANON" &&
	mmlens pages "$child_A" anon &&
	mmlens cow "$child_A" "$child_B" || return
	mmlens pages --each "$child_A" | head -n 1
} >/dev/null

# the first time is not like the others: caches fill
use
ok "nobody uses the module" nothing_holds_module
rmmod mmlens || bail "rmmod mmlens"
is "the slabs to watch are there" "$(in_use | awk '{ print $1 }' | grep -cE '^(mm_struct|task_struct|pid)$')" 3
declare -A before
# A processor's own slab counts as in use as a whole (slabinfo), whoever has a piece
# of it: the highest of some readings.
for ((round = 0; round < 5; round++)); do
	while read -r name count; do
		[ "$count" -le "${before[$name]-0}" ] || before[$name]=$count
	done < <(in_use)
done
note "$(for name in "${!before[@]}"; do echo "$name ${before[$name]}"; done | xargs)"
dmesg >"$ktap_files/before"

failures=0
references=0
for ((round = 0; round < rounds; round++)); do
	insmod "$ko" && use || failures=$((failures + 1))
	nothing_holds_module || references=$((references + 1))
	rmmod mmlens || failures=$((failures + 1))
done
is "$rounds times loaded, used and unloaded" $failures 0
is "... with no reference left to the module" $references 0
is "... and one line each in the log" \
	"$(diff "$ktap_files/before" <(dmesg) | grep -vE "$slow_machine" | sed -n 's/^> \[[^]]*\] //p' | sort | uniq -c | xargs)" \
	"$rounds mmlens: version $(modinfo -F version "$ko") loaded"
# what was seen is what counts: to look once more fills slabs, too
wait_until 'left=$(grown); [ -z "$left" ]'
is "... and the slabs are as they were" "$left" ""
note "$(in_use | xargs)"
is "no name of it is left" \
	"$(grep -cw mmlens /proc/modules /proc/kallsyms /proc/slabinfo | sed 's/.*://' | xargs)" "0 0 0"

ok "it loads again" insmod "$ko"
ok "... and answers" mmlens info
ktap_end
