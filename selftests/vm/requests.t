#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Requests at random (see requests.c): first the sessions of the corpus, which once
# had an outcome for the first time, then new ones. MMLENS_SEED and MMLENS_REQUESTS
# say which and how many. Some of them are for a trace:
#
# machine: patches kernel text
. "$(dirname "$0")/../ktap.sh"

# Netlink itself logs malformed attributes, at level warning: see badinput.t.
level=$(cut -f 1 /proc/sys/kernel/printk)
dmesg -n 4
undo "dmesg -n $level"

count=${MMLENS_REQUESTS:-${MMLENS_LONG:+500000}}
include requests --corpus "$(dirname "$0")/requests.corpus" \
	--seed "${MMLENS_SEED:-$EPOCHSECONDS}" --count "${count:-20000}"

is "nothing holds the module" "$(cat /sys/module/mmlens/refcnt)" 0
ok "... which can be unloaded" rmmod mmlens
ok "... and loaded again" insmod "${MMLENS_KO:-$(modinfo -n mmlens)}"
ktap_end
