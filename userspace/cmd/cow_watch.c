// SPDX-License-Identifier: GPL-2.0
/*
 * --watch: the same processes again and again. On a terminal the report's rows
 * of processes are redrawn in place, with the last samples under them;
 * elsewhere each sample is a line. Who vanishes is reported and left out.
 *
 * A copy shows as frames that were shared and no longer are: the rate of
 * divergence is the growth of what only one has and took for a copy.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cow.h"

#define SAMPLES_MAX 16		/* shown on a terminal */

/* What one look at all of them came to; pages. */
struct sample {
	double at;		/* seconds since the first */
	uint32_t processes;
	uint64_t frames;	/* mapped by any of them */
	uint64_t shared;	/* of those, by two or more */
	uint64_t copied;
	bool torn;
};

struct watch {
	const struct cow_options *options;
	bool on_terminal;
	struct show_table table;	/* of samples, where they are lines */
	struct timespec begun;
	struct sample samples[SAMPLES_MAX];	/* the latest ones */
	size_t n;
	struct cow_pids seen;		/* at the last look */
	char gone[256];			/* PIDs, for a terminal */
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - then->tv_sec + (now.tv_nsec - then->tv_nsec) / 1e9;
}

static void take_sample(struct watch *watch, const struct cow_reading *reading,
			const struct mml_set *set)
{
	struct sample sample = {
		.at = seconds_since(&watch->begun), .processes = set->n,
		.frames = set->frames.total, .copied = set->total.copied,
		.torn = reading->dump.torn,
	};

	for (uint32_t k = 2; k <= set->n; k++)
		sample.shared += set->frames.shared_by[k];
	if (watch->n == SAMPLES_MAX)
		memmove(watch->samples, watch->samples + 1,
			--watch->n * sizeof(*watch->samples));
	watch->samples[watch->n++] = sample;
}

/* ---- a sample as a row ---- */

struct row {
	const struct sample *sample, *before;	/* the latter may be NULL */
};

static const struct sample *sample_of(const void *row)
{
	return ((const struct row *)row)->sample;
}

static struct show_value get_time(const void *row)
{
	return show_uint(sample_of(row)->at * 1000);
}

static const char *in_seconds(struct show_value value, char *buf, size_t size)
{
	snprintf(buf, size, "%.1f", value.number / 1000.0);
	return buf;
}

static struct show_value get_processes(const void *row)
{
	return show_uint(sample_of(row)->processes);
}

static struct show_value get_frames(const void *row)
{
	return show_uint(sample_of(row)->frames);
}

static struct show_value get_shared(const void *row)
{
	return show_uint(sample_of(row)->shared);
}

static struct show_value get_percent(const void *row)
{
	const struct sample *sample = sample_of(row);

	if (!sample->frames)
		return show_unknown();
	return show_uint(100 * sample->shared / sample->frames);
}

static struct show_value get_copied(const void *row)
{
	return show_uint(sample_of(row)->copied);
}

/* Copies may become fewer, too: when a process exits. */
static struct show_value get_rate(const void *data)
{
	static char text[32];
	const struct row *row = data;
	double passed;

	if (!row->before)
		return show_unknown();
	passed = row->sample->at - row->before->at;
	snprintf(text, sizeof(text), "%+.1f", passed > 0 ?
		 ((double)row->sample->copied - row->before->copied) / passed : 0);
	return show_str(text);
}

static struct show_value get_torn(const void *row)
{
	return show_bool(sample_of(row)->torn);
}

#define NUMBER (SHOW_ALWAYS | SHOW_RIGHT)

static const struct show_column columns[] = {
	{ "SECONDS", "ms", "", NUMBER, .get = get_time, .text = in_seconds, .width = 8 },
	{ "PROCESSES", "processes", "", NUMBER, .get = get_processes, .width = 9 },
	{ "FRAMES", "frames", "", NUMBER, .get = get_frames, .width = 9 },
	{ "SHARED", "shared", "", NUMBER, .get = get_shared, .width = 9 },
	{ "%", "percent", "", NUMBER, .get = get_percent, .width = 3 },
	{ "COPIED", "copied", "", NUMBER, .get = get_copied, .width = 9 },
	{ "COPIED/S", NULL, "", SHOW_IN_TEXT | SHOW_RIGHT, .get = get_rate, .width = 9 },
	{ "TORN", "torn", "", SHOW_ALWAYS, .get = get_torn, .width = 4 },
	{ }
};

static void show_sample(struct watch *watch, struct show_table *table, size_t i)
{
	const struct row row = {
		.sample = &watch->samples[i],
		.before = i ? &watch->samples[i - 1] : NULL,
	};

	show_row(table, &row);
}

static int open_table(struct watch *watch, struct show_table *table,
		      unsigned int flags)
{
	struct show *s = &watch->options->ctx->show;
	char error[128];

	return show_table_begin(table, s, "samples", columns, flags, error,
				sizeof(error));
}

/* On a terminal: from its top left corner on, and nothing below. */
static int redraw(struct watch *watch, const struct cow_reading *reading,
		  const struct mml_set *set)
{
	struct show *s = &watch->options->ctx->show;
	struct show_table table;

	fputs("\033[H\033[J", s->out);
	if (cow_show_processes(watch->options->ctx, reading, set))
		return -1;
	show_text(s, "\n");
	if (open_table(watch, &table, 0))
		return -1;
	for (size_t i = 0; i < watch->n; i++)
		show_sample(watch, &table, i);
	show_table_end(&table);
	if (watch->gone[0])
		show_text(s, "gone    %s\n", watch->gone);
	show_text(s, "^C ends\n");
	return 0;
}

