/* SPDX-License-Identifier: GPL-2.0 */
/* The attributes of a nest, described by a table, and read into a struct. */
#ifndef MML_FIELDS_H
#define MML_FIELDS_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {
	FIELD_U32,
	FIELD_U64,
	FIELD_FLAG,	/* into a bool */
	FIELD_TEXT,	/* into a char array */
	FIELD_DUP,	/* into a char pointer, allocated */
};

struct field {
	uint16_t attr;
	uint8_t kind;
	bool required;
	uint16_t offset;
	uint16_t size;
};

#define FIELD(number, how, structure, member) {				\
	.attr = (number), .kind = (how),				\
	.offset = offsetof(structure, member),				\
	.size = sizeof(((structure *)0)->member),			\
}
#define REQUIRED(number, how, structure, member) {			\
	.attr = (number), .kind = (how), .required = true,		\
	.offset = offsetof(structure, member),				\
	.size = sizeof(((structure *)0)->member),			\
}

int mml_read_fields(const void *payload, size_t len, const struct field *fields,
		    size_t n, void *to);

/* Of a nested attribute; @fields is an array. */
#define mml_read_nest(nest, fields, to)					\
	mml_read_fields(mnl_attr_get_payload(nest),			\
			mnl_attr_get_payload_len(nest),			\
			fields, sizeof(fields) / sizeof(*(fields)), to)

int mml_read_number(const struct nlattr *attr, void *to, size_t size);
void mml_unknown_fields(void *to, const struct field *fields, size_t n);

#endif /* MML_FIELDS_H */
