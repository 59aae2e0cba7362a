// SPDX-License-Identifier: GPL-2.0
/*
 * From a page-table entry and its struct page to facts.
 *
 * Everything here runs under the page-table lock that covers a present entry.
 * That entry owns a reference and a mapcount, and reclaim, migration, folio
 * split, zap and hwpoison must take the same lock before they can touch what
 * makes the page this page; so plain reads are coherent enough, and no
 * reference has to be taken. Counts and flags that others may change at any
 * time (referenced, refcount, other processes' mapcounts) are what they were
 * at that instant.
 */
#include "compat/page.h"
#include "compat/pgtable.h"
#include "frame.h"
#include "snapshot.h"
#include "target.h"

#define COL(name) MMLENS_COL_BIT(MMLENS_COL_##name)

/* Columns that need a look at struct page. */
#define PAGE_COLUMNS							\
	(COL(FLAGS) | COL(MAPCOUNT) | COL(MAPKIND) | COL(REFCOUNT) |	\
	 COL(HEAD) | COL(ORDER) | COL(FOLIO_MAPCOUNT) |			\
	 COL(FOLIO_SHARED) | COL(NODE) | COL(ZONE) | COL(ANON_ID))

static const struct {
	u8 kernel;
	u64 ours;
} page_flag_table[] = {
#define X(kernel, ours) { kernel, ours },
	MML_PG_FLAGS(X)
#undef X
};

/**
 * mmlens_frame_known_flags() - the page flags that this kernel can report
 */
u64 mmlens_frame_known_flags(void)
{
	u64 known = MML_PAGE_FLAG_BITS | MML_TYPE_FLAG_BITS;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(page_flag_table); i++)
		known |= page_flag_table[i].ours;
	return known;
}

static u64 translate_flags(struct mmlens_reader *reader, const struct page *head)
{
	unsigned long raw = mml_raw_flags(head) & (BIT(__NR_PAGEFLAGS) - 1);
	size_t i;

	if (raw == reader->raw)
		return reader->flags;
	reader->raw = raw;
	reader->flags = 0;
	for (i = 0; i < ARRAY_SIZE(page_flag_table); i++)
		if (raw & BIT(page_flag_table[i].kernel))
			reader->flags |= page_flag_table[i].ours;
	return reader->flags;
}

/*
 * What fs/proc/page.c derives from more than a flag, its conditions kept.
 * @own is where the page keeps what is not of its folio.
 */
static u64 derived_flags(struct page *page, struct page *head, struct page *own,
			 u64 flags)
{
	u64 more = 0;

	if (mml_page_anon(head)) {
		more |= MMLENS_PAGE_ANON;
		if (mml_page_ksm(head))
			more |= MMLENS_PAGE_KSM;
		if (mml_anon_exclusive(own))
			more |= MMLENS_PAGE_ANON_EXCLUSIVE;
	} else if (mml_page_in_file(head)) {
		more |= MMLENS_PAGE_FILE;
	}
	if (mml_page_swapcache(head))
		more |= MMLENS_PAGE_SWAPCACHE;
	if (PageHead(head)) {
		if (PageHuge(head))
			more |= MMLENS_PAGE_HUGE;
		else if ((flags & MMLENS_PAGE_LRU) ||
			 (more & MMLENS_PAGE_ANON))
			more |= MMLENS_PAGE_THP;
	}
	if (PageHWPoison(own))
		more |= MMLENS_PAGE_HWPOISON;
	if (mml_page_pinned(head))
		more |= MMLENS_PAGE_PINNED;
	if (is_zone_device_page(page))
		more |= MMLENS_PAGE_DEVICE;
	return more;
}

/* The shared zero pages are mapped without being counted. */
static u64 zero_flags(struct page *head)
{
	return MMLENS_PAGE_ZERO_PAGE | (PageHead(head) ? MMLENS_PAGE_THP : 0);
}

/*
 * Up to 6.9 this sums over the folio's pages: once for all that follow each
 * other, or a table's worth of one folio would take 512 times 512 reads. Single
 * pages between them (copies, after a fork) do not make it forget. Pages of two
 * huge ones can take turns only in areas of their own: mremap() keeps vm_pgoff.
 */
static int folio_mapcount_of(struct mmlens_reader *reader, struct page *head)
{
	if (!PageHead(head))
		return mml_folio_mapcount(head);
	if (reader->folio != head) {
		reader->folio = head;
		reader->folio_mapcount = mml_folio_mapcount(head);
	}
	return reader->folio_mapcount;
}

static void read_mapcounts(struct mmlens_reader *reader,
			   struct mmlens_facts *facts, struct page *page,
			   struct page *head)
{
	u64 need = reader->need;

