"""Where processes are, and what their relative paths mean, from the kernel alone."""

import os
import subprocess
from pathlib import Path

import pytest

from sensor.event import Event, FileChanged, FileOpened, ProcessStarted
from sensor.probes.observation import observed
from sensor.probes.origin import Origin
from sensor.probes.sensor import Sensor
from tests.kernel.conftest import python

WALK = """
import os, sys
here = os.open(".", os.O_RDONLY)
os.open("first", os.O_WRONLY | os.O_CREAT)
os.chdir("below"); os.open("second", os.O_WRONLY | os.O_CREAT)
if not os.fork():
    os.chdir(".."); os.open("third", os.O_WRONLY | os.O_CREAT); os._exit(0)
os.wait()
os.open("fourth", os.O_WRONLY | os.O_CREAT)
os.fchdir(here); os.rename("first", "below/fifth"); os.symlink("below", "link")
os.chdir("link"); os.open("sixth", os.O_WRONLY | os.O_CREAT)
os.open("seventh", os.O_WRONLY | os.O_CREAT, dir_fd=here)
"""


def told(sensor: Sensor, command: list[str], folder: Path | str) -> list[Event]:
    sensor.records()
    process = sensor.launch(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return list(observed(sensor, process, Origin.here()))


def test_relative_paths_are_those_that_they_mean(sensor: Sensor, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    found = told(sensor, python(WALK), tmp_path)
    opened = [one.path for one in found if isinstance(one, FileOpened) and one.for_writing]
    changed = [(one.path, one.to_path) for one in found if isinstance(one, FileChanged)]

    below = tmp_path / "below"
    wanted = [tmp_path / "first", below / "second", tmp_path / "third", below / "fourth", below / "sixth"]
    assert [Path(path) for path in opened] == [*wanted, Path("seventh")]
    assert changed == [(f"{tmp_path}/first", f"{tmp_path}/below/fifth"), ("below", f"{tmp_path}/link")]
    assert all(path.exists() for path in wanted[1:])


@pytest.mark.parametrize("folder", ["/", "/usr/share/doc", "/dev/shm", "/proc/sys/kernel"])
def test_the_working_folder_is_told_also_beyond_mounts(folder: str, sensor: Sensor) -> None:
    (started,) = (one for one in told(sensor, ["/bin/true"], folder) if isinstance(one, ProcessStarted))

    assert started.cwd == os.path.realpath(folder)


def test_a_working_folder_that_lies_too_deep_is_not_told(sensor: Sensor, tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*(f"{number:0100}" for number in range(30)))
    deep.mkdir(parents=True)
    for folder, is_told in ((deep, False), (deep.parents[10], True)):
        found = [one.cwd for one in told(sensor, ["/bin/true"], folder) if isinstance(one, ProcessStarted)]
        assert found == [str(folder) if is_told else None]


def test_inside_another_root_paths_are_as_the_process_sees_them(sensor: Sensor, tmp_path: Path) -> None:
    program = """
import os, sys
os.chroot(sys.argv[1]); os.chdir("/in/side"); os.open("file", os.O_WRONLY | os.O_CREAT)
"""
    (tmp_path / "in" / "side").mkdir(parents=True)
    found = told(sensor, python(program, str(tmp_path)), "/")

    assert "/in/side/file" in [one.path for one in found if isinstance(one, FileOpened)]


def test_in_a_mount_namespace_of_its_own_a_process_is_where_it_says(sensor: Sensor, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    command = ["unshare", "--mount", "/bin/sh", "-c", f"mount --bind {tmp_path}/a /mnt && cd /mnt/b && /bin/true"]
    found = told(sensor, command, "/")

    last = [one for one in found if isinstance(one, ProcessStarted) and one.executable == "/bin/true"]
    assert [one.cwd for one in last] == ["/mnt/b"]
