// SPDX-License-Identifier: GPL-2.0
/* Every leaf of the tree of decisions of a page fault (lib/fault.h), from a table. */
#include <signal.h>
#include <string.h>

#include "../ktap.h"
#include "lib/fault.h"

#define PAGE	4096ULL
#define AREA	0x10000000ULL
#define END	(AREA + (8 << 20))
#define USER_END 0x7ffffffff000ULL
#define STACK_END (USER_END - 16 * PAGE)
#define R	MMLENS_VM_READ
#define RW	(R | MMLENS_VM_WRITE)
#define RX	(R | MMLENS_VM_EXEC)
#define SHARED	(MMLENS_VM_SHARED | MMLENS_VM_MAYSHARE)
#define PRESENT	(MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_USER | MMLENS_ENTRY_LEAF)
#define WRITE	(PRESENT | MMLENS_ENTRY_WRITE)
#define EXEC	(PRESENT | MMLENS_ENTRY_EXEC)
#define USED	(MMLENS_ENTRY_ACCESSED | MMLENS_ENTRY_DIRTY)
#define ANON	(MMLENS_PAGE_ANON | MMLENS_PAGE_SWAPBACKED | MMLENS_PAGE_LRU)
#define OWN	(ANON | MMLENS_PAGE_ANON_EXCLUSIVE)

#define STATE(name)	MMLENS_STATE_##name
#define KIND(name)	MMLENS_VMA_KIND_##name
#define LEAF(name)	MML_FAULT_##name, 0, 0

/* What matters of a situation; what is left out is nothing, or usual. */
struct setting {
	uint64_t vm_flags;
	uint32_t kind, state;
	uint64_t entry, flags;
	uint32_t mapcount, refcount;
	uint32_t level;		/* 0: pte */
	uint32_t pkey;
	enum mml_tristate huge, huge_zero, cached;
	uint64_t addr;		/* 0: in the area */
	bool hole;		/* the area is above, and the address below it */
	uint64_t below;		/* how far below; a page unless said */
	uint64_t gap;		/* to what is below that; 0: nothing is */
	uint64_t limit;		/* of the stack; 0: unknown */
	const char *release;	/* NULL: 6.1 */
	unsigned int levels;	/* 0: 4 */
};

