"""Where processes are: relative paths → those that they mean."""

from collections.abc import Iterator

from sensor.event import Event, FileChanged, FileOpened, OpenRefused
from sensor.probes.process.decode import folder
from sensor.probes.record import Record, Type

MOST = 65_536
"""Processes whose folders are known at a time."""
_WORKING = -100 & 0xFFFFFFFF
"""AT_FDCWD, of which the kernel takes 32 bits."""

_Process = tuple[int, int]


class Folders:
    """The working folders of the processes that are observed."""

    def __init__(self) -> None:
        self._known: dict[_Process, str] = {}

    def take(self, record: Record) -> None:
        """Take note of what a record says of a working folder. Raises `struct.error`."""
        process = (record.tgid, record.started_ns)
        if record.type in (Type.EXECUTED, Type.MOVED):
            self._set(process, folder(record))
        elif record.type == Type.FORKED:
            self._set((record.first, record.second), self._known.get(process))
        elif record.type == Type.EXITED:
            self._known.pop(process, None)

    def absolute(self, record: Record, events: list[Event]) -> Iterator[Event]:
        """Yield what a record says, relative paths of files behind the folder to which they are.

        What is relative to a descriptor, or to a folder that is not known, stays as the process gave it.
        """
        known = self._known.get((record.tgid, record.started_ns))
        for event in events:
            if known is None or record.first & 0xFFFFFFFF != _WORKING:
                yield event
            elif isinstance(event, FileOpened | OpenRefused):
                path = _joined(known, event.path)
                yield event if path is event.path else event.model_copy(update={"path": path})
            elif isinstance(event, FileChanged):
                both = event.to_path and record.second & 0xFFFFFFFF == _WORKING
                # What a symbolic link says is relative to where it lies: that is no path of the process.
                path = event.path if _is_symbolic(event, record) else _joined(known, event.path)
                other = _joined(known, event.to_path) if both and event.to_path else event.to_path
                yield event.model_copy(update={"path": path, "to_path": other})
            else:
                yield event

    def _set(self, process: _Process, known: str | None) -> None:
        if known is None or (process not in self._known and len(self._known) >= MOST):
            self._known.pop(process, None)
        else:
            self._known[process] = known


def _is_symbolic(event: FileChanged, record: Record) -> bool:
    return event.change == "link" and record.number in _SYMBOLIC


_SYMBOLIC = (88, 266)
"""Numbers of `symlink` and `symlinkat` on x86-64, the only machine whose registers the sensor knows."""


def _joined(known: str, path: str) -> str:
    """Return a path behind a folder. `..` stays: it may lead through a symbolic link."""
    if not path or path.startswith("/"):
        return path
    return f"{known.rstrip('/')}/{path.removeprefix('./')}"
