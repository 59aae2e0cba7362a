// SPDX-License-Identifier: GPL-2.0
/*
 * Which data was copied: for the data of binaries and libraries the objects on
 * the copied pages, for other memory where they lie and how dense. Pages that
 * were touched here and there, each for itself, are what reference counts do;
 * long runs are what filling memory does.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cow.h"
#include "lib/symbols.h"

#define LINES_MAX	16	/* of one area, in text; JSON has all */
#define NAMES_MAX	4	/* of one line, likewise */

/* Pages that follow each other, each copied. */
struct run {
	uint32_t process;	/* whose address it is */
	const struct mml_vma *vma;
	uint64_t start, pages;
};

struct cow_copies {
	uint64_t page_size;
	uint64_t first;		/* lowest address of the area */
	uint64_t present, copied, longest;	/* pages */
	struct run *v;
	size_t n, room;
};

static int push_run(struct cow_copies *copies, const struct run *run)
{
	size_t more = copies->room ? copies->room * 2 : 64;
	struct run *last = copies->n ? &copies->v[copies->n - 1] : NULL;
	void *grown;

	copies->copied += run->pages;
	if (last && last->vma == run->vma &&
	    last->start + last->pages * copies->page_size == run->start) {
		last->pages += run->pages;
		return 0;
	}
	if (copies->n == copies->room) {
		grown = reallocarray(copies->v, more, sizeof(*copies->v));
		if (!grown)
			return -1;
		copies->v = grown;
		copies->room = more;
	}
	copies->v[copies->n++] = *run;
	return 0;
}

static int take_piece(const struct mml_set_piece *piece, void *arg)
{
	struct cow_copies *copies = arg;
	const struct run run = {
		piece->process, piece->vma, piece->start, piece->pages,
	};

	copies->present += piece->pages;
	return piece->copies ? push_run(copies, &run) : 0;
}

struct taker {
	struct cow_copies *copies;
	int ret;
};

static void take_segment(const struct mml_part *part,
			 const struct mml_cow_segment *segment, void *arg)
{
	struct taker *taker = arg;
	struct cow_copies *copies = taker->copies;
	unsigned int who = part->in[0].vma ? 0 : 1;
	const struct run run = {
		who, part->in[who].vma,
		part->in[who].start + segment->page * copies->page_size,
		segment->pages,
	};

	if (segment->verdict.class == MML_COW_NONE || taker->ret)
		return;
	copies->present += segment->pages;
	if (segment->verdict.class == MML_COW_COPIED)
		taker->ret = push_run(copies, &run);
}

/* ---- printing ---- */

/**
 * cow_symbols_begin() - begin to look up
 * @symbols: set up; cow_symbols_end() it
 * @show: where it goes
 * @reading: the processes
 *
 * Return: 0, or negative when there is no memory
 */
int cow_symbols_begin(struct cow_symbols *symbols, struct show *show,
		      const struct cow_reading *reading)
{
	*symbols = (struct cow_symbols){
		.show = show, .reading = reading,
		.of = calloc(reading->n + 1, sizeof(*symbols->of)),
	};
	return symbols->of ? 0 : -1;
}

/**
 * cow_symbols_end() - free what was looked up
 * @symbols: begun, or all zeroes
 */
void cow_symbols_end(struct cow_symbols *symbols)
{
	for (uint32_t i = 0; symbols->of && i < symbols->reading->n; i++)
		mml_symbols_free(symbols->of[i]);
	free(symbols->of);
	symbols->of = NULL;
}

static const struct mml_symbol *find(struct cow_symbols *symbols,
				     const struct run *run, uint64_t end, size_t *n)
{
	const struct mml_cow_process *process = symbols->reading->process[run->process];
	struct mml_symbols **of = &symbols->of[run->process];

	*n = 0;
	if (!*of)
		*of = mml_symbols_new(process->pid, process->vmas,
				      process->page_size);
	return *of ? mml_symbols_find(*of, run->vma, run->start, end, n) : NULL;
}