static const struct {
	const char *name;
	enum mml_access access;
	struct setting s;
	enum mml_fault_kind kind;
	int signal, code;
	enum mml_fault_count count;
	enum mml_fault_frame frame;
	enum { SURE, GUESS } predicted;
	const char *decided;	/* the last step's answer */
} cases[] = {
	/* ---- the address ---- */
	{ "kernel half", MML_ACCESS_READ, { .addr = 0xffff888000000000 },
	  MML_FAULT_SIGNAL, SIGSEGV, SEGV_MAPERR, 0, 0, SURE, "no" },
	{ "the first address after the user half", MML_ACCESS_WRITE, { .addr = USER_END },
	  MML_FAULT_SIGNAL, SIGSEGV, SEGV_MAPERR, 0, 0, SURE, "no" },
	{ "not canonical", MML_ACCESS_READ, { .addr = 1ULL << 47 },
	  MML_FAULT_SIGNAL, SIGSEGV, SI_KERNEL, 0, 0, SURE, "no" },
	{ "not canonical, from above", MML_ACCESS_READ, { .addr = 0xffff7fffffffffff },
	  MML_FAULT_SIGNAL, SIGSEGV, SI_KERNEL, 0, 0, SURE, "no" },
	{ "the last that is canonical", MML_ACCESS_READ, { .addr = 0xffff800000000000 },
	  MML_FAULT_SIGNAL, SIGSEGV, SEGV_MAPERR, 0, 0, SURE, "no" },
	{ "five levels: canonical", MML_ACCESS_READ, { .addr = 0xff00000000000000, .levels = 5 },
	  MML_FAULT_SIGNAL, SIGSEGV, SEGV_MAPERR, 0, 0, SURE, "no" },
	{ "five levels: not canonical", MML_ACCESS_READ, { .addr = 1ULL << 56, .levels = 5 },
	  MML_FAULT_SIGNAL, SIGSEGV, SI_KERNEL, 0, 0, SURE, "no" },
	{ "the vsyscall page, run", MML_ACCESS_EXEC, { .addr = 0xffffffffff600400 },
	  MML_FAULT_SIGNAL, SIGSEGV, SEGV_MAPERR, 0, 0, GUESS, "no" },

	/* ---- the area ---- */
	{ "a hole", MML_ACCESS_READ, { .hole = true, .vm_flags = RW },
	  MML_FAULT_SIGNAL, SIGSEGV, SEGV_MAPERR, 0, 0, SURE, "no" },
	{ "the stack grows", MML_ACCESS_WRITE,
	  { .hole = true, .vm_flags = RW | MMLENS_VM_GROWSDOWN, .limit = 8 << 20 },
	  LEAF(ZEROED), MML_COUNT_MINOR, MML_FRAME_NEW, GUESS, "anonymous" },
	{ "the stack grows, no limit", MML_ACCESS_READ,
	  { .hole = true, .vm_flags = RW | MMLENS_VM_GROWSDOWN },
	  LEAF(ZERO_PAGE), MML_COUNT_MINOR, MML_FRAME_NEW, GUESS, "anonymous" },
	{ "just within the stack's limit", MML_ACCESS_WRITE,
	  { .hole = true, .vm_flags = RW | MMLENS_VM_GROWSDOWN, .below = 56 * PAGE,
	    .limit = 64 * PAGE },
	  LEAF(ZEROED), MML_COUNT_MINOR, MML_FRAME_NEW, GUESS, "anonymous" },
	{ "beyond the stack's limit", MML_ACCESS_WRITE,
	  { .hole = true, .vm_flags = RW | MMLENS_VM_GROWSDOWN, .below = 57 * PAGE,
	    .limit = 64 * PAGE },
	  MML_FAULT_SIGNAL, SIGSEGV, SEGV_MAPERR, 0, 0, SURE, "no" },
	{ "just outside the guard gap", MML_ACCESS_WRITE,
	  { .hole = true, .vm_flags = RW | MMLENS_VM_GROWSDOWN, .gap = 256 * PAGE },
	  LEAF(ZEROED), MML_COUNT_MINOR, MML_FRAME_NEW, GUESS, "anonymous" },
	{ "in the guard gap", MML_ACCESS_WRITE,
	  { .hole = true, .vm_flags = RW | MMLENS_VM_GROWSDOWN, .gap = 255 * PAGE },
	  MML_FAULT_SIGNAL, SIGSEGV, SEGV_MAPERR, 0, 0, SURE, "no" },

	/* ---- may it be done there? ---- */
	{ "no access", MML_ACCESS_READ, { .vm_flags = 0, .state = STATE(PROTNONE) },
	  MML_FAULT_SIGNAL, SIGSEGV, SEGV_ACCERR, 0, 0, SURE, "no" },
	{ "a write, read-only", MML_ACCESS_WRITE, { .vm_flags = R, .state = STATE(PRESENT), .entry = PRESENT, .flags = OWN },
	  MML_FAULT_SIGNAL, SIGSEGV, SEGV_ACCERR, 0, 0, SURE, "no" },
	{ "a write to a shadow stack", MML_ACCESS_WRITE, { .vm_flags = RW | MMLENS_VM_SHADOW_STACK },
	  MML_FAULT_SIGNAL, SIGSEGV, SEGV_ACCERR, 0, 0, SURE, "no" },
	{ "running data", MML_ACCESS_EXEC, { .vm_flags = RW, .state = STATE(PRESENT), .entry = WRITE, .flags = OWN },
	  MML_FAULT_SIGNAL, SIGSEGV, SEGV_ACCERR, 0, 0, SURE, "no" },
	{ "reading what may be run only", MML_ACCESS_READ, { .vm_flags = MMLENS_VM_EXEC, .state = STATE(PRESENT), .entry = EXEC },
	  LEAF(NONE), MML_COUNT_NONE, MML_FRAME_SAME, SURE, "yes" },
	{ "a key", MML_ACCESS_READ, { .vm_flags = RW, .pkey = 3, .state = STATE(PRESENT), .entry = WRITE },
	  LEAF(NONE), MML_COUNT_NONE, MML_FRAME_SAME, GUESS, "yes" },
	{ "a key does not stop a jump", MML_ACCESS_EXEC, { .vm_flags = RX, .pkey = 3, .state = STATE(PRESENT), .entry = EXEC },
	  LEAF(NONE), MML_COUNT_NONE, MML_FRAME_SAME, SURE, "yes" },

	/* ---- nothing is there yet ---- */
	{ "anonymous, read", MML_ACCESS_READ, { .vm_flags = RW },
	  LEAF(ZERO_PAGE), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "anonymous" },
	{ "anonymous, written", MML_ACCESS_WRITE, { .vm_flags = RW },
	  LEAF(ZEROED), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "anonymous" },
	{ "room for a huge page, written", MML_ACCESS_WRITE, { .vm_flags = RW, .level = MMLENS_LEVEL_PMD, .huge = MML_YES },
	  LEAF(ZEROED), MML_COUNT_MINOR, MML_FRAME_NEW, GUESS, "anonymous" },
	{ "... where none are made", MML_ACCESS_WRITE, { .vm_flags = RW, .level = MMLENS_LEVEL_PMD, .huge = MML_NO },
	  LEAF(ZEROED), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "anonymous" },
	{ "... or were declined", MML_ACCESS_WRITE, { .vm_flags = RW | MMLENS_VM_NOHUGEPAGE, .level = MMLENS_LEVEL_PMD, .huge = MML_YES },
	  LEAF(ZEROED), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "anonymous" },
	{ "room for a huge page, read", MML_ACCESS_READ, { .vm_flags = RW, .level = MMLENS_LEVEL_PMD, .huge = MML_YES, .huge_zero = MML_YES },
	  LEAF(ZERO_PAGE), MML_COUNT_MINOR, MML_FRAME_NEW, GUESS, "anonymous" },
	{ "... without huge zeroes", MML_ACCESS_READ, { .vm_flags = RW, .level = MMLENS_LEVEL_PMD, .huge = MML_YES, .huge_zero = MML_NO },
	  LEAF(ZERO_PAGE), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "anonymous" },
	{ "a cached file", MML_ACCESS_READ, { .vm_flags = R, .kind = KIND(FILE), .cached = MML_YES },
	  LEAF(FILE_PAGE), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "yes" },
	{ "a file on a device", MML_ACCESS_EXEC, { .vm_flags = RX, .kind = KIND(FILE), .cached = MML_NO },
	  LEAF(FILE_PAGE), MML_COUNT_MAJOR, MML_FRAME_NEW, SURE, "no" },
	{ "a file that cannot be asked", MML_ACCESS_READ, { .vm_flags = R, .kind = KIND(FILE) },
	  LEAF(FILE_PAGE), MML_COUNT_EITHER, MML_FRAME_NEW, SURE, "cannot tell" },
	{ "a private file, written", MML_ACCESS_WRITE, { .vm_flags = RW, .kind = KIND(FILE), .cached = MML_YES },
	  LEAF(FILE_COPY), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "yes" },
	{ "a shared file, written", MML_ACCESS_WRITE, { .vm_flags = RW | SHARED, .kind = KIND(FILE), .cached = MML_YES },
	  LEAF(FILE_PAGE), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "yes" },
	{ "a shared file, written, 5.10", MML_ACCESS_WRITE, { .vm_flags = RW | SHARED, .kind = KIND(FILE), .cached = MML_YES, .release = "5.10.0" },
	  LEAF(FILE_PAGE), MML_COUNT_EITHER, MML_FRAME_NEW, SURE, "yes" },
	{ "a file's last page", MML_ACCESS_READ, { .vm_flags = R, .kind = KIND(FILE), .cached = MML_YES, .addr = AREA + (1 << 20) - 1 },
	  LEAF(FILE_PAGE), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "yes" },
	{ "beyond the file's end", MML_ACCESS_READ, { .vm_flags = R, .kind = KIND(FILE), .addr = AREA + (1 << 20) },
	  MML_FAULT_SIGNAL, SIGBUS, BUS_ADRERR, 0, 0, SURE, "no" },
	{ "beyond shmem's end", MML_ACCESS_WRITE, { .vm_flags = RW | SHARED, .kind = KIND(SHMEM), .addr = AREA + (2 << 20) },
	  MML_FAULT_SIGNAL, SIGBUS, BUS_ADRERR, 0, 0, SURE, "no" },
	{ "shmem", MML_ACCESS_WRITE, { .vm_flags = RW | SHARED, .kind = KIND(SHMEM) },
	  LEAF(FILE_PAGE), MML_COUNT_MINOR, MML_FRAME_NEW, GUESS, "yes" },
	{ "shmem, 5.10", MML_ACCESS_WRITE, { .vm_flags = RW | SHARED, .kind = KIND(SHMEM), .release = "5.10.0" },
	  LEAF(FILE_PAGE), MML_COUNT_EITHER, MML_FRAME_NEW, GUESS, "yes" },
	{ "private shmem, written, 5.10", MML_ACCESS_WRITE, { .vm_flags = RW, .kind = KIND(SHMEM), .release = "5.10.0" },
	  LEAF(FILE_COPY), MML_COUNT_MINOR, MML_FRAME_NEW, GUESS, "yes" },
	{ "private shmem, written", MML_ACCESS_WRITE, { .vm_flags = RW, .kind = KIND(SHMEM) },
	  LEAF(FILE_COPY), MML_COUNT_MINOR, MML_FRAME_NEW, GUESS, "yes" },
	{ "hugetlb", MML_ACCESS_READ, { .vm_flags = RW, .kind = KIND(HUGETLB) },
	  LEAF(HUGETLB), MML_COUNT_MINOR, MML_FRAME_NEW, GUESS, "hugetlb" },
	{ "beyond the end of hugetlb", MML_ACCESS_WRITE, { .vm_flags = RW | SHARED, .kind = KIND(HUGETLB), .addr = AREA + (2 << 20) },
	  MML_FAULT_SIGNAL, SIGBUS, BUS_ADRERR, 0, 0, SURE, "no" },
	{ "beyond the end of secret memory", MML_ACCESS_READ, { .vm_flags = RW | SHARED, .kind = KIND(SECRETMEM), .addr = AREA + (1 << 20) },
	  MML_FAULT_SIGNAL, SIGBUS, BUS_ADRERR, 0, 0, SURE, "no" },
	{ "secret memory", MML_ACCESS_WRITE, { .vm_flags = RW | SHARED, .kind = KIND(SECRETMEM) },
	  LEAF(ZEROED), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "secret memory" },
	{ "a driver's", MML_ACCESS_READ, { .vm_flags = R, .kind = KIND(DEVICE) },
	  LEAF(DEVICE), MML_COUNT_MINOR, MML_FRAME_UNKNOWN, GUESS, "a driver's, or the kernel's own" },
	{ "vdso", MML_ACCESS_EXEC, { .vm_flags = RX, .kind = KIND(SPECIAL) },
	  LEAF(DEVICE), MML_COUNT_MINOR, MML_FRAME_UNKNOWN, GUESS, "a driver's, or the kernel's own" },
	{ "userfaultfd", MML_ACCESS_READ, { .vm_flags = RW | MMLENS_VM_UFFD_MISSING },
	  LEAF(USERFAULTFD), MML_COUNT_EITHER, MML_FRAME_UNKNOWN, SURE, "yes" },
	{ "userfaultfd beyond the end of hugetlb", MML_ACCESS_WRITE, { .vm_flags = RW | SHARED | MMLENS_VM_UFFD_MISSING, .kind = KIND(HUGETLB), .addr = AREA + (2 << 20) },
	  MML_FAULT_SIGNAL, SIGBUS, BUS_ADRERR, 0, 0, SURE, "no" },
	{ "userfaultfd beyond shmem's end", MML_ACCESS_READ, { .vm_flags = RW | SHARED | MMLENS_VM_UFFD_MISSING, .kind = KIND(SHMEM), .addr = AREA + (2 << 20) },
	  MML_FAULT_SIGNAL, SIGBUS, BUS_ADRERR, 0, 0, SURE, "no" },
	{ "userfaultfd of shmem", MML_ACCESS_READ, { .vm_flags = RW | SHARED | MMLENS_VM_UFFD_MINOR, .kind = KIND(SHMEM) },
	  LEAF(USERFAULTFD), MML_COUNT_EITHER, MML_FRAME_UNKNOWN, GUESS, "yes" },

	/* ---- what is there is no page ---- */
	{ "swapped out", MML_ACCESS_READ, { .vm_flags = RW, .state = STATE(SWAP) },
	  LEAF(SWAP_IN), MML_COUNT_EITHER, MML_FRAME_NEW, SURE, "swapped out" },
	{ "being moved", MML_ACCESS_READ, { .vm_flags = RW, .state = STATE(MIGRATION) },
	  LEAF(WAIT), MML_COUNT_MINOR, MML_FRAME_UNKNOWN, SURE, "no page" },
	{ "broken memory", MML_ACCESS_READ, { .vm_flags = RW, .state = STATE(HWPOISON) },
	  MML_FAULT_SIGNAL, SIGBUS, BUS_MCEERR_AR, 0, 0, SURE, "no page" },
	{ "device memory", MML_ACCESS_READ, { .vm_flags = RW, .state = STATE(DEVICE_PRIVATE) },
	  LEAF(DEVICE), MML_COUNT_MINOR, MML_FRAME_UNKNOWN, GUESS, "no page" },
	{ "lent to a device", MML_ACCESS_READ, { .vm_flags = RW, .state = STATE(DEVICE_EXCLUSIVE) },
	  LEAF(DEVICE), MML_COUNT_MINOR, MML_FRAME_UNKNOWN, GUESS, "no page" },
	{ "poison marker, 6.1", MML_ACCESS_READ, { .vm_flags = RW, .state = STATE(MARKER_POISON) },
	  MML_FAULT_SIGNAL, SIGBUS, BUS_ADRERR, 0, 0, SURE, "no page" },
	{ "poison marker, 6.12", MML_ACCESS_READ, { .vm_flags = RW, .state = STATE(MARKER_POISON), .release = "6.12.1" },
	  MML_FAULT_SIGNAL, SIGBUS, BUS_MCEERR_AR, 0, 0, SURE, "no page" },
	{ "guard marker", MML_ACCESS_READ, { .vm_flags = RW, .state = STATE(MARKER_GUARD) },
	  MML_FAULT_SIGNAL, SIGSEGV, SEGV_MAPERR, 0, 0, SURE, "no page" },
	{ "uffd-wp marker, written", MML_ACCESS_WRITE, { .vm_flags = RW | SHARED, .kind = KIND(SHMEM), .state = STATE(MARKER_UFFD_WP) },
	  LEAF(USERFAULTFD), MML_COUNT_EITHER, MML_FRAME_UNKNOWN, SURE, "no page" },
	{ "uffd-wp marker, read", MML_ACCESS_READ, { .vm_flags = RW | SHARED, .kind = KIND(SHMEM), .state = STATE(MARKER_UFFD_WP) },
	  LEAF(FILE_PAGE), MML_COUNT_MINOR, MML_FRAME_NEW, GUESS, "yes" },
	{ "a bad entry", MML_ACCESS_READ, { .vm_flags = RW, .state = STATE(BAD) },
	  LEAF(CANNOT_TELL), MML_COUNT_EITHER, MML_FRAME_UNKNOWN, SURE, "no page" },

	/* ---- a page is there ---- */
	{ "read, used", MML_ACCESS_READ, { .vm_flags = RW, .state = STATE(PRESENT), .entry = PRESENT | USED, .flags = OWN },
	  LEAF(NONE), MML_COUNT_NONE, MML_FRAME_SAME, SURE, "yes" },
	{ "written", MML_ACCESS_WRITE, { .vm_flags = RW, .state = STATE(PRESENT), .entry = WRITE, .flags = OWN },
	  LEAF(NONE), MML_COUNT_NONE, MML_FRAME_SAME, SURE, "yes" },
	{ "run", MML_ACCESS_EXEC, { .vm_flags = RX, .state = STATE(PRESENT), .entry = EXEC },
	  LEAF(NONE), MML_COUNT_NONE, MML_FRAME_SAME, SURE, "yes" },
	{ "run, entry says no", MML_ACCESS_EXEC, { .vm_flags = RX, .state = STATE(PRESENT), .entry = PRESENT },
	  LEAF(CANNOT_TELL), MML_COUNT_EITHER, MML_FRAME_UNKNOWN, SURE, "no" },
	{ "NUMA hint", MML_ACCESS_READ, { .vm_flags = RW, .state = STATE(NUMA_HINT), .entry = MMLENS_ENTRY_PROTNONE, .flags = OWN },
	  LEAF(NUMA), MML_COUNT_MINOR, MML_FRAME_UNKNOWN, GUESS, "no" },
	{ "the page of zeroes, written", MML_ACCESS_WRITE, { .vm_flags = RW, .state = STATE(ZERO), .entry = PRESENT, .flags = MMLENS_PAGE_ZERO_PAGE },
	  LEAF(ZEROED), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "no" },
	{ "the huge page of zeroes, written", MML_ACCESS_WRITE, { .vm_flags = RW, .state = STATE(HUGE_ZERO), .entry = PRESENT, .flags = MMLENS_PAGE_ZERO_PAGE, .level = MMLENS_LEVEL_PMD },
	  LEAF(ZEROED), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "no" },
	{ "after fork", MML_ACCESS_WRITE, { .vm_flags = RW, .state = STATE(PRESENT), .entry = PRESENT, .flags = ANON, .mapcount = 2, .refcount = 2 },
	  LEAF(COPY), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "no" },
	{ "after fork, alone again", MML_ACCESS_WRITE, { .vm_flags = RW, .state = STATE(PRESENT), .entry = PRESENT, .flags = ANON, .mapcount = 1, .refcount = 1 },
	  LEAF(REUSE), MML_COUNT_MINOR, MML_FRAME_SAME, GUESS, "yes" },
	{ "its own", MML_ACCESS_WRITE, { .vm_flags = RW, .state = STATE(PRESENT), .entry = PRESENT, .flags = OWN, .mapcount = 1, .refcount = 9 },
	  LEAF(REUSE), MML_COUNT_MINOR, MML_FRAME_SAME, SURE, "yes" },
	{ "merged by KSM", MML_ACCESS_WRITE, { .vm_flags = RW, .state = STATE(PRESENT), .entry = PRESENT, .flags = ANON | MMLENS_PAGE_KSM, .mapcount = 1, .refcount = 1 },
	  LEAF(COPY), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "no" },
	{ "a private file's page", MML_ACCESS_WRITE, { .vm_flags = RW, .kind = KIND(FILE), .state = STATE(PRESENT), .entry = PRESENT, .flags = MMLENS_PAGE_LRU, .mapcount = 1, .refcount = 2 },
	  LEAF(COPY), MML_COUNT_MINOR, MML_FRAME_NEW, SURE, "no" },
	{ "a shared file's page", MML_ACCESS_WRITE, { .vm_flags = RW | SHARED, .kind = KIND(FILE), .state = STATE(PRESENT), .entry = PRESENT, .flags = MMLENS_PAGE_LRU, .mapcount = 1, .refcount = 2 },
	  LEAF(SHARED_WRITE), MML_COUNT_MINOR, MML_FRAME_SAME, SURE, "no" },
	{ "write-protected by userfaultfd", MML_ACCESS_WRITE, { .vm_flags = RW | MMLENS_VM_UFFD_WP, .state = STATE(PRESENT), .entry = PRESENT | MMLENS_ENTRY_UFFD_WP, .flags = OWN, .mapcount = 1 },
	  LEAF(USERFAULTFD), MML_COUNT_EITHER, MML_FRAME_UNKNOWN, SURE, "yes" },
	{ "too many references to tell", MML_ACCESS_WRITE, { .vm_flags = RW, .state = STATE(PRESENT), .entry = PRESENT, .flags = ANON & ~MMLENS_PAGE_LRU, .mapcount = 1, .refcount = 2 },
	  LEAF(CANNOT_TELL), MML_COUNT_MINOR, MML_FRAME_UNKNOWN, GUESS, "cannot tell" },
};

