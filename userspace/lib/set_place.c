// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/set_place.h"

/* While stretches are placed they are in the order of processes and addresses. */
struct placer {
	struct mml_set *set;
	struct mml_set_stretch *v;
	uint32_t n;
	uint32_t *family;	/* of each process: its lowest member */
	uint32_t *up;		/* union-find over stretches: areas */
	uint32_t *order;	/* numbers of stretches, for sorting */
};

static uint64_t page_size(const struct placer *p)
{
	return p->set->process[0]->page_size;
}

static uint32_t find(uint32_t *up, uint32_t i)
{
	while (up[i] != i) {
		up[i] = up[up[i]];
		i = up[i];
	}
	return i;
}

/* A set is named by its lowest number. */
static void unite(uint32_t *up, uint32_t a, uint32_t b)
{
	a = find(up, a);
	b = find(up, b);
	if (a < b)
		up[b] = a;
	else
		up[a] = b;
}

/* ---- families ---- */

struct root {
	uint64_t id;
	uint32_t process;
};

static int compare_roots(const void *a, const void *b)
{
	const struct root *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->process < y->process ? -1 : x->process > y->process;
}

static bool has_root(const struct mml_vma *vma)
{
	return vma->anon_root != MMLENS_UNKNOWN;
}

/* Unites families; of @roots only those remain that several processes have. */
static size_t common_roots(struct placer *p, struct root *roots, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && roots[end].id == roots[i].id; end++)
			unite(p->family, roots[i].process, roots[end].process);
		if (roots[end - 1].process != roots[i].process)
			roots[kept++] = roots[i];
	}
	return kept;
}

static bool is_common(const struct root *roots, size_t n, uint64_t id)
{
	size_t low = 0, high = n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (roots[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && roots[low].id == id;
}

/* ---- spaces ---- */

static uint64_t hash(const char *string)
{
	uint64_t h = 0xcbf29ce484222325;

	while (*string)
		h = (h ^ (unsigned char)*string++) * 0x100000001b3;
	return h;
}

static void choose_space(const struct placer *p, struct mml_set_stretch *s,
			 bool common)
{
	const struct mml_vma *vma = s->vma;

	if (vma->path && vma->inode != MMLENS_UNKNOWN) {
		s->space = MML_SPACE_FILE;
		s->key[0] = (uint64_t)vma->major << 32 | vma->minor;
		s->key[1] = vma->inode;
		s->key[2] = !!(vma->flags & MMLENS_VM_SHARED);
		s->from = vma->pgoff;
	} else if (vma->kind == MMLENS_VMA_KIND_SPECIAL && vma->name) {
		s->space = MML_SPACE_SPECIAL;
		s->key[0] = hash(vma->name);
	} else if (has_root(vma) && common) {
		s->space = MML_SPACE_ROOT;
		s->key[0] = vma->anon_root;
		s->from = vma->pgoff;
	} else {
		s->space = MML_SPACE_ADDRESS;
		s->key[0] = find(p->family, s->process);
		s->from = vma->start / page_size(p);
	}
}

static int choose_spaces(struct placer *p)
{
	struct root *roots = calloc(p->n + 1, sizeof(*roots));
	size_t n = 0;

	if (!roots)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->n; i++) {
		if (has_root(p->v[i].vma))
			roots[n++] = (struct root){ p->v[i].vma->anon_root,
						    p->v[i].process };
	}
	qsort(roots, n, sizeof(*roots), compare_roots);
	n = common_roots(p, roots, n);
	for (uint32_t i = 0; i < p->n; i++)
		choose_space(p, &p->v[i],
			     is_common(roots, n, p->v[i].vma->anon_root));
	free(roots);
	return 0;
}

/* ---- layers ---- */

static int compare_spaces(const struct mml_set_stretch *a,
			  const struct mml_set_stretch *b)
{
	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	for (size_t i = 0; i < 3; i++) {
		if (a->key[i] != b->key[i])
			return a->key[i] < b->key[i] ? -1 : 1;
	}
	return 0;
}

static int compare_owners(const void *a, const void *b, void *arg)
{
	const struct placer *p = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	int ret = compare_spaces(&p->v[i], &p->v[j]);

	/* the numbers are in the order of processes and addresses */
	return ret ? ret : i < j ? -1 : i > j;
}

static uint64_t bias_of(const struct placer *p, const struct mml_set_stretch *s)
{
	return s->vma->start / page_size(p) - s->from;
}

#define LAYERS_MAX 16	/* looked at; what finds no room there gets a new one */

/* What lies in a layer so far, of one process: it only ever grows. */
struct layer {
	uint64_t low, high;
	uint64_t bias;
};

static bool has_room(const struct layer *layer, const struct mml_set_stretch *s)
{
	return s->from >= layer->high || s->from + s->pages <= layer->low;
}

/*
 * The layer in which the same mapping of the file goes on, if there is one,
 * so that what mprotect() has cut in two is not taken for two mappings; else
 * the first that has room.
 */
static uint32_t choose_layer(const struct layer *layers, uint32_t n,
			     const struct mml_set_stretch *s, uint64_t bias)
{
	uint32_t first = n > LAYERS_MAX ? n - LAYERS_MAX : 0;

	for (uint32_t i = first; i < n; i++) {
		if (layers[i].bias == bias && has_room(&layers[i], s))
			return i;
	}
	for (uint32_t i = first; i < n; i++) {
		if (has_room(&layers[i], s))
			return i;
	}
	return n;
}

/* @order[0..n): one process's stretches of one space, by address. */
static void layer_stretches(struct placer *p, const uint32_t *order, uint32_t n,
			    struct layer *layers)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct mml_set_stretch *s = &p->v[order[i]];
		uint64_t bias = bias_of(p, s);
		struct layer *layer;

		s->layer = choose_layer(layers, used, s, bias);
		layer = &layers[s->layer];
		if (s->layer == used) {
			used++;
			*layer = (struct layer){ s->from, s->from + s->pages };
		}
		if (s->from < layer->low)
			layer->low = s->from;
		if (s->from + s->pages > layer->high)
			layer->high = s->from + s->pages;
		layer->bias = bias;
	}
}

