// SPDX-License-Identifier: GPL-2.0
/*
 * walk PID...: what WALK_GET says of an address must agree with what PAGE_GET
 * says of its page, with the address itself (the indices are its bits), and
 * with itself (each entry holds the frame of the next table). Addresses are
 * taken from every area: first, last, and some between; and from every hole.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"
#include "lib/mmlens.h"
#include "lib/stop.h"
#include "vm/lib/lru.h"

#define PER_AREA	8
#define RAW_FRAME	0x000ffffffffff000ULL	/* x86-64: bits 12 to 51 */

static uint64_t page_size;

/* One process as PAGE_GET and VMA_GET see it. */
struct process {
	uint32_t pid;
	struct mml_client *client;
	struct mml_info info;
	struct mml_mm mm;
	struct mml_vmas vmas;
	struct mml_extent *extents;
	size_t nr_extents;
};

/* What went wrong of one kind; the first case is kept to be shown. */
struct tally {
	const char *name;
	unsigned long checked, wrong;
	char first[256];
};

enum { FRAME, STATE, FACTS, INDEX, CHAIN, TOP, COVER, HOLE, NR_TALLIES };

static struct tally tallies[NR_TALLIES] = {
	[FRAME] = { "the frame is that of PAGE_GET" },
	[STATE] = { "so are state, level and swap entry" },
	[FACTS] = { "so are flags, entry bits and mapcount" },
	[INDEX] = { "the indices are the bits of the address" },
	[CHAIN] = { "each entry holds the frame of the next table, or of the page" },
	[TOP] = { "the first table is the mm's pgd" },
	[COVER] = { "the last entry covers the address, and what its level covers" },
	[HOLE] = { "a hole has the neighbours that VMA_GET has, and no levels" },
};

__attribute__((format(printf, 4, 5)))
static void check(int which, uint64_t addr, bool ok, const char *fmt, ...)
{
	struct tally *t = &tallies[which];
	va_list ap;
	int n;

	t->checked++;
	if (ok || t->wrong++)
		return;
	n = snprintf(t->first, sizeof(t->first), "at %" PRIx64 ": ", addr);
	va_start(ap, fmt);
	vsnprintf(t->first + n, sizeof(t->first) - n, fmt, ap);
	va_end(ap);
}

static int collect(const struct mml_extent *extent, void *arg)
{
	struct process *p = arg;
	size_t n = p->nr_extents;

	if (!(n & (n - 1))) {
		p->extents = realloc(p->extents, (n ? 2 * n : 1) * sizeof(*extent));
		if (!p->extents)
			ktap_bail("out of memory");
	}
	p->extents[p->nr_extents++] = *extent;
	return 0;
}

static const struct mml_extent *extent_at(const struct process *p, uint64_t addr)
{
	size_t low = 0, high = p->nr_extents;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct mml_extent *e = &p->extents[mid];

		if (e->start + e->pages * page_size <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == p->nr_extents || p->extents[low].start > addr)
		return NULL;
	return &p->extents[low];
}

static unsigned int level_shift(const struct process *p, uint32_t level)
{
	switch (level) {
	case MMLENS_LEVEL_PTE:
		return 12;
	case MMLENS_LEVEL_PMD:
		return 21;
	case MMLENS_LEVEL_PUD:
		return 30;
	case MMLENS_LEVEL_P4D:
		return 39;
	default:
		return p->info.levels == 5 ? 48 : 39;
	}
}

/* Entries that are not for the hardware may be stored inverted (L1TF). */
static uint64_t raw_frame(const struct mml_level *level)
{
	uint64_t raw = level->raw;

	if (level->bits & MMLENS_ENTRY_PROTNONE)
		raw = ~raw;
	return (raw & RAW_FRAME) / page_size;
}

