/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What mmlens says about a process, whole, to be held against /proc.
 */
#ifndef ORACLE_ANSWER_H
#define ORACLE_ANSWER_H

#include "lib/mmlens.h"

#include "proc.h"

struct answer {
	struct mml_vmas vmas;
	struct mml_extent *extents;	/* ascending */
	size_t nr_extents;
	struct mml_dump dump;
};

/* Asks the module. Returns 0, or a negative errno after saying why. */
int answer_ask(struct mml_client *client, pid_t pid, struct answer *answer);

/*
 * Makes up the answer that a flawless mmlens would give from @view, so that
 * the judge can be tried where no module is loaded.
 */
void answer_from_proc(const struct proc_view *view, struct answer *answer);

/*
 * Falsifies one thing, named @what, in the middle of @answer: the judge must
 * notice. Returns false if there is nothing that can be falsified so.
 */
bool answer_corrupt(struct answer *answer, const char *what);

/* All that answer_corrupt() knows, for the usage text; NULL ends it. */
extern const char *const answer_corruptions[];

void answer_free(struct answer *answer);

#endif /* ORACLE_ANSWER_H */
