# SPDX-License-Identifier: GPL-2.0
"""vma.py PID: the areas of `mmlens vma PID` and what it counts, against
/proc/PID/smaps, smaps_rollup, maps and numa_maps.

Prints a line NAME=VALUE for each comparison: what is wrong, or "ok". The process
has to hold still.

Permitted differences are RULES, each with a reason and how often it may be used;
they are told and counted, and none is about a page's being there.
"""
import json
import subprocess
import sys

COUNTED = ("rss rss_anon rss_file rss_shmem rss_shared rss_exclusive swap dirty referenced "
           "huge hugetlb lazyfree leaves_pte leaves_pmd leaves_pud tables").split()
SPECIAL = {"[vdso]", "[vvar]", "[vvar_vclock]", "[uprobes]"}
NO_LETTERS = {"lf", "au"}

# Name: how many areas may need it, and why it has to be.
RULES = {
    "mapped-by-us": (24, "mmlens maps files of /usr itself while it runs: who else maps a page "
                          "of theirs, and whether it was used of late, moves"),
    "object-swap": (4, "smaps counts as Swap of shmem what the whole object has in swap"),
    "no-letters": (4, "flags that this kernel has no letters for are ?? in smaps"),
    "broken-rss": (2, "since 5.19 smaps has the pages of hwpoison entries in Rss; the kernel's own "
                      "counters (VmRSS) have not, nor has mmlens"),
    "no-node": (4, "numa_maps does not look into the kernel's own areas and devices'"),
}
used = dict.fromkeys(RULES, 0)


def excuse(rule):
    used[rule] += 1
    return True


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
            if len(rest) > 3:
                result[-1].update(shared=rest[0][3] == "s", device=rest[2], inode=int(rest[3]))
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
    if "??" in proc["flags"]:
        if excuse("no-letters") and flags & NO_LETTERS or "??" in area["vm_flags"]:
            flags -= NO_LETTERS
        else:
            flags.add("nothing for ??")
    if flags != expected:
        wrong.append("%s: %s, in smaps %s" % (area["start"], sorted(flags), sorted(expected)))
say("FLAGS", wrong)

# kinds: by flags, names, and what is mounted where the file is
mounted = {line.split()[2]: line.split(" - ")[1].split()[0] for line in read("mountinfo")}


def kinds(proc):
    """What may be behind an area of smaps; more than one where that cannot be seen."""
    if "ht" in proc["flags"]:
        return {"hugetlb"}
    if proc["name"] in SPECIAL:
        return {"special"}
    if proc["flags"] & {"pf", "mm", "io"}:
        return {"device"}
    if not proc["inode"]:
        return {"anon"}
    if proc["name"].startswith("/secretmem"):
        return {"secretmem"}
    if proc["name"].startswith(("anon_inode:", "socket:")):
        return {"device"}
    if proc["name"].startswith(("/memfd:", "/SYSV", "/dev/zero")):
        return {"shmem"} if proc["shared"] or proc["name"].startswith("/memfd:") else {"anon"}
    device = "%d:%d" % tuple(int(number, 16) for number in proc["device"].split(":"))
    # an overlay may hand the file of the file system below, which need not be mounted here
    return {"tmpfs": {"shmem"}, "overlay": {"file", "shmem"}}.get(
        mounted.get(device, "overlay"), {"file"})


say("KIND", ["%s %s: %s, not %s" % (area["start"], proc["name"], area["kind"], kinds(proc))
             for area, proc in zip(areas, smaps) if area["kind"] not in kinds(proc)])
print("KINDS=%s" % " ".join(sorted({area["kind"] for area in areas})))

# vm_operations: what kallsyms calls them, where the kernel's names of data are told
OPS = {"anon": {None}, "hugetlb": {"hugetlb_vm_ops", "shm_vm_ops"},
       "special": {"special_mapping_vmops"}, "secretmem": {"secretmem_vm_ops"},
       "shmem": {"shmem_vm_ops", "shmem_anon_vm_ops", "shm_vm_ops"}}
with open("/proc/kallsyms") as file:
    # a module's have its name behind them
    known = {" ".join(line.split()[2:]) for line in file if "ops" in line} | {None}
