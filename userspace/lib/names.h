/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The names of the numbers in <linux/mmlens.h>. Every table ends with an
 * entry without a name.
 *
 * In a table of bits an entry whose value has several bits is a field: it is
 * written as its name and its number ("pkey3").
 */
#ifndef MML_NAMES_H
#define MML_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct mml_name {
	const char *name;	/* as in text and JSON: "soft-dirty" */
	uint64_t value;		/* a number, or a mask of bits */
	const char *code;	/* short form, or NULL: "sd" of smaps */
};

extern const struct mml_name mml_command_names[];	/* numbers */
extern const struct mml_name mml_state_names[];		/* numbers */
extern const struct mml_name mml_frame_state_names[];	/* numbers */
extern const struct mml_name mml_level_names[];		/* numbers */
extern const struct mml_name mml_mapkind_names[];	/* numbers */
extern const struct mml_name mml_shared_names[];	/* numbers */
extern const struct mml_name mml_zone_names[];		/* numbers */
extern const struct mml_name mml_vma_kind_names[];	/* numbers */
extern const struct mml_name mml_vma_store_names[];	/* numbers */
extern const struct mml_name mml_task_state_names[];	/* numbers */
extern const struct mml_name mml_reason_names[];	/* numbers */
extern const struct mml_name mml_column_names[];	/* numbers: enum mmlens_col */
extern const struct mml_name mml_vma_column_names[];	/* numbers: enum mmlens_vma_col */
extern const struct mml_name mml_can_names[];		/* bits */
extern const struct mml_name mml_traced_access_names[];	/* bits: MMLENS_ACCESS_* */
extern const struct mml_name mml_traced_result_names[];	/* bits: MMLENS_FAULT_* */
extern const struct mml_name mml_entry_names[];		/* bits */
extern const struct mml_name mml_page_names[];		/* bits */
extern const struct mml_name mml_vm_names[];		/* bits; code as in smaps */

/* The name of a number, or NULL. */
const char *mml_name(const struct mml_name *names, uint64_t number);

/* The entry called @name (any case), or NULL. */
const struct mml_name *mml_name_find(const struct mml_name *names,
				     const char *name);

enum mml_naming {
	MML_NAMES,		/* "soft-dirty", "pkey3" */
	MML_CODES,		/* short forms, where there are some */
	MML_FIELDS,		/* as names, but fields without their number: "pkey" */
};

/*
 * Calls @fn for each bit or field that is set, in the table's order, then
 * once more with the hex of what the table does not know, if anything.
 */
void mml_for_each_bit(const struct mml_name *names, uint64_t bits,
		      enum mml_naming naming, void (*fn)(const char *name, void *arg),
		      void *arg);

/* The same for a mask whose bit n stands for the number n. */
void mml_for_each_number(const struct mml_name *names, uint64_t mask,
			 void (*fn)(const char *name, void *arg), void *arg);

/* "rwuad": read (present), write, user, accessed, dirty, ...; see names.c. */
#define MML_ENTRY_LETTERS 16
const char *mml_entry_letters(uint64_t entry, char buf[MML_ENTRY_LETTERS]);

/*
 * What a frame is used for, if by anybody: "free", "table", "slab", "anon",
 * "file", ..., or "other" for what the kernel holds and does not say more of;
 * or NULL. Of a page that is known to be mapped, judge.h says more.
 */
const char *mml_frame_kind(uint64_t page_flags);

/* "rw-p" as in /proc/PID/maps. */
const char *mml_vm_perms(uint64_t vm_flags, char buf[5]);

#endif /* MML_NAMES_H */
