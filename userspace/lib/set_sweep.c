// SPDX-License-Identifier: GPL-2.0
/*
 * One space is swept from its first place to its last. What stands at a place
 * is kept as *groups*: the processes that have one frame there. A run keeps to
 * one group from end to end, since frame and place count up together, so a
 * border changes one group, and through it one lineage. Sums over the lineages
 * are kept up to date; the stretch between two borders adds them once.
 *
 * What concerns a group as long as it stays what it is (for how many places it
 * had k sharers, was a copy) is not added at each border but when it changes:
 * for that, `beside` and `apart` count the places so far at which the file's
 * own page was there, and was not.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/set_sweep.h"

#define NONE UINT32_MAX

struct border {
	uint64_t at;
	const struct mml_cow_run *run;	/* NULL: the area itself begins or ends */
	uint64_t bias;			/* of the frame against the place */
	uint32_t stretch;
	int32_t change;
};

/* Processes that have the same at a place. */
struct group {
	uint64_t bias;
	uint32_t tag;
	uint32_t lineage;	/* NONE: no private memory */
	uint32_t sharers;
	uint32_t exclusive;	/* of those, whose entry says so */
	uint64_t who;		/* the sum of their numbers: if it is one, its number */
	uint64_t anon_id;
	uint64_t since;		/* place of the last change */
	uint64_t beside, apart;	/* what the sweep's were then */
	uint64_t copying;	/* what the lineage's was then */
	uint32_t older, younger;	/* old ones of the lineage, a list */
	bool swapped;
};

/* What a lineage adds to each place where the file's own page is not. */
struct sums {
	uint64_t groups;	/* these three: where it is, too */
	uint64_t shared;
	uint64_t singles;
	uint64_t copied;	/* the original is not */
	uint64_t copies;	/* of the singles */
	uint64_t different;
	uint64_t own;
	uint64_t lone;		/* 1: it is one frame of one process */
	uint64_t owners;	/* who made the copies: the sum of their numbers */
	uint64_t who;		/* the same of all singles */
};

struct lineage {
	uint64_t root;
	uint32_t tag;
	bool merged;		/* by KSM: of no origin */
	uint32_t groups, singles;
	uint32_t old[2];	/* frames; swap slots */
	uint32_t old_singles;
	uint32_t first_old;	/* list of groups */
	uint64_t exclusive_who;	/* sums of the numbers of owners: of these singles ... */
	uint64_t single_who;	/* ... and of all */
	bool copying;		/* the exclusive ones are copies, beside no file's page */
	uint64_t copied;	/* places for which they were */
	uint64_t apart;		/* what the sweep's was at the last change */
	uint32_t original;	/* of several old groups; or NONE */
	struct sums sums;
};

/* Finds a group or a lineage by two numbers; nothing is ever taken out. */
struct map {
	uint32_t *slot;		/* index + 1 */
	size_t mask;
};

struct sweep {
	const struct mml_set *set;
	const struct mml_set_takers *takers;
	const struct mml_set_stretch *stretch;
	struct mml_set_tally *tally;
	mml_set_piece_fn fn;
	void *arg;

	struct border *borders;
	size_t nr_borders;
	struct group *groups;
	size_t nr_groups;
	struct lineage *lineages;
	size_t nr_lineages;
	struct map group_map, lineage_map;

	uint64_t at;
	uint64_t beside, apart;
	struct sums sums;
	uint32_t nr_active;	/* lineages that have something */
	uint32_t files;		/* groups that are no private memory ... */
	uint32_t shared_files;	/* ... of several processes */
	uint64_t file_who;	/* the sum of the numbers of single ones */
	uint32_t holders;	/* processes that may touch the place */
	uint32_t touchers;	/* of those, that have something */
	uint32_t present;	/* processes that have something */
	uint32_t swapped, zeroes;
	/* a list of the stretches that have something here, for an address */
	uint32_t *before, *after;
	uint32_t first_here, last_here;
};

/* ---- maps ---- */

static int map_init(struct map *map, size_t n)
{
	size_t size = 16;

	while (size < 2 * n)
		size *= 2;
	map->mask = size - 1;
	map->slot = calloc(size, sizeof(*map->slot));
	return map->slot ? 0 : -ENOMEM;
}