static int choose_layers(struct placer *p)
{
	struct layer *layers = calloc(p->n + 1, sizeof(*layers));
	uint32_t end;

	if (!layers)
		return -ENOMEM;
	qsort_r(p->order, p->n, sizeof(*p->order), compare_owners, p);
	for (uint32_t i = 0; i < p->n; i = end) {
		const struct mml_set_stretch *first = &p->v[p->order[i]];

		for (end = i + 1; end < p->n; end++) {
			const struct mml_set_stretch *s = &p->v[p->order[end]];

			if (s->process != first->process || compare_spaces(first, s))
				break;
		}
		layer_stretches(p, p->order + i, end - i, layers);
	}
	free(layers);
	return 0;
}

/* ---- areas ---- */

static int compare_places(const void *a, const void *b, void *arg)
{
	const struct placer *p = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct mml_set_stretch *x = &p->v[i], *y = &p->v[j];
	int ret = compare_spaces(x, y);

	if (ret)
		return ret;
	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return i < j ? -1 : i > j;
}

/* Those of one file are one area, others if they overlap. */
static void unite_places(struct placer *p)
{
	uint64_t end = 0;

	qsort_r(p->order, p->n, sizeof(*p->order), compare_places, p);
	for (uint32_t i = 0; i < p->n; i++) {
		const struct mml_set_stretch *s = &p->v[p->order[i]], *last;

		last = i ? &p->v[p->order[i - 1]] : NULL;
		if (last && !compare_spaces(s, last) &&
		    (s->space == MML_SPACE_FILE ||
		     (s->layer == last->layer && s->from < end)))
			unite(p->up, p->order[i], p->order[i - 1]);
		else
			end = 0;
		if (s->from + s->pages > end)
			end = s->from + s->pages;
	}
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
	return a->name || (has_root(a) && a->anon_root == b->anon_root);
}

static void unite_neighbours(struct placer *p)
{
	for (uint32_t i = 1; i < p->n; i++) {
		if (p->v[i].process == p->v[i - 1].process &&
		    is_continued(p->v[i - 1].vma, p->v[i].vma))
			unite(p->up, i - 1, i);
	}
}

static bool is_anon(const struct mml_set_stretch *s)
{
	return s->space == MML_SPACE_ROOT || s->space == MML_SPACE_ADDRESS;
}

static int compare_addresses(const void *a, const void *b, void *arg)
{
	const struct placer *p = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct mml_set_stretch *x = &p->v[i], *y = &p->v[j];
	uint32_t f = p->family[x->process], g = p->family[y->process];

	if (is_anon(x) != is_anon(y))
		return is_anon(x) ? -1 : 1;
	if (f != g)
		return f < g ? -1 : 1;
	if (x->vma->start != y->vma->start)
		return x->vma->start < y->vma->start ? -1 : 1;
	return i < j ? -1 : i > j;
}

/*
 * Among relatives anonymous memory at one address is one area, though nobody
 * may have touched it before the fork. Roots decide before that.
 */
static void unite_addresses(struct placer *p)
{
	const struct mml_set_stretch *last = NULL;
	uint64_t end = 0;

	for (uint32_t i = 0; i < p->set->n; i++)
		p->family[i] = find(p->family, i);
	qsort_r(p->order, p->n, sizeof(*p->order), compare_addresses, p);
	for (uint32_t i = 0; i < p->n; i++) {
		const struct mml_set_stretch *s = &p->v[p->order[i]];

		if (!is_anon(s))
			break;
		if (!last || p->family[last->process] != p->family[s->process])
			end = 0;
		else if (s->vma->start < end &&
			 (s->space == MML_SPACE_ADDRESS ||
			  last->space == MML_SPACE_ADDRESS) &&
			 same_string(s->vma->name, last->vma->name))
			unite(p->up, p->order[i], p->order[i - 1]);
		if (s->vma->end > end)
			end = s->vma->end;
		last = s;
	}
}

