// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cow.h"

/* ---- judgement ---- */

static bool has(const struct mml_cow_page *page, uint32_t fact)
{
	return page->run->facts & fact;
}

static bool is_memory(const struct mml_cow_page *page)
{
	return page->run && !has(page, MML_COW_ZERO);
}

static bool is_same(const struct mml_cow_page *a, const struct mml_cow_page *b)
{
	return a->where == b->where && a->where != MMLENS_UNKNOWN &&
	       has(a, MML_COW_SWAPPED) == has(b, MML_COW_SWAPPED);
}

static bool may_touch(const struct mml_vma *vma)
{
	return vma && vma->flags & (MMLENS_VM_READ | MMLENS_VM_WRITE |
				    MMLENS_VM_EXEC);
}

/* A page that @who has and @other has not. */
static struct mml_cow_verdict judge_single(const struct mml_part *part,
					   const struct mml_cow_page *page,
					   unsigned int who, unsigned int other)
{
	if (has(page, MML_COW_PRIVATE))
		return (struct mml_cow_verdict){ MML_COW_OWN, who };
	if (may_touch(part->in[other].vma))
		return (struct mml_cow_verdict){ MML_COW_UNFAULTED, other };
	return (struct mml_cow_verdict){ MML_COW_ALONE, who };
}

static bool is_mapped_by_others(const struct mml_cow_page *page)
{
	return page->run->mapcount != MMLENS_UNKNOWN32 &&
	       !has(page, MML_COW_AVERAGE) && page->run->mapcount > 1;
}

static bool knows_taker(const struct mml_part *part, unsigned int i,
			const struct mml_cow_page *page)
{
	return page->run->anon_id != MMLENS_UNKNOWN &&
	       part->in[i].vma->anon_id != MMLENS_UNKNOWN;
}

static bool is_taken_by(const struct mml_part *part, unsigned int i,
			const struct mml_cow_page *page)
{
	return page->run->anon_id == part->in[i].vma->anon_id;
}

/*
 * Both have gone through a fork: whose anon_vmas did they come from? One that
 * the other has taken was inherited from it, so the other has a new one. Each
 * its own: then it is not the root's that is new. Returns who took the new one.
 */
static unsigned int judge_takers(const struct mml_part *part,
				 const struct mml_cow_page *a,
				 const struct mml_cow_page *b)
{
	bool own_a = is_taken_by(part, 0, a), own_b = is_taken_by(part, 1, b);
	uint64_t root = part->in[0].vma->anon_root;

	if (is_taken_by(part, 0, b))
		return 0;
	if (is_taken_by(part, 1, a))
		return 1;
	if (own_a && own_b && part->in[0].vma->anon_id == root)
		return 1;
	if (own_a && own_b && part->in[1].vma->anon_id == root)
		return 0;
	if (own_a != own_b)
		return own_a ? 0 : 1;
	return MML_COW_EITHER;
}

/* Two private frames that stand for one page of a common ancestor. */
static struct mml_cow_verdict judge_heirs(const struct mml_part *part,
					  const struct mml_cow_page *a,
					  const struct mml_cow_page *b)
{
	bool new_a = has(a, MML_COW_EXCLUSIVE);
	bool new_b = has(b, MML_COW_EXCLUSIVE);

	if (new_a && new_b)
		return (struct mml_cow_verdict){ MML_COW_DIFFERENT, 0 };
	if (!new_a && !new_b) {
		/* one may be the other, read back from its swap slot */
		if (has(a, MML_COW_SWAPPED) != has(b, MML_COW_SWAPPED))
			return (struct mml_cow_verdict){ MML_COW_DIFFERENT, 0 };
		if (knows_taker(part, 0, a) && knows_taker(part, 1, b))
			return (struct mml_cow_verdict){
				MML_COW_COPIED, judge_takers(part, a, b) };
		new_a = is_mapped_by_others(b);
		new_b = is_mapped_by_others(a);
		if (new_a == new_b)
			return (struct mml_cow_verdict){ MML_COW_COPIED, MML_COW_EITHER };
	}
	return (struct mml_cow_verdict){ MML_COW_COPIED, new_a ? 0 : 1 };
}

