// SPDX-License-Identifier: GPL-2.0
/*
 * Matching is a chain of merges. Each rule gives a stretch of a VMA a key, and
 * a place in the space which that key names; both processes' stretches are
 * sorted by that, and where they overlap they are a part. What is left over on
 * either side goes on to the next rule. For V areas that takes O(V log V).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grow.h"
#include "lib/area_group.h"

/* A stretch of one VMA that is not matched yet. */
struct span {
	uint64_t key[3];
	uint64_t from;		/* place in the key's space, in pages */
	uint64_t pages;
	uint64_t start;		/* address */
	const struct mml_vma *vma;
};

struct spans {
	struct span *v;
	size_t n, room;
};

struct matcher {
	uint64_t page_size;
	struct spans left[MML_AREA_PROCESSES];	/* what no rule has matched */
	struct mml_part *parts;
	size_t nr_parts, room;
};

static int push_span(struct spans *spans, const struct span *span)
{
	int ret = mml_grow((void **)&spans->v, spans->n, &spans->room, sizeof(*span));

	if (!ret)
		spans->v[spans->n++] = *span;
	return ret;
}

/* Takes the first @pages off a span. */
static void trim(const struct matcher *m, struct span *span, uint64_t pages)
{
	span->from += pages;
	span->pages -= pages;
	span->start += pages * m->page_size;
}

/* ---- rules ---- */

/* The page's index in its file or, for anonymous memory, in its anon_vma. */
static uint64_t index_of(const struct mml_vma *vma, uint64_t addr,
			 uint64_t page_size)
{
	return vma->pgoff + (addr - vma->start) / page_size;
}

/* Equal for two spans only if equal indices are at equal addresses. */
static uint64_t bias(const struct span *span, uint64_t page_size)
{
	return span->start / page_size - span->from;
}

static bool by_root(struct span *span, uint64_t page_size)
{
	span->from = index_of(span->vma, span->start, page_size);
	span->key[0] = span->vma->anon_root;
	return mml_vma_has_root(span->vma);
}

static bool by_root_here(struct span *span, uint64_t page_size)
{
	bool ret = by_root(span, page_size);

	span->key[1] = bias(span, page_size);
	return ret;
}

static bool by_file(struct span *span, uint64_t page_size)
{
	span->from = index_of(span->vma, span->start, page_size);
	span->key[0] = mml_vma_device(span->vma);
	span->key[1] = span->vma->inode;
	return mml_vma_has_file(span->vma);
}

static bool by_file_here(struct span *span, uint64_t page_size)
{
	bool ret = by_file(span, page_size);

	span->key[2] = bias(span, page_size);
	return ret;
}

/* Neighbouring segments of a library may both hold the page between them. */
static bool by_file_protection(struct span *span, uint64_t page_size)
{
	span->key[2] = span->vma->flags & (MMLENS_VM_READ | MMLENS_VM_WRITE |
					   MMLENS_VM_EXEC | MMLENS_VM_SHARED);
	return by_file(span, page_size);
}

static uint64_t hash(const char *string)
{
	uint64_t h = 0xcbf29ce484222325;

	while (*string)
		h = (h ^ (unsigned char)*string++) * 0x100000001b3;
	return h;
}

static bool by_name(struct span *span, uint64_t page_size)
{
	const struct mml_vma *vma = span->vma;

	if (vma->kind != MMLENS_VMA_KIND_SPECIAL || !vma->name)
		return false;
	span->from = (span->start - vma->start) / page_size;
	span->key[0] = hash(vma->name);
	return true;
}

static bool by_address(struct span *span, uint64_t page_size)
{
	span->from = span->start / page_size;
	return span->vma->kind == MMLENS_VMA_KIND_ANON;
}

/* Fills in key and from; false if the rule does not apply to such a VMA. */
typedef bool (*rule_fn)(struct span *span, uint64_t page_size);

