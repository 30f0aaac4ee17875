"""Records of files → events."""

import errno
from collections.abc import Iterator
from typing import Literal

from sensor.event import Event, FileChanged, FileOpened, OpenRefused
from sensor.probes.origin import Origin
from sensor.probes.record import Change, Record, Type

_WRITING = 0o3
"""O_WRONLY and O_RDWR (asm-generic/fcntl.h)."""
_CHANGES: dict[int, Literal["rename", "unlink", "chmod", "link"]] = {
    Change.UNLINK: "unlink", Change.CHMOD: "chmod", Change.RENAME: "rename", Change.LINK: "link"
}  # fmt: skip


def _opened(record: Record, origin: Origin) -> Iterator[Event]:
    process, for_writing = origin.process(record.tgid, record.started_ns), bool(record.second & _WRITING)
    if record.ret >= 0:
        yield FileOpened(**origin.about(record), process=process, path=record.text(), for_writing=for_writing)
        return
    error = errno.errorcode.get(-record.ret, str(-record.ret))
    yield OpenRefused(**origin.about(record), process=process, path=record.text(), for_writing=for_writing, error=error)


def _changed(record: Record, origin: Origin) -> Iterator[Event]:
    path, _, other = record.payload.partition(b"\0")
    to_path = other.partition(b"\0")[0].decode("utf-8", "backslashreplace")
    yield FileChanged(
        **origin.about(record),
        process=origin.process(record.tgid, record.started_ns),
        path=path.decode("utf-8", "backslashreplace"),
        change=_CHANGES[record.ret],
        to_path=to_path or None,
    )


DECODERS = {Type.OPENED: _opened, Type.CHANGED: _changed}
