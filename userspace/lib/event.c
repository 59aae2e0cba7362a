// SPDX-License-Identifier: GPL-2.0
/* What a page fault was, by the entry before and after. */
#include "lib/trace.h"

const struct mml_name mml_what_names[] = {
	{ "demand-zero", MML_WHAT_DEMAND_ZERO },
	{ "stack-growth", MML_WHAT_STACK_GROWTH },
	{ "zero-page", MML_WHAT_ZERO_PAGE },
	{ "file-map", MML_WHAT_FILE_MAP },
	{ "map", MML_WHAT_MAP },
	{ "file-copy", MML_WHAT_FILE_COPY },
	{ "cow-copy", MML_WHAT_COW_COPY },
	{ "cow-zero", MML_WHAT_COW_ZERO },
	{ "cow-reuse", MML_WHAT_COW_REUSE },
	{ "unshare", MML_WHAT_UNSHARE },
	{ "write-notify", MML_WHAT_WRITE_NOTIFY },
	{ "swap-in", MML_WHAT_SWAP_IN },
	{ "migration", MML_WHAT_MIGRATION },
	{ "numa-hint", MML_WHAT_NUMA },
	{ "spurious", MML_WHAT_SPURIOUS },
	{ "retry", MML_WHAT_RETRY },
	{ "signal", MML_WHAT_SIGNAL },
	{ "segv-maperr", MML_WHAT_MAPERR },
	{ "segv-accerr", MML_WHAT_ACCERR },
	{ "segv-pkuerr", MML_WHAT_PKUERR },
	{ "remote", MML_WHAT_REMOTE },
	{ "other", MML_WHAT_OTHER },
	{ }
};

const struct mml_name mml_counted_names[] = {
	{ "not", MML_COUNTED_NOT },
	{ "minor", MML_COUNTED_MINOR },
	{ "major", MML_COUNTED_MAJOR },
	{ }
};

#define FAILED (MMLENS_FAULT_OOM | MMLENS_FAULT_SIGBUS |	\
		MMLENS_FAULT_HWPOISON | MMLENS_FAULT_SIGSEGV)

/* Not handled at all: of these only the signal is known. */
#define REFUSED (MMLENS_FAULT_MAPERR | MMLENS_FAULT_ACCERR |	\
		 MMLENS_FAULT_PKUERR)

/* Bits that the hardware sets by itself. */
#define HARDWARE (MMLENS_ENTRY_ACCESSED | MMLENS_ENTRY_DIRTY)

static bool is_there(const struct mml_side *side)
{
	return side->state == MMLENS_STATE_PRESENT ||
	       side->state == MMLENS_STATE_ZERO ||
	       side->state == MMLENS_STATE_HUGE_ZERO ||
	       side->state == MMLENS_STATE_PFNMAP;
}

/* A huge page of zeroes is not told apart from others: but it is not written to. */
static enum mml_what anonymous(const struct mml_traced *fault)
{
	const struct mml_side *new = &fault->new;

	if (new->state == MMLENS_STATE_ZERO ||
	    (new->level == MMLENS_LEVEL_PMD &&
	     !(new->entry & MMLENS_ENTRY_WRITE) &&
	     (fault->vma_flags & MMLENS_VM_WRITE) &&
	     !(fault->access & MMLENS_ACCESS_WRITE)))
		return MML_WHAT_ZERO_PAGE;
	/* where a stack ends is where it has just grown to */
	if ((fault->vma_flags & MMLENS_VM_GROWSDOWN) &&
	    fault->addr - fault->vma_start < 4096)
		return MML_WHAT_STACK_GROWTH;
	return MML_WHAT_DEMAND_ZERO;
}

/* Nothing stood there. */
static enum mml_what first_touch(const struct mml_traced *fault)
{
	bool shared = fault->vma_flags & MMLENS_VM_SHARED;

