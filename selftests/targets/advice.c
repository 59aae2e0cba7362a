// SPDX-License-Identifier: GPL-2.0
/*
 * advice: areas that somebody has said something about: how they will be read, what
 * a fork and a core dump do with them, that they are locked page by page, that nobody
 * may change them or that they may be dropped; and protection keys.
 */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "target.h"

#define PAGES 16

/* Newer than the headers of some distributions. */
#ifndef SYS_mseal
#define SYS_mseal 462
#endif
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

static char *written(void)
{
	char *area = target_anon(PAGES);

	target_write(area, 0, PAGES, 1);
	return area;
}

/* @codes: what the area has, and what it has not */
static void advise(const char *name, int advice, const char *codes)
{
	char *area = written();

	if (madvise(area, PAGES * target_page, advice))
		target_die(name);
	target_state(name, area, 0, PAGES, "state=present kind=anon vma_vm_flags=%s", codes);
}

static void lock_later(void)
{
	char *area = target_anon(PAGES);

	if (mlock2(area, PAGES * target_page, MLOCK_ONFAULT))
		target_die("mlock2");
	target_write(area, 0, PAGES / 2, 1);
	target_drain();
	target_state("LOCKED_LATER", area, 0, PAGES / 2,
		     "state=present page_flags=+mlocked vma_vm_flags=+lo,+lf");
	target_state("NOT_YET_LOCKED", area, PAGES / 2, PAGES / 2,
		     "state=none vma_vm_flags=+lo,+lf");
}

static void seal(void)
{
	char *area = written();

	if (syscall(SYS_mseal, area, PAGES * target_page, 0UL))
		target_lacks("SEALED", "mseal");
	else
		target_state("SEALED", area, 0, PAGES,
			     "state=present kind=anon vma_vm_flags=+sl");
}

static void droppable(void)
{
	char *area = mmap(NULL, PAGES * target_page, PROT_READ | PROT_WRITE,
			  MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED) {
		target_lacks("DROPPABLE", "MAP_DROPPABLE");
		return;
	}
	madvise(area, PAGES * target_page, MADV_NOHUGEPAGE);
	target_write(area, 0, PAGES, 1);
	target_drain();
	target_state("DROPPABLE", area, 0, PAGES,
		     "state=present page_flags=+anonymous,-swapbacked vma_vm_flags=+dp,+wf,+dd");
}

/* Keys come in order: of these two each of the four bits is in one. */
static void give_keys(void)
{
	for (int number = 1; number <= 10; number++) {
		int key = pkey_alloc(0, 0);
		char *area;

		if (key < 0) {
			target_lacks("KEY_5", "pkey_alloc");
			return;
		}
		if (key != 5 && key != 10)
			continue;
		area = written();
		if (pkey_mprotect(area, PAGES * target_page, PROT_READ | PROT_WRITE, key))
			target_die("pkey_mprotect");
		target_state(key == 5 ? "KEY_5" : "KEY_10", area, 0, PAGES,
			     "state=present kind=anon bits=+pkey%d vma_pkey=%d", key, key);
	}
}

int main(void)
{
	target_begin();
	advise("SEQUENTIAL", MADV_SEQUENTIAL, "+sr,-rr");
	advise("RANDOM", MADV_RANDOM, "+rr,-sr");
	advise("WIPED", MADV_WIPEONFORK, "+wf,-dc,-dd");
	advise("NOT_FORKED", MADV_DONTFORK, "+dc,-wf,-dd");
	advise("NOT_DUMPED", MADV_DONTDUMP, "+dd,-wf,-dc");
	lock_later();
	seal();
	droppable();
	give_keys();
	target_end();
}
