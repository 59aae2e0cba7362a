// SPDX-License-Identifier: GPL-2.0
/* Which processes: those that are named, a family, or a cgroup. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cow.h"
#include "lib/snap.h"
#include "lib/who.h"

#define CGROUPS "/sys/fs/cgroup"

static int push_pid(struct mml_ctx *ctx, struct cow_pids *pids, uint32_t pid)
{
	if (!pids->v) {
		pids->v = calloc(MML_SET_MAX, sizeof(*pids->v));
		if (!pids->v)
			return cow_out_of_memory(ctx);
	}
	if (pids->n == MML_SET_MAX)
		return ctx_usage(ctx, "these are more than %u processes: name fewer",
				 MML_SET_MAX);
	pids->v[pids->n++] = pid;
	return 0;
}

/* Who reads changes by that, and would never be read without a tear. */
static bool is_ourselves(uint32_t pid)
{
	return pid == (uint32_t)getpid();
}

/* ---- a family ---- */

struct kin {
	uint32_t pid, ppid;
};

struct kins {
	struct kin *v;
	size_t n, room;
};

static int push_kin(struct kins *kins, struct kin kin)
{
	size_t more = kins->room ? kins->room * 2 : 256;
	void *grown;

	if (kins->n == kins->room) {
		grown = reallocarray(kins->v, more, sizeof(*kins->v));
		if (!grown)
			return -ENOMEM;
		kins->v = grown;
		kins->room = more;
	}
	kins->v[kins->n++] = kin;
	return 0;
}

/* The name may hold anything, blanks and brackets too: it ends at the last one. */
static bool read_ppid(uint32_t pid, uint32_t *ppid)
{
	char path[PATH_MAX], line[512];
	const char *end;
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), "%s/%u/stat", mml_proc, pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	line[fread(line, 1, sizeof(line) - 1, file)] = '\0';
	fclose(file);
	end = strrchr(line, ')');
	ok = end && sscanf(end, ") %*c %u", ppid) == 1;
	return ok;
}

/* Everybody and his parent. */
static int list_kins(struct kins *kins)
{
	DIR *dir = opendir(mml_proc);
	struct dirent *entry;
	int ret = 0;

	if (!dir)
		return -errno;
	while (!ret && (entry = readdir(dir))) {
		struct kin kin = { .pid = strtoul(entry->d_name, NULL, 10) };

		if (kin.pid && read_ppid(kin.pid, &kin.ppid))
			ret = push_kin(kins, kin);
	}
	closedir(dir);
	return ret;
}

