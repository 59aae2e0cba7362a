/* SPDX-License-Identifier: GPL-2.0 */
/* mm_struct and VMAs: what differs between kernels. */
#ifndef MMLENS_COMPAT_VMA_H
#define MMLENS_COMPAT_VMA_H

#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/mm_types.h>
#include <linux/pkeys.h>
#include <linux/sched/coredump.h>
#ifdef MML_HAVE_EXEC_STATE	/* since 7.2 */
#include <linux/sched/exec_state.h>
#endif
#include <linux/sched/mm.h>

/**
 * mml_mmap_lock_owner() - who holds or last held the mmap lock
 * @mm: the mm
 *
 * Only to be compared with an earlier value. A PREEMPT_RT kernel does not
 * tell: the lock never seems to move there.
 */
static inline unsigned long mml_mmap_lock_owner(struct mm_struct *mm)
{
#ifdef CONFIG_PREEMPT_RT
	return 0;
#else
	/* without the bits in which those who wait say how, see rwsem.c */
	return atomic_long_read(&mm->mmap_lock.owner) & ~7UL;
#endif
}

/**
 * mml_find_vma_prev() - the last VMA that ends at or below an address
 * @mm: its mmap lock is held
 * @addr: an address in no VMA
 *
 * find_vma_prev() is not exported. 5.10 keeps VMAs in a list; since 6.1 they
 * are in a maple tree.
 *
 * Return: the VMA or NULL
 */
static inline struct vm_area_struct *
mml_find_vma_prev(struct mm_struct *mm, unsigned long addr)
{
#ifdef MML_HAVE_MAPLE_TREE	/* since 6.1 */
	MA_STATE(mas, &mm->mm_mt, addr, addr);

	return mas_prev(&mas, 0);
#else
	struct vm_area_struct *next = find_vma(mm, addr);
	struct rb_node *last;

	if (next)
		return next->vm_prev;
	last = rb_last(&mm->mm_rb);
	return last ? rb_entry(last, struct vm_area_struct, vm_rb) : NULL;
#endif
}

/**
 * mml_vma_depth() - what a lookup of an address costs
 * @mm: its mmap lock is held
 * @addr: any address
 *
 * A maple tree is as high for one address as for another. In the red-black
 * tree this goes the way of find_vma(), but for the four answers that each
 * thread remembers (vmacache).
 *
 * Return: nodes on the way down from the root
 */
static inline u32 mml_vma_depth(struct mm_struct *mm, unsigned long addr)
{
#ifdef MML_HAVE_MAPLE_TREE	/* since 6.1 */
	return mt_height(&mm->mm_mt);
#else
	struct rb_node *node = mm->mm_rb.rb_node;
	u32 depth = 0;

	while (node) {
		struct vm_area_struct *vma =
			rb_entry(node, struct vm_area_struct, vm_rb);

		depth++;
		if (vma->vm_end <= addr)
			node = node->rb_right;
		else if (vma->vm_start > addr)
			node = node->rb_left;
		else
			break;
	}
	return depth;
#endif
}

#ifdef MML_HAVE_MAPLE_TREE	/* since 6.1 */
#define MML_VMA_STORE MMLENS_VMA_STORE_MAPLE
#else
#define MML_VMA_STORE MMLENS_VMA_STORE_RBTREE
#endif

/**
 * mml_get_exe_file() - the executable of an mm, with a reference, or NULL
 * @mm: mm_count held
 */
static inline struct file *mml_get_exe_file(struct mm_struct *mm)
{
	struct file *file;

	rcu_read_lock();
#ifdef MML_HAVE_GET_FILE_RCU_SLOT	/* since 6.7 */
	file = get_file_rcu(&mm->exe_file);
#else
	file = rcu_dereference(mm->exe_file);
	if (file && !get_file_rcu(file))
		file = NULL;
#endif
	rcu_read_unlock();
	return file;
}

/**
 * mml_rss() - pages of one kind
 * @mm: its counters
 * @member: MM_FILEPAGES, MM_ANONPAGES, MM_SHMEMPAGES or MM_SWAPENTS
 *
 * Up to 6.1 threads keep up to 64 uncounted events each; since 6.2 the
 * counters are per CPU, and summing them is exact.
 */
static inline unsigned long mml_rss(struct mm_struct *mm, int member)
{
#ifdef MML_HAVE_RSS_PERCPU	/* since 6.2 */
	return percpu_counter_sum_positive(&mm->rss_stat[member]);
#else
	return get_mm_counter(mm, member);
#endif
}

#ifdef MML_HAVE_RSS_PERCPU	/* since 6.2 */
#define MML_CAN_RSS MMLENS_CAN_RSS
#else
#define MML_CAN_RSS 0
#endif

