// SPDX-License-Identifier: GPL-2.0
/* bench-areas: what the kernel counts per area, beside smaps, which counts the same. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lib/bench.h"
#include "bench/lib/reader.h"

#define BIT(name) MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_##name)

/* What smaps has: Rss, Pss by sharing, Shared_*, Private_*, Referenced, ... */
#define COUNTED (BIT(RSS) | BIT(SWAP) | BIT(ANON) | BIT(SHARED) |		\
		 BIT(EXCLUSIVE) | BIT(DIRTY) | BIT(REFERENCED) | BIT(LAZYFREE) |	\
		 BIT(KSM) | BIT(HUGE) | BIT(HUGETLB))

/* Rss in pages, as a file of /proc sums it up. */
static uint64_t rss_of(const struct bench_target *t, const char *name)
{
	unsigned long kib, sum = 0;
	char line[256];
	FILE *f;

	snprintf(line, sizeof(line), "/proc/%d/%s", t->pid, name);
	f = fopen(line, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Rss: %lu kB", &kib) == 1)
			sum += kib;
	if (f)
		fclose(f);
	return sum * 1024 / bench_page;
}

static void race(const char *job, struct bench_target *t, const char *file, double limit)
{
	struct bench_counting counting = { .target = t, .columns = COUNTED };
	struct bench_file smaps = { .target = t, .name = file };
	struct bench_file each = { .target = t, .name = "smaps" };
	struct bench_reading pages = { .target = t };
	const struct bench_runner runners[] = {
		{ "mmlens, counted columns", bench_count_areas, &counting },
		{ file, bench_read_file, &smaps, BENCH_TIMES_AS_LONG, limit },
		{ "mmlens, every page", bench_read_pages, &pages, BENCH_TOLD },
		{ "smaps, area by area as we do", bench_read_file, &each, BENCH_TOLD },
	};

	/* smaps is its own peer already, where there are few areas */
	bench_race(job, runners, strcmp(file, each.name) ? 4 : 3);
	if (counting.rss != rss_of(t, file))
		bench_die("mmlens counts %" PRIu64 " pages, %s %" PRIu64, counting.rss, file,
			  rss_of(t, file));
	bench_target_end(t);
}

static void race_layout(const char *program, const char *name)
{
	struct bench_target target;
	char job[128];

	bench_target_program(&target, program, bench_size(bench.mib));
	snprintf(job, sizeof(job), "counted columns of areas, %u MiB, %s", bench.mib, name);
	race(job, &target, "smaps", 1.2);
}

int main(int argc, char **argv)
{
	struct bench_target target;

	bench_begin(argc, argv);
	race_layout("anon", "contiguous");
	race_layout("shuffled", "shuffled");
	bench_target_program(&target, "many-areas", NULL);
	race("60,000 areas of a page each", &target, "smaps_rollup", 2);
	return 0;
}
