// SPDX-License-Identifier: GPL-2.0
/* What has changed between two pictures (lib/diff.h), on made-up ones. */
#include <string.h>

#include "../ktap.h"
#include "lib/diff.h"

#define PAGE	4096ULL
#define AT(page) (0x10000000ULL + (page) * PAGE)
#define RW	(MMLENS_VM_READ | MMLENS_VM_WRITE)
#define R	MMLENS_VM_READ
#define RO	(MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_USER)
#define W	(RO | MMLENS_ENTRY_WRITE)
#define ANON	(MMLENS_PAGE_ANON | MMLENS_PAGE_SWAPBACKED)
#define OWN	(ANON | MMLENS_PAGE_ANON_EXCLUSIVE)
#define MERGED	(ANON | MMLENS_PAGE_KSM)
#define OF_FILE	MMLENS_PAGE_LRU
#define NO_ID	MMLENS_UNKNOWN
#define NEWER	MMLENS_CAN_EXCLUSIVE

static struct mml_picture before, after;

static void init(struct mml_picture *picture)
{
	free(picture->vmas.v);
	free(picture->extents);
	memset(picture, 0, sizeof(*picture));
	picture->mm.envelope = (struct mml_envelope){
		.pid = 7, .tgid = 7, .mm_id = 0xabc, .exec_id = 3, .start_time = 99,
	};
	picture->vmas.v = calloc(64, sizeof(*picture->vmas.v));
}

static void begin(void)
{
	init(&before);
	init(&after);
}

/* Anonymous memory whose first page is that of @index in its anon_vma. */
static struct mml_vma *vma(struct mml_picture *picture, uint64_t page, uint64_t pages,
			   uint64_t flags, uint64_t anon_id, uint64_t index)
{
	struct mml_vma *v = &picture->vmas.v[picture->vmas.n++];

	memset(v, 0xff, sizeof(*v));
	v->start = AT(page);
	v->end = AT(page + pages);
	v->flags = flags;
	v->kind = MMLENS_VMA_KIND_ANON;
	v->path = v->name = v->ops = NULL;
	v->anon_id = anon_id;
	v->pgoff = index;
	return v;
}

static void file(struct mml_picture *picture, uint64_t page, uint64_t pages,
		 uint64_t inode, uint64_t pgoff)
{
	struct mml_vma *v = vma(picture, page, pages, RW, NO_ID, pgoff);

	v->kind = MMLENS_VMA_KIND_FILE;
	v->inode = inode;
	v->major = 8;
	v->minor = 1;
}

static void extent(struct mml_picture *picture, uint64_t page, uint32_t pages,
		   uint32_t state, uint64_t frame, uint64_t entry, uint64_t flags)
{
	struct mml_extent e;

	memset(&e, 0xff, sizeof(e));
	e.start = AT(page);
	e.pages = pages;
	e.state = state;
	e.entry = entry;
	e.flags = flags;
	if (state == MMLENS_STATE_SWAP)
		e.swap = frame;
	else
		e.frame = frame;
	if (mml_picture_add(&e, picture))
		ktap_bail("out of memory");
}

static void mem(struct mml_picture *picture, uint64_t page, uint32_t pages,
		uint64_t frame, uint64_t entry, uint64_t flags)
{
	extent(picture, page, pages, MMLENS_STATE_PRESENT, frame, entry, flags);
}

static struct mml_diff diff;

static void compare(uint64_t can)
{
	mml_diff_free(&diff);
	if (mml_diff(&diff, &before, &after, PAGE, can))
		ktap_bail("out of memory");
}

/* "appeared 2 moved 1": what there was of, in the order of the enum. */
static const char *counts(const uint64_t *pages)
{
	static char text[256];
	size_t len = 0;

	*text = '\0';
	for (unsigned int i = 1; i < MML_CHANGES; i++)
		if (pages[i])
			len += snprintf(text + len, sizeof(text) - len, "%s%s %ju",
					len ? " " : "", mml_name(mml_change_names, i),
					(uintmax_t)pages[i]);
	return text;
}

static void is(const char *name, const char *expected)
{
	const char *seen = counts(diff.pages);

	if (!ktap_test(!strcmp(seen, expected), "%s", name))
		ktap_note("expected '%s', seen '%s'", expected, seen);
}

