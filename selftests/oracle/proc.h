/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What /proc says about a process's memory: areas from smaps, pages from
 * pagemap, and each frame's flags and count from kpageflags and kpagecount.
 * Nothing here knows mmlens: it is the other witness.
 */
#ifndef ORACLE_PROC_H
#define ORACLE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/kernel-page-flags.h>

/* The entries of pagemap: Documentation/admin-guide/mm/pagemap.rst */
#define PM_VALUE_MASK		((1ULL << 55) - 1)	/* frame, or swap */
#define PM_SOFT_DIRTY		(1ULL << 55)
#define PM_EXCLUSIVE		(1ULL << 56)
#define PM_UFFD_WP		(1ULL << 57)
#define PM_GUARD		(1ULL << 58)
#define PM_FILE			(1ULL << 61)
#define PM_SWAP			(1ULL << 62)
#define PM_PRESENT		(1ULL << 63)

/* From 32 on kpageflags is no ABI: include/linux/kernel-page-flags.h */
#define KPF_RESERVED		32
#define KPF_MLOCKED		33
#define KPF_MAPPEDTODISK	34	/* since 6.1, on anonymous pages: exclusive */
#define KPF_PRIVATE		35

#define KPF(name)		(1ULL << KPF_##name)

struct proc_area {
	uint64_t start, end;
	char perms[5];		/* as in maps: "rw-p" */
	uint64_t offset;	/* bytes */
	unsigned int major, minor;
	uint64_t inode;
	char *name;		/* path or [name] as maps shows it, or "" */
	uint64_t kernel_page_size, rss, swap;	/* bytes */
	int pkey;		/* -1 where this machine has none */
	char flags[128];	/* VmFlags: " rd wr mr ... " */
};

/* A page with a present or swap entry. */
struct proc_page {
	uint64_t addr;
	uint64_t pagemap;
	uint64_t flags;		/* kpageflags of the frame, 0 for a swap entry */
	uint64_t folio_flags;	/* of the folio's first frame */
	uint64_t count;		/* kpagecount */
};

struct proc_view {
	struct proc_area *areas;
	size_t nr_areas;
	struct proc_page *pages;	/* ascending */
	size_t nr_pages;
	uint64_t rss;		/* bytes, smaps' sum */
};

/* Returns 0, or a negative errno after saying on stderr what failed. */
int proc_read(pid_t pid, struct proc_view *view);
void proc_free(struct proc_view *view);

/* Does VmFlags have this two-letter @flag? */
bool proc_area_has(const struct proc_area *area, const char *flag);

/*
 * Stops all of @pid's threads; *@was_stopped says that they stood still
 * before, and should go on doing so.
 */
int proc_stop(pid_t pid, bool *was_stopped);

#endif /* ORACLE_PROC_H */
