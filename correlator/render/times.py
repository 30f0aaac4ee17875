"""Times as people read them."""

from datetime import UTC, datetime


def moment(at_ns: int | None, *, local: bool = False) -> str:
    """Return a time to the second, in UTC or in the local zone; `-` where it is unknown."""
    if at_ns is None:
        return "-"
    try:
        time = datetime.fromtimestamp(at_ns // 10**9, UTC)
    except (OverflowError, OSError, ValueError):
        return "out of range"
    return time.astimezone().isoformat(" ", "seconds") if local else time.strftime("%Y-%m-%d %H:%M:%SZ")
