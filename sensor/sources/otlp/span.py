"""Spans and log records as OTLP carries them, attributes as JSON values.

Format: https://github.com/open-telemetry/opentelemetry-proto (trace/v1/trace.proto, logs/v1/logs.proto, common/v1/common.proto).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue
from pydantic_core import from_json, to_json

Attributes = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """A named moment within a span, or a log record that belongs to it."""

    name: str
    at_ns: int
    """Nanoseconds since the Unix epoch, UTC; 0 where unknown."""
    attributes: Attributes
    body: JsonValue = None


@dataclass(frozen=True, slots=True)
class Span:
    """One timed operation. A log record is kept as a span without a time of its own that only carries events (`is_log`)."""

    trace_id: str
    """32 hexadecimal digits."""
    span_id: str
    """16 hexadecimal digits."""
    parent_id: str = ""
    """16 hexadecimal digits; empty for the root of a trace."""
    name: str = ""
    start_ns: int = 0
    """Nanoseconds since the Unix epoch, UTC; 0 where unknown."""
    end_ns: int = 0
    attributes: Attributes = field(default_factory=dict)
    events: tuple[SpanEvent, ...] = ()
    failed: bool = False
    """Its status is an error."""
    resource: Attributes = field(default_factory=dict)
    """What made it: `service.name`, `process.pid`, `container.id` …"""
    scope: str = ""
    """Name of the instrumentation."""
    is_log: bool = False
    source: str = ""
    """Source of its events, where one of our own sensors made it; empty for all that is received."""

    @property
    def key(self) -> tuple[str, str]:
        """Return what tells a span from all others."""
        return (self.trace_id, self.span_id)

    def text(self, *names: str) -> str:
        """Return the first of these attributes that is a non-empty text or a number, as text; empty where none is."""
        for name in names:
            value = self.attributes.get(name)
            if isinstance(value, str) and value:
                return value
            if isinstance(value, int | float) and not isinstance(value, bool):
                return str(value)
        return ""


def to_line(span: Span) -> str:
    """Return a span as a list in JSON, as it is kept and as our own sensors send it."""
    return to_json(
        (span.trace_id, span.span_id, span.parent_id, span.name, span.start_ns, span.end_ns, span.attributes,
         [(event.name, event.at_ns, event.attributes, event.body) for event in span.events], span.failed, span.resource,
         span.scope, span.is_log, *([span.source] if span.source else []))
    ).decode()  # fmt: skip


def of_line(line: str | bytes) -> Span:
    """Return the span of a line that `to_line` made."""
    fields = from_json(line)
    fields[7] = tuple(SpanEvent(*event) for event in fields[7])
    return Span(*fields)
