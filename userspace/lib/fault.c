// SPDX-License-Identifier: GPL-2.0
/*
 * The decisions of a page fault, in the order in which x86 kernels take them:
 * do_user_addr_fault() and access_error() of arch/x86/mm/fault.c, then
 * __handle_mm_fault() and handle_pte_fault() of mm/memory.c. Copy-on-write is
 * left to lib/judge.h.
 *
 * Each step_*() notes one decision and says whether there is another; the one
 * that ends it has called decide().
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/fault.h"
#include "lib/judge.h"

#define MAPERR	"SIGSEGV (SEGV_MAPERR)"
#define ACCERR	"SIGSEGV (SEGV_ACCERR)"

/* Memory that a growing stack keeps free below it, unless booted otherwise. */
#define STACK_GUARD_PAGES	256

/* What is decided about, and what has been decided. */
struct tree {
	const struct mml_fault_facts *facts;
	const struct mml_vma *vma;	/* once an area was found */
	const struct mml_extent *leaf;	/* likewise */
	struct mml_fault *fault;
};

__attribute__((format(printf, 5, 6)))
static void note(struct tree *t, const char *question, const char *answer,
		 const char *otherwise, const char *fmt, ...)
{
	struct mml_fault_step *step;
	va_list ap;

	if (t->fault->nr_steps == MML_FAULT_STEPS)
		return;
	step = &t->fault->steps[t->fault->nr_steps++];
	step->question = question;
	step->answer = answer;
	step->otherwise = otherwise;
	va_start(ap, fmt);
	vsnprintf(step->fact, sizeof(step->fact), fmt, ap);
	va_end(ap);
}

/* Ends the decisions; false, so that a step can return it. */
static bool decide(struct tree *t, enum mml_fault_kind kind,
		   enum mml_fault_count count, enum mml_fault_frame frame,
		   const char *verdict)
{
	t->fault->kind = kind;
	t->fault->count = count;
	t->fault->frame = frame;
	t->fault->verdict = verdict;
	return false;
}

static bool decide_signal(struct tree *t, int signal, int code,
			  const char *verdict)
{
	t->fault->signal = signal;
	t->fault->code = code;
	return decide(t, MML_FAULT_SIGNAL, MML_COUNT_NONE, MML_FRAME_SAME,
		      verdict);
}

/* A second try counts as major (mm_account_fault()), but not below a VMA's lock. */
static bool decide_userfault(struct tree *t, const char *verdict)
{
	return decide(t, MML_FAULT_USERFAULTFD, MML_COUNT_EITHER,
		      MML_FRAME_UNKNOWN, verdict);
}

/* The first reason is the one that comes first in time. */
static void predict(struct tree *t, const char *why)
{
	if (!t->fault->predicted)
		t->fault->predicted = why;
}

static bool has(const struct tree *t, uint64_t vm_flag)
{
	return t->vma->flags & vm_flag;
}

static bool writes(const struct tree *t)
{
	return t->facts->access == MML_ACCESS_WRITE;
}

static uint64_t page_of(const struct tree *t)
{
	return t->facts->addr & ~(uint64_t)(t->facts->info->page_size - 1);
}

/* ---- the address ---- */

static bool is_canonical(const struct tree *t)
{
	unsigned int bits = t->facts->info->levels == 5 ? 57 : 48;
	uint64_t top = t->facts->addr >> (bits - 1);

	return !top || top == UINT64_MAX >> (bits - 1);
}

