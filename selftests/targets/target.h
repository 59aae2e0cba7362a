/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Targets: small programs that set up one memory situation each, say what it
 * is, and hold still while somebody looks at them.
 *
 * All talk alike. Lines NAME=value on stdout say where things are and what is
 * to be expected, then "ready". Each line on stdin asks for the next step; the
 * answer is the NAME=value lines that changed, then "done", or "end" if there
 * is no further step, and "ready" again. When stdin ends the program ends, and
 * every process that it made ends with it, whatever way it goes.
 *
 * Addresses are hex with 0x, counts are decimal and in base pages. A and B
 * are the two processes that `mmlens cow A B` is to compare; NAME_SHARED and
 * its kin are what it must then say of the area at address NAME.
 *
 * Nothing here calls malloc(), so that the heap holds what a target puts there
 * and nothing else.
 */
#ifndef TARGETS_TARGET_H
#define TARGETS_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Nothing is printed before this: it says who we are and how large a page is. */
void target_begin(void);

void target_uint(const char *name, uint64_t value);
void target_hex(const char *name, const void *address);
void target_string(const char *name, const char *value);

/* What `mmlens cow A B` is to find in one area; in pages. */
struct target_counts {
	uint64_t shared;	/* the same frame in both */
	uint64_t copied_a;	/* A took a new frame */
	uint64_t copied_b;
	uint64_t copied_either;	/* one did, and left no trace of which */
	uint64_t different;	/* two frames of which neither is known to be a copy */
	uint64_t own_a;
	uint64_t own_b;
	uint64_t unfaulted_a;	/* B has it, A would map the same */
	uint64_t unfaulted_b;
};

void target_expect(const char *area, const struct target_counts *counts);

/*
 * What mmlens is to say of all of @pages pages from page @first of @area on:
 * NAME=address, NAME_PAGES and NAME_IS, the last being words KEY=VALUE with the
 * keys of `mmlens pages --json`, of which each has to hold for every page. A VALUE
 * may be several with | between them; of a list it is +WORD (in it) and -WORD (not
 * in it) with commas between them; "some" is anything that is not null. `extents`
 * is how many there are, `vma_pages` the size of the area around; vma_KEY has a key
 * of `mmlens vma --json`, and is about that area.
 */
__attribute__((format(printf, 5, 6)))
void target_state(const char *name, const char *area, size_t first, size_t pages,
		  const char *is, ...);

/* This kernel, or machine, cannot have NAME: NAME_LACKS=why, with errno. */
void target_lacks(const char *name, const char *what);

/* Waits to be asked for the next step; does not return at EOF. */
void target_wait(void);
/* There are no more steps: says so until EOF. */
_Noreturn void target_end(void);

/* Says what went wrong, with errno, on stderr and ends the program. */
_Noreturn void target_die(const char *what);

extern size_t target_page;	/* bytes */

/* Private anonymous memory of 4 KiB pages, for sure; untouched. */
char *target_anon(size_t pages);
/* A private mapping of a new file of so many pages; every one was read. */
char *target_file(size_t pages);

/*
 * Writes to (or reads) @count pages from page @first on, of every @step-th one.
 * What is written is the page's own number, so that no two pages are equal.
 */
void target_write(char *area, size_t first, size_t count, size_t step);
void target_read(const char *area, size_t first, size_t count, size_t step);

/* Makes every CPU carry out what it had put off: LRU flags, lazyfree, mlock. */
void target_drain(void);

/* Returns when another process sleeps, or dies if it does not. */
void target_await_sleep(pid_t pid);

/* What pagemap says of the page at @addr now. */
uint64_t target_pagemap(const char *addr);

/*
 * Asks that pages go to swap, of which no CPU keeps any back; not 0 if that is
 * refused. Whether they went is for the caller to see.
 */
int target_ask_pageout(char *area, size_t pages);

/* Pushes pages out to swap, and dies if they do not go. */
void target_pageout(char *area, size_t first, size_t pages);

/* "512M", "64k", or bytes; rounded up to pages. */
size_t target_size(const char *arg);

/*
 * A child that does what it is told. Every puppet can have puppets of its own:
 * @obey runs in the child, which dies with its parent.
 */
struct puppet {
	pid_t pid;
	int orders;
	int answers;
};

typedef void (*puppet_fn)(char order);

/* Returns when it waits for orders: it has copied by then what it writes to for that. */
void puppet_start(struct puppet *puppet, puppet_fn obey);
/* Returns when it has been carried out. */
void puppet_do(const struct puppet *puppet, char order);
/* Kills it and waits until it is gone. */
void puppet_end(struct puppet *puppet);

#endif /* TARGETS_TARGET_H */
