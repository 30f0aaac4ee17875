"""`clew record`: the command does not notice, and what it did is in the file."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from sensor.event import CaptureStatus, Event, EventsLost, FileOpened, ProcessExited, ProcessStarted
from sensor.probes.table import PROBES
from sensor.sources.replay import read
from tests.kernel.conftest import clew, verb

pytestmark = pytest.mark.usefixtures("sensor")


def events(folder: Path) -> list[Event]:
    return list(read(folder / "out"))


def test_input_output_and_exit_code_are_those_of_the_command(tmp_path: Path) -> None:
    ran = clew(
        tmp_path, "record", "-o", str(tmp_path / "out"), "--", "sh", "-c", "cat; echo oh >&2; exit 4", input=b"in\0put"
    )

    assert (ran.returncode, ran.stdout) == (4, b"in\0put")
    assert ran.stderr.startswith(b"oh\n")
    found = events(tmp_path)
    assert isinstance(found[0], CaptureStatus)
    assert found[0].seen == tuple(probe.name for probe in PROBES)
    assert [one.argv[0] for one in found if isinstance(one, ProcessStarted) and one.argv] == ["sh", "cat"]
    assert [one.exit_code for one in found if isinstance(one, ProcessExited)][-1] == 4
    assert not [one for one in found if isinstance(one, EventsLost)]


def test_what_was_recorded_is_replayed(tmp_path: Path) -> None:
    clew(tmp_path, "record", "-o", str(tmp_path / "out"), "--", "cat", "/etc/hostname")
    ran = clew(tmp_path, "replay", str(tmp_path / "out"))

    assert ran.returncode == 0
    assert f"{len(events(tmp_path))} events, {len(events(tmp_path))} new".encode() in ran.stderr + ran.stdout


def test_a_credential_in_an_argument_is_not_kept(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6" * 3
    clew(tmp_path, "record", "-o", str(tmp_path / "out"), "--", "true", secret)

    assert secret.encode() not in (tmp_path / "out").read_bytes()
    assert any("<SECRET:" in word for one in events(tmp_path) if isinstance(one, ProcessStarted) for word in one.argv)


def test_the_commands_own_options_are_the_commands(tmp_path: Path) -> None:
    ran = clew(tmp_path, "record", "-o", str(tmp_path / "out"), "echo", "--out", "x", "-o", "--help")

    assert (ran.returncode, ran.stdout) == (0, b"--out x -o --help\n")


def test_a_command_that_is_not_there_is_said_as_by_a_shell(tmp_path: Path) -> None:
    ran = clew(tmp_path, "record", "-o", str(tmp_path / "out"), "--", "no-such-command")

    assert ran.returncode == 127
    assert b"no-such-command" in ran.stderr


def test_a_signal_that_comes_while_the_command_starts_reaches_it(tmp_path: Path) -> None:
    at_once = ["sh", "-c", "kill -TERM $PPID; exec sleep 60"]  # before its observer can have looked for the first time
    ran = clew(tmp_path, "record", "-o", str(tmp_path / "out"), "--", *at_once)

    assert ran.returncode == 128 + signal.SIGTERM
    assert [event for event in read(tmp_path / "out") if event.kind == "process_exited"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_command_and_what_it_did_is_kept(number: signal.Signals, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = verb(tmp_path, "record", "-o", str(out), "--")
    process = subprocess.Popen(
        [*command, "sh", "-c", "cat /etc/hostname; exec sleep 60"], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.3)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    process.communicate(timeout=20)

    assert process.returncode == 128 + number
    found = events(tmp_path)
    assert "/etc/hostname" in [one.path for one in found if isinstance(one, FileOpened)]
    assert [one.exit_code for one in found if isinstance(one, ProcessExited)][-1] == 128 + number


def test_without_root_it_says_what_to_do(tmp_path: Path) -> None:
    command = verb(tmp_path, "record", "-o", "/dev/null", "true")
    ran = subprocess.run(["unshare", "--user", *command], capture_output=True, timeout=60)

    assert ran.returncode == 1
    assert b"Run as root (sudo)." in ran.stderr
    assert b"Traceback" not in ran.stderr


def test_what_was_in_the_file_stays_where_the_sensor_cannot_start(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("old")
    command = verb(tmp_path, "record", "-o", str(tmp_path / "out"), "true")
    subprocess.run(["unshare", "--user", *command], capture_output=True, timeout=60)

    assert (tmp_path / "out").read_text() == "old"


def test_the_environment_is_the_commands_own(tmp_path: Path) -> None:
    given = {
        "PATH": os.environ["PATH"],
        "foo.bar": "1",
        "BASH_FUNC_f%%": "() { :; }",
        "CLEW_STORE": str(tmp_path / "store"),
    }
    clew(
        tmp_path,
        "record",
        "-o",
        str(tmp_path / "out"),
        "--",
        "sh",
        "-c",
        f"cat /proc/$$/environ > {tmp_path}/environ",
        env=given,
    )
    names = {line.partition(b"=")[0].decode() for line in (tmp_path / "environ").read_bytes().split(b"\0") if line}

    assert names - {"LC_CTYPE"} == set(given)


def test_what_outlives_the_command_is_said_to_be_unseen(tmp_path: Path) -> None:
    clew(
        tmp_path,
        "record",
        "-o",
        str(tmp_path / "out"),
        "--",
        "sh",
        "-c",
        "(sleep 1; cat /etc/hostname >/dev/null) >/dev/null 2>&1 & exit 0",
    )

    (told,) = (one for one in events(tmp_path)[1:] if isinstance(one, CaptureStatus))
    assert any("outlive the command" in part for part in told.unseen)
