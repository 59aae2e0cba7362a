// SPDX-License-Identifier: GPL-2.0
/*
 * mmlens demo: copy on write, as it happens.
 *
 * Each step is predicted from the rules of lib/cow.h, done, and measured
 * through the module. What does not come out as predicted is said, and is exit
 * status 1.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cow.h"
#include "cmd/demo_actors.h"
#include "cmd/demo_trace.h"

static const struct {
	const char *name;
	unsigned int pages;
} kinds[DEMO_KINDS] = {
	[DEMO_MEMORY] = { "memory", DEMO_MEMORY_PAGES },
	[DEMO_FILE] = { "file", DEMO_FILE_PAGES },
	[DEMO_HEAP] = { "heap", DEMO_HEAP_PAGES },
	[DEMO_SHM] = { "shm", DEMO_SHM_PAGES },
};

/* What is to be seen in one kind of memory, in pages. */
struct counts {
	uint64_t shared, by_parent, by_child, untouched, other;
};

/* What one page is, in one process. */
struct sight {
	uint64_t frame;
	bool writable;
};

enum { PARENT, CHILD };

struct demo {
	struct mml_ctx *ctx;
	bool ask;		/* before each step, and wait */
	bool trace;		/* show the fault of the glass, too */
	struct demo_actors actors;
	unsigned int number;	/* of the step */
	struct counts expected[DEMO_KINDS];
	bool surprised;		/* something was not as predicted */
};

/* ---- measuring ---- */

static int fail(struct demo *demo, const char *what, int error)
{
	ctx_warn(demo->ctx, "%s: %s", what, strerror(-error));
	return MML_EXIT_USAGE;
}

static int order(struct demo *demo, unsigned int who, enum demo_order what)
{
	int ret = who == CHILD ? demo_order_child(&demo->actors, what) :
				 demo_order_parent(&demo->actors, what);

	return ret ? fail(demo, "the demonstration's own process failed", ret) : 0;
}

struct counter {
	uint64_t start, end;	/* of the kind, in the parent */
	uint64_t page_size;
	struct counts *counts;
};

static uint64_t pages_within(const struct counter *counter,
			     const struct mml_part *part,
			     const struct mml_cow_segment *segment)
{
	uint64_t from = part->in[PARENT].start + segment->page * counter->page_size;
	uint64_t to = from + segment->pages * counter->page_size;

	if (from < counter->start)
		from = counter->start;
	if (to > counter->end)
		to = counter->end;
	return from < to ? (to - from) / counter->page_size : 0;
}

static void count(const struct mml_part *part,
		  const struct mml_cow_segment *segment, void *arg)
{
	const struct mml_cow_verdict *verdict = &segment->verdict;
	const struct counter *counter = arg;
	uint64_t pages = pages_within(counter, part, segment);
	struct counts *counts = counter->counts;

	if (verdict->class == MML_COW_SHARED)
		counts->shared += pages;
	else if (verdict->class == MML_COW_COPIED && verdict->who == PARENT)
		counts->by_parent += pages;
	else if (verdict->class == MML_COW_COPIED && verdict->who == CHILD)
		counts->by_child += pages;
	else if (verdict->class == MML_COW_UNFAULTED && verdict->who == CHILD)
		counts->untouched += pages;
	else
		counts->other += pages;
}

static void count_kind(const struct demo *demo, const struct mml_cow *cow,
		       enum demo_kind kind, struct counts *counts)
{
	size_t size = demo->actors.page_size;
	struct counter counter = {
		.start = demo->actors.area[kind],
		.end = demo->actors.area[kind] + kinds[kind].pages * size,
		.page_size = size, .counts = counts,
	};

	memset(counts, 0, sizeof(*counts));
	for (size_t i = 0; i < cow->areas.nr_parts; i++) {
		if (cow->areas.parts[i].in[PARENT].vma)
			mml_cow_segments(cow, &cow->areas.parts[i], count, &counter);
	}
}

