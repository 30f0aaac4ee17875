"""How a cited event ended, as far as the cited events tell: it worked, it failed, or it waits to be done. Pure."""

import re
from collections.abc import Iterable, Sequence

from correlator.verifying.grounds import Ground
from sensor.event import HttpRequested, HttpResponded, ProcessExited, ProcessStarted, ToolReturned

_PENDING = re.compile(
    r"(?:pending|queued|queueing|enqueued|await\w*|waiting|wait-?listed|scheduled|deferred|postponed|on hold|in review"
    r"|under review|parked|unconfirmed)\b|[^.;]{0,40}\bnot yet\b"
)
"""How a result begins that says that what was asked for is still to be done."""
ASKING = (
    "tool_called", "tool_returned", "prompt_submitted", "document_retrieved", "alert_received", "model_responded",
)  # fmt: skip
"""Kinds of events in which something is asked for or told that then fails."""


def ended(ground: Ground, cited: Sequence[Ground]) -> bool | None:
    """Return whether an event failed by its own outcome or that of another cited one, `None` where none is told.

    A call ends with its result, a program with its exit, a request with the response that comes next.
    """
    if ground.failed is not None:
        return ground.failed
    if ground.result is not None and any(one.event is ground.result for one in cited):
        return ground.result.failed
    match ground.event:
        case ProcessStarted(process=process):
            exits = (one for one in cited if isinstance(one.event, ProcessExited) and one.event.process == process)
            return next((one.failed for one in exits), None)
        case HttpRequested():
            later = (one for one in cited if one.place > ground.place)
            after = next((one for one in later if isinstance(one.event, HttpRequested | HttpResponded)), None)
            return after.failed if after is not None else None
    return None


def has_failed(ground: Ground, cited: Sequence[Ground]) -> bool:
    """Return whether an event is known to have failed."""
    return ended(ground, cited) is True


def worked(some: Iterable[Ground], cited: Sequence[Ground]) -> bool:
    """Return whether of some events at least one ended well, and none failed."""
    found = {ended(one, cited) for one in some}
    return False in found and True not in found


def is_pending(ground: Ground) -> bool:
    """Return whether the result of a call says that what was asked for is still to be done."""
    results = [one for one in (ground.event, ground.result) if isinstance(one, ToolReturned)]
    return any(_PENDING.match(one.text.casefold()) for one in results)
