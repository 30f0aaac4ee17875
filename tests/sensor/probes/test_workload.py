"""Where processes run, by documented names of control groups and logs; not tried on a live systemd, CRI or Kubernetes."""

from pathlib import Path, PurePosixPath

import pytest

from sensor.probes.workload import Workload, Workloads, logged, workload

ID = "9a8b7c6d5e4f30211203f4e5d6c7b8a99a8b7c6d5e4f30211203f4e5d6c7b8a9"
SLICE = "kubepods.slice/kubepods-burstable.slice"
POD = "5bd0c3a1-7c11-4f0e-9f57-0a1b2c3d4e5f"
UNDERSCORED = POD.replace("-", "_")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("system.slice/support-agent.service", Workload(unit="support-agent.service")),
        ("user.slice/user-1000.slice/user@1000.service/app.slice/run-u12.scope", Workload(unit="run-u12.scope")),
        (f"system.slice/docker-{ID}.scope", Workload(container=ID)),
        (f"docker/{ID}", Workload(container=ID)),
        (
            f"{SLICE}/kubepods-burstable-pod{UNDERSCORED}.slice/cri-containerd-{ID}.scope",
            Workload(container=ID, pod=POD),
        ),
        (f"kubepods/besteffort/pod{POD}/{ID}", Workload(container=ID, pod=POD)),
        (f"kubepods/besteffort/pod{POD}/{ID}/inner", Workload(container=ID, pod=POD)),
        (f"machine.slice/libpod-{ID}.scope/container", Workload(container=ID)),
        ("kubepods.slice", Workload()),
        (f"system.slice/docker-{ID[:-1]}.scope", Workload(unit=f"docker-{ID[:-1]}.scope")),
        ("", Workload()),
    ],
)
def test_what_a_path_says(path: str, found: Workload) -> None:
    assert workload(PurePosixPath(path), {}) == found


def test_names_are_those_of_the_logs(tmp_path: Path) -> None:
    (tmp_path / f"support-7d9f_shop_agent-main-{ID}.log").touch()
    (tmp_path / "no name of a log").touch()
    names = logged(tmp_path)

    assert names == {ID: ("shop/support-7d9f", "agent-main")}
    assert workload(PurePosixPath(f"kubepods/pod{POD}/{ID}"), names) == Workload(
        None, "agent-main", "shop/support-7d9f"
    )
    assert logged(tmp_path / "nothing") == {}


def test_a_group_is_known_by_the_number_of_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "system.slice" / "support-agent.service"
    folder.mkdir(parents=True)
    found = Workloads(tmp_path, tmp_path)

    assert found.of(str(folder.stat().st_ino)).fields() == {"unit": "support-agent.service"}
    assert found.of("1").fields() == {}
