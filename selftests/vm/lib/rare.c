// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hmm.h"
#include "lib/judge.h"
#include "memory.h"
#include "rare.h"

#define BALANCING	"/proc/sys/kernel/numa_balancing"
#define LRU		5	/* KPF_LRU */

const char *held_device, *held_mount;

bool run_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return !sched_setaffinity(0, sizeof(cpus), &cpus);
}

/* New pages wait in a batch for the LRU list; unmapping empties the processor's. */
static void drain(void)
{
	char *page = written();

	munmap(page, PAGE);
}

static bool two_nodes(void)
{
	return !access("/sys/devices/system/node/node1", F_OK);
}

/* ---- NUMA balancing ---- */

static bool balance(const char *whether)
{
	int fd = open(BALANCING, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, whether, 1) == 1;

	close(fd);
	return done;
}

/* How often it has come to the end of our address space. */
static unsigned long scans(void)
{
	FILE *f = fopen("/proc/self/sched", "re");
	unsigned long count = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "mm->numa_scan_seq : %lu", &count) == 1)
			break;
	if (f)
		fclose(f);
	return count;
}

/* It comes by while we run, and takes the access to what is not on our node. */
static bool wait_for_hints(void)
{
	unsigned long start = scans();

	for (int tries = 0; tries < 20000; tries++) {
		if (scans() >= start + 2)
			return true;
		for (volatile unsigned int spin = 0; spin < 200000; spin++)
			;
	}
	errno = ETIMEDOUT;
	return false;
}

char *hinted(void)
{
	unsigned long second = 1UL << 1;
	bool done;
	char *area;

	if (!two_nodes() || !run_on(0) ||
	    syscall(SYS_set_mempolicy, MPOL_BIND, &second, 8 * sizeof(second)))
		return lacking("a second NUMA node");
	area = written();
	syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0UL);
	if (!area || !balance("1"))
		return lacking("NUMA balancing");
	/* a page with another reference than this mapping's is left alone */
	drain();
	done = wait_for_hints();
	balance("0");
	return done ? area : lacking("NUMA balancing");
}

/* ---- a migration that does not end ---- */

/*
 * To move a page of a file, the kernel puts migration entries in its place and then
 * takes the locks of its buffers. ext4's superblock is a buffer of its device's
 * first page, and is locked while it is being written, though the page is neither
 * locked nor under writeback. So who remounts it while the device is suspended,
 * and then moves that page, leaves migration entries until the device goes on.
 */
static bool suspend(bool whether)
{
	struct dm_ioctl request = {
		.version = { DM_VERSION_MAJOR },
		.data_size = sizeof(request), .data_start = sizeof(request),
		.flags = whether ? DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG |
				   DM_NOFLUSH_FLAG : 0,
	};
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	bool done;

	snprintf(request.name, sizeof(request.name), "%s", held_device);
	done = fd >= 0 && !ioctl(fd, DM_DEV_SUSPEND, &request);
	close(fd);
	return done;
}

static char state_of(pid_t pid)
{
	char path[64], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (f)
		fclose(f);
	return state;
}

/*
 * A process of its own, whatever becomes of us: who waits for the suspended device
 * cannot even be killed.
 */
static bool resume_once_waited_for(void)
{
	pid_t us = getpid(), pid = fork();
	int waits = 0, looks;
	char state;

	if (pid)
		return pid > 0;
	for (looks = 0; looks < 3000 && waits < 10; looks++) {
		state = state_of(us);
		if (!state || state == 'Z')
			break;
		waits = state == 'D' ? waits + 1 : 0;
		nap();
	}
	_exit(suspend(false) ? 0 : 1);
}

static void remount(const struct moving *moving, pid_t us)
{
	(void)moving;
	(void)us;
	mount(NULL, held_mount, NULL, MS_REMOUNT, "");
}

/* It is refused in the end: the file system keeps the buffer. */
static void move(const struct moving *moving, pid_t us)
{
	void *page = moving->read;
	int node = 0, status;

	for (int tries = 0; tries < 2; tries++, node = !node)
		syscall(SYS_move_pages, us, 1UL, &page, &node, &status, MPOL_MF_MOVE_ALL);
}

/* Does a process wait in such a function of the kernel's? */
static bool waits_in(pid_t pid, const char *function)
{
	char path[64], line[128];
	bool found = false;
	FILE *f;

	if (state_of(pid) != 'D')
		return false;
	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, function);
	if (f)
		fclose(f);
	return found;
}

