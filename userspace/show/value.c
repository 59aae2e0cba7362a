// SPDX-License-Identifier: GPL-2.0
/* Values on their way out: what makes them, and their two notations. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/mmlens.h>

#include "lib/names.h"
#include "show/show.h"

/**
 * show_unknown() - what nobody knows
 *
 * Return: the value
 */
struct show_value show_unknown(void)
{
	return (struct show_value){ .type = SHOW_UNKNOWN };
}

static struct show_value value(enum show_type type, uint64_t number)
{
	return (struct show_value){
		.type = number == MMLENS_UNKNOWN ? SHOW_UNKNOWN : type,
		.number = number,
	};
}

/**
 * show_uint() - a number
 * @number: MMLENS_UNKNOWN is unknown
 *
 * Return: the value
 */
struct show_value show_uint(uint64_t number)
{
	return value(SHOW_UINT, number);
}

/**
 * show_uint32() - a number of 32 bits
 * @number: MMLENS_UNKNOWN32 is unknown
 *
 * Return: the value
 */
struct show_value show_uint32(uint32_t number)
{
	return value(SHOW_UINT, number == MMLENS_UNKNOWN32 ? MMLENS_UNKNOWN : number);
}

/**
 * show_frame() - a number that people read in hex: a frame, an offset
 * @pfn: MMLENS_UNKNOWN is unknown
 *
 * Return: the value
 */
struct show_value show_frame(uint64_t pfn)
{
	return value(SHOW_FRAME, pfn);
}

/**
 * show_addr() - an address
 * @addr: MMLENS_UNKNOWN is unknown
 *
 * Return: the value
 */
struct show_value show_addr(uint64_t addr)
{
	return value(SHOW_ADDR, addr);
}

/**
 * show_hex() - an opaque number
 * @number: MMLENS_UNKNOWN is unknown
 *
 * Return: the value
 */
struct show_value show_hex(uint64_t number)
{
	return value(SHOW_HEX, number);
}

/**
 * show_raw() - a raw entry
 * @number: any: an entry may have all bits set
 *
 * Return: the value
 */
struct show_value show_raw(uint64_t number)
{
	return (struct show_value){ .type = SHOW_RAW, .number = number };
}

/**
 * show_bytes() - a size
 * @bytes: MMLENS_UNKNOWN is unknown
 *
 * Return: the value
 */
struct show_value show_bytes(uint64_t bytes)
{
	return value(SHOW_BYTES, bytes);
}

/**
 * show_bool() - yes or no
 * @flag: which
 *
 * Return: the value
 */
struct show_value show_bool(bool flag)
{
	return value(SHOW_BOOL, flag);
}

/**
 * show_str() - a string from anywhere
 * @string: NULL is unknown; must live until it is shown
 *
 * Return: the value
 */
struct show_value show_str(const char *string)
{
	return (struct show_value){
		.type = string ? SHOW_STR : SHOW_UNKNOWN, .string = string,
	};
}

static struct show_value named(enum show_type type, uint64_t number,
			       const struct mml_name *names)
{
	struct show_value v = value(type, number);

	v.names = names;
	return v;
}

/**
 * show_name() - a number that has a name
 * @number: MMLENS_UNKNOWN is unknown
 * @names: the table
 *
 * Return: the value
 */
struct show_value show_name(uint64_t number, const struct mml_name *names)
{
	return named(SHOW_NAME, number, names);
}

/**
 * show_bits() - bits that have names
 * @bits: MMLENS_UNKNOWN is unknown
 * @names: the table
 *
 * Return: the value
 */
struct show_value show_bits(uint64_t bits, const struct mml_name *names)
{
	return named(SHOW_BITS, bits, names);
}

/**
 * show_codes() - bits, by their short forms
 * @bits: MMLENS_UNKNOWN is unknown
 * @names: the table
 *
 * Return: the value
 */
struct show_value show_codes(uint64_t bits, const struct mml_name *names)
{
	return named(SHOW_CODES, bits, names);
}

/**
 * show_fields() - the bits of a mask, fields without their numbers
 * @mask: MMLENS_UNKNOWN is unknown
 * @names: the table
 *
 * Return: the value
 */
struct show_value show_fields(uint64_t mask, const struct mml_name *names)
{
	return named(SHOW_FIELDS, mask, names);
}

/**
 * show_set() - a mask of numbers that have names
 * @mask: bit n stands for the number n
 * @names: the table
 *
 * Return: the value
 */
struct show_value show_set(uint64_t mask, const struct mml_name *names)
{
	return named(SHOW_SET, mask, names);
}

/**
 * show_swap() - a swap slot
 * @swap: MMLENS_UNKNOWN is unknown
 *
 * Return: the value
 */
struct show_value show_swap(uint64_t swap)
{
	return value(SHOW_SWAP, swap);
}

static const char *bytes_text(uint64_t bytes, char *buf, size_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB",
					     "PiB", "EiB" };
	unsigned int unit = 0;
	uint64_t scale = 1;

	while (unit < 6 && bytes / scale >= 1024) {
		scale *= 1024;
		unit++;
	}
	if (bytes % scale)
		snprintf(buf, size, "%.1f %s", (double)bytes / scale, units[unit]);
	else
		snprintf(buf, size, "%" PRIu64 " %s", bytes / scale, units[unit]);
	return buf;
}

struct joined {
	char *buf;
	size_t size, len;
};

static void join_word(const char *word, void *arg)
{
	struct joined *joined = arg;
	int len;

	if (joined->len >= joined->size)
		return;
	len = snprintf(joined->buf + joined->len, joined->size - joined->len,
		       "%s%s", joined->len ? " " : "", word);
	joined->len += len;
}