static size_t mix(uint64_t a, uint32_t b)
{
	a = (a ^ (uint64_t)b << 40) * 0x9e3779b97f4a7c15;
	return a ^ a >> 29;
}

static struct group *find_group(struct sweep *s, uint64_t bias, uint32_t tag)
{
	size_t i = mix(bias, tag);
	struct group *group;

	for (;; i++) {
		uint32_t *slot = &s->group_map.slot[i & s->group_map.mask];

		if (!*slot) {
			*slot = ++s->nr_groups;
			group = &s->groups[*slot - 1];
			*group = (struct group){ .bias = bias, .tag = tag };
			return group;
		}
		group = &s->groups[*slot - 1];
		if (group->bias == bias && group->tag == tag)
			return group;
	}
}

static uint32_t find_lineage(struct sweep *s, uint64_t root, uint32_t tag)
{
	size_t i = mix(root, tag);

	for (;; i++) {
		uint32_t *slot = &s->lineage_map.slot[i & s->lineage_map.mask];
		struct lineage *lineage;

		if (!*slot) {
			*slot = ++s->nr_lineages;
			s->lineages[*slot - 1] = (struct lineage){
				.root = root, .tag = tag, .merged = tag == 1,
				.first_old = NONE, .original = NONE,
			};
			return *slot - 1;
		}
		lineage = &s->lineages[*slot - 1];
		if (lineage->root == root && lineage->tag == tag)
			return *slot - 1;
	}
}

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
 * @set: the processes
 * @takers: where to; free its array
 *
 * One that two have is told of neither: it may be an ancestor's.
 *
 * Return: 0 or -ENOMEM
 */
int mml_set_takers(const struct mml_set *set, struct mml_set_takers *takers)
{
	struct mml_set_taker *v;
	size_t n = 0, kept = 0, end;

	for (uint32_t i = 0; i < set->n; i++)
		n += set->process[i]->vmas->n;
	v = calloc(n + 1, sizeof(*v));
	takers->v = v;
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
	takers->n = kept;
	return 0;
}

static uint32_t taker_of(const struct sweep *s, const struct group *group)
{
	const struct mml_set_takers *takers = s->takers;
	size_t low = 0, high = takers->n, middle;

	if (group->anon_id == MMLENS_UNKNOWN)
		return MML_SET_NOBODY;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (takers->v[middle].anon_id < group->anon_id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < takers->n && takers->v[low].anon_id == group->anon_id)
		return takers->v[low].process;
	return MML_SET_NOBODY;
}

static void count_copy(struct sweep *s, uint32_t who, uint64_t places)
{
	s->tally->copied_by[who == MML_SET_NOBODY ? s->set->n : who] += places;
}

/* ---- lineages ---- */

static bool is_single(const struct group *group)
{
	return group->sharers == 1;
}

static bool is_old(const struct group *group)
{
	return !is_single(group) || !group->exclusive;
}

/* A frame may be what was read back from another's slot: neither is proven. */
static bool is_mixed(const struct lineage *l)
{
	return l->old[0] && l->old[1];
}

static bool is_older(const struct sweep *s, const struct group *a,
		     const struct group *b)
{
	uint32_t x = taker_of(s, a), y = taker_of(s, b);

	/* taken by no member of the set: by an ancestor of all of them */
	if (x == MML_SET_NOBODY || y == MML_SET_NOBODY)
		return x == MML_SET_NOBODY &&
		       (y != MML_SET_NOBODY || a->sharers < b->sharers);
	if (x != y)
		return s->set->process[x]->start_time <
		       s->set->process[y]->start_time;
	/* its later frames are those that its later children share */
	return a->sharers < b->sharers;
}

static uint32_t choose_original(const struct sweep *s, const struct lineage *l)
{
	uint32_t best = l->first_old;

	for (uint32_t i = l->first_old; i != NONE; i = s->groups[i].younger) {
		if (is_older(s, &s->groups[i], &s->groups[best]))
			best = i;
	}
	return best;
}

