// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "bench/lib/reader.h"

#define BUFFER	(1UL << 20)

struct mml_client *bench_client(void)
{
	static struct mml_client *client;
	struct mml_error error;

	if (!client && mml_open(&client, &error))
		bench_die("%s", error.text);
	return client;
}

static int take_extent(const struct mml_extent *e, void *arg)
{
	struct bench_seen *seen = arg;

	seen->pieces++;
	seen->pages += e->pages;
	seen->frames += e->frame * e->pages + (uint64_t)e->pages * (e->pages - 1) / 2;
	seen->mapcounts += (uint64_t)e->mapcount * e->pages;
	return 0;
}

void bench_read_pages(void *arg)
{
	struct bench_reading *reading = arg;
	const struct mml_page_query query = {
		.pid = reading->target->pid,
		.start = reading->target->start,
		.end = reading->target->end,
		.columns = reading->columns,
	};
	struct mml_error error;

	reading->seen = (struct bench_seen) {};
	if (mml_pages(bench_client(), &query, take_extent, &reading->seen,
		      &reading->dump, &error))
		bench_die("%s", error.text);
}

void bench_count_areas(void *arg)
{
	struct bench_counting *counting = arg;
	struct mml_vmas vmas;
	struct mml_error error;

	if (mml_vmas_counted(bench_client(), counting->target->pid, 0, 0,
			     counting->columns, &vmas, &error))
		bench_die("%s", error.text);
	counting->rss = 0;
	for (size_t i = 0; i < vmas.n; i++)
		counting->rss += vmas.v[i].counts[MMLENS_VMA_COL_RSS];
	mml_vmas_free(&vmas);
}

void bench_sum_areas(void *arg)
{
	struct bench_counting *counting = arg;
	struct mml_error error;
	struct mml_dump dump;
	struct mml_vma sum;

	if (mml_vmas_sum(bench_client(), counting->target->pid,
			 counting->columns, &sum, &dump, &error))
		bench_die("%s", error.text);
	counting->rss = sum.counts[MMLENS_VMA_COL_RSS];
}

static char *buffer(void)
{
	static char *room;

	if (!room)
		room = bench_room(BUFFER, 1);
	return room;
}

static int open_of(const struct bench_target *t, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", t->pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		bench_die("%s: %s", path, strerror(errno));
	return fd;
}

void bench_read_file(void *arg)
{
	struct bench_file *file = arg;
	int fd = open_of(file->target, file->name);
	ssize_t n;

	file->bytes = 0;
	while ((n = read(fd, buffer(), BUFFER)) > 0)
		file->bytes += n;
	if (n)
		bench_die("/proc/%d/%s: %s", file->target->pid, file->name,
			  strerror(errno));
	close(fd);
}

void bench_read_pagemap(void *arg)
{
	const struct bench_target *t = arg;
	uint64_t at = t->start / bench_page * 8, end = t->end / bench_page * 8;
	int fd = open_of(t, "pagemap");

	for (uint64_t n; at < end; at += n) {
		n = end - at < BUFFER ? end - at : BUFFER;
		if (pread(fd, buffer(), n, at) != (ssize_t)n)
			bench_die("pagemap: short read");
	}
	close(fd);
}

/* <linux/fs.h> of 6.7 has it; that of the C library here may be older. */
struct scan_region {
	uint64_t start, end, categories;
};

struct scan {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define SCAN		_IOWR('f', 16, struct scan)
#define SCAN_FILE	(1 << 2)
#define SCAN_PRESENT	(1 << 3)
#define SCAN_SWAPPED	(1 << 4)
#define SCAN_HUGE	(1 << 6)

static int scan(int fd, uint64_t start, uint64_t end, uint64_t *walked)
{
	struct scan arg = {
		.size = sizeof(arg), .start = start, .end = end,
		.vec = (uintptr_t)buffer(),
		.vec_len = BUFFER / sizeof(struct scan_region),
		.category_mask = SCAN_PRESENT,
		.return_mask = SCAN_FILE | SCAN_PRESENT | SCAN_SWAPPED | SCAN_HUGE,
	};
	int ret = ioctl(fd, SCAN, &arg);

	*walked = arg.walk_end;
	return ret;
}

bool bench_can_scan(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t walked;
	int ret = scan(fd, 0, bench_page, &walked);

	close(fd);
	return ret >= 0;
}

void bench_scan(void *arg)
{
	const struct bench_target *t = arg;
	int fd = open_of(t, "pagemap");
	uint64_t at = t->start;

	while (at < t->end)
		if (scan(fd, at, t->end, &at) < 0)
			bench_die("PAGEMAP_SCAN: %s", strerror(errno));
	close(fd);
}
