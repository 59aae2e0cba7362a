# SPDX-License-Identifier: GPL-2.0
"""vma.py PID...: the areas of `mmlens vma PID` and what it counts, against
/proc/PID/smaps, smaps_rollup, maps, numa_maps, pagemap and kpageflags; and the
layout that `mmlens PID` makes of them, and the counters of `mmlens mm PID`.

Prints a line PID=PID for each, and then a line NAME=VALUE for each comparison:
what is wrong, or "ok"; and a line NAME_TOTAL=VALUE for each sum. The processes
have to hold still.

Permitted differences are RULES, each with a reason and how often it may be used
for one process; they are told and counted, and none is about a page's being there.
"""
import array
import collections
import json
import os
import re
import subprocess
import sys

PAGE = 4096
HUGE = 2 << 20
GIGANTIC = 1 << 30

# of pagemap
PRESENT, SWAPPED = 1 << 63, 1 << 62
FRAME = (1 << 55) - 1
# types of swap entries from here on are no swap, but say something else
FIRST_OTHER = 16
# of kpageflags
KSM, THP, ZERO = 1 << 21, 1 << 22, 1 << 24

COUNTED = ("rss rss_anon rss_file rss_shmem rss_shared rss_exclusive swap ksm dirty referenced "
           "huge hugetlb lazyfree zero leaves_pte leaves_pmd leaves_pud tables").split()
SPECIAL = {"[vdso]", "[vvar]", "[vvar_vclock]", "[uprobes]"}
NO_LETTERS = {"lf", "au"}
# the letters of smaps, and what VM_ constant they stand for (fs/proc/task_mmu.c)
LETTERS = dict(word.split("=") for word in """
    rd=read wr=write ex=exec sh=shared mr=mayread mw=maywrite me=mayexec ms=mayshare gd=growsdown
    pf=pfnmap lo=locked io=io sr=seq-read rr=rand-read dc=dontcopy de=dontexpand lf=lockonfault
    ac=account nr=noreserve ht=hugetlb sf=sync ar=arch-1 wf=wipeonfork dd=dontdump sd=soft-dirty
    mm=mixedmap hg=hugepage nh=nohugepage mg=mergeable um=uffd-missing uw=uffd-wp ui=uffd-minor
    ss=shadow-stack sl=sealed dp=droppable dw=denywrite gu=maybe-guard au=allow-any-uncached
    ??=unknown""".split())

# Name: how many areas may need it, and why it has to be.
RULES = {
    "mapped-by-us": (24, "mmlens maps files of /usr itself while it runs: who else maps a page "
                          "of theirs, and whether it was used of late, moves"),
    "object-swap": (4, "smaps counts as Swap of shmem what the whole object has in swap"),
    "no-letters": (4, "flags that this kernel has no letters for are ?? in smaps"),
    "broken-rss": (2, "since 5.19 smaps has the pages of hwpoison entries in Rss; the kernel's own "
                      "counters (VmRSS) have not, nor has mmlens"),
    "closed-rss": (4, "smaps of 5.10 and 6.1 leaves huge pages without access out of Rss"),
    "pfnmap": (4, "pagemap shows VM_PFNMAP areas as holes"),
    "no-node": (4, "numa_maps does not look into the kernel's own areas and devices'"),
}
used = collections.Counter()


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
                result[-1].update(perms=rest[0], shared=rest[0][3] == "s", device=rest[2],
                                  inode=int(rest[3]))
        elif word == "VmFlags:":
            result[-1]["flags"] = set(rest)
        elif len(rest) == 2:
            result[-1][word[:-1]] = int(rest[0]) * 1024
    return [area for area in result if area["name"] != "[vsyscall]"]


def smaps_value(area, fields):
    return sum(area.get(field, 0) for field in fields.split())


# ---- what else /proc says of the pages ----

def u64s(file, first, count=1):
    return array.array("Q", os.pread(file.fileno(), count * 8, first * 8))


