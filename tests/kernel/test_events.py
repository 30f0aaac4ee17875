"""What processes did, as events: against what the test made them do."""

import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest

from sensor.event import (
    ConnectionAccepted,
    ConnectionOpened,
    FileChanged,
    FileOpened,
    Observed,
    OpenRefused,
    ProcessExited,
    ProcessStarted,
)
from sensor.probes.cgroups import mount
from sensor.probes.decode import decode
from sensor.probes.observation import observed
from sensor.probes.origin import Origin
from sensor.probes.record import Count, Type
from sensor.probes.sensor import Sensor
from tests.kernel.conftest import python, watched

Kind = TypeVar("Kind", bound=Observed)
HERE = Origin.here()


def told(sensor: Sensor, command: Sequence[str], kind: type[Kind], **more: object) -> list[Kind]:
    events = (event for record in watched(sensor, command, **more) for event in decode(record, HERE))
    return [event for event in events if isinstance(event, kind)]


def test_a_command_is_told_with_its_arguments_its_program_and_its_namespaces(sensor: Sensor) -> None:
    arguments = ["/bin/echo", "two words", "", "ümläut", "\x1b[31m", "x" * 3_000]
    (started,) = told(sensor, arguments, ProcessStarted, stdout=subprocess.DEVNULL)

    assert started.executable == "/bin/echo"
    assert started.argv == tuple(arguments)
    for name, number in started.namespaces.items():
        assert str(Path(f"/proc/self/ns/{name}").readlink()) == f"{name}:[{number}]"
    assert started.process.boot_id == HERE.boot_id


def test_arguments_that_are_too_many_are_cut_and_the_rest_is_told(sensor: Sensor) -> None:
    (started,) = told(sensor, ["/bin/true", *("y" * 1_000 for _ in range(10))], ProcessStarted)

    assert started.argv[:5] == ("/bin/true", *["y" * 1_000] * 4)
    assert sum(map(len, started.argv)) < 4_100


