/* SPDX-License-Identifier: GPL-2.0 */
/* Frames: struct page -> facts. */
#ifndef MMLENS_FRAME_H
#define MMLENS_FRAME_H

#include <linux/mm.h>

#include <linux/mmlens.h>

#include "entry.h"

/**
 * struct mmlens_facts - all that can be asked about one page
 *
 * The members are the columns of enum mmlens_col from STATE on. Those nobody
 * asked for hold MMLENS_UNKNOWN or MMLENS_UNKNOWN32, so that two pages can be
 * compared without looking at what was asked.
 */
struct mmlens_facts {
	u64 frame;
	u64 swap;
	u64 entry;
	u64 flags;
	u64 head;
	u64 anon_id;
	u32 state;
	u32 level;
	u32 mapcount;
	u32 mapkind;
	u32 refcount;
	u32 order;
	u32 folio_mapcount;
	u32 folio_shared;
	u32 node;
	u32 zone;
};

/**
 * struct mmlens_key - all that the facts of a small page are made of
 * @raw: its PTE; the rest only if struct page is asked for
 * @flags: its word of flags, zone and node
 * @mapping: whose it is; the low bits say of what kind
 * @mapcount: as stored
 * @refcount: as stored
 */
struct mmlens_key {
	u64 raw;
	unsigned long flags;
	const void *mapping;
	int mapcount;
	int refcount;
};

/**
 * struct mmlens_reader - reads the facts of one page after another
 * @need: MMLENS_COL_BIT() mask of what to read
 * @vma: the VMA that the pages are in
 * @raw: last word of struct page flags translated ...
 * @flags: ... and what it meant: neighbours mostly have the same
 * @key: of the small page read last, if @keyed: the next one with an equal
 *	key, but for the frame, has equal facts. To be forgotten with each lock
 * @keyed: @key holds one
 * @folio: folio counted last, by its first page ...
 * @folio_mapcount: ... and its count; to be forgotten with each lock
 */
struct mmlens_reader {
	u64 need;
	const struct vm_area_struct *vma;
	unsigned long raw;
	u64 flags;
	struct mmlens_key key;
	bool keyed;
	const struct page *folio;
	int folio_mapcount;
};

static inline void mmlens_reader_forget(struct mmlens_reader *reader)
{
	reader->keyed = false;
	reader->folio = NULL;
}

struct mmlens_snapshot;

u64 mmlens_frame_known_flags(void);
void mmlens_no_facts(struct mmlens_facts *facts, enum mmlens_level level,
		     u64 need);
void mmlens_read_pte(struct mmlens_reader *reader, struct mmlens_facts *facts,
		     pte_t pte);
u32 mmlens_read_ptes(struct mmlens_reader *reader, struct mmlens_facts *facts,
		     pte_t *ptep, u32 max);
bool mmlens_read_huge(struct mmlens_reader *reader, struct mmlens_facts *facts,
		      enum mmlens_level level, const void *at, u64 raw,
		      unsigned long addr);
u32 mmlens_read_mapcount(u64 frame);
void mmlens_read_snapshot(struct mmlens_reader *reader,
			  struct mmlens_facts *facts,
			  const struct mmlens_snapshot *shot);

#endif /* MMLENS_FRAME_H */