def entries_of(pagemap, proc):
    """{address: entry of pagemap} of an area; of hugetlb, one for each page of its size"""
    start, step = proc["start"], proc["KernelPageSize"]
    if "ht" in proc["flags"]:
        found = ((addr, u64s(pagemap, addr // PAGE)[0])
                 for addr in range(start, proc["end"], step))
    else:
        found = zip(range(start, proc["end"], PAGE),
                    u64s(pagemap, start // PAGE, (proc["end"] - start) // PAGE))
    return {addr: entry for addr, entry in found if entry & (PRESENT | SWAPPED)}


def flags_of(kpageflags, frames):
    """{frame: its flags}"""
    flags, frames = {}, sorted(frames)
    at = 0
    while at < len(frames):
        until = at + 1
        while until < len(frames) and frames[until] == frames[at] + until - at:
            until += 1
        flags.update(zip(frames[at:until], u64s(kpageflags, frames[at], until - at)))
        at = until
    return flags


def look(proc, pagemap, kpageflags):
    """What they say of an area: entries, and bytes by what is mapped."""
    entries = entries_of(pagemap, proc)
    present = [entry & FRAME for entry in entries.values() if entry & PRESENT]
    flags = flags_of(kpageflags, set(present))
    marks = [flags[frame] for frame in present]
    return {
        "entries": entries,
        "present": len(present),
        "swap": PAGE * sum(entry & (PRESENT | SWAPPED) == SWAPPED and entry & 31 < FIRST_OTHER
                           for entry in entries.values()),
        "zero": PAGE * sum(bool(mark & ZERO) for mark in marks),
        "huge_zero": PAGE * sum(mark & (ZERO | THP) == ZERO | THP for mark in marks),
        "ksm": PAGE * sum(bool(mark & KSM) for mark in marks),
    }


# ---- kinds: by flags, names, and what is mounted where the file is ----

def kinds(proc, mounted):
    """What may be behind an area of smaps; more than one where that cannot be seen."""
    if "ht" in proc["flags"]:
        return {"hugetlb"}
    if proc["name"] in SPECIAL:
        return {"special"}
    if proc["flags"] & {"pf", "mm", "io"}:
        return {"device"}
    # of SysV shm the inode is its number, from 0 on
    if proc["name"].startswith(("/memfd:", "/SYSV")):
        return {"shmem"}
    if not proc["inode"]:
        return {"anon"}
    if proc["name"].startswith("/secretmem"):
        return {"secretmem"}
    if proc["name"].startswith(("anon_inode:", "socket:")):
        return {"device"}
    if proc["name"].startswith("/dev/zero"):
        return {"shmem"} if proc["shared"] else {"anon"}
    device = "%d:%d" % tuple(int(number, 16) for number in proc["device"].split(":"))
    # an overlay may hand the file of the file system below, which need not be mounted here
    return {"tmpfs": {"shmem"}, "overlay": {"file", "shmem"}}.get(
        mounted.get(device, "overlay"), {"file"})


def compare_kinds(areas, smaps):
    mounted = {line.split()[2]: line.split(" - ")[1].split()[0] for line in read("mountinfo")}
    say("KIND", ["%s %s: %s, not %s" % (area["start"], proc["name"], area["kind"],
                                        kinds(proc, mounted))
                 for area, proc in zip(areas, smaps) if area["kind"] not in kinds(proc, mounted)])
    print("KINDS=%s" % " ".join(sorted({area["kind"] for area in areas})))


def compare_bounds(areas, smaps):
    say("AREAS", [] if [(int(a["start"], 16), int(a["end"], 16)) for a in areas] ==
        [(a["start"], a["end"]) for a in smaps] else ["others than in smaps"])


def compare_flags(areas, smaps):
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
        # bits without a name are told by number, in both
        if [LETTERS.get(flag, flag) for flag in area["vm_flags"]] != area["vm_names"]:
            wrong.append("%s: %s are named %s" % (area["start"], area["vm_flags"],
                                                  area["vm_names"]))
    say("FLAGS", wrong)


# vm_operations: what kallsyms calls them, where the kernel's names of data are told
OPS = {"anon": {None}, "hugetlb": {"hugetlb_vm_ops", "shm_vm_ops"},
       "special": {"special_mapping_vmops"}, "secretmem": {"secretmem_vm_ops"},
       "shmem": {"shmem_vm_ops", "shmem_anon_vm_ops", "shm_vm_ops"}}
with open("/proc/kallsyms") as symbols:
    # a module's have its name behind them
    known = {" ".join(line.split()[2:]) for line in symbols if "ops" in line} | {None}


def compare_ops(areas):
    wrong = []
    for area in areas:
        # without CONFIG_KALLSYMS_ALL, none has a name
        told = OPS.get(area["kind"], known) if "special_mapping_vmops" in known else {None}
        if area["ops"] not in told or area["ops"] not in known:
            wrong.append("%s %s: %s" % (area["start"], area["kind"], area["ops"]))
    say("OPS", wrong)


# ---- what is counted, by area ----

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
OF_RSS = ("rss", "rss_anon", "dirty", "rss_shared", "rss_exclusive", "referenced", "huge")


def note_differences(areas, smaps, extents):
    """Bytes that are known to be in smaps' Rss and not in ours, and the reverse."""
    for area, proc in zip(areas, smaps):
        proc["broken"] = proc["closed"] = 0
        # pagemap has them
        closed = area["rss"] - proc["Rss"]
        if proc["perms"].startswith("---") and closed > 0 and closed % HUGE == 0 and \
                os.uname().release.startswith(("5.10.", "6.1.")) and \
                area["rss"] == proc["seen"]["present"] * PAGE - proc["seen"]["zero"]:
            proc["closed"] = closed
    for extent in extents:
        if extent["state"] == "hwpoison":
            at = int(extent["start"], 16)
            proc = [proc for proc in smaps if proc["start"] <= at < proc["end"]][0]
            proc["broken"] += extent["pages"] * PAGE


def permitted(ours, area, proc, theirs):
    """Is there a rule for this difference, and does it explain all of it?"""
    if ours in SOFT and proc["name"].startswith("/usr/"):
        return excuse("mapped-by-us")
    if ours == "swap" and area["kind"] == "shmem" and theirs > area["swap"]:
        return excuse("object-swap")
    if ours in OF_RSS and proc["closed"] and theirs == area[ours] - proc["closed"]:
        return ours != "rss" or excuse("closed-rss")
    if ours in OF_RSS and proc["broken"] and theirs == area[ours] + proc["broken"]:
        return ours != "rss" or excuse("broken-rss")
    return False


def compare_fields(areas, smaps):
    """Leaves in proc[ours] what smaps' value comes to by the rules."""
    for ours, fields in FIELDS.items():
        wrong = []
        for area, proc in zip(areas, smaps):
            theirs = proc[ours] = smaps_value(proc, fields)
            if area[ours] == theirs:
                continue
            if permitted(ours, area, proc, theirs):
                proc[ours] = area[ours]
            else:
                wrong.append("%s %s: %d, in smaps %d" % (area["start"], area["name"] or
                                                         area["kind"], area[ours], theirs))
        say(ours.upper(), wrong)


def describe(area, *keys):
    return "%s %s: %s" % (area["start"], area["name"] or area["kind"],
                          ", ".join("%s %d" % (key, area[key]) for key in keys))


def compare_parts(areas, smaps):
    # whoever else maps them, they are mapped by one or by more
    say("SPLIT", [describe(area, "rss", "rss_shared", "rss_exclusive")
                  for area in areas if area["rss"] != area["rss_shared"] + area["rss_exclusive"]])
    # what is not anonymous is of the file or the shmem object behind the area
    wrong = []
    for area, proc in zip(areas, smaps):
        rest = proc["rss"] - proc["rss_anon"]
        expected = (0, rest) if area["kind"] == "shmem" else (rest, 0)
        if (area["rss_file"], area["rss_shmem"]) != expected or \
                rest and area["kind"] in ("anon", "hugetlb"):
            wrong.append(describe(area, "rss", "rss_anon", "rss_file", "rss_shmem"))
    say("FILE_SHMEM", wrong)


def compare_seen(areas, smaps):
    """Against pagemap and kpageflags, and KSM against smaps where that has it"""
    in_smaps = "KSM" in smaps[0]
    for key in ("swap", "zero", "ksm"):
        wrong = []
        for area, proc in zip(areas, smaps):
            # kpageflags of 6.12 says KSM of every anonymous page
            theirs = proc["KSM"] if key == "ksm" and in_smaps else proc["seen"][key]
            if area[key] != theirs:
                wrong.append("%s, not %d" % (describe(area, key), theirs))
        say("PAGES_" + key.upper(), wrong)


def leaves_of(proc):
    """What leaves there have to be: of PTEs, PMDs, PUDs"""
    seen, size = proc["seen"], proc["KernelPageSize"]
    if "ht" in proc["flags"]:
        return (0, seen["present"], 0) if size == HUGE else (0, 0, seen["present"])
    huge = proc["huge"] + seen["huge_zero"]
    return (seen["present"] - huge // PAGE, huge // HUGE, 0)


def tables_of(proc, tables):
    """PTE tables in which the area has an entry"""
    return len({addr & -HUGE for addr in proc["seen"]["entries"]} & tables)


def compare_tables(areas, smaps, tables):
    wrong, wrong_tables = [], []
    for area, proc in zip(areas, smaps):
        leaves = (area["leaves_pte"], area["leaves_pmd"], area["leaves_pud"])
        if "pf" in proc["flags"] and leaves[0]:
            excuse("pfnmap")
            there = {table for table in tables
                     if table < proc["end"] and table + HUGE > proc["start"]}
            if leaves[0] * PAGE > proc["end"] - proc["start"] or \
                    not 0 < area["tables"] <= len(there):
                wrong.append(describe(area, "leaves_pte", "tables"))
            continue
        if leaves != leaves_of(proc):
            wrong.append("%s: leaves %s, not %s" % (area["start"], leaves, leaves_of(proc)))
        if area["tables"] != tables_of(proc, tables):
            wrong_tables.append("%s, not %d" % (describe(area, "tables"),
                                                tables_of(proc, tables)))
    say("LEAVES", wrong)
    say("TABLES", wrong_tables)


# ---- sums ----

def compare_sums(areas, smaps):
    total = {key: sum(area[key] for area in areas) for key in COUNTED}
    at_once = mmlens("vma", pid, "--sum", "-o", ",".join(key.upper() for key in COUNTED))
    # who else maps a page of /usr moves, as the rule says; the two still add up
    wrong = ["%s: %d, at once %d" % (key, total[key], at_once[key])
             for key in COUNTED if key not in SOFT and total[key] != at_once[key]]
    if at_once["rss_shared"] + at_once["rss_exclusive"] != at_once["rss"]:
        wrong.append("shared and exclusive are not all of rss")
    say("SUM", wrong)
    rollup = parse_smaps(read("smaps_rollup"))[0]
    wrong = []
    for ours, fields in FIELDS.items():
        # what a rule has explained of one area is no more of a riddle in the sum
        explained = sum(smaps_value(proc, fields) - proc[ours] for proc in smaps)
        if ours not in SOFT and total[ours] + explained != smaps_value(rollup, fields):
            wrong.append("%s: %d + %d, in smaps_rollup %d" % (ours, total[ours], explained,
                                                             smaps_value(rollup, fields)))
    say("ROLLUP", wrong)
    for key in COUNTED:
        print("%s_TOTAL=%d" % (key.upper(), total[key]))
    print("HUGE_SHMEM_TOTAL=%d" % sum(area["huge"] for area in areas if area["kind"] == "shmem"))
    return total


def compare_mm(mm, total):
    """The kernel's own counters: exact, or as status has them"""
    wrong = []
    status = dict(line.split(":", 1) for line in read("status"))
    for key, word in (("rss_anon", "RssAnon"), ("rss_file", "RssFile"),
                      ("rss_shmem", "RssShmem"), ("swap", "VmSwap")):
        theirs = total[key] if mm["rss_exact"] else int(status[word].split()[0]) * 1024
        if mm[key] != theirs:
            wrong.append("%s: %d, not %d" % (key, mm[key], theirs))
    say("MM", wrong)


# ---- where things are ----

def compare_gaps(smaps, task_size):
    """holes: with the areas they tile the whole of what may be mapped"""
    rows = mmlens("vma", pid, "--gaps")["areas"]
    wrong, at = [], 0
    for row in rows:
        if int(row["start"], 16) != at:
            wrong.append("something is missing at %#x" % at)
        at = int(row["end"], 16)
    holes = [row for row in rows if row["kind"] == "hole"]
    if at != task_size:
        wrong.append("it ends at %#x" % at)
    if len(rows) - len(holes) != len(smaps):
        wrong.append("%d areas" % (len(rows) - len(holes)))
    say("GAPS", wrong)
    print("HOLES=%d" % len(holes))


def compare_layout(areas, smaps):
    """The portrait's: rows of neighbours of one kind and name, from the top down"""
    wrong, left = [], list(zip(areas, smaps))
    for row in reversed(mmlens(pid)["layout"]):
        here, left = left[:row["areas"]], left[row["areas"]:]
        if not here:
            wrong.append("there is no area for %s" % row["start"])
            break
        perms = {proc["perms"] for _, proc in here}
        theirs = {
            "start": "%#x" % here[0][1]["start"],
            "end": "%#x" % here[-1][1]["end"],
            "size": sum(proc["end"] - proc["start"] for _, proc in here),
            "perms": perms.pop() if len(perms) == 1 else "mixed",
        }
        wrong += ["%s: %s is %s, in smaps %s" % (row["start"], key, row[key], value)
                  for key, value in theirs.items() if row[key] != value]
        groups = [(area["kind"], proc["name"]) for area, proc in here]
        if set(groups) != {groups[0]} or row["kind"] != groups[0][0]:
            wrong.append("%s: %s has %s" % (row["start"], row["kind"], sorted(set(groups))))
        elif left and (left[0][0]["kind"], left[0][1]["name"]) == groups[0]:
            wrong.append("%s ends too early" % row["start"])
    if left:
        wrong.append("%d areas are left out" % len(left))
    # in text there is not always room for all
    text = subprocess.run(["mmlens", pid], stdout=subprocess.PIPE, check=True,
                          universal_newlines=True).stdout
    shown = sum(int(n) for n in re.findall(r"(?m)^ *[0-9a-f]+ +[0-9a-f]+ +[\d.]+ \w+ +(\d+) ",
                                           text))
    more = sum(int(n) for n in re.findall(r"(?m)^and (\d+) smaller areas", text))
    if shown + more != len(smaps):
        wrong.append("in text it has %d areas and %d smaller ones" % (shown, more))
    say("LAYOUT", wrong)


def compare_nodes(areas, smaps, extents):
    """numa_maps: pages of each node, by area"""
    nodes = {}
    for line in read("numa_maps"):
        start, *rest = line.split()
        nodes[int(start, 16)] = {int(word[1:].split("=")[0]): int(word.split("=")[1])
                                 for word in rest if word[0] == "N" and "=" in word}
    seen = {}
    for extent in extents:
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
            mine = {node: pages // (row["page_size"] // PAGE) for node, pages in mine.items()}
        if mine == expected:
            continue
        if row["kind"] not in ("special", "device") or not excuse("no-node"):
            wrong.append("%#x %s %s: %s, in numa_maps %s" % (area["start"], row["kind"],
                                                             row["name"], mine, expected))
    say("NODES", wrong if nodes else ["there is no numa_maps"])
    print("NODES_SEEN=%s" % " ".join(sorted({str(node) for area in seen.values()
                                             for node in area})))


def compare():
    smaps = parse_smaps(read("smaps"))
    areas = mmlens("vma", pid, "-o", "+VMNAMES," + ",".join(COUNTED))["areas"]
    extents = mmlens("pages", pid, "-o", "+NODE")["extents"]
    tables = {int(table["start"], 16) for table in mmlens("tables", pid)["tables"]
              if table["level"] == "pte"}
    mm = mmlens("mm", pid)
    with open("/proc/%s/pagemap" % pid, "rb", 0) as pagemap, \
            open("/proc/kpageflags", "rb", 0) as kpageflags:
        for proc in smaps:
            proc["seen"] = look(proc, pagemap, kpageflags)

    # up to 6.5, /proc calls [heap] also what merely ends where it begins, as the bss
    # does when addresses are not random
    for proc in smaps:
        if proc["name"] == "[heap]" and proc["end"] == int(mm["start_brk"], 16):
            proc["name"] = ""
    compare_bounds(areas, smaps)
    compare_flags(areas, smaps)
    compare_kinds(areas, smaps)
    compare_ops(areas)
    note_differences(areas, smaps, extents)
    compare_fields(areas, smaps)
    compare_parts(areas, smaps)
    compare_seen(areas, smaps)
    compare_tables(areas, smaps, tables)
    compare_mm(mm, compare_sums(areas, smaps))
    compare_gaps(smaps, int(mm["task_size"], 16))
    compare_layout(areas, smaps)
    compare_nodes(areas, smaps, extents)

    say("RULES", ["%s: needed %d times, of %d: %s" % (rule, used[rule], cap, why)
                  for rule, (cap, why) in RULES.items() if used[rule] > cap])
    print("USED=%s" % "; ".join("%s %d of %d (%s)" % (rule, used[rule], cap, why)
                                for rule, (cap, why) in RULES.items() if used[rule]))


for pid in sys.argv[1:]:
    print("PID=%s" % pid)
    used.clear()
    compare()
