"""OTLP requests, of either transport: decoded, kept, answered.

Metrics are taken and dropped, so that clients that send all signals need no setting.
"""

from typing import TYPE_CHECKING

from sensor.errors import Undecodable
from sensor.receive.receiver import Received, Receiver, Refusal
from sensor.sources.otlp.decode import decode
from sensor.sources.otlp.decoded import Decoded, Signal

if TYPE_CHECKING:
    from google.protobuf.message import Message

PROTOBUF, JSON = "application/x-protobuf", "application/json"
SIGNALS: dict[str, Signal | None] = {"traces": "traces", "logs": "logs", "metrics": None}
"""What clients send → what of it is read."""


async def accept(
    receiver: Receiver, signal: str, sent: bytes, headers: dict[str, str], *, encoding: str = "", json: bool = False
) -> "Message":
    """Keep what a body holds and return the answer; `signal` is one of `SIGNALS`. Raises `Refusal`."""
    body = receiver.unpacked(sent, encoding)
    read = SIGNALS[signal]
    found = Decoded(()) if read is None else await _kept(receiver, body, read, json=json)
    if receiver.forward is not None:
        receiver.forward(f"/v1/{signal}", sent, headers)
    return _answer(read, found)


async def _kept(receiver: Receiver, body: bytes, signal: Signal, *, json: bool) -> Decoded:
    try:
        found = decode(body, signal=signal, json=json)
    except Undecodable as error:
        raise Refusal(400, str(error)) from error
    alerts = receiver.counted(event for logged in found.alerts for event in logged.events(receiver.tenant))
    await receiver.keep(Received(found.spans, alerts), len(body))
    return found


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
