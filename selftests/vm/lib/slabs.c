// SPDX-License-Identifier: GPL-2.0
/* What the kernel has in use: see slabs.h. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "slabs.h"

static const char *const names[NR_SLABS] = {
	"mm_struct", "task_struct", "pid", "vm_area_struct", "skbuff_head_cache",
	"kmalloc-64", "kmalloc-96", "kmalloc-128", "kmalloc-192", "kmalloc-256",
	"kmalloc-512", "kmalloc-1k", "kmalloc-2k", "kmalloc-4k", "kmalloc-8k",
	"kmalloc-cg-64", "kmalloc-cg-128", "kmalloc-cg-256", "kmalloc-cg-512",
	"kmalloc-cg-1k", "kmalloc-cg-2k", "kmalloc-cg-4k",
};

static long read_number(const char *path, const char *format)
{
	long value = -1;
	char line[256];
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), f))
		sscanf(line, format, &value);
	fclose(f);
	return value;
}

static long read_slab(const char *name, const char *what)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/%s", name, what);
	return read_number(path, "%ld");
}

static bool write_slab(const char *name, const char *what, long value)
{
	char path[128];
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/%s", name, what);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = dprintf(fd, "%ld\n", value) > 0;
	close(fd);
	return ok;
}

/* A slab that a CPU allocates from counts as full, so first take it away. */
static long slab_objects(const char *name)
{
	return write_slab(name, "shrink", 1) ? read_slab(name, "objects") : -1;
}

static long cpu_partial[NR_SLABS];

void slabs_steady(void)
{
	for (size_t i = 0; i < NR_SLABS; i++) {
		cpu_partial[i] = read_slab(names[i], "cpu_partial");
		write_slab(names[i], "cpu_partial", 0);
	}
}

void slabs_restore(void)
{
	for (size_t i = 0; i < NR_SLABS; i++) {
		if (cpu_partial[i] > 0)
			write_slab(names[i], "cpu_partial", cpu_partial[i]);
	}
}

void slabs_take(struct slabs *slabs)
{
	for (size_t i = 0; i < NR_SLABS; i++)
		slabs->objects[i] = slab_objects(names[i]);
	slabs->unreclaimable = read_number("/proc/meminfo", "SUnreclaim: %ld kB");
	slabs->vmalloc = read_number("/proc/meminfo", "VmallocUsed: %ld kB");
}

/* More than noise, and less than one object for every round. */
static long slab_slack(size_t slab, int rounds)
{
	long per_slab = read_slab(names[slab], "objs_per_slab");

	return rounds / 2 + (per_slab < rounds / 2 ? per_slab : rounds / 2 - 1);
}

static bool objects_back(const struct slabs *before, const struct slabs *now, size_t n,
			 int rounds, bool tell)
{
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		if (now->objects[i] <= before->objects[i] + slab_slack(i, rounds))
			continue;
		all = false;
		if (tell)
			printf("# %s: %ld objects before, %ld now\n", names[i],
			       before->objects[i], now->objects[i]);
	}
	return all;
}

static bool memory_back(const struct slabs *before, const struct slabs *now, int rounds,
			bool tell)
{
	/* each dump has a batch of tens of KiB: half of them leaked is this */
	long slack = rounds * 16;

	if (now->unreclaimable <= before->unreclaimable + slack &&
	    now->vmalloc <= before->vmalloc + slack)
		return true;
	if (tell)
		printf("# unreclaimable %ld KiB before, %ld now; vmalloc %ld, %ld\n",
		       before->unreclaimable, now->unreclaimable, before->vmalloc,
		       now->vmalloc);
	return false;
}

/* What is freed by RCU or a worker has a minute: a busy machine's RCU is slow. */
#define LOOKS	120

static bool back(const struct slabs *before, size_t n, bool memory, int rounds)
{
	struct slabs now;
	bool ok = false;

	for (int i = 0; i < LOOKS && !ok; i++) {
		if (i)
			usleep(500000);
		slabs_take(&now);
		ok = objects_back(before, &now, n, rounds, i == LOOKS - 1);
		if (memory)
			ok &= memory_back(before, &now, rounds, i == LOOKS - 1);
	}
	return ok;
}

bool slabs_back(const struct slabs *before, int rounds)
{
	return back(before, NR_SLABS, true, rounds);
}

bool slabs_named_back(const struct slabs *before, int rounds)
{
	return back(before, NR_SLABS_NAMED, false, rounds);
}
