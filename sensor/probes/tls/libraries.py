"""Which files the probes of TLS are attached to: those that observed processes map, each once."""

import os
from collections.abc import Callable
from pathlib import Path

from sensor.probes.elf import ElfInvalid, functions
from sensor.probes.record import Record, Type

ENTRIES: dict[str, tuple[str, str]] = {
    "SSL_write": ("tls_call", "tls_wrote"),
    "SSL_write_ex": ("tls_call_ex", "tls_wrote"),
    "SSL_read": ("tls_call", "tls_read"),
    "SSL_read_ex": ("tls_call_ex", "tls_read"),
    "SSL_free": ("tls_freed", ""),
}
"""Function of OpenSSL → programs at its beginning and at its end."""
NAME = "libssl"
"""How the file name of a shared library begins (`common.h` has it, too)."""

USUAL = ("usr/lib/*/libssl.so.*", "usr/lib64/libssl.so.*", "usr/lib/libssl.so.*", "usr/local/lib*/libssl.so.*")
"""Where distributions have it."""

Attach = Callable[[Path, int, str, bool], None]
"""File, offset, program, and whether at the end of the function."""


class Libraries:
    """The files that were looked at."""

    def __init__(self, attach: Attach) -> None:
        self._attach = attach
        self._known: dict[tuple[int, int], bool] = {}
        """Device and inode → whether it has functions of OpenSSL."""

    def look_at_usual(self) -> None:
        """Attach to the libraries of the system before anything runs: a process may speak 10 ms after it opened one."""
        for pattern in USUAL:
            for file in sorted(Path("/").glob(pattern)):
                self._look(file)

    def take(self, record: Record) -> bool:
        """Look at the file that a record tells of; return whether probes were attached to it just now."""
        if record.type == Type.EXECUTED:
            return self._look(Path(f"/proc/{record.tgid}/exe"))
        if record.type == Type.OPENED and NAME in (path := record.text()):
            name = path.rpartition("/")[2]
            inside = path if path.startswith("/") else f"{_cwd(record.tgid)}/{path}"
            return name.startswith(NAME) and self._look(Path(f"/proc/{record.tgid}/root{inside}"))
        return False

    def _look(self, file: Path) -> bool:
        try:
            there = file.stat()
            key = (there.st_dev, there.st_ino)
            if key in self._known:
                return False
            found = functions(file, tuple(ENTRIES))
            for name, offset in found.items():
                entry, end = ENTRIES[name]
                self._attach(file, offset, entry, False)
                if end:
                    self._attach(file, offset, end, True)
            self._known[key] = bool(found)
        except (OSError, ElfInvalid):  # gone already, or no program: there is nothing to attach to
            return False
        return self._known[key]


def _cwd(pid: int) -> str:
    try:
        return str(Path(os.readlink(f"/proc/{pid}/cwd")))  # noqa: PTH115 - only the text is wanted
    except OSError:
        return ""
