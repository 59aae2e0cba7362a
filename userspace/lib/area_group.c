// SPDX-License-Identifier: GPL-2.0
/* Areas: sets of VMAs that belong together. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/area_group.h"

/*
 * All processes' VMAs, numbered one after the other. Union-find: a set is
 * named by its lowest number, which is its first VMA.
 */
struct sets {
	const struct mml_vmas *const *vmas;
	uint32_t first[MML_AREA_PROCESSES + 1];
	uint32_t *up;
};

static uint32_t number_of(const struct sets *sets, unsigned int process,
			  const struct mml_vma *vma)
{
	return sets->first[process] + (vma - sets->vmas[process]->v);
}

static const struct mml_vma *vma_of(const struct sets *sets, uint32_t number,
				    unsigned int *process)
{
	unsigned int i = 0;

	while (number >= sets->first[i + 1])
		i++;
	*process = i;
	return &sets->vmas[i]->v[number - sets->first[i]];
}

static uint32_t find(struct sets *sets, uint32_t number)
{
	while (sets->up[number] != number) {
		sets->up[number] = sets->up[sets->up[number]];
		number = sets->up[number];
	}
	return number;
}

static void unite(struct sets *sets, uint32_t a, uint32_t b)
{
	a = find(sets, a);
	b = find(sets, b);
	if (a < b)
		sets->up[b] = a;
	else
		sets->up[a] = b;
}

static bool same_string(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* One mapping that mprotect(), madvise() or brk() has cut in two. */
static bool is_continued(const struct mml_vma *a, const struct mml_vma *b)
{
	if (a->end != b->start || a->kind != b->kind || a->path || b->path ||
	    !same_string(a->name, b->name))
		return false;
	return a->name || (mml_vma_has_root(a) && a->anon_root == b->anon_root);
}

static void unite_neighbours(struct sets *sets)
{
	for (unsigned int i = 0; i < MML_AREA_PROCESSES; i++) {
		const struct mml_vmas *vmas = sets->vmas[i];

		for (size_t j = 1; j < vmas->n; j++) {
			if (is_continued(&vmas->v[j - 1], &vmas->v[j]))
				unite(sets, sets->first[i] + j - 1,
				      sets->first[i] + j);
		}
	}
}

static void unite_parts(struct sets *sets, const struct mml_part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t last = UINT32_MAX;

		for (unsigned int j = 0; j < MML_AREA_PROCESSES; j++) {
			uint32_t number;

			if (!parts[i].in[j].vma)
				continue;
			number = number_of(sets, j, parts[i].in[j].vma);
			if (last != UINT32_MAX)
				unite(sets, last, number);
			last = number;
		}
	}
}

struct file_vma {
	uint64_t device, inode;
	bool shared;
	uint32_t number;
};

static int compare_files(const void *a, const void *b)
{
	const struct file_vma *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return x->shared - y->shared;
}

static int unite_files(struct sets *sets)
{
	uint32_t all = sets->first[MML_AREA_PROCESSES];
	struct file_vma *files = calloc(all + 1, sizeof(*files));
	size_t n = 0;

	if (!files)
		return -ENOMEM;
	for (uint32_t i = 0; i < all; i++) {
		unsigned int process;
		const struct mml_vma *vma = vma_of(sets, i, &process);

		if (mml_vma_has_file(vma))
			files[n++] = (struct file_vma){
				mml_vma_device(vma), vma->inode,
				vma->flags & MMLENS_VM_SHARED, i,
			};
	}
	qsort(files, n, sizeof(*files), compare_files);
	for (size_t i = 1; i < n; i++) {
		if (!compare_files(&files[i - 1], &files[i]))
			unite(sets, files[i - 1].number, files[i].number);
	}
	free(files);
	return 0;
}

static bool may_copy(const struct mml_vma *vma)
{
	return !(vma->flags & MMLENS_VM_SHARED) && mml_vma_has_root(vma);
}

