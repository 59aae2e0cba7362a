// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "bench/lib/proc.h"

#define BATCH		(128 * 1024)	/* words: 1 MiB a read */
#define GAP		32		/* frames worth reading over */
#define PFN_MASK	((1ULL << 55) - 1)

void bench_proc_open(struct bench_proc *p, const struct bench_target *t)
{
	char path[64];

	*p = (struct bench_proc) { .target = t };
	snprintf(path, sizeof(path), "/proc/%d/pagemap", t->pid);
	p->pagemap = open(path, O_RDONLY | O_CLOEXEC);
	p->flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	p->counts = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	if (p->pagemap < 0 || p->flags < 0 || p->counts < 0)
		bench_die("/proc: %s", strerror(errno));
	p->entries = bench_room(t->pages, sizeof(uint64_t));
	p->sorted = bench_room(t->pages, sizeof(uint64_t));
	p->spare = bench_room(t->pages, sizeof(uint64_t));
	p->words[0] = bench_room(BATCH, sizeof(uint64_t));
	p->words[1] = bench_room(BATCH, sizeof(uint64_t));
}

void bench_proc_close(struct bench_proc *p)
{
	close(p->pagemap);
	close(p->flags);
	close(p->counts);
	free(p->entries);
	free(p->sorted);
	free(p->spare);
	free(p->words[0]);
	free(p->words[1]);
}

static void read_words(int fd, uint64_t *words, uint64_t first, uint64_t n)
{
	ssize_t size = n * sizeof(*words);

	if (pread(fd, words, size, first * sizeof(*words)) != size)
		bench_die("/proc: short read at %#" PRIx64, first);
}

static void read_pagemap(struct bench_proc *p)
{
	const struct bench_target *t = p->target;
	uint64_t page = t->start / bench_page;

	for (uint64_t i = 0, n; i < t->pages; i += n) {
		n = t->pages - i < BATCH ? t->pages - i : BATCH;
		read_words(p->pagemap, p->entries + i, page + i, n);
	}
}

/* Both files for the @n frames from @frame on. */
static void read_frames(struct bench_proc *p, uint64_t frame, uint64_t n)
{
	read_words(p->flags, p->words[0], frame, n);
	read_words(p->counts, p->words[1], frame, n);
	p->seen.pieces++;
}

static void take_frame(struct bench_proc *p, uint64_t frame, uint64_t at)
{
	/* the flags are looked at, too: a compiler cannot leave them out */
	*(volatile uint64_t *)&p->words[0][at];
	p->seen.pages++;
	p->seen.frames += frame;
	p->seen.mapcounts += p->words[1][at];
}

/* Large reads; frames that follow each other are read at once. */
void bench_proc_coalesced(void *arg)
{
	struct bench_proc *p = arg;
	const uint64_t pages = p->target->pages;

	p->seen = (struct bench_seen) {};
	read_pagemap(p);
	for (uint64_t i = 0, n; i < pages; i += n) {
		uint64_t frame = p->entries[i] & PFN_MASK;

		for (n = 1; n < BATCH && i + n < pages &&
		     (p->entries[i + n] & PFN_MASK) == frame + n; n++)
			;
		read_frames(p, frame, n);
		for (uint64_t j = 0; j < n; j++)
			take_frame(p, frame + j, j);
	}
}

/* By 11 bits a pass: frame numbers have 33 at most on what this runs on. */
static void sort_frames(struct bench_proc *p, uint64_t n)
{
	for (unsigned int shift = 0; shift < 33; shift += 11) {
		uint64_t *swap = p->sorted;
		uint32_t place[2049] = {};

		for (uint64_t i = 0; i < n; i++)
			place[(p->sorted[i] >> shift & 2047) + 1]++;
		for (int i = 0; i < 2048; i++)
			place[i + 1] += place[i];
		for (uint64_t i = 0; i < n; i++)
			p->spare[place[p->sorted[i] >> shift & 2047]++] = p->sorted[i];
		p->sorted = p->spare;
		p->spare = swap;
	}
}

/*
 * The best that can be done with frames in no order: sort them, and read over
 * small gaps. (Whose facts are whose would have to be sorted back; that is not
 * even counted.)
 */
void bench_proc_sorted(void *arg)
{
	struct bench_proc *p = arg;
	const uint64_t pages = p->target->pages;
	uint64_t end;

	p->seen = (struct bench_seen) {};
	read_pagemap(p);
	for (uint64_t i = 0; i < pages; i++)
		p->sorted[i] = p->entries[i] & PFN_MASK;
	sort_frames(p, pages);
	for (uint64_t i = 0; i < pages; i = end) {
		uint64_t frame = p->sorted[i];

		for (end = i + 1; end < pages &&
		     p->sorted[end] - p->sorted[end - 1] <= GAP &&
		     p->sorted[end] - frame < BATCH; end++)
			;
		read_frames(p, frame, p->sorted[end - 1] - frame + 1);
		for (uint64_t j = i; j < end; j++)
			take_frame(p, p->sorted[j], p->sorted[j] - frame);
	}
}

