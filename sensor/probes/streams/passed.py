"""Records of what passed through a pipe or a socket, as their payload tells it."""

import struct
from typing import NamedTuple, Self

from sensor.probes.record import Record

PASSED = struct.Struct("<QII28sHH")
"""As `struct passed` in `probe.c`."""

Process = tuple[int, int]
"""Number and start."""


class Passed(NamedTuple):
    """Bytes, and where in a stream they are."""

    offset: int
    """In what this process sent, or got, over the stream."""
    total: int
    """Bytes of the call, or of the datagram."""
    at: int
    """Of these, how many come before `data`."""
    peer: bytes
    """`struct sockaddr`; zeros for what is no socket of the internet."""
    port: int
    """Of our side."""
    untold: int
    """Whether only the size is told."""
    data: bytes

    @classmethod
    def read(cls, record: Record) -> Self:
        """Return what a record tells. Raises `struct.error`."""
        return cls._make((*PASSED.unpack_from(record.payload), record.payload[PASSED.size :]))


def process_of(record: Record) -> Process:
    """Return who did it."""
    return (record.tgid, record.started_ns)
