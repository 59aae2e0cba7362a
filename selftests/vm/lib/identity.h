/* SPDX-License-Identifier: GPL-2.0 */
/* Who a process can be: with which rights, and in which namespaces. */
#ifndef SELFTESTS_IDENTITY_H
#define SELFTESTS_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

struct identity {
	const char *name;
	void (*become)(void);	/* for good; _exit(1) if that fails */
	int only;		/* this capability, without @become */
	bool capable;		/* CAP_SYS_ADMIN in the initial user namespace */
	bool exposed;		/* in a network that an unprivileged user may tap */
	bool own_pids;		/* the first process of its PID namespace */
};

#define IDENTITY_LAST_CAP 40	/* those that are here */

/* A name of NULL ends it. */
extern const struct identity identities[];

/* For good, in a process of its own. */
void identity_become(const struct identity *who);

#endif /* SELFTESTS_IDENTITY_H */