wrong = []
for area in areas:
    # without CONFIG_KALLSYMS_ALL, none has a name
    told = OPS.get(area["kind"], known) if "special_mapping_vmops" in known else {None}
    if area["ops"] not in told or area["ops"] not in known:
        wrong.append("%s %s: %s" % (area["start"], area["kind"], area["ops"]))
say("OPS", wrong)

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

# bytes of hwpoison entries, by the start of their area
broken = {}
for extent in mmlens("pages", pid, "--state", "hwpoison")["extents"]:
    at = int(extent["start"], 16)
    area = [proc["start"] for proc in smaps if proc["start"] <= at < proc["end"]][0]
    broken[area] = broken.get(area, 0) + extent["pages"] * 4096


def permitted(ours, area, proc, theirs):
    """Is there a rule for this difference, and does it explain all of it?"""
    if ours in SOFT and proc["name"].startswith("/usr/"):
        return excuse("mapped-by-us")
    if ours == "swap" and area["kind"] == "shmem" and theirs > area["swap"]:
        return excuse("object-swap")
    if proc["start"] in broken and ours in ("rss", "rss_anon", "dirty", "rss_shared",
                                            "rss_exclusive", "referenced"):
        if theirs == area[ours] + broken[proc["start"]]:
            if ours == "rss":
                excuse("broken-rss")
            proc[ours] = theirs - broken[proc["start"]]
            return True
    return False


for ours, fields in FIELDS.items():
    wrong = []
    for area, proc in zip(areas, smaps):
        theirs = smaps_value(proc, fields)
        if area[ours] != theirs and not permitted(ours, area, proc, theirs):
            wrong.append("%s %s: %d, in smaps %d" % (area["start"], area["name"] or area["kind"],
                                                    area[ours], theirs))
    say(ours.upper(), wrong)

# whoever else maps them, they are mapped by one or by more
say("SPLIT", ["%s: rss %d, of which %d and %d" % (area["start"], area["rss"], area["rss_shared"],
                                                 area["rss_exclusive"])
              for area in areas if area["rss"] != area["rss_shared"] + area["rss_exclusive"]])

total = {key: sum(area[key] for area in areas) for key in COUNTED}
at_once = mmlens("vma", pid, "--sum", "-o", ",".join(key.upper() for key in COUNTED))
# who else maps a page of /usr moves, as the rule says; the two still add up
wrong = ["%s: %d, at once %d" % (key, total[key], at_once[key])
         for key in COUNTED if key not in SOFT and total[key] != at_once[key]]
if at_once["rss_shared"] + at_once["rss_exclusive"] != at_once["rss"]:
    wrong.append("shared and exclusive are not all of rss")
say("SUM", wrong)
wrong = []
for ours, fields in FIELDS.items():
    # what a rule has explained of one area is no more of a riddle in the sum
    explained = sum(smaps_value(proc, fields) - proc[ours] for proc in smaps if ours in proc)
    if ours in ("rss", "rss_anon", "dirty", "huge", "hugetlb", "lazyfree") and \
            total[ours] + explained != smaps_value(rollup, fields):
        wrong.append("%s: %d + %d, in smaps_rollup %d" % (ours, total[ours], explained,
                                                         smaps_value(rollup, fields)))
say("ROLLUP", wrong)

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
    if mine == expected:
        continue
    if row["kind"] not in ("special", "device") or not excuse("no-node"):
        wrong.append("%#x %s %s: %s, in numa_maps %s" % (area["start"], row["kind"], row["name"],
                                                         mine, expected))
say("NODES", wrong if nodes else ["there is no numa_maps"])
print("NODES_SEEN=%s" % " ".join(sorted({str(node) for area in seen.values() for node in area})))

say("RULES", ["%s: needed %d times, of %d: %s" % (rule, used[rule], cap, why)
              for rule, (cap, why) in RULES.items() if used[rule] > cap])
print("USED=%s" % "; ".join("%s %d of %d (%s)" % (rule, used[rule], cap, why)
                            for rule, (cap, why) in RULES.items() if used[rule]))
