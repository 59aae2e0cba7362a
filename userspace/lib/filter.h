/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What people type to have only some pages reported. Each adds its tests to a
 * filter; a page passes that passes all of them. Every failure is -EINVAL with
 * a sentence that quotes the word and says which there are.
 */
#ifndef MML_FILTER_H
#define MML_FILTER_H

#include "lib/mmlens.h"
#include "lib/names.h"

/* "present,swap": any of these states. */
int mml_filter_states(struct mml_filter *filter, const char *arg,
		      struct mml_error *err);

/*
 * "write,^dirty,pkey3": bits that must be set and, after a ^, bits that must
 * not. Of the entry, or of the page: with a frame that has flags.
 */
int mml_filter_entry(struct mml_filter *filter, const char *arg,
		     struct mml_error *err);
int mml_filter_flags(struct mml_filter *filter, const char *arg,
		     struct mml_error *err);

/* FRAME, START-END or START+COUNT, each decimal or hex with 0x. */
int mml_filter_frames(struct mml_filter *filter, const char *arg,
		      struct mml_error *err);

#endif /* MML_FILTER_H */
