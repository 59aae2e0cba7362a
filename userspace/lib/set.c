// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/border.h"
#include "lib/set_sweep.h"

/* ---- by frame ---- */

/* Fixed point: 64 bits of whole pages, 64 of a fraction. */
typedef unsigned __int128 parts;

#define ONE_PAGE ((parts)1 << 64)

/*
 * The sweep's sums say what a process that had mapped every frame so far would
 * have: it takes the difference between where it begins to map frames and
 * where it ends, so that a border costs the same however many share.
 */
struct mapper {
	uint32_t maps;		/* times that it maps the frames here */
	parts pss;
	uint64_t frames, alone, outside, hugetlb;
};

struct frames {
	struct mml_set *set;
	struct mml_borders borders;
	struct mapper *mapper;
	struct mapper sums;	/* maps: of all processes */
	uint32_t sharers;	/* processes that map the frames here */
	const struct mml_cow_run *run;	/* that began last */
	const struct mml_cow_run *counted;	/* one whose mapcount is known ... */
	uint64_t counted_end;		/* ... and the frame up to which that goes */
};

static void push_borders(struct frames *f, uint32_t which)
{
	const struct mml_cow_process *process = f->set->process[which];

	for (size_t i = 0; i < process->nr_runs; i++) {
		const struct mml_cow_run *run = &process->runs[i];

		if (mml_cow_run_has_frame(run))
			mml_borders_push(&f->borders, run->where, run->pages,
					 which, i);
	}
}

static void count_outside(struct frames *f, uint64_t first, uint64_t frames)
{
	struct mml_set_frames *sum = &f->set->frames;
	bool average = f->counted && f->counted->facts & MML_COW_AVERAGE;

	if (f->counted_end <= first) {
		sum->untold += frames;
	} else if (f->counted->mapcount > f->sums.maps) {
		*(average ? &sum->outside_average : &sum->outside) += frames;
		f->sums.outside += frames;
	} else if (average) {
		sum->untold += frames;
	}
}

static void count_pairs(struct frames *f, uint64_t frames)
{
	struct mml_set *set = f->set;

	for (uint32_t i = 0; i < set->n; i++) {
		for (uint32_t j = 0; f->mapper[i].maps && j < set->n; j++) {
			if (f->mapper[j].maps)
				set->frames.pairs[i * set->n + j] += frames;
		}
	}
}

static void count_frames(struct frames *f, uint64_t first, uint64_t frames)
{
	struct mml_set *set = f->set;

	if (!f->sharers)
		return;
	set->frames.total += frames;
	set->frames.shared_by[f->sharers] += frames;
	count_outside(f, first, frames);
	if (set->frames.pairs)
		count_pairs(f, frames);
	if (f->run->facts & MML_COW_HUGETLB) {
		f->sums.hugetlb += frames;
		return;
	}
	f->sums.pss += frames * (ONE_PAGE / f->sharers);
	if (f->sharers == 1)
		f->sums.alone += frames;
}

static void begin(struct frames *f, uint32_t which)
{
	struct mapper *mapper = &f->mapper[which];

	if (mapper->maps++)
		return;
	f->sharers++;
	mapper->pss -= f->sums.pss;
	mapper->alone -= f->sums.alone;
	mapper->outside -= f->sums.outside;
	mapper->hugetlb -= f->sums.hugetlb;
}

static void end(struct frames *f, uint32_t which)
{
	struct mapper *mapper = &f->mapper[which];

	if (--mapper->maps)
		return;
	f->sharers--;
	mapper->pss += f->sums.pss;
	mapper->alone += f->sums.alone;
	mapper->outside += f->sums.outside;
	mapper->hugetlb += f->sums.hugetlb;
}

/* Every process that maps a frame has the same to say, or was not asked. */
static void note_mapcount(struct frames *f, const struct mml_cow_run *run)
{
	uint64_t end = run->where + run->pages;

	if (run->mapcount == MMLENS_UNKNOWN32 || end <= f->counted_end)
		return;
	f->counted = run;
	f->counted_end = end;
}

static void sweep_frames(struct frames *f)
{
	uint64_t last = 0;

	for (size_t i = 0; i < f->borders.n; i++) {
		const struct mml_border *border = &f->borders.v[i];
		uint64_t frame = mml_border_at(border);

		if (frame > last)
			count_frames(f, last, frame - last);
		last = frame;
		if (mml_border_begins(border)) {
			f->run = &f->set->process[border->in]->runs[border->run];
			f->sums.maps++;
			note_mapcount(f, f->run);
			begin(f, border->in);
		} else {
			f->sums.maps--;
			end(f, border->in);
		}
	}
}

