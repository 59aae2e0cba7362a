/* SPDX-License-Identifier: GPL-2.0 */
/* Page-table entries: what an entry says by itself. */
#ifndef MMLENS_ENTRY_H
#define MMLENS_ENTRY_H

#include <linux/mm.h>

#include <linux/mmlens.h>

/**
 * struct mmlens_entry - an entry, taken apart
 * @state: what it is; PRESENT here means only that the hardware may use it
 * @bits: MMLENS_ENTRY_*
 * @frame: PFN it points to, or MMLENS_UNKNOWN
 * @swap: MMLENS_SWAP(), or MMLENS_UNKNOWN
 * @zero: @frame is the shared page of zeroes, which is mapped uncounted
 * @has_page: the entry holds a reference to the struct page of @frame, which
 *	may be read for as long as the page-table lock is held
 */
struct mmlens_entry {
	enum mmlens_state state;
	u64 bits;
	u64 frame;
	u64 swap;
	bool zero;
	bool has_page;
};

u64 mmlens_known_states(void);
void mmlens_entry_pte(struct mmlens_entry *entry, unsigned long vm_flags,
		      pte_t pte);
void mmlens_entry_huge(struct mmlens_entry *entry, unsigned long vm_flags,
		       enum mmlens_level level, u64 raw, unsigned long addr);

#endif /* MMLENS_ENTRY_H */
