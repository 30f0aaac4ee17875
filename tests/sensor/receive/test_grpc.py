"""OTLP over gRPC, spoken by real clients and by hostile ones, over loopback."""

import asyncio
import gzip
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from grpc import Compression, StatusCode
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from sensor.receive.grpc import server
from sensor.receive.otlp import PROTOBUF
from sensor.receive.receiver import Bounds, Busy, Received, Receiver
from tests.sensor.otlp.test_decode import wire
from tests.sensor.otlp.told import chat, genai, spans
from tests.sensor.receive.test_http import Taken

BODY = wire(spans(chat(), genai)).SerializeToString()
SMALL = Bounds(body=len(BODY) + 100, packed=len(BODY) + 100)
TRACES, LOGS, METRICS = (f"{name}Service" for name in ("trace.v1.Trace", "logs.v1.Logs", "metrics.v1.Metrics"))
Answer = tuple[StatusCode, Any, dict[str, Any]]


@contextmanager
def served(receiver: Receiver) -> Iterator[str]:
    """Serve on a free port of loopback and give the address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    async def begin() -> tuple[grpc.aio.Server, int]:
        made = server(receiver)
        port = made.add_insecure_port("127.0.0.1:0")
        await made.start()
        return made, port

    made, port = run(begin())
    try:
        yield f"127.0.0.1:{port}"
    finally:
        run(made.stop(5))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def export(
    address: str,
    body: bytes,
    *,
    service: str = TRACES,
    compression: Compression = Compression.NoCompression,
    **metadata: str,
) -> Answer:
    """Send one request; return its status, the answer or the reason, and what came after it."""
    with grpc.insecure_channel(address, compression=compression) as channel:
        call = channel.unary_unary(f"/opentelemetry.proto.collector.{service}/Export")
        sent = tuple((name.replace("_", "-"), value) for name, value in metadata.items())
        try:
            return StatusCode.OK, call(body, timeout=20, metadata=sent), {}
        except grpc.RpcError as error:
            return error.code(), error.details(), dict(error.trailing_metadata())


def sdk(address: str, **options: Any) -> None:
    """Make one span with the real SDK, and export it with its exporter."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"http://{address}", **options)))
    with provider.get_tracer("tests").start_as_current_span("chat") as current:
        current.set_attribute("gen_ai.response.finish_reasons", ["stop"])
    provider.shutdown()


def test_the_exporter_of_the_python_sdk_is_understood() -> None:
    taken = Taken()
    with served(Receiver(taken, token="correct horse")) as address:
        sdk(address, headers={"authorization": "Bearer correct horse"})
        sdk(address, headers={"authorization": "Bearer correct horse"}, compression=Compression.Gzip)

    assert [one.attributes["gen_ai.response.finish_reasons"] for one in taken.spans] == [["stop"], ["stop"]]  # type: ignore[attr-defined]


def test_plain_and_packed_requests_are_taken() -> None:
    taken = Taken()
    with served(Receiver(taken, bounds=SMALL)) as address:
        plain = export(address, BODY)
        packed = export(address, BODY, compression=Compression.Gzip)
        empty = export(address, b"")

    assert [plain[0], packed[0], empty[0]] == [StatusCode.OK] * 3
    assert not ExportTraceServiceResponse.FromString(plain[1]).HasField("partial_success")
    assert len(taken.spans) == 3 + 3


def test_what_is_refused_of_a_request_is_told() -> None:
    request = wire(spans(chat(), genai))
    request.resource_spans[0].scope_spans[0].spans.add(name="no ids")
    logs = ExportLogsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add().body.string_value = "of no span"
    taken = Taken()
    with served(Receiver(taken)) as address:
        spans_answer = export(address, request.SerializeToString())[1]
        logs_answer = export(address, logs.SerializeToString(), service=LOGS)[1]

    assert ExportTraceServiceResponse.FromString(spans_answer).partial_success.rejected_spans == 1
    assert ExportLogsServiceResponse.FromString(logs_answer).partial_success.rejected_log_records == 1
    assert len(taken.spans) == 3


