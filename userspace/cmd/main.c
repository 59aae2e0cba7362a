// SPDX-License-Identifier: GPL-2.0
/* mmlens: finds the command, runs it, and sees to it that all was written. */
#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"

const struct cmd cmd_table[] = {
	{ "info", "", "what the module and this kernel can tell", cmd_info },
	{ "mm", "PID", "the address space as a whole", cmd_mm },
	{ "vma", "PID [ADDR]", "its areas, or the one at an address", cmd_vma },
	{ "walk", "PID ADDR...", "one address, page table by page table", cmd_walk },
	{ "pages", "PID [RANGE]", "what stands in the page tables", cmd_pages },
	{ "tables", "PID", "every page-table page, and what they sum to", cmd_tables },
	{ "frame", "PFN...", "page frames by number, and who maps them", cmd_frame },
	{ "cow", "PID...", "what forked processes still share, and who copied the rest", cmd_cow },
	{ "snap", "PID...", "keep all that there is to know of processes in a file", cmd_snap },
	{ "diff", "A [B]", "what has changed between two snapshots, or since one", cmd_diff },
	{ "fault", "PID ADDR", "what an access would do, and why", cmd_fault },
	{ "trace", "PID|-- COMMAND", "page faults as they happen, and what each did", cmd_trace },
	{ "demo", "", "watch copy-on-write happen to a process made for it", cmd_demo },
	{ "help", "[COMMAND]", "how to use a command", cmd_help },
	{ }
};

/**
 * cmd_print_version() - serve --version
 */
void cmd_print_version(void)
{
	printf("mmlens %s\n", MMLENS_VERSION);
}

static const struct cmd *find_command(const char *name)
{
	const struct cmd *cmd;

	for (cmd = cmd_table; cmd->name; cmd++)
		if (!strcmp(cmd->name, name))
			return cmd;
	return NULL;
}

/*
 * How many letters must be changed, added or left out to get from one word to
 * the other (Levenshtein), one row of the matrix at a time.
 */
#define WORD_MAX 32
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[WORD_MAX + 1], diagonal, above;
	size_t n = strlen(b), i, j;

	if (strlen(a) > WORD_MAX || n > WORD_MAX)
		return WORD_MAX;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		diagonal = row[0]++;
		for (j = 1; j <= n; j++) {
			above = row[j];
			row[j] = diagonal + (a[i - 1] != b[j - 1]);
			if (above + 1 < row[j])
				row[j] = above + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			diagonal = above;
		}
	}
	return row[n];
}

static bool near(const char *typed, const char *name)
{
	return distance(typed, name) <= 2 || !strncmp(typed, name, strlen(typed));
}

static int fail_command(struct mml_ctx *ctx, const char *typed)
{
	char names[128] = "", safe[128];
	const struct cmd *cmd;
	size_t len = 0;

	for (cmd = cmd_table; cmd->name; cmd++)
		if (near(typed, cmd->name) && len < sizeof(names))
			len += snprintf(names + len, sizeof(names) - len, "%s%s",
					len ? " or " : "", cmd->name);
	show_escape(typed, safe, sizeof(safe));
	if (len)
		return ctx_usage(ctx, "there is no command '%s': did you mean %s?",
				 safe, names);
	return ctx_usage(ctx, "there is no command '%s'", safe);
}

/* "mmlens 4711", and what is meant as such. */
static bool looks_like_pid(const char *arg)
{
	return isdigit((unsigned char)arg[0]) ||
	       (arg[0] == '-' && isdigit((unsigned char)arg[1]));
}

static int run_command(struct mml_ctx *ctx, int argc, char **argv)
{
	const struct cmd *cmd = find_command(argv[0]);

	if (cmd) {
		ctx->command = cmd->name;
		return cmd->run(ctx, argc, argv);
	}
	if (!looks_like_pid(argv[0]) && !ctx_is_file(argv[0]))
		return fail_command(ctx, argv[0]);
	/* The PID is an operand: what getopt() takes for a name stands before it. */
	return cmd_portrait(ctx, argc + 1, argv - 1);
}

static void print_commands(void)
{
	const struct cmd *cmd;
	char left[64];

	printf("Usage: mmlens PID\n       mmlens COMMAND [OPTION...] [ARGUMENT...]\n\n"
	       "Looks into the memory map and the page tables of a live process.\n\n"
	       "Commands:\n  %-20s its portrait, on one screen\n", "PID");
	for (cmd = cmd_table; cmd->name; cmd++) {
		snprintf(left, sizeof(left), "%s %s", cmd->name, cmd->args);
		printf("  %-20s %s\n", left, cmd->help);
	}
	printf("\nOf each command, --help says more; mmlens(8) says all.\n");
}

/**
 * cmd_help() - serve "mmlens help"
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: exit code
 */
int cmd_help(struct mml_ctx *ctx, int argc, char **argv)
{
	static char help[] = "--help";
	const struct cmd *cmd;

	if (argc < 2 || argv[1][0] == '-') {
		print_commands();
		return MML_EXIT_OK;
	}
	cmd = find_command(argv[1]);
	if (!cmd)
		return fail_command(ctx, argv[1]);
	if (cmd->run == cmd_help) {
		print_commands();
		return MML_EXIT_OK;
	}
	ctx->command = cmd->name;
	return cmd->run(ctx, 2, (char *[]){ argv[1], help, NULL });
}

static int run(struct mml_ctx *ctx, int argc, char **argv)
{
	const struct cmd_usage usage = {
		.args = "COMMAND", .about = "", .max = -1, .stop_early = true,
	};
	int ret;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		print_commands();
		return MML_EXIT_OK;
	}
	ret = cmd_parse(ctx, &argc, &argv, &usage);
	if (ret)
		return cmd_exit(ret);
	if (!argc)
		return ctx_usage(ctx, "a command, or a process ID, is missing");
	return run_command(ctx, argc, argv);
}

/* A full disk shows when what is buffered goes out: not before this. */
static int close_stdout(int code, int unwritten)
{
	bool failed = unwritten || ferror(stdout);
	int errnum;

	errno = 0;
	if (fclose(stdout))
		failed = true;
	errnum = errno ?: unwritten;
	if (!failed || errnum == EPIPE)
		return code;
	fprintf(stderr, "mmlens: writing failed%s%s\n", errnum ? ": " : "",
		errnum ? strerror(errnum) : "");
	return MML_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct mml_ctx ctx = {
		.command = "",
		.show = { .out = stdout, .headings = true },
		.timeout_ms = MML_TIMEOUT_MS,
	};
	int code;

	setlocale(LC_CTYPE, "");
	if (!isatty(STDOUT_FILENO))	/* long streams go out in large pieces */
		setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	/* A reader that has gone ends us quietly, whatever our parent ignored. */
	signal(SIGPIPE, SIG_DFL);
	ctx.show.color = ctx_wants_color();
	code = run(&ctx, argc, argv);
	ctx_progress_end(&ctx);
	ctx_release(&ctx);
	mml_close(ctx.client);
	free(ctx.file);
	return close_stdout(code, ctx.unwritten);
}
