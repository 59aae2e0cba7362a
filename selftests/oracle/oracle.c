// SPDX-License-Identifier: GPL-2.0
/*
 * oracle: does mmlens tell the truth about these processes?
 *
 * Stops them, reads /proc, asks mmlens, reads /proc again, and holds every
 * page and every area of mmlens' answer against what /proc said both times.
 *
 *	oracle PID...
 *	oracle --still PID...		sends them no signal: they stand still as it
 *					is, as process 1, which cannot be stopped
 *	oracle --corrupt WHAT PID...	falsifies the answer: must fail
 *	oracle --from-proc PID...	judges an answer made up from /proc, for
 *					trying the judge without the module
 *
 * Exit status: 0 it does, 1 it does not, 2 that could not be found out.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "judge.h"
#include "proc.h"
#include "translate.h"

enum { HOLDS, LIES, UNKNOWN };

struct target {
	pid_t pid;
	bool was_stopped;
};

struct oracle {
	bool from_proc;
	bool still;			/* nobody is to be stopped */
	const char *corrupt;		/* NULL: leave the answer as it is */
	struct mml_client *client;
	struct mml_info info;
	struct target *targets;
	int nr_targets, nr_stopped;
};

/* What a kernel of any supported version has; to claim less is no way out. */
#define PAGE_FLAGS_NEEDED						\
	(MMLENS_PAGE_LOCKED | MMLENS_PAGE_REFERENCED |			\
	 MMLENS_PAGE_UPTODATE | MMLENS_PAGE_DIRTY | MMLENS_PAGE_LRU |	\
	 MMLENS_PAGE_ACTIVE | MMLENS_PAGE_WRITEBACK |			\
	 MMLENS_PAGE_RECLAIM | MMLENS_PAGE_MMAP | MMLENS_PAGE_ANON |	\
	 MMLENS_PAGE_SWAPCACHE | MMLENS_PAGE_SWAPBACKED |		\
	 MMLENS_PAGE_HUGE | MMLENS_PAGE_UNEVICTABLE | MMLENS_PAGE_KSM |	\
	 MMLENS_PAGE_THP | MMLENS_PAGE_MLOCKED | MMLENS_PAGE_RESERVED)

static void usage(FILE *out)
{
	fputs("Usage: oracle [--still] [--from-proc] [--corrupt WHAT] PID...\n"
	      "WHAT is", out);
	for (int i = 0; answer_corruptions[i]; i++)
		fprintf(out, " %s", answer_corruptions[i]);
	fputc('\n', out);
}

static bool parse(struct oracle *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "from-proc", no_argument, NULL, 'p' },
		{ "still", no_argument, NULL, 's' },
		{ "corrupt", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			o->from_proc = true;
			break;
		case 's':
			o->still = true;
			break;
		case 'c':
			o->corrupt = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(HOLDS);
		default:
			return false;
		}
	}
	o->nr_targets = argc - optind;
	o->targets = calloc(o->nr_targets ?: 1, sizeof(*o->targets));
	if (!o->nr_targets || !o->targets)
		return false;
	for (int i = 0; i < o->nr_targets; i++) {
		o->targets[i].pid = atoi(argv[optind + i]);
		if (o->targets[i].pid <= 0)
			return false;
	}
	return true;
}

static bool connect_to_mmlens(struct oracle *o)
{
	struct mml_error error;
	uint64_t lacking;

	if (o->from_proc) {
		o->info.page_flags = MMLENS_PAGE_JUDGED;
		o->info.can = MMLENS_CAN_MAPCOUNT;
		return true;
	}
	if (mml_open(&o->client, &error) || mml_info(o->client, &o->info, &error)) {
		fprintf(stderr, "oracle: %s\n", error.text);
		return false;
	}
	lacking = PAGE_FLAGS_NEEDED & ~o->info.page_flags;
	if (o->info.can & MMLENS_CAN_EXCLUSIVE)
		lacking |= MMLENS_PAGE_ANON_EXCLUSIVE & ~o->info.page_flags;
	if (lacking)
		fprintf(stderr, "oracle: mmlens claims not to know page flags %#" PRIx64 "\n",
			lacking);
	return !lacking;
}

static bool stop_targets(struct oracle *o)
{
	for (; o->nr_stopped < o->nr_targets; o->nr_stopped++) {
		struct target *t = &o->targets[o->nr_stopped];

		if (proc_stop(t->pid, &t->was_stopped))
			return false;
	}
	return true;
}

static void continue_targets(struct oracle *o)
{
	while (o->nr_stopped--) {
		struct target *t = &o->targets[o->nr_stopped];

		if (!t->was_stopped)
			kill(t->pid, SIGCONT);
	}
}

static int ask(struct oracle *o, pid_t pid, const struct proc_view *view,
	       struct answer *answer)
{
	int err = 0;

	if (o->from_proc)
		answer_from_proc(view, answer);
	else
		err = answer_ask(o->client, pid, answer);
	if (err)
		return err;
	if (!answer->dump.complete || !answer->vmas.dump.complete) {
		fprintf(stderr, "oracle: mmlens' answer about %d is not complete\n", pid);
		answer_free(answer);
		return -EIO;
	}
	if (o->corrupt && !answer_corrupt(answer, o->corrupt)) {
		fprintf(stderr, "oracle: nothing to corrupt as '%s' in %d\n",
			o->corrupt, pid);
		answer_free(answer);
		return -EINVAL;
	}
	return 0;
}

/* /proc, mmlens, /proc; to be judged, or without @verdict only read. */
static int sandwich(struct oracle *o, pid_t pid, struct verdict *verdict)
{
	struct proc_view before, after;
	struct answer answer;
	int err;

	err = proc_read(pid, &before);
	if (err)
		return err;
	err = ask(o, pid, &before, &answer);
	if (err)
		goto free_before;
	err = proc_read(pid, &after);
	if (err)
		goto free_answer;
	if (verdict)
		judge(&(struct judge){
			.pid = pid, .info = &o->info, .before = &before,
			.after = &after, .answer = &answer, .verdict = verdict,
		});
	proc_free(&after);
free_answer:
	answer_free(&answer);
free_before:
	proc_free(&before);
	return err;
}

static int judge_targets(struct oracle *o)
{
	struct verdict verdict = {};

	if (!o->still && !stop_targets(o))
		return UNKNOWN;
	/*
	 * The first round is to touch all of our own code, whose pages the
	 * targets may share: from then on their counts stand still.
	 */
	if (!o->corrupt && sandwich(o, o->targets[0].pid, NULL))
		return UNKNOWN;
	for (int i = 0; i < o->nr_targets; i++) {
		if (sandwich(o, o->targets[i].pid, &verdict))
			return UNKNOWN;
	}
	verdict_print(&verdict);
	return verdict_holds(&verdict) ? HOLDS : LIES;
}

int main(int argc, char **argv)
{
	struct oracle o = {};
	int status = UNKNOWN;

	if (!parse(&o, argc, argv)) {
		usage(stderr);
		return UNKNOWN;
	}
	if (connect_to_mmlens(&o)) {
		status = judge_targets(&o);
		continue_targets(&o);
		mml_close(o.client);
	}
	free(o.targets);
	return status;
}
