// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a snapshot. All of it is read, and checked, before anything is
 * answered from it; what is in it may be anybody's making.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode.h"
#include "lib/error.h"
#include "lib/names.h"
#include "lib/snap_file.h"
#include "lib/snap_read.h"

struct reader {
	const char *path;
	struct snap_file *file;
	struct mml_snap *snap;
	struct snap_field columns[64];
	size_t nr_columns;
	uint64_t nr_line;		/* of the latest */
	char line[SNAP_LINE_MAX];
	struct mml_error *err;
};

static int fail_line(struct reader *reader, const char *what)
{
	return mml_fail(reader->err, MML_EXIT_USAGE, EBADMSG,
			"%s is no snapshot, or a damaged one: line %" PRIu64 " %s",
			reader->path, reader->nr_line, what);
}

static int fail_read(struct reader *reader, int ret)
{
	if (ret == -ENOMEM)
		return mml_fail_memory(reader->err);
	if (ret == -EPIPE)
		return mml_fail(reader->err, MML_EXIT_USAGE, EPIPE,
				"%s is cut off after line %" PRIu64 ": take the snapshot again",
				reader->path, reader->nr_line);
	if (ret == -EBADMSG) {
		reader->nr_line++;
		return fail_line(reader, "cannot be read");
	}
	return mml_fail(reader->err, MML_EXIT_USAGE, -ret,
			"%s cannot be read: %s", reader->path, strerror(-ret));
}

/* The next line, which must be there. */
static int next_line(struct reader *reader)
{
	int ret = snap_file_line(reader->file, reader->line);

	if (ret > 0)
		reader->nr_line++;
	return ret > 0 ? 0 : fail_read(reader, ret ? ret : -EPIPE);
}

static bool is_row(const struct reader *reader)
{
	return *reader->line == '[';
}

static bool is(const struct reader *reader, const char *line)
{
	return snap_line_is(reader->line, line);
}

/* Takes the latest line apart, which is to be of a kind. */
static int take(struct reader *reader, const char *line,
		const struct snap_field *fields, void *to)
{
	int ret;

	if (!is(reader, line))
		return fail_line(reader, "is not what comes next");
	ret = snap_get_line(reader->line, fields, to);
	if (ret == -ENOMEM)
		return mml_fail_memory(reader->err);
	return ret ? fail_line(reader, "makes no sense") : 0;
}

static int take_columns(struct reader *reader, char *names)
{
	uint64_t must = MMLENS_COL_BIT(MMLENS_COL_START) |
			MMLENS_COL_BIT(MMLENS_COL_PAGES);
	const struct mml_name *column;
	char *name, *rest;

	for (name = strtok_r(names, " ", &rest); name;
	     name = strtok_r(NULL, " ", &rest)) {
		if (reader->nr_columns == sizeof(reader->columns) /
					  sizeof(*reader->columns))
			return fail_line(reader, "names too many columns");
		reader->columns[reader->nr_columns++] = snap_column(name);
		for (column = mml_column_names; column->name; column++)
			if (!strcmp(column->name, name))
				must &= ~MMLENS_COL_BIT(column->value);
	}
	return must ? fail_line(reader, "does not name the columns that must be") : 0;
}

static int take_head(struct reader *reader)
{
	struct snap_head head = { .format = 0 };
	int ret = next_line(reader);

	if (!ret)
		ret = take(reader, "snapshot", snap_head_fields, &head);
	if (ret)
		return ret;
	if (head.format != MML_SNAP_FORMAT)
		return mml_fail(reader->err, MML_EXIT_USAGE, EPROTONOSUPPORT,
				"%s has format %" PRIu64 ", this tool reads %d: read it with the version that wrote it",
				reader->path, head.format, MML_SNAP_FORMAT);
	reader->snap->about = head.info;
	ret = take_columns(reader, head.columns);
	if (!ret)
		ret = next_line(reader);
	reader->snap->info.vma_store = MMLENS_UNKNOWN32;	/* older files lack it */
	if (!ret)
		ret = take(reader, "info", snap_info_fields, &reader->snap->info);
	if (ret)
		return ret;
	if (reader->snap->info.page_size < 4096 ||
	    reader->snap->info.page_size & (reader->snap->info.page_size - 1))
		return fail_line(reader, "has no page size that could be");
	return 0;
}

