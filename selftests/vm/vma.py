# SPDX-License-Identifier: GPL-2.0
"""vma.py PID: the areas of `mmlens vma PID` and what it counts, against
/proc/PID/smaps, smaps_rollup, maps and numa_maps.

Prints a line NAME=VALUE for each comparison: what is wrong, or "ok". The process
has to hold still.

Permitted differences, each for a reason:
 - which pages are mapped more than once, or were used of late, is not compared
   for files below /usr: mmlens maps some of them itself, while it runs;
 - smaps counts as Swap of shmem what the whole object has in swap, not entries;
 - flags that a kernel has no letters for are "??" in smaps: mmlens has some.
"""
import json
import subprocess
import sys

COUNTED = ("rss rss_anon rss_file rss_shmem rss_shared rss_exclusive swap dirty referenced "
           "huge hugetlb lazyfree leaves_pte leaves_pmd leaves_pud tables").split()
NO_LETTERS = {"lf", "au"}


def mmlens(*args):
    out = subprocess.run(["mmlens", *args, "-j"], stdout=subprocess.PIPE, check=True)
    return json.loads(out.stdout)


def read(name):
    with open("/proc/%s/%s" % (pid, name), errors="surrogateescape") as file:
        return file.read().splitlines()


def say(name, wrong):
    print("%s=%s" % (name, "; ".join(wrong[:4]) or "ok"))


def parse_smaps(lines):
    """[{start, end, flags, field: bytes}] of smaps or smaps_rollup"""
    result = []
    for line in lines:
        word, *rest = line.split()
        if not word.endswith(":"):
            start, end = (int(number, 16) for number in word.split("-"))
            result.append({"start": start, "end": end, "name": " ".join(rest[4:])})
        elif word == "VmFlags:":
            result[-1]["flags"] = set(rest)
        elif len(rest) == 2:
            result[-1][word[:-1]] = int(rest[0]) * 1024
    return [area for area in result if area["name"] != "[vsyscall]"]


def smaps_value(area, fields):
    return sum(area.get(field, 0) for field in fields.split())


pid = sys.argv[1]
smaps = parse_smaps(read("smaps"))
areas = mmlens("vma", pid, "-o", "+" + ",".join(COUNTED))["areas"]
rollup = parse_smaps(read("smaps_rollup"))[0]

say("AREAS", [] if [(int(a["start"], 16), int(a["end"], 16)) for a in areas] ==
    [(a["start"], a["end"]) for a in smaps] else ["others than in smaps"])

wrong = []
for area, proc in zip(areas, smaps):
    flags = set(area["vm_flags"]) - {"??"}
    expected = proc["flags"] - {"??"}
    if flags - NO_LETTERS != expected or \
            ("??" in proc["flags"]) != bool(flags & NO_LETTERS or "??" in area["vm_flags"]) and \
            not flags & NO_LETTERS:
        wrong.append("%s: %s, in smaps %s" % (area["start"], sorted(flags), sorted(expected)))
say("FLAGS", wrong)

FIELDS = {
    "rss": "Rss",
    "rss_anon": "Anonymous",
    "swap": "Swap",
    "dirty": "Shared_Dirty Private_Dirty",
    "rss_shared": "Shared_Clean Shared_Dirty",
    "rss_exclusive": "Private_Clean Private_Dirty",
    "referenced": "Referenced",
    "huge": "AnonHugePages ShmemPmdMapped FilePmdMapped",
    "hugetlb": "Shared_Hugetlb Private_Hugetlb",
    "lazyfree": "LazyFree",
}
SOFT = ("rss_shared", "rss_exclusive", "referenced")
for ours, fields in FIELDS.items():
    wrong = []
    for area, proc in zip(areas, smaps):
        name = area["name"] or area["kind"]
        if ours in SOFT and name.startswith("/usr/") or ours == "swap" and area["kind"] == "shmem":
            continue
        if area[ours] != smaps_value(proc, fields):
            wrong.append("%s %s: %d, in smaps %d" % (area["start"], name, area[ours],
                                                    smaps_value(proc, fields)))
    say(ours.upper(), wrong)

total = {key: sum(area[key] for area in areas) for key in COUNTED}
say("ROLLUP", ["%s: %d, in smaps_rollup %d" % (ours, total[ours], smaps_value(rollup, fields))
               for ours, fields in FIELDS.items()
               if ours in ("rss", "rss_anon", "dirty", "huge", "hugetlb", "lazyfree") and
               total[ours] != smaps_value(rollup, fields)])

# every page of RSS, and of what it does not count, has a leaf that maps it
wrong = []
for area in areas:
    small = area["leaves_pte"] * 4096
    large = area["leaves_pmd"] * (2 << 20) + area["leaves_pud"] * (1 << 30)
    if area["rss"] + area["hugetlb"] > small + large or area["huge"] + area["hugetlb"] > large \
            or area["rss"] - area["huge"] > small:
        wrong.append("%s: rss %d, leaves for %d + %d" % (area["start"], area["rss"], small, large))
say("LEAVES", wrong)
print("RSS_TOTAL=%(rss)d\nSWAP_TOTAL=%(swap)d\nHUGE_TOTAL=%(huge)d\nHUGETLB_TOTAL=%(hugetlb)d"
      % total)

# holes: with the areas they tile the whole of what may be mapped
rows = mmlens("vma", pid, "--gaps")["areas"]
wrong, at = [], 0
for row in rows:
    if int(row["start"], 16) != at:
        wrong.append("something is missing at %#x" % at)
    at = int(row["end"], 16)
holes = [row for row in rows if row["kind"] == "hole"]
if at != int(mmlens("mm", pid)["task_size"], 16):
    wrong.append("it ends at %#x" % at)
if len(rows) - len(holes) != len(smaps):
    wrong.append("%d areas" % (len(rows) - len(holes)))
say("GAPS", wrong)
print("HOLES=%d" % len(holes))

# numa_maps: pages of each node, by area
nodes = {}
for line in read("numa_maps"):
    start, *rest = line.split()
    nodes[int(start, 16)] = {int(word[1:].split("=")[0]): int(word.split("=")[1])
                             for word in rest if word[0] == "N" and "=" in word}
seen = {}
for extent in mmlens("pages", pid, "-o", "+NODE")["extents"]:
    if extent["state"] in ("present", "protnone", "numa-hint") and \
            "zero_page" not in extent["page_flags"]:
        start = int(extent["start"], 16)
        area = [a["start"] for a in smaps if a["start"] <= start < a["end"]][0]
        pages = seen.setdefault(area, {})
        pages[extent["node"]] = pages.get(extent["node"], 0) + extent["pages"]
wrong = []
for area, row in zip(smaps, areas):
    expected, mine = nodes.get(area["start"], {}), dict(seen.get(area["start"], {}))
    if row["hugetlb"]:          # numa_maps counts huge pages there
        mine = {node: pages // (row["page_size"] // 4096) for node, pages in mine.items()}
    if row["kind"] in ("special", "device"):
        continue                # which numa_maps does not look into
    if mine != expected:
        wrong.append("%#x %s %s: %s, in numa_maps %s" % (area["start"], row["kind"], row["name"],
                                                         mine, expected))
say("NODES", wrong if nodes else ["there is no numa_maps"])
print("NODES_SEEN=%s" % " ".join(sorted({str(node) for area in seen.values() for node in area})))
