// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots: bytes of a file, once as they are (compressed maybe), and once
 * with an end line whose checksum is right, so that who guesses lines need not
 * guess that too. What is taken must then answer every question.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "lib/snap_read.h"

/* As lib/snap_file.c checks it, bit by bit. */
static uint32_t crc32_of(const uint8_t *data, size_t size)
{
	uint32_t crc = ~0U;

	while (size--) {
		crc ^= *data++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static size_t put_end(char *to, size_t room, const uint8_t *data, size_t size)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	return snprintf(to, room, "{\"line\":\"end\",\"lines\":%" PRIu64 ",\"crc32\":\"0x%x\"}\n",
			lines, crc32_of(data, size));
}

static int count(const struct mml_extent *extent, void *arg)
{
	*(uint64_t *)arg += extent->pages;
	return 0;
}

static void ask(struct mml_client *client, uint32_t pid)
{
	struct mml_page_query query = { .pid = pid };
	struct mml_error err = { .text = "" };
	struct mml_vmas vmas = { .n = 0 };
	struct mml_walk walk;
	struct mml_dump dump;
	static struct mml_mm mm;
	uint64_t pages = 0;

	mml_mm(client, pid, &mm, &err);
	if (!mml_vmas(client, pid, 0, 0, &vmas, &err)) {
		query.vmas = &vmas;
		for (size_t i = 0; i < vmas.n && i < 8; i++) {
			if (!mml_vma_at(client, pid, vmas.v[i].end, &walk, &err))
				mml_walk_free(&walk);
			query.start = vmas.v[i].start;
			query.end = vmas.v[i].end;
			mml_pages(client, &query, count, &pages, &dump, &err);
		}
	}
	query.start = 0;
	query.end = 0;
	mml_pages(client, &query, count, &pages, &dump, &err);
	mml_vmas_free(&vmas);
}

static void read_file(const uint8_t *data, size_t size, const char *end, size_t end_size)
{
	struct mml_error err = { .text = "" };
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	const struct mml_snap_info *about;
	struct mml_client *client;
	struct mml_snap *snap;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
	    write(fd, end, end_size) != (ssize_t)end_size || lseek(fd, 0, SEEK_SET))
		abort();
	if (mml_snap_read("fuzz", fd, &snap, &err)) {
		if (!err.text[0])
			abort();	/* a refusal says why */
		return;
	}
	client = mml_snap_client(snap, &err);
	if (!client)
		return;
	about = mml_snap_info(client);
	for (size_t i = 0; i < about->nr_pids; i++)
		ask(client, about->pids[i]);
	mml_close(client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char end[128];

	if (!size)
		return 0;
	read_file(data, size, "", 0);
	if (data[size - 1] == '\n')
		read_file(data, size, end, put_end(end, sizeof(end), data, size));
	return 0;
}
