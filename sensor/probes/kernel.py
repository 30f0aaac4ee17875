"""The programs in the kernel, as the sensor holds them: rings and counters in mapped memory, and the scope."""

import ctypes
import mmap
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from sensor.errors import ProbesUnusable
from sensor.probes import load
from sensor.probes.built import as_root, built
from sensor.probes.call import BPF, called
from sensor.probes.record import COUNTS, Count, Type
from sensor.probes.ring import Ring
from sensor.probes.source import Order, Sizes
from sensor.probes.table import Hook

_MAP_LOOKUP, _MAP_UPDATE, _MAP_DELETE = 1, 2, 3
TRACEFS = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))


class _Flow(ctypes.Structure):
    """`struct flow` in `streams/probe.c`."""

    _fields_ = (("stream", ctypes.c_uint64), ("tgid", ctypes.c_uint32), ("unused", ctypes.c_uint32))


def events() -> Path:
    """Return where tracefs has the tracepoints of system calls. Raises `ProbesUnusable`."""
    for place in TRACEFS:
        try:
            next((place / "events" / "syscalls").iterdir())
        except PermissionError as error:
            raise ProbesUnusable(f"{place} may not be read ({error.strerror}): run as root (sudo).") from error
        except (OSError, StopIteration):
            continue
        return place / "events"
    raise ProbesUnusable(f"tracefs is not there: mount -t tracefs tracefs {TRACEFS[0]} (sudo make system does it).")


def tracepoints() -> list[str]:
    """Return the tracepoints of system calls that the running kernel has, as `group:name`. Raises `ProbesUnusable`."""
    return [f"syscalls:{event.name}" for event in (events() / "syscalls").iterdir() if event.is_dir()]


class Kernel:
    """Attached programs. Used from one thread; what is held here keeps them attached."""

    def __init__(self, order: Order, sizes: Sizes) -> None:
        """Load and attach. Raises `ProbesUnusable` with the words of the compiler or the verifier."""
        self._fds: list[int] = []
        try:
            self._load(order, sizes)
        except BaseException:
            for fd in self._fds:
                os.close(fd)
            raise
        self._scope, self._flows, self.notices = self._maps["scope"], self._maps["flows"], self._maps["notices"]
        self.vital = Ring(self._maps["vital"], sizes.vital_pages * mmap.PAGESIZE)
        self.bulk = Ring(self._maps["bulk"], sizes.bulk_pages * mmap.PAGESIZE)
        self.tls = Ring(self._maps["tls"], sizes.tls_pages * mmap.PAGESIZE)
        self.streams = Ring(self._maps["streams_ring"], sizes.streams_pages * mmap.PAGESIZE)
        counted = (self._maps["counts"], self._maps["unscoped"])
        self._mapped = [mmap.mmap(fd, mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ) for fd in counted]
        self._counts, self._unscoped = (memoryview(one).cast("Q") for one in self._mapped)

    def _load(self, order: Order, sizes: Sizes) -> None:
        made = built(order)
        self._maps = self._held(load.maps(made, sizes.entries()))
        programs = self._held(load.programs(made, order.hooks, tuple(self._maps.values()), order.offsets))
        self.functions = {hook.function: programs[hook.function] for hook in order.hooks if hook.kind == "function"}
        self.unattached: dict[str, str] = {}
        """Tracepoint → why it could not be attached to."""
        there = events()
        for hook in order.hooks:
            try:
                self._attach(hook, programs[hook.function], there)
            except OSError as error:
                if hook.needed:
                    raise ProbesUnusable(f"The probes cannot be attached: {error}.{as_root()}") from error
                self.unattached[hook.place] = str(error)

    def _held(self, fds: dict[str, int]) -> dict[str, int]:
        self._fds += fds.values()
        return fds

    def _attach(self, hook: Hook, program: int, there: Path) -> None:
        if hook.kind in ("jump", "tracepoint jump"):
            load.jump(self._maps[hook.place], hook.at, program)
        elif hook.kind == "raw":
            self._fds.append(load.raw_tracepoint(hook.place, program))
        elif hook.kind == "tracepoint":
            self._fds.append(load.tracepoint(there, hook.place, program))

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

    def answers(self) -> bool:
        """Return whether this thread may ask the maps: until Linux 6.5 that takes a capability."""
        key, value = ctypes.c_uint32(), ctypes.c_uint64()
        attributes = (ctypes.c_uint64 * 4)(self._maps["counts"], ctypes.addressof(key), ctypes.addressof(value), 0)
        try:
            called(BPF, _MAP_LOOKUP, attributes, ctypes.sizeof(attributes), what="")
        except OSError:
            return False
        return True

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