static uint64_t address(const struct setting *s)
{
	if (s->addr)
		return s->addr;
	return s->hole ? STACK_END - 8 * PAGE - (s->below ?: PAGE) : AREA + 0x10;
}

/* An area of 8 MiB, of which a file would fill one; or what lies below one. */
static void prepare(const struct setting *s, struct mml_walk *walk)
{
	struct mml_vma vma = {
		.start = AREA, .end = END, .flags = s->vm_flags, .kind = s->kind,
		.pkey = s->pkey, .file_size = 1 << 20,
	};

	memset(walk, 0, sizeof(*walk));
	walk->addr = address(s);
	if (s->hole) {
		vma.start = STACK_END - 8 * PAGE;
		vma.end = STACK_END;
		vma.file_size = MMLENS_UNKNOWN;
		walk->has_next = true;
		walk->next = vma;
		walk->has_prev = s->gap;
		walk->prev.end = (walk->addr & ~(PAGE - 1)) - s->gap;
		walk->prev.flags = RW;
		return;
	}
	walk->in_vma = true;
	walk->vma = vma;
	walk->leaf = (struct mml_extent){
		.start = walk->addr, .pages = 1, .state = s->state,
		.level = s->level ?: MMLENS_LEVEL_PTE, .frame = 0x1234,
		.entry = s->entry, .flags = s->flags, .mapcount = s->mapcount,
		.mapkind = MMLENS_MAPKIND_PRECISE, .refcount = s->refcount,
		.folio_mapcount = s->mapcount,
	};
}

