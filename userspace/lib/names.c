// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include <linux/mmlens.h>

#include "lib/names.h"

const struct mml_name mml_command_names[] = {
	{ "info", MMLENS_CMD_INFO_GET },
	{ "mm", MMLENS_CMD_MM_GET },
	{ "vma", MMLENS_CMD_VMA_GET },
	{ "walk", MMLENS_CMD_WALK_GET },
	{ "pages", MMLENS_CMD_PAGE_GET },
	{ "tables", MMLENS_CMD_TABLE_GET },
	{ "frame", MMLENS_CMD_FRAME_GET },
	{ "trace", MMLENS_CMD_TRACE_START },
	{ "trace-stop", MMLENS_CMD_TRACE_STOP },
	{ }
};

const struct mml_name mml_state_names[] = {
	{ "none", MMLENS_STATE_NONE },
	{ "present", MMLENS_STATE_PRESENT },
	{ "zero", MMLENS_STATE_ZERO },
	{ "huge-zero", MMLENS_STATE_HUGE_ZERO },
	{ "pfnmap", MMLENS_STATE_PFNMAP },
	{ "protnone", MMLENS_STATE_PROTNONE },
	{ "numa-hint", MMLENS_STATE_NUMA_HINT },
	{ "swap", MMLENS_STATE_SWAP },
	{ "migration", MMLENS_STATE_MIGRATION },
	{ "hwpoison", MMLENS_STATE_HWPOISON },
	{ "device-private", MMLENS_STATE_DEVICE_PRIVATE },
	{ "device-exclusive", MMLENS_STATE_DEVICE_EXCLUSIVE },
	{ "marker-uffd-wp", MMLENS_STATE_MARKER_UFFD_WP },
	{ "marker-poison", MMLENS_STATE_MARKER_POISON },
	{ "marker-guard", MMLENS_STATE_MARKER_GUARD },
	{ "bad", MMLENS_STATE_BAD },
	{ }
};

const struct mml_name mml_frame_state_names[] = {
	{ "none", MMLENS_FRAME_NONE },
	{ "memory", MMLENS_FRAME_MEMORY },
	{ "offline", MMLENS_FRAME_OFFLINE },
	{ "device", MMLENS_FRAME_DEVICE },
	{ "unreadable", MMLENS_FRAME_UNREADABLE },
	{ }
};

const struct mml_name mml_level_names[] = {
	{ "pte", MMLENS_LEVEL_PTE },
	{ "pmd", MMLENS_LEVEL_PMD },
	{ "pud", MMLENS_LEVEL_PUD },
	{ "p4d", MMLENS_LEVEL_P4D },
	{ "pgd", MMLENS_LEVEL_PGD },
	{ }
};

const struct mml_name mml_mapkind_names[] = {
	{ "none", MMLENS_MAPKIND_NONE },
	{ "precise", MMLENS_MAPKIND_PRECISE },
	{ "average", MMLENS_MAPKIND_AVERAGE },
	{ }
};

const struct mml_name mml_shared_names[] = {
	{ "no", MMLENS_SHARED_NO },
	{ "maybe", MMLENS_SHARED_MAYBE },
	{ }
};

const struct mml_name mml_zone_names[] = {
	{ "DMA", MMLENS_ZONE_DMA },
	{ "DMA32", MMLENS_ZONE_DMA32 },
	{ "Normal", MMLENS_ZONE_NORMAL },
	{ "HighMem", MMLENS_ZONE_HIGHMEM },
	{ "Movable", MMLENS_ZONE_MOVABLE },
	{ "Device", MMLENS_ZONE_DEVICE },
	{ }
};

const struct mml_name mml_vma_kind_names[] = {
	{ "anon", MMLENS_VMA_KIND_ANON },
	{ "file", MMLENS_VMA_KIND_FILE },
	{ "shmem", MMLENS_VMA_KIND_SHMEM },
	{ "hugetlb", MMLENS_VMA_KIND_HUGETLB },
	{ "special", MMLENS_VMA_KIND_SPECIAL },
	{ "device", MMLENS_VMA_KIND_DEVICE },
	{ "secretmem", MMLENS_VMA_KIND_SECRETMEM },
	{ }
};

