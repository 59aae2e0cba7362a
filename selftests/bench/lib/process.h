/* SPDX-License-Identifier: GPL-2.0 */
/* Other programs: those that benches run, and targets, which hold still. */
#ifndef SELFTESTS_BENCH_PROCESS_H
#define SELFTESTS_BENCH_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/*
 * Runs a program to its end, with its output thrown away; build/ is searched
 * first. Returns how much memory it had at most, in KiB. Ends the bench if it
 * fails; that an answer was torn (4) is no failure.
 */
long bench_spawn(char *const argv[]);

struct bench_target {
	pid_t pid;
	FILE *answers;		/* its stdout */
	int orders;		/* its stdin: targets/ end when it is closed */
	uint64_t start, end, pages;	/* of the area it is about */
};

/* A child that runs @be, which sets up an area and ends with bench_ready(). */
void bench_target(struct bench_target *t, void (*be)(const void *arg), const void *arg);
_Noreturn void bench_ready(const void *start, uint64_t pages);

/* The program targets/NAME: it says ANON and ANON_PAGES, or BASE and COUNT. */
void bench_target_program(struct bench_target *t, const char *name, const char *argument);
const char *bench_size(unsigned int mib);	/* "512M"; until the next call */
void bench_target_end(struct bench_target *t);

const char *bench_build(void);		/* the build directory */
bool bench_have(const char *name);	/* is build/selftests/NAME there? */

#endif /* SELFTESTS_BENCH_PROCESS_H */
