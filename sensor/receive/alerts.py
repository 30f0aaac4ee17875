"""Alerts of other products, as their webhooks and log shippers send them: one JSON record, a list, or JSON lines."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sensor.event import AlertReceived, Unparsed
from sensor.receive.receiver import Received, Receiver
from sensor.sources.alerts import events_of
from sensor.sources.alerts.alert import placeless
from sensor.sources.alerts.mapping import finds, mapped
from sensor.sources.lines import Broken, Limits
from sensor.sources.records import records
from sensor.sources.unreadable import unparsed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the records of one request."""

    alerts: int
    unreadable: int
    reasons: dict[str, int]
    """Why records could not be read, with how often, most often first; at most ten."""

    @property
    def status(self) -> int:
        """Return the HTTP status: a sender none of whose records can be read is to notice it."""
        return 400 if self.unreadable and not self.alerts else 200


async def accept(receiver: Receiver, sent: bytes, *, encoding: str = "") -> Outcome:
    """Keep what a body holds, that it could not be read included, and return what became of it. Raises `Refusal`."""
    body = receiver.unpacked(sent, encoding)
    found = receiver.counted(_events(receiver, body))
    await receiver.keep(Received(alerts=found), len(body))
    reasons = Counter(event.reason for event in found if isinstance(event, Unparsed))
    return Outcome(len(found) - reasons.total(), reasons.total(), dict(reasons.most_common(10)))


def _events(receiver: Receiver, body: bytes) -> Iterator[AlertReceived | Unparsed]:
    limits = Limits(line=receiver.bounds.body, total=receiver.bounds.body)
    for record in records(body, limits=limits):
        if isinstance(record, Broken):
            yield unparsed(record, "alerts", receiver.tenant)
        elif receiver.mapping is not None and finds(receiver.mapping, record.value):
            yield placeless(mapped(record.value, receiver.mapping, number=record.number, tenant=receiver.tenant))
        else:
            yield from map(placeless, events_of(record.value, number=record.number, tenant=receiver.tenant))
