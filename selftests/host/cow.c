// SPDX-License-Identifier: GPL-2.0
/*
 * The judgement of lib/cow.h and the matching of lib/area.h, without a kernel:
 * a table of single pages, small processes made by hand, and many made by
 * chance that are compared with a reader that takes one page at a time.
 */
#include <string.h>

#include "../ktap.h"
#include "lib/cow.h"

#define PAGE	4096ULL
#define FILE_A	11	/* inodes */
#define FILE_B	12
#define RW	(MMLENS_VM_READ | MMLENS_VM_WRITE)
#define RX	(MMLENS_VM_READ | MMLENS_VM_EXEC)

/* ---- one page ---- */

#define NOTHING { .where = MMLENS_UNKNOWN }

struct side {
	bool is;		/* there is an entry */
	uint32_t facts;
	uint64_t where;
	uint32_t mapcount;
	uint64_t taker;		/* anon_vma; 0: not known */
};

/* Those of the areas; A's is the root of B's. */
#define ANON_A	1
#define ANON_B	2
#define TAKEN(frame, by)						\
	{ .is = true, .facts = MML_COW_PRIVATE, .where = (frame),	\
	  .mapcount = 1, .taker = (by) }

#define PAGE_AT(frame, bits, maps)					\
	{ .is = true, .facts = (bits), .where = (frame), .mapcount = (maps) }
#define OLD(frame, maps)	PAGE_AT(frame, MML_COW_PRIVATE, maps)
#define NEW(frame)		PAGE_AT(frame, MML_COW_PRIVATE | MML_COW_EXCLUSIVE, 1)
#define CACHE(frame)		PAGE_AT(frame, 0, 2)
#define ZERO			PAGE_AT(0, MML_COW_ZERO, MMLENS_UNKNOWN32)
#define SWAP(slot)		PAGE_AT(slot, MML_COW_PRIVATE | MML_COW_SWAPPED, MMLENS_UNKNOWN32)
#define SWAP_NEW(slot)							\
	PAGE_AT(slot, MML_COW_PRIVATE | MML_COW_SWAPPED | MML_COW_EXCLUSIVE, MMLENS_UNKNOWN32)
#define KSM(frame)		PAGE_AT(frame, MML_COW_PRIVATE | MML_COW_KSM, 3)

enum relation { STRANGERS, HEIRS, NO_AREA, NO_ACCESS };

