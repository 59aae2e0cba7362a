/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page faults as they happen: TRACE_START and TRACE_STOP, and what a fault was.
 *
 * A trace is a dump without an end of its own: the kernel makes a message
 * whenever one is read, and an empty one when nothing has happened. So reading
 * sets the pace here: at once while faults come, ever more slowly up to 20 ms
 * while none do.
 */
#ifndef MML_TRACE_H
#define MML_TRACE_H

#include "lib/decode.h"
#include "lib/mmlens.h"
#include "lib/names.h"

/* A page's entry before or after; state MMLENS_UNKNOWN32: nobody looked. */
struct mml_side {
	uint32_t state;		/* enum mmlens_state */
	uint32_t level;		/* enum mmlens_level */
	uint64_t frame;
	uint64_t swap;
	uint64_t entry;		/* MMLENS_ENTRY_* */
};

struct mml_traced {
	uint64_t time;		/* ns of CLOCK_MONOTONIC, when it began */
	uint64_t latency;	/* ns; MMLENS_UNKNOWN: it was not handled at all */
	uint64_t addr;
	uint64_t ip;		/* MMLENS_UNKNOWN: it was not the process's own code */
	uint64_t vma_start;
	uint64_t vma_flags;	/* MMLENS_VM_* */
	uint32_t vma_kind;	/* enum mmlens_vma_kind; MMLENS_UNKNOWN32: not known */
	uint32_t tid;		/* MMLENS_UNKNOWN32: of another PID namespace */
	uint32_t tgid;
	uint32_t access;	/* MMLENS_ACCESS_* */
	uint32_t result;	/* MMLENS_FAULT_* */
	struct mml_side old, new;
};

/* How a trace went, kept up to date while it does. */
struct mml_trace {
	struct mml_envelope envelope;
	bool armed;		/* the probe is set: nothing is missed from here on */
	bool ended;		/* a trailer came */
	enum mmlens_reason reason;
	uint64_t records;	/* faults handed over */
	uint64_t lost;		/* found the kernel's buffer full */
	uint64_t missed;	/* not seen by the probe; of whatever process */
	uint64_t unfinished;	/* begun, and not over */
	uint64_t unfollowed;	/* forked processes that there was no room for */
	uint64_t messages;
	uint64_t received;	/* bytes of replies */
};

struct mml_trace_query {
	uint32_t pid;
	bool follow;		/* what it forks, too */
	/* Called for each fault; anything but 0 breaks off. */
	int (*fault)(const struct mml_traced *fault, void *arg);
	/*
	 * Called after each message. True: end the trace. What had happened by
	 * then is still handed over.
	 */
	bool (*enough)(void *arg);
	void *arg;
};

/* Returns 0 when the trace has come to its end; @trace is valid in any case. */
int mml_trace(struct mml_client *client, const struct mml_trace_query *query,
	      struct mml_trace *trace, struct mml_error *err);

/* Appends nothing, trusts nothing: one message of a trace. */
int mml_decode_trace(const struct nlmsghdr *nlh, struct mml_trace *trace,
		     int (*fault)(const struct mml_traced *fault, void *arg),
		     void *arg);

/* What a fault was. */
enum mml_what {
	MML_WHAT_DEMAND_ZERO,	/* a new page of zeroes */
	MML_WHAT_STACK_GROWTH,	/* the same, where a stack has just grown */
	MML_WHAT_ZERO_PAGE,	/* read: the shared page of zeroes */
	MML_WHAT_FILE_MAP,	/* a page of a file or of shared memory was mapped */
	MML_WHAT_MAP,		/* of anything else: hugetlb, a device */
	MML_WHAT_FILE_COPY,	/* private write to a file's page that was not mapped */
	MML_WHAT_COW_COPY,	/* write to a mapped page that must not change: copied */
	MML_WHAT_COW_ZERO,	/* the same, and it was the page of zeroes */
	MML_WHAT_COW_REUSE,	/* the same, and nobody else had it: made writable */
	MML_WHAT_UNSHARE,	/* copied for a reader who pins it */
	MML_WHAT_WRITE_NOTIFY,	/* shared page, first write: made writable */
	MML_WHAT_SWAP_IN,
	MML_WHAT_MIGRATION,	/* the page was being moved: waited */
	MML_WHAT_NUMA,		/* NUMA balancing's sample */
	MML_WHAT_SPURIOUS,	/* nothing was left to do */
	MML_WHAT_RETRY,	/* to be tried again: nothing was done yet */
	MML_WHAT_SIGNAL,	/* SIGSEGV, SIGBUS or out of memory */
	MML_WHAT_MAPERR,	/* SIGSEGV: no area */
	MML_WHAT_ACCERR,	/* SIGSEGV: the area forbids it */
	MML_WHAT_PKUERR,	/* SIGSEGV: its protection key does */
	MML_WHAT_REMOTE,	/* by another process: the entry was not looked at */
	MML_WHAT_OTHER,
	MML_WHAT_MAX = MML_WHAT_OTHER,
};

extern const struct mml_name mml_what_names[];

enum mml_what mml_what(const struct mml_traced *fault);

/* Did it put a copy in the place of a page that others may have? */
bool mml_what_copied(enum mml_what event);

/* Which of getrusage()'s counts it moved, of the task that caused it. */
enum mml_counted {
	MML_COUNTED_NOT,	/* to be tried again, or it failed */
	MML_COUNTED_MINOR,
	MML_COUNTED_MAJOR,
};

extern const struct mml_name mml_counted_names[];

enum mml_counted mml_what_counted(const struct mml_traced *fault);

#endif /* MML_TRACE_H */
