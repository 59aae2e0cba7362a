#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What makes no sense is refused, with words, and leaves no trace in the log:
# raw requests (badinput.c), then the same at the tool, as a table.
. "$(dirname "$0")/../ktap.sh"

# Netlink itself logs each malformed attribute, at level warning, however strict
# the policy is. That is not ours, so it need not alarm whoever reads the console.
level=$(cut -f 1 /proc/sys/kernel/printk)
dmesg -n 4
dmesg >"$ktap_files/before"

include badinput

# row EXIT PATTERN ARG...: `mmlens ARG...` ends so, and says so on stderr only
row()
{
	local expected=$1 pattern=$2 name

	shift 2
	run mmlens "$@"
	name=$(printf 'mmlens%s | %d | %s' "$(printf ' %q' "$@")" "$status" "${err%%$'\n'*}")
	if [ "$status" != "$expected" ] || ! [[ $err =~ $pattern ]] || [ -z "$err" ] ||
	   [ -n "$out" ]; then
		fail "$name" "expected exit status $expected, /$pattern/ on stderr, nothing on stdout"$'\n'"$out"
	else
		pass "$name"
	fi
}

target_start zombie "$BUILD/targets/zombie"
target_start holes "$BUILD/targets/holes"
sh -c : &
dead=$!
wait $dead

note "tool: input | exit status | what it says"
# which process
for pid in 0 -1 4294967296 99999999999999999999 12x ''; do
	row 1 'process ID' pages -- "$pid"
done
row 1 'process ID' mm 0
row 1 'process ID' vma 0
row 1 'process ID' walk 0 0x1000
row 1 'process ID' cow $$ 0
row 1 'process ID|command' 0
row 2 'no such process' mm $dead
row 2 'no such process' vma $dead
row 2 'no such process' pages $dead
row 2 'no such process' walk $dead 0x1000
row 2 'no such process' cow $$ $dead
row 2 'no such process' $dead
row 2 'kernel thread' pages 2
row 2 'kernel thread' walk 2 0x1000
row 2 'dead|zombie' vma "$zombie_ZOMBIE"
row 2 'dead|zombie' walk "$zombie_ZOMBIE" 0x1000

# addresses and ranges
for address in 0x800000000000 0xffff888000000000 0xffffffffffffffff; do
	row 2 'address' walk "$holes_PID" $address
done
for address in 0x10000000000000000 xyz '' 0x 12345678g -1; do
	row 1 '' walk "$holes_PID" -- "$address"
done
row 1 '' pages "$holes_PID" 2000-1000
row 1 '' pages "$holes_PID" 1000-1000
row 1 '' pages "$holes_PID" 1000+0
row 1 '' pages "$holes_PID" 1000-
row 1 '' pages "$holes_PID" -- -1000
row 1 '' pages "$holes_PID" 1000-zzz
row 1 '' pages "$holes_PID" 0-0x10000000000000000
row 2 'END' pages "$holes_PID" ffffffffffffe000+1000
row 1 'stack' pages "$holes_PID" no-such-area

# frames
for frame in 0x10000000000000 0xffffffffffffffff 18446744073709551615; do
	row 2 'START' frame $frame
done
row 2 'END' frame 0-0x10000000000001
for frame in xyz '' 0x 12x 1- -1 5-2 5-5 5-x 0x10000000000000000; do
	row 1 'frame|range|option' frame -- "$frame"
done
row 1 'single' frame --who 1-3
row 1 'missing' frame

# words
row 1 '' frobnicate
row 1 '' --frobnicate
row 1 '' pages --frobnicate $$
row 1 '' info surplus
row 1 '' mm $$ surplus
row 1 'COLUMN|column' pages -o NOSUCH $$
row 1 'COLUMN|column' pages -o '' $$
row 1 'COLUMN|column' pages -o 'START,,PAGES' $$
row 1 '' pages --color=sometimes $$

# that a kernel thread and a zombie have no memory is an answer
run mmlens mm 2
ran "mmlens mm 2 answers" 0
like "... and says what it is" "$out" 'kernel thread'
run mmlens mm "$zombie_ZOMBIE"
ran "mmlens mm of a zombie answers" 0
like "... and says what it is" "$out" 'zombie'

dmesg -n "$level"
dmesg >"$ktap_files/after"
is "nothing new in the kernel's log" \
	"$(diff "$ktap_files/before" "$ktap_files/after" | grep '^>' | grep -vE "$slow_machine|\] netlink: ")" ""
ktap_end