static const struct page_case {
	const char *name;
	struct side a, b;
	enum relation relation;
	enum mml_cow_class class;
	unsigned int who;
} page_cases[] = {
	{ "nothing in either", {}, {}, HEIRS, MML_COW_NONE, 0 },
	{ "one frame in both", OLD(7, 2), OLD(7, 2), HEIRS, MML_COW_SHARED, 0 },
	{ "one page of the cache in both", CACHE(7), CACHE(7), STRANGERS, MML_COW_SHARED, 0 },
	{ "one swap slot in both", SWAP(32), SWAP(32), HEIRS, MML_COW_SHARED, 0 },
	{ "a swap slot is no frame", SWAP(32), OLD(32, 1), HEIRS, MML_COW_DIFFERENT, 0 },
	{ "no frame known in either", PAGE_AT(MMLENS_UNKNOWN, 0, MMLENS_UNKNOWN32),
	  PAGE_AT(MMLENS_UNKNOWN, 0, MMLENS_UNKNOWN32), HEIRS, MML_COW_DIFFERENT, 0 },

	{ "B has written: it took a new frame", OLD(7, 1), NEW(8), HEIRS, MML_COW_COPIED, 1 },
	{ "A has written", NEW(8), OLD(7, 1), HEIRS, MML_COW_COPIED, 0 },
	{ "B has written, others still share with A", OLD(7, 5), NEW(8), HEIRS, MML_COW_COPIED, 1 },
	{ "both have written", NEW(7), NEW(8), HEIRS, MML_COW_DIFFERENT, 0 },
	{ "both went through a fork, A's is mapped by more", OLD(7, 3), OLD(8, 1), HEIRS,
	  MML_COW_COPIED, 1 },
	{ "both went through a fork, B's is mapped by more", OLD(7, 1), OLD(8, 2), HEIRS,
	  MML_COW_COPIED, 0 },
	{ "both went through a fork, and nobody else", OLD(7, 1), OLD(8, 1), HEIRS,
	  MML_COW_COPIED, MML_COW_EITHER },
	{ "both went through a fork, both mapped by more", OLD(7, 2), OLD(8, 2), HEIRS,
	  MML_COW_COPIED, MML_COW_EITHER },
	{ "both went through a fork, mapcounts unknown", OLD(7, MMLENS_UNKNOWN32),
	  OLD(8, MMLENS_UNKNOWN32), HEIRS, MML_COW_COPIED, MML_COW_EITHER },
	{ "A has written, and forked again: B's was taken by A", TAKEN(7, ANON_A),
	  TAKEN(8, ANON_A), HEIRS, MML_COW_COPIED, 0 },
	{ "B has written, and forked since", TAKEN(7, ANON_A), TAKEN(8, ANON_B), HEIRS,
	  MML_COW_COPIED, 1 },
	{ "A's was taken by B", TAKEN(7, ANON_B), TAKEN(8, ANON_B), HEIRS,
	  MML_COW_COPIED, 1 },
	{ "B has written, an ancestor's is A's", TAKEN(7, 3), TAKEN(8, ANON_B), HEIRS,
	  MML_COW_COPIED, 1 },
	{ "both inherited, from others", TAKEN(7, 3), TAKEN(8, 4), HEIRS,
	  MML_COW_COPIED, MML_COW_EITHER },
	{ "B's copy was swapped out", OLD(7, 1), SWAP_NEW(64), HEIRS, MML_COW_COPIED, 1 },
	{ "A's old page was swapped out", SWAP(32), NEW(8), HEIRS, MML_COW_COPIED, 1 },
	{ "A's may be B's, read back", OLD(7, 1), SWAP(32), HEIRS, MML_COW_DIFFERENT, 0 },
	{ "merged by KSM in A only", KSM(7), NEW(8), HEIRS, MML_COW_DIFFERENT, 0 },
	{ "merged by KSM in both", KSM(7), KSM(7), HEIRS, MML_COW_SHARED, 0 },

	{ "strangers' anonymous pages", OLD(7, 1), NEW(8), STRANGERS, MML_COW_DIFFERENT, 0 },
	{ "strangers, both new", NEW(7), NEW(8), STRANGERS, MML_COW_DIFFERENT, 0 },
	{ "strangers: B's copy of a file's page", CACHE(7), NEW(8), STRANGERS, MML_COW_COPIED, 1 },
	{ "strangers: A's copy of a file's page", OLD(7, 1), CACHE(8), STRANGERS, MML_COW_COPIED, 0 },
	{ "strangers: a file's page, twice", CACHE(7), CACHE(8), STRANGERS, MML_COW_DIFFERENT, 0 },

	{ "a private page in A only", NEW(7), {}, HEIRS, MML_COW_OWN, 0 },
	{ "a private page in B only", {}, OLD(7, 1), HEIRS, MML_COW_OWN, 1 },
	{ "a swapped page in A only", SWAP(32), {}, HEIRS, MML_COW_OWN, 0 },
	{ "a private page in A, no area in B", NEW(7), {}, NO_AREA, MML_COW_OWN, 0 },
	{ "a file's page that B has not touched", CACHE(7), {}, HEIRS, MML_COW_UNFAULTED, 1 },
	{ "a file's page that A has not touched", {}, CACHE(7), STRANGERS, MML_COW_UNFAULTED, 0 },
	{ "a file's page, no area in B", CACHE(7), {}, NO_AREA, MML_COW_ALONE, 0 },
	{ "a file's page that B may not touch", CACHE(7), {}, NO_ACCESS, MML_COW_ALONE, 0 },

	{ "zeroes in both", ZERO, ZERO, HEIRS, MML_COW_NONE, 0 },
	{ "zeroes in A only", ZERO, {}, HEIRS, MML_COW_NONE, 0 },
	{ "zeroes in A, a page in B", ZERO, NEW(8), HEIRS, MML_COW_OWN, 1 },
};

static struct mml_cow_page page_of(const struct side *side, struct mml_cow_run *run)
{
	*run = (struct mml_cow_run){
		.where = side->where, .pages = 1, .facts = side->facts,
		.mapcount = side->mapcount,
		.anon_id = side->taker ? side->taker : MMLENS_UNKNOWN,
	};
	if (!side->is)
		return (struct mml_cow_page)NOTHING;
	return (struct mml_cow_page){ .run = run, .where = side->where };
}

