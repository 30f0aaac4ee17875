"""Instructions of BPF as they are compiled and as they are loaded: what is known only on the machine is put in. Pure.

Format: RFC 9669. An instruction is eight bytes: what it does, two registers, an offset, and a number of 32 bits.
"""

import struct
from collections.abc import Mapping, Sequence

_INSTRUCTION = struct.Struct("<BBhi")
_LOAD_WIDE, _MOVE = 0x18, 0xB7
"""`dst = number` of 64 bits, which takes two instructions, and of 32."""
_MAP = 1
"""In the place of the source register: the number is a map (BPF_PSEUDO_MAP_FD, linux/bpf.h)."""
OFFSETS = 0x5EED0000
"""The number that stands for the first offset, before its program is loaded (`common.h` has it, too)."""


def with_maps(code: bytes, numbers: Mapping[int, int]) -> bytes:
    """Return instructions whose maps have other numbers."""
    made = bytearray(code)
    for at, (does, registers, offset, number) in _each(code):
        if does == _LOAD_WIDE and registers >> 4 == _MAP:
            _INSTRUCTION.pack_into(made, at, does, registers, offset, numbers[number])
    return bytes(made)


def with_offsets(code: bytes, offsets: Sequence[int]) -> bytes:
    """Return instructions with these numbers in the places that were left for them."""
    made = bytearray(code)
    for at, (does, registers, offset, number) in _each(code):
        if does == _MOVE and OFFSETS <= number < OFFSETS + len(offsets):
            _INSTRUCTION.pack_into(made, at, does, registers, offset, offsets[number - OFFSETS])
    return bytes(made)


def _each(code: bytes) -> "list[tuple[int, tuple[int, int, int, int]]]":
    found = []
    at = 0
    while at < len(code):
        does, registers, offset, number = _INSTRUCTION.unpack_from(code, at)
        found.append((at, (does, registers, offset, number)))
        at += 2 * _INSTRUCTION.size if does == _LOAD_WIDE else _INSTRUCTION.size
    return found