static struct mml_cow_verdict judge_pair(const struct mml_part *part,
					 const struct mml_cow_page *a,
					 const struct mml_cow_page *b)
{
	bool private_a = has(a, MML_COW_PRIVATE);
	bool private_b = has(b, MML_COW_PRIVATE);

	if (is_same(a, b))
		return (struct mml_cow_verdict){ MML_COW_SHARED, 0 };
	if (private_a != private_b)
		return (struct mml_cow_verdict){ MML_COW_COPIED, private_a ? 0 : 1 };
	if (!private_a || !part->inherited || has(a, MML_COW_KSM) ||
	    has(b, MML_COW_KSM))
		return (struct mml_cow_verdict){ MML_COW_DIFFERENT, 0 };
	return judge_heirs(part, a, b);
}

/**
 * mml_cow_judge() - the verdict on one page
 * @part: what it is a page of
 * @page: what each process has there
 *
 * Return: the verdict
 */
struct mml_cow_verdict mml_cow_judge(const struct mml_part *part,
				     const struct mml_cow_page page[MML_COW_PROCESSES])
{
	bool a = is_memory(&page[0]), b = is_memory(&page[1]);

	if (a && b)
		return judge_pair(part, &page[0], &page[1]);
	if (a)
		return judge_single(part, &page[0], 0, 1);
	if (b)
		return judge_single(part, &page[1], 1, 0);
	return (struct mml_cow_verdict){ MML_COW_NONE, 0 };
}

/* ---- segments ---- */

/* A process's runs on their way through a part. */
struct cursor {
	const struct mml_cow_run *run, *last;
	uint64_t start;		/* of the part, in this process */
	uint64_t page_size;
};

static void cursor_begin(struct cursor *cursor,
			 const struct mml_cow_process *process,
			 const struct mml_place *place)
{
	*cursor = (struct cursor){
		.last = process->runs + process->nr_runs,
		.start = place->start,
		.page_size = process->page_size,
	};
	if (!place->vma) {
		cursor->run = cursor->last;
		return;
	}
	cursor->run = mml_cow_run_at(process, place->start);
}

/* What is at page @at of the part, and up to which page that holds. */
static uint64_t cursor_read(struct cursor *cursor, uint64_t at,
			    struct mml_cow_page *page)
{
	uint64_t addr = cursor->start + at * cursor->page_size;
	uint64_t size = cursor->page_size;

	page->run = NULL;
	page->where = MMLENS_UNKNOWN;
	while (cursor->run < cursor->last && mml_cow_run_end(cursor->run, size) <= addr)
		cursor->run++;
	if (cursor->run == cursor->last)
		return UINT64_MAX;
	if (cursor->run->start > addr)
		return at + (cursor->run->start - addr) / size;
	page->run = cursor->run;
	page->where = mml_cow_run_where(cursor->run, (addr - cursor->run->start) / size);
	return at + (mml_cow_run_end(cursor->run, size) - addr) / size;
}

/* How many pages of a part have been read in all the processes that have it. */
static uint64_t pages_read(const struct mml_cow *cow, const struct mml_part *part)
{
	uint64_t pages = part->pages;

	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++) {
		const struct mml_cow_process *process = cow->process[i];
		uint64_t read = 0;

		if (!part->in[i].vma)
			continue;
		if (process->end > part->in[i].start)
			read = (process->end - part->in[i].start) / process->page_size;
		if (read < pages)
			pages = read;
	}
	return pages;
}

/**
 * mml_cow_segments() - judge a part
 * @cow: from mml_cow_compare()
 * @part: one of its parts
 * @fn: called for each segment that any process has pages in, in order
 * @arg: its argument
 */
void mml_cow_segments(const struct mml_cow *cow, const struct mml_part *part,
		      mml_cow_segment_fn fn, void *arg)
{
	struct cursor cursor[MML_COW_PROCESSES];
	struct mml_cow_segment segment;
	uint64_t pages = pages_read(cow, part);

	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++)
		cursor_begin(&cursor[i], cow->process[i], &part->in[i]);

	for (uint64_t at = 0, end; at < pages; at = end) {
		bool any = false;

		end = pages;
		for (unsigned int i = 0; i < MML_COW_PROCESSES; i++) {
			uint64_t upto = cursor_read(&cursor[i], at, &segment.in[i]);

			if (upto < end)
				end = upto;
			any |= segment.in[i].run != NULL;
		}
		if (!any)
			continue;
		segment.page = at;
		segment.pages = end - at;
		segment.verdict = mml_cow_judge(part, segment.in);
		fn(part, &segment, arg);
	}
}

/* ---- counting ---- */