static bool step_address(struct tree *t)
{
	unsigned long long addr = t->facts->addr;
	unsigned long long end = t->facts->info->user_end;

	if (t->facts->addr < t->facts->info->user_end) {
		note(t, "in the process's half?", "yes", MAPERR,
		     "%llx is below %llx", addr, end);
		return true;
	}
	note(t, "in the process's half?", "no", NULL,
	     "%llx is not below %llx", addr, end);
	if (is_canonical(t)) {
		if (t->facts->access == MML_ACCESS_EXEC &&
		    page_of(t) == 0xffffffffff600000ULL)
			predict(t, "the vsyscall page may be emulated");
		return decide_signal(t, SIGSEGV, SEGV_MAPERR,
				     "SIGSEGV: the address belongs to the kernel");
	}
	note(t, "canonical?", "no", MAPERR,
	     "the bits above %u are not copies of it",
	     t->facts->info->levels == 5 ? 56 : 47);
	return decide_signal(t, SIGSEGV, SI_KERNEL,
			     "SIGSEGV: not an address at all; the CPU refuses it (#GP)");
}

/* ---- the area ---- */

static bool accessible(const struct mml_vma *vma)
{
	return vma->flags & (MMLENS_VM_READ | MMLENS_VM_WRITE | MMLENS_VM_EXEC);
}

/* acct_stack_growth() and expand_downwards() of mm/mmap.c (6.1), mm/vma.c (7.x). */
static bool may_grow(struct tree *t, const struct mml_vma *stack)
{
	const struct mml_walk *walk = t->facts->walk;
	uint64_t guard = STACK_GUARD_PAGES * (uint64_t)t->facts->info->page_size;
	uint64_t size = stack->end - page_of(t);
	uint64_t gap = walk->has_prev ? page_of(t) - walk->prev.end : UINT64_MAX;

	if (walk->has_prev && !(walk->prev.flags & MMLENS_VM_GROWSDOWN) &&
	    accessible(&walk->prev) && gap < guard) {
		note(t, "room for its guard gap?", "no", "the stack grows",
		     "%llu KiB to the area below, wanted %llu",
		     (unsigned long long)gap >> 10, (unsigned long long)guard >> 10);
		return false;
	}
	if (t->facts->stack_limit == MMLENS_UNKNOWN)
		return true;
	note(t, "within RLIMIT_STACK?", size > t->facts->stack_limit ? "no" : "yes",
	     size > t->facts->stack_limit ? "the stack grows" : MAPERR,
	     "%llu KiB of %llu", (unsigned long long)size >> 10,
	     (unsigned long long)t->facts->stack_limit >> 10);
	return size <= t->facts->stack_limit;
}

static bool step_area(struct tree *t)
{
	const struct mml_walk *walk = t->facts->walk;

	if (walk->in_vma) {
		t->vma = &walk->vma;
		t->leaf = &walk->leaf;
		note(t, "in an area?", "yes", MAPERR, "%llx-%llx",
		     (unsigned long long)t->vma->start,
		     (unsigned long long)t->vma->end);
		return true;
	}
	if (!walk->has_next || !(walk->next.flags & MMLENS_VM_GROWSDOWN)) {
		note(t, "in an area?", "no", NULL, "%s",
		     walk->has_next ? "and the one above does not grow down" :
				      "and there is none above");
		return decide_signal(t, SIGSEGV, SEGV_MAPERR,
				     "SIGSEGV: nothing is mapped there");
	}
	t->vma = &walk->next;
	note(t, "in an area?", "the one above grows", MAPERR,
	     "below the stack %llx-%llx", (unsigned long long)t->vma->start,
	     (unsigned long long)t->vma->end);
	if (!may_grow(t, t->vma))
		return decide_signal(t, SIGSEGV, SEGV_MAPERR,
				     "SIGSEGV: the stack may not grow so far");
	predict(t, "a stack also stops growing at RLIMIT_AS and at a guard gap that the kernel was booted with");
	return true;
}

/* ---- may it be done there? ---- */