const struct mml_name mml_vma_store_names[] = {
	{ "rbtree", MMLENS_VMA_STORE_RBTREE },
	{ "maple", MMLENS_VMA_STORE_MAPLE },
	{ }
};

const struct mml_name mml_task_state_names[] = {
	{ "alive", MMLENS_TASK_ALIVE },
	{ "kernel thread", MMLENS_TASK_KTHREAD },
	{ "zombie", MMLENS_TASK_ZOMBIE },
	{ "exiting", MMLENS_TASK_EXITING },
	{ }
};

const struct mml_name mml_reason_names[] = {
	{ "complete", MMLENS_REASON_COMPLETE },
	{ "exited", MMLENS_REASON_EXITED },
	{ "execed", MMLENS_REASON_EXECED },
	{ "stopped", MMLENS_REASON_STOPPED },
	{ }
};

const struct mml_name mml_column_names[] = {
	{ "start", MMLENS_COL_START },
	{ "pages", MMLENS_COL_PAGES },
	{ "state", MMLENS_COL_STATE },
	{ "level", MMLENS_COL_LEVEL },
	{ "frame", MMLENS_COL_FRAME },
	{ "swap", MMLENS_COL_SWAP },
	{ "entry", MMLENS_COL_ENTRY },
	{ "flags", MMLENS_COL_FLAGS },
	{ "mapcount", MMLENS_COL_MAPCOUNT },
	{ "mapkind", MMLENS_COL_MAPKIND },
	{ "refcount", MMLENS_COL_REFCOUNT },
	{ "head", MMLENS_COL_HEAD },
	{ "order", MMLENS_COL_ORDER },
	{ "folio-mapcount", MMLENS_COL_FOLIO_MAPCOUNT },
	{ "folio-shared", MMLENS_COL_FOLIO_SHARED },
	{ "node", MMLENS_COL_NODE },
	{ "zone", MMLENS_COL_ZONE },
	{ "anon-id", MMLENS_COL_ANON_ID },
	{ }
};

const struct mml_name mml_vma_column_names[] = {
	{ "rss", MMLENS_VMA_COL_RSS },
	{ "swap", MMLENS_VMA_COL_SWAP },
	{ "anon", MMLENS_VMA_COL_ANON },
	{ "file", MMLENS_VMA_COL_FILE },
	{ "shmem", MMLENS_VMA_COL_SHMEM },
	{ "ksm", MMLENS_VMA_COL_KSM },
	{ "lazyfree", MMLENS_VMA_COL_LAZYFREE },
	{ "shared", MMLENS_VMA_COL_SHARED },
	{ "exclusive", MMLENS_VMA_COL_EXCLUSIVE },
	{ "dirty", MMLENS_VMA_COL_DIRTY },
	{ "referenced", MMLENS_VMA_COL_REFERENCED },
	{ "huge", MMLENS_VMA_COL_HUGE },
	{ "hugetlb", MMLENS_VMA_COL_HUGETLB },
	{ "zero", MMLENS_VMA_COL_ZERO },
	{ "other", MMLENS_VMA_COL_OTHER },
	{ "tables", MMLENS_VMA_COL_TABLES },
	{ "leaves-pte", MMLENS_VMA_COL_LEAVES_PTE },
	{ "leaves-pmd", MMLENS_VMA_COL_LEAVES_PMD },
	{ "leaves-pud", MMLENS_VMA_COL_LEAVES_PUD },
	{ "depth", MMLENS_VMA_COL_DEPTH },
	{ }
};

