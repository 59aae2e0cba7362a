// SPDX-License-Identifier: GPL-2.0
/* What follows from the facts (lib/judge.h), from a table. */
#include <string.h>

#include "../ktap.h"
#include "lib/judge.h"

#define PAGE	4096ULL
#define RW	(MMLENS_VM_READ | MMLENS_VM_WRITE)
#define R	MMLENS_VM_READ
#define SHARED	(MMLENS_VM_SHARED | MMLENS_VM_MAYSHARE)
#define ANON	(MMLENS_PAGE_ANON | MMLENS_PAGE_SWAPBACKED | MMLENS_PAGE_LRU)
#define OWN	(ANON | MMLENS_PAGE_ANON_EXCLUSIVE)
#define BATCHED	(ANON & ~MMLENS_PAGE_LRU)	/* on its way to the LRU list */
#define FILEMAP	MMLENS_PAGE_LRU
#define RO	(MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_USER | MMLENS_ENTRY_LEAF)
#define WRITE	(RO | MMLENS_ENTRY_WRITE)
#define U	MMLENS_UNKNOWN
#define U32	MMLENS_UNKNOWN32

struct kernel {
	const char *name;
	uint64_t can;
	unsigned int version;
};

static const struct kernel v5_10 = {
	"5.10", MMLENS_CAN_MAPCOUNT, MML_KERNEL(5, 10) };
static const struct kernel v6_1 = {
	"6.1", MMLENS_CAN_MAPCOUNT | MMLENS_CAN_EXCLUSIVE, MML_KERNEL(6, 1) };
static const struct kernel v6_12 = {
	"6.12", MMLENS_CAN_MAPCOUNT | MMLENS_CAN_EXCLUSIVE, MML_KERNEL(6, 12) };
static const struct kernel v7_2 = {
	"7.2", MMLENS_CAN_MAPCOUNT | MMLENS_CAN_EXCLUSIVE | MMLENS_CAN_FOLIO_SHARED,
	MML_KERNEL(7, 2) };

/* References and folio: what decides where mappings do not. */
struct counts {
	uint32_t mapcount, mapkind, refcount, order, folio_mapcount, shared, level;
};

#define MAPS(n, refs) { n, MMLENS_MAPKIND_PRECISE, refs, 0, n, 0, MMLENS_LEVEL_PTE }
#define FOLIO(n, refs, folio, maybe) \
	{ n, MMLENS_MAPKIND_PRECISE, refs, 4, folio, maybe, MMLENS_LEVEL_PTE }
#define PMD(n, refs) { n, MMLENS_MAPKIND_PRECISE, refs, 9, n, 0, MMLENS_LEVEL_PMD }
#define AVERAGE(n, refs) { n, MMLENS_MAPKIND_AVERAGE, refs, 0, U32, 0, MMLENS_LEVEL_PTE }