/* Who may look into a process: enum values of TASK_DUMPABLE_*, or SUID_DUMP_*. */
static inline unsigned int mml_dumpable(struct task_struct *task,
					const struct mm_struct *mm)
{
#ifdef MML_HAVE_EXEC_STATE	/* since 7.2: it moved from the mm to the task */
	const struct task_exec_state *state;
	unsigned int dumpable;

	rcu_read_lock();
	state = rcu_dereference(task->exec_state);
	dumpable = state ? READ_ONCE(state->dumpable) : TASK_DUMPABLE_OFF;
	rcu_read_unlock();
	return dumpable;
#else
	return READ_ONCE(mm->flags) & MMF_DUMPABLE_MASK;
#endif
}

/*
 * On a stacked file system the VMA's file is the lower one since 6.8, and the
 * one that the user knows is behind it (show_map_vma()).
 */
static inline const struct path *mml_file_path(struct file *file)
{
#ifdef MML_HAVE_FILE_USER_PATH	/* since 6.8 */
	return file_user_path(file);
#else
	return &file->f_path;
#endif
}

static inline const struct inode *mml_file_inode(struct file *file)
{
#ifdef MML_HAVE_FILE_USER_PATH	/* since 6.8 */
	return file_user_inode(file);
#else
	return file_inode(file);
#endif
}

/* These bits of vm_flags are a number, the protection key. */
#ifdef CONFIG_ARCH_HAS_PKEYS
#define MML_VM_PKEY ARCH_VM_PKEY_FLAGS
#else
#define MML_VM_PKEY 0
#endif

/* Does %ps know the names of variables? */
#define MML_HAVE_DATA_SYMBOLS IS_ENABLED(CONFIG_KALLSYMS_ALL)

/* The file system of memfd_secret(): no kernel without it has that number. */
#ifdef SECRETMEM_MAGIC		/* since 5.14 */
#define MML_SECRETMEM_MAGIC SECRETMEM_MAGIC
#else
#define MML_SECRETMEM_MAGIC 0x5345434d
#endif

/*
 * The flags to translate, as X(name of VM_ and MMLENS_VM_). What a kernel has
 * no flag for is left out, so that MMLENS_A_VM_FLAGS never claims it.
 */
#ifdef VM_UFFD_MINOR		/* since 5.13 */
#define MML_VM_UFFD_MINOR(X) X(UFFD_MINOR)
#else
#define MML_VM_UFFD_MINOR(X)
#endif
#ifdef VM_SHADOW_STACK		/* since 6.6 */
#define MML_VM_SHADOW_STACK(X) X(SHADOW_STACK)
#else
#define MML_VM_SHADOW_STACK(X)
#endif
#ifdef VM_SEALED		/* since 6.10 */
#define MML_VM_SEALED(X) X(SEALED)
#else
#define MML_VM_SEALED(X)
#endif
#ifdef VM_DROPPABLE		/* since 6.11 */
#define MML_VM_DROPPABLE(X) X(DROPPABLE)
#else
#define MML_VM_DROPPABLE(X)
#endif
#ifdef VM_MAYBE_GUARD		/* since 6.19 */
#define MML_VM_MAYBE_GUARD(X) X(MAYBE_GUARD)
#else
#define MML_VM_MAYBE_GUARD(X)
#endif
#ifdef VM_ALLOW_ANY_UNCACHED	/* since 6.9 */
#define MML_VM_ALLOW_ANY_UNCACHED(X) X(ALLOW_ANY_UNCACHED)
#else
#define MML_VM_ALLOW_ANY_UNCACHED(X)
#endif
#ifdef VM_DENYWRITE		/* until 5.14 */
#define MML_VM_DENYWRITE(X) X(DENYWRITE)
#else
#define MML_VM_DENYWRITE(X)
#endif

#define MML_VM_FLAGS(X)							\
	X(READ) X(WRITE) X(EXEC) X(SHARED)				\
	X(MAYREAD) X(MAYWRITE) X(MAYEXEC) X(MAYSHARE)			\
	X(GROWSDOWN) X(PFNMAP) X(LOCKED) X(IO)				\
	X(SEQ_READ) X(RAND_READ) X(DONTCOPY) X(DONTEXPAND)		\
	X(LOCKONFAULT) X(ACCOUNT) X(NORESERVE) X(HUGETLB)		\
	X(SYNC) X(ARCH_1) X(WIPEONFORK) X(DONTDUMP)			\
	X(SOFTDIRTY) X(MIXEDMAP) X(HUGEPAGE) X(NOHUGEPAGE)		\
	X(MERGEABLE) X(UFFD_MISSING) X(UFFD_WP)				\
	MML_VM_UFFD_MINOR(X) MML_VM_SHADOW_STACK(X)			\
	MML_VM_SEALED(X) MML_VM_DROPPABLE(X)				\
	MML_VM_MAYBE_GUARD(X) MML_VM_ALLOW_ANY_UNCACHED(X)		\
	MML_VM_DENYWRITE(X)

#endif /* MMLENS_COMPAT_VMA_H */
