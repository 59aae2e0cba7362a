// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/sharers.h"

/* The number that is the name of an entry of /proc, or 0. */
static uint32_t number(const struct dirent *entry)
{
	char *end;
	unsigned long value = strtoul(entry->d_name, &end, 10);

	return *end || value > INT_MAX ? 0 : value;
}

/* Field 22 of /proc/PID/stat, in ticks; fields begin anew after the name's ')'. */
static bool start_ticks(uint32_t pid, uint64_t *ticks)
{
	char path[32], line[1024];
	const char *at;
	FILE *file;
	bool got;
	int field;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	got = fgets(line, sizeof(line), file);
	fclose(file);
	at = got ? strrchr(line, ')') : NULL;
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at && sscanf(at, " %" SCNu64, ticks) == 1;
}

/* Is that number the same process to /proc as to the kernel's answer? */
static bool same_process(const struct mml_envelope *envelope)
{
	uint64_t hz = sysconf(_SC_CLK_TCK), ticks;
	uint64_t ns = envelope->start_time;

	return start_ticks(envelope->tgid, &ticks) &&
	       ticks == ns / 1000000000 * hz + ns % 1000000000 * hz / 1000000000;
}

static int add_thread(struct mml_sharers *sharers, uint32_t tid)
{
	uint32_t *v = realloc(sharers->threads,
			      (sharers->nr_threads + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	sharers->threads = v;
	v[sharers->nr_threads++] = tid;
	return 0;
}

static int read_threads(uint32_t tgid, struct mml_sharers *sharers)
{
	struct dirent *entry;
	char path[32];
	DIR *dir;
	int ret = 0;

	snprintf(path, sizeof(path), "/proc/%u/task", tgid);
	dir = opendir(path);
	if (!dir)
		return 0;
	sharers->threads_known = true;
	while (!ret && (entry = readdir(dir)))
		if (number(entry))
			ret = add_thread(sharers, number(entry));
	closedir(dir);
	return ret;
}

static int add_process(struct mml_sharers *sharers, const struct mml_mm *mm)
{
	struct mml_sharer *v = realloc(sharers->v,
				       (sharers->n + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	sharers->v = v;
	v[sharers->n].pid = mm->envelope.tgid;
	memcpy(v[sharers->n].comm, mm->comm, sizeof(v->comm));
	sharers->n++;
	return 0;
}

/* A process that goes away meanwhile is none that shares it. */
static int ask_process(struct mml_client *client, uint32_t pid, uint64_t mm_id,
		       struct mml_sharers *sharers, struct mml_error *err)
{
	struct mml_mm *mm = malloc(sizeof(*mm));
	int ret;

	if (!mm)
		return mml_fail_memory(err);
	ret = mml_mm(client, pid, mm, err);
	if (ret == -ESRCH)
		ret = 0;
	else if (!ret && mm->has_mm && mm->envelope.mm_id == mm_id &&
		 add_process(sharers, mm))
		ret = mml_fail_memory(err);
	free(mm);
	return ret;
}

static int read_processes(struct mml_client *client, const struct mml_mm *mm,
			  struct mml_sharers *sharers, struct mml_error *err)
{
	struct dirent *entry;
	uint32_t pid;
	int ret = 0;
	DIR *dir;

	dir = opendir("/proc");
	if (!dir)
		return mml_fail(err, MML_EXIT_USAGE, errno, "/proc: %s",
				strerror(errno));
	while (!ret && (entry = readdir(dir))) {
		pid = number(entry);
		if (pid && pid != mm->envelope.tgid)
			ret = ask_process(client, pid, mm->envelope.mm_id,
					  sharers, err);
	}
	closedir(dir);
	return ret;
}

/**
 * mml_sharers() - find out who uses an address space
 * @client: the client
 * @mm: the answer for one of its tasks
 * @sharers: where to; free with mml_sharers_free(), after a failure too
 * @err: says why not
 *
 * Processes are only asked if the address space has more users than the
 * process has threads.
 *
 * Return: 0 or a negative errno
 */
int mml_sharers(struct mml_client *client, const struct mml_mm *mm,
		struct mml_sharers *sharers, struct mml_error *err)
{
	memset(sharers, 0, sizeof(*sharers));
	if (!mm->has_mm)
		return 0;
	if (same_process(&mm->envelope) &&
	    read_threads(mm->envelope.tgid, sharers))
		return mml_fail_memory(err);
	if (mm->users == MMLENS_UNKNOWN32 || mm->users <= mm->threads)
		return 0;
	return read_processes(client, mm, sharers, err);
}

/**
 * mml_sharers_free() - free what was found
 * @sharers: from mml_sharers(), or all zeroes
 */
void mml_sharers_free(struct mml_sharers *sharers)
{
	free(sharers->threads);
	free(sharers->v);
	memset(sharers, 0, sizeof(*sharers));
}
