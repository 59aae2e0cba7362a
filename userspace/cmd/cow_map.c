// SPDX-License-Identifier: GPL-2.0
/*
 * An area as a picture: a character a page, or a block of pages if it is
 * large. What a block holds is a set of marks; it is drawn as the first of them
 * in the order of the table below. Capitals are for blocks all of one kind, so
 * that a block in which one page was copied is told from one copied whole.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/cow.h"

#define LINES_MAX	16	/* of one area; a larger one is drawn in blocks */
#define ADDRESS_WIDTH	14	/* an address and two blanks */

enum mark {
	MARK_COPIED_BOTH,	/* a block only: some by each */
	MARK_COPIED_A,
	MARK_COPIED_B,
	MARK_SOME_A,		/* a block only: some by A, the rest not copied */
	MARK_SOME_B,
	MARK_COPIED_EITHER,
	MARK_DIFFERENT,
	MARK_OWN_A,
	MARK_OWN_B,
	MARK_SHARED,
	MARK_UNFAULTED,
	MARK_ALONE,
	MARK_NOTHING,
	NR_MARKS,
};

static const struct {
	char letter;
	const char *meaning;	/* %u: the PID of @who */
	unsigned int who;
} marks[NR_MARKS] = {
	[MARK_COPIED_BOTH] = { '*', "copied, some by each", 0 },
	[MARK_COPIED_A] = { 'A', "copied by %u", 0 },
	[MARK_COPIED_B] = { 'B', "copied by %u", 1 },
	[MARK_SOME_A] = { 'a', "some of the block copied by %u", 0 },
	[MARK_SOME_B] = { 'b', "some of the block copied by %u", 1 },
	[MARK_COPIED_EITHER] = { '?', "copied, by whom is not known", 0 },
	[MARK_DIFFERENT] = { '!', "different", 0 },
	[MARK_OWN_A] = { '<', "only in %u", 0 },
	[MARK_OWN_B] = { '>', "only in %u", 1 },
	[MARK_SHARED] = { '=', "shared", 0 },
	[MARK_UNFAULTED] = { '-', "one has not touched it", 0 },
	[MARK_ALONE] = { ':', "one has no such area", 0 },
	[MARK_NOTHING] = { '.', "nothing", 0 },
};

static enum mark mark_of(const struct mml_cow_verdict *verdict)
{
	switch (verdict->class) {
	case MML_COW_SHARED:
		return MARK_SHARED;
	case MML_COW_COPIED:
		return verdict->who == MML_COW_EITHER ? MARK_COPIED_EITHER :
						       MARK_COPIED_A + verdict->who;
	case MML_COW_DIFFERENT:
		return MARK_DIFFERENT;
	case MML_COW_OWN:
		return MARK_OWN_A + verdict->who;
	case MML_COW_UNFAULTED:
		return MARK_UNFAULTED;
	case MML_COW_ALONE:
		return MARK_ALONE;
	default:
		return MARK_NOTHING;
	}
}

/* Parts that follow each other in some process: drawn without a break. */
struct strip {
	const struct mml_part *parts;
	size_t nr_parts;
	uint64_t pages;
	uint64_t page_size;
	uint64_t scale;		/* pages a character */
	uint64_t base;		/* where the part at hand begins, in pages */
	uint64_t drawn;		/* pages so far */
	uint16_t *cells;	/* sets of 1 << enum mark */
};

/**
 * cow_map_width() - how wide to draw
 * @show: where it goes
 *
 * Return: characters in a line: a power of two, so that the addresses that
 * lines begin with are round
 */
unsigned int cow_map_width(const struct show *show)
{
	unsigned int columns = 80, width = 16;
	struct winsize window;

	if (!ioctl(fileno(show->out), TIOCGWINSZ, &window) && window.ws_col)
		columns = window.ws_col;
	while (width < COW_MAP_WIDTH_MAX && width * 2 + ADDRESS_WIDTH <= columns)
		width *= 2;
	return width;
}

/**
 * cow_map_begin() - begin to draw
 * @map: set up
 * @show: where it goes
 * @reading: the processes, for the legend
 */
void cow_map_begin(struct cow_map *map, struct show *show,
		   const struct cow_reading *reading)
{
	*map = (struct cow_map){
		.show = show, .reading = reading, .width = cow_map_width(show),
	};
}

/**
 * cow_map_open() - begin the picture of an area
 * @s: where it goes
 * @name: what the area is called
 * @scale: pages a character
 */
void cow_map_open(struct show *s, const char *name, uint64_t scale)
{
	char escaped[1024];

	show_style(s, SHOW_BOLD);
	show_text(s, "\n%s", show_escape(name, escaped, sizeof(escaped)));
	show_style(s, SHOW_PLAIN);
	show_open_row(s, "map");
	show(s, "pages_per_cell", ", pages a character: %s\n", show_uint(scale));
	show_open_list_row(s, "lines");
}

/**
 * cow_map_line() - a line of it
 * @s: where it goes
 * @start: address of the first page
 * @cells: the line
 */
void cow_map_line(struct show *s, uint64_t start, const char *cells)
{
	show_open_row(s, NULL);
	show(s, "start", "%s  ", show_addr(start));
	show(s, "cells", "%s\n", show_str(cells));
	show_close(s);
}

/**
 * cow_map_close() - end it
 * @s: where it goes
 */
void cow_map_close(struct show *s)
{
	show_close(s);
	show_close(s);
}

