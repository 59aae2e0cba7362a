/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mmlens cow, in files: which processes (cow_who.c), reading them (cow_read.c),
 * the report on two (cow_pair.c, cow_map.c) and on any other number (cow_set.c,
 * cow_processes.c, cow_set_map.c), the areas in both (cow_areas.c), which data it is
 * (cow_symbols.c), --watch (cow_watch.c), and cow.c, which puts them together.
 */
#ifndef CMD_COW_H
#define CMD_COW_H

#include "cmd/cmd.h"
#include "lib/cow.h"
#include "lib/set.h"

struct cow_options {
	struct mml_ctx *ctx;
	const char *cgroup, *area, *top_arg, *interval;
	bool map, stop, symbols, watch;
	unsigned int interval_ms;
	size_t top;		/* 0: all */
	struct show_columns chosen;
};

/* ---- which processes ---- */

struct cow_pids {
	uint32_t *v;
	uint32_t n;
	bool found;	/* by us, not named: what has no memory is left out */
	bool watched;	/* that none is left is no error */
};

/*
 * The operands; of a single one, the process and its descendants; of --cgroup,
 * the processes of that cgroup and those below. @before are those of the look
 * before, or NULL at the first. Returns 0, or an exit code: the error is printed.
 * Free with cow_pids_free().
 */
int cow_who(const struct cow_options *options, int argc, char **argv,
	    const struct cow_pids *before, struct cow_pids *pids);
void cow_pids_free(struct cow_pids *pids);

/* ---- reading ---- */

struct cow_member {
	uint32_t pid, ppid;
	char comm[64];
	uint64_t mm_id;
	uint64_t epoch;		/* at the end of its reading */
	uint64_t expected;	/* pages, for the progress */
	bool gone;		/* vanished while it was read */
	struct mml_vmas vmas;
	struct mml_cow_process process;
};

/* A process whose address space another one of the set has, too. */
struct cow_twin {
	uint32_t pid, as;
};

/* Processes as they were read; lib/cow.h and lib/set.h judge them. */
struct cow_reading {
	struct cow_member *v;	/* as they were found; some may have gone */
	uint32_t n;		/* of @process */
	bool pair;		/* two were meant, and each has an address space of its own */
	struct cow_twin *twins;
	uint32_t nr_twins;
	const struct mml_cow_process **process;	/* each with an address space of its own */
	struct mml_dump dump;	/* how it ended, for all together */
	unsigned int attempts;	/* that it took */
};

/*
 * Reads them, again if they changed meanwhile, held still if @options say so.
 * Returns 0 also when they still were torn, or one vanished midway:
 * @reading->dump says so. Else an exit code: the error is printed.
 * cow_reading_free() in any case.
 */
int cow_read(const struct cow_options *options, const struct cow_pids *pids,
	     struct cow_reading *reading);
void cow_reading_free(struct cow_reading *reading);
/* The one whose pages are @reading->process[@i]. */
const struct cow_member *cow_member(const struct cow_reading *reading, uint32_t i);

static inline uint32_t cow_pid(const struct cow_reading *reading, uint32_t i)
{
	return reading->process[i]->pid;
}

/* The end of every report: complete or not, torn or not. */
void cow_show_dump(struct mml_ctx *ctx, const struct cow_reading *reading);

/* ---- reports ---- */

extern const struct show_column cow_pair_columns[];
extern const struct show_column cow_set_columns[];

/* All print, and return an exit code. */
int cow_report_pair(const struct cow_options *options,
		    const struct cow_reading *reading);
int cow_report_set(const struct cow_options *options,
		   const struct cow_reading *reading);
int cow_out_of_memory(struct mml_ctx *ctx);
/* The rows of processes of that report; negative when there is no memory. */
int cow_show_processes(struct mml_ctx *ctx, const struct cow_reading *reading,
		       const struct mml_set *set);
/* Looks again and again, first at @pids. */
int cow_watch(const struct cow_options *options, int argc, char **argv,
	      struct cow_pids *pids);

/* "heap", "libc.so.6", "anon 7f1c40000000": an area that starts at @start. */
const char *cow_area_name(const struct mml_vma *vma, uint64_t start, char *buf,
			  size_t size);
struct show_value cow_area_kind(const struct mml_vma *vma, bool copied_on_write);

/* ---- pictures ---- */

/* One area of two processes; the legend is of all that were drawn. */
struct cow_map {
	struct show *show;
	const struct cow_reading *reading;
	unsigned int width;		/* characters in a line */
	uint32_t seen;			/* marks that the legend has to explain */
	bool blocks;			/* some characters are more than a page */
};

void cow_map_begin(struct cow_map *map, struct show *show,
		   const struct cow_reading *reading);
int cow_map_area(struct cow_map *map, const struct mml_cow *cow, size_t index,
		 const char *name);
void cow_map_legend(struct cow_map *map);
/* The same of a set: letters are its processes. */
struct cow_set_map {
	struct show *show;
	const struct cow_reading *reading;
	unsigned int width;
	uint32_t seen;
	uint32_t letters;		/* processes that were drawn */
	bool capitals, smalls, blocks;
};

void cow_set_map_begin(struct cow_set_map *map, struct show *show,
		       const struct cow_reading *reading);
int cow_set_map_area(struct cow_set_map *map, const struct mml_set *set,
		     uint32_t area, const char *name);
void cow_set_map_legend(struct cow_set_map *map);

#define COW_MAP_WIDTH_MAX 1024
/* Characters in a line: a power of two, so that the lines' addresses are round. */
unsigned int cow_map_width(const struct show *show);
/* What pictures of both kinds are made of. */
void cow_map_open(struct show *show, const char *name, uint64_t scale);
void cow_map_line(struct show *show, uint64_t start, const char *cells);
void cow_map_close(struct show *show);

/* ---- which data ---- */

struct cow_symbols {
	struct show *show;
	const struct cow_reading *reading;
	struct mml_symbols **of;	/* of each process, once they were needed */
};

int cow_symbols_begin(struct cow_symbols *symbols, struct show *show,
		      const struct cow_reading *reading);
void cow_symbols_end(struct cow_symbols *symbols);
int cow_symbols_set(struct cow_symbols *symbols, const struct mml_set *set,
		    uint32_t area, const char *name);
int cow_symbols_pair(struct cow_symbols *symbols, const struct mml_cow *cow,
		     size_t index, const char *name);

#endif /* CMD_COW_H */
