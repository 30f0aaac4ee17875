"""What programs write to their output, from the kernel alone: as whoever started them read it."""

import subprocess
import sys
from pathlib import Path

import pytest

from sensor.cut import LONGEST
from sensor.event import InputWritten, OutputWritten, ProcessStarted
from sensor.probes.observation import observed
from sensor.probes.origin import Origin
from sensor.probes.record import Count, Type
from sensor.probes.sensor import Sensor
from sensor.probes.streams.kept import MOST_KEPT
from tests.kernel.conftest import python, watched

CAPTURE = """
import subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
with open("/dev/shm/clew-" + str(subprocess.os.getpid()), "wb") as file:
    file.write(done.stdout + b"|" + done.stderr)
"""


def told(sensor: Sensor, command: list[str], **more: object) -> tuple[dict[int, str], list[OutputWritten]]:
    """Return the programs by number, and their outputs."""
    sensor.records()
    found = list(observed(sensor, sensor.launch(command, **more), Origin.here()))
    programs: dict[int, str] = {}
    for one in found:
        if isinstance(one, ProcessStarted) and one.executable:
            # A shell makes way for its last command: it is called by what it was first.
            programs.setdefault(one.process.pid, one.executable.rpartition("/")[2])
    return programs, [one for one in found if isinstance(one, OutputWritten)]


