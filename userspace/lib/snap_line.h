/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One line of a snapshot: a flat JSON object, or a flat JSON array, of null,
 * true, false, unsigned integers and strings. Nothing of JSON's that this does
 * not need is read: no nesting, no fractions, no negative numbers.
 *
 *	{"line":"vma","start":"0x55d0c8a00000","path":"/usr/bin/cat",...}
 *	["0x55d0c8a00000",12,1,1,...]
 *
 * A table says which member of a struct each key stands for, both ways, so
 * that what is written is what is read. An unknown value (all bits set) is
 * null; a key that is missing leaves the member as it was; one that is not in
 * the table is of a newer version, and skipped.
 */
#ifndef MML_SNAP_LINE_H
#define MML_SNAP_LINE_H

#include <stdio.h>

#include "lib/mmlens.h"

enum snap_kind {
	SNAP_NUMBER,	/* 32 or 64 bits, in decimal */
	SNAP_HEX,	/* likewise, as a string "0x..." */
	SNAP_BOOL,
	SNAP_TEXT,	/* char array */
	SNAP_STRING,	/* char *, NULL is null */
};

struct snap_field {
	const char *key;
	uint16_t offset;
	uint16_t size;
	enum snap_kind kind;
};

#define SNAP_FIELD(type, member, name, kind) \
	{ name, offsetof(type, member), sizeof(((type *)0)->member), kind }

/* A table ends with a field that has no key. */
void snap_put_line(FILE *out, const char *line, const struct snap_field *fields,
		   const void *from);
/* -EBADMSG or -ENOMEM. Strings that were read before that belong to @to. */
int snap_get_line(const char *text, const struct snap_field *fields, void *to);
/* Is this an object whose first key is "line", and which? */
bool snap_line_is(const char *text, const char *line);

/* An array of @fields' members, in their order. */
void snap_put_row(FILE *out, const struct snap_field *fields, size_t n,
		  const void *from);
/* One that has no key is left out. */
int snap_get_row(const char *text, const struct snap_field *fields, size_t n,
		 void *to);

#endif /* MML_SNAP_LINE_H */