const struct mml_name mml_can_names[] = {
	{ "mapcount", MMLENS_CAN_MAPCOUNT },
	{ "exclusive", MMLENS_CAN_EXCLUSIVE },
	{ "soft-dirty", MMLENS_CAN_SOFT_DIRTY },
	{ "uffd-wp", MMLENS_CAN_UFFD_WP },
	{ "epoch", MMLENS_CAN_EPOCH },
	{ "folio-shared", MMLENS_CAN_FOLIO_SHARED },
	{ "rss", MMLENS_CAN_RSS },
	{ "trace", MMLENS_CAN_TRACE },
	{ }
};

const struct mml_name mml_traced_access_names[] = {
	{ "write", MMLENS_ACCESS_WRITE },
	{ "exec", MMLENS_ACCESS_EXEC },
	{ "user", MMLENS_ACCESS_USER },
	{ "remote", MMLENS_ACCESS_REMOTE },
	{ "tried", MMLENS_ACCESS_TRIED },
	{ "unshare", MMLENS_ACCESS_UNSHARE },
	{ "vma-lock", MMLENS_ACCESS_VMA_LOCK },
	{ }
};

const struct mml_name mml_traced_result_names[] = {
	{ "oom", MMLENS_FAULT_OOM },
	{ "sigbus", MMLENS_FAULT_SIGBUS },
	{ "major", MMLENS_FAULT_MAJOR },
	{ "hwpoison", MMLENS_FAULT_HWPOISON },
	{ "sigsegv", MMLENS_FAULT_SIGSEGV },
	{ "retry", MMLENS_FAULT_RETRY },
	{ "completed", MMLENS_FAULT_COMPLETED },
	{ "nopage", MMLENS_FAULT_NOPAGE },
	{ "maperr", MMLENS_FAULT_MAPERR },
	{ "accerr", MMLENS_FAULT_ACCERR },
	{ "pkuerr", MMLENS_FAULT_PKUERR },
	{ }
};

const struct mml_name mml_entry_names[] = {
	{ "present", MMLENS_ENTRY_PRESENT, "r" },
	{ "write", MMLENS_ENTRY_WRITE, "w" },
	{ "user", MMLENS_ENTRY_USER, "u" },
	{ "accessed", MMLENS_ENTRY_ACCESSED, "a" },
	{ "dirty", MMLENS_ENTRY_DIRTY, "d" },
	{ "exec", MMLENS_ENTRY_EXEC, "x" },
	{ "leaf", MMLENS_ENTRY_LEAF },
	{ "global", MMLENS_ENTRY_GLOBAL, "g" },
	{ "write-through", MMLENS_ENTRY_WRITE_THROUGH },
	{ "cache-disable", MMLENS_ENTRY_CACHE_DISABLE },
	{ "pat", MMLENS_ENTRY_PAT },
	{ "soft-dirty", MMLENS_ENTRY_SOFT_DIRTY, "s" },
	{ "uffd-wp", MMLENS_ENTRY_UFFD_WP, "p" },
	{ "special", MMLENS_ENTRY_SPECIAL, "S" },
	{ "devmap", MMLENS_ENTRY_DEVMAP, "D" },
	{ "protnone", MMLENS_ENTRY_PROTNONE, "n" },
	{ "exclusive", MMLENS_ENTRY_EXCLUSIVE, "e" },
	{ "pkey", MMLENS_ENTRY_PKEY_MASK },
	{ }
};