/* A write to a shared page would be answered with a copy. */
static bool write_copies(const struct mml_part *part)
{
	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++) {
		const struct mml_vma *vma = part->in[i].vma;

		if (vma && vma->flags & MMLENS_VM_WRITE &&
		    !(vma->flags & MMLENS_VM_SHARED))
			return true;
	}
	return false;
}

static void count_shared(struct mml_cow_counts *counts,
			 const struct mml_part *part,
			 const struct mml_cow_segment *segment)
{
	counts->shared += segment->pages;
	if (has(&segment->in[0], MML_COW_PRIVATE))
		counts->private_shared += segment->pages;
	if (write_copies(part))
		counts->next += segment->pages;
}

static void count_class(struct mml_cow_counts *counts,
			const struct mml_part *part,
			const struct mml_cow_segment *segment)
{
	unsigned int who = segment->verdict.who;

	switch (segment->verdict.class) {
	case MML_COW_NONE:
		break;
	case MML_COW_SHARED:
		count_shared(counts, part, segment);
		break;
	case MML_COW_COPIED:
		counts->copied += segment->pages;
		counts->copied_by[who] += segment->pages;
		break;
	case MML_COW_DIFFERENT:
		counts->different += segment->pages;
		break;
	case MML_COW_OWN:
		counts->own[who] += segment->pages;
		break;
	case MML_COW_UNFAULTED:
		counts->unfaulted[who] += segment->pages;
		break;
	case MML_COW_ALONE:
		counts->alone[who] += segment->pages;
		break;
	}
}

static void count_segment(const struct mml_part *part,
			  const struct mml_cow_segment *segment, void *arg)
{
	struct mml_cow_counts *counts = arg;
	bool swapped = false;

	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++) {
		if (!segment->in[i].run)
			continue;
		if (has(&segment->in[i], MML_COW_ZERO))
			counts->zero[i] += segment->pages;
		swapped |= has(&segment->in[i], MML_COW_SWAPPED);
	}
	if (swapped)
		counts->swapped += segment->pages;
	count_class(counts, part, segment);
}

/* Counts are all uint64_t: a struct of them is an array. */
#define NR_COUNTS (sizeof(struct mml_cow_counts) / sizeof(uint64_t))

/**
 * mml_cow_sum() - add one area's counts to others'
 * @sum: what they are added to
 * @counts: the area's
 */
void mml_cow_sum(struct mml_cow_counts *sum, const struct mml_cow_counts *counts)
{
	const uint64_t *from = (const uint64_t *)counts;
	uint64_t *to = (uint64_t *)sum;

	for (size_t i = 0; i < NR_COUNTS; i++)
		to[i] += from[i];
}

/**
 * mml_cow_is_empty() - whether an area has no page in any process
 * @counts: the area's
 *
 * Return: true if so
 */
bool mml_cow_is_empty(const struct mml_cow_counts *counts)
{
	static const struct mml_cow_counts nothing;

	return !memcmp(counts, &nothing, sizeof(nothing));
}

/* ---- frames ---- */

/*
 * The other join: all runs as intervals of frames, swept in their order. It
 * counts how often the compared processes map each frame, to be held against
 * the kernel's own count.
 */
struct border {
	uint64_t frame;
	uint32_t area;
	uint32_t mapcount;
	int16_t change;		/* 1: a run begins here; -1: it has ended */
	uint16_t process;
};

static int compare_borders(const void *a, const void *b)
{
	const struct border *x = a, *y = b;

	return x->frame < y->frame ? -1 : x->frame > y->frame;
}

/* Which area each VMA is in: parts hold that, but are not in VMA order. */
static uint32_t *areas_of(const struct mml_cow *cow, unsigned int process)
{
	const struct mml_vmas *vmas = cow->process[process]->vmas;
	uint32_t *area = calloc(vmas->n + 1, sizeof(*area));

	for (size_t i = 0; area && i < cow->areas.nr_parts; i++) {
		const struct mml_part *part = &cow->areas.parts[i];

		if (part->in[process].vma)
			area[part->in[process].vma - vmas->v] = part->area;
	}
	return area;
}

static int push_borders(const struct mml_cow *cow, unsigned int which,
			struct border *borders, size_t *n)
{
	const struct mml_cow_process *process = cow->process[which];
	uint32_t *area = areas_of(cow, which);
	size_t vma = 0;

