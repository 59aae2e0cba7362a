# SPDX-License-Identifier: GPL-2.0
"""KTAP for tests in Python; ktap.sh and ktap.h are the same for shell and C."""
import sys

_tests = 0
_failed = 0


def begin():
    sys.stdout.reconfigure(line_buffering=True)
    print("KTAP version 1")


def note(text):
    for line in str(text).splitlines():
        print("#", line)


def ok(name, good, why=""):
    """One result; what went wrong, a text or a list of lines, is shown in part."""
    global _tests, _failed
    _tests += 1
    print(f"{'ok' if good else 'not ok'} {_tests} - {name}")
    if not good:
        _failed += 1
        lines = [str(why)] if isinstance(why, str) else [str(line) for line in why]
        note("\n".join(lines[:20]))
        if len(lines) > 20:
            note(f"... and {len(lines) - 20} more")
    return good


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(4)


def bail(why):
    print(f"Bail out! {why}")
    sys.exit(1)


def end():
    print(f"1..{_tests}")
    sys.exit(1 if _failed else 0)
