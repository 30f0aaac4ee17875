"""Reads what processes read from files that hold credentials, bounded, to know it again where it leaves; nothing of it is kept."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread

from sensor.probes.inside import opened_inside
from sensor.probes.record import Record, Type
from sensor.sensitive import Shingles, is_sensitive

MOST = 64 << 10
"""Bytes of a file that are read."""


PATIENCE_S = 0.5
"""For a file: it may be one of a file system that an observed process made (FUSE), and never come."""
MOST_HANGING = 4
"""Files that did not come; then no more are asked for."""

Read = Callable[[int, str], str]
"""Number of a process, and a path as it has it → the beginning of the file. Raises `OSError`."""


class Secrets:
    """What observed processes have read of that kind."""

    def __init__(self, read: Read | None = None) -> None:
        """Know nothing yet. `read`: how a file is read, else from /proc."""
        self._read = read or _read
        self.shingles = Shingles()
        self.unread = 0
        """Files that could not be read, most often because the process was gone."""
        self._hanging = 0

    def take(self, record: Record) -> None:
        """Look at the file that a record tells of."""
        if record.type != Type.OPENED or not is_sensitive(path := record.text()):
            return
        text = self._in_time(record.tgid, record.path()) if self._hanging < MOST_HANGING else None
        if text is None:
            self.unread += 1
        else:
            self.shingles.learn(text, path)

    def _in_time(self, pid: int, path: str) -> str | None:
        found: list[str] = []

        def read() -> None:
            with suppress(OSError):
                found.append(self._read(pid, path))

        reader = Thread(target=read, daemon=True)
        reader.start()
        reader.join(PATIENCE_S)
        self._hanging += reader.is_alive()
        return found[0] if found else None


def _read(pid: int, path: str) -> str:
    """Return the beginning of a file as a process sees it. Raises `OSError`."""
    if not path.startswith("/"):
        folder = ""
        with suppress(OSError):
            folder = str(Path(f"/proc/{pid}/cwd").readlink())
        path = f"{folder}/{path}"
    file = opened_inside(f"/proc/{pid}/root", path)
    try:
        return os.read(file, MOST).decode("utf-8", "replace")
    finally:
        os.close(file)
