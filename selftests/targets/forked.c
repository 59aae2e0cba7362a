// SPDX-License-Identifier: GPL-2.0
/*
 * forked: the layout of `mmlens demo`. A parent with 64 MiB of anonymous
 * memory, a private file mapping of which some pages were written, a shared
 * mapping and a heap forks; then both write, and the child exits.
 */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define ANON	16384	/* pages: 64 MiB */
#define FILE_	1024
#define WRITTEN	256	/* of the file's */
#define SHMEM	256
#define HEAP	64

static char *anon, *file, *shmem, *heap;
static struct puppet child;

static void child_obey(char order)
{
	switch (order) {
	case 'w':
		target_write(anon, 0, ANON / 4, 2);
		target_write(file, 0, 16, 1);
		target_write(shmem, 0, 64, 1);
		target_write(heap, 0, 2, 1);
		break;
	case 'g':
		if (sbrk(40 * target_page) == (void *)-1)
			target_die("sbrk");
		target_write(heap, HEAP, 40, 1);
		break;
	}
}

/* A heap that starts with the page: what sbrk() gives may be in the middle. */
static char *make_heap(size_t pages)
{
	uintptr_t at = (uintptr_t)sbrk(0);
	size_t pad = -at & (target_page - 1);

	if (sbrk(pad + pages * target_page) == (void *)-1)
		target_die("sbrk");
	return (char *)at + pad;
}

int main(void)
{
	struct target_counts in_anon = { .shared = ANON };
	/* an area with written pages is copied whole at fork, read ones too */
	struct target_counts in_file = { .shared = FILE_ };
	struct target_counts in_shmem = { .unfaulted_b = SHMEM };
	struct target_counts in_heap = { .shared = HEAP };

	target_begin();
	anon = target_anon(ANON);
	target_write(anon, 0, ANON, 1);
	file = target_file(FILE_);
	target_write(file, 0, WRITTEN, 1);
	shmem = mmap(NULL, SHMEM * target_page, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shmem == MAP_FAILED)
		target_die("mmap");
	target_write(shmem, 0, SHMEM, 1);
	heap = make_heap(HEAP);
	target_write(heap, 0, HEAP, 1);
	puppet_start(&child, child_obey);

	target_uint("A", getpid());
	target_uint("B", child.pid);
	target_hex("ANON", anon);
	target_hex("FILE", file);
	target_hex("SHMEM", shmem);
	target_hex("HEAP", heap);
	target_expect("ANON", &in_anon);
	target_expect("FILE", &in_file);
	target_expect("SHMEM", &in_shmem);
	target_expect("HEAP", &in_heap);
	target_wait();

	target_string("STEP", "the child writes every second page of half the memory, and a few others");
	puppet_do(&child, 'w');
	in_anon.shared -= ANON / 4;
	in_anon.copied_b += ANON / 4;
	in_file.shared -= 16;
	in_file.copied_b += 16;
	in_shmem.shared += 64;
	in_shmem.unfaulted_b -= 64;
	in_heap.shared -= 2;
	in_heap.copied_b += 2;
	target_expect("ANON", &in_anon);
	target_expect("FILE", &in_file);
	target_expect("SHMEM", &in_shmem);
	target_expect("HEAP", &in_heap);
	target_wait();

	target_string("STEP", "the child grows its heap");
	puppet_do(&child, 'g');
	in_heap.own_b += 40;
	target_expect("HEAP", &in_heap);
	target_wait();

	target_string("STEP", "the parent writes 256 pages of the other half, 8 of the file that only were read");
	target_write(anon, ANON / 2, 256, 1);
	target_write(file, WRITTEN, 8, 1);
	in_anon.shared -= 256;
	in_anon.copied_a += 256;
	in_file.shared -= 8;
	in_file.copied_a += 8;
	target_expect("ANON", &in_anon);
	target_expect("FILE", &in_file);
	/* shared by both now; the parent's alone after the next step */
	target_hex("LAST", anon + 3 * (ANON / 4) * target_page);
	target_wait();

	target_string("STEP", "the child exits: the page at LAST is the parent's alone, and read-only");
	puppet_end(&child);
	target_uint("B", getpid());
	target_wait();

	target_string("STEP", "the parent writes to the page at LAST: the frame stays");
	target_write(anon, 3 * (ANON / 4), 1, 1);
	target_end();
}
