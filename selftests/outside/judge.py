# SPDX-License-Identifier: GPL-2.0
"""
What mmlens said of a process against a photograph of its tables.

A photograph is what was read while the machine was stopped; mmlens was asked
before and after. Entries and frames must be equal, for nothing in the target
moves; but the kernel may clear an entry's accessed bit when it looks for cold
pages, so it is what it was before or what it was after. The counts of struct
page move with whoever else uses a page: they are compared where nobody else does
(mmlens itself maps the C library when it is asked, and not while it is not), and
where mmlens said the same both times. So are free blocks, which anybody may take
and give back: where one is not as it was told, more photographs are taken, and
it has to be so in one of them.
"""
import copy

from tables import FIVE, NX, PageStructs, Tables


class Photo:
    """One process, from the table that its CPU was using; and frames that mmlens was asked about."""

    def __init__(self, monitor, memory, registers, isolated, addresses, frames):
        five = bool(registers["CR4"] >> 12 & 1)
        root = registers["CR3"] >> 12 & ((1 << 40) - 1)
        # With page-table isolation, user mode runs on the odd one of two.
        self.memory, self.root = memory, root
        self.tables = Tables(memory, root & ~1 if isolated else root, five)
        self.structs = PageStructs(self.tables)
        self.leaves = self.tables.leaves()
        self.all_tables = list(self.tables.tables())
        self.kernel_used = self.tables.kernel_used()
        self.paths = {address: self.tables.path(address) for address in addresses}
        self.shadow_differs = self._compare_shadow() if isolated else []
        self.translated = {address: monitor.translate(address) for address in addresses}
        self.pages = {}
        for path in self.paths.items():
            frame = self.tables.frame(*path)
            if frame is not None and self.structs.exists(frame):
                self.pages[path[0]] = self._page(frame)
        rows = [row for row in frames if row["state"] == "memory"]
        self.frames = {row["frame"]: self._frame(row) for row in rows if row["kind"] != "free"}
        # (what mmlens told, all that was seen)
        self.blocks = {row["frame"]: ((row["head"], row["order"]),
                                      {self.structs.free_block(row["frame"])})
                       for row in rows if row["kind"] == "free"}

    def has_unlike(self):
        """Whether a free block was never as mmlens told."""
        return any(told not in seen for told, seen in self.blocks.values())

    def look_again(self, memory):
        """At the free blocks only."""
        self.structs = PageStructs(Tables(memory, self.tables.root,
                                          self.tables.levels is FIVE))
        for frame, (_, seen) in self.blocks.items():
            seen.add(self.structs.free_block(frame))

    def _compare_shadow(self):
        """The user half of isolation's two tables: the kernel's adds NX."""
        pair = (self.memory.page(frame)[:256] for frame in (self.tables.root, self.root))
        return [f"entry {index}: {entry:#018x}, in user mode {shadow:#018x}"
                for index, (entry, shadow) in enumerate(zip(*pair))
                if entry != (shadow | NX if shadow else 0)]

    def _page(self, frame):
        head = self.structs.head(frame)
        return {"head": head, "refcount": self.structs.refcount(head),
                "mapcount": self.structs.mapcount(frame)}

    def _frame(self, row):
        """Of one that mmlens has told about; the order is its, if that is so."""
        page, order = self._page(row["frame"]), row["order"]
        page["order"] = order if self.structs.is_folio(page["head"], order) else None
        return page

    def counted(self, start=0, end=1 << 64):
        """As the columns of mmlens vma: leaves, and last tables whose entries are in use."""
        leaves = [sum(level == name and start <= address < end
                      for address, level, _, _ in self.leaves) for name in ("pte", "pmd", "pud")]
        return leaves + [sum(level == "pte" and any(start <= base + (index << 12) < end
                                                    for index in used)
                             for level, _, base, used in self.all_tables)]


class Complaints:
    """Per kind of check, how many were made and which failed."""
    KINDS = ("pgd", "index", "table", "entry", "end", "frame", "translation", "head",
             "refcount", "mapcount", "leaf", "listed", "level", "kernel", "area", "process",
             "folio", "references", "mappings", "block")

    def __init__(self):
        self.checked = dict.fromkeys(self.KINDS, 0)
        self.wrong = {kind: [] for kind in self.KINDS}

    def check(self, kind, address, seen, expected):
        self.checked[kind] += 1
        if seen != expected:
            def text(value):
                return hex(value) if isinstance(value, int) else str(value)
            self.wrong[kind].append(f"{address:#x}: mmlens says {text(seen)}, "
                                    f"from outside {text(expected)}")


def own_page(walk):
    """Not in a file that others map, nor a page of the kernel's."""
    name = walk["vma"]["name"] or ""
    return walk["state"] in ("present", "protnone") and (
        "swapbacked" in (walk["page_flags"] or []) or "leaves" in name or "mmlens-target" in name)


