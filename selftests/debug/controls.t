#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# controls.t [together]: would they have rung? For each checker of the debug kernel,
# controls/bad.c does what it is there to notice, and scripts/vm has to fail for it.
# Each crime has a machine of its own, since the first report of one checker may turn
# off another. `together`: one machine, for those that leave each other be in this
# order: what lockdep has seen turns it off, and so does what KASAN has.
. "$(dirname "$0")/../ktap.sh"

top=$(cd "$(dirname "$0")/../.." && pwd)
scripts=$top/scripts
dir=$BUILD/controls
files=$ktap_files
export VM_LOGS=$files VM_FAST=1

headers=$("$scripts/kernel" path debug headers 2>/dev/null) ||
	skip_all "the debug kernel has not been built: scripts/kernel fetch debug"

mkdir -p "$dir"
cp "$top"/selftests/debug/controls/{Kbuild,bad.c} "$dir/"
make -s -C "$headers" M="$dir" modules >"$files/log" 2>&1 || {
	note - <"$files/log"
	bail "the bad module does not build"
}

# commit CRIME...: sets $status, $out, $err and $console
commit()
{
	run "$scripts/vm" run --kernel debug --no-load --memory 1024 -- \
		bash -c 'for crime; do
			echo "bad: $crime" >/dev/kmsg
			insmod "$0/bad.ko" do="$crime" && rmmod bad
		done
		true' "$dir" "$@"
	console=$(cat "$files"/console-debug*.log)
	rm -f "$files"/console-debug*.log
}

# rings CHECKER PATTERN: the scanner has shown such a line
rings()
{
	if grep -qE "console-debug.*$2" <<<"$err"; then
		pass "$1"
	else
		fail "$1" "no line like '$2' was shown"$'\n'"$(tail -n 40 <<<"$err")"
	fi
}

# crime NAME CHECKER PATTERN
crime()
{
	commit "$1"
	ran "$1: the run fails" 126
	rings "... for $2" "$3"
}

if [ "${1-}" = together ]; then
	commit lock-inversion bad-shift bad-index sleep-in-atomic use-after-free leak
	ran "six crimes in one run: it fails" 126
	rings "... for PROVE_LOCKING" 'possible circular locking dependency'
	rings "... for UBSAN, shift" 'UBSAN: shift-out-of-bounds'
	rings "... for UBSAN, bounds" 'UBSAN: array-index-out-of-bounds'
	rings "... for DEBUG_ATOMIC_SLEEP" 'sleeping function called from invalid context'
	rings "... for KASAN" 'KASAN: slab-use-after-free'
	rings "... for kmemleak" 'kmemleak: .*new suspected memory leaks'
else
	commit nothing
	ran "a module that does nothing wrong: the run is good" 0
	crime sleep-in-atomic DEBUG_ATOMIC_SLEEP 'sleeping function called from invalid context'
	crime sleep-in-rcu "DEBUG_ATOMIC_SLEEP, below rcu_read_lock()" \
		'sleeping function called from invalid context|Voluntary context switch within RCU'
	crime lock-inversion PROVE_LOCKING 'possible circular locking dependency'
	crime mmap-lock-twice "PROVE_LOCKING, the same lock twice" 'possible recursive locking'
	crime lock-kept "PROVE_LOCKING, a lock taken to user space" 'lock held when returning to user space'
	crime unprotected-rcu PROVE_RCU 'suspicious RCU usage'
	crime bad-shift "UBSAN, shift" 'UBSAN: shift-out-of-bounds'
	crime bad-index "UBSAN, bounds" 'UBSAN: array-index-out-of-bounds'
	crime use-after-free "KASAN, slab" 'KASAN: slab-use-after-free'
	crime out-of-vmalloc "KASAN, vmalloc" 'KASAN: vmalloc-out-of-bounds'
	crime freed-page DEBUG_VM 'kernel BUG at .*mm\.h'
	crime leak kmemleak 'kmemleak: .*new suspected memory leaks'
fi
like "... which says whence" "$console" 'unreferenced object'
ktap_end
