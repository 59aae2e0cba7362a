#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""
prefork.py on|freeze: a server as people write them. A master loads an
application's data and forks four workers, which take connections from one
socket; each step is 1,000 requests. The collector of garbage is on in the
workers, as it is everywhere by default; "freeze" does what its documentation
advises: gc.disable() in the master, gc.freeze() before fork.

Talks as targets do (see target.h). MASTER is the process to look at: the one
who talks only makes requests, and is no relative of the workers'.
"""
import ctypes
import gc
import json
import os
import signal
import socket
import sys

WORKERS = 4
REQUESTS = 1000
ITEMS = 20000
PR_SET_PDEATHSIG = 1


def load():
    """What an application has in memory before it serves anybody."""
    return {i: {"id": i, "name": f"item {i}", "price": i * 1.25,
                "tags": [f"tag {i % 17}", f"tag {i % 23}"]} for i in range(ITEMS)}


def answer(catalogue, sessions, number):
    """Thirty items that lie far apart; something is kept of each request."""
    wanted = [(number * 7919 + i * 104729) % ITEMS for i in range(30)]
    found = [dict(catalogue[i], tags=list(catalogue[i]["tags"])) for i in wanted]
    sessions[number] = found
    return json.dumps(found).encode()


def work(listener, catalogue):
    sessions = {}
    while True:
        connection, _ = listener.accept()
        with connection:
            number = int(connection.recv(64))
            connection.sendall(answer(catalogue, sessions, number))


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def fork(function, *args):
    pid = os.fork()
    if not pid:
        die_with_parent()
        function(*args)
        os._exit(0)
    return pid


def serve(listener, ready, freeze):
    if freeze:
        gc.disable()
    catalogue = load()
    if freeze:
        gc.freeze()
    for _ in range(WORKERS):
        fork(start, listener, catalogue, ready)
    # a worker may be there before its master is back from fork, and writes
    os.write(ready, b".")
    while True:
        signal.pause()


def start(listener, catalogue, ready):
    gc.enable()
    os.write(ready, b".")
    work(listener, catalogue)


def request(address, number):
    """Returns whether the answer is what was asked for."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
        client.sendall(b"%d" % number)
        data = b""
        while block := client.recv(65536):
            data += block
    return len(json.loads(data)) == 30


def say(*lines):
    print(*lines, sep="\n", flush=True)


def main():
    if sys.argv[1:] not in (["on"], ["freeze"]):
        sys.exit(__doc__)
    address = f"\0mmlens-prefork-{os.getpid()}"
    ready, told = os.pipe()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    master = fork(serve, listener, told, sys.argv[1] == "freeze")
    for _ in range(WORKERS + 1):
        os.read(ready, 1)
    say(f"MASTER={master}", f"WORKERS={WORKERS}", "ready")
    number = 0
    for _ in sys.stdin:
        good = 0
        for number in range(number, number + REQUESTS):
            good += request(address, number)
        number += 1
        say(f"ANSWERS={good}", "done", "ready")


main()
