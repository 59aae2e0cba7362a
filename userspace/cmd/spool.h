/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is printed while a process is held: it goes to a file first, data and
 * messages, and to its readers once the process runs on. They may be slow, or
 * that process, or wait for it: none of that is to hold it any longer.
 */
#ifndef CMD_SPOOL_H
#define CMD_SPOOL_H

#include <stdarg.h>

#include "cmd/cmd.h"

/* From now on ctx->show.out is the file. Returns 0, or an exit code. */
int spool_begin(struct mml_ctx *ctx);
/* A part of a message, for stderr. */
void spool_say(struct spool *spool, const char *fmt, va_list args);
/* Prints all of it, in the order in which it came; ctx->show.out is as it was. */
void spool_end(struct mml_ctx *ctx);

#endif /* CMD_SPOOL_H */
