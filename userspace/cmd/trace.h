/* SPDX-License-Identifier: GPL-2.0 */
/* What mmlens trace is made of. */
#ifndef CMD_TRACE_H
#define CMD_TRACE_H

#include "cmd/cmd.h"
#include "lib/trace.h"

/* ---- areas: names for addresses (trace_areas.c) ---- */

struct trace_areas;

struct trace_areas *trace_areas_new(struct mml_ctx *ctx);
void trace_areas_free(struct trace_areas *areas);
/* The area of a fault, as people call it; valid until the next call. */
const char *trace_area(struct trace_areas *areas, const struct mml_traced *fault);

/* Where its program was: a file's name and an offset in it; likewise. */
const char *trace_place(struct trace_areas *areas, const struct mml_traced *fault);

/* ---- what faults come to (trace_sum.c) ---- */

struct trace_sum;

struct trace_sum *trace_sum_new(void);
void trace_sum_free(struct trace_sum *sum);
/* Returns 0 or -ENOMEM. */
int trace_sum_add(struct trace_sum *sum, const struct mml_traced *fault,
		  const char *area, const char *place);
/* Returns 0 or an exit code: the error is printed. */
int trace_sum_show(struct mml_ctx *ctx, struct trace_sum *sum);

/* ---- a command to be traced (trace_child.c) ---- */

struct trace_child {
	pid_t pid;
	int go, failed;		/* pipes: it waits for one, and says on the other why not */
};

/* Forks; the child waits. Returns 0 or an exit code: the error is printed. */
int trace_child_fork(struct mml_ctx *ctx, struct trace_child *child, char **argv);
/* Lets it exec. Returns 0, or the errno of exec. */
int trace_child_go(struct trace_child *child);
/* Waits for its end if it is gone, or never got to go; else leaves it alone. */
void trace_child_end(struct trace_child *child, bool gone);

#endif /* CMD_TRACE_H */