static int compare_kins(const void *a, const void *b)
{
	const struct kin *x = a, *y = b;

	if (x->ppid != y->ppid)
		return x->ppid < y->ppid ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static size_t first_child(const struct kins *kins, uint32_t ppid)
{
	size_t low = 0, high = kins->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (kins->v[middle].ppid < ppid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_pid(const struct cow_pids *pids, uint32_t pid)
{
	for (uint32_t i = 0; i < pids->n; i++) {
		if (pids->v[i] == pid)
			return true;
	}
	return false;
}

static bool is_alive(const struct kins *kins, uint32_t pid)
{
	for (size_t i = 0; i < kins->n; i++) {
		if (kins->v[i].pid == pid)
			return true;
	}
	return false;
}

/* Of those in @pids from *@from on; each that is added brings its own. */
static int push_children(struct mml_ctx *ctx, const struct kins *kins,
			 struct cow_pids *pids, uint32_t *from)
{
	int ret = 0;

	for (; !ret && *from < pids->n; ++*from) {
		uint32_t pid = pids->v[*from];

		for (size_t i = first_child(kins, pid);
		     !ret && i < kins->n && kins->v[i].ppid == pid; i++) {
			if (!is_ourselves(kins->v[i].pid) &&
			    !has_pid(pids, kins->v[i].pid))
				ret = push_pid(ctx, pids, kins->v[i].pid);
		}
	}
	return ret;
}

/* Who was of the family is yet when his parent has died, and he is another's child. */
static int push_family(struct mml_ctx *ctx, const struct kins *kins,
		       const struct cow_pids *before, struct cow_pids *pids)
{
	uint32_t from = 0;
	int ret = push_children(ctx, kins, pids, &from);

	for (uint32_t i = 0; !ret && before && i < before->n; i++) {
		if (has_pid(pids, before->v[i]) || !is_alive(kins, before->v[i]))
			continue;
		ret = push_pid(ctx, pids, before->v[i]) ?:
		      push_children(ctx, kins, pids, &from);
	}
	return ret;
}

/* @pids holds the ancestor. */
static int push_descendants(struct mml_ctx *ctx, const struct cow_pids *before,
			    struct cow_pids *pids)
{
	struct kins kins = { .n = 0 };
	int ret = list_kins(&kins);

	if (ret) {
		ctx_warn(ctx, "cannot list the processes in %s: %s", mml_proc,
			 strerror(-ret));
		ret = MML_EXIT_USAGE;
	} else {
		qsort(kins.v, kins.n, sizeof(*kins.v), compare_kins);
		ret = push_family(ctx, &kins, before, pids);
	}
	free(kins.v);
	return ret;
}

/* ---- a cgroup ---- */

/* One that was there may have been removed meanwhile, as it may be empty. */
static int read_procs(struct mml_ctx *ctx, const char *path, bool was_there,
		      struct cow_pids *pids)
{
	char name[PATH_MAX];
	uint32_t pid;
	int ret = 0;
	FILE *file;

	if (snprintf(name, sizeof(name), "%s/cgroup.procs", path) >= (int)sizeof(name))
		return ctx_usage(ctx, "%s: this path is too long", path);
	file = fopen(name, "re");
	if (!file && was_there && (errno == ENOENT || errno == ENODEV))
		return 0;
	if (!file)
		return ctx_usage(ctx, "%s: %s: is it a cgroup?", name, strerror(errno));
	/* 0 is a process that this PID namespace does not see */
	while (!ret && fscanf(file, "%u", &pid) == 1) {
		if (pid && !is_ourselves(pid))
			ret = push_pid(ctx, pids, pid);
	}
	fclose(file);
	return ret;
}

static int read_cgroup(struct mml_ctx *ctx, const char *path, bool was_there,
		       struct cow_pids *pids)
{
	int ret = read_procs(ctx, path, was_there, pids);
	DIR *dir = ret ? NULL : opendir(path);
	char below[PATH_MAX];
	struct dirent *entry;

	while (dir && !ret && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) <
		    (int)sizeof(below))
			ret = read_cgroup(ctx, below, true, pids);
	}
	if (dir)
		closedir(dir);
	return ret;
}

/* A directory, or a name below where cgroups are mounted. */
static int push_cgroup(struct mml_ctx *ctx, const char *name,
		       const struct cow_pids *before, struct cow_pids *pids)
{
	char path[PATH_MAX], procs[PATH_MAX];
	int ret;

	if (snprintf(procs, sizeof(procs), "%s/cgroup.procs", name) >= (int)sizeof(procs) ||
	    snprintf(path, sizeof(path), CGROUPS "/%s", name + (name[0] == '/')) >=
	    (int)sizeof(path))
		return ctx_usage(ctx, "--cgroup %s: this path is too long", name);
	if (name[0] == '/' && !access(procs, F_OK))
		snprintf(path, sizeof(path), "%s", name);
	ret = read_cgroup(ctx, path, before, pids);
	/* that the last one has ended ends a watch, and is no error */
	if (!ret && !pids->n && !before)
		return ctx_usage(ctx, "cgroup %s: there is no process in it", path);
	return ret;
}

static int push_operands(struct mml_ctx *ctx, int argc, char **argv,
			 struct cow_pids *pids)
{
	uint32_t *named;
	size_t n;
	int ret = ctx_pids(ctx, argv, argc, &named, &n);

	for (size_t i = 0; !ret && i < n; i++)
		ret = push_pid(ctx, pids, named[i]);
	free(named);
	return ret;
}

/**
 * cow_who() - which processes are meant
 * @options: of the command
 * @argc: operands
 * @argv: they
 * @before: those of the look before, or NULL
 * @pids: where to; cow_pids_free() it, after a failure too
 *
 * Return: 0, or an exit code: the error is printed
 */
int cow_who(const struct cow_options *options, int argc, char **argv,
	    const struct cow_pids *before, struct cow_pids *pids)
{
	int ret;

	*pids = (struct cow_pids){ .found = argc < 2 };
	if (options->cgroup)
		return push_cgroup(options->ctx, options->cgroup, before, pids);
	ret = push_operands(options->ctx, argc, argv, pids);
	/* a snapshot stands for the processes in it, and has no descendants */
	if (options->ctx->client && mml_snap_info(options->ctx->client))
		pids->found = false;
	else if (!ret && argc == 1)
		ret = push_descendants(options->ctx, before, pids);
	return ret;
}

/**
 * cow_pids_free() - free what cow_who() has found
 * @pids: from there
 */
void cow_pids_free(struct cow_pids *pids)
{
	free(pids->v);
	memset(pids, 0, sizeof(*pids));
}