/* As tools/mm/page-types calls them, where it has a name. */
const struct mml_name mml_page_names[] = {
	{ "locked", MMLENS_PAGE_LOCKED },
	{ "error", MMLENS_PAGE_ERROR },
	{ "referenced", MMLENS_PAGE_REFERENCED },
	{ "uptodate", MMLENS_PAGE_UPTODATE },
	{ "dirty", MMLENS_PAGE_DIRTY },
	{ "lru", MMLENS_PAGE_LRU },
	{ "active", MMLENS_PAGE_ACTIVE },
	{ "slab", MMLENS_PAGE_SLAB },
	{ "writeback", MMLENS_PAGE_WRITEBACK },
	{ "reclaim", MMLENS_PAGE_RECLAIM },
	{ "buddy", MMLENS_PAGE_BUDDY },
	{ "mmap", MMLENS_PAGE_MMAP },
	{ "anonymous", MMLENS_PAGE_ANON },
	{ "swapcache", MMLENS_PAGE_SWAPCACHE },
	{ "swapbacked", MMLENS_PAGE_SWAPBACKED },
	{ "compound_head", MMLENS_PAGE_COMPOUND_HEAD },
	{ "compound_tail", MMLENS_PAGE_COMPOUND_TAIL },
	{ "huge", MMLENS_PAGE_HUGE },
	{ "unevictable", MMLENS_PAGE_UNEVICTABLE },
	{ "hwpoison", MMLENS_PAGE_HWPOISON },
	{ "nopage", MMLENS_PAGE_NOPAGE },
	{ "ksm", MMLENS_PAGE_KSM },
	{ "thp", MMLENS_PAGE_THP },
	{ "offline", MMLENS_PAGE_OFFLINE },
	{ "zero_page", MMLENS_PAGE_ZERO_PAGE },
	{ "idle", MMLENS_PAGE_IDLE },
	{ "pgtable", MMLENS_PAGE_PGTABLE },
	{ "anon_exclusive", MMLENS_PAGE_ANON_EXCLUSIVE },
	{ "mlocked", MMLENS_PAGE_MLOCKED },
	{ "reserved", MMLENS_PAGE_RESERVED },
	{ "workingset", MMLENS_PAGE_WORKINGSET },
	{ "private", MMLENS_PAGE_PRIVATE },
	{ "pinned", MMLENS_PAGE_PINNED },
	{ "device", MMLENS_PAGE_DEVICE },
	{ "file", MMLENS_PAGE_FILE },
	{ "guard", MMLENS_PAGE_GUARD },
	{ "zsmalloc", MMLENS_PAGE_ZSMALLOC },
	{ "unaccepted", MMLENS_PAGE_UNACCEPTED },
	{ "kmalloc", MMLENS_PAGE_KMALLOC },
	{ "typed", MMLENS_PAGE_TYPED },
	{ "young", MMLENS_PAGE_YOUNG },
	{ }
};

/* The codes are those of VmFlags in /proc/PID/smaps. */
const struct mml_name mml_vm_names[] = {
	{ "read", MMLENS_VM_READ, "rd" },
	{ "write", MMLENS_VM_WRITE, "wr" },
	{ "exec", MMLENS_VM_EXEC, "ex" },
	{ "shared", MMLENS_VM_SHARED, "sh" },
	{ "mayread", MMLENS_VM_MAYREAD, "mr" },
	{ "maywrite", MMLENS_VM_MAYWRITE, "mw" },
	{ "mayexec", MMLENS_VM_MAYEXEC, "me" },
	{ "mayshare", MMLENS_VM_MAYSHARE, "ms" },
	{ "growsdown", MMLENS_VM_GROWSDOWN, "gd" },
	{ "pfnmap", MMLENS_VM_PFNMAP, "pf" },
	{ "locked", MMLENS_VM_LOCKED, "lo" },
	{ "io", MMLENS_VM_IO, "io" },
	{ "seq-read", MMLENS_VM_SEQ_READ, "sr" },
	{ "rand-read", MMLENS_VM_RAND_READ, "rr" },
	{ "dontcopy", MMLENS_VM_DONTCOPY, "dc" },
	{ "dontexpand", MMLENS_VM_DONTEXPAND, "de" },
	{ "lockonfault", MMLENS_VM_LOCKONFAULT, "lf" },
	{ "account", MMLENS_VM_ACCOUNT, "ac" },
	{ "noreserve", MMLENS_VM_NORESERVE, "nr" },
	{ "hugetlb", MMLENS_VM_HUGETLB, "ht" },
	{ "sync", MMLENS_VM_SYNC, "sf" },
	{ "arch-1", MMLENS_VM_ARCH_1, "ar" },
	{ "wipeonfork", MMLENS_VM_WIPEONFORK, "wf" },
	{ "dontdump", MMLENS_VM_DONTDUMP, "dd" },
	{ "soft-dirty", MMLENS_VM_SOFTDIRTY, "sd" },
	{ "mixedmap", MMLENS_VM_MIXEDMAP, "mm" },
	{ "hugepage", MMLENS_VM_HUGEPAGE, "hg" },
	{ "nohugepage", MMLENS_VM_NOHUGEPAGE, "nh" },
	{ "mergeable", MMLENS_VM_MERGEABLE, "mg" },
	{ "uffd-missing", MMLENS_VM_UFFD_MISSING, "um" },
	{ "uffd-wp", MMLENS_VM_UFFD_WP, "uw" },
	{ "uffd-minor", MMLENS_VM_UFFD_MINOR, "ui" },
	{ "shadow-stack", MMLENS_VM_SHADOW_STACK, "ss" },
	{ "sealed", MMLENS_VM_SEALED, "sl" },
	{ "droppable", MMLENS_VM_DROPPABLE, "dp" },
	{ "denywrite", MMLENS_VM_DENYWRITE, "dw" },
	{ "maybe-guard", MMLENS_VM_MAYBE_GUARD, "gu" },
	/* which smaps itself has no code for */
	{ "allow-any-uncached", MMLENS_VM_ALLOW_ANY_UNCACHED, "au" },
	{ "unknown", MMLENS_VM_UNKNOWN, "??" },
	{ }
};

