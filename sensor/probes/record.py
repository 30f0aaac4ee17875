"""What a probe writes: a header of 64 bytes and a payload. Bytes → records; nothing here touches the kernel."""

import os
import struct
from enum import IntEnum
from typing import NamedTuple, Self

from sensor.errors import RecordInvalid

HEADER = struct.Struct("<QQQQqIIIHHII")
"""As `struct record` in `common.h`."""


class Type(IntEnum):
    """Kinds of records. The numbers go to the compiler as `RECORD_…` and into recordings: one that was used never changes."""

    FORKED = 1
    EXECUTED = 2
    EXITED = 3
    OPENED = 4
    CHANGED = 5
    CONNECTED = 6
    ACCEPTED = 7
    PRIVILEGED = 8
    TLS_SENT = 9
    TLS_GOT = 10
    TLS_ENDED = 11
    WRITTEN = 12
    SENT = 13
    GOT = 14
    DATAGRAM_SENT = 15
    DATAGRAM_GOT = 16
    MOVED = 17
    TLS_SPOKEN = 18
    NOTICED = 19
    """Has no records: what the helper that attaches is told, which is a record of another type, is counted so where it is lost."""


class Change(IntEnum):
    """What became of a file's name (`ret` of `CHANGED`)."""

    UNLINK = 0
    CHMOD = 1
    RENAME = 2
    LINK = 3


class Count(IntEnum):
    """What is counted for each type, in the kernel."""

    ATTEMPTED = 0
    """Records that were to be written."""
    LOST = 1
    """Of these, those for which a ring had no room."""
    CUT = 2
    """Of these, those whose payload did not fit."""
    UNREAD = 3
    """Of these, those whose payload could not be read from memory."""
    FOLDED = 4
    """Of these, those that say what one of the last seconds has said: not written, and no loss."""


COUNTS = 8
"""Places for counts of each type."""


class Record(NamedTuple):
    """One record."""

    at_ns: int
    """Nanoseconds since boot, suspended time included."""
    started_ns: int
    """When the process started, in the same clock: with `tgid`, its identity."""
    first: int
    second: int
    """What they hold is said by the type."""
    ret: int
    tgid: int
    """Number of the process, as the initial namespace has it."""
    tid: int
    sequence: int
    """Counts the records that were attempted on a processor: a gap is a loss."""
    type: int
    processor: int
    number: int
    """Number of the system call, or 0."""
    payload: bytes

    @classmethod
    def read(cls, data: bytes | memoryview) -> Self:
        """Return the record that `data` holds. Raises `RecordInvalid`."""
        if len(data) < HEADER.size:
            raise RecordInvalid(f"A record of {len(data)} bytes has no header.")
        head = HEADER.unpack_from(data)
        length = head[-1]
        if len(data) < HEADER.size + length:
            raise RecordInvalid(f"A record says {length} bytes and has {len(data) - HEADER.size}.")
        return cls._make((*head[:-1], bytes(data[HEADER.size : HEADER.size + length])))

    def path(self) -> str:
        """Return the payload up to the first NUL, as the functions of the operating system take it."""
        return os.fsdecode(self.payload.partition(b"\0")[0])

    def text(self) -> str:
        """Return the payload up to the first NUL, as it is told."""
        return self.payload.partition(b"\0")[0].decode("utf-8", "backslashreplace")
