#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Requests at random (see requests.c): first the sessions of the corpus, which once
# had an outcome for the first time, then new ones. MMLENS_SEED and MMLENS_REQUESTS
# say which and how many. Some of them are for a trace.
. "$(dirname "$0")/../ktap.sh"

# Netlink itself logs malformed attributes, at level warning (see badinput.t), and so
# does lockdep what it finds, and the kernel a WARN(): nothing of that is to fill the
# console, but what is not netlink's has to be found. As a planted line is.
level=$(cut -f 1 /proc/sys/kernel/printk)
log=$ktap_files/log
dmesg --follow-new >"$log" &
ktap_children+=($!)
disown
dmesg -n 4
undo "dmesg -n $level"
wait_until "echo '<4>requests.t: suspicious RCU usage, planted' >/dev/kmsg; [ -s $log ]"

include judge
count=${MMLENS_REQUESTS:-${MMLENS_LONG:+500000}}
include requests --corpus "$(dirname "$0")/requests.corpus" \
	--seed "${MMLENS_SEED:-$EPOCHSECONDS}" --count "${count:-20000}" --progress 100000

echo '<4>requests.t: all is read up to here' >/dev/kmsg
wait_until "grep -q 'requests.t: all is read' $log"
grep -v '\] netlink: ' "$log" >"$log.others"
is "the kernel complains of nothing but what was planted" \
	"$("$(dirname "$0")/../../scripts/splat-scan" "$log.others" | sed 's/.*\] //' | uniq)" \
	"requests.t: suspicious RCU usage, planted"

ok "nothing holds the module" nothing_holds_module
ok "... which can be unloaded" rmmod mmlens
ok "... and loaded again" insmod "${MMLENS_KO:-$(modinfo -n mmlens)}"
ktap_end
