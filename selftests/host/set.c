// SPDX-License-Identifier: GPL-2.0
/*
 * The judgement of lib/set.h, without a kernel: families made by hand, and many
 * sets made by chance, judged a second time by a reader that takes one page of
 * one place after the other and compares each with each.
 */
#include <stdlib.h>
#include <string.h>

#include "../ktap.h"
#include "lib/set.h"

#define PAGE	4096ULL
#define RW	(MMLENS_VM_READ | MMLENS_VM_WRITE)
#define RX	(MMLENS_VM_READ | MMLENS_VM_EXEC)
#define FILE_A	11	/* inodes */
#define U	MMLENS_UNKNOWN

#define A_OLD	MMLENS_PAGE_ANON
#define A_NEW	(MMLENS_PAGE_ANON | MMLENS_PAGE_ANON_EXCLUSIVE)
#define A_KSM	(MMLENS_PAGE_ANON | MMLENS_PAGE_KSM)

#define MAX_VMAS	16
#define MAX_PROCESSES	24

struct maker {
	struct mml_vma vma[MAX_VMAS];
	struct mml_vmas vmas;
	struct mml_cow_process process;
};

static struct maker makers[MAX_PROCESSES];
static const struct mml_cow_process *processes[MAX_PROCESSES];
static struct mml_set set;

static struct maker *begin(unsigned int i)
{
	struct maker *m = &makers[i];

	memset(m, 0, sizeof(*m));
	m->vmas.v = m->vma;
	m->process = (struct mml_cow_process){
		.pid = 100 + i, .page_size = PAGE, .can = MMLENS_CAN_EXCLUSIVE,
		.start_time = 1000 + i, .vmas = &m->vmas, .end = UINT64_MAX,
	};
	processes[i] = &m->process;
	return m;
}

static struct mml_vma *add_vma(struct maker *m, uint64_t start, uint64_t pages)
{
	struct mml_vma *vma = &m->vma[m->vmas.n++];

	*vma = (struct mml_vma){
		.start = start * PAGE, .end = (start + pages) * PAGE,
		.flags = RW, .pgoff = start, .inode = U,
		.anon_id = U, .anon_root = U, .page_size = PAGE,
	};
	return vma;
}

/* A process's own anon_vma in the tree of @root. */
static uint64_t own_id(const struct maker *m, uint64_t root)
{
	return root * 1000 + (m - makers) + 1;
}

static void add_anon(struct maker *m, uint64_t start, uint64_t pages,
		     uint64_t root, uint64_t index)
{
	struct mml_vma *vma = add_vma(m, start, pages);

	vma->anon_root = root;
	vma->anon_id = own_id(m, root);
	vma->pgoff = index;
}

static struct mml_vma *add_file(struct maker *m, uint64_t start, uint64_t pages,
				uint64_t inode, uint64_t offset, uint64_t flags)
{
	struct mml_vma *vma = add_vma(m, start, pages);

	vma->kind = MMLENS_VMA_KIND_FILE;
	vma->path = inode == FILE_A ? "/lib/a" : "/lib/b";
	vma->inode = inode;
	vma->pgoff = offset;
	vma->flags = flags;
	return vma;
}

static void add_extent(struct maker *m, struct mml_extent extent)
{
	if (mml_cow_add(&extent, &m->process))
		ktap_bail("no memory");
}

static void add_pages(struct maker *m, uint64_t start, uint32_t pages,
		      uint64_t frame, uint64_t flags, uint32_t mapcount,
		      uint64_t anon_id)
{
	add_extent(m, (struct mml_extent){
		.start = start * PAGE, .pages = pages,
		.state = MMLENS_STATE_PRESENT, .level = MMLENS_LEVEL_PTE,
		.frame = frame, .swap = U, .flags = flags, .mapcount = mapcount,
		.mapkind = MMLENS_MAPKIND_PRECISE, .anon_id = anon_id,
	});
}

static void add_swap(struct maker *m, uint64_t start, uint32_t pages,
		     uint64_t slot, bool exclusive)
{
	add_extent(m, (struct mml_extent){
		.start = start * PAGE, .pages = pages,
		.state = MMLENS_STATE_SWAP, .frame = U,
		.swap = MMLENS_SWAP(1, slot), .flags = U, .anon_id = U,
		.entry = exclusive ? MMLENS_ENTRY_EXCLUSIVE : 0,
		.mapcount = MMLENS_UNKNOWN32, .mapkind = MMLENS_MAPKIND_NONE,
	});
}

