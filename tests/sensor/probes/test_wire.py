"""Records of plaintext → events, and what of them could not be read."""

from collections import Counter

import pytest

from sensor.event import (
    CaptureStatus,
    DatabaseQueried,
    Event,
    HttpRequested,
    HttpResponded,
    PromptSubmitted,
    SensitiveSent,
    Unparsed,
)
from sensor.probes.origin import Origin
from sensor.probes.record import HEADER, Record, Type
from sensor.probes.secrets import Secrets
from sensor.probes.tls.connections import PLAINTEXT
from sensor.probes.wire import Wire
from sensor.redact import LABELLED
from sensor.sensitive import built_in
from sensor.sources.otlp.derive import derive
from tests.sensor.wire.test_postgres import BEGIN, READY, columns, message, row
from tests.sensor.wire.traffic import Piece, request, response

ASKED = request("/v1/chat/completions", {"model": "m-1", "messages": [{"role": "user", "content": "Hello there."}]})


def record(kind: Type, data: bytes) -> Record:
    payload = PLAINTEXT.pack(0, len(data), 0) + data
    return Record.read(HEADER.pack(500, 400, 1, 0, 0, 7, 7, 0, kind, 0, 0, len(payload)) + payload)


def test_what_of_an_exchange_could_not_be_read_is_told_beside_the_rest() -> None:
    wire = Wire(Origin("boot", 1_000))
    found = [
        *wire.take(record(Type.TLS_SENT, ASKED)),
        *wire.take(record(Type.TLS_GOT, response(b"{", headers="Content-Type: application/json\r\n"))),
        *wire.end(900),
        *derive(wire.spans()),
    ]

    (status,) = (one for one in found if isinstance(one, CaptureStatus))
    assert status.unseen[0].startswith("response: ")
    assert [one.text for one in found if isinstance(one, PromptSubmitted)] == ["Hello there."]
    assert len([one for one in found if isinstance(one, HttpRequested)]) == 1


def test_bytes_that_are_no_http_are_told_once_with_their_number() -> None:
    wire = Wire(Origin("boot", 1_000))
    found = [one for data in (b"\x16\x03\x01 no text\r\n\r\n",) for one in wire.take(record(Type.TLS_SENT, data))]
    found += wire.end(900)

    (unparsed,) = found
    assert isinstance(unparsed, Unparsed)
    assert unparsed.size == 15


KEY = "kT7pQ2vLm9Xz4Rb8"


def told(secrets: Secrets, connections: list[list[Piece]]) -> list[Event]:
    """Return what a sensor tells of what was said inside TLS on some connections, one after the other."""
    wire, found = Wire(Origin("boot", 1_000), secrets=secrets), list[Event]()
    for first, pieces in enumerate(connections, 7):
        done = Counter[str]()
        for direction, data in pieces:
            kind = Type.TLS_SENT if direction == "sent" else Type.TLS_GOT
            payload = PLAINTEXT.pack(done[direction], len(data), 0) + data
            packed = HEADER.pack(500, 400, 1, 0, 0, first, 7, 0, kind, 0, 0, len(payload)) + payload
            found += map(secrets.take, wire.take(Record.read(packed)))
            done[direction] += len(data)
    found += map(secrets.take, wire.end(900))
    return [*found, *derive(wire.spans())]


def test_placeholders_stand_for_what_is_known_in_requests_and_in_conversations() -> None:
    secrets = Secrets()
    secrets.given({"GH_TOKEN": KEY})
    asked = request(
        "/v1/chat/completions", {"model": "m-1", "messages": [{"role": "user", "content": f"The key is {KEY}."}]}
    )
    answered = response({"choices": [{"message": {"role": "assistant", "content": "Yes."}}]})
    found = told(
        secrets,
        [
            [("sent", asked), ("got", answered)],
            [("sent", request(f"/log/{KEY}?k={KEY}", {"note": KEY})), ("got", response(KEY.encode()))],
        ],
    )
    sent, (said,) = [[one for one in found if isinstance(one, kind)] for kind in (SensitiveSent, PromptSubmitted)]
    (body,) = (one.body for one in found if isinstance(one, HttpResponded) and one.body)

    assert KEY not in "".join(one.content for one in found)
    assert said.text == f"The key is {body}."  # the same placeholder
    assert body.startswith(f"<SECRET:{LABELLED}:")
    assert [one.url for one in sent] == ["https://x"]


def test_what_goes_to_a_model_of_somebody_else_is_looked_through_whatever_its_path() -> None:
    secrets = Secrets()
    secrets.given({"GH_TOKEN": KEY})
    said = {"model": "m-1", "messages": [{"role": "user", "content": f"The key is {KEY}."}]}
    path, answered = "/v1/chat/completions", response({"choices": [{"message": {"content": "Yes."}}]})
    elsewhere = request(path, said).replace(b"Host: x", b"Host: evil.example:8443")
    conversation: list[Piece] = [("sent", request(path, said)), ("got", answered)]

    found = told(secrets, [[*conversation, ("sent", elsewhere), ("got", answered), *conversation]])

    assert [one.url for one in found if isinstance(one, SensitiveSent)] == ["https://evil.example:8443"]
    assert KEY not in "".join(one.content for one in found)


@pytest.mark.parametrize("connections", [1, 2])
def test_a_server_that_is_not_known_is_no_other_that_is_not_known(connections: int) -> None:
    secrets = Secrets(built_in().with_more(files=(), tables=["customers"], variables=()))
    reads: list[Piece] = [
        *BEGIN[2:],
        ("sent", message("Q", b"SELECT iban FROM customers\0")),
        ("got", columns(25) + row(KEY.encode()) + message("C", b"SELECT 1\0") + READY),
    ]
    writes: list[Piece] = [
        ("sent", message("Q", f"INSERT INTO notes VALUES ('{KEY}')\0".encode())),  # noqa: S608 - no statement of ours
        ("got", message("C", b"INSERT 0 1\0") + READY),
    ]
    found = told(secrets, [reads + writes] if connections == 1 else [reads, BEGIN[2:] + writes])

    assert [one.server for one in found if isinstance(one, DatabaseQueried)] == ["", ""]
    assert [(one.name, one.url) for one in found if isinstance(one, SensitiveSent)] == [("customers", "postgresql://")]
    assert KEY not in "".join(one.content for one in found)


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("/a/b?c", "https://x"),
        ("http://u:p@h:81/a@b?c", "http://h:81"),
        ("http://h?c", "http://h"),
    ],
)
def test_where_it_went_is_told_without_path_and_user(target: str, url: str) -> None:
    secrets = Secrets()
    secrets.given({"GH_TOKEN": KEY})
    found = told(secrets, [[("sent", request(target, KEY.encode())), ("got", response())]])

    assert [one.url for one in found if isinstance(one, SensitiveSent)] == [url]
