#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The manual and the completion know every command, option, column and exit
# status that the tool has.

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/../ktap.sh"

top=$(cd "$(dirname "$0")/../.." && pwd)
manual=$top/userspace/man/mmlens.8
[ -x "$BUILD/mmlens" ] || bail "make -C userspace BUILD=$BUILD comes first"

# .Cm and .Fl arguments, one a line, with the escapes of roff undone
# shellcheck disable=SC2020
words=$(sed -n 's/^\.\(It \|Pq \)\{0,1\}\(Cm\|Fl\) //p' "$manual" |
	tr ' ,' '\n\n' | sed 's/\\&//g' | sort -u)

# unknown WORD...: those of the words that the manual does not have
unknown()
{
	local word

	for word in "$@"; do
		grep -qxF -e "$word" <<<"$words" || echo "$word"
	done
}

# shellcheck disable=SC2086 # words are what is wanted
commands=$(mmlens --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\).*/\1/p')
is "commands are in the manual" "$(unknown $commands)" ""
for command in $commands; do
	[ "$command" = help ] && continue
	options=$(mmlens "$command" --help |
		sed -n 's/^ *\(-[a-zA-Z], \)\{0,1\}-\(-[a-z-]*\).*/\2/p')
	is "$command: options are in the manual" "$(unknown $options)" ""
	columns=$(mmlens "$command" --list-columns --no-headings 2>/dev/null |
		awk '{ print $1 }')
	is "$command: columns are in the manual" "$(unknown $columns)" ""
done
# shellcheck disable=SC2086
is "commands are in its synopsis" "$(for command in $commands; do
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/p' "$manual" | grep -qx "\.Cm $command" || echo "$command"
done)" ""

# What JSON there is in golden/; its keys are those of columns, or in the manual.
keys=$(for file in "$top"/selftests/host/golden/*-json; do
	sed '1d; /^--- /,$d' "$file" |
		jq -r '[paths | .[-1] | select(type == "string")] | unique[]'
done | grep -x '[a-z_]*' | sort -u)
columns=$(for command in $commands; do
	[ "$command" = help ] || mmlens "$command" --list-columns --json 2>/dev/null |
		jq -r '.columns[].key'
done)
ok "golden/ has keys" test "$(wc -l <<<"$keys")" -gt 100
# shellcheck disable=SC2086
is "keys of JSON are in the manual" "$(unknown $keys | grep -vxF "$columns")" ""
is "exit statuses are in the manual" \
	"$(sed -n '/^\.Sh EXIT STATUS/,/^\.El/s/^\.It //p' "$manual" | xargs)" "0 1 2 3 4"

is "flags of areas have the names that the tool gives them" \
	"$(sed -n '/^\.It Cm VMNAMES/,/^\.It Cm PKEY/p' "$manual" | sed 's/\\&//; 1,2d; $d' |
		paste -d ' ' - - | sed 's/^\.Cm //; s/,$//')" \
	"$(sed -n '/^const struct mml_name mml_vm_names/,/{ }/s/.*{ "\(.*\)", .*, "\(.*\)" },/\2 \1/p' \
		"$top/userspace/lib/names.c")"

if command -v mandoc >/dev/null; then
	is "the manual is clean" "$(mandoc -T lint -W warning "$manual" 2>&1)" ""
elif command -v man >/dev/null; then
	is "the manual is clean" \
		"$(LC_ALL=C.UTF-8 man --warnings -l -Tutf8 -Z "$manual" 2>&1 >/dev/null)" ""
else
	skip "the manual is clean" "neither mandoc nor man is installed"
fi

# completes NAME EXPECTED WORD...: the last word is being completed
completes()
{
	local name=$1 expected=$2

	shift 2
	is "$name" "$(bash -c '
		. "$1"; shift
		compopt() { :; }
		COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mmlens
		echo "${COMPREPLY[*]}"' - "$top/userspace/completion/mmlens" "$@")" "$expected"
}

completes "completion: a command" "pages" mmlens pa
completes "completion: an option" "--json" mmlens pages --js
completes "completion: a column" "START STATE" mmlens pages -o ST
completes "completion: the next column" "START,FRAME" mmlens pages -o START,FR
completes "completion: a column more" "+REFS" mmlens pages -o +RE
completes "completion: a colour" "auto always" mmlens pages --color a
completes "completion: no process" "" mmlens pages 0

ktap_end
