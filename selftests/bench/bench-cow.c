// SPDX-License-Identifier: GPL-2.0
/*
 * bench-cow: what does it cost to compare processes forked from one?
 *
 *   four	`mmlens cow` of a parent and three children that have copied a part,
 *		beside a bare reader of their pagemaps that only compares frames
 *   many	of 250 and of 1,000 processes of one family: time by their number
 *
 * Memory is told by the extents that the kernel has answered with.
 *
 * Before anything is told, what the library makes of the same processes must
 * be what the children wrote, and what the bare reader has seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "bench/lib/process.h"
#include "bench/lib/reader.h"
#include "lib/set.h"

#define FOUR		4
#define BATCH		(128 * 1024)	/* words: 1 MiB a read */
#define FRAME_MASK	((1ULL << 55) - 1)

/* ---- a parent and its children ---- */

/* Of each @step pages from the @kid'th @run on, each child writes to a run. */
struct tree {
	unsigned int mib, kids, run, step;
};

static uint64_t pages_of(const struct tree *tree)
{
	return tree->mib * (1024 * 1024 / bench_page);
}

/* Those that a child writes to, and so copies. */
static uint64_t written_by_one(const struct tree *tree)
{
	return pages_of(tree) / tree->step * tree->run;
}

static void write_runs(const struct tree *tree, unsigned int kid, char *area)
{
	uint64_t pages = pages_of(tree);

	for (uint64_t i = kid * tree->run % tree->step; i < pages; i += tree->step) {
		for (unsigned int j = 0; j < tree->run; j++)
			area[(i + j) * bench_page] = 2;
	}
}