static bool step_permission(struct tree *t)
{
	char perms[5];
	bool allowed;

	switch (t->facts->access) {
	case MML_ACCESS_WRITE:
		allowed = has(t, MMLENS_VM_WRITE) && !has(t, MMLENS_VM_SHADOW_STACK);
		break;
	case MML_ACCESS_EXEC:
		allowed = has(t, MMLENS_VM_EXEC);
		break;
	default:	/* on x86, what may be written or executed may be read */
		allowed = accessible(t->vma);
	}
	note(t, "does the area allow it?", allowed ? "yes" : "no",
	     allowed ? ACCERR : NULL, "%s", mml_vm_perms(t->vma->flags, perms));
	if (!allowed)
		return decide_signal(t, SIGSEGV, SEGV_ACCERR,
				     "SIGSEGV: the area does not allow it");
	return true;
}

static bool step_key(struct tree *t)
{
	if (!t->vma->pkey || t->vma->pkey == MMLENS_UNKNOWN32 ||
	    t->facts->access == MML_ACCESS_EXEC)
		return true;
	note(t, "does its protection key?", "cannot tell",
	     "SIGSEGV (SEGV_PKUERR)", "key %u; each thread has its own rights",
	     t->vma->pkey);
	predict(t, "the thread's rights for the protection key are not known");
	return true;
}

/* ---- nothing is there yet ---- */

static bool beyond_file(const struct tree *t)
{
	return page_of(t) >= mml_judge_file_end(t->vma, t->facts->info->page_size);
}

static bool fault_beyond_file(struct tree *t)
{
	note(t, "within the file?", "no", NULL, "%llu bytes long",
	     (unsigned long long)t->vma->file_size);
	return decide_signal(t, SIGBUS, BUS_ADRERR,
			     "SIGBUS: beyond the end of the file");
}

/* Would a huge page fit, and may there be one? */
static bool may_be_huge(const struct tree *t)
{
	const uint64_t size = 2ULL << 20;
	uint64_t start = t->facts->addr & ~(size - 1);

	return t->facts->huge != MML_NO && !has(t, MMLENS_VM_NOHUGEPAGE) &&
	       t->leaf && t->leaf->level >= MMLENS_LEVEL_PMD &&
	       start >= t->vma->start && start + size <= t->vma->end;
}

static bool fault_anon(struct tree *t)
{
	bool huge = may_be_huge(t) && (writes(t) || t->facts->huge_zero != MML_NO);

	note(t, "what kind of area?", "anonymous", NULL, "%s",
	     huge ? "a huge page fits in" : "for small pages");
	if (huge)
		predict(t, "a huge page if one is free, else a small one");
	if (writes(t))
		return decide(t, MML_FAULT_ZEROED, MML_COUNT_MINOR, MML_FRAME_NEW,
			      "a fresh page of zeroes");
	return decide(t, MML_FAULT_ZERO_PAGE, MML_COUNT_MINOR, MML_FRAME_NEW,
		      "the shared page of zeroes is mapped");
}

static enum mml_fault_count count_file(struct tree *t)
{
	switch (t->facts->cached) {
	case MML_YES:
		note(t, "in the page cache?", "yes", "a major fault", "by mincore()");
		return MML_COUNT_MINOR;
	case MML_NO:
		note(t, "in the page cache?", "no", "a minor fault", "by mincore()");
		return MML_COUNT_MAJOR;
	default:
		note(t, "in the page cache?", "cannot tell", NULL,
		     "the file cannot be asked");
		return MML_COUNT_EITHER;
	}
}

/*
 * Whoever dirties a page of a file or of shmem is made to wait at times. Up to 5.19
 * the fault is then tried again, and counted as major (fault_dirty_shared_page()).
 */
static enum mml_fault_count count_dirtied(const struct tree *t,
					  enum mml_fault_count count)
{
	bool retried = mml_kernel(t->facts->info->release) < MML_KERNEL(6, 0);

	return retried && (t->vma->kind == MMLENS_VMA_KIND_FILE ||
			   t->vma->kind == MMLENS_VMA_KIND_SHMEM) ?
		MML_COUNT_EITHER : count;
}

