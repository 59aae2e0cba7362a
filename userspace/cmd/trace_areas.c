// SPDX-License-Identifier: GPL-2.0
/*
 * Names for the areas that faults are in.
 *
 * A process's areas are read when a fault is in none that is known, over a
 * socket of their own, since the trace has taken the other. They are what they
 * are then, a little after the fault: an area that has gone meanwhile has no
 * name but its kind's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/trace.h"
#include "lib/code.h"

/* As many processes' areas are remembered. */
#define PROCESSES 64

/* No process is asked more often than this. */
#define AGAIN_NS 20000000ULL

struct process {
	uint32_t tgid;
	uint64_t read_at;
	struct mml_vmas vmas;
};

struct trace_areas {
	struct mml_ctx *ctx;
	struct mml_client *client;
	uint64_t page_size;
	struct mml_code *code;
	struct process processes[PROCESSES];
	size_t next;		/* to be forgotten */
	char label[PATH_MAX];
	char place[PATH_MAX + 32];
};

/**
 * trace_areas_new() - begin to know areas
 * @ctx: the context
 *
 * Return: to be given to trace_areas_free(), or NULL: the error is printed
 */
struct trace_areas *trace_areas_new(struct mml_ctx *ctx)
{
	struct trace_areas *areas = calloc(1, sizeof(*areas));
	struct mml_error err;

	if (!areas) {
		ctx_warn(ctx, "out of memory");
		return NULL;
	}
	areas->ctx = ctx;
	areas->page_size = sysconf(_SC_PAGESIZE);
	areas->code = mml_code_new(areas->page_size);
	if (!areas->code) {
		ctx_warn(ctx, "out of memory");
		free(areas);
		return NULL;
	}
	if (mml_open(&areas->client, &err)) {
		ctx_error(ctx, &err);
		mml_code_free(areas->code);
		free(areas);
		return NULL;
	}
	/* a process that is stuck keeps its areas to itself: do not wait */
	mml_set_timeout(areas->client, 0);
	return areas;
}

/**
 * trace_areas_free() - forget them
 * @areas: may be NULL
 */
void trace_areas_free(struct trace_areas *areas)
{
	size_t i;

	if (!areas)
		return;
	for (i = 0; i < PROCESSES; i++)
		mml_vmas_free(&areas->processes[i].vmas);
	mml_close(areas->client);
	mml_code_free(areas->code);
	free(areas);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static struct process *find_process(struct trace_areas *areas, uint32_t tgid)
{
	struct process *process;
	size_t i;

	for (i = 0; i < PROCESSES; i++)
		if (areas->processes[i].tgid == tgid)
			return &areas->processes[i];
	process = &areas->processes[areas->next];
	areas->next = (areas->next + 1) % PROCESSES;
	mml_vmas_free(&process->vmas);
	memset(process, 0, sizeof(*process));
	process->tgid = tgid;
	return process;
}

static const struct mml_vma *find_area(const struct process *process,
				       const struct mml_traced *fault)
{
	const struct mml_vma *vma = mml_vmas_find(&process->vmas, fault->addr);

	/* a stack's start moves; another kind there is another area */
	return vma && (vma->kind == fault->vma_kind ||
		       fault->vma_kind == MMLENS_UNKNOWN32) ? vma : NULL;
}

/* What cannot be read is not known: the process may be gone by now. */
static void read_areas(struct trace_areas *areas, struct process *process)
{
	uint64_t now = now_ns();
	struct mml_vmas vmas;
	struct mml_error err;

	if (process->read_at && now - process->read_at < AGAIN_NS)
		return;
	if (mml_vmas(areas->client, process->tgid, 0, 0, &vmas, &err)) {
		mml_vmas_free(&vmas);
	} else {
		mml_vmas_free(&process->vmas);
		process->vmas = vmas;
	}
	process->read_at = now_ns();
}

/**
 * trace_area() - what people call the area of a fault
 * @areas: what is known
 * @fault: the fault
 *
 * Return: the name, valid until the next call; "none" where there is no area
 */
const char *trace_area(struct trace_areas *areas, const struct mml_traced *fault)
{
	const struct mml_vma *vma = NULL;
	struct process *process;

	/* whose area it is, is not told of others' faults */
	if (fault->tgid != MMLENS_UNKNOWN32 &&
	    !(fault->access & MMLENS_ACCESS_REMOTE)) {
		process = find_process(areas, fault->tgid);
		vma = find_area(process, fault);
		if (!vma) {
			read_areas(areas, process);
			vma = find_area(process, fault);
		}
	}
	if (vma)
		return mml_vma_label(vma, areas->label, sizeof(areas->label));
	if (fault->vma_kind == MMLENS_UNKNOWN32)
		return "none";
	if (fault->vma_flags & MMLENS_VM_GROWSDOWN)
		return "stack";
	return mml_name(mml_vma_kind_names, fault->vma_kind);
}

/* The area that the instruction is in, or NULL */
static const struct mml_vma *find_code(struct trace_areas *areas,
				       const struct mml_traced *fault)
{
	struct process *process = find_process(areas, fault->tgid);
	const struct mml_vma *vma = mml_vmas_find(&process->vmas, fault->ip);

	if (vma)
		return vma;
	read_areas(areas, process);
	return mml_vmas_find(&process->vmas, fault->ip);
}

/**
 * trace_place() - where the program was when it faulted
 * @areas: what is known
 * @fault: the fault
 *
 * By symbol, if there is one. Else the offset is one in the file, as addr2line(1)
 * and objdump(1) have it for a library or a position-independent program whose
 * segments lie as in the file.
 *
 * Return: the place, valid until the next call; NULL when it is not known
 */
const char *trace_place(struct trace_areas *areas, const struct mml_traced *fault)
{
	const struct mml_vma *vma;
	const char *symbol;
	char label[PATH_MAX];

	if (fault->ip == MMLENS_UNKNOWN || fault->tgid == MMLENS_UNKNOWN32)
		return NULL;
	vma = find_code(areas, fault);
	symbol = vma ? mml_code_place(areas->code, fault->tgid, vma, fault->ip) :
		       NULL;
	if (symbol)
		return symbol;
	if (!vma)
		snprintf(areas->place, sizeof(areas->place), "%#llx",
			 (unsigned long long)fault->ip);
	else
		snprintf(areas->place, sizeof(areas->place), "%s+%#llx",
			 mml_vma_label(vma, label, sizeof(label)),
			 (unsigned long long)(fault->ip - vma->start +
					      vma->pgoff * areas->page_size));
	return areas->place;
}
