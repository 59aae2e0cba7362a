#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What reads the source and has nothing to say: checkpatch --strict and the kernel's
# coccinelle patches on the module, cppcheck and gcc -fanalyzer on the tool. (W=1
# and sparse are in build/build.t.) What is allowed is in allowed, each with a reason.
. "$(dirname "$0")/../ktap.sh"

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.." || exit 1
tar=/usr/src/linux-source-6.1.tar.xz
[ -e $tar ] || skip_all "linux-source-6.1 is not installed (scripts/deps static)"
command -v spatch >/dev/null || skip_all "coccinelle is not installed (scripts/deps static)"
command -v cppcheck >/dev/null || skip_all "cppcheck is not installed (scripts/deps static)"
tar -C "$ktap_files" --strip-components=1 -xf $tar linux-source-6.1/scripts || bail "no scripts"
scripts=$ktap_files/scripts

# left TOOL: what of stdin is not allowed
left()
{
	local patterns

	patterns=$(awk -F '\t+' -v tool="$1" '$1 == tool { print $2 }' "$here/allowed")
	if [ -n "$patterns" ]; then
		grep -vE -f <(echo "$patterns")
	else
		cat
	fi
}

checkpatch()
{
	local file

	for file in $(git ls-files module uapi | grep '\.[ch]$'); do
		perl "$scripts/checkpatch.pl" --no-tree --strict --terse --no-summary \
			--show-types --max-line-length=100 -f "$file"
	done 2>&1
	rm -f .checkpatch-camelcase.git.*	# which it leaves behind
}
is "checkpatch --strict: module, uapi" "$(checkpatch | left checkpatch)" ""

# of those that need a compiler for OCaml or Python in spatch there are a few
tried=0 unable=0
findings=
for patch in "$scripts"/coccinelle/*/*.cocci; do
	if said=$(spatch -D report --very-quiet --no-show-diff --no-includes \
			--cocci-file "$patch" --dir module 2>"$ktap_files/err"); then
		tried=$((tried + 1))
		findings+=$said
	else
		unable=$((unable + 1))
		note "${patch##*/}: $(tail -n 1 "$ktap_files/err")"
	fi
done
is "the kernel's coccinelle patches ($tried of $((tried + unable)))" "$findings" ""
ok "... most of which can be run" [ $tried -gt 60 ]

is "cppcheck: userspace" "$(cppcheck --std=c11 --enable=warning,performance,portability -q \
	-D__x86_64__ -I userspace -I uapi userspace 2>&1)" ""

analyze()
{
	local libs='libmnl smartcols libzstd libdw libelf'

	# shellcheck disable=SC2046,SC2086
	printf '%s\n' userspace/*/*.c | xargs -P "$(nproc)" -I{} gcc -D_GNU_SOURCE -Iuserspace \
		-Iuapi $(pkg-config --cflags $libs) -std=gnu11 -DMMLENS_VERSION='"x"' -O1 \
		-fanalyzer -c -o /dev/null {} 2>&1 | grep -E 'warning:|error:'
}
is "gcc -fanalyzer: userspace" "$(analyze | left fanalyzer)" ""
ktap_end
