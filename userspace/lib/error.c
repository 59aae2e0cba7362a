// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/error.h"

/**
 * mml_fail() - describe a failure
 * @err: where to; may be NULL
 * @code: the exit code that fits
 * @errnum: positive errno
 * @fmt: one sentence for the user
 *
 * What the kernel said (extack, attr) is kept.
 *
 * Return: -errnum
 */
int mml_fail(struct mml_error *err, enum mml_exit code, int errnum,
	     const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -errnum;
	err->exit = code;
	err->errnum = errnum;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -errnum;
}

/**
 * mml_fail_memory() - an allocation failed
 * @err: where to describe it
 *
 * Return: -ENOMEM
 */
int mml_fail_memory(struct mml_error *err)
{
	return mml_fail(err, MML_EXIT_USAGE, ENOMEM, "out of memory");
}

/**
 * mml_fail_message() - the kernel sent what its own contract forbids
 * @err: where to describe it
 * @what: the part that is wrong
 *
 * Return: -EBADMSG
 */
int mml_fail_message(struct mml_error *err, const char *what)
{
	return mml_fail(err, MML_EXIT_USAGE, EBADMSG,
			"the kernel's reply makes no sense (%s): do the module and this tool belong together?",
			what);
}

/**
 * mml_has_gone() - did a process that was there go?
 * @err: why a request failed, of a process that has answered before
 *
 * Return: whether it has exited, or has called exec; else it is there yet, and
 * another request may be answered
 */
bool mml_has_gone(const struct mml_error *err)
{
	return err->exit == MML_EXIT_VANISHED ||
	       (err->exit == MML_EXIT_REFUSED &&
		(err->errnum == ESRCH || err->errnum == ENODATA));
}
