"""Reads what processes read from files that hold credentials, bounded, to know it again where it leaves; nothing of it is kept."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from sensor.probes.inside import opened_inside
from sensor.probes.record import Record, Type
from sensor.sensitive import Shingles, is_sensitive

MOST = 64 << 10
"""Bytes of a file that are read."""


class Secrets:
    """What observed processes have read of that kind."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.shingles = Shingles()
        self.unread = 0
        """Files that could not be read, most often because the process was gone."""

    def take(self, record: Record) -> None:
        """Look at the file that a record tells of."""
        if record.type != Type.OPENED or not is_sensitive(path := record.text()):
            return
        try:
            self.shingles.learn(_read(record.tgid, path), path)
        except OSError:
            self.unread += 1


def _read(pid: int, path: str) -> str:
    """Return the beginning of a file as a process sees it. Raises `OSError`."""
    if not path.startswith("/"):
        folder = ""
        with suppress(OSError):
            folder = str(Path(f"/proc/{pid}/cwd").readlink())
        path = f"{folder}/{path}"
    file = opened_inside(f"/proc/{pid}/root", path)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return ""
        return os.read(file, MOST).decode("utf-8", "replace")
    finally:
        os.close(file)