static void test_case(size_t i)
{
	const struct setting *s = &cases[i].s;
	struct mml_info info = {
		.page_size = PAGE, .levels = s->levels ?: 4,
		.user_end = s->levels == 5 ? 1ULL << 56 : USER_END,
		.can = MMLENS_CAN_EXCLUSIVE | MMLENS_CAN_MAPCOUNT,
	};
	struct mml_fault_facts facts = {
		.addr = address(s), .access = cases[i].access, .info = &info,
		.stack_limit = s->limit ?: MMLENS_UNKNOWN, .huge = s->huge,
		.huge_zero = s->huge_zero, .cached = s->cached,
	};
	const struct mml_fault_step *last;
	struct mml_fault fault;
	struct mml_walk walk;

	snprintf(info.release, sizeof(info.release), "%s", s->release ?: "6.1.0");
	prepare(s, &walk);
	if (facts.addr < info.user_end)
		facts.walk = &walk;
	mml_fault(&facts, &fault);
	last = &fault.steps[fault.nr_steps - 1];
	if (!ktap_test(fault.kind == cases[i].kind && fault.verdict &&
		       fault.signal == cases[i].signal &&
		       fault.code == cases[i].code &&
		       fault.count == cases[i].count &&
		       fault.frame == cases[i].frame &&
		       !fault.predicted == (cases[i].predicted == SURE) &&
		       fault.nr_steps < MML_FAULT_STEPS &&
		       !strcmp(last->answer, cases[i].decided), "%s", cases[i].name))
		ktap_note("%s (%s), %d/%d, %s, %s, %s; decided by '%s' '%s' (%s)",
			  mml_name(mml_fault_names, fault.kind), fault.verdict,
			  fault.signal, fault.code,
			  mml_name(mml_count_names, fault.count),
			  mml_name(mml_frame_names, fault.frame),
			  fault.predicted ?: "certain", last->question,
			  last->answer, last->fact);
}

/* Each leaf has a case, each step says something. */
static void test_leaves(void)
{
	const struct mml_name *leaf;
	size_t i;

	for (leaf = mml_fault_names; leaf->name; leaf++) {
		for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
			if (cases[i].kind == leaf->value)
				break;
		ktap_test(i < sizeof(cases) / sizeof(*cases), "there is a case of %s",
			  leaf->name);
	}
}

int main(void)
{
	size_t i;

	ktap_begin();
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		test_case(i);
	test_leaves();
	return ktap_end();
}
