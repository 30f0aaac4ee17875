"""Which files the probes of TLS are attached to: those that observed processes map, each once.

A file is opened once, looked at and attached to by its descriptor: by its name, a process could put another in its place
meanwhile, and probes at wrong places of a library would end every process that uses it.
"""

import errno
import os
import platform
from collections import OrderedDict
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from pathlib import Path

from sensor.probes.elf import functions
from sensor.probes.inside import opened_inside
from sensor.probes.record import Record, Type
from sensor.probes.tls.places import FUNCTIONS, places

NAME = "libssl"
"""How the file name of a shared library begins (`files/probe.c` has it, too)."""
USUAL = ("usr/lib/*/libssl.so.*", "usr/lib64/libssl.so.*", "usr/lib/libssl.so.*", "usr/local/lib*/libssl.so.*")
"""Where distributions have it."""
MOST = 64
"""Files that are attached to at a time; each takes up to nine descriptors. The one that nobody opened for longest gives way.

The kernel takes a third of a second to detach one, and where it has no links, others cannot attach meanwhile.
"""
DESCRIPTORS = 9 * MOST + 1_000
"""That may be needed, with those of the rest."""
KNOWN = 10_000
"""Files of which is remembered that they have no such functions."""
LARGEST = 1 << 30
"""Bytes of a file that is looked at."""

_GONE = (errno.ENOENT, errno.ESRCH, errno.ENOTDIR, errno.EINVAL)
"""A file that is there no longer, or no regular one."""

Attach = Callable[[int, str, bool, int], int]
"""Descriptor of a file, program, whether at the end of the function, and its offset → what holds it attached."""
Detach = Callable[[Collection[int]], None]
Hold = Callable[[Record], AbstractContextManager[None]]
"""What keeps the thread that a record is of from going on."""


class Libraries:
    """The files that were looked at."""

    def __init__(self, attach: Attach, detach: Detach, hold: Hold) -> None:
        self._attach = attach
        self._detach = detach
        self._hold = hold
        self._attached: OrderedDict[tuple[int, int], tuple[int, list[int]]] = OrderedDict()
        """Device and inode → when it was changed last, and what holds it, which keeps its inode. Those opened last stand last."""
        self._usual: set[tuple[int, int]] = set()
        self._without: set[tuple[int, int, int]] = set()
        """Device, inode and when it was changed last (which nobody can set) of files without functions of OpenSSL."""
        self.unseen = 0
        """Files that were not attached to because the kernel refused."""

    def look_at_usual(self) -> None:
        """Attach to the libraries of the system before anything runs: nobody has to be held for these."""
        for pattern in USUAL:
            for file in sorted(Path("/").glob(pattern)):
                self._look("/", str(file), nullcontext())
        self._usual = set(self._attached)

    def take(self, record: Record) -> None:
        """Look at the file that a record tells of; whoever executes or opens one that is new is held meanwhile."""
        if record.type == Type.EXECUTED:
            self._look("", f"/proc/{record.tgid}/exe", self._hold(record))
        elif record.type == Type.OPENED and (path := record.path()).rpartition("/")[2].startswith(NAME):
            inside = path if path.startswith("/") else f"{_cwd(record.tgid)}/{path}"
            self._look(f"/proc/{record.tgid}/root", inside, self._hold(record))

    def look_at_mapped(self, pid: int) -> None:
        """Attach to what a process that runs already executes and has mapped."""
        self._look("", f"/proc/{pid}/exe", nullcontext())
        try:
            mapped = Path(f"/proc/{pid}/maps").read_text("utf-8", "replace")
        except OSError:  # gone already
            return
        for path in {line[at:] for line in mapped.splitlines() if (at := line.find("/")) > 0}:
            if path.rpartition("/")[2].startswith(NAME):
                self._look(f"/proc/{pid}/root", path, nullcontext())

    def _look(self, root: str, path: str, held: AbstractContextManager[None]) -> None:
        try:
            file = opened_inside(root, path)
        except OSError as error:
            self.unseen += error.errno not in _GONE
            return
        try:
            if self._is_new(file):
                with held:
                    self._look_at(file)
        except Exception:  # noqa: BLE001 - what a traced process gives us to read must not end the sensor
            self.unseen += 1
        finally:
            os.close(file)

    def _is_new(self, file: int) -> bool:
        there = os.fstat(file)
        key = (there.st_dev, there.st_ino)
        changed_ns, held = self._attached.get(key, (there.st_ctime_ns, []))
        if changed_ns != there.st_ctime_ns:  # its functions may be elsewhere now
            del self._attached[key]
            self._detach(held)
        elif key in self._attached:
            self._attached.move_to_end(key)
            return False
        return there.st_size <= LARGEST and (*key, there.st_ctime_ns) not in self._without

    def _look_at(self, file: int) -> None:
        there = os.fstat(file)
        key = (there.st_dev, there.st_ino)
        found = functions(file, FUNCTIONS)
        if not found:
            if len(self._without) >= KNOWN:
                self._without.clear()
            self._without.add((*key, there.st_ctime_ns))
            return
        if len(self._attached) >= MOST:
            self._give_way()
        # Not tried again where it fails in the middle: what would be attached twice would be told twice.
        held: list[int] = []
        self._attached[key] = (there.st_ctime_ns, held)
        held += (self._attach(file, *place) for place in places(found, partial(_read, file), platform.machine()))

    def _give_way(self) -> None:
        old = next((key for key in self._attached if key not in self._usual), None)
        if old is not None:
            self._detach(self._attached.pop(old)[1])


def _read(file: int, offset: int, size: int) -> bytes:
    return os.pread(file, size, offset)


def _cwd(pid: int) -> str:
    with suppress(OSError):
        return str(Path(f"/proc/{pid}/cwd").readlink())
    return ""
