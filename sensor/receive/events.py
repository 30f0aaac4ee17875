"""What our own sensors send: JSON lines, each an event as `clew record` writes it, or a span that was heard of a conversation.

A line that cannot be read, or that tells of another tenant than the receiver's, is kept as an `Unparsed` event, as it is where a
recording is read: it is refused by itself, and holds up nothing.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, JsonValue, TypeAdapter, ValidationError
from pydantic_core import from_json

from sensor.event import AgentHandedOver, Event, Unparsed
from sensor.receive.receiver import Received, Receiver, Refusal
from sensor.sources.lines import Broken, Limits, Line, lines
from sensor.sources.otlp.span import Span, SpanEvent
from sensor.sources.records import broken
from sensor.sources.replay import SOURCE, event_of, reason_of
from sensor.sources.unreadable import unparsed

_Time = Annotated[int, Field(ge=0, lt=2**63)]
_Hex = Annotated[str, Field(pattern="^[0-9a-f]{0,32}$")]
_Values = dict[str, JsonValue]
_SPAN = TypeAdapter(
    tuple[
        _Hex, _Hex, _Hex, str, _Time, _Time, _Values, tuple[tuple[str, _Time, _Values, JsonValue], ...], bool, _Values, str, bool,
        str,
    ]
)  # fmt: skip
"""What `sensor.sources.otlp.span.to_line` writes, with its source."""
_FIELDS = 13
MOST_KEY = 500
"""Characters of the key of a session: databases bound what they can look for."""
LATEST = 2**62
"""Place of an event at most, in nanoseconds the year 2116: what lies beyond is no time, and cannot be reckoned with."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the lines of one request."""

    taken: int
    unreadable: int
    reasons: dict[str, int]
    """Why lines could not be read, with how often, most often first; at most ten."""

    @property
    def status(self) -> int:
        """Return the HTTP status: a sender none of whose lines can be read is to notice it."""
        return 400 if self.unreadable and not self.taken else 200


async def accept(receiver: Receiver, sent: bytes, *, encoding: str = "") -> Outcome:
    """Keep what a body holds, that a line could not be read included, and return what became of it. Raises `Refusal`."""
    body = receiver.unpacked(sent, encoding)
    most = receiver.bounds.events
    if body.count(b"\n") > most:
        raise Refusal(413, f"more than {most} lines; send smaller batches")
    found = await asyncio.to_thread(_all, body, receiver.tenant)
    spans = tuple(one for one in found if isinstance(one, Span))
    events = tuple(one for one in found if not isinstance(one, Span))
    await receiver.keep(Received(spans, events=events), len(body))
    reasons = Counter(event.reason for event in events if isinstance(event, Unparsed) and event.source == SOURCE)
    return Outcome(len(found) - reasons.total(), reasons.total(), dict(reasons.most_common(10)))


def _all(body: bytes, tenant: str) -> list[Event | Span]:
    return [_read(line, tenant) for line in lines(body, Limits(line=len(body), total=len(body)))]


def _read(line: Line | Broken, tenant: str) -> Event | Span:
    if isinstance(line, Broken):
        return unparsed(line, SOURCE, tenant)
    if not line.text.startswith("["):
        event = event_of(line, tenant)
        longest = max(len(event.session), len(event.to_session) if isinstance(event, AgentHandedOver) else 0)
        if longest > MOST_KEY or max(event.position, event.part) > LATEST:
            return unparsed(
                broken(line.number, "key of a session, or place, beyond all bounds", line.text), SOURCE, tenant
            )
        return event
    try:
        return _span(line.text)
    except ValidationError as error:
        return unparsed(broken(line.number, reason_of(error), line.text), SOURCE, tenant)
    except (ValueError, TypeError) as error:
        return unparsed(broken(line.number, f"no JSON: {error}"[:160], line.text), SOURCE, tenant)


def _span(text: str) -> Span:
    fields = from_json(text)
    if len(fields) == _FIELDS - 1:
        fields.append("")
    trace, span, parent, name, start, end, attributes, events, failed, resource, scope, is_log, source = (
        _SPAN.validate_python(fields)
    )
    told = tuple(SpanEvent(*one) for one in events)
    return Span(trace, span, parent, name, start, end, attributes, told, failed, resource, scope, is_log, source)
