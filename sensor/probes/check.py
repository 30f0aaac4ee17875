"""What the kernel sensor needs, looked at one by one: what is there, and what to do about what is not."""

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sensor.errors import SensorError
from sensor.probes.btf import VMLINUX
from sensor.probes.built import kept_at
from sensor.probes.compiler import PLACE
from sensor.probes.kernel import TRACEFS, tracepoints
from sensor.probes.sensor import Sensor
from sensor.probes.source import order
from sensor.probes.table import PROBES


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that the sensor needs."""

    name: str
    met: bool
    what: str
    """What was found, or what to do."""


def needs(*, trial: bool = True) -> Iterator[Need]:
    """Yield them in the order in which they can be met. The last is a trial: the probes are loaded and attached, no more."""
    root = os.geteuid() == 0
    yield Need("rights", root, "root" if root else "run as root (sudo)")
    btf = os.access(VMLINUX, os.R_OK)
    yield Need("types", btf, str(VMLINUX) if btf else f"{VMLINUX} is missing: a kernel with CONFIG_DEBUG_INFO_BTF")
    tracing = _tracing(root=root)
    yield tracing
    if not (root and btf and tracing.met):
        yield from _compiling()
        return
    try:
        kept = kept_at(order(PROBES, VMLINUX.read_bytes(), tracepoints()))
    except SensorError as error:
        yield Need("probes", False, str(error))
        return
    compiling = [Need("compiled", True, str(kept))] if kept is not None else list(_compiling())
    yield from compiling
    if trial and all(need.met for need in compiling):
        yield _trial()


def _compiling() -> Iterator[Need]:
    """Yield what is needed once, to compile the probes."""
    build = Path(f"/lib/modules/{platform.release()}/build")
    headers = (build / "include").exists()
    yield Need("headers", headers, str(build.resolve()) if headers else f"{build} is missing: sudo make system")
    bcc = PLACE.exists()
    yield Need(
        "BCC", bcc, str(PLACE.parent) if bcc else "apt-get install python3-bpfcc (PyPI's bcc is another project)"
    )


def _tracing(*, root: bool) -> Need:
    place = next((place for place in TRACEFS if root and (place / "events").is_dir()), None)
    if not root:
        return Need("tracefs", False, "can be looked at by root only")
    if place is None:
        return Need("tracefs", False, "mount -t tracefs tracefs /sys/kernel/tracing (sudo make system does it)")
    return Need("tracefs", True, f"{place}, {len(tracepoints())} tracepoints of system calls")


def _trial() -> Need:
    try:
        with Sensor() as sensor:
            missing = sensor.unobserved
    except SensorError as error:
        return Need("trial", False, str(error))
    return Need("trial", True, "the probes load" + (f"; not on this kernel: {', '.join(missing)}" if missing else ""))
