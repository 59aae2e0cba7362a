// SPDX-License-Identifier: GPL-2.0
/*
 * Rings without locks.
 *
 * Each CPU has a ring that only it fills: a probe's handler runs with
 * preemption off, and no page fault is handled in an interrupt. One reader
 * empties all of them. Both counters only grow; a slot belongs to the CPU until
 * head has passed it and to the reader until tail has, so that one release and
 * one acquire on each side are all the order there is to keep. What finds its
 * ring full is counted and gone.
 */
#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include "ring.h"

/* For all rings of a trace together, unless that leaves a CPU less than the minimum. */
#define RINGS_BYTES	(16UL << 20)

#define RING_MIN	256
#define RING_MAX	65536

static u32 ring_size(void)
{
	unsigned long each = RINGS_BYTES / num_possible_cpus() /
			     sizeof(struct mmlens_fault);

	return rounddown_pow_of_two(clamp(each, (unsigned long)RING_MIN,
					  (unsigned long)RING_MAX));
}

/**
 * mmlens_rings_init() - allocate, for every CPU that there can be
 * @rings: to be set up
 *
 * Return: 0 or -ENOMEM; to be given to mmlens_rings_free() in both cases
 */
int mmlens_rings_init(struct mmlens_rings *rings)
{
	unsigned int cpu;

	rings->size = ring_size();
	rings->ring = kvcalloc(nr_cpu_ids, sizeof(*rings->ring),
			       GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!rings->ring)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		rings->ring[cpu] = kvzalloc_node(struct_size(rings->ring[cpu],
							     faults, rings->size),
						 GFP_KERNEL_ACCOUNT |
						 __GFP_NOWARN,
						 cpu_to_node(cpu));
		if (!rings->ring[cpu])
			return -ENOMEM;
	}
	return 0;
}

/**
 * mmlens_rings_free() - undo mmlens_rings_init()
 * @rings: that no CPU fills any more; may be all zeroes
 */
void mmlens_rings_free(struct mmlens_rings *rings)
{
	unsigned int cpu;

	if (rings->ring)
		for_each_possible_cpu(cpu)
			kvfree(rings->ring[cpu]);
	kvfree(rings->ring);
	rings->ring = NULL;
}

/**
 * mmlens_ring_here() - this CPU's ring
 * @rings: as set up; preemption is off
 */
struct mmlens_ring *mmlens_ring_here(const struct mmlens_rings *rings)
{
	return rings->ring[smp_processor_id()];
}

/**
 * mmlens_ring_put() - put a fault into this CPU's ring, or count it as lost
 * @rings: as set up; preemption is off
 * @fault: is copied
 */
void mmlens_ring_put(const struct mmlens_rings *rings,
		     const struct mmlens_fault *fault)
{
	struct mmlens_ring *ring = mmlens_ring_here(rings);
	u32 head = ring->head;

	/* the reader must be done with a slot before it is written to */
	if (head - smp_load_acquire(&ring->tail) == rings->size) {
		WRITE_ONCE(ring->lost, ring->lost + 1);
		return;
	}
	ring->faults[head & (rings->size - 1)] = *fault;
	/* the slot is written before it is the reader's */
	smp_store_release(&ring->head, head + 1);
}

static const struct mmlens_fault *ring_first(const struct mmlens_rings *rings,
					     struct mmlens_ring *ring)
{
	u32 tail = ring->tail;

	/* pairs with mmlens_ring_put(): what head has passed is written */
	if (smp_load_acquire(&ring->head) == tail)
		return NULL;
	return &ring->faults[tail & (rings->size - 1)];
}

static bool over_before(const struct mmlens_fault *a,
			const struct mmlens_fault *b)
{
	return (s64)(a->time + a->latency - b->time - b->latency) < 0;
}

/**
 * mmlens_rings_take() - take out the fault that was over first
 * @rings: as set up; there is one reader at a time
 * @fault: result
 *
 * Return: false when all rings are empty
 */
bool mmlens_rings_take(const struct mmlens_rings *rings,
		       struct mmlens_fault *fault)
{
	const struct mmlens_fault *first = NULL, *candidate;
	struct mmlens_ring *from = NULL;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		candidate = ring_first(rings, rings->ring[cpu]);
		if (candidate && (!first || over_before(candidate, first))) {
			first = candidate;
			from = rings->ring[cpu];
		}
	}
	if (!first)
		return false;
	*fault = *first;
	/* the slot is read before it is the CPU's again */
	smp_store_release(&from->tail, from->tail + 1);
	return true;
}

/**
 * mmlens_rings_lost() - how many faults found their ring full
 * @rings: as set up
 */
u64 mmlens_rings_lost(const struct mmlens_rings *rings)
{
	unsigned int cpu;
	u64 lost = 0;

	for_each_possible_cpu(cpu)
		lost += READ_ONCE(rings->ring[cpu]->lost);
	return lost;
}

/**
 * mmlens_rings_unfinished() - how many faults have begun and are not over
 * @rings: as set up
 *
 * A fault may end on another CPU than it began on. Ends are counted first:
 * meanwhile others may begin, so that the answer is rather too large.
 */
u64 mmlens_rings_unfinished(const struct mmlens_rings *rings)
{
	u64 begun = 0, ended = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		ended += READ_ONCE(rings->ring[cpu]->ended);
	/* whatever has ended had begun */
	smp_rmb();
	for_each_possible_cpu(cpu)
		begun += READ_ONCE(rings->ring[cpu]->begun);
	return begun - ended;
}
