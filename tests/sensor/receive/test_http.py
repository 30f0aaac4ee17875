"""The receiver, spoken to by real clients and by hostile ones, over loopback."""

import asyncio
import gzip
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from sensor.receive.http import application
from sensor.receive.otlp import JSON, PROTOBUF
from sensor.receive.receiver import Bounds, Busy, Received, Receiver
from tests.sensor.otlp.test_decode import span, wire, wrapped
from tests.sensor.otlp.test_logged import TEXT, logs
from tests.sensor.otlp.told import chat, genai, spans

BODY = wire(spans(chat(), genai)).SerializeToString()


@contextmanager
def served(receiver: Receiver) -> Iterator[str]:
    """Serve on a free port of loopback and give the address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(receiver), http="h11", log_level="error", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


class Taken:
    """What arrived, and what to raise instead of taking it."""

    def __init__(self, refuse: Exception | None = None) -> None:
        self.found: list[Received] = []
        self.refuse = refuse

    async def __call__(self, found: Received, size: int) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.found.append(found)

    @property
    def spans(self) -> list[object]:
        return [one for found in self.found for one in found.spans]


def post(url: str, body: bytes, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(url, body, {name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def test_protobuf_gzip_and_json_are_taken_and_answered_in_kind() -> None:
    taken = Taken()
    with served(Receiver(taken)) as url:
        plain = post(f"{url}/v1/traces", BODY, content_type=PROTOBUF)
        packed = post(f"{url}/v1/traces", gzip.compress(BODY), content_type=PROTOBUF, content_encoding="gzip")
        as_json = post(f"{url}/v1/traces", wrapped(span(), {"name": "no ids"}), content_type=f"{JSON}; charset=utf-8")

    assert [plain[0], packed[0], as_json[0]] == [200, 200, 200]
    assert plain[1]["content-type"] == PROTOBUF
    assert not ExportTraceServiceResponse.FromString(plain[2]).HasField("partial_success")
    assert json.loads(as_json[2])["partialSuccess"]["rejectedSpans"] == "1"
    assert len(taken.spans) == 3 + 3 + 1


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"\xff\xff", {"content_type": PROTOBUF}, 400),
        (b"[" * 500, {"content_type": JSON}, 400),
        (b"not gzip", {"content_type": PROTOBUF, "content_encoding": "gzip"}, 400),
        (gzip.compress(BODY)[:-9], {"content_type": PROTOBUF, "content_encoding": "gzip"}, 400),
        (BODY, {"content_type": "text/plain"}, 415),
        (BODY, {"content_type": PROTOBUF, "content_encoding": "br"}, 415),
        (b"\0" * 5_000, {"content_type": PROTOBUF}, 413),
        (gzip.compress(b"\0" * 5_000_000), {"content_type": PROTOBUF, "content_encoding": "gzip"}, 413),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_reason(body: bytes, headers: dict[str, str], status: int) -> None:
    taken = Taken()
    with served(Receiver(taken, bounds=Bounds(body=len(BODY) + 100, packed=len(BODY) + 100))) as url:
        code, answered, said = post(f"{url}/v1/traces", body[:6_000_000], **headers)
        after = post(f"{url}/v1/traces", BODY, content_type=PROTOBUF)

    assert code == status
    message = json.loads(said)["message"] if answered["content-type"] == JSON else Status.FromString(said).message
    assert message
    assert after[0] == 200


@pytest.mark.parametrize(("busy", "status"), [(Busy(7), 429), (Busy(7, stopping=True), 503)])
def test_a_client_is_told_when_to_come_again(busy: Busy, status: int) -> None:
    with served(Receiver(Taken(busy))) as url:
        code, headers, said = post(f"{url}/v1/traces", BODY, content_type=PROTOBUF)

    assert code == status
    assert headers["retry-after"] == "7"
    assert "come again" in Status.FromString(said).message or status == 503


def test_without_the_token_nothing_is_taken() -> None:
    taken = Taken()
    with served(Receiver(taken, token="correct horse")) as url:
        none = post(f"{url}/v1/traces", BODY, content_type=PROTOBUF)
        other = post(f"{url}/v1/traces", BODY, content_type=PROTOBUF, authorization="Bearer wrong horse")
        right = post(f"{url}/v1/traces", BODY, content_type=PROTOBUF, authorization="bearer correct horse")

    assert [none[0], other[0], right[0]] == [401, 401, 200]
    assert len(taken.found) == 1


def test_metrics_are_taken_and_dropped_and_other_paths_are_not_there() -> None:
    taken = Taken()
    with served(Receiver(taken)) as url:
        assert post(f"{url}/v1/metrics", b"\x0a\x00", content_type=PROTOBUF)[0] == 200
        assert post(f"{url}/v1/profiles", b"", content_type=PROTOBUF)[0] == 404

    assert taken.found == []


def test_what_is_accepted_is_passed_on_as_it_came_and_nothing_else() -> None:
    passed: list[tuple[str, bytes, dict[str, str]]] = []
    packed = gzip.compress(BODY)
    with served(Receiver(Taken(), forward=lambda *item: passed.append(item))) as url:
        post(f"{url}/v1/traces", packed, content_type=PROTOBUF, content_encoding="gzip", x_tenant="t-1")
        post(f"{url}/v1/metrics", b"m", content_type=PROTOBUF)
        post(f"{url}/v1/traces", b"\xff", content_type=PROTOBUF)

    assert [(path, body) for path, body, _ in passed] == [("/v1/traces", packed), ("/v1/metrics", b"m")]
    assert passed[0][2]["x-tenant"] == "t-1"


def test_an_alert_among_log_records_is_told_apart_from_them() -> None:
    taken = Taken()
    with served(Receiver(taken, bounds=Bounds(alerts=1))) as url:
        one = post(f"{url}/v1/logs", logs({"body": TEXT}, {"body": {"stringValue": "GET /"}}), content_type=JSON)
        many = post(f"{url}/v1/logs", logs({"body": TEXT}, {"body": TEXT}), content_type=JSON)

    assert [one[0], many[0]] == [200, 413]
    assert json.loads(one[2])["partialSuccess"]["rejectedLogRecords"] == "1"
    assert [alert.source for found in taken.found for alert in found.alerts] == ["alerts:falco"]


def sdk(url: str, work: Callable[[object], None], **options: object) -> None:
    """Run `work` with a tracer of the real SDK that exports to `url`."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces", **options)))  # type: ignore[arg-type]
    work(provider.get_tracer("tests"))
    provider.shutdown()


def test_the_exporter_of_the_python_sdk_is_understood() -> None:
    from opentelemetry.exporter.otlp.proto.http import Compression

    def work(tracer: object) -> None:
        with tracer.start_as_current_span("chat") as current:  # type: ignore[attr-defined]
            current.set_attribute("gen_ai.operation.name", "chat")
            current.set_attribute("gen_ai.response.finish_reasons", ["stop"])

    taken = Taken()
    with served(Receiver(taken)) as url:
        sdk(url, work)
        sdk(url, work, compression=Compression.Gzip)

    assert [one.attributes["gen_ai.response.finish_reasons"] for one in taken.spans] == [["stop"], ["stop"]]  # type: ignore[attr-defined]


def test_a_slow_client_does_not_keep_the_others_waiting() -> None:
    taken = Taken()
    with served(Receiver(taken)) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as slow:
            slow.sendall(
                b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 999\r\n\r\n"
            )
            # Its body never ends; the other is answered all the same.
            assert post(f"{url}/v1/traces", BODY, content_type=PROTOBUF)[0] == 200

    assert len(taken.found) == 1
