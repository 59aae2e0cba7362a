// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/diff.h"

const struct mml_name mml_change_names[] = {
	{ "none", MML_CHANGE_NONE },
	{ "appeared", MML_CHANGE_APPEARED },
	{ "vanished", MML_CHANGE_VANISHED },
	{ "copied", MML_CHANGE_COPIED },
	{ "moved", MML_CHANGE_MOVED },
	{ "writable", MML_CHANGE_WRITABLE },
	{ "read-only", MML_CHANGE_READ_ONLY },
	{ "swapped-out", MML_CHANGE_SWAPPED_OUT },
	{ "swapped-in", MML_CHANGE_SWAPPED_IN },
	{ }
};

const struct mml_name mml_event_names[] = {
	{ "new", MML_EVENT_NEW },
	{ "gone", MML_EVENT_GONE },
	{ "grew", MML_EVENT_GREW },
	{ "shrank", MML_EVENT_SHRANK },
	{ "split", MML_EVENT_SPLIT },
	{ "merged", MML_EVENT_MERGED },
	{ "moved", MML_EVENT_MOVED },
	{ "protection", MML_EVENT_PROTECTION },
	{ }
};

const struct mml_name mml_relation_names[] = {
	{ "same", MML_RELATION_SAME },
	{ "execed", MML_RELATION_EXECED },
	{ "other", MML_RELATION_OTHER },
	{ }
};

/* ---- one page ---- */

static bool in_swap(const struct mml_extent *extent)
{
	return extent && extent->state == MMLENS_STATE_SWAP;
}

/* In memory, of which the page of zeroes is none. */
static bool in_memory(const struct mml_extent *extent)
{
	return extent && extent->frame != MMLENS_UNKNOWN && !in_swap(extent) &&
	       extent->state != MMLENS_STATE_ZERO &&
	       extent->state != MMLENS_STATE_HUGE_ZERO;
}

static bool is_anon(const struct mml_extent *extent)
{
	return extent->flags != MMLENS_UNKNOWN && extent->flags & MMLENS_PAGE_ANON;
}

static bool is_writable(const struct mml_extent *extent)
{
	return extent->entry != MMLENS_UNKNOWN && extent->entry & MMLENS_ENTRY_WRITE;
}

/* Not gone through a fork since it was taken, nor merged: as in lib/cow.h. */
static bool is_own(const struct mml_extent *extent, uint64_t can)
{
	if (!is_anon(extent) || extent->flags & MMLENS_PAGE_KSM)
		return false;
	return can & MMLENS_CAN_EXCLUSIVE ?
		extent->flags & MMLENS_PAGE_ANON_EXCLUSIVE : is_writable(extent);
}

static bool is_copied(const struct mml_extent *before,
		      const struct mml_extent *after, uint64_t can)
{
	if (!is_anon(after))
		return false;
	return !is_anon(before) || (!is_own(before, can) && is_own(after, can));
}

static enum mml_change same_frame(const struct mml_extent *before,
				  const struct mml_extent *after)
{
	if (is_writable(before) == is_writable(after))
		return MML_CHANGE_NONE;
	return is_writable(after) ? MML_CHANGE_WRITABLE : MML_CHANGE_READ_ONLY;
}

/**
 * mml_diff_page() - what became of a page
 * @before: what was there, or NULL
 * @frame_before: its frame, or swap slot
 * @after: what is there, or NULL
 * @frame_after: its frame, or swap slot
 * @can: MMLENS_CAN_*
 *
 * Return: the change
 */
enum mml_change mml_diff_page(const struct mml_extent *before,
			      uint64_t frame_before,
			      const struct mml_extent *after,
			      uint64_t frame_after, uint64_t can)
{
	if (in_swap(after)) {
		if (in_swap(before) && frame_before == frame_after)
			return MML_CHANGE_NONE;
		return MML_CHANGE_SWAPPED_OUT;
	}
	if (in_memory(after)) {
		if (in_swap(before))
			return MML_CHANGE_SWAPPED_IN;
		if (!in_memory(before))
			return MML_CHANGE_APPEARED;
		if (frame_before == frame_after)
			return same_frame(before, after);
		return is_copied(before, after, can) ? MML_CHANGE_COPIED :
						       MML_CHANGE_MOVED;
	}
	return in_memory(before) || in_swap(before) ? MML_CHANGE_VANISHED :
						      MML_CHANGE_NONE;
}

/* ---- pages of a part ---- */

/* Going through the extents of one side. */
struct cursor {
	const struct mml_picture *picture;
	size_t next;		/* first extent that ends after at */
	uint64_t at;		/* address, or MMLENS_UNKNOWN: there is no area */
	uint64_t page_size;
};

static uint64_t end_of(const struct cursor *c, size_t i)
{
	return c->picture->extents[i].start +
	       c->picture->extents[i].pages * c->page_size;
}

static void seek(struct cursor *c, uint64_t at)
{
	size_t low = 0, high = c->picture->n, middle;

	c->at = at;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (end_of(c, middle) <= at)
			low = middle + 1;
		else
			high = middle;
	}
	c->next = low;
}

