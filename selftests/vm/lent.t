#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Pages that are at a device: device-private and device-exclusive entries. The
# device is the kernel's own test of such devices, CONFIG_TEST_HMM, which no kernel
# of Debian's has; that of `scripts/kernel build debug` has.
. "$(dirname "$0")/../ktap.sh"

command -v gojq >/dev/null || skip_all "gojq is not installed"
modprobe -q test_hmm || skip_all "this kernel has no test_hmm (CONFIG_TEST_HMM): nothing else in a virtual machine lends pages to a device"
# It stays loaded: unloading, it leaks its struct device (6.12), which kmemleak would tell.

declare -A may_lack=() instead=()
# shellcheck source=selftests/vm/states.sh
. "$(dirname "$0")/states.sh"

wait_until '[ -e /dev/hmm_dmirror0 ]'
target_start lent "$BUILD/targets/lent"
states lent
run oracle "${said[@]}"
ran "the oracle finds nothing wrong" 0
sed -n '/^states:/,$p' <<<"$out" | note -

# the frames are the device's, which no range of memory holds
frame=$(mmlens pages -j "$lent_PID" "$lent_PRIVATE" | jq '.extents[0].frame')
run mmlens frame -j "$frame"
is "the frame of a page that is at a device is the device's" \
	"$(jq -c '.extents[0] | [.state, .kind]' <<<"$out")" '["device",null]'

# smaps' Rss has them; of areas that have become one, too
start=$(mmlens vma -j "$lent_PID" "$lent_PRIVATE" | jq -r '.areas[0].start')
area=$(mmlens vma -j -o START,RSS,OTHER "$lent_PID" |
	jq -c --arg start "$start" '.areas[] | select(.start == $start)')
same "they count as resident, as in smaps" "$(jq .rss <<<"$area")" \
	"$(awk -v "start=^${start#0x}-" '$0 ~ start { on = 1 } on && $1 == "Rss:" { print $2 * 1024; exit }' \
		"/proc/$lent_PID/smaps")"
is "... of which 8 pages are not with the CPU" "$(jq .other <<<"$area")" 8
target_end lent
ktap_end
