"""Who speaks TLS and is not heard is told, with how many connections; who is heard is not."""

from sensor.event import CaptureStatus
from sensor.probes.record import Record, Type
from sensor.probes.tls.connections import PLAINTEXT
from sensor.probes.wire import Wire
from tests.sensor.probes.traffic import ORIGIN, executed, exited, record


def spoken() -> Record:
    return record(Type.TLS_SPOKEN, bytes(48), first=99)


def heard(connection: int) -> Record:
    return record(Type.TLS_SENT, PLAINTEXT.pack(0, 1, 0) + b"x", first=connection)


def unseen(*records: Record) -> list[str]:
    wire = Wire(ORIGIN)
    found = [event for one in records for event in wire.take(one)]
    return [
        f"{one.subject}: {one.unseen[0]}"
        for one in (*found, *wire.end(900))
        if isinstance(one, CaptureStatus) and "TLS connections" in one.unseen[0]
    ]


def test_a_process_of_which_nothing_is_heard() -> None:
    assert unseen(executed(7, 0, 0, 0), spoken(), spoken(), exited(7)) == [
        "TLS of /bin/x process 7: what was said over 2 of 2 TLS connections: no library was heard"
    ]


def test_a_process_of_which_all_is_heard() -> None:
    assert unseen(executed(7, 0, 0, 0), spoken(), heard(1), spoken(), heard(2), exited(7)) == []


def test_an_address_that_comes_again_counts_again() -> None:
    ended = record(Type.TLS_ENDED, PLAINTEXT.pack(0, 0, 0), first=1)

    assert unseen(executed(7, 0, 0, 0), spoken(), heard(1), ended, spoken(), heard(1), exited(7)) == []


def test_one_library_of_two_is_heard() -> None:
    (said,) = unseen(executed(7, 0, 0, 0), spoken(), heard(1), spoken())

    assert "1 of 2" in said


def test_another_program_begins_anew() -> None:
    found = unseen(executed(7, 0, 0, 0), spoken(), executed(7, 0, 0, 0, name=b"/bin/y"), spoken(), heard(1), exited(7))

    assert len(found) == 1
    assert "/bin/x" in found[0]
