#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""
mmlens and page-types, built from the kernel's source package: the same pages,
frames, flags and mapcounts, of processes that are stopped. Asked before and
after; what page-types itself says two things about is left out.
"""
import json
import os
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(top, "selftests")]

import ktap                                                     # noqa: E402

BUILD = os.environ.get("BUILD", os.path.join(top, "build"))
PAGE_TYPES = os.path.join(BUILD, "selftests/page-types")
MAX_VMAS = 10240                                                # its own limit

# KPF_ numbers 0 to 26, which page-types prints in this order, one letter each.
FLAGS = ("locked error referenced uptodate dirty lru active slab writeback reclaim buddy mmap "
         "anonymous swapcache swapbacked compound_head compound_tail huge unevictable hwpoison "
         "nopage ksm thp offline zero_page idle pgtable").split()
TAIL = {"mmap", "anonymous", "huge", "thp"}
STEPPED = {"referenced", "active"}
# Name: of how many pages in a hundred flags may differ so, and why; none is about frames.
RULES = {
    "tail": (100, "mmlens tells a folio's flags for each of its pages, 6.1 a tail's own few"),
    "stepped": (5, "every process that ends steps the pages of its files on, this test's too"),
}


class Target:
    """A program that says NAME=value and `ready`; see targets/target.h."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.values = {}
        for line in self.process.stdout:
            if line.strip() == "ready":
                break
            name, _, value = line.strip().partition("=")
            self.values[name] = value

    def __getitem__(self, name):
        return int(self.values[name], 0)

    def end(self):
        self.process.kill()
        self.process.wait()


def is_private(flags):
    """May nobody else map the page, as mmlens itself does its files?"""
    return "swapbacked" in flags or "thp" in flags


def settled(frame, flags, mapcount):
    return frame, flags, mapcount if is_private(flags) else None


def page_types(pid):
    """Page: (frame, flags, mapcount)."""
    done = subprocess.run([PAGE_TYPES, "-p", str(pid), "-L", "-M", "-N"], check=True,
                          capture_output=True, text=True)
    pages = {}
    for line in done.stdout.splitlines():
        fields = line.split("\t")
        if len(fields) != 4 or fields[0] == "voffset":
            continue
        offset, mapcount, frame, letters = fields
        flags = {name for name, letter in zip(FLAGS, letters) if letter != "_"}
        # without any: no page, but a swap entry or a marker, by its offset
        if flags:
            pages[int(offset, 16)] = settled(int(frame, 16), flags, int(mapcount))
    return pages, done.stderr


def mmlens(pid):
    done = subprocess.run([os.path.join(BUILD, "mmlens"), "pages", "-j", str(pid)], check=True,
                          capture_output=True, text=True)
    pages = {}
    for extent in json.loads(done.stdout)["extents"]:
        # pagemap has no frames of VM_PFNMAP
        if extent["frame"] is None or extent["state"] == "pfnmap":
            continue
        first = int(extent["start"], 16) >> 12
        flags = {flag for flag in extent["page_flags"] if flag in FLAGS}
        for page in range(extent["pages"]):
            frame = extent["frame"] + (0 if extent["state"] == "zero" else page)
            pages[first + page] = settled(frame, flags, extent["mapcount"])
    return pages


def flags_rule(frame, theirs, ours):
    """None: they differ. "": they do not. Else the name of the rule that permits it."""
    if theirs - {"compound_head"} == ours:
        return ""
    # page-types hides that a page of a THP is a tail: on 6.1 they are all of 2 MiB
    if "compound_tail" in theirs or ("thp" in theirs and frame % 512):
        return "tail" if theirs & TAIL == ours & TAIL else None
    if not is_private(ours) and (theirs ^ ours) - {"compound_head"} <= STEPPED:
        return "stepped"
    return None


