// SPDX-License-Identifier: GPL-2.0
/*
 * One space is swept from its first place to its last. What stands at a place
 * is kept as *groups*: the processes that have one frame there. A run keeps to
 * one group from end to end, since frame and place count up together, so a
 * border changes one group, and through it one lineage. When all borders at a
 * place have been taken, those lineages that changed are summed again; the stretch up
 * to the next place adds the sums of all once.
 *
 * What concerns a group as long as it stays what it is (for how many places it
 * had k sharers, was a copy) is not added at each border but when it changes:
 * for that, `beside` and `apart` count the places so far at which the file's
 * own page was there, and was not.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/set_state.h"

/* ---- who took a frame ---- */

static int compare_takers(const void *a, const void *b)
{
	const struct mml_set_taker *x = a, *y = b;

	if (x->anon_id != y->anon_id)
		return x->anon_id < y->anon_id ? -1 : 1;
	return x->process < y->process ? -1 : x->process > y->process;
}

/**
 * mml_set_takers() - whose anon_vmas there are
 * @set: its processes are set
 *
 * One that two have is told of neither: it may be an ancestor's.
 *
 * Return: 0 or -ENOMEM
 */
int mml_set_takers(struct mml_set *set)
{
	struct mml_set_taker *v;
	size_t n = 0, kept = 0, end;

	for (uint32_t i = 0; i < set->n; i++)
		n += set->process[i]->vmas->n;
	v = calloc(n + 1, sizeof(*v));
	set->takers = v;
	if (!v)
		return -ENOMEM;
	n = 0;
	for (uint32_t i = 0; i < set->n; i++) {
		const struct mml_vmas *vmas = set->process[i]->vmas;

		for (size_t j = 0; j < vmas->n; j++) {
			if (vmas->v[j].anon_id != MMLENS_UNKNOWN)
				v[n++] = (struct mml_set_taker){ vmas->v[j].anon_id, i };
		}
	}
	qsort(v, n, sizeof(*v), compare_takers);
	for (size_t i = 0; i < n; i = end) {
		for (end = i; end < n && v[end].anon_id == v[i].anon_id; end++)
			;
		if (v[end - 1].process == v[i].process)
			v[kept++] = v[i];
	}
	set->nr_takers = kept;
	return 0;
}

/* ---- from border to border ---- */

static bool may_touch(const struct mml_vma *vma)
{
	return vma->flags & (MMLENS_VM_READ | MMLENS_VM_WRITE | MMLENS_VM_EXEC);
}

static bool is_unfaulted(const struct sweep *s)
{
	return s->files && s->holders > s->touchers;
}

static uint64_t copies_here(const struct sweep *s)
{
	return s->files ? s->sums.groups : s->sums.copied;
}

/* The one who has the only frame, or made the only copy. */
static uint32_t owner_here(const struct sweep *s)
{
	if (s->files && s->sums.groups == 1)
		return s->sums.singles ? s->sums.who : MML_SET_NOBODY;
	if (!s->files && s->sums.copied == 1)
		return s->sums.owners;
	if (s->present == 1)
		return s->files ? s->file_who : s->sums.who;
	return MML_SET_NOBODY;
}

static int hand_over(struct sweep *s, uint64_t places)
{
	const struct mml_set_stretch *stretch = &s->stretch[s->first_here];
	uint64_t size = s->set->process[0]->page_size;
	const struct mml_set_piece piece = {
		.area = stretch->area, .process = stretch->process,
		.vma = stretch->vma,
		.start = stretch->vma->start + (s->at - stretch->from) * size,
		.pages = places,
		.present = s->present,
		.frames = s->files + s->sums.groups,
		.copies = copies_here(s),
		.owner = owner_here(s),
		.unfaulted = is_unfaulted(s),
	};

	return s->fn(&piece, s->arg);
}

static void count_places(struct sweep *s, uint64_t places)
{
	struct mml_set_counts *counts = &s->tally->counts;
	const struct sums *sums = &s->sums;

	counts->shared += places * (sums->shared + s->shared_files);
	counts->alone += places * (s->files - s->shared_files);
	counts->copied += places * copies_here(s);
	if (s->files) {
		counts->copies += places * sums->singles;
	} else {
		bool others = s->nr_active > 1;

		counts->copies += places * sums->copies;
		counts->different += places * (sums->different +
					       (others ? sums->lone : 0));
		counts->own += places * (sums->own + (others ? 0 : sums->lone));
	}
	if (is_unfaulted(s))
		counts->unfaulted += places;
	counts->swapped += places * s->swapped;
	counts->zero += places * s->zeroes;
	if (s->files)
		s->beside += places;
	else
		s->apart += places;
}

static int go_to(struct sweep *s, uint64_t at)
{
	uint64_t places = at - s->at;
	int ret = 0;

	if (!places)
		return 0;
	mml_sweep_sum(s);
	count_places(s, places);
	if (s->fn && (s->files || s->sums.groups))
		ret = hand_over(s, places);
	s->at = at;
	return ret;
}

static void list_stretch(struct sweep *s, uint32_t i)
{
	s->before[i] = s->last_here;
	s->after[i] = NONE;
	if (s->last_here == NONE)
		s->first_here = i;
	else
		s->after[s->last_here] = i;
	s->last_here = i;
}

static void unlist_stretch(struct sweep *s, uint32_t i)
{
	if (s->before[i] == NONE)
		s->first_here = s->after[i];
	else
		s->after[s->before[i]] = s->after[i];
	if (s->after[i] == NONE)
		s->last_here = s->before[i];
	else
		s->before[s->after[i]] = s->before[i];
}

