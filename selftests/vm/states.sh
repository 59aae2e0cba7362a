# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What targets say of their pages (target_state() in targets/target.h), held
# against `mmlens pages` and `mmlens walk`; to be sourced after ktap.sh. The
# words of the two tables are the test's: may_lack, instead.

release=$(uname -r)
series=${release%%.*}.$(cut -d. -f2 <<<"$release")

# jq: holds each of the target's words against what mmlens says. Prints a line
# a name: NAME, a tab, and nothing or what is wrong.
judge='
def hex: ltrimstr("0x") | explode |
	reduce .[] as $c (0; . * 16 + (if $c >= 97 then $c - 87 else $c - 48 end));

# is this value as the word says?
def fits($word): . as $value |
	if $word == "some" then $value != null
	elif ($word | test("^[+-]")) then
		all($word | split(",")[]; . as $one | ($value // []) |
			if $one[0:1] == "+" then index([$one[1:]]) != null
			else index([$one[1:]]) == null end)
	else ($value | tostring) as $text | any($word | split("|")[]; . == $text) end;

# what is wrong with these rows of pages
def rows_wrong($want; $rows):
	if ([$rows[].pages] | add // 0) != $want.pages
	then "\($want.pages) pages, of which it lists \([$rows[].pages] | add // 0)"
	else
		$want.words[] | split("=") as [$key, $word] |
		if $key == "extents" then
			select(($rows | length | tostring) != $word) | "in \($rows | length) extents"
		elif $key | startswith("vma_") then empty
		else
			first($rows[] | select(.[$key] | fits($word) | not) |
				"pages: \($key) is \(.[$key] | tojson), not \($word), at \(.start)")
		end
	end;

# what is wrong with the walk to its first page
def walk_wrong($want; $walk):
	($walk.levels | last) as $last | $walk.vma as $vma |
	($walk + { level: $walk.leaf, bits: ($last.bits // []) }) as $got |
	$want.words[] | split("=") as [$key, $word] |
	if $key == "extents" or $key == "area" then empty
	elif $key == "vma_pages" then
		(($vma.end | hex) - ($vma.start | hex)) / 4096 | tostring |
			select(. != $word) | "the area has \(.) pages, not \($word)"
	elif $key | startswith("vma_") then
		$vma[$key[4:]] | select(fits($word) | not) |
			"the area: \($key[4:]) is \(tojson), not \($word)"
	else
		select($got | has($key)) | select($got[$key] | fits($word) | not) |
			"walk: \($key) is \($got[$key] | tojson), not \($word)"
	end;

($wanted | split("\n") | map(select(. != "") | split("\t") |
	{ name: .[0], start: (.[1] | hex), pages: (.[2] | tonumber), words: (.[3] | split(" ")) })) as $all |
[$pages[0].extents[] | .first = (.start | hex) | .end = .first + .pages * 4096] as $extents |
$all | to_entries[] | .key as $i | .value as $want |
($want.start + $want.pages * 4096) as $until |
[$extents[] | select(.first < $until and .end > $want.start) |
	.pages = (([.end, $until] | min) - ([.first, $want.start] | max)) / 4096] as $rows |
"\($want.name)\t\([rows_wrong($want; $rows), walk_wrong($want; $walks[0][$i])] | join("; "))"
'

# wanted ID: the target's words as lines NAME ADDRESS PAGES WORDS; a name that it
# has said again is as it was said last. Sets addresses and lacks, too.
wanted()
{
	local line name
	local -A start=() pages=() words=() why=()
	local names=()

	addresses=()
	lacks=()
	target_read "$1"
	for line in "${target_lines[@]}"; do
		name=${line%%=*}
		case $name in
		*_PAGES) pages[${name%_PAGES}]=${line#*=} ;;
		*_LACKS) why[${name%_LACKS}]=${line#*=} ;;
		*_IS)    name=${name%_IS}
			 [ -n "${words[$name]-}" ] || names+=("$name")
			 words[$name]=${instead[$series $name]-${line#*=}} ;;
		[A-Z]*)  start[$name]=${line#*=} ;;
		esac
	done
	for name in "${names[@]}"; do
		addresses+=("${start[$name]}")
		printf '%s\t%s\t%s\t%s\n' "$name" "${start[$name]}" "${pages[$name]}" "${words[$name]}"
	done >"$ktap_files/wanted"
	for name in "${!why[@]}"; do
		lacks+=("$name: ${why[$name]}")
	done
}

columns=+AREA,HEAD,ORDER,FOLIO,FOLIO_MAPS,NODE,SWAP

# states ID: all that the target says of itself holds
states()
{
	local id=$1 pid line name wrong
	local -n target_says_pid=${1//-/_}_PID

	pid=$target_says_pid
	wanted "$id"
	for line in "${lacks[@]}"; do
		name=${line%%:*}
		if [[ ${may_lack[$series]-} == *" $name "* ]]; then
			skip "$id: $name" "not on $series (${line#*: })"
		else
			fail "$id: $name" "$line"
		fi
	done
	if ! mmlens pages --json -o "$columns" "$pid" >"$ktap_files/pages" ||
	   ! mmlens walk --json "$pid" "${addresses[@]}" >"$ktap_files/walks"; then
		fail "$id: mmlens answers"
		return
	fi
	while IFS=$'\t' read -r name wrong; do
		if [ -n "$wrong" ]; then
			fail "$id: $name" "$wrong"
		else
			pass "$id: $name"
		fi
	done < <(jq -rn --rawfile wanted "$ktap_files/wanted" \
		--slurpfile pages "$ktap_files/pages" --slurpfile walks "$ktap_files/walks" \
		"$judge" || echo "jq	ended with status $?")
	said[$id]=$pid
}
declare -A said=()

# step ID: the next step, and what the target says of it
step()
{
	local id=$1
	local -n target_says_step=${1//-/_}_STEP

	target_step "$id" || fail "$id goes on"
	note "$id: $target_says_step"
	states "$id"
}

# judged ID: nor does the oracle find anything wrong as it is now. Each target is
# looked at once at the end: this is for what has gone by then.
judged()
{
	local id=$1
	local -n target_says_pid=${1//-/_}_PID

	run oracle "$target_says_pid"
	ran "$id: the oracle finds nothing wrong${2+: $2}" 0
}
