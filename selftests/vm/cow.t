#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What `mmlens cow` counts: exactly what each target says it must, after every
# step; and the cases that are not a fork.
. "$(dirname "$0")/../ktap.sh"

# compare A B: sets $cow to the JSON; $facts to one line for the whole, and one
# for each range of each area: start, end, counts
compare()
{
	cow=$(mmlens cow -j "$1" "$2")
	facts=$(jq -r --arg a "$1" --arg b "$2" '
		def sum(f): [.areas[] | f] | add // 0;
		"whole one-mm \(.one_mm) complete \(.complete) torn \(.torn) sums " +
		(if .one_mm then "-" else
			"\(.total.shared == sum(.shared) and
			   .total.copied == sum(.copied) and
			   .total.different == sum(.different) and
			   .total.own == [sum(.own[0]), sum(.own[1])] and
			   .total.unfaulted == [sum(.unfaulted[0]), sum(.unfaulted[1])])"
		end),
		(.areas[] | . as $area | .ranges[] |
			"\(.start) \(.end) shared \($area.shared) " +
			"copied \($area.copied_by[$a]) \($area.copied_by[$b]) \($area.copied_by["?"]) " +
			"different \($area.different) own \($area.own[0]) \($area.own[1]) " +
			"unfaulted \($area.unfaulted[0]) \($area.unfaulted[1])")' <<<"$cow")
}

# counts ADDR: those of the area that is there in either process
counts()
{
	local start end rest

	while read -r start end rest; do
		if [ "$start" != whole ] && ((start <= $1 && $1 < end)); then
			echo "$rest"
			return
		fi
	done <<<"$facts"
}

# expected ID AREA: the same line, from what the target said
expected()
{
	local name value=()

	for name in SHARED COPIED_A COPIED_B COPIED_EITHER DIFFERENT OWN_A OWN_B \
			UNFAULTED_A UNFAULTED_B; do
		name=${1}_${2}_$name
		value+=("${!name}")
	done
	echo "shared ${value[0]} copied ${value[1]} ${value[2]} ${value[3]}" \
		"different ${value[4]} own ${value[5]} ${value[6]}" \
		"unfaulted ${value[7]} ${value[8]}"
}

# areas_of ID: names of the areas that the target says something about
areas_of()
{
	sed -n 's/^\([A-Z0-9_]*\)_SHARED=.*/\1/p' "$ktap_files/$1.out" | sort -u
}

# check_target ID NAME
check_target()
{
	local a=${1}_A b=${1}_B address name

	compare "${!a}" "${!b}"
	if [ "${!a}" = "${!b}" ]; then
		is "$2: one process, said to be one" "${facts%%$'\n'*}" \
			"whole one-mm true complete true torn false sums -"
		return
	fi
	for name in $(areas_of "$1"); do
		address=${1}_$name
		is "$2: $name" "$(counts "${!address}")" "$(expected "$1" "$name")"
	done
	is "$2: two processes, complete, not torn, totals are sums" "${facts%%$'\n'*}" \
		"whole one-mm false complete true torn false sums true"
}

for target in forked cow-steps moved thp zeroes exec-child; do
	id=${target//-/_}
	target_start "$id" "$BUILD/targets/$target"
	check_target "$id" "$target"
	while target_step "$id"; do
		step=${id}_STEP
		check_target "$id" "$target: ${!step}"
	done
	target_end "$id"
done

# After an exec only files are shared, wherever they are mapped.
target_start exec "$BUILD/targets/exec-child"
compare "$exec_A" "$exec_B"
like "exec'd child: libc's text is shared" "$(counts "$exec_LIBC")" '^shared [1-9]'
same "... though it lies elsewhere there" "$(counts "$exec_LIBC_B")" "$(counts "$exec_LIBC")"
target_end exec

# Two that have nothing to do with each other: their areas lie at the same
# address and hold the same bytes, and are no copies; libc's pages are shared.
target_start one "$BUILD/targets/unrelated"
target_start two "$BUILD/targets/unrelated"
compare "$one_PID" "$two_PID"
note "$(counts "$one_ANON")"
like "unrelated: nothing anonymous is shared or copied" "$(counts "$one_ANON")" \
	'^shared 0 copied 0 0 0 '
like "... libc's text is shared" "$(counts "$one_LIBC")" '^shared [1-9]'
same "... and the same at its address in the other" "$(counts "$two_LIBC")" \
	"$(counts "$one_LIBC")"
is "... totals are sums" "${facts%%$'\n'*}" \
	"whole one-mm false complete true torn false sums true"
target_end two

# A and A
run mmlens cow "$one_PID" "$one_PID"
ran "a process with itself is no error" 0
like "... and is said to be one" "$out" 'one process'
target_end one

# Two tasks with one mm are not counted double.
for how in '' vfork; do
	name="two tasks with one mm${how:+ ($how)}"
	target_start tasks "$BUILD/targets/two-tasks-one-mm" $how
	compare "$tasks_A" "$tasks_B"
	like "$name: said to be one" "$facts" '^whole one-mm true'
	same "$name: resident pages are counted once" "$(jq .resident <<<"$cow")" \
		"$(mmlens pages -j "$tasks_A" | jq .totals.present)"
	same "$name: both have the same mm_id" \
		"$(mmlens mm -j "$tasks_A" | jq .mm_id)" "$(mmlens mm -j "$tasks_B" | jq .mm_id)"
	run mmlens cow "$tasks_A" "$tasks_B"
	like "$name: text says so" "$out" 'one (process|address space)'
	target_end tasks
done


# --map: one character a page
target_start family "$BUILD/targets/cow-steps"
run mmlens cow --map --area "$family_ANON" "$family_A" "$family_B"
note "$out"
ran "mmlens cow --map draws" 0
target_end family

ktap_end
