// SPDX-License-Identifier: GPL-2.0
/*
 * epoch: which changes of a process, made while it is dumped, the answer calls
 * a tear. What takes something accessible away has to be one; what only adds,
 * or does nothing to a page, must not be. For each step a process of its own:
 * the step is made when the first pages of the dump have come, long before the
 * last of them are read.
 *
 *	epoch DIR	a directory on a file system that is kept on a device
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../ktap.h"
#include "lib/judge.h"
#include "lib/mmlens.h"
#include "vm/lib/lru.h"
#include "vm/lib/memory.h"

/* Younger than the oldest C library that this is built with. */
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

/* Every second page of it is an extent: far more than three messages hold. */
#define FILLER_PAGES 16384

/* ---- what is set up ---- */

static char *read_shared_file(void)
{
	return file_shared_mapped();
}

static char *written_shared_file(void)
{
	char *area = file_area(false, MAP_SHARED);

	if (area)
		area[0] = 1;
	return area;
}

static char *opened_again(void)
{
	return protect(protect(written(), PROT_READ), RW);
}

static char *closed(void)
{
	return protect(written(), PROT_NONE);
}

static char *huge_written(void)
{
	char *area = huge();

	if (area)
		memset(area, 1, HUGE);
	return area;
}

static char *huge_forked(void)
{
	return fork_with(huge_written(), false);
}

/* 512 small pages that a huge one could replace. */
static char *to_collapse(void)
{
	char *area = huge();

	if (!area)
		return NULL;
	madvise(area, HUGE, MADV_NOHUGEPAGE);
	memset(area, 1, HUGE);
	madvise(area, HUGE, MADV_HUGEPAGE);
	return area;
}

static bool two_nodes(void)
{
	return !access("/sys/devices/system/node/node1", F_OK);
}

static char *on_first_node(void)
{
	if (two_nodes())
		return written();
	errno = ENODEV;
	return lacking("a second NUMA node");
}

static char *closed_on_first_node(void)
{
	return protect(on_first_node(), PROT_NONE);
}

/* ---- what is done; 0 when it was ---- */

static int read_it(char *area)
{
	*(volatile char *)area;
	return 0;
}

static int write_it(char *area)
{
	*(volatile char *)area = 2;
	return 0;
}

static int close_it(char *area)
{
	return mprotect(area, PAGE, PROT_READ);
}

static int open_it(char *area)
{
	return mprotect(area, PAGE, RW);
}

static int fork_off(char *area)
{
	pid_t pid = fork();

	(void)area;
	if (!pid)
		_exit(0);
	return pid < 0 || waitpid(pid, NULL, 0) < 0 ? -1 : 0;
}

static int give_back(char *area)
{
	return madvise(area, PAGE, MADV_DONTNEED);
}

static int page_out(char *area)
{
	for (int i = 0; i < 100 && !is_swapped(area); i++) {
		if (madvise(area, PAGE, MADV_PAGEOUT))
			return -1;
		nap();
	}
	errno = ETIMEDOUT;
	return is_swapped(area) ? 0 : -1;
}

/* The file ends before its page. */
static int punch(char *area)
{
	return madvise(area, PAGE, MADV_REMOVE);
}

static int collapse(char *area)
{
	return madvise(area, HUGE, MADV_COLLAPSE);
}

static int unmap(char *area)
{
	return munmap(area, PAGE);
}

