// SPDX-License-Identifier: GPL-2.0
/*
 * nodes: pages on one NUMA node, which then move to another; a huge page that
 * does, too. `nodes hint` has such pages on node 1 and runs on node 0, so that NUMA
 * balancing takes away the access to them; it says so once that has been done.
 * Ends with status 4 where there are not two nodes.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "target.h"

#define PAGES	64
#define HUGE	(2UL << 20)

static void allocate_on(int node)
{
	unsigned long mask = 1UL << node;

	if (syscall(SYS_set_mempolicy, node < 0 ? MPOL_DEFAULT : MPOL_BIND,
		    node < 0 ? NULL : &mask, 8 * sizeof(mask)))
		target_die("set_mempolicy");
}

static char *pages_on(int node)
{
	char *area = target_anon(PAGES);

	allocate_on(node);
	target_write(area, 0, PAGES, 1);
	allocate_on(-1);
	return area;
}

static char *huge_page_on(int node)
{
	char *room = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *area = (char *)(((uintptr_t)room + HUGE - 1) & -HUGE);

	if (room == MAP_FAILED || madvise(area, HUGE, MADV_HUGEPAGE))
		target_die("mmap");
	allocate_on(node);
	target_write(area, 0, 1, 1);
	allocate_on(-1);
	return area;
}

static void move(char *area, size_t pages, int node)
{
	void *page[PAGES];
	int nodes[PAGES], status[PAGES];

	for (size_t i = 0; i < pages; i++) {
		page[i] = area + i * target_page;
		nodes[i] = node;
	}
	target_drain();
	if (syscall(SYS_move_pages, 0, pages, page, nodes, status, MPOL_MF_MOVE))
		target_die("move_pages");
}

static void say(char *small, char *huge, int node)
{
	target_state("SMALL", small, 0, PAGES, "state=present kind=anon node=%d", node);
	target_state("HUGE", huge, 0, HUGE / target_page,
		     "state=present kind=anon level=pmd node=%d extents=1", node);
}

static void run_on_node_0(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		target_die("sched_setaffinity");
}

/* How often NUMA balancing has come to the end of our address space. */
static unsigned long scans(void)
{
	static char text[16384];
	int fd = open("/proc/self/sched", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *line;

	if (len < 0)
		target_die("/proc/self/sched");
	close(fd);
	text[len] = '\0';
	line = strstr(text, "mm->numa_scan_seq");
	line = line ? strchr(line, ':') : NULL;
	return line ? strtoul(line + 1, NULL, 10) : 0;
}

/* It comes by after some time of running, in which pages are left alone. */
static void wait_for_hints(void)
{
	unsigned long start = scans();

	for (int tries = 0; scans() < start + 2; tries++) {
		errno = ETIMEDOUT;
		if (tries == 20000)
			target_die("NUMA balancing");
		for (volatile unsigned int spin = 0; spin < 200000; spin++)
			;
	}
}

static void be_hinted(void)
{
	const char *is = "state=numa-hint frame=some kind=anon node=1 bits=+protnone,-present mapcount=1";
	char *small, *huge;

	run_on_node_0();
	small = pages_on(1);
	huge = huge_page_on(1);
	/* a page that waits for its list is held, and passed over */
	target_drain();
	wait_for_hints();
	target_state("HINT", small, 0, PAGES, "level=pte %s", is);
	target_state("HUGE_HINT", huge, 0, HUGE / target_page, "level=pmd order=9 extents=1 %s", is);
	target_end();
}

int main(int argc, char **argv)
{
	char *small, *huge;

	if (access("/sys/devices/system/node/node1", F_OK)) {
		fputs("nodes: there is one node only\n", stderr);
		return 4;
	}
	target_begin();
	if (argc > 1 && !strcmp(argv[1], "hint"))
		be_hinted();
	small = pages_on(0);
	huge = huge_page_on(0);
	say(small, huge, 0);
	target_wait();

	target_string("STEP", "all of it moves to node 1");
	move(small, PAGES, 1);
	move(huge, 1, 1);
	say(small, huge, 1);
	target_end();
}
