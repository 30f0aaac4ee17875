"""Control groups: where those of a systemd unit or of a container are, and which processes are in them.

Names, as documented: systemd `NAME.service`, `NAME.scope`, `NAME.slice` (systemd.unit(5)); containers with their id in the name of
the group: `docker-ID.scope`, `cri-containerd-ID.scope`, `crio-ID.scope`, `libpod-ID.scope` under the systemd driver, `ID` alone
under `cgroupfs`, below `kubepods…` in Kubernetes. Tried on groups that tests make; not on a live systemd, CRI or Kubernetes.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

from sensor.errors import UnknownTarget

_MOUNTS = ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")
"""Where the second version is mounted, beside the first or alone (cgroups(7))."""
_UNIT = re.compile(r"[\w.@:\\-]{1,256}")
_CONTAINER = re.compile(r"[0-9a-f]{12,64}")
MOST = 20_000
"""Groups that are looked through."""


def mount() -> Path:
    """Return where control groups are mounted. Raises `UnknownTarget`."""
    found = next((Path(one) for one in _MOUNTS if (Path(one) / "cgroup.procs").exists()), None)
    if found is None:
        raise UnknownTarget("Control groups (version 2) are not mounted; name a process by --pid.")
    return found


def group(path: str, root: Path) -> Path:
    """Return the group of a path below the mount, or of a full one. Raises `UnknownTarget`."""
    given = Path(path)
    below = given if given.is_relative_to(root) else root / path.lstrip("/")
    there = Path(os.path.realpath(below))
    if not there.is_relative_to(root) or not (there / "cgroup.procs").exists():
        raise UnknownTarget(f"There is no control group {path!r} below {root}.")
    if there == root:
        raise UnknownTarget("The root of the control groups is the whole machine; name a group below it.")
    return there


def unit(name: str, root: Path) -> list[Path]:
    """Return the groups of a systemd unit. Raises `UnknownTarget`."""
    if not _UNIT.fullmatch(name):
        raise UnknownTarget(f"{name[:80]!r} is no name of a unit.")
    wanted = {name} if name.endswith((".service", ".scope", ".slice")) else {f"{name}.service"}
    return _named(lambda folder: folder.name in wanted, root, f"unit {name!r}")


def container(name: str, root: Path) -> list[Path]:
    """Return the groups of a container, by its id of twelve digits or more. Raises `UnknownTarget`."""
    if not _CONTAINER.fullmatch(name):
        raise UnknownTarget(
            f"{name[:80]!r} is no id of a container: 12 to 64 hexadecimal digits, as `docker ps` or `crictl ps` shows."
        )
    pattern = re.compile(rf"(?:.*[-/])?{name}[0-9a-f]*(?:\.scope)?")
    return _named(lambda folder: pattern.fullmatch(folder.name) is not None, root, f"container {name!r}")


def processes(folder: Path) -> set[int]:
    """Return the numbers of the processes in a group and below it. Raises `UnknownTarget` where the first of all is there."""
    found = set[int]()
    for place, _, _ in os.walk(folder):
        try:
            found.update(map(int, Path(place, "cgroup.procs").read_text("ascii").split()))
        except OSError:  # removed meanwhile, or a group of threads
            continue
    if 1 in found:
        raise UnknownTarget(
            f"Process 1, from which the whole machine comes, is in the control group {folder}; name another."
        )
    return found - {0}


def _named(fits: Callable[[Path], bool], root: Path, what: str) -> list[Path]:
    found = [Path(place) for number, (place, _, _) in enumerate(os.walk(root)) if number < MOST and fits(Path(place))]
    if not found:
        raise UnknownTarget(f"There is no control group of {what} below {root}; is it running?")
    # Groups within one that is found are part of it.
    return [one for one in found if not any(other in one.parents for other in found)]
