// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench/lib/bench.h"

struct bench_options bench = { .mib = 512, .rounds = 5 };
size_t bench_page;

static const char *program;
static FILE *rows;		/* or NULL */
static char job[160];
static double ours;		/* the median that peers are compared with */

void bench_die(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "%s: ", program ?: "bench");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

void *bench_room(size_t n, size_t size)
{
	void *room = calloc(n, size);

	if (!room)
		bench_die("out of memory");
	return room;
}

double bench_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/*
 * Where time counts instructions, who waits for the host's files jumps from timer
 * to timer: only what processors did tells anything there.
 */
double bench_spent_ns(void)
{
	struct rusage kids;
	struct timespec t;

	if (!*(getenv("BENCH_ICOUNT") ?: ""))
		return bench_now_ns();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	getrusage(RUSAGE_CHILDREN, &kids);
	return t.tv_sec * 1e9 + t.tv_nsec +
	       (kids.ru_utime.tv_sec + kids.ru_stime.tv_sec) * 1e9 +
	       (kids.ru_utime.tv_usec + kids.ru_stime.tv_usec) * 1e3;
}

static void usage(FILE *out)
{
	fprintf(out, "Usage: %s [--size MiB] [--rounds N]\n"
		"As root, with mmlens loaded. BUILD names the build directory.\n", program);
}

void bench_begin(int argc, char **argv)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, 's' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	const char *path = getenv("BENCH_ROWS");
	int c;

	program = program_invocation_short_name;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 's')
			bench.mib = atoi(optarg);
		else if (c == 'r')
			bench.rounds = atoi(optarg);
		else
			break;
	}
	if (c != -1 || optind != argc || bench.mib < 1 || bench.rounds < 1 ||
	    bench.rounds > BENCH_MAX_ROUNDS) {
		usage(c == 'h' ? stdout : stderr);
		exit(c == 'h' ? 0 : 2);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	bench_page = sysconf(_SC_PAGESIZE);
	if (path) {
		rows = fopen(path, "ae");
		if (!rows)
			bench_die("%s: %s", path, strerror(errno));
		setvbuf(rows, NULL, _IOLBF, 0);
	}
}

/* Values */

void bench_add(struct bench_samples *samples, double value)
{
	if (samples->n == BENCH_MAX_ROUNDS)
		bench_die("%s: too many rounds", samples->name);
	samples->v[samples->n++] = value;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(struct bench_samples *samples)
{
	unsigned int n = samples->n;

	qsort(samples->v, n, sizeof(*samples->v), ascending);
	return (samples->v[(n - 1) / 2] + samples->v[n / 2]) / 2;
}

/* Telling */

static const struct {
	const char *text;
	const char *bound;
	const char *json;
} words[] = {
	[BENCH_TOLD] = { "x as long", "", "" },
	[BENCH_TIMES_FASTER] = { "x faster", ">=", "at least, times faster" },
	[BENCH_TIMES_AS_LONG] = { "x as long", "<=", "at most, times as long" },
	[BENCH_TIMES_AS_MUCH] = { "x as much", ">=", "at least, times as much" },
};

static bool is_met(double ratio, enum bench_wanted wanted, double limit)
{
	return wanted == BENCH_TIMES_AS_LONG ? ratio <= limit : ratio >= limit;
}

static void tell_wanted(double ratio, enum bench_wanted wanted, double limit)
{
	printf(" %9.2f%s", ratio, words[wanted].text);
	if (wanted != BENCH_TOLD)
		printf(", wanted %s %g: %s", words[wanted].bound, limit,
		       is_met(ratio, wanted, limit) ? "met" : "NOT MET");
	putchar('\n');
	if (!rows)
		return;
	fprintf(rows, ", \"ratio\": %.4g", ratio);
	if (wanted != BENCH_TOLD)
		fprintf(rows, ", \"wanted\": \"%s\", \"limit\": %g, \"met\": %s",
			words[wanted].json, limit,
			is_met(ratio, wanted, limit) ? "true" : "false");
}

static void begin_row(const char *name)
{
	printf("  %-30s", name);
	if (rows)
		fprintf(rows, "{\"job\": \"%s\", \"name\": \"%s\"", job, name);
}

static void end_row(void)
{
	if (rows)
		fputs("}\n", rows);
}

static void tell_samples(struct bench_samples *samples)
{
	double median = bench_median(samples);
	double least = samples->v[0], most = samples->v[samples->n - 1];
	bool time = !strcmp(samples->unit, "ns");
	double by = time ? 1e6 : 1;

	begin_row(samples->name);
	printf(" %11.3f %-7s %11.3f -%11.3f", median / by,
	       time ? "ms" : samples->unit, least / by, most / by);
	if (rows)
		fprintf(rows, ", \"unit\": \"%s\", \"median\": %.10g, \"least\": %.10g, \"most\": %.10g, \"rounds\": %u",
			samples->unit, median, least, most, samples->n);
}

void bench_job(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(job, sizeof(job), fmt, ap);
	va_end(ap);
	printf("\n%s\n", job);
}

void bench_ours(struct bench_samples *samples)
{
	ours = bench_median(samples);
	tell_samples(samples);
	putchar('\n');
	end_row();
}

void bench_peer(struct bench_samples *samples, enum bench_wanted wanted, double limit)
{
	double theirs = bench_median(samples);

	tell_samples(samples);
	tell_wanted(wanted == BENCH_TIMES_FASTER ? theirs / ours : ours / theirs,
		    wanted, limit);
	end_row();
}

void bench_ratio(const char *what, double ratio, enum bench_wanted wanted, double limit)
{
	begin_row(what);
	tell_wanted(ratio, wanted, limit);
	end_row();
}

void bench_note(const char *fmt, ...)
{
	va_list ap;

	fputs("  * ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void run_round(const struct bench_runner *runners, struct bench_samples *times,
		      unsigned int n, unsigned int round)
{
	for (unsigned int i = 0; i < n; i++) {
		unsigned int most = runners[i].rounds ?: bench.rounds;
		double start = bench_spent_ns();

		/* what takes long needs no warming up */
		if (round > most || (!round && runners[i].rounds))
			continue;
		runners[i].run(runners[i].arg);
		if (round)
			bench_add(&times[i], bench_spent_ns() - start);
	}
}

void bench_race(const char *name, const struct bench_runner *runners, unsigned int n)
{
	struct bench_samples *times = bench_room(n, sizeof(*times));

	for (unsigned int i = 0; i < n; i++) {
		times[i].name = runners[i].name;
		times[i].unit = "ns";
	}
	for (unsigned int round = 0; round <= bench.rounds; round++)
		run_round(runners, times, n, round);
	bench_job("%s", name);
	bench_ours(&times[0]);
	for (unsigned int i = 1; i < n; i++)
		bench_peer(&times[i], runners[i].wanted, runners[i].limit);
	free(times);
}
