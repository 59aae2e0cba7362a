/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside of the sweep by place: what stands at the place that it has come to.
 * set_sweep.c goes from border to border, set_lineage.c judges.
 */
#ifndef MML_SET_STATE_H
#define MML_SET_STATE_H

#include "lib/border.h"
#include "lib/set_sweep.h"

#define NONE UINT32_MAX

/* A border, and what it is of. */
struct border {
	uint64_t at;
	const struct mml_cow_run *run;	/* NULL: the area itself begins or ends */
	uint64_t bias;			/* of the frame against the place */
	uint32_t stretch;
	int32_t change;
};

/* Processes that have the same at a place. */
struct group {
	uint64_t bias;
	uint32_t tag;
	uint32_t lineage;	/* NONE: no private memory */
	uint32_t sharers;
	uint32_t exclusive;	/* of those, whose entry says so */
	uint64_t who;		/* the sum of their numbers: if it is one, its number */
	uint64_t anon_id;
	uint64_t since;		/* place of the last change */
	uint64_t beside, apart;	/* what the sweep's were then */
	uint64_t copying;	/* what the lineage's was then */
	uint32_t older, younger;	/* old ones of the lineage, a list */
	bool swapped;
};

/* What a lineage adds to each place where the file's own page is not. */
struct sums {
	uint64_t groups;	/* these three: where it is, too */
	uint64_t shared;
	uint64_t singles;
	uint64_t copied;	/* the original is not */
	uint64_t copies;	/* of the singles */
	uint64_t different;
	uint64_t own;
	uint64_t lone;		/* 1: it is one frame of one process */
	uint64_t owners;	/* who made the copies: the sum of their numbers */
	uint64_t who;		/* the same of all singles */
};

struct lineage {
	uint64_t root;
	uint32_t tag;
	bool merged;		/* by KSM: of no origin */
	bool changed;		/* since it was summed; then in a list */
	uint32_t next_changed;
	uint32_t groups, singles;
	uint32_t old[2];	/* frames; swap slots */
	uint32_t old_singles;
	uint32_t first_old;	/* list of groups */
	uint64_t exclusive_who;	/* sums of the numbers of owners: of these singles ... */
	uint64_t single_who;	/* ... and of all */
	bool copying;		/* the exclusive ones are copies, beside no file's page */
	uint64_t copied;	/* places for which they were */
	uint64_t apart;		/* what the sweep's was at the last change */
	uint32_t original;	/* of several old groups; or NONE */
	struct sums sums;
};

/* Finds a group or a lineage by two numbers; nothing is ever taken out. */
struct map {
	uint32_t *slot;		/* index + 1 */
	size_t mask;
};

struct sweep {
	const struct mml_set *set;
	const struct mml_set_stretch *stretch;
	struct mml_set_tally *tally;
	mml_set_piece_fn fn;
	void *arg;

	struct mml_borders borders;
	unsigned int page_shift;
	struct group *groups;
	size_t nr_groups;
	struct lineage *lineages;
	size_t nr_lineages;
	struct map group_map, lineage_map;

	uint64_t at;
	uint64_t beside, apart;
	struct sums sums;
	uint32_t changed;	/* list of lineages that are to be summed again */
	uint32_t nr_active;	/* lineages that have something */
	uint32_t files;		/* groups that are no private memory ... */
	uint32_t shared_files;	/* ... of several processes */
	uint64_t file_who;	/* the sum of the numbers of single ones */
	uint32_t holders;	/* processes that may touch the place */
	uint32_t touchers;	/* of those, that have something */
	uint32_t present;	/* processes that have something */
	uint32_t swapped, zeroes;
	/* a list of the stretches that have something here, for an address */
	uint32_t *before, *after;
	uint32_t first_here, last_here;
};

int mml_sweep_init(struct sweep *s, size_t groups, size_t lineages);
void mml_sweep_free(struct sweep *s);
/* A run begins or ends, of private memory or a file's page; not one of zeroes. */
void mml_sweep_run(struct sweep *s, const struct border *border);
/* All borders at a place have been taken: @s->sums are to be true. */
void mml_sweep_sum(struct sweep *s);

#endif /* MML_SET_STATE_H */
