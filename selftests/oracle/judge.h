/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The judge: holds mmlens' answer against two readings of /proc, one before
 * and one after it. Only what /proc says twice alike is held against mmlens.
 */
#ifndef ORACLE_JUDGE_H
#define ORACLE_JUDGE_H

#include "answer.h"
#include "proc.h"

enum check {
	CHECK_FRAME,		/* a page in both: the same frame */
	CHECK_SWAP,		/* ... or the same swap entry */
	CHECK_MISSING,		/* /proc has a page, mmlens has none */
	CHECK_EXTRA,		/* mmlens has a page, /proc has none */
	CHECK_STATE,		/* ... of swap entries: what their type stands for */
	CHECK_FLAGS,
	CHECK_COUNT,
	CHECK_SOFT_DIRTY,
	CHECK_EXCLUSIVE,
	CHECK_FILE,
	CHECK_UFFD_WP,
	CHECK_GUARD,
	CHECK_AREA,		/* bounds, permissions, flags, file, name */
	CHECK_RSS,		/* an area's present pages: smaps' Rss */
	CHECK_ORDER,		/* extents ascend, in one area, not overlapping */
	NR_CHECKS
};

/* Why a page may be left unjudged, or a difference be excused. */
enum rule {
	RULE_MOVED,
	RULE_FLAGS_MOVED,
	RULE_COUNT_MOVED,
	RULE_PFNMAP,
	RULE_NO_STRUCT_PAGE,
	RULE_ZERO_COUNT,
	RULE_HUGETLB_SOFT_DIRTY,
	RULE_UFFD_WP,
	RULE_AVERAGE,
	RULE_NUMA_HINT,
	RULE_KSM_OF_ALL,
	RULE_DEVICE_PAGE,
	RULE_CLOSED_RSS,
	RULE_DAX_RSS,
	RULE_BROKEN_RSS,
	NR_RULES
};

struct verdict {
	uint64_t compared[NR_CHECKS];
	uint64_t wrong[NR_CHECKS];
	uint64_t excused[NR_RULES];
	uint64_t small;		/* frames compared that are not hugetlb's */
	uint64_t rss_pages;	/* what smaps promises, summed over all PIDs */
	/* what there was to be compared at all */
	uint64_t states[MMLENS_STATE_MAX + 1];	/* pages */
	uint64_t levels;	/* mask of enum mmlens_level */
	uint64_t entry_bits, flags;
};

struct judge {
	pid_t pid;
	const struct mml_info *info;
	const struct proc_view *before, *after;
	const struct answer *answer;
	struct verdict *verdict;
};

/* Adds what it finds to the verdict; differences are told on stdout. */
void judge(const struct judge *j);

void verdict_print(const struct verdict *verdict);

/* Nothing wrong, no rule used beyond its cap, enough compared. */
bool verdict_holds(const struct verdict *verdict);

#endif /* ORACLE_JUDGE_H */
