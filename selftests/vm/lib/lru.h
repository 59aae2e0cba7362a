/* SPDX-License-Identifier: GPL-2.0 */
/* What a CPU puts off with pages. */
#ifndef SELFTESTS_LRU_H
#define SELFTESTS_LRU_H

#include <stdbool.h>

/*
 * Makes every CPU carry out what it had put off: LRU flags, lazyfree, mlock, and the
 * references that go with it. A move of no pages begins with lru_add_drain_all()
 * (mm/migrate.c, do_pages_move()). False where the kernel has none (CONFIG_MIGRATION).
 */
bool lru_drain(void);

#endif /* SELFTESTS_LRU_H */
