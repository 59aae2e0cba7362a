// SPDX-License-Identifier: GPL-2.0
/*
 * torn: the promise of a dump that is not called torn, under fire. A target
 * gives pages other frames and permissions as fast as it can, and logs each
 * change; it is dumped DUMPS times meanwhile. For every dump the log is searched
 * for an instant at which all accessible entries that were reported were true
 * together. Not called torn: there must be one. Called torn: where there is
 * none, it was a real tear, and of those there must have been enough for the
 * test to mean something.
 *
 *	torn DUMPS
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../ktap.h"
#include "lib/mmlens.h"
#include "vm/lib/memory.h"

#define SLOTS		128	/* pages, each in a table of its own */
#define LOG		(1UL << 20)
#define MPOL_MF_MOVE	2

/* ---- what both sides share ---- */

/* What a page is after a change. */
struct change {
	uint64_t frame;
	uint32_t slot;
	uint32_t write;		/* may be written to */
};

static struct log {
	char *area;
	atomic_ulong n;		/* changes so far; they wrap in v */
	atomic_bool quiet;	/* is to hold still */
	atomic_bool still;	/* does */
	struct change v[LOG];
} *book;

/* ---- the target ---- */

static int file;
static bool nodes;	/* there are two */
static bool flipped[SLOTS];

static char *page_of(unsigned int slot)
{
	return book->area + slot * HUGE;
}

/* One of two pages of a file is mapped over the other. */
static int replace(unsigned int slot, bool second)
{
	void *page = mmap(page_of(slot), PAGE, RW,
			  MAP_SHARED | MAP_FIXED | MAP_POPULATE, file,
			  (2 * slot + second) * PAGE);

	return page == MAP_FAILED ? -1 : 0;
}

/* A page of a file is copied by a write, and given back. */
static int copy(unsigned int slot, bool second)
{
	volatile char *page = page_of(slot);

	if (second) {
		*page = 1;
		return 0;
	}
	if (madvise(page_of(slot), PAGE, MADV_DONTNEED))
		return -1;
	return *page;
}

static int migrate(unsigned int slot, bool second)
{
	void *page = page_of(slot);
	int node = second, status;

	if (syscall(SYS_move_pages, 0, 1UL, &page, &node, &status, MPOL_MF_MOVE))
		return -1;
	/* busy: it stayed where it was, and that is what is logged */
	return 0;
}

static int close_and_open(unsigned int slot, bool second)
{
	if (mprotect(page_of(slot), PAGE, second ? PROT_READ : RW))
		return -1;
	if (!second)
		*(volatile char *)page_of(slot) = 1;
	return 0;
}

static int (*const flips[])(unsigned int slot, bool second) = {
	replace, copy, migrate, close_and_open,
};

static unsigned int kind_of(unsigned int slot)
{
	unsigned int kind = slot % 4;

	return kind == 2 && !nodes ? 1 : kind;
}

static void log_slot(unsigned int slot, bool write)
{
	unsigned long n = atomic_load(&book->n);

	book->v[n % LOG] = (struct change) {
		.frame = pagemap_word(page_of(slot)) & ((1ULL << 55) - 1),
		.slot = slot, .write = write,
	};
	atomic_store(&book->n, n + 1);
}

/* What is not second may be written to, but for a file's page that was not copied. */
static bool may_write(unsigned int slot)
{
	switch (kind_of(slot)) {
	case 1:
		return flipped[slot];
	case 3:
		return !flipped[slot];
	default:
		return true;
	}
}

static void set_up(void)
{
	file = memfd_create("torn", 0);
	if (file < 0 || ftruncate(file, 2 * SLOTS * PAGE))
		_exit(1);
	nodes = !access("/sys/devices/system/node/node1", F_OK);
	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		unsigned int kind = kind_of(slot);

		if (kind == 1 &&
		    mmap(page_of(slot), PAGE, RW, MAP_PRIVATE | MAP_FIXED, file,
			 2 * slot * PAGE) == MAP_FAILED)
			_exit(1);
		if (kind >= 2)
			*page_of(slot) = 1;
		if (flips[kind](slot, false))
			_exit(1);
		log_slot(slot, may_write(slot));
	}
}

/* Without a rest now and then hardly a dump would not be torn. */
static void rest(void)
{
	const struct timespec some = { .tv_nsec = random() % 400000 };

	if (random() % 32 == 0)
		nanosleep(&some, NULL);
}

static void flip_on(const void *part, int orders, int answers)
{
	(void)part;
	(void)orders;
	set_up();
	if (write(answers, "", 1) != 1)
		return;
	for (;;) {
		unsigned int slot = random() % SLOTS;

		while (atomic_load(&book->quiet)) {
			atomic_store(&book->still, true);
			usleep(1000);
		}
		flipped[slot] = !flipped[slot];
		if (flips[kind_of(slot)](slot, flipped[slot]))
			_exit(1);
		log_slot(slot, may_write(slot));
		rest();
	}
}

/* ---- the reader ---- */

static struct mml_client *client;
static pid_t target;

/* What a dump said of accessible pages; frame 0: nothing. */
static struct change reported[SLOTS];
static struct change state[SLOTS];	/* as the log has it, up to ... */
static unsigned long applied;

static void apply_next(void)
{
	const struct change *change = &book->v[applied++ % LOG];

	state[change->slot] = *change;
}

static int take(const struct mml_extent *extent, void *arg)
{
	uint64_t slot = (extent->start - (uintptr_t)book->area) / HUGE;

	(void)arg;
	if (extent->state != MMLENS_STATE_PRESENT)
		return 0;
	reported[slot].frame = extent->frame;
	reported[slot].write = !!(extent->entry & MMLENS_ENTRY_WRITE);
	return 0;
}

