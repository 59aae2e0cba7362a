# SPDX-License-Identifier: GPL-2.0
"""
x86-64's page tables and the kernel's struct page, read from the bytes of
physical memory alone. Nothing is shared with the module: this is a second
opinion, from Intel's manual and from include/linux/mm_types.h.
"""

MASK = (1 << 64) - 1
PRESENT, USER, PSE, PROTNONE = 1 << 0, 1 << 2, 1 << 7, 1 << 8
NX = 1 << 63
FRAME = ((1 << 52) - 1) & ~0xfff

# level: the lowest bit of its index in an address
SHIFT = {"pte": 12, "pmd": 21, "pud": 30, "p4d": 39, "pgd": 48}
FOUR = ["pgd", "pud", "pmd", "pte"]
FIVE = ["pgd", "p4d", "pud", "pmd", "pte"]


def physical(raw):
    """The address bits of an entry: inverted (L1TF) where it is not present."""
    return (raw if raw & PRESENT else raw ^ MASK) & FRAME


def has_frame(raw):
    return bool(raw & (PRESENT | PROTNONE))


class Tables:
    def __init__(self, memory, root, five):
        self.memory = memory
        self.root = root
        self.levels = FIVE if five else FOUR

    def shift(self, level):
        return 39 if level == "pgd" and self.levels is FOUR else SHIFT[level]

    def path(self, address):
        """(level, index, frame of the table, raw entry) down to where it ends."""
        table, path = self.root, []
        for level in self.levels:
            index = address >> self.shift(level) & 511
            raw = self.memory.page(table)[index]
            path.append((level, index, table, raw))
            if level == "pte" or raw & PSE or not raw & PRESENT:
                break
            table = physical(raw) >> 12
        return path

    def frame(self, address, path=None):
        """Of the page at an address, whether or not the hardware may use it; or None."""
        level, _, _, raw = (path or self.path(address))[-1]
        if not has_frame(raw) or (level != "pte" and not raw & PSE):
            return None
        size = 1 << self.shift(level)
        return (physical(raw) & -size | address & (size - 1)) >> 12

    def tables(self, table=None, depth=0, base=0):
        """
        All of the user half, each before those below it: (level, its own frame,
        first address, {index: raw entry} of the entries in use).
        """
        level = self.levels[depth]
        table = self.root if table is None else table
        entries = self.memory.page(table)[:self.slots(level, base)]
        used = {index: raw for index, raw in enumerate(entries) if raw}
        yield level, table, base, used
        for index, raw in used.items():
            if level != "pte" and raw & PRESENT and not raw & PSE:
                yield from self.tables(physical(raw) >> 12, depth + 1,
                                       base + (index << self.shift(level)))

    def slots(self, level, base):
        """
        Entries of a table for user addresses, of which the last page is none: of
        the first table, the upper half is the kernel's.
        """
        size = 1 << self.shift(level)
        top = (1 << self.shift("pgd") + 8) - 4096
        return -(-(min(base + 512 * size, top) - base) // size)

    def kernel_used(self):
        """Entries in use of the first table's upper half."""
        return sum(map(bool, self.memory.page(self.root)[256:]))

    @staticmethod
    def is_leaf(level, raw):
        return has_frame(raw) and (level == "pte" or bool(raw & PSE))

    def leaves(self):
        """All of the user half: (address, level, pages, frame) of each leaf."""
        found = []
        for level, _, base, used in self.tables():
            size = 1 << self.shift(level)
            found += [(base + index * size, level, size >> 12, (physical(raw) & -size) >> 12)
                      for index, raw in used.items() if self.is_leaf(level, raw)]
        return sorted(found)


class PageStructs:
    """
    struct page, through the kernel's own mapping of vmemmap. Its size and these
    offsets are the same on every x86-64 kernel that mmlens is for; where
    vmemmap begins is, with nokaslr.
    """
    SIZE = 64
    COMPOUND_HEAD, PRIVATE, MAPCOUNT, REFCOUNT = 8, 40, 48, 52
    # of the first page of a free block, where others have a mapcount: up to 6.10, since
    BUDDY = (0xffffff7f, 0xf0000000)
    ORDERS = 11

    def __init__(self, tables):
        self.tables = tables
        self.base = 0xffd4000000000000 if tables.levels is FIVE else 0xffffea0000000000

    def _bytes(self, frame):
        address = self.base + frame * self.SIZE
        page = self.tables.frame(address)
        if page is None:
            return None
        first = (address & 0xfff) // 8
        words = self.tables.memory.page(page)[first:first + self.SIZE // 8]
        return b"".join(word.to_bytes(8, "little") for word in words)

    def head(self, frame):
        """
        The first page of the folio. A tail page has bit 0 set in what is else
        the head's address, or (7.x) a mask that makes it of its own.
        """
        info = int.from_bytes(self._bytes(frame)[self.COMPOUND_HEAD:][:8], "little")
        if not info & 1:
            return frame
        info -= 1
        size = MASK + 1 - info
        if not size & (size - 1):
            return ((self.base + frame * self.SIZE & info) - self.base) // self.SIZE
        return (info - self.base) // self.SIZE

    def is_folio(self, head, order):
        """Does one begin here, of that order and no larger?"""
        beyond = head + (1 << order)
        return (self.head(head) == head == self.head(beyond - 1)
                and not (self.exists(beyond) and self.head(beyond) == head))

    def free_block(self, frame):
        """(first frame, order) of the free block that it is of, or None."""
        for order in range(self.ORDERS):
            head = frame & -1 << order
            info = self._bytes(head)
            kind = int.from_bytes(info[self.MAPCOUNT:][:4], "little")
            found = int.from_bytes(info[self.PRIVATE:][:8], "little")
            if kind in self.BUDDY and found >= order:
                return head, found
        return None

    def _count(self, frame, offset):
        return int.from_bytes(self._bytes(frame)[offset:offset + 4], "little", signed=True)

    def mapcount(self, frame):
        return self._count(frame, self.MAPCOUNT) + 1

    def refcount(self, frame):
        return self._count(frame, self.REFCOUNT)

    def exists(self, frame):
        return self._bytes(frame) is not None