def captured(sensor: Sensor, *command: str) -> tuple[str, str, dict[tuple[str, str], str]]:
    """Run a command as an agent does, and return output and error as it read them, and all outputs that are told."""
    programs, found = told(sensor, python(CAPTURE, *command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (place,) = Path("/dev/shm").glob("clew-*")
    out, _, error = place.read_text().partition("|")
    place.unlink()
    return out, error, {(programs[one.process.pid], one.stream): one.text for one in found}


def test_what_an_agent_reads_of_a_command_is_told(sensor: Sensor) -> None:
    out, error, found = captured(sensor, "/bin/sh", "-c", "echo begin; /bin/echo middle; ls /nowhere; echo end")

    assert found["sh", "stdout"] == out == "begin\nmiddle\nend\n"
    assert found["sh", "stderr"] == found["ls", "stderr"] == error
    assert found["echo", "stdout"] == "middle\n"


def test_a_pipeline_is_told_step_by_step(sensor: Sensor) -> None:
    out, _, found = captured(sensor, "/bin/bash", "-c", "seq 3 | sed s/^/n/ | tee /dev/null; /bin/true")

    assert found["seq", "stdout"] == "1\n2\n3\n"
    assert found["sed", "stdout"] == found["tee", "stdout"] == found["bash", "stdout"] == out == "n1\nn2\nn3\n"


def test_what_is_left_behind_in_the_background_belongs_to_the_output(sensor: Sensor) -> None:
    out, _, found = captured(sensor, "/bin/sh", "-c", "(sleep 0.2; /bin/echo late) & echo early")

    assert found["sh", "stdout"] == out == "early\nlate\n"


@pytest.mark.parametrize("call", ["os.write(1, data)", "os.writev(1, [data[:7], b'', data[7:]])"])
def test_a_long_output_is_kept_in_part_and_counted_whole(call: str, sensor: Sensor) -> None:
    program = f"""
import os
data = b"0123456789" * 10_000
{call}
{call}
"""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as reader:
        _, (one,) = told(sensor, python(program), stdout=reader.stdin)

    assert one.size == 200_000
    # One word without an end: its last part is left out (`sensor.cut`).
    assert one.text == ("0123456789" * 10_000)[: MOST_KEPT - LONGEST]


def test_a_socket_pair_as_node_makes_them_is_an_output_too(sensor: Sensor) -> None:
    program = """
import socket, subprocess, sys
here, there = socket.socketpair()
child = subprocess.Popen(["/bin/sh", "-c", "/bin/echo one; /bin/echo two"], stdout=there)
there.close()
while here.recv(100): pass
child.wait()
"""
    programs, found = told(sensor, python(program), stdout=subprocess.DEVNULL)

    texts = {(programs[one.process.pid], one.text) for one in found}
    assert texts == {("sh", "one\ntwo\n"), ("echo", "one\n"), ("echo", "two\n")}


HAND = {
    "subprocess": "import subprocess; subprocess.run(['/bin/cat'], input=b'three words long')",
    "asyncio": """
import asyncio
async def main():
    child = await asyncio.create_subprocess_exec("/bin/cat", stdin=asyncio.subprocess.PIPE)
    await child.communicate(b"three words long")
asyncio.run(main())
""",
}


@pytest.mark.parametrize("how", HAND)
def test_what_a_child_is_handed_on_its_input_is_told(how: str, sensor: Sensor) -> None:
    command = sensor.launch(python(HAND[how]), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    found = list(observed(sensor, command, Origin.here()))

    assert [(one.text, one.size) for one in found if isinstance(one, InputWritten)] == [("three words long", 16)]


def test_files_terminals_and_pipes_that_are_nobodys_output_are_not_looked_at(sensor: Sensor, tmp_path: Path) -> None:
    program = """
import os, socket
read, write = os.pipe()
here, there = socket.socketpair()
for _ in range(100):
    os.write(write, b"secret"); os.read(read, 6); here.send(b"secret"); there.recv(6); print("secret")
"""
    before = sensor.count(Type.WRITTEN, Count.ATTEMPTED)
    with (tmp_path / "out").open("w") as out:
        found = watched(sensor, python(program), stdout=out)

    assert sensor.count(Type.WRITTEN, Count.ATTEMPTED) == before
    assert all(b"secret" not in record.payload for record in found if record.type != Type.EXECUTED)


def test_pipes_outside_the_scope_yield_nothing(sensor: Sensor) -> None:
    sensor.records()
    before = [sensor.count(kind, Count.ATTEMPTED) for kind in Type]
    subprocess.run([sys.executable, "-c", "print('outside')"], capture_output=True, check=True)
    subprocess.run(["/bin/sh", "-c", "seq 9 | cat"], capture_output=True, check=True)

    assert sensor.records() == []
    assert [sensor.count(kind, Count.ATTEMPTED) for kind in Type] == before


def test_output_is_counted_exactly(sensor: Sensor) -> None:
    what = (Count.ATTEMPTED, Count.LOST, Count.FOLDED)
    before = [sensor.count(Type.WRITTEN, one) for one in what]
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as reader:
        found = watched(sensor, ["/bin/sh", "-c", "seq 20000; seq 20000 | tail -n 5"], stdout=reader.stdin)
    read = sum(record.type == Type.WRITTEN for record in found)

    attempted, lost, folded = (sensor.count(Type.WRITTEN, one) - old for one, old in zip(what, before, strict=True))
    assert attempted == read + lost + folded
    assert read > 10


def test_what_the_kernel_moves_itself_is_counted_and_shows_as_a_gap(sensor: Sensor, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 1_000)
    program = """
import os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
os.write(1, b"begin "); os.sendfile(1, file, 0, 600); os.splice(file, 1, 400); os.write(1, b"end")
"""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as reader:
        _, (one,) = told(sensor, python(program, str(tmp_path / "file")), stdout=reader.stdin)

    assert (one.text, one.size) == ("begin \ufffdend", 1_009)


def test_an_output_of_many_small_writes_is_counted_whole_and_nothing_is_lost(sensor: Sensor) -> None:
    program = "import os\nfor _ in range(30_000): os.write(1, b'0123456789')\nos.close(1)"
    before = sensor.count(Type.WRITTEN, Count.LOST)
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as reader:
        shell = ["/bin/sh", "-c", f'{sys.executable} -I -S -c "{program}"; true']
        _, found = told(sensor, shell, stdout=reader.stdin)

    assert sensor.count(Type.WRITTEN, Count.LOST) == before
    assert [(one.size, len(one.text)) for one in found] == [(300_000, MOST_KEPT - LONGEST)] * 2
