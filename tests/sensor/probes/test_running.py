"""Processes that run already, from a folder laid out as /proc: a number that comes again is another process."""

import os
import subprocess
from pathlib import Path

import pytest

from sensor.errors import UnknownTarget
from sensor.probes.running import running, started, target, tree


def process(proc: Path, pid: int, parent: int, started: int, name: str = "x) R 1 (y") -> None:
    folder = proc / str(pid)
    folder.mkdir(exist_ok=True)
    numbers = " ".join(map(str, [*[0] * 17, started, *[0] * 30]))
    (folder / "stat").write_text(f"{pid} ({name}) S {parent} {numbers}\n")
    (folder / "cmdline").write_bytes(b"agent\0--now\0")
    (folder / "exe").unlink(missing_ok=True)
    (folder / "exe").symlink_to("/usr/bin/agent")


def test_a_tree_with_what_it_started(tmp_path: Path) -> None:
    for pid, parent in ((500, 1), (501, 500), (502, 501), (600, 1)):
        process(tmp_path, pid, parent, started=pid)

    assert tree([(500, 500)], tmp_path) == {(500, 500), (501, 501), (502, 502)}


def test_a_number_that_comes_again_is_not_the_root_that_was_named(tmp_path: Path) -> None:
    process(tmp_path, 500, 1, started=900, name="sshd-of-somebody")
    process(tmp_path, 502, 500, started=901)

    assert tree([(500, 100)], tmp_path) == set()


def test_what_a_process_is_told_to_be(tmp_path: Path) -> None:
    process(tmp_path, 500, 7, started=42)
    found = running(500, tmp_path)

    assert found is not None
    assert (found.parent, found.started, found.executable, found.argv) == (7, 42, "/usr/bin/agent", ("agent", "--now"))
    assert (started(500, tmp_path), started(501, tmp_path), running(501, tmp_path)) == (42, None, None)


def test_a_real_process_has_a_start_and_a_thread_of_the_kernel_is_none() -> None:
    with subprocess.Popen(["sleep", "9"]) as child:
        assert target(child.pid) == (child.pid, started(child.pid))
        assert (child.pid, started(child.pid)) in tree([target(child.pid)])
        child.kill()
    for pid in (1, 0, os.getpid(), 2**22):
        with pytest.raises(UnknownTarget):
            target(pid)
