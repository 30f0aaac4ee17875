"""Units and containers by the names of their control groups, as documented; not tried on a live systemd, CRI or Kubernetes."""

from pathlib import Path

import pytest

from sensor.errors import UnknownTarget
from sensor.probes import cgroups

DOCKER = "4f1c2d3e4a5b6c7d8e9f00112233445566778899aabbccddeeff001122334455"
CRI = "9a8b7c6d5e4f30211203f4e5d6c7b8a99a8b7c6d5e4f30211203f4e5d6c7b8a9"
CGROUPFS = "00aa11bb22cc33dd44ee55ff66007711" * 2
GROUPS = {
    "system.slice/support-agent.service": [11, 12],
    f"system.slice/docker-{DOCKER}.scope": [21],
    f"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1234.slice/cri-containerd-{CRI}.scope": [31],
    f"kubepods/besteffort/pod1234/{CGROUPFS}": [41],
    f"kubepods/besteffort/pod1234/{CGROUPFS}/inner": [42],
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "cgroup.procs").write_text("1\n")
    for name, pids in GROUPS.items():
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "cgroup.procs").write_text("".join(f"{pid}\n" for pid in pids))
    return tmp_path


def pids(groups: list[Path]) -> set[int]:
    return set[int]().union(*map(cgroups.processes, groups))


@pytest.mark.parametrize("name", ["support-agent", "support-agent.service"])
def test_a_unit_by_its_name(root: Path, name: str) -> None:
    assert pids(cgroups.unit(name, root)) == {11, 12}


@pytest.mark.parametrize(
    ("name", "found"),
    [(DOCKER, {21}), (DOCKER[:12], {21}), (CRI, {31}), (CGROUPFS, {41, 42}), (CGROUPFS[:12], {41, 42})],
)
def test_a_container_by_its_id_or_the_beginning_of_it(root: Path, name: str, found: set[int]) -> None:
    assert pids(cgroups.container(name, root)) == found


def test_a_group_by_its_path_with_all_below_it(root: Path) -> None:
    for path in ("/kubepods", "kubepods", str(root / "kubepods")):
        (root / "kubepods/cgroup.procs").write_text("")
        assert cgroups.processes(cgroups.group(path, root)) == {41, 42}


@pytest.mark.parametrize("path", ["/", "", ".", "kubepods/..", "../..", "/nowhere"])
def test_the_whole_machine_is_no_group(root: Path, path: str) -> None:
    with pytest.raises(UnknownTarget):
        cgroups.group(path, root)


@pytest.mark.parametrize("name", ["nothing", "../x", "a/b", ""])
def test_a_unit_that_is_not_there(root: Path, name: str) -> None:
    with pytest.raises(UnknownTarget):
        cgroups.unit(name, root)


@pytest.mark.parametrize("name", ["4f1c", "x" * 12, "0" * 12, ""])
def test_a_container_that_is_not_there(root: Path, name: str) -> None:
    with pytest.raises(UnknownTarget):
        cgroups.container(name, root)


def test_a_group_with_the_first_process_of_all_is_the_whole_machine(root: Path) -> None:
    (root / "init.scope").mkdir()
    (root / "init.scope/cgroup.procs").write_text("1\n")

    with pytest.raises(UnknownTarget):
        cgroups.processes(cgroups.group("init.scope", root))
