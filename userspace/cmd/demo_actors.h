/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two processes of the demonstration: a parent with four kinds of memory,
 * and the child that it forks. Both do only what they are told.
 */
#ifndef CMD_DEMO_ACTORS_H
#define CMD_DEMO_ACTORS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum demo_kind {
	DEMO_MEMORY,	/* private anonymous */
	DEMO_FILE,	/* private mapping of a file */
	DEMO_HEAP,
	DEMO_SHM,	/* shared mapping */
	DEMO_KINDS,
};

#define DEMO_MEMORY_PAGES	16384	/* 64 MiB */
#define DEMO_FILE_PAGES		1024	/* all of them read before the fork */
#define DEMO_FILE_WRITTEN	256	/* and these, the first, written */
#define DEMO_HEAP_PAGES		64
#define DEMO_SHM_PAGES		256

/* What is touched later, by page. */
#define DEMO_HALF_WRITES	(DEMO_MEMORY_PAGES / 4)	/* every second one of half */
#define DEMO_FILE_WRITES	16
#define DEMO_SOME_WRITES	256
#define DEMO_SHM_WRITES		64
#define DEMO_GLASS		12000	/* the page that is looked at closely */
#define DEMO_LAST		14000	/* the one written after the child's end */

enum demo_order {
	DEMO_FORK = 'f',	/* the parent: make the child */
	DEMO_PASS = 'p',	/* the parent: pass the next order on to the child */
	DEMO_WRITE_HALF = 'h',	/* every second page of half the memory; 16 of the file */
	DEMO_WRITE_SOME = 's',	/* 256 pages of the memory's other half */
	DEMO_WRITE_SHM = 'm',	/* 64 pages */
	DEMO_WRITE_GLASS = 'g',	/* one page of the memory, DEMO_GLASS */
	DEMO_WRITE_LAST = 'l',	/* one page of the memory, DEMO_LAST */
	DEMO_END = 'e',		/* the parent: end the child */
};

struct demo_actors {
	pid_t parent, child;	/* child 0: there is none */
	size_t page_size;
	uint64_t area[DEMO_KINDS];	/* addresses, the same in both */
	int orders, answers;
};

int demo_actors_start(struct demo_actors *actors);
int demo_order_parent(struct demo_actors *actors, enum demo_order order);
int demo_order_child(struct demo_actors *actors, enum demo_order order);
void demo_actors_end(struct demo_actors *actors);

#endif /* CMD_DEMO_ACTORS_H */