static void read_slots(unsigned int first, unsigned int n, struct mml_dump *dump)
{
	const struct mml_page_query query = {
		.pid = target,
		.start = (uintptr_t)book->area + first * HUGE,
		.end = (uintptr_t)book->area + (first + n) * HUGE,
	};
	struct mml_error err;

	memset(reported, 0, sizeof(reported));
	if (mml_pages(client, &query, take, NULL, dump, &err))
		ktap_bail("%s", err.text);
}

/* To have more permissions than was said is no harm; to have lost one is. */
static bool is_true(unsigned int slot)
{
	const struct change *said = &reported[slot];

	return !said->frame || (said->frame == state[slot].frame &&
				said->write <= state[slot].write);
}

static unsigned int count_wrong(void)
{
	unsigned int wrong = 0;

	for (unsigned int slot = 0; slot < SLOTS; slot++)
		wrong += !is_true(slot);
	return wrong;
}

static unsigned long wait_for_changes(unsigned long n)
{
	while (atomic_load(&book->n) < n)
		sched_yield();
	return n;
}

/* Was all of it true together after one of the changes up to number @end? */
static bool find_instant(unsigned long end)
{
	unsigned int wrong = count_wrong();
	bool found = !wrong;

	while (applied < end) {
		unsigned int slot = book->v[applied % LOG].slot;

		wrong -= !is_true(slot);
		apply_next();
		wrong += !is_true(slot);
		found |= !wrong;
	}
	return found;
}

static struct tally {
	unsigned long dumps, calm, torn, real, broken, incomplete, pages;
} tally;

/* Wide dumps, and narrow ones, which a change may just miss. */
static void dump_once(void)
{
	unsigned int n = 2U << random() % 7, first = random() % (SLOTS - n + 1);
	unsigned long before = atomic_load(&book->n), after;
	struct mml_dump dump;
	bool instant;

	while (applied < before)
		apply_next();
	read_slots(first, n, &dump);
	/* one change may have been made and not yet logged */
	after = wait_for_changes(atomic_load(&book->n) + 1);
	if (after - before >= LOG)
		ktap_bail("%lu changes during one dump: the log is too short",
			  after - before);
	instant = find_instant(after);

	tally.dumps++;
	tally.incomplete += !dump.complete;
	tally.torn += dump.torn;
	tally.calm += !dump.torn;
	tally.real += dump.torn && !instant;
	tally.broken += !dump.torn && !instant;
	if (!dump.torn)
		for (unsigned int slot = 0; slot < SLOTS; slot++)
			tally.pages += !!reported[slot].frame;
}

static void test_flipping(unsigned long dumps)
{
	/* more of them where the two get to run beside each other less often */
	while (tally.dumps < dumps ||
	       (tally.real < dumps / 100 && tally.dumps < 20 * dumps))
		dump_once();
	ktap_test(!tally.incomplete, "at least %lu dumps of a target that changes are complete", dumps);
	ktap_test(tally.real >= dumps / 100, "at least %lu of them were really torn",
		  dumps / 100);
	ktap_test(tally.calm >= dumps / 100, "at least %lu of them were not called torn",
		  dumps / 100);
	ktap_test(tally.pages >= tally.calm, "... and had pages to tell of");
	ktap_test(!tally.broken, "... all that one of those reported was true together");
	ktap_note("%lu dumps, %lu changes; called torn %lu, of which no instant fits %lu; not called torn %lu, of which no instant fits %lu; pages in these %lu",
		  tally.dumps, atomic_load(&book->n), tally.torn, tally.real, tally.calm,
		  tally.broken, tally.pages);
}

static void test_quiet(unsigned long dumps)
{
	unsigned long torn = 0, wrong = 0;
	struct mml_dump dump;

	atomic_store(&book->quiet, true);
	while (!atomic_load(&book->still))
		sched_yield();
	while (applied < atomic_load(&book->n))
		apply_next();
	for (unsigned long i = 0; i < dumps; i++) {
		read_slots(0, SLOTS, &dump);
		torn += dump.torn || !dump.complete;
		wrong += count_wrong();
	}
	ktap_test(!torn, "%lu dumps of a quiet target, never called torn", dumps);
	ktap_test(!wrong, "... and all as it was logged");
}

int main(int argc, char **argv)
{
	unsigned long dumps = argc == 2 ? strtoul(argv[1], NULL, 0) : 0;
	struct actor actor;
	struct mml_error err;
	struct mml_info info;
	char c;

	if (!dumps)
		ktap_bail("usage: torn DUMPS");
	ktap_begin();
	if (mml_open(&client, &err) || mml_info(client, &info, &err))
		ktap_bail("%s", err.text);
	/* the target may be made to wait itself while it holds its mmap lock */
	mml_set_timeout(client, 120000);
	if (!(info.can & MMLENS_CAN_EPOCH))
		ktap_skip_all("this architecture has no epoch");
	book = mmap(NULL, sizeof(*book), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (book == MAP_FAILED)
		ktap_bail("mmap: %s", strerror(errno));
	book->area = map((SLOTS + 1) * HUGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	if (!book->area)
		ktap_bail("no room");
	book->area = (char *)(((uintptr_t)book->area + HUGE - 1) & -HUGE);
	actor_start(&actor, flip_on, NULL);
	target = actor.pid;
	if (read(actor.answers, &c, 1) != 1)
		ktap_bail("the target could not be set up");
	test_flipping(dumps);
	test_quiet(dumps);
	actor_end(&actor);
	mml_close(client);
	return ktap_end();
}
