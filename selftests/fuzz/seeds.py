#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""seeds.py BUILD DIR: what fuzzers start from, in DIR/{reply,snapshot,words,tool}:
the tapes and the command lines of host/golden, and a snapshot of two processes."""
import os
import struct
import subprocess
import sys
import tempfile

NLM_F_REQUEST = 1
TAPE_FAILS = 0xFFFF
golden = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../host/golden")
# of words.c: the parser, and words that it takes
WORDS = [(0, "4711"), (1, "0x55d0c8a00000"), (1, "7ffffffde000"), (2, "0x1ff9c"), (3, "2.5"),
         (4, "1-5"), (5, "present,swap"), (6, "write,^dirty,pkey3"), (7, "anon,^lru"),
         (8, "0x100+20"), (9, "heap"), (9, "400000-402000"), (9, "400000+1000"), (9, "cat"),
         (9, "anon"), (9, "/usr/bin/cat")]


def answers(tape):
    """A tape without its requests, each message aligned."""
    out = b""
    while len(tape) >= 16:
        length, kind, flags = struct.unpack_from("=IHH", tape)
        aligned = (length + 3) & ~3
        if kind == TAPE_FAILS or not flags & NLM_F_REQUEST:
            out += tape[:aligned]
        tape = tape[aligned:]
    return out


def read_tapes(build):
    with tempfile.TemporaryDirectory() as made:
        subprocess.run([build + "/host/mkreply", made], check=True)
        tapes = {}
        for where in made, golden:
            for name in sorted(os.listdir(where)):
                if name.endswith(".nl"):
                    with open(os.path.join(where, name), "rb") as file:
                        tapes[name[:-3]] = file.read()
        return tapes


def cases():
    with open(golden + "/cases", encoding="utf-8") as file:
        for line in file:
            words = line.split(None, 3)
            if words and not words[0].startswith("#"):
                yield words[0], words[1], words[3].strip() if len(words) > 3 else ""


def snapshots(build):
    with tempfile.TemporaryDirectory() as made:
        path = made + "/two.snap"
        subprocess.run([build + "/host/snap", path], check=True)
        with open(path, "rb") as file:
            yield "packed", file.read()
        text = subprocess.run([build + "/mmlens", "snap", path, "--write", "-"],
                              check=True, stdout=subprocess.PIPE).stdout
        yield "text", text
        yield "open", b"".join(text.splitlines(True)[:-1])


def main():
    build, to = sys.argv[1:]

    def put(kind, name, data):
        os.makedirs(os.path.join(to, kind), exist_ok=True)
        with open(os.path.join(to, kind, name), "wb") as file:
            file.write(data)

    tapes = read_tapes(build)
    for name, tape in tapes.items():
        put("reply", name, answers(tape))
    for name, tape, arguments in cases():
        put("tool", name, arguments.encode() + b"\n" + answers(tapes[tape]))
    for name, data in snapshots(build):
        put("snapshot", name, data)
    for number, (parser, word) in enumerate(WORDS):
        put("words", str(number), bytes([parser]) + word.encode())


main()
