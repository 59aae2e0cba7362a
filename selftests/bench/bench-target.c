// SPDX-License-Identifier: GPL-2.0
/*
 * bench-target: what a process feels of being read. It maps, touches and unmaps,
 * or faults pages in and gives them back, in a loop; how often it gets round,
 * and how long the longest time round took, while nobody reads it, while mmlens
 * does without a pause, and while smaps_rollup is read likewise.
 */
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "bench/lib/reader.h"

#define SECONDS		2.0
#define LOOP_PAGES	16
#define KEPT_MIB	128	/* for the readers to be busy with */

/* Shared with the target. */
static struct report {
	atomic_ulong loops;
	atomic_ulong worst_ns;
	atomic_bool restart;
} *report;

/* The target and its reader each have a processor, where there are two. */
static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static char *map(size_t bytes)
{
	char *area = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		bench_die("mmap failed");
	madvise(area, bytes, MADV_NOHUGEPAGE);
	return area;
}

static void touch(char *area, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		((volatile char *)area)[i * bench_page] = 1;
}

static void map_and_unmap(void)
{
	char *area = map(LOOP_PAGES * bench_page);

	touch(area, LOOP_PAGES);
	munmap(area, LOOP_PAGES * bench_page);
}

static void fault(void)
{
	static char *area;

	if (!area)
		area = map(LOOP_PAGES * bench_page);
	touch(area, LOOP_PAGES);
	madvise(area, LOOP_PAGES * bench_page, MADV_DONTNEED);
}

struct loop {
	const char *name;
	void (*once)(void);
};

static void go_round(const struct loop *loop)
{
	for (;;) {
		double start = bench_now_ns(), took;

		loop->once();
		took = bench_now_ns() - start;
		if (atomic_exchange(&report->restart, false)) {
			atomic_store(&report->loops, 0);
			atomic_store(&report->worst_ns, 0);
			continue;
		}
		atomic_fetch_add(&report->loops, 1);
		if (took > atomic_load(&report->worst_ns))
			atomic_store(&report->worst_ns, took);
	}
}

/* Says where the memory that is kept is, and goes on. */
static void be_looping(const void *arg)
{
	char *kept = map((size_t)KEPT_MIB << 20);

	stay_on(0);
	touch(kept, ((size_t)KEPT_MIB << 20) / bench_page);
	printf("ANON=%p\nANON_PAGES=%zu\nready\n", kept, ((size_t)KEPT_MIB << 20) / bench_page);
	fflush(stdout);
	go_round(arg);
}

static void read_all(void *arg)
{
	/* not its area only: its whole address space, in which things move */
	struct bench_target whole = *(struct bench_target *)arg;
	struct bench_reading reading = { .target = &whole };

	whole.start = whole.end = 0;
	bench_read_pages(&reading);
}

static void read_rollup(void *arg)
{
	struct bench_file file = { .target = arg, .name = "smaps_rollup" };

	bench_read_file(&file);
}

static void rest(void *arg)
{
	(void)arg;
	usleep(10000);
}

static struct reader {
	const char *name;
	void (*read)(void *arg);
	struct bench_samples rate, worst;
	unsigned long reads;
} readers[] = {
	{ "read by mmlens", read_all },
	{ "read by smaps_rollup", read_rollup },
	{ "left alone", rest },
};

#define NR_READERS (sizeof(readers) / sizeof(*readers))

static void measure(struct reader *reader, struct bench_target *t, bool counts)
{
	double start, took;

	atomic_store(&report->restart, true);
	while (atomic_load(&report->restart))
		sched_yield();
	start = bench_now_ns();
	do {
		reader->read(t);
		reader->reads += counts;
		took = bench_now_ns() - start;
	} while (took < SECONDS * 1e9);
	if (!counts)
		return;
	bench_add(&reader->rate, atomic_load(&report->loops) / (took / 1e9));
	bench_add(&reader->worst, atomic_load(&report->worst_ns));
}

static void tell(const struct loop *loop)
{
	bench_job("a target that %s: its rounds a second", loop->name);
	bench_ours(&readers[0].rate);
	bench_peer(&readers[1].rate, BENCH_TIMES_AS_MUCH, 1);
	bench_peer(&readers[2].rate, BENCH_TOLD, 0);
	bench_job("... the longest of its rounds");
	bench_ours(&readers[0].worst);
	bench_peer(&readers[1].worst, BENCH_TIMES_AS_LONG, 1);
	bench_peer(&readers[2].worst, BENCH_TOLD, 0);
	bench_note("read %lu times by mmlens, %lu times as smaps_rollup",
		   readers[0].reads, readers[1].reads);
}

static void race(const struct loop *loop)
{
	struct bench_target target;

	for (size_t i = 0; i < NR_READERS; i++) {
		readers[i].rate = (struct bench_samples) { .name = readers[i].name, .unit = "/s" };
		readers[i].worst = (struct bench_samples) { .name = readers[i].name, .unit = "ns" };
		readers[i].reads = 0;
	}
	bench_target(&target, be_looping, loop);
	for (unsigned int round = 0; round <= bench.rounds; round++)
		for (size_t i = 0; i < NR_READERS; i++)
			measure(&readers[i], &target, round);
	tell(loop);
	bench_target_end(&target);
}

int main(int argc, char **argv)
{
	static const struct loop loops[] = {
		{ "faults pages in and gives them back", fault },
		{ "maps, touches and unmaps", map_and_unmap },
	};

	bench_begin(argc, argv);
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		bench_die("mmap failed");
	stay_on(1);
	for (int i = 0; i < 2; i++)
		race(&loops[i]);
	return 0;
}
