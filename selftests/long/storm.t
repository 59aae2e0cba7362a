#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# storm.t [OPTION...]: the storm (storm/storm.h), and afterwards the module has to
# unload and everything it used to be given back. 30 s; with MMLENS_LONG 10 minutes, and
# 30 on the debug kernel; or STORM_SECONDS. OPTIONs are storm's own.
#
# machine: parallel
. "$(dirname "$0")/../ktap.sh"

case ${MMLENS_LONG:+long}-${MMLENS_KERNEL-} in
long-debug) seconds=1800 ;;
long-*)	    seconds=600 ;;
*)	    seconds=30 ;;
esac
seconds=${STORM_SECONDS:-$seconds}
mm=/sys/kernel/mm

# ---- what there is to be blown about ----------------------------------------

have_swap 256M || note "no swap"
# not a loop device: that of 5.10 tells a swap file on it that it can discard, does not
# know in what sizes, and the kernel warns of that
modprobe -q brd rd_nr=1 rd_size=16384 && undo "rmmod brd"
have_disk /dev/ram0
modprobe -q hwpoison-inject
# The first memory cgroup there is turns on a branch in the allocator. In an emulated
# machine (see run-tests) kernel text had better be written while all is quiet.
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/first && undo "rmdir /sys/fs/cgroup/first"
set_knob /proc/sys/vm/nr_hugepages 24
set_knob /proc/sys/vm/panic_on_oom 0
[ ! -w /proc/sys/kernel/numa_balancing ] || set_knob /proc/sys/kernel/numa_balancing 1
if [ -w $mm/ksm/run ]; then
	set_knob $mm/ksm/sleep_millisecs 20
	set_knob $mm/ksm/pages_to_scan 500
	# and at the end, each has its own again
	undo "echo 2 >$mm/ksm/run"
	echo 1 >$mm/ksm/run
fi
if [ -w $mm/transparent_hugepage/khugepaged/scan_sleep_millisecs ]; then
	set_knob $mm/transparent_hugepage/khugepaged/scan_sleep_millisecs 100
	set_knob $mm/transparent_hugepage/khugepaged/alloc_sleep_millisecs 100
fi

# Two processors have less time than all of this wants. Who has the least claim to it
# and is preempted below rcu_read_lock() holds up everybody, and RCU complains.
for daemon in khugepaged ksmd; do
	for pid in $(pgrep -x "$daemon"); do
		undo "renice -n $(ps -o nice= -p "$pid") -p $pid >/dev/null"
		renice -n 0 -p "$pid" >/dev/null
	done
done

# stress-ng's own ways to use memory, those that this release of it knows, each a
# little of it. Its swap stressor has its file where there is a real one.
load=()
if command -v stress-ng >/dev/null; then
	known=" $(stress-ng --stressors 2>/dev/null) "
	stress="--verbose --oomable --timeout ${seconds}s --temp-path $disk"
	while read -r class limits; do
		case $known in
		*" $class "*) stress="$stress --$class 1 $limits" ;;
		*)	      note "this stress-ng has no class $class" ;;
		esac
	done <<-CLASSES
		fork --fork-max 2
		vma
		mremap --mremap-bytes 8M
		madvise
		ksm
		userfaultfd --userfaultfd-bytes 2M
		memfd --memfd-bytes 8M --memfd-fds 8
		swap
	CLASSES
	# Its madvise breaks memory of its own, and may die of that, which it reports as 2.
	# Whatever fails says so.
	load=(--with "cd $disk && stress-ng $stress >$ktap_files/load 2>&1; status=\$?
		[ \$status = 2 ] && ! grep -qE ' (fail|error): ' $ktap_files/load && status=0
		exit \$status")
fi

include storm --seconds "$seconds" --directory "$disk" "${load[@]}" "$@"

[ ! -s "$ktap_files/load" ] || note - <"$ktap_files/load"

# ---- afterwards --------------------------------------------------------------

ok "nobody uses the module" nothing_holds_module
ko=${MMLENS_KO:-$(modinfo -n mmlens 2>/dev/null)}
ok "it unloads" rmmod mmlens
ok "... and loads again" insmod "$ko"
ok "... and answers" mmlens info
ktap_end
