"""The sensor sees the tree that it was told to see, all of it, and nothing else."""

import ctypes
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from sensor.probes.record import Count, Record, Type
from sensor.probes.sensor import Sensor
from tests.kernel.conftest import python, watched

BUSY = """
import os, socket, subprocess, sys
for number in range(int(sys.argv[2])):
    name = f"{sys.argv[1]}/{os.getpid()}-{number}"
    open(name, "w").close()
    os.rename(name, name + "x")
    os.unlink(name + "x")
    with socket.socket() as there:
        there.connect_ex(("127.0.0.1", int(sys.argv[3])))
    if number % 20 == 0:
        subprocess.run(["/bin/true"])
"""


def family(root: int, records: list[Record]) -> set[int]:
    found = {root}
    for record in records:
        if record.type == Type.FORKED and record.tgid in found:
            found.add(record.first)
    return found


def test_a_process_outside_does_the_same_at_the_same_time_and_yields_nothing(sensor: Sensor, tmp_path: Path) -> None:
    before = sum(sensor.count(kind, Count.ATTEMPTED) for kind in Type)
    folded_before = sensor.count(Type.OPENED, Count.FOLDED)
    outside = subprocess.Popen(python(BUSY, str(tmp_path), "1000000", "9"))
    try:
        found = watched(sensor, python(BUSY, str(tmp_path), "200", "9"))
    finally:
        outside.kill()
        outside.wait()
    root = found[0].tgid

    assert {record.tgid for record in found} <= family(root, found)
    assert outside.pid not in {record.tgid for record in found}
    assert all(str(outside.pid).encode() not in record.payload for record in found if record.type == Type.OPENED)
    # Nothing of it was written and then left out: what the kernel attempted is here, or was folded.
    folded = sensor.count(Type.OPENED, Count.FOLDED) - folded_before
    assert sum(sensor.count(kind, Count.ATTEMPTED) for kind in Type) - before == len(found) + folded
    opened = Counter(record.text() for record in found if record.type == Type.OPENED)
    assert sum(count for name, count in opened.items() if name.startswith(f"{tmp_path}/{root}-")) == 200


def test_nothing_is_observed_before_a_process_is_in_the_scope(sensor: Sensor, tmp_path: Path) -> None:
    sensor.records()
    before = [sensor.count(kind, Count.ATTEMPTED) for kind in Type]
    subprocess.run(python(BUSY, str(tmp_path), "50", "9"), check=True)

    assert sensor.records() == []
    assert [sensor.count(kind, Count.ATTEMPTED) for kind in Type] == before


def test_short_lived_children_and_those_that_outlive_their_parents_are_all_seen(sensor: Sensor) -> None:
    script = "for i in $(seq 100); do (/bin/true & ) ; done; setsid sh -c 'sleep 0.3; exec /bin/echo late' >/dev/null &"
    found = watched(sensor, ["/bin/sh", "-c", script])
    kinds = Counter(Type(record.type) for record in found)

    born = {record.first for record in found if record.type == Type.FORKED}
    assert len(born) == kinds[Type.FORKED]
    assert {record.tgid for record in found if record.type == Type.EXITED} == born | {found[0].tgid}
    assert sum(b"/bin/true\0" in record.payload for record in found if record.type == Type.EXECUTED) == 100
    assert any(b"/bin/echo\0late" in record.payload for record in found if record.type == Type.EXECUTED)


def test_threads_are_no_processes_and_one_that_executes_stays_the_same_process(sensor: Sensor) -> None:
    program = """
import os, threading
thread = threading.Thread(target=lambda: os.execv("/bin/echo", ["echo", "thread"]))
thread.start(); thread.join()
"""
    found = watched(sensor, python(program), stdout=subprocess.DEVNULL)

    assert [record.type for record in found if record.type in {Type.FORKED, Type.EXITED}] == [Type.EXITED]
    executed = [record for record in found if record.type == Type.EXECUTED]
    assert [b"echo\0thread" in record.payload for record in executed] == [False, True]
    assert len({(record.tgid, record.started_ns) for record in found}) == 1


def test_another_pid_namespace_does_not_hide_a_process(sensor: Sensor) -> None:
    command = ["unshare", "--pid", "--fork", "--mount-proc", "/bin/sh", "-c", "/bin/echo $$"]
    found = watched(sensor, command, stdout=subprocess.DEVNULL)

    inner = [record for record in found if record.type == Type.EXECUTED and b"/bin/echo\x001\0" in record.payload]
    assert len(inner) == 1
    assert inner[0].tgid != 1


def test_a_child_process_of_python_is_told_with_its_parent(sensor: Sensor) -> None:
    found = watched(sensor, python("import subprocess; subprocess.run(['/bin/true'])"))
    (true,) = (record for record in found if record.type == Type.EXECUTED and b"/bin/true\0" in record.payload)

    assert true.first == found[0].tgid
    assert sys.executable.encode() in found[0].payload


CLONE3 = 435
"""Number of the system call, on every machine."""


def test_who_is_born_outside_with_the_number_of_a_member_is_outside(sensor: Sensor) -> None:
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    sensor._kernel.observe(gone.pid)  # as if its end had been missed
    sensor.records()
    # `struct clone_args` (linux/sched.h) up to `set_tid_size`: a child with a number that we choose.
    number = (ctypes.c_int32 * 1)(gone.pid)
    arguments = (ctypes.c_uint64 * 10)(0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, ctypes.addressof(number), 1)
    pid = ctypes.CDLL(None).syscall(CLONE3, arguments, ctypes.sizeof(arguments))
    if pid == 0:
        os.execv("/bin/cat", ["cat", "/dev/null"])  # noqa: S606
    if pid < 0:
        pytest.skip("this kernel lets nobody choose the number of a process")
    os.waitpid(pid, 0)

    assert pid == gone.pid
    assert sensor.records() == []