static void test_page(const struct page_case *c)
{
	const struct mml_vma a = { .flags = RW, .anon_id = ANON_A, .anon_root = ANON_A };
	const struct mml_vma b = { .flags = RW, .anon_id = ANON_B, .anon_root = ANON_A };
	const struct mml_vma no_access = { 0 };
	struct mml_part part = {
		.pages = 1, .inherited = c->relation == HEIRS,
		.in = { { &a, PAGE }, { &b, PAGE } },
	};
	struct mml_cow_run run[2];
	const struct mml_cow_page page[2] = {
		page_of(&c->a, &run[0]), page_of(&c->b, &run[1]),
	};
	struct mml_cow_verdict verdict;

	if (c->relation == NO_AREA)
		part.in[1] = (struct mml_place){ 0 };
	if (c->relation == NO_ACCESS)
		part.in[1].vma = &no_access;
	verdict = mml_cow_judge(&part, page);
	ktap_test(verdict.class == c->class && verdict.who == c->who, "%s", c->name);
}

/* ---- small processes ---- */

#define MAX_VMAS	32

struct maker {
	struct mml_vma vma[MAX_VMAS];
	struct mml_vmas vmas;
	struct mml_cow_process process;
};

static void begin(struct maker *m, uint32_t pid)
{
	memset(m, 0, sizeof(*m));
	m->vmas.v = m->vma;
	m->process = (struct mml_cow_process){
		.pid = pid, .page_size = PAGE, .can = MMLENS_CAN_EXCLUSIVE,
		.vmas = &m->vmas, .end = UINT64_MAX,
	};
}

/* Addresses and offsets are in pages here; give VMAs in ascending order. */
static struct mml_vma *add_vma(struct maker *m, uint64_t start, uint64_t pages)
{
	struct mml_vma *vma = &m->vma[m->vmas.n++];

	*vma = (struct mml_vma){
		.start = start * PAGE, .end = (start + pages) * PAGE,
		.flags = RW, .pgoff = start,
		.inode = MMLENS_UNKNOWN, .anon_id = MMLENS_UNKNOWN,
		.anon_root = MMLENS_UNKNOWN, .page_size = PAGE,
	};
	return vma;
}

static void add_anon(struct maker *m, uint64_t start, uint64_t pages,
		     uint64_t root, uint64_t index)
{
	struct mml_vma *vma = add_vma(m, start, pages);

	vma->anon_root = root;
	vma->pgoff = index;
}

static void add_file(struct maker *m, uint64_t start, uint64_t pages,
		     uint64_t inode, uint64_t offset, uint64_t flags)
{
	struct mml_vma *vma = add_vma(m, start, pages);

	vma->kind = MMLENS_VMA_KIND_FILE;
	vma->path = inode == FILE_A ? "/lib/a" : "/lib/b";
	vma->inode = inode;
	vma->pgoff = offset;
	vma->flags = flags;
}

static void add_pages(struct maker *m, uint64_t start, uint32_t pages,
		      uint64_t frame, uint64_t flags, uint32_t mapcount)
{
	const struct mml_extent extent = {
		.start = start * PAGE, .pages = pages,
		.state = MMLENS_STATE_PRESENT, .level = MMLENS_LEVEL_PTE,
		.frame = frame, .swap = MMLENS_UNKNOWN,
		.flags = flags, .mapcount = mapcount,
		.mapkind = MMLENS_MAPKIND_PRECISE, .anon_id = MMLENS_UNKNOWN,
	};

	if (mml_cow_add(&extent, &m->process))
		ktap_bail("no memory");
}

#define A_OLD	MMLENS_PAGE_ANON
#define A_NEW	(MMLENS_PAGE_ANON | MMLENS_PAGE_ANON_EXCLUSIVE)

static struct maker one, two;
static struct mml_cow cow;

static void compare(void)
{
	const struct mml_cow_process *const both[] = { &one.process, &two.process };

	if (mml_cow_compare(&cow, both))
		ktap_bail("no memory");
}

static void end(void)
{
	mml_cow_free(&cow);
	mml_cow_process_free(&one.process);
	mml_cow_process_free(&two.process);
}

static void begin_both(void)
{
	begin(&one, 100);
	begin(&two, 101);
}