static void start_kid(const struct tree *tree, unsigned int kid, char *area,
		      const int ready[2])
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		bench_die("fork: %s", strerror(errno));
	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	write_runs(tree, kid, area);
	if (write(ready[1], "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void be_tree(const void *arg)
{
	const struct tree *tree = arg;
	uint64_t size = pages_of(tree) * bench_page;
	int ready[2];
	char *area, c;

	area = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED || madvise(area, size, MADV_NOHUGEPAGE) || pipe(ready))
		bench_die("%u MiB: %s", tree->mib, strerror(errno));
	for (uint64_t at = 0; at < size; at += bench_page)
		area[at] = 1;
	for (unsigned int i = 0; i < tree->kids; i++)
		start_kid(tree, i, area, ready);
	for (unsigned int i = 0; i < tree->kids; i++) {
		if (read(ready[0], &c, 1) != 1)
			bench_die("a child has gone");
	}
	bench_ready(area, pages_of(tree));
}

/* Kills the parent, and waits until its children have gone too. */
static void end_tree(struct bench_target *t)
{
	bench_target_end(t);
	while (wait(NULL) > 0)
		;
}

/* ---- theirs ---- */

struct bare {
	const struct bench_target *target;
	uint32_t pids[FOUR];
	uint64_t same, other;	/* pages of a child, against its parent's */
};

/* Their pagemaps side by side, a batch of each at a time. */
static void read_bare(void *arg)
{
	static uint64_t words[2][BATCH];
	struct bare *bare = arg;
	uint64_t at = bare->target->start / bench_page;
	uint64_t end = bare->target->end / bench_page;
	int fd[FOUR];

	bare->same = 0;
	bare->other = 0;
	for (unsigned int i = 0; i < FOUR; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%u/pagemap", bare->pids[i]);
		fd[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
	for (uint64_t n; at < end; at += n) {
		n = end - at < BATCH ? end - at : BATCH;
		for (unsigned int i = 0; i < FOUR; i++) {
			uint64_t *mine = words[i > 0];

			if (pread(fd[i], mine, n * 8, at * 8) != (ssize_t)n * 8)
				bench_die("pagemap: short read");
			for (uint64_t j = 0; i && j < n; j++) {
				if ((mine[j] ^ words[0][j]) & FRAME_MASK)
					bare->other++;
				else
					bare->same++;
			}
		}
	}
	for (unsigned int i = 0; i < FOUR; i++)
		close(fd[i]);
}

/* ---- ours ---- */

/* A tree, or some of it: the parent and its first children. */
struct family {
	uint32_t pids[MML_SET_MAX];
	uint32_t n;
	uint64_t start;		/* of their area */
	uint64_t extents;	/* of all processes, as the kernel gives them */
	uint64_t copied;	/* in the area, as the library judges */
	long memory;		/* KiB that the tool had, at most */
};

/* They are named, so that those of a part of the tree are compared alone. */
static void run_cow(void *arg)
{
	static char numbers[MML_SET_MAX][12];
	char *argv[MML_SET_MAX + 3] = { "mmlens", "cow" };
	struct family *family = arg;

	for (uint32_t i = 0; i < family->n; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%u", family->pids[i]);
		argv[2 + i] = numbers[i];
	}
	family->memory = bench_spawn(argv);
}

static void list_family(const struct bench_target *t, uint32_t n,
			struct family *family)
{
	char path[64];
	FILE *file;

	family->start = t->start;
	family->pids[0] = t->pid;
	family->n = 1;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", t->pid, t->pid);
	file = fopen(path, "re");
	if (!file)
		bench_die("%s: %s", path, strerror(errno));
	while (family->n < n &&
	       fscanf(file, "%u", &family->pids[family->n]) == 1)
		family->n++;
	fclose(file);
	if (family->n != n)
		bench_die("there are %u processes, not %u", family->n, n);
}

struct member {
	struct mml_vmas vmas;
	struct mml_cow_process process;
	struct family *family;
};

static int take_extent(const struct mml_extent *extent, void *arg)
{
	struct member *member = arg;

	member->family->extents++;
	return mml_cow_add(extent, &member->process);
}

static void read_member(struct member *member, uint32_t i,
			const struct mml_info *info)
{
	const struct mml_page_query query = {
		.pid = member->family->pids[i], .vmas = &member->vmas,
		.columns = mml_cow_columns(member->family->n, i, info->columns),
	};
	struct mml_error error;
	struct mml_dump dump;
	struct mml_mm mm;

	if (mml_mm(bench_client(), query.pid, &mm, &error) ||
	    mml_vmas(bench_client(), query.pid, 0, 0, &member->vmas, &error))
		bench_die("%s", error.text);
	member->process = (struct mml_cow_process){
		.pid = query.pid, .page_size = info->page_size, .can = info->can,
		.start_time = mm.envelope.start_time, .vmas = &member->vmas,
		.end = UINT64_MAX,
	};
	if (mml_pages(bench_client(), &query, take_extent, member, &dump, &error))
		bench_die("%s", error.text);
}

static uint64_t copied_at(const struct mml_set *set, uint64_t address)
{
	for (size_t i = 0; i < set->nr_areas; i++) {
		const struct mml_set_area *area = &set->areas[i];

		for (size_t j = 0; j < area->nr_ranges; j++) {
			if (area->ranges[j].start <= address &&
			    address < area->ranges[j].end)
				return area->counts.copied;
		}
	}
	return 0;
}

static void judge(struct family *family)
{
	const struct mml_cow_process *process[MML_SET_MAX];
	struct member *members = bench_room(family->n, sizeof(*members));
	struct mml_error error;
	struct mml_info info;
	struct mml_set set;

	if (mml_info(bench_client(), &info, &error))
		bench_die("%s", error.text);
	for (uint32_t i = 0; i < family->n; i++) {
		members[i].family = family;
		read_member(&members[i], i, &info);
		process[i] = &members[i].process;
	}
	if (mml_set_judge(&set, process, family->n))
		bench_die("out of memory");
	family->copied = copied_at(&set, family->start);
}

/*
 * The first @n processes of a tree. What the library makes of them must be
 * right; it does so in a process of its own, since what the bench has for
 * memory counts as the tool's, until that is executed.
 */
static struct family *find_family(const struct tree *tree,
				  const struct bench_target *t, uint32_t n)
{
	struct family *family = mmap(NULL, sizeof(*family), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t copied = (n - 1) * written_by_one(tree);
	int status;
	pid_t pid;

	if (family == MAP_FAILED)
		bench_die("mmap: %s", strerror(errno));
	list_family(t, n, family);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		judge(family);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		bench_die("the library did not judge");
	if (family->copied != copied)
		bench_die("%" PRIu64 " pages were copied, the library says %" PRIu64,
			  copied, family->copied);
	return family;
}

static void tell_memory(const char *name, const struct family *family)
{
	bench_note("%s: %" PRIu64 " extents, mmlens had %ld KiB at most: %.0f bytes an extent",
		   name, family->extents, family->memory,
		   family->memory * 1024.0 / family->extents);
}

/* ---- four ---- */

static void run_four(const struct tree *tree, const char *how)
{
	struct bench_target target;
	struct bare bare = { .target = &target };
	struct bench_runner runners[] = {
		{ "mmlens cow", run_cow },
		{ "C, comparing 4 pagemaps", read_bare, &bare,
		  BENCH_TIMES_AS_LONG, 1.3 },
	};
	struct family *family;
	char job[160];

	bench_target(&target, be_tree, tree);
	family = find_family(tree, &target, FOUR);
	runners[0].arg = family;
	memcpy(bare.pids, family->pids, sizeof(bare.pids));
	snprintf(job, sizeof(job), "fork tree of %u x %u MiB, each child has copied 1/%u %s",
		 FOUR, tree->mib, tree->step / tree->run, how);
	bench_race(job, runners, 2);
	if (bare.other != family->copied)
		bench_die("the bare reader saw %" PRIu64 " pages that differ", bare.other);
	tell_memory("memory", family);
	end_tree(&target);
	munmap(family, sizeof(*family));
}

/* ---- many ---- */

static void run_many(void)
{
	static const uint32_t numbers[] = { 1000, 250 };
	const struct tree tree = {
		.mib = 64, .kids = numbers[0] - 1, .run = 1, .step = 1024,
	};
	struct bench_target target;
	struct family *family[2];

	bench_target(&target, be_tree, &tree);
	for (unsigned int i = 0; i < 2; i++)
		family[i] = find_family(&tree, &target, numbers[i]);
	bench_race("mmlens cow of processes forked from one of 64 MiB, 16 pages copied by each",
		   (struct bench_runner[]){
			{ "1,000 processes", run_cow, family[0] },
			{ "250 of these", run_cow, family[1],
			  BENCH_TIMES_AS_LONG, 5 },
		   }, 2);
	tell_memory("1,000", family[0]);
	tell_memory("250", family[1]);
	end_tree(&target);
}

int main(int argc, char **argv)
{
	struct tree runs = { .kids = FOUR - 1, .run = 16, .step = 256 };
	struct tree single = { .kids = FOUR - 1, .run = 1, .step = 16 };

	bench_begin(argc, argv);
	/* children of a target that has ended are ours to wait for */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		bench_die("subreaper: %s", strerror(errno));
	run_many();
	runs.mib = bench.mib;
	single.mib = bench.mib;
	run_four(&runs, "in runs of 16 pages");
	run_four(&single, "page by page");
	return 0;
}
