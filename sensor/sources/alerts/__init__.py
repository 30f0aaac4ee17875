"""Alerts and telemetry of other products, in the formats that they write.

Files: JSON lines, a list, one object over many lines, an object that holds a list of records (CloudTrail, Kubernetes,
AgentSight), the Linux audit log, PostgreSQL's logs with pgaudit; each also packed with gzip. docs/reference/alerts.md
lists the formats and where they are defined.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from pydantic import JsonValue

from sensor.event import AlertReceived, Event, Unparsed
from sensor.identity import DEFAULT_TENANT
from sensor.sources.alerts import agentsight
from sensor.sources.alerts.alert import Alert, Origin, received
from sensor.sources.alerts.log import is_line, is_log, log_records
from sensor.sources.alerts.unknown import cleaned, unknown
from sensor.sources.alerts.walk import Fields, text
from sensor.sources.lines import LIMITS, Broken, Limits
from sensor.sources.records import records
from sensor.sources.unreadable import unparsed

__all__ = ["FORMATS", "Format", "event_of", "events_of", "is_line", "knows", "read"]

FORMATS: dict[str, str] = {
    "ocsf": "sensor.sources.alerts.ocsf",
    "kubernetes": "sensor.sources.alerts.kubernetes",
    "cloudtrail": "sensor.sources.alerts.cloudtrail",
    "tetragon": "sensor.sources.alerts.tetragon",
    "tracee": "sensor.sources.alerts.tracee",
    "auditd": "sensor.sources.alerts.auditd",
    "pgaudit": "sensor.sources.alerts.pgaudit",
    "mcpspy": "sensor.sources.alerts.mcpspy",
    "litellm": "sensor.sources.alerts.litellm",
    "falco": "sensor.sources.alerts.falco",
    "agentsight": "sensor.sources.alerts.agentsight",
    "envoy": "sensor.sources.alerts.envoy",
}
"""Name → module. The first that knows a record's shape reads it: the most telling shape comes first. Adding a format: one
module with `knows` and `alert`, one row here, one sample in the test."""


class Format(Protocol):
    """A module that reads the records of one product. Both functions take any object and never raise."""

    def knows(self, record: Fields) -> bool:
        """Return whether the record has this format's shape."""

    def alert(self, record: Fields) -> Alert:
        """Return what a record that it knows says."""


def knows(value: JsonValue) -> bool:
    """Return whether a record has the shape of any format, or holds a list of such records."""
    return any(_format_of(record) is not None for record in _spread(cleaned(value)))


def read(
    path: Path, *, session: str | None = None, tenant: str = DEFAULT_TENANT, limits: Limits = LIMITS
) -> Iterator[Event]:
    """Yield one event per record of a file.

    `session` names the conversation of records that name none. A record that is no JSON, or of no known format, becomes
    `Unparsed`. Raises `SourceUnavailableError` if the file cannot be opened.
    """
    found = log_records(path, limits) if is_log(path, limits) else records(path, limits=limits)
    for record in found:
        if isinstance(record, Broken):
            yield unparsed(record, "alerts", tenant)
        else:
            yield from events_of(record.value, number=record.number, tenant=tenant, session=session)


def events_of(
    value: JsonValue, *, number: int, tenant: str = DEFAULT_TENANT, session: str | None = None
) -> Iterator[AlertReceived | Unparsed]:
    """Yield the events of one parsed value, which may hold a list of records. Never raises."""
    for part, record in enumerate(_spread(value)):
        yield event_of(record, number=number, part=part, tenant=tenant, session=session)


def event_of(
    value: JsonValue, *, number: int, part: int = 0, tenant: str = DEFAULT_TENANT, session: str | None = None
) -> AlertReceived | Unparsed:
    """Return the event of one parsed record: the alert, or `Unparsed` where no format knows it. Never raises.

    `number` is the record's own, from 1; `part` its place where several records came as one.
    """
    origin = Origin(tenant, number, part, session)
    record = cleaned(value)
    name = _format_of(record)
    if name is None or not isinstance(record, dict):
        return unknown(value, "no known alert format", origin)
    return received(_format(name).alert(record), record, f"alerts:{name}", origin)


def _format_of(record: JsonValue) -> str | None:
    if not isinstance(record, dict):
        return None
    return next((name for name in FORMATS if _format(name).knows(record)), None)


def _format(name: str) -> Format:
    return cast("Format", import_module(FORMATS[name]))


def _spread(value: JsonValue) -> Iterator[JsonValue]:
    """Yield the records that a record holds, or itself."""
    inner = _held(value) if isinstance(value, dict) else []
    yield from inner or (value,)


def _held(record: Fields) -> list[JsonValue]:
    names: tuple[str, ...] = ()
    if isinstance(record.get("Records"), list) and len(record) == 1:
        names = ("Records",)
    elif record.get("kind") == "EventList" and text(record, "apiVersion").startswith("audit.k8s.io/"):
        names = ("items",)
    elif {"schema_version", "generated_at", *agentsight.ROWS} <= record.keys():
        names = agentsight.ROWS
    return [row for name in names if isinstance(rows := record.get(name), list) for row in rows] if names else []
