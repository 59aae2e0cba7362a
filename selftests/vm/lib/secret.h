/* SPDX-License-Identifier: GPL-2.0 */
/* What must not be told: the numbers of our own frames, and a sieve that finds them. */
#ifndef SELFTESTS_SECRET_H
#define SELFTESTS_SECRET_H

#include <stddef.h>
#include <stdint.h>

/*
 * Makes this program a target of which each dump has more than two messages, and
 * learns the frames of its pages. Neighbours get frames that do not follow each other:
 * one extent a page. Next to one's frame is another's of another kind, so that frames
 * are told one by one as well; and there are areas that have a table each.
 *
 * Returns where such a page is; sets @near to frames that hold all of those that are
 * looked for, with bounds that are not looked for themselves.
 */
struct secret_frames {
	uint64_t start, end;
};

char *secret_target(struct secret_frames *near);

/* How many of them are found in what was received */
unsigned int secret_in(const void *bytes, size_t len);

#endif /* SELFTESTS_SECRET_H */
