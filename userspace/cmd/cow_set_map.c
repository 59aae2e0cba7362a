// SPDX-License-Identifier: GPL-2.0
/*
 * An area of a set as a picture: a character a page, or a block of pages if it
 * is large. Letters are processes: a capital made a copy, a small one is the
 * only one to have the page. A block is drawn as the first of its marks, in
 * the order of the table below.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cow.h"

#define LINES_MAX	16	/* of one area; a larger one is drawn in blocks */
#define GAP_MAX		256	/* pages of nothing that do not end a strip */
#define LETTERS		26
#define SEVERAL		(UINT32_MAX - 1)

enum mark {
	MARK_COPIED,		/* by one: its letter */
	MARK_COPIED_SEVERAL,
	MARK_COPIED_UNKNOWN,
	MARK_DIFFERENT,
	MARK_ONLY,		/* in one: its letter */
	MARK_SHARED,
	MARK_UNFAULTED,
	MARK_NOTHING,
	NR_MARKS,
};

static const struct {
	char letter;
	const char *meaning;
} marks[NR_MARKS] = {
	[MARK_COPIED] = { '#', "copied by a process that has no letter" },
	[MARK_COPIED_SEVERAL] = { '*', "copied, by several" },
	[MARK_COPIED_UNKNOWN] = { '?', "copied, by whom is not known" },
	[MARK_DIFFERENT] = { '!', "different" },
	[MARK_ONLY] = { '+', "only in one process, which has no letter" },
	[MARK_SHARED] = { '=', "shared" },
	[MARK_UNFAULTED] = { '-', "some have not touched it" },
	[MARK_NOTHING] = { '.', "nothing" },
};

/* What a block of pages holds. */
struct cell {
	uint32_t marks;		/* set of 1 << enum mark */
	uint32_t copier, owner;	/* a process, or SEVERAL; NOBODY so far */
};

/* Pages that follow each other, drawn without a break. */
struct strip {
	struct cow_set_map *map;
	uint64_t page_size, scale;
	uint64_t start;		/* address */
	uint64_t pages;		/* so far */
	struct cell *cells;
	size_t room;
	uint64_t all;		/* pages of the whole area, gaps included */
};

/**
 * cow_set_map_begin() - begin to draw
 * @map: set up
 * @show: where it goes
 * @reading: the processes, for the legend
 */
void cow_set_map_begin(struct cow_set_map *map, struct show *show,
		       const struct cow_reading *reading)
{
	*map = (struct cow_set_map){
		.show = show, .reading = reading, .width = cow_map_width(show),
	};
}

static enum mark mark_of(const struct mml_set_piece *piece)
{
	if (piece->copies > 1)
		return MARK_COPIED_SEVERAL;
	if (piece->copies)
		return piece->owner == MML_SET_NOBODY ? MARK_COPIED_UNKNOWN :
							MARK_COPIED;
	if (piece->frames > 1)
		return MARK_DIFFERENT;
	if (piece->present > 1)
		return MARK_SHARED;
	return piece->unfaulted ? MARK_UNFAULTED : MARK_ONLY;
}

static void note(uint32_t *who, uint32_t process)
{
	*who = *who == MML_SET_NOBODY || *who == process ? process : SEVERAL;
}

static int make_room(struct strip *strip, size_t cells)
{
	void *grown;

	if (cells <= strip->room)
		return 0;
	grown = reallocarray(strip->cells, cells * 2, sizeof(*strip->cells));
	if (!grown)
		return -1;
	strip->cells = grown;
	for (size_t i = strip->room; i < cells * 2; i++)
		strip->cells[i] = (struct cell){ 0, MML_SET_NOBODY, MML_SET_NOBODY };
	strip->room = cells * 2;
	return 0;
}

static int draw(struct strip *strip, uint64_t pages, enum mark mark, uint32_t owner)
{
	uint64_t end = strip->pages + pages;

	if (make_room(strip, (end + strip->scale - 1) / strip->scale))
		return -1;
	for (uint64_t i = strip->pages / strip->scale;
	     pages && i <= (end - 1) / strip->scale; i++) {
		struct cell *cell = &strip->cells[i];

		cell->marks |= 1U << mark;
		if (mark == MARK_COPIED)
			note(&cell->copier, owner);
		else if (mark == MARK_ONLY)
			note(&cell->owner, owner);
	}
	strip->pages = end;
	return 0;
}

