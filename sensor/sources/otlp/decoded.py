"""What both encodings of OTLP are read into: spans and alerts, with the bounds that hold for either."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import JsonValue

from sensor.sources.otlp.logged import LoggedAlert, alert_in
from sensor.sources.otlp.span import Span, SpanEvent

Signal = Literal["traces", "logs"]
Resource = dict[str, JsonValue]
Item = TypeVar("Item")

MAX_ATTRIBUTES = 4_000
"""Attributes of one span that are read; indexed message lists need many. How many were dropped is told in `DROPPED`."""
DROPPED = "clew.attributes.dropped"
MAX_EVENTS = 2_000
DEPTH = 40
"""Levels of nesting of an attribute that are read."""
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one request held."""

    spans: tuple[Span, ...]
    refused: tuple[str, ...] = ()
    """For each span or record that was refused, the reason."""
    alerts: tuple[LoggedAlert, ...] = ()


class Refused(Exception):
    """One span that cannot be used; its neighbours can. It never leaves this package."""


def gathered(
    items: Iterable[tuple[Item, Resource, str]], make: Callable[[Item, Resource, str], Span | LoggedAlert]
) -> Decoded:
    """Return what `make` gives for each item with its resource and scope, and why items were refused."""
    spans: list[Span] = []
    alerts: list[LoggedAlert] = []
    refused = []
    for item, resource, scope in items:
        try:
            made = make(item, resource, scope)
        except Refused as error:
            refused.append(str(error))
        else:
            if isinstance(made, Span):
                spans.append(made)
            else:
                alerts.append(made)
    return Decoded(tuple(spans), tuple(refused), tuple(alerts))


def log(trace_id: str, span_id: str, event: SpanEvent, resource: Resource, scope: str) -> Span | LoggedAlert:
    """Return a log record: an alert, or a note of a span. Any other is refused: nothing tells what it speaks of."""
    if (alert := alert_in(event, trace_id)) is not None:
        return alert
    trace, span = valid_id(trace_id, 32, "trace"), valid_id(span_id, 16, "span")
    return Span(trace, span, events=(event,), resource=resource, scope=scope, is_log=True)


def event_name(name: str, attributes: Mapping[str, JsonValue]) -> str:
    """Return the name of a log record; before logs had a field for it, it was an attribute."""
    told = attributes.get("event.name")
    return name or (told if isinstance(told, str) else "")


def valid_id(text: str, digits: int, what: str) -> str:
    """Return an id of the right length that is not all zeros. Raises `Refused`."""
    if len(text) != digits or not text.strip("0"):
        raise Refused(f"no {what} id of {digits // 2} bytes")
    return text


def valid_time(value: int) -> int:
    """Return nanoseconds since the Unix epoch, 0 for what can be none."""
    return value if 0 <= value <= _LARGEST else 0
