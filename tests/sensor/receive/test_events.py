"""What our own sensors send to `/v1/events`: kept line by line, of one tenant only, with a token of their own."""

import gzip
import json
from dataclasses import replace

import pytest

from sensor.event import Event, FileOpened, ProcessId, Unparsed
from sensor.receive.http import application
from sensor.receive.otlp import PROTOBUF
from sensor.receive.receiver import Bounds, Busy, Receiver
from sensor.sources.otlp.span import Span, SpanEvent, to_line
from tests.sensor.otlp.told import chat, genai, spans
from tests.sensor.receive.test_http import Taken, post, served

LINES = "application/x-ndjson"
PROCESS = ProcessId(boot_id="b", pid=7, started_ns=1)


def opened(path: str, position: int = 5, tenant: str = "local") -> Event:
    return FileOpened(
        session="", source="kernel", tenant=tenant, position=position, at_ns=position, process=PROCESS, path=path
    )


def body(*parts: Event | Span) -> bytes:
    return "".join(f"{to_line(one) if isinstance(one, Span) else one.content}\n" for one in parts).encode()


def sent(url: str, data: bytes, **headers: str) -> tuple[int, dict[str, str], dict[str, object]]:
    status, answered, answer = post(f"{url}/v1/events", data, **({"content_type": LINES} | headers))
    return status, answered, json.loads(answer or b"{}")


def test_events_and_spans_are_kept_as_they_were_sent() -> None:
    taken = Taken()
    heard = [
        replace(one, source="kernel:tls", events=(SpanEvent("x", 1, {"a": [1]}, {"b": None}),))
        for one in spans(chat(), genai)
    ]
    with served(Receiver(taken)) as url:
        status, _, answer = sent(url, body(opened("/a"), *heard, opened("/b")))
    (found,) = taken.found
    assert (status, answer) == (200, {"taken": 2 + len(heard), "unreadable": 0, "reasons": {}})
    assert [event.path for event in found.events if isinstance(event, FileOpened)] == ["/a", "/b"]
    assert found.spans == tuple(heard)


def test_compressed_they_are_the_same() -> None:
    taken = Taken()
    with served(Receiver(taken)) as url:
        status, _, _ = sent(url, gzip.compress(body(opened("/a"))), content_encoding="gzip")
    assert status == 200
    assert taken.found[0].events == (opened("/a"),)


def test_a_line_that_cannot_be_read_is_told_and_holds_up_no_other() -> None:
    taken = Taken()
    lines = [
        b"{", b"[1]", b'["zz", "", "", "", 0, 0, {}, [], false, {}, "", false]', b'{"kind": "file_opened"}', b"\xff\xfe",
        body(opened("/other", tenant="other")).strip(), body(opened("/a")).strip(),
        b'["' + b"a" * 32 + b'", "", "", "", -1, 0, {}, [], false, {}, "", false]', b"[" * 100_000, b'["\xed\xa0\x80"]',
        body(opened("/a", position=2**63 - 1)).strip(), body(opened("/a").model_copy(update={"session": "s" * 501})).strip(),
    ]  # fmt: skip
    with served(Receiver(taken)) as url:
        status, _, answer = sent(url, b"\n".join(lines))
    (found,) = taken.found
    assert (status, answer["taken"], answer["unreadable"]) == (200, 1, 11)
    assert [event for event in found.events if not isinstance(event, Unparsed)] == [opened("/a")]
    assert len([event for event in found.events if isinstance(event, Unparsed)]) == 11
    assert {event.tenant for event in found.events} == {"local"}


def test_who_sends_nothing_that_can_be_read_notices() -> None:
    with served(Receiver(Taken())) as url:
        assert sent(url, b"hello\n")[0] == 400
        assert sent(url, body(opened("/a")), content_type="text/plain")[0] == 415


def test_too_much_is_not_read_and_a_busy_receiver_says_when_to_come_again() -> None:
    with served(Receiver(Taken(), bounds=Bounds(body=10, packed=10))) as url:
        assert sent(url, body(opened("/a")))[0] == 413
    with served(Receiver(Taken(refuse=Busy(3)))) as url:
        status, headers, _ = sent(url, body(opened("/a")))
    assert (status, headers["retry-after"]) == (429, "3")


class Mine:
    """Sensors of which one has the token `mine`, or none has any."""

    def __init__(self, any_: bool) -> None:
        self._any = any_

    def know(self, token: str) -> bool:
        return self._any and token == "mine"

    def there_are_any(self) -> bool:
        return self._any


@pytest.mark.parametrize(
    ("token", "is_open", "sensors", "shown", "telemetry", "events"),
    [
        (None, True, False, "", 200, 200), (None, True, True, "", 200, 401), (None, True, True, "Bearer wrong", 200, 401),
        (None, True, True, "Bearer mine", 200, 200), (None, False, False, "", 401, 401),
        (None, False, True, "Bearer mine", 200, 200),
        ("all of us", False, True, "Bearer mine", 200, 200), ("all of us", True, False, "Bearer all of us", 200, 200),
        ("all of us", True, True, "Bearer all of us", 200, 401), ("all of us", True, False, "", 401, 401),
        ("all of us", True, True, "Basic mine", 401, 401), ("all of us", False, False, "Bearer ", 401, 401),
    ],
)  # fmt: skip
def test_who_is_let_in(
    token: str | None, is_open: bool, sensors: bool, shown: str, telemetry: int, events: int
) -> None:
    receiver = Receiver(Taken(), token, sensors=Mine(sensors), is_open=is_open)
    headers = {"authorization": shown} if shown else {}
    with served(receiver) as url:
        assert post(f"{url}/v1/traces", b"", content_type=PROTOBUF, **headers)[0] == telemetry
        assert sent(url, body(opened("/a")), **headers)[0] == events


def test_more_lines_than_may_be_are_to_be_sent_in_smaller_batches() -> None:
    with served(Receiver(Taken(), bounds=Bounds(events=10))) as url:
        assert sent(url, body(*[opened("/a")] * 10))[0] == 200
        assert sent(url, b"x\n" * 11)[0] == 413


def test_who_does_not_keep_it_does_not_take_it() -> None:
    listening = application(Receiver(Taken()), sensors=False)
    assert "/v1/events" not in {getattr(route, "path", "") for route in listening.routes}