static const struct mml_cow_counts *counts_at(unsigned int process, uint64_t page)
{
	for (size_t i = 0; i < cow.areas.n; i++) {
		const struct mml_area *area = &cow.areas.v[i];

		for (size_t j = 0; j < area->nr_ranges; j++) {
			if (area->ranges[j].process == process &&
			    page * PAGE >= area->ranges[j].start &&
			    page * PAGE < area->ranges[j].end)
				return &cow.counts[i];
		}
	}
	ktap_bail("no area at page %ju", (uintmax_t)page);
}

static bool total_is(uint64_t shared, uint64_t copied_a, uint64_t copied_b,
		     uint64_t different, uint64_t own_a, uint64_t own_b,
		     uint64_t unfaulted)
{
	const struct mml_cow_counts *t = &cow.total;

	if (t->shared == shared && t->copied_by[0] == copied_a &&
	    t->copied_by[1] == copied_b && t->different == different &&
	    t->own[0] == own_a && t->own[1] == own_b &&
	    t->unfaulted[0] + t->unfaulted[1] == unfaulted)
		return true;
	ktap_note("shared %ju copied %ju/%ju/%ju different %ju own %ju/%ju unfaulted %ju/%ju alone %ju/%ju",
		  (uintmax_t)t->shared, (uintmax_t)t->copied_by[0],
		  (uintmax_t)t->copied_by[1], (uintmax_t)t->copied_by[2],
		  (uintmax_t)t->different, (uintmax_t)t->own[0],
		  (uintmax_t)t->own[1], (uintmax_t)t->unfaulted[0],
		  (uintmax_t)t->unfaulted[1], (uintmax_t)t->alone[0],
		  (uintmax_t)t->alone[1]);
	return false;
}

static void test_fork(void)
{
	begin_both();
	add_anon(&one, 100, 64, 1, 100);
	add_pages(&one, 100, 8, 500, A_OLD, 1);
	add_pages(&one, 108, 56, 508, A_OLD, 2);
	add_anon(&two, 100, 64, 1, 100);
	add_pages(&two, 100, 8, 900, A_NEW, 1);
	add_pages(&two, 108, 56, 508, A_OLD, 2);
	compare();
	ktap_test(total_is(56, 0, 8, 0, 0, 0, 0), "fork: 8 of 64 pages written by the child");
	ktap_test(cow.total.next == 56 && cow.total.private_shared == 56,
		  "fork: a write would copy the 56 others");
	ktap_test(cow.frames.in[0] == 64 && cow.frames.in[1] == 64 &&
		  cow.frames.both == 56 && !cow.frames.outside,
		  "fork: 56 frames in both, none mapped by others");
	ktap_test(cow.areas.n == 1 && one.process.nr_runs == 2,
		  "fork: one area, two runs");
	end();
}

/* Mapped whole in one, split by a copy in the other. */
static void test_huge(void)
{
	begin_both();
	add_anon(&one, 512, 1024, 1, 512);
	add_pages(&one, 512, 1024, 4096, A_OLD, 2);
	add_anon(&two, 512, 1024, 1, 512);
	add_pages(&two, 512, 256, 4096, A_OLD, 2);
	add_pages(&two, 768, 1, 77, A_NEW, 1);
	add_pages(&two, 769, 255, 4353, A_OLD, 2);
	add_pages(&two, 1024, 512, 4608, A_OLD, 2);
	compare();
	ktap_test(total_is(1023, 0, 1, 0, 0, 0, 0), "huge page: split, one base page copied");
	end();
}

static void test_moved(void)
{
	begin_both();
	add_anon(&one, 100, 16, 1, 100);
	add_pages(&one, 100, 16, 500, A_OLD, 2);
	add_anon(&two, 108, 8, 1, 108);
	add_pages(&two, 108, 8, 508, A_OLD, 2);
	add_anon(&two, 300, 8, 1, 100);
	add_pages(&two, 300, 6, 500, A_OLD, 2);
	add_pages(&two, 306, 2, 700, A_NEW, 1);
	compare();
	ktap_test(total_is(14, 0, 2, 0, 0, 0, 0), "moved by mremap: found by its anon_vma");
	ktap_test(cow.areas.n == 1, "moved by mremap: still one area");
	end();
}

