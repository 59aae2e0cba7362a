// SPDX-License-Identifier: GPL-2.0
/*
 * bench-pages: what does it cost to learn frame, flags and mapcount of each of
 * many pages? mmlens beside /proc's pagemap, kpageflags and kpagecount, these
 * read as well as they can be, and naively.
 *
 * The readers take turns, so that whatever else the machine does hits all of
 * them; medians are told. All must have seen the same frames and mapcounts, or
 * the numbers are worth nothing.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/mmlens.h"
#include "vm/lib/genl.h"

#define MAX_ROUNDS	99
#define NAIVE_SHARE	16		/* the naive reader does one page of so many */
#define PROC_BATCH	(128 * 1024)	/* words: 1 MiB a read */
#define GAP		32		/* frames worth reading over */
#define PFN_MASK	((1ULL << 55) - 1)

__attribute__((format(printf, 1, 2), noreturn))
static void die(const char *fmt, ...)
{
	va_list ap;

	fputs("bench-pages: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void *room_for(size_t n, size_t size)
{
	void *room = calloc(n, size);

	if (!room)
		die("out of memory");
	return room;
}

/* The target */

struct target {
	pid_t pid;		/* our child */
	FILE *answers;
	int orders;		/* it ends when this is closed */
	uint64_t start, pages;
};

/* What a reader has seen; equal for all that read all. */
struct seen {
	uint64_t pages, frames, mapcounts;	/* counts and sums */
	uint64_t pieces;	/* reads or extents that it took */
};

static size_t page_size;

static void run_target(const char *layout, unsigned int mib, int in, int out)
{
	const char *build = getenv("BUILD") ?: "build";
	char path[PATH_MAX], size[32];

	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	snprintf(path, sizeof(path), "%s/targets/%s", build, layout);
	snprintf(size, sizeof(size), "%uM", mib);
	execl(path, layout, size, NULL);
	perror(path);
	_exit(1);
}

static void start_target(struct target *t, const char *layout, unsigned int mib)
{
	int orders[2], answers[2];
	char line[256];

	if (pipe2(orders, O_CLOEXEC) || pipe2(answers, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	t->pid = fork();
	if (t->pid < 0)
		die("fork: %s", strerror(errno));
	if (!t->pid)
		run_target(layout, mib, orders[0], answers[1]);
	close(orders[0]);
	close(answers[1]);
	t->orders = orders[1];
	t->answers = fdopen(answers[0], "r");
	while (fgets(line, sizeof(line), t->answers) && strcmp(line, "ready\n")) {
		sscanf(line, "ANON=%" SCNx64, &t->start);
		sscanf(line, "ANON_PAGES=%" SCNu64, &t->pages);
	}
	if (!t->start || !t->pages)
		die("the target %s does not start (BUILD=%s)", layout,
		    getenv("BUILD") ?: "build");
}

static void end_target(struct target *t)
{
	close(t->orders);
	fclose(t->answers);
	kill(t->pid, SIGKILL);
	waitpid(t->pid, NULL, 0);
}

/* mmlens */

struct mmlens {
	struct mml_client *client;
	struct genl genl;
};

static void open_mmlens(struct mmlens *m)
{
	struct mml_error error;

	if (mml_open(&m->client, &error))
		die("%s", error.text);
	genl_open_mmlens(&m->genl);
}

static int take_extent(const struct mml_extent *e, void *arg)
{
	struct seen *seen = arg;

	seen->pieces++;
	seen->pages += e->pages;
	seen->frames += e->frame * e->pages + (uint64_t)e->pages * (e->pages - 1) / 2;
	seen->mapcounts += (uint64_t)e->mapcount * e->pages;
	return 0;
}

/* As `mmlens pages` reads: default columns, extents joined over messages. */
static void read_mmlens(struct mmlens *m, const struct target *t, struct seen *seen)
{
	const struct mml_page_query query = {
		.pid = t->pid,
		.start = t->start,
		.end = t->start + t->pages * page_size,
	};
	struct mml_error error;
	struct mml_dump dump;

	if (mml_pages(m->client, &query, take_extent, seen, &dump, &error))
		die("%s", error.text);
}

/* The columns of one message as they come. */
static void take_columns(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *nest = genl_attr(nlh, MMLENS_A_EXTENTS);
	uint32_t n = genl_u64(genl_attr(nlh, MMLENS_A_COUNT));
	const char *pages, *frames, *counts;

	if (!nest)
		return;
	pages = mnl_attr_get_payload(genl_nested(nest, MMLENS_COL_PAGES));
	frames = mnl_attr_get_payload(genl_nested(nest, MMLENS_COL_FRAME));
	counts = mnl_attr_get_payload(genl_nested(nest, MMLENS_COL_MAPCOUNT));
	for (uint32_t i = 0; i < n; i++) {
		struct mml_extent e;

		memcpy(&e.pages, pages + i * 4, 4);
		memcpy(&e.frame, frames + i * 8, 8);
		memcpy(&e.mapcount, counts + i * 4, 4);
		take_extent(&e, arg);
	}
}

/* What the wire alone costs: every message received and looked through. */
static void read_messages(struct mmlens *m, const struct target *t, struct seen *seen)
{
	struct genl_answer answer;
	struct nlmsghdr *nlh;
	char buf[256];

	nlh = genl_request(&m->genl, buf, MMLENS_CMD_PAGE_GET, NLM_F_DUMP);
	mnl_attr_put_u32(nlh, MMLENS_A_PID, t->pid);
	mnl_attr_put_u64(nlh, MMLENS_A_START, t->start);
	mnl_attr_put_u64(nlh, MMLENS_A_END, t->start + t->pages * page_size);
	genl_ask(&m->genl, nlh, take_columns, seen, &answer);
	if (answer.error)
		die("%s %s", genl_errno(answer.error), answer.text);
}

/* /proc */

struct proc {
	int pagemap, flags, counts;
	uint64_t *entries;		/* all of the target's */
	uint64_t *words[2];		/* PROC_BATCH each */
	uint64_t *sorted, *spare;
};

static void open_proc(struct proc *p, const struct target *t)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/pagemap", t->pid);
	p->pagemap = open(path, O_RDONLY | O_CLOEXEC);
	p->flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	p->counts = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	if (p->pagemap < 0 || p->flags < 0 || p->counts < 0)
		die("/proc: %s", strerror(errno));
	p->entries = room_for(t->pages, sizeof(uint64_t));
	p->sorted = room_for(t->pages, sizeof(uint64_t));
	p->spare = room_for(t->pages, sizeof(uint64_t));
	p->words[0] = room_for(PROC_BATCH, sizeof(uint64_t));
	p->words[1] = room_for(PROC_BATCH, sizeof(uint64_t));
}

static void close_proc(struct proc *p)
{
	close(p->pagemap);
	close(p->flags);
	close(p->counts);
	free(p->entries);
	free(p->sorted);
	free(p->spare);
	free(p->words[0]);
	free(p->words[1]);
}

static void read_words(int fd, uint64_t *words, uint64_t first, uint64_t n)
{
	ssize_t size = n * sizeof(*words);

	if (pread(fd, words, size, first * sizeof(*words)) != size)
		die("/proc: short read at %#" PRIx64, first);
}

static void read_pagemap(struct proc *p, const struct target *t)
{
	uint64_t page = t->start / page_size;

	for (uint64_t i = 0, n; i < t->pages; i += n) {
		n = t->pages - i < PROC_BATCH ? t->pages - i : PROC_BATCH;
		read_words(p->pagemap, p->entries + i, page + i, n);
	}
}

/* Both files for the @n frames from @frame on. */
static void read_frames(struct proc *p, uint64_t frame, uint64_t n,
			struct seen *seen)
{
	read_words(p->flags, p->words[0], frame, n);
	read_words(p->counts, p->words[1], frame, n);
	seen->pieces++;
}

static void take_frame(struct proc *p, uint64_t frame, uint64_t at,
		       struct seen *seen)
{
	/* the flags are looked at, too: a compiler cannot leave them out */
	*(volatile uint64_t *)&p->words[0][at];
	seen->pages++;
	seen->frames += frame;
	seen->mapcounts += p->words[1][at];
}

/* Large reads; frames that follow each other are read at once. */
static void read_coalesced(struct proc *p, const struct target *t, struct seen *seen)
{
	read_pagemap(p, t);
	for (uint64_t i = 0, n; i < t->pages; i += n) {
		uint64_t frame = p->entries[i] & PFN_MASK;

		for (n = 1; n < PROC_BATCH && i + n < t->pages &&
		     (p->entries[i + n] & PFN_MASK) == frame + n; n++)
			;
		read_frames(p, frame, n, seen);
		for (uint64_t j = 0; j < n; j++)
			take_frame(p, frame + j, j, seen);
	}
}

/* By 11 bits a pass: frame numbers have 33 at most on what this runs on. */
static void sort_frames(struct proc *p, uint64_t n)
{
	for (unsigned int shift = 0; shift < 33; shift += 11) {
		uint64_t *swap = p->sorted;
		uint32_t place[2049] = {};

		for (uint64_t i = 0; i < n; i++)
			place[(p->sorted[i] >> shift & 2047) + 1]++;
		for (int i = 0; i < 2048; i++)
			place[i + 1] += place[i];
		for (uint64_t i = 0; i < n; i++)
			p->spare[place[p->sorted[i] >> shift & 2047]++] = p->sorted[i];
		p->sorted = p->spare;
		p->spare = swap;
	}
}

/*
 * The best that can be done with frames in no order: sort them, and read over
 * small gaps. (Whose facts are whose would have to be sorted back; that is not
 * even counted.)
 */
static void read_sorted(struct proc *p, const struct target *t, struct seen *seen)
{
	uint64_t end;

	read_pagemap(p, t);
	for (uint64_t i = 0; i < t->pages; i++)
		p->sorted[i] = p->entries[i] & PFN_MASK;
	sort_frames(p, t->pages);
	for (uint64_t i = 0; i < t->pages; i = end) {
		uint64_t frame = p->sorted[i];

		for (end = i + 1; end < t->pages &&
		     p->sorted[end] - p->sorted[end - 1] <= GAP &&
		     p->sorted[end] - frame < PROC_BATCH; end++)
			;
		read_frames(p, frame, p->sorted[end - 1] - frame + 1, seen);
		for (uint64_t j = i; j < end; j++)
			take_frame(p, p->sorted[j], p->sorted[j] - frame, seen);
	}
}

/* A read of each file for each page, of every NAIVE_SHARE-th page. */
static void read_naively(struct proc *p, const struct target *t, struct seen *seen)
{
	for (uint64_t i = 0; i < t->pages; i += NAIVE_SHARE) {
		read_words(p->pagemap, p->entries, t->start / page_size + i, 1);
		read_frames(p, p->entries[0] & PFN_MASK, 1, seen);
		take_frame(p, p->entries[0] & PFN_MASK, 0, seen);
	}
}

/* The race */

enum { MMLENS, MESSAGES, COALESCED, SORTED, NAIVE, NR_READERS };

static const char *const reader_names[NR_READERS] = {
	[MMLENS] = "mmlens pages",
	[MESSAGES] = "its messages alone",
	[COALESCED] = "/proc, coalesced",
	[SORTED] = "/proc, sorted",
	[NAIVE] = "/proc, page by page",
};

struct result {
	double ns[NR_READERS][MAX_ROUNDS];	/* a page */
	uint64_t pieces[NR_READERS];
	uint64_t pages;
};

static void read_by(int reader, struct mmlens *m, struct proc *p,
		    const struct target *t, struct seen *seen)
{
	switch (reader) {
	case MMLENS:
		read_mmlens(m, t, seen);
		break;
	case MESSAGES:
		read_messages(m, t, seen);
		break;
	case COALESCED:
		read_coalesced(p, t, seen);
		break;
	case SORTED:
		read_sorted(p, t, seen);
		break;
	case NAIVE:
		read_naively(p, t, seen);
		break;
	}
}

static void check_seen(const struct seen *seen, const struct target *t)
{
	for (int i = 0; i < NAIVE; i++) {
		if (seen[i].pages != t->pages ||
		    seen[i].frames != seen[0].frames ||
		    seen[i].mapcounts != seen[0].mapcounts)
			die("'%s' and '%s' do not agree on %" PRIu64 " pages",
			    reader_names[0], reader_names[i], t->pages);
	}
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* The round before the first one warms all of them up, and is not told. */
static void race(const struct target *t, int rounds, struct result *result)
{
	struct mmlens mmlens = {};
	struct proc proc;

	open_mmlens(&mmlens);
	open_proc(&proc, t);
	result->pages = t->pages;
	for (int round = -1; round < rounds; round++) {
		struct seen seen[NR_READERS] = {};

		for (int i = 0; i < NR_READERS; i++) {
			double start = now_ns();

			read_by(i, &mmlens, &proc, t, &seen[i]);
			if (round >= 0)
				result->ns[i][round] = (now_ns() - start) /
						       seen[i].pages;
			result->pieces[i] = seen[i].pieces;
		}
		check_seen(seen, t);
	}
	close_proc(&proc);
	genl_close(&mmlens.genl);
	mml_close(mmlens.client);
}

/* Telling */

struct summary {
	double median, least, most;
};

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct summary summarize(double *ns, int rounds)
{
	qsort(ns, rounds, sizeof(*ns), ascending);
	return (struct summary){
		.median = (ns[(rounds - 1) / 2] + ns[rounds / 2]) / 2,
		.least = ns[0],
		.most = ns[rounds - 1],
	};
}

static const char *cpu_model(void)
{
	static char model[128] = "unknown";
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	}
	if (f)
		fclose(f);
	return model;
}

static const char *accelerator(void)
{
	unsigned int a, b, c, d;
	char name[13] = "";

	__cpuid(1, a, b, c, d);
	if (!(c & 1U << 31))
		return "none: bare metal";
	__cpuid(0x40000000, a, b, c, d);
	memcpy(name, &b, 4);
	memcpy(name + 4, &c, 4);
	memcpy(name + 8, &d, 4);
	if (!strcmp(name, "TCGTCGTCGTCG"))
		return "TCG (emulation)";
	if (!strncmp(name, "KVMKVMKVM", 9))
		return "KVM";
	return "another hypervisor";
}

static const char *const layouts[] = { "anon", "shuffled" };
static const char *const layout_names[] = { "contiguous", "shuffled" };

static void print_text(int layout, struct result *r, int rounds)
{
	double reference = summarize(r->ns[COALESCED], rounds).median;

	printf("%s: %" PRIu64 " pages, %.1f a run of frames\n\n", layout_names[layout],
	       r->pages, (double)r->pages / r->pieces[COALESCED]);
	printf("  %-20s %9s %16s %10s %9s\n", "", "ns/page", "least - most",
	       "pieces", "faster");
	for (int i = 0; i < NR_READERS; i++) {
		struct summary s = summarize(r->ns[i], rounds);

		printf("  %-20s %9.1f %7.1f - %6.1f %10" PRIu64 " %8.2fx%s\n",
		       reader_names[i], s.median, s.least, s.most, r->pieces[i],
		       reference / s.median, i == NAIVE ? " *" : "");
	}
	putchar('\n');
}

static void print_json(int layout, struct result *r, int rounds)
{
	double reference = summarize(r->ns[COALESCED], rounds).median;

	printf("%s\n    {\"layout\": \"%s\", \"pages\": %" PRIu64 ", \"readers\": [",
	       layout ? "," : "", layout_names[layout], r->pages);
	for (int i = 0; i < NR_READERS; i++) {
		struct summary s = summarize(r->ns[i], rounds);

		printf("%s\n      {\"name\": \"%s\", \"ns_per_page\": %.1f, \"least\": %.1f, \"most\": %.1f, \"pieces\": %" PRIu64 ", \"times_faster\": %.2f}",
		       i ? "," : "", reader_names[i], s.median, s.least, s.most,
		       r->pieces[i], reference / s.median);
	}
	printf("\n    ]}");
}

static void print_head(bool json, unsigned int mib, int rounds)
{
	struct utsname name;

	uname(&name);
	if (json)
		printf("{\n  \"kernel\": \"%s\",\n  \"cpu\": \"%s\",\n  \"accelerator\": \"%s\",\n  \"mib\": %u,\n  \"rounds\": %d,\n  \"naive_share\": %d,\n  \"layouts\": [",
		       name.release, cpu_model(), accelerator(), mib, rounds, NAIVE_SHARE);
	else
		printf("Frame, flags and mapcount of every 4 KiB page of %u MiB anonymous memory\n"
		       "kernel %s, CPU %s, accelerator %s\n"
		       "medians of %d rounds in turns; faster: than /proc, coalesced\n\n",
		       mib, name.release, cpu_model(), accelerator(), rounds);
}

static void print_foot(bool json)
{
	if (json)
		puts("\n  ]\n}");
	else
		printf("coalesced: pagemap in 1 MiB reads, one read of kpageflags and kpagecount for\n"
		       "  each run of frames; sorted: likewise, frames sorted first, gaps of up to %d\n"
		       "  read over\n"
		       "* of every %dth page: all of them would take as long again for each\n",
		       GAP, NAIVE_SHARE);
}

static void usage(FILE *out)
{
	fputs("Usage: bench-pages [--size MiB] [--rounds N] [--json]\n"
	      "As root, with mmlens loaded. BUILD names the build directory.\n", out);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, 's' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	int mib = 512, rounds = 7, c;
	bool json = false;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 's')
			mib = atoi(optarg);
		else if (c == 'r')
			rounds = atoi(optarg);
		else if (c == 'j')
			json = true;
		else
			break;
	}
	if (c != -1 || optind != argc || mib < 1 || rounds < 1 || rounds > MAX_ROUNDS) {
		usage(c == 'h' ? stdout : stderr);
		return c != 'h';
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	page_size = sysconf(_SC_PAGESIZE);
	print_head(json, mib, rounds);
	for (int i = 0; i < 2; i++) {
		static struct result result;
		struct target target = {};

		start_target(&target, layouts[i], mib);
		race(&target, rounds, &result);
		end_target(&target);
		(json ? print_json : print_text)(i, &result, rounds);
	}
	print_foot(json);
	return 0;
}