/*
 * @act in a process, so that we ourselves wait for nothing; done when that one waits
 * in @function, where there is nothing to wait for but a buffer.
 */
static bool start(void (*act)(const struct moving *, pid_t), const struct moving *moving,
		  const char *function)
{
	pid_t us = getpid(), pid = fork();

	if (!pid) {
		act(moving, us);
		_exit(0);
	}
	for (int tries = 0; pid > 0 && tries < 10000 && state_of(pid) != 'Z'; tries++) {
		if (waits_in(pid, function))
			return true;
		nap();
	}
	errno = ETIMEDOUT;
	return false;
}

static bool map_first_page(struct moving *moving)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/dev/mapper/%s", held_device);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return lacking(path);
	moving->read = map(PAGE, PROT_READ, MAP_SHARED, fd);
	moving->write = map(PAGE, RW, MAP_SHARED, fd);
	close(fd);
	if (!moving->read || !moving->write)
		return false;
	*(volatile char *)moving->read;
	*(volatile char *)moving->write;
	return true;
}

/* Being dirty, the page would have been written out first, and its lock been waited for. */
static bool hold(struct moving *moving)
{
	volatile char *first = moving->write;

	if (!start(remount, moving, "ext4_commit_super"))
		return lacking("a remount that waits");
	*first = *first;
	return start(move, moving, "buffer_migrate") || lacking("a migration that waits");
}

bool start_moving(struct moving *moving)
{
	int fd;

	errno = ENODEV;
	if (!held_device)
		return lacking("a device that can be suspended (dmsetup)");
	if (!two_nodes())
		return lacking("a second NUMA node");
	fd = open(held_mount, O_RDONLY | O_CLOEXEC);
	if (!map_first_page(moving))
		return false;
	if (fd < 0 || syncfs(fd) || !suspend(true))
		return lacking("a device that can be suspended");
	close(fd);
	if (hold(moving))
		return true;
	suspend(false);
	return false;
}

/* The mover tries again some times: until it has given up, there are entries again. */
bool end_moving(void)
{
	bool done = suspend(false);

	while (done && wait(NULL) > 0)
		;
	return done;
}

char *being_moved(void)
{
	struct moving moving;

	if (!start_moving(&moving))
		return NULL;
	if (resume_once_waited_for())
		return moving.read;
	end_moving();
	return lacking("fork");
}

/* ---- what is not the process's own ---- */

/* fork does not copy its entries. */
char *of_vdso(void)
{
	return (char *)getauxval(AT_SYSINFO_EHDR) ?: lacking("a vDSO");
}

char *at_device(void)
{
	int fd = open("/dev/hmm_dmirror0", O_RDWR | O_CLOEXEC);
	char *mirror = written(), *area = written();
	struct hmm_dmirror_cmd lend = {
		.addr = (uintptr_t)area, .ptr = (uintptr_t)mirror, .npages = 1,
	};

	if (fd < 0 || ioctl(fd, HMM_DMIRROR_MIGRATE_TO_DEV, &lend))
		return lacking("test_hmm (CONFIG_TEST_HMM)");
	errno = EBUSY;
	return lend.cpages == 1 ? area : lacking("test_hmm");
}

/* ---- a page that waits to be put on the LRU list ---- */

/* Any processor may be told to empty its batch, at any time. */
bool stays_in_batch(const char *page)
{
	uint64_t frame = pagemap_word(page) & ((1ULL << 55) - 1), flags = 1ULL << LRU;
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, &flags, sizeof(flags), frame * sizeof(flags)) !=
		      sizeof(flags))
		lacking("kpageflags");
	close(fd);
	return !(flags >> LRU & 1);
}

/* Its end empties another processor's batch. */
static char *fork_elsewhere(char *area)
{
	pid_t pid = fork();

	if (!pid) {
		run_on(1);
		_exit(0);
	}
	return pid > 0 && waitpid(pid, NULL, 0) == pid ? area : lacking("fork");
}

char *in_batch(void)
{
	struct utsname name;
	char *area;

	errno = EOPNOTSUPP;
	if (uname(&name) || mml_kernel(name.release) < MML_KERNEL(5, 19))
		return lacking("a fault that puts off to look (5.19)");
	if (!run_on(0))
		return lacking("two processors");
	for (int tries = 0; tries < 100; tries++) {
		area = anon(1);
		drain();
		area[0] = 1;
		if (!fork_elsewhere(area))
			return NULL;
		if (stays_in_batch(area))
			return area;
	}
	errno = ETIMEDOUT;
	return lacking("a page in a batch");
}
