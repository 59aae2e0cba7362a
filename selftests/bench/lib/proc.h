/* SPDX-License-Identifier: GPL-2.0 */
/* Frame, flags and mapcount of pages by /proc's own means, as well as can be. */
#ifndef SELFTESTS_BENCH_PROC_H
#define SELFTESTS_BENCH_PROC_H

#include "bench/lib/reader.h"

struct bench_proc {
	const struct bench_target *target;
	int pagemap, flags, counts;
	uint64_t *entries;		/* all of the target's */
	uint64_t *words[2];
	uint64_t *sorted, *spare;
	struct bench_seen seen;
};

void bench_proc_open(struct bench_proc *p, const struct bench_target *t);
void bench_proc_close(struct bench_proc *p);

/* Runners: large reads, frames that follow each other read at once ... */
void bench_proc_coalesced(void *proc);
/* ... and after sorting the frames, gaps read over. */
void bench_proc_sorted(void *proc);

#endif /* SELFTESTS_BENCH_PROC_H */
