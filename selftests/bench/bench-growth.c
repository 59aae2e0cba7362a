// SPDX-License-Identifier: GPL-2.0
/*
 * bench-growth: 64 MiB to 8 GiB. A page is to cost the same everywhere, and the
 * tool's memory to follow the extents, not the pages. How long the runs are of
 * which memory consists is the kernel's affair, and it has other ones for the
 * small than for the large: so what is judged has an extent for each page.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "bench/lib/reader.h"

#define ROOM_MIB 768	/* for the system and for ourselves */

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
static void measure(struct bench_samples *samples, const char *program,
		    const char *layout, unsigned int mib)
{
	struct bench_target target;
	struct bench_reading reading = { .target = &target };
	char pid[16];
	char *tool[] = { "mmlens", "pages", pid, NULL };
	char *json[] = { "mmlens", "pages", "--json", pid, NULL };

	bench_target_program(&target, program, bench_size(mib));
	bench_read_pages(&reading);
	for (unsigned int i = 0; i < bench.rounds; i++) {
		double start = bench_spent_ns();

		bench_read_pages(&reading);
		bench_add(samples, (bench_spent_ns() - start) / target.pages);
	}
	snprintf(pid, sizeof(pid), "%d", target.pid);
	bench_job("growth: %u MiB, %s", mib, layout);
	bench_ours(samples);
	bench_note("%" PRIu64 " extents; memory of `mmlens pages`: %ld KiB, with --json: %ld KiB",
		   reading.seen.pieces, bench_spawn(tool), bench_spawn(json));
	bench_target_end(&target);
}

static void grow(const char *program, const char *layout, double limit)
{
	static const unsigned int sizes[] = { 64, 512, 2048, 8192 };
	double least = 0, most = 0;

	for (int i = 0; i < 4; i++) {
		struct bench_samples samples = { .name = "mmlens (library)", .unit = "ns/page" };
		double median;

		if (mib_available() < sizes[i] + ROOM_MIB) {
			bench_note("%u MiB do not fit into this machine", sizes[i]);
			break;
		}
		measure(&samples, program, layout, sizes[i]);
		median = bench_median(&samples);
		least = least && least < median ? least : median;
		most = most > median ? most : median;
	}
	bench_job("growth: time per page is flat, %s", layout);
	bench_ratio("most / least of the above", most / least,
		    limit ? BENCH_TIMES_AS_LONG : BENCH_TOLD, limit);
}

int main(int argc, char **argv)
{
	bench_begin(argc, argv);
	grow("shuffled", "shuffled", 1.2);
	grow("anon", "contiguous as far as the kernel has it", 0);
	return 0;
}
