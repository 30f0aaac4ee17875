"""Where functions are in a file that is executed or mapped: what a uprobe is attached by.

Read by hand (System V ABI, chapter 5; https://sourceware.org/gnu-gabi, .gnu.hash): a process speaks some milliseconds after it was
executed, and a general library takes 20 to 60 of them for Node's tables.
"""

import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

from sensor.errors import SensorError

_MAGIC = b"\x7fELF\x02\x01"
"""64 bits, little-endian."""
_HEADER = struct.Struct("<16xHHIQQQIHHH")
"""`Elf64_Ehdr` up to the number of segments."""
_SEGMENT = struct.Struct("<IIQQQQQQ")
"""`Elf64_Phdr`."""
_ENTRY = struct.Struct("<QQ")
"""`Elf64_Dyn`."""
_SYMBOL = struct.Struct("<IBBHQQ")
"""`Elf64_Sym`: name, kind, visibility, section, value, size."""
_TABLE, _WORD = struct.Struct("<4I"), struct.Struct("<I")
"""Head of `.gnu.hash`: buckets, first symbol, words of the filter, shift; and what it is made of."""
_LOAD, _DYNAMIC = 1, 2
_TEXTS, _SYMBOLS, _HASH = 5, 6, 0x6FFFFEF5
_MOST = 1_000
"""Segments, and entries of the dynamic one, that are looked at."""
_LONGEST_CHAIN = 10_000
"""Symbols of one bucket that are looked at: a table may be made to never end."""


class ElfInvalid(SensorError):
    """The file is no program or library that can be read."""


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int


def functions(descriptor: int, names: tuple[str, ...]) -> dict[str, int]:
    """Return the offsets in an open file of those functions that it exports. Raises `ElfInvalid` and `OSError`."""
    if os.pread(descriptor, len(_MAGIC), 0) != _MAGIC:
        return {}
    try:
        return _functions(_File(descriptor), names)
    except (struct.error, ArithmeticError) as error:
        raise ElfInvalid(f"no program or library that can be read: {error}") from error


class _File:
    """An open file, read piece by piece: mapped, it would end us if somebody made it shorter meanwhile."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def unpacked(self, form: struct.Struct, at: int) -> tuple[int, ...]:
        return form.unpack(self.bytes(at, form.size))

    def bytes(self, at: int, size: int) -> bytes:
        return os.pread(self._descriptor, size, at)


def _functions(data: _File, names: tuple[str, ...]) -> dict[str, int]:
    segments = list(_segments(data))
    dynamic = next((one for one in segments if one.kind == _DYNAMIC), None)
    told = dict(_entries(data, dynamic)) if dynamic else {}
    places = [_offset(segments, told[tag]) for tag in (_HASH, _SYMBOLS, _TEXTS) if tag in told]
    if len(places) < 3 or None in places:
        return {}
    table, symbols, texts = (place or 0 for place in places)
    found = {}
    for name in names:
        value = _value(data, table, symbols, texts, name.encode())
        offset = _offset(segments, value) if value else None
        if offset is not None:
            found[name] = offset
    return found


def _segments(data: _File) -> Iterator[_Segment]:
    _, _, _, _, at, _, _, _, size, count = data.unpacked(_HEADER, 0)
    for number in range(min(count, _MOST)):
        kind, _, offset, address, _, length, _, _ = data.unpacked(_SEGMENT, at + size * number)
        yield _Segment(kind, offset, address, length)


def _entries(data: _File, dynamic: _Segment) -> Iterator[tuple[int, int]]:
    for at in range(dynamic.offset, dynamic.offset + min(dynamic.size, _MOST * _ENTRY.size), _ENTRY.size):
        tag, value = data.unpacked(_ENTRY, at)
        yield tag, value


def _offset(segments: list[_Segment], address: int) -> int | None:
    """Return where in the file an address is."""
    for one in segments:
        if one.kind == _LOAD and one.address <= address < one.address + one.size:
            return address - one.address + one.offset
    return None


def _value(data: _File, table: int, symbols: int, texts: int, name: bytes) -> int:
    """Return the address of a symbol that the file defines, 0 where it has none."""
    buckets, first, blooms, _ = data.unpacked(_TABLE, table)
    if not buckets:
        return 0
    wanted = _hash(name)
    at = table + 16 + 8 * blooms
    (symbol,) = data.unpacked(_WORD, at + 4 * (wanted % buckets))
    chain = at + 4 * buckets
    for number in range(symbol, symbol + _LONGEST_CHAIN):
        if number < first:
            return 0
        (hashed,) = data.unpacked(_WORD, chain + 4 * (number - first))
        if hashed | 1 == wanted | 1:
            text, _, _, section, value, _ = data.unpacked(_SYMBOL, symbols + _SYMBOL.size * number)
            if section and data.bytes(texts + text, len(name) + 1) == name + b"\0":
                return int(value)
        if hashed & 1:
            return 0
    return 0


def _hash(name: bytes) -> int:
    found = 5381
    for byte in name:
        found = (found * 33 + byte) & 0xFFFFFFFF
    return found