static void check_leaf(const struct process *p, const struct mml_walk *walk)
{
	const struct mml_extent *e = extent_at(p, walk->addr);
	const struct mml_extent *leaf = &walk->leaf;
	uint64_t nr;

	if (!e) {
		check(STATE, walk->addr, leaf->state == MMLENS_STATE_NONE,
		      "PAGE_GET has nothing, WALK_GET state %u", leaf->state);
		return;
	}
	nr = (walk->addr - e->start) / page_size;
	check(STATE, walk->addr, leaf->state == e->state && leaf->level == e->level &&
	      (e->swap == MMLENS_UNKNOWN ? leaf->swap == e->swap :
					   leaf->swap == e->swap + (nr << 5)),
	      "state %u level %u, WALK_GET %u, %u", e->state, e->level,
	      leaf->state, leaf->level);
	if (e->state == MMLENS_STATE_ZERO)
		nr = 0;
	check(FRAME, walk->addr,
	      e->frame == MMLENS_UNKNOWN ? leaf->frame == e->frame :
					   leaf->frame == e->frame + nr,
	      "%#" PRIx64 ", WALK_GET %#" PRIx64, e->frame + nr, leaf->frame);
	check(FACTS, walk->addr, leaf->flags == e->flags && leaf->entry == e->entry &&
	      leaf->mapcount == e->mapcount && leaf->mapkind == e->mapkind,
	      "flags %#" PRIx64 " entry %#" PRIx64 " mapcount %u, WALK_GET %#" PRIx64 " %#" PRIx64 " %u",
	      e->flags, e->entry, e->mapcount, leaf->flags, leaf->entry,
	      leaf->mapcount);
}

static void check_levels(const struct process *p, const struct mml_walk *walk)
{
	uint64_t table = p->mm.pgd;

	for (unsigned int i = 0; i < walk->nr_levels; i++) {
		const struct mml_level *level = &walk->levels[i];
		unsigned int shift = level_shift(p, level->level);

		check(CHAIN, walk->addr, level->level == MMLENS_LEVEL_PGD - i,
		      "level %u where %u should be", level->level,
		      MMLENS_LEVEL_PGD - i);
		if (level->folded) {
			check(INDEX, walk->addr, p->info.levels == 4 &&
			      level->level == MMLENS_LEVEL_P4D,
			      "level %u is folded", level->level);
			continue;
		}
		check(INDEX, walk->addr, level->index == (walk->addr >> shift & 511),
		      "level %u, index %u", level->level, level->index);
		check(i ? CHAIN : TOP, walk->addr, level->table == table,
		      "level %u in table %#" PRIx64 ", not %#" PRIx64,
		      level->level, level->table, table);
		table = raw_frame(level);
	}
}

static void check_end(const struct process *p, const struct mml_walk *walk)
{
	const struct mml_level *last = &walk->levels[walk->nr_levels - 1];
	uint64_t size = 1ULL << level_shift(p, last->level);
	uint64_t first = walk->leaf.frame -
			 (walk->addr / page_size * page_size - walk->leaf_start) / page_size;

	check(COVER, walk->addr, walk->leaf_start == (walk->addr & -size) &&
	      walk->leaf_end == walk->leaf_start + size,
	      "%" PRIx64 "-%" PRIx64 " at level %u", walk->leaf_start,
	      walk->leaf_end, last->level);
	/* Bit 12 of a larger leaf is PAT, no part of the frame. */
	if (last->bits & (MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_PROTNONE))
		check(CHAIN, walk->addr,
		      (raw_frame(last) & -(size / page_size)) == first,
		      "raw %#" PRIx64 ", frame %#" PRIx64, last->raw,
		      walk->leaf.frame);
}

static void walk_address(const struct process *p, uint64_t addr)
{
	struct mml_error error;
	struct mml_walk walk;

	if (mml_walk(p->client, p->pid, addr, &walk, &error))
		ktap_bail("walk %u %" PRIx64 ": %s", p->pid, addr, error.text);
	check(STATE, addr, walk.in_vma && walk.nr_levels, "taken for a hole");
	if (walk.in_vma && walk.nr_levels) {
		check_leaf(p, &walk);
		check_levels(p, &walk);
		check_end(p, &walk);
	}
	mml_walk_free(&walk);
}

