/* SPDX-License-Identifier: GPL-2.0 */
/* Epochs: has anything been taken away since? */
#ifndef MMLENS_EPOCH_H
#define MMLENS_EPOCH_H

#include <linux/mm_types.h>
#include <linux/types.h>

/**
 * struct mmlens_epoch - one look at an mm's flush counter
 * @gen: TLB flushes so far; 0 where the architecture does not count them
 * @pending: somebody has changed entries and not yet flushed
 */
struct mmlens_epoch {
	u64 gen;
	bool pending;
};

bool mmlens_epoch_supported(void);
struct mmlens_epoch mmlens_epoch_sample(struct mm_struct *mm);
bool mmlens_epoch_torn(const struct mmlens_epoch *first,
		       const struct mmlens_epoch *last);

#endif /* MMLENS_EPOCH_H */
