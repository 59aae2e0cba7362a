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

# silent NAME TOOL: on stdin there is nothing but what TOOL may say
silent()
{
	local said left idle='' pattern

	said=$(cat)
	left=$said
	while IFS= read -r pattern; do
		grep -qE -- "$pattern" <<<"$said" || idle+=$pattern$'\n'
		left=$(grep -vE -- "$pattern" <<<"$left")
	done < <(awk -F '\t+' -v tool="$2" '$1 == tool { print $2 }' "$here/allowed")
	is "$1" "$left" ""
	is "... and needs all that is allowed it" "$idle" ""
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
silent "checkpatch --strict: module, uapi" checkpatch < <(checkpatch)

# Two of them need a compiler for OCaml in spatch.
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

# It reads no system headers, where libmnl has a loop in a macro.
cat >"$ktap_files/macros.h" <<'MACROS'
#define mnl_attr_for_each_payload(payload, size) for (attr = (payload); attr;)
MACROS
is "cppcheck: userspace" "$(cppcheck --std=c11 --enable=warning,performance,portability -q \
	-D__x86_64__ --include="$ktap_files/macros.h" -I userspace -I uapi userspace 2>&1)" ""

analyze()
{
	local libs='libmnl smartcols libzstd libdw libelf'

	# shellcheck disable=SC2046,SC2086
	printf '%s\n' userspace/*/*.c | xargs -P "$(nproc)" -I{} gcc -D_GNU_SOURCE -Iuserspace \
		-Iuapi $(pkg-config --cflags $libs) -std=gnu11 -DMMLENS_VERSION='"x"' -O1 \
		-fanalyzer -c -o /dev/null {} 2>&1 | grep -E 'warning:|error:'
}
silent "gcc -fanalyzer: userspace" fanalyzer < <(analyze)
ktap_end