/**
 * mml_name() - the name of a number
 * @names: the table
 * @number: the number
 *
 * Return: the name, or NULL
 */
const char *mml_name(const struct mml_name *names, uint64_t number)
{
	for (; names->name; names++)
		if (names->value == number)
			return names->name;
	return NULL;
}

/**
 * mml_name_find() - the number of a name
 * @names: the table
 * @name: in any case
 *
 * Return: its entry, or NULL
 */
const struct mml_name *mml_name_find(const struct mml_name *names,
				     const char *name)
{
	for (; names->name; names++)
		if (!strcasecmp(names->name, name))
			return names;
	return NULL;
}

static void name_rest(uint64_t bits,
		      void (*fn)(const char *name, void *arg), void *arg)
{
	char rest[32];

	if (!bits)
		return;
	snprintf(rest, sizeof(rest), "%#" PRIx64, bits);
	fn(rest, arg);
}

static void name_one(const struct mml_name *name, uint64_t bits,
		     enum mml_naming naming,
		     void (*fn)(const char *name, void *arg), void *arg)
{
	const char *word = naming == MML_CODES && name->code ? name->code :
							       name->name;
	char field[32];

	if (name->value & (name->value - 1) && naming != MML_FIELDS) {
		snprintf(field, sizeof(field), "%s%" PRIu64, word,
			 (bits & name->value) >> __builtin_ctzll(name->value));
		word = field;
	}
	fn(word, arg);
}

/**
 * mml_for_each_bit() - the names of all bits that are set
 * @names: the table
 * @bits: the bits
 * @naming: in what form
 * @fn: called for each, then for the hex of those without a name
 * @arg: its argument
 */
void mml_for_each_bit(const struct mml_name *names, uint64_t bits,
		      enum mml_naming naming,
		      void (*fn)(const char *name, void *arg), void *arg)
{
	for (; names->name; names++) {
		if (!(bits & names->value))
			continue;
		name_one(names, bits, naming, fn, arg);
		bits &= ~names->value;
	}
	name_rest(bits, fn, arg);
}

/**
 * mml_for_each_number() - the names of all numbers in a mask
 * @names: the table of numbers
 * @mask: bit n stands for the number n
 * @fn: called for each, then for the hex of those without a name
 * @arg: its argument
 */
