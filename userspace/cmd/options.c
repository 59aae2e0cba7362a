// SPDX-License-Identifier: GPL-2.0
/*
 * The command line of a command: one table of options (the common ones and
 * its own) drives getopt_long(), --help, and what is stored where.
 */
#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/parse.h"

#define OPTIONS_MAX 32
#define HELP_LINE_MAX 80
#define LONG_BASE 256	/* values of long options: no letter is that large */

/* What the common options were set to. */
struct common {
	bool json, no_headings, list_columns, help, version;
	const char *columns, *color, *timeout;
};

struct options {
	struct cmd_option v[OPTIONS_MAX];
	size_t n;
};

static void add(struct options *options, const struct cmd_option *more)
{
	for (; more && more->name && options->n < OPTIONS_MAX; more++)
		options->v[options->n++] = *more;
}

static void collect(struct options *options, struct common *common,
		    const struct cmd_usage *usage)
{
	const struct cmd_option columns[] = {
		{ "output", 'o', "COLUMNS", "print these columns; +COL,... adds to the usual ones", .value = &common->columns },
		{ "list-columns", 0, NULL, "list the columns that there are", .flag = &common->list_columns },
		{ "no-headings", 'n', NULL, "print no heading line", .flag = &common->no_headings },
		{ }
	};
	const struct cmd_option all[] = {
		{ "json", 'j', NULL, "print JSON", .flag = &common->json },
		{ "color", 0, "WHEN", "auto, always or never (auto heeds NO_COLOR)", .value = &common->color },
		{ "timeout", 0, "SECONDS", "how long to wait for a process whose mmap lock is held (5)", .value = &common->timeout },
		{ "help", 'h', NULL, "print this", .flag = &common->help },
		{ "version", 'V', NULL, "print the version", .flag = &common->version },
		{ }
	};

	options->n = 0;
	add(options, usage->options);
	if (usage->columns)
		add(options, columns);
	add(options, all);
}

/* The forms that getopt_long() takes. */
static void getopt_forms(const struct options *options, bool stop_early,
			 char *letters, struct option *names)
{
	size_t i;

	/* '+': stop at the first operand; ':': tell what is missing. */
	if (stop_early)
		*letters++ = '+';
	*letters++ = ':';
	for (i = 0; i < options->n; i++) {
		const struct cmd_option *option = &options->v[i];

		names[i] = (struct option){
			.name = option->name,
			.has_arg = option->arg ? required_argument : no_argument,
			.val = LONG_BASE + i,
		};
		if (!option->letter)
			continue;
		*letters++ = option->letter;
		if (option->arg)
			*letters++ = ':';
	}
	names[options->n] = (struct option){ 0 };
	*letters = '\0';
}

static const struct cmd_option *find(const struct options *options, int c)
{
	size_t i;

	if (c >= LONG_BASE)
		return &options->v[c - LONG_BASE];
	for (i = 0; i < options->n; i++)
		if (options->v[i].letter == c)
			return &options->v[i];
	return NULL;
}

static void store(const struct cmd_option *option, const char *arg)
{
	if (option->flag)
		*option->flag = true;
	else
		*option->value = arg;
}

static bool is_negative(const char *arg)
{
	return arg && arg[0] == '-' && isdigit((unsigned char)arg[1]);
}

/* "-5" is meant as an operand, and a wrong one. */
static int fail_negative(struct mml_ctx *ctx, const char *arg)
{
	struct mml_error err = { .text = "" };
	uint32_t pid;

	if (!mml_parse_pid(arg, &pid, &err))
		return MML_EXIT_USAGE;
	return ctx_error(ctx, &err);
}

static int fail_option(struct mml_ctx *ctx, const struct options *options,
		       int c, char **argv)
{
	const char *arg = argv[optind - 1];

	if (c == ':')
		return ctx_usage(ctx, "option --%s needs an argument",
				 find(options, optopt)->name);
	if (optopt >= LONG_BASE)
		return ctx_usage(ctx, "option --%s takes no argument",
				 find(options, optopt)->name);
	/* getopt() goes on to the next argument after the last letter of one */
	if (isdigit(optopt) && is_negative(arg))
		return fail_negative(ctx, arg);
	if (isdigit(optopt) && is_negative(argv[optind]))
		return fail_negative(ctx, argv[optind]);
	if (optopt)
		return ctx_usage(ctx, "unknown option -%c", optopt);
	return ctx_usage(ctx, "unknown or ambiguous option %s", arg);
}

