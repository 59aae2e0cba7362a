// SPDX-License-Identifier: GPL-2.0
/*
 * Sets of processes that only grow.
 *
 * An open hash table of struct pid, each with a reference: a pinned one is not
 * used again for another process, so comparing pointers is enough. Its slots
 * are filled once and emptied only with the table, which makes looking things
 * up safe anywhere, without a lock; and it is never filled to the last slot,
 * so that a search comes to an end.
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "groups.h"

/* Of 4096 slots, three quarters. */
#define GROWING_BITS	12
#define GROWING_ROOM	3072

/**
 * mmlens_groups_init() - a set of one
 * @groups: to be set up
 * @first: the one; a reference is taken
 * @grows: others will be added
 *
 * Return: 0 or -ENOMEM; to be given to mmlens_groups_free() in both cases
 */
int mmlens_groups_init(struct mmlens_groups *groups, struct pid *first,
		       bool grows)
{
	groups->bits = grows ? GROWING_BITS : 1;
	groups->room = grows ? GROWING_ROOM : 1;
	groups->slot = kvcalloc(1U << groups->bits, sizeof(*groups->slot),
				GFP_KERNEL_ACCOUNT);
	if (!groups->slot)
		return -ENOMEM;
	mmlens_groups_add(groups, first);
	return 0;
}

/**
 * mmlens_groups_free() - undo mmlens_groups_init()
 * @groups: that nobody asks any more; may be all zeroes
 */
void mmlens_groups_free(struct mmlens_groups *groups)
{
	u32 i;

	if (groups->slot)
		for (i = 0; i < 1U << groups->bits; i++)
			put_pid(groups->slot[i]);
	kvfree(groups->slot);
	groups->slot = NULL;
}

static u32 next_slot(const struct mmlens_groups *groups, u32 i)
{
	return (i + 1) & ((1U << groups->bits) - 1);
}

/**
 * mmlens_groups_has() - is it one of them?
 * @groups: the set
 * @group: a thread group, or NULL, which is none
 */
bool mmlens_groups_has(const struct mmlens_groups *groups,
		       const struct pid *group)
{
	u32 i = hash_ptr(group, groups->bits);
	const struct pid *there;

	while ((there = READ_ONCE(groups->slot[i])) && there != group)
		i = next_slot(groups, i);
	return there;
}

/**
 * mmlens_groups_add() - add a thread group that is not in the set, if there is room
 * @groups: the set
 * @group: a reference is taken
 *
 * May be called anywhere, also by several at a time.
 */
void mmlens_groups_add(struct mmlens_groups *groups, struct pid *group)
{
	u32 i = hash_ptr(group, groups->bits);

	if (atomic_inc_return(&groups->claimed) > groups->room) {
		atomic_dec(&groups->claimed);
		atomic64_inc(&groups->refused);
		return;
	}
	get_pid(group);
	while (cmpxchg(&groups->slot[i], NULL, group))
		i = next_slot(groups, i);
	/* after the slot, see mmlens_groups_gone() */
	smp_mb__before_atomic();
	atomic_inc(&groups->added);
}

/* Has any of its threads still an mm? An exec exchanges it in one step. */
static bool group_lives(struct pid *group)
{
	struct task_struct *leader, *thread;
	bool lives = false;

	rcu_read_lock();
	leader = pid_task(group, PIDTYPE_TGID);
	if (leader)
		for_each_thread(leader, thread)
			lives |= READ_ONCE(thread->mm) != NULL;
	rcu_read_unlock();
	return lives;
}

/**
 * mmlens_groups_gone() - have all of them given up their address spaces?
 * @groups: the set
 *
 * A child is added while its parent lives: if none was added while we looked,
 * none was overlooked.
 */
bool mmlens_groups_gone(struct mmlens_groups *groups)
{
	int added = atomic_read(&groups->added);
	u32 i;

	/* what is counted is seen in its slot */
	smp_rmb();
	for (i = 0; i < 1U << groups->bits; i++) {
		struct pid *group = READ_ONCE(groups->slot[i]);

		if (group && group_lives(group))
			return false;
	}
	/* a parent seen dead had its children counted before */
	smp_rmb();
	return atomic_read(&groups->added) == added;
}