/* ---- one process ---- */

static int grow_vmas(struct reader *reader, struct mml_vmas *vmas)
{
	struct mml_vma *grown;

	if (vmas->n & (vmas->n - 1))	/* doubled at each power of two */
		return 0;
	grown = reallocarray(vmas->v, vmas->n ? vmas->n * 2 : 1, sizeof(*grown));
	if (!grown)
		return mml_fail_memory(reader->err);
	vmas->v = grown;
	return 0;
}

static bool is_aligned(const struct reader *reader, uint64_t addr)
{
	return !(addr & (reader->snap->info.page_size - 1)) &&
	       addr <= INT64_MAX;	/* so that sums of two do not wrap */
}

static int take_vma(struct reader *reader, struct mml_vmas *vmas)
{
	struct mml_vma *vma;
	int ret = grow_vmas(reader, vmas);

	if (ret)
		return ret;
	vma = &vmas->v[vmas->n];
	memset(vma, 0xff, sizeof(*vma));
	vma->start = 1;		/* no page's: it must be said */
	vma->end = 0;
	vma->flags = 0;
	vma->path = NULL;
	vma->name = NULL;
	vma->ops = NULL;
	ret = take(reader, "vma", snap_vma_fields(), vma);
	vmas->n++;		/* so that its strings are freed, in any case */
	if (ret)
		return ret;
	if (!is_aligned(reader, vma->start) || !is_aligned(reader, vma->end) ||
	    vma->start >= vma->end || (vmas->n > 1 && vma->start < vma[-1].end))
		return fail_line(reader, "is an area where none can be");
	return 0;
}

static int take_extent(struct reader *reader, struct mml_picture *picture,
		       uint64_t *next)
{
	uint64_t page_size = reader->snap->info.page_size;
	struct mml_extent extent;

	mml_extent_unknown(&extent);
	if (snap_get_row(reader->line, reader->columns, reader->nr_columns,
			 &extent))
		return fail_line(reader, "makes no sense");
	if (!is_aligned(reader, extent.start) || !extent.pages ||
	    extent.start < *next || extent.pages == MMLENS_UNKNOWN32)
		return fail_line(reader, "has pages where none can be");
	*next = extent.start + extent.pages * page_size;
	if (mml_picture_add(&extent, picture))
		return mml_fail_memory(reader->err);
	return 0;
}

/* Both dumps were complete when they were written. */
static int take_dump(struct reader *reader, const char *line,
		     const struct mml_mm *mm, struct mml_dump *dump)
{
	memset(dump, 0, sizeof(*dump));
	dump->envelope = mm->envelope;
	dump->ended = true;
	dump->complete = true;
	dump->reason = MMLENS_REASON_COMPLETE;
	return take(reader, line, snap_dump_fields, dump);
}

static int take_pages(struct reader *reader, struct mml_picture *picture)
{
	uint64_t next = 0;
	int ret = next_line(reader);

	while (!ret && is_row(reader)) {
		ret = take_extent(reader, picture, &next);
		if (!ret)
			ret = next_line(reader);
	}
	if (!ret)
		ret = take_dump(reader, "pages-end", &picture->mm, &picture->dump);
	picture->dump.records = picture->n;
	return ret;
}

static int take_areas(struct reader *reader, struct mml_picture *picture)
{
	int ret = next_line(reader);

	while (!ret && is(reader, "vma")) {
		ret = take_vma(reader, &picture->vmas);
		if (!ret)
			ret = next_line(reader);
	}
	return ret ? ret : take_dump(reader, "vmas-end", &picture->mm,
				     &picture->vmas.dump);
}

static bool has_pid(const struct mml_snap *snap, uint32_t pid)
{
	for (size_t i = 0; i < snap->about.nr_pids; i++)
		if (snap->pids[i] == pid)
			return true;
	return false;
}

