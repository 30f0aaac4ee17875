"""System calls that Python has no function for, by their numbers."""

import ctypes
import os
import platform
from collections.abc import Mapping
from typing import Any

BPF: Mapping[str, int] = {"x86_64": 321, "aarch64": 280}
PERF_EVENT_OPEN: Mapping[str, int] = {"x86_64": 298, "aarch64": 241}
OPENAT2: Mapping[str, int] = {"x86_64": 437, "aarch64": 437}
"""Machine → number."""

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
