/* SPDX-License-Identifier: GPL-2.0 */
/* The process that is asked about, and who may ask. */
#ifndef MMLENS_TARGET_H
#define MMLENS_TARGET_H

#include <linux/netlink.h>
#include <linux/pid.h>
#include <linux/sched.h>

#include <linux/mmlens.h>

/**
 * struct mmlens_target - a process, pinned for the life of a request
 * @pid: of its thread group; a number may be used again, this is not
 * @task: the task asked for; only between mmlens_target_get() and
 *	mmlens_target_put_task()
 * @mm: its mm with mm_count held, which keeps the struct and not the memory;
 *	NULL when it has none
 * @state: why it has none
 * @nr: the number asked for
 * @tgid: number of its thread group
 * @exec_id: how often the task has exec'd
 * @start_time: ns since boot
 */
struct mmlens_target {
	struct pid *pid;
	struct task_struct *task;
	struct mm_struct *mm;
	enum mmlens_task_state state;
	u32 nr;
	u32 tgid;
	u64 exec_id;
	u64 start_time;
};

int mmlens_may_ask(struct sk_buff *skb, struct netlink_ext_ack *extack);

int mmlens_target_get(struct mmlens_target *target, const struct nlattr *pid,
		      struct netlink_ext_ack *extack);
int mmlens_target_get_mm(struct mmlens_target *target, const struct nlattr *pid,
			 struct netlink_ext_ack *extack);
void mmlens_target_put_task(struct mmlens_target *target);
void mmlens_target_put(struct mmlens_target *target);

int mmlens_target_lock(struct mmlens_target *target, unsigned int wait_us,
		       bool queue);
void mmlens_target_unlock(struct mmlens_target *target);

/**
 * struct mmlens_deadline - when a held mmap lock is to be given back
 * @at: ktime_get_mono_fast_ns()
 * @work: entries looked at since the clock was
 */
struct mmlens_deadline {
	u64 at;
	u32 work;
};

/* So many entries could be looked at in the time that a VMA takes. */
#define MMLENS_VMA_WORK	16

bool mmlens_lock_overdue(struct mm_struct *mm, struct mmlens_deadline *deadline,
			 u32 work);

void mmlens_opaque_init(void);
u64 mmlens_opaque(const void *object);

#endif /* MMLENS_TARGET_H */