static void number_areas(struct placer *p)
{
	struct mml_set *set = p->set;

	for (uint32_t i = 0; i < p->n; i++) {
		struct mml_set_stretch *s = &p->v[i];
		uint32_t first = find(p->up, i);

		if (first == i) {
			s->area = set->nr_areas;
			set->areas[set->nr_areas++].vma = s->vma;
		} else {
			s->area = p->v[first].area;
		}
		set->areas[s->area].nr_ranges++;
		if (!(s->vma->flags & MMLENS_VM_SHARED) && has_root(s->vma))
			set->areas[s->area].copied_on_write = true;
	}
}

/* The ranges of each area side by side; neighbours become one. */
static void lay_ranges(struct placer *p)
{
	struct mml_set *set = p->set;
	struct mml_area_range *next = set->ranges;

	for (size_t i = 0; i < set->nr_areas; i++) {
		set->areas[i].ranges = next;
		next += set->areas[i].nr_ranges;
		set->areas[i].nr_ranges = 0;
	}
	for (uint32_t i = 0; i < p->n; i++) {
		struct mml_set_area *area = &set->areas[p->v[i].area];
		struct mml_area_range *last =
			(struct mml_area_range *)area->ranges + area->nr_ranges;

		if (area->nr_ranges && last[-1].process == p->v[i].process &&
		    last[-1].end == p->v[i].vma->start) {
			last[-1].end = p->v[i].vma->end;
		} else {
			*last = (struct mml_area_range){ p->v[i].process,
				p->v[i].vma->start, p->v[i].vma->end };
			area->nr_ranges++;
		}
	}
}

/* ---- all together ---- */

static int compare_stretches(const void *a, const void *b)
{
	const struct mml_set_stretch *x = a, *y = b;
	int ret;

	if (x->area != y->area)
		return x->area < y->area ? -1 : 1;
	ret = compare_spaces(x, y);
	if (ret)
		return ret;
	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->process < y->process ? -1 : x->process > y->process;
}

/**
 * mml_set_meets() - whether places of two stretches are comparable
 * @a: one
 * @b: the other
 *
 * Return: true if they lie in one layer of one space
 */
bool mml_set_meets(const struct mml_set_stretch *a, const struct mml_set_stretch *b)
{
	return !compare_spaces(a, b) && a->layer == b->layer;
}

static void take_vmas(struct placer *p)
{
	struct mml_set_stretch *s = p->v;

	for (uint32_t i = 0; i < p->set->n; i++) {
		const struct mml_vmas *vmas = p->set->process[i]->vmas;

		for (size_t j = 0; j < vmas->n; j++, s++) {
			s->process = i;
			s->vma = &vmas->v[j];
			s->pages = (vmas->v[j].end - vmas->v[j].start) /
				   page_size(p);
		}
	}
	for (uint32_t i = 0; i < p->n; i++) {
		p->up[i] = i;
		p->order[i] = i;
	}
	for (uint32_t i = 0; i < p->set->n; i++)
		p->family[i] = i;
}

static int place(struct placer *p)
{
	int ret;

	take_vmas(p);
	ret = choose_spaces(p);
	if (!ret)
		ret = choose_layers(p);
	if (ret)
		return ret;
	unite_neighbours(p);
	unite_places(p);
	unite_addresses(p);
	number_areas(p);
	lay_ranges(p);
	qsort(p->v, p->n, sizeof(*p->v), compare_stretches);
	return 0;
}

/**
 * mml_set_place() - find out where the areas of all processes meet
 * @set: its processes are set
 *
 * Return: 0 or -ENOMEM
 */
int mml_set_place(struct mml_set *set)
{
	struct placer p = { .set = set };
	int ret = -ENOMEM;

	for (uint32_t i = 0; i < set->n; i++)
		p.n += set->process[i]->vmas->n;
	set->stretch = calloc(p.n + 1, sizeof(*set->stretch));
	set->areas = calloc(p.n + 1, sizeof(*set->areas));
	set->ranges = calloc(p.n + 1, sizeof(*set->ranges));
	set->nr_stretches = p.n;
	p.v = set->stretch;
	p.family = calloc(set->n + 1, sizeof(*p.family));
	p.up = calloc(p.n + 1, sizeof(*p.up));
	p.order = calloc(p.n + 1, sizeof(*p.order));
	if (p.v && set->areas && set->ranges && p.family && p.up && p.order)
		ret = place(&p);
	free(p.family);
	free(p.up);
	free(p.order);
	return ret;
}
