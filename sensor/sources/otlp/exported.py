"""Spans as other tools write them down → `Span`: Langfuse traces, spans of the JavaScript and Python SDKs, bare attributes.

Formats: Langfuse `GET /api/public/traces/{id}` (https://api.reference.langfuse.com) and its export `{"trace", "observations"}`;
`ReadableSpan` of https://github.com/open-telemetry/opentelemetry-js (times as `[seconds, nanoseconds]`); `ReadableSpan.to_json`
of opentelemetry-python (ids as `0x…`, times in ISO 8601).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from pydantic import JsonValue

from sensor.identity import digest
from sensor.sources.otlp.decoded import valid_time
from sensor.sources.otlp.messages import parsed
from sensor.sources.otlp.span import Span, SpanEvent

EXPORTED_INPUT, EXPORTED_OUTPUT = "clew.exported.input", "clew.exported.output"
"""Attributes for what a tool keeps beside the attributes."""

Object = Mapping[str, JsonValue]
_BARE = ("gen_ai.", "llm.", "ai.operationId", "openinference.", "traceloop.", "langsmith.", "mcp.")
_HEX = re.compile(r"(?:0x)?([0-9a-fA-F]{1,32})")


def spans(record: JsonValue) -> tuple[Span, ...]:
    """Return the spans of a record of any of these shapes, none for another record."""
    if isinstance(record, list):
        return tuple(span for item in record for span in spans(item))
    if not isinstance(record, dict):
        return ()
    observations = record.get("observations")
    if isinstance(observations, list):
        return tuple(_langfuse(record, observations))
    context = record.get("spanContext", record.get("context"))
    if isinstance(context, dict) and isinstance(record.get("attributes"), dict):
        return (_sdk(record, context),)
    if any(name.startswith(_BARE) for name in record):
        return (_bare(record),)
    return ()


def knows(record: JsonValue) -> bool:
    """Return whether a record has one of these shapes."""
    return bool(spans(record))


def _langfuse(record: Object, observations: list[JsonValue]) -> Iterator[Span]:
    trace = record.get("trace")
    about: Object = trace if isinstance(trace, dict) else record
    for item in observations:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            yield _observation(item, about)


def _observation(item: Object, trace: Object) -> Span:
    metadata = parsed(item.get("metadata"))
    kept: Object = metadata if isinstance(metadata, dict) else {}
    own, scope = _object(kept.get("attributes")), _object(kept.get("scope"))
    told = {
        "langfuse.observation.type": str(item.get("type", "")).lower(),
        "langfuse.observation.name": item.get("name"),
        "langfuse.observation.model.name": item.get("model"),
        "langfuse.session.id": trace.get("sessionId"),
        EXPORTED_INPUT: item.get("input"),
        EXPORTED_OUTPUT: item.get("output"),
    }
    return Span(
        _id(item.get("traceId", trace.get("id")), 32), _id(item.get("id"), 16),
        _id(item["parentObservationId"], 16) if item.get("parentObservationId") else "", str(item.get("name") or ""),
        _iso(item.get("startTime")), _iso(item.get("endTime")),
        {**own, **{name: value for name, value in told.items() if value not in (None, "")}},
        failed=item.get("level") == "ERROR", resource=_object(kept.get("resourceAttributes")), scope=str(scope.get("name") or ""),
    )  # fmt: skip


def _sdk(record: Object, context: Object) -> Span:
    parent = _object(record.get("parentSpanContext"))
    parent_id = parent.get("spanId") or record.get("parentSpanId") or record.get("parent_id")
    resource = _object(record.get("resource"))
    scope = _object(record.get("instrumentationScope", record.get("instrumentationLibrary")))
    return Span(
        _id(context.get("traceId", context.get("trace_id")), 32), _id(context.get("spanId", context.get("span_id")), 16),
        _id(parent_id, 16) if parent_id else "", str(record.get("name") or ""),
        _time(record.get("startTime", record.get("start_time"))), _time(record.get("endTime", record.get("end_time"))),
        _object(record.get("attributes")), tuple(map(_event, _objects(record.get("events")))),
        _object(record.get("status")).get("code", _object(record.get("status")).get("status_code")) in (2, "ERROR"),
        _object(resource.get("attributes")), str(scope.get("name") or ""),
    )  # fmt: skip


def _event(event: Object) -> SpanEvent:
    return SpanEvent(
        str(event.get("name") or ""), _time(event.get("time", event.get("timestamp"))), _object(event.get("attributes"))
    )


def _bare(record: Object) -> Span:
    """Return a span of attributes alone; its ids are the key of its content."""
    key = digest("bare span", repr(sorted(record.items(), key=lambda item: item[0])))
    return Span(key, key[:16], attributes=record)


def _id(value: JsonValue, digits: int) -> str:
    """Return an id of the right length: tools that have ids of another form get the key of theirs."""
    text = value if isinstance(value, str) else str(value)
    found = _HEX.fullmatch(text)
    if found and len(found[1]) <= digits and int(found[1], 16):
        return found[1].lower().rjust(digits, "0")
    return digest("id", text)[:digits]


def _time(value: JsonValue) -> int:
    """Return nanoseconds since the Unix epoch of `[seconds, nanoseconds]` or ISO 8601, 0 for anything else."""
    match value:
        case [int(seconds), int(nanoseconds)] if not isinstance(seconds, bool):
            return valid_time(seconds * 10**9 + nanoseconds)
    return _iso(value)


def _iso(value: JsonValue) -> int:
    if not isinstance(value, str):
        return 0
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return 0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return valid_time(int(at.timestamp()) * 10**9 + at.microsecond * 1000)


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _objects(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
