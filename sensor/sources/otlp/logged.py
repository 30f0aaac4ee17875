"""Log records that are alerts of other products: a collector ships the lines that Falco, Tetragon or an audit log wrote."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from sensor.errors import UnreadableJsonError
from sensor.event import AlertReceived, Unparsed
from sensor.identity import DEFAULT_TENANT
from sensor.sources import alerts
from sensor.sources.alerts.alert import placeless, trace_of
from sensor.sources.bounded_json import loads
from sensor.sources.otlp.span import SpanEvent


@dataclass(frozen=True, slots=True)
class LoggedAlert:
    """A record of a known alert format, and the trace of the log record that brought it."""

    record: JsonValue
    trace_id: str | None

    def events(self, tenant: str = DEFAULT_TENANT, session: str | None = None) -> Iterator[AlertReceived | Unparsed]:
        """Yield what the record says; an alert that names no trace itself has that of its log record."""
        for event in map(placeless, alerts.events_of(self.record, number=1, tenant=tenant, session=session)):
            named = isinstance(event, Unparsed) or event.trace_id is not None
            yield event if named else event.model_copy(update={"trace_id": self.trace_id})


def alert_in(event: SpanEvent, trace_id: str) -> LoggedAlert | None:
    """Return the alert that is the body of a log record, as an object or as JSON in a text; `None` where it is none.

    A record with an event name tells a step of a conversation, whatever text it quotes.
    """
    body = event.body
    if event.name:
        return None
    if isinstance(body, str) and body.lstrip().startswith("{"):
        try:
            body = loads(body)
        except UnreadableJsonError:
            return None
    if not isinstance(body, dict) or not alerts.knows(body):
        return None
    return LoggedAlert(body, trace_of(trace_id))
