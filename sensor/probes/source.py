"""The table, the running kernel's offsets and tracepoints → what the compiler gets. Pure."""

import platform
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.resources import files

from sensor.errors import ProbesUnusable
from sensor.probes.btf import BtfInvalid, offsets
from sensor.probes.privilege.calls import Privilege
from sensor.probes.record import COUNTS, Change, Count, Type
from sensor.probes.table import Hook, Probe

_FIELDS = (
    "task_struct.group_leader", "task_struct.start_boottime", "task_struct.files", "files_struct.fdt", "fdtable.fd",
    "file.f_inode", "inode.i_mode", "inode.i_ino", "inode.i_sb", "super_block.s_dev", "socket.sk",
    "socket_alloc.vfs_inode", "sock_common.skc_family",
)  # fmt: skip
"""What `common.h` asks for."""
_CHANGED = (
    ("inode.i_ctime_sec", "inode.i_ctime_nsec"),
    ("inode.__i_ctime.tv_sec", "inode.__i_ctime.tv_nsec"),
    ("inode.i_ctime.tv_sec", "inode.i_ctime.tv_nsec"),
)
"""Where kernels have when a file was changed last, seconds and nanoseconds: since Linux 6.11, 6.6, and before."""
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "x86_64": tuple(f"pt_regs.{name}" for name in ("di", "si", "dx", "r10", "r8", "r9", "cx", "ax")),
}
"""Machine → where its saved registers hold the arguments of a system call, the fourth parameter of a function, and a result
(System V ABI; Linux, arch/x86/entry). The other parameters of a function are where those of a system call are."""
_NAMES = (*(f"ARGUMENT_{number}" for number in range(6)), "FOURTH_PARAMETER", "RESULT")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much the kernel holds for the sensor."""

    vital_pages: int = 256
    """Ring of life-cycle and security, in pages of 4 KiB; a power of two, like the next."""
    bulk_pages: int = 1_024
    tls_pages: int = 1_024
    streams_pages: int = 512
    notice_pages: int = 64
    scope: int = 65_536
    """Processes that may be observed at a time."""


USUAL = Sizes()


@dataclass(frozen=True, slots=True)
class Order:
    """What the compiler is asked for."""

    text: str
    flags: tuple[str, ...]
    hooks: tuple[Hook, ...]
    missing: tuple[str, ...]
    """Tracepoints that this kernel does not have."""

    def as_json(self) -> dict[str, object]:
        """Return it as the compiler reads it."""
        return {"text": self.text, "flags": list(self.flags), "hooks": [asdict(hook) for hook in self.hooks]}


def order(
    probes: Sequence[Probe], btf: bytes, tracepoints: Iterable[str], sizes: Sizes = USUAL, machine: str = ""
) -> Order:
    """Return what to compile and where to attach it on a kernel with these `tracepoints` (`group:name`).

    Raises `ProbesUnusable` where a kernel lacks what all else rests on, and `BtfInvalid`.
    """
    machine = machine or platform.machine()
    if machine not in _ARGUMENTS:
        raise ProbesUnusable(
            f"The sensor does not know the registers of {machine}; it runs on {', '.join(_ARGUMENTS)}."
        )
    there = frozenset(tracepoints)
    hooks = [hook for probe in probes for hook in probe.hooks]
    missing = [hook for hook in hooks if hook.kind == "tracepoint" and hook.place not in there]
    if needed := [hook.place for hook in missing if hook.needed]:
        raise ProbesUnusable(f"This kernel has no tracepoint {', '.join(needed)}; there is no sensor without.")
    fields = [*_FIELDS, *(field for probe in probes for field in probe.fields)]
    found = offsets(btf, [*fields, *_ARGUMENTS[machine]])
    defines = {f"OFFSET_{name.replace('.', '_')}": found[name] for name in fields}
    defines |= {name: found[at] for name, at in zip(_NAMES, _ARGUMENTS[machine], strict=True)}
    defines |= zip(("OFFSET_CHANGED", "OFFSET_CHANGED_NS"), _of_first(btf, _CHANGED), strict=True)
    for name, values in (("RECORD", Type), ("COUNT", Count), ("CHANGE", Change), ("PRIVILEGE", Privilege)):
        defines |= {f"{name}_{one.name}": one.value for one in values}
    defines |= {
        "VITAL_PAGES": sizes.vital_pages,
        "BULK_PAGES": sizes.bulk_pages,
        "COUNTS": COUNTS,
        "TLS_PAGES": sizes.tls_pages,
        "STREAMS_PAGES": sizes.streams_pages,
        "NOTICE_PAGES": sizes.notice_pages,
        "SCOPE": sizes.scope,
    }
    here = files("sensor.probes")
    parts = [here / "common.h", *(here / probe.name / "probe.c" for probe in probes)]
    return Order(
        text="\n".join(part.read_text("utf-8") for part in parts),
        flags=tuple(f"-D{name}={value}" for name, value in defines.items()),
        hooks=tuple(hook for hook in hooks if hook not in missing),
        missing=tuple(hook.place for hook in missing),
    )


def _of_first(btf: bytes, choices: Sequence[tuple[str, ...]]) -> tuple[int, ...]:
    """Return the offsets of the first choice of fields that a kernel has. Raises `BtfInvalid` where it has none."""
    *others, last = choices
    for fields in others:
        with suppress(BtfInvalid):
            return tuple(offsets(btf, fields).values())
    return tuple(offsets(btf, last).values())
