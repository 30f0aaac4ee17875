"""Records of files → events."""

from collections.abc import Iterator
from typing import Literal

from sensor.event import Event, FileChanged, FileOpened
from sensor.probes.origin import Origin
from sensor.probes.record import Change, Record, Type

_WRITING = 0o3
"""O_WRONLY and O_RDWR (asm-generic/fcntl.h)."""
_CHANGES: dict[int, Literal["rename", "unlink", "chmod", "link"]] = {
    Change.UNLINK: "unlink", Change.CHMOD: "chmod", Change.RENAME: "rename", Change.LINK: "link"
}  # fmt: skip


def _opened(record: Record, origin: Origin) -> Iterator[Event]:
    yield FileOpened(
        **origin.about(record),
        process=origin.process(record.tgid, record.started_ns),
        path=record.text(),
        for_writing=bool(record.second & _WRITING),
    )


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
