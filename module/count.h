/* SPDX-License-Identifier: GPL-2.0 */
/* Counting the pages of a VMA by kind. */
#ifndef MMLENS_COUNT_H
#define MMLENS_COUNT_H

#include <linux/skbuff.h>

#include "dump.h"

/**
 * struct mmlens_counts - what enum mmlens_vma_col counts
 * @of: by column; in base pages, mostly
 */
struct mmlens_counts {
	u64 of[MMLENS_VMA_COL_MAX + 1];
};

/* Attributes of the counts of a MMLENS_VMA_COL_BIT() mask. */
#define MMLENS_COUNTS_SIZE(columns)					\
	(nla_total_size(0) +						\
	 hweight64(columns) * nla_total_size_64bit(sizeof(u64)))

int mmlens_count_range(struct mmlens_counts *counts, struct mmlens_dump *dump,
		       unsigned long end, struct mmlens_deadline *deadline);
int mmlens_put_counts(struct sk_buff *skb, int attr,
		      const struct mmlens_counts *counts, u64 granted);

#endif /* MMLENS_COUNT_H */