static void judge(uint32_t n)
{
	if (mml_set_judge(&set, processes, n))
		ktap_bail("no memory");
}

static void end(uint32_t n)
{
	mml_set_free(&set);
	for (uint32_t i = 0; i < n; i++)
		mml_cow_process_free(&makers[i].process);
}

/* ---- by hand ---- */

static uint64_t copied_by_all(uint32_t i)
{
	return i < set.n ? set.member[i].copied : set.copied_by_nobody;
}

static bool total_is(uint64_t shared, uint64_t copies, uint64_t different,
		     uint64_t own, uint64_t alone, uint64_t unfaulted)
{
	const struct mml_set_counts *t = &set.total;

	if (t->shared == shared && t->copies == copies &&
	    t->different == different && t->own == own && t->alone == alone &&
	    t->unfaulted == unfaulted)
		return true;
	ktap_note("shared %ju copies %ju different %ju own %ju alone %ju unfaulted %ju copied %ju",
		  (uintmax_t)t->shared, (uintmax_t)t->copies,
		  (uintmax_t)t->different, (uintmax_t)t->own,
		  (uintmax_t)t->alone, (uintmax_t)t->unfaulted,
		  (uintmax_t)t->copied);
	return false;
}

static bool pss_is(uint32_t i, double pages)
{
	double pss = set.member[i].pss_pages +
		     set.member[i].pss_part / 18446744073709551616.0;

	return pss > pages - 1e-6 && pss < pages + 1e-6;
}

/* A parent and three children; each child has written four pages of its own. */
static void test_family(void)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct maker *m = begin(i);
		uint64_t at = 100 + 4 * i;

		add_anon(m, 100, 64, 1, 100);
		if (!i) {
			add_pages(m, 100, 64, 500, A_OLD, 3, own_id(m, 1));
			continue;
		}
		add_pages(m, 100, at - 100, 500, A_OLD, 3, own_id(makers, 1));
		add_pages(m, at, 4, 1000 * i, A_NEW, 1, own_id(m, 1));
		add_pages(m, at + 4, 164 - at - 4, 500 + at + 4 - 100, A_OLD, 3,
			  own_id(makers, 1));
	}
	judge(4);
	ktap_test(total_is(64, 12, 0, 0, 0, 0) && set.total.copied == 12 &&
		  set.nr_areas == 1, "family: 64 shared, 4 copied by each child");
	ktap_test(copied_by_all(0) == 0 && copied_by_all(1) == 4 &&
		  copied_by_all(2) == 4 && copied_by_all(3) == 4 &&
		  copied_by_all(4) == 0, "family: by whom");
	ktap_test(set.frames.total == 76 && set.frames.shared_by[1] == 12 &&
		  set.frames.shared_by[3] == 12 && set.frames.shared_by[4] == 52,
		  "family: frames by number of sharers");
	ktap_test(set.member[0].rss == 64 && set.member[0].uss == 0 &&
		  set.member[1].uss == 4 && pss_is(0, 12 / 3. + 52 / 4.) &&
		  pss_is(1, 4 + 8 / 3. + 52 / 4.), "family: RSS, USS and PSS");
	ktap_test(set.frames.pairs[0 * 4 + 1] == 60 && set.frames.pairs[1 * 4 + 2] == 56 &&
		  set.frames.pairs[2 * 4 + 2] == 64, "family: pairs");
	ktap_test(set.frames.outside == 0 && set.frames.untold == 0,
		  "family: nobody outside");
	end(4);
}

/*
 * A server that writes between two forks: its older child has the old frame,
 * its younger one shares the new. All have gone through a fork; the frame's
 * anon_vma says that the parent took both.
 */
static void test_between_forks(bool ids)
{
	struct maker *m = begin(0);
	uint64_t parent = ids ? own_id(m, 1) : U;

	add_anon(m, 100, 8, 1, 100);
	add_pages(m, 100, 8, 700, A_OLD, 2, parent);
	m = begin(1);
	add_anon(m, 100, 8, 1, 100);
	add_pages(m, 100, 8, 500, A_OLD, 1, parent);
	m = begin(2);
	add_anon(m, 100, 8, 1, 100);
	add_pages(m, 100, 8, 700, A_OLD, 2, parent);
	judge(3);
	ktap_test(set.total.copied == 8 && set.total.shared == 8 &&
		  copied_by_all(ids ? 0 : 3) == 8,
		  "written between two forks: copied %s", ids ? "by the parent" :
		  "by nobody knows whom, without anon_vmas");
	ktap_test(set.total.own == 1 * 8, "... and the older child has what is left");
	end(3);
}

