/* SPDX-License-Identifier: GPL-2.0 */
/* How the library fills a struct mml_error. */
#ifndef MML_ERROR_H
#define MML_ERROR_H

#include "lib/mmlens.h"

/*
 * Says what went wrong; returns -errnum, so that callers can
 * "return mml_fail(...)". @err may be NULL.
 */
int mml_fail(struct mml_error *err, enum mml_exit code, int errnum,
	     const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The two that every reader may meet. */
int mml_fail_memory(struct mml_error *err);
int mml_fail_message(struct mml_error *err, const char *what);

#endif /* MML_ERROR_H */
