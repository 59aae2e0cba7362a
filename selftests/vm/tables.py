# SPDX-License-Identifier: GPL-2.0
"""tables.py PID: what `mmlens tables PID` says, against /proc and `mmlens walk`.

Prints a line NAME=VALUE for each comparison: what is wrong, or "ok". The process
has to hold still.
"""
import json
import re
import struct
import subprocess
import sys

PAGE = 4096
PGTABLE = 1 << 26               # KPF_PGTABLE
MAPPED = 1 << 63                # of pagemap
IN_USE = MAPPED | 1 << 62       # or swapped


def mmlens(*args):
    out = subprocess.run(["mmlens", *args, "-j"], stdout=subprocess.PIPE, check=True)
    return json.loads(out.stdout)


def say(name, wrong):
    print("%s=%s" % (name, "; ".join(wrong[:4]) or "ok"))


def u64(file, index, count=1):
    file.seek(index * 8)
    data = file.read(count * 8)
    return struct.unpack("%dQ" % (len(data) // 8), data)


class Table:
    def __init__(self, row):
        self.level, self.frame, self.used = row["level"], row["frame"], row["used"]
        self.start, self.end = int(row["start"], 16), int(row["end"], 16)
        self.parent, self.slots, self.leaves = row["parent"], row["slots"], row["leaves"]

    def __str__(self):
        return "%s table 0x%x at 0x%x" % (self.level, self.frame, self.start)


pid = sys.argv[1]
answer = mmlens("tables", pid)
tables = [Table(row) for row in answer["tables"]]
vmas = mmlens("vma", pid)["areas"]
areas = [(int(area["start"], 16), int(area["end"], 16)) for area in vmas]
# pagemap passes over these
unseen = [(start, end) for (start, end), area in zip(areas, vmas) if "pf" in area["vm_flags"]]

# /proc/PID/status, and what AnonHugePages needs in reserve
with open("/proc/%s/status" % pid) as status:
    vmpte = int([line for line in status if line.startswith("VmPTE")][0].split()[1]) * 1024
with open("/proc/%s/smaps" % pid) as smaps:
    huge = sum(int(line.split()[1]) for line in smaps if line.startswith("AnonHugePages"))
print("PTE_BYTES=%d\nSTATUS_BYTES=%d" % (answer["vmpte"]["bytes"], vmpte))
print("DEPOSITED=%d\nANON_HUGE=%d" % (answer["vmpte"]["deposited"], huge // 2048))

# each once
frames = [table.frame for table in tables]
say("ONCE", ["frame 0x%x twice" % frame for frame in set(frames) if frames.count(frame) > 1])

# the top one is cr3's, and every parent is a table that has it in its range
by_frame = {table.frame: table for table in tables}
wrong = []
if tables[0].level != "pgd" or tables[0].frame != mmlens("mm", pid)["pgd"]:
    wrong.append("%s is not the mm's" % tables[0])
for table in tables[1:]:
    above = by_frame.get(table.parent)
    if not above or not above.start <= table.start < above.end:
        wrong.append("%s has no parent" % table)
say("PARENTS", wrong)

# an address in each table leads through it, and through no table that is not listed
probes = {}
for table in tables:
    inside = [max(table.start, start) for start, end in areas
              if start < table.end and end > table.start]
    if inside:
        probes.setdefault(inside[0], []).append(table)
    else:
        probes.setdefault(None, []).append(table)
wrong = ["%s serves no area" % table for table in probes.pop(None, [])]
walks = {int(walk["address"], 16): walk
         for walk in mmlens("walk", pid, *["%x" % addr for addr in sorted(probes)])}
for addr, expected in probes.items():
    met = {level["table_frame"] for level in walks[addr]["levels"] if not level["folded"]}
    wrong += ["walk 0x%x does not meet the %s" % (addr, table)
              for table in expected if table.frame not in met]
    wrong += ["walk 0x%x meets 0x%x" % (addr, frame) for frame in met
              if frame not in by_frame]
say("WALK", wrong)

# entries in use of PTE tables and those that map a page, by pagemap; more only by what
# that does not see
wrong, leafless = [], []
with open("/proc/%s/pagemap" % pid, "rb", 0) as pagemap:
    for table in tables:
        if table.level == "pte":
            entries = u64(pagemap, table.start // PAGE, 512)
            used = sum(bool(entry & IN_USE) for entry in entries)
            leaves = sum(bool(entry & MAPPED) for entry in entries)
            more = sum(max(0, min(end, table.end) - max(start, table.start)) // PAGE
                       for start, end in unseen)
            if not used <= table.used <= used + more:
                wrong.append("%s: %d used, by pagemap %d" % (table, table.used, used))
            if not leaves <= table.leaves <= leaves + more:
                leafless.append("%s: %d leaves, by pagemap %d" % (table, table.leaves, leaves))
say("USED", wrong)
say("LEAVES", leafless)

# entries in use of the tables above are the tables below, and leaves
wrong = []
for table in tables:
    below = sum(other.parent == table.frame for other in tables)
    row = answer["tables"][frames.index(table.frame)]
    if table.level != "pte" and below != table.used - row["leaves"] - row["uncovered"]:
        wrong.append("%s: %d below" % (table, below))
say("BELOW", wrong)

# a table has 512 entries for user addresses, the top one half of them, and that last
# page which is none of theirs takes one
top = max(table.end for table in tables)
wrong = ["%s: %d slots" % (table, table.slots) for table in tables
         if table.slots != (256 if table.level == "pgd" else
                            511 if table.level == "pte" and table.end == top else 512)]
say("SLOTS", wrong)

# totals per level, of what was listed
wrong = []
for row in answer["levels"]:
    listed = [table for table in tables if table.level == row["level"]]
    for key in ("used", "slots", "leaves"):
        total = sum(getattr(table, key) for table in listed)
        if row[key] != total:
            wrong.append("%s: %d %s, listed %d" % (row["level"], row[key], key, total))
    if (row["tables"], row["bytes"]) != (len(listed), len(listed) * PAGE):
        wrong.append("%s: %d tables of %d bytes, listed %d" % (
            row["level"], row["tables"], row["bytes"], len(listed)))
if [row["level"] for row in answer["levels"]] != ["pgd", "p4d", "pud", "pmd", "pte"]:
    wrong.append("not all levels")
say("LEVELS", wrong)


def tree(*options):
    """--tree's lines: (depth, how many tables, level, frame, entries in use)."""
    out = subprocess.run(["mmlens", "tables", "--tree", "-n", "-o", "LEVEL,FRAME,USED", *options,
                          pid], stdout=subprocess.PIPE, check=True, text=True)
    # the sums come after an empty line
    for line in out.stdout.partition("\n\n")[0].splitlines():
        drawn, count, level, frame, used = re.fullmatch(
            r"(\W*)(?:(\d+) )?(\w+) +(\S+) +(\d+)", line).groups()
        yield len(drawn) // 2, int(count or 1), level, frame, int(used)


# with --each, each table is drawn once, below its parent
drawn, above = [], []
for depth, count, level, frame, used in tree("--each"):
    above[depth:] = [int(frame, 16)]
    drawn.append((level, above[-1], above[depth - 1] if depth else None, used))
say("TREE", ["%s table 0x%x below %s" % (level, frame, parent and hex(parent)) for
             level, frame, parent, _ in
             set(drawn) ^ {(t.level, t.frame, t.parent, t.used) for t in tables}] +
    ["%d lines" % len(drawn)] * (len(drawn) != len(tables)))

# without, some share a line, and none is left out
lines = list(tree())
wrong = []
for level in ("pgd", "p4d", "pud", "pmd", "pte"):
    counted = [sum(line[i] for line in lines if line[2] == level) for i in (1, 4)]
    listed = [table for table in tables if table.level == level]
    if counted != [len(listed), sum(table.used for table in listed)]:
        wrong.append("%s: %d tables with %d entries in use" % (level, *counted))
say("JOINED", wrong)
print("SHARED_LINES=%d" % sum(count > 1 for _, count, *_ in lines))

# what the frames are
with open("/proc/kpageflags", "rb", 0) as flags:
    for level in ("pte", "pmd", "pud", "p4d", "pgd"):
        marks = [bool(u64(flags, table.frame)[0] & PGTABLE)
                 for table in tables if table.level == level]
        print("MARKED_%s=%d of %d" % (level, sum(marks), len(marks)))
print("KERNEL_HALF=%(used)d of %(slots)d" % answer["kernel_half"])