static int move(char *area)
{
	char *to = map(PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	return !to || mremap(area, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
		      MAP_FAILED ? -1 : 0;
}

static int clear_refs(const char *what)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	int ret = fd < 0 || write(fd, what, 1) != 1 ? -1 : 0;

	close(fd);
	return ret;
}

static int clear_soft_dirty(char *area)
{
	(void)area;
	return clear_refs("4");
}

static int clear_referenced(char *area)
{
	(void)area;
	return clear_refs("1");
}

static int lock(char *area)
{
	return mlock(area, PAGE);
}

/* To whichever node it is not on. */
static int migrate(char *area)
{
	uint64_t before = pagemap_word(area);

	for (unsigned long node = 0; node < 2; node++) {
		unsigned long nodes = 1UL << node;

		if (syscall(SYS_mbind, area, PAGE, 2 /* MPOL_BIND */, &nodes, 64,
			    2 /* MPOL_MF_MOVE */))
			return -1;
		if (pagemap_word(area) << 9 != before << 9)
			return 0;
	}
	errno = EBUSY;
	return -1;
}

static int nothing(char *area)
{
	(void)area;
	return 0;
}

/* ---- and what is to be said of it ---- */

enum said {
	CALM,
	TORN,
	EITHER,		/* it depends on what else the kernel has in its hands */
};

static const struct row {
	const char *name;
	char *(*set_up)(void);
	int (*step)(char *area);
	enum said said;
	enum said before_5_19;	/* where that differs: AnonExclusive came then */
} rows[] = {
	{ "nothing", written, nothing, CALM, CALM },

	/* ---- what only adds ---- */
	{ "a first read", untouched, read_it, CALM, CALM },
	{ "a first write", untouched, write_it, CALM, CALM },
	{ "a first write to a huge page", huge, write_it, CALM, CALM },
	{ "a file's page is read", file_mapped, read_it, CALM, CALM },
	{ "the stack grows", below_stack, write_it, CALM, CALM },
	{ "a write after fork, the other gone", forked_alone, write_it, CALM, EITHER },
	{ "a write to a shared file's page", read_shared_file, write_it, CALM, CALM },
	{ "a write after soft-dirty was cleared", cleared_refs, write_it, CALM, EITHER },
	{ "a write after mprotect and back", opened_again, write_it, CALM, EITHER },
	{ "swapped in", swapped, read_it, CALM, CALM },
	{ "mlock", written, lock, CALM, CALM },
	{ "referenced bits are cleared", written, clear_referenced, CALM, CALM },
	{ "an area is opened by mprotect", closed, open_it, EITHER, EITHER },

	/* ---- what takes a frame or a permission away ---- */
	{ "a write over the page of zeroes", read_before, write_it, TORN, TORN },
	{ "a copy after fork", forked, write_it, TORN, TORN },
	{ "a copy of a file's page", file_mapped, write_it, TORN, TORN },
	{ "a copy of a huge page's part", huge_forked, write_it, TORN, TORN },
	{ "mprotect", written, close_it, TORN, TORN },
	{ "fork", written, fork_off, TORN, TORN },
	{ "MADV_DONTNEED", written, give_back, TORN, TORN },
	{ "MADV_REMOVE of a shared file's page", written_shared_file, punch, TORN, TORN },
	{ "a part of a huge page is given back", huge_written, give_back, TORN, TORN },
	{ "MADV_COLLAPSE", to_collapse, collapse, TORN, TORN },
	{ "paged out", written, page_out, TORN, TORN },
	{ "soft-dirty is cleared", written, clear_soft_dirty, TORN, TORN },
	{ "munmap", written, unmap, TORN, TORN },
	{ "mremap", written, move, TORN, TORN },
	{ "moved to another node", on_first_node, migrate, TORN, TORN },

	/* ---- what takes nothing that could be used ---- */
	{ "munmap of nothing", untouched, unmap, CALM, CALM },
	{ "mremap of nothing", untouched, move, CALM, CALM },
	{ "moved to another node, PROT_NONE", closed_on_first_node, migrate, EITHER, EITHER },
};

/* What the other side reports, twice: when it is ready, and after the step. */
struct report {
	bool done;
	char lacking[96];
};

static bool report(int answers, bool done)
{
	struct report r = { .done = done };

	snprintf(r.lacking, sizeof(r.lacking), "%s", lacks);
	return write(answers, &r, sizeof(r)) == sizeof(r);
}

static void act(const void *part, int orders, int answers)
{
	char *filler = anon(FILLER_PAGES), *area;
	const struct row *row = part;
	char c;

	for (size_t i = 0; filler && i < FILLER_PAGES; i += 2)
		filler[i * PAGE] = 1;
	area = filler ? row->set_up() : NULL;
	/* a page that another CPU keeps for the LRU is not known to be alone */
	lru_drain();
	/* once more than needed: what this writes to is our own from then on */
	if (!report(answers, area) || read(orders, &c, 1) != 1 ||
	    !report(answers, true) || read(orders, &c, 1) != 1)
		return;
	if (row->step(area))
		report(answers, lacking("the step") != NULL);
	else
		report(answers, true);
	pause();
}

static bool hear(const struct actor *actor, struct report *r)
{
	struct pollfd wait = { .fd = actor->answers, .events = POLLIN };

	return poll(&wait, 1, 300000) == 1 &&
	       read(actor->answers, r, sizeof(*r)) == sizeof(*r);
}

static bool order(const struct actor *actor, struct report *r)
{
	return write(actor->orders, "", 1) == 1 && hear(actor, r);
}

struct reading {
	const struct actor *actor;
	bool stepped;
	struct report report;
};

static int on_extent(const struct mml_extent *extent, void *arg)
{
	struct reading *reading = arg;

	(void)extent;
	if (reading->stepped)
		return 0;
	reading->stepped = true;
	return order(reading->actor, &reading->report) ? 0 : -EIO;
}

static struct mml_client *client;
static unsigned int kernel;

static void judge(const struct row *row, const struct mml_dump *dump)
{
	enum said said = kernel < MML_KERNEL(5, 19) ? row->before_5_19 : row->said;
	static const char *const words[] = {
		[CALM] = "no tear", [TORN] = "a tear", [EITHER] = "may be a tear",
	};

	ktap_test(dump->complete && (said == EITHER || dump->torn == (said == TORN)),
		  "%s: %s%s", row->name, words[said],
		  said != EITHER ? "" : dump->torn ? ", and was said to be" : ", and was not said to be");
	ktap_note("torn %d, complete %d, %llu messages, %llu pages unwatched",
		  dump->torn, dump->complete, (unsigned long long)dump->messages,
		  (unsigned long long)dump->unwatched);
}

static void dump(const struct row *row, const struct actor *actor)
{
	const struct mml_page_query query = { .pid = actor->pid };
	struct reading reading = { .actor = actor };
	struct mml_error err = { .text = "" };
	struct mml_dump result;

	if (mml_pages(client, &query, on_extent, &reading, &result, &err))
		ktap_test(false, "%s: %s", row->name, err.text);
	else if (!reading.report.done)
		ktap_skip(row->name, "%s", reading.report.lacking);
	else
		judge(row, &result);
}

static void check(const struct row *row)
{
	struct actor actor;
	struct report ready;

	actor_start(&actor, act, row);
	if (!hear(&actor, &ready))
		ktap_test(false, "%s: could not be set up", row->name);
	else if (!ready.done)
		ktap_skip(row->name, "%s", ready.lacking);
	else if (!order(&actor, &ready))
		ktap_test(false, "%s: does not answer", row->name);
	else
		dump(row, &actor);
	actor_end(&actor);
}

int main(int argc, char **argv)
{
	struct mml_error err;
	struct mml_info info;

	if (argc != 2)
		ktap_bail("usage: epoch DIR");
	files_directory = argv[1];
	ktap_begin();
	if (mml_open(&client, &err) || mml_info(client, &info, &err))
		ktap_bail("%s", err.text);
	if (!(info.can & MMLENS_CAN_EPOCH))
		ktap_skip_all("this architecture has no epoch");
	kernel = mml_kernel(info.release);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(&rows[i]);
	mml_close(client);
	return ktap_end();
}
