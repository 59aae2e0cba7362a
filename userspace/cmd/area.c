// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <unistd.h>

#include "cmd/area.h"
#include "lib/names.h"

/* A row that stands for no area: it has nothing but its addresses. */
static bool is_hole(const struct mml_vma *vma)
{
	return vma->kind == MMLENS_UNKNOWN32;
}

static struct show_value get_size(const void *row)
{
	const struct mml_vma *vma = row;

	return show_bytes(vma->end - vma->start);
}

static struct show_value get_perms(const void *row)
{
	static char perms[5];
	const struct mml_vma *vma = row;

	if (is_hole(vma))
		return show_unknown();
	return show_str(mml_vm_perms(vma->flags, perms));
}

static struct show_value get_offset(const void *row)
{
	const struct mml_vma *vma = row;

	if (!vma->path || vma->pgoff == MMLENS_UNKNOWN)
		return show_unknown();
	return show_frame(vma->pgoff * sysconf(_SC_PAGESIZE));
}

static struct show_value get_name(const void *row)
{
	const struct mml_vma *vma = row;

	return show_str(vma->path ? vma->path : vma->name);
}

static struct show_value get_kind(const void *row)
{
	const struct mml_vma *vma = row;

	return is_hole(vma) ? show_str("hole") :
			      show_name(vma->kind, mml_vma_kind_names);
}

static struct show_value get_label(const void *row)
{
	static char label[PATH_MAX];

	if (is_hole(row))
		return show_unknown();
	return show_str(mml_vma_label(row, label, sizeof(label)));
}

static struct show_value get_device(const void *row)
{
	static char device[32];
	const struct mml_vma *vma = row;

	if (vma->major == MMLENS_UNKNOWN32 || vma->minor == MMLENS_UNKNOWN32)
		return show_unknown();
	snprintf(device, sizeof(device), "%u:%u", vma->major, vma->minor);
	return show_str(device);
}

static struct show_value get_shared(const void *row)
{
	const struct mml_vma *vma = row;

	if (is_hole(vma))
		return show_unknown();
	return show_bool(vma->flags & MMLENS_VM_MAYSHARE);
}

static struct show_value neighbour_label(const struct mml_vma *vma, char *label,
					 size_t size)
{
	return vma ? show_str(mml_vma_label(vma, label, size)) : show_unknown();
}

static struct show_value get_below(const void *row)
{
	static char label[PATH_MAX];
	const struct area_row *r = row;

	return neighbour_label(r->below, label, sizeof(label));
}

static struct show_value get_above(const void *row)
{
	static char label[PATH_MAX];
	const struct area_row *r = row;

	return neighbour_label(r->above, label, sizeof(label));
}

/*
 * How many entries map the area, which is how many of the TLB would cover it: a
 * number, and for people of which size they are ("812x4K 3x2M").
 */
static struct show_value get_leaves(const void *row)
{
	static const uint8_t columns[] = {
		MMLENS_VMA_COL_LEAVES_PTE, MMLENS_VMA_COL_LEAVES_PMD,
		MMLENS_VMA_COL_LEAVES_PUD,
	};
	static const char *const sizes[] = { "4K", "2M", "1G" };
	static char text[96];
	const struct mml_vma *vma = row;
	uint64_t sum = 0, number;
	size_t i, len = 0;
	struct show_value value;

	text[0] = '\0';
	for (i = 0; i < sizeof(columns); i++) {
		number = vma->counts[columns[i]];
		if (number == MMLENS_UNKNOWN)
			return show_unknown();
		sum += number;
		if (number)
			len += snprintf(text + len, sizeof(text) - len,
					"%s%llux%s", len ? " " : "",
					(unsigned long long)number, sizes[i]);
	}
	value = show_uint(sum);
	value.string = sum ? text : "0";
	return value;
}

static const char *leaves_text(struct show_value value, char *buf, size_t size)
{
	snprintf(buf, size, "%s", value.string);
	return buf;
}

/* A column that the kernel counts when it is asked for. */
#define COUNTED(column, heading, key, help, kind)			\
	{ heading, key, help, SHOW_RIGHT,				\
	  SHOW_FIELD(struct mml_vma, counts[MMLENS_VMA_COL_##column], kind), \
	  .needs = MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_##column) }
#define SIZE(column, heading, key, help) \
	COUNTED(column, heading, key, help, SHOW_BYTES)
#define NUMBER(column, heading, key, help) \
	COUNTED(column, heading, key, help, SHOW_UINT)

#define LEAVES	(MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_LEAVES_PTE) |	\
		 MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_LEAVES_PMD) |	\
		 MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_LEAVES_PUD))