def check_walk(complaints, photo, walk, later):
    address = int(walk["address"], 16)
    path = photo.paths[address]
    levels = [level for level in walk["levels"] if not level["folded"]]
    complaints.check("end", address, [level["level"] for level in levels],
                     [level for level, _, _, _ in path])
    entries = [{int(level["entry"], 16) for level in (first, second)}
               for first, second in zip(walk["levels"], later["levels"]) if not first["folded"]]
    for level, seen, (_, index, table, raw) in zip(levels, entries, path):
        complaints.check("index", address, level["index"], index)
        complaints.check("table", address, level["table_frame"], table)
        complaints.check("entry", address, raw if raw in seen else min(seen), raw)

    frame = photo.tables.frame(address, path)
    complaints.check("frame", address, walk["frame"], frame)
    present = path[-1][3] & 1 and frame is not None
    complaints.check("translation", address, photo.translated[address],
                     walk["frame"] << 12 | address & 0xfff if present else None)
    page = photo.pages.get(address)
    if page is None:
        return
    if walk["state"] != "pfnmap":       # mmlens has no look at those
        complaints.check("head", address, walk["head"], page["head"])
    if not own_page(walk):
        return
    for kind in "refcount", "mapcount":
        # of a large folio, mapcount is the sum of two counts
        if walk[kind] is None or (kind == "mapcount" and walk["order"]):
            continue
        if walk[kind] == later[kind]:
            complaints.check(kind, address, walk[kind], page[kind])


def runs(leaves):
    """(address, pages, frame), neighbours joined: mmlens joins, too."""
    joined = []
    for address, pages, frame in leaves:
        if joined:
            first, length, start = joined[-1]
            if (first + (length << 12), start + length) == (address, frame):
                joined[-1] = (first, length + pages, start)
                continue
        joined.append((address, pages, frame))
    return joined


def told_leaves(extents):
    for extent in extents:
        start, frame = int(extent["start"], 16), extent["frame"]
        if frame is None:
            continue
        if extent["state"] == "zero":
            # one frame for all
            for page in range(extent["pages"]):
                yield start + (page << 12), 1, frame
        else:
            yield start, extent["pages"], frame


def check_leaves(complaints, photo, pages):
    told = runs(told_leaves(pages["extents"]))
    real = runs((address, count, frame) for address, _, count, frame in photo.leaves)
    complaints.checked["leaf"] += len(real)
    for run in sorted(set(told) ^ set(real)):
        complaints.wrong["leaf"].append(
            f"{run[0]:#x}: {run[1]} pages from frame {run[2]:#x} "
            f"{'are told, and not there' if run in told else 'are there, and not told'}")


def check_tables(complaints, photo, answer):
    """All of them, and their sums."""
    def text(level, frame, start, used, slots, leaves):
        return f"{level} {frame:#x} at {start:#x}: {used} of {slots} used, {leaves} leaves"

    told = {text(row["level"], row["frame"], int(row["start"], 16), row["used"], row["slots"],
                 row["leaves"]) for row in answer["tables"]}
    sums = {level: [0] * 5 for level in FIVE}
    real = set()
    for level, frame, start, used in photo.all_tables:
        slots = photo.tables.slots(level, start)
        leaves = sum(photo.tables.is_leaf(level, raw) for raw in used.values())
        real.add(text(level, frame, start, len(used), slots, leaves))
        for i, value in enumerate((1, 4096, len(used), slots, leaves)):
            sums[level][i] += value
    complaints.checked["listed"] += len(real)
    complaints.wrong["listed"] += [
        f"{table} {'is told, and not there' if table in told else 'is there, and not told'}"
        for table in sorted(told ^ real)]
    for row in answer["levels"]:
        complaints.check("level", 0, [row["level"]] + [
            row[key] for key in ("tables", "bytes", "used", "slots", "leaves")],
            [row["level"]] + sums[row["level"]])
    complaints.check("kernel", 0, answer["kernel_half"],
                     {"used": photo.kernel_used, "slots": 256})


def check_counts(complaints, photo, areas, process):
    columns = ("leaves_pte", "leaves_pmd", "leaves_pud", "tables")
    for area in areas["areas"]:
        start, end = int(area["start"], 16), int(area["end"], 16)
        complaints.check("area", start, [area[key] for key in columns], photo.counted(start, end))
    leaves = photo.counted()[:3]
    complaints.check("process", 0, process["translation"], dict(
        zip(columns, leaves), tlb_entries=sum(leaves)))


def check_frames(complaints, photo, answers, later):
    """FRAME_GET's; each frame's own facts only where nobody else uses it."""
    mapped = {walk["frame"] for walk in answers["walk"]}
    own = {walk["frame"] for walk in answers["walk"] if own_page(walk)}
    for row, again in zip(answers["frame"]["extents"], later["frame"]["extents"], strict=True):
        frame = row["frame"]
        place = row["head"], row["order"]
        if place != (again["head"], again["order"]):
            continue
        if frame in photo.blocks:
            seen = photo.blocks[frame][1]
            complaints.check("block", frame, place, place if place in seen else seen)
        page = photo.frames.get(frame)
        if page is None:
            continue
        # else it was free: mmlens may have taken it for its messages, both times
        if frame in mapped:
            complaints.check("folio", frame, place, (page["head"], page["order"]))
        if frame in own and row["refcount"] == again["refcount"]:
            complaints.check("references", frame, row["refcount"], page["refcount"])
        if frame in own and not row["order"] and row["mapcount"] == again["mapcount"]:
            complaints.check("mappings", frame, row["mapcount"], page["mapcount"])


