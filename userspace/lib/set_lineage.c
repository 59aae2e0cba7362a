// SPDX-License-Identifier: GPL-2.0
/* Groups and lineages: what changes when a run begins or ends. */
#include <errno.h>
#include <stdlib.h>

#include "lib/set_state.h"

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

static uint32_t taker_of(const struct sweep *s, const struct group *group)
{
	const struct mml_set_taker *takers = s->set->takers;
	size_t low = 0, high = s->set->nr_takers, middle;

	if (group->anon_id == MMLENS_UNKNOWN)
		return MML_SET_NOBODY;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (takers[middle].anon_id < group->anon_id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < s->set->nr_takers && takers[low].anon_id == group->anon_id)
		return takers[low].process;
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

/* The lineage has changed: what it added is taken out, and put in anew. */
static void sum_again(struct sweep *s, struct lineage *l)
{
	const struct sums old = l->sums;
	const uint64_t *out = (const uint64_t *)&old;
	const uint64_t *in = (const uint64_t *)&l->sums;
	uint64_t *to = (uint64_t *)&s->sums;

	sum_lineage(s, l);
	/* all are uint64_t; what is less wraps around and comes back */
	for (size_t i = 0; i < NR_SUMS; i++)
		to[i] += in[i] - out[i];
	s->nr_active += (l->groups > 0) - (old.groups > 0);
}

/**
 * mml_sweep_sum() - bring the sums up to date
 * @s: all borders at its place have been taken
 */
void mml_sweep_sum(struct sweep *s)
{
	while (s->changed != NONE) {
		struct lineage *l = &s->lineages[s->changed];

		s->changed = l->next_changed;
		l->changed = false;
		sum_again(s, l);
	}
}

static void note_change(struct sweep *s, struct lineage *l)
{
	if (l->changed)
		return;
	l->changed = true;
	l->next_changed = s->changed;
	s->changed = l - s->lineages;
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
		settle_group(s, group);
		plug(s, group, -1);
		alter(group, border, process);
		plug(s, group, 1);
		note_change(s, l);
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

/**
 * mml_sweep_run() - a run begins or ends
 * @s: at the place where it does
 * @border: of the run, which is none of zeroes
 */
void mml_sweep_run(struct sweep *s, const struct border *border)
{
	change_group(s, group_of(s, border), border);
}

/**
 * mml_sweep_init() - make room
 * @s: all zeroes
 * @groups: the most that there can be
 * @lineages: likewise
 *
 * Return: 0 or -ENOMEM; mml_sweep_free() in any case
 */
int mml_sweep_init(struct sweep *s, size_t groups, size_t lineages)
{
	s->groups = calloc(groups, sizeof(*s->groups));
	s->lineages = calloc(lineages, sizeof(*s->lineages));
	if (!s->groups || !s->lineages)
		return -ENOMEM;
	return map_init(&s->group_map, groups) ?:
	       map_init(&s->lineage_map, lineages);
}

/**
 * mml_sweep_free() - free it
 * @s: from mml_sweep_init()
 */
void mml_sweep_free(struct sweep *s)
{
	free(s->groups);
	free(s->lineages);
	free(s->group_map.slot);
	free(s->lineage_map.slot);
}
