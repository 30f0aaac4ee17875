"""The table, the running kernel's offsets and tracepoints → what is compiled and loaded. Pure."""

import mmap
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from sensor.errors import ProbesUnusable
from sensor.probes.btf import offsets
from sensor.probes.privilege.calls import Privilege
from sensor.probes.record import COUNTS, Change, Count, Type
from sensor.probes.table import Hook, Probe

_FIELDS = (
    "task_struct.group_leader", "task_struct.start_boottime", "task_struct.files", "files_struct.fdt", "fdtable.fd",
    "file.f_inode", "inode.i_mode", "inode.i_uid", "inode.i_ino", "inode.i_sb", "super_block.s_dev", "socket.sk",
    "socket_alloc.vfs_inode", "sock_common.skc_family",
)  # fmt: skip
"""What `common.h` asks for."""
_CHANGED = {
    "CHANGED": "inode.i_ctime_sec|inode.__i_ctime.tv_sec|inode.i_ctime.tv_sec",
    "CHANGED_NS": "inode.i_ctime_nsec|inode.__i_ctime.tv_nsec|inode.i_ctime.tv_nsec",
}
"""Where kernels have when a file was changed last: since Linux 6.11, since 6.6, and before."""
_REGISTERS: Mapping[str, Mapping[str, int]] = {
    "x86_64": {
        "ARGUMENT_0": 112, "ARGUMENT_1": 104, "ARGUMENT_2": 96, "ARGUMENT_3": 56, "ARGUMENT_4": 72, "ARGUMENT_5": 64,
        "FOURTH_PARAMETER": 88, "RESULT": 80,
    },
}  # fmt: skip
"""Machine → where its saved registers hold the arguments of a system call, the fourth parameter of a function, and a result
(`struct pt_regs`, asm/ptrace.h, which does not change; System V ABI). The other parameters of a function are where those of a
system call are."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much the kernel holds for the sensor."""

    vital_pages: int = 256
    """Ring of life-cycle and security, in pages of 4 KiB; a power of two, like the next."""
    bulk_pages: int = 1_024
    tls_pages: int = 2_048
    streams_pages: int = 512
    notice_pages: int = 64
    scope: int = 65_536
    """Processes that may be observed at a time."""

    def entries(self) -> dict[str, int]:
        """Return how many entries their maps have, by name; of a ring these are bytes."""
        rings = {
            "vital": self.vital_pages, "bulk": self.bulk_pages, "tls": self.tls_pages, "streams_ring": self.streams_pages,
            "notices": self.notice_pages,
        }  # fmt: skip
        return {name: pages * mmap.PAGESIZE for name, pages in rings.items()} | {"scope": self.scope}


USUAL = Sizes()


@dataclass(frozen=True, slots=True)
class Order:
    """What is compiled, and what is loaded of it."""

    text: str
    flags: tuple[str, ...]
    functions: tuple[str, ...]
    """All of the text; these three are the same on every kernel."""
    hooks: tuple[Hook, ...]
    """Those that this kernel has."""
    missing: tuple[str, ...]
    """Tracepoints that it does not have."""
    offsets: tuple[int, ...]
    """What takes the places that the text leaves for them (`code.with_offsets`)."""


def order(probes: Sequence[Probe], btf: bytes, tracepoints: Iterable[str], machine: str = "") -> Order:
    """Return what to compile and where to attach it on a kernel with these `tracepoints` (`group:name`).

    Raises `ProbesUnusable` where a kernel lacks what all else rests on, and `BtfInvalid`.
    """
    machine = machine or platform.machine()
    if machine not in _REGISTERS:
        raise ProbesUnusable(
            f"The sensor does not know the registers of {machine}; it runs on {', '.join(_REGISTERS)}."
        )
    there = frozenset(tracepoints)
    hooks = [hook for probe in probes for hook in probe.hooks]
    missing = [hook for hook in hooks if hook.kind == "tracepoint" and hook.place not in there]
    if needed := [hook.place for hook in missing if hook.needed]:
        raise ProbesUnusable(f"This kernel has no tracepoint {', '.join(needed)}; there is no sensor without.")
    fields = {
        field.replace(".", "_"): field for field in (*_FIELDS, *(field for probe in probes for field in probe.fields))
    }
    fields |= _CHANGED
    found = offsets(btf, fields.values())
    defines: dict[str, object] = {f"OFFSET_{name}": f"PATCHED({number})" for number, name in enumerate(fields)}
    defines |= _REGISTERS[machine]
    for name, values in (("RECORD", Type), ("COUNT", Count), ("CHANGE", Change), ("PRIVILEGE", Privilege)):
        defines |= {f"{name}_{one.name}": one.value for one in values}
    defines["COUNTS"] = COUNTS
    here = files("sensor.probes")
    parts = [here / "common.h", *(here / probe.name / "probe.c" for probe in probes)]
    return Order(
        text="\n".join(part.read_text("utf-8") for part in parts),
        flags=tuple(f"-D{name}={value}" for name, value in defines.items()),
        functions=tuple(dict.fromkeys(hook.function for hook in hooks)),
        hooks=tuple(hook for hook in hooks if hook not in missing),
        missing=tuple(hook.place for hook in missing),
        offsets=tuple(found[field] for field in fields.values()),
    )
