// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's rules for a touch of a page, as of do_wp_page() and its
 * relatives, applied to what was read. They are predictions: references come
 * and go, and what is read is over.
 *
 * A private page that may be written but whose entry may not:
 *
 *   any     merged by KSM, or of a file                     copied
 *   5.10    reused if this is its only reference            else copied
 *   6.1     reused if AnonExclusive; else if the only reference is ours (the
 *           swap cache's set aside; up to two may be batches that get drained)
 *   6.12    likewise, but never when it belongs to a large folio
 *   7.2     likewise; a large folio is reused if all its references are
 *           mappings of this process
 */
#include <stdio.h>

#include "lib/judge.h"

const struct mml_name mml_class_names[] = {
	{ "none", MML_CLASS_NONE },
	{ "exclusive", MML_CLASS_EXCLUSIVE },
	{ "write-copies", MML_CLASS_WRITE_COPIES },
	{ "write-may-copy", MML_CLASS_WRITE_MAY_COPY },
	{ "write-fills", MML_CLASS_WRITE_FILLS },
	{ "shared", MML_CLASS_SHARED },
	{ "read-only", MML_CLASS_READ_ONLY },
	{ "no-access", MML_CLASS_NO_ACCESS },
	{ "swapped", MML_CLASS_SWAPPED },
	{ "moving", MML_CLASS_MOVING },
	{ "device", MML_CLASS_DEVICE },
	{ "trap", MML_CLASS_TRAP },
	{ "unknown", MML_CLASS_UNKNOWN },
	{ }
};

struct verdict {
	enum mml_class class;
	const char *text;
};

#define VERDICT(word, sentence) \
	((struct verdict){ MML_CLASS_##word, sentence })

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
		MML_CLASS_UNKNOWN, "no rule explains this entry: look at its raw value" },
};

static bool has(const struct mml_judge *facts, uint64_t vm_flag)
{
	return facts->vma && facts->vma->flags & vm_flag;
}

static struct verdict judge_swap(const struct mml_judge *facts)
{
	if (!has(facts, MMLENS_VM_WRITE))
		return VERDICT(SWAPPED, "in swap: a touch reads it back");
	if (!(facts->can & MMLENS_CAN_EXCLUSIVE))
		return VERDICT(SWAPPED, "in swap: a touch reads it back, a write may then copy it");
	if (facts->extent->entry != MMLENS_UNKNOWN &&
	    facts->extent->entry & MMLENS_ENTRY_EXCLUSIVE)
		return VERDICT(SWAPPED, "in swap: a touch reads it back; it is this process's own, a write keeps it");
	return VERDICT(SWAPPED, "in swap: a touch reads it back, a write then copies it if anyone shares it");
}

static bool beyond_file(const struct mml_judge *facts)
{
	const struct mml_vma *vma = facts->vma;
	uint64_t offset;

	if (vma->file_size == MMLENS_UNKNOWN || vma->pgoff == MMLENS_UNKNOWN ||
	    !facts->page_size ||
	    (vma->kind != MMLENS_VMA_KIND_FILE && vma->kind != MMLENS_VMA_KIND_SHMEM))
		return false;
	offset = vma->pgoff * facts->page_size + facts->extent->start - vma->start;
	return offset >= vma->file_size;
}

static struct verdict judge_none_file(const struct mml_judge *facts)
{
	if (beyond_file(facts))
		return VERDICT(TRAP, "beyond the end of the file: a touch is SIGBUS");
	if (has(facts, MMLENS_VM_WRITE) && !has(facts, MMLENS_VM_SHARED))
		return VERDICT(NONE, "not in the tables: a read maps the file's page, a write gets a copy of it (predicted)");
	return VERDICT(NONE, "not in the tables: a touch maps the file's page (predicted)");
}

static struct verdict judge_none(const struct mml_judge *facts)
{
	if (!facts->vma)
		return VERDICT(NONE, "nothing is there");
	if (has(facts, MMLENS_VM_UFFD_MISSING))
		return VERDICT(TRAP, "nothing is there: a touch goes to userfaultfd");
	switch (facts->vma->kind) {
	case MMLENS_VMA_KIND_ANON:
		if (has(facts, MMLENS_VM_WRITE))
			return VERDICT(NONE, "nothing there yet: a read maps the page of zeroes, a write gets a fresh page (predicted)");
		return VERDICT(NONE, "nothing there yet: a read maps the page of zeroes (predicted)");
	case MMLENS_VMA_KIND_FILE:
	case MMLENS_VMA_KIND_SHMEM:
		return judge_none_file(facts);
	case MMLENS_VMA_KIND_HUGETLB:
		return VERDICT(NONE, "nothing there yet: a touch takes a huge page from the pool, SIGBUS if it has none (predicted)");
	default:
		return VERDICT(NONE, "nothing is there: a touch asks the driver that owns the area");
	}
}

static struct verdict judge_zero(const struct mml_judge *facts)
{
	if (!has(facts, MMLENS_VM_WRITE))
		return VERDICT(READ_ONLY, "the shared page of zeroes, and the VMA may not write: a write is SIGSEGV");
	return VERDICT(WRITE_FILLS, "the shared page of zeroes: the next write gets a fresh page (predicted)");
}

static struct verdict judge_pfnmap(const struct mml_judge *facts)
{
	if (has(facts, MMLENS_VM_WRITE) && !has(facts, MMLENS_VM_SHARED) &&
	    !(facts->extent->entry & MMLENS_ENTRY_WRITE))
		return VERDICT(WRITE_COPIES, "a frame without struct page in a private area: the next write copies (predicted)");
	return VERDICT(DEVICE, "a frame without struct page: nobody counts who maps it");
}

#define KEEPS "VMA may write, entry may not, nobody else has the page: the next write keeps it (predicted)"
#define COPIES "VMA may write, entry may not: the next write copies (predicted)"
#define SPLITS "VMA may write, entry may not: the next write splits the huge entry and copies one page (predicted)"
#define MAYBE "VMA may write, entry may not: the next write keeps the page if no other reference is left, else copies (predicted)"

static struct verdict copies(const struct mml_extent *extent)
{
	if (extent->level == MMLENS_LEVEL_PMD &&
	    !(extent->flags & MMLENS_PAGE_HUGE))
		return VERDICT(WRITE_COPIES, SPLITS);
	return VERDICT(WRITE_COPIES, COPIES);
}

/* A page of a large folio that page-table entries map one by one. */
static bool judge_large(const struct mml_judge *facts, struct verdict *verdict)
{
	const struct mml_extent *extent = facts->extent;

	if (extent->order == MMLENS_UNKNOWN32 || !extent->order ||
	    extent->level != MMLENS_LEVEL_PTE)
		return false;
	if (facts->can & MMLENS_CAN_FOLIO_SHARED)
		*verdict = extent->folio_shared == MMLENS_SHARED_NO &&
			   extent->folio_mapcount == extent->refcount ?
			VERDICT(EXCLUSIVE, KEEPS) : copies(extent);
	else if (facts->kernel >= MML_KERNEL(6, 12))
		*verdict = copies(extent);
	else
		return false;
	return true;
}

/* What the count of references decides, once mappings do not. */
static struct verdict judge_references(const struct mml_judge *facts)
{
	const struct mml_extent *extent = facts->extent;
	bool cached = extent->flags & MMLENS_PAGE_SWAPCACHE;

	if (!(facts->can & MMLENS_CAN_EXCLUSIVE))
		return extent->refcount == 1 ? VERDICT(EXCLUSIVE, KEEPS) :
					       copies(extent);
	if (extent->refcount <= 1U + cached)
		return VERDICT(EXCLUSIVE, KEEPS);
	return extent->refcount <= 3 ? VERDICT(WRITE_MAY_COPY, MAYBE) :
				       copies(extent);
}

/* An anonymous page that a private, writable area maps without write. */
static struct verdict judge_anon(const struct mml_judge *facts)
{
	const struct mml_extent *extent = facts->extent;
	struct verdict verdict;

	if (extent->flags & MMLENS_PAGE_KSM)
		return VERDICT(WRITE_COPIES, "VMA may write, entry may not, and KSM has merged the page: the next write copies (predicted)");
	if (facts->can & MMLENS_CAN_EXCLUSIVE &&
	    extent->flags & MMLENS_PAGE_ANON_EXCLUSIVE)
		return VERDICT(EXCLUSIVE, "VMA may write, entry may not, but the page is this process's own: the next write keeps it (predicted)");
	if (extent->mapkind == MMLENS_MAPKIND_PRECISE && extent->mapcount > 1)
		return copies(extent);
	if (extent->flags & MMLENS_PAGE_HUGE)
		return VERDICT(EXCLUSIVE, KEEPS);
	if (extent->refcount == MMLENS_UNKNOWN32)
		return VERDICT(WRITE_MAY_COPY, MAYBE);
	if (judge_large(facts, &verdict))
		return verdict;
	return judge_references(facts);
}

static struct verdict judge_present(const struct mml_judge *facts)
{
	const struct mml_extent *extent = facts->extent;
	bool write = extent->entry & MMLENS_ENTRY_WRITE;

	if (!facts->vma || extent->entry == MMLENS_UNKNOWN)
		return VERDICT(UNKNOWN, "too little was asked to judge");
	if (!has(facts, MMLENS_VM_WRITE))
		return VERDICT(READ_ONLY, "VMA may not write: a write is SIGSEGV");
	if (extent->entry & MMLENS_ENTRY_UFFD_WP && !write)
		return VERDICT(TRAP, "userfaultfd has write-protected it: a write goes to its handler");
	if (has(facts, MMLENS_VM_SHARED))
		return write ?
			VERDICT(SHARED, "VMA and entry may write: all who map this page see it") :
			VERDICT(SHARED, "VMA may write, entry may not: the next write is noted, and goes to this same page (predicted)");
	if (write)
		return VERDICT(EXCLUSIVE, "VMA and entry may write: a write stays in this page, which is this process's own");
	if (extent->flags == MMLENS_UNKNOWN)
		return VERDICT(UNKNOWN, "too little was asked to judge");
	if (!(extent->flags & MMLENS_PAGE_ANON))
		return VERDICT(WRITE_COPIES, "VMA may write, entry may not: the next write copies the file's page (predicted)");
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
		return VERDICT(UNKNOWN, "this tool does not know this state");
	}
}

/**
 * mml_judge_class() - what a write would lead to, in one word
 * @facts: what is known
 *
 * Return: the class
 */
enum mml_class mml_judge_class(const struct mml_judge *facts)
{
	return judge(facts).class;
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
	const char *first = "";

	if (facts->extent->state == MMLENS_STATE_NUMA_HINT)
		first = "NUMA balancing waits for the next touch, which faults once. Then: ";
	snprintf(buf, size, "%s%s", first, judge(facts).text);
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
