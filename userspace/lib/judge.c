// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's rules for a touch of a page, as of do_wp_page() and its
 * relatives, applied to what was read.
 *
 * A private page that may be written but whose entry may not. AnonExclusive,
 * where the kernel keeps it (since 5.19), says "taken" and nothing more is
 * asked; a page of a file, or one that KSM has merged, is copied. Else:
 *
 *   5.10    taken if the only reference is this mapping's, copied if not
 *   6.1     likewise. The swap cache's reference does not count if nobody else
 *	     holds the slot; those of this CPU's batches are dropped first, for
 *	     a page that is not on the LRU list yet, if there are no more than two
 *   6.12    likewise, but a page of a large folio is always copied
 *   7.2     likewise; but a large folio of which more than one page is mapped is
 *	     taken if all its references are mappings, by this process alone
 *   a huge page (THP) that a PMD maps
 *	     taken if there is no other reference (5.10: no other mapping); if not,
 *	     the entry is split, and one small page is copied
 *   hugetlb taken if there is no other mapping
 *
 * A mapping holds a reference. So if there are mappings enough to decide, no
 * passing reference can change it: the class is certain. If not, it is
 * *predicted*: an I/O or a batch of the LRU's may have come or gone meanwhile.
 * What other processes do meanwhile can change any class, and is not meant.
 */
#include <stdio.h>

#include "lib/judge.h"

const struct mml_name mml_class_names[] = {
	{ "none", MML_CLASS_NONE },
	{ "exclusive-writable", MML_CLASS_EXCLUSIVE },
	{ "write-reuses", MML_CLASS_WRITE_REUSES },
	{ "write-copies", MML_CLASS_WRITE_COPIES },
	{ "file-uncopied", MML_CLASS_FILE_UNCOPIED },
	{ "file-copied", MML_CLASS_FILE_COPIED },
	{ "zero", MML_CLASS_ZERO },
	{ "ksm", MML_CLASS_KSM },
	{ "pinned", MML_CLASS_PINNED },
	{ "shared", MML_CLASS_SHARED },
	{ "swap-exclusive", MML_CLASS_SWAP_EXCLUSIVE },
	{ "swap-shared", MML_CLASS_SWAP_SHARED },
	{ "swapped", MML_CLASS_SWAPPED },
	{ "read-only", MML_CLASS_READ_ONLY },
	{ "no-access", MML_CLASS_NO_ACCESS },
	{ "moving", MML_CLASS_MOVING },
	{ "device", MML_CLASS_DEVICE },
	{ "trap", MML_CLASS_TRAP },
	{ "cannot-tell", MML_CLASS_CANNOT_TELL },
	{ "beyond-file", MML_CLASS_BEYOND_FILE },
	{ }
};

const struct mml_name mml_folio_names[] = {
	{ "single", MML_FOLIO_SINGLE },
	{ "pmd", MML_FOLIO_PMD },
	{ "pud", MML_FOLIO_PUD },
	{ "ptes", MML_FOLIO_PTES },
	{ "partly", MML_FOLIO_PARTLY },
	{ }
};

/* Which of the kernel's tests settles whether a written page is copied. */
enum test {
	TEST_NONE,
	TEST_KSM,
	TEST_FILE,
	TEST_EXCLUSIVE,
	TEST_MAPCOUNT,
	TEST_REFCOUNT,
	TEST_LARGE,
};

struct verdict {
	enum mml_class class;
	const char *text;
	bool predicted;
	enum test test;
};