/* What is at the cursor, or NULL; *@pages is cut to where that changes. */
static const struct mml_extent *look(const struct cursor *c, uint64_t *pages)
{
	const struct mml_extent *extent;
	uint64_t left;

	if (c->at == MMLENS_UNKNOWN || c->next == c->picture->n)
		return NULL;
	extent = &c->picture->extents[c->next];
	if (extent->start > c->at) {
		left = (extent->start - c->at) / c->page_size;
		*pages = left < *pages ? left : *pages;
		return NULL;
	}
	left = (end_of(c, c->next) - c->at) / c->page_size;
	*pages = left < *pages ? left : *pages;
	return extent;
}

static void advance(struct cursor *c, uint64_t pages)
{
	if (c->at == MMLENS_UNKNOWN)
		return;
	c->at += pages * c->page_size;
	while (c->next < c->picture->n && end_of(c, c->next) <= c->at)
		c->next++;
}

static uint64_t where(const struct cursor *c, const struct mml_extent *extent)
{
	uint64_t skip;

	if (!extent)
		return MMLENS_UNKNOWN;
	skip = (c->at - extent->start) / c->page_size;
	if (in_swap(extent))
		return extent->swap == MMLENS_UNKNOWN ? extent->swap :
		       extent->swap + MMLENS_SWAP(0, skip);
	if (extent->frame == MMLENS_UNKNOWN || extent->state == MMLENS_STATE_ZERO)
		return extent->frame;
	return extent->frame + skip;
}

