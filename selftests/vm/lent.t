#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Pages that are at a device: device-private and device-exclusive entries. The
# device is the kernel's own test of such devices, CONFIG_TEST_HMM, which no kernel
# of Debian's has; that of `scripts/kernel build debug` has.
. "$(dirname "$0")/../ktap.sh"

command -v jq >/dev/null || skip_all "jq is not installed"
modprobe -q test_hmm || skip_all "this kernel has no test_hmm (CONFIG_TEST_HMM): nothing else in a virtual machine lends pages to a device"
undo "modprobe -r test_hmm"

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

# a touch by the CPU takes them back, which the oracle's target never does
rss=$(mmlens vma -j -o START,RSS,OTHER "$lent_PID" |
	jq --arg start "$lent_PRIVATE" -c '.areas[] | select(.start == $start) | [.rss, .other]')
is "they count as resident, as in smaps" "$rss" "[$((16 * 4096)),8]"
target_end lent
ktap_end