/* All names that a value of several has. */
static void for_each_name(const struct show_value *v,
			  void (*fn)(const char *name, void *arg), void *arg)
{
	enum mml_naming naming = v->type == SHOW_CODES ? MML_CODES :
				 v->type == SHOW_FIELDS ? MML_FIELDS : MML_NAMES;

	if (v->type == SHOW_SET)
		mml_for_each_number(v->names, v->number, fn, arg);
	else
		mml_for_each_bit(v->names, v->number, naming, fn, arg);
}

static const char *bits_text(const struct show_value *v, char *buf, size_t size)
{
	struct joined joined = { .buf = buf, .size = size };

	*buf = '\0';
	for_each_name(v, join_word, &joined);
	return joined.len ? buf : "-";
}

/* A number without a name is still printed. */
static const char *name_text(const struct show_value *v, char *buf, size_t size)
{
	const char *name = mml_name(v->names, v->number);

	if (name)
		return name;
	snprintf(buf, size, "unknown-%" PRIu64, v->number);
	return buf;
}

/* Text streams by the million too, and snprintf() takes its time. */
static const char *hex_text(uint64_t number, bool prefix, int digits, char *buf)
{
	char *end = buf + 20, *at;

	*end = '\0';
	at = hex_before(end, number, digits);
	if (prefix) {
		*--at = 'x';
		*--at = '0';
	}
	return at;
}

static const char *decimal_text(uint64_t number, char *buf)
{
	char *end = buf + 20;

	*end = '\0';
	return decimal_before(end, number);
}

/**
 * show_value_text() - a value for people
 * @v: the value
 * @buf: room for it
 * @size: bytes of @buf, at least 32
 *
 * Return: the text, in @buf or static
 */
const char *show_value_text(struct show_value v, char *buf, size_t size)
{
	switch (v.type) {
	case SHOW_UNKNOWN:
		return "-";
	case SHOW_UINT:
		return decimal_text(v.number, buf);
	case SHOW_FRAME:
	case SHOW_HEX:
		return hex_text(v.number, true, 1, buf);
	case SHOW_ADDR:
		return hex_text(v.number, false, 1, buf);
	case SHOW_RAW:
		return hex_text(v.number, true, 16, buf);
	case SHOW_BYTES:
		return bytes_text(v.number, buf, size);
	case SHOW_BOOL:
		return v.number ? "yes" : "no";
	case SHOW_STR:
		return show_escape(v.string, buf, size);
	case SHOW_NAME:
		return name_text(&v, buf, size);
	case SHOW_BITS:
	case SHOW_CODES:
	case SHOW_FIELDS:
	case SHOW_SET:
		return bits_text(&v, buf, size);
	case SHOW_SWAP:
		snprintf(buf, size, "%u:%" PRIu64,
			 (unsigned int)MMLENS_SWAP_TYPE(v.number),
			 (uint64_t)MMLENS_SWAP_OFFSET(v.number));
		return buf;
	}
	return "?";
}

static void json_word(const char *word, void *arg)
{
	json_string(arg, NULL, word);
}

static void bits_json(struct json *json, const char *key,
		      const struct show_value *v)
{
	json_array(json, key, JSON_ROW);
	for_each_name(v, json_word, json);
	json_end(json);
}

static void swap_json(struct json *json, const char *key, uint64_t swap)
{
	json_object(json, key, JSON_ROW);
	json_uint(json, "type", MMLENS_SWAP_TYPE(swap));
	json_uint(json, "offset", MMLENS_SWAP_OFFSET(swap));
	json_end(json);
}

/**
 * show_is_number() - is a value a plain number?
 * @v: the value
 *
 * Return: true if show_number_json() can put it
 */
bool show_is_number(struct show_value v)
{
	return v.type == SHOW_UINT || v.type == SHOW_FRAME ||
	       v.type == SHOW_BYTES || v.type == SHOW_ADDR || v.type == SHOW_HEX;
}

/**
 * show_number_json() - a plain number for programs, without its key
 * @line: where to
 * @v: the value
 */
void show_number_json(struct line *line, struct show_value v)
{
	if (v.type != SHOW_ADDR && v.type != SHOW_HEX) {
		line_decimal(line, v.number);
		return;
	}
	line_bytes(line, "\"0x", 3);
	line_hex(line, v.number, 1);
	line_char(line, '"');
}

/**
 * show_value_json() - a value for programs
 * @json: the writer
 * @key: in an object, else NULL
 * @v: the value
 */
void show_value_json(struct json *json, const char *key, struct show_value v)
{
	char buf[32];

	switch (v.type) {
	case SHOW_UNKNOWN:
		json_null(json, key);
		break;
	case SHOW_UINT:
	case SHOW_FRAME:
	case SHOW_BYTES:
	case SHOW_ADDR:
	case SHOW_HEX:
		json_lead(json, key);
		show_number_json(&json->line, v);
		break;
	case SHOW_RAW:
		json_hex(json, key, v.number, 16);
		break;
	case SHOW_BOOL:
		json_bool(json, key, v.number);
		break;
	case SHOW_STR:
		json_string(json, key, v.string);
		break;
	case SHOW_NAME:
		json_string(json, key, name_text(&v, buf, sizeof(buf)));
		break;
	case SHOW_BITS:
	case SHOW_CODES:
	case SHOW_FIELDS:
	case SHOW_SET:
		bits_json(json, key, &v);
		break;
	case SHOW_SWAP:
		swap_json(json, key, v.number);
		break;
	}
}
