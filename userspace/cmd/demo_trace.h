/* SPDX-License-Identifier: GPL-2.0 */
/* The fault behind a write of the demonstration (demo_trace.c). */
#ifndef CMD_DEMO_TRACE_H
#define CMD_DEMO_TRACE_H

#include "cmd/cmd.h"
#include "lib/trace.h"

/*
 * Traces @pid, has @write(@arg) make it write, and finds the fault in the page at
 * @addr. Returns 0, or an exit code: the error is printed, or was by @write.
 */
int demo_trace(struct mml_ctx *ctx, pid_t pid, uint64_t addr,
	       int (*write)(void *arg), void *arg, struct mml_traced *fault);

#endif /* CMD_DEMO_TRACE_H */
