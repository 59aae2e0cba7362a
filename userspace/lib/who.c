// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/parse.h"
#include "lib/who.h"

const char *mml_proc = "/proc";

/* A process, and after sorting: those of one address space are neighbours. */
struct process {
	uint32_t pid;
	uint64_t mm_id;
	char comm[64];
};

struct search {
	struct mml_client *client;
	uint64_t frame;
	mml_mapper_fn mapper;
	void *arg;
	struct mml_who *who;
	struct process *processes;
	size_t n, room;
};

/* What is being read of one address space. */
struct space {
	struct search *search;
	uint64_t mm_id;		/* its own: a process may have another by now */
	struct mml_mapper mapper;
	struct mml_walk walk;	/* the area of the extent before, if walked */
	bool walked;
};

static struct process *new_process(struct search *search)
{
	struct process *grown;
	size_t room;

	if (search->n == search->room) {
		room = search->room ? search->room * 2 : 256;
		grown = reallocarray(search->processes, room, sizeof(*grown));
		if (!grown)
			return NULL;
		search->processes = grown;
		search->room = room;
	}
	return &search->processes[search->n++];
}

/* The process has gone, or is going. */
static bool is_vanished(int ret, const struct mml_error *err)
{
	return ret == -ESRCH || ret == -ENODATA ||
	       err->exit == MML_EXIT_VANISHED;
}

static int add_process(struct search *search, uint32_t pid, struct mml_error *err)
{
	struct process *process;
	struct mml_mm mm;
	int ret = mml_mm(search->client, pid, &mm, err);

	if (ret && is_vanished(ret, err)) {
		search->who->vanished++;
		return 0;
	}
	if (ret == -ETIMEDOUT) {
		search->who->locked++;
		return 0;
	}
	if (ret)
		return ret;
	/* kernel threads and zombies have nothing to be searched */
	if (!mm.has_mm)
		return 0;
	process = new_process(search);
	if (!process)
		return mml_fail_memory(err);
	process->pid = pid;
	process->mm_id = mm.envelope.mm_id;
	memcpy(process->comm, mm.comm, sizeof(process->comm));
	search->who->processes++;
	return 0;
}

static int list_processes(struct search *search, struct mml_error *err)
{
	DIR *proc = opendir(mml_proc);
	struct dirent *entry;
	uint32_t pid;
	int ret = 0;

	if (!proc)
		return mml_fail(err, MML_EXIT_USAGE, errno,
				"%s cannot be read, which lists the processes: %s",
				mml_proc, strerror(errno));
	while (!ret && (entry = readdir(proc))) {
		if (!mml_parse_pid(entry->d_name, &pid, NULL))
			ret = add_process(search, pid, err);
	}
	closedir(proc);
	return ret;
}