/* The page between text and data is in both; each goes with its own kind. */
static void test_exec(void)
{
	begin_both();
	add_file(&one, 100, 10, FILE_A, 0, RX);
	add_pages(&one, 100, 10, 500, 0, 9);
	add_file(&one, 110, 4, FILE_A, 9, RW);
	one.vma[1].anon_root = 1;
	add_pages(&one, 110, 1, 801, A_NEW, 1);
	add_pages(&one, 111, 3, 510, 0, 2);
	add_anon(&one, 200, 4, 2, 200);
	add_pages(&one, 200, 4, 900, A_NEW, 1);

	add_anon(&two, 200, 4, 3, 200);
	add_pages(&two, 200, 4, 950, A_NEW, 1);
	add_file(&two, 300, 10, FILE_A, 0, RX);
	add_pages(&two, 300, 4, 500, 0, 9);
	add_file(&two, 310, 4, FILE_A, 9, RW);
	two.vma[2].anon_root = 4;
	add_pages(&two, 310, 1, 802, A_NEW, 1);
	add_pages(&two, 311, 1, 803, A_NEW, 1);
	add_pages(&two, 312, 2, 511, 0, 2);
	compare();
	ktap_test(total_is(6, 0, 1, 1, 4, 4, 6),
		  "exec'd child: its library matched by file and offset, at another address");
	ktap_test(counts_at(0, 100) == counts_at(1, 310),
		  "exec'd child: the library is one area");
	ktap_test(counts_at(0, 200)->own[0] == 4 && !counts_at(0, 200)->different,
		  "exec'd child: anonymous memory at one address is not compared");
	ktap_test(cow.total.outside == 4, "exec'd child: 4 of the shared frames are mapped by others");
	end();
}

/* Nobody had touched it at the fork: no anon_vma, nothing to prove. */
static void test_late_touch(void)
{
	begin_both();
	add_anon(&one, 100, 4, 1, 100);
	add_pages(&one, 100, 4, 500, A_OLD, 2);
	add_anon(&one, 200, 4, 7, 200);
	add_pages(&one, 200, 2, 600, A_NEW, 1);
	add_anon(&two, 100, 4, 1, 100);
	add_pages(&two, 100, 4, 500, A_OLD, 2);
	add_anon(&two, 200, 4, 8, 200);
	add_pages(&two, 201, 2, 700, A_NEW, 1);
	compare();
	ktap_test(total_is(4, 0, 0, 1, 1, 1, 0), "touched after the fork only: not a copy");
	end();
}

static void test_heap(void)
{
	begin_both();
	add_anon(&one, 100, 8, 1, 100);
	one.vma[0].name = "[heap]";
	add_pages(&one, 100, 8, 500, A_OLD, 2);
	add_anon(&two, 100, 12, 1, 100);
	two.vma[0].name = "[heap]";
	add_pages(&two, 100, 8, 500, A_OLD, 2);
	add_pages(&two, 108, 4, 600, A_NEW, 1);
	compare();
	ktap_test(total_is(8, 0, 0, 0, 0, 4, 0) && cow.areas.n == 1,
		  "a heap that has grown in the child is one area");
	end();
}

static void test_cut(void)
{
	begin_both();
	add_anon(&one, 100, 8, 1, 100);
	add_anon(&two, 100, 3, 1, 100);
	add_anon(&two, 103, 2, 1, 103);
	two.vma[1].flags = MMLENS_VM_READ;
	add_anon(&two, 105, 3, 1, 105);
	add_pages(&one, 100, 8, 500, A_OLD, 2);
	add_pages(&two, 100, 3, 500, A_OLD, 2);
	add_pages(&two, 103, 2, 503, A_OLD, 2);
	add_pages(&two, 105, 3, 505, A_OLD, 2);
	compare();
	ktap_test(total_is(8, 0, 0, 0, 0, 0, 0) && cow.areas.n == 1 &&
		  cow.areas.v[0].nr_ranges == 2 && two.process.nr_runs == 1,
		  "an area that mprotect() has cut is one area, one range in each");
	end();
}