static const struct {
	const char *name;
	const struct kernel *kernel;
	uint64_t vm_flags;
	uint32_t kind, state;
	uint64_t entry, flags;
	struct counts counts;
	enum mml_class class;
	enum { SURE, GUESS } predicted;
	const char *says;	/* part of the sentence */
} cases[] = {
	/* ---- a private page that is there ---- */
	{ "own page, written", &v6_1, RW, 0, MMLENS_STATE_PRESENT, WRITE, OWN,
	  MAPS(1, 1), MML_CLASS_EXCLUSIVE, SURE, "stays in this page" },
	{ "own page, write-protected", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO, OWN,
	  MAPS(1, 7), MML_CLASS_WRITE_REUSES, SURE, "this process's own: the next write keeps it" },
	{ "shared after fork", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  MAPS(2, 2), MML_CLASS_WRITE_COPIES, SURE, "VMA may write, entry may not: the next write copies" },
	{ "shared after fork, references not asked for", &v6_1, RW, 0, MMLENS_STATE_PRESENT,
	  RO, ANON, MAPS(2, U32), MML_CLASS_WRITE_COPIES, SURE, "" },
	{ "shared after fork, and in the swap cache", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_SWAPCACHE, MAPS(2, 3), MML_CLASS_WRITE_COPIES, SURE, "" },
	{ "the other has gone", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  MAPS(1, 1), MML_CLASS_WRITE_REUSES, GUESS, "nobody else has the page: the next write keeps it (predicted)" },
	{ "a batch still has it", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO, BATCHED,
	  MAPS(1, 2), MML_CLASS_CANNOT_TELL, GUESS, "if no other reference is left" },
	{ "two batches", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO, BATCHED,
	  MAPS(1, 3), MML_CLASS_CANNOT_TELL, GUESS, "" },
	{ "more references than are waited for", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO,
	  BATCHED, MAPS(1, 4), MML_CLASS_WRITE_COPIES, GUESS, "" },
	{ "somebody's reference", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  MAPS(1, 2), MML_CLASS_WRITE_COPIES, GUESS, "copies (predicted)" },
	{ "swap cache's reference does not count", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_SWAPCACHE, MAPS(1, 2), MML_CLASS_WRITE_REUSES, GUESS, "" },
	{ "references not asked for", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  MAPS(1, U32), MML_CLASS_CANNOT_TELL, GUESS, "" },
	{ "mapcount is an average", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  AVERAGE(2, U32), MML_CLASS_CANNOT_TELL, GUESS, "" },
	{ "merged by KSM", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO, ANON | MMLENS_PAGE_KSM,
	  MAPS(1, 1), MML_CLASS_KSM, SURE, "KSM" },
	{ "a file's page in a private area", &v6_1, RW, MMLENS_VMA_KIND_FILE,
	  MMLENS_STATE_PRESENT, RO, FILEMAP, MAPS(1, 2), MML_CLASS_FILE_UNCOPIED, SURE,
	  "copies the file's page" },
	{ "a copy of a file's page", &v6_1, RW, MMLENS_VMA_KIND_FILE,
	  MMLENS_STATE_PRESENT, WRITE, OWN, MAPS(1, 1), MML_CLASS_FILE_COPIED, SURE,
	  "a copy of the file's page" },
	{ "a copy of a tmpfs file's page", &v6_1, RW, MMLENS_VMA_KIND_SHMEM,
	  MMLENS_STATE_PRESENT, WRITE, OWN, MAPS(1, 1), MML_CLASS_FILE_COPIED, SURE, "" },
	{ "a copy of a file's page, write-protected", &v6_1, RW, MMLENS_VMA_KIND_FILE,
	  MMLENS_STATE_PRESENT, RO, OWN, MAPS(1, 1), MML_CLASS_WRITE_REUSES, SURE, "" },
	{ "a copy of a file's page, shared after fork", &v6_1, RW, MMLENS_VMA_KIND_FILE,
	  MMLENS_STATE_PRESENT, RO, ANON, MAPS(2, 2), MML_CLASS_WRITE_COPIES, SURE, "" },
	{ "pinned", &v6_1, RW, 0, MMLENS_STATE_PRESENT, WRITE, OWN | MMLENS_PAGE_PINNED,
	  MAPS(1, 1025), MML_CLASS_PINNED, SURE, "pinned for I/O" },
	{ "pinned and write-protected", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO,
	  OWN | MMLENS_PAGE_PINNED, MAPS(1, 1025), MML_CLASS_PINNED, SURE, "keeps it" },
	{ "looks pinned, but is mapped by many", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_PINNED, MAPS(1100, 1100), MML_CLASS_WRITE_COPIES, SURE, "" },
	{ "flags not asked for", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO, U,
	  MAPS(1, 1), MML_CLASS_CANNOT_TELL, SURE, "too little" },
	{ "flags not asked for, writable", &v6_1, RW, 0, MMLENS_STATE_PRESENT, WRITE, U,
	  MAPS(1, 1), MML_CLASS_EXCLUSIVE, SURE, "" },
	{ "entry not asked for", &v6_1, RW, 0, MMLENS_STATE_PRESENT, U, ANON,
	  MAPS(1, 1), MML_CLASS_CANNOT_TELL, SURE, "too little" },

	/* ---- the same on other kernels ---- */
	{ "5.10: written", &v5_10, RW, 0, MMLENS_STATE_PRESENT, WRITE, ANON,
	  MAPS(1, 1), MML_CLASS_EXCLUSIVE, SURE, "" },
	{ "5.10: one reference", &v5_10, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  MAPS(1, 1), MML_CLASS_WRITE_REUSES, GUESS, "" },
	{ "5.10: two references", &v5_10, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  MAPS(1, 2), MML_CLASS_WRITE_COPIES, GUESS, "" },
	{ "5.10: batches are not dropped", &v5_10, RW, 0, MMLENS_STATE_PRESENT, RO, BATCHED,
	  MAPS(1, 2), MML_CLASS_WRITE_COPIES, GUESS, "" },
	{ "5.10: shared after fork", &v5_10, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  MAPS(2, 2), MML_CLASS_WRITE_COPIES, SURE, "" },
	{ "5.10: swap cache counts", &v5_10, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_SWAPCACHE, MAPS(1, 2), MML_CLASS_WRITE_COPIES, GUESS, "" },
	{ "5.10: the exclusive bit is none", &v5_10, RW, 0, MMLENS_STATE_PRESENT, RO, OWN,
	  MAPS(2, 2), MML_CLASS_WRITE_COPIES, SURE, "" },
	{ "5.10: pinned and write-protected is copied", &v5_10, RW, 0, MMLENS_STATE_PRESENT,
	  RO, ANON | MMLENS_PAGE_PINNED, MAPS(1, 1025), MML_CLASS_WRITE_COPIES, GUESS, "" },
	{ "5.10: pinned", &v5_10, RW, 0, MMLENS_STATE_PRESENT, WRITE, ANON | MMLENS_PAGE_PINNED,
	  MAPS(1, 1025), MML_CLASS_PINNED, SURE, "" },
	{ "5.10: merged by KSM", &v5_10, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_KSM, MAPS(1, 1), MML_CLASS_KSM, SURE, "" },
	{ "5.10: a file's page", &v5_10, RW, MMLENS_VMA_KIND_FILE, MMLENS_STATE_PRESENT, RO,
	  FILEMAP, MAPS(1, 2), MML_CLASS_FILE_UNCOPIED, SURE, "" },
	{ "6.12: one reference", &v6_12, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  MAPS(1, 1), MML_CLASS_WRITE_REUSES, GUESS, "" },
	{ "6.12: a batch still has it", &v6_12, RW, 0, MMLENS_STATE_PRESENT, RO, BATCHED,
	  MAPS(1, 2), MML_CLASS_CANNOT_TELL, GUESS, "" },
	{ "7.2: one reference", &v7_2, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  MAPS(1, 1), MML_CLASS_WRITE_REUSES, GUESS, "" },
	{ "7.2: a batch still has it", &v7_2, RW, 0, MMLENS_STATE_PRESENT, RO, BATCHED,
	  MAPS(1, 2), MML_CLASS_CANNOT_TELL, GUESS, "" },

	/* ---- pages of large folios, one by one ---- */
	{ "5.10: the last page of a folio", &v5_10, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  FOLIO(1, 1, 1, 0), MML_CLASS_WRITE_REUSES, GUESS, "" },
	{ "5.10: its other pages count", &v5_10, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  FOLIO(1, 16, 16, 0), MML_CLASS_WRITE_COPIES, SURE, "" },
	{ "6.1: the last page of a folio", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  FOLIO(1, 1, 1, 0), MML_CLASS_WRITE_REUSES, GUESS, "" },
	{ "6.1: its other pages count", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  FOLIO(1, 16, 16, 0), MML_CLASS_WRITE_COPIES, SURE, "" },
	{ "6.1: in the swap cache, one reference a page", &v6_1, RW, 0, MMLENS_STATE_PRESENT,
	  RO, ANON | MMLENS_PAGE_SWAPCACHE, FOLIO(1, 17, 1, 0), MML_CLASS_WRITE_REUSES, GUESS, "" },
	{ "6.12: a page of a large folio is never taken", &v6_12, RW, 0, MMLENS_STATE_PRESENT,
	  RO, ANON, FOLIO(1, 1, 1, 0), MML_CLASS_WRITE_COPIES, SURE, "" },
	{ "6.12: unless it is exclusive", &v6_12, RW, 0, MMLENS_STATE_PRESENT, RO, OWN,
	  FOLIO(1, 16, 16, 0), MML_CLASS_WRITE_REUSES, SURE, "" },
	{ "7.2: all references are our mappings", &v7_2, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  FOLIO(1, 16, 16, MMLENS_SHARED_NO), MML_CLASS_WRITE_REUSES, GUESS, "" },
	{ "7.2: and the swap cache", &v7_2, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_SWAPCACHE, FOLIO(1, 32, 16, MMLENS_SHARED_NO),
	  MML_CLASS_WRITE_REUSES, GUESS, "" },
	{ "7.2: a reference too many", &v7_2, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  FOLIO(1, 17, 16, MMLENS_SHARED_NO), MML_CLASS_WRITE_COPIES, GUESS, "" },
	{ "7.2: another process may map it", &v7_2, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  FOLIO(1, 16, 16, MMLENS_SHARED_MAYBE), MML_CLASS_WRITE_COPIES, SURE, "" },
	{ "7.2: its last page is given up", &v7_2, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  FOLIO(1, 1, 1, MMLENS_SHARED_NO), MML_CLASS_WRITE_COPIES, SURE, "" },
	{ "7.2: references not asked for", &v7_2, RW, 0, MMLENS_STATE_PRESENT, RO, ANON,
	  FOLIO(1, U32, 16, MMLENS_SHARED_NO), MML_CLASS_CANNOT_TELL, GUESS, "" },
	{ "order not asked for", &v6_12, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_THP, { 1, MMLENS_MAPKIND_PRECISE, 1, U32, U32, U32, MMLENS_LEVEL_PTE },
	  MML_CLASS_CANNOT_TELL, GUESS, "" },

	/* ---- huge ---- */
	{ "huge page, written", &v6_1, RW, 0, MMLENS_STATE_PRESENT, WRITE, OWN | MMLENS_PAGE_THP,
	  PMD(1, 1), MML_CLASS_EXCLUSIVE, SURE, "" },
	{ "huge page shared after fork", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_THP, PMD(2, 2), MML_CLASS_WRITE_COPIES, SURE, "splits the huge entry" },
	{ "huge page, the other has gone", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_THP, PMD(1, 1), MML_CLASS_WRITE_REUSES, GUESS, "" },
	{ "huge page, somebody's reference", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_THP, PMD(1, 2), MML_CLASS_WRITE_COPIES, GUESS, "splits" },
	{ "huge page, references not asked for", &v6_1, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_THP, PMD(1, U32), MML_CLASS_CANNOT_TELL, GUESS, "" },
	{ "huge page in the swap cache", &v6_12, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_THP | MMLENS_PAGE_SWAPCACHE, PMD(1, 513), MML_CLASS_WRITE_REUSES, GUESS, "" },
	{ "7.2: huge page, the other has gone", &v7_2, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_THP, PMD(1, 1), MML_CLASS_WRITE_REUSES, GUESS, "" },
	{ "5.10: huge page, references do not count", &v5_10, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_THP, PMD(1, 3), MML_CLASS_WRITE_REUSES, SURE, "" },
	{ "5.10: huge page, shared after fork", &v5_10, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_THP, PMD(2, 2), MML_CLASS_WRITE_COPIES, SURE, "splits" },
	{ "5.10: huge page, others map parts of it", &v5_10, RW, 0, MMLENS_STATE_PRESENT, RO,
	  ANON | MMLENS_PAGE_THP, { 1, MMLENS_MAPKIND_PRECISE, 2, 9, 2, 0, MMLENS_LEVEL_PMD },
	  MML_CLASS_WRITE_COPIES, SURE, "splits" },
	{ "hugetlb shared after fork", &v6_1, RW, MMLENS_VMA_KIND_HUGETLB, MMLENS_STATE_PRESENT,
	  RO, MMLENS_PAGE_ANON | MMLENS_PAGE_HUGE, PMD(2, 2), MML_CLASS_WRITE_COPIES, SURE,
	  "the next write copies" },
	{ "hugetlb, one mapping", &v6_1, RW, MMLENS_VMA_KIND_HUGETLB, MMLENS_STATE_PRESENT,
	  RO, MMLENS_PAGE_ANON | MMLENS_PAGE_HUGE, PMD(1, 3), MML_CLASS_WRITE_REUSES, SURE, "" },
	{ "5.10: hugetlb, one mapping", &v5_10, RW, MMLENS_VMA_KIND_HUGETLB, MMLENS_STATE_PRESENT,
	  RO, MMLENS_PAGE_ANON | MMLENS_PAGE_HUGE, PMD(1, 3), MML_CLASS_WRITE_REUSES, SURE, "" },
	{ "hugetlb, written", &v6_1, RW, MMLENS_VMA_KIND_HUGETLB, MMLENS_STATE_PRESENT,
	  WRITE, MMLENS_PAGE_ANON | MMLENS_PAGE_HUGE, PMD(1, 1), MML_CLASS_EXCLUSIVE, SURE, "" },
	{ "hugetlb, the file's page", &v6_1, RW, MMLENS_VMA_KIND_HUGETLB, MMLENS_STATE_PRESENT,
	  RO, MMLENS_PAGE_HUGE, PMD(1, 3), MML_CLASS_FILE_UNCOPIED, SURE, "" },

	/* ---- areas that decide alone ---- */
	{ "shared area, writable entry", &v6_1, RW | SHARED, MMLENS_VMA_KIND_SHMEM,
	  MMLENS_STATE_PRESENT, WRITE, FILEMAP, MAPS(2, 3), MML_CLASS_SHARED, SURE, "all who map" },
	{ "shared area, clean", &v6_1, RW | SHARED, MMLENS_VMA_KIND_FILE,
	  MMLENS_STATE_PRESENT, RO, FILEMAP, MAPS(2, 3), MML_CLASS_SHARED, SURE, "this same page" },
	{ "shared area, pinned", &v6_1, RW | SHARED, MMLENS_VMA_KIND_SHMEM,
	  MMLENS_STATE_PRESENT, WRITE, FILEMAP | MMLENS_PAGE_PINNED, MAPS(2, 1026),
	  MML_CLASS_SHARED, SURE, "" },
	{ "area without write", &v6_1, R, MMLENS_VMA_KIND_FILE, MMLENS_STATE_PRESENT, RO,
	  FILEMAP, MAPS(9, 10), MML_CLASS_READ_ONLY, SURE, "SIGSEGV" },
	{ "PROT_NONE area, page in place", &v6_1, 0, 0, MMLENS_STATE_PROTNONE,
	  MMLENS_ENTRY_PROTNONE, OWN, MAPS(1, 1), MML_CLASS_NO_ACCESS, SURE, "no access" },
	{ "PROT_NONE area, nothing there", &v6_1, 0, 0, MMLENS_STATE_NONE, 0, U,
	  MAPS(U32, U32), MML_CLASS_NO_ACCESS, SURE, "SIGSEGV" },
	{ "protnone entry", &v6_1, RW, 0, MMLENS_STATE_PROTNONE, MMLENS_ENTRY_PROTNONE,
	  OWN, MAPS(1, 1), MML_CLASS_NO_ACCESS, SURE, "PROT_NONE" },
	{ "write-protected by userfaultfd", &v6_1, RW | MMLENS_VM_UFFD_WP, 0,
	  MMLENS_STATE_PRESENT, RO | MMLENS_ENTRY_UFFD_WP, OWN, MAPS(1, 1), MML_CLASS_TRAP, SURE,
	  "userfaultfd" },

	/* ---- the page of zeroes ---- */
	{ "zero page", &v6_1, RW, 0, MMLENS_STATE_ZERO, RO, MMLENS_PAGE_ZERO_PAGE,
	  MAPS(U32, U32), MML_CLASS_ZERO, SURE, "fresh page" },
	{ "huge zero page", &v6_1, RW, 0, MMLENS_STATE_HUGE_ZERO, RO, MMLENS_PAGE_ZERO_PAGE,
	  MAPS(U32, U32), MML_CLASS_ZERO, SURE, "fresh page" },
	{ "zero page, read-only area", &v6_1, R, 0, MMLENS_STATE_ZERO, RO,
	  MMLENS_PAGE_ZERO_PAGE, MAPS(U32, U32), MML_CLASS_READ_ONLY, SURE, "SIGSEGV" },

	/* ---- no page, or not now ---- */
	{ "NUMA hint", &v6_1, RW, 0, MMLENS_STATE_NUMA_HINT, MMLENS_ENTRY_PROTNONE, OWN,
	  MAPS(1, 1), MML_CLASS_WRITE_REUSES, SURE, "NUMA balancing" },
	{ "NUMA hint, shared", &v6_1, RW, 0, MMLENS_STATE_NUMA_HINT, MMLENS_ENTRY_PROTNONE,
	  ANON, MAPS(2, 2), MML_CLASS_WRITE_COPIES, SURE, "Then: VMA may write" },
	{ "swap, exclusive", &v6_1, RW, 0, MMLENS_STATE_SWAP, MMLENS_ENTRY_EXCLUSIVE, U,
	  MAPS(U32, U32), MML_CLASS_SWAP_EXCLUSIVE, SURE, "this process's own" },
	{ "swap, shared", &v6_1, RW, 0, MMLENS_STATE_SWAP, 0, U, MAPS(U32, U32),
	  MML_CLASS_SWAP_SHARED, GUESS, "copies it if it still is (predicted)" },
	{ "swap, entry not asked for", &v6_1, RW, 0, MMLENS_STATE_SWAP, U, U, MAPS(U32, U32),
	  MML_CLASS_SWAPPED, SURE, "" },
	{ "swap, exclusive, read-only area", &v6_12, R, 0, MMLENS_STATE_SWAP,
	  MMLENS_ENTRY_EXCLUSIVE, U, MAPS(U32, U32), MML_CLASS_SWAP_EXCLUSIVE, SURE, "own" },
	{ "swap, 5.10", &v5_10, RW, 0, MMLENS_STATE_SWAP, 0, U, MAPS(U32, U32),
	  MML_CLASS_SWAPPED, SURE, "then copies it if anyone shares it" },
	{ "swap, read-only area", &v6_1, R, 0, MMLENS_STATE_SWAP, 0, U, MAPS(U32, U32),
	  MML_CLASS_SWAP_SHARED, GUESS, "reads it back" },
	{ "migration", &v6_1, RW, 0, MMLENS_STATE_MIGRATION, 0, U, MAPS(U32, U32),
	  MML_CLASS_MOVING, SURE, "waits" },
	{ "hwpoison", &v6_1, RW, 0, MMLENS_STATE_HWPOISON, 0, U, MAPS(U32, U32),
	  MML_CLASS_TRAP, SURE, "SIGBUS" },
	{ "device-private", &v6_1, RW, 0, MMLENS_STATE_DEVICE_PRIVATE, 0, U, MAPS(U32, U32),
	  MML_CLASS_DEVICE, SURE, "moves it back" },
	{ "device-exclusive", &v6_1, RW, 0, MMLENS_STATE_DEVICE_EXCLUSIVE, 0, U, MAPS(U32, U32),
	  MML_CLASS_DEVICE, SURE, "takes it back" },
	{ "uffd-wp marker", &v6_1, RW, 0, MMLENS_STATE_MARKER_UFFD_WP, 0, U, MAPS(U32, U32),
	  MML_CLASS_TRAP, SURE, "userfaultfd" },
	{ "poison marker", &v6_1, RW, 0, MMLENS_STATE_MARKER_POISON, 0, U, MAPS(U32, U32),
	  MML_CLASS_TRAP, SURE, "SIGBUS" },
	{ "guard marker", &v6_1, RW, 0, MMLENS_STATE_MARKER_GUARD, 0, U, MAPS(U32, U32),
	  MML_CLASS_TRAP, SURE, "SIGSEGV" },
	{ "bad entry", &v6_1, RW, 0, MMLENS_STATE_BAD, 0, U, MAPS(U32, U32),
	  MML_CLASS_CANNOT_TELL, SURE, "no rule" },
	{ "unheard-of state", &v6_1, RW, 0, 99, 0, U, MAPS(U32, U32),
	  MML_CLASS_CANNOT_TELL, SURE, "does not know this state" },
	{ "pfnmap, shared", &v6_1, RW | SHARED, MMLENS_VMA_KIND_DEVICE, MMLENS_STATE_PFNMAP,
	  WRITE, U, MAPS(U32, U32), MML_CLASS_DEVICE, SURE, "without struct page" },
	{ "pfnmap, private", &v6_1, RW, MMLENS_VMA_KIND_DEVICE, MMLENS_STATE_PFNMAP,
	  RO, U, MAPS(U32, U32), MML_CLASS_WRITE_COPIES, SURE, "copies" },

	/* ---- nothing there yet ---- */
	{ "none, anonymous", &v6_1, RW, MMLENS_VMA_KIND_ANON, MMLENS_STATE_NONE, 0, U,
	  MAPS(U32, U32), MML_CLASS_NONE, SURE, "a write gets a fresh page" },
	{ "none, anonymous, read-only", &v6_1, R, MMLENS_VMA_KIND_ANON, MMLENS_STATE_NONE, 0,
	  U, MAPS(U32, U32), MML_CLASS_NONE, SURE, "page of zeroes" },
	{ "none, private file", &v6_1, RW, MMLENS_VMA_KIND_FILE, MMLENS_STATE_NONE, 0, U,
	  MAPS(U32, U32), MML_CLASS_NONE, SURE, "a write gets a copy" },
	{ "none, shared file", &v6_1, RW | SHARED, MMLENS_VMA_KIND_FILE, MMLENS_STATE_NONE,
	  0, U, MAPS(U32, U32), MML_CLASS_NONE, SURE, "maps the file's page" },
	{ "none, read-only file", &v6_1, R, MMLENS_VMA_KIND_FILE, MMLENS_STATE_NONE,
	  0, U, MAPS(U32, U32), MML_CLASS_NONE, SURE, "maps the file's page" },
	{ "none, hugetlb", &v6_1, RW, MMLENS_VMA_KIND_HUGETLB, MMLENS_STATE_NONE, 0, U,
	  MAPS(U32, U32), MML_CLASS_NONE, SURE, "pool" },
	{ "none, past the end of the file", &v6_1, RW | SHARED, MMLENS_VMA_KIND_SECRETMEM,
	  MMLENS_STATE_NONE, 0, U, MAPS(U32, U32), MML_CLASS_BEYOND_FILE, SURE, "SIGBUS" },
	{ "none, device", &v6_1, RW, MMLENS_VMA_KIND_DEVICE, MMLENS_STATE_NONE, 0, U,
	  MAPS(U32, U32), MML_CLASS_NONE, SURE, "driver" },
	{ "none, userfaultfd", &v6_1, RW | MMLENS_VM_UFFD_MISSING, MMLENS_VMA_KIND_ANON,
	  MMLENS_STATE_NONE, 0, U, MAPS(U32, U32), MML_CLASS_TRAP, SURE, "userfaultfd" },
};