@pytest.mark.parametrize(
    ("body", "compression", "status", "reason"),
    [
        (b"\xff\xff", Compression.NoCompression, StatusCode.INVALID_ARGUMENT, "no OTLP"),
        (gzip.compress(BODY, mtime=0)[:-9], Compression.NoCompression, StatusCode.INVALID_ARGUMENT, "no gzip"),
        (BODY, Compression.Deflate, StatusCode.UNIMPLEMENTED, "deflate"),
        (b"\0" * 50_000, Compression.NoCompression, StatusCode.RESOURCE_EXHAUSTED, "larger than max"),
        # A message of ours: gRPC has not unpacked it.
        (b"\0" * 1_000_000, Compression.Gzip, StatusCode.RESOURCE_EXHAUSTED, "when unpacked; send smaller"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_reason_and_for_good(
    body: bytes, compression: Compression, status: StatusCode, reason: str
) -> None:
    with served(Receiver(Taken(), bounds=SMALL)) as address:
        code, said, after = export(address, body, compression=compression)
        assert export(address, BODY)[0] == StatusCode.OK

    assert code == status
    assert reason in said
    assert "grpc-status-details-bin" not in after


def test_a_packed_request_has_a_bound_of_its_own() -> None:
    with served(Receiver(Taken(), bounds=Bounds(packed=100))) as address:
        code, said, _ = export(address, BODY, compression=Compression.Gzip)

    assert (code, "at most 100" in said) == (StatusCode.RESOURCE_EXHAUSTED, True)


def test_a_call_without_a_message_is_refused() -> None:
    with served(Receiver(Taken())) as address, grpc.insecure_channel(address) as channel:
        call = channel.stream_unary(f"/opentelemetry.proto.collector.{TRACES}/Export")
        with pytest.raises(grpc.RpcError) as refused:
            call(iter(()), timeout=20)

    assert refused.value.code() == StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("busy", "status"),
    [(Busy(7), StatusCode.RESOURCE_EXHAUSTED), (Busy(7, stopping=True), StatusCode.UNAVAILABLE)],
)
def test_a_client_is_told_when_to_come_again(busy: Busy, status: StatusCode) -> None:
    with served(Receiver(Taken(busy))) as address:
        code, said, after = export(address, BODY)

    told = Status.FromString(after["grpc-status-details-bin"])
    retry = RetryInfo()
    assert code == status
    assert (told.code, told.message) == (status.value[0], said)
    assert told.details[0].Unpack(retry)
    assert retry.retry_delay.seconds == 7


def test_an_exporter_that_is_told_so_comes_again_and_nothing_is_lost() -> None:
    class BusyOnce(Taken):
        async def __call__(self, found: Received, size: int) -> None:
            refused, self.refuse = self.refuse, None
            if refused is not None:
                raise refused
            await super().__call__(found, size)

    taken = BusyOnce(Busy(1))
    with served(Receiver(taken)) as address:
        sdk(address, timeout=60)

    assert taken.refuse is None
    assert len(taken.spans) == 1


def test_without_the_token_nothing_is_taken() -> None:
    taken = Taken()
    with served(Receiver(taken, token="correct horse")) as address:
        none = export(address, BODY)
        other = export(address, BODY, authorization="Bearer wrong horse")
        right = export(address, BODY, authorization="bearer correct horse")

    assert [none[0], other[0], right[0]] == [StatusCode.UNAUTHENTICATED, StatusCode.UNAUTHENTICATED, StatusCode.OK]
    assert len(taken.found) == 1


def test_metrics_are_taken_and_dropped_and_other_services_are_not_there() -> None:
    taken = Taken()
    with served(Receiver(taken)) as address:
        assert export(address, b"\x0a\x00", service=METRICS)[0] == StatusCode.OK
        profiles = export(address, b"", service="profiles.v1development.ProfilesService")[0]

    assert profiles == StatusCode.UNIMPLEMENTED
    assert taken.found == []


def test_what_is_accepted_is_passed_on_as_over_http_and_nothing_else() -> None:
    passed: list[tuple[str, bytes, dict[str, str]]] = []
    with served(Receiver(Taken(), forward=lambda *item: passed.append(item))) as address:
        export(address, BODY, x_tenant="t-1", content_encoding="br")
        export(address, BODY, compression=Compression.Gzip)
        export(address, b"\x0a\x00", service=METRICS)
        export(address, b"\xff")

    assert [path for path, _, _ in passed] == ["/v1/traces", "/v1/traces", "/v1/metrics"]
    assert [headers["content-type"] for _, _, headers in passed] == [PROTOBUF] * 3
    assert [headers.get("content-encoding") for _, _, headers in passed] == [None, "gzip", None]
    assert [passed[0][1], gzip.decompress(passed[1][1]), passed[2][1]] == [BODY, BODY, b"\x0a\x00"]
    assert passed[0][2]["x-tenant"] == "t-1"
