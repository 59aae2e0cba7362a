/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the benches share: contestants that take turns, medians, and a table of
 * them. Text goes to stdout; where BENCH_ROWS names a file, the same is added
 * to it, as one JSON object a line. See scripts/bench, which runs them all.
 */
#ifndef SELFTESTS_BENCH_H
#define SELFTESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_MAX_ROUNDS 99

struct bench_options {
	unsigned int mib;	/* of memory to be looked at */
	unsigned int rounds;
};

extern struct bench_options bench;
extern size_t bench_page;	/* bytes */

/* Takes --size MiB and --rounds N; ends the program at anything else. */
void bench_begin(int argc, char **argv);

__attribute__((format(printf, 1, 2), noreturn))
void bench_die(const char *fmt, ...);
void *bench_room(size_t n, size_t size);	/* zeroed */
double bench_now_ns(void);
double bench_spent_ns(void);	/* by us and ended children, as races take it */

/* What ours is to be, beside a peer's. */
enum bench_wanted {
	BENCH_TOLD,		/* nothing: it is only told */
	BENCH_TIMES_FASTER,	/* theirs / ours is at least ... */
	BENCH_TIMES_AS_LONG,	/* ours / theirs is at most ... */
	BENCH_TIMES_AS_MUCH,	/* of what is good: ours / theirs is at least ... */
};

struct bench_runner {
	const char *name;
	void (*run)(void *arg);	/* all of it once; bench_die() if it fails */
	void *arg;
	enum bench_wanted wanted;	/* of ours, beside this one */
	double limit;
	unsigned int rounds;	/* no more of these: it takes long; 0: all */
};

/*
 * All run in turns, so that whatever else the machine does hits all of them;
 * the round before the first warms them up, and is not told. The first runner
 * is ours, the others are its peers. The medians of their times are told.
 */
void bench_race(const char *job, const struct bench_runner *runners, unsigned int n);

/* For what is no race: values, told in the order job, ours, its peers. */
struct bench_samples {
	const char *name;
	const char *unit;	/* "ns": told as ms. Else as it is */
	unsigned int n;
	double v[BENCH_MAX_ROUNDS];
};

void bench_add(struct bench_samples *samples, double value);
double bench_median(struct bench_samples *samples);

__attribute__((format(printf, 1, 2)))
void bench_job(const char *fmt, ...);
void bench_ours(struct bench_samples *samples);
void bench_peer(struct bench_samples *samples, enum bench_wanted wanted, double limit);

/* A wanted ratio that is not one to a peer: of what is ours, to itself. */
void bench_ratio(const char *what, double ratio, enum bench_wanted wanted, double limit);

/* A remark below the table's rows, in text only. */
__attribute__((format(printf, 1, 2)))
void bench_note(const char *fmt, ...);

#endif /* SELFTESTS_BENCH_H */
