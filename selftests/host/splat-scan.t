#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scripts/splat-scan against recorded consoles: splats/clean-*.log hold no
# complaint, every other file holds one.
. "$(dirname "$0")/../ktap.sh"

scan=$(cd "$(dirname "$0")/../../scripts" && pwd)/splat-scan
cd "$(dirname "$0")/splats" || bail "no recorded consoles"

# ---- recorded consoles -----------------------------------------------------

# headline FILE PATTERN: the scan finds it, and says where
headline()
{
	run "$scan" "$1"
	if [ "$status" = 1 ]; then
		like "${1%.log}" "$out" "$1:[0-9]+:.*$2"
	else
		fail "${1%.log}" "exit status $status"
	fi
}

headline bad-page-map.log 'BUG: Bad page map in process.*page dumped because.*Bad rss-counter'
headline bad-page-state.log 'BUG: Bad page state'
headline hung-task.log 'task insmod:145 blocked for more than'
headline kasan.log 'BUG: KASAN: slab-use-after-free in mmlens_window'
headline kernel-bug.log 'kernel BUG at bad.c:31.*invalid opcode.*Kernel panic'
headline kmemleak.log '3 new suspected memory leaks'
headline kobject.log 'WARNING: .* at lib/kobject.c'
headline list-corruption.log 'list_del corruption'
headline lockdep-circular.log 'possible circular locking dependency'
headline lockdep-irq.log 'inconsistent lock state'
headline lockdep-recursive.log 'possible recursive locking'
headline null-pointer.log 'kernel NULL pointer dereference.*Oops: 0002'
headline page-fault.log 'unable to handle page fault'
headline protection-fault.log 'general protection fault, probably'
headline rcu-stall.log 'rcu_preempt self-detected stall'
headline refcount.log 'refcount_t: addition on 0'
headline scheduling-while-atomic.log 'scheduling while atomic'
headline slab-objects.log 'Objects remaining in bad_cache.*still has objects'
headline sleeping.log 'sleeping function called from invalid context'
headline soft-lockup.log 'soft lockup'
headline suspicious-rcu.log 'suspicious RCU usage'
headline ubsan.log 'UBSAN: array-index-out-of-bounds'
headline warning.log 'WARNING: .* bad_init'

for file in clean-*.log; do
	run "$scan" "$file"
	is "${file%.log}" "$status $out" "0 "
done

is "every recorded console was looked at" "$ktap_tests" "$(printf '%s\n' ./*.log | wc -l)"

# ---- headlines of which no whole report is recorded ------------------------

