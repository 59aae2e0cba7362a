/* SPDX-License-Identifier: GPL-2.0 */
/* The probe on handle_mm_fault(), and those who want to know. */
#ifndef MMLENS_PROBE_H
#define MMLENS_PROBE_H

#include <linux/netlink.h>
#include <linux/pid_namespace.h>

#include "groups.h"
#include "ring.h"

/**
 * struct mmlens_tracer - one who wants to know
 * @rings: where faults are put for him
 * @groups: whose faults
 * @ns: the PID namespace in which he numbers tasks
 * @follow: what those fork is added to @groups
 * @born: how many tracers have come, this one counted
 * @slot: his place among the tracers
 * @missed: faults that the kernel let pass: the count at the beginning and, once
 *	he is removed, the number
 */
struct mmlens_tracer {
	struct mmlens_rings rings;
	struct mmlens_groups groups;
	struct pid_namespace *ns;
	bool follow;
	u64 born;
	unsigned int slot;
	u64 missed;
};

int mmlens_probe_add(struct mmlens_tracer *tracer,
		     struct netlink_ext_ack *extack);
void mmlens_probe_remove(struct mmlens_tracer *tracer);
u64 mmlens_probe_missed(const struct mmlens_tracer *tracer);

#endif /* MMLENS_PROBE_H */