static int push_run(struct mml_diff *diff, const struct mml_diff_run *run)
{
	struct mml_diff_run *grown;
	size_t room;

	diff->areas[run->area].pages[run->change] += run->pages;
	diff->pages[run->change] += run->pages;
	if (run->change == MML_CHANGE_NONE)
		return 0;
	if (diff->nr_runs == diff->room) {
		room = diff->room ? diff->room * 2 : 64;
		grown = reallocarray(diff->runs, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		diff->runs = grown;
		diff->room = room;
	}
	diff->runs[diff->nr_runs++] = *run;
	return 0;
}

static int compare_part(struct mml_diff *diff, const struct mml_diff_part *part,
			size_t area, struct cursor *before, struct cursor *after,
			uint64_t can)
{
	uint64_t left = part->pages, pages, from, to;
	const struct mml_extent *a, *b;
	struct mml_diff_run run;
	int ret = 0;

	seek(before, part->from);
	seek(after, part->to);
	for (; !ret && left; left -= pages) {
		pages = left;
		a = look(before, &pages);
		b = look(after, &pages);
		from = where(before, a);
		to = where(after, b);
		run = (struct mml_diff_run){
			.area = area, .before = before->at, .after = after->at,
			.pages = pages,
			.change = mml_diff_page(a, from, b, to, can),
			.frame_before = in_memory(a) ? from : MMLENS_UNKNOWN,
			.frame_after = in_memory(b) ? to : MMLENS_UNKNOWN,
		};
		ret = push_run(diff, &run);
		advance(before, pages);
		advance(after, pages);
	}
	return ret;
}

/* ---- areas ---- */

/* How an area is connected with those of the other picture. */
struct link {
	size_t n;		/* with how many */
	size_t first, last;	/* of them */
};

static void connect(struct link *link, size_t other)
{
	if (!link->n || link->last != other)
		link->n++;
	if (link->n == 1)
		link->first = other;
	link->last = other;
}

struct links {
	struct link *before, *after;
};

static void connect_all(struct links *links, const struct mml_diff_parts *parts)
{
	for (size_t i = 0; i < parts->n; i++) {
		const struct mml_diff_part *part = &parts->v[i];

		if (part->before == MML_DIFF_NO_AREA ||
		    part->after == MML_DIFF_NO_AREA)
			continue;
		connect(&links->before[part->before], part->after);
		connect(&links->after[part->after], part->before);
	}
}

#define PROTECTION (MMLENS_VM_READ | MMLENS_VM_WRITE | MMLENS_VM_EXEC)

static uint32_t part_events(const struct mml_vma *a, const struct mml_vma *b,
			    const struct mml_diff_part *part,
			    const struct links *links)
{
	uint32_t events = 0;

	if (part->from != part->to)
		events |= MML_EVENT_MOVED;
	if ((a->flags ^ b->flags) & PROTECTION)
		events |= MML_EVENT_PROTECTION;
	if (links->before[part->before].n > 1)
		events |= MML_EVENT_SPLIT;
	if (links->after[part->after].n > 1)
		events |= MML_EVENT_MERGED;
	return events;
}

static uint32_t size_events(const struct mml_vma *a, const struct mml_vma *b)
{
	uint64_t before = a->end - a->start, after = b->end - b->start;

	return after > before ? MML_EVENT_GREW :
	       after < before ? MML_EVENT_SHRANK : 0;
}

/* The area that a part is told of: that of after, or what became of before's. */
static size_t area_of(const struct mml_diff_part *part, const struct links *links,
		      size_t nr_after)
{
	if (part->after != MML_DIFF_NO_AREA)
		return part->after;
	if (links->before[part->before].n)
		return links->before[part->before].first;
	return nr_after + links->before[part->before].last;
}

static int make_areas(struct mml_diff *diff, const struct mml_picture *before,
		      const struct mml_picture *after,
		      const struct mml_diff_parts *parts, struct links *links)
{
	const struct mml_vma *as = before->vmas.v, *bs = after->vmas.v;
	struct mml_diff_area *area;
	size_t i, gone = 0;

	diff->areas = calloc(before->vmas.n + after->vmas.n + 1, sizeof(*diff->areas));
	if (!diff->areas)
		return -ENOMEM;
	for (i = 0; i < after->vmas.n; i++) {
		area = &diff->areas[i];
		area->after = &bs[i];
		if (!links->after[i].n) {
			area->events = MML_EVENT_NEW;
			continue;
		}
		area->before = &as[links->after[i].first];
		if (links->after[i].n == 1 &&
		    links->before[links->after[i].first].n == 1)
			area->events = size_events(area->before, area->after);
	}
	for (i = 0; i < before->vmas.n; i++) {
		if (links->before[i].n)
			continue;
		links->before[i].last = gone;	/* its place among those */
		diff->areas[after->vmas.n + gone++] = (struct mml_diff_area){
			.before = &as[i], .events = MML_EVENT_GONE,
		};
	}
	diff->nr_areas = after->vmas.n + gone;
	for (i = 0; i < parts->n; i++)
		if (parts->v[i].before != MML_DIFF_NO_AREA &&
		    parts->v[i].after != MML_DIFF_NO_AREA)
			diff->areas[parts->v[i].after].events |=
				part_events(&as[parts->v[i].before],
					    &bs[parts->v[i].after],
					    &parts->v[i], links);
	return 0;
}

static int compare_parts(const void *a, const void *b)
{
	const struct mml_diff_part *x = a, *y = b;

	if (x->after != y->after)
		return x->after < y->after ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

static int compare_runs(const void *a, const void *b)
{
	const struct mml_diff_run *x = a, *y = b;

	if (x->area != y->area)
		return x->area < y->area ? -1 : 1;
	if (x->after != y->after)
		return x->after < y->after ? -1 : 1;
	return x->before < y->before ? -1 : x->before > y->before;
}

static enum mml_relation relation_of(const struct mml_envelope *a,
				     const struct mml_envelope *b)
{
	if (a->tgid != b->tgid || a->start_time != b->start_time)
		return MML_RELATION_OTHER;
	return a->exec_id == b->exec_id ? MML_RELATION_SAME : MML_RELATION_EXECED;
}

static int compare_all(struct mml_diff *diff, const struct mml_picture *before,
		       const struct mml_picture *after,
		       const struct mml_diff_parts *parts,
		       const struct links *links, uint64_t page_size, uint64_t can)
{
	struct cursor from = { .picture = before, .page_size = page_size };
	struct cursor to = { .picture = after, .page_size = page_size };
	int ret = 0;

	for (size_t i = 0; !ret && i < parts->n; i++)
		ret = compare_part(diff, &parts->v[i],
				   area_of(&parts->v[i], links, after->vmas.n),
				   &from, &to, can);
	if (diff->nr_runs)
		qsort(diff->runs, diff->nr_runs, sizeof(*diff->runs), compare_runs);
	return ret;
}

/**
 * mml_diff() - what has changed between two pictures
 * @diff: set; free with mml_diff_free(), after a failure too
 * @before: the older picture
 * @after: the newer one
 * @page_size: in bytes
 * @can: MMLENS_CAN_*
 *
 * Return: 0 or -ENOMEM
 */
int mml_diff(struct mml_diff *diff, const struct mml_picture *before,
	     const struct mml_picture *after, uint64_t page_size, uint64_t can)
{
	struct mml_diff_parts parts = { .n = 0 };
	struct links links = {
		calloc(before->vmas.n + 1, sizeof(struct link)),
		calloc(after->vmas.n + 1, sizeof(struct link)),
	};
	int ret = links.before && links.after ? 0 : -ENOMEM;

	memset(diff, 0, sizeof(*diff));
	diff->relation = relation_of(&before->mm.envelope, &after->mm.envelope);
	if (!ret)
		ret = mml_diff_match(&parts, before, after, diff->relation, page_size);
	if (!ret) {
		if (parts.n)
			qsort(parts.v, parts.n, sizeof(*parts.v), compare_parts);
		connect_all(&links, &parts);
		ret = make_areas(diff, before, after, &parts, &links);
	}
	if (!ret)
		ret = compare_all(diff, before, after, &parts, &links, page_size, can);
	free(parts.v);
	free(links.before);
	free(links.after);
	return ret;
}

/**
 * mml_diff_free() - free what was found
 * @diff: from mml_diff(), or all zeroes
 */
void mml_diff_free(struct mml_diff *diff)
{
	free(diff->areas);
	free(diff->runs);
	memset(diff, 0, sizeof(*diff));
}
