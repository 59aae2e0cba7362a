/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What libFuzzer calls, again and again, with bytes that it makes up; and
 * corpus.c, which needs no clang, with those of files. One for each kind of
 * thing that the tool reads: reply.c, snapshot.c, words.c, and tool.c for all
 * of it together.
 */
#ifndef SELFTESTS_FUZZ_H
#define SELFTESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* SELFTESTS_FUZZ_H */
