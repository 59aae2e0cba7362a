// SPDX-License-Identifier: GPL-2.0
/*
 * bench-trace: what a trace costs the one who faults. A target makes page faults
 * while nobody traces it and the module is not even there, while it is there,
 * while another process is traced, and while it is traced itself; and beside that
 * under peers: a return probe of tracefs on the same function, perf record of each
 * page-fault event, and perf trace, which is that and a line of text for each.
 *
 * Measured is the processor time of the target and not what the readers need: they
 * may run elsewhere. Where all processors share one thread of an emulator that
 * makes no difference to the ratios.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/lib/bench.h"
#include "bench/lib/process.h"

#define FAULTS	8192UL
#define CHUNK	1024UL		/* pages touched, then given back */
#define TRIES	300		/* to see that a reader has begun */
#define TRACEFS	"/sys/kernel/tracing/"
#define PROBE	"mmlens_bench"

static char directory[] = "/tmp/bench-trace.XXXXXX";
static char out[64], pid_text[16], idle_text[16];
static pid_t busy, idle, reader;
static int orders, answers;

/* ---- the target ---- */

static double processor_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static double touch(char *area)
{
	double start = processor_ns();
	size_t i;

	for (i = 0; i < CHUNK; i++)
		*(volatile char *)(area + i * bench_page) = 1;
	return processor_ns() - start;
}

/* Answers each byte with how long its faults took. */
static _Noreturn void fault(int from, int to)
{
	char *area = mmap(NULL, CHUNK * bench_page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long i;
	char order;

	if (area == MAP_FAILED ||
	    madvise(area, CHUNK * bench_page, MADV_NOHUGEPAGE))
		bench_die("no memory");
	while (read(from, &order, 1) == 1) {
		double ns = 0;

		for (i = 0; i < FAULTS / CHUNK; i++) {
			ns += touch(area);
			madvise(area, CHUNK * bench_page, MADV_DONTNEED);
		}
		if (write(to, &ns, sizeof(ns)) != sizeof(ns))
			_exit(1);
	}
	_exit(0);
}

static void start_target(void)
{
	int order[2], answer[2];

	if (pipe2(order, O_CLOEXEC) || pipe2(answer, O_CLOEXEC))
		bench_die("pipe");
	busy = fork();
	if (!busy) {
		close(order[1]);
		fault(order[0], answer[1]);
	}
	orders = order[1];
	answers = answer[0];
	idle = fork();
	if (!idle) {
		close(orders);
		for (;;)
			pause();
	}
	if (busy < 0 || idle < 0)
		bench_die("fork");
	snprintf(pid_text, sizeof(pid_text), "%d", busy);
	snprintf(idle_text, sizeof(idle_text), "%d", idle);
}

static double measure(void)
{
	double ns;

	if (write(orders, "", 1) != 1 ||
	    read(answers, &ns, sizeof(ns)) != sizeof(ns))
		bench_die("the target has gone");
	return ns;
}

/* ---- who watches it ---- */

static void redirect(void)
{
	int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
}

static void start_reader(const char *const argv[])
{
	truncate(out, 0);
	reader = fork();
	if (!reader) {
		redirect();
		/* who runs us in the background has it ignored */
		signal(SIGINT, SIG_DFL);
		execvp(argv[0], (char **)argv);
		_exit(127);
	}
}

static void stop_reader(void)
{
	kill(reader, SIGINT);
	waitpid(reader, NULL, 0);
}

static off_t written(void)
{
	struct stat file;

	return stat(out, &file) ? 0 : file.st_size;
}

/*
 * Until it has written so much. A sleep alone would not do, where an emulator's
 * clock does not wait for the disk.
 */
static void await_reader(const char *const argv[], off_t bytes)
{
	int i;

	for (i = 0; i < TRIES && written() < bytes; i++) {
		measure();
		usleep(100000);
	}
	if (written() < bytes)
		bench_die("%s %s does not begin", argv[0], argv[1]);
}

/*
 * Its first line says that the probe is set. What it prints of a fault is no cost of
 * the target's, but would take most of the time of this bench.
 */
static void trace(const char *pid)
{
	const char *const argv[] = {
		"mmlens", "trace", "-j", "--summary", pid, NULL
	};

	start_reader(argv);
	await_reader(argv, 1);
}

static void begin_nothing(void)
{
}

static void begin_without(void)
{
	bench_spawn((char *[]){ "rmmod", "mmlens", NULL });
}

static void end_without(void)
{
	bench_spawn((char *[]){ "insmod", getenv("MMLENS_KO"), NULL });
}

static void begin_filtered(void)
{
	trace(idle_text);
}

static void begin_traced(void)
{
	trace(pid_text);
}

static void tell_tracefs(const char *file, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), TRACEFS "%s", file);
	f = fopen(path, "we");
	if (!f || fputs(text, f) < 0 || fclose(f))
		bench_die("%s: %s", path, text);
}