static void test_twice(void)
{
	begin_both();
	add_file(&one, 100, 4, FILE_A, 0, RX);
	add_file(&one, 200, 4, FILE_A, 0, RX);
	add_pages(&one, 100, 4, 500, 0, 4);
	add_pages(&one, 200, 4, 500, 0, 4);
	add_file(&two, 200, 4, FILE_A, 0, RX);
	add_file(&two, 300, 4, FILE_A, 0, RX);
	add_pages(&two, 200, 4, 500, 0, 4);
	add_pages(&two, 300, 4, 500, 0, 4);
	compare();
	ktap_test(total_is(8, 0, 0, 0, 0, 0, 0), "a file mapped twice in both: each once");
	ktap_test(cow.frames.both == 4 && cow.frames.in[0] == 4 && !cow.frames.outside,
		  "a file mapped twice in both: 4 frames, no others map them");
	end();
}

static void test_vanished(void)
{
	begin_both();
	add_anon(&one, 100, 8, 1, 100);
	add_anon(&two, 100, 8, 1, 100);
	add_pages(&one, 100, 8, 500, A_OLD, 2);
	add_pages(&two, 100, 3, 500, A_OLD, 2);
	two.process.end = 103 * PAGE;
	compare();
	ktap_test(total_is(3, 0, 0, 0, 0, 0, 0),
		  "a process that vanished is compared as far as it was read");
	end();
}

static void test_stray(void)
{
	begin_both();
	add_anon(&one, 100, 2, 1, 100);
	add_pages(&one, 100, 3, 500, A_OLD, 2);
	ktap_test(one.process.stray, "a page outside all areas is noticed");
	end();
}

static void test_swap(void)
{
	struct mml_extent extent = {
		.start = 100 * PAGE, .pages = 4, .state = MMLENS_STATE_SWAP,
		.frame = MMLENS_UNKNOWN, .swap = MMLENS_SWAP(1, 40ULL),
		.flags = MMLENS_UNKNOWN, .mapcount = MMLENS_UNKNOWN32,
	};

	begin_both();
	add_anon(&one, 100, 8, 1, 100);
	add_anon(&two, 100, 8, 1, 100);
	mml_cow_add(&extent, &one.process);
	extent.start += extent.pages * PAGE;
	extent.swap += MMLENS_SWAP(0, 4ULL);
	mml_cow_add(&extent, &one.process);
	ktap_test(one.process.nr_runs == 1, "swap: slots that follow each other are one run");
	extent.start = 102 * PAGE;
	extent.swap = MMLENS_SWAP(1, 42ULL);
	mml_cow_add(&extent, &two.process);
	compare();
	ktap_test(total_is(4, 0, 0, 0, 4, 0, 0) && cow.total.swapped == 8,
		  "swap: the same slot is shared");
	end();
}

/* ---- processes made by chance ---- */

static uint64_t seed;

static uint64_t chance(uint64_t n)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (seed >> 33) % n;
}

static uint64_t random_flags(void)
{
	const uint64_t flags[] = { A_OLD, A_NEW, 0, A_OLD | MMLENS_PAGE_KSM };

	return flags[chance(4)];
}

static void fill(struct maker *m, const struct mml_vma *vma)
{
	uint64_t page = vma->start / PAGE, last = vma->end / PAGE;

	while (page < last) {
		uint64_t pages = 1 + chance(6);

		if (pages > last - page)
			pages = last - page;
		/* few frames, near the index, so that many are equal */
		if (chance(3))
			add_pages(m, page, pages,
				  1000 + vma->pgoff + page - vma->start / PAGE +
				  chance(2), random_flags(), 1 + chance(3));
		page += pages;
	}
}

static void make(struct maker *m, uint32_t pid)
{
	uint64_t at = 100;

	begin(m, pid);
	while (m->vmas.n < 12) {
		uint64_t pages = 1 + chance(20);

		at += chance(3) * 4;
		if (chance(2))
			add_anon(m, at, pages, 1 + chance(3), 100 + chance(40));
		else
			add_file(m, at, pages, FILE_A + chance(2), chance(30),
				 chance(2) ? RX : RW);
		fill(m, &m->vma[m->vmas.n - 1]);
		at += pages;
	}
}

static struct mml_cow_page page_at(const struct mml_cow_process *process,
				   const struct mml_place *place, uint64_t page)
{
	uint64_t addr = place->start + page * PAGE;

	for (size_t i = 0; place->vma && i < process->nr_runs; i++) {
		const struct mml_cow_run *run = &process->runs[i];

		if (addr >= run->start && addr < run->start + run->pages * PAGE)
			return (struct mml_cow_page){
				run, run->where + (addr - run->start) / PAGE,
			};
	}
	return (struct mml_cow_page)NOTHING;
}