static const struct rule {
	rule_fn apply;
	bool among_relatives;	/* only if an anon_vma root was matched */
} rules[] = {
	{ .apply = by_root_here },
	{ .apply = by_root },
	{ .apply = by_file_here },
	{ .apply = by_file_protection },
	{ .apply = by_file },
	{ .apply = by_name },
	{ .apply = by_address, .among_relatives = true },
};

/* ---- one rule's merge ---- */

static int compare_keys(const struct span *a, const struct span *b)
{
	for (size_t i = 0; i < 3; i++) {
		if (a->key[i] != b->key[i])
			return a->key[i] < b->key[i] ? -1 : 1;
	}
	return 0;
}

static int compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	int ret = compare_keys(x, y);

	if (ret)
		return ret;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* Splits @all in those that the rule can match, sorted, and the others. */
static int sort_out(const struct matcher *m, const struct spans *all,
		    const struct rule *rule, struct spans *keyed,
		    struct spans *others)
{
	for (size_t i = 0; i < all->n; i++) {
		struct span span = all->v[i];
		int ret;

		memset(span.key, 0, sizeof(span.key));
		ret = push_span(rule->apply(&span, m->page_size) ? keyed : others,
				&span);
		if (ret)
			return ret;
	}
	if (keyed->n)
		qsort(keyed->v, keyed->n, sizeof(*keyed->v), compare_spans);
	return 0;
}

static bool is_inherited(const struct matcher *m, const struct span *a,
			 const struct span *b)
{
	return mml_vma_has_root(a->vma) && a->vma->anon_root == b->vma->anon_root &&
	       index_of(a->vma, a->start, m->page_size) ==
	       index_of(b->vma, b->start, m->page_size);
}

static int push_part(struct matcher *m, const struct mml_part *part)
{
	int ret = mml_grow((void **)&m->parts, m->nr_parts, &m->room, sizeof(*part));

	if (!ret)
		m->parts[m->nr_parts++] = *part;
	return ret;
}

