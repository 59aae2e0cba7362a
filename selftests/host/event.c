// SPDX-License-Identifier: GPL-2.0
/* What a page fault was (lib/trace.h), from a table of entries before and after. */
#include <string.h>

#include "../ktap.h"
#include "lib/trace.h"

#define U	MMLENS_UNKNOWN
#define U32	MMLENS_UNKNOWN32
#define RW	(MMLENS_VM_READ | MMLENS_VM_WRITE)
#define R	MMLENS_VM_READ
#define SHARED	(RW | MMLENS_VM_SHARED)
#define STACK	(RW | MMLENS_VM_GROWSDOWN)
#define RO	(MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_USER | MMLENS_ENTRY_LEAF)
#define OLD_A	(RO | MMLENS_ENTRY_ACCESSED)
#define WR	(OLD_A | MMLENS_ENTRY_WRITE | MMLENS_ENTRY_DIRTY)
#define READ	MMLENS_ACCESS_USER
#define WRITE	(MMLENS_ACCESS_USER | MMLENS_ACCESS_WRITE)
#define SYSCALL	MMLENS_ACCESS_WRITE

#define NONE	{ MMLENS_STATE_NONE, MMLENS_LEVEL_PTE, U, U, 0 }
#define HOLE	{ MMLENS_STATE_NONE, MMLENS_LEVEL_PMD, U, U, 0 }
#define AT(frame, bits) { MMLENS_STATE_PRESENT, MMLENS_LEVEL_PTE, frame, U, bits }
#define PMD(frame, bits) { MMLENS_STATE_PRESENT, MMLENS_LEVEL_PMD, frame, U, bits }
#define ZERO(bits) { MMLENS_STATE_ZERO, MMLENS_LEVEL_PTE, 7, U, bits }
#define IS(state, frame) { MMLENS_STATE_##state, MMLENS_LEVEL_PTE, frame, U, 0 }
#define UNSEEN	{ U32, U32, U, U, U }

#define NOWHERE	U32
#define ANON	MMLENS_VMA_KIND_ANON
#define FILED	MMLENS_VMA_KIND_FILE
#define SHMEM	MMLENS_VMA_KIND_SHMEM
#define HUGETLB	MMLENS_VMA_KIND_HUGETLB

