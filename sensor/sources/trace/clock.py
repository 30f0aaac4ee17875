"""Times of the trace notation ↔ nanoseconds since the epoch, exactly."""

import re
from datetime import UTC, datetime, timedelta

BASE_NS = 946_684_800_000_000_000
"""2000-01-01T00:00:00Z, from which times without a date count unless `from` names another moment."""

SECOND = 1_000_000_000
_DAY = 86_400 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FULL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z(?=\s|$)")
DAYS = re.compile(r"-\d{1,5}d(?=\s|$)")
CLOCK = re.compile(r"(?:\d{1,4}:)?\d\d:\d\d(?:\.\d{1,9})?(?=\s|$)")


def full(text: str) -> int:
    """Return the nanoseconds of `2026-01-31T12:00:00.5Z`. Raises `ValueError` for a day that does not exist."""
    moment, _, fraction = text[:-1].partition(".")
    elapsed = datetime.fromisoformat(f"{moment}+00:00") - _EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * SECOND + _fraction(fraction)


def days(text: str) -> int:
    """Return the nanoseconds of `-1d`."""
    return -int(text[1:-1]) * _DAY


def clock(text: str) -> int:
    """Return the nanoseconds of `mm:ss` or `hh:mm:ss`, with or without a fraction."""
    whole, _, fraction = text.partition(".")
    seconds = 0
    for field in whole.split(":"):
        seconds = seconds * 60 + int(field)
    return seconds * SECOND + _fraction(fraction)


def written(at_ns: int, base_ns: int = BASE_NS) -> str | None:
    """Return the shortest form: since the base within 1,000 hours, else with the date; `None` beyond the year 9999."""
    since = at_ns - base_ns
    if 0 <= since < 3_600_000 * SECOND:
        minutes, seconds = divmod(since // SECOND, 60)
        hours, minutes = divmod(minutes, 60)
        head = f"{hours:02}:" if hours else ""
        return f"{head}{minutes:02}:{seconds:02}{_tail(since)}"
    try:
        moment = _EPOCH + timedelta(seconds=at_ns // SECOND)
    except OverflowError:
        return None
    return f"{moment.year:04}-{moment:%m-%dT%H:%M:%S}{_tail(at_ns)}Z"


def _fraction(digits: str) -> int:
    return int(digits.ljust(9, "0")) if digits else 0


def _tail(at_ns: int) -> str:
    fraction = at_ns % SECOND
    return f".{fraction:09}".rstrip("0") if fraction else ""
