"""The receiver: OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp), as an ASGI application.

Answers 200 only after the spans are kept. What is refused is told: 400 no OTLP, 401 no token, 413 too large, 415 another
encoding, 429 and 503 come again (with `Retry-After`). Metrics are taken and dropped, so that clients that send all signals
need no setting.
"""

import gzip
import hmac
import io
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sensor.errors import Undecodable
from sensor.sources.otlp.decode import Decoded, Signal, decode

if TYPE_CHECKING:
    from google.protobuf.message import Message

PROTOBUF, JSON = "application/x-protobuf", "application/json"
_CODES = {400: 3, 401: 16, 413: 8, 415: 3, 429: 8, 503: 14}
"""HTTP status → code of google.rpc.Status."""


class Busy(Exception):
    """The receiver cannot take more at the moment; the client is told when to come again."""

    def __init__(self, retry_after_s: int = 1, *, stopping: bool = False) -> None:
        super().__init__("stopping" if stopping else "more is waiting than may wait; come again")
        self.retry_after_s = retry_after_s
        self.stopping = stopping


class Taker(Protocol):
    """Where requests go."""

    async def __call__(self, found: Decoded, size: int) -> None:
        """Keep what a request held; return when it is kept. `size`: bytes of the body. Raises `Busy`."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may be."""

    body: int = 64 << 20
    """Bytes of a body, unpacked."""
    packed: int = 16 << 20
    """Bytes of a body as it is sent."""


class _Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, reason: str, retry_after_s: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after_s = retry_after_s


Forward = Callable[[str, bytes, dict[str, str]], None]


@dataclass(frozen=True)
class Receiver:
    """Answers requests. `forward` gets path, body and headers of each that is accepted, as they came."""

    take: Taker
    token: str | None = None
    bounds: Bounds = Bounds()
    forward: Forward | None = None

    @property
    def application(self) -> Starlette:
        """Return the ASGI application."""
        signals: dict[str, Signal | None] = {"traces": "traces", "logs": "logs", "metrics": None}
        routes = [Route(f"/v1/{path}", self._endpoint(signal), methods=["POST"]) for path, signal in signals.items()]
        return Starlette(routes=[*routes, Route("/healthz", _healthy)])

    def _endpoint(self, signal: Signal | None) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            wanted = JSON if _type(request) == JSON else PROTOBUF
            try:
                return await self._export(request, signal, wanted)
            except _Refusal as refusal:
                return _refused(refusal, wanted)
            except ClientDisconnect:
                return Response(status_code=400)

        return answer

    async def _export(self, request: Request, signal: Signal | None, wanted: str) -> Response:
        if self.token is not None and not _authorised(request, self.token):
            raise _Refusal(401, "no or another token; send it as `Authorization: Bearer …`")
        if _type(request) not in (PROTOBUF, JSON):
            raise _Refusal(415, f"content type {_type(request)[:80]!r}; send {PROTOBUF} or {JSON}")
        sent = await _body(request, self.bounds)
        body = _unpacked(sent, request.headers.get("content-encoding", ""), self.bounds)
        found = Decoded(()) if signal is None else await self._kept(body, signal, wanted)
        if self.forward is not None:
            self.forward(request.url.path, sent, dict(request.headers))
        return _accepted(signal, found, wanted)

    async def _kept(self, body: bytes, signal: Signal, wanted: str) -> Decoded:
        try:
            found = decode(body, signal=signal, json=wanted == JSON)
            await self.take(found, len(body))
        except Undecodable as error:
            raise _Refusal(400, str(error)) from error
        except Busy as busy:
            raise _Refusal(503 if busy.stopping else 429, str(busy), busy.retry_after_s) from busy
        return found


async def _healthy(_: Request) -> Response:
    return Response("ok\n", media_type="text/plain")


def _type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def _authorised(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


async def _body(request: Request, bounds: Bounds) -> bytes:
    """Return the body as it was sent; one that is too large is not read to its end."""
    declared = request.headers.get("content-length", "")
    most = bounds.packed if request.headers.get("content-encoding") else bounds.body
    if declared.isdecimal() and int(declared) > most:
        raise _Refusal(413, f"{declared} bytes; at most {most} are taken, send smaller batches")
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise _Refusal(413, f"more than {most} bytes; send smaller batches")
        pieces.append(piece)
    return b"".join(pieces)


def _unpacked(body: bytes, encoding: str, bounds: Bounds) -> bytes:
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            try:
                with gzip.open(io.BytesIO(body)) as file:
                    found = file.read(bounds.body + 1)
            except (OSError, EOFError, zlib.error) as error:
                raise _Refusal(400, f"no gzip: {error}") from error
            if len(found) > bounds.body:
                raise _Refusal(413, f"more than {bounds.body} bytes when unpacked; send smaller batches")
            return found
    raise _Refusal(415, f"content encoding {encoding[:40]!r}; send gzip or none")


def _accepted(signal: Signal | None, found: Decoded, wanted: str) -> Response:
    """Return the answer to an accepted request; what was refused of it is a partial success, which is not sent again."""
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    reason = "; ".join(sorted(set(found.refused)))[:500]
    answer: Message
    if signal == "traces":
        answer = ExportTraceServiceResponse()
        if found.refused:
            answer.partial_success.rejected_spans = len(found.refused)
            answer.partial_success.error_message = reason
    elif signal == "logs":
        answer = ExportLogsServiceResponse()
        if found.refused:
            answer.partial_success.rejected_log_records = len(found.refused)
            answer.partial_success.error_message = reason
    else:
        answer = ExportMetricsServiceResponse()
    return _message(answer, wanted, 200)


def _refused(refusal: _Refusal, wanted: str) -> Response:
    from google.rpc.status_pb2 import Status

    headers = {} if refusal.retry_after_s is None else {"Retry-After": str(refusal.retry_after_s)}
    status = Status(code=_CODES[refusal.status], message=str(refusal))
    return _message(status, wanted, refusal.status, headers)


def _message(message: "Message", wanted: str, status: int, headers: dict[str, str] | None = None) -> Response:
    from google.protobuf.json_format import MessageToJson

    body = MessageToJson(message, indent=None) if wanted == JSON else message.SerializeToString()
    return Response(body, status, headers, media_type=wanted)