/* A page of shmem that is not there is made, and need not be read. */
static enum mml_fault_count count_object(struct tree *t)
{
	if (t->vma->kind != MMLENS_VMA_KIND_SHMEM)
		return count_file(t);
	predict(t, "a major fault if the page was swapped out");
	return MML_COUNT_MINOR;
}

static bool fault_file(struct tree *t)
{
	bool private = !has(t, MMLENS_VM_SHARED);
	enum mml_fault_count count;

	note(t, "within the file?", "yes", "SIGBUS (BUS_ADRERR)", "%llu bytes long",
	     (unsigned long long)t->vma->file_size);
	count = count_object(t);
	if (writes(t) && private)
		return decide(t, MML_FAULT_FILE_COPY, count, MML_FRAME_NEW,
			      "a copy of the file's page, for this process alone");
	if (writes(t))
		return decide(t, MML_FAULT_FILE_PAGE, count_dirtied(t, count),
			      MML_FRAME_NEW,
			      "the file's page is mapped, and noted as written");
	return decide(t, MML_FAULT_FILE_PAGE, count, MML_FRAME_NEW,
		      "the file's page is mapped, and cached ones around it");
}

static bool fault_by_kind(struct tree *t)
{
	switch (t->vma->kind) {
	case MMLENS_VMA_KIND_ANON:
		return fault_anon(t);
	case MMLENS_VMA_KIND_FILE:
	case MMLENS_VMA_KIND_SHMEM:
		return fault_file(t);
	case MMLENS_VMA_KIND_HUGETLB:
		note(t, "what kind of area?", "hugetlb", NULL, "pages of a pool");
		predict(t, "SIGBUS if the pool is empty and nothing was reserved");
		return decide(t, MML_FAULT_HUGETLB, MML_COUNT_MINOR, MML_FRAME_NEW,
			      "a huge page from the pool");
	case MMLENS_VMA_KIND_SECRETMEM:
		note(t, "what kind of area?", "secret memory", NULL, "%s",
		     "pages outside the kernel's own map");
		return decide(t, MML_FAULT_ZEROED, MML_COUNT_MINOR, MML_FRAME_NEW,
			      "a fresh page of zeroes");
	default:
		note(t, "what kind of area?", "a driver's, or the kernel's own",
		     NULL, "%s", t->vma->ops ?: "no operations known");
		predict(t, "the area's own fault handler decides");
		return decide(t, MML_FAULT_DEVICE, MML_COUNT_MINOR,
			      MML_FRAME_UNKNOWN, "its fault handler is asked for a page");
	}
}

static bool fault_none(struct tree *t)
{
	/* all that have a file ask this first: hugetlb, shmem, secret memory, too */
	if (beyond_file(t))
		return fault_beyond_file(t);
	if (!has(t, MMLENS_VM_UFFD_MISSING | MMLENS_VM_UFFD_MINOR))
		return fault_by_kind(t);
	note(t, "is userfaultfd asked?", "yes", "the kernel finds a page itself",
	     "the area is registered");
	if (t->vma->kind != MMLENS_VMA_KIND_ANON)
		predict(t, "only if the page is missing (or there, as registered) in the file itself");
	return decide_userfault(t, "waits for whoever handles the userfaultfd");
}

/* ---- what stands there is no page ---- */

static bool fault_swap(struct tree *t)
{
	note(t, "where is it?", "swapped out", NULL, "type %llu, offset %llu",
	     (unsigned long long)MMLENS_SWAP_TYPE(t->leaf->swap),
	     (unsigned long long)MMLENS_SWAP_OFFSET(t->leaf->swap));
	return decide(t, MML_FAULT_SWAP_IN, MML_COUNT_EITHER, MML_FRAME_NEW,
		      writes(t) ?
		      "read back; a write then copies it if others have it too" :
		      "read back");
}

