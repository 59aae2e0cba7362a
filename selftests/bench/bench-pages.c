// SPDX-License-Identifier: GPL-2.0
/*
 * bench-pages: what does it cost to learn frame, flags and mapcount of each of
 * many pages, whose frames follow each other, or do not? Beside /proc's
 * pagemap, kpageflags and kpagecount read as well as they can be, and beside
 * the kernel's own page-types. All must have seen the same frames and
 * mapcounts, or the numbers are worth nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/lib/bench.h"
#include "bench/lib/proc.h"
#include "bench/lib/reader.h"
#include "vm/lib/genl.h"

static struct genl genl;

/* The columns of one message as they come. */
static void take_columns(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *nest = genl_attr(nlh, MMLENS_A_EXTENTS);
	uint32_t n = genl_u64(genl_attr(nlh, MMLENS_A_COUNT));
	const char *pages, *frames, *counts;
	struct bench_seen *seen = arg;

	if (!nest)
		return;
	pages = mnl_attr_get_payload(genl_nested(nest, MMLENS_COL_PAGES));
	frames = mnl_attr_get_payload(genl_nested(nest, MMLENS_COL_FRAME));
	counts = mnl_attr_get_payload(genl_nested(nest, MMLENS_COL_MAPCOUNT));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t many, maps;
		uint64_t frame;

		memcpy(&many, pages + i * 4, 4);
		memcpy(&frame, frames + i * 8, 8);
		memcpy(&maps, counts + i * 4, 4);
		seen->pages += many;
		seen->frames += frame * many + (uint64_t)many * (many - 1) / 2;
		seen->mapcounts += (uint64_t)maps * many;
		seen->pieces++;
	}
}

/* What the wire alone costs: every message received and looked through. */
static void read_messages(void *arg)
{
	struct bench_reading *reading = arg;
	const struct bench_target *t = reading->target;
	struct genl_answer answer;
	struct nlmsghdr *nlh;
	char buf[256];

	reading->seen = (struct bench_seen) {};
	nlh = genl_request(&genl, buf, MMLENS_CMD_PAGE_GET, NLM_F_DUMP);
	mnl_attr_put_u32(nlh, MMLENS_A_PID, t->pid);
	mnl_attr_put_u64(nlh, MMLENS_A_START, t->start);
	mnl_attr_put_u64(nlh, MMLENS_A_END, t->end);
	genl_ask(&genl, nlh, take_columns, &reading->seen, &answer);
	if (answer.error)
		bench_die("%s %s", genl_errno(answer.error), answer.text);
}

static void check_seen(const struct bench_target *t, const char *who,
		       const struct bench_seen *a, const struct bench_seen *b)
{
	if (a->pages != t->pages || a->pages != b->pages ||
	    a->frames != b->frames || a->mapcounts != b->mapcounts)
		bench_die("mmlens and %s do not agree on %" PRIu64 " pages", who, t->pages);
}

static void race_proc(const char *layout, const struct bench_target *t)
{
	struct bench_reading library = { .target = t }, messages = { .target = t };
	struct bench_proc coalesced, sorted;
	const struct bench_runner runners[] = {
		{ "mmlens (library)", bench_read_pages, &library },
		{ "its messages alone", read_messages, &messages },
		{ "/proc, runs coalesced", bench_proc_coalesced, &coalesced, BENCH_TIMES_FASTER, 3 },
		{ "/proc, frames sorted", bench_proc_sorted, &sorted, BENCH_TOLD },
	};
	char job[128];

	bench_proc_open(&coalesced, t);
	bench_proc_open(&sorted, t);
	snprintf(job, sizeof(job), "default columns, %u MiB of 4 KiB anonymous pages, %s",
		 bench.mib, layout);
	bench_race(job, runners, 4);
	check_seen(t, "its messages", &library.seen, &messages.seen);
	check_seen(t, runners[2].name, &library.seen, &coalesced.seen);
	check_seen(t, runners[3].name, &library.seen, &sorted.seen);
	bench_note("%" PRIu64 " pages in %" PRIu64 " extents, %" PRIu64 " bytes in %" PRIu64 " messages",
		   t->pages, library.seen.pieces, library.dump.received, library.dump.messages);
	bench_proc_close(&coalesced);
	bench_proc_close(&sorted);
}

static void run_tool(void *arg)
{
	bench_spawn(arg);
}

static void race_page_types(const char *layout, const struct bench_target *t, double limit)
{
	struct bench_reading library = { .target = t };
	char pid[16], range[64], job[128];
	char *mmlens[] = { "mmlens", "pages", pid, range, NULL };
	char *json[] = { "mmlens", "pages", "--json", pid, range, NULL };
	char *nothing[] = { "mmlens", "--version", NULL };
	char *page_types[] = { "page-types", "-p", pid, "-L", "-M", NULL };
	const struct bench_runner theirs = {
		"page-types -p PID -L -M", run_tool, page_types, BENCH_TIMES_FASTER, limit, 3,
	};
	const struct bench_runner reading[] = {
		{ "mmlens (library)", bench_read_pages, &library }, theirs,
	};
	const struct bench_runner printing[] = {
		{ "mmlens pages", run_tool, mmlens }, theirs,
		{ "mmlens pages --json", run_tool, json },
		{ "mmlens --version", run_tool, nothing },
	};

	if (!bench_have("page-types")) {
		bench_note("page-types is not built: make -C selftests page-types");
		return;
	}
	snprintf(pid, sizeof(pid), "%d", t->pid);
	snprintf(range, sizeof(range), "%#" PRIx64 "-%#" PRIx64, t->start, t->end);
	snprintf(job, sizeof(job), "the same, %s, beside a program that prints it", layout);
	bench_race(job, reading, 2);
	snprintf(job, sizeof(job), "the same, %s, printed by both", layout);
	bench_race(job, printing, 4);
}

static void race_pagemap(const struct bench_target *t)
{
	struct bench_reading library = {
		.target = t,
		.columns = MMLENS_COL_BIT(MMLENS_COL_START) | MMLENS_COL_BIT(MMLENS_COL_PAGES) |
			   MMLENS_COL_BIT(MMLENS_COL_FRAME),
	};
	const struct bench_runner runners[] = {
		{ "mmlens (library)", bench_read_pages, &library },
		{ "pagemap, large reads", bench_read_pagemap, (void *)t, BENCH_TIMES_AS_LONG, 1.5 },
	};

	bench_race("only start, frame and pages, contiguous", runners, 2);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *program, *name;
		double limit;		/* beside page-types */
	} layouts[] = {
		{ "anon", "contiguous", 40 },
		{ "shuffled", "shuffled", 15 },
	};

	bench_begin(argc, argv);
	genl_open_mmlens(&genl);
	for (int i = 0; i < 2; i++) {
		struct bench_target target;

		bench_target_program(&target, layouts[i].program, bench_size(bench.mib));
		race_proc(layouts[i].name, &target);
		race_page_types(layouts[i].name, &target, layouts[i].limit);
		if (!i)
			race_pagemap(&target);
		bench_target_end(&target);
	}
	genl_close(&genl);
	return 0;
}
