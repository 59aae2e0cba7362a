/* SPDX-License-Identifier: GPL-2.0 */
/* Epochs: has anything been taken away since? */
#ifndef MMLENS_EPOCH_H
#define MMLENS_EPOCH_H

#include <linux/mm_types.h>
#include <linux/types.h>

#include "compat/pgtable.h"

/**
 * struct mmlens_epoch - one look at an mm's flush counter
 * @gen: TLB flushes so far; 0 where the architecture does not count them
 * @pending: somebody has changed entries and not yet flushed
 */
struct mmlens_epoch {
	u64 gen;
	bool pending;
};

/**
 * mmlens_epoch_supported() - can tears be seen on this architecture?
 */
static inline bool mmlens_epoch_supported(void)
{
	return MML_HAVE_TLB_GEN;
}

struct mmlens_epoch mmlens_epoch_sample(struct mm_struct *mm);
bool mmlens_epoch_torn(const struct mmlens_epoch *first,
		       const struct mmlens_epoch *last);

#endif /* MMLENS_EPOCH_H */
