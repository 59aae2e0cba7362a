/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page faults and the probing of them: what differs between kernels, and what is
 * a processor's.
 */
#ifndef MMLENS_COMPAT_FAULT_H
#define MMLENS_COMPAT_FAULT_H

#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <asm/trap_pf.h>
#include <asm/trapnr.h>

#include <linux/mmlens.h>

/*
 * Can a function be probed at its return, and are there tracepoints?
 * module/probe.c is not built without.
 */
#if defined(CONFIG_KRETPROBES) && defined(CONFIG_TRACEPOINTS)
#define MML_CAN_TRACE MMLENS_CAN_TRACE
#else
#define MML_CAN_TRACE 0
#endif

/*
 * Threads of no user code of their own: those that the kernel makes of a process
 * (io_uring, vhost) have registers of user mode, all of them 0.
 */
#ifdef PF_USER_WORKER	/* since 6.4 */
#define MML_PF_KERNEL (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER)
#else
#define MML_PF_KERNEL (PF_KTHREAD | PF_IO_WORKER)
#endif

/* They are members of an enum, which no #ifdef can ask for. */
#ifdef MML_HAVE_FAULT_UNSHARE	/* since 6.1 */
#define MML_FAULT_UNSHARE FAULT_FLAG_UNSHARE
#else
#define MML_FAULT_UNSHARE 0
#endif
#ifdef MML_HAVE_FAULT_VMA_LOCK	/* since 6.4 */
#define MML_FAULT_VMA_LOCK FAULT_FLAG_VMA_LOCK
#else
#define MML_FAULT_VMA_LOCK 0
#endif
#ifdef MML_HAVE_FAULT_COMPLETED	/* since 6.0 */
#define MML_FAULT_COMPLETED ((__force u32)VM_FAULT_COMPLETED)
#else
#define MML_FAULT_COMPLETED 0
#endif

/**
 * mml_access() - translate FAULT_FLAG_*
 * @flags: as given to handle_mm_fault()
 *
 * Return: MMLENS_ACCESS_* mask
 */
static inline u32 mml_access(u32 flags)
{
	u32 access = 0;

	access |= flags & FAULT_FLAG_WRITE ? MMLENS_ACCESS_WRITE : 0;
	access |= flags & FAULT_FLAG_INSTRUCTION ? MMLENS_ACCESS_EXEC : 0;
	access |= flags & FAULT_FLAG_USER ? MMLENS_ACCESS_USER : 0;
	access |= flags & FAULT_FLAG_REMOTE ? MMLENS_ACCESS_REMOTE : 0;
	access |= flags & FAULT_FLAG_TRIED ? MMLENS_ACCESS_TRIED : 0;
	access |= flags & MML_FAULT_UNSHARE ? MMLENS_ACCESS_UNSHARE : 0;
	access |= flags & MML_FAULT_VMA_LOCK ? MMLENS_ACCESS_VMA_LOCK : 0;
	return access;
}

/**
 * mml_fault() - translate VM_FAULT_*
 * @result: as returned by handle_mm_fault()
 *
 * Return: MMLENS_FAULT_* mask
 */
static inline u32 mml_fault(u32 result)
{
	const u32 poison = (__force u32)(VM_FAULT_HWPOISON |
					 VM_FAULT_HWPOISON_LARGE);
	u32 fault = 0;

	fault |= result & (__force u32)VM_FAULT_OOM ? MMLENS_FAULT_OOM : 0;
	fault |= result & (__force u32)VM_FAULT_SIGBUS ? MMLENS_FAULT_SIGBUS : 0;
	fault |= result & (__force u32)VM_FAULT_MAJOR ? MMLENS_FAULT_MAJOR : 0;
	fault |= result & poison ? MMLENS_FAULT_HWPOISON : 0;
	fault |= result & (__force u32)VM_FAULT_SIGSEGV ? MMLENS_FAULT_SIGSEGV : 0;
	fault |= result & (__force u32)VM_FAULT_RETRY ? MMLENS_FAULT_RETRY : 0;
	fault |= result & MML_FAULT_COMPLETED ? MMLENS_FAULT_COMPLETED : 0;
	fault |= result & (__force u32)VM_FAULT_NOPAGE ? MMLENS_FAULT_NOPAGE : 0;
	return fault;
}

/**
 * mml_in_page_fault() - is user code's access what a task is in the kernel for?
 * @task: the current one
 *
 * What thread_struct has of an exception outlives it, but in a system call orig_ax
 * is that one's number.
 */
static inline bool mml_in_page_fault(const struct task_struct *task)
{
	return task->thread.trap_nr == X86_TRAP_PF &&
	       (long)task_pt_regs(current)->orig_ax == -1;
}

/**
 * mml_page_fault_access() - what such an access was, by the processor's error code
 * @task: of which mml_in_page_fault() is true
 *
 * Return: FAULT_FLAG_*
 */
static inline u32 mml_page_fault_access(const struct task_struct *task)
{
	u32 flags = FAULT_FLAG_USER;

	flags |= task->thread.error_code & X86_PF_WRITE ? FAULT_FLAG_WRITE : 0;
	flags |= task->thread.error_code & X86_PF_INSTR ?
			FAULT_FLAG_INSTRUCTION : 0;
	return flags;
}

/**
 * mml_mm_owner() - the process that an address space belongs to
 * @mm: the mm; under rcu_read_lock()
 *
 * Return: its thread group, or NULL. Without CONFIG_MEMCG nobody knows: faults
 * that others cause are not seen then
 */
static inline struct pid *mml_mm_owner(struct mm_struct *mm)
{
#ifdef CONFIG_MEMCG
	struct task_struct *owner = rcu_dereference(mm->owner);

	return owner ? task_tgid(owner) : NULL;
#else
	return NULL;
#endif
}

#endif /* MMLENS_COMPAT_FAULT_H */