/* Both have written: nothing says who had the original. */
static void test_different(void)
{
	struct maker *m = begin(0);

	add_anon(m, 100, 8, 1, 100);
	add_pages(m, 100, 8, 500, A_NEW, 1, own_id(m, 1));
	m = begin(1);
	add_anon(m, 100, 8, 1, 100);
	add_pages(m, 100, 8, 700, A_NEW, 1, own_id(m, 1));
	judge(2);
	ktap_test(total_is(0, 0, 16, 0, 0, 0) && !set.total.copied,
		  "both have written: different");
	end(2);
	/* with a sibling that has written nothing, both are copies */
	m = begin(0);
	add_anon(m, 100, 8, 1, 100);
	add_pages(m, 100, 8, 500, A_NEW, 1, own_id(m, 1));
	m = begin(1);
	add_anon(m, 100, 8, 1, 100);
	add_pages(m, 100, 8, 700, A_NEW, 1, own_id(m, 1));
	m = begin(2);
	add_anon(m, 100, 8, 1, 100);
	add_pages(m, 100, 8, 900, A_OLD, 1, own_id(makers, 1));
	judge(3);
	ktap_test(total_is(0, 16, 0, 8, 0, 0) && copied_by_all(0) == 8 &&
		  copied_by_all(1) == 8,
		  "... but an unchanged sibling proves that both are copies");
	end(3);
}

static void test_file(void)
{
	for (unsigned int i = 0; i < 3; i++) {
		struct maker *m = begin(i);
		/* an exec'd child's lies elsewhere */
		uint64_t at = 100 + 1000 * i;

		add_file(m, at, 10, FILE_A, 0, RX);
		add_pages(m, at, 10 - i, 500, 0, 3, U);
		add_file(m, at + 10, 4, FILE_A, 9, RW)->anon_root = 5 + i;
		m->vma[1].anon_id = own_id(m, 5 + i);
		if (i)
			add_pages(m, at + 10, 2, 2000 * i, A_NEW, 1, own_id(m, 5 + i));
		else
			add_pages(m, at + 10, 4, 509, 0, 2, U);
	}
	judge(3);
	ktap_test(set.nr_areas == 1 && set.total.copied == 4 &&
		  copied_by_all(1) == 2 && copied_by_all(2) == 2,
		  "a file, by strangers: copied beside the file's own page");
	ktap_test(set.total.shared == 9 && set.total.alone == 1 + 4 &&
		  set.total.unfaulted == 2 + 2,
		  "... and what nobody else has touched");
	ktap_test(set.frames.outside == 4, "... and others map as well");
	end(3);
}

static void test_late_touch(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct maker *m = begin(i);

		add_anon(m, 100, 4, 1, 100);
		add_pages(m, 100, 4, 500, A_OLD, 2, own_id(makers, 1));
		add_anon(m, 200, 4, 7 + i, 200);
		add_pages(m, 200 + i, 2, 600 + 100 * i, A_NEW, 1, own_id(m, 7 + i));
	}
	judge(2);
	ktap_test(total_is(4, 0, 2, 2, 0, 0) && set.nr_areas == 2,
		  "touched after the fork only: one area, not copies");
	end(2);
}

static void test_moved(void)
{
	struct maker *m = begin(0);

	add_anon(m, 100, 16, 1, 100);
	add_pages(m, 100, 16, 500, A_OLD, 2, own_id(m, 1));
	m = begin(1);
	add_anon(m, 300, 16, 1, 100);
	add_pages(m, 300, 14, 500, A_OLD, 2, own_id(makers, 1));
	add_pages(m, 314, 2, 700, A_NEW, 1, own_id(m, 1));
	judge(2);
	ktap_test(total_is(16 - 2, 2, 0, 2, 0, 0) && set.nr_areas == 1 &&
		  set.areas[0].nr_ranges == 2,
		  "moved by mremap: found by its anon_vma");
	end(2);
}

