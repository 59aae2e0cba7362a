// SPDX-License-Identifier: GPL-2.0
/*
 * storm [--seconds N] [--readers N] [--seed N] [--directory DIR] [--with COMMAND]
 *       [--only NAMES]
 *
 * Lets actors (with NAMES those only) and readers loose on each other for N seconds
 * (60), and COMMAND beside them, then waits for all of them to say that their
 * memory is as it has to be, and looks whether the kernel's slabs are back where
 * they were.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <fcntl.h>
#include <unistd.h>

#include "ktap.h"
#include "storm.h"
#include "vm/lib/slabs.h"

#define PATIENCE 600		/* s, for the last ones to end */

struct storm *storm;
struct slot *self;
char storm_directory[4000] = "/tmp";

static uint64_t state;

void storm_seed(unsigned int seed)
{
	state = seed * 0x9e3779b97f4a7c15ULL + 1;
}

unsigned int storm_random(unsigned int n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 32) % n;
}

void storm_wrong(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!self->why[0])
		vsnprintf(self->why, sizeof(self->why), fmt, ap);
	va_end(ap);
	_exit(1);
}

const char *storm_lacks(const char *what)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s: %m", what);
	return text;
}

bool storm_put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC), error;
	ssize_t n;

	if (fd < 0)
		return false;
	n = write(fd, text, strlen(text));
	error = errno;
	close(fd);
	errno = error;
	return n > 0;
}

pid_t storm_fork(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		storm_wrong("fork: %m");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	storm_seed(storm->seed + getpid());
	return 0;
}

void storm_wait(pid_t pid, bool killed)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		storm_wrong("waitpid: %m");
	if (killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return;
	if (status)
		storm_wrong("a child ended with %#x", status);
}

/* A process of the storm */

static struct slot *new_slot(const char *name)
{
	struct slot *slot = &storm->slot[storm->slots];

	if (storm->slots == SLOTS)
		ktap_bail("too many processes");
	snprintf(slot->name, sizeof(slot->name), "%s", name);
	storm->slots++;
	return slot;
}

static bool begin(const char *name)
{
	struct slot *slot = new_slot(name);
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		ktap_bail("fork: %m");
	if (pid) {
		slot->pid = pid;
		return false;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	self = slot;
	storm_seed(storm->seed + storm->slots);
	return true;
}

static void act(const struct actor *actor)
{
	const char *lack = actor->prepare ? actor->prepare() : NULL;

	if (lack) {
		snprintf(self->why, sizeof(self->why), "%s", lack);
		_exit(KTAP_EXIT_SKIP);
	}
	/* once at least, though a slow machine's storm is over before it is prepared */
	do {
		actor->once();
		atomic_fetch_add(&self->done, 1);
	} while (!atomic_load(&storm->over));
	if (actor->check)
		actor->check();
	_exit(0);
}

struct options {
	unsigned int seconds, readers;
	const char *with, *only;
};

static void begin_all(const struct options *o, const char *with)
{
	static const struct actor *const actors[] = { field_actors, odd_actors, process_actors };

	for (size_t i = 0; i < 3; i++)
		for (const struct actor *a = actors[i]; a->name; a++)
			if ((!o->only || strstr(o->only, a->name)) && begin(a->name))
				act(a);
	for (unsigned int i = 0; i < o->readers; i++)
		if (begin("reader")) {
			storm_read();
			_exit(0);
		}
	if (o->readers && begin("mmlens")) {
		storm_run_tool();
		_exit(0);
	}
	if (with && begin("load")) {
		execl("/bin/sh", "sh", "-c", with, NULL);
		_exit(127);
	}
}

/* Who has ended by now? How many are left. */
static unsigned int reap(int *statuses)
{
	unsigned int left = 0;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (unsigned int i = 0; i < storm->slots; i++)
			if (storm->slot[i].pid == pid) {
				statuses[i] = status;
				storm->slot[i].pid = 0;
			}
	}
	for (unsigned int i = 0; i < storm->slots; i++)
		left += statuses[i] == -1;
	return left;
}

static bool failed(const int *statuses)
{
	for (unsigned int i = 0; i < storm->slots; i++)
		if (statuses[i] > 0 && statuses[i] != KTAP_EXIT_SKIP << 8 &&
		    strcmp(storm->slot[i].name, "load"))
			return true;
	return false;
}

/* Until the time is over, or somebody is wrong. */
static void blow(unsigned int seconds, int *statuses)
{
	time_t end = time(NULL) + seconds;

	while (time(NULL) < end && !failed(statuses)) {
		usleep(200000);
		reap(statuses);
	}
}

static const char *verdict(int status)
{
	static char text[64];

	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "killed by signal %d", WTERMSIG(status));
	else
		snprintf(text, sizeof(text), "exit status %d", WEXITSTATUS(status));
	return text;
}

/* stress-ng also has statuses for what a machine has not, or not enough of. */
static bool load_is_fine(int status)
{
	return WIFEXITED(status) &&
	       (!WEXITSTATUS(status) || WEXITSTATUS(status) == 3 || WEXITSTATUS(status) == 4);
}

static void judge(const struct slot *slot, int status)
{
	unsigned long done = atomic_load(&slot->done);
	char name[64];

	snprintf(name, sizeof(name), "%s: %lu times, and all is as it has to be", slot->name, done);
	if (WIFEXITED(status) && WEXITSTATUS(status) == KTAP_EXIT_SKIP) {
		ktap_skip(slot->name, "this machine has no %s", slot->why);
		return;
	}
	if (!strcmp(slot->name, "load")) {
		ktap_test(load_is_fine(status), "the load beside it: %s", verdict(status));
		return;
	}
	if (!ktap_test(!status && done, "%s", name))
		ktap_note("%s: %s", verdict(status), slot->why);
}

