"""What a format says of one record, and the event that comes of it."""

import re
from dataclasses import dataclass

from pydantic import JsonValue

from sensor.event import AlertLevel, AlertReceived, Named, Unparsed
from sensor.identity import digest, session_key
from sensor.sources.alerts.walk import canonical

LONGEST_TEXT = 8_000
"""Characters of an alert's text that are kept."""
LONGEST_WORD = 300
"""Characters of a rule, a severity or an id that are kept."""

_TRACE = re.compile(r"(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert in our words. Texts may be of any length; the event keeps a bounded part of them."""

    product: str
    rule: str
    severity: str = ""
    """What the product says of its weight or outcome, in its own words; empty where it says nothing."""
    level: AlertLevel = "informational"
    """Telemetry without a judgement is informational."""
    text: str = ""
    uid: str = ""
    """Id that the product gave the alert; empty where it gave none."""
    named: tuple[Named, ...] = ()
    at_ns: int | None = None
    trace_id: str | None = None
    tool_call: str = ""
    conversation: str = ""
    """Id of the agent's conversation or session, where the record names one."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record came from."""

    tenant: str
    number: int
    """Number of the record, from 1."""
    part: int = 0
    """Place within a record that holds several."""
    session: str | None = None
    """Conversation of all records that name none themselves."""


def received(alert: Alert, record: JsonValue, source: str, origin: Origin) -> AlertReceived:
    """Return the event. An alert without an id gets the key of its record, so that the same record has the same id."""
    conversation = alert.conversation or origin.session
    return AlertReceived(
        tenant=origin.tenant, position=origin.number, part=origin.part, at_ns=alert.at_ns, source=source,
        session=session_key("conversation", conversation, origin.tenant) if conversation else "",
        product=short(alert.product), rule=short(alert.rule) or "unnamed", severity=short(alert.severity) or "none",
        level=alert.level, text=bounded(alert.text, LONGEST_TEXT), uid=_id(alert.uid) or digest("alert", canonical(record)),
        named=alert.named, trace_id=alert.trace_id, tool_call=_id(alert.tool_call) or None,
    )  # fmt: skip


def placeless(event: AlertReceived | Unparsed) -> AlertReceived | Unparsed:
    """Return an alert without its place in a request: the next delivery may bring it among others."""
    return event.model_copy(update={"position": 0, "part": 0}) if isinstance(event, AlertReceived) else event


def trace_of(value: str) -> str | None:
    """Return the trace id of 32 hexadecimal digits, or of a W3C `traceparent`; `None` where it is neither."""
    match = _TRACE.fullmatch(value)
    return match[1].lower() if match and match[1].strip("0") else None


def short(value: str) -> str:
    """Return one line of bounded length."""
    return bounded(" ".join(value[: 2 * LONGEST_WORD].split()), LONGEST_WORD)


def bounded(value: str, longest: int) -> str:
    """Return the text, or its beginning up to a word's end: half a credential would no longer be seen as one."""
    if len(value) <= longest:
        return value
    return re.sub(r"\s\S*\Z", "", value[:longest])


def _id(value: str) -> str:
    """Return the id; one of absurd length is replaced by its key, because a cut one could be another's."""
    return value if len(value) <= LONGEST_WORD else digest("id", value)