static void take_mapper(struct mml_set *set, uint32_t i,
			const struct mapper *mapper)
{
	struct mml_set_member *member = &set->member[i];
	const struct mml_cow_process *process = set->process[i];

	for (size_t j = 0; j < process->nr_runs; j++) {
		const struct mml_cow_run *run = &process->runs[j];

		if (run->facts & MML_COW_SWAPPED)
			member->swap += run->pages;
		else if (mml_cow_run_has_frame(run) &&
			 !(run->facts & MML_COW_HUGETLB))
			member->rss += run->pages;
	}
	member->uss = mapper->alone;
	member->pss_pages = mapper->pss >> 64;
	member->pss_part = mapper->pss;
	member->outside = mapper->outside;
	member->hugetlb = mapper->hugetlb;
}

static int join_frames(struct mml_set *set)
{
	struct frames f = { .set = set };
	size_t room = 0;
	int ret = -ENOMEM;

	for (uint32_t i = 0; i < set->n; i++)
		room += 2 * set->process[i]->nr_runs;
	f.mapper = calloc(set->n + 1, sizeof(*f.mapper));
	if (!mml_borders_init(&f.borders, room) && f.mapper) {
		for (uint32_t i = 0; i < set->n; i++)
			push_borders(&f, i);
		mml_borders_sort(&f.borders);
		sweep_frames(&f);
		for (uint32_t i = 0; i < set->n; i++)
			take_mapper(set, i, &f.mapper[i]);
		ret = 0;
	}
	if (f.borders.n > set->borders)
		set->borders = f.borders.n;
	mml_borders_free(&f.borders);
	free(f.mapper);
	return ret;
}

/* ---- by place ---- */

static int push_share(struct mml_set *set, uint32_t who, uint64_t pages)
{
	size_t more = set->room_shares ? set->room_shares * 2 : 64;
	void *grown;

	if (set->nr_shares == set->room_shares) {
		grown = reallocarray(set->shares, more, sizeof(*set->shares));
		if (!grown)
			return -ENOMEM;
		set->shares = grown;
		set->room_shares = more;
	}
	set->shares[set->nr_shares++] = (struct mml_set_share){ who, pages };
	return 0;
}

static int compare_shares(const void *a, const void *b)
{
	const struct mml_set_share *x = a, *y = b;

	if (x->pages != y->pages)
		return x->pages > y->pages ? -1 : 1;
	return x->who < y->who ? -1 : x->who > y->who;
}

/* From the tally to the area; @tally is empty afterwards. */
static int take_tally(struct mml_set *set, struct mml_set_area *area,
		      struct mml_set_tally *tally)
{
	int ret = 0;

	area->counts = tally->counts;
	for (uint32_t k = 1; !ret && k <= set->n; k++) {
		if (!tally->shared_by[k])
			continue;
		ret = push_share(set, k, tally->shared_by[k]);
		area->nr_shared_by++;
	}
	for (uint32_t i = 0; !ret && i <= set->n; i++) {
		if (!tally->copied_by[i])
			continue;
		ret = push_share(set, i < set->n ? i : MML_SET_NOBODY,
				 tally->copied_by[i]);
		area->nr_copied_by++;
		if (i < set->n)
			set->member[i].copied += tally->copied_by[i];
		else
			set->copied_by_nobody += tally->copied_by[i];
	}
	memset(&tally->counts, 0, sizeof(tally->counts));
	memset(tally->shared_by, 0, (set->n + 1) * sizeof(*tally->shared_by));
	memset(tally->copied_by, 0, (set->n + 1) * sizeof(*tally->copied_by));
	return ret;
}

/* The stretches from @first on that lie in one space and layer of one area. */
static size_t space_end(const struct mml_set *set, size_t first)
{
	const struct mml_set_stretch *v = set->stretch;
	size_t end = first + 1;

	while (end < set->nr_stretches && v[end].area == v[first].area &&
	       mml_set_meets(&v[first], &v[end]))
		end++;
	return end;
}

/* sweep_area() - all of an area, whose first stretch @first is; set to the next one's */
static int sweep_area(const struct mml_set *set, size_t *first,
		      struct mml_set_tally *tally, size_t *borders,
		      mml_set_piece_fn fn, void *arg)
{
	uint32_t area = set->stretch[*first].area;
	int ret = 0;

	while (!ret && *first < set->nr_stretches &&
	       set->stretch[*first].area == area) {
		size_t end = space_end(set, *first);

		ret = mml_set_sweep(set, &set->stretch[*first], end - *first,
				    tally, borders, fn, arg);
		*first = end;
	}
	return ret;
}

static int tally_init(struct mml_set_tally *tally, uint32_t n)
{
	*tally = (struct mml_set_tally){
		.shared_by = calloc(n + 1, sizeof(*tally->shared_by)),
		.copied_by = calloc(n + 1, sizeof(*tally->copied_by)),
	};
	return tally->shared_by && tally->copied_by ? 0 : -ENOMEM;
}

static void tally_free(struct mml_set_tally *tally)
{
	free(tally->shared_by);
	free(tally->copied_by);
}