/* Some byte of some pages, always of the first and the last. */
static void walk_area(const struct process *p, const struct mml_vma *vma)
{
	uint64_t pages = (vma->end - vma->start) / page_size;
	uint64_t step = pages / PER_AREA + 1;

	for (uint64_t i = 0; i < pages; i += step)
		walk_address(p, vma->start + i * page_size + i * 97 % page_size);
	walk_address(p, vma->end - 1);
}

static void walk_hole(const struct process *p, const struct mml_vma *prev,
		      const struct mml_vma *next, uint64_t addr)
{
	struct mml_error error;
	struct mml_walk walk;

	if (mml_walk(p->client, p->pid, addr, &walk, &error))
		ktap_bail("walk %u %" PRIx64 ": %s", p->pid, addr, error.text);
	check(HOLE, addr, !walk.in_vma && !walk.nr_levels &&
	      walk.has_prev == !!prev && walk.has_next == !!next &&
	      (!prev || walk.prev.start == prev->start) &&
	      (!next || walk.next.start == next->start),
	      "in_vma %d, %u levels, prev %" PRIx64 ", next %" PRIx64,
	      walk.in_vma, walk.nr_levels, walk.has_prev ? walk.prev.start : 0,
	      walk.has_next ? walk.next.start : 0);
	mml_walk_free(&walk);
}

static void walk_holes(const struct process *p)
{
	const struct mml_vma *prev = NULL;

	for (size_t i = 0; i <= p->vmas.n; i++) {
		const struct mml_vma *next = i < p->vmas.n ? &p->vmas.v[i] : NULL;
		uint64_t start = prev ? prev->end : 0;
		uint64_t end = next ? next->start : p->info.user_end;

		if (start < end) {
			walk_hole(p, prev, next, start);
			walk_hole(p, prev, next, end - 1);
		}
		prev = next;
	}
}

static void read_process(struct process *p)
{
	struct mml_page_query query = { .pid = p->pid, .vmas = &p->vmas };
	struct mml_error error;
	struct mml_dump dump;

	if (mml_open(&p->client, &error) ||
	    mml_info(p->client, &p->info, &error) ||
	    mml_mm(p->client, p->pid, &p->mm, &error) ||
	    mml_vmas(p->client, p->pid, 0, 0, &p->vmas, &error) ||
	    mml_pages(p->client, &query, collect, p, &dump, &error))
		ktap_bail("%u: %s", p->pid, error.text);
}

static void walk_process(uint32_t pid)
{
	struct process p = { .pid = pid };
	struct mml_error error;
	struct mml_stop *stop;

	if (mml_stop(pid, 300000, &stop, &error))
		ktap_bail("%s", error.text);
	/* pages that wait for their LRU list would get there meanwhile */
	lru_drain();
	read_process(&p);
	for (size_t i = 0; i < p.vmas.n; i++)
		walk_area(&p, &p.vmas.v[i]);
	walk_holes(&p);
	mml_stop_release(stop);
	mml_vmas_free(&p.vmas);
	free(p.extents);
	mml_close(p.client);
}

int main(int argc, char **argv)
{
	ktap_begin();
	page_size = sysconf(_SC_PAGESIZE);
	if (argc < 2)
		ktap_bail("usage: walk PID...");
	for (int i = 1; i < argc; i++)
		walk_process(atoi(argv[i]));
	for (int i = 0; i < NR_TALLIES; i++) {
		struct tally *t = &tallies[i];

		if (!ktap_test(t->checked && !t->wrong, "%s: %lu checked", t->name,
			       t->checked))
			ktap_note("%lu wrong, the first %s", t->wrong, t->first);
	}
	return ktap_end();
}