/* Events of the areas, in order: those of after, then the gone ones. */
static void areas(const char *name, size_t n, const uint32_t *events)
{
	bool ok = diff.nr_areas == n;

	for (size_t i = 0; ok && i < n; i++)
		ok = diff.areas[i].events == events[i];
	if (ktap_test(ok, "%s", name))
		return;
	for (size_t i = 0; i < diff.nr_areas; i++)
		ktap_note("area %zu: events 0x%x", i, diff.areas[i].events);
}

#define AREAS(name, ...) do {						\
	const uint32_t events_[] = { __VA_ARGS__ };			\
	areas(name, sizeof(events_) / sizeof(*events_), events_);	\
} while (0)

/* ---- pages ---- */

static void test_page(const char *name, uint64_t can, const struct mml_extent *a,
		      const struct mml_extent *b, enum mml_change expected)
{
	enum mml_change seen;

	begin();
	vma(&before, 0, 8, RW, 1, 0);
	vma(&after, 0, 8, RW, 1, 0);
	if (a)
		extent(&before, 2, 1, a->state, a->frame, a->entry, a->flags);
	if (b)
		extent(&after, 2, 1, b->state, b->frame, b->entry, b->flags);
	compare(can);
	seen = diff.nr_runs ? diff.runs[0].change : MML_CHANGE_NONE;
	if (!ktap_test(seen == expected && diff.pages[expected] ==
		       (expected == MML_CHANGE_NONE ? 8 : 1), "%s", name))
		ktap_note("is %s", mml_name(mml_change_names, seen));
}

