// SPDX-License-Identifier: GPL-2.0
#include "lib/join.h"

static bool follows(uint64_t value, uint64_t first, uint64_t step)
{
	return first == MMLENS_UNKNOWN ? value == first : value == first + step;
}

/* Frames count up, but for the page of zeroes: it is everywhere the same. */
static bool frame_follows(const struct mml_extent *a, uint64_t frame,
			  uint64_t first)
{
	return follows(frame, first,
		       a->state == MMLENS_STATE_ZERO ? 0 : a->pages);
}

/* Pages of one folio share their head; those of order 0 are their own. */
static bool head_follows(const struct mml_extent *a, const struct mml_extent *b)
{
	return a->order ? a->head == b->head :
			  frame_follows(a, b->head, a->head);
}

/**
 * mml_extents_alike() - compare what extents are, not where
 * @a: one
 * @b: another
 *
 * Return: true if only address, length, frame, folio head and swap slot differ
 */
bool mml_extents_alike(const struct mml_extent *a, const struct mml_extent *b)
{
	return a->state == b->state && a->level == b->level &&
	       a->entry == b->entry && a->flags == b->flags &&
	       a->mapcount == b->mapcount && a->mapkind == b->mapkind &&
	       a->refcount == b->refcount && a->order == b->order &&
	       a->folio_mapcount == b->folio_mapcount &&
	       a->folio_shared == b->folio_shared &&
	       a->anon_id == b->anon_id && a->node == b->node &&
	       a->zone == b->zone;
}

static bool in_one_vma(const struct mml_join *join, uint64_t addr)
{
	const struct mml_vma *vma;

	if (!join->vmas)
		return true;
	vma = mml_vmas_find(join->vmas, addr);
	return !vma || vma->start < addr;
}

static bool joins(const struct mml_join *join, const struct mml_extent *b)
{
	const struct mml_extent *a = join->held;

	return a->start + a->pages * join->page_size == b->start &&
	       frame_follows(a, b->frame, a->frame) &&
	       follows(b->swap, a->swap, MMLENS_SWAP(0, (uint64_t)a->pages)) &&
	       a->pages + b->pages > a->pages &&
	       mml_extents_alike(a, b) && head_follows(a, b) && in_one_vma(join, b->start);
}

/**
 * mml_join() - take the next extent of a dump
 * @join: where it goes
 * @extent: the extent; it must stay in place until mml_join_keep()
 *
 * Return: 0, or what the receiver returned if that is not 0
 */
int mml_join(struct mml_join *join, struct mml_extent *extent)
{
	int ret;

	if (join->held && joins(join, extent)) {
		join->held->pages += extent->pages;
		return 0;
	}
	ret = mml_join_flush(join);
	join->held = extent;
	return ret;
}

/**
 * mml_join_keep() - let go of the memory of what was taken
 * @join: copies what it still needs
 */
void mml_join_keep(struct mml_join *join)
{
	if (!join->held || join->held == &join->kept)
		return;
	join->kept = *join->held;
	join->held = &join->kept;
}

/**
 * mml_join_flush() - no more will come
 * @join: hands over what it holds
 *
 * Return: 0, or what the receiver returned if that is not 0
 */
int mml_join_flush(struct mml_join *join)
{
	const struct mml_extent *held = join->held;

	join->held = NULL;
	return held ? join->extent(held, join->arg) : 0;
}
