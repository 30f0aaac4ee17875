"""Records of plaintext → events, and what of them could not be read."""

from sensor.event import CaptureStatus, HttpRequested, PromptSubmitted, Unparsed
from sensor.probes.origin import Origin
from sensor.probes.record import HEADER, Record, Type
from sensor.probes.tls.connections import PLAINTEXT
from sensor.probes.wire import Wire
from sensor.sources.otlp.derive import derive
from tests.sensor.wire.traffic import request, response

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