static int sum_up(struct demo *demo, const struct cow_reading *reading,
		  struct counts *counts)
{
	struct mml_cow cow;
	int ret;

	ret = mml_cow_compare(&cow, reading->process);
	for (unsigned int kind = 0; !ret && kind < DEMO_KINDS; kind++)
		count_kind(demo, &cow, kind, &counts[kind]);
	mml_cow_free(&cow);
	return ret ? fail(demo, "cannot compare", ret) :
		     ctx_outcome(demo->ctx, &reading->dump);
}

/* Asks the module about both processes, and sums up each kind of memory. */
static int measure(struct demo *demo, struct counts *counts)
{
	uint32_t pids[] = { demo->actors.parent, demo->actors.child };
	const struct cow_pids both = { .v = pids, .n = 2 };
	const struct cow_options options = { .ctx = demo->ctx };
	struct cow_reading reading;
	int ret;

	ret = cow_read(&options, &both, &reading);
	if (!ret)
		ret = sum_up(demo, &reading, counts);
	cow_reading_free(&reading);
	return ret;
}

static int look(struct demo *demo, unsigned int who, unsigned int page,
		struct sight *sight)
{
	pid_t pid = who == CHILD ? demo->actors.child : demo->actors.parent;
	uint64_t addr = demo->actors.area[DEMO_MEMORY] +
			page * demo->actors.page_size;
	struct mml_error err;
	struct mml_walk walk;

	if (mml_walk(demo->ctx->client, pid, addr, &walk, &err))
		return ctx_error(demo->ctx, &err);
	sight->frame = walk.leaf.frame;
	sight->writable = walk.leaf.entry & MMLENS_ENTRY_WRITE;
	mml_walk_free(&walk);
	return 0;
}

/* ---- saying it ---- */

/* In lines of at most 96 columns, set in by 3. */
static void say_wrapped(struct show *s, const char *words)
{
	int at = 0, len;

	while (*words) {
		len = strcspn(words, " ");
		if (at && at + 1 + len > 96) {
			show_text(s, "\n");
			at = 0;
		}
		show_text(s, "%s%.*s", at ? " " : "   ", len, words);
		at += (at ? 1 : 3) + len;
		words += len + (words[len] == ' ');
	}
	show_text(s, "\n");
}

/* Begins a step: what is going to happen. */
static void begin_step(struct demo *demo, const char *title, const char *question)
{
	struct show *s = &demo->ctx->show;
	char line[256];

	show_open(s, NULL);
	show_style(s, SHOW_BOLD);
	show_text(s, "%u. ", ++demo->number);
	show(s, "step", "%s\n", show_str(title));
	show_style(s, SHOW_PLAIN);
	if (!demo->ask)
		return;
	show_text(s, "   %s Your guess, or Enter: ", question);
	fflush(s->out);
	if (!fgets(line, sizeof(line), stdin)) {
		demo->ask = false;
		show_text(s, "\n");
	}
}

/* Ends it: why it came so. */
static void end_step(struct demo *demo, const char *why)
{
	struct show *s = &demo->ctx->show;

	say_wrapped(s, why);
	show(s, "why", NULL, show_str(why));
	show_close(s);
}

static void say_verdict(struct demo *demo, bool right)
{
	struct show *s = &demo->ctx->show;

	show_style(s, right ? SHOW_GOOD : SHOW_BAD);
	show_text(s, right ? "  ok\n" : "  NOT AS PREDICTED\n");
	show_style(s, SHOW_PLAIN);
	show(s, "as_predicted", NULL, show_bool(right));
	if (!right)
		demo->surprised = true;
}

