"""Spans and alerts as they arrive → stories as soon as a chain is complete, and again when it changes.

Nothing here knows a network. `take` and `take_alerts` return when all is kept; `work` derives and judges what is due,
and tells the stories that alerts fell on.
After a crash both go on from what was kept: a bundle stays due until it was told, a session until it was judged.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from correlator.casebook import StoryRecord
from correlator.casebook.expiry import FIRST, Place
from correlator.dispatch import Dispatcher
from correlator.ingest import Desk, alerts_in, arrivals, is_of_kernel, merge
from correlator.retention import DAY_NS, expire, too_old
from sensor.event import AlertReceived, Event, Unparsed
from sensor.redact import redact
from sensor.sources.otlp.derive import derive_read
from sensor.sources.otlp.span import Span
from sensor.sources.otlp.spool import Due, Spool, Told

_GROUP, _LARGE_GROUP = 16, 64
"""Bundles that are told with one commit, and then judged; up to so many where eight times as many wait."""


@dataclass(frozen=True)
class Worked:
    """What one piece of work brought."""

    sessions: int
    """Sessions that were told or changed."""
    stories: tuple[StoryRecord, ...]
    """Open stories that are new or have a new version, in the order in which they were found."""


@dataclass(frozen=True)
class _New:
    """What a bundle tells now, beside what it told before."""

    due: Due
    workload: str
    fresh: list[Event]
    gone: Told
    told: Told


class Live:
    """Judges sessions while they go on. Used from one thread."""

    def __init__(
        self, desk: Desk, spool: Spool, dispatcher: Dispatcher | None = None, *, observes: bool = False
    ) -> None:
        """Take up what an earlier run left: due bundles, and sessions that wait for judgement.

        `dispatcher`: who is told of sessions that wait, where others judge them. `observes`: whether the sensor is in this process:
        then sessions are judged with what it saw some seconds later, all of it together, because both come to an end at once.
        """
        self._observes = observes
        self._desk = desk
        self._spool = spool
        self._dispatcher = dispatcher
        self._tenant = desk.settings.tenant
        self._ingest = desk.casebook.begin(self._tenant)
        self._alerted: dict[str, None] = {}
        """Stories that alerts have fallen on since the last step."""
        self._seen: tuple[Event, ...] = ()
        """The first and the last of what the kernel saw since sessions were judged with it."""
        self._expired_upto: Place | None = None
        """Where `expire` was asked to stop."""
        if dispatcher is None:
            desk.casebook.give_up(now_ns=desk.casebook.now_ns())  # nobody else does, and it could not be tried again

    def take(self, spans: Iterable[Span]) -> int:
        """Keep spans and return how many are new. What this returned for is not lost."""
        return self._spool.add(spans, self._tenant)

    def take_alerts(self, events: Iterable[AlertReceived | Unparsed]) -> None:
        """Keep alerts, and the marks of records that could not be read. What this returned for is not lost.

        An alert makes no session and wakes none: it is judged nowhere, and falls on what the steps of an agent tell.
        """
        clean = [redact(event, self._desk.key) for event in events]
        if clean:
            merge(self._desk.graph, clean)
            self._alerted |= dict.fromkeys(self._desk.casebook.note_alerts(alerts_in(clean)).changed)

    def take_events(self, events: Sequence[Event]) -> None:
        """Keep what our own sensors saw, and have judged what they tell of sessions. What this returned for is not lost.

        What no session is known for may be the work of any: those of its time are judged again, here or by `reconsider`.
        """
        if not events:
            return
        clean = [redact(event, self._desk.key) for event in events]
        merge(self._desk.graph, clean)
        if touched := arrivals(clean, self._desk.settings.workload):
            # Behind their events: who judges between the two is told again.
            self._desk.casebook.note(touched, ingest=self._ingest)
            if self._dispatcher is not None:
                self._dispatcher.wake("judge", self._tenant)
        if alerts := alerts_in(clean):
            self._alerted |= dict.fromkeys(self._desk.casebook.note_alerts(alerts).changed)
        seen = [event for event in events if is_of_kernel(event)]
        if seen and not self._observes:
            self._desk.reconsider(seen)  # before anything is acknowledged: nobody would do it after a crash
            if self._dispatcher is not None:
                self._dispatcher.wake("judge", self._tenant)
        elif seen:
            ends = (*self._seen, *seen)
            self._seen = (min(ends, key=_when), max(ends, key=_when))

    @property
    def has_seen(self) -> bool:
        """Return whether the kernel saw something that sessions were not judged with."""
        return bool(self._seen)

    def reconsider(self) -> None:
        """Have the sessions judged again that ran while the kernel saw what is new."""
        self._desk.reconsider(self._seen)
        self._seen = ()
        if self._dispatcher is not None:
            self._dispatcher.wake("judge", self._tenant)

    def work(self) -> Worked:
        """Tell and judge all that is due."""
        done = Worked(0, ())
        while not self.idle:
            step = self.step()
            done = Worked(done.sessions + step.sessions, done.stories + step.stories)
        return done

    def step(self) -> Worked:
        """Judge one group of the sessions that wait; where none does, tell one group of bundles first.

        Where others judge, only tell.
        """
        if self._dispatcher is not None:
            changed_sessions = self.tell()
            self._alerted = {}
            self._dispatcher.wake("judge", self._tenant)
            return Worked(changed_sessions, ())
        sessions = 0 if self._desk.casebook.waiting(self._tenant, limit=1) else self.tell()
        changed = dict.fromkeys((*self._alerted, *self._desk.clear(until=lambda: True).changed))
        self._alerted = {}
        told = self._desk.casebook.told(self._tenant, list(changed))
        return Worked(sessions, tuple(record for record in told if record.standing == "open"))

    @property
    def idle(self) -> bool:
        """Return whether nothing is due, no session waits, and all that alerts fell on was told."""
        if self._alerted or not self.told:
            return False
        return self._dispatcher is not None or not self._desk.casebook.waiting(self._tenant, limit=1)

    @property
    def told(self) -> bool:
        """Return whether the graph has what all spans tell."""
        return not self._spool.due(1)

    def tell(self) -> int:
        """Put the events of one group of bundles into the graph, and take back what they no longer say.

        Return how many sessions have changed: they wait for judgement now.
        """
        group = max(_GROUP, min(_LARGE_GROUP, self._spool.waiting // 8))
        news = [self._new(due) for number in self._spool.due(group) if (due := self._spool.bundle(number))]
        for new in news:
            for session, ids in new.gone.items():
                self._desk.graph.withdraw(session, ids, tenant=new.due.tenant)
        for tenant in sorted({new.due.tenant for new in news if new.gone}):
            gone = {session for new in news if new.due.tenant == tenant for session in new.gone}
            self._desk.casebook.reconsider(tenant, gone)
        merge(self._desk.graph, [event for new in news for event in new.fresh])
        # Behind their events: who judges between the two is told again, and after a crash the bundle is due as before.
        touched = [one for new in news for one in arrivals(new.fresh, new.workload)]
        self._desk.casebook.note(touched, ingest=self._ingest)
        self._spool.was_told((new.due, new.told) for new in news)
        return len({event.session for new in news for event in new.fresh}.union(*(new.gone for new in news)))

    def expire(self, until: Callable[[], bool]) -> None:
        """Remove what is older than the settings say, until asked to stop.

        Where others judge, they see to what is not here. Who observes a command is not there for long, and leaves it to the next.
        """
        days = self._desk.settings.keep_days
        if days is None or self._observes:
            return
        casebook = self._desk.casebook
        if self._dispatcher is None:
            before_ns, after = too_old(casebook, days), self._expired_upto or FIRST
            self._expired_upto = expire(self._desk.graph, casebook, self._tenant, before_ns, until, after).upto
        self._spool.expire(days * DAY_NS, casebook.there, until)

    def _new(self, due: Due) -> _New:
        told: dict[str, set[str]] = {}
        fresh = []
        for event in derive_read(due.spans, due.tenant, due.part):
            before = due.told.get(event.session, ())
            # What was told is clean: its id is computed from what is kept.
            clean = event if event.id in before else redact(event, self._desk.key)
            told.setdefault(clean.session, set()).add(clean.id)
            if clean.id not in before:
                fresh.append(clean)
        gone = {session: ids - told.get(session, set()) for session, ids in due.told.items()}
        return _New(
            due,
            self._workload(due),
            fresh,
            {session: ids for session, ids in gone.items() if ids},
            {session: frozenset(ids) for session, ids in told.items()},
        )

    def _workload(self, due: Due) -> str:
        """Return the label of the agent: the setting where it is set, else the name of the service."""
        if self._desk.settings.workload != "default":
            return self._desk.settings.workload
        names = sorted(
            {str(span.resource["service.name"]) for span, _ in due.spans if span.resource.get("service.name")}
        )
        return names[0][:200] if names else "default"


def _when(event: Event) -> int:
    return event.position