def judge(before, after, ours):
    """What was compared, and of which pages something else was told."""
    same = {page: told for page, told in before.items() if after.get(page) == told}
    both = [page for page in same if page in ours]
    every = list(before.keys() | ours.keys())
    counted = [page for page in both if None not in (same[page][2], ours[page][2])]
    return {
        "pages": (every, [page for page in every if (page in before) != (page in ours)]),
        "frames": (both, [page for page in both if same[page][0] != ours[page][0]]),
        "flags": (both, [page for page in both
                         if flags_rule(*same[page][:2], ours[page][1]) is None]),
        "mapcounts": (counted, [page for page in counted if same[page][2] != ours[page][2]]),
    }


def compare(name, pid):
    os.kill(pid, signal.SIGSTOP)
    before, complaint = page_types(pid)
    ours = mmlens(pid)
    after, _ = page_types(pid)
    os.kill(pid, signal.SIGCONT)
    moved = [page for page in before if after.get(page) != before[page]]

    ktap.ok(f"{name}: page-types has no complaint", not complaint, complaint)
    ktap.ok(f"{name}: and says the same twice, but for few", len(moved) <= 0.02 * len(before),
            [f"{page:#x}: {before[page]}, then {after.get(page)}" for page in moved])
    for what, (compared, wrong) in judge(before, after, ours).items():
        ktap.ok(f"{name}: the same {what}: {len(compared)} compared", compared and not wrong,
                [f"{page:#x}: page-types {before.get(page)}, mmlens {ours.get(page)}"
                 for page in wrong])
    check_rules(name, before, after, ours)
    return before, after, ours


def check_rules(name, before, after, ours):
    used = [flags_rule(*told[:2], ours[page][1]) for page, told in before.items()
            if page in ours and after.get(page) == told]
    for rule, (percent, why) in RULES.items():
        ktap.ok(f"{name}: rule {rule}: {used.count(rule)} of {len(used)} pages: {why}",
                used.count(rule) * 100 <= percent * len(used))


def check_judge(before, after, ours):
    """The judge itself: one page's answer is falsified at a time."""
    page = next(page for page, (_, flags, count) in ours.items()
                if count and before.get(page) == after.get(page) == ours[page])
    frame, flags, count = ours[page]
    for what, lie in (("frames", (frame + 1, flags, count)),
                      ("flags", (frame, flags ^ {"dirty"}, count)),
                      ("mapcounts", (frame, flags, count + 1)),
                      ("pages", None)):
        falsified = {**ours, page: lie}
        if not lie:
            del falsified[page]
        ktap.ok(f"a falsified answer is caught - {what}",
                judge(before, after, falsified)[what][1] == [page])


def main():
    ktap.begin()
    if os.environ.get("MMLENS_KERNEL") != "6.1":
        ktap.skip_all("this page-types is 6.1's, and tells that kernel's flags")
    if not os.path.exists(PAGE_TYPES):
        ktap.bail("make -C selftests page-types was not run")

    kinds = Target(os.path.join(BUILD, "selftests/kinds"))
    compare("memory of every kind", kinds["A"])
    check_judge(*compare("its forked child", kinds["B"]))
    kinds.end()
    python = Target(sys.executable, "-c", """if True:
        import json, re, sys
        words = [str(i) * 3 for i in range(20000)]
        print("ready", flush=True)
        sys.stdin.read()""")
    compare("python3", python.process.pid)
    python.end()
    compare("this program's shell", os.getppid())

    many = Target(os.path.join(BUILD, "targets/many-areas"))
    seen, complaint = page_types(many["PID"])
    first, end = many["BASE"] >> 12, many["END"] >> 12
    told = sum(first <= page < end for page in mmlens(many["PID"]))
    ktap.ok(f"mmlens tells all pages of {many['COUNT']} areas", told == many["COUNT"], str(told))
    ktap.note(f"page-types, which has room for {MAX_VMAS} areas, ended with success and told "
              f"{sum(first <= page < end for page in seen)} of them: {complaint.strip()}")
    many.end()
    ktap.end()


main()
