# SPDX-License-Identifier: GPL-2.0
"""trace.py kinds|segv|many TRACE TARGET: compares a trace with what the target has seen.

TRACE is what `mmlens trace -j` has printed, TARGET what the program faults has. Prints
NAME=value lines: for each kind, "ok" or the first thing that is not.
"""
import json
import sys


def read(trace, target):
    with open(trace) as lines:
        events = [json.loads(line) for line in lines][1:]
    values, seen = {}, []
    with open(target) as lines:
        for line in lines:
            words = line.split()
            if words and words[0] == "seen":
                seen.append((words[1], int(words[2], 16), int(words[3]), int(words[4])))
            elif words and words[0] == "signal":
                seen.append((words[1], int(words[2], 16), words[3]))
            elif "=" in line:
                name, _, value = line.strip().partition("=")
                values[name] = value
    return events, values, seen


def frame(event, side):
    """As pagemap has it: 0 for what is not present."""
    if event[side + "_state"] in ("present", "zero"):
        return event[side + "_frame"]
    return 0


def compare(event, wanted, old, new):
    """Why that is not it, or None. What a kind alone cannot say is left to the frames."""
    if (frame(event, "old"), frame(event, "new")) != (old, new):
        return f"frames {frame(event, 'old')} -> {frame(event, 'new')}, pagemap {old} -> {new}"
    what = event["what"]
    if wanted == "alone":
        wanted = "cow-reuse" if old == new else "cow-copy"
    wanted = {"huge": "demand-zero", "huge-zero": "zero-page"}.get(wanted, wanted)
    if what != wanted:
        return f"{what}, not {wanted}"
    if wanted == "demand-zero" and "user" not in event["access"] and event["ip"] is None:
        return "no instruction"
    return None


def kinds(events, values, seen):
    end = events.pop()
    pid = int(values["PID"])
    start, stop = int(values["START"]), int(values["END"])
    window = [e for e in events if e["pid"] == pid and start <= e["time"] <= stop]
    for name in ("minor", "major"):
        print(f"{name.upper()}={sum(e['counted'] == name for e in window)}")
    print(f"TARGET_MINOR={values['MINOR']}\nTARGET_MAJOR={values['MAJOR']}")
    print(f"PERF_MINOR={values['PERF_MINOR']}\nPERF_MAJOR={values['PERF_MAJOR']}")
    at = {}
    for event in window:
        if event["what"] != "retry":
            at.setdefault(event["addr"], []).append(event)
    wrong = {}
    for kind, addr, old, new in seen:
        if old == new == 0 and kind != "signal":
            wrong.setdefault(kind, "the target saw nothing")
        if kind == "alone" and old == new:
            kind = "alone"
        mine = at.get(hex(addr), [])
        why = compare(mine.pop(0), kind, old, new) if mine else "no event"
        if why:
            wrong.setdefault(kind, f"{addr:#x}: {why}")
    for kind in sorted({kind for kind, _, _, _ in seen}):
        print(f"KIND_{kind}={wrong.get(kind, 'ok')}")
    print(f"ALONE={sorted({e['what'] for e in window if e['what'] in ('cow-reuse',)})}")
    print(f"LOSSES={end['lost']} {end['missed']} {end['unfinished']} {end['unfollowed']}")


def segv(events, values, seen):
    told, pending = [], []
    for event in events[:-1]:
        if not event["what"].startswith("segv-"):
            continue
        if event["pid"] != int(values["PID"]):
            pending.append(event["what"])
            continue
        access = next((name for name in event["access"] if name in ("write", "exec")), "read")
        told.append((event["what"], int(event["addr"], 16), access))
        if event["ip"] is None or event["old_frame"] is not None or event["latency"] is not None:
            print(f"ODD={event}")
    print(f"TOLD={told}\nSEEN={seen}\nSIGNALS={len(seen)}\nPENDING={pending}")


def many(events, values, _):
    end = events.pop()
    area = int(values["AREA"], 16)
    print(f"EVENTS={sum(area <= int(e['addr'], 16) < area + (1024 << 12) for e in events)}")
    print(f"WITH_LOST={sum(area <= int(e['addr'], 16) < area + (1024 << 12) for e in events) + end['lost']}")
    print(f"LOST={end['lost']}\nMISSED={end['missed']}\nSEEN={end['seen']}")


{"kinds": kinds, "segv": segv, "many": many}[sys.argv[1]](*read(sys.argv[2], sys.argv[3]))
