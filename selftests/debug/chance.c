// SPDX-License-Identifier: GPL-2.0
/*
 * chance [ROUNDS [SEED]]: dumps that something happens to, at a moment that is
 * left to chance: the reader is killed, or closes his socket, or two read from it;
 * the target is killed, or execs; the module is unloaded. Each round has a target
 * and a reader of its own; however it ends, it is one of the ways in which it may,
 * and nothing is left of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"
#include "vm/lib/genl.h"
#include "vm/lib/slabs.h"

#define PAGE	4096UL
#define PAGES	4096UL

enum event {
	KILL_READER, CLOSE_SOCKET, TWO_READERS, KILL_TARGET, EXEC_TARGET, UNLOAD, NR_EVENTS
};

static const char *const event_names[] = {
	"reader killed", "socket closed", "two readers of one socket", "target killed",
	"target exec'd", "module unloaded",
};

/* How a reader ended: its exit status */
enum ending { COMPLETE, EXITED, EXECED, NOBODY, NO_MODULE, GAVE_UP, KILLED, WRONG, NR_ENDINGS };

static const char *const ending_names[] = {
	"complete", "exited", "execed", "no such process", "no module", "gave up", "killed",
	"WRONG",
};

static unsigned long counts[NR_EVENTS][NR_ENDINGS];
static unsigned long unloaded, refused;
static uint64_t state;

static unsigned int chance(unsigned int n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 32) % n;
}

/* The target: has what we have, pages in an order that makes many extents */

static char *memory;

static void be_target(int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(ready, "r", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* A signal makes it exec: no handler is needed for that, but one that execs */
static void on_usr1(int number)
{
	(void)number;
	execl("/proc/self/exe", "chance", "sleep", NULL);
	_exit(1);
}

static pid_t start_target(void)
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe2(ready, O_CLOEXEC))
		ktap_bail("pipe: %m");
	pid = fork();
	if (pid < 0)
		ktap_bail("fork: %m");
	if (!pid)
		be_target(ready[1]);
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		ktap_bail("the target did not start");
	close(ready[0]);
	return pid;
}

/* The reader */

static void look(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *trailer = genl_attr(nlh, MMLENS_A_TRAILER);
	int *reason = arg;

	if (trailer)
		*reason = genl_u64(genl_nested(trailer, MMLENS_TRAILER_REASON));
}

static struct nlmsghdr *random_dump(struct genl *g, void *buf, pid_t target)
{
	static const uint8_t commands[] = {
		MMLENS_CMD_PAGE_GET, MMLENS_CMD_PAGE_GET, MMLENS_CMD_TABLE_GET, MMLENS_CMD_VMA_GET,
	};
	uint8_t cmd = commands[chance(sizeof(commands))];
	struct nlmsghdr *nlh = genl_request(g, buf, cmd, NLM_F_DUMP);

	mnl_attr_put_u32(nlh, MMLENS_A_PID, target);
	if (cmd == MMLENS_CMD_PAGE_GET && chance(2))
		mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, MMLENS_COL_ALL);
	if (cmd == MMLENS_CMD_VMA_GET)
		mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, MMLENS_VMA_COL_ALL);
	return nlh;
}

static enum ending ending_of(int error, int reason)
{
	switch (error) {
	case 0:
		return reason >= 0 && reason <= 2 ? (enum ending)(COMPLETE + reason) : WRONG;
	case ESRCH:
	case ENODATA:
		return NOBODY;
	case ENOENT:	/* the family went after it was looked up ... */
	case EPROTONOSUPPORT:	/* ... or is just going */
		return NO_MODULE;
	}
	fprintf(stderr, "# a dump ended with %s\n", genl_errno(error));
	return WRONG;
}

