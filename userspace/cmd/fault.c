// SPDX-License-Identifier: GPL-2.0
/* mmlens fault: what an access would do, and which facts decide that. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/area.h"
#include "lib/fault.h"
#include "lib/parse.h"

#define STEP(field) SHOW_ALWAYS, SHOW_FIELD(struct mml_fault_step, field, SHOW_STR)

static struct show_value get_fact(const void *row)
{
	const struct mml_fault_step *step = row;

	return show_str(step->fact);
}

static const struct show_column step_columns[] = {
	{ "QUESTION", "question", "what the kernel asks", STEP(question) },
	{ "ANSWER", "answer", "what that comes to", STEP(answer) },
	{ "FACT", "fact", "what was measured", SHOW_ALWAYS, .get = get_fact },
	{ "OTHERWISE", "otherwise", "where another answer would have led to", STEP(otherwise) },
	{ }
};

static const char *signal_name(int signal)
{
	switch (signal) {
	case SIGSEGV:
		return "SIGSEGV";
	case SIGBUS:
		return "SIGBUS";
	default:
		return NULL;
	}
}

/* "a minor fault, a new frame", or the signal's code. */
static const char *consequences(const struct mml_fault *fault, char *buf,
				size_t size)
{
	static const char *const counts[] = {
		[MML_COUNT_MINOR] = "a minor fault",
		[MML_COUNT_MAJOR] = "a major fault",
		[MML_COUNT_EITHER] = "a fault, minor or major",
	};
	static const char *const frames[] = {
		[MML_FRAME_SAME] = "the frame stays",
		[MML_FRAME_NEW] = "a new frame",
	};
	const char *count = counts[fault->count], *frame = NULL;

	if (fault->signal) {
		snprintf(buf, size, "%s", mml_fault_code(fault->signal, fault->code));
		return buf;
	}
	if (fault->count != MML_COUNT_NONE && fault->frame != MML_FRAME_UNKNOWN)
		frame = frames[fault->frame];
	snprintf(buf, size, "%s%s%s", count ?: "", count && frame ? ", " : "",
		 frame ?: "");
	return buf;
}

static void text_verdict(struct show *s, const struct mml_fault_facts *facts,
			 const struct mml_fault *fault)
{
	char label[1024], more[96];

	consequences(fault, more, sizeof(more));
	show_style(s, SHOW_BOLD);
	show_text(s, "%s %llx", mml_name(mml_access_names, facts->access),
		  (unsigned long long)facts->addr);
	show_style(s, SHOW_PLAIN);
	if (facts->walk && facts->walk->in_vma)
		show_text(s, " (%s)", area_label(&facts->walk->vma, label, sizeof(label)));
	show_text(s, ": %s%s%s%s\n", fault->verdict, more[0] ? " (" : "", more,
		  more[0] ? ")" : "");
	if (fault->predicted)
		show_text(s, "predicted, not certain: %s\n", fault->predicted);
	show_text(s, "\n");
}

static int show_steps(struct mml_ctx *ctx, const struct mml_fault *fault,
		      const struct show_columns *chosen)
{
	struct show_table table;
	unsigned int i;

	if (show_table_open(&table, &ctx->show, "steps", chosen, 0)) {
		ctx_warn(ctx, "out of memory");
		return MML_EXIT_USAGE;
	}
	for (i = 0; i < fault->nr_steps; i++)
		show_row(&table, &fault->steps[i]);
	show_table_end(&table);
	return MML_EXIT_OK;
}