/* The places since the last change, as copies of those who took them. */
static void settle_lineage(struct sweep *s, struct lineage *l)
{
	uint64_t places = s->apart - l->apart;

	l->apart = s->apart;
	if (l->copying)
		l->copied += places;
	if (l->original == NONE || !places)
		return;
	for (uint32_t i = l->first_old; i != NONE; i = s->groups[i].younger) {
		if (i != l->original)
			count_copy(s, taker_of(s, &s->groups[i]), places);
	}
}

static uint64_t old_owners(const struct sweep *s, const struct lineage *l)
{
	uint64_t sum = 0;

	for (uint32_t i = l->first_old; i != NONE; i = s->groups[i].younger) {
		if (i != l->original)
			sum += taker_of(s, &s->groups[i]);
	}
	return sum;
}

static void sum_old(const struct sweep *s, struct lineage *l, struct sums *sums)
{
	uint64_t exclusive = l->singles - l->old_singles;

	sums->copied = exclusive;
	sums->copies = exclusive;
	sums->owners = l->exclusive_who;
	if (is_mixed(l)) {
		sums->different = l->old_singles;
	} else if (l->old[0] + l->old[1] == 1) {
		sums->own = l->old_singles;
	} else {
		l->original = choose_original(s, l);
		sums->copied = l->groups - 1;
		sums->own = is_single(&s->groups[l->original]);
		sums->copies = l->singles - sums->own;
		sums->owners += old_owners(s, l);
	}
}

static void sum_lineage(const struct sweep *s, struct lineage *l)
{
	struct sums *sums = &l->sums;

	*sums = (struct sums){
		.groups = l->groups, .singles = l->singles,
		.shared = l->groups - l->singles, .who = l->single_who,
	};
	l->original = NONE;
	l->copying = false;
	if (l->groups == 1) {
		sums->lone = l->singles;
	} else if (l->merged || !(l->old[0] + l->old[1])) {
		sums->different = l->singles;
	} else {
		l->copying = true;
		sum_old(s, l, sums);
	}
}

#define NR_SUMS (sizeof(struct sums) / sizeof(uint64_t))

/* Sums are all uint64_t; what is taken away wraps around and comes back. */
static void add_sums(struct sweep *s, const struct lineage *l, uint64_t factor)
{
	const uint64_t *from = (const uint64_t *)&l->sums;
	uint64_t *to = (uint64_t *)&s->sums;

	for (size_t i = 0; i < NR_SUMS; i++)
		to[i] += factor * from[i];
	s->nr_active += factor * (l->groups > 0);
}

static void link_old(struct sweep *s, struct lineage *l, uint32_t i)
{
	s->groups[i].older = NONE;
	s->groups[i].younger = l->first_old;
	if (l->first_old != NONE)
		s->groups[l->first_old].older = i;
	l->first_old = i;
}

static void unlink_old(struct sweep *s, struct lineage *l, uint32_t i)
{
	const struct group *group = &s->groups[i];

	if (group->older == NONE)
		l->first_old = group->younger;
	else
		s->groups[group->older].younger = group->younger;
	if (group->younger != NONE)
		s->groups[group->younger].older = group->older;
}

/* Into its lineage (@factor 1), or out of it (-1). */
static void plug(struct sweep *s, struct group *group, int factor)
{
	struct lineage *l = &s->lineages[group->lineage];
	uint32_t i = group - s->groups;

	if (!group->sharers)
		return;
	l->groups += factor;
	if (is_single(group)) {
		l->singles += factor;
		l->single_who += factor * group->who;
	}
	if (!is_old(group)) {
		l->exclusive_who += factor * group->who;
		return;
	}
	l->old[group->swapped] += factor;
	if (is_single(group))
		l->old_singles += factor;
	if (factor > 0)
		link_old(s, l, i);
	else
		unlink_old(s, l, i);
}

/* ---- groups ---- */

/* Who took it for a copy, as long as it stood beside the file's own page. */
static uint32_t copier_of(const struct sweep *s, const struct group *group)
{
	uint32_t who = is_old(group) ? taker_of(s, group) : MML_SET_NOBODY;

	return who == MML_SET_NOBODY && is_single(group) ? group->who : who;
}