/* The arrays of shares are known only when all have been pushed. */
static void lay_shares(struct mml_set *set)
{
	struct mml_set_share *next = set->shares;

	for (size_t i = 0; i < set->nr_areas; i++) {
		struct mml_set_area *area = &set->areas[i];

		area->shared_by = next;
		next += area->nr_shared_by;
		area->copied_by = next;
		if (area->nr_copied_by)
			qsort(next, area->nr_copied_by, sizeof(*next),
			      compare_shares);
		next += area->nr_copied_by;
	}
}

static void sum_areas(struct mml_set *set)
{
	uint64_t *to = (uint64_t *)&set->total;

	for (size_t i = 0; i < set->nr_areas; i++) {
		const uint64_t *from = (const uint64_t *)&set->areas[i].counts;

		for (size_t j = 0; j < sizeof(set->total) / sizeof(*to); j++)
			to[j] += from[j];
	}
}

static int compare_areas(const void *a, const void *b, void *arg)
{
	const struct mml_set *set = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct mml_set_counts *x = &set->areas[i].counts;
	const struct mml_set_counts *y = &set->areas[j].counts;

	if (x->copied != y->copied)
		return x->copied > y->copied ? -1 : 1;
	return i < j ? -1 : i > j;
}

/* What was copied most comes first. */
static int sort_areas(struct mml_set *set)
{
	uint32_t *order = calloc(2 * set->nr_areas + 1, sizeof(*order));
	struct mml_set_area *sorted = calloc(set->nr_areas + 1, sizeof(*sorted));

	if (!order || !sorted) {
		free(order);
		free(sorted);
		return -ENOMEM;
	}
	for (size_t i = 0; i < set->nr_areas; i++)
		order[i] = i;
	qsort_r(order, set->nr_areas, sizeof(*order), compare_areas, set);
	for (size_t i = 0; i < set->nr_areas; i++) {
		sorted[i] = set->areas[order[i]];
		order[set->nr_areas + order[i]] = i;
	}
	for (size_t i = 0; i < set->nr_stretches; i++)
		set->stretch[i].area = order[set->nr_areas + set->stretch[i].area];
	free(set->areas);
	set->areas = sorted;
	free(order);
	return 0;
}

static int judge_areas(struct mml_set *set)
{
	struct mml_set_tally tally;
	int ret = tally_init(&tally, set->n);

	if (!ret)
		ret = mml_set_takers(set);
	for (size_t i = 0; !ret && i < set->nr_stretches; ) {
		struct mml_set_area *area = &set->areas[set->stretch[i].area];

		area->first = i;
		ret = sweep_area(set, &i, &tally, &set->borders, NULL, NULL);
		if (!ret)
			ret = take_tally(set, area, &tally);
	}
	tally_free(&tally);
	if (ret)
		return ret;
	lay_shares(set);
	sum_areas(set);
	return sort_areas(set);
}

/**
 * mml_set_judge() - judge a set of processes
 * @set: where to; mml_set_free() it, after a failure too
 * @process: the processes, each with an address space of its own
 * @n: how many, from 1 to MML_SET_MAX
 *
 * Return: 0 or -ENOMEM
 */
int mml_set_judge(struct mml_set *set,
		  const struct mml_cow_process *const *process, uint32_t n)
{
	int ret;

	*set = (struct mml_set){ .process = process, .n = n };
	set->member = calloc(n + 1, sizeof(*set->member));
	set->frames.shared_by = calloc(n + 1, sizeof(uint64_t));
	if (!set->member || !set->frames.shared_by)
		return -ENOMEM;
	if (n <= MML_SET_MATRIX) {
		set->frames.pairs = calloc(n * n + 1, sizeof(uint64_t));
		if (!set->frames.pairs)
			return -ENOMEM;
	}
	ret = join_frames(set);
	if (!ret)
		ret = mml_set_place(set);
	if (!ret)
		ret = judge_areas(set);
	return ret;
}

/**
 * mml_set_pieces() - go through an area
 * @set: judged
 * @area: its number
 * @fn: called for each piece
 * @arg: its argument
 *
 * Return: 0, -ENOMEM, or what @fn returned if that is not 0
 */
int mml_set_pieces(const struct mml_set *set, uint32_t area,
		   mml_set_piece_fn fn, void *arg)
{
	size_t first = set->areas[area].first, borders = 0;
	struct mml_set_tally tally;
	int ret = tally_init(&tally, set->n);

	if (!ret)
		ret = sweep_area(set, &first, &tally, &borders, fn, arg);
	tally_free(&tally);
	return ret;
}

/**
 * mml_set_free() - free what mml_set_judge() has made
 * @set: from there, or all zeroes; the processes are the caller's
 */
void mml_set_free(struct mml_set *set)
{
	free(set->member);
	free(set->frames.shared_by);
	free(set->frames.pairs);
	free(set->areas);
	free(set->stretch);
	free(set->takers);
	free(set->ranges);
	free(set->shares);
	memset(set, 0, sizeof(*set));
}
