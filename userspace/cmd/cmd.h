/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a command is made of. A new one is a file cmd/NAME.c with cmd_NAME()
 * and a line in the table of cmd/main.c.
 *
 *	int cmd_pages(struct mml_ctx *ctx, int argc, char **argv)
 *	{
 *		bool each = false;
 *		const struct cmd_option own[] = {
 *			{ "each", 'e', NULL, "one line a page", .flag = &each },
 *			{ }
 *		};
 *		const struct cmd_usage usage = {
 *			.args = "PID [RANGE]", .about = "...", .options = own,
 *			.columns = columns, .min = 1, .max = 2,
 *		};
 *		int ret = cmd_parse(ctx, &argc, &argv, &usage);
 *
 *		if (ret)
 *			return cmd_exit(ret);
 *		... argv[0] is the first operand now, argc counts them
 *		ret = ctx_open(ctx);
 *		if (ret)
 *			return ret;
 *		if (mml_pages(ctx->client, ...., &err))
 *			return ctx_error(ctx, &err);
 *		return ctx_outcome(ctx, &dump);
 *	}
 *
 * A command returns the tool's exit code (enum mml_exit). It prints data with
 * show/show.h to ctx->show, messages with the functions below to stderr.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/mmlens.h"
#include "show/show.h"
#include "show/table.h"

struct mml_ctx {
	const char *command;		/* "pages"; "" before it is known */
	struct show show;		/* where data goes */
	unsigned int timeout_ms;
	struct mml_client *client;	/* after ctx_open(), or ctx_pid() for a file */
	char *file;			/* which that is, or NULL */
	bool live;			/* a process ID was named */
	struct mml_stop **held;		/* by ctx_stop(), until the end */
	size_t nr_held;
	struct spool *spool;		/* what is printed meanwhile, or NULL */
	int unwritten;			/* errno: some of that was lost */
};

struct cmd {
	const char *name;
	const char *args;
	const char *help;	/* one line */
	int (*run)(struct mml_ctx *ctx, int argc, char **argv);
};

/* All commands, ended by one without a name. */
extern const struct cmd cmd_table[];

int cmd_portrait(struct mml_ctx *ctx, int argc, char **argv);	/* mmlens PID */
int cmd_info(struct mml_ctx *ctx, int argc, char **argv);
int cmd_mm(struct mml_ctx *ctx, int argc, char **argv);
int cmd_vma(struct mml_ctx *ctx, int argc, char **argv);
int cmd_walk(struct mml_ctx *ctx, int argc, char **argv);
int cmd_pages(struct mml_ctx *ctx, int argc, char **argv);
int cmd_tables(struct mml_ctx *ctx, int argc, char **argv);
int cmd_frame(struct mml_ctx *ctx, int argc, char **argv);
int cmd_cow(struct mml_ctx *ctx, int argc, char **argv);
int cmd_snap(struct mml_ctx *ctx, int argc, char **argv);
int cmd_diff(struct mml_ctx *ctx, int argc, char **argv);
int cmd_fault(struct mml_ctx *ctx, int argc, char **argv);
int cmd_trace(struct mml_ctx *ctx, int argc, char **argv);
int cmd_demo(struct mml_ctx *ctx, int argc, char **argv);
int cmd_help(struct mml_ctx *ctx, int argc, char **argv);

/* An option of one command; exactly one of @flag and @value is set. */
struct cmd_option {
	const char *name;
	char letter;		/* 0: long only */
	const char *arg;	/* name of its argument, NULL for a flag */
	const char *help;
	bool *flag;
	const char **value;
};

struct cmd_usage {
	const char *args;			/* "PID [RANGE]" */
	const char *about;			/* a sentence or two for --help */
	const struct cmd_option *options;	/* or NULL */
	const struct show_column *columns;	/* for -o and --list-columns, or NULL */
	int min, max;				/* operands; max -1: any number */
	const char *epilogue;			/* ends --help, or NULL */
	bool stop_early;			/* options end at the first operand */
};