/* mprotect() has cut the data segment in one of them. */
static void test_layers(void)
{
	struct maker *m = begin(0);

	add_file(m, 100, 10, FILE_A, 0, RX);
	add_pages(m, 100, 10, 500, 0, 2, U);
	add_file(m, 111, 4, FILE_A, 9, RW);
	add_pages(m, 111, 4, 509, 0, 2, U);
	m = begin(1);
	add_file(m, 200, 10, FILE_A, 0, RX);
	add_pages(m, 200, 10, 500, 0, 2, U);
	add_file(m, 211, 1, FILE_A, 9, MMLENS_VM_READ);
	add_file(m, 212, 3, FILE_A, 10, RW);
	add_pages(m, 211, 1, 509, 0, 2, U);
	add_pages(m, 212, 3, 510, 0, 2, U);
	judge(2);
	ktap_test(total_is(14, 0, 0, 0, 0, 0), "a file's page mapped twice: each once");
	ktap_test(set.frames.total == 13 && set.frames.shared_by[2] == 13 &&
		  !set.frames.outside, "... and its frame once");
	end(2);
}

static void add_uncounted(struct maker *m, uint64_t start, uint32_t pages,
			  uint64_t frame, uint64_t flags)
{
	add_extent(m, (struct mml_extent){
		.start = start * PAGE, .pages = pages,
		.state = MMLENS_STATE_PRESENT, .level = MMLENS_LEVEL_PTE,
		.frame = frame, .swap = U, .flags = flags, .anon_id = U,
		.mapcount = MMLENS_UNKNOWN32, .mapkind = MMLENS_UNKNOWN32,
	});
}

/* Mapcounts were asked for in the first process only. */
static void test_counted_once(void)
{
	struct maker *m = begin(0);

	add_anon(m, 100, 16, 1, 100);
	add_pages(m, 100, 8, 500, A_OLD, 3, U);
	m = begin(1);
	add_anon(m, 100, 16, 1, 100);
	add_uncounted(m, 100, 4, 500, A_OLD);
	add_uncounted(m, 104, 4, 900, A_NEW);
	add_uncounted(m, 108, 2, 950, A_OLD);
	judge(2);
	ktap_test(set.frames.outside == 8 && set.frames.untold == 2,
		  "mapcounts of the first process only: others' frames are untold, but for exclusive ones");
	end(2);
}

static void test_swap(void)
{
	struct maker *m = begin(0);

	add_anon(m, 100, 16, 1, 100);
	add_swap(m, 100, 8, 40, false);
	add_swap(m, 108, 4, 90, false);
	m = begin(1);
	add_anon(m, 100, 16, 1, 100);
	add_swap(m, 100, 6, 40, false);
	add_swap(m, 106, 2, 60, true);
	add_pages(m, 108, 4, 500, A_OLD, 1, U);
	judge(2);
	/* the last four may have been read back from the others' slots */
	ktap_test(total_is(6, 2, 8, 2, 0, 0) && set.total.swapped == 6 + 2 + 2 + 4,
		  "swap: the same slot is shared");
	ktap_test(set.member[0].swap == 12 && set.member[0].rss == 0,
		  "swap: is not resident");
	end(2);
}

/* ---- by chance ---- */

static uint64_t seed;

static uint64_t chance(uint64_t n)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (seed >> 33) % n;
}

#define PLACES	64	/* of each space */
#define ROOTS	4
#define INODES	2

/*
 * Few frames, near the place, so that many are equal. Who took one, and whether
 * it was merged, follows from its number. Returns how many of the pages were added.
 */
static uint64_t add_near(struct maker *m, uint64_t page, uint64_t pages,
			 uint64_t frame, uint64_t flags, uint64_t root, uint32_t n)
{
	uint64_t who = (frame >> 3) % (n + 1);

	if (pages > 8 - frame % 8)
		pages = 8 - frame % 8;
	if (flags && (frame >> 3) % 5 == 0)
		flags = A_KSM;
	add_pages(m, page, pages, frame, flags, 1 + chance(4),
		  who < n ? own_id(&makers[who], root) : U);
	return pages;
}

static void fill(struct maker *m, const struct mml_vma *vma, uint32_t n)
{
	const uint64_t flags[] = { A_OLD, A_NEW, A_OLD, A_NEW, 0 };
	uint64_t page = vma->start / PAGE, last = vma->end / PAGE;
	uint64_t base = vma->pgoff - page;
	bool file = vma->kind == MMLENS_VMA_KIND_FILE;

	while (page < last) {
		uint64_t pages = 1 + chance(6), flag = flags[chance(file ? 5 : 4)];

		if (pages > last - page)
			pages = last - page;
		if (!chance(8) && !file)
			add_swap(m, page, pages, 600 * vma->anon_root + base + page + chance(2),
				 chance(2));
		else if (chance(4))
			pages = add_near(m, page, pages, base + page + chance(3) +
					 (flag ? 600 * vma->anon_root : 0),
					 flag, vma->anon_root, n);
		page += pages;
	}
}

