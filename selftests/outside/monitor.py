# SPDX-License-Identifier: GPL-2.0
"""QEMU's human monitor: the machine's memory and registers, from outside."""
import re
import socket


class Monitor:
    PROMPT = b"(qemu) "

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(600)
        self.socket.connect(path)
        self._answer()

    def _answer(self):
        data = b""
        while not data.endswith(self.PROMPT):
            more = self.socket.recv(1 << 16)
            if not more:
                raise OSError("QEMU's monitor has gone")
            data += more
        return data[:-len(self.PROMPT)].decode("latin-1")

    def ask(self, command):
        self.socket.sendall(command.encode() + b"\n")
        # the first line is our own, as a terminal would have echoed it
        return self._answer().partition("\n")[2].replace("\r", "")

    def stop(self):
        self.ask("stop")
        status = self.ask("info status")
        if "paused" not in status:
            raise OSError(f"the machine did not stop: {status}")

    def go_on(self):
        self.ask("cont")

    def registers(self, cpu):
        """Numbers by name, of one CPU, which gva2gpa then asks about too."""
        self.ask(f"cpu {cpu}")
        found = re.findall(r"\b([A-Z][A-Z0-9]{1,2}) ?=([0-9a-f]+)\b", self.ask("info registers"))
        return {name: int(value, 16) for name, value in found}

    def words(self, address, count):
        """64-bit words of physical memory, or None where there is no memory."""
        text = self.ask(f"xp /{count}gx {address:#x}")
        words = [int(word, 16)
                 for line in text.splitlines() for word in line.partition(":")[2].split()
                 if word.startswith("0x")]
        return words if len(words) == count else None

    def translate(self, virtual):
        """As the CPU of the last registers() would: physical, or None."""
        text = self.ask(f"gva2gpa {virtual:#x}").strip()
        if text == "Unmapped":
            return None
        return int(re.fullmatch(r"gpa: (0x[0-9a-f]+)", text).group(1), 16)


class Memory:
    """Physical memory of a stopped machine, a page at a time, each read once."""

    def __init__(self, monitor):
        self.monitor = monitor
        self.pages = {}

    def page(self, frame):
        if frame not in self.pages:
            self.pages[frame] = self.monitor.words(frame << 12, 512)
            if self.pages[frame] is None:
                raise OSError(f"no memory at frame {frame:#x}")
        return self.pages[frame]