/* Draws up to page @end. */
static void draw(struct strip *strip, uint64_t end, enum mark mark)
{
	if (strip->drawn >= end)
		return;
	for (uint64_t i = strip->drawn / strip->scale;
	     i <= (end - 1) / strip->scale; i++)
		strip->cells[i] |= 1 << mark;
	strip->drawn = end;
}

static void draw_segment(const struct mml_part *part,
			 const struct mml_cow_segment *segment, void *arg)
{
	struct strip *strip = arg;
	uint64_t first = strip->base + segment->page;

	(void)part;
	draw(strip, first, MARK_NOTHING);
	draw(strip, first + segment->pages, mark_of(&segment->verdict));
}

static enum mark first_mark(uint16_t set)
{
	const uint16_t a = 1 << MARK_COPIED_A, b = 1 << MARK_COPIED_B;
	unsigned int mark = MARK_COPIED_EITHER;

	if (set & a && set & b)
		return MARK_COPIED_BOTH;
	if (set & a)
		return set == a ? MARK_COPIED_A : MARK_SOME_A;
	if (set & b)
		return set == b ? MARK_COPIED_B : MARK_SOME_B;
	while (!(set >> mark & 1))
		mark++;
	return mark;
}

/* In the first process that has it. */
static uint64_t address_of(const struct strip *strip, uint64_t page)
{
	const struct mml_part *part = strip->parts;
	unsigned int i = 0;

	while (page >= part->pages)
		page -= part++->pages;
	while (!part->in[i].vma)
		i++;
	return part->in[i].start + page * strip->page_size;
}

static void print_line(struct cow_map *map, const struct strip *strip,
		       uint64_t first, uint64_t cells)
{
	char line[COW_MAP_WIDTH_MAX + 1];

	for (uint64_t i = 0; i < cells; i++) {
		enum mark mark = first_mark(strip->cells[first + i]);

		map->seen |= 1U << mark;
		line[i] = marks[mark].letter;
	}
	line[cells] = '\0';
	cow_map_line(map->show, address_of(strip, first * strip->scale), line);
}

static int draw_strip(struct cow_map *map, const struct mml_cow *cow,
		      struct strip *strip)
{
	uint64_t cells = (strip->pages + strip->scale - 1) / strip->scale;

	strip->cells = calloc(cells, sizeof(*strip->cells));
	if (!strip->cells)
		return -1;
	strip->base = 0;
	strip->drawn = 0;
	for (size_t i = 0; i < strip->nr_parts; i++) {
		mml_cow_segments(cow, &strip->parts[i], draw_segment, strip);
		strip->base += strip->parts[i].pages;
	}
	draw(strip, strip->pages, MARK_NOTHING);
	for (uint64_t first = 0; first < cells; first += map->width)
		print_line(map, strip, first, cells - first < map->width ?
			   cells - first : map->width);
	free(strip->cells);
	return 0;
}

static bool follows(const struct mml_part *a, const struct mml_part *b,
		    uint64_t page_size)
{
	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++) {
		if (a->in[i].vma && b->in[i].vma &&
		    a->in[i].start + a->pages * page_size == b->in[i].start)
			return true;
	}
	return false;
}

/* Begins a strip with its first part, and takes what follows. */
static void take_strip(struct strip *strip, const struct mml_part *first,
		       size_t left)
{
	strip->parts = first;
	strip->nr_parts = 1;
	strip->pages = first->pages;
	for (size_t i = 1; i < left; i++) {
		if (!follows(&first[i - 1], &first[i], strip->page_size))
			break;
		strip->nr_parts++;
		strip->pages += first[i].pages;
	}
}

static uint64_t scale_of(const struct cow_map *map, const struct mml_area *area)
{
	uint64_t pages = 0, scale = 1;

	for (size_t i = 0; i < area->nr_parts; i++)
		pages += area->parts[i].pages;
	while (pages > scale * LINES_MAX * map->width)
		scale *= 2;
	return scale;
}

/**
 * cow_map_area() - draw an area
 * @map: begun
 * @cow: the comparison
 * @index: the area's
 * @name: what it is called
 *
 * Return: 0, or -1 when there is no memory
 */
int cow_map_area(struct cow_map *map, const struct mml_cow *cow, size_t index,
		 const char *name)
{
	const struct mml_area *area = &cow->areas.v[index];
	struct strip strip = {
		.page_size = cow->process[0]->page_size,
		.scale = scale_of(map, area),
	};
	int ret = 0;

	map->blocks |= strip.scale > 1;
	cow_map_open(map->show, name, strip.scale);
	for (size_t i = 0; !ret && i < area->nr_parts; i += strip.nr_parts) {
		take_strip(&strip, &area->parts[i], area->nr_parts - i);
		ret = draw_strip(map, cow, &strip);
	}
	cow_map_close(map->show);
	return ret;
}

/**
 * cow_map_legend() - explain the marks that were drawn
 * @map: the map
 */
void cow_map_legend(struct cow_map *map)
{
	show_text(map->show, "\n");
	for (unsigned int i = 0; i < NR_MARKS; i++) {
		if (!(map->seen >> i & 1))
			continue;
		show_text(map->show, "%c  ", marks[i].letter);
		show_text(map->show, marks[i].meaning, cow_pid(map->reading, marks[i].who));
		show_text(map->show, "\n");
	}
	if (map->blocks)
		show_text(map->show, "A block of pages is drawn as the first of these that it has.\n");
	show_text(map->show, "\n");
}
