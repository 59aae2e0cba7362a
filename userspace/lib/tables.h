/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What page-table pages sum to.
 *
 * The kernel counts them as it links them into the table above
 * (mm->pgtables_bytes, VmPTE in /proc/PID/status): mm_inc_nr_ptes(), _pmds()
 * and _puds(), a page each. Nobody counts p4d tables, nor the top table, which
 * is made with the mm. An anonymous huge page, the huge page of zeroes too, has
 * a PTE table deposited for the day it is split, which is counted as one that
 * is in use (mm/huge_memory.c). hugetlb counts its PMD and PUD tables like
 * everybody, and a PMD table that processes share in each of them
 * (huge_pmd_share()). Hence
 *
 *	VmPTE = (PTE tables + PMD tables + PUD tables + deposited) * page size
 */
#ifndef MML_TABLES_H
#define MML_TABLES_H

#include "lib/decode.h"
#include "lib/mmlens.h"
#include "lib/names.h"

struct mml_tables_level {
	uint64_t tables, slots, used, leaves, uncovered;
};

struct mml_tables_sum {
	struct mml_tables_level level[MMLENS_LEVEL_PGD + 1];	/* by enum mmlens_level */
	uint64_t table_size;	/* bytes */
	uint64_t deposited;
	uint64_t bytes;		/* by the formula; MMLENS_UNKNOWN: a term is missing */
	uint64_t kernel_slots;	/* of the top table: entries of the kernel's half */
	uint64_t kernel_used;
};

/* Is it what the kernel says? */
enum mml_tables_verdict {
	MML_TABLES_EQUAL,
	MML_TABLES_CHANGED,	/* no, but tables came or went meanwhile */
	MML_TABLES_DIFFERS,	/* no, and there is no reason to be seen */
	MML_TABLES_UNKNOWN,	/* a number is missing, or the answer is incomplete */
};

extern const struct mml_name mml_tables_verdict_names[];

int mml_decode_tables(const struct mml_message *msg, struct mml_tables *tables);

void mml_tables_sum(const struct mml_tables *tables, uint64_t page_size,
		    struct mml_tables_sum *sum);
enum mml_tables_verdict mml_tables_judge(const struct mml_tables *tables,
					 const struct mml_tables_sum *sum,
					 uint64_t before, uint64_t after);

/* The table whose entry leads to the @i-th one, or NULL for a top table. */
const struct mml_table *mml_tables_parent(const struct mml_tables *tables,
					  size_t i);

#endif /* MML_TABLES_H */
