/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Holding a process still while it is read, by ptrace: every thread is seized
 * and interrupted. Nobody else notices: its parent gets no SIGCHLD, a process
 * that was stopped already stays stopped, and the kernel lets all go when we
 * die, however that happens.
 */
#ifndef MML_STOP_H
#define MML_STOP_H

#include "lib/mmlens.h"

struct mml_stop;

/*
 * Stops every thread of @pid's thread group. -ETIMEDOUT: one sleeps where no
 * signal reaches it, for longer than @timeout_ms. -EBUSY: somebody else traces
 * it. Only the thread that called this may release it.
 */
int mml_stop(uint32_t pid, unsigned int timeout_ms, struct mml_stop **stop,
	     struct mml_error *err);
/* Lets it run on; @stop may be NULL. */
void mml_stop_release(struct mml_stop *stop);

#endif /* MML_STOP_H */