struct naive {
	uint64_t next;		/* page that no segment has covered yet */
	uint64_t wrong;
};

static bool is_nothing(const struct mml_part *part, uint64_t page)
{
	return !page_at(&one.process, &part->in[0], page).run &&
	       !page_at(&two.process, &part->in[1], page).run;
}

static void check_segment(const struct mml_part *part,
			  const struct mml_cow_segment *segment, void *arg)
{
	struct naive *naive = arg;

	for (; naive->next < segment->page; naive->next++)
		naive->wrong += !is_nothing(part, naive->next);
	for (; naive->next < segment->page + segment->pages; naive->next++) {
		const struct mml_cow_page page[2] = {
			page_at(&one.process, &part->in[0], naive->next),
			page_at(&two.process, &part->in[1], naive->next),
		};
		struct mml_cow_verdict verdict = mml_cow_judge(part, page);

		naive->wrong += verdict.class != segment->verdict.class ||
				verdict.who != segment->verdict.who;
	}
}

/* How often the parts hold a page of a process: once is right. */
static unsigned int times_held(unsigned int process, uint64_t addr)
{
	unsigned int times = 0;

	for (size_t i = 0; i < cow.areas.nr_parts; i++) {
		const struct mml_part *part = &cow.areas.parts[i];
		const struct mml_place *place = &part->in[process];

		times += place->vma && addr >= place->start &&
			 addr < place->start + part->pages * PAGE &&
			 addr >= place->vma->start && addr < place->vma->end;
	}
	return times;
}

static uint64_t not_held_once(const struct maker *m, unsigned int process)
{
	uint64_t wrong = 0;

	for (size_t i = 0; i < m->vmas.n; i++) {
		for (uint64_t addr = m->vma[i].start; addr < m->vma[i].end; addr += PAGE)
			wrong += times_held(process, addr) != 1;
	}
	return wrong;
}

static uint64_t frames_in(const struct maker *m, bool *held)
{
	uint64_t n = 0;

	for (size_t i = 0; i < m->process.nr_runs; i++) {
		const struct mml_cow_run *run = &m->process.runs[i];

		for (uint64_t j = 0; j < run->pages; j++) {
			n += !held[run->where + j];
			held[run->where + j] = true;
		}
	}
	return n;
}

static bool frames_agree(void)
{
	static bool held[2][4096];
	uint64_t both = 0;

	memset(held, 0, sizeof(held));
	if (frames_in(&one, held[0]) != cow.frames.in[0] ||
	    frames_in(&two, held[1]) != cow.frames.in[1])
		return false;
	for (size_t i = 0; i < 4096; i++)
		both += held[0][i] && held[1][i];
	return both == cow.frames.both;
}

static void test_random(void)
{
	uint64_t wrong = 0, lost = 0, frames = 0, parts = 0, paired = 0;

	for (seed = 1; seed <= 2000; seed++) {
		uint64_t run = seed;

		make(&one, 100);
		make(&two, 101);
		compare();
		for (size_t i = 0; i < cow.areas.nr_parts; i++) {
			const struct mml_part *part = &cow.areas.parts[i];
			struct naive naive = { 0 };

			mml_cow_segments(&cow, part, check_segment, &naive);
			for (; naive.next < part->pages; naive.next++)
				naive.wrong += !is_nothing(part, naive.next);
			wrong += naive.wrong;
			paired += part->in[0].vma && part->in[1].vma;
			parts++;
		}
		lost += not_held_once(&one, 0) + not_held_once(&two, 1);
		frames += !frames_agree();
		end();
		seed = run;
	}
	ktap_note("%ju parts, %ju of them in both", (uintmax_t)parts, (uintmax_t)paired);
	ktap_test(!wrong, "by chance: segments say what each page says");
	ktap_test(!lost, "by chance: parts hold every page once");
	ktap_test(!frames, "by chance: frames are counted once");
}

int main(void)
{
	ktap_begin();
	for (size_t i = 0; i < sizeof(page_cases) / sizeof(*page_cases); i++)
		test_page(&page_cases[i]);
	test_fork();
	test_huge();
	test_moved();
	test_exec();
	test_late_touch();
	test_heap();
	test_cut();
	test_twice();
	test_vanished();
	test_stray();
	test_swap();
	test_random();
	return ktap_end();
}
