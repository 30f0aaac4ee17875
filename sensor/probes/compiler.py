"""The child that compiles: C in, programs as `built.Built` reads them out. It imports BCC, and LLVM's 150 MB end with it.

    python -m sensor.probes.compiler < order > programs

BCC is Debian's (package python3-bpfcc), made for the system's Python but written in ctypes, so that any CPython runs it; it is
found by its place, because PyPI's `bcc` is another project. It makes the maps, too, which end with it: only what they are is told.
"""

import base64
import ctypes
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from sensor.probes.call import BPF, called
from sensor.probes.code import with_maps

PLACE = Path("/usr/lib/python3/dist-packages/bcc/__init__.py")
_INFO = 15
"""BPF_OBJ_GET_INFO_BY_FD (linux/bpf.h)."""


class _MapInfo(ctypes.Structure):
    """The first part of `struct bpf_map_info` (linux/bpf.h)."""

    _fields_ = (
        ("type", ctypes.c_uint32), ("id", ctypes.c_uint32), ("key_size", ctypes.c_uint32), ("value_size", ctypes.c_uint32),
        ("max_entries", ctypes.c_uint32), ("map_flags", ctypes.c_uint32),
    )  # fmt: skip


def main() -> int:
    """Serve one order."""
    order = json.load(sys.stdin)
    try:
        found = _built(order)
    except Exception as error:  # noqa: BLE001 - BCC raises `Exception` itself; all of it is told
        found = {"error": str(error)}
    # Behind the end of the line there may be words of LLVM.
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    return int("error" in found)


def _built(order: dict[str, Any]) -> dict[str, Any]:
    bcc = bcc_module()
    bpf = bcc.BPF(text=order["text"], cflags=["-Wno-macro-redefined", *order["flags"]])
    maps, numbers = {}, {}
    for number, (name, fd) in enumerate(_maps(bcc.lib, ctypes.c_void_p(bpf.module))):
        maps[name] = _about(fd)
        numbers[fd] = number
    programs = {
        name: base64.b64encode(with_maps(bpf.dump_func(name), numbers)).decode("ascii") for name in order["functions"]
    }
    return {"maps": maps, "programs": programs}


def _maps(library: Any, module: ctypes.c_void_p) -> Iterator[tuple[str, int]]:
    """Yield names and descriptors (libbcc, bpf_module.h; BCC's Python has no list of them)."""
    library.bpf_num_tables.restype = ctypes.c_size_t
    library.bpf_table_name.restype = ctypes.c_char_p
    for number in map(ctypes.c_size_t, range(library.bpf_num_tables(module))):
        yield library.bpf_table_name(module, number).decode("ascii"), library.bpf_table_fd_id(module, number)


def _about(fd: int) -> list[int]:
    """Return what a map is, as `built.Map` has it."""
    info = _MapInfo()
    words = (ctypes.c_uint64 * 2)(fd | ctypes.sizeof(info) << 32, ctypes.addressof(info))
    called(BPF, _INFO, words, ctypes.sizeof(words), what="a map cannot be asked about")
    return [info.type, info.key_size, info.value_size, info.max_entries, info.map_flags]


def bcc_module() -> ModuleType:
    """Return Debian's BCC. Raises `ImportError`, which says what to install."""
    spec = importlib.util.spec_from_file_location("bcc", PLACE, submodule_search_locations=[str(PLACE.parent)])
    if not PLACE.exists() or spec is None or spec.loader is None:
        raise ImportError(f"{PLACE} is not there: apt-get install python3-bpfcc")
    module = importlib.util.module_from_spec(spec)
    sys.modules["bcc"] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    code = main()
    # BCC's own clean-up is not needed.
    os._exit(code)
