// SPDX-License-Identifier: GPL-2.0
/* Pictures of processes, and the files that they are put into. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/join.h"
#include "lib/names.h"
#include "lib/snap_fields.h"
#include "lib/snap_file.h"

#define ATTEMPTS 3	/* to read a process without a change in between */

/**
 * mml_picture_add() - take the next extent
 * @extent: the extent
 * @picture: the struct mml_picture
 *
 * Return: 0 or -ENOMEM
 */
int mml_picture_add(const struct mml_extent *extent, void *picture)
{
	struct mml_picture *p = picture;
	struct mml_extent *grown;
	size_t room;

	if (p->n == p->room) {
		room = p->room ? p->room * 2 : 256;
		grown = reallocarray(p->extents, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		p->extents = grown;
		p->room = room;
	}
	p->extents[p->n++] = *extent;
	return 0;
}

static int read_once(struct mml_client *client, uint32_t pid,
		     const struct mml_info *info, struct mml_picture *picture,
		     struct mml_error *err)
{
	const struct mml_page_query query = {
		.pid = pid, .columns = info->columns & MMLENS_COL_ALL,
		.vmas = &picture->vmas,
	};
	int ret;

	memset(picture, 0, sizeof(*picture));
	ret = mml_mm(client, pid, &picture->mm, err);
	if (!ret)
		ret = mml_vmas_counted(client, pid, 0, 0,
				       info->vma_columns & MMLENS_VMA_COL_ALL,
				       &picture->vmas, err);
	if (!ret)
		ret = mml_pages(client, &query, mml_picture_add, picture,
				&picture->dump, err);
	if (ret && err && !*err->text)
		return mml_fail_memory(err);
	return ret;
}

/* Are the areas those of the pages? */
static bool is_one(const struct mml_picture *picture)
{
	return picture->vmas.dump.envelope.mm_id == picture->dump.envelope.mm_id &&
	       picture->mm.envelope.mm_id == picture->dump.envelope.mm_id;
}

/**
 * mml_picture_read() - all of a process
 * @client: whom to ask
 * @pid: the process
 * @picture: where to; free with mml_picture_free(), after a failure too
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_picture_read(struct mml_client *client, uint32_t pid,
		     struct mml_picture *picture, struct mml_error *err)
{
	struct mml_info info;
	int ret;

	memset(picture, 0, sizeof(*picture));
	ret = mml_info(client, &info, err);
	for (unsigned int attempt = 1; !ret; attempt++) {
		ret = read_once(client, pid, &info, picture, err);
		if (!ret && !is_one(picture))
			picture->dump.torn = true;
		if (ret || !picture->dump.torn || attempt == ATTEMPTS)
			return ret;
		mml_picture_free(picture);
	}
	return ret;
}

/**
 * mml_picture_free() - free a picture
 * @picture: from mml_picture_read(), or all zeroes
 */
void mml_picture_free(struct mml_picture *picture)
{
	mml_vmas_free(&picture->vmas);
	free(picture->extents);
	memset(picture, 0, sizeof(*picture));
}

struct mml_snap_writer {
	struct snap_file *file;
	const char *path;	/* where it is to be in the end */
	char temporary[PATH_MAX];	/* where it is until then; "" for "-" */
	uint64_t lines;
	struct snap_field columns[MMLENS_COL_MAX];
	size_t nr_columns;
};

static int fail_file(const struct mml_snap_writer *writer, int errnum,
		     struct mml_error *err)
{
	return mml_fail(err, MML_EXIT_USAGE, errnum, "%s cannot be written: %s",
			writer->path, strerror(errnum));
}

static int open_file(struct mml_snap_writer *writer, FILE *out,
		     struct mml_error *err)
{
	struct stat status;
	int fd;

	if (!strcmp(writer->path, "-")) {
		fflush(out);
		fd = dup(fileno(out));
	} else if (!stat(writer->path, &status) && !S_ISREG(status.st_mode)) {
		return mml_fail(err, MML_EXIT_USAGE, EINVAL,
				"%s is no regular file: use '-' to write to standard output",
				writer->path);
	} else if (snprintf(writer->temporary, sizeof(writer->temporary),
			    "%s.XXXXXX", writer->path) >=
		   (int)sizeof(writer->temporary)) {
		return fail_file(writer, ENAMETOOLONG, err);
	} else {
		fd = mkstemp(writer->temporary);	/* mode 0600 */
		if (fd < 0)
			*writer->temporary = '\0';
	}
	if (fd >= 0)
		writer->file = snap_file_write(fd, *writer->temporary);
	return writer->file ? 0 : fail_file(writer, errno, err);
}

/**
 * mml_boot_id() - which boot of which machine this is
 * @id: where to; "" if it cannot be read
 * @size: bytes of @id
 */
void mml_boot_id(char *id, size_t size)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	*id = '\0';
	if (!file)
		return;
	if (fgets(id, size, file))
		id[strcspn(id, "\n")] = '\0';
	fclose(file);
}