/* Places do not overlap within a process: layers have a test of their own. */
static void make(unsigned int i, uint32_t n)
{
	struct maker *m = begin(i);
	uint64_t at = 100;

	for (uint64_t root = 1; root <= ROOTS; root++) {
		/* some roots are in one process only */
		uint64_t id = chance(4) ? root : 10 * root + i;
		uint64_t index = chance(20);

		if (!chance(4))
			continue;
		add_anon(m, at + index, 8 + chance(PLACES - 40), id, at + index);
		fill(m, &m->vma[m->vmas.n - 1], n);
		at += PLACES;
	}
	at = 1000 + 100 * chance(2);
	for (uint64_t inode = 0; inode < INODES; inode++) {
		uint64_t offset = chance(20);

		add_file(m, at, 8 + chance(PLACES - 40), FILE_A + inode, offset,
			 chance(4) ? RW : 0);
		m->vma[m->vmas.n - 1].anon_root = chance(2) ? 90 + inode : 95 + i;
		m->vma[m->vmas.n - 1].anon_id =
			own_id(m, m->vma[m->vmas.n - 1].anon_root);
		fill(m, &m->vma[m->vmas.n - 1], n);
		at += PLACES;
	}
}

/* ---- the same, one page at a time ---- */

struct entry {
	uint32_t process;
	const struct mml_vma *vma;
	const struct mml_cow_run *run;
	uint64_t where;
};

struct reference {
	uint32_t n;
	uint32_t family[MAX_PROCESSES];
	struct mml_set_counts counts;
	uint64_t shared_by[MAX_PROCESSES + 1];
	uint64_t copied_by[MAX_PROCESSES + 1];
};

static bool has_root(uint32_t process, uint64_t root)
{
	const struct mml_vmas *vmas = processes[process]->vmas;

	for (size_t i = 0; i < vmas->n; i++) {
		if (vmas->v[i].anon_root == root)
			return true;
	}
	return false;
}

static uint32_t times_had(const struct reference *r, uint64_t root)
{
	uint32_t times = 0;

	for (uint32_t i = 0; i < r->n; i++)
		times += has_root(i, root);
	return times;
}

static void find_families(struct reference *r)
{
	bool changed = true;

	for (uint32_t i = 0; i < r->n; i++)
		r->family[i] = i;
	while (changed) {
		changed = false;
		for (uint32_t i = 0; i < r->n; i++) {
			const struct mml_vmas *vmas = processes[i]->vmas;

			for (size_t k = 0; k < vmas->n; k++) {
				for (uint32_t j = 0; j < r->n; j++) {
					if (!has_root(j, vmas->v[k].anon_root) ||
					    r->family[j] <= r->family[i])
						continue;
					r->family[j] = r->family[i];
					changed = true;
				}
			}
		}
	}
}

static bool entry_at(uint32_t i, const struct mml_vma *vma, uint64_t addr,
		     struct entry *entry)
{
	const struct mml_cow_process *process = processes[i];

	for (size_t j = 0; j < process->nr_runs; j++) {
		const struct mml_cow_run *run = &process->runs[j];
		uint64_t page = (addr - run->start) / PAGE;

		if (addr < run->start || page >= run->pages)
			continue;
		*entry = (struct entry){ i, vma, run, mml_cow_run_where(run, page) };
		return true;
	}
	return false;
}

static bool same_page(const struct entry *a, const struct entry *b)
{
	const uint32_t facts = MML_COW_SWAPPED | MML_COW_PRIVATE;

	return a->where == b->where && (a->run->facts & facts) == (b->run->facts & facts);
}

struct ref_group {
	struct entry *first;
	uint32_t sharers, exclusive;
	uint64_t lineage;
};

static bool ref_old(const struct ref_group *g)
{
	return g->sharers > 1 || !g->exclusive;
}

static bool ref_swapped(const struct ref_group *g)
{
	return g->first->run->facts & MML_COW_SWAPPED;
}

