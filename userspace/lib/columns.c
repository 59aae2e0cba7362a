// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "lib/columns.h"

/**
 * mml_columns_find() - find the columns of a message
 * @nest: the attribute that holds them
 * @columns: those that are known, by number
 * @max: the last of them
 * @must: mask of the numbers that have to be there
 * @count: elements in each
 * @found: @max + 1 pointers: set, NULL where there is none
 *
 * A column of a newer kernel is skipped, one of another length than @count
 * elements is an error. There is at least one, so that a count is never larger
 * than what it counts.
 *
 * Return: 0 or -EBADMSG
 */
int mml_columns_find(const struct nlattr *nest, const struct mml_column *columns,
		     unsigned int max, uint64_t must, uint32_t count,
		     const char **found)
{
	const struct nlattr *attr;
	unsigned int type;
	bool any = false;

	memset(found, 0, sizeof(*found) * (max + 1));
	mnl_attr_for_each_nested(attr, nest) {
		type = mnl_attr_get_type(attr);
		if (!type || type > max)
			continue;
		if (mnl_attr_get_payload_len(attr) !=
		    (uint64_t)count * columns[type].size)
			return -EBADMSG;
		found[type] = mnl_attr_get_payload(attr);
		any = true;
	}
	if (!any)
		return -EBADMSG;
	for (type = 1; type <= max; type++)
		if (must & 1ULL << type && !found[type])
			return -EBADMSG;
	return 0;
}

/* One loop for each size: a copy of unknown length costs more than the value. */
static void scatter(const char *from, size_t size, uint32_t n, char *to,
		    size_t stride)
{
	uint32_t i;

	if (size == sizeof(uint64_t))
#pragma GCC unroll 8
		for (i = 0; i < n; i++)
			memcpy(to + i * stride, from + i * sizeof(uint64_t),
			       sizeof(uint64_t));
	else
#pragma GCC unroll 8
		for (i = 0; i < n; i++)
			memcpy(to + i * stride, from + i * sizeof(uint32_t),
			       sizeof(uint32_t));
}

/**
 * mml_columns_read() - some rows
 * @columns: as for mml_columns_find()
 * @max: likewise
 * @found: what that has found
 * @first: the first row's number
 * @n: how many
 * @rows: where to; a field whose column is absent is left as it is
 * @stride: bytes of a row
 */
void mml_columns_read(const struct mml_column *columns, unsigned int max,
		      const char *const *found, uint32_t first, uint32_t n,
		      void *rows, size_t stride)
{
	unsigned int type;

	for (type = 1; type <= max; type++)
		if (found[type])
			scatter(found[type] + (size_t)first * columns[type].size,
				columns[type].size, n,
				(char *)rows + columns[type].offset, stride);
}
