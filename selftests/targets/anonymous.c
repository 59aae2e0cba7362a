// SPDX-License-Identifier: GPL-2.0
/*
 * anonymous: private memory that was never touched, read only, written, given
 * up, locked, closed; the heap and the stack, grown; two mappings that the
 * kernel has made one of. Then pages of zeroes and given-up ones are written to,
 * and last everything's soft-dirty bit is cleared.
 */
#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define PAGES 16

static char *plain, *zero, *lazy, *soft;

/* Far below where main() is; the frame goes, the pages stay. */
static __attribute__((noinline)) char *grow_stack(void)
{
	size_t bytes = 4 * PAGES * target_page;
	volatile char *deep = alloca(bytes);

	for (size_t i = 0; i < bytes; i += target_page)
		deep[i] = 1;
	return (char *)((uintptr_t)deep & -target_page) + target_page;
}

static char *grow_heap(void)
{
	char *heap = sbrk(0);

	heap = (char *)(((uintptr_t)heap + target_page - 1) & -target_page);
	if (brk(heap + PAGES * target_page))
		target_die("brk");
	target_write(heap, 0, PAGES, 1);
	return heap;
}

/* Mapped in halves, in the middle of room that nothing else adjoins. */
static char *merge(void)
{
	char *room = target_anon(PAGES + 2);
	size_t half = PAGES / 2 * target_page;

	munmap(room, (PAGES + 2) * target_page);
	room += target_page;
	for (int i = 0; i < 2; i++) {
		if (mmap(room + i * half, half, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
			target_die("mmap");
	}
	target_write(room, 0, PAGES, 1);
	return room;
}

static char *written(void)
{
	char *area = target_anon(PAGES);

	target_write(area, 0, PAGES, 1);
	return area;
}

static void say_unwritten(size_t first)
{
	target_state("ZERO", zero, first, PAGES - first,
		     "state=zero level=pte kind=zero mapcount=null class=zero bits=+present,-write");
	target_state("LAZY", lazy, first, PAGES - first,
		     "state=present kind=lazyfree page_flags=-swapbacked bits=-dirty");
}

static void clear_soft_dirty(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "4", 1) != 1)
		target_die("clear_refs");
	close(fd);
}

int main(void)
{
	char *area;

	target_begin();
	target_state("UNTOUCHED", target_anon(PAGES), 0, PAGES,
		     "state=none frame=null class=null|none");
	plain = written();
	target_state("READ_WRITE", plain, 0, PAGES,
		     "state=present level=pte kind=anon mapcount=1 class=exclusive-writable bits=+write,+dirty");

	area = written();
	if (mprotect(area, PAGES * target_page, PROT_NONE))
		target_die("mprotect");
	target_state("CLOSED", area, 0, PAGES,
		     "state=protnone frame=some kind=anon mapcount=1 class=no-access bits=+protnone,-present");
	area = written();
	if (mlock(area, PAGES * target_page))
		target_die("mlock");
	target_state("LOCKED", area, 0, PAGES,
		     "state=present kind=anon page_flags=+mlocked,+unevictable");

	zero = target_anon(PAGES);
	target_read(zero, 0, PAGES, 1);
	lazy = written();
	/* a page on its way to the LRU lists is passed over */
	target_drain();
	if (madvise(lazy, PAGES * target_page, MADV_FREE))
		target_die("MADV_FREE");
	say_unwritten(0);

	target_state("HEAP", grow_heap(), 0, PAGES, "state=present area=heap kind=anon");
	target_state("STACK", grow_stack(), 0, PAGES, "state=present area=stack kind=anon");
	target_state("MERGED", merge(), 0, PAGES, "state=present vma_pages=%d", PAGES);
	soft = written();
	target_state("SOFT", soft, 0, PAGES, "state=present bits=+soft-dirty");
	target_drain();
	target_wait();

	target_string("STEP", "a few pages are written to");
	target_write(zero, 0, 4, 1);
	target_write(lazy, 0, 4, 1);
	say_unwritten(4);
	target_state("WRITTEN", zero, 0, 4, "state=present kind=anon mapcount=1 class=exclusive-writable|write-reuses|cannot-tell");
	target_state("TAKEN_BACK", lazy, 0, 4, "state=present kind=anon bits=+dirty");
	target_wait();

	target_string("STEP", "what is soft-dirty is not so any more, but for two pages");
	clear_soft_dirty();
	target_write(soft, 2, 2, 1);
	target_state("READ_WRITE", plain, 0, PAGES,
		     "state=present kind=anon mapcount=1 class=write-reuses|cannot-tell bits=-write,+dirty");
	target_state("SOFT", soft, 4, PAGES - 4, "state=present bits=-soft-dirty,-write class=write-reuses|cannot-tell");
	target_state("SOFT_AGAIN", soft, 2, 2, "state=present bits=+soft-dirty,+write");
	target_end();
}