/* What a process is at in the kernel, as far as that says. */
static void tell_of(const char *who, pid_t pid)
{
	static const char *const files[] = { "stat", "wchan", "stack" };
	char path[64], line[256];
	FILE *file;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file)) {
			line[strcspn(line, "\n")] = '\0';
			ktap_note("%s: %s: %.120s", who, files[i], line);
		}
		if (file)
			fclose(file);
	}
}

static void tell_of_slot(const struct slot *slot)
{
	ktap_note("%s does not end", slot->name);
	tell_of("it", slot->pid);
	if (slot->request[0])
		ktap_note("%s, process %d, %lu messages by now", slot->request, slot->subject,
			  atomic_load(&slot->messages));
	if (slot->subject)
		tell_of("whom it asks about", slot->subject);
}

/* Those who do not come to an end are killed, and that is a failure. */
static void collect(int *statuses)
{
	time_t end = time(NULL) + PATIENCE;

	while (reap(statuses)) {
		usleep(50000);
		if (time(NULL) < end)
			continue;
		for (unsigned int i = 0; i < storm->slots; i++)
			if (statuses[i] == -1) {
				tell_of_slot(&storm->slot[i]);
				kill(storm->slot[i].pid, SIGKILL);
			}
		end += PATIENCE;
	}
}

static void tell_readers(void)
{
	static const char *const names[] = {
		[MMLENS_CMD_INFO_GET] = "info", [MMLENS_CMD_MM_GET] = "mm",
		[MMLENS_CMD_VMA_GET] = "vma", [MMLENS_CMD_WALK_GET] = "walk",
		[MMLENS_CMD_PAGE_GET] = "page", [MMLENS_CMD_TABLE_GET] = "table",
		[MMLENS_CMD_FRAME_GET] = "frame",
	};
	unsigned long requests = 0;

	for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
		requests += storm->asked[i];
		ktap_note("%s requests: %lu, whole dumps: %lu", names[i], storm->asked[i],
			  storm->dumps[i]);
	}
	for (int i = 0; i < ERRNOS; i++)
		if (storm->ended[i])
			ktap_note("ended with %s: %lu", i ? strerrorname_np(i) : "success",
				  storm->ended[i]);
	ktap_note("requests %lu, messages %lu, bytes %lu; dumps torn %lu, complete %lu, exited %lu, execed %lu",
		  requests, storm->messages, storm->bytes, storm->torn, storm->reasons[0],
		  storm->reasons[1], storm->reasons[2]);
	ktap_note("mmlens exited with 0 %lu times, 2 %lu, 3 %lu, 4 %lu", storm->tool[0],
		  storm->tool[2], storm->tool[3], storm->tool[4]);
}

/* What an exec becomes: writes a little, and execs itself @left times more. */
static int be_exec(int left)
{
	static char memory[16 * PAGE];
	char text[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < sizeof(memory); i += PAGE)
		((volatile char *)memory)[i] = 1;
	if (!left)
		return 0;
	snprintf(text, sizeof(text), "%d", left - 1);
	execl("/proc/self/exe", "storm", "exec", text, NULL);
	return 1;
}

static struct options parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "readers", required_argument, NULL, 'r' },
		{ "seed", required_argument, NULL, 'e' },
		{ "directory", required_argument, NULL, 'd' },
		{ "with", required_argument, NULL, 'w' },
		{ "only", required_argument, NULL, 'o' },
		{ }
	};
	struct options o = { .seconds = 60, .readers = 4 };
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 's': o.seconds = atoi(optarg); break;
		case 'r': o.readers = atoi(optarg); break;
		case 'e': storm->seed = atoi(optarg); break;
		case 'w': o.with = optarg; break;
		case 'o': o.only = optarg; break;
		case 'd': snprintf(storm_directory, sizeof(storm_directory), "%s", optarg); break;
		default: exit(2);
		}
	}
	return o;
}

/* One storm; its results count only if it is the one we came for. */
static void blow_once(const struct options *o, unsigned int seconds, bool count)
{
	int statuses[SLOTS];

	for (size_t i = 0; i < SLOTS; i++)
		statuses[i] = -1;
	storm->slots = 0;
	atomic_store(&storm->over, false);
	begin_all(o, count ? o->with : NULL);
	blow(seconds, statuses);
	atomic_store(&storm->over, true);
	collect(statuses);
	for (unsigned int i = 0; count && i < storm->slots; i++)
		judge(&storm->slot[i], statuses[i]);
}

int main(int argc, char **argv)
{
	struct slabs before;
	struct options o;

	if (argc == 3 && !strcmp(argv[1], "exec"))
		return be_exec(atoi(argv[2]));
	storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	if (storm == MAP_FAILED)
		return 1;
	storm->seed = time(NULL);
	o = parse(argc, argv);
	ktap_begin();
	ktap_note("seed %u, %u s, %u readers", storm->seed, o.seconds, o.readers);
	slabs_steady();
	/* what is filled once and kept */
	blow_once(&o, 5, false);
	*storm = (struct storm){ .seed = storm->seed };
	slabs_take(&before);
	blow_once(&o, o.seconds, true);
	tell_readers();
	ktap_test(slabs_named_back(&before, 60),
		  "mm_struct, task_struct, pid, vm_area_struct and skbuff are as many as before");
	slabs_restore();
	return ktap_end();
}
