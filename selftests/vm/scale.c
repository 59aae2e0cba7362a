// SPDX-License-Identifier: GPL-2.0
/*
 * scale PID START END: what reading a range costs, as NAME=value lines. With
 * `compare` after them, every page of the range is also looked up in
 * /proc/PID/pagemap, both ways: DIFFERENT is how many are not the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/mmlens.h"

#define PAGEMAP_PRESENT	(1ULL << 63)
#define PAGEMAP_FRAME	((1ULL << 55) - 1)

struct range {
	uint64_t start;
	uint64_t end;
	uint64_t *frames;	/* by page, 0 where there is none; or NULL */
	uint64_t extents;
};

static uint64_t page_size;

__attribute__((format(printf, 1, 2), noreturn))
static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static int take(const struct mml_extent *extent, void *arg)
{
	struct range *range = arg;
	uint64_t first = (extent->start - range->start) / page_size;

	range->extents++;
	if (!range->frames || extent->state != MMLENS_STATE_PRESENT)
		return 0;
	for (uint32_t i = 0; i < extent->pages; i++)
		range->frames[first + i] = extent->frame + i;
	return 0;
}

/* Pages of which pagemap says something else. */
static uint64_t differences(const struct range *range, uint32_t pid)
{
	uint64_t pages = (range->end - range->start) / page_size, wrong = 0;
	uint64_t *map = calloc(pages, sizeof(*map));
	ssize_t size = pages * sizeof(*map);
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!map || fd < 0 ||
	    pread(fd, map, size, range->start / page_size * sizeof(*map)) != size)
		die("%s: %s", path, strerror(errno));
	close(fd);
	for (uint64_t i = 0; i < pages; i++) {
		uint64_t frame = map[i] & PAGEMAP_PRESENT ? map[i] & PAGEMAP_FRAME : 0;

		wrong += frame != range->frames[i];
	}
	free(map);
	return wrong;
}

static uint64_t microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	struct mml_page_query query = {};
	struct range range = {};
	struct mml_client *client;
	struct mml_error error;
	struct mml_dump dump;
	uint64_t before;

	if (argc < 4)
		die("usage: scale PID START END [compare]");
	page_size = sysconf(_SC_PAGESIZE);
	query.pid = atoi(argv[1]);
	query.start = range.start = strtoull(argv[2], NULL, 0);
	query.end = range.end = strtoull(argv[3], NULL, 0);
	if (argc > 4) {
		range.frames = calloc((range.end - range.start) / page_size,
				      sizeof(*range.frames));
		if (!range.frames)
			die("out of memory");
	}
	if (mml_open(&client, &error))
		die("%s", error.text);
	before = microseconds();
	if (mml_pages(client, &query, take, &range, &dump, &error))
		die("%s", error.text);
	printf("MICROSECONDS=%" PRIu64 "\n", microseconds() - before);
	printf("COMPLETE=%d\nTORN=%d\n", dump.complete, dump.torn);
	printf("MESSAGES=%" PRIu64 "\nRECEIVED=%" PRIu64 "\nHOLDS=%" PRIu64 "\n",
	       dump.messages, dump.received, dump.holds);
	printf("EXTENTS=%" PRIu64 "\nPAGES=%" PRIu64 "\nBYTES=%" PRIu64 "\n",
	       range.extents, dump.pages, dump.bytes);
	if (range.frames)
		printf("DIFFERENT=%" PRIu64 "\n", differences(&range, query.pid));
	mml_close(client);
	return 0;
}