static struct mml_extent extent_of(size_t i)
{
	const struct counts *counts = &cases[i].counts;

	return (struct mml_extent){
		.start = 0x10000, .pages = 1, .state = cases[i].state,
		.level = counts->level, .entry = cases[i].entry,
		.flags = cases[i].flags, .mapcount = counts->mapcount,
		.mapkind = counts->mapkind, .refcount = counts->refcount,
		.order = counts->order, .folio_mapcount = counts->folio_mapcount,
		.folio_shared = counts->shared,
	};
}

static void test_case(size_t i)
{
	const struct mml_vma vma = {
		.start = 0x10000, .end = 0x20000, .flags = cases[i].vm_flags,
		.kind = cases[i].kind,
		/* secretmem's are all empty */
		.file_size = cases[i].kind == MMLENS_VMA_KIND_SECRETMEM ? 0 : 0x10000,
	};
	const struct mml_extent extent = extent_of(i);
	const struct mml_judge facts = {
		.vma = &vma, .page_size = PAGE, .extent = &extent,
		.can = cases[i].kernel->can, .kernel = cases[i].kernel->version,
	};
	bool predicted = !cases[i].predicted;
	enum mml_class class = mml_judge(&facts, &predicted);
	char sentence[256];

	mml_judge_say(&facts, sentence, sizeof(sentence));
	if (!ktap_test(class == cases[i].class &&
		       predicted == (cases[i].predicted == GUESS) &&
		       predicted == !!strstr(sentence, "(predicted)") &&
		       strstr(sentence, cases[i].says), "%s", cases[i].name))
		ktap_note("is %s%s: %s", mml_name(mml_class_names, class),
			  predicted ? ", predicted" : "", sentence);
}

