#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Which kernels: module/compat/supported.h says it to the compiler, and README,
# dkms.conf and scripts/kernel say the same.
. "$(dirname "$0")/../ktap.sh"
cd "$(dirname "$0")/../.." || exit 1

header=module/compat/supported.h
value() { sed -n "s/^#define MMLENS_$1 //p" $header; }
oldest=$(value OLDEST_MAJOR).$(value OLDEST_MINOR)
newest=$(value NEWEST_MAJOR).$(value NEWEST_MINOR)
series=$(scripts/kernel list | awk 'NR > 1 && $1 != "debug" { sub(/\*/, "", $1); print $1 }' | xargs)

# ---- what is written -------------------------------------------------------

like "the range is two versions" "$oldest $newest" '^[0-9]+\.[0-9]+ [0-9]+\.[0-9]+$'
is "scripts/kernel begins with the oldest" "${series%% *}" "$oldest"
is "scripts/kernel ends with the newest" "${series##* }" "$newest"
like "README has the range" "$(<README.md)" "Linux $oldest to $newest, x86-64"
# "5.10, 6.1 and 7.2"
listed=${series% *}
listed="${listed// /, } and ${series##* }"
like "README has the kernels it is tested on" "$(tr '\n' ' ' <README.md)" "Debian's $listed"

# would dkms build it for this release?
dkms_builds()
{
	bash -c '. ./dkms.conf; [[ $1 =~ $BUILD_EXCLUSIVE_KERNEL ]] && [[ x86_64 =~ $BUILD_EXCLUSIVE_ARCH ]] && echo yes || echo no' - "$1"
}
major=${oldest%.*} minor=${oldest#*.}
for release in "$major.$((minor - 1)).0-9-amd64" "$major.1.0-1-amd64" "$((major - 1)).19.0-27-amd64"; do
	is "dkms leaves out $release" "$(dkms_builds "$release")" no
done
for release in "$oldest.0-46-amd64" "$major.15.0-91-generic" "$major.19.0" 6.1.0-56-amd64 \
		6.12.117+deb12-amd64 "$newest.13+deb14-amd64" "$((${newest%.*} + 3)).0.1"; do
	is "dkms builds for $release" "$(dkms_builds "$release")" yes
done
is "dkms leaves out other architectures" \
	"$(bash -c '. ./dkms.conf; [[ aarch64 =~ $BUILD_EXCLUSIVE_ARCH ]] && echo yes || echo no')" no

# ---- what the compiler says ------------------------------------------------

mkdir -p "$ktap_files/linux"
compiled=$ktap_files/compiled

# compile VERSION OPTION...: sets status; its words are in $compiled
compile()
{
	local major minor patch
	IFS=. read -r major minor patch <<<"$1"

	cat >"$ktap_files/linux/version.h" <<-VERSION
	#define LINUX_VERSION_CODE $((major << 16 | minor << 8 | (patch > 255 ? 255 : patch)))
	#define KERNEL_VERSION(a,b,c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
	VERSION
	shift
	"${CC:-cc}" -fsyntax-only -x c -I "$ktap_files" "$@" $header 2>"$compiled"
	status=$?
}
machine=(-DCONFIG_64BIT -DCONFIG_X86_64)

for version in "$oldest.0" "$oldest.255" 6.1.0 6.6.80 6.12.300 "$newest.0" "$newest.999"; do
	compile "$version" "${machine[@]}"
	is "Linux $version: not a word" "$status $(<"$compiled")" "0 "
done
for version in "$major.$((minor - 1)).255" "$((major - 1)).19.300" 3.16.0; do
	compile "$version" "${machine[@]}"
	is "Linux $version: stops" $status 1
	like "... and says what is needed" "$(<"$compiled")" "#error .*needs Linux $oldest or newer"
	is "... and nothing else" "$(grep -c error: "$compiled")" 1
done
for version in "${newest%.*}.$((${newest#*.} + 1)).0" "$((${newest%.*} + 1)).0.3"; do
	compile "$version" "${machine[@]}"
	is "Linux $version: builds" $status 0
	like "... with a warning that names the risk" "$(<"$compiled")" \
		'#warning .*not tested on a kernel this new.*may report wrong facts'
done
compile 6.1.0
is "a 32-bit kernel: stops" $status 1
like "... and says why" "$(<"$compiled")" '#error .*needs a 64-bit kernel'
compile 6.1.0 -DCONFIG_64BIT -DCONFIG_ARM64
is "another architecture: stops" $status 1
like "... and says why" "$(<"$compiled")" "#error .*only x86-64's"

like "the module is built with it" "$(<module/main.c)" '#include "compat/supported.h"'

ktap_end