	if (need & (COL(MAPCOUNT) | COL(MAPKIND))) {
		u32 kind, count = mml_page_mapcount(page, head, &kind);

		if (need & COL(MAPCOUNT))
			facts->mapcount = count;
		if (need & COL(MAPKIND))
			facts->mapkind = kind;
	}
	if (need & COL(FOLIO_MAPCOUNT))
		facts->folio_mapcount = folio_mapcount_of(reader, head);
	if (need & COL(FOLIO_SHARED))
		facts->folio_shared =
			mml_folio_shared(head, folio_mapcount_of(reader, head));
}

/* As VMA_GET tells of its VMA. What KSM has merged is nobody's. */
static u64 anon_id_of(const struct page *head)
{
	const void *anon_vma = mml_page_anon_vma(head);

	return anon_vma ? mmlens_opaque(anon_vma) : MMLENS_UNKNOWN;
}

static void read_page(struct mmlens_reader *reader, struct mmlens_facts *facts,
		      struct page *page, bool zero)
{
	struct page *head = compound_head(page);
	/* a huge mapping keeps what is a page's own on its first page */
	struct page *own = facts->level == MMLENS_LEVEL_PTE ? page : head;
	u64 need = reader->need;

	if (need & COL(FLAGS)) {
		facts->flags = translate_flags(reader, head);
		facts->flags |= zero ? zero_flags(head) : MMLENS_PAGE_MMAP |
				derived_flags(page, head, own, facts->flags);
	}
	if (!zero)
		read_mapcounts(reader, facts, page, head);
	if (need & COL(REFCOUNT))
		facts->refcount = page_ref_count(head);
	if (need & COL(HEAD))
		facts->head = page_to_pfn(head);
	if (need & COL(ORDER))
		facts->order = compound_order(head);
	if (need & COL(NODE))
		facts->node = page_to_nid(page);
	if (need & COL(ZONE))
		facts->zone = mml_zone(page);
	if (need & COL(ANON_ID))
		facts->anon_id = anon_id_of(head);
}

/**
 * mmlens_no_facts() - what is known where nothing stands
 * @facts: result
 * @level: the level at which nothing was found
 * @need: MMLENS_COL_BIT() mask of what is asked
 */
void mmlens_no_facts(struct mmlens_facts *facts, enum mmlens_level level,
		     u64 need)
{
	*facts = (struct mmlens_facts) {
		.state = MMLENS_STATE_NONE,
		.level = level,
		.frame = MMLENS_UNKNOWN,
		.swap = MMLENS_UNKNOWN,
		.flags = MMLENS_UNKNOWN,
		.head = MMLENS_UNKNOWN,
		.anon_id = MMLENS_UNKNOWN,
		.mapcount = MMLENS_UNKNOWN32,
		.mapkind = need & COL(MAPKIND) ? MMLENS_MAPKIND_NONE :
						 MMLENS_UNKNOWN32,
		.refcount = MMLENS_UNKNOWN32,
		.order = MMLENS_UNKNOWN32,
		.folio_mapcount = MMLENS_UNKNOWN32,
		.folio_shared = MMLENS_UNKNOWN32,
		.node = MMLENS_UNKNOWN32,
		.zone = MMLENS_UNKNOWN32,
	};
}

static void read_entry(struct mmlens_reader *reader, struct mmlens_facts *facts,
		       const struct mmlens_entry *entry, enum mmlens_level level)
{
	u64 need = reader->need;

	mmlens_no_facts(facts, level, need);
	facts->state = entry->state;
	facts->frame = entry->frame;
	facts->swap = entry->swap;
	facts->entry = entry->bits;
	if (entry->has_page && (need & PAGE_COLUMNS))
		read_page(reader, facts, pfn_to_page(entry->frame),
			  entry->zero);
}

static struct mmlens_key page_key(u64 raw, struct page *page)
{
	return (struct mmlens_key) {
		.raw = raw,
		.flags = mml_raw_flags(page),
		.mapping = READ_ONCE(page->mapping),
		.mapcount = atomic_read(&page->_mapcount),
		.refcount = page_ref_count(page),
	};
}

/* Would a page, small as the key's, give the key again? Its PTE is for others. */
static __always_inline bool same_page(const struct mmlens_key *key, struct page *page)
{
	return mml_raw_flags(page) == key->flags && !PageTail(page) &&
	       READ_ONCE(page->mapping) == key->mapping &&
	       atomic_read(&page->_mapcount) == key->mapcount &&
	       page_ref_count(page) == key->refcount;
}

/*
 * Neighbours mostly differ in nothing but their frame. Comparing what facts
 * are made of costs a fraction of making them again.
 */
static __always_inline bool read_twin(struct mmlens_reader *reader,
				      struct mmlens_facts *facts, pte_t pte)
{
	u64 frame = pte_pfn(pte);