static int by_space(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	if (x->mm_id != y->mm_id)
		return x->mm_id < y->mm_id ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static const struct mml_vma *walked_area(const struct space *space)
{
	return space->walked && space->walk.in_vma &&
	       space->walk.envelope.mm_id == space->mm_id ?
	       &space->walk.vma : NULL;
}

static const struct mml_vma *find_area(struct space *space, uint64_t addr)
{
	const struct mml_vma *vma = walked_area(space);
	struct mml_error err;

	if (vma && addr >= vma->start && addr < vma->end)
		return vma;
	if (space->walked)
		mml_walk_free(&space->walk);
	space->walked = !mml_vma_at(space->search->client, space->mapper.pid, addr,
				    &space->walk, &err);
	return walked_area(space);
}

/* Does a mapcount count such an entry? */
static bool is_counted(uint32_t state)
{
	return state == MMLENS_STATE_PRESENT || state == MMLENS_STATE_PROTNONE ||
	       state == MMLENS_STATE_NUMA_HINT;
}

static int count_extent(struct mml_who *who, const struct mml_extent *extent)
{
	if (is_counted(extent->state))
		who->found += extent->pages;
	else
		who->uncounted += extent->pages;
	return 0;
}

/* The socket is in use while extents come: they are kept. */
struct extents {
	struct mml_extent *v;
	size_t n, room;
};

static int keep_extent(const struct mml_extent *extent, void *arg)
{
	struct extents *extents = arg;
	struct mml_extent *grown;
	size_t room;

	if (extents->n == extents->room) {
		room = extents->room ? extents->room * 2 : 16;
		grown = reallocarray(extents->v, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		extents->v = grown;
		extents->room = room;
	}
	extents->v[extents->n++] = *extent;
	return 0;
}

static int hand_over(struct space *space, const struct extents *extents)
{
	struct search *search = space->search;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < extents->n; i++) {
		space->mapper.extent = &extents->v[i];
		space->mapper.vma = find_area(space, extents->v[i].start);
		count_extent(search->who, &extents->v[i]);
		ret = search->mapper(&space->mapper, search->arg);
	}
	if (space->walked)
		mml_walk_free(&space->walk);
	return ret;
}

/* An exec, or another process of that number, since they were listed. */
static int fail_other(uint32_t pid, struct mml_error *err)
{
	return mml_fail(err, MML_EXIT_VANISHED, ESRCH,
			"process %u: it has another address space meanwhile", pid);
}

static int search_pid(struct space *space, uint32_t pid, struct extents *extents,
		      struct mml_error *err)
{
	const struct mml_filter filter = {
		.frame_start = space->search->frame,
		.frame_end = space->search->frame + 1,
	};
	const struct mml_page_query query = {
		.pid = pid, .filter = &filter,
		.columns = MMLENS_COL_BIT(MMLENS_COL_STATE) |
			   MMLENS_COL_BIT(MMLENS_COL_LEVEL) |
			   MMLENS_COL_BIT(MMLENS_COL_FRAME) |
			   MMLENS_COL_BIT(MMLENS_COL_ENTRY),
	};
	struct mml_dump dump;
	int ret;

	extents->n = 0;
	memset(err, 0, sizeof(*err));
	ret = mml_pages(space->search->client, &query, keep_extent, extents, &dump,
			err);
	if (!ret && dump.envelope.mm_id != space->mm_id)
		return fail_other(pid, err);
	return ret == -ENOMEM && !*err->text ? mml_fail_memory(err) : ret;
}

/* One address space; the other processes stand in for one that has vanished. */
static int search_space(struct search *search, const struct process *process,
			size_t n, uint32_t *also, struct mml_error *err)
{
	struct space space = { .search = search, .mm_id = process->mm_id };
	struct extents extents = { .n = 0 };
	size_t i, at;
	int ret = 0;

	for (at = 0; at < n; at++) {
		ret = search_pid(&space, process[at].pid, &extents, err);
		if (!ret || !is_vanished(ret, err))
			break;
		search->who->vanished++;
		search->who->processes--;
		ret = 0;
	}
	if (ret == -ETIMEDOUT) {
		search->who->locked++;
		ret = 0;
	} else if (!ret && at < n) {
		search->who->spaces++;
		for (i = at + 1; i < n; i++)
			also[i - at - 1] = process[i].pid;
		space.mapper.pid = process[at].pid;
		space.mapper.comm = process[at].comm;
		space.mapper.also = also;
		space.mapper.nr_also = n - at - 1;
		ret = hand_over(&space, &extents);
	}
	free(extents.v);
	return ret;
}

static int search_spaces(struct search *search, struct mml_error *err)
{
	uint32_t *also = calloc(search->n + 1, sizeof(*also));
	size_t first = 0, next;
	int ret = also ? 0 : mml_fail_memory(err);

	for (; !ret && first < search->n; first = next) {
		next = first + 1;
		while (next < search->n &&
		       search->processes[next].mm_id == search->processes[first].mm_id)
			next++;
		ret = search_space(search, &search->processes[first],
				   next - first, also, err);
	}
	free(also);
	return ret;
}

/**
 * mml_who() - find the entries that hold a frame
 * @client: the client
 * @frame: the frame
 * @mapper: called for each run of pages, address space by address space
 * @arg: its argument
 * @who: what was found, and where it was looked for
 * @err: says why it failed
 *
 * Return: 0, a negative errno, or what @mapper returned if that is not 0
 */
int mml_who(struct mml_client *client, uint64_t frame, mml_mapper_fn mapper,
	    void *arg, struct mml_who *who, struct mml_error *err)
{
	struct search search = {
		.client = client, .frame = frame, .mapper = mapper, .arg = arg,
		.who = who,
	};
	int ret;

	memset(who, 0, sizeof(*who));
	memset(err, 0, sizeof(*err));
	ret = list_processes(&search, err);
	if (!ret) {
		qsort(search.processes, search.n, sizeof(*search.processes), by_space);
		ret = search_spaces(&search, err);
	}
	free(search.processes);
	return ret;
}
