"""Where functions are in a file that is executed or mapped: what a uprobe is attached by."""

import os
from typing import Any, BinaryIO

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile

from sensor.errors import SensorError

_MAGIC = b"\x7fELF"


class ElfInvalid(SensorError):
    """The file is no program or library of this kind of machine."""


def functions(descriptor: int, names: tuple[str, ...]) -> dict[str, int]:
    """Return the offsets in an open file of those functions that it exports. Raises `ElfInvalid` and `OSError`."""
    with os.fdopen(os.dup(descriptor), "rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return {}
        return _functions(file, names)


def _functions(file: BinaryIO, names: tuple[str, ...]) -> dict[str, int]:
    try:
        elf = ELFFile(file)
        dynamic = next((one for one in elf.iter_segments("PT_DYNAMIC") if isinstance(one, DynamicSegment)), None)
        hashed = dynamic.get_hash_table() if dynamic is not None and hasattr(dynamic, "get_hash_table") else None
        found: dict[str, int] = {}
        table: Any = elf.get_section_by_name(".gnu.hash") or hashed
        for name in names if table is not None else ():
            symbol = table.get_symbol(name)
            if symbol is not None and symbol["st_shndx"] != "SHN_UNDEF" and symbol["st_value"]:
                offset = next(elf.address_offsets(symbol["st_value"]), None)
                if offset is not None:
                    found[name] = offset
    except (ELFError, ArithmeticError, LookupError, ValueError, AttributeError, AssertionError) as error:
        raise ElfInvalid(f"no program or library that can be read: {error}") from error
    return found
