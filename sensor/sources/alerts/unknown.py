"""Records that no format knows → `Unparsed`, and what is done to a record before a format sees it."""

from pydantic import JsonValue

from sensor.event import Unparsed
from sensor.sources.alerts.alert import Origin
from sensor.sources.alerts.walk import canonical, too_deep
from sensor.sources.bounded_json import scrubbed
from sensor.sources.records import broken
from sensor.sources.unreadable import unparsed


def cleaned(record: JsonValue) -> JsonValue:
    """Return the record without halves of surrogate pairs; `None` where it is nested too deeply to be kept."""
    return None if too_deep(record) else scrubbed(record)


def unknown(record: JsonValue, reason: str, origin: Origin) -> Unparsed:
    """Return the event that counts and names the record."""
    if too_deep(record):
        # Its text cannot be made. The place stands in for it, so that two such records stay two.
        return unparsed(
            broken(origin.number, "nested too deeply", f"{origin.number}.{origin.part}"), "alerts", origin.tenant
        )
    return unparsed(broken(origin.number, reason, canonical(record)), "alerts", origin.tenant)
