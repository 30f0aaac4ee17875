"""The reading end of a ring, on a file that has the kernel's layout: one that is written here."""

import mmap
import os
import struct

from hypothesis import given
from hypothesis import strategies as st

from sensor.probes.ring import Ring

SIZE = mmap.PAGESIZE
DISCARDED = 1 << 30


class Writer:
    """Writes as kernel/bpf/ringbuf.c does: a position that only grows, records at multiples of eight bytes."""

    def __init__(self) -> None:
        self.file = os.memfd_create("ring")
        os.truncate(self.file, 2 * mmap.PAGESIZE + SIZE)
        self.at = 0

    def write(self, data: bytes, flags: int = 0) -> None:
        whole = struct.pack("<II", len(data) | flags, 0) + data
        for offset, byte in enumerate(whole):
            os.pwrite(self.file, bytes([byte]), 2 * mmap.PAGESIZE + (self.at + offset) % SIZE)
        self.at += (len(whole) + 7) & ~7
        os.pwrite(self.file, self.at.to_bytes(8, "little"), mmap.PAGESIZE)


@given(st.lists(st.tuples(st.binary(max_size=SIZE // 4), st.booleans()), max_size=20))
def test_records_are_read_whole_also_where_they_go_on_at_the_begin(written: list[tuple[bytes, bool]]) -> None:
    writer = Writer()
    ring = Ring(writer.file, SIZE)
    found = []

    for data, kept in written:
        writer.write(data, 0 if kept else DISCARDED)
        found += [bytes(piece) for piece in ring.read()]

    assert found == [data for data, kept in written if kept]
    assert ring.filled == 0
    ring.close()
    os.close(writer.file)