static const struct {
	const char *name;
	uint32_t kind;
	uint64_t flags;
	uint32_t access, result;
	struct mml_side old, new;
	enum mml_what event;
	enum mml_counted counted;
} cases[] = {
	{ "first write", ANON, RW, WRITE, 0, NONE, AT(9, WR),
	  MML_WHAT_DEMAND_ZERO, MML_COUNTED_MINOR },
	{ "first write, by the kernel", ANON, RW, SYSCALL, 0, HOLE, AT(9, WR),
	  MML_WHAT_DEMAND_ZERO, MML_COUNTED_MINOR },
	{ "first write, a huge page", ANON, RW, WRITE, 0, HOLE, PMD(512, WR),
	  MML_WHAT_DEMAND_ZERO, MML_COUNTED_MINOR },
	{ "a stack's new first page", ANON, STACK, WRITE, 0, NONE, AT(9, WR),
	  MML_WHAT_STACK_GROWTH, MML_COUNTED_MINOR },
	{ "first read", ANON, RW, READ, 0, NONE, ZERO(OLD_A),
	  MML_WHAT_ZERO_PAGE, MML_COUNTED_MINOR },
	{ "first read, the huge page of zeroes", ANON, RW, READ, 0, HOLE, PMD(512, OLD_A),
	  MML_WHAT_ZERO_PAGE, MML_COUNTED_MINOR },
	{ "first read, userfaultfd gave a page", ANON, RW, READ, 0, NONE, AT(9, OLD_A),
	  MML_WHAT_DEMAND_ZERO, MML_COUNTED_MINOR },
	{ "somebody took it away again", ANON, RW, READ, 0, NONE, NONE,
	  MML_WHAT_OTHER, MML_COUNTED_MINOR },
	{ "a file's page", FILED, R, READ, MMLENS_FAULT_NOPAGE, HOLE, AT(9, OLD_A),
	  MML_WHAT_FILE_MAP, MML_COUNTED_MINOR },
	{ "a file's page, read in", FILED, R, READ, MMLENS_FAULT_MAJOR, NONE, AT(9, OLD_A),
	  MML_WHAT_FILE_MAP, MML_COUNTED_MAJOR },
	{ "the same, in the second try", FILED, R, READ | MMLENS_ACCESS_TRIED, 0, NONE,
	  AT(9, OLD_A), MML_WHAT_FILE_MAP, MML_COUNTED_MAJOR },
	{ "the first try", FILED, R, READ, MMLENS_FAULT_MAJOR | MMLENS_FAULT_RETRY, NONE, NONE,
	  MML_WHAT_RETRY, MML_COUNTED_NOT },
	{ "a file's page, to be written for all", FILED, SHARED, WRITE, 0, NONE, AT(9, WR),
	  MML_WHAT_FILE_MAP, MML_COUNTED_MINOR },
	{ "a file's page, to be written in private", FILED, RW, WRITE, 0, NONE, AT(9, WR),
	  MML_WHAT_FILE_COPY, MML_COUNTED_MINOR },
	{ "shared memory", SHMEM, SHARED, WRITE, 0, NONE, AT(9, WR),
	  MML_WHAT_FILE_MAP, MML_COUNTED_MINOR },
	{ "hugetlb", HUGETLB, RW, WRITE, 0, HOLE, PMD(512, WR),
	  MML_WHAT_MAP, MML_COUNTED_MINOR },
	{ "a write that copies", ANON, RW, WRITE, 0, AT(8, OLD_A), AT(9, WR),
	  MML_WHAT_COW_COPY, MML_COUNTED_MINOR },
	{ "of a huge page, which is split", ANON, RW, WRITE, 0, PMD(512, OLD_A), AT(9, WR),
	  MML_WHAT_COW_COPY, MML_COUNTED_MINOR },
	{ "of a file's page", FILED, RW, WRITE, 0, AT(8, OLD_A), AT(9, WR),
	  MML_WHAT_COW_COPY, MML_COUNTED_MINOR },
	{ "of the page of zeroes", ANON, RW, WRITE, 0, ZERO(OLD_A), AT(9, WR),
	  MML_WHAT_COW_ZERO, MML_COUNTED_MINOR },
	{ "a write that keeps the page", ANON, RW, WRITE, 0, AT(9, OLD_A), AT(9, WR),
	  MML_WHAT_COW_REUSE, MML_COUNTED_MINOR },
	{ "a copy for a reader", ANON, RW, MMLENS_ACCESS_UNSHARE, 0, AT(8, OLD_A),
	  AT(9, OLD_A), MML_WHAT_UNSHARE, MML_COUNTED_MINOR },
	{ "a shared page's first write", FILED, SHARED, WRITE, 0, AT(9, OLD_A), AT(9, WR),
	  MML_WHAT_WRITE_NOTIFY, MML_COUNTED_MINOR },
	{ "a page from swap", ANON, RW, READ, MMLENS_FAULT_MAJOR, IS(SWAP, U), AT(9, OLD_A),
	  MML_WHAT_SWAP_IN, MML_COUNTED_MAJOR },
	{ "a page that moves", ANON, RW, READ, 0, IS(MIGRATION, 8), IS(MIGRATION, 8),
	  MML_WHAT_MIGRATION, MML_COUNTED_MINOR },
	{ "NUMA balancing", ANON, RW, READ, 0, IS(NUMA_HINT, 9), AT(9, OLD_A),
	  MML_WHAT_NUMA, MML_COUNTED_MINOR },
	{ "somebody else was first", ANON, RW, WRITE, 0, AT(9, WR), AT(9, WR),
	  MML_WHAT_SPURIOUS, MML_COUNTED_MINOR },
	{ "only the accessed bit", ANON, RW, READ, 0, AT(9, RO), AT(9, OLD_A),
	  MML_WHAT_SPURIOUS, MML_COUNTED_MINOR },
	{ "another frame by a read", ANON, RW, READ, 0, AT(8, OLD_A), AT(9, OLD_A),
	  MML_WHAT_OTHER, MML_COUNTED_MINOR },
	{ "beyond a file's end", FILED, R, READ, MMLENS_FAULT_SIGBUS, NONE, NONE,
	  MML_WHAT_SIGNAL, MML_COUNTED_NOT },
	{ "broken memory", ANON, RW, READ, MMLENS_FAULT_HWPOISON, IS(HWPOISON, 9),
	  IS(HWPOISON, 9), MML_WHAT_SIGNAL, MML_COUNTED_NOT },
	{ "a guard", ANON, RW, READ, MMLENS_FAULT_SIGSEGV, IS(MARKER_GUARD, U),
	  IS(MARKER_GUARD, U), MML_WHAT_SIGNAL, MML_COUNTED_NOT },
	{ "no area", NOWHERE, U, WRITE, MMLENS_FAULT_MAPERR, UNSEEN, UNSEEN,
	  MML_WHAT_MAPERR, MML_COUNTED_NOT },
	{ "a forbidden access", NOWHERE, U, WRITE, MMLENS_FAULT_ACCERR, UNSEEN, UNSEEN,
	  MML_WHAT_ACCERR, MML_COUNTED_NOT },
	{ "a locked key", NOWHERE, U, READ, MMLENS_FAULT_PKUERR, UNSEEN, UNSEEN,
	  MML_WHAT_PKUERR, MML_COUNTED_NOT },
	{ "another process's access", ANON, RW, MMLENS_ACCESS_REMOTE, 0, UNSEEN, UNSEEN,
	  MML_WHAT_REMOTE, MML_COUNTED_MINOR },
	{ "a marker", ANON, RW, READ, 0, IS(MARKER_UFFD_WP, U), AT(9, OLD_A),
	  MML_WHAT_OTHER, MML_COUNTED_MINOR },
};

int main(void)
{
	bool met[MML_WHAT_MAX + 1] = { false };
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct mml_traced fault = {
			.addr = 0x7f0000000123, .vma_start = 0x7f0000000000,
			.vma_kind = cases[i].kind, .vma_flags = cases[i].flags,
			.access = cases[i].access, .result = cases[i].result,
			.old = cases[i].old, .new = cases[i].new,
		};
		enum mml_what event = mml_what(&fault);

		met[event] = true;
		if (!ktap_test(event == cases[i].event &&
			       mml_what_counted(&fault) == cases[i].counted,
			       "%s", cases[i].name))
			ktap_note("it is called %s, counted %s",
				  mml_name(mml_what_names, event),
				  mml_name(mml_counted_names, mml_what_counted(&fault)));
	}
	for (i = 0; i <= MML_WHAT_MAX; i++)
		ktap_test(met[i] && mml_name(mml_what_names, i),
			  "%s is one of them", mml_name(mml_what_names, i));
	for (i = 0; i <= MML_WHAT_MAX; i++)
		ktap_test(mml_what_copied(i) == (i == MML_WHAT_COW_COPY ||
						  i == MML_WHAT_FILE_COPY ||
						  i == MML_WHAT_UNSHARE),
			  "%s: a copy or not", mml_name(mml_what_names, i));
	return ktap_end();
}