def judge(photo, before, after):
    """@before and @after: mmlens's JSON by command; walks in the same order."""
    complaints = Complaints()
    complaints.check("pgd", 0, before["mm"]["pgd"], photo.tables.root)
    for walk, later in zip(before["walk"], after["walk"], strict=True):
        check_walk(complaints, photo, walk, later)
    check_leaves(complaints, photo, before["pages"])
    check_tables(complaints, photo, before["tables"])
    check_counts(complaints, photo, before["vma"], before["process"])
    check_frames(complaints, photo, before, after)
    return complaints


# ---- falsified answers: the judge has to notice -----------------------------

def _leaf(answers):
    """The walk of some small page with all counts."""
    return next(walk for walk in answers["walk"]
                if walk["state"] == "present" and walk["leaf"] == "pte" and walk["order"] == 0)


def _extent(answers):
    return next(extent for extent in answers["pages"]["extents"]
                if extent["state"] == "present" and extent["pages"] > 1)


def _row(answers, **wanted):
    """The first of FRAME_GET's that is like that."""
    return next(row for row in answers["frame"]["extents"]
                if all(row[key] == value for key, value in wanted.items()))


def _own_row(answers):
    frames = {walk["frame"] for walk in answers["walk"] if own_page(walk)}
    return next(row for row in answers["frame"]["extents"]
                if row["frame"] in frames and row["order"] == 0)


def _set(record, key, change):
    record[key] = change(record[key])


def _set_free(answers, key, change):
    """All of them: which of them are still free in the photo is chance."""
    for row in answers["frame"]["extents"]:
        if row["kind"] == "free":
            _set(row, key, change)


def _flip(bit):
    return lambda text: f"{int(text, 16) ^ bit:#x}"


FALSE = {
    "pgd": lambda a: _set(a["mm"], "pgd", lambda frame: frame ^ 1),
    "index": lambda a: _set(_leaf(a)["levels"][-1], "index", lambda index: index ^ 1),
    "table": lambda a: _set(_leaf(a)["levels"][-1], "table_frame", lambda frame: frame + 1),
    "entry": lambda a: _set(_leaf(a)["levels"][-2], "entry", _flip(1 << 5)),
    "end": lambda a: _leaf(a)["levels"].pop(),
    "frame": lambda a: _set(_leaf(a), "frame", lambda frame: frame + 1),
    "translation": lambda a: _set(_leaf(a), "frame", lambda frame: frame + 1),
    "head": lambda a: _set(_leaf(a), "head", lambda frame: frame - 1),
    "refcount": lambda a: _set(_leaf(a), "refcount", lambda count: count + 1),
    "mapcount": lambda a: _set(_leaf(a), "mapcount", lambda count: count + 1),
    "leaf": lambda a: _set(_extent(a), "pages", lambda pages: pages - 1),
    "leaf ": lambda a: _set(_extent(a), "frame", lambda frame: frame + 1),
    "leaf  ": lambda a: a["pages"]["extents"].remove(_extent(a)),
    "listed": lambda a: _set(a["tables"]["tables"][-1], "used", lambda used: used + 1),
    "listed ": lambda a: _set(a["tables"]["tables"][-1], "leaves", lambda leaves: leaves - 1),
    "listed  ": lambda a: _set(a["tables"]["tables"][0], "slots", lambda slots: 512),
    "listed   ": lambda a: a["tables"]["tables"].pop(),
    "level": lambda a: _set(a["tables"]["levels"][-1], "used", lambda used: used + 1),
    "kernel": lambda a: _set(a["tables"]["kernel_half"], "used", lambda used: 0),
    "area": lambda a: _set(a["vma"]["areas"][-1], "leaves_pte", lambda leaves: leaves + 1),
    "area ": lambda a: _set(a["vma"]["areas"][0], "tables", lambda tables: tables + 1),
    "process": lambda a: _set(a["process"]["translation"], "leaves_pmd", lambda leaves: 0),
    "folio": lambda a: _set(_row(a, order=9, kind="anon"), "order", lambda order: order + 1),
    "folio ": lambda a: _set(_row(a, order=9, kind="anon"), "head", lambda head: head - 1),
    "references": lambda a: _set(_own_row(a), "refcount", lambda count: count + 1),
    "mappings": lambda a: _set(_own_row(a), "mapcount", lambda count: count + 1),
    "block": lambda a: _set_free(a, "order", lambda order: order - 1),
    "block ": lambda a: _set_free(a, "head", lambda head: head + 1),
}


def falsified(photo, answers):
    """(what was falsified, whether that was noticed) for all that there is."""
    for what, falsify in FALSE.items():
        lie = copy.deepcopy(answers)
        falsify(lie)
        yield what.strip(), bool(judge(photo, lie, lie).wrong[what.strip()])
