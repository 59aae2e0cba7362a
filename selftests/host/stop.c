// SPDX-License-Identifier: GPL-2.0
/* Holding processes still (lib/stop.h); needs no module, but leave to ptrace. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../ktap.h"
#include "lib/stop.h"

#define THREADS 4
#define WAIT_MS 5000

/* Counts for ever, where its parent can see it. */
static _Atomic unsigned long *counts;

static void *count(void *arg)
{
	for (;;)
		atomic_fetch_add((_Atomic unsigned long *)arg, 1);
	return NULL;
}

static void msleep(unsigned int ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

static volatile sig_atomic_t children_changed;

static void on_child(int signal)
{
	(void)signal;
	children_changed++;
}

/* A child of so many threads that count; its leader may end before them. */
static pid_t start(bool leader_ends)
{
	pthread_t thread;
	pid_t pid = fork();
	size_t i;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < THREADS; i++)
		pthread_create(&thread, NULL, count, (void *)&counts[i]);
	if (leader_ends)
		pthread_exit(NULL);
	pause();
	_exit(0);
}

static bool moves(void)
{
	unsigned long before[THREADS];
	bool any = false;
	size_t i;

	for (i = 0; i < THREADS; i++)
		before[i] = counts[i];
	msleep(100);
	for (i = 0; i < THREADS; i++)
		any |= before[i] != counts[i];
	return any;
}

/* On a busy machine a thread may wait long for its turn. */
static bool moves_soon(void)
{
	int i;

	for (i = 0; i < 30; i++)
		if (moves())
			return true;
	return false;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Between processes: one tells, the other waits for it, or for its end. */
static void open_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC))
		ktap_bail("pipe: %m");
}

static void tell(int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

static void await(int ends[2])
{
	char c;

	close(ends[1]);
	while (read(ends[0], &c, 1) < 0 && errno == EINTR)
		;
	close(ends[0]);
}

static char state_of(pid_t pid)
{
	char path[64], line[256], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "State: %c", &state) == 1)
			break;
	if (file)
		fclose(file);
	return state;
}

static void test_threads(bool leader_ends)
{
	const char *who = leader_ends ? "without a leader" : "of many threads";
	pid_t pid = start(leader_ends);
	struct mml_stop *stop;
	struct mml_error err;
	int ret;

	msleep(100);
	ret = mml_stop(pid, WAIT_MS, &stop, &err);
	if (!ktap_test(!ret, "a process %s is stopped", who))
		ktap_note("%s", err.text);
	ktap_test(!moves(), "a process %s stays where it is", who);
	mml_stop_release(stop);
	ktap_test(moves_soon(), "a process %s runs on", who);
	end(pid);
}

static void test_stopped(void)
{
	pid_t pid = start(false);
	struct mml_stop *stop;
	struct mml_error err;
	unsigned int i;

	msleep(50);
	kill(pid, SIGSTOP);
	waitpid(pid, NULL, WUNTRACED);
	ktap_test(!mml_stop(pid, WAIT_MS, &stop, &err), "a stopped process is held");
	mml_stop_release(stop);
	for (i = 0; i < 100 && state_of(pid) != 'T'; i++)
		msleep(50);
	ktap_test(!moves() && state_of(pid) == 'T', "a stopped process stays stopped");
	kill(pid, SIGCONT);
	msleep(50);
	ktap_test(moves_soon(), "a stopped process can be continued");
	end(pid);
}

static void on_signal(int signal)
{
	(void)signal;
	atomic_fetch_add(counts, 1);
}

/* One that comes while another is pending is the same: it waits for each. */
static bool signals_come(unsigned long expected)
{
	int i;

	for (i = 0; i < 1000 && counts[0] != expected; i++)
		msleep(5);
	return counts[0] == expected;
}

/* Signals that come in while it is held are not lost. */
static void test_signals(void)
{
	struct mml_stop *stop;
	struct mml_error err;
	unsigned int i;
	pid_t pid;

	signal(SIGUSR1, on_signal);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	counts[0] = 0;
	for (i = 0; i < 20; i++) {
		kill(pid, SIGUSR1);
		if (mml_stop(pid, WAIT_MS, &stop, &err))
			break;
		mml_stop_release(stop);
		if (!signals_come(i + 1))
			break;
	}
	if (!ktap_test(i == 20 && counts[0] == 20, "no signal is lost"))
		ktap_note("%u of 20 rounds, %lu signals", i, counts[0]);
	end(pid);
}

static void test_traced(void)
{
	pid_t pid = start(false), tracer;
	struct mml_stop *stop;
	struct mml_error err;
	char expected[64];
	int told[2];

	open_pipe(told);
	tracer = fork();
	if (!tracer) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ptrace(PTRACE_SEIZE, pid, NULL, NULL);
		tell(told);
		pause();
		_exit(0);
	}
	await(told);
	snprintf(expected, sizeof(expected), "process %d traces it", tracer);
	ktap_test(mml_stop(pid, WAIT_MS, &stop, &err) == -EBUSY && !stop &&
		  strstr(err.text, expected) && err.exit == MML_EXIT_REFUSED,
		  "a traced process is not stopped, and by whom is said");
	end(tracer);
	end(pid);
}

static void test_nobody(void)
{
	pid_t pid = fork();
	struct mml_stop *stop;
	struct mml_error err;

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	ktap_test(mml_stop(pid, WAIT_MS, &stop, &err) == -ESRCH,
		  "no process, no stop");
	ktap_test(mml_stop(getpid(), WAIT_MS, &stop, &err) == -EINVAL,
		  "nobody stops himself");
}

/* Whoever holds it dies: the kernel lets it run on. */
static void test_death(void)
{
	pid_t pid = start(false), holder;
	struct mml_stop *stop;
	struct mml_error err;
	int go[2], held[2];

	open_pipe(go);
	open_pipe(held);
	holder = fork();
	if (!holder) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		await(go);
		if (mml_stop(pid, WAIT_MS, &stop, &err))
			_exit(1);
		tell(held);
		pause();
		_exit(0);
	}
	children_changed = 0;
	tell(go);
	await(held);
	ktap_test(!moves(), "held by another");
	ktap_test(!children_changed, "its parent had no SIGCHLD");
	end(holder);
	ktap_test(moves_soon(), "runs on when that one is killed");
	end(pid);
}

int main(void)
{
	pid_t pid;

	ktap_begin();
	counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	signal(SIGCHLD, on_child);
	pid = start(false);
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL)) {
		end(pid);
		ktap_skip_all("ptrace is not allowed here");
	}
	end(pid);
	test_threads(false);
	test_threads(true);
	test_stopped();
	test_signals();
	test_traced();
	test_nobody();
	test_death();
	return ktap_end();
}
