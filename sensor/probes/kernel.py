"""The programs in the kernel, as the sensor holds them: rings and counters in mapped memory, and the scope."""

import ctypes
import json
import mmap
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from sensor.errors import ProbesUnusable
from sensor.probes.call import BPF, called
from sensor.probes.compiler import MAPS, MOST_FDS
from sensor.probes.record import COUNTS, Count, Type
from sensor.probes.ring import Ring
from sensor.probes.source import Order, Sizes

_MAP_LOOKUP, _MAP_UPDATE, _MAP_DELETE = 1, 2, 3
TRACEFS = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))


class _Flow(ctypes.Structure):
    """`struct flow` in `streams/probe.c`."""

    _fields_ = (("stream", ctypes.c_uint64), ("tgid", ctypes.c_uint32), ("unused", ctypes.c_uint32))


def tracepoints() -> list[str]:
    """Return the tracepoints of system calls that the running kernel has, as `group:name`. Raises `ProbesUnusable`."""
    for place in TRACEFS:
        try:
            found = [f"syscalls:{event.name}" for event in (place / "events" / "syscalls").iterdir() if event.is_dir()]
        except PermissionError as error:
            raise ProbesUnusable(f"{place} may not be read ({error.strerror}): run as root (sudo).") from error
        except OSError:
            continue
        return found
    raise ProbesUnusable(f"tracefs is not there: mount -t tracefs tracefs {TRACEFS[0]} (sudo make system does it).")


class Kernel:
    """Attached programs. Used from one thread; what is held here keeps them attached."""

    def __init__(self, order: Order, sizes: Sizes) -> None:
        """Compile and attach. Raises `ProbesUnusable` with the compiler's own words."""
        fds, functions, self.unattached = _compiled(order)
        self._fds = fds
        self._scope, counts, unscoped, _, _, self._flows, vital, bulk, self.notices, tls, streams = fds[: len(MAPS)]
        self.functions = dict(zip(functions, fds[len(MAPS) :], strict=False))
        self.vital = Ring(vital, sizes.vital_pages * mmap.PAGESIZE)
        self.bulk = Ring(bulk, sizes.bulk_pages * mmap.PAGESIZE)
        self.tls = Ring(tls, sizes.tls_pages * mmap.PAGESIZE)
        self.streams = Ring(streams, sizes.streams_pages * mmap.PAGESIZE)
        self._mapped = [mmap.mmap(fd, mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ) for fd in (counts, unscoped)]
        self._counts, self._unscoped = (memoryview(one).cast("Q") for one in self._mapped)

    def observe(self, pid: int) -> None:
        """Put a process into the scope; its children will be born in it. Raises `OSError`."""
        key, value = ctypes.c_uint32(pid), (ctypes.c_uint8 * 24)()
        attributes = (ctypes.c_uint64 * 4)(self._scope, ctypes.addressof(key), ctypes.addressof(value), 0)
        called(BPF, _MAP_UPDATE, attributes, ctypes.sizeof(attributes), what=f"process {pid} cannot be observed")

    def forget(self, pid: int) -> None:
        """Take a process out of the scope, if it is there."""
        key = ctypes.c_uint32(pid)
        attributes = (ctypes.c_uint64 * 4)(self._scope, ctypes.addressof(key), 0, 0)
        with suppress(OSError):
            called(BPF, _MAP_DELETE, attributes, ctypes.sizeof(attributes), what="")

    def written(self, stream: int, pid: int) -> int:
        """Return how many bytes a process wrote to a stream so far, 0 where that is not known any more."""
        key, value = _Flow(stream, pid, 0), (ctypes.c_uint64 * 3)()
        attributes = (ctypes.c_uint64 * 4)(self._flows, ctypes.addressof(key), ctypes.addressof(value), 0)
        with suppress(OSError):
            called(BPF, _MAP_LOOKUP, attributes, ctypes.sizeof(attributes), what="")
        return int(value[0])

    def count(self, kind: Type, what: Count) -> int:
        """Return what was counted for a type of record so far."""
        return self._counts[COUNTS * kind + what]

    @property
    def unscoped(self) -> int:
        """Return how many children of observed processes found no room in the scope."""
        return self._unscoped[0]

    @property
    def rings(self) -> tuple[Ring, ...]:
        """Return the rings, the vital one first."""
        return (self.vital, self.bulk, self.tls, self.streams)

    def read(self) -> Iterator[memoryview]:
        """Yield what is in the rings, the vital one first; each piece is valid until the next."""
        for ring in self.rings:
            yield from ring.read()

    def close(self) -> None:
        """Detach all and let go."""
        _held_by_a_child(self._fds)
        for view in (self._counts, self._unscoped):
            view.release()
        for ring in self.rings:
            ring.close()
        for mapped in self._mapped:
            mapped.close()
        for fd in self._fds:
            os.close(fd)


def _held_by_a_child(held: Collection[int]) -> None:
    """Have a child that nobody waits for hold descriptors last: the kernel takes some 70 ms to detach a program."""
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            os.setsid()
            # Nothing else of ours may stay open for it: somebody may wait for the end of a pipe.
            for descriptor in Path("/proc/self/fd").iterdir():
                if int(descriptor.name) not in held:
                    with suppress(OSError):
                        os.close(int(descriptor.name))
        os._exit(0)
    os.waitpid(child, 0)


def _compiled(order: Order) -> tuple[list[int], list[str], dict[str, str]]:
    here, there = socket.socketpair()
    with here, tempfile.TemporaryFile() as words:
        with there:
            child = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-P", "-m", "sensor.probes.compiler", str(there.fileno())],
                pass_fds=[there.fileno()], stdin=subprocess.DEVNULL, stdout=words, stderr=words,
            )  # fmt: skip
        here.sendall(json.dumps(order.as_json()).encode() + b"\n")
        answer = json.loads(_line(here) or b'{"error": ""}')
        fds: list[int] = []
        if "error" not in answer:
            while len(fds) < answer["descriptors"]:
                _, some, _, _ = socket.recv_fds(here, 1, MOST_FDS)
                if not some:
                    answer = {"error": "the compiler ended before it had handed all over"}
                    break
                fds += some
            else:
                here.sendall(b"d")
        child.wait()
        if "error" in answer:
            for fd in fds:
                os.close(fd)
            words.seek(0)
            # What matters stands last: the verifier tells first how it came there.
            told = "\n".join(words.read().decode("utf-8", "replace").splitlines()[-8:])[-1_000:]
            hint = "" if os.geteuid() == 0 else " Run as root (sudo)."
            raise ProbesUnusable(f"The probes cannot be loaded: {answer['error']}.{hint}\n{told}".strip())
    return fds, answer["functions"], answer["unattached"]


def _line(there: socket.socket) -> bytes:
    """Return one line, and read nothing behind it: descriptors follow."""
    found = b""
    while not found.endswith(b"\n") and (more := there.recv(1)):
        found += more
    return found