static void test_all_classes(void)
{
	const struct mml_name *name;
	size_t i;

	for (name = mml_class_names; name->name; name++) {
		for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
			if (cases[i].class == name->value)
				break;
		ktap_test(i < sizeof(cases) / sizeof(*cases),
			  "%s is in the table", name->name);
	}
}

static void test_file_end(void)
{
	struct mml_vma vma = {
		.start = 0x10000, .end = 0x20000, .flags = RW,
		.kind = MMLENS_VMA_KIND_FILE, .pgoff = 2, .file_size = 0x4001,
	};
	struct mml_extent extent = { .state = MMLENS_STATE_NONE };
	const struct mml_judge facts = {
		.vma = &vma, .page_size = PAGE, .extent = &extent,
	};

	extent.start = 0x12000;
	ktap_test(mml_judge(&facts, NULL) == MML_CLASS_NONE,
		  "the last page of a file is in it");
	extent.start = 0x13000;
	ktap_test(mml_judge(&facts, NULL) == MML_CLASS_BEYOND_FILE,
		  "the page after the last is beyond it");
	vma.file_size = U;
	ktap_test(mml_judge(&facts, NULL) == MML_CLASS_NONE,
		  "a file of unknown size has no end");
}

static void test_file_ends(void)
{
	static const struct {
		const char *name;
		uint32_t kind;
		uint64_t pgoff, size, page_size, end;
	} ends[] = {
		{ "a file's last page is mapped whole", MMLENS_VMA_KIND_FILE, 0, 0x1001, PAGE, 0x12000 },
		{ "a file that ends with a page", MMLENS_VMA_KIND_SHMEM, 0, 0x2000, PAGE, 0x12000 },
		{ "a file that ends before the area", MMLENS_VMA_KIND_FILE, 4, 0x4000, PAGE, 0x10000 },
		{ "a file that is longer than the area", MMLENS_VMA_KIND_FILE, 2, 0x40000, PAGE, 0x20000 },
		{ "an empty file", MMLENS_VMA_KIND_SECRETMEM, 0, 0, PAGE, 0x10000 },
		{ "hugetlb leaves out what is no huge page", MMLENS_VMA_KIND_HUGETLB, 0, 0xfff0, 0x8000, 0x18000 },
		{ "a driver's file has no end", MMLENS_VMA_KIND_DEVICE, 0, 0, PAGE, 0x20000 },
		{ "anonymous memory has no end", MMLENS_VMA_KIND_ANON, 0, 0, PAGE, 0x20000 },
	};
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		const struct mml_vma vma = {
			.start = 0x10000, .end = 0x20000, .kind = ends[i].kind,
			.pgoff = ends[i].pgoff, .file_size = ends[i].size,
			.page_size = ends[i].page_size,
		};

		ktap_test(mml_judge_file_end(&vma, PAGE) == ends[i].end,
			  "%s", ends[i].name);
	}
}

