// SPDX-License-Identifier: GPL-2.0
/*
 * bench-json: a million extents as JSON, beside the same extents read by the
 * library: streamed, so that the tool's memory is flat.
 */
#include <inttypes.h>
#include <stdio.h>

#include "bench/lib/bench.h"
#include "bench/lib/reader.h"

struct tool {
	char *argv[6];
	long kib;
};

static void run_tool(void *arg)
{
	struct tool *tool = arg;

	tool->kib = bench_spawn(tool->argv);
}

static long measure(unsigned int mib, bool race)
{
	struct bench_target target;
	struct bench_reading library = { .target = &target };
	char pid[16], range[64];
	struct tool json = { .argv = { "mmlens", "pages", "--json", pid, range } };
	struct tool text = { .argv = { "mmlens", "pages", pid, range } };
	const struct bench_runner runners[] = {
		{ "mmlens pages --json", run_tool, &json, .rounds = 3 },
		{ "mmlens (library)", bench_read_pages, &library, BENCH_TIMES_AS_LONG, 2, .rounds = 3 },
		{ "mmlens pages", run_tool, &text, BENCH_TOLD, .rounds = 3 },
	};
	char job[64];

	bench_target_program(&target, "shuffled", bench_size(mib));
	snprintf(pid, sizeof(pid), "%d", target.pid);
	snprintf(range, sizeof(range), "%#" PRIx64 "-%#" PRIx64, target.start, target.end);
	bench_read_pages(&library);
	snprintf(job, sizeof(job), "JSON of %" PRIu64 " extents", library.seen.pieces);
	if (race)
		bench_race(job, runners, 3);
	else
		run_tool(&json);
	bench_target_end(&target);
	return json.kib;
}

int main(int argc, char **argv)
{
	long few, many;

	bench_begin(argc, argv);
	few = measure(64, false);
	many = measure(bench.mib * 8, true);
	bench_note("memory of `mmlens pages --json`: %ld KiB, for a %u-th of the extents %ld KiB",
		   many, bench.mib * 8 / 64, few);
	bench_ratio("its memory, many / few extents", (double)many / few,
		    BENCH_TIMES_AS_LONG, 1.1);
	return 0;
}
