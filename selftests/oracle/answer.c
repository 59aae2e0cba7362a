// SPDX-License-Identifier: GPL-2.0
/*
 * mmlens' answer: asked for, made up, or falsified.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "translate.h"

static void out_of_memory(void)
{
	fputs("oracle: out of memory\n", stderr);
	exit(2);
}

/* By value: what is appended may stand in the array that moves. */
static void append(struct answer *answer, struct mml_extent extent)
{
	size_t n = answer->nr_extents;

	if (!(n & (n - 1))) {
		size_t room = n ? 2 * n : 1;

		answer->extents = realloc(answer->extents,
					  room * sizeof(*answer->extents));
		if (!answer->extents)
			out_of_memory();
	}
	answer->extents[answer->nr_extents++] = extent;
}

static void insert(struct answer *answer, size_t at, struct mml_extent extent)
{
	append(answer, extent);
	memmove(&answer->extents[at + 1], &answer->extents[at],
		(answer->nr_extents - 1 - at) * sizeof(extent));
	answer->extents[at] = extent;
}

/* Asked for */

static int collect(const struct mml_extent *extent, void *arg)
{
	append(arg, *extent);
	return 0;
}

int answer_ask(struct mml_client *client, pid_t pid, struct answer *answer)
{
	const struct mml_page_query query = {
		.pid = pid,
		.vmas = &answer->vmas,
	};
	struct mml_error error;
	int err;

	memset(answer, 0, sizeof(*answer));
	err = mml_vmas(client, pid, 0, 0, &answer->vmas, &error);
	if (!err)
		err = mml_pages(client, &query, collect, answer, &answer->dump,
				&error);
	if (err) {
		fprintf(stderr, "oracle: mmlens about %d: %s\n", pid, error.text);
		answer_free(answer);
	}
	return err;
}

/* Made up */

static void vma_from_area(const struct proc_area *area, struct mml_vma *vma)
{
	bool bracketed = area->name[0] == '[';

	*vma = (struct mml_vma){
		.start = area->start,
		.end = area->end,
		.flags = vmflags_from_proc(area) |
			 (proc_area_has(area, "??") ? MMLENS_VM_UNKNOWN : 0),
		.pgoff = area->offset / sysconf(_SC_PAGESIZE),
		.major = area->major,
		.minor = area->minor,
		.inode = area->inode,
		.page_size = area->kernel_page_size,
		.pkey = area->pkey < 0 ? 0 : area->pkey,
	};
	if (bracketed)
		vma->name = strdup(area->name);
	else if (area->name[0])
		vma->path = strdup(area->name);
}

static uint32_t state_from_proc(const struct proc_area *area,
				const struct proc_page *page)
{
	if (page->pagemap & PM_SWAP)
		return state_from_swap(page->pagemap & PM_VALUE_MASK, 0);
	if (!strncmp(area->perms, "---", 3))
		return MMLENS_STATE_PROTNONE;
	if (page->flags & KPF(ZERO_PAGE))
		return page->flags & KPF(THP) ? MMLENS_STATE_HUGE_ZERO :
						MMLENS_STATE_ZERO;
	return MMLENS_STATE_PRESENT;
}

/* /proc does not say it; but the judge asks it of compound pages only. */
static uint32_t level_from_proc(const struct proc_page *page)
{
	return page->flags & (KPF(COMPOUND_HEAD) | KPF(COMPOUND_TAIL)) ?
		MMLENS_LEVEL_PMD : MMLENS_LEVEL_PTE;
}

static void value_from_swap(uint64_t value, struct mml_extent *extent)
{
	switch (extent->state) {
	case MMLENS_STATE_SWAP:
		extent->swap = value;
		break;
	case MMLENS_STATE_MIGRATION:
	case MMLENS_STATE_HWPOISON:
		extent->frame = MMLENS_SWAP_OFFSET(value);
		break;
	}
}

static void extent_from_page(const struct proc_area *area,
			     const struct proc_page *page,
			     struct mml_extent *extent)
{
	*extent = (struct mml_extent){
		.start = page->addr,
		.pages = 1,
		.state = state_from_proc(area, page),
		.level = level_from_proc(page),
		.frame = MMLENS_UNKNOWN,
		.swap = MMLENS_UNKNOWN,
		.flags = MMLENS_UNKNOWN,
		.mapcount = MMLENS_UNKNOWN32,
	};
	if (page->pagemap & PM_SOFT_DIRTY)
		extent->entry |= MMLENS_ENTRY_SOFT_DIRTY;
	if (page->pagemap & PM_UFFD_WP)
		extent->entry |= MMLENS_ENTRY_UFFD_WP;
	if (page->pagemap & PM_SWAP) {
		value_from_swap(page->pagemap & PM_VALUE_MASK, extent);
		return;
	}
	extent->frame = page->pagemap & PM_VALUE_MASK;
	extent->flags = page_flags_from_proc(page, extent->level);
	if (page->flags & KPF(ZERO_PAGE))
		return;
	extent->mapcount = page->count;
	extent->mapkind = MMLENS_MAPKIND_PRECISE;
}