static void test_kinds(void)
{
	static const struct {
		uint64_t flags, entry;
		uint32_t area;
		const char *kind;
	} kinds[] = {
		{ MMLENS_PAGE_ANON | MMLENS_PAGE_SWAPBACKED, WRITE, MMLENS_VMA_KIND_ANON, "anon" },
		{ MMLENS_PAGE_ANON | MMLENS_PAGE_SWAPBACKED, 0, MMLENS_VMA_KIND_FILE, "anon" },
		{ MMLENS_PAGE_ANON, 0, MMLENS_VMA_KIND_ANON, "lazyfree" },
		{ MMLENS_PAGE_ANON, MMLENS_ENTRY_DIRTY, MMLENS_VMA_KIND_ANON, "anon" },
		{ MMLENS_PAGE_ANON | MMLENS_PAGE_DIRTY, 0, MMLENS_VMA_KIND_ANON, "anon" },
		{ MMLENS_PAGE_ANON, U, MMLENS_VMA_KIND_ANON, "anon" },
		{ MMLENS_PAGE_ANON | MMLENS_PAGE_KSM, 0, MMLENS_VMA_KIND_ANON, "ksm" },
		{ MMLENS_PAGE_ANON | MMLENS_PAGE_HUGE, 0, MMLENS_VMA_KIND_HUGETLB, "hugetlb" },
		{ MMLENS_PAGE_SWAPBACKED, 0, MMLENS_VMA_KIND_SHMEM, "shmem" },
		{ MMLENS_PAGE_ZERO_PAGE | MMLENS_PAGE_RESERVED, 0, MMLENS_VMA_KIND_ANON, "zero" },
		{ MMLENS_PAGE_RESERVED, 0, MMLENS_VMA_KIND_SPECIAL, "reserved" },
		{ MMLENS_PAGE_DEVICE, 0, MMLENS_VMA_KIND_DEVICE, "device" },
		{ 0, 0, MMLENS_VMA_KIND_DEVICE, "driver" },
		{ 0, 0, MMLENS_VMA_KIND_SECRETMEM, "secretmem" },
		{ 0, 0, MMLENS_VMA_KIND_FILE, "file" },
	};
	struct mml_extent extent = { .flags = U };
	struct mml_vma vma = { .start = 0 };
	const struct mml_judge facts = { .vma = &vma, .extent = &extent };
	size_t i;

	ktap_test(!mml_judge_kind(&facts), "no kind without flags");
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		extent.flags = kinds[i].flags;
		extent.entry = kinds[i].entry;
		vma.kind = kinds[i].area;
		ktap_test(!strcmp(mml_judge_kind(&facts), kinds[i].kind),
			  "kind of a page: %s, case %zu", kinds[i].kind, i);
	}
}