static void say_counts(struct demo *demo, const char *key, const struct counts *counts)
{
	struct show *s = &demo->ctx->show;
	struct counts sum = { 0 };

	show_open_row(s, key);
	show_text(s, "   %-9s  shared:", key);
	for (unsigned int kind = 0; kind < DEMO_KINDS; kind++) {
		show_text(s, "%s %s", kind ? "," : "", kinds[kind].name);
		show(s, kinds[kind].name, " %s", show_uint(counts[kind].shared));
		sum.by_child += counts[kind].by_child;
		sum.by_parent += counts[kind].by_parent;
		sum.untouched += counts[kind].untouched;
		sum.other += counts[kind].other;
	}
	show(s, "copied_by_child", "; copied: child %s", show_uint(sum.by_child));
	show(s, "copied_by_parent", ", parent %s", show_uint(sum.by_parent));
	show(s, "untouched_by_child", NULL, show_uint(sum.untouched));
	show(s, "other", sum.other ? "; other %s" : NULL, show_uint(sum.other));
	show_close(s);
}

/* The prediction is in demo->expected. */
static int predict_and_measure(struct demo *demo, unsigned int who,
			       enum demo_order what)
{
	struct counts seen[DEMO_KINDS];
	int ret;

	say_counts(demo, "predicted", demo->expected);
	show_text(&demo->ctx->show, "\n");
	ret = order(demo, who, what);
	if (!ret)
		ret = measure(demo, seen);
	if (ret)
		return ret;
	say_counts(demo, "measured", seen);
	say_verdict(demo, !memcmp(seen, demo->expected, sizeof(seen)));
	return 0;
}

static void predict(struct demo *demo, const char *words)
{
	show(&demo->ctx->show, "predicted", "   predicted  %s\n", show_str(words));
}

static void say_sight(struct demo *demo, const char *key, const char *words,
		      const struct sight *sight)
{
	struct show *s = &demo->ctx->show;

	show_open_row(s, key);
	show_text(s, "%s", words);
	show(s, "frame", "frame %s", show_frame(sight->frame));
	show(s, "writable", NULL, show_bool(sight->writable));
	show_text(s, ", %s", sight->writable ? "writable" : "read-only");
	show_close(s);
}

/* ---- the steps ---- */

static int step_fork(struct demo *demo)
{
	int ret;

	begin_step(demo, "The process forks: now there is a second one, its child, with the same memory.",
		   "How many pages does the kernel copy for it?");
	demo->expected[DEMO_MEMORY].shared = DEMO_MEMORY_PAGES;
	demo->expected[DEMO_FILE].shared = DEMO_FILE_PAGES;
	demo->expected[DEMO_HEAP].shared = DEMO_HEAP_PAGES;
	demo->expected[DEMO_SHM].untouched = DEMO_SHM_PAGES;
	ret = predict_and_measure(demo, PARENT, DEMO_FORK);
	if (!ret)
		end_step(demo, "None. Both use the same frames, and neither may write to them (they are copy-on-write). "
			 "Of shm the child has nothing yet: it will find each frame when it touches the page.");
	return ret;
}

static int step_child_writes(struct demo *demo)
{
	int ret;

	begin_step(demo, "The child writes to every second page of half the memory, and to 16 pages of the file.",
		   "How many pages are copied?");
	demo->expected[DEMO_MEMORY].shared -= DEMO_HALF_WRITES;
	demo->expected[DEMO_MEMORY].by_child += DEMO_HALF_WRITES;
	demo->expected[DEMO_FILE].shared -= DEMO_FILE_WRITES;
	demo->expected[DEMO_FILE].by_child += DEMO_FILE_WRITES;
	ret = predict_and_measure(demo, CHILD, DEMO_WRITE_HALF);
	if (!ret)
		end_step(demo, "4096 and 16: each write was stopped (a page fault), the page copied to a new frame for the "
			 "child, and the write let go on. The file on disk is as it was: the mapping is private.");
	return ret;
}

