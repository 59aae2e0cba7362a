/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What people type: PIDs, addresses, frame numbers, ranges. Every failure is
 * -EINVAL (or -ENOENT: no area of that name) with a sentence that quotes the
 * argument.
 */
#ifndef MML_PARSE_H
#define MML_PARSE_H

#include "lib/mmlens.h"

int mml_parse_pid(const char *arg, uint32_t *pid, struct mml_error *err);

/* Hex, with or without 0x, as pasted from /proc/PID/maps. */
int mml_parse_addr(const char *arg, uint64_t *addr, struct mml_error *err);

/* Decimal, or hex with 0x. */
int mml_parse_pfn(const char *arg, uint64_t *pfn, struct mml_error *err);

/* Decimal with an optional fraction of a second: milliseconds. */
int mml_parse_seconds(const char *arg, unsigned int *ms, struct mml_error *err);

struct mml_range {
	uint64_t start, end;
};

/* PFN, or START-END of PFNs: the second is the first after the range. */
int mml_parse_frames(const char *arg, struct mml_range *range,
		     struct mml_error *err);

struct mml_ranges {
	struct mml_range *v;
	size_t n;
};

/*
 * START-END, START+LEN, ADDR (its page), or a name: heap, stack, anon, a
 * file's name or path, which gives every area of @vmas that has it. A range
 * is widened to whole pages of @page_size bytes. Free with mml_ranges_free().
 */
int mml_parse_ranges(const char *arg, uint64_t page_size,
		     const struct mml_vmas *vmas, struct mml_ranges *ranges,
		     struct mml_error *err);
/* One range, from the first area to the last; none without areas. */
int mml_whole_range(const struct mml_vmas *vmas, struct mml_ranges *ranges,
		    struct mml_error *err);
void mml_ranges_free(struct mml_ranges *ranges);

#endif /* MML_PARSE_H */
