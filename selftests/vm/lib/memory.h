/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Situations of memory, for programs that set up one and then see what becomes
 * of it; and processes to have them in. Each function returns the address that
 * it is about; or NULL, and @lacks says what this kernel or machine has not.
 */
#ifndef SELFTESTS_MEMORY_H
#define SELFTESTS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>

#define PAGE	4096UL
#define HUGE	(2UL << 20)
#define RW	(PROT_READ | PROT_WRITE)

extern const char *files_directory;	/* on a file system that is kept on a device */
extern char lacks[96];
extern int own_pagemap;			/* to be opened by each process */

char *lacking(const char *what);	/* with errno; returns NULL */
void nap(void);

/* The word of our own pagemap; 0 where there is none. */
uint64_t pagemap_word(const void *address);
bool is_swapped(const void *address);

/* Never huge pages, but for huge(). */
char *map(size_t bytes, int prot, int flags, int fd);
char *anon(size_t pages);
char *untouched(void);
char *read_before(void);
char *written(void);
char *protect(char *area, int prot);	/* one page; NULL stays NULL */
char *huge(void);			/* room for a huge page, aligned */
bool find_stack(uintptr_t *start, uintptr_t *end);
char *below_stack(void);		/* not mapped yet */

/* A file of one page; out of the cache if @cold. A descriptor, or -1. */
int new_file(bool cold);
char *file_area(bool cold, int flags);	/* two pages: the second one is beyond its end */
char *file_mapped(void);		/* privately, and read */
char *file_shared_mapped(void);

/* With a forked process that shares all we have; it ends with us, or at once. */
char *fork_with(char *area, bool ends);
char *forked(void);
char *forked_alone(void);

char *swapped(void);
char *cleared_refs(void);		/* soft-dirty was cleared */

/* A process of its own, which dies with us, and pipes to and from it. */
struct actor {
	pid_t pid;
	int orders, answers;
};

/* @act runs in it, with its ends of the pipes. */
typedef void (*actor_fn)(const void *part, int orders, int answers);
void actor_start(struct actor *actor, actor_fn act, const void *part);
void actor_end(struct actor *actor);

#endif /* SELFTESTS_MEMORY_H */