	if (!reader->keyed || !mml_same_bits(reader->key.raw, pte_val(pte)) ||
	    !pfn_valid(frame) || is_zero_pfn(frame))
		return false;
	if ((reader->need & PAGE_COLUMNS) &&
	    !same_page(&reader->key, pfn_to_page(frame)))
		return false;
	reader->key.raw = pte_val(pte);
	facts->frame = frame;
	if (reader->need & COL(HEAD))
		facts->head = frame;
	return true;
}

/* Facts that can be had again by comparing: those of a small page. */
static void read_keyed(struct mmlens_reader *reader, struct mmlens_facts *facts,
		       const struct mmlens_entry *entry, pte_t pte)
{
	struct page *page = pfn_to_page(entry->frame);
	struct mmlens_key before;

	if (!(reader->need & PAGE_COLUMNS)) {
		read_entry(reader, facts, entry, MMLENS_LEVEL_PTE);
		reader->key.raw = pte_val(pte);
		reader->keyed = true;
		return;
	}
	before = page_key(pte_val(pte), page);
	read_entry(reader, facts, entry, MMLENS_LEVEL_PTE);
	/* if it changed meanwhile, nobody knows of which one the facts are */
	reader->keyed = !PageCompound(page) && same_page(&before, page);
	reader->key = before;
}

static noinline void read_single(struct mmlens_reader *reader,
				 struct mmlens_facts *facts, pte_t pte)
{
	struct mmlens_entry entry;

	reader->keyed = false;
	mmlens_entry_pte(&entry, reader->vma->vm_flags, pte);
	if (entry.state == MMLENS_STATE_PRESENT)
		read_keyed(reader, facts, &entry, pte);
	else
		read_entry(reader, facts, &entry, MMLENS_LEVEL_PTE);
}

/**
 * mmlens_read_pte() - the facts of the page behind a PTE
 * @reader: what to read
 * @facts: result; until mmlens_reader_forget() it must hold the one before
 *	when this is called. facts->state is NONE for an empty entry
 * @pte: read once under its table's lock, which is still held
 */
void mmlens_read_pte(struct mmlens_reader *reader, struct mmlens_facts *facts,
		     pte_t pte)
{
	if (!read_twin(reader, facts, pte))
		read_single(reader, facts, pte);
}

/*
 * How many of the entries from @ptep on hold frames that count up from the
 * one read last, and the same facts. Within a stretch of memory whose struct
 * pages exist all or not at all, and lie in a row.
 */
static u32 count_twins(struct mmlens_reader *reader, pte_t *ptep, u32 max)
{
	bool look = reader->need & PAGE_COLUMNS;
	u64 raw = mml_next_frame(reader->key.raw);
	struct page *page;
	u64 frame;
	u32 n;

	/* frames in no order at all are not to pay for what comes now */
	if (!max || pte_val(ptep_get(ptep)) != raw)
		return 0;
	frame = pte_pfn(__pte(raw));
	page = pfn_to_page(frame);
	for (n = 0; n < max; n++, frame++, page++) {
		if (pte_val(ptep_get(ptep + n)) != raw ||
		    !(frame % PAGES_PER_SUBSECTION) || is_zero_pfn(frame) ||
		    (look && !same_page(&reader->key, page)))
			break;
		reader->key.raw = raw;
		raw = mml_next_frame(raw);
	}
	return n;
}

/**
 * mmlens_read_ptes() - the facts of pages behind PTEs that follow each other
 * @reader: what to read
 * @facts: as mmlens_read_pte(): of the first page
 * @ptep: the first PTE; its table's lock is held
 * @max: so many may be looked at, at least 1
 *
 * Return: how many pages have those facts, with frames that count up: 1 or more
 */
u32 mmlens_read_ptes(struct mmlens_reader *reader, struct mmlens_facts *facts,
		     pte_t *ptep, u32 max)
{
	pte_t pte = ptep_get(ptep);

	if (!read_twin(reader, facts, pte))
		read_single(reader, facts, pte);
	return reader->keyed ? 1 + count_twins(reader, ptep + 1, max - 1) : 1;
}

/*
 * The huge zero page is known to vmlinux only. But it is the one compound page
 * that PMDs map without counting: under the PMD's lock, any other has an
 * entire_mapcount. It is special on 7.x, and DAX puts it into files.
 */
static bool is_huge_zero(const struct mmlens_reader *reader,
			 const struct mmlens_entry *entry,
			 enum mmlens_level level)
{
	struct page *head;