#define IS(s, f, e, fl) \
	&(struct mml_extent){ .state = MMLENS_STATE_##s, .frame = f, .entry = e, .flags = fl }
#define MEM(f, e, fl) IS(PRESENT, f, e, fl)

static void test_pages(void)
{
	test_page("nothing twice", NEWER, NULL, NULL, MML_CHANGE_NONE);
	test_page("the same", NEWER, MEM(5, W, OWN), MEM(5, W, OWN), MML_CHANGE_NONE);
	test_page("touched", NEWER, NULL, MEM(5, W, OWN), MML_CHANGE_APPEARED);
	test_page("given up", NEWER, MEM(5, W, OWN), NULL, MML_CHANGE_VANISHED);
	test_page("read: the page of zeroes is none", NEWER, NULL, IS(ZERO, 3, RO, 0),
		  MML_CHANGE_NONE);
	test_page("the page of zeroes, written", NEWER, IS(ZERO, 3, RO, 0), MEM(5, W, OWN),
		  MML_CHANGE_APPEARED);
	test_page("given up and read", NEWER, MEM(5, W, OWN), IS(ZERO, 3, RO, 0),
		  MML_CHANGE_VANISHED);
	test_page("huge page of zeroes", NEWER, IS(HUGE_ZERO, 3, RO, 0), NULL, MML_CHANGE_NONE);
	test_page("forked, then written", NEWER, MEM(5, RO, ANON), MEM(6, W, OWN),
		  MML_CHANGE_COPIED);
	test_page("merged by KSM, then written", NEWER, MEM(5, RO, MERGED), MEM(6, W, OWN),
		  MML_CHANGE_COPIED);
	test_page("a file's page, written", NEWER, MEM(5, RO, OF_FILE), MEM(6, W, OWN),
		  MML_CHANGE_COPIED);
	test_page("a file's page, written and forked", NEWER, MEM(5, RO, OF_FILE),
		  MEM(6, RO, ANON), MML_CHANGE_COPIED);
	test_page("its own page, elsewhere", NEWER, MEM(5, W, OWN), MEM(6, W, OWN),
		  MML_CHANGE_MOVED);
	test_page("a shared page, elsewhere", NEWER, MEM(5, RO, ANON), MEM(6, RO, ANON),
		  MML_CHANGE_MOVED);
	test_page("a file's page, elsewhere", NEWER, MEM(5, RO, OF_FILE), MEM(6, RO, OF_FILE),
		  MML_CHANGE_MOVED);
	test_page("merged by KSM just now", NEWER, MEM(5, W, OWN), MEM(6, RO, MERGED),
		  MML_CHANGE_MOVED);
	test_page("before 5.19 the write bit tells: copied", 0, MEM(5, RO, ANON), MEM(6, W, ANON),
		  MML_CHANGE_COPIED);
	test_page("before 5.19 the write bit tells: moved", 0, MEM(5, W, ANON), MEM(6, W, ANON),
		  MML_CHANGE_MOVED);
	test_page("forked: the write bit went", NEWER, MEM(5, W, OWN), MEM(5, RO, ANON),
		  MML_CHANGE_READ_ONLY);
	test_page("reused: it came", NEWER, MEM(5, RO, ANON), MEM(5, W, OWN),
		  MML_CHANGE_WRITABLE);
	test_page("no access for now", NEWER, MEM(5, RO, OWN), IS(PROTNONE, 5, RO, OWN),
		  MML_CHANGE_NONE);
	test_page("being moved", NEWER, MEM(5, RO, OWN), IS(MIGRATION, 5, 0, MMLENS_UNKNOWN),
		  MML_CHANGE_NONE);
	test_page("to swap", NEWER, MEM(5, W, OWN), IS(SWAP, 0x81, 0, 0),
		  MML_CHANGE_SWAPPED_OUT);
	test_page("from swap", NEWER, IS(SWAP, 0x81, 0, 0), MEM(5, W, OWN),
		  MML_CHANGE_SWAPPED_IN);
	test_page("in swap", NEWER, IS(SWAP, 0x81, 0, 0), IS(SWAP, 0x81, 0, 0),
		  MML_CHANGE_NONE);
	test_page("back and out again", NEWER, IS(SWAP, 0x81, 0, 0), IS(SWAP, 0xa1, 0, 0),
		  MML_CHANGE_SWAPPED_OUT);
	test_page("touched and swapped", NEWER, NULL, IS(SWAP, 0xa1, 0, 0),
		  MML_CHANGE_SWAPPED_OUT);
	test_page("given up in swap", NEWER, IS(SWAP, 0x81, 0, 0), NULL, MML_CHANGE_VANISHED);
	test_page("a marker is nothing", NEWER, NULL,
		  IS(MARKER_GUARD, MMLENS_UNKNOWN, 0, MMLENS_UNKNOWN), MML_CHANGE_NONE);
}

static void test_runs(void)
{
	begin();
	vma(&before, 0, 512, RW, 1, 0);
	vma(&after, 0, 512, RW, 1, 0);
	mem(&before, 0, 512, 0x1000, RO, ANON);
	mem(&after, 0, 100, 0x1000, RO, ANON);
	mem(&after, 100, 1, 0x9000, W, OWN);
	mem(&after, 101, 300, 0x1065, RO, ANON);
	compare(NEWER);
	is("one extent, then three", "vanished 111 copied 1");
	ktap_test(diff.nr_runs == 2 && diff.runs[0].after == AT(100) &&
		  diff.runs[0].pages == 1 && diff.runs[0].frame_before == 0x1064 &&
		  diff.runs[0].frame_after == 0x9000 && diff.runs[1].after == AT(401) &&
		  diff.runs[1].pages == 111 && diff.runs[1].frame_before == 0x1000 + 401 &&
		  diff.runs[1].frame_after == MMLENS_UNKNOWN, "runs say which");
	before.n = after.n = 0;
	extent(&before, 0, 8, MMLENS_STATE_SWAP, MMLENS_SWAP(1, 64ULL), 0, 0);
	extent(&after, 0, 4, MMLENS_STATE_SWAP, MMLENS_SWAP(1, 64ULL), 0, 0);
	extent(&after, 4, 4, MMLENS_STATE_SWAP, MMLENS_SWAP(1, 68ULL), 0, 0);
	compare(NEWER);
	is("swap slots count up", "");
}

/* ---- areas ---- */

static void test_areas(void)
{
	begin();
	vma(&before, 0, 8, RW, 1, 0);
	mem(&before, 0, 8, 0x100, W, OWN);
	vma(&before, 20, 4, RW, 2, 20);
	vma(&after, 0, 8, RW, 1, 0);
	mem(&after, 0, 8, 0x100, W, OWN);
	vma(&after, 30, 4, RW, 3, 30);
	mem(&after, 30, 2, 0x200, W, OWN);
	compare(NEWER);
	AREAS("one gone, one new", 0, MML_EVENT_NEW, MML_EVENT_GONE);
	is("with what is in it", "appeared 2");

	begin();
	vma(&before, 0, 8, RW, 1, 0);
	mem(&before, 0, 8, 0x100, W, OWN);
	vma(&after, 0, 12, RW, 1, 0);
	mem(&after, 0, 12, 0x100, W, OWN);
	compare(NEWER);
	AREAS("grew", MML_EVENT_GREW);
	is("by what is new", "appeared 4");

	begin();
	vma(&before, 4, 8, RW, 1, 4);
	vma(&after, 0, 12, RW, 1, 0);
	mem(&before, 4, 8, 0x104, W, OWN);
	mem(&after, 3, 9, 0x103, W, OWN);
	compare(NEWER);
	AREAS("grew down, as a stack does", MML_EVENT_GREW);
	is("its old pages are where they were", "appeared 1");

	begin();
	vma(&before, 0, 12, RW, 1, 0);
	mem(&before, 0, 12, 0x100, W, OWN);
	vma(&after, 0, 8, RW, 1, 0);
	mem(&after, 0, 8, 0x100, W, OWN);
	compare(NEWER);
	AREAS("shrank", MML_EVENT_SHRANK);
	is("and lost what was there", "vanished 4");
	ktap_test(diff.nr_runs == 1 && diff.runs[0].area == 0 &&
		  diff.runs[0].after == MMLENS_UNKNOWN && diff.runs[0].before == AT(8),
		  "which is told of it");

	begin();
	vma(&before, 0, 12, RW, 1, 0);
	mem(&before, 0, 12, 0x100, W, OWN);
	vma(&after, 0, 4, RW, 1, 0);
	vma(&after, 8, 4, RW, 1, 8);
	mem(&after, 0, 4, 0x100, W, OWN);
	mem(&after, 8, 4, 0x108, W, OWN);
	compare(NEWER);
	AREAS("a hole splits", MML_EVENT_SPLIT, MML_EVENT_SPLIT);
	is("and takes its pages", "vanished 4");

	begin();
	vma(&before, 0, 12, RW, 1, 0);
	mem(&before, 0, 12, 0x100, W, OWN);
	vma(&after, 0, 4, RW, 1, 0);
	vma(&after, 4, 4, R, 1, 4);
	vma(&after, 8, 4, RW, 1, 8);
	mem(&after, 0, 4, 0x100, W, OWN);
	mem(&after, 4, 4, 0x104, RO, OWN);
	mem(&after, 8, 4, 0x108, W, OWN);
	compare(NEWER);
	AREAS("mprotect of the middle", MML_EVENT_SPLIT,
	      MML_EVENT_SPLIT | MML_EVENT_PROTECTION, MML_EVENT_SPLIT);
	is("write bits go", "read-only 4");
	begin();
	vma(&after, 0, 12, RW, 1, 0);
	vma(&before, 0, 4, RW, 1, 0);
	vma(&before, 4, 4, R, 1, 4);
	vma(&before, 8, 4, RW, 1, 8);
	compare(NEWER);
	AREAS("and back", MML_EVENT_MERGED | MML_EVENT_PROTECTION);

	begin();
	vma(&before, 0, 8, RW, NO_ID, 0);
	vma(&after, 0, 8, RW, 5, 0);
	mem(&after, 0, 1, 0x100, W, OWN);
	compare(NEWER);
	AREAS("the first write gives an anon_vma, no new area", 0);

	begin();
	vma(&before, 0, 8, RW, 1, 0);
	mem(&before, 0, 8, 0x100, W, OWN);
	vma(&after, 0, 8, RW, 2, 0);
	mem(&after, 0, 8, 0x200, W, OWN);
	compare(NEWER);
	AREAS("unmapped and mapped anew", MML_EVENT_NEW, MML_EVENT_GONE);
	is("nothing is the same", "appeared 8 vanished 8");
}

static void test_moved(void)
{
	begin();
	vma(&before, 0, 8, RW, 1, 0);
	mem(&before, 0, 8, 0x100, W, OWN);
	vma(&after, 40, 8, RW, 1, 0);
	mem(&after, 40, 8, 0x100, W, OWN);
	compare(NEWER);
	AREAS("mremap", MML_EVENT_MOVED);
	is("takes its pages along", "");
	begin();
	vma(&before, 0, 8, RW, 1, 0);
	mem(&before, 0, 8, 0x100, W, OWN);
	vma(&after, 0, 8, RW, 2, 0);
	vma(&after, 40, 16, RW, 1, 0);
	mem(&after, 40, 10, 0x100, W, OWN);
	compare(NEWER);
	AREAS("mremap that grows, with another in its old place", MML_EVENT_NEW,
	      MML_EVENT_MOVED | MML_EVENT_GREW);
	is("new pages are new", "appeared 2");
	begin();
	vma(&before, 0, 8, RW, 1, 0);
	mem(&before, 0, 8, 0x100, W, OWN);
	vma(&after, 0, 4, RW, 1, 0);
	vma(&after, 40, 4, RW, 1, 4);
	mem(&after, 0, 4, 0x100, W, OWN);
	mem(&after, 40, 4, 0x104, W, OWN);
	compare(NEWER);
	AREAS("mremap of a half", MML_EVENT_SPLIT, MML_EVENT_SPLIT | MML_EVENT_MOVED);
	is("takes its half along", "");
	begin();
	file(&before, 0, 8, 77, 16);
	mem(&before, 0, 8, 0x100, RO, OF_FILE);
	file(&after, 40, 8, 77, 16);
	mem(&after, 40, 7, 0x100, RO, OF_FILE);
	file(&after, 60, 8, 78, 16);
	compare(NEWER);
	AREAS("a file elsewhere, and another file", MML_EVENT_MOVED, MML_EVENT_NEW);
	is("page by page", "vanished 1");
	begin();
	file(&before, 0, 8, 77, 16);
	file(&after, 0, 8, 77, 24);
	compare(NEWER);
	AREAS("the same file at another offset is another area", MML_EVENT_NEW, MML_EVENT_GONE);
}

static void test_relations(void)
{
	begin();
	vma(&before, 0, 8, RW, 1, 0);
	mem(&before, 0, 8, 0x100, W, OWN);
	vma(&after, 0, 8, RW, 1, 0);
	mem(&after, 0, 8, 0x100, W, OWN);
	after.mm.envelope.exec_id++;
	compare(NEWER);
	ktap_test(diff.relation == MML_RELATION_EXECED, "exec is recognised");
	AREAS("all is new, all is gone", MML_EVENT_NEW, MML_EVENT_GONE);
	is("every page, too", "appeared 8 vanished 8");
	after.mm.envelope.exec_id--;
	after.mm.envelope.mm_id++;
	after.vmas.v[0].anon_id = 77;
	compare(NEWER);
	ktap_test(diff.relation == MML_RELATION_SAME, "ids of another load are none");
	is("areas are told by their addresses then", "");
	after.mm.envelope.tgid = 8;
	compare(NEWER);
	ktap_test(diff.relation == MML_RELATION_OTHER, "two processes");
	is("are compared by address", "");
}

/* ---- any two pictures, against page by page ---- */

static uint64_t random_state = 1;

/* xorshift64 */
static uint32_t chance(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 20) % below;
}