	if (!is_there(&fault->new))
		return MML_WHAT_OTHER;
	switch (fault->vma_kind) {
	case MMLENS_VMA_KIND_ANON:
		return anonymous(fault);
	case MMLENS_VMA_KIND_FILE:
	case MMLENS_VMA_KIND_SHMEM:
		return (fault->access & MMLENS_ACCESS_WRITE) && !shared ?
			MML_WHAT_FILE_COPY : MML_WHAT_FILE_MAP;
	default:
		return MML_WHAT_MAP;
	}
}

/* Something was mapped. Was it another thing afterwards? */
static enum mml_what was_mapped(const struct mml_traced *fault)
{
	const struct mml_side *old = &fault->old, *new = &fault->new;
	uint64_t gained = new->entry & ~old->entry;

	if (!is_there(new))
		return MML_WHAT_OTHER;
	if (new->frame != old->frame) {
		if (fault->access & MMLENS_ACCESS_UNSHARE)
			return MML_WHAT_UNSHARE;
		if (!(fault->access & MMLENS_ACCESS_WRITE) ||
		    (fault->vma_flags & MMLENS_VM_SHARED))
			return MML_WHAT_OTHER;
		return old->state == MMLENS_STATE_ZERO ? MML_WHAT_COW_ZERO :
							 MML_WHAT_COW_COPY;
	}
	if (gained & MMLENS_ENTRY_WRITE)
		return fault->vma_flags & MMLENS_VM_SHARED ?
			MML_WHAT_WRITE_NOTIFY : MML_WHAT_COW_REUSE;
	return gained & ~HARDWARE ? MML_WHAT_OTHER : MML_WHAT_SPURIOUS;
}

static enum mml_what refused(uint32_t result)
{
	if (result & MMLENS_FAULT_MAPERR)
		return MML_WHAT_MAPERR;
	return result & MMLENS_FAULT_ACCERR ? MML_WHAT_ACCERR : MML_WHAT_PKUERR;
}

/**
 * mml_what() - what was that fault?
 * @fault: the fault
 *
 * From the outcome and not from the kernel's intention: what others do to
 * the same entry meanwhile is part of it.
 */
enum mml_what mml_what(const struct mml_traced *fault)
{
	if (fault->result & REFUSED)
		return refused(fault->result);
	if (fault->result & FAILED)
		return MML_WHAT_SIGNAL;
	if (fault->result & MMLENS_FAULT_RETRY)
		return MML_WHAT_RETRY;
	if (fault->old.state == MMLENS_UNKNOWN32 ||
	    fault->new.state == MMLENS_UNKNOWN32)
		return MML_WHAT_REMOTE;
	switch (fault->old.state) {
	case MMLENS_STATE_NONE:
		return first_touch(fault);
	case MMLENS_STATE_SWAP:
		return is_there(&fault->new) ? MML_WHAT_SWAP_IN : MML_WHAT_OTHER;
	case MMLENS_STATE_MIGRATION:
		return MML_WHAT_MIGRATION;
	case MMLENS_STATE_NUMA_HINT:
		return MML_WHAT_NUMA;
	default:
		return is_there(&fault->old) ? was_mapped(fault) :
					       MML_WHAT_OTHER;
	}
}

/**
 * mml_what_copied() - is a private copy the outcome?
 * @event: what the fault was
 *
 * Return: true where a page that others may have was copied
 */
bool mml_what_copied(enum mml_what event)
{
	return event == MML_WHAT_COW_COPY || event == MML_WHAT_FILE_COPY ||
	       event == MML_WHAT_UNSHARE;
}

/**
 * mml_what_counted() - as what did the kernel count it?
 * @fault: the fault
 *
 * mm/memory.c, mm_account_fault(): failures and retries are not, and what had
 * been tried before is major.
 */
enum mml_counted mml_what_counted(const struct mml_traced *fault)
{
	if (fault->result & (FAILED | REFUSED | MMLENS_FAULT_RETRY))
		return MML_COUNTED_NOT;
	return (fault->result & MMLENS_FAULT_MAJOR) ||
	       (fault->access & MMLENS_ACCESS_TRIED) ? MML_COUNTED_MAJOR :
						       MML_COUNTED_MINOR;
}
