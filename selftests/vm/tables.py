# SPDX-License-Identifier: GPL-2.0
"""tables.py PID: what `mmlens tables PID` says, against /proc and `mmlens walk`.

Prints a line NAME=VALUE for each comparison: what is wrong, or "ok". The process
has to hold still.
"""
import json
import struct
import subprocess
import sys

PAGE = 4096
PGTABLE = 1 << 26               # KPF_PGTABLE
IN_USE = 1 << 63 | 1 << 62      # of pagemap: present, swapped


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
        self.parent, self.slots = row["parent"], row["slots"]

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

# entries in use of PTE tables, by pagemap; more only by what that does not see
wrong = []
with open("/proc/%s/pagemap" % pid, "rb", 0) as pagemap:
    for table in tables:
        if table.level == "pte":
            used = sum(bool(entry & IN_USE)
                       for entry in u64(pagemap, table.start // PAGE, 512))
            more = sum(max(0, min(end, table.end) - max(start, table.start)) // PAGE
                       for start, end in unseen)
            if not used <= table.used <= used + more:
                wrong.append("%s: %d used, by pagemap %d" % (table, table.used, used))
say("USED", wrong)

# entries in use of the tables above are the tables below, and leaves
wrong = []
for table in tables:
    below = sum(other.parent == table.frame for other in tables)
    row = answer["tables"][frames.index(table.frame)]
    if table.level != "pte" and below != table.used - row["leaves"] - row["uncovered"]:
        wrong.append("%s: %d below" % (table, below))
say("BELOW", wrong)

# what the frames are
with open("/proc/kpageflags", "rb", 0) as flags:
    for level in ("pte", "pmd", "pud", "p4d", "pgd"):
        marks = [bool(u64(flags, table.frame)[0] & PGTABLE)
                 for table in tables if table.level == level]
        print("MARKED_%s=%d of %d" % (level, sum(marks), len(marks)))
print("KERNEL_HALF=%(used)d of %(slots)d" % answer["kernel_half"])
