/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MML_GROW_H
#define MML_GROW_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/*
 * Room for one more element of @size bytes behind @n of them in *@array, which
 * has *@room for. 0 or -ENOMEM: then nothing has changed.
 */
static inline int mml_grow(void **array, size_t n, size_t *room,
			   size_t size)
{
	size_t more = *room ? *room * 2 : 64;
	void *grown;

	if (n < *room)
		return 0;
	grown = reallocarray(*array, more, size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*room = more;
	return 0;
}

#endif /* MML_GROW_H */
