// SPDX-License-Identifier: GPL-2.0
/* Other programs: those that are measured, and those that are looked at. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "bench/lib/process.h"

#define TORN 4	/* mmlens: complete, but torn */

const char *bench_build(void)
{
	return getenv("BUILD") ?: "build";
}

/* In the child: where programs are, build/ first. */
static void search_build(void)
{
	const char *path = getenv("PATH") ?: "/usr/bin:/bin";
	char *all;

	if (asprintf(&all, "%s:%s/selftests:%s/targets:%s", bench_build(),
		     bench_build(), bench_build(), path) > 0)
		setenv("PATH", all, 1);
}

long bench_spawn(char *const argv[])
{
	struct rusage used;
	pid_t pid = fork();
	int status;

	if (pid < 0)
		bench_die("fork: %s", strerror(errno));
	if (!pid) {
		search_build();
		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		execvp(argv[0], argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	if (wait4(pid, &status, 0, &used) != pid)
		bench_die("wait: %s", strerror(errno));
	if (!WIFEXITED(status) ||
	    (WEXITSTATUS(status) && WEXITSTATUS(status) != TORN))
		bench_die("%s failed: status %#x", argv[0], status);
	return used.ru_maxrss;
}

bool bench_have(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/selftests/%s", bench_build(), name);
	return !access(path, X_OK);
}

/* Targets */

void bench_ready(const void *start, uint64_t pages)
{
	printf("ANON=%p\nANON_PAGES=%" PRIu64 "\nready\n", start, pages);
	fflush(stdout);
	for (;;)
		pause();
}

struct bench_program {
	const char *name;
	const char *argument;
};

static void run_program(const void *arg)
{
	const struct bench_program *p = arg;

	search_build();
	execlp(p->name, p->name, p->argument, NULL);
	perror(p->name);
	_exit(1);
}

void bench_target(struct bench_target *t, void (*be)(const void *arg), const void *arg)
{
	int orders[2], answers[2];
	char line[256];

	*t = (struct bench_target) {};
	if (pipe2(orders, O_CLOEXEC) || pipe2(answers, O_CLOEXEC))
		bench_die("pipe: %s", strerror(errno));
	fflush(NULL);
	t->pid = fork();
	if (t->pid < 0)
		bench_die("fork: %s", strerror(errno));
	if (!t->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(orders[0], STDIN_FILENO);
		dup2(answers[1], STDOUT_FILENO);
		be(arg);
		_exit(1);
	}
	close(orders[0]);
	close(answers[1]);
	t->orders = orders[1];
	t->answers = fdopen(answers[0], "r");
	while (fgets(line, sizeof(line), t->answers) && strcmp(line, "ready\n")) {
		sscanf(line, "ANON=%" SCNx64, &t->start);
		sscanf(line, "ANON_PAGES=%" SCNu64, &t->pages);
		sscanf(line, "BASE=%" SCNx64, &t->start);
		sscanf(line, "COUNT=%" SCNu64, &t->pages);
	}
	if (!t->start || !t->pages)
		bench_die("the target does not start (BUILD=%s)", bench_build());
	t->end = t->start + t->pages * bench_page;
}

void bench_target_program(struct bench_target *t, const char *name, const char *argument)
{
	const struct bench_program program = { .name = name, .argument = argument };

	bench_target(t, run_program, &program);
}

const char *bench_size(unsigned int mib)
{
	static char size[32];

	snprintf(size, sizeof(size), "%uM", mib);
	return size;
}

void bench_target_end(struct bench_target *t)
{
	close(t->orders);
	fclose(t->answers);
	kill(t->pid, SIGKILL);
	waitpid(t->pid, NULL, 0);
}