/* ---- who has gone ---- */

static bool is_in(const struct cow_reading *reading, uint32_t pid)
{
	for (uint32_t i = 0; i < reading->n; i++) {
		if (reading->process[i]->pid == pid)
			return true;
	}
	for (uint32_t i = 0; i < reading->nr_twins; i++) {
		if (reading->twins[i].pid == pid)
			return true;
	}
	return false;
}

static void report_gone(struct watch *watch, uint32_t pid)
{
	size_t len = strlen(watch->gone);

	if (!watch->on_terminal)
		ctx_warn(watch->options->ctx, "process %u has gone: left out from now on",
			 pid);
	else if (len < sizeof(watch->gone) - 16)
		snprintf(watch->gone + len, sizeof(watch->gone) - len, " %u", pid);
}

/* Those that were there the last time; then @reading's take their place. */
static int compare_members(struct watch *watch, const struct cow_reading *reading)
{
	struct cow_pids *seen = &watch->seen;

	for (uint32_t i = 0; i < seen->n; i++) {
		if (!is_in(reading, seen->v[i]))
			report_gone(watch, seen->v[i]);
	}
	cow_pids_free(seen);
	seen->v = calloc(reading->n + reading->nr_twins + 1, sizeof(*seen->v));
	if (!seen->v)
		return -1;
	for (uint32_t i = 0; i < reading->n; i++)
		seen->v[seen->n++] = reading->process[i]->pid;
	for (uint32_t i = 0; i < reading->nr_twins; i++)
		seen->v[seen->n++] = reading->twins[i].pid;
	return 0;
}

/* ---- one look after the other ---- */

static int print_sample(struct watch *watch, const struct cow_reading *reading,
			const struct mml_set *set)
{
	if (compare_members(watch, reading))
		return -1;
	take_sample(watch, reading, set);
	if (watch->on_terminal && redraw(watch, reading, set))
		return -1;
	if (!watch->on_terminal)
		show_sample(watch, &watch->table, watch->n - 1);
	fflush(watch->options->ctx->show.out);
	return 0;
}

/* Nobody is there any more, or there never was anybody. */
static int leave(struct watch *watch, const struct cow_reading *reading)
{
	if (!watch->n) {
		ctx_warn(watch->options->ctx, "none of these processes is there");
		return MML_EXIT_REFUSED;
	}
	return compare_members(watch, reading) ?
	       cow_out_of_memory(watch->options->ctx) : 0;
}

/* Sets @left to whether there is anybody left to be watched. */
static int look(struct watch *watch, struct cow_pids *pids, bool *left)
{
	struct cow_reading reading;
	struct mml_set set;
	int ret;

	pids->found = true;
	pids->watched = true;
	ret = cow_read(watch->options, pids, &reading);
	*left = !ret && reading.n;
	if (!ret && !reading.n)
		ret = leave(watch, &reading);
	if (*left) {
		if (mml_set_judge(&set, reading.process, reading.n) ||
		    print_sample(watch, &reading, &set))
			ret = cow_out_of_memory(watch->options->ctx);
		mml_set_free(&set);
	}
	cow_reading_free(&reading);
	return ret;
}

static void pause_until_next(const struct watch *watch)
{
	const struct timespec time = {
		.tv_sec = watch->options->interval_ms / 1000,
		.tv_nsec = watch->options->interval_ms % 1000 * 1000000L,
	};

	/* a signal ends it */
	if (!interrupted)
		nanosleep(&time, NULL);
}

static bool is_over(const struct watch *watch)
{
	return interrupted || show_failed(&watch->options->ctx->show);
}

/* A family or a cgroup is looked for again: it may have grown. */
static int watch_all(struct watch *watch, int argc, char **argv,
		     struct cow_pids *pids)
{
	bool left = true;
	int ret = 0;

	while (!ret && left && !is_over(watch)) {
		ret = look(watch, pids, &left);
		if (ret || !left)
			break;
		pause_until_next(watch);
		cow_pids_free(pids);
		ret = cow_who(watch->options, argc, argv, &watch->seen, pids);
	}
	return ret;
}

static void catch_signals(void)
{
	/* a read that is interrupted goes on: it will not take long */
	struct sigaction action = {
		.sa_handler = interrupt, .sa_flags = SA_RESTART,
	};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/**
 * cow_watch() - look again and again
 * @options: of the command
 * @argc: operands
 * @argv: they
 * @pids: the first time; then they are looked for again, and kept here
 *
 * Return: exit code; 0 also after ^C, and when all have gone
 */
int cow_watch(const struct cow_options *options, int argc, char **argv,
	      struct cow_pids *pids)
{
	struct show *s = &options->ctx->show;
	struct watch watch = {
		.options = options,
		.on_terminal = !s->json && isatty(fileno(s->out)),
	};
	int ret = 0;

	/* of a look's own columns none can be chosen */
	s->columns = NULL;
	clock_gettime(CLOCK_MONOTONIC, &watch.begun);
	catch_signals();
	show_begin(s);
	if (!watch.on_terminal && open_table(&watch, &watch.table, SHOW_STREAM))
		ret = cow_out_of_memory(options->ctx);
	if (!ret)
		ret = watch_all(&watch, argc, argv, pids);
	if (!watch.on_terminal)
		show_table_end(&watch.table);
	show_end(s);
	cow_pids_free(&watch.seen);
	return ret;
}
