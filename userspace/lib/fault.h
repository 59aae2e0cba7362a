/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an access would do: the decisions of a page fault, taken one after the
 * other from facts. A pure function, as the judgement of a write is
 * (lib/judge.h), so that every leaf of the tree can be tested from a table.
 */
#ifndef MML_FAULT_H
#define MML_FAULT_H

#include <signal.h>

#include "lib/mmlens.h"
#include "lib/names.h"

/* Not in every C library's headers. */
#ifndef SEGV_PKUERR
#define SEGV_PKUERR	4
#endif
#ifndef BUS_MCEERR_AR
#define BUS_MCEERR_AR	4
#endif

enum mml_access {
	MML_ACCESS_READ,
	MML_ACCESS_WRITE,
	MML_ACCESS_EXEC,
};

/* The leaves of the tree. */
enum mml_fault_kind {
	MML_FAULT_NONE,		/* the entry allows it */
	MML_FAULT_ZERO_PAGE,	/* the shared page of zeroes is mapped */
	MML_FAULT_ZEROED,	/* a fresh page of zeroes */
	MML_FAULT_FILE_PAGE,	/* the page of a file, or of shmem, is mapped */
	MML_FAULT_FILE_COPY,	/* a copy of it, for a private area */
	MML_FAULT_SHARED_WRITE,	/* the same page of a shared area may be written now */
	MML_FAULT_HUGETLB,	/* a page from the pool */
	MML_FAULT_SWAP_IN,
	MML_FAULT_WAIT,		/* until a migration is over; then anew */
	MML_FAULT_USERFAULTFD,	/* whoever handles it decides */
	MML_FAULT_NUMA,		/* the entry is opened, the page perhaps moved */
	MML_FAULT_COPY,		/* copy-on-write takes a new page */
	MML_FAULT_REUSE,	/* copy-on-write finds that nobody else has the page */
	MML_FAULT_DEVICE,	/* a driver decides */
	MML_FAULT_SIGNAL,
	MML_FAULT_CANNOT_TELL,
};

/* How it is counted: getrusage()'s ru_minflt and ru_majflt. */
enum mml_fault_count {
	MML_COUNT_NONE,
	MML_COUNT_MINOR,
	MML_COUNT_MAJOR,
	MML_COUNT_EITHER,	/* major if it is read from a device, or tried twice */
};

/* What becomes of the frame behind the address. */
enum mml_fault_frame {
	MML_FRAME_SAME,		/* also where there is none, before and after */
	MML_FRAME_NEW,
	MML_FRAME_UNKNOWN,
};

enum mml_tristate {
	MML_UNKNOWN,
	MML_NO,
	MML_YES,
};

/**
 * struct mml_fault_facts - what the decisions are taken from
 * @walk: the answer for the address; NULL if it is not in the user half
 * @addr: the address
 * @access: what is to be done there
 * @info: what this kernel can have
 * @stack_limit: the target's RLIMIT_STACK in bytes; MMLENS_UNKNOWN: not known,
 *	or no limit
 * @huge: would the system's setting give the area huge pages?
 * @huge_zero: does it use a huge page of zeroes?
 * @cached: is the file's page in the page cache?
 */
struct mml_fault_facts {
	const struct mml_walk *walk;
	uint64_t addr;
	enum mml_access access;
	const struct mml_info *info;
	uint64_t stack_limit;
	enum mml_tristate huge;
	enum mml_tristate huge_zero;
	enum mml_tristate cached;
};

#define MML_FAULT_STEPS 10

/**
 * struct mml_fault_step - one decision
 * @question: what is asked
 * @fact: what was measured
 * @answer: what that decides
 * @otherwise: what another answer would have led to, or NULL
 */
struct mml_fault_step {
	const char *question;
	char fact[128];
	const char *answer;
	const char *otherwise;
};

/**
 * struct mml_fault - what the access would do
 * @kind: the leaf that was reached
 * @verdict: it in words
 * @signal: SIGSEGV, SIGBUS or 0
 * @code: the signal's si_code
 * @count: minor or major fault
 * @frame: what becomes of the frame
 * @predicted: NULL: certain. Else why it may come out differently
 * @steps: the decisions, in the kernel's order
 * @nr_steps: how many
 */
struct mml_fault {
	enum mml_fault_kind kind;
	const char *verdict;
	int signal;
	int code;
	enum mml_fault_count count;
	enum mml_fault_frame frame;
	const char *predicted;
	struct mml_fault_step steps[MML_FAULT_STEPS];
	unsigned int nr_steps;
};

extern const struct mml_name mml_access_names[];
extern const struct mml_name mml_fault_names[];
extern const struct mml_name mml_count_names[];
extern const struct mml_name mml_frame_names[];

/* "SEGV_MAPERR" and its like; "" for another signal. */
const char *mml_fault_code(int signal, int code);

/* Takes the decisions. */
void mml_fault(const struct mml_fault_facts *facts, struct mml_fault *fault);

/*
 * Collects what the system knows of itself and of the target: the limit of its
 * stack, the setting for huge pages, whether a file's page is cached. @facts has
 * all the rest. Nothing is touched for it; what cannot be learnt stays unknown.
 */
void mml_fault_collect(struct mml_fault_facts *facts);

#endif /* MML_FAULT_H */
