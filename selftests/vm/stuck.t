#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A process whose mmap lock is held until we say so. Whatever is asked about it
# ends with a clear message, and nobody else notices: all that is tested here
# is over while it is still stuck, so no time has to be measured.
. "$(dirname "$0")/../ktap.sh"

target_start stuck "$BUILD/targets/stuck-mmap-lock"

still_stuck()
{
	local state

	state=$(sed 's/.*) //; s/ .*//' "/proc/$stuck_STUCK/task/$stuck_WRITER/stat")
	is "... while it is still stuck" "$state" D
}

include stuck "$stuck_STUCK"
still_stuck

for command in pages vma "walk $stuck_STUCK 0x1000" "vma $stuck_STUCK 0x1000" \
		"cow $$ $stuck_STUCK"; do
	case $command in
	*' '*) arguments=$command ;;
	*) arguments="$command $stuck_STUCK" ;;
	esac
	# shellcheck disable=SC2086
	run timeout 300 mmlens ${arguments%% *} --timeout 1 ${arguments#* }
	ran "mmlens ${arguments%% *} gives up" 2
	like "... and says why" "$err" 'mmap lock'
done
run timeout 300 mmlens mm "$stuck_STUCK"
ran "mmlens mm answers" 0
still_stuck

# patient COMMAND...: in the background, deaf to nothing (bash would have it
# ignore SIGINT)
patient()
{
	env --default-signal=INT mmlens "$@" >"$ktap_files/patient" 2>&1 &
	patient_pids+=($!)
	ktap_children+=($!)
}
patient_pids=()
patient pages --timeout 600 "$stuck_STUCK"
patient vma --timeout 600 "$stuck_STUCK"
patient walk --timeout 600 "$stuck_STUCK" 0x1000
sleep 1

ok "others are answered: mmlens info" timeout 300 mmlens info
ok "... mmlens pages of another process" timeout 300 mmlens pages $$
ok "... mmlens walk" timeout 300 mmlens walk $$ 0x1000

# Whoever (un)registers a family waits for all that hold genetlink's cb_lock,
# and from then on everybody waits for him.
for module in fou team l2tp_netlink; do
	if modprobe -n -q $module && ! lsmod | grep -q "^$module "; then
		ok "... a family comes and goes ($module)" \
			timeout 300 sh -c "modprobe $module && modprobe -r $module"
		break
	fi
done
still_stuck

alive=0
for pid in "${patient_pids[@]}"; do
	kill -0 "$pid" 2>/dev/null && alive=$((alive + 1))
done
is "those who wait for it wait on" $alive 3
kill -INT "${patient_pids[@]}"
for pid in "${patient_pids[@]}"; do
	wait "$pid"
	is "^C ends one of them" $? 130
done
still_stuck
target_step stuck
# a socket's end may come after its process's
ok "nothing holds the module" nothing_holds_module
ktap_end