/* Adds what the group was until here. */
static void settle_group(struct sweep *s, struct group *group)
{
	const struct lineage *l;
	uint64_t beside = s->beside - group->beside;

	s->tally->shared_by[group->sharers] += s->at - group->since;
	group->since = s->at;
	group->beside = s->beside;
	if (group->lineage == NONE)
		return;
	l = &s->lineages[group->lineage];
	if (group->sharers && beside)
		count_copy(s, copier_of(s, group), beside);
	if (group->sharers && !is_old(group) && l->copied != group->copying)
		count_copy(s, group->who, l->copied - group->copying);
	group->copying = l->copied;
}

static void count_file(struct sweep *s, const struct group *group, int factor)
{
	if (!group->sharers)
		return;
	s->files += factor;
	if (is_single(group))
		s->file_who += factor * group->who;
	else
		s->shared_files += factor;
}

static void alter(struct group *group, const struct border *border,
		  uint32_t process)
{
	group->sharers += border->change;
	group->who += (int64_t)border->change * process;
	if (border->run->facts & MML_COW_EXCLUSIVE)
		group->exclusive += border->change;
}

static void change_group(struct sweep *s, struct group *group,
			 const struct border *border)
{
	uint32_t process = s->stretch[border->stretch].process;
	struct lineage *l = NULL;

	if (group->lineage != NONE) {
		l = &s->lineages[group->lineage];
		settle_lineage(s, l);
		add_sums(s, l, -1);
		settle_group(s, group);
		plug(s, group, -1);
		alter(group, border, process);
		plug(s, group, 1);
		sum_lineage(s, l);
		add_sums(s, l, 1);
	} else {
		settle_group(s, group);
		count_file(s, group, -1);
		alter(group, border, process);
		count_file(s, group, 1);
	}
	if (group->swapped && group->sharers == (border->change > 0))
		s->swapped += border->change;
}

/* Frames that nobody knows are nobody else's. */
static uint32_t tag_of(const struct sweep *s, const struct border *border)
{
	const struct mml_cow_run *run = border->run;
	uint32_t tag = run->facts & MML_COW_PRIVATE ? 1 : 0;

	if (run->where == MMLENS_UNKNOWN)
		return 1U << 31 | s->stretch[border->stretch].process << 1 | tag;
	if (run->facts & MML_COW_SWAPPED)
		tag |= 2 | MMLENS_SWAP_TYPE(run->where) << 2;
	return tag;
}

static struct group *group_of(struct sweep *s, const struct border *border)
{
	const struct mml_vma *vma = s->stretch[border->stretch].vma;
	const struct mml_cow_run *run = border->run;
	struct group *group = find_group(s, border->bias, tag_of(s, border));

	if (group->sharers)
		return group;
	/* a new one, or one that has been empty since */
	group->lineage = NONE;
	group->swapped = run->facts & MML_COW_SWAPPED;
	group->anon_id = run->anon_id;
	group->since = s->at;
	group->beside = s->beside;
	if (!(run->facts & MML_COW_PRIVATE))
		return group;
	group->lineage = run->facts & MML_COW_KSM ?
		find_lineage(s, 0, 1) :
		find_lineage(s, vma->anon_root, vma->anon_root == MMLENS_UNKNOWN ?
			     2 + s->stretch[border->stretch].process : 0);
	group->copying = s->lineages[group->lineage].copied;
	return group;
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
	change_group(s, group_of(s, border), border);
}

static int sweep_borders(struct sweep *s)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < s->nr_borders; i++) {
		const struct border *border = &s->borders[i];

		if (!i)
			s->at = border->at;
		ret = go_to(s, border->at);
		if (border->run)
			take_run(s, border);
		else
			s->holders += border->change;
	}
	return ret;
}

/* ---- borders ---- */

static int compare_borders(const void *a, const void *b)
{
	const struct border *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	/* what ends makes room for what begins */
	if (x->change != y->change)
		return x->change < y->change ? -1 : 1;
	return x->stretch < y->stretch ? -1 : x->stretch > y->stretch;
}

static void push(struct sweep *s, struct border border, uint64_t pages)
{
	border.change = 1;
	s->borders[s->nr_borders++] = border;
	border.at += pages;
	border.change = -1;
	s->borders[s->nr_borders++] = border;
}

