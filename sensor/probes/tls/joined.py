"""Plaintext that a program sent or got in a row, as one record: a head and its body are two calls, and are read at once.

Between such records nothing else was seen of any process, so the order of what was seen stays. Of what was sent the first moment
stands, when it began; of what was received the last, when it was there.
"""

import struct
from collections.abc import Sequence

from sensor.probes.record import Record, Type
from sensor.probes.tls.connections import PLAINTEXT, WAYS

MOST = 64 << 10
"""Bytes that are put together: more costs more to copy than it spares."""
_OFFSET = struct.Struct("<Q")
"""What `PLAINTEXT` begins with."""


def joined(records: Sequence[Record]) -> list[Record]:
    """Return records, in their order, those put together that go on where the one before ends."""
    found: list[Record] = []
    before: Record | None = None
    for record in records:
        if before is not None and record.type == before.type and _goes_on(before, record):
            first = before if record.type == Type.TLS_SENT else record
            payload = before.payload + record.payload[PLAINTEXT.size :]
            before = found[-1] = Record._make((first.at_ns, *before[1:-1], payload))
            continue
        found.append(record)
        before = record if record.type in WAYS else None
    return found


def _goes_on(before: Record, record: Record) -> bool:
    """Return whether a record is of the same connection, and the next of it."""
    if before.first != record.first or before.tgid != record.tgid or before.started_ns != record.started_ns:
        return False
    size = len(before.payload) - PLAINTEXT.size
    (begun,), (offset,) = _OFFSET.unpack_from(before.payload), _OFFSET.unpack_from(record.payload)
    return bool(offset == begun + size and size + len(record.payload) <= MOST)
