// SPDX-License-Identifier: GPL-2.0
/* Answering from a snapshot as the kernel would have answered. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/client.h"
#include "lib/error.h"
#include "lib/join.h"
#include "lib/snap_read.h"

static const struct mml_picture *find(const struct mml_snap *snap, uint32_t pid,
				      struct mml_error *err)
{
	for (size_t i = 0; i < snap->about.nr_pids; i++)
		if (snap->pids[i] == pid)
			return &snap->pictures[i];
	mml_fail(err, MML_EXIT_REFUSED, ESRCH,
		 "process %u: it is not in the snapshot %s", pid, snap->path);
	return NULL;
}

static int answer_mm(void *from, uint32_t pid, struct mml_mm *mm,
		     struct mml_error *err)
{
	const struct mml_picture *picture = find(from, pid, err);

	if (!picture)
		return -ESRCH;
	*mm = picture->mm;
	return 0;
}

/* ---- areas ---- */

static bool dup_string(char **string)
{
	if (*string)
		*string = strdup(*string);
	return *string;
}

static int copy_vma(struct mml_vma *to, const struct mml_vma *vma,
		    uint64_t columns, struct mml_error *err)
{
	bool failed = false;

	*to = *vma;
	failed |= !dup_string(&to->path) && vma->path;
	failed |= !dup_string(&to->name) && vma->name;
	failed |= !dup_string(&to->ops) && vma->ops;
	for (unsigned int i = 0; i <= MMLENS_VMA_COL_MAX; i++)
		if (!(columns & MMLENS_VMA_COL_BIT(i)))
			to->counts[i] = MMLENS_UNKNOWN;
	return failed ? mml_fail_memory(err) : 0;
}

static bool meets(const struct mml_vma *vma, uint64_t start, uint64_t end)
{
	return vma->end > start && (!end || vma->start < end);
}

static int answer_vmas(void *from, uint32_t pid, uint64_t start, uint64_t end,
		       uint64_t columns, struct mml_vmas *vmas,
		       struct mml_error *err)
{
	const struct mml_picture *picture = find(from, pid, err);
	int ret = 0;

	memset(vmas, 0, sizeof(*vmas));
	if (!picture)
		return -ESRCH;
	vmas->dump = picture->vmas.dump;
	vmas->v = calloc(picture->vmas.n + 1, sizeof(*vmas->v));
	if (!vmas->v)
		return mml_fail_memory(err);
	for (size_t i = 0; !ret && i < picture->vmas.n; i++)
		if (meets(&picture->vmas.v[i], start, end))
			ret = copy_vma(&vmas->v[vmas->n++], &picture->vmas.v[i],
				       columns, err);
	return ret;
}

static int fail_tables(const struct mml_snap *snap, struct mml_error *err)
{
	return mml_fail(err, MML_EXIT_REFUSED, EOPNOTSUPP,
			"%s is a snapshot, which does not hold page tables: ask a live process",
			snap->path);
}

/* The way down to a page is not kept, only what was found there. */
static int answer_at(void *from, uint32_t pid, uint64_t addr, bool descend,
		     struct mml_walk *walk, struct mml_error *err)
{
	const struct mml_picture *picture = find(from, pid, err);
	const struct mml_vmas *vmas;
	size_t i;
	int ret = 0;

	memset(walk, 0, sizeof(*walk));
	if (!picture)
		return -ESRCH;
	if (descend)
		return fail_tables(from, err);
	walk->envelope = picture->mm.envelope;
	walk->addr = addr;
	walk->depth = MMLENS_UNKNOWN32;
	vmas = &picture->vmas;
	for (i = 0; i < vmas->n && vmas->v[i].end <= addr; i++)
		;
	walk->in_vma = i < vmas->n && vmas->v[i].start <= addr;
	if (walk->in_vma)
		return copy_vma(&walk->vma, &vmas->v[i], 0, err);
	walk->has_prev = i > 0;
	walk->has_next = i < vmas->n;
	if (walk->has_prev)
		ret = copy_vma(&walk->prev, &vmas->v[i - 1], 0, err);
	if (!ret && walk->has_next)
		ret = copy_vma(&walk->next, &vmas->v[i], 0, err);
	return ret;
}

/* ---- pages ---- */

static uint64_t step(uint64_t value, uint64_t by)
{
	return value == MMLENS_UNKNOWN ? value : value + by;
}

/* Leaves pages away at both ends. */
static void clip(struct mml_extent *extent, uint64_t page_size, uint64_t skip,
		 uint64_t pages)
{
	uint64_t frames = extent->state == MMLENS_STATE_ZERO ? 0 : skip;

	extent->start += skip * page_size;
	extent->pages = pages;
	extent->frame = step(extent->frame, frames);
	extent->swap = step(extent->swap, MMLENS_SWAP(0, skip));
	if (!extent->order)
		extent->head = step(extent->head, frames);
}

/* Of pages [0, *pages) those from *skip on whose frames are wanted. */
static bool clip_frames(const struct mml_filter *filter,
			const struct mml_extent *extent, uint64_t *skip,
			uint64_t *pages)
{
	uint64_t first = extent->frame, low, high;

	if (!filter->frame_end)
		return true;
	if (first == MMLENS_UNKNOWN)
		return false;
	if (extent->state == MMLENS_STATE_ZERO)
		return first >= filter->frame_start && first < filter->frame_end;
	low = first > filter->frame_start ? 0 : filter->frame_start - first;
	high = first > filter->frame_end ? 0 : filter->frame_end - first;
	*skip = low > *skip ? low : *skip;
	*pages = high < *pages ? high : *pages;
	return *skip < *pages;
}

