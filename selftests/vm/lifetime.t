#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Everything that can end too early, and being without the module. reload.t has
# its coming and going.
#
# machine: parallel
. "$(dirname "$0")/../ktap.sh"

include lifetime

# The same with the tool: its reader sleeps, so that it is stuck in a dump.
target_start shuffled "$BUILD/targets/shuffled" 64M
mkfifo "$ktap_files/slow"
mmlens pages --each "$shuffled_PID" >"$ktap_files/slow" 2>"$ktap_files/reader" &
reader=$!
ktap_children+=($reader)
exec {slow}<"$ktap_files/slow"
# there are areas before there are pages: rows are of the long answer
IFS= read -r _ <&$slow
wait_until '[ "$(cat /sys/module/mmlens/refcnt)" -gt 0 ]'
run rmmod mmlens
ran "rmmod refuses while mmlens reads" 1
like "... since the module is in use" "$err" 'in use'
exec {slow}<&-
wait $reader
# of SIGPIPE, or as if all were well: a shell says nothing about either
like "mmlens ends when its reader goes" $? '^(0|141)$'
is "... quietly" "$(cat "$ktap_files/reader")" ""
nothing_holds_module
target_end shuffled

ko=${MMLENS_KO:-$(modinfo -n mmlens 2>/dev/null)}
if [ ! -f "$ko" ]; then
	skip "loading and unloading" "which file mmlens.ko is, MMLENS_KO does not say"
	ktap_end
fi

ok "the module unloads" rmmod mmlens
is "... and is gone" "$(lsmod | grep -c '^mmlens ')" 0
for command in "info" "mm $$" "vma $$" "pages $$" "walk $$ 0x1000" "cow $$ $$" "$$"; do
	# shellcheck disable=SC2086
	run mmlens $command
	ran "without it, mmlens $command is refused" 2
	like "... and says how to load it" "$err" 'not loaded.*(modprobe|insmod|make load)'
	is "... and nothing else" "$out" ""
done

ok "the module loads again" insmod "$ko"
ok "... and answers" mmlens info
ktap_end
