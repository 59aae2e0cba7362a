// SPDX-License-Identifier: GPL-2.0
/* Frame numbers that must not be told: see secret.h. */
#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"
#include "secret.h"

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

uint64_t secret_learn(const char *area, size_t pages)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t first = 0;

	for (size_t i = 0; i < pages; i++) {
		uint64_t frame = frame_of(pagemap, (uintptr_t)area + i * sysconf(_SC_PAGESIZE));

		/*
		 * Small numbers would be found in anything, and the header of a
		 * short attribute, before a number that begins with zeroes, is
		 * its type << 16 | its length.
		 */
		if (frame < 0x1000 || (frame & 0xffff) < 0x40)
			continue;
		first = first ?: frame;
		keep(frame);
	}
	close(pagemap);
	return first;
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
