// SPDX-License-Identifier: GPL-2.0
/* Frame numbers that must not be told: see secret.h. */
#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ktap.h"
#include "secret.h"

#define PAGES	4096UL		/* 16 MiB: a dump of many messages */
#define TABLES	1024UL		/* as many areas, each in a table of its own */
#define STRIDE	(2UL << 20)

/* One bit for each frame of the machine. */
static unsigned char *secret;
static uint64_t secret_end;

static uint64_t frame_of(int pagemap, uintptr_t address)
{
	uint64_t at = address / sysconf(_SC_PAGESIZE) * sizeof(uint64_t), entry;

	if (pread(pagemap, &entry, sizeof(entry), at) != sizeof(entry))
		ktap_bail("/proc/self/pagemap: %m");
	return entry & ((1ULL << 55) - 1);
}

static void keep(uint64_t frame)
{
	if (frame >= secret_end) {
		size_t size = (frame / 8 + 1) * 2;

		secret = realloc(secret, size);
		if (!secret)
			ktap_bail("out of memory");
		memset(secret + secret_end / 8, 0, size - secret_end / 8);
		secret_end = size * 8;
	}
	secret[frame / 8] |= 1 << frame % 8;
}

/*
 * Those of @area, by pagemap; returns the first page whose frame is looked for. Where an
 * allocator takes them from is its affair: they may be in any order and in several places.
 */
static char *learn(char *area, size_t pages, struct secret_frames *near)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	char *first = NULL;

	*near = (struct secret_frames){ .start = UINT64_MAX };

	for (size_t i = 0; i < pages; i++) {
		char *page = area + i * sysconf(_SC_PAGESIZE);
		uint64_t frame = frame_of(pagemap, (uintptr_t)page);

		/*
		 * Small numbers would be found in anything, and the header of a
		 * short attribute, before a number that begins with zeroes, is
		 * its type << 16 | its length.
		 */
		if (frame < 0x1000 || (frame & 0xffff) < 0x40)
			continue;
		if (frame < near->start)
			near->start = frame & ~0xffffULL;
		if (frame >= near->end)
			near->end = (frame | 0xffff) + 1;
		if (!first)
			first = page;
		keep(frame);
	}
	close(pagemap);
	if (!first)
		ktap_bail("no frame that can be looked for");
	return first;
}

static char *map(size_t size, int flags)
{
	char *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (area == MAP_FAILED)
		ktap_bail("mmap: %m");
	madvise(area, size, MADV_NOHUGEPAGE);
	return area;
}

char *secret_target(struct secret_frames *near)
{
	size_t page_size = sysconf(_SC_PAGESIZE);
	char *area = map(PAGES * page_size, MAP_PRIVATE);
	char *other = map(PAGES * page_size, MAP_SHARED);
	char *sparse = map(TABLES * STRIDE, MAP_PRIVATE);

	for (size_t i = 0; i < PAGES; i++) {
		area[i * 1237 % PAGES * page_size] = 1;
		other[i * page_size] = 1;
	}
	for (size_t i = 0; i < TABLES; i++) {
		sparse[i * STRIDE] = 1;
		if (mprotect(sparse + i * STRIDE, page_size, PROT_READ))
			ktap_bail("mprotect: %m");
	}
	return learn(area, PAGES, near);
}

unsigned int secret_in(const void *bytes, size_t len)
{
	unsigned int found = 0;
	uint64_t word;

	for (size_t i = 0; i + sizeof(word) <= len; i += NLA_ALIGNTO) {
		memcpy(&word, (const char *)bytes + i, sizeof(word));
		if (word < secret_end && secret[word / 8] & 1 << word % 8)
			found++;
	}
	return found;
}