static void take_run(struct sweep *s, const struct border *border)
{
	const struct mml_vma *vma = s->stretch[border->stretch].vma;

	if (border->run->facts & MML_COW_ZERO) {
		s->zeroes += border->change;
		return;
	}
	s->present += border->change;
	if (border->change > 0)
		list_stretch(s, border->stretch);
	else
		unlist_stretch(s, border->stretch);
	if (may_touch(vma))
		s->touchers += border->change;
	mml_sweep_run(s, border);
}

/* ---- borders ---- */

static uint64_t page_of(const struct sweep *s, uint64_t addr)
{
	return addr >> s->page_shift;
}

/*
 * Equal for equal frames, or slots, at equal places. Taken at the run's first
 * page, though that may lie before the stretch: both count up together.
 */
static uint64_t bias_of(const struct sweep *s,
			const struct mml_set_stretch *stretch,
			const struct mml_cow_run *run)
{
	uint64_t place = stretch->from + page_of(s, run->start) -
			 page_of(s, stretch->vma->start);

	if (run->where == MMLENS_UNKNOWN)
		return 0;
	if (run->facts & MML_COW_SWAPPED)
		return MMLENS_SWAP_OFFSET(run->where) - place;
	return run->where - place;
}

static struct border unpack(const struct sweep *s, const struct mml_border *packed)
{
	const struct mml_set_stretch *stretch = &s->stretch[packed->in];
	struct border border = {
		.at = mml_border_at(packed), .stretch = packed->in,
		.change = mml_border_begins(packed) ? 1 : -1,
	};

	if (packed->run == MML_BORDER_WHOLE)
		return border;
	border.run = &s->set->process[stretch->process]->runs[packed->run];
	border.bias = bias_of(s, stretch, border.run);
	return border;
}

static int sweep_borders(struct sweep *s)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < s->borders.n; i++) {
		const struct border border = unpack(s, &s->borders.v[i]);

		if (!i)
			s->at = border.at;
		ret = go_to(s, border.at);
		if (border.run)
			take_run(s, &border);
		else
			s->holders += border.change;
	}
	return ret;
}

/* ---- all of them ---- */

static size_t first_run(const struct sweep *s,
			const struct mml_set_stretch *stretch)
{
	const struct mml_cow_process *process = s->set->process[stretch->process];

	return mml_cow_run_at(process, stretch->vma->start) - process->runs;
}

static bool is_in(const struct sweep *s, const struct mml_set_stretch *stretch,
		  size_t run)
{
	const struct mml_cow_process *process = s->set->process[stretch->process];

	return run < process->nr_runs &&
	       process->runs[run].start < stretch->vma->end;
}

/* A run may go on in the next VMA. */
static void push_run(struct sweep *s, uint32_t i, uint32_t number)
{
	const struct mml_set_stretch *stretch = &s->stretch[i];
	const struct mml_vma *vma = stretch->vma;
	const struct mml_cow_run *run =
		&s->set->process[stretch->process]->runs[number];
	uint64_t first = run->start > vma->start ? run->start : vma->start;
	uint64_t last = mml_cow_run_end(run, s->set->process[0]->page_size);

	if (last > vma->end)
		last = vma->end;
	mml_borders_push(&s->borders,
			 stretch->from + page_of(s, first - vma->start),
			 page_of(s, last - first), i, number);
}

static void push_stretch(struct sweep *s, uint32_t i)
{
	const struct mml_set_stretch *stretch = &s->stretch[i];

	if (may_touch(stretch->vma))
		mml_borders_push(&s->borders, stretch->from, stretch->pages, i,
				 MML_BORDER_WHOLE);
	for (size_t run = first_run(s, stretch); is_in(s, stretch, run); run++)
		push_run(s, i, run);
}

static size_t count_borders(const struct sweep *s, size_t n)
{
	size_t borders = 0;

	for (size_t i = 0; i < n; i++) {
		size_t run = first_run(s, &s->stretch[i]);

		for (borders += 2; is_in(s, &s->stretch[i], run); run++)
			borders += 2;
	}
	return borders;
}

static int sweep_all(struct sweep *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		push_stretch(s, i);
	mml_borders_sort(&s->borders);
	return sweep_borders(s);
}

/**
 * mml_set_sweep() - count what stands at the places of one space
 * @set: has takers
 * @stretch: stretches of one area, space and layer
 * @n: how many
 * @tally: added to
 * @borders: raised to the number of borders, if that is more
 * @fn: called for each piece, or NULL
 * @arg: its argument
 *
 * Return: 0, -ENOMEM, or what @fn returned if that is not 0
 */
int mml_set_sweep(const struct mml_set *set, const struct mml_set_stretch *stretch,
		  size_t n, struct mml_set_tally *tally, size_t *borders,
		  mml_set_piece_fn fn, void *arg)
{
	struct sweep s = {
		.set = set, .stretch = stretch, .tally = tally,
		.fn = fn, .arg = arg,
		.first_here = NONE, .last_here = NONE, .changed = NONE,
	};
	size_t room = count_borders(&s, n);
	int ret = -ENOMEM;

	if (room > *borders)
		*borders = room;
	s.page_shift = __builtin_ctzll(set->process[0]->page_size);
	s.before = calloc(n + 1, sizeof(*s.before));
	s.after = calloc(n + 1, sizeof(*s.after));
	/* no more roots than stretches; and what KSM has merged */
	if (!mml_borders_init(&s.borders, room) && s.before && s.after &&
	    !mml_sweep_init(&s, room / 2 + 1, n + 1))
		ret = sweep_all(&s, n);
	mml_borders_free(&s.borders);
	mml_sweep_free(&s);
	free(s.before);
	free(s.after);
	return ret;
}