static uint32_t ref_taker(const struct reference *r, const struct ref_group *g)
{
	for (uint32_t i = 0; i < r->n; i++) {
		const struct mml_vmas *vmas = processes[i]->vmas;

		for (size_t j = 0; j < vmas->n; j++) {
			if (vmas->v[j].anon_id == g->first->run->anon_id &&
			    vmas->v[j].anon_id != U)
				return i;
		}
	}
	return r->n;
}

static bool ref_older(const struct reference *r, const struct ref_group *a,
		      const struct ref_group *b)
{
	uint32_t x = ref_taker(r, a), y = ref_taker(r, b);

	if (x != y && (x == r->n || y == r->n))
		return x == r->n;
	if (x != y)
		return processes[x]->start_time < processes[y]->start_time;
	return a->sharers < b->sharers;
}

/* The frames of one lineage, no file's page beside them. */
static void ref_lineage(struct reference *r, struct ref_group **v, uint32_t n,
			bool merged, bool others)
{
	uint32_t old[2] = { 0 }, singles = 0;
	struct ref_group *original = NULL;

	for (uint32_t i = 0; i < n; i++) {
		old[ref_swapped(v[i])] += ref_old(v[i]);
		singles += v[i]->sharers == 1;
		if (ref_old(v[i]) && (!original || ref_older(r, v[i], original)))
			original = v[i];
	}
	if (n == 1) {
		if (others)
			r->counts.different += singles;
		else
			r->counts.own += singles;
		return;
	}
	if (merged || !(old[0] + old[1])) {
		r->counts.different += singles;
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		bool single = v[i]->sharers == 1;

		if (ref_old(v[i]) && old[0] && old[1]) {
			r->counts.different += single;
		} else if (v[i] == original) {
			r->counts.own += single;
		} else {
			r->counts.copied++;
			r->counts.copies += single;
			r->copied_by[ref_old(v[i]) ? ref_taker(r, v[i]) :
						     v[i]->first->process]++;
		}
	}
}

static void ref_beside(struct reference *r, const struct ref_group *g)
{
	uint32_t who = ref_old(g) ? ref_taker(r, g) : r->n;

	if (who == r->n && g->sharers == 1)
		who = g->first->process;
	r->counts.copied++;
	r->counts.copies += g->sharers == 1;
	r->copied_by[who]++;
}

static uint64_t ref_root(const struct entry *e)
{
	return e->run->facts & MML_COW_KSM ? 0 : e->vma->anon_root;
}

static void ref_place(struct reference *r, struct entry *entries, uint32_t n,
		      uint32_t holders, uint32_t touchers)
{
	struct ref_group groups[MAX_PROCESSES], *lineage[MAX_PROCESSES];
	uint32_t nr_groups = 0, files = 0, lineages = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t j = 0;

		while (j < nr_groups && !same_page(groups[j].first, &entries[i]))
			j++;
		if (j == nr_groups)
			groups[nr_groups++] = (struct ref_group){
				.first = &entries[i], .lineage = ref_root(&entries[i]) };
		groups[j].sharers++;
		groups[j].exclusive += !!(entries[i].run->facts & MML_COW_EXCLUSIVE);
	}
	for (uint32_t i = 0; i < nr_groups; i++) {
		bool file = !(groups[i].first->run->facts & MML_COW_PRIVATE);

		files += file;
		r->shared_by[groups[i].sharers]++;
		r->counts.shared += groups[i].sharers > 1;
		r->counts.swapped += ref_swapped(&groups[i]);
		r->counts.alone += file && groups[i].sharers == 1;
	}
	r->counts.unfaulted += files && holders > touchers;
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < nr_groups; i++) {
			uint32_t m = 0;
			bool first = true;

			if (!(groups[i].first->run->facts & MML_COW_PRIVATE))
				continue;
			if (files) {
				if (pass)
					ref_beside(r, &groups[i]);
				continue;
			}
			for (uint32_t j = 0; j < nr_groups; j++) {
				if (groups[j].lineage != groups[i].lineage)
					continue;
				first &= j >= i;
				lineage[m++] = &groups[j];
			}
			if (!first)
				continue;
			if (!pass)
				lineages++;
			else
				ref_lineage(r, lineage, m, !groups[i].lineage,
					    lineages > 1);
		}
	}
}

