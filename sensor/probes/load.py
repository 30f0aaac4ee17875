"""Compiled programs → maps and programs in the kernel, and tracepoints that run them: by bpf(2) and perf_event_open(2) alone."""

import ctypes
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread

from sensor.errors import ProbesUnusable
from sensor.probes.built import Built, as_root
from sensor.probes.call import BPF, EventAttributes, called, run_at
from sensor.probes.code import with_maps, with_offsets
from sensor.probes.functions import UPROBE_MULTI
from sensor.probes.table import Hook

_MAP_CREATE, _MAP_UPDATE, _PROG_LOAD, _RAW_TRACEPOINT_OPEN = 0, 2, 5, 17
_KPROBE, _TRACEPOINT, _RAW_TRACEPOINT = 2, 5, 17
_KINDS: Mapping[str, tuple[int, int]] = {
    "tracepoint": (_TRACEPOINT, 0),
    "tracepoint jump": (_TRACEPOINT, 0),
    "raw": (_RAW_TRACEPOINT, 0),
    "function": (_KPROBE, UPROBE_MULTI),
    "jump": (_KPROBE, UPROBE_MULTI),
}
"""Kind of a hook → type of its program, and what it is attached to (linux/bpf.h)."""
_PERF_TRACEPOINT = 2
"""PERF_TYPE_TRACEPOINT (linux/perf_event.h)."""
_AT_ONCE = 4
_LOG = 1 << 20
"""Bytes of what the verifier says."""


class _MapAttributes(ctypes.Structure):
    """`BPF_MAP_CREATE` of `union bpf_attr` (linux/bpf.h), as far as it is used."""

    _fields_ = (
        ("kind", ctypes.c_uint32), ("key_size", ctypes.c_uint32), ("value_size", ctypes.c_uint32), ("entries", ctypes.c_uint32),
        ("flags", ctypes.c_uint32), ("inner", ctypes.c_uint32), ("node", ctypes.c_uint32), ("name", ctypes.c_char * 16),
    )  # fmt: skip


class _ProgramAttributes(ctypes.Structure):
    """`BPF_PROG_LOAD` of `union bpf_attr` (linux/bpf.h), as far as it is used."""

    _fields_ = (
        ("kind", ctypes.c_uint32), ("count", ctypes.c_uint32), ("code", ctypes.c_uint64), ("license", ctypes.c_uint64),
        ("log_level", ctypes.c_uint32), ("log_size", ctypes.c_uint32), ("log", ctypes.c_uint64),
        ("kernel_version", ctypes.c_uint32), ("flags", ctypes.c_uint32), ("name", ctypes.c_char * 16),
        ("device", ctypes.c_uint32), ("attach_type", ctypes.c_uint32),
    )  # fmt: skip


def maps(built: Built, entries: Mapping[str, int]) -> dict[str, int]:
    """Make the maps, those of `entries` with so many; return their descriptors. Raises `ProbesUnusable`."""
    return {
        name: _made(name, *about._replace(entries=entries.get(name, about.entries)))
        for name, about in built.maps.items()
    }


def _made(name: str, kind: int, key_size: int, value_size: int, entries: int, flags: int) -> int:
    attributes = _MapAttributes(kind, key_size, value_size, entries, flags, 0, 0, name.encode("ascii")[:15])
    try:
        return called(BPF, _MAP_CREATE, ctypes.byref(attributes), ctypes.sizeof(attributes), what=name)
    except OSError as error:
        raise ProbesUnusable(f"The probes cannot be loaded: map {error.strerror}.{as_root()}") from error


def programs(built: Built, hooks: Iterable[Hook], fds: Sequence[int], offsets: Sequence[int]) -> dict[str, int]:
    """Load the programs of some hooks, with these maps and offsets; return their descriptors. Raises `ProbesUnusable`."""
    kinds = {hook.function: _KINDS[hook.kind] for hook in hooks}
    numbers = dict(enumerate(fds))

    found: dict[str, int] = {}
    failed: list[ProbesUnusable] = []

    def load(names: Sequence[str]) -> None:
        for name in names:
            code = with_offsets(with_maps(built.programs[name], numbers), offsets)
            try:
                found[name] = _loaded(name, code, *kinds[name])
            except ProbesUnusable as error:
                failed.append(error)

    # The verifier takes most of the time, and works for several at once.
    threads = [Thread(target=load, args=(list(kinds)[part::_AT_ONCE],)) for part in range(_AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        for fd in found.values():
            os.close(fd)
        raise failed[0]
    return found


def _loaded(name: str, code: bytes, kind: int, attach_type: int) -> int:
    given, license_ = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(b"GPL")
    attributes = _ProgramAttributes(
        kind=kind, count=len(code) // 8, code=ctypes.addressof(given), license=ctypes.addressof(license_),
        name=name.encode("ascii")[:15], attach_type=attach_type,
    )  # fmt: skip
    size = ctypes.sizeof(attributes)
    with suppress(OSError):
        return called(BPF, _PROG_LOAD, ctypes.byref(attributes), size, what=name)
    # Once more for the reason, which takes time to be written.
    log = ctypes.create_string_buffer(_LOG)
    attributes.log_level, attributes.log_size, attributes.log = 1, _LOG, ctypes.addressof(log)
    try:
        return called(BPF, _PROG_LOAD, ctypes.byref(attributes), size, what=name)
    except OSError as error:
        # What matters stands last: the verifier tells first how it came there.
        told = "\n".join(log.value.decode("utf-8", "replace").splitlines()[-8:])[-1_000:]
        raise ProbesUnusable(
            f"The probes cannot be loaded: program {error.strerror}.{as_root()}\n{told}".strip()
        ) from error


def jump(places: int, at: int, program: int) -> None:
    """Have jumps to a place of a map go on with a program. Raises `OSError`."""
    key, value = ctypes.c_uint32(at), ctypes.c_uint32(program)
    words = (ctypes.c_uint64 * 4)(places, ctypes.addressof(key), ctypes.addressof(value), 0)
    called(BPF, _MAP_UPDATE, words, ctypes.sizeof(words), what="a jump cannot be set")


def raw_tracepoint(name: str, program: int) -> int:
    """Run a program at a raw tracepoint; return what holds it. Raises `OSError`."""
    text = ctypes.create_string_buffer(name.encode("ascii"))
    words = (ctypes.c_uint64 * 2)(ctypes.addressof(text), program)
    return called(BPF, _RAW_TRACEPOINT_OPEN, words, ctypes.sizeof(words), what=name)


def tracepoint(events: Path, name: str, program: int) -> int:
    """Run a program at a tracepoint (`group:name`, in this folder of tracefs); return what holds it. Raises `OSError`."""
    number = int((events / name.replace(":", "/") / "id").read_text("ascii"))
    return run_at(EventAttributes(_PERF_TRACEPOINT, ctypes.sizeof(EventAttributes), number, 1), program, what=name)