static int grow_snap(struct reader *reader)
{
	struct mml_snap *snap = reader->snap;
	size_t n = snap->about.nr_pids;
	struct mml_picture *pictures;
	uint32_t *pids;

	pictures = reallocarray(snap->pictures, n + 1, sizeof(*pictures));
	if (!pictures)
		return mml_fail_memory(reader->err);
	snap->pictures = pictures;
	memset(&pictures[n], 0, sizeof(*pictures));
	pids = reallocarray(snap->pids, n + 1, sizeof(*pids));
	if (!pids)
		return mml_fail_memory(reader->err);
	snap->pids = pids;
	snap->about.pids = pids;
	return 0;
}

/* The latest line begins a process. */
static int take_process(struct reader *reader)
{
	struct mml_snap *snap = reader->snap;
	struct mml_picture *picture;
	uint32_t pid;
	int ret = grow_snap(reader);

	if (ret)
		return ret;
	picture = &snap->pictures[snap->about.nr_pids];
	ret = take(reader, "process", snap_mm_fields, &picture->mm);
	if (ret)
		return ret;
	pid = picture->mm.envelope.pid;
	if (!pid || has_pid(snap, pid))
		return fail_line(reader, "has no process ID of its own");
	snap->pids[snap->about.nr_pids++] = pid;
	ret = take_areas(reader, picture);
	return ret ? ret : take_pages(reader, picture);
}

static int take_end(struct reader *reader)
{
	struct snap_end end = { .lines = 0, .crc32 = MMLENS_UNKNOWN };
	int ret = take(reader, "end", snap_end_fields, &end);

	if (ret)
		return ret;
	if (end.lines != reader->nr_line - 1 ||
	    end.crc32 != snap_file_checksum(reader->file))
		return mml_fail(reader->err, MML_EXIT_USAGE, EBADMSG,
				"%s is damaged: its checksum is another",
				reader->path);
	ret = snap_file_line(reader->file, reader->line);
	if (ret > 0) {
		reader->nr_line++;
		return fail_line(reader, "comes after the end");
	}
	return ret ? fail_read(reader, ret) : 0;
}

static int take_all(struct reader *reader)
{
	int ret = take_head(reader);

	if (!ret)
		ret = next_line(reader);
	while (!ret && !is(reader, "end")) {
		ret = take_process(reader);
		if (!ret)
			ret = next_line(reader);
	}
	if (!ret)
		ret = take_end(reader);
	if (!ret && !reader->snap->about.nr_pids)
		return mml_fail(reader->err, MML_EXIT_USAGE, ENODATA,
				"%s holds no process", reader->path);
	return ret;
}

/**
 * mml_snap_free() - forget a snapshot
 * @snap: from mml_snap_read()
 */
void mml_snap_free(struct mml_snap *snap)
{
	/* one that was being read when it failed may follow the last */
	for (size_t i = 0; snap->pictures && i < snap->about.nr_pids; i++)
		mml_picture_free(&snap->pictures[i]);
	free(snap->pictures);
	free(snap->pids);
	free(snap->path);
	free(snap);
}

/**
 * mml_snap_read() - read a snapshot
 * @path: for messages
 * @fd: where from; taken over
 * @snap: set; free with mml_snap_free()
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_snap_read(const char *path, int fd, struct mml_snap **snap,
		  struct mml_error *err)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int ret;

	*snap = NULL;
	if (reader)
		reader->snap = calloc(1, sizeof(*reader->snap));
	if (reader && reader->snap) {
		reader->path = path;
		reader->err = err;
		reader->snap->path = strdup(path);
		reader->file = snap_file_read(fd);
		ret = reader->file ? take_all(reader) : fail_read(reader, -errno);
		snap_file_close(reader->file);
		if (ret)
			mml_snap_free(reader->snap);
		else
			*snap = reader->snap;
	} else {
		free(reader ? reader->snap : NULL);
		ret = mml_fail_memory(err);
	}
	free(reader);
	return ret;
}