/* Up to 6.5 such an entry was left by a failed read from swap. */
static bool fault_poison(struct tree *t)
{
	bool old = mml_kernel(t->facts->info->release) < MML_KERNEL(6, 6);

	return decide_signal(t, SIGBUS, old ? BUS_ADRERR : BUS_MCEERR_AR,
			     "SIGBUS: the page was lost");
}

static bool fault_absent(struct tree *t)
{
	switch (t->leaf->state) {
	case MMLENS_STATE_SWAP:
		return fault_swap(t);
	case MMLENS_STATE_MIGRATION:
		return decide(t, MML_FAULT_WAIT, MML_COUNT_MINOR, MML_FRAME_UNKNOWN,
			      "waits until the page has been moved, then anew");
	case MMLENS_STATE_HWPOISON:
		return decide_signal(t, SIGBUS, BUS_MCEERR_AR,
				     "SIGBUS: the memory is broken");
	case MMLENS_STATE_DEVICE_PRIVATE:
	case MMLENS_STATE_DEVICE_EXCLUSIVE:
		predict(t, "the device's driver decides");
		return decide(t, MML_FAULT_DEVICE, MML_COUNT_MINOR,
			      MML_FRAME_UNKNOWN, "the device gives the page back");
	case MMLENS_STATE_MARKER_POISON:
		return fault_poison(t);
	case MMLENS_STATE_MARKER_GUARD:
		return decide_signal(t, SIGSEGV, SEGV_MAPERR,
				     "SIGSEGV: a guard region");
	case MMLENS_STATE_MARKER_UFFD_WP:
		if (!writes(t))
			return fault_none(t);
		return decide_userfault(t, "waits for whoever handles the userfaultfd's write protection");
	default:
		return decide(t, MML_FAULT_CANNOT_TELL, MML_COUNT_EITHER,
			      MML_FRAME_UNKNOWN, "no rule explains this entry");
	}
}

/* ---- a page is there ---- */

static bool step_copy_on_write(struct tree *t)
{
	const struct mml_judge facts = {
		.vma = t->vma, .extent = t->leaf, .can = t->facts->info->can,
		.page_size = t->facts->info->page_size,
		.kernel = mml_kernel(t->facts->info->release),
	};
	bool predicted;
	enum mml_class class = mml_judge(&facts, &predicted);
	char test[96];

	mml_judge_test(&facts, test, sizeof(test));
	if (predicted)
		predict(t, "references that come and go");
	switch (class) {
	case MML_CLASS_SHARED:
		note(t, "copy-on-write?", "no", NULL, "a shared area");
		return decide(t, MML_FAULT_SHARED_WRITE,
			      count_dirtied(t, MML_COUNT_MINOR),
			      MML_FRAME_SAME, "the write is noted, and goes to this same page");
	case MML_CLASS_WRITE_REUSES:
	case MML_CLASS_PINNED:
		note(t, "may it be kept?", "yes", "it is copied", "%s", test);
		return decide(t, MML_FAULT_REUSE, MML_COUNT_MINOR, MML_FRAME_SAME,
			      "the page is kept: nobody else has it");
	case MML_CLASS_ZERO:
		note(t, "may it be kept?", "no", NULL, "the page of zeroes is everybody's");
		return decide(t, MML_FAULT_ZEROED, MML_COUNT_MINOR, MML_FRAME_NEW,
			      "a fresh page of zeroes");
	case MML_CLASS_WRITE_COPIES:
	case MML_CLASS_FILE_UNCOPIED:
	case MML_CLASS_KSM:
		note(t, "may it be kept?", "no", "it is kept", "%s", test);
		return decide(t, MML_FAULT_COPY, MML_COUNT_MINOR, MML_FRAME_NEW,
			      "the page is copied");
	case MML_CLASS_TRAP:
		note(t, "write-protected by userfaultfd?", "yes", NULL, "by its bit in the entry");
		return decide_userfault(t, "waits for whoever handles the userfaultfd's write protection");
	default:
		note(t, "may it be kept?", "cannot tell", NULL, "%s", test);
		return decide(t, MML_FAULT_CANNOT_TELL, MML_COUNT_MINOR,
			      MML_FRAME_UNKNOWN, "the page is kept or copied");
	}
}

