/* SPDX-License-Identifier: GPL-2.0 */
/* Sets of processes, to be asked in a probe's handler. */
#ifndef MMLENS_GROUPS_H
#define MMLENS_GROUPS_H

#include <linux/atomic.h>
#include <linux/pid.h>

/**
 * struct mmlens_groups - thread groups, pinned by their struct pid
 * @slot: an open hash table
 * @bits: it has 1 << @bits slots
 * @room: how many it takes
 * @claimed: how many there are or are about to be
 * @added: how many there are
 * @refused: how many there was no room for
 */
struct mmlens_groups {
	struct pid **slot;
	unsigned int bits;
	int room;
	atomic_t claimed;
	atomic_t added;
	atomic64_t refused;
};

int mmlens_groups_init(struct mmlens_groups *groups, struct pid *first,
		       bool grows);
void mmlens_groups_free(struct mmlens_groups *groups);
bool mmlens_groups_has(const struct mmlens_groups *groups,
		       const struct pid *group);
void mmlens_groups_add(struct mmlens_groups *groups, struct pid *group);
bool mmlens_groups_gone(struct mmlens_groups *groups);

#endif /* MMLENS_GROUPS_H */