static int push_pair(struct matcher *m, const struct span *a,
		     const struct span *b, uint64_t pages)
{
	const struct mml_part part = {
		.pages = pages,
		.inherited = is_inherited(m, a, b),
		.in = { { a->vma, a->start }, { b->vma, b->start } },
	};

	return push_part(m, &part);
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Puts what lies before @from aside, as not matched. */
static int cut_before(const struct matcher *m, struct span *span, uint64_t from,
		      struct spans *rest)
{
	struct span before = *span;
	int ret;

	if (span->from >= from)
		return 0;
	before.pages = min(span->pages, from - span->from);
	ret = push_span(rest, &before);
	trim(m, span, before.pages);
	return ret;
}

/* Two spans of one key: matches where they overlap. */
static int merge_pair(struct matcher *m, struct span *a, struct span *b,
		      struct spans *rest)
{
	uint64_t pages;
	int ret;

	ret = cut_before(m, a, b->from, &rest[0]);
	if (!ret)
		ret = cut_before(m, b, a->from, &rest[1]);
	pages = min(a->pages, b->pages);
	if (ret || !pages)
		return ret;
	ret = push_pair(m, a, b, pages);
	trim(m, a, pages);
	trim(m, b, pages);
	return ret;
}

static int merge(struct matcher *m, const struct spans *keyed,
		 struct spans *rest)
{
	const struct spans *as = &keyed[0], *bs = &keyed[1];
	size_t i = 0, j = 0;
	int ret = 0, order;

	while (!ret && i < as->n && j < bs->n) {
		order = compare_keys(&as->v[i], &bs->v[j]);
		if (!order) {
			ret = merge_pair(m, &as->v[i], &bs->v[j], rest);
			i += !as->v[i].pages;
			j += !bs->v[j].pages;
		} else if (order < 0) {
			ret = push_span(&rest[0], &as->v[i++]);
		} else {
			ret = push_span(&rest[1], &bs->v[j++]);
		}
	}
	while (!ret && i < as->n)
		ret = push_span(&rest[0], &as->v[i++]);
	while (!ret && j < bs->n)
		ret = push_span(&rest[1], &bs->v[j++]);
	return ret;
}

static int apply_rule(struct matcher *m, const struct rule *rule)
{
	struct spans keyed[MML_AREA_PROCESSES] = { 0 };
	struct spans rest[MML_AREA_PROCESSES] = { 0 };
	int ret = 0;

	for (size_t i = 0; !ret && i < MML_AREA_PROCESSES; i++)
		ret = sort_out(m, &m->left[i], rule, &keyed[i], &rest[i]);
	if (!ret)
		ret = merge(m, keyed, rest);
	for (size_t i = 0; i < MML_AREA_PROCESSES; i++) {
		free(keyed[i].v);
		free(m->left[i].v);
		m->left[i] = rest[i];
	}
	return ret;
}

/*
 * A process can map one page of a file twice. Its spans then overlap each
 * other, and a merge leaves some that could be matched: so again, until none.
 */
static int exhaust_rule(struct matcher *m, const struct rule *rule)
{
	size_t before;
	int ret;

	do {
		before = m->nr_parts;
		ret = apply_rule(m, rule);
	} while (!ret && m->nr_parts > before);
	return ret;
}

static int push_singles(struct matcher *m, unsigned int process)
{
	for (size_t i = 0; i < m->left[process].n; i++) {
		const struct span *span = &m->left[process].v[i];
		struct mml_part part = { .pages = span->pages };
		int ret;

		part.in[process] = (struct mml_place){ span->vma, span->start };
		ret = push_part(m, &part);
		if (ret)
			return ret;
	}
	return 0;
}

static int take_vmas(struct matcher *m, const struct mml_vmas *vmas,
		     struct spans *spans)
{
	for (size_t i = 0; i < vmas->n; i++) {
		const struct mml_vma *vma = &vmas->v[i];
		const struct span span = {
			.vma = vma, .start = vma->start,
			.pages = (vma->end - vma->start) / m->page_size,
		};
		int ret = push_span(spans, &span);

		if (ret)
			return ret;
	}
	return 0;
}

static int match(struct matcher *m, const struct mml_vmas *const *vmas)
{
	bool relatives = false;
	int ret = 0;

	for (unsigned int i = 0; !ret && i < MML_AREA_PROCESSES; i++)
		ret = take_vmas(m, vmas[i], &m->left[i]);
	for (size_t i = 0; !ret && i < sizeof(rules) / sizeof(*rules); i++) {
		if (rules[i].among_relatives && !relatives)
			continue;
		ret = exhaust_rule(m, &rules[i]);
		if (rules[i].apply == by_root)
			relatives = m->nr_parts > 0;
	}
	for (unsigned int i = 0; !ret && i < MML_AREA_PROCESSES; i++)
		ret = push_singles(m, i);
	return ret;
}

/**
 * mml_areas_match() - find out what processes have in common
 * @areas: where to; free with mml_areas_free(), after a failure too. It points
 *	into @vmas, which must outlive it.
 * @vmas: the areas of each process, in order
 * @page_size: bytes of a base page
 *
 * Return: 0 or -ENOMEM
 */
int mml_areas_match(struct mml_areas *areas,
		    const struct mml_vmas *const vmas[MML_AREA_PROCESSES],
		    uint64_t page_size)
{
	struct matcher m = { .page_size = page_size };
	int ret;

	memset(areas, 0, sizeof(*areas));
	ret = match(&m, vmas);
	areas->parts = m.parts;
	areas->nr_parts = m.nr_parts;
	if (!ret)
		ret = mml_areas_group(areas, vmas);
	for (unsigned int i = 0; i < MML_AREA_PROCESSES; i++)
		free(m.left[i].v);
	return ret;
}

/**
 * mml_areas_free() - free what mml_areas_match() has made
 * @areas: from there, or all zeroes
 */
void mml_areas_free(struct mml_areas *areas)
{
	free(areas->v);
	free(areas->parts);
	free(areas->ranges);
	memset(areas, 0, sizeof(*areas));
}
