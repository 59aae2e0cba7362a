// SPDX-License-Identifier: GPL-2.0
/* mmlens diff: what has changed between two snapshots, or since one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/area.h"
#include "lib/diff.h"

#define SIDES 2		/* before, after */

/* One of the two that are compared: a file or the kernel. */
struct side {
	struct mml_client *client;
	bool own;		/* closed by us: not ctx->client */
	uint32_t pid;		/* 0: all that are in it */
	const struct mml_snap_info *about;	/* NULL: live */
	uint64_t taken;		/* seconds since 1970; 0: not yet */
};

struct report {
	struct mml_ctx *ctx;
	struct show_columns chosen;
	struct side side[SIDES];
	struct mml_info info;
	bool all;		/* areas without a change, too */
	bool pages;		/* list the runs */
	bool stop;
	double interval;	/* seconds; 0: none was given */

	struct mml_picture picture[SIDES];	/* of the process in work */
	struct mml_diff diff;
	struct mml_dump dump;	/* of all that were read */
	bool gone;		/* a process that lives no more was asked for */
};

/* What a row of the table is made of. */
struct row {
	const struct mml_diff_area *area;
	const struct mml_vma *vma;	/* as it is or, if it is gone, was */
};

static struct show_value get_area(const void *row)
{
	static char label[PATH_MAX];
	const struct row *r = row;

	return show_str(mml_vma_label(r->vma, label, sizeof(label)));
}

static struct show_value get_path(const void *row)
{
	const struct row *r = row;

	return show_str(r->vma->path ? r->vma->path : r->vma->name);
}

static struct show_value get_event(const void *row)
{
	const struct row *r = row;

	return show_bits(r->area->events, mml_event_names);
}

static struct show_value addr_of(const struct mml_vma *vma, bool end)
{
	return vma ? show_addr(end ? vma->end : vma->start) : show_unknown();
}

static struct show_value get_start(const void *row)
{
	return addr_of(((const struct row *)row)->area->after, false);
}

static struct show_value get_end(const void *row)
{
	return addr_of(((const struct row *)row)->area->after, true);
}

static struct show_value get_was_start(const void *row)
{
	return addr_of(((const struct row *)row)->area->before, false);
}

static struct show_value get_was_end(const void *row)
{
	return addr_of(((const struct row *)row)->area->before, true);
}

static struct show_value get_range(const void *row)
{
	static char range[40];
	const struct row *r = row;

	snprintf(range, sizeof(range), "%llx-%llx",
		 (unsigned long long)r->vma->start, (unsigned long long)r->vma->end);
	return show_str(range);
}

