"""Processes that run already, from /proc: which there are in a tree or a control group, and what each executes.

Who may be named is checked here: never the whole machine.
"""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sensor.errors import UnknownTarget

PROC = Path("/proc")
_STAT = re.compile(r"^\d+ \(.*\) \S (\d+)", re.DOTALL)
"""`/proc/PID/stat` (proc_pid_stat(5)): number, name, state, parent."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process as it is found."""

    pid: int
    parent: int
    executable: str
    argv: tuple[str, ...]
    cwd: str | None


def running(pid: int, proc: Path = PROC) -> Running | None:
    """Return what a process executes, `None` where it is gone or is a thread of the kernel."""
    folder = proc / str(pid)
    try:
        parent = _STAT.match((folder / "stat").read_text("utf-8", "replace"))
        arguments = (folder / "cmdline").read_bytes().removesuffix(b"\0").split(b"\0")
        executable = str((folder / "exe").readlink())
    except OSError:
        return None
    cwd = None
    with suppress(OSError):
        cwd = str((folder / "cwd").readlink())
    argv = tuple(one.decode("utf-8", "backslashreplace") for one in arguments)
    return Running(pid, int(parent[1]) if parent else 0, executable, argv, cwd)


def tree(roots: Collection[int], proc: Path = PROC) -> set[int]:
    """Return those of these processes that run, and all that they started and that still are their children, directly or not."""
    children: dict[int, list[int]] = {}
    there = set[int]()
    for one in _all(proc):
        there.add(one.pid)
        children.setdefault(one.parent, []).append(one.pid)
    found, waiting = set[int](), [pid for pid in roots if pid in there]
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, [])
    return found


def _all(proc: Path) -> Iterator[Running]:
    for folder in proc.iterdir():
        if folder.name.isdigit() and (one := running(int(folder.name), proc)) is not None:
            yield one


def target(pid: int, proc: Path = PROC) -> int:
    """Return the number of a process that may be observed. Raises `UnknownTarget`."""
    if pid <= 1:
        raise UnknownTarget(
            f"Process {pid} is the whole machine; name the agent's own process, control group, unit or container."
        )
    if pid == os.getpid():
        raise UnknownTarget(f"Process {pid} is this observer; name the agent's.")
    if running(pid, proc) is None:
        raise UnknownTarget(f"There is no process {pid}, or it is a thread of the kernel; `ps` shows the numbers.")
    return pid
