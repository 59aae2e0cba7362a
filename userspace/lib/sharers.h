/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who else uses an address space: the threads of the process, and processes
 * that have it too (vfork() children that have not called exec, and what
 * clone(CLONE_VM) made). The kernel keeps no list of them: /proc is searched,
 * and each process asked for the id of its address space.
 */
#ifndef MML_SHARERS_H
#define MML_SHARERS_H

#include "lib/mmlens.h"

struct mml_sharer {
	uint32_t pid;		/* a thread group */
	char comm[64];
};

struct mml_sharers {
	bool threads_known;	/* false: this /proc does not show the process */
	uint32_t *threads;	/* IDs, the group's own among them */
	size_t nr_threads;
	struct mml_sharer *v;	/* other processes, in the order of /proc */
	size_t n;
};

/* Free with mml_sharers_free(), after a failure too. */
int mml_sharers(struct mml_client *client, const struct mml_mm *mm,
		struct mml_sharers *sharers, struct mml_error *err);
void mml_sharers_free(struct mml_sharers *sharers);

#endif /* MML_SHARERS_H */
