"""Records from bytes, and what they say: no kernel, no root."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.errors import RecordInvalid
from sensor.event import ConnectionOpened, FileChanged, FileOpened, OpenRefused, ProcessExited, ProcessStarted
from sensor.probes.decode import ASSEMBLED, DECODERS, decode
from sensor.probes.network.decode import peer
from sensor.probes.origin import Origin
from sensor.probes.process.decode import EXECUTED
from sensor.probes.record import HEADER, Change, Record, Type

ORIGIN = Origin("boot", 1_000)


def record(kind: Type, payload: bytes = b"", *, first: int = 0, second: int = 0, ret: int = 0) -> Record:
    """Return a record as the kernel writes it."""
    return Record.read(HEADER.pack(500, 400, first, second, ret, 7, 8, 0, kind, 1, 0, len(payload)) + payload)


def decoded(one: Record) -> object:
    (event,) = decode(one, ORIGIN)
    return event


def test_each_type_has_one_probe_that_reads_it() -> None:
    assert sorted([*DECODERS, *ASSEMBLED, Type.NOTICED]) == sorted(Type)
    with pytest.raises(RecordInvalid):
        decode(record(Type.EXITED)._replace(type=999), ORIGIN)


@pytest.mark.parametrize("data", [b"", b"\0" * 63, HEADER.pack(0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 5) + b"1234"])
def test_bytes_that_are_no_record_are_refused(data: bytes) -> None:
    with pytest.raises(RecordInvalid):
        Record.read(data)


def test_an_execution_is_a_process_that_started() -> None:
    folders = b"srv\0home\0"
    about = EXECUTED.pack(99, 300, 0, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, len(folders), 1)
    event = decoded(record(Type.EXECUTED, about + folders + b"/bin/ls\0ls\0-l\0\0", first=3))

    assert isinstance(event, ProcessStarted)
    assert (event.executable, event.argv) == ("/bin/ls", ("ls", "-l", ""))
    assert (event.process.pid, event.process.started_ns) == (7, 400)
    assert event.parent is not None
    assert (event.parent.pid, event.parent.started_ns) == (3, 300)
    assert event.cwd == "/home/srv"
    assert event.namespaces == {"mnt": 1, "pid": 2, "net": 3, "uts": 4, "ipc": 5, "cgroup": 6}
    assert (event.at_ns, event.session, event.source) == (1_500, "", "kernel")


@pytest.mark.parametrize(("folders", "whole", "cwd"), [(b"", 1, "/"), (b"deep\0", 0, None)])
def test_a_working_folder_is_told_where_it_is_known_as_far_as_the_root(
    folders: bytes, whole: int, cwd: str | None
) -> None:
    about = EXECUTED.pack(99, 300, 0, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, len(folders), whole)
    event = decoded(record(Type.EXECUTED, about + folders + b"/bin/ls\0ls\0", first=3))

    assert isinstance(event, ProcessStarted)
    assert (event.executable, event.cwd) == ("/bin/ls", cwd)


def test_a_birth_is_a_process_that_runs_nothing_yet() -> None:
    event = decoded(record(Type.FORKED, first=70, second=450))

    assert isinstance(event, ProcessStarted)
    assert (event.process.pid, event.process.started_ns, event.executable) == (70, 450, "")
    assert event.parent is not None
    assert event.parent.pid == 7


@pytest.mark.parametrize(("status", "code"), [(0, 0), (3 << 8, 3), (9, 137), (0x80 | 11, 139)])
def test_an_exit_has_the_code_of_a_shell(status: int, code: int) -> None:
    event = decoded(record(Type.EXITED, second=status))

    assert isinstance(event, ProcessExited)
    assert event.exit_code == code


@pytest.mark.parametrize(("ret", "error"), [(-13, "EACCES"), (-1, "EPERM"), (-4_000, "4000")])
def test_an_open_that_was_refused_has_its_error(ret: int, error: str) -> None:
    refused = decoded(record(Type.OPENED, b"/etc/shadow\0", second=0o1, ret=ret))

    assert isinstance(refused, OpenRefused)
    assert (refused.path, refused.for_writing, refused.error) == ("/etc/shadow", True, error)


def test_files_and_their_names() -> None:
    opened, renamed = (
        decoded(record(Type.OPENED, b"/etc/x\0", second=0o101)),
        decoded(record(Type.CHANGED, b"a\0b\0", ret=Change.RENAME)),
    )

    assert isinstance(opened, FileOpened)
    assert (opened.path, opened.for_writing) == ("/etc/x", True)
    assert isinstance(renamed, FileChanged)
    assert (renamed.change, renamed.path, renamed.to_path) == ("rename", "a", "b")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            struct.pack("<H", socket.AF_INET) + struct.pack(">H", 443) + bytes([192, 0, 2, 1]) + bytes(8),
            "192.0.2.1:443",
        ),
        (
            struct.pack("<H", socket.AF_INET6) + struct.pack(">H", 53) + bytes(4) + bytes(15) + b"\1" + bytes(4),
            "[::1]:53",
        ),
        (struct.pack("<H", socket.AF_UNIX) + b"/run/x\0rest", "unix:/run/x"),
        (struct.pack("<H", socket.AF_UNIX) + b"\0abstract", "unix:@abstract"),
        (struct.pack("<H", socket.AF_NETLINK) + bytes(10), "family 16"),
        (b"", "unknown"),
        (struct.pack("<H", socket.AF_INET) + b"\0", "family 2"),
    ],
)
def test_peers(address: bytes, said: str) -> None:
    assert peer(address) == said
    assert isinstance(decoded(record(Type.CONNECTED, address)), ConnectionOpened)


@given(st.sampled_from(list(Type)), st.binary(max_size=300), st.integers(0, 2**64 - 1), st.integers(0, 3))
def test_whatever_a_payload_holds_there_are_events_or_a_clear_refusal(
    kind: Type, payload: bytes, number: int, change: int
) -> None:
    one = record(kind, payload, first=number & 0xFFFFFFFF, second=number, ret=change)
    try:
        events = decode(one, ORIGIN)
    except RecordInvalid:
        assert kind in {Type.EXECUTED, Type.PRIVILEGED, Type.NOTICED}  # the others take any payload
        return
    assert all(event.id for event in events)
