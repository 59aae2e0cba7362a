// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fields.h"

/**
 * mml_read_number() - read an attribute that is a number
 * @attr: the attribute
 * @to: where to
 * @size: bytes of it
 *
 * Return: 0 or -EBADMSG
 */
int mml_read_number(const struct nlattr *attr, void *to, size_t size)
{
	if (mnl_attr_get_payload_len(attr) != size)
		return -EBADMSG;
	memcpy(to, mnl_attr_get_payload(attr), size);
	return 0;
}

/* The bytes of a string without its NUL, or -EBADMSG when it has none. */
static ssize_t text_length(const struct nlattr *attr)
{
	const char *text = mnl_attr_get_payload(attr);
	size_t size = mnl_attr_get_payload_len(attr);
	const char *end = memchr(text, '\0', size);

	return end ? end - text : -EBADMSG;
}

static int read_text(const struct nlattr *attr, char *to, size_t size)
{
	ssize_t len = text_length(attr);

	if (len < 0 || (size_t)len >= size)
		return -EBADMSG;
	memcpy(to, mnl_attr_get_payload(attr), len + 1);
	return 0;
}

static int dup_text(const struct nlattr *attr, char **to)
{
	if (text_length(attr) < 0)
		return -EBADMSG;
	free(*to);
	*to = strdup(mnl_attr_get_payload(attr));
	return *to ? 0 : -ENOMEM;
}

static int read_field(const struct nlattr *attr, const struct field *field,
		      void *to)
{
	switch (field->kind) {
	case FIELD_U32:
	case FIELD_U64:
		return mml_read_number(attr, to, field->size);
	case FIELD_FLAG:
		*(bool *)to = true;
		return 0;
	case FIELD_TEXT:
		return read_text(attr, to, field->size);
	default:
		return dup_text(attr, to);
	}
}

/**
 * mml_read_fields() - read attributes
 * @payload: what holds them
 * @len: bytes of it
 * @fields: those that are known; others are skipped
 * @n: how many
 * @to: the struct that they go to
 *
 * Return: 0, -EBADMSG or -ENOMEM
 */
int mml_read_fields(const void *payload, size_t len, const struct field *fields,
		    size_t n, void *to)
{
	const struct nlattr *attr;
	uint64_t seen = 0;
	size_t i;
	int ret;

	mnl_attr_for_each_payload(payload, len) {
		for (i = 0; i < n; i++)
			if (fields[i].attr == mnl_attr_get_type(attr))
				break;
		if (i == n)
			continue;
		ret = read_field(attr, &fields[i], (char *)to + fields[i].offset);
		if (ret)
			return ret;
		seen |= 1ULL << i;
	}
	for (i = 0; i < n; i++)
		if (fields[i].required && !(seen & 1ULL << i))
			return -EBADMSG;
	return 0;
}

/**
 * mml_unknown_fields() - set all numbers to unknown
 * @to: the struct that they are in
 * @fields: they; what the kernel leaves out is unknown, not 0
 * @n: how many
 */
void mml_unknown_fields(void *to, const struct field *fields, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (fields[i].kind == FIELD_U32 || fields[i].kind == FIELD_U64)
			memset((char *)to + fields[i].offset, 0xff,
			       fields[i].size);
}