/* Where in which space a page of a VMA is. */
static bool ref_where(const struct reference *r, uint32_t process,
		      const struct mml_vma *vma, uint64_t page, uint64_t *space)
{
	if (vma->path)
		space[0] = 1000000 + vma->inode;
	else if (times_had(r, vma->anon_root) > 1)
		space[0] = 2000000 + vma->anon_root;
	else
		space[0] = 3000000 + r->family[process];
	space[1] = vma->path || space[0] < 3000000 ? vma->pgoff + page :
						     vma->start / PAGE + page;
	return vma->flags & (MMLENS_VM_READ | MMLENS_VM_WRITE | MMLENS_VM_EXEC);
}

static void ref_judge_place(struct reference *r, const uint64_t *space)
{
	struct entry entries[MAX_PROCESSES];
	uint32_t n = 0, holders = 0, touchers = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		const struct mml_vmas *vmas = processes[i]->vmas;

		for (size_t j = 0; j < vmas->n; j++) {
			const struct mml_vma *vma = &vmas->v[j];
			uint64_t at[2];
			bool touch = ref_where(r, i, vma, 0, at), here;

			if (at[0] != space[0] || space[1] < at[1] ||
			    space[1] - at[1] >= (vma->end - vma->start) / PAGE)
				continue;
			here = entry_at(i, vma, vma->start + (space[1] - at[1]) * PAGE,
					&entries[n]);
			holders += touch;
			touchers += touch && here;
			n += here;
		}
	}
	if (n)
		ref_place(r, entries, n, holders, touchers);
}

/* Each place once: by the first process that has it. */
static bool ref_seen(const struct reference *r, uint32_t process, size_t before,
		     const uint64_t *space)
{
	for (uint32_t i = 0; i <= process; i++) {
		const struct mml_vmas *vmas = processes[i]->vmas;

		for (size_t j = 0; j < vmas->n && (i < process || j < before); j++) {
			uint64_t at[2];

			ref_where(r, i, &vmas->v[j], 0, at);
			if (at[0] == space[0] && space[1] >= at[1] &&
			    space[1] - at[1] < (vmas->v[j].end - vmas->v[j].start) / PAGE)
				return true;
		}
	}
	return false;
}

static void ref_judge(struct reference *r, uint32_t n)
{
	memset(r, 0, sizeof(*r));
	r->n = n;
	find_families(r);
	for (uint32_t i = 0; i < n; i++) {
		const struct mml_vmas *vmas = processes[i]->vmas;

		for (size_t j = 0; j < vmas->n; j++) {
			const struct mml_vma *vma = &vmas->v[j];

			for (uint64_t k = 0; k < (vma->end - vma->start) / PAGE; k++) {
				uint64_t space[2];

				ref_where(r, i, vma, k, space);
				if (!ref_seen(r, i, j, space))
					ref_judge_place(r, space);
			}
		}
	}
}

static bool counts_agree(const struct reference *r)
{
	uint64_t shared_by[MAX_PROCESSES + 1] = { 0 };

	for (size_t i = 0; i < set.nr_areas; i++) {
		const struct mml_set_area *area = &set.areas[i];

		for (size_t j = 0; j < area->nr_shared_by; j++)
			shared_by[area->shared_by[j].who] += area->shared_by[j].pages;
	}
	for (uint32_t i = 0; i <= r->n; i++) {
		if (shared_by[i] != r->shared_by[i] ||
		    copied_by_all(i) != r->copied_by[i])
			return false;
	}
	return !memcmp(&set.total, &r->counts, sizeof(r->counts));
}

static bool sums_agree(void)
{
	const struct mml_set_counts *t = &set.total;
	uint64_t frames = 0, by = 0;

	for (size_t i = 0; i < set.nr_areas; i++) {
		for (size_t j = 0; j < set.areas[i].nr_shared_by; j++)
			frames += set.areas[i].shared_by[j].pages;
	}
	for (uint32_t i = 0; i <= set.n; i++)
		by += copied_by_all(i);
	return frames == t->shared + t->copies + t->different + t->own + t->alone &&
	       by == t->copied;
}

#define FRAMES	(1 << 17)

