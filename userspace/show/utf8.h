/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHOW_UTF8_H
#define SHOW_UTF8_H

#include <stddef.h>

/*
 * The bytes of the UTF-8 sequence at @bytes (NUL-ended): 1 to 4, or 0 when
 * there is no valid one: overlong forms, surrogates and the like are none.
 */
size_t utf8_length(const unsigned char *bytes);

#endif /* SHOW_UTF8_H */
