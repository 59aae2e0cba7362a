// SPDX-License-Identifier: GPL-2.0
/*
 * migrating: a child whose huge pages move between two NUMA nodes without end, and a
 * reader that looks for the entries that stand in for them meanwhile. They are
 * there for moments only (those of small pages stay, in moving.c): what counts are
 * those that /proc shows alike right before and right after mmlens, all in one
 * move: frames come back in a later one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"
#include "lib/mmlens.h"
#include "lib/names.h"

#define HUGE	(2UL << 20)
#define LOOKS	20000
#define ENOUGH	25

static char *area[2];	/* huge pages: one that may be written to, one that may not */
static _Atomic unsigned long *moves;	/* begun; both can see it */

static char *huge_page(int prot)
{
	char *room = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *page = (char *)(((uintptr_t)room + HUGE - 1) & -HUGE);

	if (room == MAP_FAILED || madvise(page, HUGE, MADV_HUGEPAGE))
		exit(1);
	page[0] = 1;
	mprotect(page, HUGE, prot);
	return page;
}

static _Noreturn void move_about(int ready)
{
	int node, status[2];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	area[0] = huge_page(PROT_READ | PROT_WRITE);
	area[1] = huge_page(PROT_READ);
	if (write(ready, area, sizeof(area)) != sizeof(area))
		_exit(1);
	for (node = 1; ; node = !node) {
		void *pages[2] = { area[0], area[1] };
		int nodes[2] = { node, node };

		++*moves;
		syscall(SYS_move_pages, 0, 2UL, pages, nodes, status, MPOL_MF_MOVE);
	}
}

/* Of each of the two areas. */
struct seen {
	unsigned int entries, agreed, wrong;
};

static uint64_t pagemap_at(int fd, const char *addr)
{
	uint64_t entry = 0;

	if (pread(fd, &entry, sizeof(entry), (uintptr_t)addr / getpagesize() *
		  sizeof(entry)) != sizeof(entry))
		exit(1);
	return entry;
}

static void look(struct mml_client *client, pid_t pid, int pagemap, int which,
		 struct seen *seen)
{
	uint64_t before, after, value;
	struct mml_error err;
	struct mml_walk walk;
	unsigned long move = *moves;

	before = pagemap_at(pagemap, area[which]);
	if (mml_walk(client, pid, (uintptr_t)area[which], &walk, &err))
		return;		/* the lock was not to be had in time */
	after = pagemap_at(pagemap, area[which]);
	if (walk.leaf.state == MMLENS_STATE_MIGRATION) {
		seen->entries++;
		/* as the page may be written to, so says the entry */
		if (!(walk.leaf.entry & MMLENS_ENTRY_WRITE) != !!which)
			seen->wrong++;
		value = after & ((1ULL << 55) - 1);
		if (before == after && after & 1ULL << 62 && move == *moves) {
			seen->agreed++;
			if (MMLENS_SWAP_OFFSET(value) != walk.leaf.frame)
				seen->wrong++;
		}
	}
	mml_walk_free(&walk);
}

static void judge(const char *name, const struct seen *seen)
{
	ktap_note("%s: %u, %u of them as /proc has them", name, seen->entries, seen->agreed);
	if (seen->wrong || seen->agreed)
		ktap_test(!seen->wrong, "%s are what /proc says", name);
	else
		ktap_skip(name, "none was caught");
}

static void search(struct mml_client *client, pid_t pid)
{
	struct seen seen[2] = {};
	char path[64];
	int pagemap;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		exit(1);
	for (int i = 0; i < LOOKS && (seen[0].agreed < ENOUGH || seen[1].agreed < ENOUGH); i++)
		look(client, pid, pagemap, i % 2, &seen[i % 2]);
	close(pagemap);
	judge("huge migration entries of a writable page", &seen[0]);
	judge("huge migration entries of a read-only page", &seen[1]);
}

int main(void)
{
	struct mml_client *client;
	struct mml_error err;
	int ready[2];
	pid_t pid;

	ktap_begin();
	if (access("/sys/devices/system/node/node1", F_OK)) {
		ktap_skip("huge migration entries", "one NUMA node only");
		return ktap_end();
	}
	moves = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (moves == MAP_FAILED || pipe(ready) || mml_open(&client, &err))
		return 1;
	pid = fork();
	if (!pid)
		move_about(ready[1]);
	if (pid < 0 || read(ready[0], area, sizeof(area)) != sizeof(area))
		return 1;
	search(client, pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	mml_close(client);
	return ktap_end();
}