void answer_from_proc(const struct proc_view *view, struct answer *answer)
{
	const struct proc_area *area = view->areas;
	struct mml_extent extent;

	memset(answer, 0, sizeof(*answer));
	answer->dump.complete = true;
	answer->vmas.dump.complete = true;
	answer->vmas.n = view->nr_areas;
	answer->vmas.v = calloc(view->nr_areas ?: 1, sizeof(*answer->vmas.v));
	if (!answer->vmas.v)
		out_of_memory();
	for (size_t i = 0; i < view->nr_areas; i++)
		vma_from_area(&view->areas[i], &answer->vmas.v[i]);
	for (size_t i = 0; i < view->nr_pages; i++) {
		while (view->pages[i].addr >= area->end)
			area++;
		extent_from_page(area, &view->pages[i], &extent);
		append(answer, extent);
	}
}

/* Falsified */

enum corruption {
	CORRUPT_FRAME,
	CORRUPT_SWAP,
	CORRUPT_MISSING,
	CORRUPT_EXTRA,
	CORRUPT_VAST,
	CORRUPT_STATE,
	CORRUPT_FLAG,
	CORRUPT_COUNT,
	CORRUPT_SOFT_DIRTY,
	CORRUPT_FILE,
	CORRUPT_UFFD_WP,
	CORRUPT_GUARD,
	CORRUPT_MARKER,
	CORRUPT_EXCLUSIVE,
	CORRUPT_RSS,
	CORRUPT_AREA,
	CORRUPT_ORDER,
};

const char *const answer_corruptions[] = {
	[CORRUPT_FRAME] = "frame",
	[CORRUPT_SWAP] = "swap",
	[CORRUPT_MISSING] = "missing",
	[CORRUPT_EXTRA] = "extra",
	[CORRUPT_VAST] = "vast",
	[CORRUPT_STATE] = "state",
	[CORRUPT_FLAG] = "flag",
	[CORRUPT_COUNT] = "count",
	[CORRUPT_SOFT_DIRTY] = "soft-dirty",
	[CORRUPT_FILE] = "file",
	[CORRUPT_UFFD_WP] = "uffd-wp",
	[CORRUPT_GUARD] = "guard",
	[CORRUPT_MARKER] = "marker",
	[CORRUPT_EXCLUSIVE] = "exclusive",
	[CORRUPT_RSS] = "rss",
	[CORRUPT_AREA] = "area",
	[CORRUPT_ORDER] = "order",
	NULL
};

static bool is_plain(const struct mml_extent *extent)
{
	return extent->state == MMLENS_STATE_PRESENT &&
	       extent->flags != MMLENS_UNKNOWN;
}

static bool is_marker(const struct mml_extent *extent)
{
	return extent->state == MMLENS_STATE_MARKER_UFFD_WP ||
	       extent->state == MMLENS_STATE_MARKER_POISON ||
	       extent->state == MMLENS_STATE_MARKER_GUARD;
}

/* What would be falsified here, would it make a difference? */
static bool fits(const struct answer *answer, const struct mml_extent *extent,
		 enum corruption how)
{
	const struct mml_vma *vma = mml_vmas_find(&answer->vmas, extent->start);

	switch (how) {
	case CORRUPT_SWAP:
		return extent->state == MMLENS_STATE_SWAP;
	case CORRUPT_MARKER:
		return is_marker(extent);
	case CORRUPT_GUARD:
		return extent->state == MMLENS_STATE_MARKER_GUARD ||
		       extent->state == MMLENS_STATE_SWAP;
	case CORRUPT_SOFT_DIRTY:
		/* pagemap calls all of an area that is soft-dirty so */
		return is_plain(extent) && vma && !(vma->flags & MMLENS_VM_SOFTDIRTY);
	case CORRUPT_EXCLUSIVE:
		/* of a larger leaf pagemap says it of the first page only */
		return is_plain(extent) && extent->level == MMLENS_LEVEL_PTE &&
		       extent->mapkind == MMLENS_MAPKIND_PRECISE;
	case CORRUPT_RSS:
		/* smaps leaves hugetlb out */
		return is_plain(extent) && vma && !(vma->flags & MMLENS_VM_HUGETLB);
	default:
		return is_plain(extent);
	}
}

/* The first extent that fits, from the middle on, then from the start. */
static struct mml_extent *pick(struct answer *answer, enum corruption how)
{
	for (size_t i = 0; i < answer->nr_extents; i++) {
		size_t at = (answer->nr_extents / 2 + i) % answer->nr_extents;

		if (fits(answer, &answer->extents[at], how))
			return &answer->extents[at];
	}
	return NULL;
}

/* Makes the last page of @extent an extent of its own, and returns that. */
static struct mml_extent *cut_off(struct answer *answer,
				  struct mml_extent *extent)
{
	size_t at = extent - answer->extents;
	struct mml_extent page = *extent;
	uint32_t keep = extent->pages - 1;

	if (!keep)
		return extent;
	page.start += (uint64_t)keep * sysconf(_SC_PAGESIZE);
	page.pages = 1;
	if (page.frame != MMLENS_UNKNOWN)
		page.frame += keep;
	if (page.swap != MMLENS_UNKNOWN)
		page.swap += (uint64_t)keep << MMLENS_SWAP_SHIFT;
	extent->pages = keep;
	insert(answer, at + 1, page);
	return &answer->extents[at + 1];
}

