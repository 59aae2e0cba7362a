// SPDX-License-Identifier: GPL-2.0
/* bench-areas: what the kernel counts per area, beside smaps, which counts the same. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

static void check(const struct bench_counting *counting, const char *file)
{
	uint64_t rss = rss_of(counting->target, file);

	if (counting->rss != rss)
		bench_die("mmlens counts %" PRIu64 " pages, %s %" PRIu64,
			  counting->rss, file, rss);
}

static void race_layout(const char *program, const char *name)
{
	struct bench_target target;
	struct bench_counting each = { .target = &target, .columns = COUNTED };
	struct bench_file smaps = { .target = &target, .name = "smaps" };
	struct bench_reading pages = { .target = &target };
	const struct bench_runner runners[] = {
		{ "mmlens, counted columns", bench_count_areas, &each },
		{ "smaps", bench_read_file, &smaps, BENCH_TIMES_AS_LONG, 1.2 },
		{ "mmlens, every page", bench_read_pages, &pages, BENCH_TOLD },
	};
	char job[128];

	bench_target_program(&target, program, bench_size(bench.mib));
	snprintf(job, sizeof(job), "counted columns of areas, %u MiB, %s", bench.mib, name);
	bench_race(job, runners, 3);
	check(&each, "smaps");
	bench_target_end(&target);
}

/* Their sums beside a file of sums; each of them beside a file of each. */
static void race_many(void)
{
	struct bench_target target;
	struct bench_counting sum = { .target = &target, .columns = COUNTED };
	struct bench_counting each = { .target = &target, .columns = COUNTED };
	struct bench_file rollup = { .target = &target, .name = "smaps_rollup" };
	struct bench_file smaps = { .target = &target, .name = "smaps" };
	struct bench_reading pages = { .target = &target };
	const struct bench_runner sums[] = {
		{ "mmlens, counted, --sum", bench_sum_areas, &sum },
		{ "smaps_rollup", bench_read_file, &rollup, BENCH_TIMES_AS_LONG, 2 },
		{ "mmlens, every page", bench_read_pages, &pages, BENCH_TOLD },
	};
	const struct bench_runner areas[] = {
		{ "mmlens, counted, each area", bench_count_areas, &each },
		{ "smaps", bench_read_file, &smaps, BENCH_TIMES_AS_LONG, 1.2 },
		{ "smaps_rollup", bench_read_file, &rollup, BENCH_TOLD },
	};

	bench_target_program(&target, "many-areas", NULL);
	bench_race("60,000 areas of a page each, their sums", sums, 3);
	check(&sum, "smaps_rollup");
	bench_race("60,000 areas of a page each, one by one", areas, 3);
	check(&each, "smaps_rollup");
	bench_target_end(&target);
}

int main(int argc, char **argv)
{
	bench_begin(argc, argv);
	race_layout("anon", "contiguous");
	race_layout("shuffled", "shuffled");
	race_many();
	return 0;
}