/* Those that the kernel has, in the order of their numbers. */
static void choose_columns(struct mml_snap_writer *writer, uint64_t columns,
			   char *names, size_t size)
{
	const struct mml_name *column;
	size_t len = 0;

	for (column = mml_column_names; column->name; column++) {
		if (!(columns & MMLENS_COL_BIT(column->value)))
			continue;
		writer->columns[writer->nr_columns++] = snap_column(column->name);
		len += snprintf(names + len, size - len, "%s%s",
				len ? " " : "", column->name);
	}
}

static void put_line(struct mml_snap_writer *writer, const char *line,
		     const struct snap_field *fields, const void *from)
{
	snap_put_line(snap_file_out(writer->file), line, fields, from);
	writer->lines++;
}

/* What is copied from a snapshot is as old as that, and of its machine. */
static void put_head(struct mml_snap_writer *writer, struct snap_head *head,
		     const struct mml_snap_info *copied)
{
	if (copied) {
		head->info.taken = copied->taken;
		memcpy(head->info.boot_id, copied->boot_id,
		       sizeof(head->info.boot_id));
	} else {
		head->info.taken = time(NULL);
		mml_boot_id(head->info.boot_id, sizeof(head->info.boot_id));
	}
	put_line(writer, "snapshot", snap_head_fields, head);
}

/**
 * mml_snap_create() - begin a snapshot
 * @path: the file that it is to become, or "-" for @out; kept
 * @out: where data go
 * @info: of the kernel that was asked
 * @copied: the snapshot that was asked instead, or NULL
 * @writer: set; end with mml_snap_close()
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_snap_create(const char *path, FILE *out, const struct mml_info *info,
		    const struct mml_snap_info *copied,
		    struct mml_snap_writer **writer, struct mml_error *err)
{
	struct mml_snap_writer *new = calloc(1, sizeof(*new));
	struct snap_head head = { .format = MML_SNAP_FORMAT };
	int ret;

	*writer = NULL;
	if (!new)
		return mml_fail_memory(err);
	new->path = path;
	ret = open_file(new, out, err);
	if (ret) {
		if (*new->temporary)
			unlink(new->temporary);
		free(new);
		return ret;
	}
	choose_columns(new, info->columns, head.columns, sizeof(head.columns));
	put_head(new, &head, copied);
	put_line(new, "info", snap_info_fields, info);
	*writer = new;
	return 0;
}

/**
 * mml_snap_add() - write a process
 * @writer: the snapshot
 * @picture: the process
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_snap_add(struct mml_snap_writer *writer,
		 const struct mml_picture *picture, struct mml_error *err)
{
	FILE *out = snap_file_out(writer->file);
	size_t i;

	put_line(writer, "process", snap_mm_fields, &picture->mm);
	for (i = 0; i < picture->vmas.n; i++)
		put_line(writer, "vma", snap_vma_fields(), &picture->vmas.v[i]);
	put_line(writer, "vmas-end", snap_dump_fields, &picture->vmas.dump);
	for (i = 0; i < picture->n && !ferror(out); i++) {
		snap_put_row(out, writer->columns, writer->nr_columns,
			     &picture->extents[i]);
		writer->lines++;
	}
	put_line(writer, "pages-end", snap_dump_fields, &picture->dump);
	return ferror(out) ? fail_file(writer, errno ? errno : EIO, err) : 0;
}

static int put_in_place(struct mml_snap_writer *writer, bool keep)
{
	int ret = 0;

	if (keep && rename(writer->temporary, writer->path))
		ret = -errno;
	if (!keep || ret)
		unlink(writer->temporary);
	return ret;
}

/**
 * mml_snap_close() - complete a snapshot
 * @writer: the snapshot; freed
 * @keep: false if it is not to be
 * @err: says why it failed
 *
 * Return: 0 or a negative errno
 */
int mml_snap_close(struct mml_snap_writer *writer, bool keep,
		   struct mml_error *err)
{
	struct snap_end end = {
		.lines = writer->lines,
		.crc32 = snap_file_checksum(writer->file),
	};
	int ret;

	if (keep)
		put_line(writer, "end", snap_end_fields, &end);
	ret = snap_file_close(writer->file);
	if (*writer->temporary && put_in_place(writer, keep && !ret) && !ret)
		ret = -errno;
	if (ret && keep)
		fail_file(writer, -ret, err);
	free(writer);
	return keep ? ret : 0;
}

/**
 * mml_snap_unfinished() - what is left behind if nobody closes a snapshot
 * @writer: the snapshot
 *
 * Return: a path, or "" for none
 */
const char *mml_snap_unfinished(const struct mml_snap_writer *writer)
{
	return writer->temporary;
}