static int step_parent_writes(struct demo *demo)
{
	int ret;

	begin_step(demo, "The parent writes to 256 pages of the other half.",
		   "Who gets the new frames, the parent or the child?");
	demo->expected[DEMO_MEMORY].shared -= DEMO_SOME_WRITES;
	demo->expected[DEMO_MEMORY].by_parent += DEMO_SOME_WRITES;
	ret = predict_and_measure(demo, PARENT, DEMO_WRITE_SOME);
	if (!ret)
		end_step(demo, "The parent. Whoever writes first takes a new frame, and the other keeps the old one.");
	return ret;
}

static int step_shm(struct demo *demo)
{
	int ret;

	begin_step(demo, "The child writes to 64 pages of shm, the shared mapping.",
		   "How many pages are copied?");
	demo->expected[DEMO_SHM].shared += DEMO_SHM_WRITES;
	demo->expected[DEMO_SHM].untouched -= DEMO_SHM_WRITES;
	ret = predict_and_measure(demo, CHILD, DEMO_WRITE_SHM);
	if (!ret)
		end_step(demo, "None: this memory is there to be shared. The child now uses the parent's 64 frames.");
	return ret;
}

static int look_at_both(struct demo *demo, const char *when, struct sight *sight)
{
	int ret = look(demo, PARENT, DEMO_GLASS, &sight[PARENT]);

	if (!ret)
		ret = look(demo, CHILD, DEMO_GLASS, &sight[CHILD]);
	if (ret)
		return ret;
	show_open(&demo->ctx->show, when);
	show_text(&demo->ctx->show, "   %-9s  ", when);
	say_sight(demo, "parent", "parent: ", &sight[PARENT]);
	say_sight(demo, "child", "; child: ", &sight[CHILD]);
	show_close(&demo->ctx->show);
	return 0;
}

static int write_glass(void *arg)
{
	return order(arg, CHILD, DEMO_WRITE_GLASS);
}

/* As write_glass(), and what is seen of it happening */
static int watch_glass(struct demo *demo, struct mml_traced *fault)
{
	struct show *s = &demo->ctx->show;
	int ret;

	ret = demo_trace(demo->ctx, demo->actors.child,
			 demo->actors.area[DEMO_MEMORY] +
			 DEMO_GLASS * demo->actors.page_size,
			 write_glass, demo, fault);
	if (ret)
		return ret;
	show_open(s, "fault");
	show(s, "what", "   fault      child: a write, %s",
	     show_name(mml_what(fault), mml_what_names));
	show(s, "old_frame", ": frame %s", show_frame(fault->old.frame));
	show(s, "new_frame", " -> frame %s\n", show_frame(fault->new.frame));
	show(s, "latency", NULL, show_uint(fault->latency));
	show_close(s);
	return 0;
}

/* The break of the glass as it happened: is it what was seen before and after? */
static bool told_the_same(const struct mml_traced *fault,
			  const struct sight *before, const struct sight *after)
{
	return mml_what(fault) == MML_WHAT_COW_COPY &&
	       fault->old.frame == before->frame &&
	       fault->new.frame == after->frame;
}

static int step_glass(struct demo *demo)
{
	struct sight before[2], after[2];
	struct mml_traced fault;
	bool shared, parted;
	int ret;

	begin_step(demo, "One page under the glass: its entry in both page tables, before and after a write by the child.",
		   "Whose entry changes, and how?");
	predict(demo, "before: one frame, read-only in both; after: the child has another, writable");
	ret = look_at_both(demo, "before", before);
	if (ret)
		return ret;
	show_text(&demo->ctx->show, "\n");
	ret = demo->trace ? watch_glass(demo, &fault) : write_glass(demo);
	if (!ret)
		ret = look_at_both(demo, "after", after);
	if (ret)
		return ret;
	shared = before[PARENT].frame == before[CHILD].frame &&
		 !before[PARENT].writable && !before[CHILD].writable;
	parted = after[CHILD].frame != before[CHILD].frame && after[CHILD].writable &&
		 after[PARENT].frame == before[PARENT].frame && !after[PARENT].writable;
	say_verdict(demo, shared && parted &&
		    (!demo->trace ||
		     told_the_same(&fault, &before[CHILD], &after[CHILD])));
	end_step(demo, "The parent's entry is still read-only, although nobody else has that frame now.");
	return 0;
}

