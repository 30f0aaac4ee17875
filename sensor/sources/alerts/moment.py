"""Times of other products → nanoseconds since the epoch, UTC. A time without zone is none: nothing is guessed."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

from pydantic import JsonValue

from sensor.sources.alerts.walk import told_by

Unit = Literal["s", "ms", "us", "ns"]
SECOND = 1_000_000_000
_NANOSECONDS: dict[Unit, int] = {"s": SECOND, "ms": 1_000_000, "us": 1_000, "ns": 1}
_LAST = 2**63
"""Later stations keep times in 64 bits."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d{0,9})? ?(?:Z|UTC|GMT|([+-])(\d\d):?(\d\d)?)",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"(\d{1,19})(?:\.(\d{1,18}))?", re.ASCII)


def iso(value: JsonValue) -> int | None:
    """Return the time of `2026-01-31T12:00:00.5Z`, of the same with an offset, and of PostgreSQL's `… 12:00:00 UTC`."""
    match = _ISO.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 64 else None
    if match is None:
        return None
    day, clock, fraction, sign, hours, minutes = match.groups()
    try:
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
        elapsed = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone) - _EPOCH
    except ValueError:  # the 30th of February
        return None
    return _kept((elapsed.days * 86_400 + elapsed.seconds) * SECOND + int((fraction or "").ljust(9, "0")))


def epoch(value: JsonValue, unit: Unit) -> int | None:
    """Return the time of a number, or of a text that is one, of `unit` since the epoch."""
    match = _NUMBER.fullmatch(told_by(value))
    if match is None:
        return None
    whole, fraction = match[1], (match[2] or "")[:9]
    scale = _NANOSECONDS[unit]
    return _kept(int(whole) * scale + int(fraction or 0) * scale // 10 ** len(fraction))


def either(value: JsonValue, unit: Unit) -> int | None:
    """Return the time of a text as `iso` reads it, else of a number as `epoch` does."""
    found = iso(value)
    return found if found is not None else epoch(value, unit)


def _kept(at_ns: int) -> int | None:
    return at_ns if 0 < at_ns < _LAST else None
