"""What the receiver does with a request, whichever transport brought it (`http.py`, `grpc.py`).

A request is accepted only after its spans are kept. What is refused is told why, and whether to come again. Metrics are taken
and dropped, so that clients that send all signals need no setting.
"""

import gzip
import hmac
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sensor.errors import Undecodable
from sensor.sources.otlp.decode import Decoded, Signal, decode

if TYPE_CHECKING:
    from google.protobuf.message import Message

PROTOBUF, JSON = "application/x-protobuf", "application/json"
SIGNALS: dict[str, Signal | None] = {"traces": "traces", "logs": "logs", "metrics": None}
"""What clients send → what of it is read."""
_CODES = {400: 3, 401: 16, 413: 8, 415: 3, 429: 8, 503: 14}
"""HTTP status → code of google.rpc.Status."""

Forward = Callable[[str, bytes, dict[str, str]], None]


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


class Refusal(Exception):
    """A request that is answered with an error: an HTTP status, or the code of google.rpc.Status for it."""

    def __init__(self, status: int, reason: str, retry_after_s: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.code = _CODES[status]
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Receiver:
    """Takes requests. `forward` gets path, body and headers of each that is accepted, as they came."""

    take: Taker
    token: str | None = None
    bounds: Bounds = Bounds()
    forward: Forward | None = None

    def admit(self, authorization: str) -> None:
        """Let a client in by what it says in `authorization`. Raises `Refusal`."""
        if self.token is None:
            return
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self.token.encode()):
            raise Refusal(401, "no or another token; send it as `Authorization: Bearer …`")

    async def accept(
        self, signal: str, sent: bytes, headers: dict[str, str], *, encoding: str = "", json: bool = False
    ) -> "Message":
        """Keep what a body holds and return the answer; `signal` is one of `SIGNALS`. Raises `Refusal`."""
        body = _unpacked(sent, encoding, self.bounds)
        read = SIGNALS[signal]
        found = Decoded(()) if read is None else await self._kept(body, read, json=json)
        if self.forward is not None:
            self.forward(f"/v1/{signal}", sent, headers)
        return _answer(read, found)

    async def _kept(self, body: bytes, signal: Signal, *, json: bool) -> Decoded:
        try:
            found = decode(body, signal=signal, json=json)
            await self.take(found, len(body))
        except Undecodable as error:
            raise Refusal(400, str(error)) from error
        except Busy as busy:
            raise Refusal(503 if busy.stopping else 429, str(busy), busy.retry_after_s) from busy
        return found


def _unpacked(body: bytes, encoding: str, bounds: Bounds) -> bytes:
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            try:
                with gzip.open(io.BytesIO(body)) as file:
                    found = file.read(bounds.body + 1)
            except (OSError, EOFError, zlib.error) as error:
                raise Refusal(400, f"no gzip: {error}") from error
            if len(found) > bounds.body:
                raise Refusal(413, f"more than {bounds.body} bytes when unpacked; send smaller batches")
            return found
    raise Refusal(415, f"content encoding {encoding[:40]!r}; send gzip or none")


def _answer(signal: Signal | None, found: Decoded) -> "Message":
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
    return answer