static int step_exit(struct demo *demo)
{
	struct sight before, after;
	int ret;

	begin_step(demo, "The child exits. Then the parent writes to a page that both had shared.",
		   "Is the page copied?");
	predict(demo, "no: the same frame before and after, read-only before and writable after");
	ret = order(demo, PARENT, DEMO_END);
	if (!ret)
		ret = look(demo, PARENT, DEMO_LAST, &before);
	if (!ret)
		ret = order(demo, PARENT, DEMO_WRITE_LAST);
	if (!ret)
		ret = look(demo, PARENT, DEMO_LAST, &after);
	if (ret)
		return ret;
	say_sight(demo, "before", "   measured   before: ", &before);
	say_sight(demo, "after", "; after: ", &after);
	say_verdict(demo, before.frame == after.frame && !before.writable &&
			  after.writable);
	end_step(demo, "The last one to have a page gets to keep it: the kernel sees that nobody else maps the frame, and "
		 "only lifts the ban on writing (it reuses the page).");
	return 0;
}

static void introduce(struct demo *demo)
{
	struct show *s = &demo->ctx->show;

	show_text(s, "What becomes of memory when a process forks, measured page by page in the running kernel.\n"
		  "A page is 4 KiB of a process's memory; a frame is the place in RAM where it lies.\n");
	show(s, "parent", "Process %s has: memory, 64 MiB of its own; file, a private mapping of a file (1024 pages\n",
	     show_uint(demo->actors.parent));
	show_text(s, "read, 256 written); heap, 64 pages; and shm, a shared mapping of 256 pages.\n");
}

static int run_steps(struct demo *demo)
{
	static int (*const steps[])(struct demo *demo) = {
		step_fork, step_child_writes, step_parent_writes, step_shm,
		step_glass, step_exit,
	};
	struct show *s = &demo->ctx->show;
	int ret = 0;

	show_begin(s);
	introduce(demo);
	show_open_list(s, "steps");
	for (size_t i = 0; !ret && i < sizeof(steps) / sizeof(*steps); i++)
		ret = steps[i](demo);
	if (!ret) {
		show_close(s);
		show_text(s, demo->surprised ? "Not all came as predicted.\n" :
			  "All came as predicted.\n");
		show(s, "as_predicted", NULL, show_bool(!demo->surprised));
	}
	show_end(s);
	if (!ret && demo->surprised)
		ret = MML_EXIT_USAGE;
	return ret;
}

/**
 * cmd_demo() - mmlens demo
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: the tool's exit code; MML_EXIT_USAGE when a prediction failed
 */
int cmd_demo(struct mml_ctx *ctx, int argc, char **argv)
{
	struct demo demo = { .ctx = ctx };
	const struct cmd_option own[] = {
		{ "step", 0, NULL, "ask for your guess before each step, and wait",
		  .flag = &demo.ask },
		{ "trace", 0, NULL, "show a copy as the page fault that it is, too",
		  .flag = &demo.trace },
		{ }
	};
	const struct cmd_usage usage = {
		.args = "",
		.about = "Forks processes of its own and shows copy on write happen: each step is "
			 "predicted, done and measured.",
		.options = own,
	};
	int ret = cmd_parse(ctx, &argc, &argv, &usage);

	if (ret)
		return cmd_exit(ret);
	if (demo.ask && ctx->show.json)
		return ctx_usage(ctx, "--step asks, which --json cannot");
	ret = ctx_open(ctx);
	if (ret)
		return ret;
	/* or the actors would have it in their buffers too */
	fflush(ctx->show.out);
	ret = demo_actors_start(&demo.actors);
	ret = ret ? fail(&demo, "cannot set up the processes to look at", ret) :
		    run_steps(&demo);
	demo_actors_end(&demo.actors);
	return ret;
}