static bool allows(const struct tree *t)
{
	switch (t->facts->access) {
	case MML_ACCESS_WRITE:
		return t->leaf->entry & MMLENS_ENTRY_WRITE;
	case MML_ACCESS_EXEC:
		return t->leaf->entry & MMLENS_ENTRY_EXEC;
	default:
		return true;
	}
}

static bool decide_none(struct tree *t)
{
	bool accessed = t->leaf->entry & MMLENS_ENTRY_ACCESSED;
	bool dirty = t->leaf->entry & MMLENS_ENTRY_DIRTY;

	if (writes(t) && !dirty)
		return decide(t, MML_FAULT_NONE, MML_COUNT_NONE, MML_FRAME_SAME,
			      accessed ? "no fault; the CPU sets dirty" :
					 "no fault; the CPU sets accessed and dirty");
	return decide(t, MML_FAULT_NONE, MML_COUNT_NONE, MML_FRAME_SAME,
		      accessed ? "no fault; no bit changes" :
				 "no fault; the CPU sets accessed");
}

static bool fault_present(struct tree *t)
{
	bool allowed = allows(t);

	if (t->leaf->state == MMLENS_STATE_NUMA_HINT) {
		note(t, "open to the CPU?", "no", NULL, "NUMA balancing waits for a touch");
		predict(t, "the page may be moved to the node that touches it");
		return decide(t, MML_FAULT_NUMA, MML_COUNT_MINOR, MML_FRAME_UNKNOWN,
			      "the entry is opened again");
	}
	note(t, "does the entry allow it?", allowed ? "yes" : "no",
	     allowed ? "a fault" : "no fault", "present%s%s",
	     t->leaf->entry & MMLENS_ENTRY_WRITE ? ", write" : ", read-only",
	     t->leaf->entry & MMLENS_ENTRY_EXEC ? ", exec" : "");
	if (allowed)
		return decide_none(t);
	if (writes(t))
		return step_copy_on_write(t);
	return decide(t, MML_FAULT_CANNOT_TELL, MML_COUNT_EITHER, MML_FRAME_UNKNOWN,
		      "the area may execute, the entry may not: it is being changed");
}

static bool step_entry(struct tree *t)
{
	const char *state = mml_name(mml_state_names, t->leaf->state);

	switch (t->leaf->state) {
	case MMLENS_STATE_NONE:
		note(t, "anything in the entry?", "no", NULL, "%s is empty",
		     mml_name(mml_level_names, t->leaf->level));
		return fault_none(t);
	case MMLENS_STATE_PRESENT:
	case MMLENS_STATE_ZERO:
	case MMLENS_STATE_HUGE_ZERO:
	case MMLENS_STATE_PFNMAP:
	case MMLENS_STATE_NUMA_HINT:
		note(t, "anything in the entry?", "a page", NULL, "%s, frame 0x%llx",
		     state, (unsigned long long)t->leaf->frame);
		return fault_present(t);
	default:
		note(t, "anything in the entry?", "no page", NULL, "%s", state);
		return fault_absent(t);
	}
}

/* In what the stack grows to, nothing can be yet. */
static bool step_fault(struct tree *t)
{
	return t->leaf ? step_entry(t) : fault_none(t);
}

/**
 * mml_fault() - what an access would do
 * @facts: all that is known
 * @fault: the decisions and where they lead
 */
void mml_fault(const struct mml_fault_facts *facts, struct mml_fault *fault)
{
	struct tree t = { .facts = facts, .fault = fault };

	memset(fault, 0, sizeof(*fault));
	if (step_address(&t) && step_area(&t) && step_permission(&t) &&
	    step_key(&t))
		step_fault(&t);
}
