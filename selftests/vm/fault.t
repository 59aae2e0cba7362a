#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What an access would do, foretold and tried: see fault.c. With a swap device,
# KSM, huge pages, a file system whose pages come from a device, another on a
# device that can be suspended, and NUMA balancing at hand.
. "$(dirname "$0")/../ktap.sh"

set_knob /proc/sys/vm/nr_hugepages 4
set_knob /sys/kernel/mm/ksm/sleep_millisecs 20
set_knob /sys/kernel/mm/ksm/run 1
have_swap
have_disk
modprobe -q test_hmm
have_held
hasten_balancing
include fault "$disk" "${held[@]}"

# and as the tool tells it
target_start forked "$BUILD/targets/forked"
run mmlens fault "$forked_B" "$forked_ANON" --write
ran "mmlens fault" 0
like "the verdict comes first" "$(head -n 1 <<<"$out")" '^write .*: the page is copied \(a minor fault, a new frame\)$'
like "then what decides it" "$out" 'may it be kept\? +no +mapcount 2 +it is kept'
run mmlens fault "$forked_B" "$forked_ANON" --write --json
is "in JSON" "$(jq -r '[.outcome, .fault, .frame, .predicted, .signal] | join(" ")' <<<"$out")" \
	'copy minor new false '
run mmlens fault "$forked_B" ffff888000000000
ran "an address of the kernel is an answer" 0
like "... SIGSEGV" "$out" 'SEGV_MAPERR'
run mmlens fault "$forked_B" "$forked_ANON" --write --exec
ran "one access at a time" 1

ktap_end
