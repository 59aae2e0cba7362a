/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The storm: processes that do to their memory whatever a kernel lets them, and
 * others that read them with mmlens all the while.
 *
 * An actor is a process that does one thing again and again, and knows what its
 * memory must hold; a reader is one that asks. Both work until the storm is over
 * and then exit with 0, or with 1 when something was not as it had to be.
 */
#ifndef SELFTESTS_STORM_H
#define SELFTESTS_STORM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/mmlens.h>

#define PAGE	4096UL
#define HUGE	(2UL << 20)
#define SLOTS	64
#define ERRNOS	136

/* One process of the storm, as all of them see it. */
struct slot {
	char name[24];
	pid_t pid;
	atomic_ulong done;	/* operations, or requests */
	char why[160];		/* it skips, or what was wrong */

	/* of a reader: its last request, whom that is about, and messages by now */
	char request[48];
	pid_t subject;
	atomic_ulong messages;
};

struct storm {
	atomic_bool over;
	unsigned int seed;
	unsigned int slots;
	struct slot slot[SLOTS];

	/* of the readers together */
	atomic_ulong asked[MMLENS_CMD_MAX + 1];
	atomic_ulong dumps[MMLENS_CMD_MAX + 1];
	atomic_ulong ended[ERRNOS];	/* by errno; 0: well */
	atomic_ulong messages, bytes, torn, reasons[3];
	atomic_ulong tool[8];		/* by exit status */
};

extern struct storm *storm;	/* shared memory */
extern struct slot *self;
extern char storm_directory[];	/* files may be made there */

struct actor {
	const char *name;
	const char *(*prepare)(void);	/* NULL, or what is lacking here */
	void (*once)(void);
	void (*check)(void);
};

extern const struct actor *const storm_actors[];	/* ends with NULL */
extern const struct actor field_actors[], odd_actors[], process_actors[];

/* Readers: for ever, until the storm is over. */
void storm_read(void);
void storm_run_tool(void);

/* A number below @n, other for each process. */
unsigned int storm_random(unsigned int n);
void storm_seed(unsigned int seed);

/* Ends this process: something is not as it must be. */
__attribute__((format(printf, 1, 2), noreturn))
void storm_wrong(const char *fmt, ...);

/* "what is lacking: errno" */
const char *storm_lacks(const char *what);

/* Forks; the child dies with us, and must _exit(). */
pid_t storm_fork(void);
/* Waits for it; it must have exited with 0 unless @killed, when SIGKILL is as good. */
void storm_wait(pid_t pid, bool killed);
/* false if the file cannot be written */
bool storm_put(const char *file, const char *text);

#endif /* SELFTESTS_STORM_H */
