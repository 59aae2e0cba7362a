/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SELFTESTS_FUZZ_REPLY_H
#define SELFTESTS_FUZZ_REPLY_H

#include <libmnl/libmnl.h>

/* A message to every decoder, as the answer to @request. */
void fuzz_decode(const struct nlmsghdr *nlh, const struct nlmsghdr *request);

#endif /* SELFTESTS_FUZZ_REPLY_H */
