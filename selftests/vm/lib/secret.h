/* SPDX-License-Identifier: GPL-2.0 */
/* What must not be told: the numbers of our own frames, and a sieve that finds them. */
#ifndef SELFTESTS_SECRET_H
#define SELFTESTS_SECRET_H

#include <stddef.h>
#include <stdint.h>

/*
 * Learns the frames of @pages at @area, by pagemap. Returns the first of those that
 * are looked for.
 */
uint64_t secret_learn(const char *area, size_t pages);

/* How many of them are found in what was received */
unsigned int secret_in(const void *bytes, size_t len);

#endif /* SELFTESTS_SECRET_H */