static char letter_of(struct cow_set_map *map, const struct cell *cell)
{
	unsigned int mark = 0;
	uint32_t who;

	while (!(cell->marks >> mark & 1))
		mark++;
	who = mark == MARK_COPIED ? cell->copier : cell->owner;
	if (mark == MARK_COPIED && (who == SEVERAL ||
				    cell->marks & 1U << MARK_COPIED_SEVERAL))
		mark = MARK_COPIED_SEVERAL;
	if ((mark == MARK_COPIED || mark == MARK_ONLY) && who < LETTERS) {
		map->letters |= 1U << who;
		map->capitals |= mark == MARK_COPIED;
		map->smalls |= mark == MARK_ONLY;
		return (mark == MARK_COPIED ? 'A' : 'a') + who;
	}
	map->seen |= 1U << mark;
	return marks[mark].letter;
}

static void print_strip(struct strip *strip)
{
	struct cow_set_map *map = strip->map;
	uint64_t cells = (strip->pages + strip->scale - 1) / strip->scale;
	char line[COW_MAP_WIDTH_MAX + 1];

	for (uint64_t first = 0; first < cells; first += map->width) {
		uint64_t n = cells - first < map->width ? cells - first : map->width;

		for (uint64_t i = 0; i < n; i++)
			line[i] = letter_of(map, &strip->cells[first + i]);
		line[n] = '\0';
		cow_map_line(map->show, strip->start +
			     first * strip->scale * strip->page_size, line);
	}
	strip->pages = 0;
	free(strip->cells);
	strip->cells = NULL;
	strip->room = 0;
}

/* How many pages of nothing lie before a piece; more than GAP_MAX: a new strip. */
static uint64_t gap_before(const struct strip *strip,
			   const struct mml_set_piece *piece)
{
	uint64_t next = strip->start + strip->pages * strip->page_size;

	if (!strip->pages || piece->start < next)
		return UINT64_MAX;
	return (piece->start - next) / strip->page_size;
}

static int measure(const struct mml_set_piece *piece, void *arg)
{
	struct strip *strip = arg;
	uint64_t gap = gap_before(strip, piece);

	if (gap > GAP_MAX) {
		strip->start = piece->start;
		strip->pages = 0;
		gap = 0;
	}
	strip->pages += gap + piece->pages;
	strip->all += gap + piece->pages;
	return 0;
}

static int draw_piece(const struct mml_set_piece *piece, void *arg)
{
	struct strip *strip = arg;
	uint64_t gap = gap_before(strip, piece);

	if (gap > GAP_MAX) {
		print_strip(strip);
		strip->start = piece->start;
		gap = 0;
	}
	if (draw(strip, gap, MARK_NOTHING, 0))
		return -1;
	return draw(strip, piece->pages, mark_of(piece), piece->owner);
}

/**
 * cow_set_map_area() - draw an area
 * @map: begun
 * @set: judged
 * @area: the area's number
 * @name: what it is called
 *
 * Return: 0, or negative when there is no memory
 */
int cow_set_map_area(struct cow_set_map *map, const struct mml_set *set,
		     uint32_t area, const char *name)
{
	struct strip strip = {
		.map = map, .scale = 1, .page_size = set->process[0]->page_size,
	};
	int ret;

	ret = mml_set_pieces(set, area, measure, &strip);
	if (ret)
		return ret;
	while (strip.all > strip.scale * LINES_MAX * map->width)
		strip.scale *= 2;
	strip.pages = 0;
	map->blocks |= strip.scale > 1;
	cow_map_open(map->show, name, strip.scale);
	ret = mml_set_pieces(set, area, draw_piece, &strip);
	if (!ret)
		print_strip(&strip);
	free(strip.cells);
	cow_map_close(map->show);
	return ret;
}

/**
 * cow_set_map_legend() - explain the marks that were drawn
 * @map: the map
 */
void cow_set_map_legend(struct cow_set_map *map)
{
	show_text(map->show, "\n");
	for (unsigned int i = 0; i < LETTERS; i++) {
		if (!(map->letters >> i & 1))
			continue;
		show_text(map->show, "%c  process %u\n", 'A' + i,
			  cow_pid(map->reading, i));
	}
	if (map->capitals)
		show_text(map->show, "A capital has made a copy.\n");
	if (map->smalls)
		show_text(map->show, "A small letter is the only one to have the page.\n");
	for (unsigned int i = 0; i < NR_MARKS; i++) {
		if (map->seen >> i & 1)
			show_text(map->show, "%c  %s\n", marks[i].letter,
				  marks[i].meaning);
	}
	if (map->blocks)
		show_text(map->show, "A block of pages is drawn as the first of these that it has.\n");
	show_text(map->show, "\n");
}