	if (level != MMLENS_LEVEL_PMD ||
	    !(entry->bits & (MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_PROTNONE)) ||
	    (entry->bits & (MMLENS_ENTRY_WRITE | MMLENS_ENTRY_DEVMAP)) ||
	    (reader->vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP)) ||
	    entry->state == MMLENS_STATE_BAD || !pfn_valid(entry->frame))
		return false;
	head = compound_head(pfn_to_page(entry->frame));
	return PageHead(head) && !PageHuge(head) && !mml_entire_mapcount(head);
}

/* Processes that share a table of hugetlb have one entry between them. */
static void note_shared_table(struct mmlens_facts *facts, struct page *head,
			      const void *at)
{
	if (facts->folio_shared == MMLENS_SHARED_NO &&
	    facts->level == MMLENS_LEVEL_PMD && PageHuge(head) &&
	    mml_hugetlb_table_shared(at))
		facts->folio_shared = MMLENS_SHARED_MAYBE;
}

/**
 * mmlens_read_huge() - the facts of a page behind a PMD or PUD entry
 * @reader: what to read
 * @facts: result
 * @level: where it stands
 * @at: where the entry is
 * @raw: the entry, read once under its lock, which is still held
 * @addr: the page's address
 *
 * Return: true when all pages that the entry maps have the same facts, but
 * for frames that count up; false when mapcounts differ between them
 */
bool mmlens_read_huge(struct mmlens_reader *reader, struct mmlens_facts *facts,
		      enum mmlens_level level, const void *at, u64 raw,
		      unsigned long addr)
{
	struct mmlens_entry entry;
	struct page *head;

	mmlens_entry_huge(&entry, reader->vma->vm_flags, level, raw, addr);
	if (is_huge_zero(reader, &entry, level)) {
		entry.zero = true;
		entry.has_page = true;
		if (entry.bits & MMLENS_ENTRY_PRESENT)
			entry.state = MMLENS_STATE_HUGE_ZERO;
	}
	read_entry(reader, facts, &entry, level);
	if (!entry.has_page || entry.zero)
		return true;
	head = compound_head(pfn_to_page(entry.frame));
	note_shared_table(facts, head, at);
	return !(reader->need & COL(MAPCOUNT)) || mml_mapcount_uniform(head);
}

/**
 * mmlens_read_mapcount() - mapcount of one page of a huge mapping
 * @frame: its PFN; the lock of the entry that maps it is held
 */
u32 mmlens_read_mapcount(u64 frame)
{
	struct page *page = pfn_to_page(frame);
	u32 kind;

	return mml_page_mapcount(page, compound_head(page), &kind);
}

/* A page that maps nowhere by its nature: what it has instead of a mapcount. */
static void read_typed(struct mmlens_facts *facts,
		       const struct mmlens_snapshot *shot, u64 type)
{
	facts->flags |= type;
	if (PageHWPoison(shot->page))
		facts->flags |= MMLENS_PAGE_HWPOISON;
	if (is_zone_device_page(shot->page))
		facts->flags |= MMLENS_PAGE_DEVICE;
}

static void read_untyped(struct mmlens_facts *facts,
			 const struct mmlens_snapshot *shot)
{
	bool huge = shot->order && PageHuge(shot->head);
	int mapcount;
	u32 kind;

	mapcount = mml_page_mapcount(shot->page, shot->head, &kind);
	facts->flags |= derived_flags(shot->page, shot->head,
				      huge ? shot->head : shot->page,
				      facts->flags);
	if (mml_copy_mapped(shot->head, mapcount))
		facts->flags |= MMLENS_PAGE_MMAP;
	/* the kernel never lets it get below 0, but it is read while it moves */
	facts->mapcount = max(mapcount, 0);
	facts->mapkind = kind;
}

/**
 * mmlens_read_snapshot() - the facts of a page that nothing holds
 * @reader: what to read; the rest of it is for the next one
 * @facts: result; columns that nobody needs may be filled in
 * @shot: the page
 */
void mmlens_read_snapshot(struct mmlens_reader *reader,
			  struct mmlens_facts *facts,
			  const struct mmlens_snapshot *shot)
{
	u64 type = mmlens_snapshot_type(shot);

	mmlens_no_facts(facts, 0, reader->need);
	facts->state = MMLENS_FRAME_MEMORY;
	facts->frame = shot->pfn;
	facts->head = shot->head_pfn;
	facts->order = shot->order;
	facts->refcount = page_ref_count(shot->head);
	facts->node = page_to_nid(shot->page);
	facts->zone = mml_zone(shot->page);
	facts->flags = translate_flags(reader, shot->head);
	if (is_zero_pfn(shot->pfn))
		facts->flags |= zero_flags(shot->head);
	else if (type || (facts->flags & MMLENS_PAGE_SLAB))
		read_typed(facts, shot, type);
	else
		read_untyped(facts, shot);
}
