// SPDX-License-Identifier: GPL-2.0
/*
 * The process that is asked about.
 *
 * A request pins the thread group's struct pid and, by mm_count, the mm that
 * it had when the request came. mm_users is taken only for one hold of the
 * mmap lock: a reader who sleeps on his answer must not keep a killed
 * process's memory alive. Each hold looks again which mm the group has, so
 * that an exec is noticed and the old address space is never passed off as
 * the process's.
 */
#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/siphash.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "compat/vma.h"
#include "target.h"

static siphash_key_t opaque_key __read_mostly;

/**
 * mmlens_opaque_init() - draw the key of this load
 */
void mmlens_opaque_init(void)
{
	get_random_bytes(&opaque_key, sizeof(opaque_key));
}

/**
 * mmlens_opaque() - a number that tells objects apart and says nothing else
 * @object: any kernel pointer; it never leaves the module
 */
u64 mmlens_opaque(const void *object)
{
	return siphash_1u64((unsigned long)object, &opaque_key);
}

/*
 * netlink_capable() asks this only of a message that names no destination (see
 * NETLINK_SKB_DST): what is answered to one that does would be there for whoever
 * opened the socket, and has given it to somebody who may ask, to read as well.
 */
static bool opener_may_ask(const struct socket *socket)
{
	return socket && socket->file &&
	       file_ns_capable(socket->file, &init_user_ns, CAP_SYS_ADMIN);
}

/**
 * mmlens_may_ask() - is the requester allowed to see frame numbers?
 * @skb: the request, also while its dump goes on
 * @extack: for the reason
 *
 * The bar of /proc/PID/pagemap for PFNs: CAP_SYS_ADMIN in the initial user
 * namespace, for whoever opened the socket and for the caller; and a network
 * namespace that no other user namespace's root administers. That one may ptrace
 * the target, which /proc asks for besides, is not asked. To be checked in
 * every .doit, .start and .dumpit, since a dump goes on in whoever receives.
 *
 * Return: 0 or -EPERM
 */
int mmlens_may_ask(struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	if (!netlink_capable(skb, CAP_SYS_ADMIN) ||
	    !opener_may_ask(NETLINK_CB(skb).sk->sk_socket)) {
		NL_SET_ERR_MSG(extack,
			       "CAP_SYS_ADMIN in the initial user namespace is needed");
		return -EPERM;
	}
	/* nlmon copies every message of a netns to whoever administers it */
	if (sock_net(NETLINK_CB(skb).sk)->user_ns != &init_user_ns) {
		NL_SET_ERR_MSG(extack,
			       "this network namespace belongs to another user namespace, whose root could listen");
		return -EPERM;
	}
	if (security_locked_down(LOCKDOWN_KCORE)) {
		NL_SET_ERR_MSG(extack,
			       "the kernel is locked down for confidentiality");
		return -EPERM;
	}
	return 0;
}

/*
 * The mm of a thread group, with mm_users: its leader may be dead already. The way
 * of find_lock_task_mm(), which is not exported: it stops at the first thread that
 * lives, and passes only those that have died and are not reaped yet, which takes
 * a tracer to make many of.
 */
static struct mm_struct *group_mm(struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	struct task_struct *thread;

	if (mm || (task->flags & PF_KTHREAD))
		return mm;
	rcu_read_lock();
	for_each_thread(task, thread) {
		mm = get_task_mm(thread);
		if (mm)
			break;
	}
	rcu_read_unlock();
	return mm;
}

static enum mmlens_task_state task_state(const struct task_struct *task)
{
	if (task->flags & PF_KTHREAD)
		return MMLENS_TASK_KTHREAD;
	return READ_ONCE(task->exit_state) ? MMLENS_TASK_ZOMBIE :
					     MMLENS_TASK_EXITING;
}

/**
 * mmlens_target_get() - find and pin a task and its mm, if it has one
 * @target: result; to be given to mmlens_target_put()
 * @pid: MMLENS_A_PID, a number of the caller's PID namespace, or NULL
 * @extack: for the reason of a refusal
 *
 * Only for .doit and .start, which run in the caller.
 *
 * Return: 0, -EINVAL for a number that no task can have, -ESRCH for one that
 * none has
 */
int mmlens_target_get(struct mmlens_target *target, const struct nlattr *pid,
		      struct netlink_ext_ack *extack)
{
	struct pid *struct_pid;
	struct mm_struct *mm;

	*target = (struct mmlens_target) { .state = MMLENS_TASK_ALIVE };
	if (!pid) {
		NL_SET_ERR_MSG(extack, "PID is missing");
		return -EINVAL;
	}
	target->nr = nla_get_u32(pid);
	if (!target->nr || target->nr > INT_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, pid, "no task can have this PID: 1 to 2147483647");
		return -EINVAL;
	}
	struct_pid = find_get_pid(target->nr);
	target->task = get_pid_task(struct_pid, PIDTYPE_PID);
	put_pid(struct_pid);
	if (!target->task) {
		NL_SET_ERR_MSG_ATTR(extack, pid, "no such process");
		return -ESRCH;
	}
	target->pid = get_task_pid(target->task, PIDTYPE_TGID);
	target->tgid = pid_vnr(target->pid);
	target->start_time = target->task->start_boottime;

	mm = group_mm(target->task);
	/* after the mm: an exec in between then shows as a new id, not an old one */
	target->exec_id = READ_ONCE(target->task->self_exec_id);
	if (mm) {
		mmgrab(mm);
		mmput_async(mm);
		target->mm = mm;
	} else {
		target->state = task_state(target->task);
	}
	return 0;
}

