// SPDX-License-Identifier: GPL-2.0
/*
 * bench-locks: for how long readers hold a target's mmap lock at most, by the
 * kernel's own tracepoints mmap_lock:*, which say when who took which and gave
 * it back. The same for our peers.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "bench/lib/reader.h"

#define TRACEFS	"/sys/kernel/tracing"
#define OURS	TRACEFS "/instances/mmlens-bench"
#define EVENTS	OURS "/events/mmap_lock/"

static void put(const char *file, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), OURS "/%s", file);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		bench_die("%s: %s", path, strerror(errno));
	close(fd);
}

static bool begin_tracing(void)
{
	char pid[16];

	if (access(TRACEFS "/instances", F_OK))
		mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	if (mkdir(OURS, 0700) && errno != EEXIST)
		return false;
	if (access(EVENTS "mmap_lock_released", F_OK))
		return false;
	snprintf(pid, sizeof(pid), "%d", getpid());
	put("buffer_size_kb", "8192");
	put("set_event_pid", pid);
	put("events/mmap_lock/mmap_lock_acquire_returned/enable", "1");
	put("events/mmap_lock/mmap_lock_released/enable", "1");
	return true;
}

/* Of one mm: the trace calls it by a hash that stays the same. */
struct holds {
	double since;		/* seconds; 0: not held */
	double worst, sum;	/* ns */
	unsigned long n;
};

/* How the trace names our own mm, which we lock as well. */
static char own_mm[32];

/* "mm=0x... " of a line of the trace, or NULL. */
static const char *mm_of(const char *line)
{
	const char *mm = strstr(line, ": mmap_lock_");

	return mm ? strstr(mm, "mm=") : NULL;
}

static FILE *open_trace(void)
{
	FILE *f = fopen(OURS "/trace", "re");

	if (!f)
		bench_die(OURS "/trace: %s", strerror(errno));
	return f;
}

static void learn_own_mm(void)
{
	const char *mm = NULL;
	char line[512];
	FILE *f;

	put("trace", "");
	munmap(mmap(NULL, bench_page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	       bench_page);
	f = open_trace();
	while (!mm && fgets(line, sizeof(line), f))
		mm = mm_of(line);
	if (!mm)
		bench_die("the trace does not show that we map something");
	snprintf(own_mm, sizeof(own_mm), "%.*s", (int)strcspn(mm, " "), mm);
	fclose(f);
}

/* NAME-PID [CPU] FLAGS SECONDS: mmap_lock_released: mm=0x... memcg_path=/ write=false */
static void take_line(struct holds *h, const char *line)
{
	const char *mm = mm_of(line), *event = strstr(line, ": mmap_lock_"), *time = event;
	double now, took;

	if (!mm || !strncmp(mm, own_mm, strlen(own_mm)))
		return;
	while (time > line && time[-1] != ' ')
		time--;
	now = strtod(time, NULL);
	if (strstr(event, "success=true")) {
		h->since = now;
	} else if (strstr(event, "released") && h->since) {
		took = (now - h->since) * 1e9;
		h->worst = took > h->worst ? took : h->worst;
		h->sum += took;
		h->n++;
		h->since = 0;
	}
}

static void trace_read(void (*read)(void *arg), void *arg, struct holds *h)
{
	char line[512];
	FILE *f;

	put("trace", "");
	read(arg);
	*h = (struct holds) {};
	f = open_trace();
	while (fgets(line, sizeof(line), f))
		take_line(h, line);
	fclose(f);
	if (!h->n)
		bench_die("the trace shows no lock of the target's");
}

struct contestant {
	const char *name;
	void (*read)(void *arg);
	void *arg;
	struct bench_samples worst;
	unsigned long holds;
};

static void tell(const char *layout, struct contestant *c, int n)
{
	bench_job("the longest hold of the target's mmap lock: %s", layout);
	bench_ours(&c[0].worst);
	for (int i = 1; i < n; i++)
		bench_peer(&c[i].worst, BENCH_TOLD, 0);
	for (int i = 0; i < n; i++)
		bench_note("%s: %lu holds a reading", c[i].name, c[i].holds);
}

static void measure(const char *layout, struct bench_target *t)
{
	struct bench_reading pages = { .target = t };
	struct bench_counting areas = {
		.target = t, .columns = MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_RSS),
	};
	struct bench_file rollup = { .target = t, .name = "smaps_rollup" };
	struct contestant contestants[] = {
		{ "mmlens, every page", bench_read_pages, &pages },
		{ "mmlens, counted columns", bench_count_areas, &areas },
		{ "smaps_rollup", bench_read_file, &rollup },
		{ "pagemap, large reads", bench_read_pagemap, t },
	};

	for (int i = 0; i < 4; i++)
		contestants[i].worst = (struct bench_samples) {
			.name = contestants[i].name, .unit = "ns",
		};
	for (unsigned int round = 0; round < bench.rounds; round++)
		for (int i = 0; i < 4; i++) {
			struct holds h;

			trace_read(contestants[i].read, contestants[i].arg, &h);
			bench_add(&contestants[i].worst, h.worst);
			contestants[i].holds = h.n;
		}
	tell(layout, contestants, 4);
	bench_target_end(t);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *program, *name;
	} layouts[] = {
		{ "anon", "contiguous" },
		{ "shuffled", "shuffled" },
	};
	struct bench_target target;

	bench_begin(argc, argv);
	if (!begin_tracing()) {
		bench_job("the longest hold of the target's mmap lock");
		bench_note("this kernel has no tracepoints mmap_lock:*: not measured");
		return 0;
	}
	learn_own_mm();
	for (int i = 0; i < 2; i++) {
		bench_target_program(&target, layouts[i].program, bench_size(bench.mib));
		measure(layouts[i].name, &target);
	}
	bench_target_program(&target, "many-areas", NULL);
	measure("60,000 areas", &target);
	rmdir(OURS);
	return 0;
}