#define PAGES(change, heading, key, help) \
	{ heading, key, help, SHOW_ALWAYS | SHOW_RIGHT, .get = get_##change }
#define GET(change, index)						\
	static struct show_value get_##change(const void *row)		\
	{								\
		return show_uint(((const struct row *)row)->area->pages[index]); \
	}

GET(appeared, MML_CHANGE_APPEARED)
GET(vanished, MML_CHANGE_VANISHED)
GET(copied, MML_CHANGE_COPIED)
GET(moved, MML_CHANGE_MOVED)
GET(writable, MML_CHANGE_WRITABLE)
GET(read_only, MML_CHANGE_READ_ONLY)
GET(out, MML_CHANGE_SWAPPED_OUT)
GET(in, MML_CHANGE_SWAPPED_IN)

static const struct show_column columns[] = {
	{ "AREA", "name", "short name of the area", SHOW_ALWAYS, .get = get_area },
	{ "RANGE", NULL, "where it is or, if it is gone, was", SHOW_IN_TEXT, .get = get_range },
	{ "EVENT", "events", "what happened to the area itself", SHOW_ALWAYS, .get = get_event },
	PAGES(appeared, "APPEARED", "appeared", "pages where there was nothing, or the page of zeroes"),
	PAGES(vanished, "VANISHED", "vanished", "pages that are no more"),
	PAGES(copied, "COPIED", "copied", "pages with a new frame, by copy-on-write"),
	PAGES(moved, "MOVED", "moved", "pages with a new frame: migrated, or given up and read or filled anew"),
	PAGES(writable, "WRITABLE", "writable", "pages whose entry may write now"),
	PAGES(read_only, "READONLY", "read_only", "pages whose entry may no longer write"),
	PAGES(out, "OUT", "swapped_out", "pages that went to swap"),
	PAGES(in, "IN", "swapped_in", "pages that came back from swap"),
	{ "START", "start", "first address now", SHOW_IN_JSON | SHOW_RIGHT, .get = get_start },
	{ "END", "end", "first address after it now", SHOW_IN_JSON | SHOW_RIGHT, .get = get_end },
	{ "WAS_START", "was_start", "first address before; of the first, if it was several", SHOW_IN_JSON | SHOW_RIGHT, .get = get_was_start },
	{ "WAS_END", "was_end", "first address after it before", SHOW_IN_JSON | SHOW_RIGHT, .get = get_was_end },
	{ "PATH", "path", "the file", SHOW_IN_JSON, .get = get_path },
	{ }
};

/* ---- what changed ---- */

static bool is_changed(const struct mml_diff_area *area)
{
	for (unsigned int i = MML_CHANGE_NONE + 1; i < MML_CHANGES; i++)
		if (area->pages[i])
			return true;
	return area->events;
}

static void show_counts(struct show *s, const uint64_t *pages)
{
	static const struct {
		enum mml_change change;
		const char *key, *fmt;
	} counts[] = {
		{ MML_CHANGE_APPEARED, "appeared", "%s appeared, " },
		{ MML_CHANGE_VANISHED, "vanished", "%s vanished, " },
		{ MML_CHANGE_COPIED, "copied", "%s copied, " },
		{ MML_CHANGE_MOVED, "moved", "%s moved, " },
		{ MML_CHANGE_WRITABLE, "writable", "%s became writable, " },
		{ MML_CHANGE_READ_ONLY, "read_only", "%s read-only, " },
		{ MML_CHANGE_SWAPPED_OUT, "swapped_out", "%s went to swap, " },
		{ MML_CHANGE_SWAPPED_IN, "swapped_in", "%s came back\n" },
	};

	show_open_row(s, "total");
	show_text(s, "pages: ");
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		show(s, counts[i].key, counts[i].fmt,
		     show_uint(pages[counts[i].change]));
	show_close(s);
}

static struct show_value get_change(const void *row)
{
	return show_name(((const struct mml_diff_run *)row)->change, mml_change_names);
}

#define RUN(field, kind) SHOW_FIELD(struct mml_diff_run, field, kind)

static const struct show_column run_columns[] = {
	{ "START", "start", "", SHOW_ALWAYS | SHOW_RIGHT, RUN(after, SHOW_ADDR), .width = 12 },
	{ "WAS_AT", "was_start", "", SHOW_ALWAYS | SHOW_RIGHT, RUN(before, SHOW_ADDR), .width = 12 },
	{ "PAGES", "pages", "", SHOW_ALWAYS | SHOW_RIGHT, RUN(pages, SHOW_UINT), .width = 8 },
	{ "CHANGE", "change", "", SHOW_ALWAYS, .get = get_change, .width = 11 },
	{ "FROM", "frame_before", "", SHOW_ALWAYS, RUN(frame_before, SHOW_FRAME), .width = 10 },
	{ "TO", "frame_after", "", SHOW_ALWAYS, RUN(frame_after, SHOW_FRAME), .width = 10 },
	{ }
};

static int show_runs(struct report *report)
{
	const char *named = report->ctx->show.columns;
	struct show_columns all;
	struct show_table table;
	char error[128];
	int ret;

	if (!report->pages)
		return 0;
	report->ctx->show.columns = NULL;	/* -o is for the other table */
	ret = show_choose(&report->ctx->show, run_columns, &all, error,
			  sizeof(error));
	report->ctx->show.columns = named;
	if (ret || show_table_open(&table, &report->ctx->show, "changes", &all,
				   SHOW_STREAM))
		return -ENOMEM;
	for (size_t i = 0; i < report->diff.nr_runs; i++)
		show_row(&table, &report->diff.runs[i]);
	show_table_end(&table);
	return 0;
}

static int show_areas(struct report *report)
{
	const struct mml_diff *diff = &report->diff;
	struct show_table table;
	bool any = report->ctx->show.json;
	size_t i;

	for (i = 0; i < diff->nr_areas && !any; i++)
		any = report->all || is_changed(&diff->areas[i]);
	if (!any)
		return 0;
	if (show_table_open(&table, &report->ctx->show, "areas", &report->chosen, 0))
		return -ENOMEM;
	for (i = 0; i < diff->nr_areas; i++) {
		const struct mml_diff_area *area = &diff->areas[i];
		const struct row row = {
			area, area->after ? area->after : area->before,
		};

		if (report->all || is_changed(area))
			show_row(&table, &row);
	}
	show_table_end(&table);
	return 0;
}

static void show_heading(struct report *report)
{
	static const char *const words[] = {
		[MML_RELATION_SAME] = "the same address space",
		[MML_RELATION_EXECED] = "called exec: another address space, nothing is compared",
		[MML_RELATION_OTHER] = "two processes",
	};
	const struct mml_mm *before = &report->picture[0].mm;
	const struct mml_mm *after = &report->picture[1].mm;
	struct show *s = &report->ctx->show;

	show_style(s, SHOW_BOLD);
	show(s, "pid", "process %s", show_uint(after->envelope.pid));
	show(s, "comm", " %s", show_str(after->comm));
	show_style(s, SHOW_PLAIN);
	show(s, "pid_before", before->envelope.pid == after->envelope.pid ?
	     NULL : ", before: process %s", show_uint(before->envelope.pid));
	show_text(s, ", %s", words[report->diff.relation]);
	show(s, "relation", NULL, show_name(report->diff.relation, mml_relation_names));
	show(s, "seconds", ", %s s apart\n",
	     report->side[1].taken >= report->side[0].taken ?
	     show_uint(report->side[1].taken - report->side[0].taken) :
	     show_unknown());
}

static void add_dump(struct report *report, const struct mml_dump *dump)
{
	report->dump.torn |= dump->torn;
	report->dump.unwatched += dump->unwatched;
}

static int show_diff(struct report *report)
{
	struct show *s = &report->ctx->show;
	struct mml_dump both = { .ended = true, .complete = true };
	int ret;

	for (unsigned int i = 0; i < SIDES; i++) {
		both.torn |= report->picture[i].dump.torn;
		both.unwatched += report->picture[i].dump.unwatched;
	}
	add_dump(report, &both);
	show_open(s, NULL);
	show_heading(report);
	ret = show_areas(report);
	if (!ret)
		ret = show_runs(report);
	show_counts(s, report->diff.pages);
	ctx_show_dump(report->ctx, &both);
	show_close(s);
	return ret;
}

/* ---- whom to compare ---- */

static int out_of_memory(struct report *report)
{
	ctx_warn(report->ctx, "out of memory");
	return MML_EXIT_USAGE;
}

/* Takes the picture of one side; it is held still only for that. */
static int take(struct report *report, unsigned int which, uint32_t pid)
{
	struct side *side = &report->side[which];
	struct mml_error err;
	int ret = 0;

	report->gone = false;
	if (report->stop && !side->about)
		ret = ctx_stop_found(report->ctx, pid, &report->gone);
	if (!ret && mml_picture_read(side->client, pid, &report->picture[which], &err)) {
		report->gone = !side->about && mml_has_gone(&err);
		ret = ctx_error(report->ctx, &err);
	}
	ctx_release(report->ctx);
	side->taken = side->about ? side->about->taken : (uint64_t)time(NULL);
	return ret;
}

static int compare(struct report *report)
{
	int ret;

	if (mml_diff(&report->diff, &report->picture[0], &report->picture[1],
		     report->info.page_size, report->info.can) ||
	    show_diff(report))
		ret = out_of_memory(report);
	else
		ret = 0;
	mml_diff_free(&report->diff);
	return ret;
}

static void drop_pictures(struct report *report)
{
	for (unsigned int i = 0; i < SIDES; i++)
		mml_picture_free(&report->picture[i]);
}

static int compare_pids(struct report *report, uint32_t before, uint32_t after)
{
	int ret = take(report, 0, before);

	if (!ret)
		ret = take(report, 1, after);
	if (!ret)
		ret = compare(report);
	drop_pictures(report);
	return ret;
}

static bool has(const struct mml_snap_info *about, uint32_t pid)
{
	for (size_t i = 0; i < about->nr_pids; i++)
		if (about->pids[i] == pid)
			return true;
	return false;
}

static void warn_missing(struct report *report, const struct mml_snap_info *list,
			 const struct mml_snap_info *other, const char *which)
{
	for (size_t i = 0; i < list->nr_pids; i++)
		if (!has(other, list->pids[i]))
			ctx_warn(report->ctx, "process %u is in the %s snapshot only",
				 list->pids[i], which);
}

/*
 * All processes of a file with those of the same number on the other side. Of the
 * living, as far as they live: take() has said who does not.
 */
static int compare_all(struct report *report)
{
	const struct mml_snap_info *before = report->side[0].about;
	const struct mml_snap_info *after = report->side[1].about;
	const struct mml_snap_info *list = before ?: after;
	size_t compared = 0, gone = 0;
	int ret;

	if (before && after)
		warn_missing(report, before, after, "first");
	for (size_t i = 0; i < list->nr_pids; i++) {
		if (before && after && !has(after, list->pids[i]))
			continue;
		if (compared)
			show_text(&report->ctx->show, "\n");
		ret = compare_pids(report, list->pids[i], list->pids[i]);
		if (ret && !report->gone)
			return ret;
		gone += report->gone;
		compared += !report->gone;
	}
	if (before && after)
		warn_missing(report, after, before, "second");
	return !gone ? MML_EXIT_OK : compared ? MML_EXIT_VANISHED :
					     MML_EXIT_REFUSED;
}

/* The one that was named, a lone one in a file, or that of the other side. */
static uint32_t choose_pid(const struct side *side, uint32_t other)
{
	if (side->pid || !side->about)
		return side->pid;
	if (side->about->nr_pids == 1)
		return side->about->pids[0];
	return other && has(side->about, other) ? other : 0;
}

static int compare_sides(struct report *report)
{
	struct side *side = report->side;
	uint32_t pids[SIDES];

	pids[0] = choose_pid(&side[0], side[1].pid);
	pids[1] = choose_pid(&side[1], pids[0]);
	pids[0] = choose_pid(&side[0], pids[1]);
	if (!pids[0] && !pids[1])
		return compare_all(report);
	for (unsigned int i = 0; i < SIDES; i++)
		if (!pids[i] && !side[i].about)		/* the living of that number */
			pids[i] = pids[!i];
	if (pids[0] && pids[1])
		return compare_pids(report, pids[0], pids[1]);
	return ctx_usage(report->ctx, "a snapshot of several processes, but none of them is process %u: name one, as in FILE:%u",
			 pids[0] + pids[1],
			 side[pids[0] ? 1 : 0].about->pids[0]);
}

/* ---- the command line ---- */

static int open_side(struct report *report, struct side *side, const char *arg)
{
	int ret = 0;

	if (arg)
		ret = ctx_source(report->ctx, arg, &side->client, &side->pid);
	if (ret)
		return ret;
	side->own = side->client;
	if (!side->client)
		ret = ctx_open(report->ctx);
	if (ret)
		return ret;
	if (!side->client)
		side->client = report->ctx->client;
	side->about = mml_snap_info(side->client);
	return 0;
}

static void close_side(struct side *side)
{
	if (side->own)
		mml_close(side->client);
}

static int parse_interval(struct mml_ctx *ctx, const char *arg, double *seconds)
{
	char safe[128], *end;

	errno = 0;
	*seconds = strtod(arg, &end);
	if (end == arg || *end || errno || !(*seconds > 0 && *seconds <= 1e6))
		return ctx_usage(ctx, "'%s' is no interval: it is a number of seconds above 0",
				 show_escape(arg, safe, sizeof(safe)));
	return 0;
}

static void sleep_for(double seconds)
{
	struct timespec time = {
		.tv_sec = seconds, .tv_nsec = (seconds - (time_t)seconds) * 1e9,
	};

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

/* Both pictures are ours, of a live process. */
static int compare_later(struct report *report)
{
	uint32_t pid = report->side[0].pid;
	int ret;

	if (report->side[0].about)
		return ctx_usage(report->ctx, "--interval is for a live process: a snapshot does not change");
	report->side[1] = report->side[0];
	report->side[1].own = false;
	ret = take(report, 0, pid);
	if (!ret) {
		sleep_for(report->interval);
		ret = take(report, 1, pid);
	}
	if (!ret)
		ret = compare(report);
	drop_pictures(report);
	return ret;
}

/* Frames, and numbers of processes, are those of one boot. */
static void check_boots(struct report *report)
{
	const struct mml_snap_info *before = report->side[0].about;
	const struct mml_snap_info *after = report->side[1].about;
	const struct mml_snap_info *file = before ? before : after;
	char now[sizeof(file->boot_id)];

	if (before && after) {
		if (strcmp(before->boot_id, after->boot_id))
			ctx_warn(report->ctx, "the snapshots are of two boots, or machines: equal frames mean nothing");
		return;
	}
	mml_boot_id(now, sizeof(now));
	if (*now && strcmp(file->boot_id, now))
		ctx_warn(report->ctx, "the snapshot is of another boot, or machine: equal frames and process IDs mean nothing");
}

static int check_sides(struct report *report, int argc)
{
	const struct side *side = report->side;

	if (argc < 2 && !side[0].about)
		return ctx_usage(report->ctx, "one process is compared with itself later: --interval SECONDS is missing");
	if (!side[0].about && !side[1].about)
		return ctx_usage(report->ctx, "one of the two must be a snapshot: see mmlens snap, or mmlens cow for two live processes");
	check_boots(report);
	return 0;
}

static int run(struct report *report, int argc, char **argv)
{
	struct mml_error err;
	int ret = open_side(report, &report->side[0], argv[0]);

	if (!ret && mml_info(report->side[0].client, &report->info, &err))
		ret = ctx_error(report->ctx, &err);
	if (ret)
		return ret;
	if (!report->interval) {
		if (argc > 1 || report->side[0].about)
			ret = open_side(report, &report->side[1],
					argc > 1 ? argv[1] : NULL);
		if (!ret)
			ret = check_sides(report, argc);
		if (ret)
			return ret;
	}
	show_begin_list(&report->ctx->show);
	ret = report->interval ? compare_later(report) : compare_sides(report);
	show_end(&report->ctx->show);
	return ret ? ret : ctx_outcome(report->ctx, &report->dump);
}

/**
 * cmd_diff() - mmlens diff A B
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: exit code
 */
int cmd_diff(struct mml_ctx *ctx, int argc, char **argv)
{
	struct report report = {
		.ctx = ctx, .dump = { .ended = true, .complete = true },
	};
	const char *interval = NULL;
	const struct cmd_option own[] = {
		{ "all", 'a', NULL, "list areas without a change, too", .flag = &report.all },
		{ "pages", 'p', NULL, "list the pages that have changed, by runs", .flag = &report.pages },
		{ "interval", 'i', "SECONDS", "compare a live process with itself, that much later", .value = &interval },
		CMD_OPTION_STOP(&report.stop),
		{ }
	};
	const struct cmd_usage usage = {
		.args = "A [B]", .min = 1, .max = 2, .columns = columns, .options = own,
		.about = "Says what has changed in a process: between two snapshots, or since one. A and B: FILE, FILE:PID, or a live PID; without B, what lives now of the processes in A.",
	};
	int ret = cmd_parse(ctx, &argc, &argv, &usage);

	if (!ret)
		ret = ctx_choose(ctx, columns, &report.chosen);
	if (!ret && interval)
		ret = parse_interval(ctx, interval, &report.interval);
	if (ret)
		return cmd_exit(ret);
	if (interval && argc > 1)
		return ctx_usage(ctx, "--interval makes both pictures: name one process");
	ret = run(&report, argc, argv);
	close_side(&report.side[0]);
	close_side(&report.side[1]);
	return ret;
}