/**
 * mmlens_target_get_mm() - the same, for what cannot be asked without an mm
 * @target: result
 * @pid: MMLENS_A_PID or NULL
 * @extack: for the reason of a refusal
 *
 * The task itself is let go again.
 *
 * Return: as mmlens_target_get(), or -ENODATA for a task without an mm
 */
int mmlens_target_get_mm(struct mmlens_target *target, const struct nlattr *pid,
			 struct netlink_ext_ack *extack)
{
	int err = mmlens_target_get(target, pid, extack);

	if (err)
		return err;
	mmlens_target_put_task(target);
	if (target->mm)
		return 0;
	if (target->state == MMLENS_TASK_KTHREAD)
		NL_SET_ERR_MSG_ATTR(extack, pid,
				    "a kernel thread has no user address space");
	else
		NL_SET_ERR_MSG_ATTR(extack, pid,
				    "the process is dead: its address space is gone");
	mmlens_target_put(target);
	return -ENODATA;
}

/**
 * mmlens_target_put_task() - let go of the task, keep pid and mm
 * @target: as gotten
 */
void mmlens_target_put_task(struct mmlens_target *target)
{
	if (target->task)
		put_task_struct(target->task);
	target->task = NULL;
}

/**
 * mmlens_target_put() - let go of everything
 * @target: as gotten; may be all zeroes
 */
void mmlens_target_put(struct mmlens_target *target)
{
	mmlens_target_put_task(target);
	if (target->mm)
		mmdrop(target->mm);
	put_pid(target->pid);
	target->mm = NULL;
	target->pid = NULL;
}

/* Take mm_users if the group still has this mm. */
static int get_users(struct mmlens_target *target)
{
	struct task_struct *task = get_pid_task(target->pid, PIDTYPE_TGID);
	struct mm_struct *mm;

	if (!task)
		return -ESRCH;
	mm = group_mm(task);
	put_task_struct(task);
	if (mm == target->mm)
		return 0;
	if (!mm)
		return -ESRCH;
	mmput_async(mm);
	return -ESTALE;
}

/*
 * Wait for the mmap lock until @deadline. As soon as it is seen to pass from
 * hand to hand, a dump (@queue) gets in line: who only tries never gets a lock
 * that others queue for.
 */
static int wait_for_lock(struct mm_struct *mm, u64 deadline, bool queue)
{
	unsigned long owner = mml_mmap_lock_owner(mm);

	while (!mmap_read_trylock(mm)) {
		if (queue && mml_mmap_lock_owner(mm) != owner)
			return mmap_read_lock_killable(mm) ? -EAGAIN : 0;
		if (signal_pending(current) ||
		    ktime_get_mono_fast_ns() >= deadline)
			return -EAGAIN;
		usleep_range(20, 100);
	}
	return 0;
}

/**
 * mmlens_target_lock() - take the target's mmap lock for reading, and mm_users
 * @target: has an mm
 * @wait_us: how long to try
 * @queue: may get in line, if the lock is moving
 *
 * A lock that has not moved since is not queued for: the reader would be stuck
 * with who never gives it back. Whoever gets it after that can still keep it,
 * and the reader with it until one of them is killed. A .doit does not queue at
 * all, since it runs under genetlink's cb_lock, on which all generic netlink
 * would wait. Sleeps.
 *
 * Return: 0; -EAGAIN when the lock was not to be had, or a signal came;
 * -ESRCH when the process is gone; -ESTALE when it has another mm by now
 */
int mmlens_target_lock(struct mmlens_target *target, unsigned int wait_us,
		       bool queue)
{
	u64 deadline = ktime_get_mono_fast_ns() + wait_us * (u64)NSEC_PER_USEC;
	int err = get_users(target);

	if (err)
		return err;
	err = wait_for_lock(target->mm, deadline, queue);
	if (err)
		mmput_async(target->mm);
	return err;
}

/*
 * Entries between two looks at the clock. VMAs of a page and tables with next
 * to nothing in them come by the thousand, and a clock that is not the TSC
 * takes longer to read than they do.
 */
#define WORK_PER_LOOK 512

/**
 * mmlens_lock_overdue() - is it time to give a held mmap lock back?
 * @mm: whose mmap lock is held
 * @deadline: until when it may be held
 * @work: how many entries were looked at since this was last asked, or what
 *	took as long
 */
bool mmlens_lock_overdue(struct mm_struct *mm, struct mmlens_deadline *deadline,
			 u32 work)
{
	if (mmap_lock_is_contended(mm) || need_resched())
		return true;
	deadline->work += work;
	if (deadline->work < WORK_PER_LOOK)
		return false;
	deadline->work = 0;
	return ktime_get_mono_fast_ns() >= deadline->at;
}

/**
 * mmlens_target_unlock() - undo mmlens_target_lock()
 * @target: locked
 *
 * The last user's work (exit_mmap()) is left to a workqueue.
 */
void mmlens_target_unlock(struct mmlens_target *target)
{
	mmap_read_unlock(target->mm);
	mmput_async(target->mm);
}
