"""Files as observed processes saw them, also where these are gone: who they came from most often saw the same."""

import os
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sensor.event import Event, PrivilegeUsed, ProcessExited, ProcessId, ProcessStarted
from sensor.probes.inside import opened_inside
from sensor.probes.running import TICK_NS, started

MOST = 16_384
"""Processes that are remembered."""
MOST_ELDERS = 64
_LEAVES = frozenset(("unshare", "setns", "pivot_root", "chroot"))
"""Calls after which a process may see other files than who it came from."""
_BYTE = re.compile(rb"\\x([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Sight:
    """Through whose eyes a file may be opened as a process saw it."""

    process: ProcessId
    elders: Sequence[ProcessId] = ()
    """Who it came from, the nearest first; some may be gone."""
    mounts: int | None = None
    """Number of its mount namespace, `None` where that is not known: then nobody else's will do."""

    def opened(self, path: str) -> int:
        """Return a descriptor of a regular file. Raises `OSError`, also where nobody is left who sees it."""
        for root in self._roots(path):
            for name in _spelled(path):
                with suppress(OSError):
                    return opened_inside(f"/proc/self/fd/{root[0]}", f"{root[1]}{name}")
        raise FileNotFoundError(path)

    def _roots(self, path: str) -> Iterator[tuple[int, str]]:
        """Yield descriptors of roots, and what goes before the path below it."""
        with suppress(OSError):
            folder = "" if path.startswith("/") else f"{Path(f'/proc/{self.process.pid}/cwd').readlink()}/"
            with _Root(f"/proc/{self.process.pid}") as root:
                if _is_there(self.process):
                    yield root, folder
        if self.mounts is None or not path.startswith("/"):
            return
        for elder in (*self.elders, None):
            with suppress(OSError), _Root(there := "/proc/self" if elder is None else f"/proc/{elder.pid}") as root:
                is_same = os.stat(f"{there}/ns/mnt").st_ino == self.mounts  # noqa: PTH116 - no file, only its number
                if is_same and (elder is None or _is_there(elder)):
                    yield root, ""


class _Root:
    """The root of a process, opened: its number may be another's later."""

    def __init__(self, place: str) -> None:
        self._fd = os.open(f"{place}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> int:
        return self._fd

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)


def _is_there(process: ProcessId) -> bool:
    return started(process.pid) == process.started_ns // TICK_NS


def _spelled(path: str) -> Iterator[str]:
    """Yield a path, and, if bytes of it may have been told as escapes because they are no UTF-8, the one with these."""
    yield path
    if "\\x" in path:
        yield os.fsdecode(_BYTE.sub(lambda found: bytes.fromhex(found[1].decode()), os.fsencode(path)))


class Lineage:
    """Who came from whom, and whose files they see."""

    def __init__(self) -> None:
        """Know of none yet."""
        self._known: OrderedDict[ProcessId, tuple[ProcessId | None, int | None]] = OrderedDict()
        """Process → who it came from, and its mount namespace."""

    def take(self, event: Event) -> None:
        """Take note of births, programs and ends."""
        if isinstance(event, ProcessStarted):
            parent, mounts = self._known.get(event.process, (None, None))
            parent = parent or event.parent
            if mounts is None and parent is not None:
                mounts = self._known.get(parent, (None, None))[1]
            self._known[event.process] = (parent, event.namespaces.get("mnt", mounts))
            if len(self._known) > MOST:
                self._known.popitem(last=False)
        elif isinstance(event, ProcessExited):
            # Its children still came from it, and from whom it came; when there are too many, it is forgotten before who lives.
            if event.process in self._known:
                self._known.move_to_end(event.process, last=False)
        elif isinstance(event, PrivilegeUsed) and event.syscall in _LEAVES and event.error is None:
            parent, _ = self._known.get(event.process, (None, None))
            self._known[event.process] = (parent, None)

    def sight(self, process: ProcessId) -> Sight:
        """Return through whose eyes a process saw its files."""
        elder, mounts = self._known.get(process, (None, None))
        elders = list[ProcessId]()
        while elder is not None and len(elders) < MOST_ELDERS:
            elders.append(elder)
            elder = self._known.get(elder, (None, None))[0]
        return Sight(process, elders, mounts)
