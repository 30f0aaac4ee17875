"""OTLP over gRPC (https://opentelemetry.io/docs/specs/otlp/#otlpgrpc); needs `clew[grpc]`.

Answers OK only after the spans are kept. What is refused is told: INVALID_ARGUMENT no OTLP, UNAUTHENTICATED no token,
RESOURCE_EXHAUSTED too large; RESOURCE_EXHAUSTED and UNAVAILABLE with `RetryInfo` come again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

import grpc
import grpc.aio

from sensor.receive.otlp import PROTOBUF, accept
from sensor.receive.receiver import Bounds, Receiver, Refusal

if TYPE_CHECKING:
    Context = grpc.aio.ServicerContext[bytes, bytes]

_SERVICES = {
    "traces": "opentelemetry.proto.collector.trace.v1.TraceService",
    "logs": "opentelemetry.proto.collector.logs.v1.LogsService",
    "metrics": "opentelemetry.proto.collector.metrics.v1.MetricsService",
}
_STATUS = {status.value[0]: status for status in grpc.StatusCode}
"""Code of google.rpc.Status → the name that gRPC has for it."""
_GZIP = b"\x1f\x8b"
"""How gzip begins, and no protobuf: its first byte would be a field of a type that there is not."""
_STREAMS = 100
"""Requests that one connection may have under way; more wait at the client."""
_IDENTITY_AND_GZIP = 0b101


def server(receiver: Receiver) -> grpc.aio.Server:
    """Return a server that answers for a receiver, still without a port; for the running event loop."""
    # Declared as a stream, which is the same on the wire: so the token is looked at before the body is read.
    handlers = [
        grpc.method_handlers_generic_handler(
            service, {"Export": grpc.stream_unary_rpc_method_handler(_endpoint(receiver, signal))}
        )
        for signal, service in _SERVICES.items()
    ]
    return grpc.aio.server(handlers=handlers, options=_options(receiver.bounds))


def _options(bounds: Bounds) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", bounds.body),
        # Not unpacked by gRPC: some versions unpack the whole before they look at its size.
        ("grpc.per_message_decompression", 0),
        ("grpc.compression_enabled_algorithms_bitset", _IDENTITY_AND_GZIP),
        ("grpc.max_concurrent_streams", _STREAMS),
        # A port that another server has is an error, and is not shared with it.
        ("grpc.so_reuseport", 0),
    ]


def _endpoint(receiver: Receiver, signal: str) -> Callable[[AsyncIterator[bytes], "Context"], Awaitable[bytes]]:
    async def answer(_requests: AsyncIterator[bytes], context: "Context") -> bytes:
        try:
            return await _export(receiver, signal, context)
        except Refusal as refusal:
            await context.abort(_STATUS[refusal.code], str(refusal), _come_again(refusal))

    return answer


async def _export(receiver: Receiver, signal: str, context: "Context") -> bytes:
    told = {name: value for name, value in context.invocation_metadata() or () if isinstance(value, str)}
    receiver.admit(told.get("authorization", ""))
    sent = await context.read()
    if not isinstance(sent, bytes):
        raise Refusal(400, "no message, or one that was cut off")
    packed = sent.startswith(_GZIP)
    if packed and len(sent) > receiver.bounds.packed:
        raise Refusal(413, f"{len(sent)} bytes; at most {receiver.bounds.packed} are taken, send smaller batches")
    encoding = "gzip" if packed else ""
    answer = await accept(receiver, signal, sent, _headers(told, encoding), encoding=encoding)
    body: bytes = answer.SerializeToString()
    return body


def _headers(told: dict[str, str], encoding: str) -> dict[str, str]:
    """Return what a client told as the headers of the same request over HTTP."""
    headers = told | {"content-type": PROTOBUF, "content-encoding": encoding}
    return {name: value for name, value in headers.items() if value}


def _come_again(refusal: Refusal) -> tuple[tuple[str, bytes], ...]:
    """Return the metadata that tells when to come again; without it a client gives up."""
    if refusal.retry_after_s is None:
        return ()
    from google.rpc.error_details_pb2 import RetryInfo
    from google.rpc.status_pb2 import Status

    retry = RetryInfo()
    retry.retry_delay.seconds = refusal.retry_after_s
    status = Status(code=refusal.code, message=str(refusal))
    status.details.add().Pack(retry)
    return (("grpc-status-details-bin", status.SerializeToString()),)