static int show_fault(struct mml_ctx *ctx, uint32_t pid,
		      const struct mml_fault_facts *facts,
		      const struct show_columns *chosen)
{
	struct show *s = &ctx->show;
	struct mml_fault fault;
	const char *name;
	int ret;

	mml_fault(facts, &fault);
	name = signal_name(fault.signal);
	show_begin(s);
	show(s, "pid", NULL, show_uint(pid));
	show(s, "address", NULL, show_addr(facts->addr));
	show(s, "access", NULL, show_name(facts->access, mml_access_names));
	if (!s->json)
		text_verdict(s, facts, &fault);
	show(s, "outcome", NULL, show_name(fault.kind, mml_fault_names));
	show(s, "verdict", NULL, show_str(fault.verdict));
	show(s, "signal", NULL, show_str(name));
	show(s, "si_code", NULL,
	     name ? show_str(mml_fault_code(fault.signal, fault.code)) : show_unknown());
	show(s, "fault", NULL, show_name(fault.count, mml_count_names));
	show(s, "frame", NULL, show_name(fault.frame, mml_frame_names));
	show(s, "predicted", NULL, show_bool(fault.predicted));
	show(s, "why_predicted", NULL, show_str(fault.predicted));
	ret = show_steps(ctx, &fault, chosen);
	show_end(s);
	return ret;
}

static int explain(struct mml_ctx *ctx, uint32_t pid,
		   const struct mml_fault_facts *asked,
		   const struct show_columns *chosen)
{
	struct mml_fault_facts facts = *asked;
	struct mml_error err;
	struct mml_info info;
	struct mml_walk walk;
	struct mml_mm mm;
	int ret;

	if (mml_info(ctx->client, &info, &err))
		return ctx_error(ctx, &err);
	facts.info = &info;
	/* of such an address the module does not speak; but the process must exist */
	if (facts.addr >= info.user_end) {
		if (mml_mm(ctx->client, pid, &mm, &err))
			return ctx_error(ctx, &err);
		return show_fault(ctx, pid, &facts, chosen);
	}
	if (mml_walk(ctx->client, pid, facts.addr, &walk, &err))
		return ctx_error(ctx, &err);
	facts.walk = &walk;
	mml_fault_collect(&facts);
	ret = show_fault(ctx, pid, &facts, chosen);
	mml_walk_free(&walk);
	return ret;
}

/* -1: more than one was asked for */
static int choose_access(bool read, bool write, bool exec)
{
	if (read + write + exec > 1)
		return -1;
	return exec ? MML_ACCESS_EXEC : write ? MML_ACCESS_WRITE : MML_ACCESS_READ;
}

/**
 * cmd_fault() - mmlens fault PID ADDR
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: exit code
 */
int cmd_fault(struct mml_ctx *ctx, int argc, char **argv)
{
	bool read = false, write = false, exec = false, stop = false;
	const struct cmd_option own[] = {
		{ "read", 'r', NULL, "a read (if nothing else is said)", .flag = &read },
		{ "write", 'w', NULL, "a write", .flag = &write },
		{ "exec", 'x', NULL, "fetching an instruction", .flag = &exec },
		CMD_OPTION_STOP(&stop),
		{ }
	};
	const struct cmd_usage usage = {
		.args = "PID ADDR", .min = 2, .max = 2, .options = own,
		.columns = step_columns,
		.about = "Says what an access would do, and which facts decide it, in the order in which the kernel asks. Nothing is accessed.",
	};
	struct mml_fault_facts facts = { .walk = NULL };
	struct mml_error err = { .text = "" };
	struct show_columns chosen;
	uint32_t pid;
	int access, ret = cmd_parse(ctx, &argc, &argv, &usage);

	if (!ret)
		ret = ctx_choose(ctx, step_columns, &chosen);
	if (!ret)
		ret = ctx_pid(ctx, argv[0], &pid);
	if (ret)
		return cmd_exit(ret);
	access = choose_access(read, write, exec);
	if (access < 0)
		return ctx_usage(ctx, "--read, --write and --exec exclude each other");
	facts.access = access;
	if (mml_parse_addr(argv[1], &facts.addr, &err))
		return ctx_error(ctx, &err);
	ret = ctx_open(ctx);
	if (!ret && stop)
		ret = ctx_stop(ctx, pid);
	return ret ? ret : explain(ctx, pid, &facts, &chosen);
}
