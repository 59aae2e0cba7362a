// SPDX-License-Identifier: GPL-2.0
/* Which part of an area was where before. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grow.h"
#include "lib/diff.h"

/* A stretch of one area that is not matched yet. */
struct span {
	uint64_t key[2];	/* what is behind it; no key: it is found nowhere else */
	uint64_t index;		/* page in that */
	uint64_t start, pages;
	size_t area;
};

struct spans {
	struct span *v;
	size_t n, room;
};

struct matcher {
	uint64_t page_size;
	bool ids;		/* ids of both are of one load of the module */
	struct mml_diff_parts *parts;
	struct spans before, after;	/* what is left over */
};

static int push_part(struct matcher *m, const struct mml_diff_part *part)
{
	struct mml_diff_parts *parts = m->parts;
	int ret = mml_grow((void **)&parts->v, parts->n, &parts->room, sizeof(*part));

	if (!ret)
		parts->v[parts->n++] = *part;
	return ret;
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static bool has_file(const struct mml_vma *vma)
{
	return vma->inode != MMLENS_UNKNOWN && vma->major != MMLENS_UNKNOWN32;
}

static bool same_name(const struct mml_vma *a, const struct mml_vma *b)
{
	return a->name == b->name || (a->name && b->name && !strcmp(a->name, b->name));
}

/* The same page of what is behind both, at one address? */
static bool same_backing(const struct matcher *m, const struct mml_vma *a,
			 const struct mml_vma *b)
{
	if (a->kind != b->kind || has_file(a) != has_file(b))
		return false;
	if (has_file(a))
		return a->inode == b->inode && a->major == b->major &&
		       a->minor == b->minor &&
		       a->pgoff - a->start / m->page_size ==
		       b->pgoff - b->start / m->page_size;
	if (a->kind != MMLENS_VMA_KIND_ANON)
		return same_name(a, b);
	return !m->ids || a->anon_id == b->anon_id ||
	       a->anon_id == MMLENS_UNKNOWN || b->anon_id == MMLENS_UNKNOWN;
}

/* Where its pages could be found if they had moved. */
static void find_key(const struct matcher *m, const struct mml_vma *vma,
		     struct span *span)
{
	span->index = vma->pgoff + (span->start - vma->start) / m->page_size;
	if (has_file(vma)) {
		span->key[0] = vma->inode;
		span->key[1] = (uint64_t)vma->major << 32 | vma->minor;
	} else if (vma->kind == MMLENS_VMA_KIND_ANON && m->ids &&
		   vma->anon_id != MMLENS_UNKNOWN) {
		span->key[0] = vma->anon_id;
		span->key[1] = MMLENS_UNKNOWN;
	}
}

static int push_left(struct matcher *m, struct spans *left,
		     const struct mml_vma *vma, size_t area, uint64_t start,
		     uint64_t end)
{
	struct span span = {
		.start = start, .pages = (end - start) / m->page_size, .area = area,
	};
	int ret;

	if (start >= end)
		return 0;
	find_key(m, vma, &span);
	ret = mml_grow((void **)&left->v, left->n, &left->room, sizeof(span));
	if (!ret)
		left->v[left->n++] = span;
	return ret;
}

/* ---- rule 1: at the same address ---- */

static int match_here(struct matcher *m, const struct mml_vmas *before,
		      const struct mml_vmas *after)
{
	struct mml_diff_part part;
	size_t i = 0, j = 0;
	uint64_t start, end;
	int ret = 0;

	while (!ret && i < before->n && j < after->n) {
		const struct mml_vma *a = &before->v[i], *b = &after->v[j];

		start = max(a->start, b->start);
		end = min(a->end, b->end);
		part = (struct mml_diff_part){
			i, j, start, start, (end - start) / m->page_size,
		};
		if (start < end && same_backing(m, a, b))
			ret = push_part(m, &part);
		i += a->end <= b->end;
		j += b->end <= a->end;
	}
	return ret;
}

/* What no part holds of one side, whose parts come in order. */
static int collect_left(struct matcher *m, const struct mml_vmas *vmas,
			bool of_before, struct spans *left)
{
	const struct mml_diff_parts *parts = m->parts;
	size_t next = 0;
	int ret = 0;

	for (size_t i = 0; !ret && i < vmas->n; i++) {
		const struct mml_vma *vma = &vmas->v[i];
		uint64_t at = vma->start;

		for (; !ret && next < parts->n; next++) {
			const struct mml_diff_part *part = &parts->v[next];

			if ((of_before ? part->before : part->after) != i)
				break;
			ret = push_left(m, left, vma, i, at, part->from);
			at = part->from + part->pages * m->page_size;
		}
		if (!ret)
			ret = push_left(m, left, vma, i, at, vma->end);
	}
	return ret;
}

/* ---- rule 2: elsewhere ---- */

static int compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	for (size_t i = 0; i < 2; i++)
		if (x->key[i] != y->key[i])
			return x->key[i] < y->key[i] ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

static void trim(const struct matcher *m, struct span *span, uint64_t pages)
{
	span->index += pages;
	span->start += pages * m->page_size;
	span->pages -= pages;
}

/* Takes pages off a span that the other side does not have. */
static int drop(struct matcher *m, struct span *span, uint64_t pages, bool before)
{
	const struct mml_diff_part part = {
		.before = before ? span->area : MML_DIFF_NO_AREA,
		.after = before ? MML_DIFF_NO_AREA : span->area,
		.from = before ? span->start : MMLENS_UNKNOWN,
		.to = before ? MMLENS_UNKNOWN : span->start,
		.pages = pages,
	};

	trim(m, span, pages);
	return pages ? push_part(m, &part) : 0;
}

static int pair(struct matcher *m, struct span *a, struct span *b)
{
	const uint64_t pages = min(a->pages, b->pages);
	const struct mml_diff_part part = {
		a->area, b->area, a->start, b->start, pages,
	};

	trim(m, a, pages);
	trim(m, b, pages);
	return push_part(m, &part);
}

/* Of two spans, the one that begins first in what is behind both. */
static int merge_one(struct matcher *m, struct span *a, struct span *b)
{
	bool known = a->key[0] || a->key[1];

	if (memcmp(a->key, b->key, sizeof(a->key)) || !known)
		return compare_spans(a, b) < 0 ? drop(m, a, a->pages, true) :
						 drop(m, b, b->pages, false);
	if (a->index < b->index)
		return drop(m, a, min(a->pages, b->index - a->index), true);
	if (b->index < a->index)
		return drop(m, b, min(b->pages, a->index - b->index), false);
	return pair(m, a, b);
}

static int match_elsewhere(struct matcher *m)
{
	struct spans *as = &m->before, *bs = &m->after;
	size_t i = 0, j = 0;
	int ret = 0;

	if (as->n)
		qsort(as->v, as->n, sizeof(*as->v), compare_spans);
	if (bs->n)
		qsort(bs->v, bs->n, sizeof(*bs->v), compare_spans);
	while (!ret && i < as->n && j < bs->n) {
		ret = merge_one(m, &as->v[i], &bs->v[j]);
		i += !as->v[i].pages;
		j += !bs->v[j].pages;
	}
	for (; !ret && i < as->n; i++)
		ret = drop(m, &as->v[i], as->v[i].pages, true);
	for (; !ret && j < bs->n; j++)
		ret = drop(m, &bs->v[j], bs->v[j].pages, false);
	return ret;
}

/**
 * mml_diff_match() - which part of an area was where before
 * @parts: appended to; together they hold every page of both sides once
 * @before: the older picture
 * @after: the newer one
 * @relation: of the two; after an exec nothing is matched
 * @page_size: in bytes
 *
 * Return: 0 or -ENOMEM
 */
int mml_diff_match(struct mml_diff_parts *parts, const struct mml_picture *before,
		   const struct mml_picture *after, enum mml_relation relation,
		   uint64_t page_size)
{
	struct matcher m = {
		.page_size = page_size, .parts = parts,
		.ids = relation == MML_RELATION_SAME &&
		       before->mm.envelope.mm_id == after->mm.envelope.mm_id,
	};
	int ret = 0;

	if (relation != MML_RELATION_EXECED)
		ret = match_here(&m, &before->vmas, &after->vmas);
	if (!ret)
		ret = collect_left(&m, &before->vmas, true, &m.before);
	if (!ret)
		ret = collect_left(&m, &after->vmas, false, &m.after);
	for (size_t i = 0; relation == MML_RELATION_EXECED && i < m.before.n; i++)
		memset(m.before.v[i].key, 0, sizeof(m.before.v[i].key));
	if (!ret)
		ret = match_elsewhere(&m);
	free(m.before.v);
	free(m.after.v);
	return ret;
}
