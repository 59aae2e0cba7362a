#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""
outside.t [five]: mmlens against the machine itself.

Everything else that mmlens is compared with is the same kernel's word. Here a
virtual machine is stopped while its CPUs are in two processes that mmlens has
told about, and QEMU's monitor reads, from the machine's memory, the tables
that those CPUs are using: every entry on the way to a page, every leaf of the
process and every table, the counts in struct page and what folio or free block
it is of. The monitor's own translation of an address is asked as well.

KERNEL is the machine's kernel (6.1). With `five`, it has five levels of page
tables, and page-table isolation, and the oracle runs there too.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.dirname(here)]

import ktap                                                     # noqa: E402
from judge import Complaints, Photo, falsified, judge  # noqa: E402
from monitor import Memory, Monitor                             # noqa: E402

TOP = os.path.dirname(os.path.dirname(here))
IDS = "AB"
USER_MODE = 3
SPIN = {"A": 0x6d6d6c656e735f41, "B": 0x6d6d6c656e735f42}       # targets/leaves.c
STOPS = 400
LOOKS = 30
KINDS = ("mm", "walk", "pages", "tables", "vma", "process", "frame")    # what `inside` writes


class Machine:
    def __init__(self, directory, five):
        self.directory = directory
        self.path = os.path.join(directory, "monitor")
        command = [os.path.join(TOP, "scripts/vm"), "run", "--timeout", "1800", "--parallel",
                   "--kernel", os.environ.get("KERNEL", "6.1"), "--memory", "2560",
                   "--append", "hugepagesz=1G hugepages=1 hugepagesz=2M nokaslr "
                               "damon_stat.enabled=0",  # it clears accessed bits
                   "--append", "pti=on" if five else "nopti",
                   "--monitor", self.path, "--rw", directory]
        # Entered directly, a kernel stays with four levels of tables; and it is
        # not slower for that.
        environment = dict(os.environ, VM_FAST="" if five else "1")
        if five:
            command += ["--qemu", "-cpu max,la57=on,erms=off,fsrm=off"]
        command += ["--", os.path.join(here, "inside"), directory] + ["oracle"] * five
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                        stdin=subprocess.DEVNULL, env=environment)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    def file(self, name):
        return os.path.join(self.directory, name)

    def wait_for(self, name):
        while not os.path.exists(self.file(name)):
            if self.process.poll() is not None:
                self.finish()
                ktap.bail("the machine has ended too early")
            time.sleep(0.1)

    def finish(self):
        """Its tests become ours."""
        for line in self.process.communicate()[0].splitlines():
            if line.startswith(("ok ", "not ok ")):
                ktap.ok("in the machine: " + line.partition(" - ")[2], line.startswith("ok "))
            elif line.startswith(("# ", "Bail out!")):
                print(line)
        return self.process.returncode

    def kill(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def stop_in_both(monitor):
    """
    Stops the machine while CPU 0 is in A and CPU 1 in B; their registers. By
    what the programs have put there, not by what mmlens says of them.
    """
    for _ in range(STOPS):
        monitor.stop()
        registers = {who: monitor.registers(cpu) for cpu, who in enumerate(IDS)}
        if all(registers[who]["CPL"] == USER_MODE and registers[who]["R15"] == SPIN[who]
               for who in IDS):
            return registers
        monitor.go_on()
        time.sleep(0.02)
    ktap.bail(f"the machine was stopped {STOPS} times, never in both processes")


def read(machine, kind, who, when):
    with open(machine.file(f"{kind}-{who}.{when}"), encoding="utf-8") as file:
        return json.load(file)


def photograph(machine, five):
    monitor = Monitor(machine.path)
    registers = stop_in_both(monitor)
    memory, photos = Memory(monitor), {}
    for cpu, who in enumerate(IDS):
        addresses = [int(walk["address"], 16) for walk in read(machine, "walk", who, "before")]
        # gva2gpa asks the CPU that was looked at last
        if monitor.registers(cpu) != registers[who]:
            ktap.bail("a stopped machine has changed its registers")
        frames = read(machine, "frame", who, "before")["extents"]
        photos[who] = Photo(monitor, memory, registers[who], five, addresses, frames)
    monitor.go_on()
    for _ in range(LOOKS):
        if not any(photo.has_unlike() for photo in photos.values()):
            break
        time.sleep(0.05)
        monitor.stop()
        for photo in photos.values():
            photo.look_again(Memory(monitor))
        monitor.go_on()
    return photos


def report(who, photo, complaints):
    for kind in Complaints.KINDS:
        wrong, checked = complaints.wrong[kind], complaints.checked[kind]
        ktap.ok(f"{who}: {TOLD[kind]}: {checked} compared", checked > 0 and not wrong, wrong)
    sizes = [level for _, level, _, _ in photo.leaves]
    ktap.note(f"{who}: leaves: " + ", ".join(
        f"{sizes.count(level)} {level}" for level in ("pte", "pmd", "pud")))


TOLD = {
    "pgd": "mm's pgd is in the CPU's CR3",
    "index": "indices are the address's",
    "table": "tables are where the entry above says",
    "entry": "raw entries are the bytes in memory",
    "end": "the way down ends where memory ends it",
    "frame": "frames are those of the entries",
    "translation": "QEMU translates addresses to the same bytes, or not at all",
    "head": "the folio's first page is that of struct page",
    "refcount": "reference counts are those of struct page",
    "mapcount": "mapcounts are those of struct page",
    "leaf": "runs of leaves in the whole process, both ways",
    "listed": "tables of the whole process, and their entries, both ways",
    "level": "totals of all tables of a level",
    "kernel": "entries of the kernel's half, by count",
    "area": "leaves of each size and tables, by area",
    "process": "leaves of each size, by process",
    "folio": "of frames by number: the folio is that of struct page",
    "references": "of frames by number: reference counts are those of struct page",
    "mappings": "of frames by number: mapcounts are those of struct page",
    "block": "of frames by number: the free block is that of struct page",
}


def named_paths(machine, photo):
    """(name, address, path) of what the target has set up."""
    with open(machine.file("names"), encoding="utf-8") as file:
        for line in file:
            name, _, address = line.strip().partition("=")
            yield name, int(address, 16), photo.paths[int(address, 16)]


def check_situations(machine, photo, walks, five):
    """That it was there, from outside: or nothing was proved."""
    ends = {name: (path[-1][0], path[-1][3]) for name, _, path in named_paths(machine, photo)}
    size = {"SMALL": "pte", "HUGE": "pmd", "HUGE_NO_ACCESS": "pmd", "HUGE_BY_PTES": "pte",
            "HUGETLB": "pmd", "GIGANTIC": "pud"}
    ktap.ok("leaves of 4K, 2M and 1G were there",
            all(ends[name][0] == level and ends[name][1] for name, level in size.items()),
            str(ends))
    ktap.ok("entries without access, stored inverted, at two levels",
            all(ends[name][1] and not ends[name][1] & 1
                for name in ("NO_ACCESS", "HUGE_NO_ACCESS")), str(ends))
    ktap.ok("empty entries at the last level and above",
            ends["ABSENT"] == ("pte", 0) and ends["NOTHING"][0] in ("pud", "pmd")
            and not ends["NOTHING"][1], str(ends))
    often = next(address for name, address, _ in named_paths(machine, photo)
                 if name == "MAPPED_OFTEN")
    ktap.ok("a page that is mapped five times by A",
            photo.pages[often]["mapcount"] >= 5, str(photo.pages[often]))
    high = next(address for name, address, _ in named_paths(machine, photo) if name == "HIGH")
    levels = len(next(walk for walk in walks if int(walk["address"], 16) == high)["levels"])
    if five:
        ktap.ok("an address above 47 bits, by five levels",
                high >> 47 and len(photo.paths[high]) == 5 and levels == 5, hex(high))
    else:
        ktap.ok("four levels, and one that is folded",
                len(photo.paths[high]) == 4 and levels == 5, str(photo.paths[high]))


def compare(machine, photos, five):
    answers = {who: {when: {kind: read(machine, kind, who, when)
                            for kind in KINDS}
                     for when in ("before", "after")} for who in IDS}
    check_situations(machine, photos["A"], answers["A"]["before"]["walk"], five)
    ktap.ok("both have as many entries in the kernel's half",
            photos["A"].kernel_used == photos["B"].kernel_used > 0,
            f"{photos['A'].kernel_used}, {photos['B'].kernel_used}")
    for who in IDS:
        before, after = (answers[who][when] for when in ("before", "after"))
        report(who, photos[who], judge(photos[who], before, after))
        if five:
            ktap.ok(f"{who}: the CPU used the table for user mode, the same but for NX",
                    photos[who].root == photos[who].tables.root + 1
                    and not photos[who].shadow_differs, photos[who].shadow_differs)
    for what, noticed in falsified(photos["A"], answers["A"]["before"]):
        ktap.ok(f"a falsified answer is caught - {what}", noticed)


def main():
    five = sys.argv[1:] == ["five"]
    if sys.argv[1:] and not five:
        ktap.bail("usage: outside.t [five]")
    ktap.begin()
    with tempfile.TemporaryDirectory(prefix="outside.") as directory:
        machine = Machine(directory, five)
        try:
            machine.wait_for("ready")
            photos = photograph(machine, five)
            with open(machine.file("go"), "w", encoding="utf-8"):
                pass
            status = machine.finish()
            ktap.ok("the machine went on, and ended well", status == 0, f"status {status}")
            compare(machine, photos, five)
        finally:
            machine.kill()
    ktap.end()


main()
