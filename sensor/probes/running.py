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
TICK_NS = 10_000_000
"""Nanoseconds of a tick of the clock (`USER_HZ`), which is 100 a second on every machine that we run on."""
_STAT = re.compile(r"^\d+ \(.*\) \S (\d+)(?: -?\d+){17} (\d+)", re.DOTALL)
"""`/proc/PID/stat` (proc_pid_stat(5)): number, name, state, parent …, and, as field 22, when it started."""
Target = tuple[int, int]
"""Number of a process, and when it started."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process as it is found."""

    pid: int
    parent: int
    started: int
    """In ticks of the clock since boot: a number that comes again is another process."""
    executable: str
    argv: tuple[str, ...]
    cwd: str | None


def running(pid: int, proc: Path = PROC) -> Running | None:
    """Return what a process executes, `None` where it is gone or is a thread of the kernel."""
    folder = proc / str(pid)
    try:
        told = _STAT.match((folder / "stat").read_text("utf-8", "replace"))
        arguments = (folder / "cmdline").read_bytes().removesuffix(b"\0").split(b"\0")
        executable = str((folder / "exe").readlink())
    except OSError:
        return None
    if told is None:
        return None
    cwd = None
    with suppress(OSError):
        cwd = str((folder / "cwd").readlink())
    argv = tuple(one.decode("utf-8", "backslashreplace") for one in arguments)
    return Running(pid, int(told[1]), int(told[2]), executable, argv, cwd)


def started(pid: int, proc: Path = PROC) -> int | None:
    """Return when a process started, in ticks since boot, `None` where it is gone."""
    try:
        told = _STAT.match((proc / str(pid) / "stat").read_text("utf-8", "replace"))
    except OSError:
        return None
    return int(told[2]) if told else None


def tree(roots: Collection[Target], proc: Path = PROC) -> set[Target]:
    """Return those of these processes that run, and all that they started and that still are their children, directly or not."""
    children: dict[int, list[Target]] = {}
    there = set[Target]()
    for one in _all(proc):
        there.add((one.pid, one.started))
        children.setdefault(one.parent, []).append((one.pid, one.started))
    found, waiting = set[Target](), [root for root in roots if root in there]
    while waiting:
        process = waiting.pop()
        if process not in found:
            found.add(process)
            waiting += children.get(process[0], [])
    return found


def _all(proc: Path) -> Iterator[Running]:
    for folder in proc.iterdir():
        if folder.name.isdigit() and (one := running(int(folder.name), proc)) is not None:
            yield one


def target(pid: int, proc: Path = PROC) -> Target:
    """Return a process that may be observed. Raises `UnknownTarget`."""
    if pid <= 1:
        raise UnknownTarget(
            f"Process {pid} is the whole machine; name the agent's own process, control group, unit or container."
        )
    if pid == os.getpid():
        raise UnknownTarget(f"Process {pid} is this observer; name the agent's.")
    found = running(pid, proc)
    if found is None:
        raise UnknownTarget(f"There is no process {pid}, or it is a thread of the kernel; `ps` shows the numbers.")
    return pid, found.started