#define AREA(field, kind) SHOW_FIELD(struct mml_vma, field, kind)

const struct show_column area_columns[] = {
	{ "START", "start", "first address", SHOW_ALWAYS | SHOW_RIGHT, AREA(start, SHOW_ADDR) },
	{ "END", "end", "first address after it", SHOW_ALWAYS | SHOW_RIGHT, AREA(end, SHOW_ADDR) },
	{ "SIZE", "size", "bytes", SHOW_IN_JSON | SHOW_RIGHT, .get = get_size },
	{ "PERMS", "perms", "read, write, exec; private or shared", SHOW_ALWAYS, .get = get_perms },
	{ "KIND", "kind", "what backs it: anon, file, shmem, hugetlb, special, device, secretmem", SHOW_ALWAYS, .get = get_kind },
	{ "SHARED", "shared", "may others see its writes?", SHOW_IN_JSON, .get = get_shared },
	{ "OFFSET", "offset", "bytes into the file", SHOW_ALWAYS | SHOW_RIGHT, .get = get_offset },
	{ "PGOFF", "pgoff", "offset in pages, in the file or the anonymous object", SHOW_RIGHT, AREA(pgoff, SHOW_FRAME) },
	{ "DEVICE", "device", "major:minor of the file's device", SHOW_IN_JSON, .get = get_device },
	{ "INODE", "inode", "the file's inode number", SHOW_IN_JSON | SHOW_RIGHT, AREA(inode, SHOW_UINT) },
	{ "FILE_SIZE", "file_size", "bytes of the file", SHOW_IN_JSON | SHOW_RIGHT, AREA(file_size, SHOW_BYTES) },
	{ "PAGE_SIZE", "page_size", "bytes of its pages: more than a base page for hugetlb", SHOW_IN_JSON | SHOW_RIGHT, AREA(page_size, SHOW_BYTES) },
	{ "VMFLAGS", "vm_flags", "flags, by the codes of /proc/PID/smaps", SHOW_IN_JSON, AREA(flags, SHOW_CODES), .names = mml_vm_names },
	{ "VMNAMES", "vm_names", "the same flags by name", 0, AREA(flags, SHOW_BITS), .names = mml_vm_names },
	{ "PKEY", "pkey", "protection key", SHOW_IN_JSON | SHOW_RIGHT, AREA(pkey, SHOW_UINT) },
	{ "ANON_ID", "anon_id", "tells anon_vmas apart; no address", SHOW_IN_JSON, AREA(anon_id, SHOW_HEX) },
	{ "ANON_ROOT", "anon_root", "the same for its root: equal across forks", SHOW_IN_JSON, AREA(anon_root, SHOW_HEX) },
	{ "OPS", "ops", "its vm_operations", SHOW_IN_JSON, AREA(ops, SHOW_STR) },
	SIZE(RSS, "RSS", "rss", "resident memory (counted by the kernel, here and below)"),
	SIZE(ANON, "RSS_ANON", "rss_anon", "of RSS: anonymous pages"),
	SIZE(FILE, "RSS_FILE", "rss_file", "of RSS: pages of files"),
	SIZE(SHMEM, "RSS_SHMEM", "rss_shmem", "of RSS: pages of shmem"),
	SIZE(SHARED, "RSS_SHARED", "rss_shared", "of RSS: mapped more than once"),
	SIZE(EXCLUSIVE, "RSS_EXCLUSIVE", "rss_exclusive", "of RSS: mapped here only"),
	SIZE(SWAP, "SWAP", "swap", "in swap"),
	SIZE(KSM, "KSM", "ksm", "of RSS_ANON: merged by KSM"),
	SIZE(LAZYFREE, "LAZYFREE", "lazyfree", "of RSS_ANON: given up by MADV_FREE"),
	SIZE(DIRTY, "DIRTY", "dirty", "of RSS: entry or page is dirty"),
	SIZE(REFERENCED, "REFERENCED", "referenced", "of RSS: entry or page was used of late"),
	SIZE(HUGE, "HUGE", "huge", "of RSS: mapped by an entry above the lowest level"),
	SIZE(HUGETLB, "HUGETLB", "hugetlb", "of hugetlb, which is not in RSS"),
	SIZE(ZERO, "ZERO", "zero", "the shared pages of zeroes, not in RSS"),
	NUMBER(OTHER, "OTHER", "other", "entries of any other kind"),
	NUMBER(TABLES, "TABLES", "tables", "PTE tables that hold entries for it"),
	NUMBER(LEAVES_PTE, "LEAVES_PTE", "leaves_pte", "PTE entries that map something"),
	NUMBER(LEAVES_PMD, "LEAVES_PMD", "leaves_pmd", "PMD entries that map something"),
	NUMBER(LEAVES_PUD, "LEAVES_PUD", "leaves_pud", "PUD entries that map something"),
	{ "LEAVES", "leaves", "all of these: how many entries of the TLB would cover it, and of which size", SHOW_RIGHT, .get = get_leaves, .text = leaves_text,
	  .needs = LEAVES },
	NUMBER(DEPTH, "DEPTH", "depth", "nodes that a lookup of its start visits: see --store"),
	{ "BELOW", "below", "of a hole (--gaps): the area that ends where it begins", 0, .get = get_below },
	{ "ABOVE", "above", "of a hole (--gaps): the area that begins where it ends, which find_vma() answers", 0, .get = get_above },
	{ "LABEL", "label", "its short name, as ranges take it", 0, .get = get_label },
	{ "NAME", "name", "path of the file, or [heap], [stack], ...", SHOW_ALWAYS, .get = get_name },
	{ }
};