/* Numbers the sets; @area_of is indexed by VMA. */
static void number_areas(struct sets *sets, struct mml_areas *areas,
			 uint32_t *area_of)
{
	for (uint32_t i = 0; i < sets->first[MML_AREA_PROCESSES]; i++) {
		unsigned int process;
		const struct mml_vma *vma = vma_of(sets, i, &process);
		uint32_t set = find(sets, i);

		if (set == i) {
			area_of[i] = areas->n;
			areas->v[areas->n++] = (struct mml_area){ .vma = vma };
		} else {
			area_of[i] = area_of[set];
		}
		if (may_copy(vma))
			areas->v[area_of[i]].copied_on_write = true;
		areas->v[area_of[i]].nr_ranges++;
	}
}

/* Lays the ranges of each area side by side; neighbours become one. */
static void lay_ranges(struct sets *sets, struct mml_areas *areas,
		       const uint32_t *area_of)
{
	struct mml_area_range *next = areas->ranges, *last;

	for (size_t i = 0; i < areas->n; i++) {
		areas->v[i].ranges = next;
		next += areas->v[i].nr_ranges;
		areas->v[i].nr_ranges = 0;
	}
	for (uint32_t i = 0; i < sets->first[MML_AREA_PROCESSES]; i++) {
		struct mml_area *area = &areas->v[area_of[i]];
		unsigned int process;
		const struct mml_vma *vma = vma_of(sets, i, &process);

		last = (struct mml_area_range *)area->ranges + area->nr_ranges;
		if (area->nr_ranges && last[-1].process == process &&
		    last[-1].end == vma->start) {
			last[-1].end = vma->end;
		} else {
			*last = (struct mml_area_range){ process, vma->start, vma->end };
			area->nr_ranges++;
		}
	}
}

static uint64_t start_of(const struct mml_part *part)
{
	unsigned int i = 0;

	while (!part->in[i].vma)
		i++;
	return part->in[i].start;
}

static int compare_parts(const void *a, const void *b)
{
	const struct mml_part *x = a, *y = b;
	uint64_t p, q;

	if (x->area != y->area)
		return x->area < y->area ? -1 : 1;
	p = start_of(x);
	q = start_of(y);
	return p < q ? -1 : p > q;
}

static void lay_parts(const struct sets *sets, struct mml_areas *areas,
		      const uint32_t *area_of)
{
	for (size_t i = 0; i < areas->nr_parts; i++) {
		struct mml_part *part = &areas->parts[i];
		unsigned int j = 0;

		while (!part->in[j].vma)
			j++;
		part->area = area_of[number_of(sets, j, part->in[j].vma)];
		areas->v[part->area].nr_parts++;
	}
	if (areas->nr_parts)
		qsort(areas->parts, areas->nr_parts, sizeof(*areas->parts),
		      compare_parts);
	for (size_t i = 0, next = 0; i < areas->n; i++) {
		areas->v[i].parts = areas->parts + next;
		next += areas->v[i].nr_parts;
	}
}

static int group(struct sets *sets, struct mml_areas *areas)
{
	uint32_t all = sets->first[MML_AREA_PROCESSES];
	uint32_t *area_of = calloc(all + 1, sizeof(*area_of));
	int ret = -ENOMEM;

	areas->v = calloc(all + 1, sizeof(*areas->v));
	areas->ranges = calloc(all + 1, sizeof(*areas->ranges));
	if (area_of && areas->v && areas->ranges)
		ret = unite_files(sets);
	if (!ret) {
		unite_neighbours(sets);
		unite_parts(sets, areas->parts, areas->nr_parts);
		number_areas(sets, areas, area_of);
		lay_ranges(sets, areas, area_of);
		lay_parts(sets, areas, area_of);
	}
	free(area_of);
	return ret;
}

/**
 * mml_areas_group() - put together what people call one thing
 * @areas: its parts are there
 * @vmas: the areas of each process
 *
 * Return: 0 or -ENOMEM
 */
int mml_areas_group(struct mml_areas *areas, const struct mml_vmas *const *vmas)
{
	struct sets sets = { .vmas = vmas };
	uint32_t all;
	int ret;

	for (unsigned int i = 0; i < MML_AREA_PROCESSES; i++)
		sets.first[i + 1] = sets.first[i] + vmas[i]->n;
	all = sets.first[MML_AREA_PROCESSES];
	sets.up = calloc(all + 1, sizeof(*sets.up));
	if (!sets.up)
		return -ENOMEM;
	for (uint32_t i = 0; i < all; i++)
		sets.up[i] = i;
	ret = group(&sets, areas);
	free(sets.up);
	return ret;
}
