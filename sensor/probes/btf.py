"""Where the fields of kernel structures are, from the type information (BTF) of the running kernel.

The headers on a machine need not be those of its kernel (6.1's say 2272 for `task_struct.mm` where 6.18 has 1136), so no offset
is taken from them. Format: Documentation/bpf/btf.rst of the Linux kernel.
"""

import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from sensor.errors import SensorError

VMLINUX = Path("/sys/kernel/btf/vmlinux")
_HEADER = struct.Struct("<HBBIIIII")
_TYPE = struct.Struct("<III")
_MAGIC = 0xEB9F
_STRUCT, _UNION = 4, 5
_BEHIND = {1: 4, 3: 12, 14: 4, 17: 4}
"""Kind of type → bytes behind it."""
_BEHIND_EACH = {_STRUCT: 12, _UNION: 12, 6: 8, 13: 8, 15: 12, 19: 12}
"""Kind of type → bytes behind it for each member."""
_MODIFIERS = frozenset({8, 9, 10, 11, 18})
_KINDS = 20


class BtfInvalid(SensorError):
    """The type information cannot be read, or does not know a field."""


def offsets(data: bytes, fields: Iterable[str]) -> dict[str, int]:
    """Return `struct.field` → offset in bytes; `field` may name a field within a field (`f_path.dentry`).

    Of several names, with `|` between them, the first counts that the kernel has. Raises `BtfInvalid`.
    """
    try:
        types = _Types(data)
        return {names: _first(types, names.split("|")) for names in fields}
    except (struct.error, IndexError, ValueError, RecursionError) as error:
        raise BtfInvalid(f"This type information (BTF) is broken: {error}.") from error


def _first(types: "_Types", names: Sequence[str]) -> int:
    *others, last = names
    for name in others:
        with suppress(BtfInvalid):
            return types.offset(*name.partition(".")[::2])
    return types.offset(*last.partition(".")[::2])


class _Types:
    """The types, found by number, and structures by name; looked at only as far as what is asked for, which stands early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        magic, _, _, length, begin, size, strings, _ = _HEADER.unpack_from(data)
        if magic != _MAGIC:
            raise BtfInvalid("This is no type information (BTF) of a little-endian machine.")
        self._strings = length + strings
        self._structs: dict[int, int] = {}
        """Where a name is among the strings → number of the first structure that has it."""
        self._places = [0]
        """Where each type is, by number, as far as they were looked at; 0 is void."""
        self._next, self._end = length + begin, length + begin + size

    def _looked_further(self) -> bool:
        """Look at the next type; return whether there is one."""
        at = self._next
        if at >= self._end:
            return False
        name, info, _ = _TYPE.unpack_from(self._data, at)
        kind, members = info >> 24 & 0x1F, info & 0xFFFF
        if kind >= _KINDS:
            raise BtfInvalid(f"BTF has a type of unknown kind {kind}.")
        if kind in (_STRUCT, _UNION):
            self._structs.setdefault(name, len(self._places))
        self._places.append(at)
        self._next = at + _TYPE.size + _BEHIND.get(kind, 0) + _BEHIND_EACH.get(kind, 0) * members
        return True

    def _struct(self, name: str) -> int | None:
        """Return the number of a structure. Its name is compared by its place: each string is there once (libbpf, strset.c)."""
        found = self._data.find(f"\0{name}\0".encode("ascii"), self._strings)
        place = found + 1 - self._strings
        while found >= 0 and place not in self._structs and self._looked_further():
            pass
        return self._structs.get(place) if found >= 0 else None

    def _place(self, number: int) -> int:
        while number >= len(self._places) and self._looked_further():
            pass
        return self._places[number]

    def offset(self, name: str, field: str) -> int:
        """Return the offset of a field in bytes."""
        number = self._struct(name)
        if number is None:
            raise BtfInvalid(f"This kernel's BTF has no structure {name}.")
        bits = 0
        for part in field.split("."):
            found = self._member(number, part)
            if found is None:
                raise BtfInvalid(f"This kernel's BTF has no field {name}.{field}.")
            bits, number = bits + found[0], found[1]
        return bits // 8

    def _member(self, number: int, field: str) -> tuple[int, int] | None:
        """Return offset in bits and type of a member, also where it is in a nameless structure within."""
        at = self._place(self._plain(number))
        _, info, _ = _TYPE.unpack_from(self._data, at)
        if info >> 24 & 0x1F not in (_STRUCT, _UNION):
            return None
        for member in range(info & 0xFFFF):
            name, inner, bits = _TYPE.unpack_from(self._data, at + _TYPE.size * (member + 1))
            if info >> 31:  # with bit fields, the upper byte is a width
                bits &= 0xFFFFFF
            if name and self._text(name) == field:
                return bits, inner
            if not self._text(name) and (found := self._member(inner, field)):
                return bits + found[0], found[1]
        return None

    def _plain(self, number: int) -> int:
        """Return the type behind names and qualifiers."""
        for _ in range(32):
            _, info, inner = _TYPE.unpack_from(self._data, self._place(number))
            if number == 0 or info >> 24 & 0x1F not in _MODIFIERS:
                return number
            number = inner
        raise BtfInvalid("BTF names a type by itself.")

    def _text(self, at: int) -> str:
        begin = self._strings + at
        return self._data[begin : self._data.index(0, begin)].decode("ascii", "replace")