static void drop(struct answer *answer, struct mml_extent *page)
{
	size_t at = page - answer->extents;

	memmove(page, page + 1,
		(--answer->nr_extents - at) * sizeof(*page));
}

/* Claims a page right after @page; false if it has a neighbour there. */
static bool invent(struct answer *answer, struct mml_extent *page)
{
	struct mml_extent next = *page;
	size_t at = page - answer->extents + 1;

	next.start += sysconf(_SC_PAGESIZE);
	if (at < answer->nr_extents && answer->extents[at].start == next.start)
		return false;
	insert(answer, at, next);
	return true;
}

static bool has_room_after(struct answer *answer, size_t at)
{
	uint64_t end = answer->extents[at].start +
		       answer->extents[at].pages * (uint64_t)sysconf(_SC_PAGESIZE);
	const struct mml_vma *vma = mml_vmas_find(&answer->vmas, end - 1);

	return is_plain(&answer->extents[at]) && vma && end < vma->end &&
	       (at + 1 == answer->nr_extents || answer->extents[at + 1].start > end);
}

static bool invent_somewhere(struct answer *answer)
{
	for (size_t i = 0; i < answer->nr_extents; i++) {
		size_t at = (answer->nr_extents / 2 + i) % answer->nr_extents;

		if (has_room_after(answer, at))
			return invent(answer, cut_off(answer, &answer->extents[at]));
	}
	return false;
}

/* Claims a page in the middle of the largest area, where there is none. */
static bool invent_in_vast(struct answer *answer)
{
	const struct mml_vma *vast = answer->vmas.v;
	struct mml_extent page;
	size_t at = 0;

	if (!answer->nr_extents)
		return false;
	for (size_t i = 1; i < answer->vmas.n; i++) {
		const struct mml_vma *vma = &answer->vmas.v[i];

		if (vma->end - vma->start > vast->end - vast->start)
			vast = vma;
	}
	page = answer->extents[0];
	page.pages = 1;
	page.start = vast->start + (vast->end - vast->start) / 2;
	page.start -= page.start % sysconf(_SC_PAGESIZE);
	while (at < answer->nr_extents && answer->extents[at].start < page.start)
		at++;
	insert(answer, at, page);
	return true;
}

static void corrupt_page(struct mml_extent *page, enum corruption how)
{
	switch (how) {
	case CORRUPT_FRAME:
		page->frame++;
		break;
	case CORRUPT_SWAP:
		page->swap += 1 << 5;
		break;
	case CORRUPT_STATE:
		page->state = MMLENS_STATE_ZERO;
		break;
	case CORRUPT_FLAG:
		page->flags ^= MMLENS_PAGE_UPTODATE;
		break;
	case CORRUPT_COUNT:
		page->mapcount++;
		break;
	case CORRUPT_SOFT_DIRTY:
		page->entry ^= MMLENS_ENTRY_SOFT_DIRTY;
		break;
	case CORRUPT_FILE:
		page->flags ^= MMLENS_PAGE_ANON;
		break;
	case CORRUPT_UFFD_WP:
		page->entry ^= MMLENS_ENTRY_UFFD_WP;
		break;
	case CORRUPT_GUARD:
		page->state = page->state == MMLENS_STATE_MARKER_GUARD ?
			      MMLENS_STATE_SWAP : MMLENS_STATE_MARKER_GUARD;
		break;
	case CORRUPT_MARKER:
		page->state = page->state == MMLENS_STATE_MARKER_POISON ?
			      MMLENS_STATE_HWPOISON : MMLENS_STATE_MARKER_POISON;
		break;
	case CORRUPT_EXCLUSIVE:
		page->mapcount = page->mapcount == 1 ? 2 : 1;
		break;
	case CORRUPT_ORDER:
		page->start += 1;
		break;
	default:
		break;
	}
}

static bool corrupt_somewhere(struct answer *answer, enum corruption how)
{
	struct mml_extent *page;

	page = pick(answer, how);
	if (!page)
		return false;
	page = cut_off(answer, page);
	if (how == CORRUPT_MISSING || how == CORRUPT_RSS)
		drop(answer, page);
	else
		corrupt_page(page, how);
	return true;
}

bool answer_corrupt(struct answer *answer, const char *what)
{
	int how = 0;

	while (answer_corruptions[how] && strcmp(answer_corruptions[how], what))
		how++;
	if (!answer_corruptions[how])
		return false;
	if (how == CORRUPT_EXTRA)
		return invent_somewhere(answer);
	if (how == CORRUPT_VAST)
		return invent_in_vast(answer);
	if (how == CORRUPT_AREA) {
		answer->vmas.v[answer->vmas.n / 2].flags ^= MMLENS_VM_WRITE;
		return true;
	}
	return corrupt_somewhere(answer, how);
}

void answer_free(struct answer *answer)
{
	mml_vmas_free(&answer->vmas);
	free(answer->extents);
	memset(answer, 0, sizeof(*answer));
}
