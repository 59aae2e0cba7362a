/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tape: a conversation with the kernel, as plain netlink messages one after
 * the other, requests (NLM_F_REQUEST) and replies. replay.c answers from one,
 * record.c makes one of what really is said, mkreply.c makes them up.
 *
 * A request without attributes stands for any of that command. A message of
 * type TAPE_FAILS makes recv() fail with the errno that is its payload.
 */
#ifndef HOST_TAPE_H
#define HOST_TAPE_H

#define TAPE_FAILS 0xffff

#endif /* HOST_TAPE_H */