void mml_for_each_number(const struct mml_name *names, uint64_t mask,
			 void (*fn)(const char *name, void *arg), void *arg)
{
	for (; names->name; names++) {
		if (names->value > 63 || !(mask & 1ULL << names->value))
			continue;
		fn(names->name, arg);
		mask &= ~(1ULL << names->value);
	}
	name_rest(mask, fn, arg);
}

/*
 * Five letters have their places, so that a column of them can be read down;
 * what is rare follows. The leaf bit goes without saying, and "+" says that
 * there are bits without a letter.
 */
#define PLACES 5

/**
 * mml_entry_letters() - an entry's bits in brief: "rwuad", "r-uads"
 * @entry: MMLENS_ENTRY_*
 * @buf: room for them
 *
 * Return: @buf
 */
const char *mml_entry_letters(uint64_t entry, char buf[MML_ENTRY_LETTERS])
{
	const struct mml_name *name;
	char *to = buf;
	int place = 0;

	entry &= ~MMLENS_ENTRY_LEAF;
	for (name = mml_entry_names; name->name; name++, place++) {
		if (!name->code)
			continue;
		if (entry & name->value)
			*to++ = *name->code;
		else if (place < PLACES)
			*to++ = '-';
		entry &= ~name->value;
	}
	if (entry)
		*to++ = '+';
	*to = '\0';
	return buf;
}

/**
 * mml_frame_kind() - what a frame is used for, if by anybody
 * @page_flags: MMLENS_PAGE_*, as FRAME_GET reports them
 *
 * Return: a word, or NULL when the flags are unknown
 */
const char *mml_frame_kind(uint64_t page_flags)
{
	static const struct mml_name kinds[] = {	/* first come, first served */
		{ "free", MMLENS_PAGE_BUDDY },
		{ "table", MMLENS_PAGE_PGTABLE },
		{ "slab", MMLENS_PAGE_SLAB },
		{ "kmalloc", MMLENS_PAGE_KMALLOC },
		{ "zsmalloc", MMLENS_PAGE_ZSMALLOC },
		{ "offline", MMLENS_PAGE_OFFLINE },
		{ "guard", MMLENS_PAGE_GUARD },
		{ "unaccepted", MMLENS_PAGE_UNACCEPTED },
		{ "typed", MMLENS_PAGE_TYPED },
		{ "zero", MMLENS_PAGE_ZERO_PAGE },
		{ "ksm", MMLENS_PAGE_KSM },
		{ "hugetlb", MMLENS_PAGE_HUGE },
		{ "anon", MMLENS_PAGE_ANON },
		{ "device", MMLENS_PAGE_DEVICE },
		{ "file", MMLENS_PAGE_FILE },
		{ "reserved", MMLENS_PAGE_RESERVED },
		{ "other", ~0ULL },
		{ }
	};
	const uint64_t shmem = MMLENS_PAGE_FILE | MMLENS_PAGE_SWAPBACKED;
	const struct mml_name *kind = kinds;

	if (page_flags == MMLENS_UNKNOWN)
		return NULL;
	while (kind[1].name && !(page_flags & kind->value))
		kind++;
	if (kind->value == MMLENS_PAGE_FILE && (page_flags & shmem) == shmem)
		return "shmem";
	return kind->name;
}

/**
 * mml_vm_perms() - permissions as in /proc/PID/maps
 * @vm_flags: MMLENS_VM_*
 * @buf: room for them
 *
 * Return: @buf
 */
const char *mml_vm_perms(uint64_t vm_flags, char buf[5])
{
	buf[0] = vm_flags & MMLENS_VM_READ ? 'r' : '-';
	buf[1] = vm_flags & MMLENS_VM_WRITE ? 'w' : '-';
	buf[2] = vm_flags & MMLENS_VM_EXEC ? 'x' : '-';
	buf[3] = vm_flags & MMLENS_VM_MAYSHARE ? 's' : 'p';
	buf[4] = '\0';
	return buf;
}
