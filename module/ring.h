/* SPDX-License-Identifier: GPL-2.0 */
/* Rings: page faults on their way from where they happen to a reader. */
#ifndef MMLENS_RING_H
#define MMLENS_RING_H

#include <linux/cache.h>
#include <linux/types.h>

/**
 * struct mmlens_fault - a page fault that is over
 * @time: when it began, ktime_get_mono_fast_ns()
 * @latency: ns that it took
 * @addr: what was accessed
 * @ip: of the user code, or MMLENS_UNKNOWN
 * @vm_start: of its VMA
 * @vm_flags: likewise, the kernel's
 * @old: the entry before, raw
 * @new: the entry after, raw
 * @tid: who caused it, as the reader numbers tasks; or MMLENS_UNKNOWN32
 * @tgid: its thread group
 * @access: FAULT_FLAG_*
 * @result: VM_FAULT_*
 * @kind: enum mmlens_vma_kind
 * @old_level: enum mmlens_level of @old; 0: it was not looked at
 * @new_level: likewise
 * @segv: si_code of the SIGSEGV that it ended in before handle_mm_fault() could
 *	be called: no VMA, entry or result is known then. Else 0
 */
struct mmlens_fault {
	u64 time;
	u64 latency;
	u64 addr;
	u64 ip;
	u64 vm_start;
	unsigned long vm_flags;
	u64 old;
	u64 new;
	u32 tid;
	u32 tgid;
	u32 access;
	u32 result;
	u8 kind;
	u8 old_level;
	u8 new_level;
	u8 segv;
};

/**
 * struct mmlens_ring - what one CPU has to tell
 * @head: faults put in so far
 * @lost: faults for which there was no room
 * @begun: faults that began on this CPU
 * @ended: faults that ended on it
 * @tail: faults taken out so far
 * @faults: as many as struct mmlens_rings says
 */
struct mmlens_ring {
	/* written by the CPU */
	u32 head;
	u64 lost;
	u64 begun;
	u64 ended;
	/* written by the reader */
	u32 tail ____cacheline_aligned;
	struct mmlens_fault faults[] ____cacheline_aligned;
};

/**
 * struct mmlens_rings - a ring for each CPU, and one reader
 * @ring: by CPU; NULL for those that cannot be
 * @size: faults in each ring, a power of two
 */
struct mmlens_rings {
	struct mmlens_ring **ring;
	u32 size;
};

int mmlens_rings_init(struct mmlens_rings *rings);
void mmlens_rings_free(struct mmlens_rings *rings);

/* In the probe's handlers. */
struct mmlens_ring *mmlens_ring_here(const struct mmlens_rings *rings);
void mmlens_ring_put(const struct mmlens_rings *rings,
		     const struct mmlens_fault *fault);

/* In the reader. */
bool mmlens_rings_take(const struct mmlens_rings *rings,
		       struct mmlens_fault *fault);
u64 mmlens_rings_lost(const struct mmlens_rings *rings);
u64 mmlens_rings_unfinished(const struct mmlens_rings *rings);

#endif /* MMLENS_RING_H */