#define SPACE 64

static void make_up(struct mml_picture *picture)
{
	uint32_t page = 0, pages, at, end;

	while (page < SPACE) {
		pages = 1 + chance(SPACE - page);
		end = page + pages;
		if (chance(3)) {
			vma(picture, page, pages, RW, NO_ID, page);
			for (at = page; at < end; at += pages) {
				pages = 1 + chance(end - at);
				if (chance(4))
					mem(picture, at, pages, 0x100 + at + 64 * chance(2),
					    chance(2) ? RO : W, chance(2) ? ANON : OWN);
			}
		}
		page = end;
	}
}

static const struct mml_extent *page_of(const struct mml_picture *picture, uint32_t page)
{
	for (size_t i = 0; i < picture->n; i++)
		if (picture->extents[i].start <= AT(page) &&
		    AT(page) < picture->extents[i].start + picture->extents[i].pages * PAGE)
			return &picture->extents[i];
	return NULL;
}

static uint64_t frame_of(const struct mml_extent *extent, uint32_t page)
{
	return extent ? extent->frame + (AT(page) - extent->start) / PAGE : MMLENS_UNKNOWN;
}

static bool one_random(void)
{
	uint64_t expected[MML_CHANGES] = { 0 };
	const struct mml_extent *a, *b;
	unsigned int i;

	begin();
	make_up(&before);
	make_up(&after);
	compare(NEWER);
	for (i = 0; i < SPACE; i++) {
		a = page_of(&before, i);
		b = page_of(&after, i);
		expected[mml_diff_page(a, frame_of(a, i), b, frame_of(b, i), NEWER)]++;
	}
	for (i = MML_CHANGE_NONE + 1; i < MML_CHANGES; i++)
		if (diff.pages[i] != expected[i])
			return false;
	return true;
}

static void test_random(void)
{
	unsigned int i, rounds = 3000;

	for (i = 0; i < rounds && one_random(); i++)
		;
	ktap_test(i == rounds, "%u pairs of pictures, the same page by page", rounds);
}

int main(void)
{
	ktap_begin();
	test_pages();
	test_runs();
	test_areas();
	test_moved();
	test_relations();
	test_random();
	begin();
	mml_diff_free(&diff);
	free(before.vmas.v);
	free(after.vmas.v);
	return ktap_end();
}