#define VERDICT(word, sentence) \
	((struct verdict){ MML_CLASS_##word, sentence, false, TEST_NONE })
#define PREDICTED(word, sentence) \
	((struct verdict){ MML_CLASS_##word, sentence, true, TEST_NONE })

static struct verdict by(enum test test, struct verdict verdict)
{
	verdict.test = test;
	return verdict;
}

/* The states that leave nothing to weigh. */
static const struct verdict by_state[MMLENS_STATE_MAX + 1] = {
	[MMLENS_STATE_PROTNONE] = {
		MML_CLASS_NO_ACCESS, "PROT_NONE: the page stays, a touch is SIGSEGV" },
	[MMLENS_STATE_MIGRATION] = {
		MML_CLASS_MOVING, "the page is being moved: a touch waits until that is over" },
	[MMLENS_STATE_HWPOISON] = {
		MML_CLASS_TRAP, "broken memory: a touch is SIGBUS" },
	[MMLENS_STATE_DEVICE_PRIVATE] = {
		MML_CLASS_DEVICE, "in device memory: a touch by the CPU moves it back" },
	[MMLENS_STATE_DEVICE_EXCLUSIVE] = {
		MML_CLASS_DEVICE, "lent to a device: a touch by the CPU takes it back" },
	[MMLENS_STATE_MARKER_UFFD_WP] = {
		MML_CLASS_TRAP, "no page, but userfaultfd protects what comes: a write goes to its handler" },
	[MMLENS_STATE_MARKER_POISON] = {
		MML_CLASS_TRAP, "no page, marked as lost: a touch is SIGBUS" },
	[MMLENS_STATE_MARKER_GUARD] = {
		MML_CLASS_TRAP, "a guard region: a touch is SIGSEGV" },
	[MMLENS_STATE_BAD] = {
		MML_CLASS_CANNOT_TELL, "no rule explains this entry: look at its raw value" },
};

static bool has(const struct mml_judge *facts, uint64_t vm_flag)
{
	return facts->vma && facts->vma->flags & vm_flag;
}

static struct verdict judge_swap(const struct mml_judge *facts)
{
	bool write = has(facts, MMLENS_VM_WRITE);

	if (!(facts->can & MMLENS_CAN_EXCLUSIVE) ||
	    facts->extent->entry == MMLENS_UNKNOWN)
		return VERDICT(SWAPPED, write ?
			"in swap: a touch reads it back, a write then copies it if anyone shares it" :
			"in swap: a touch reads it back");
	if (facts->extent->entry & MMLENS_ENTRY_EXCLUSIVE)
		return VERDICT(SWAP_EXCLUSIVE, write ?
			"in swap: a touch reads it back; it is this process's own, a write keeps it" :
			"in swap, this process's own: a touch reads it back");
	return PREDICTED(SWAP_SHARED, write ?
		"in swap, and was shared: a touch reads it back, a write then copies it if it still is" :
		"in swap, and was shared: a touch reads it back");
}

static bool has_file_end(const struct mml_vma *vma)
{
	return vma->kind == MMLENS_VMA_KIND_FILE ||
	       vma->kind == MMLENS_VMA_KIND_SHMEM ||
	       vma->kind == MMLENS_VMA_KIND_HUGETLB ||
	       vma->kind == MMLENS_VMA_KIND_SECRETMEM;
}

/**
 * mml_judge_file_end() - where the file ends in an area that maps it
 * @vma: the area
 * @page_size: bytes of a base page
 *
 * hugetlb leaves out what is no whole page of its own at a file's end; others
 * map the page in which the file ends, and fill it up with zeroes.
 *
 * Return: the first address in @vma whose touch is SIGBUS; its end if none is,
 * or if that cannot be told
 */
uint64_t mml_judge_file_end(const struct mml_vma *vma, uint64_t page_size)
{
	uint64_t size = vma->file_size, offset = vma->pgoff * page_size;

	if (!has_file_end(vma) || size == MMLENS_UNKNOWN ||
	    vma->pgoff == MMLENS_UNKNOWN || !page_size)
		return vma->end;
	if (vma->kind != MMLENS_VMA_KIND_HUGETLB)
		size += page_size - 1;
	else if (vma->page_size)
		page_size = vma->page_size;
	size -= size % page_size;
	if (size <= offset)
		return vma->start;
	return size - offset < vma->end - vma->start ?
		vma->start + (size - offset) : vma->end;
}

static struct verdict judge_none_file(const struct mml_judge *facts)
{
	if (has(facts, MMLENS_VM_WRITE) && !has(facts, MMLENS_VM_SHARED))
		return VERDICT(NONE, "not in the tables: a read maps the file's page, a write gets a copy of it");
	return VERDICT(NONE, "not in the tables: a touch maps the file's page");
}

static struct verdict judge_none(const struct mml_judge *facts)
{
	if (!facts->vma)
		return VERDICT(NONE, "nothing is there");
	if (has(facts, MMLENS_VM_UFFD_MISSING))
		return VERDICT(TRAP, "nothing is there: a touch goes to userfaultfd");
	if (facts->extent->start >= mml_judge_file_end(facts->vma, facts->page_size))
		return VERDICT(BEYOND_FILE, "past the end of the file: a touch is SIGBUS");
	switch (facts->vma->kind) {
	case MMLENS_VMA_KIND_ANON:
		if (has(facts, MMLENS_VM_WRITE))
			return VERDICT(NONE, "nothing there yet: a read maps the page of zeroes, a write gets a fresh page");
		return VERDICT(NONE, "nothing there yet: a read maps the page of zeroes");
	case MMLENS_VMA_KIND_FILE:
	case MMLENS_VMA_KIND_SHMEM:
		return judge_none_file(facts);
	case MMLENS_VMA_KIND_HUGETLB:
		return VERDICT(NONE, "nothing there yet: a touch takes a huge page from the pool, SIGBUS if it has none");
	default:
		return VERDICT(NONE, "nothing is there: a touch asks the driver that owns the area");
	}
}

static struct verdict judge_zero(const struct mml_judge *facts)
{
	if (!has(facts, MMLENS_VM_WRITE))
		return VERDICT(READ_ONLY, "the shared page of zeroes, and the VMA may not write: a write is SIGSEGV");
	return VERDICT(ZERO, "the shared page of zeroes: the next write gets a fresh page");
}

static struct verdict judge_pfnmap(const struct mml_judge *facts)
{
	if (has(facts, MMLENS_VM_WRITE) && !has(facts, MMLENS_VM_SHARED) &&
	    !(facts->extent->entry & MMLENS_ENTRY_WRITE))
		return VERDICT(WRITE_COPIES, "a frame without struct page in a private area: the next write copies");
	return VERDICT(DEVICE, "a frame without struct page: nobody counts who maps it");
}

#define TAKES "VMA may write, entry may not, nobody else has the page: the next write keeps it"
#define COPIES "VMA may write, entry may not: the next write copies"
#define SPLITS "VMA may write, entry may not: the next write splits the huge entry and copies one page"
#define MAYBE "VMA may write, entry may not: the next write keeps the page if no other reference is left, else copies"

static bool is_huge(const struct mml_extent *extent)
{
	return extent->level == MMLENS_LEVEL_PMD &&
	       !(extent->flags & MMLENS_PAGE_HUGE);
}

static bool is_large(const struct mml_extent *extent)
{
	return extent->order != MMLENS_UNKNOWN32 && extent->order;
}

static struct verdict copies(const struct mml_extent *extent, bool predicted)
{
	return (struct verdict){
		MML_CLASS_WRITE_COPIES, is_huge(extent) ? SPLITS : COPIES,
		predicted, TEST_REFCOUNT,
	};
}

/* Mappings of any page of the folio; at least that many references there are. */
static uint32_t mappings(const struct mml_extent *extent)
{
	if (extent->folio_mapcount != MMLENS_UNKNOWN32)
		return extent->folio_mapcount;
	return extent->mapkind == MMLENS_MAPKIND_PRECISE ? extent->mapcount : 0;
}

/* References that the kernel gets rid of before it counts. */
static uint32_t swap_references(const struct mml_judge *facts)
{
	const struct mml_extent *extent = facts->extent;

	if (!(extent->flags & MMLENS_PAGE_SWAPCACHE) ||
	    !(facts->can & MMLENS_CAN_EXCLUSIVE))
		return 0;
	return is_large(extent) && extent->order < 31 ? 1U << extent->order : 1;
}

/* Taken if nobody else maps it; that is counted, and not by references. */
static struct verdict judge_mappings(const struct mml_extent *extent)
{
	if (!mappings(extent))
		return PREDICTED(CANNOT_TELL, MAYBE);
	return by(TEST_MAPCOUNT, mappings(extent) == 1 ?
		  VERDICT(WRITE_REUSES, TAKES) : copies(extent, false));
}

/* A huge page behind a PMD: all of it or nothing. */
static struct verdict judge_huge(const struct mml_judge *facts)
{
	const struct mml_extent *extent = facts->extent;

	if (!(facts->can & MMLENS_CAN_EXCLUSIVE))
		return extent->folio_mapcount == MMLENS_UNKNOWN32 ?
			PREDICTED(CANNOT_TELL, MAYBE) : judge_mappings(extent);
	if (mappings(extent) > 1)
		return by(TEST_MAPCOUNT, copies(extent, false));
	if (extent->refcount == MMLENS_UNKNOWN32)
		return PREDICTED(CANNOT_TELL, MAYBE);
	return by(TEST_REFCOUNT, extent->refcount == 1 + swap_references(facts) ?
		  PREDICTED(WRITE_REUSES, TAKES) : copies(extent, true));
}

/* A page of a large folio that page-table entries map one by one, since 6.12. */
static struct verdict judge_large(const struct mml_judge *facts)
{
	const struct mml_extent *extent = facts->extent;

	if (!(facts->can & MMLENS_CAN_FOLIO_SHARED) ||
	    extent->folio_shared == MMLENS_SHARED_MAYBE ||
	    extent->folio_mapcount <= 1)
		return by(TEST_LARGE, copies(extent, false));
	if (extent->folio_shared == MMLENS_UNKNOWN32 ||
	    extent->folio_mapcount == MMLENS_UNKNOWN32 ||
	    extent->refcount == MMLENS_UNKNOWN32)
		return PREDICTED(CANNOT_TELL, MAYBE);
	return by(TEST_REFCOUNT,
		  extent->refcount == extent->folio_mapcount + swap_references(facts) ?
		  PREDICTED(WRITE_REUSES, TAKES) : copies(extent, true));
}

/* What the count of references decides, since that of mappings does not. */
static struct verdict judge_references(const struct mml_judge *facts)
{
	const struct mml_extent *extent = facts->extent;
	bool drains = facts->can & MMLENS_CAN_EXCLUSIVE &&
		      !(extent->flags & MMLENS_PAGE_LRU);

	if (mappings(extent) > 1)
		return by(TEST_MAPCOUNT, copies(extent, false));
	if (extent->refcount == MMLENS_UNKNOWN32)
		return PREDICTED(CANNOT_TELL, MAYBE);
	if (extent->refcount <= 1 + swap_references(facts))
		return by(TEST_REFCOUNT, PREDICTED(WRITE_REUSES, TAKES));
	return by(TEST_REFCOUNT, drains && extent->refcount <= 3 ?
		  PREDICTED(CANNOT_TELL, MAYBE) : copies(extent, true));
}

/* An anonymous page that a private, writable area maps without write. */
static struct verdict judge_anon(const struct mml_judge *facts)
{
	const struct mml_extent *extent = facts->extent;

	if (extent->flags & MMLENS_PAGE_KSM)
		return by(TEST_KSM, VERDICT(KSM, "VMA may write, entry may not, and KSM has merged the page: the next write copies"));
	if (facts->can & MMLENS_CAN_EXCLUSIVE &&
	    extent->flags & MMLENS_PAGE_ANON_EXCLUSIVE)
		return by(TEST_EXCLUSIVE, extent->flags & MMLENS_PAGE_PINNED ?
			VERDICT(PINNED, "pinned for I/O, and this process's own: the next write keeps it, fork copies it at once") :
			VERDICT(WRITE_REUSES, "VMA may write, entry may not, but the page is this process's own: the next write keeps it"));
	if (extent->mapkind == MMLENS_MAPKIND_PRECISE && extent->mapcount > 1)
		return by(TEST_MAPCOUNT, copies(extent, false));
	if (extent->flags & MMLENS_PAGE_HUGE)
		return judge_mappings(extent);
	if (is_huge(extent))
		return judge_huge(facts);
	if (extent->order == MMLENS_UNKNOWN32 && extent->flags & MMLENS_PAGE_THP)
		return PREDICTED(CANNOT_TELL, MAYBE);
	if (is_large(extent) && facts->kernel >= MML_KERNEL(6, 12))
		return judge_large(facts);
	return judge_references(facts);
}

/* The entry may write: there will be no fault. */
static struct verdict judge_writable(const struct mml_judge *facts)
{
	uint64_t flags = facts->extent->flags;
	bool of_file = facts->vma->kind == MMLENS_VMA_KIND_FILE ||
		       facts->vma->kind == MMLENS_VMA_KIND_SHMEM;

	if (flags != MMLENS_UNKNOWN && flags & MMLENS_PAGE_PINNED)
		return VERDICT(PINNED, "pinned for I/O; VMA and entry may write: a write stays in this page, fork copies it at once");
	if (of_file)
		return VERDICT(FILE_COPIED, "a copy of the file's page, this process's own; VMA and entry may write: a write stays in it");
	return VERDICT(EXCLUSIVE, "VMA and entry may write: a write stays in this page, which is this process's own");
}

static struct verdict judge_present(const struct mml_judge *facts)
{
	const struct mml_extent *extent = facts->extent;
	bool write = extent->entry & MMLENS_ENTRY_WRITE;

	if (!facts->vma || extent->entry == MMLENS_UNKNOWN)
		return VERDICT(CANNOT_TELL, "too little was asked to judge");
	if (!has(facts, MMLENS_VM_WRITE))
		return VERDICT(READ_ONLY, "VMA may not write: a write is SIGSEGV");
	if (extent->entry & MMLENS_ENTRY_UFFD_WP && !write)
		return VERDICT(TRAP, "userfaultfd has write-protected it: a write goes to its handler");
	if (has(facts, MMLENS_VM_SHARED))
		return write ?
			VERDICT(SHARED, "VMA and entry may write: all who map this page see it") :
			VERDICT(SHARED, "VMA may write, entry may not: the next write is noted, and goes to this same page");
	if (write)
		return judge_writable(facts);
	if (extent->flags == MMLENS_UNKNOWN)
		return VERDICT(CANNOT_TELL, "too little was asked to judge");
	if (!(extent->flags & MMLENS_PAGE_ANON))
		return by(TEST_FILE, VERDICT(FILE_UNCOPIED, "VMA may write, entry may not: the next write copies the file's page"));
	return judge_anon(facts);
}

static struct verdict judge(const struct mml_judge *facts)
{
	uint32_t state = facts->extent->state;

	if (facts->vma && !has(facts, MMLENS_VM_READ | MMLENS_VM_WRITE |
				      MMLENS_VM_EXEC))
		return VERDICT(NO_ACCESS, "VMA allows no access: a touch is SIGSEGV");
	switch (state) {
	case MMLENS_STATE_NONE:
		return judge_none(facts);
	case MMLENS_STATE_PRESENT:
	case MMLENS_STATE_NUMA_HINT:
		return judge_present(facts);
	case MMLENS_STATE_ZERO:
	case MMLENS_STATE_HUGE_ZERO:
		return judge_zero(facts);
	case MMLENS_STATE_PFNMAP:
		return judge_pfnmap(facts);
	case MMLENS_STATE_SWAP:
		return judge_swap(facts);
	default:
		if (state <= MMLENS_STATE_MAX)
			return by_state[state];
		return VERDICT(CANNOT_TELL, "this tool does not know this state");
	}
}

/* Given up by MADV_FREE, and not written to since: as smaps' LazyFree. */
static bool is_lazyfree(const struct mml_extent *extent)
{
	return (extent->flags & (MMLENS_PAGE_ANON | MMLENS_PAGE_SWAPBACKED |
				 MMLENS_PAGE_DIRTY)) == MMLENS_PAGE_ANON &&
	       extent->entry != MMLENS_UNKNOWN &&
	       !(extent->entry & MMLENS_ENTRY_DIRTY);
}

static const char *file_page_kind(const struct mml_vma *vma)
{
	if (vma && vma->kind == MMLENS_VMA_KIND_SECRETMEM)
		return "secretmem";
	if (vma && vma->kind == MMLENS_VMA_KIND_DEVICE)
		return "driver";
	return "file";
}

/**
 * mml_judge_kind() - what a page is
 * @facts: what is known
 *
 * Return: a word, or NULL when its flags are unknown
 */
const char *mml_judge_kind(const struct mml_judge *facts)
{
	static const struct mml_name kinds[] = {	/* first come, first served */
		{ "zero", MMLENS_PAGE_ZERO_PAGE },
		{ "ksm", MMLENS_PAGE_KSM },
		{ "hugetlb", MMLENS_PAGE_HUGE },
		{ "anon", MMLENS_PAGE_ANON },
		{ "device", MMLENS_PAGE_DEVICE },
		{ "shmem", MMLENS_PAGE_SWAPBACKED },
		{ "reserved", MMLENS_PAGE_RESERVED },
		{ }
	};
	const struct mml_name *kind = kinds;
	uint64_t flags = facts->extent->flags;

	if (flags == MMLENS_UNKNOWN)
		return NULL;
	while (kind->name && !(flags & kind->value))
		kind++;
	if (!kind->name)
		return file_page_kind(facts->vma);
	if (kind->value == MMLENS_PAGE_ANON && is_lazyfree(facts->extent))
		return "lazyfree";
	return kind->name;
}

/**
 * mml_judge_folio() - how a page's folio is mapped
 * @extent: the page, with LEVEL, ORDER and FOLIO_MAPCOUNT
 *
 * Fewer entries than pages are proof that some page has none. As many may be
 * several processes', each with a part: that is told as PTES.
 *
 * Return: that
 */
enum mml_folio mml_judge_folio(const struct mml_extent *extent)
{
	if (extent->order == MMLENS_UNKNOWN32)
		return MML_FOLIO_UNKNOWN;
	if (!extent->order)
		return MML_FOLIO_SINGLE;
	if (extent->level == MMLENS_LEVEL_PMD)
		return MML_FOLIO_PMD;
	if (extent->level == MMLENS_LEVEL_PUD)
		return MML_FOLIO_PUD;
	/* no folio has that many pages, whoever says it */
	if (extent->order > 63)
		return MML_FOLIO_UNKNOWN;
	return extent->folio_mapcount < 1ULL << extent->order ?
		MML_FOLIO_PARTLY : MML_FOLIO_PTES;
}

/**
 * mml_judge() - what a write would lead to
 * @facts: what is known
 * @predicted: set, if not NULL: references that come and go may change it
 *
 * Return: the class
 */
enum mml_class mml_judge(const struct mml_judge *facts, bool *predicted)
{
	struct verdict verdict = judge(facts);

	if (predicted)
		*predicted = verdict.predicted;
	return verdict.class;
}

/**
 * mml_judge_say() - what a touch would lead to, and why, in one sentence
 * @facts: what is known
 * @buf: room for it
 * @size: bytes of @buf
 *
 * Return: @buf
 */
const char *mml_judge_say(const struct mml_judge *facts, char *buf, size_t size)
{
	struct verdict verdict = judge(facts);
	const char *first = "";

	if (facts->extent->state == MMLENS_STATE_NUMA_HINT)
		first = "NUMA balancing waits for the next touch, which faults once. Then: ";
	snprintf(buf, size, "%s%s%s", first, verdict.text,
		 verdict.predicted ? " (predicted)" : "");
	return buf;
}

/**
 * mml_judge_test() - what settles whether a write copies
 * @facts: what is known
 * @buf: room for it
 * @size: bytes of @buf
 *
 * Return: @buf: the kernel's test that decides and what it sees, or "" where
 * there is none
 */
const char *mml_judge_test(const struct mml_judge *facts, char *buf, size_t size)
{
	const struct mml_extent *extent = facts->extent;

	buf[0] = '\0';
	switch (judge(facts).test) {
	case TEST_NONE:
		break;
	case TEST_KSM:
		snprintf(buf, size, "merged by KSM");
		break;
	case TEST_FILE:
		snprintf(buf, size, "the file's page");
		break;
	case TEST_EXCLUSIVE:
		snprintf(buf, size, "AnonExclusive is set");
		break;
	case TEST_MAPCOUNT:
		snprintf(buf, size, "mapcount %u", mappings(extent));
		break;
	case TEST_REFCOUNT:
		snprintf(buf, size, "refcount %u, of which the swap cache %u",
			 extent->refcount, swap_references(facts));
		break;
	case TEST_LARGE:
		snprintf(buf, size, "a page of a large folio (order %u)",
			 extent->order);
		break;
	}
	return buf;
}

/**
 * mml_kernel() - the version in a release string
 * @release: such as "6.1.0-31-amd64"
 *
 * Return: MML_KERNEL() of it, or 0
 */
unsigned int mml_kernel(const char *release)
{
	unsigned int major, minor;

	if (sscanf(release, "%u.%u", &major, &minor) != 2 || minor > 0xff)
		return 0;
	return MML_KERNEL(major, minor);
}