/* Equal for equal frames, or slots, at equal places. */
static uint64_t bias_of(const struct mml_cow_run *run, uint64_t page,
			uint64_t place)
{
	uint64_t where = mml_cow_run_where(run, page);

	if (where == MMLENS_UNKNOWN)
		return 0;
	if (run->facts & MML_COW_SWAPPED)
		return MMLENS_SWAP_OFFSET(where) - place;
	return where - place;
}

static const struct mml_cow_run *first_run(const struct sweep *s,
					   const struct mml_set_stretch *stretch)
{
	return mml_cow_run_at(s->set->process[stretch->process],
			      stretch->vma->start);
}

static bool is_in(const struct sweep *s, const struct mml_set_stretch *stretch,
		  const struct mml_cow_run *run)
{
	const struct mml_cow_process *process = s->set->process[stretch->process];

	return run < process->runs + process->nr_runs &&
	       run->start < stretch->vma->end;
}

/* A run may go on in the next VMA. */
static void push_run(struct sweep *s, uint32_t i, const struct mml_cow_run *run)
{
	const struct mml_set_stretch *stretch = &s->stretch[i];
	uint64_t size = s->set->process[0]->page_size, first, last;
	struct border border = { .run = run, .stretch = i };

	first = run->start > stretch->vma->start ? run->start : stretch->vma->start;
	last = mml_cow_run_end(run, size);
	if (last > stretch->vma->end)
		last = stretch->vma->end;
	border.at = stretch->from + (first - stretch->vma->start) / size;
	border.bias = bias_of(run, (first - run->start) / size, border.at);
	push(s, border, (last - first) / size);
}

static void push_stretch(struct sweep *s, uint32_t i)
{
	const struct mml_set_stretch *stretch = &s->stretch[i];

	if (may_touch(stretch->vma))
		push(s, (struct border){ .at = stretch->from, .stretch = i },
		     stretch->pages);
	for (const struct mml_cow_run *run = first_run(s, stretch);
	     is_in(s, stretch, run); run++)
		push_run(s, i, run);
}

static size_t count_borders(const struct sweep *s, size_t n)
{
	size_t borders = 0;

	for (size_t i = 0; i < n; i++) {
		const struct mml_cow_run *run = first_run(s, &s->stretch[i]);

		for (borders += 2; is_in(s, &s->stretch[i], run); run++)
			borders += 2;
	}
	return borders;
}

static int sweep_all(struct sweep *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		push_stretch(s, i);
	qsort(s->borders, s->nr_borders, sizeof(*s->borders), compare_borders);
	return sweep_borders(s);
}

/**
 * mml_set_sweep() - count what stands at the places of one space
 * @set: the processes
 * @takers: from mml_set_takers()
 * @stretch: stretches of one area, space and layer
 * @n: how many
 * @tally: added to
 * @borders: raised to the number of borders, if that is more
 * @fn: called for each piece, or NULL
 * @arg: its argument
 *
 * Return: 0, -ENOMEM, or what @fn returned if that is not 0
 */
int mml_set_sweep(const struct mml_set *set, const struct mml_set_takers *takers,
		  const struct mml_set_stretch *stretch, size_t n,
		  struct mml_set_tally *tally, size_t *borders,
		  mml_set_piece_fn fn, void *arg)
{
	struct sweep s = {
		.set = set, .takers = takers, .stretch = stretch,
		.tally = tally, .fn = fn, .arg = arg,
		.first_here = NONE, .last_here = NONE,
	};
	size_t room = count_borders(&s, n);
	int ret = -ENOMEM;

	if (room > *borders)
		*borders = room;
	s.borders = calloc(room + 1, sizeof(*s.borders));
	s.groups = calloc(room / 2 + 1, sizeof(*s.groups));
	/* no more roots than stretches; and what KSM has merged */
	s.lineages = calloc(n + 1, sizeof(*s.lineages));
	s.before = calloc(n + 1, sizeof(*s.before));
	s.after = calloc(n + 1, sizeof(*s.after));
	if (s.borders && s.groups && s.lineages && s.before && s.after &&
	    !map_init(&s.group_map, room / 2 + 1) &&
	    !map_init(&s.lineage_map, n + 1))
		ret = sweep_all(&s, n);
	free(s.borders);
	free(s.groups);
	free(s.lineages);
	free(s.before);
	free(s.after);
	free(s.group_map.slot);
	free(s.lineage_map.slot);
	return ret;
}
