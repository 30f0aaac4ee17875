"""OTLP in protobuf, read with the generated classes of `opentelemetry-proto`."""

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import JsonValue

from sensor.errors import Undecodable
from sensor.sources.otlp.decoded import (
    DEPTH,
    DROPPED,
    MAX_ATTRIBUTES,
    MAX_EVENTS,
    Decoded,
    Resource,
    Signal,
    event_name,
    gathered,
    log,
    valid_id,
    valid_time,
)
from sensor.sources.otlp.logged import LoggedAlert
from sensor.sources.otlp.span import Span, SpanEvent

if TYPE_CHECKING:
    from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
    from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan


def decode(body: bytes, signal: Signal) -> Decoded:
    """Return the spans of one request body. Raises `Undecodable`."""
    from google.protobuf.message import DecodeError

    try:
        return gathered(_spans(body), _span) if signal == "traces" else gathered(_logs(body), _log)
    except DecodeError as error:
        raise Undecodable(f"no OTLP {signal} in protobuf: {error}") from error


def _spans(body: bytes) -> "Iterator[tuple[WireSpan, Resource, str]]":
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    for traced in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _pairs(traced.resource.attributes)
        for scoped in traced.scope_spans:
            for span in scoped.spans:
                yield span, resource, scoped.scope.name


def _logs(body: bytes) -> "Iterator[tuple[LogRecord, Resource, str]]":
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    for logged in ExportLogsServiceRequest.FromString(body).resource_logs:
        resource = _pairs(logged.resource.attributes)
        for scoped in logged.scope_logs:
            for record in scoped.log_records:
                yield record, resource, scoped.scope.name


def _span(span: "WireSpan", resource: Resource, scope: str) -> Span:
    return Span(
        valid_id(span.trace_id.hex(), 32, "trace"), valid_id(span.span_id.hex(), 16, "span"),
        span.parent_span_id.hex() if len(span.parent_span_id) == 8 else "", span.name,
        valid_time(span.start_time_unix_nano), valid_time(span.end_time_unix_nano), _pairs(span.attributes),
        tuple(
            SpanEvent(event.name, valid_time(event.time_unix_nano), _pairs(event.attributes))
            for event in span.events[:MAX_EVENTS]
        ),
        span.status.code == 2, resource, scope,
    )  # fmt: skip


def _log(record: "LogRecord", resource: Resource, scope: str) -> Span | LoggedAlert:
    attributes = _pairs(record.attributes)
    event = SpanEvent(
        event_name(getattr(record, "event_name", ""), attributes),
        valid_time(record.time_unix_nano or record.observed_time_unix_nano), attributes, _value(record.body, DEPTH),
    )  # fmt: skip
    return log(record.trace_id.hex(), record.span_id.hex(), event, resource, scope)


def _pairs(pairs: "RepeatedCompositeFieldContainer[KeyValue]") -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for number, pair in enumerate(pairs):
        if number >= MAX_ATTRIBUTES:
            found[DROPPED] = len(pairs) - MAX_ATTRIBUTES
            break
        found[pair.key] = _value(pair.value, DEPTH)
    return found


def _value(value: "AnyValue", levels: int) -> JsonValue:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "double_value":
            return _number(value.double_value)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case "array_value" if levels:
            return [_value(item, levels - 1) for item in value.array_value.values]
        case "kvlist_value" if levels:
            return {pair.key: _value(pair.value, levels - 1) for pair in value.kvlist_value.values}
    return None


def _number(value: float) -> JsonValue:
    return value if value - value == 0 else str(value)  # NaN and infinity have no form in JSON