/*
 * Takes the options (the common ones: -j -o -n --list-columns --color
 * --timeout -h -V, and the command's own) and leaves only the operands in
 * argc and argv. Returns 0; or, when the command is to end now, CMD_DONE
 * (--help and the like were served) or an exit code.
 */
#define CMD_DONE (-1)
int cmd_parse(struct mml_ctx *ctx, int *argc, char ***argv,
	      const struct cmd_usage *usage);
/* The exit code for a non-zero return of cmd_parse(). */
static inline int cmd_exit(int ret)
{
	return ret == CMD_DONE ? MML_EXIT_OK : ret;
}

void cmd_print_version(void);
bool ctx_wants_color(void);	/* what --color=auto comes to */

/* Opens ctx->client once. Returns 0, or an exit code: the error is printed. */
int ctx_open(struct mml_ctx *ctx);

/* The columns that -o asks for. Returns 0, or an exit code. */
int ctx_choose(struct mml_ctx *ctx, const struct show_column *all,
	       struct show_columns *chosen);
/*
 * A process: its ID, or a snapshot file that holds one process, or FILE:PID.
 * A file becomes ctx->client, so that ctx_open() has nothing left to do and
 * all that is asked then is asked of the file. Returns 0, or an exit code.
 */
int ctx_pid(struct mml_ctx *ctx, const char *arg, uint32_t *pid);
/*
 * Some of them; a file stands for all the processes in it. free(*pids), after
 * a failure too.
 */
int ctx_pids(struct mml_ctx *ctx, char **args, size_t n, uint32_t **pids,
	     size_t *nr_pids);
/*
 * The same for one operand without ctx->client: @client is set if it is a
 * file, else left alone. @pid is 0 if a file is to stand for all in it.
 */
int ctx_source(struct mml_ctx *ctx, const char *arg, struct mml_client **client,
	       uint32_t *pid);
/* Is that a file, and no process ID? */
bool ctx_is_file(const char *arg);

/*
 * Serves --stop: holds a process still until the command ends, or calls
 * ctx_release(). What is printed meanwhile, data and messages, is kept and comes
 * after that. Returns 0, or an exit code: the error is printed.
 */
int ctx_stop(struct mml_ctx *ctx, uint32_t pid);
/* The same; @gone says whether it failed since there is no such process any more. */
int ctx_stop_found(struct mml_ctx *ctx, uint32_t pid, bool *gone);
void ctx_release(struct mml_ctx *ctx);
/* The option itself, for a command's own table. */
#define CMD_OPTION_STOP(variable)					\
	{ "stop", 's', NULL, "hold the process still meanwhile", .flag = (variable) }

/* Prints an error of the library; returns its exit code. */
int ctx_error(struct mml_ctx *ctx, const struct mml_error *err);
/* The same, of a process that has answered before: it may have vanished. */
int ctx_error_midway(struct mml_ctx *ctx, const struct mml_error *err);
/* Prints what is wrong with the command line; returns MML_EXIT_USAGE. */
int ctx_usage(struct mml_ctx *ctx, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A message on stderr, "mmlens: " in front. */
void ctx_warn(struct mml_ctx *ctx, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The exit code that a finished dump calls for; says on stderr why it is not 0. */
int ctx_outcome(struct mml_ctx *ctx, const struct mml_dump *dump);
/*
 * The end of every answer that came from a dump, in both modes: "complete,
 * not torn" and JSON's complete, torn, unwatched.
 */
void ctx_show_dump(struct mml_ctx *ctx, const struct mml_dump *dump);

/*
 * Progress of a long read, on stderr if that is a terminal, after a second.
 * @done of @total in any unit. ctx_progress_end() wipes the line; do it before
 * anything else is printed to the terminal.
 */
void ctx_progress(struct mml_ctx *ctx, const char *what, uint64_t done,
		  uint64_t total);
void ctx_progress_end(struct mml_ctx *ctx);

#endif /* CMD_CMD_H */