	if (!area)
		return -ENOMEM;
	for (size_t i = 0; i < process->nr_runs; i++) {
		const struct mml_cow_run *run = &process->runs[i];
		struct border border = {
			.frame = run->where, .mapcount = run->mapcount,
			.change = 1, .process = which,
		};

		if (run->facts & MML_COW_AVERAGE)
			border.mapcount = MMLENS_UNKNOWN32;

		if (!mml_cow_run_has_frame(run))
			continue;
		while (process->vmas->v[vma].end <= run->start)
			vma++;
		border.area = area[vma];
		borders[(*n)++] = border;
		border.frame += run->pages;
		border.change = -1;
		borders[(*n)++] = border;
	}
	free(area);
	return 0;
}

/* The state of the sweep, between two borders. */
struct sweep {
	struct mml_cow *cow;
	unsigned int maps[MML_COW_PROCESSES];	/* times that each maps the frames here */
	uint32_t mapcount;			/* of the run that began last */
	uint32_t area;
};

static void count_frames(struct sweep *sweep, uint64_t frames)
{
	struct mml_cow_frames *sum = &sweep->cow->frames;
	unsigned int ours = 0, processes = 0;

	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++) {
		ours += sweep->maps[i];
		processes += sweep->maps[i] > 0;
		if (sweep->maps[i])
			sum->in[i] += frames;
	}
	if (processes < MML_COW_PROCESSES)
		return;
	sum->both += frames;
	if (sweep->mapcount == MMLENS_UNKNOWN32) {
		sum->untold += frames;
	} else if (sweep->mapcount > ours) {
		sum->outside += frames;
		sweep->cow->counts[sweep->area].outside += frames;
	}
}

static void sweep_frames(struct mml_cow *cow, const struct border *borders,
			 size_t n)
{
	struct sweep sweep = { .cow = cow };

	for (size_t i = 0; i < n; i++) {
		const struct border *border = &borders[i];

		if (i && border->frame > border[-1].frame)
			count_frames(&sweep, border->frame - border[-1].frame);
		sweep.maps[border->process] += border->change;
		if (border->change > 0) {
			sweep.mapcount = border->mapcount;
			sweep.area = border->area;
		}
	}
}

static int join_frames(struct mml_cow *cow)
{
	struct border *borders;
	size_t n = 0;
	int ret = 0;

	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++)
		n += 2 * cow->process[i]->nr_runs;
	borders = calloc(n + 1, sizeof(*borders));
	if (!borders)
		return -ENOMEM;
	n = 0;
	for (unsigned int i = 0; !ret && i < MML_COW_PROCESSES; i++)
		ret = push_borders(cow, i, borders, &n);
	if (!ret) {
		qsort(borders, n, sizeof(*borders), compare_borders);
		sweep_frames(cow, borders, n);
	}
	free(borders);
	return ret;
}

/* ---- all together ---- */

static void judge_areas(struct mml_cow *cow)
{
	for (size_t i = 0; i < cow->areas.nr_parts; i++) {
		const struct mml_part *part = &cow->areas.parts[i];

		mml_cow_segments(cow, part, count_segment, &cow->counts[part->area]);
	}
}

/**
 * mml_cow_compare() - compare processes, page by page
 * @cow: where to; free with mml_cow_free(), after a failure too
 * @process: the processes, each with an address space of its own; they must
 *	outlive @cow
 *
 * Return: 0 or -ENOMEM
 */
int mml_cow_compare(struct mml_cow *cow,
		    const struct mml_cow_process *const process[MML_COW_PROCESSES])
{
	const struct mml_vmas *vmas[MML_COW_PROCESSES];
	int ret;

	memset(cow, 0, sizeof(*cow));
	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++) {
		cow->process[i] = process[i];
		vmas[i] = process[i]->vmas;
	}
	ret = mml_areas_match(&cow->areas, vmas, process[0]->page_size);
	if (ret)
		return ret;
	cow->counts = calloc(cow->areas.n + 1, sizeof(*cow->counts));
	if (!cow->counts)
		return -ENOMEM;
	judge_areas(cow);
	ret = join_frames(cow);
	for (size_t i = 0; i < cow->areas.n; i++)
		mml_cow_sum(&cow->total, &cow->counts[i]);
	return ret;
}

/**
 * mml_cow_free() - free what mml_cow_compare() has made
 * @cow: from there, or all zeroes
 */
void mml_cow_free(struct mml_cow *cow)
{
	mml_areas_free(&cow->areas);
	free(cow->counts);
	memset(cow, 0, sizeof(*cow));
}
