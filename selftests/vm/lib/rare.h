/* SPDX-License-Identifier: GPL-2.0 */
/* Situations of memory that need more than a process: see memory.h. */
#ifndef SELFTESTS_RARE_H
#define SELFTESTS_RARE_H

#include <stdbool.h>

/*
 * A device-mapper device, by name, and where the ext4 without a journal that is on
 * it is mounted; or NULL.
 */
extern const char *held_device, *held_mount;

/*
 * A page of a file, mapped to be read and again to be written, and instead of which
 * there are migration entries: from the start, which fails as the functions below
 * do, to the end.
 */
struct moving {
	char *read, *write;
};

bool start_moving(struct moving *moving);
bool end_moving(void);

char *hinted(void);		/* NUMA balancing waits for a touch of it */
char *being_moved(void);	/* until somebody has waited for that */
char *of_vdso(void);		/* not touched yet */
char *at_device(void);		/* of test_hmm's */
bool run_on(int cpu);

/*
 * Forked and alone again, and not on the LRU list yet: the caller is on processor 0
 * from then on, and who wants that to last takes no page there.
 */
char *in_batch(void);
bool stays_in_batch(const char *page);

#endif /* SELFTESTS_RARE_H */
