"""Threads of processes that this test started are held, and go on as if nothing had been."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sensor.probes.hold import Holder
from sensor.probes.record import HEADER, Record, Type
from sensor.probes.running import TICK_NS, started

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root holds processes that are not its children")

COUNTS = """
import mmap, signal, sys
signal.signal(signal.SIGUSR1, lambda *_: print("told", flush=True))
with open(sys.argv[1], "r+b") as file:
    counted = mmap.mmap(file.fileno(), 8)
print("begun", flush=True)
number = 0
while True:
    number += 1
    counted[:] = number.to_bytes(8, "little")
"""


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """Return a process that counts without end, and where; it calls the system for nothing."""
    (tmp_path / "counted").write_bytes(bytes(8))
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTS, str(tmp_path / "counted")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    yield process, tmp_path / "counted"
    process.kill()
    process.communicate()


def record(pid: int, ticks: int | None = None) -> Record:
    """Return a record of the first thread of a process."""
    since = (started(pid) or 0) if ticks is None else ticks
    return Record.read(HEADER.pack(500, since * TICK_NS + 7, 0, 0, 0, pid, pid, 0, Type.EXECUTED, 0, 0, 0))


def goes_on(written: Path) -> bool:
    before = written.read_bytes()
    time.sleep(0.1)
    return written.read_bytes() != before


@contextmanager
def held(told: Record) -> Iterator[int]:
    """Hold the thread of a record from another process, as its parent does not; return the number of who holds."""
    ready, tell = os.pipe()
    go, let_go = os.pipe()
    child = os.fork()
    if child == 0:
        holder = Holder()
        with holder.held(told):
            os.write(tell, b"h")
            os.read(go, 1)
        while holder.unreleased:
            time.sleep(0.001)
            holder.release()
        os._exit(0)
    os.read(ready, 1)
    yield child
    os.write(let_go, b"g")
    os.waitpid(child, 0)
    for one in (ready, tell, go, let_go):
        os.close(one)


def test_a_thread_stands_still_while_it_is_held_and_its_parent_is_told_nothing(
    busy: tuple["subprocess.Popen[str]", Path],
) -> None:
    process, written = busy

    with held(record(process.pid)):
        time.sleep(0.05)
        assert not goes_on(written)
        assert os.waitid(os.P_PID, process.pid, os.WEXITED | os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is None

    assert goes_on(written)
    assert "TracerPid:\t0" in Path(f"/proc/{process.pid}/status").read_text("ascii")


def test_a_signal_that_comes_meanwhile_is_not_lost(busy: tuple["subprocess.Popen[str]", Path]) -> None:
    process, _ = busy
    assert process.stdout is not None
    for _ in range(50):
        with held(record(process.pid)):
            process.send_signal(signal.SIGUSR1)
        assert process.stdout.readline() == "told\n"


def test_who_waits_in_a_call_that_would_not_begin_again_is_left_alone() -> None:
    waits = "import select; poll = select.epoll(); print('begun', flush=True); poll.poll()"
    with subprocess.Popen([sys.executable, "-c", waits], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.1)
        with held(record(process.pid)):
            time.sleep(0.05)
            assert Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "S"
        process.kill()


def test_another_process_with_the_number_is_left_alone(busy: tuple["subprocess.Popen[str]", Path]) -> None:
    process, written = busy

    with held(record(process.pid, ticks=(started(process.pid) or 0) - 1)):
        assert goes_on(written)


def test_who_has_ended_holds_nobody_up(busy: tuple["subprocess.Popen[str]", Path]) -> None:
    process, _ = busy
    gone = record(process.pid)

    with held(gone):
        process.kill()
    assert process.wait() == -signal.SIGKILL
    with held(gone):
        pass


def test_the_end_of_who_holds_lets_go(busy: tuple["subprocess.Popen[str]", Path]) -> None:
    process, written = busy

    with held(record(process.pid)) as holds:
        os.kill(holds, signal.SIGKILL)
        os.waitid(os.P_PID, holds, os.WEXITED | os.WNOWAIT)
        assert goes_on(written)
