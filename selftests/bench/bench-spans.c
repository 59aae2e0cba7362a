// SPDX-License-Identifier: GPL-2.0
/*
 * bench-spans: address space that is large beside what it holds: huge pages,
 * 512 GiB with 512 pages in them, reservations of up to 16 TiB.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#include "bench/lib/bench.h"
#include "bench/lib/reader.h"

#define GIB	(1UL << 30)
#define TIB	(1UL << 40)
#define HUGE	(2UL << 20)

struct span {
	uint64_t bytes;
	uint64_t touched;	/* pages, evenly spread */
	int advice;
};

static void be_span(const void *arg)
{
	const struct span *span = arg;
	size_t room = span->bytes + HUGE, step = span->bytes / span->touched;
	char *area = mmap(NULL, room, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (area == MAP_FAILED)
		bench_die("mmap of %zu bytes failed", room);
	area = (char *)(((uintptr_t)area + HUGE - 1) & -HUGE);
	madvise(area, span->bytes, span->advice);
	for (uint64_t i = 0; i < span->touched; i++)
		area[i * step] = 1;
	bench_ready(area, span->bytes / bench_page);
}

static void run_tool(void *arg)
{
	bench_spawn(arg);
}

static void race(const char *job, const struct span *span, double scan_limit,
		 const struct bench_runner *other)
{
	struct bench_target target;
	struct bench_reading library = { .target = &target };
	const struct bench_runner ours = { "mmlens (library)", bench_read_pages, &library };
	const struct bench_runner scan = {
		"PAGEMAP_SCAN", bench_scan, &target, BENCH_TIMES_AS_LONG, scan_limit,
	};
	char pid[16];
	char *page_types[] = { "page-types", "-p", pid, "-L", "-M", NULL };
	struct bench_runner runners[3] = { ours };
	unsigned int n = 1;

	bench_target(&target, be_span, span);
	snprintf(pid, sizeof(pid), "%d", target.pid);
	if (bench_can_scan())
		runners[n++] = scan;
	if (other->run != run_tool || bench_have("page-types")) {
		runners[n] = *other;
		runners[n++].arg = other->run == run_tool ? (void *)page_types : &target;
	}
	bench_race(job, runners, n);
	bench_note("%" PRIu64 " pages in %" PRIu64 " extents", library.seen.pages,
		   library.seen.pieces);
	if (!bench_can_scan())
		bench_note("no PAGEMAP_SCAN: this kernel is older than 6.7");
	bench_target_end(&target);
}

/* All have the same 512 pages; what lies between them must not count. */
static void race_reservations(void)
{
	static const unsigned int tib[] = { 16, 4, 1 };
	struct bench_target targets[3];
	struct bench_reading readings[3];
	struct bench_runner runners[3];

	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "16 TiB", "4 TiB", "1 TiB" };
		const struct span span = {
			.bytes = tib[i] * TIB, .touched = 512, .advice = MADV_NOHUGEPAGE,
		};

		bench_target(&targets[i], be_span, &span);
		readings[i] = (struct bench_reading) { .target = &targets[i] };
		runners[i] = (struct bench_runner) {
			names[i], bench_read_pages, &readings[i], BENCH_TIMES_AS_LONG, 1.2,
		};
	}
	bench_race("reservations: 512 pages in 16, 4, 1 TiB", runners, 3);
	for (int i = 0; i < 3; i++)
		bench_target_end(&targets[i]);
}

int main(int argc, char **argv)
{
	const struct span thp = {
		.bytes = GIB, .touched = GIB / HUGE, .advice = MADV_HUGEPAGE,
	};
	const struct span sparse = {
		.bytes = 512 * GIB, .touched = 512, .advice = MADV_NOHUGEPAGE,
	};
	const struct bench_runner page_types = {
		"page-types -p PID -L -M", run_tool, NULL, BENCH_TIMES_FASTER, 100, 3,
	};
	const struct bench_runner pagemap = {
		"pagemap, large reads", bench_read_pagemap, NULL, BENCH_TIMES_FASTER, 100, 1,
	};

	bench_begin(argc, argv);
	race("1 GiB of huge pages", &thp, 4, &page_types);
	race("512 GiB, of which 512 pages are there", &sparse, 3, &pagemap);
	race_reservations();
	return 0;
}
