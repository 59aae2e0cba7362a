// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "lib/decode.h"
#include "lib/names.h"
#include "lib/snap_fields.h"

#define HEAD(member, name, kind) SNAP_FIELD(struct snap_head, member, name, kind)

const struct snap_field snap_head_fields[] = {
	HEAD(format, "format", SNAP_NUMBER),
	HEAD(info.taken, "taken", SNAP_NUMBER),
	HEAD(info.boot_id, "boot_id", SNAP_TEXT),
	HEAD(columns, "columns", SNAP_TEXT),
	{ }
};

const struct snap_field snap_end_fields[] = {
	SNAP_FIELD(struct snap_end, lines, "lines", SNAP_NUMBER),
	SNAP_FIELD(struct snap_end, crc32, "crc32", SNAP_HEX),
	{ }
};

#define INFO(member, kind) SNAP_FIELD(struct mml_info, member, #member, kind)

const struct snap_field snap_info_fields[] = {
	INFO(version, SNAP_TEXT),
	INFO(release, SNAP_TEXT),
	INFO(page_size, SNAP_NUMBER),
	INFO(levels, SNAP_NUMBER),
	INFO(user_end, SNAP_HEX),
	INFO(commands, SNAP_HEX),
	INFO(columns, SNAP_HEX),
	INFO(vma_columns, SNAP_HEX),
	INFO(states, SNAP_HEX),
	INFO(entry_bits, SNAP_HEX),
	INFO(page_flags, SNAP_HEX),
	INFO(vm_flags, SNAP_HEX),
	INFO(can, SNAP_HEX),
	INFO(vma_store, SNAP_NUMBER),
	{ }
};

#define MM(member, kind) SNAP_FIELD(struct mml_mm, member, #member, kind)
#define MM_ENVELOPE(member, kind) \
	SNAP_FIELD(struct mml_mm, envelope.member, #member, kind)

const struct snap_field snap_mm_fields[] = {
	MM_ENVELOPE(pid, SNAP_NUMBER),
	MM_ENVELOPE(tgid, SNAP_NUMBER),
	MM_ENVELOPE(mm_id, SNAP_HEX),
	MM_ENVELOPE(exec_id, SNAP_NUMBER),
	MM_ENVELOPE(start_time, SNAP_NUMBER),
	MM(has_mm, SNAP_BOOL),
	MM(comm, SNAP_TEXT),
	MM(task_state, SNAP_NUMBER),
	MM(ppid, SNAP_NUMBER),
	MM(threads, SNAP_NUMBER),
	MM(min_flt, SNAP_NUMBER),
	MM(maj_flt, SNAP_NUMBER),
	MM(exe, SNAP_TEXT),
	MM(pgd, SNAP_HEX),
	MM(users, SNAP_NUMBER),
	MM(count, SNAP_NUMBER),
	MM(map_count, SNAP_NUMBER),
	MM(dumpable, SNAP_NUMBER),
	MM(def_flags, SNAP_HEX),
	MM(task_size, SNAP_HEX),
	MM(mmap_base, SNAP_HEX),
	MM(start_code, SNAP_HEX),
	MM(end_code, SNAP_HEX),
	MM(start_data, SNAP_HEX),
	MM(end_data, SNAP_HEX),
	MM(start_brk, SNAP_HEX),
	MM(brk, SNAP_HEX),
	MM(start_stack, SNAP_HEX),
	MM(arg_start, SNAP_HEX),
	MM(arg_end, SNAP_HEX),
	MM(env_start, SNAP_HEX),
	MM(env_end, SNAP_HEX),
	MM(rss_file, SNAP_NUMBER),
	MM(rss_anon, SNAP_NUMBER),
	MM(rss_shmem, SNAP_NUMBER),
	MM(swap, SNAP_NUMBER),
	MM(hiwater_rss, SNAP_NUMBER),
	MM(total_vm, SNAP_NUMBER),
	MM(locked_vm, SNAP_NUMBER),
	MM(pinned_vm, SNAP_NUMBER),
	MM(data_vm, SNAP_NUMBER),
	MM(exec_vm, SNAP_NUMBER),
	MM(stack_vm, SNAP_NUMBER),
	MM(pgtables, SNAP_NUMBER),
	{ }
};

#define VMA(member, kind) SNAP_FIELD(struct mml_vma, member, #member, kind)
static const struct snap_field vma_fields[] = {
	VMA(start, SNAP_HEX),
	VMA(end, SNAP_HEX),
	VMA(flags, SNAP_HEX),
	VMA(kind, SNAP_NUMBER),
	VMA(pgoff, SNAP_HEX),
	VMA(path, SNAP_STRING),
	VMA(name, SNAP_STRING),
	VMA(ops, SNAP_STRING),
	VMA(major, SNAP_NUMBER),
	VMA(minor, SNAP_NUMBER),
	VMA(inode, SNAP_NUMBER),
	VMA(file_size, SNAP_NUMBER),
	VMA(anon_id, SNAP_HEX),
	VMA(anon_root, SNAP_HEX),
	VMA(pkey, SNAP_NUMBER),
	VMA(page_size, SNAP_NUMBER),
};

#define VMA_FIELDS (sizeof(vma_fields) / sizeof(*vma_fields))

/**
 * snap_vma_fields() - the members of an area
 *
 * Return: the table, whose end are the counts, by the names of their columns
 */
const struct snap_field *snap_vma_fields(void)
{
	static struct snap_field fields[VMA_FIELDS + MMLENS_VMA_COL_MAX + 1];
	const struct mml_name *column;
	size_t n = VMA_FIELDS;

	if (fields[0].key)
		return fields;
	memcpy(fields, vma_fields, sizeof(vma_fields));
	for (column = mml_vma_column_names; column->name; column++)
		fields[n++] = (struct snap_field){
			column->name,
			offsetof(struct mml_vma, counts[column->value]),
			sizeof(uint64_t), SNAP_NUMBER,
		};
	return fields;
}

#define DUMP(member, kind) SNAP_FIELD(struct mml_dump, member, #member, kind)

const struct snap_field snap_dump_fields[] = {
	SNAP_FIELD(struct mml_dump, envelope.columns, "granted", SNAP_HEX),
	SNAP_FIELD(struct mml_dump, envelope.mm_id, "mm_id", SNAP_HEX),
	SNAP_FIELD(struct mml_dump, envelope.exec_id, "exec_id", SNAP_NUMBER),
	DUMP(torn, SNAP_BOOL),
	DUMP(blind, SNAP_BOOL),
	DUMP(unwatched, SNAP_NUMBER),
	DUMP(holds, SNAP_NUMBER),
	DUMP(walked_start, SNAP_HEX),
	DUMP(walked_end, SNAP_HEX),
	{ }
};

/**
 * snap_column() - a column of the extents
 * @name: its name
 *
 * Return: where it goes; the key is NULL if there is no such column
 */
struct snap_field snap_column(const char *name)
{
	const struct mml_name *column;

	for (column = mml_column_names; column->name; column++)
		if (!strcmp(column->name, name))
			return (struct snap_field){
				column->name, mml_columns[column->value].offset,
				mml_columns[column->value].size,
				mml_columns[column->value].size == sizeof(uint64_t) ?
					SNAP_HEX : SNAP_NUMBER,
			};
	return (struct snap_field){ NULL };
}