/**
 * area_json() - an area as an object
 * @s: where it goes, in JSON
 * @key: of the object
 * @vma: the area, or NULL
 */
void area_json(struct show *s, const char *key, const struct mml_vma *vma)
{
	const struct show_column *column;

	if (!vma) {
		show(s, key, NULL, show_unknown());
		return;
	}
	show_open_row(s, key);
	for (column = area_columns; column->name; column++)
		if (column->flags & SHOW_IN_JSON)
			show(s, column->key, NULL,
			     show_column_value(column, vma));
	show_close(s);
}

/**
 * area_label() - a short name that is safe for a terminal
 * @vma: the area
 * @buf: room for it
 * @size: bytes of @buf
 *
 * Return: @buf
 */
const char *area_label(const struct mml_vma *vma, char *buf, size_t size)
{
	char label[PATH_MAX];

	return show_escape(mml_vma_label(vma, label, sizeof(label)), buf, size);
}

static void neighbour(struct show *s, const char *where, bool has,
		      const struct mml_vma *vma, uint64_t distance,
		      const char *more)
{
	char label[1024], far[32];

	if (s->json)
		return;
	if (!has) {
		show_text(s, "  %-6s nothing\n", where);
		return;
	}
	show_text(s, "  %-6s %llx-%llx  %s, %s away%s\n", where,
		  (unsigned long long)vma->start, (unsigned long long)vma->end,
		  area_label(vma, label, sizeof(label)),
		  show_value_text(show_bytes(distance), far, sizeof(far)), more);
}

/* Where a hole ends is unknown when nothing is above it. */
static void show_gap(struct show *s, const struct mml_walk *walk)
{
	uint64_t start = walk->has_prev ? walk->prev.end : 0;
	uint64_t end = walk->has_next ? walk->next.start : MMLENS_UNKNOWN;
	bool ends = walk->has_next;

	show_open_row(s, "gap");
	show(s, "start", ends ? "  gap    %s" : NULL, show_addr(start));
	show(s, "end", ends ? "-%s" : NULL, show_addr(end));
	show(s, "size", ends ? "  %s\n" : NULL,
	     ends ? show_bytes(end - start) : show_unknown());
	show_close(s);
}

/**
 * hole_show() - an address in no area
 * @s: where it goes
 * @walk: the answer for it
 */
void hole_show(struct show *s, const struct mml_walk *walk)
{
	bool grows = walk->has_next && walk->next.flags & MMLENS_VM_GROWSDOWN;

	show_text(s, "no area holds %llx: a touch is SIGSEGV%s\n",
		  (unsigned long long)walk->addr,
		  grows ? ", unless the stack above grows down to it" : "");
	neighbour(s, "below", walk->has_prev, &walk->prev,
		  walk->addr - walk->prev.end, "");
	neighbour(s, "above", walk->has_next, &walk->next,
		  walk->next.start - walk->addr, " (what find_vma() answers)");
	show_gap(s, walk);
	if (!s->json)
		return;
	area_json(s, "vma", NULL);
	area_json(s, "prev", walk->has_prev ? &walk->prev : NULL);
	area_json(s, "next", walk->has_next ? &walk->next : NULL);
}
