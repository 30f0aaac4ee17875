"""System calls that Python has no function for, by their numbers."""

import ctypes
import fcntl
import os
import platform
from collections.abc import Mapping
from typing import Any

BPF: Mapping[str, int] = {"x86_64": 321, "aarch64": 280}
PERF_EVENT_OPEN: Mapping[str, int] = {"x86_64": 298, "aarch64": 241}
OPENAT2: Mapping[str, int] = {"x86_64": 437, "aarch64": 437}
CAPSET: Mapping[str, int] = {"x86_64": 126, "aarch64": 91}
PRCTL: Mapping[str, int] = {"x86_64": 157, "aarch64": 167}
"""Machine → number."""

_CLOEXEC, _SET_BPF, _ENABLE = 8, 0x40042408, 0x2400
"""PERF_FLAG_FD_CLOEXEC, PERF_EVENT_IOC_SET_BPF, PERF_EVENT_IOC_ENABLE (linux/perf_event.h)."""

_LIBC = ctypes.CDLL(None, use_errno=True)


def called(number: Mapping[str, int], *arguments: Any, what: str) -> int:
    """Make a system call and return its result. Raises `OSError`, which says `what` failed."""
    return checked(_LIBC.syscall(number[platform.machine()], *arguments), what)


def traced(request: int, thread: int, data: int = 0, *, what: str) -> None:
    """Call ptrace(2). Raises `OSError`, which says `what` failed."""
    checked(_LIBC.ptrace(request, thread, None, ctypes.c_void_p(data)), what)


def checked(result: int, what: str) -> int:
    """Return what a function of C gave. Raises `OSError` where that says that it failed."""
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return int(result)


class EventAttributes(ctypes.Structure):
    """The first part of `struct perf_event_attr`, as of its second version (linux/perf_event.h)."""

    _fields_ = (
        ("type", ctypes.c_uint32), ("size", ctypes.c_uint32), ("config", ctypes.c_uint64), ("sample_period", ctypes.c_uint64),
        ("sample_type", ctypes.c_uint64), ("read_format", ctypes.c_uint64), ("flags", ctypes.c_uint64),
        ("wakeup_events", ctypes.c_uint32), ("bp_type", ctypes.c_uint32), ("config1", ctypes.c_uint64),
        ("config2", ctypes.c_uint64),
    )  # fmt: skip


def run_at(event: EventAttributes, program: int, *, what: str) -> int:
    """Run a program of BPF at an event, wherever that happens; return what holds it there. Raises `OSError`."""
    fd = called(PERF_EVENT_OPEN, ctypes.byref(event), -1, 0, -1, _CLOEXEC, what=what)
    try:
        fcntl.ioctl(fd, _SET_BPF, program)
        fcntl.ioctl(fd, _ENABLE, 0)
    except OSError:
        os.close(fd)
        raise
    return fd