cat >"$ktap_files/headlines" <<'LINES'
[    1.000000] BUG kmalloc-64 (Tainted: G    B      OE     ): Poison overwritten
[    1.000000] BUG kmalloc-rnd-03-192 (Not tainted): Redzone overwritten
[    1.000000] BUG: KFENCE: use-after-free read in mmlens_window+0x1f3/0x6a0 [mmlens]
[    1.000000] BUG: KCSAN: data-race in mmlens_epoch_begin / mmlens_epoch_end
[    1.000000] BUG: workqueue leaked lock or atomic: kworker/0:1/0x00000001/22
[    1.000000] BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 43s!
[    1.000000] BUG: spinlock bad magic on CPU#0, mmlens/140
[    1.000000] BUG: non-zero pgtables_bytes on freeing mm: 4096
[    1.000000][  T140] WARNING: held lock freed!
[    1.000000] WARNING: bad unlock balance detected!
[    1.000000] WARNING: possible irq lock inversion dependency detected
[    1.000000] WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected
[    1.000000] WARNING: lock held when returning to user space!
[    1.000000] INFO: possible circular locking dependency detected
[    1.000000] INFO: inconsistent lock state
[    1.000000] INFO: suspicious RCU usage. 
[    1.000000] INFO: trying to register non-static key.
[    1.000000] [ BUG: Invalid wait context ]
[    1.000000] DEBUG_LOCKS_WARN_ON(lock->magic != lock)
[    1.000000] turning off the locking correctness validator.
[    1.000000] INFO: lockdep is turned off.
[    1.000000] rcu: INFO: rcu_sched detected stalls on CPUs/tasks: { 1-...! } 5 jiffies
[    1.000000] rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { P140 } 21 jiffies s: 97
[    1.000000] INFO: rcu_tasks detected stalls on tasks:
[    1.000000] rcu: rcu_preempt kthread starved for 5250 jiffies! g11153 f0x0 RCU_GP_WAIT_FQS(5)
[    1.000000] watchdog: Watchdog detected hard LOCKUP on cpu 0
[    1.000000] Unable to handle kernel paging request at virtual address ffff8000100a2000
[    1.000000] KASAN: null-ptr-deref in range [0x0000000000000018-0x000000000000001f]
[    1.000000] divide error: 0000 [#1] PREEMPT SMP NOPTI
[    1.000000] traps: PANIC: double fault, error_code: 0x0 double fault: 0000 [#1]
[    1.000000] kernel tried to execute NX-protected page - exploit attempt? (uid: 0)
[    1.000000] usercopy: Kernel memory exposure attempt detected from SLUB object 'kmalloc-96' (offset 0, size 128)!
[    1.000000] list_add corruption. next->prev should be prev (ffff888003a1), but was 0000000000000000.
[    1.000000] list_add double add: new=ffff888003a1, prev=ffff888003a1, next=ffff888003a2.
[    1.000000] mm/pgtable-generic.c:51: bad pmd ffff888004a3a7f8(80000000068000e7)
[    1.000000] kobject: 'mmlens' (00000000d2a2b6a4): is leaking
[    1.000000] kobject (00000000c1d3): tried to init an initialized object, something is seriously wrong.
[    1.000000] sysfs: cannot create duplicate filename '/module/mmlens'
[    1.000000] kmemleak: Kernel memory leak detector disabled
[    1.000000] ODEBUG: free active (active state 0) object: ffff888005d1 object type: timer_list hint: 0x0
[    1.000000] VFS: Busy inodes after unmount of 9p (9p)
[    1.000000] mmlens: 3 pids leaked
[    1.000000] get_swap_device: Bad swap file entry 3fffffffffe00
[    1.000000] netlink: 4 bytes leftover after parsing attributes in process `mmlens'.
[    1.000000] netlink: 'mmlens': attribute type 3 has an invalid length.
[    1.000000] mmlens: module license 'unspecified' taints kernel.
[    1.000000] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100
LINES
run "$scan" "$ktap_files/headlines"
is "every other headline" \
	"$(diff <(sed "s|^$ktap_files/headlines:[0-9]*:||" "$ktap_files/out") "$ktap_files/headlines")" ''

# ---- files as they can be --------------------------------------------------

printf '[    1.0] fine\r\n[    2.0] Oops: 0002 [#1]\r\n\0\377[    3.0] kernel BUG at x.c:1!\r\n' \
	>"$ktap_files/serial"
run "$scan" "$ktap_files/serial"
is "carriage returns and bytes that are no text" "$status $(wc -l <"$ktap_files/out")" "1 2"
like "line numbers" "$out" "serial:2:.*serial:3:"

: >"$ktap_files/empty"
run "$scan" "$ktap_files/empty"
ran "an empty console is clean" 0
run "$scan" clean-words.log kasan.log clean-6.1.log
ran "one of several" 1
run "$scan" "$ktap_files/missing"
ran "a file that is not there" 2
run "$scan" kasan.log "$ktap_files"
ran "a directory, though another file has a splat" 2
like "which is reported all the same" "$out" 'kasan.log:[0-9]+:'
run "$scan"
ran "no file" 2
run "$scan" -h
ran "help" 0

# ---- the table itself ------------------------------------------------------

is "every line of the allowlist has its reason" "$(sed -n '/^allowed()/,/^PATTERNS/p' "$scan" |
	awk '/^(allowed|PATTERNS|$)/ { last = ""; next } !/^#/ && last !~ /^#/ { print } { last = $0 }')" ''

ktap_end
