// SPDX-License-Identifier: GPL-2.0
/* Who a process can be: see identity.h. */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "identity.h"

#define NOBODY 65534

static void must(bool ok)
{
	if (!ok)
		_exit(1);
}

static void drop_uid(void)
{
	must(!setgroups(0, NULL) && !setresgid(NOBODY, NOBODY, NOBODY) &&
	     !setresuid(NOBODY, NOBODY, NOBODY));
}

static struct __user_cap_header_struct header = {
	.version = _LINUX_CAPABILITY_VERSION_3,
};

static void set_caps(uint64_t caps)
{
	struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = caps },
		{ .effective = caps >> 32, .permitted = caps >> 32 },
	};

	must(!syscall(SYS_capset, &header, data));
}

static uint64_t all_caps(void)
{
	struct __user_cap_data_struct data[2];

	must(!syscall(SYS_capget, &header, data));
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

static void drop_to_net_admin(void)
{
	set_caps(1ULL << CAP_NET_ADMIN);
}

static void drop_sys_admin(void)
{
	set_caps(all_caps() & ~(1ULL << CAP_SYS_ADMIN));
}

static void keep_only(int cap)
{
	must(!prctl(PR_SET_KEEPCAPS, 1));
	drop_uid();
	set_caps(1ULL << cap);
}

static void enter_user_ns(void)
{
	static const char map[] = "0 0 1\n";
	int fd;

	must(!unshare(CLONE_NEWUSER));
	fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	must(write(fd, map, sizeof(map) - 1) == sizeof(map) - 1 && !setresuid(0, 0, 0));
	close(fd);
}

static void enter_net_ns(void)
{
	must(!unshare(CLONE_NEWNET));
}

static void enter_user_and_net_ns(void)
{
	enter_user_ns();
	enter_net_ns();
}

/* Only a child is in the new PID namespace; it goes on in our place. */
static void enter_net_and_pid_ns(void)
{
	int status;
	pid_t pid;

	must(!unshare(CLONE_NEWNET | CLONE_NEWPID));
	pid = fork();
	if (!pid)
		return;
	must(pid > 0 && waitpid(pid, &status, 0) == pid);
	_exit(!!status);
}

/* A process in namespaces of its own; dies with us. */
static pid_t start_guest(void)
{
	int ready[2];
	pid_t pid;
	char c;

	must(!pipe(ready));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		enter_user_and_net_ns();
		must(write(ready[1], "r", 1) == 1);
		pause();
		_exit(0);
	}
	must(pid > 0 && read(ready[0], &c, 1) == 1);
	return pid;
}

/*
 * All rights kept, but in a network that belongs to a user namespace: its
 * owner may tap netlink there (nlmon), and would see the answers.
 */
static void enter_guest_net_ns(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", start_guest());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0 && !setns(fd, CLONE_NEWNET));
	close(fd);
}

static void stay_root(void)
{
}

#define ONLY(cap) { .name = "uid 65534, only " #cap, .only = cap }

const struct identity identities[] = {
	{ .name = "root", .become = stay_root, .capable = true },
	{ .name = "uid 65534, only CAP_SYS_ADMIN", .only = CAP_SYS_ADMIN, .capable = true },
	ONLY(CAP_CHOWN), ONLY(CAP_DAC_OVERRIDE), ONLY(CAP_DAC_READ_SEARCH), ONLY(CAP_FOWNER),
	ONLY(CAP_FSETID), ONLY(CAP_KILL), ONLY(CAP_SETGID), ONLY(CAP_SETUID),
	ONLY(CAP_SETPCAP), ONLY(CAP_LINUX_IMMUTABLE), ONLY(CAP_NET_BIND_SERVICE),
	ONLY(CAP_NET_BROADCAST), ONLY(CAP_NET_ADMIN), ONLY(CAP_NET_RAW), ONLY(CAP_IPC_LOCK),
	ONLY(CAP_IPC_OWNER), ONLY(CAP_SYS_MODULE), ONLY(CAP_SYS_RAWIO), ONLY(CAP_SYS_CHROOT),
	ONLY(CAP_SYS_PTRACE), ONLY(CAP_SYS_PACCT), ONLY(CAP_SYS_BOOT), ONLY(CAP_SYS_NICE),
	ONLY(CAP_SYS_RESOURCE), ONLY(CAP_SYS_TIME), ONLY(CAP_SYS_TTY_CONFIG), ONLY(CAP_MKNOD),
	ONLY(CAP_LEASE), ONLY(CAP_AUDIT_WRITE), ONLY(CAP_AUDIT_CONTROL), ONLY(CAP_SETFCAP),
	ONLY(CAP_MAC_OVERRIDE), ONLY(CAP_MAC_ADMIN), ONLY(CAP_SYSLOG), ONLY(CAP_WAKE_ALARM),
	ONLY(CAP_BLOCK_SUSPEND), ONLY(CAP_AUDIT_READ), ONLY(CAP_PERFMON), ONLY(CAP_BPF),
	ONLY(CAP_CHECKPOINT_RESTORE),
	{ .name = "uid 65534", .become = drop_uid },
	{ .name = "uid 0, only CAP_NET_ADMIN", .become = drop_to_net_admin },
	{ .name = "uid 0, all but CAP_SYS_ADMIN", .become = drop_sys_admin },
	{ .name = "root of a user namespace", .become = enter_user_ns },
	{ .name = "... and of a network namespace", .become = enter_user_and_net_ns,
	  .exposed = true },
	{ .name = "root, own network namespace", .become = enter_net_ns, .capable = true },
	{ .name = "root, own network and PIDs", .become = enter_net_and_pid_ns, .capable = true,
	  .own_pids = true },
	{ .name = "root, network of a user namespace", .become = enter_guest_net_ns,
	  .capable = true, .exposed = true },
	{ }
};

void identity_become(const struct identity *who)
{
	if (who->become)
		who->become();
	else
		keep_only(who->only);
}