static bool passes(const struct mml_filter *filter,
		   const struct mml_extent *extent)
{
	if (filter->states && (extent->state > 63 ||
			       !(filter->states & 1ULL << extent->state)))
		return false;
	if ((extent->entry & filter->entry_all) != filter->entry_all ||
	    extent->entry & filter->entry_none)
		return false;
	if (!filter->flags_all && !filter->flags_none)
		return true;
	return extent->flags != MMLENS_UNKNOWN &&
	       (extent->flags & filter->flags_all) == filter->flags_all &&
	       !(extent->flags & filter->flags_none);
}

/* What of an extent was asked for, if anything. */
static bool choose(struct mml_extent *extent, const struct mml_page_query *query,
		   uint64_t page_size)
{
	uint64_t end = extent->start + extent->pages * page_size;
	uint64_t skip = 0, pages = extent->pages;

	if (end <= query->start || (query->end && extent->start >= query->end))
		return false;
	if (extent->start < query->start)
		skip = (query->start - extent->start) / page_size;
	if (query->end && end > query->end)
		pages -= (end - query->end) / page_size;
	if (query->filter && (!passes(query->filter, extent) ||
			      !clip_frames(query->filter, extent, &skip, &pages)))
		return false;
	clip(extent, page_size, skip, pages - skip);
	return true;
}

/* They ascend: the reader of the file has seen to that. */
static size_t first_extent(const struct mml_picture *picture, uint64_t start,
			   uint64_t page_size)
{
	size_t low = 0, high = picture->n, middle;

	while (low < high) {
		const struct mml_extent *extent;

		middle = low + (high - low) / 2;
		extent = &picture->extents[middle];
		if (extent->start + extent->pages * page_size <= start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int answer_pages(void *from, const struct mml_page_query *query,
			mml_extent_fn extent, void *arg, struct mml_dump *dump,
			struct mml_error *err)
{
	const struct mml_picture *picture = find(from, query->pid, err);
	const struct mml_snap *snap = from;
	uint64_t columns = query->columns ? query->columns : MMLENS_COL_DEFAULT;
	struct mml_join join = {
		.page_size = snap->info.page_size, .extent = extent, .arg = arg,
	};
	struct mml_extent one;
	int ret = 0, flushed;
	size_t i;

	memset(dump, 0, sizeof(*dump));
	if (!picture)
		return -ESRCH;
	join.vmas = &picture->vmas;
	columns |= MMLENS_COL_BIT(MMLENS_COL_START) |
		   MMLENS_COL_BIT(MMLENS_COL_PAGES);
	i = first_extent(picture, query->start, snap->info.page_size);
	for (; !ret && i < picture->n; i++) {
		one = picture->extents[i];
		if (query->end && one.start >= query->end)
			break;
		if (!choose(&one, query, snap->info.page_size))
			continue;
		mml_extent_forget(&one, ~columns);
		ret = mml_join(&join, &one);
		mml_join_keep(&join);
		dump->records++;
		dump->pages += one.pages;
	}
	flushed = ret ? 0 : mml_join_flush(&join);
	*dump = (struct mml_dump){
		.envelope = picture->dump.envelope, .ended = true, .complete = true,
		.torn = picture->dump.torn, .blind = picture->dump.blind,
		.unwatched = picture->dump.unwatched, .holds = picture->dump.holds,
		.records = dump->records, .pages = dump->pages,
		.walked_start = query->start,
		.walked_end = query->end ? query->end : picture->dump.walked_end,
	};
	dump->envelope.columns = columns;
	return ret ? ret : flushed;
}

static void forget(void *from)
{
	mml_snap_free(from);
}

static const struct mml_source source = {
	.mm = answer_mm,
	.vmas = answer_vmas,
	.at = answer_at,
	.pages = answer_pages,
	.close = forget,
};

/**
 * mml_snap_client() - a client that answers from a snapshot
 * @snap: the snapshot; taken over, also when this fails
 * @err: says why not
 *
 * Return: the client; free with mml_close(); or NULL
 */
struct mml_client *mml_snap_client(struct mml_snap *snap, struct mml_error *err)
{
	struct mml_client *client = calloc(1, sizeof(*client));

	if (!client) {
		mml_snap_free(snap);
		mml_fail_memory(err);
		return NULL;
	}
	client->source = &source;
	client->from = snap;
	client->info = snap->info;
	client->has_info = true;
	return client;
}

/**
 * mml_snap_open() - ask a file
 * @path: of a snapshot
 * @client: set to a client; free with mml_close()
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_snap_open(const char *path, struct mml_client **client,
		  struct mml_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct mml_snap *snap;
	int ret;

	*client = NULL;
	if (err)
		memset(err, 0, sizeof(*err));
	if (fd < 0)
		return mml_fail(err, MML_EXIT_USAGE, errno, "%s cannot be read: %s",
				path, strerror(errno));
	ret = mml_snap_read(path, fd, &snap, err);
	if (ret)
		return ret;
	*client = mml_snap_client(snap, err);
	return *client ? 0 : -ENOMEM;
}

/**
 * mml_snap_info() - about a snapshot
 * @client: a client
 *
 * Return: that of the file it answers from, or NULL if it asks the kernel
 */
const struct mml_snap_info *mml_snap_info(const struct mml_client *client)
{
	const struct mml_snap *snap = client->from;

	return client->source == &source ? &snap->about : NULL;
}
