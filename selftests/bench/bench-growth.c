// SPDX-License-Identifier: GPL-2.0
/*
 * bench-growth: 64 MiB to 8 GiB. A page is to cost the same everywhere, and the
 * tool's memory to follow the extents, not the pages.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "bench/lib/reader.h"

#define ROOM_MIB 768	/* for the system and for ourselves */
#define FILLER_MIB 256

static unsigned int mib_available(void)
{
	unsigned long kib = 0;
	char line[256];
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f) &&
	       sscanf(line, "MemAvailable: %lu", &kib) != 1)
		;
	if (f)
		fclose(f);
	return kib / 1024;
}

/* Nanoseconds a page, of several readings. */
static void measure(struct bench_samples *samples, unsigned int mib)
{
	struct bench_target target;
	struct bench_reading reading = { .target = &target };
	char pid[16];
	char *tool[] = { "mmlens", "pages", pid, NULL };
	char *json[] = { "mmlens", "pages", "--json", pid, NULL };

	bench_target_program(&target, "anon", bench_size(mib));
	bench_read_pages(&reading);
	for (unsigned int i = 0; i < bench.rounds; i++) {
		double start = bench_spent_ns();

		bench_read_pages(&reading);
		bench_add(samples, (bench_spent_ns() - start) / target.pages);
	}
	snprintf(pid, sizeof(pid), "%d", target.pid);
	bench_job("growth: %u MiB, contiguous", mib);
	bench_ours(samples);
	bench_note("%" PRIu64 " extents; memory of `mmlens pages`: %ld KiB, with --json: %ld KiB",
		   reading.seen.pieces, bench_spawn(tool), bench_spawn(json));
	bench_target_end(&target);
}

int main(int argc, char **argv)
{
	static const unsigned int sizes[] = { 64, 512, 2048, 8192 };
	struct bench_target filler;
	double least = 0, most = 0;

	bench_begin(argc, argv);
	/* takes the scattered frames that are handed out first, or a small target has most */
	bench_target_program(&filler, "anon", bench_size(FILLER_MIB));
	for (int i = 0; i < 4; i++) {
		struct bench_samples samples = { .name = "mmlens (library)", .unit = "ns/page" };
		double median;

		if (mib_available() < sizes[i] + ROOM_MIB) {
			bench_note("%u MiB do not fit into this machine", sizes[i]);
			break;
		}
		measure(&samples, sizes[i]);
		median = bench_median(&samples);
		least = least && least < median ? least : median;
		most = most > median ? most : median;
	}
	bench_target_end(&filler);
	bench_job("growth: time per page is flat");
	bench_ratio("most / least of the above", most / least, BENCH_TIMES_AS_LONG, 1.2);
	return 0;
}
