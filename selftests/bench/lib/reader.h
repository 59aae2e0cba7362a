/* SPDX-License-Identifier: GPL-2.0 */
/* Ours and theirs: readers of a target, as runners of a race. */
#ifndef SELFTESTS_BENCH_READER_H
#define SELFTESTS_BENCH_READER_H

#include "bench/lib/process.h"
#include "lib/mmlens.h"

/* What a reader has seen; equal for all that read all. */
struct bench_seen {
	uint64_t pages, frames, mapcounts;	/* counts and sums */
	uint64_t pieces;	/* reads or extents that it took */
};

struct mml_client *bench_client(void);	/* opened once */

/* libmmlens: the extents of a range, joined over messages. */
struct bench_reading {
	const struct bench_target *target;
	uint64_t columns;	/* 0: the default */
	struct bench_seen seen;
	struct mml_dump dump;
};

void bench_read_pages(void *reading);

/* libmmlens: counted columns of all areas. */
struct bench_counting {
	const struct bench_target *target;
	uint64_t columns;
	uint64_t rss;		/* result, in pages */
};

void bench_count_areas(void *counting);
void bench_sum_areas(void *counting);	/* the kernel adds them up */

/* A file of /proc/PID, read whole with a large buffer. */
struct bench_file {
	const struct bench_target *target;
	const char *name;
	uint64_t bytes;
};

void bench_read_file(void *file);

/* The target's pagemap in large reads, into the same memory again and again. */
void bench_read_pagemap(void *target);

/* ioctl(PAGEMAP_SCAN) of the target's area, of 6.7 and later. */
bool bench_can_scan(void);
void bench_scan(void *target);

#endif /* SELFTESTS_BENCH_READER_H */
