"""`clew watch`: what runs already is observed, and nothing else; stories come while it runs."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from examples.live import agents
from examples.live.model import serving
from sensor.probes import cgroups
from tests.kernel.conftest import clew, on_a_disk, verb

pytestmark = pytest.mark.usefixtures("sensor")


@contextmanager
def waiting(folder: Path, port: int) -> "Iterator[subprocess.Popen[bytes]]":
    """Give a shell that starts the agent when it is told to, and ends when it is told again."""
    agent = f"'{sys.executable}' '{agents.__file__}' standard {port}"
    env = os.environ | {"SSL_CERT_FILE": str(folder / "cert.pem")}
    shell = ["sh", "-c", f"read go; {agent}; read end"]
    with subprocess.Popen(shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def watching(command: list[str]) -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watcher:
        try:
            yield watcher
        finally:
            watcher.kill()


def told(folder: Path, shell: "subprocess.Popen[bytes]", *what: str) -> list[dict[str, object]]:
    """Return the stories of what a watcher that is pointed at it sees, each version."""
    command = verb(folder, "watch", "--json", *what)
    with watching(command) as watcher:
        assert watcher.stderr is not None
        assert watcher.stdout is not None
        assert shell.stdin is not None
        assert shell.stdout is not None
        assert "are observed" in watcher.stderr.readline()
        shell.stdin.write(b"\n")
        shell.stdin.flush()
        first = json.loads(watcher.stdout.readline())  # while the shell still waits
        shell.stdin.write(b"\n")
        shell.stdin.flush()
        shell.wait(timeout=30)
        rest, _ = watcher.communicate(timeout=30)
        return [first, *map(json.loads, rest.splitlines())]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with serving(tmp_path) as port:
        yield port


def test_a_process_that_runs_is_watched_with_what_it_starts(tmp_path: Path, port: int) -> None:
    with waiting(tmp_path, port) as shell:
        stories = told(tmp_path, shell, "--pid", str(shell.pid))

    assert {story["title"] for story in stories} == {
        "The agent sent a message with send_mail, in line with text returned by read_ticket"
    }


def test_a_control_group_is_watched_and_what_is_outside_is_not(tmp_path: Path, port: int) -> None:
    group = cgroups.mount() / f"clew-test-{secrets.token_hex(4)}"
    group.mkdir()
    try:
        with waiting(tmp_path, port) as inside, waiting(tmp_path, port) as outside:
            (group / "cgroup.procs").write_text(str(inside.pid))
            assert outside.stdin is not None
            outside.stdin.write(b"\n\n")
            outside.stdin.flush()
            stories = told(tmp_path, inside, "--cgroup", f"/{group.name}")
            outside.wait(timeout=30)
    finally:
        group.rmdir()

    assert len({story["id"] for story in stories}) == 1


@pytest.mark.parametrize("ask", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_and_what_was_seen_is_told(ask: signal.Signals, tmp_path: Path, port: int) -> None:
    with waiting(tmp_path, port) as shell:
        command = verb(tmp_path, "watch", "--pid", str(shell.pid))
        with watching(command) as watcher:
            assert watcher.stderr is not None
            assert "1 processes are observed" in watcher.stderr.readline()
            watcher.send_signal(ask)
            _, said = watcher.communicate(timeout=30)

    assert (watcher.returncode, said) == (0, "clew: 0 stories\n")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ((), "say what to observe"),
        (("--pid", "1"), "whole machine"),
        (("--pid", str(2**22)), "no process"),
        (("--cgroup", "/"), "whole machine"),
        (("--unit", "no-such-unit"), "no control group"),
        (("--container", "abc"), "no id"),
    ],
)
def test_what_may_not_be_observed_or_is_not_there_is_refused(tmp_path: Path, what: Sequence[str], said: str) -> None:
    ran = clew(tmp_path, "watch", *what)

    assert ran.returncode != 0
    assert said in ran.stderr.decode()


def test_a_followed_command_is_told_while_it_runs(tmp_path: Path, port: int) -> None:
    env = os.environ | {"SSL_CERT_FILE": str(tmp_path / "cert.pem")}
    shell = f"'{sys.executable}' '{agents.__file__}' standard {port}; read end; exit 3"
    command = verb(tmp_path, "run", "--follow", "--", "sh", "-c", shell)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
    ) as ran:
        assert ran.stderr is not None
        line = b""
        while b"text returned by read_ticket" not in line:
            line = ran.stderr.readline()
            assert line, "it ended before it told anything"
        _, rest = ran.communicate(b"\n", timeout=60)

    assert ran.returncode == 3
    assert b"1 stories" in rest


def test_a_full_disk_ends_it_and_is_told(tmp_path: Path) -> None:
    many = ["sh", "-c", "sleep 2; for i in $(seq 3000); do /bin/true; done; sleep 20"]
    with subprocess.Popen(many) as busy:
        ran = clew(tmp_path, "watch", "--pid", str(busy.pid), before=on_a_disk(tmp_path, "600k"))
        busy.kill()

    assert ran.returncode == 1
    assert b"No space is left for " in ran.stderr