/* Whoever reads the last message has seen the reason; the other waits in vain. */
static void *read_too(void *arg)
{
	static char buf[GENL_BUFFER];
	struct genl *g = arg;

	while (recv(g->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	return NULL;
}

static enum ending read_on(struct genl *g, unsigned int messages)
{
	static char buf[GENL_BUFFER];
	struct genl_answer answer = {};
	int reason = -1;
	ssize_t n;

	for (unsigned int i = 0; i < messages; i++) {
		n = genl_recv(g, buf, sizeof(buf), 30000);
		if (n == -EAGAIN)
			return ending_of(ETIMEDOUT, 0);
		if (n < 0)
			return ending_of(-n, 0);
		if (genl_take(g, buf, n, look, &reason, &answer))
			return ending_of(answer.error, reason);
	}
	return GAVE_UP;
}

static enum ending be_reader(pid_t target, enum event event)
{
	char buf[256];
	struct genl g;
	pthread_t other;
	enum ending ending;
	int error;

	if (!genl_try_mmlens(&g))
		return NO_MODULE;
	error = genl_send(&g, random_dump(&g, buf, target));
	if (error)
		return ending_of(error, 0);
	if (event == CLOSE_SOCKET) {
		ending = read_on(&g, chance(12));
		close(g.fd);
		return ending;
	}
	if (event != TWO_READERS)
		return read_on(&g, ~0U);
	if (pthread_create(&other, NULL, read_too, &g))
		return WRONG;
	read_too(&g);
	pthread_join(other, NULL);
	return GAVE_UP;
}

static pid_t start_reader(pid_t target, enum event event)
{
	pid_t pid = fork();

	if (pid < 0)
		ktap_bail("fork: %m");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(be_reader(target, event));
}

/* What happens */

static const char *ko;

static void unload(void)
{
	int fd;

	if (syscall(SYS_delete_module, "mmlens", O_NONBLOCK)) {
		if (errno != EWOULDBLOCK)
			ktap_bail("delete_module: %m");
		refused++;
		return;
	}
	unloaded++;
	fd = open(ko, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		ktap_bail("%s does not load again: %m", ko);
	close(fd);
}

static void happen(enum event event, pid_t reader, pid_t target)
{
	switch (event) {
	case KILL_READER:
		kill(reader, SIGKILL);
		break;
	case KILL_TARGET:
		kill(target, SIGKILL);
		break;
	case EXEC_TARGET:
		kill(target, SIGUSR1);
		break;
	case UNLOAD:
		unload();
		break;
	default:
		break;
	}
}

/* At once, or as late as a dump can take; mostly in between. */
static void wait_a_moment(void)
{
	unsigned int scale = 1U << chance(17);

	if (chance(8))
		usleep(chance(scale));
}

static bool may_end(enum event event, enum ending ending)
{
	switch (ending) {
	case COMPLETE:
		return true;
	case EXITED:
		return event == KILL_TARGET || event == EXEC_TARGET;
	case NOBODY:
		return event == KILL_TARGET;
	case EXECED:
		return event == EXEC_TARGET;
	case NO_MODULE:
		return event == UNLOAD;
	case GAVE_UP:
		return event == CLOSE_SOCKET || event == TWO_READERS;
	case KILLED:
		return event == KILL_READER;
	default:
		return false;
	}
}

static bool round_of_chance(void)
{
	enum event event = chance(NR_EVENTS);
	enum ending ending;
	pid_t target = start_target(), reader = start_reader(target, event);
	int status;

	wait_a_moment();
	happen(event, reader, target);
	waitpid(reader, &status, 0);
	kill(target, SIGKILL);
	waitpid(target, NULL, 0);
	if (WIFSIGNALED(status))
		ending = WTERMSIG(status) == SIGKILL ? KILLED : WRONG;
	else
		ending = WEXITSTATUS(status) < KILLED ? WEXITSTATUS(status) : WRONG;
	counts[event][ending]++;
	if (may_end(event, ending))
		return true;
	ktap_note("%s: ended as '%s'", event_names[event], ending_names[ending]);
	return false;
}

static void tell(void)
{
	for (int i = 0; i < NR_EVENTS; i++) {
		printf("# %s:", event_names[i]);
		for (int j = 0; j < NR_ENDINGS; j++)
			if (counts[i][j])
				printf(" %s %lu", ending_names[j], counts[i][j]);
		putchar('\n');
	}
	ktap_note("the module unloaded %lu times, and %lu times it was in use", unloaded, refused);
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 200, bad = 0;
	unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 0) : (unsigned long)time(NULL);
	struct slabs before;

	if (argc > 1 && !strcmp(argv[1], "sleep")) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	ktap_begin();
	ko = getenv("MMLENS_KO");
	if (!ko)
		ktap_skip_all("which file mmlens.ko is, MMLENS_KO does not say");
	state = seed * 0x9e3779b97f4a7c15ULL + 1;
	ktap_note("%lu rounds, seed %lu", rounds, seed);
	signal(SIGUSR1, on_usr1);
	memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (memory == MAP_FAILED)
		ktap_bail("mmap: %m");
	madvise(memory, PAGES * PAGE, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < PAGES; i++)
		memory[i * 389 % PAGES * PAGE] = 1;
	slabs_steady();
	for (int i = 0; i < 10; i++)
		bad += !round_of_chance();
	slabs_take(&before);
	for (unsigned long i = 0; i < rounds && !bad; i++) {
		bad += !round_of_chance();
		/* each its own fate, and the seed says which */
		state += i;
		/* that counts, even if the machine is stopped */
		if (i % 500 == 499)
			ktap_note("%lu rounds, %lu ended as they may not", i + 1, bad);
	}
	tell();
	ktap_test(!bad, "%lu dumps to which something happened, and each ended as it may", rounds);
	ktap_test(slabs_named_back(&before, 100), "and the slabs are back where they were");
	slabs_restore();
	return ktap_end();
}
