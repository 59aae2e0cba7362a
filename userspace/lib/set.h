/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A set of processes: what they share among themselves, and who took the rest.
 * Pure judgement on the runs of lib/cow.h, which compares two of them page by
 * page; here up to a thousand are swept together.
 *
 * Two sweeps. Each sorts the borders of all runs, and changes at each border
 * only what begins or ends there, so that time is that of sorting and memory
 * in proportion to the runs, however many processes share a page:
 *
 *   by frame	Who maps each frame? That gives RSS, USS and PSS relative to the
 *		set, exact whatever the kernel counts itself.
 *   by place	What does each process have at the same place? A *place* is a
 *		page of a file, of a special mapping, of an anon_vma root that
 *		several processes have (there equal indices prove a common ancestor:
 *		rule 1 of lib/area.h), or, for other anonymous memory, an address,
 *		among processes of one *family*: those that such roots connect.
 *		If a process has a place twice (a file's page that ends one
 *		segment and begins the next), the mappings are kept apart, in the
 *		order of their addresses.
 *
 * The private frames at one place of one root are a *lineage*. Those that have
 * gone through a fork since they were taken are *old* (see lib/cow.h); all
 * others have one owner.
 *
 *   one old frame	it is the original, the others are copies by their owners
 *   several old ones	all but one are copies. A frame knows whose anon_vma took
 *			it (mml_cow_run.anon_id): the original is that of the
 *			oldest process, the others are copies by whose they are
 *   none is old	DIFFERENT: as for two, nothing tells a copy from the
 *			original that its owner has taken for itself
 *
 * Beside the file's own page every private frame is a copy.
 */
#ifndef MML_SET_H
#define MML_SET_H

#include "lib/cow.h"

#define MML_SET_MAX	1000	/* processes */
#define MML_SET_MATRIX	16	/* up to so many, pairs are counted */

/* In frames (base pages), each once however often it is mapped, but for rss. */
struct mml_set_member {
	uint64_t rss;		/* pages, as the kernel counts: without hugetlb */
	uint64_t uss;		/* frames that nobody else in the set maps */
	uint64_t pss_pages;	/* each frame divided by those who map it: whole pages ... */
	uint64_t pss_part;	/* ... and a fraction of one, in 2^-64 */
	uint64_t hugetlb;	/* frames; in none of the above */
	uint64_t swap;		/* pages in swap */
	uint64_t copied;	/* frames that it took for a copy */
	uint64_t outside;	/* of its frames, those that others outside map as well */
};

struct mml_set_frames {
	uint64_t total;
	uint64_t *shared_by;	/* [k]: mapped by exactly k; [0] is nothing */
	uint64_t *pairs;	/* [i * n + j], or NULL above MML_SET_MATRIX */
	uint64_t outside;	/* mapped more often than the set does: precise */
	uint64_t outside_average;	/* the same by the average of the folio */
	uint64_t untold;	/* no mapcount is known, or an average that cannot show it */
};

/* A number of pages for some number: k sharers, or a process. */
struct mml_set_share {
	uint32_t who;
	uint64_t pages;
};

#define MML_SET_NOBODY UINT32_MAX	/* of copies: cannot be told by whom */

/* In frames at places of the area; each in one of the first five. */
struct mml_set_counts {
	uint64_t shared;	/* the same frame, or swap slot, in two or more */
	uint64_t copies;	/* in one only, which took it for a copy */
	uint64_t different;	/* in one only; others have others, nothing proves a copy */
	uint64_t own;		/* in one only, private: the others have none, or copies */
	uint64_t alone;		/* in one only, of a file that others may map or not */
	uint64_t copied;	/* all that are copies, shared since then or not */
	uint64_t unfaulted;	/* places that some have, and others would map by a touch */
	uint64_t swapped;	/* of the frames, those that are swap slots */
	uint64_t zero;		/* mapped to the page of zeroes: nothing of the above */
};

struct mml_set_area {
	const struct mml_vma *vma;	/* the first: gives name and kind */
	struct mml_set_counts counts;
	bool copied_on_write;		/* a private mapping that has an anon_vma */
	const struct mml_area_range *ranges;	/* by process, then address */
	size_t nr_ranges;
	const struct mml_set_share *shared_by;	/* ascending k */
	size_t nr_shared_by;
	const struct mml_set_share *copied_by;	/* most first */
	size_t nr_copied_by;
	size_t first;		/* of its stretches, for set.c */
};

struct mml_set_stretch;
struct mml_set_taker;

struct mml_set {
	const struct mml_cow_process *const *process;
	uint32_t n;
	struct mml_set_member *member;
	struct mml_set_frames frames;
	struct mml_set_area *areas;	/* most copied first */
	size_t nr_areas;
	struct mml_set_counts total;
	uint64_t copied_by_nobody;

	/* for set.c and its kin */
	struct mml_set_stretch *stretch;
	size_t nr_stretches;
	struct mml_set_taker *takers;	/* by anon_id */
	size_t nr_takers;
	struct mml_area_range *ranges;
	struct mml_set_share *shares;
	size_t nr_shares, room_shares;
	size_t borders;		/* the most that were sorted at a time */
};

/*
 * Judges @n processes, each with an address space of its own; they must
 * outlive @set. 0 or -ENOMEM; mml_set_free() in any case.
 */
int mml_set_judge(struct mml_set *set,
		  const struct mml_cow_process *const *process, uint32_t n);
void mml_set_free(struct mml_set *set);

/* What stands at places next to each other, as it is handed over. */
struct mml_set_piece {
	uint32_t area;
	uint32_t process;	/* that of the address: one that has the frame */
	const struct mml_vma *vma;
	uint64_t start;		/* address of the first page */
	uint64_t pages;
	uint32_t present;	/* processes that have one here */
	uint32_t frames;	/* that they have, different ones */
	uint32_t copies;	/* of the frames, copies */
	uint32_t owner;		/* who has the only frame, or the only copy, or NOBODY */
	bool unfaulted;		/* others would map the frame by a touch */
};

typedef int (*mml_set_piece_fn)(const struct mml_set_piece *piece, void *arg);
/* All of an area, in order of places; what @fn returns if that is not 0. */
int mml_set_pieces(const struct mml_set *set, uint32_t area,
		   mml_set_piece_fn fn, void *arg);

#endif /* MML_SET_H */