static void test_folios(void)
{
	static const struct {
		uint32_t level, order, maps;
		enum mml_folio folio;
	} folios[] = {
		{ MMLENS_LEVEL_PTE, 0, 1, MML_FOLIO_SINGLE },
		{ MMLENS_LEVEL_PMD, 9, 1, MML_FOLIO_PMD },
		{ MMLENS_LEVEL_PUD, 18, 1, MML_FOLIO_PUD },
		{ MMLENS_LEVEL_PTE, 9, 512, MML_FOLIO_PTES },
		{ MMLENS_LEVEL_PTE, 4, 32, MML_FOLIO_PTES },
		{ MMLENS_LEVEL_PTE, 9, 511, MML_FOLIO_PARTLY },
		{ MMLENS_LEVEL_PTE, U32, U32, MML_FOLIO_UNKNOWN },
	};
	size_t i;

	for (i = 0; i < sizeof(folios) / sizeof(*folios); i++) {
		const struct mml_extent extent = {
			.level = folios[i].level, .order = folios[i].order,
			.folio_mapcount = folios[i].maps,
		};

		ktap_test(mml_judge_folio(&extent) == folios[i].folio,
			  "a folio of order %d by %u entries", (int)folios[i].order,
			  folios[i].maps);
	}
}

static void test_no_area(void)
{
	struct mml_extent extent = { .state = MMLENS_STATE_PRESENT, .entry = WRITE };
	const struct mml_judge facts = { .extent = &extent, .page_size = PAGE };
	uint32_t state;

	for (state = 0; state <= MMLENS_STATE_MAX + 1; state++) {
		extent.state = state;
		mml_judge(&facts, NULL);
	}
	extent.state = MMLENS_STATE_PRESENT;
	ktap_test(mml_judge(&facts, NULL) == MML_CLASS_CANNOT_TELL,
		  "without an area nothing is judged");
}

static void test_releases(void)
{
	ktap_test(mml_kernel("6.1.0-31-amd64") == MML_KERNEL(6, 1), "6.1.0-31-amd64");
	ktap_test(mml_kernel("5.10.223") == MML_KERNEL(5, 10), "5.10.223");
	ktap_test(mml_kernel("7.2") == MML_KERNEL(7, 2), "7.2");
	ktap_test(mml_kernel("linux") == 0, "a release that is none");
	ktap_test(mml_kernel("") == 0, "no release");
}

int main(void)
{
	size_t i;

	ktap_begin();
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		test_case(i);
	test_all_classes();
	test_file_end();
	test_file_ends();
	test_kinds();
	test_folios();
	test_no_area();
	test_releases();
	return ktap_end();
}
