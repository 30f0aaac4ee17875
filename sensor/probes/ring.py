"""A BPF ring buffer, mapped into memory and read without a system call.

Layout (Linux, kernel/bpf/ringbuf.c): a page with the consumer's position, which we write; a page with the producer's; the data.
Before each record stand four bytes of length, whose upper two bits say that it is not ready (busy) or taken back (discarded), and
four that do not concern us. The data could be mapped twice in a row, so that a record never wraps; it would count twice in the
memory of this process, too, and few records wrap.
"""

import mmap
import struct
from collections.abc import Iterator

_BUSY, _DISCARDED = 1 << 31, 1 << 30
_BEFORE = 8
_LENGTH = struct.Struct("<I")


class Ring:
    """The reading end of one ring. One reader only."""

    def __init__(self, fd: int, size: int) -> None:
        """`size`: bytes of data, a power of two."""
        page = mmap.PAGESIZE
        self.fd = fd
        self._mask = size - 1
        self._consumer = mmap.mmap(fd, page, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE, offset=0)
        self._mapped = mmap.mmap(fd, page + size, mmap.MAP_SHARED, mmap.PROT_READ, offset=page)
        self._consumed = memoryview(self._consumer).cast("Q")
        self._produced = memoryview(self._mapped)[:8].cast("Q")
        self._data = memoryview(self._mapped)[page:]

    @property
    def filled(self) -> float:
        """Return which part of it waits to be read, from 0 to 1."""
        return (self._produced[0] - self._consumed[0]) / (self._mask + 1)

    def read(self) -> Iterator[memoryview]:
        """Yield what is there; each piece is valid until the next is asked for."""
        at = self._consumed[0]
        end = self._produced[0]
        while at < end:
            begin = at & self._mask
            (length,) = _LENGTH.unpack_from(self._data, begin)
            if length & _BUSY:
                return
            size = length & ~_DISCARDED
            if not length & _DISCARDED:
                yield self._piece(begin + _BEFORE, size)
            at += (size + _BEFORE + 7) & ~7
            self._consumed[0] = at

    def _piece(self, begin: int, size: int) -> memoryview:
        """Return bytes of the data, which go on at its begin where they reach beyond its end."""
        piece = self._data[begin : begin + size]
        if len(piece) == size:
            return piece
        return memoryview(b"".join((piece, self._data[: size - len(piece)])))

    def close(self) -> None:
        """Let go of the memory."""
        for view in (self._consumed, self._produced, self._data):
            view.release()
        self._consumer.close()
        self._mapped.close()