static void show_names(struct cow_symbols *symbols, const struct run *run,
		       uint64_t end, bool in_text)
{
	struct show *s = symbols->show;
	const struct mml_symbol *found;
	char name[1024];
	size_t n = 0;

	found = find(symbols, run, end, &n);
	show_open_list_row(s, "symbols");
	for (size_t i = 0; i < n; i++) {
		show(s, NULL, NULL, show_str(found[i].name));
		if (in_text && i < NAMES_MAX)
			show_text(s, "%s%s", i ? ", " : run->pages == 1 ? "   " : "  ",
				  show_escape(found[i].name, name, sizeof(name)));
	}
	if (in_text && n > NAMES_MAX)
		show_text(s, ", %zu more", n - NAMES_MAX);
	show_close(s);
}

static void show_run(struct cow_symbols *symbols, const struct cow_copies *copies,
		     const struct run *run, bool in_text)
{
	struct show *s = symbols->show;
	char pages[32];

	snprintf(pages, sizeof(pages), "  %%6s page%s", run->pages == 1 ? "" : "s");
	show_open_row(s, NULL);
	show(s, "start", in_text ? "  %s" : NULL, show_addr(run->start));
	show(s, "offset", in_text ? "  +%s" : NULL, show_hex(run->start - copies->first));
	show(s, "pages", in_text ? pages : NULL, show_uint(run->pages));
	show_names(symbols, run, run->start + run->pages * copies->page_size, in_text);
	if (in_text)
		show_text(s, "\n");
	show_close(s);
}

static void show_copies(struct cow_symbols *symbols, const char *name,
			struct cow_copies *copies)
{
	struct show *s = symbols->show;
	char escaped[1024];

	for (size_t i = 0; i < copies->n; i++) {
		if (copies->v[i].pages > copies->longest)
			copies->longest = copies->v[i].pages;
		if (!i || copies->v[i].vma->start < copies->first)
			copies->first = copies->v[i].vma->start;
	}
	show_style(s, SHOW_BOLD);
	show_text(s, "\n%s", show_escape(name, escaped, sizeof(escaped)));
	show_style(s, SHOW_PLAIN);
	show_open_row(s, "which");
	show(s, "copied", ": %s", show_uint(copies->copied));
	show(s, "present", " of %s pages were copied", show_uint(copies->present));
	if (copies->present)
		show_text(s, " (%llu%%)", (unsigned long long)
			  (100 * copies->copied / copies->present));
	show(s, "nr_runs", ", in %s runs", show_uint(copies->n));
	show(s, "longest", ", the longest of %s pages\n", show_uint(copies->longest));
	show_open_list(s, "runs");
	for (size_t i = 0; i < copies->n; i++)
		show_run(symbols, copies, &copies->v[i], i < LINES_MAX);
	if (copies->n > LINES_MAX)
		show_text(s, "  ... and %zu more runs\n", copies->n - LINES_MAX);
	show_close(s);
	show_close(s);
}

static int finish(struct cow_symbols *symbols, const char *name,
		  struct cow_copies *copies, int ret)
{
	if (!ret && (copies->n || symbols->show->json))
		show_copies(symbols, name, copies);
	free(copies->v);
	return ret;
}

/**
 * cow_symbols_set() - what was copied of an area of a set
 * @symbols: begun
 * @set: judged
 * @area: the area's number
 * @name: what it is called
 *
 * Return: 0, or negative when there is no memory
 */
int cow_symbols_set(struct cow_symbols *symbols, const struct mml_set *set,
		    uint32_t area, const char *name)
{
	struct cow_copies copies = { .page_size = set->process[0]->page_size };
	int ret = mml_set_pieces(set, area, take_piece, &copies);

	return finish(symbols, name, &copies, ret);
}

/**
 * cow_symbols_pair() - what was copied of an area of two
 * @symbols: begun
 * @cow: the comparison
 * @index: the area's number
 * @name: what it is called
 *
 * Return: 0, or negative when there is no memory
 */
int cow_symbols_pair(struct cow_symbols *symbols, const struct mml_cow *cow,
		     size_t index, const char *name)
{
	const struct mml_area *area = &cow->areas.v[index];
	struct cow_copies copies = { .page_size = cow->process[0]->page_size };
	struct taker taker = { .copies = &copies };

	for (size_t i = 0; i < area->nr_parts; i++)
		mml_cow_segments(cow, &area->parts[i], take_segment, &taker);
	return finish(symbols, name, &copies, taker.ret);
}