@pytest.mark.parametrize(
    ("command", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -TERM $$", 143)]
)
def test_an_exit_is_told_with_its_code(command: str, code: int, sensor: Sensor) -> None:
    (exited,) = told(sensor, ["/bin/sh", "-c", command], ProcessExited)

    assert exited.exit_code == code


def test_times_are_those_of_the_clock(sensor: Sensor) -> None:
    before = time.time_ns()
    (started,) = told(sensor, ["/bin/true"], ProcessStarted)

    # The clock may be set while the machine runs; a second is much.
    assert before - 10**9 < (started.at_ns or 0) < time.time_ns() + 10**9


def test_files_that_are_opened_are_told_with_what_for(sensor: Sensor, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    program = f"""
import os
os.open({str(tmp_path / "there")!r}, os.O_RDONLY)
os.open({str(tmp_path / "new")!r}, os.O_WRONLY | os.O_CREAT)
os.open({str(tmp_path / "both")!r}, os.O_RDWR | os.O_CREAT)
try: os.open({str(tmp_path / "missing")!r}, os.O_RDONLY)
except OSError: pass
os.chdir({str(tmp_path)!r})
os.open("new", os.O_RDONLY)
"""
    found = told(sensor, python(program), FileOpened)
    mine = [(one.path, one.for_writing) for one in found if one.path.startswith((str(tmp_path), "new"))]

    assert mine == [
        (str(tmp_path / "there"), False), (str(tmp_path / "new"), True), (str(tmp_path / "both"), True), ("new", False)
    ]  # fmt: skip


def test_a_path_of_4095_bytes_is_told_whole(sensor: Sensor, tmp_path: Path) -> None:
    long = str(tmp_path) + "/." * ((4_094 - len(str(tmp_path))) // 2)
    found = told(sensor, python(f"import os; os.open({long!r}, os.O_RDONLY)"), FileOpened)

    assert long in [one.path for one in found]


def test_what_becomes_of_names_is_told(sensor: Sensor, tmp_path: Path) -> None:
    program = """
import os, sys
os.chdir(sys.argv[1])
open("a", "w").close()
os.chmod("a", 0o600); os.rename("a", "b"); os.link("b", "c"); os.symlink("c", "d"); os.unlink("b"); os.mkdir("e"); os.rmdir("e")
folder = os.open(".", os.O_RDONLY)
os.rename("c", "f", src_dir_fd=folder, dst_dir_fd=folder); os.unlink("f", dir_fd=folder)
"""
    found = told(sensor, python(program, str(tmp_path)), FileChanged)

    assert [(one.change, one.path, one.to_path) for one in found] == [
        ("chmod", "a", None), ("rename", "a", "b"), ("link", "b", "c"), ("link", "c", "d"), ("unlink", "b", None),
        ("unlink", "e", None), ("rename", "c", "f"), ("unlink", "f", None),
    ]  # fmt: skip


def test_connections_are_told_with_their_peers(sensor: Sensor, tmp_path: Path) -> None:
    program = """
import socket, sys
for family, where in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    with socket.socket(family) as listening, socket.socket(family) as there:
        listening.bind((where, 0)); listening.listen()
        print(listening.getsockname()[1], flush=True)
        there.connect(listening.getsockname()[:2])
        listening.accept()
        print(there.getsockname()[1], flush=True)
with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as there:
    listening.bind(sys.argv[1]); listening.listen(); there.connect(sys.argv[1])
"""
    ports = tmp_path / "ports"
    with ports.open("w") as out:
        records = watched(sensor, python(program, str(tmp_path / "s")), stdout=out)
    found = [event for record in records for event in decode(record, HERE)]
    first, second, third, fourth = ports.read_text().split()
    opened = [one.remote for one in found if isinstance(one, ConnectionOpened)]
    accepted = [one.remote for one in found if isinstance(one, ConnectionAccepted)]

    assert opened == [f"127.0.0.1:{first}", f"[::1]:{third}", f"unix:{tmp_path}/s"]
    assert accepted == [f"127.0.0.1:{second}", f"[::1]:{fourth}"]


def test_a_file_that_a_process_reads_again_and_again_is_told_once_and_counted(sensor: Sensor, tmp_path: Path) -> None:
    program = """
import os, sys
for _ in range(50): os.close(os.open(sys.argv[1], os.O_RDONLY))
for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY): os.close(os.open(sys.argv[1], flags))
if not os.fork():
    os.close(os.open(sys.argv[1], os.O_RDONLY))
    os._exit(0)
os.wait()
"""
    (tmp_path / "file").write_text("")
    before = sensor.count(Type.OPENED, Count.FOLDED)
    found = told(sensor, python(program, str(tmp_path / "file")), FileOpened)
    mine = [(one.process.pid, one.for_writing) for one in found if one.path == str(tmp_path / "file")]

    assert [writing for _, writing in mine] == [False, True, True, True, False]
    assert len({pid for pid, _ in mine}) == 2
    assert 49 <= sensor.count(Type.OPENED, Count.FOLDED) - before < 70  # the interpreter opens files twice, too


def test_what_was_read_is_told_again_when_somebody_has_written_it(sensor: Sensor, tmp_path: Path) -> None:
    program = """
import os, sys
def opened(flags): os.close(os.open(sys.argv[1], flags))
opened(os.O_RDONLY); opened(os.O_RDONLY)
if not os.fork():
    opened(os.O_WRONLY)
    os._exit(0)
os.wait()
opened(os.O_RDONLY); opened(os.O_RDONLY)
"""
    (tmp_path / "file").write_text("")
    found = told(sensor, python(program, str(tmp_path / "file")), FileOpened)
    mine = [one.for_writing for one in found if one.path == str(tmp_path / "file")]

    assert mine == [False, True, False]


PROGRAMS = """
import os, subprocess, sys
folder = sys.argv[1]
for number in range(int(sys.argv[2])):
    os.close(os.open(f"{folder}/{number}", os.O_WRONLY | os.O_CREAT))
for _ in range(20): subprocess.run([f"{folder}/cat", f"{folder}/libnotes.so"], check=True)
subprocess.run([f"{folder}/head", f"{folder}/libnotes.so"], check=True)
"""


@pytest.mark.parametrize("written", [0, 10_000])
def test_what_every_program_opens_is_told_once_for_each_program_and_the_rest_for_each_process(
    written: int, sensor: Sensor, tmp_path: Path
) -> None:
    (tmp_path / "libnotes.so").write_text("")
    for name in ("cat", "head"):  # programs of this test's own: others may have told what theirs open
        shutil.copy(f"/bin/{name}", tmp_path / name)
    records = watched(sensor, python(PROGRAMS, str(tmp_path), str(written)))
    found = [event for record in records for event in decode(record, HERE)]
    programs = {one.process.pid: one.executable for one in found if isinstance(one, ProcessStarted) and one.executable}
    opened = Counter(
        (str(programs[one.process.pid]).rpartition("/")[2], one.path)
        for one in found
        if isinstance(one, FileOpened) and one.process.pid in programs
    )
    (libc,) = {path for _, path in opened if "/libc.so" in path}

    for path in (libc, "/etc/ld.so.cache"):
        # A machine may be so slow that ten seconds go by, and what seems to have been written is told for each process.
        assert 1 <= opened["cat", path] <= 3
        assert opened["head", path] == 1
    # Whatever it is called: what lies elsewhere may be anything.
    assert opened["cat", str(tmp_path / "libnotes.so")] == 20


INSIDE = """
set -e
mount -t tmpfs -o mode=755 none /usr/lib/locale  # in a namespace of its own: nothing of the machine's is changed
cd /usr/lib/locale
echo one > written
ln -s "$1/secret" linked
ln -s "$1/plan.so" open
shift
for path in "$@"; do
    for number in 1 2 3 4 5; do /bin/cat "$path"; done
done
"""


def test_what_may_be_something_else_is_told_of_each_process(sensor: Sensor, open_folder: Path) -> None:
    for name, mode in (("secret", 0o600), ("plan.so", 0o666)):
        (open_folder / name).touch()
        (open_folder / name).chmod(mode)
    (open_folder / "libs.so.d").mkdir()
    (open_folder / "libs.so.d/plan").touch(0o644)
    paths = [
        "/usr/lib/locale/written",  # was written while it was observed
        f"/usr/lib/locale/../../..{open_folder}/libs.so.d/plan",
        f"/lib/../..{open_folder}/plan.so",
        "/usr/lib/locale/linked",
        "/usr/lib/locale/open",
    ]
    found = told(
        sensor,
        ["unshare", "--mount", "/bin/sh", "-c", INSIDE, "sh", str(open_folder), *paths],
        FileOpened,
        stdout=subprocess.DEVNULL,
    )

    assert Counter(one.path for one in found if one.path in paths and not one.for_writing) == dict.fromkeys(paths, 5)


REFUSED = """
import os, sys
os.chdir(sys.argv[2])
os.setgid(65534); os.setuid(65534)
for path in [sys.argv[1]] * 50 + ["secret", sys.argv[1] + "/missing", sys.argv[2] + "/none"]:
    for flags in (os.O_RDONLY, os.O_WRONLY):
        try: os.close(os.open(path, flags))
        except OSError: pass
try: os.open("open", os.O_RDONLY | os.O_NOATIME)
except PermissionError: os.open("open", os.O_RDONLY)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    # pytest's own are closed to other users.
    with TemporaryDirectory(prefix="clew-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_opens_that_were_refused_are_told_once_with_the_error_and_no_others(sensor: Sensor, open_folder: Path) -> None:
    folder = open_folder
    (folder / "secret").touch(0o600)
    (folder / "open").touch(0o644)
    before = [sensor.count(Type.OPENED, what) for what in (Count.ATTEMPTED, Count.FOLDED)]
    records = watched(sensor, python(REFUSED, str(folder / "secret"), str(folder)))
    attempted, folded = (
        sensor.count(Type.OPENED, what) - count
        for what, count in zip((Count.ATTEMPTED, Count.FOLDED), before, strict=True)
    )
    found = [event for record in records for event in decode(record, Origin.here())]

    assert [(one.path, one.for_writing, one.error) for one in found if isinstance(one, OpenRefused)] == [
        (str(folder / "secret"), False, "EACCES"), (str(folder / "secret"), True, "EACCES"),
        ("secret", False, "EACCES"), ("secret", True, "EACCES"), ("open", False, "EPERM"),
    ]  # fmt: skip
    assert "open" in [one.path for one in found if isinstance(one, FileOpened)]
    assert folded >= 98
    assert attempted == folded + len([record for record in records if record.type == Type.OPENED])


def test_two_paths_of_4095_bytes_are_told_whole(sensor: Sensor, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    begin = str(tmp_path) + "/." * ((4_090 - len(str(tmp_path))) // 2)
    program = "import os, sys; os.rename(sys.argv[1] + '/a', sys.argv[1] + '/b')"
    (changed,) = told(sensor, python(program, begin), FileChanged)

    assert (changed.path, changed.to_path) == (f"{begin}/a", f"{begin}/b")


def test_what_runs_in_the_group_of_a_unit_is_told_so(sensor: Sensor) -> None:
    folder = mount() / f"clew-test-{os.getpid()}.service"
    folder.mkdir()
    try:
        sensor.records()
        moves = f"echo $$ > {folder}/cgroup.procs; exec /bin/true"
        found = list(observed(sensor, sensor.launch(["sh", "-c", moves]), Origin.here()))
    finally:
        folder.rmdir()

    told = {one.argv[0]: one.unit for one in found if isinstance(one, ProcessStarted) and one.argv}
    assert told["/bin/true"] == folder.name
    assert told["sh"] != folder.name