static int scan(struct mml_ctx *ctx, int *argc, char ***argv,
		const struct options *options, bool stop_early)
{
	struct option names[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 3];
	int c;

	getopt_forms(options, stop_early, letters, names);
	optind = 0;	/* begins anew, in glibc */
	opterr = 0;
	while ((c = getopt_long(*argc, *argv, letters, names, NULL)) != -1) {
		if (c == '?' || c == ':')
			return fail_option(ctx, options, c, *argv);
		store(find(options, c), optarg);
	}
	*argc -= optind;
	*argv += optind;
	return 0;
}

static int set_color(struct mml_ctx *ctx, const char *when)
{
	static const char *const words[] = {
		[SHOW_COLOR_AUTO] = "auto",
		[SHOW_COLOR_ALWAYS] = "always",
		[SHOW_COLOR_NEVER] = "never",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(when, words[i])) {
			ctx->show.color = i == SHOW_COLOR_ALWAYS ||
				(i == SHOW_COLOR_AUTO && ctx_wants_color());
			return 0;
		}
	return ctx_usage(ctx, "--color takes auto, always or never, not '%s'", when);
}

/**
 * ctx_wants_color() - the answer of --color=auto
 *
 * Return: true for a terminal that is not asked to stay plain
 */
bool ctx_wants_color(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) &&
	       term && strcmp(term, "dumb");
}

static int apply(struct mml_ctx *ctx, const struct common *common)
{
	struct mml_error err = { .text = "" };

	ctx->show.json |= common->json;
	if (common->no_headings)
		ctx->show.headings = false;
	if (common->columns)
		ctx->show.columns = common->columns;
	if (common->timeout &&
	    mml_parse_seconds(common->timeout, &ctx->timeout_ms, &err))
		return ctx_error(ctx, &err);
	return common->color ? set_color(ctx, common->color) : 0;
}

static void print_option(const struct cmd_option *option)
{
	char name[64];

	snprintf(name, sizeof(name), "--%s%s%s", option->name,
		 option->arg ? " " : "", option->arg ? option->arg : "");
	if (option->letter)
		printf(" -%c, %-22s %s\n", option->letter, name, option->help);
	else
		printf("     %-22s %s\n", name, option->help);
}

/* Breaks lines at blanks; newlines stay. */
static void print_wrapped(const char *text)
{
	int at = 0, len;

	while (*text) {
		len = strcspn(text, " \n");
		if (at && at + 1 + len > HELP_LINE_MAX) {
			putchar('\n');
			at = 0;
		}
		at += printf("%s%.*s", at ? " " : "", len, text);
		text += len;
		if (*text == '\n') {
			putchar('\n');
			at = 0;
		}
		text += *text != '\0';
	}
	putchar('\n');
}

static void print_help(struct mml_ctx *ctx, const struct cmd_usage *usage,
		       const struct options *options)
{
	const char *space = *ctx->command ? " " : "";
	size_t i;

	printf("Usage: mmlens%s%s [OPTION...]%s%s\n\n", space, ctx->command,
	       *usage->args ? " " : "", usage->args);
	print_wrapped(usage->about);
	printf("\nOptions:\n");
	for (i = 0; i < options->n; i++)
		print_option(&options->v[i]);
	if (usage->epilogue) {
		putchar('\n');
		print_wrapped(usage->epilogue);
	}
}

static int check_operands(struct mml_ctx *ctx, int n,
			  const struct cmd_usage *usage)
{
	if (n < usage->min)
		return ctx_usage(ctx, "something is missing: mmlens %s %s",
				 ctx->command, usage->args);
	if (usage->max >= 0 && n > usage->max)
		return ctx_usage(ctx, "there is something too many: mmlens %s %s",
				 ctx->command, usage->args);
	return 0;
}

/**
 * cmd_parse() - take the options off a command line
 * @ctx: what they set
 * @argc: arguments; then operands only
 * @argv: likewise
 * @usage: the command's own
 *
 * Return: 0, CMD_DONE, or an exit code
 */
int cmd_parse(struct mml_ctx *ctx, int *argc, char ***argv,
	      const struct cmd_usage *usage)
{
	struct common common = { .json = false };
	struct options options;
	int ret;

	collect(&options, &common, usage);
	ret = scan(ctx, argc, argv, &options, usage->stop_early);
	if (!ret)
		ret = apply(ctx, &common);
	if (ret)
		return ret;
	if (common.help)
		print_help(ctx, usage, &options);
	else if (common.version)
		cmd_print_version();
	else if (common.list_columns)
		show_list_columns(&ctx->show, usage->columns);
	else
		return check_operands(ctx, *argc, usage);
	return CMD_DONE;
}
