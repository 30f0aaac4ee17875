"""Which unit, container and pod a control group belongs to, by the names that systemd, container engines and Kubernetes give.

The groups are `cgroups.py`'s. Names of pods and containers are those of the kubelet's logs, which need no interface and no rights
there: `/var/log/containers/POD_NAMESPACE_CONTAINER-ID.log` (Kubernetes, logging architecture). Tried on groups and files that tests
make; not on a live systemd, CRI or Kubernetes.
"""

import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from sensor.errors import UnknownTarget
from sensor.probes.cgroups import MOST, mount

LOGS = Path("/var/log/containers")
AGAIN_S = 1.0
"""Between looks for groups that are not known."""
_CONTAINER = re.compile(r"(?:.*[-/])?([0-9a-f]{64})(?:\.scope)?")
_POD = re.compile(r"(?:kubepods.*-)?pod([0-9a-zA-Z_-]{1,64}?)(?:\.slice)?")
_LOG = re.compile(r"([^_]{1,253})_([^_]{1,63})_(.{1,253})-([0-9a-f]{64})\.log")


class Workload(NamedTuple):
    """Where a process runs; what is not known is `None`."""

    unit: str | None = None
    """Of systemd."""
    container: str | None = None
    """Its id, or its name where that is known."""
    pod: str | None = None
    """`namespace/name`, or its id."""

    def fields(self) -> dict[str, str]:
        """Return what is known."""
        return {name: value for name, value in self._asdict().items() if value is not None}


def workload(path: PurePosixPath, names: Mapping[str, tuple[str, str]]) -> Workload:
    """Return what a path of a control group says; `names`: id of a container → its pod, and its name."""
    unit = container = pod = None
    for part in path.parts:
        if (found := _CONTAINER.fullmatch(part)) is not None:
            container = found[1]
        elif (found := _POD.fullmatch(part)) is not None:
            pod = found[1].replace("_", "-")
        elif part.endswith((".service", ".scope")):
            unit = part
    told = names.get(container or "")
    return Workload(unit, told[1] if told else container, told[0] if told else pod)


def logged(folder: Path = LOGS) -> dict[str, tuple[str, str]]:
    """Return id of a container → `namespace/name` of its pod, and its own name, as the kubelet names logs."""
    found = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for _, entry in zip(range(MOST), entries, strict=False):
            if (name := _LOG.fullmatch(entry.name)) is not None:
                found[name[4]] = (f"{name[2]}/{name[1]}", name[3])
    return found


class Workloads:
    """The groups of this machine, by their numbers, which are those of their folders."""

    def __init__(self, root: Path | None = None, logs: Path = LOGS) -> None:
        """`root`: where control groups are mounted; found where it is not given."""
        with suppress(UnknownTarget):
            root = root or mount()
        self._root, self._logs = root, logs
        self._known: dict[str, Workload] = {}
        self._looked_s = float("-inf")

    def of(self, group: str) -> Workload:
        """Return what is known of a group. A group may be gone before it is looked for."""
        if group not in self._known and time.monotonic() - self._looked_s >= AGAIN_S:
            self._look()
        return self._known.get(group, Workload())

    def _look(self) -> None:
        self._looked_s = time.monotonic()
        if self._root is None:
            return
        names = logged(self._logs)
        for _, (folder, _, _) in zip(range(MOST), os.walk(self._root), strict=False):
            with suppress(OSError):
                self._known[str(Path(folder).stat().st_ino)] = workload(
                    PurePosixPath(folder).relative_to(self._root), names
                )
