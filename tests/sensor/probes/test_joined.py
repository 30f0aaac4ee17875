"""Records of plaintext that go on where the one before ends: read at once, they tell the same."""

import random

from sensor.probes.record import Record, Type
from sensor.probes.tls.connections import PLAINTEXT
from sensor.probes.tls.joined import MOST, joined
from tests.sensor.probes.test_connections import REQUEST, RESPONSE, record, told
from tests.sensor.wire.test_http2 import CONVERSATION
from tests.sensor.wire.traffic import cut

KINDS = {"sent": Type.TLS_SENT, "got": Type.TLS_GOT}


def pieces(connection: int, seed: int, conversation: list[tuple[str, bytes]]) -> list[Record]:
    """Return a conversation on one connection, cut anywhere."""
    at, found = {"sent": 0, "got": 0}, []
    for way, data in cut(conversation, random.Random(seed)):
        found.append(record(KINDS[way], data, offset=at[way], connection=connection, at=500 + len(found)))
        at[way] += len(data)
    return found


def mixed(source: random.Random, *some: list[Record]) -> list[Record]:
    """Return records of several connections, each in its order."""
    left, found = [list(one) for one in some], []
    while left := [one for one in left if one]:
        found.append(source.choice(left).pop(0))
    return found


def test_whatever_is_put_together_the_same_is_told() -> None:
    source = random.Random(4)
    plain: list[tuple[str, bytes]] = [("sent", REQUEST), ("got", RESPONSE)] * 3
    put_together = 0
    for seed in range(60):
        records = mixed(
            source, *(pieces(number, seed + number, plain) for number in range(3)), pieces(9, seed, CONVERSATION)
        )
        found = joined(records)
        assert [(one.connection, one.number, one.what) for one in told(*map(timeless, found))] == [
            (one.connection, one.number, one.what) for one in told(*map(timeless, records))
        ]
        put_together += len(records) - len(found)
    assert put_together > 1_000


def timeless(one: Record) -> Record:
    return one._replace(at_ns=500)


def test_what_was_sent_is_of_its_first_moment_and_what_was_received_of_its_last() -> None:
    sent = [record(Type.TLS_SENT, b"ab", at=1), record(Type.TLS_SENT, b"cd", offset=2, at=2)]
    got = [record(Type.TLS_GOT, b"ab", at=3), record(Type.TLS_GOT, b"cd", offset=2, at=4)]
    assert [(one.at_ns, one.payload[PLAINTEXT.size :]) for one in joined([*sent, *got])] == [(1, b"abcd"), (4, b"abcd")]


def test_what_does_not_go_on_is_left_alone() -> None:
    first = record(Type.TLS_SENT, b"ab")
    for other in (
        record(Type.TLS_SENT, b"cd", offset=3), record(Type.TLS_SENT, b"cd", offset=2, connection=2),
        record(Type.TLS_SENT, b"cd", offset=2, tgid=8), record(Type.TLS_GOT, b"cd", offset=2), record(Type.EXECUTED, b""),
        record(Type.TLS_SENT, bytes(MOST), offset=2),
    ):  # fmt: skip
        assert joined([first, other]) == [first, other]
    between = record(Type.OPENED, b"/x")
    assert joined([first, between, record(Type.TLS_SENT, b"cd", offset=2)])[1] == between
