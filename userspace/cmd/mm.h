/* SPDX-License-Identifier: GPL-2.0 */
/* An address space as a whole, as mm and the portrait print it. */
#ifndef CMD_MM_H
#define CMD_MM_H

#include "cmd/cmd.h"

/* Of struct mm_row. */
extern const struct show_column mm_columns[];

/* All sizes are bytes here, not pages. */
struct mm_row {
	struct mml_mm mm;
	uint64_t rss;
	bool rss_exact;
	uint64_t page_size;
	uint32_t bits;		/* of its addresses: 32 or 64 */
	uint32_t levels;	/* of page tables */
	uint64_t kernel_start;	/* where the kernel's half begins */
	uint64_t start_bss, end_bss;	/* mml_end_bss(); unknown without the areas */
};

/* Asks for all but what takes the areas. Returns 0, or an exit code: the error is printed. */
int mm_read(struct mml_ctx *ctx, uint32_t pid, struct mm_row *row);

/* What only the areas tell. */
void mm_add_bss(struct mm_row *row, const struct mml_vmas *vmas);

/* Why there is no address space, as a sentence. */
const char *mm_absent(const struct mml_mm *mm);

#endif /* CMD_MM_H */