static void begin_tracefs(void)
{
	tell_tracefs("kprobe_events",
		     "r:" PROBE "/ends handle_mm_fault result=$retval\n");
	tell_tracefs("events/" PROBE "/ends/enable", "1\n");
	start_reader((const char *[]){ "cat", TRACEFS "trace_pipe", NULL });
}

static void end_tracefs(void)
{
	tell_tracefs("events/" PROBE "/ends/enable", "0\n");
	stop_reader();
	tell_tracefs("kprobe_events", "\n");
}

/* perf does not say when it has begun: it has once there is more than its header. */
static void begin_perf(const char *const argv[])
{
	start_reader(argv);
	await_reader(argv, 65536);
}

static void begin_perf_record(void)
{
	begin_perf((const char *[]){ "perf", "record", "-q", "-e", "page-faults", "-c", "1",
				     "-d", "-o", out, "-p", pid_text, NULL });
}

static void begin_perf_trace(void)
{
	begin_perf((const char *[]){ "perf", "trace", "-F", "all", "--no-syscalls",
				     "-p", pid_text, NULL });
}

/* ---- in turns ---- */

enum { WITHOUT, LOADED, FILTERED, TRACED, BY_TRACEFS, BY_RECORD, BY_TRACE, WAYS };

static struct way {
	void (*begin)(void);
	void (*end)(void);
	struct bench_samples samples;
	unsigned int rounds;	/* no more: to begin takes long; 0: all */
	bool lacking;
} ways[WAYS] = {
	[WITHOUT] = { begin_without, end_without, { .name = "no module" } },
	[LOADED] = { begin_nothing, begin_nothing, { .name = "loaded" } },
	[FILTERED] = { begin_filtered, stop_reader, { .name = "another is traced" } },
	[TRACED] = { begin_traced, stop_reader, { .name = "traced" } },
	[BY_TRACEFS] = { begin_tracefs, end_tracefs, { .name = "kretprobe of tracefs" } },
	[BY_RECORD] = { begin_perf_record, stop_reader, { .name = "perf record" }, 1 },
	[BY_TRACE] = { begin_perf_trace, stop_reader, { .name = "perf trace -F all" }, 1 },
};

static void look_around(void)
{
	mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	/* on a machine of somebody else's the module stays */
	ways[WITHOUT].lacking = !getenv("MMLENS_KO");
	ways[BY_TRACEFS].lacking = access(TRACEFS "kprobe_events", W_OK);
	ways[BY_RECORD].lacking = ways[BY_TRACE].lacking =
		system("perf --version >/dev/null 2>&1");
}

/* The round before the first warms up. */
static void round_of_all(unsigned int round)
{
	double ns;
	int i;

	for (i = 0; i < WAYS; i++) {
		if (ways[i].lacking ||
		    (ways[i].rounds && (!round || round > ways[i].rounds)))
			continue;
		ways[i].begin();
		ns = measure();
		ways[i].end();
		if (round)
			bench_add(&ways[i].samples, ns);
	}
}

static void compare(int ours, double limit)
{
	int base = ways[WITHOUT].lacking ? LOADED : WITHOUT;

	if (ours == base)
		return;
	bench_job("%lu page faults, %s", FAULTS, ways[ours].samples.name);
	bench_ours(&ways[ours].samples);
	bench_peer(&ways[base].samples, BENCH_TIMES_AS_LONG, limit);
}

int main(int argc, char **argv)
{
	const char *stale = getenv("MMLENS_STALE_TEXT");
	unsigned int i;

	bench_begin(argc, argv);
	if (stale && *stale)
		bench_die("this emulator may execute stale text: scripts/bench trace alone");
	if (!mkdtemp(directory))
		bench_die("%s", directory);
	snprintf(out, sizeof(out), "%s/out", directory);
	look_around();
	start_target();
	for (i = 0; i < WAYS; i++)
		ways[i].samples.unit = "ns";
	for (i = 0; i <= bench.rounds; i++)
		round_of_all(i);
	compare(LOADED, 1.01);
	compare(FILTERED, 1.08);
	compare(TRACED, 1.25);
	for (i = BY_TRACEFS; i < WAYS; i++)
		if (!ways[i].lacking)
			bench_peer(&ways[i].samples, BENCH_TOLD, 0);
	kill(busy, SIGKILL);
	kill(idle, SIGKILL);
	unlink(out);
	rmdir(directory);
	return 0;
}