static bool frames_agree(uint32_t n)
{
	static uint8_t maps[MAX_PROCESSES][FRAMES];
	uint64_t shared_by[MAX_PROCESSES + 1] = { 0 }, pairs = 0, total = 0;
	double pss[MAX_PROCESSES] = { 0 };
	uint64_t uss[MAX_PROCESSES] = { 0 };

	memset(maps, 0, n * sizeof(*maps));
	for (uint32_t i = 0; i < n; i++) {
		for (size_t j = 0; j < processes[i]->nr_runs; j++) {
			const struct mml_cow_run *run = &processes[i]->runs[j];

			for (uint64_t k = 0; k < run->pages; k++) {
				if (!(run->facts & MML_COW_SWAPPED))
					maps[i][run->where + k]++;
			}
		}
	}
	for (size_t f = 0; f < FRAMES; f++) {
		uint32_t sharers = 0;

		for (uint32_t i = 0; i < n; i++)
			sharers += maps[i][f] > 0;
		shared_by[sharers]++;
		total += sharers > 0;
		pairs += maps[0][f] && maps[n - 1][f];
		for (uint32_t i = 0; i < n; i++) {
			if (!maps[i][f])
				continue;
			pss[i] += 1. / sharers;
			uss[i] += sharers == 1;
		}
	}
	for (uint32_t k = 1; k <= n; k++) {
		if (shared_by[k] != set.frames.shared_by[k])
			return false;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (!pss_is(i, pss[i]) || uss[i] != set.member[i].uss)
			return false;
	}
	return total == set.frames.total &&
	       (n > MML_SET_MATRIX || pairs == set.frames.pairs[n - 1]);
}

struct piecing {
	uint64_t frames, copies, next;
	bool disordered;
};

static int add_piece(const struct mml_set_piece *piece, void *arg)
{
	struct piecing *p = arg;

	p->frames += piece->frames * piece->pages;
	p->copies += piece->copies * piece->pages;
	p->disordered |= !piece->present || !piece->frames ||
			 piece->copies > piece->frames ||
			 piece->start < piece->vma->start ||
			 piece->start + piece->pages * PAGE > piece->vma->end;
	return 0;
}

static bool pieces_agree(void)
{
	for (size_t i = 0; i < set.nr_areas; i++) {
		const struct mml_set_counts *c = &set.areas[i].counts;
		struct piecing p = { 0 };

		if (mml_set_pieces(&set, i, add_piece, &p))
			ktap_bail("no memory");
		if (p.disordered || p.copies != c->copied ||
		    p.frames != c->shared + c->copies + c->different + c->own + c->alone)
			return false;
	}
	return true;
}

static void test_random(void)
{
	uint64_t wrong = 0, frames = 0, sums = 0, pieces = 0, copied = 0;
	static struct reference r;

	for (uint64_t run = 1; run <= 300; run++) {
		uint32_t n;

		seed = run;
		n = 1 + chance(run % 8 ? 6 : MAX_PROCESSES);
		for (uint32_t i = 0; i < n; i++)
			make(i, n);
		judge(n);
		ref_judge(&r, n);
		if (!counts_agree(&r) && !wrong++) {
			ktap_note("seed %ju, %u processes", (uintmax_t)run, n);
			total_is(r.counts.shared, r.counts.copies, r.counts.different,
				 r.counts.own, r.counts.alone, r.counts.unfaulted);
			ktap_note("not shared %ju copies %ju different %ju own %ju alone %ju unfaulted %ju copied %ju swapped %ju/%ju",
				  (uintmax_t)r.counts.shared, (uintmax_t)r.counts.copies,
				  (uintmax_t)r.counts.different, (uintmax_t)r.counts.own,
				  (uintmax_t)r.counts.alone, (uintmax_t)r.counts.unfaulted,
				  (uintmax_t)r.counts.copied, (uintmax_t)r.counts.swapped,
				  (uintmax_t)set.total.swapped);
		}
		frames += !frames_agree(n);
		sums += !sums_agree();
		pieces += !pieces_agree();
		copied += set.total.copied;
		end(n);
	}
	ktap_note("%ju copies", (uintmax_t)copied);
	ktap_test(copied && !wrong, "by chance: places say what each page says");
	ktap_test(!frames, "by chance: RSS, USS, PSS, sharers and pairs are those of each frame");
	ktap_test(!sums, "by chance: each frame at a place is counted once, each copy has its by");
	ktap_test(!pieces, "by chance: pieces hold what was counted");
}

int main(void)
{
	ktap_begin();
	test_family();
	test_between_forks(true);
	test_between_forks(false);
	test_different();
	test_file();
	test_late_touch();
	test_moved();
	test_layers();
	test_counted_once();
	test_swap();
	test_random();
	return ktap_end();
}
