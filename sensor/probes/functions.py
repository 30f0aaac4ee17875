"""Programs that run whenever a function in a file begins or ends (uprobes), in every process that maps the file.

They are attached by links where the kernel has these (`uprobe_multi`, Linux 6.6), which take no lock that detaching holds;
elsewhere by events (`perf_event_open`).
"""

import ctypes
import errno
import os
import threading
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

from sensor.probes.call import BPF, EventAttributes, called, run_at

UPROBE_MULTI = 48
"""BPF_TRACE_UPROBE_MULTI (linux/bpf.h): what programs of functions, and what these go on with, are loaded for.

Kernels that do not have it do not look.
"""
_LINK_CREATE = 28
_WHAT = "a library cannot be probed"


class _LinkAttributes(ctypes.Structure):
    """`link_create` of `union bpf_attr`, with its part `uprobe_multi` (linux/bpf.h)."""

    _fields_ = (
        ("program", ctypes.c_uint32), ("target", ctypes.c_uint32), ("attach_type", ctypes.c_uint32), ("flags", ctypes.c_uint32),
        ("path", ctypes.c_uint64), ("offsets", ctypes.c_uint64), ("reference_counters", ctypes.c_uint64),
        ("cookies", ctypes.c_uint64), ("count", ctypes.c_uint32), ("at_end", ctypes.c_uint32), ("pid", ctypes.c_uint32),
    )  # fmt: skip


class Functions:
    """Programs by name, to be attached to files."""

    def __init__(self, programs: Mapping[str, int], *, links: bool | None = None) -> None:
        """`programs`: name → descriptor, loaded for functions. `links`: whether the kernel has them, where that is known."""
        self._programs = programs
        self._links = links

    def attach(self, file: int, program: str, at_end: bool, offset: int) -> int:
        """Run a program whenever the function at an offset in an open file begins, or ends; return what holds it attached.

        It is attached to the file, not to a process: every process that maps it runs the program, which looks into the scope first.
        Raises `OSError`.
        """
        path = ctypes.create_string_buffer(f"/proc/self/fd/{file}".encode())
        if self._links is not False:
            try:
                held = _link(self._programs[program], path, at_end, offset)
            except OSError as error:
                # What a kernel without such links says to a command, or a form of it, that it does not know; where it had one
                # before, it is the file that is not as it should be.
                if self._links or error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
                    raise
                self._links = False
            else:
                self._links = True
                return held
        return _event(self._programs[program], path, at_end, offset)

    def detach(self, held: Collection[int]) -> None:
        """Run these programs no longer, soon: the kernel takes some 60 ms for each, which nobody has to wait for."""
        threading.Thread(target=_close, args=(tuple(held),), daemon=True).start()


def _link(program: int, path: ctypes.Array[ctypes.c_char], at_end: bool, offset: int) -> int:
    place = ctypes.c_uint64(offset)
    attributes = _LinkAttributes(program=program, attach_type=UPROBE_MULTI, count=1, at_end=int(at_end))
    attributes.path, attributes.offsets = ctypes.addressof(path), ctypes.addressof(place)
    return called(BPF, _LINK_CREATE, ctypes.byref(attributes), ctypes.sizeof(attributes), what=_WHAT)


def _event(program: int, path: ctypes.Array[ctypes.c_char], at_end: bool, offset: int) -> int:
    attributes = EventAttributes(_kind_of_event(), ctypes.sizeof(EventAttributes), int(at_end))
    attributes.config1, attributes.config2 = ctypes.addressof(path), offset
    return run_at(attributes, program, what=_WHAT)


@cache
def _kind_of_event() -> int:
    """Return the number that the kernel gives probes of functions."""
    return int(Path("/sys/bus/event_source/devices/uprobe/type").read_text("ascii"))


def _close(held: Collection[int]) -> None:
    for fd in held:
        os.close(fd)
