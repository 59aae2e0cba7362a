/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What has changed in a process between two pictures of it. Pure judgement:
 * neither asks the kernel nor prints.
 *
 * First, which part of an area was where before:
 *
 *   1. at the same address, with the same behind it: the same file at the same
 *	offset, or anonymous memory of the same anon_vma. An area has none until
 *	it is first written to, and never gets another: so two that differ are
 *	two areas, one unmapped and one mapped since
 *   2. elsewhere, at the same place of the same anon_vma or file: mremap()
 *   3. the rest has gone, or is new
 *
 * Then both pictures' extents are merged, part by part, like sorted lists; each
 * stretch of pages of which one thing is true is a *run*. Time and memory are
 * in proportion to areas and extents, not pages.
 *
 * What became of a page
 *
 *   appeared	there was nothing, or the page of zeroes, which is no memory
 *   vanished	the reverse
 *   copied	a new frame, by copy-on-write: a private page where there was a
 *		file's, or one that this process has to itself where there was
 *		one that fork or KSM had shared
 *   moved	another new frame: migrated; or given up and read or filled anew
 *   writable, read-only	the same frame, the entry's write bit came or went
 *   swapped-out, swapped-in
 *
 * A write bit that changed together with the frame is not told apart.
 */
#ifndef MML_DIFF_H
#define MML_DIFF_H

#include "lib/names.h"
#include "lib/snap.h"

enum mml_change {
	MML_CHANGE_NONE,	/* the same frame, slot or nothing */
	MML_CHANGE_APPEARED,
	MML_CHANGE_VANISHED,
	MML_CHANGE_COPIED,
	MML_CHANGE_MOVED,
	MML_CHANGE_WRITABLE,
	MML_CHANGE_READ_ONLY,
	MML_CHANGE_SWAPPED_OUT,
	MML_CHANGE_SWAPPED_IN,

	MML_CHANGES
};

extern const struct mml_name mml_change_names[];

/* Of an area. */
enum mml_event {
	MML_EVENT_NEW		= 1 << 0,
	MML_EVENT_GONE		= 1 << 1,
	MML_EVENT_GREW		= 1 << 2,
	MML_EVENT_SHRANK	= 1 << 3,
	MML_EVENT_SPLIT		= 1 << 4,	/* what it was of became several */
	MML_EVENT_MERGED	= 1 << 5,	/* several became it */
	MML_EVENT_MOVED		= 1 << 6,	/* to another address */
	MML_EVENT_PROTECTION	= 1 << 7,	/* read, write or exec changed */
};

extern const struct mml_name mml_event_names[];	/* bits */

enum mml_relation {
	MML_RELATION_SAME,	/* one address space, twice */
	MML_RELATION_EXECED,	/* one process, which called exec meanwhile */
	MML_RELATION_OTHER,	/* two processes */
};

extern const struct mml_name mml_relation_names[];

struct mml_diff_area {
	const struct mml_vma *before, *after;	/* one of them, or NULL */
	uint32_t events;			/* enum mml_event */
	uint64_t pages[MML_CHANGES];
};

/* Pages of one area to which one thing has happened. */
struct mml_diff_run {
	size_t area;		/* in mml_diff.areas */
	uint64_t before, after;	/* addresses; MMLENS_UNKNOWN where there is no area */
	uint64_t pages;
	enum mml_change change;
	uint64_t frame_before, frame_after;	/* or MMLENS_UNKNOWN */
};

struct mml_diff {
	enum mml_relation relation;
	struct mml_diff_area *areas;	/* those of after, then those that are gone */
	size_t nr_areas;
	struct mml_diff_run *runs;	/* by area; those without a change left out */
	size_t nr_runs, room;
	uint64_t pages[MML_CHANGES];
};

/*
 * @can: MMLENS_CAN_* of the kernel. The pictures are used until
 * mml_diff_free(). Returns 0 or -ENOMEM; mml_diff_free() in any case.
 */
int mml_diff(struct mml_diff *diff, const struct mml_picture *before,
	     const struct mml_picture *after, uint64_t page_size, uint64_t can);
void mml_diff_free(struct mml_diff *diff);

/* Of one page: what was there, what is; either may be NULL. */
enum mml_change mml_diff_page(const struct mml_extent *before,
			      uint64_t frame_before,
			      const struct mml_extent *after,
			      uint64_t frame_after, uint64_t can);

/* Inside the library: which part was where. */
struct mml_diff_part {
	size_t before, after;	/* index of the area; MML_DIFF_NO_AREA */
	uint64_t from, to;	/* addresses of its first page */
	uint64_t pages;
};

#define MML_DIFF_NO_AREA ((size_t)-1)

struct mml_diff_parts {
	struct mml_diff_part *v;
	size_t n, room;
};

int mml_diff_match(struct mml_diff_parts *parts, const struct mml_picture *before,
		   const struct mml_picture *after, enum mml_relation relation,
		   uint64_t page_size);

#endif /* MML_DIFF_H */
