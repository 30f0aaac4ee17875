"""Files → redacted events → graph → judgement → casebook, in bounded memory.

Events are stored in batches as they are read. Sessions are judged afterwards, one at a time, in the order of their
first times and keys: the order of the files changes nothing. A session is marked as waiting before its events are
stored, so that the next run judges what a crash left.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from correlator.attributing.surroundings import BEFORE_NS, Surroundings
from correlator.attribution import AFTER_NS, Attribution, doer
from correlator.baseline import Epoch
from correlator.budget import budget
from correlator.casebook import Arrival, Casebook, JudgedRun, LookedUp, Saved, SessionRecord
from correlator.casebook.learning import Moment, epoch, moment_of
from correlator.conversation import Recalled
from correlator.dispatch import Dispatcher
from correlator.errors import CorrelatorError
from correlator.memory import looked_up, recalled, speakers, wanted
from correlator.pipeline import Judgement, judge
from correlator.policy import Policy, load_policy
from correlator.run import runs, spliced
from correlator.score import SHIPPED, THRESHOLD, Scale
from correlator.settings import Settings
from graph.errors import GraphError, UnstorableEvent
from graph.fold import LARGEST, event_time
from graph.store import Derived, GraphStore
from sensor.errors import SensorError
from sensor.event import (
    AgentHandedOver,
    AlertReceived,
    CaptureStatus,
    Event,
    EventsLost,
    Principal,
    PromptSubmitted,
    Unparsed,
    in_order,
)
from sensor.identity import digest
from sensor.redact import redact
from sensor.sources import read_any

if TYPE_CHECKING:
    from sensor.sources.alerts.mapping import Mapping

_GROUP = 16
"""Sessions, at most, whose judgements are kept with one commit."""
_CLAIMED = 32
"""Sessions, at most, that are claimed at once: what is asked of the database for all of them costs the same as for one."""
_PAUSE_S = 0.05
"""Seconds after which one looks again whether others have judged what they claimed: nothing tells when they have."""
_OTHERS = 16
"""Sessions that are read again because another reads what they kept."""
BATCH_EVENTS = 1_000
BATCH_CHARACTERS = 8 << 20
"""Characters of events that are held before they are stored."""


@dataclass(frozen=True)
class FileRead:
    """What one file brought."""

    name: str
    events: int = 0
    new: int = 0
    sessions: int = 0
    unparsed: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    """Why records could not be read, with how often, most often first; at most ten."""
    problem: str = ""
    """Why the file as a whole, or its rest, could not be read."""
    alerted: tuple[str, ...] = ()
    """Ids of the stories that its alerts fell on."""
    touched: frozenset[str] = frozenset()
    """Keys of its sessions."""


@dataclass(frozen=True)
class Ingested:
    """What an ingest did."""

    files: tuple[FileRead, ...]
    sessions: int
    """Sessions that were judged."""
    stories: tuple[str, ...]
    """Ids of the stories of these sessions, and of those that alerts fell on."""


@dataclass(frozen=True)
class Cleared:
    """What judging brought."""

    sessions: int
    """Sessions that were judged."""
    stories: tuple[str, ...]
    """Ids of all stories of these sessions."""
    changed: tuple[str, ...]
    """Ids of those that are new or have a new version."""


@dataclass(frozen=True)
class Progress:
    """How far an ingest is: `what` is `read` (events of the file `of`) or `judged` (sessions)."""

    what: str
    count: int
    of: str = ""


@dataclass(frozen=True)
class Stated:
    """What the caller states about files that do not say it themselves."""

    session: str | None = None
    principal: Principal | None = None
    """Speaker of the prompts in the role of the user."""
    mapping: "Mapping | None" = None
    """How the records of another product's alerts are read."""


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What is known of sessions before they are judged."""

    events: dict[str, list[Event]]
    read: Collection[str]
    """Keys of sentences that they read (`correlator.memory.looked_up`)."""
    stored: Collection[str]
    """Those of them that anybody has stored. Who stores one afterwards is found when the judgement is saved."""


class Desk:
    """Where sessions are judged: the stores, the settings and the policy that apply."""

    def __init__(self, graph: GraphStore, casebook: Casebook, settings: Settings, key: bytes) -> None:
        """Load the policy once; `key` is that of the tenant for placeholders of secrets. Raises `PolicyInvalid`."""
        self.key = key
        self.graph = graph
        self.casebook = casebook
        self.settings = settings
        self._policy: Policy = load_policy(settings.policy)
        self._epochs: dict[Moment, Epoch] = {}
        self._surroundings = Surroundings(graph, casebook, settings.tenant)

    @property
    def shared(self) -> bool:
        """Return whether others may judge what is in these stores."""
        return self.settings.backend in ("sql", "neo4j")

    def judge(self, session: SessionRecord) -> Judgement:
        """Return what is found in the run that a stored session belongs to."""
        (linked,) = self.casebook.linked([session])
        return next(run.judgement for run in self._runs(linked) if session.key in {one.key for one in run.sessions})

    def _runs(
        self, linked: Sequence[SessionRecord], unsaved: Sequence[JudgedRun] = (), ahead: "_Ahead | None" = None
    ) -> Iterator[JudgedRun]:
        """Yield the runs of sessions that hand work to each other, each judged against the epoch of its first session.

        `unsaved`: runs that were judged before these and are not in the casebook yet. `ahead`: what was read of these sessions.
        """
        known = {session.key: session for session in linked}
        there = ahead.events if ahead is not None else {}
        events = {
            key: there[key] if key in there else self.graph.events(key, tenant=one.tenant) for key, one in known.items()
        }
        for keys in runs(events):
            sessions = tuple(known[key] for key in keys)
            found = bounded(spliced(keys[0], {key: events[key] for key in keys}), self.settings.session_events)
            asked, recalled = self._recalled(found, keys, unsaved, ahead)
            judgement = self._judged(moment_of(sessions[0]), found, recalled, self._surroundings.of(sessions))
            yield JudgedRun(sessions, judgement, asked)

    def _recalled(
        self, events: list[Event], sessions: Sequence[str], unsaved: Sequence[JudgedRun], ahead: "_Ahead | None"
    ) -> tuple[LookedUp, tuple[Recalled, ...]]:
        keys, accounts = looked_up(events), speakers(events)
        sought = keys if ahead is None else [key for key in keys if key not in ahead.read or key in ahead.stored]
        rows = self.casebook.kept(self.settings.tenant, sought, accounts=accounts, without=sessions) if sought else []
        asked = LookedUp(frozenset(keys), frozenset(accounts), frozenset(rows))
        rows += [one for run in unsaved for one in run.judgement.kept if one.key in keys]
        rows = wanted(rows, events)
        named = list(dict.fromkeys(key for row in rows for key in (row.source_session, row.writer_session)))
        elsewhere = (event for key in named[:_OTHERS] for event in self.graph.events(key, tenant=self.settings.tenant))
        return asked, recalled(rows, events, elsewhere) if rows else ()

    def _judged(
        self, moment: Moment, events: list[Event], recalled: Iterable[Recalled], attribution: Attribution
    ) -> Judgement:
        if moment not in self._epochs:
            # One is enough: sessions come in the order of their moments.
            self._epochs = {moment: epoch(self.casebook, moment, idle_minutes=self.settings.idle_minutes)}
        return judge(
            events,
            recalled=recalled,
            attribution=attribution,
            policy=self._policy,
            epoch=self._epochs[moment],
            scale=self._scale(self._epochs[moment]),
        )

    def _scale(self, epoch: Epoch) -> Scale:
        if self.settings.threshold is not None:
            return replace(SHIPPED, threshold=self.settings.threshold)
        if self.settings.budget is None:
            return SHIPPED
        allowed = budget([one.score for one in epoch.lessons], self.settings.budget, THRESHOLD)
        return replace(SHIPPED, threshold=allowed.threshold)

    def clear(
        self, progress: Callable[[Progress], None] = lambda _: None, until: Callable[[], bool] = lambda: False
    ) -> Cleared:
        """Judge the sessions that wait: all, or at least one group of them when `until` asks to stop.

        Where others judge, too, sessions are claimed, and this waits for those that others have.
        """
        if self.shared:
            return self._clear_with_others(progress, until)
        judged: set[str] = set()
        stories, changed = list[str](), dict[str, None]()
        while waiting := [one for one in self.casebook.waiting(self.settings.tenant) if one.key not in judged]:
            for group in self._groups(waiting):
                saved = self._keep(group)
                stories += saved.stories
                changed |= dict.fromkeys(saved.changed)
                judged |= {session.key for run in group for session in run.sessions}
                judged -= saved.late
                progress(Progress("judged", len(judged)))
                if until():
                    return Cleared(len(judged), tuple(stories), tuple(changed))
        return Cleared(len(judged), tuple(stories), tuple(changed))

    def _clear_with_others(self, progress: Callable[[Progress], None], until: Callable[[], bool]) -> Cleared:
        done = Cleared(0, (), ())
        while self.casebook.waiting(self.settings.tenant, limit=1):
            one = self.work()
            done = Cleared(
                done.sessions + one.sessions, done.stories + one.stories,
                tuple(dict.fromkeys((*done.changed, *one.changed))),
            )  # fmt: skip
            progress(Progress("judged", done.sessions))
            if until():
                break
            if not one.sessions:
                time.sleep(_PAUSE_S)
        return done

    def work(self, *, now_ns: Callable[[], int] | None = None) -> Cleared:
        """Claim a group of the sessions that wait, judge them and keep what is found; where others have claimed all, do nothing.

        A run that fails is tried again later, and at last given up (`correlator.casebook.claims`). `now_ns` is the clock of all who
        claim, that of the casebook if not given.
        """
        now_ns = now_ns or self.casebook.now_ns
        self._epochs = {}  # others may have learned something
        lease_ns = self.settings.lease_seconds * 10**9
        claimed = self.casebook.claim(self.settings.tenant, now_ns=now_ns(), lease_ns=lease_ns, limit=_CLAIMED)
        if not claimed:
            return Cleared(0, (), ())
        group: list[JudgedRun] = []
        try:
            ahead = self._look_ahead([one for linked in claimed for one in linked])
            for linked in claimed:
                try:
                    group += list(self._runs(linked, group, ahead))
                except (CorrelatorError, GraphError):
                    raise
                except Exception as error:  # noqa: BLE001 - whatever it is, it is that session's, and others wait
                    self.casebook.release(linked, now_ns=now_ns(), reason=f"{type(error).__name__}: {error}")
            saved = self._keep_as_many(group, now_ns)
        except (CorrelatorError, GraphError):
            # No fault of the sessions: a store cannot be reached.
            with suppress(CorrelatorError):
                for linked in claimed:
                    self.casebook.release(linked, now_ns=now_ns())
            raise
        judged = sum(len(run.sessions) for run in group) - len(saved.lost)
        return Cleared(judged, saved.stories, saved.changed)

    def _look_ahead(self, sessions: Sequence[SessionRecord]) -> "_Ahead":
        """Read at once what else would be asked for each session by itself."""
        self._surroundings.look(sessions)
        events = self.graph.events_of([one.key for one in sessions], tenant=self.settings.tenant)
        read = set[str]()
        for some in events.values():
            with suppress(Exception):  # whatever it is, it is that session's, and comes again when that is judged
                read.update(looked_up(some))
        return _Ahead(events, read, self.casebook.stored(self.settings.tenant, read))

    def _keep_as_many(self, group: Sequence[JudgedRun], now_ns: Callable[[], int]) -> Saved:
        """Keep what was found in some runs; where that fails, in each by itself: one must not hold up the others."""
        try:
            return self._keep(group)
        except (CorrelatorError, GraphError):
            saved = Saved((), ())
            for run in group:
                try:
                    saved += self._keep([run])
                except (CorrelatorError, GraphError) as error:
                    # Where the store cannot be reached, this raises, too, and it is nobody's fault.
                    self.casebook.release(run.sessions, now_ns=now_ns(), reason=str(error))
            return saved

    def _keep(self, group: Sequence[JudgedRun]) -> Saved:
        """Keep what was found in some runs: what is derived in the graph, then the stories."""
        links = [(run.sessions[0].key, run.judgement.links) for run in group]
        derived = [Derived(key, found.edges, found.nodes) for key, found in links if found.edges]
        self.graph.add_edges(derived, tenant=self.settings.tenant)
        saved = self.casebook.save(group)
        if saved.late:
            self._epochs = {}
        return saved

    def reconsider(self, seen: Sequence[Event]) -> None:
        """Have the sessions judged again that ran while the kernel saw this: it may be their work."""
        times = [min(event.position, LARGEST) for event in seen if not event.session]
        if times:
            # As far as a session looks for what was its work (`Surroundings`).
            first_ns, last_ns = min(times) - AFTER_NS, min(max(times) + BEFORE_NS, LARGEST)
            self.casebook.reconsider_between(self.settings.tenant, first_ns, last_ns)
            self._surroundings.forget()

    def _groups(self, sessions: Sequence[SessionRecord]) -> Iterator[list[JudgedRun]]:
        """Yield judged runs that are kept with one commit: of one moment, so that none of them could teach another."""
        for _, same in groupby(self.casebook.linked(sessions), key=lambda linked: moment_of(linked[0])):
            group, events = list[JudgedRun](), 0
            for linked in same:
                for run in self._runs(linked, group):
                    group.append(run)
                    events += len(run.judgement.conversation.events)
                if len(group) >= _GROUP or events >= BATCH_EVENTS:
                    yield group
                    group, events = [], 0
            if group:
                yield group


def ingest(
    paths: Iterable[tuple[str, Path]],
    desk: Desk,
    *,
    stated: Stated = Stated(),
    progress: Callable[[Progress], None] = lambda _: None,
    read: Callable[[FileRead], None] = lambda _: None,
) -> Ingested:
    """Read the files (name to show, path), then judge what they touched.

    `read` is told about each file when it is done; one that cannot be read is reported, and the rest goes on.
    """
    number = desk.casebook.begin(desk.settings.tenant)
    files = []
    for name, path in paths:
        files.append(_read(name, path, desk, stated, number, progress))
        read(files[-1])
    cleared = desk.clear(progress)
    stories: Iterable[str] = cleared.stories
    if desk.shared:
        # Others may have judged some of the sessions.
        touched = {key for file in files for key in file.touched}
        stories = (*stories, *desk.casebook.stories_of(desk.settings.tenant, touched))
    alerted = (story for file in files for story in file.alerted)
    return Ingested(tuple(files), cleared.sessions, tuple(dict.fromkeys((*stories, *alerted))))


def accept(desk: Desk, batch: Sequence[Event], dispatcher: Dispatcher, *, ingest: int | None = None) -> int:
    """Keep a batch of clean events and have its sessions judged; return how many are new. What this returned for is not lost.

    `ingest`: number of what this batch is a part of, a new one if not given: sessions without times learn from those of earlier
    ones. The sessions are marked behind their events: who judges between the two is told again. Who dies there has accepted
    nothing, and is sent the batch once more.
    """
    new = merge(desk.graph, batch)
    touched = arrivals(batch, desk.settings.workload)
    desk.casebook.note(touched, ingest=desk.casebook.begin(desk.settings.tenant) if ingest is None else ingest)
    desk.casebook.note_alerts(alerts_in(batch))
    desk.reconsider([event for event in batch if is_of_kernel(event)])
    dispatcher.wake("judge", desk.settings.tenant)
    return new


def bounded(events: list[Event], limit: int) -> list[Event]:
    """Return the first facts of a session, and an `EventsLost` that tells what was left out."""
    ordered = in_order(events)
    if len(ordered) <= limit:
        return ordered
    last = ordered[limit - 1]
    lost = EventsLost(
        tenant=last.tenant, session=last.session, position=last.position, part=last.part + 1, source="clew",
        where="analysis (setting session_events)", count=len(ordered) - limit,
    )  # fmt: skip
    return [*ordered[:limit], lost]


def _read(
    name: str, path: Path, desk: Desk, stated: Stated, number: int, progress: Callable[[Progress], None]
) -> FileRead:
    events = new = unparsed = 0
    sessions: set[str] = set()
    reasons: Counter[str] = Counter()
    seen: list[Event] = []
    """The first and the last of what the kernel saw."""
    alerted: dict[str, None] = {}
    problem = ""
    try:
        found = read_any(path, session=stated.session, tenant=desk.settings.tenant, mapping=stated.mapping)
        source = _stated(found, stated.principal)
        for batch in _batches(redact(event, desk.key) for event in source):
            touched = arrivals(batch, desk.settings.workload)
            desk.casebook.note(touched, ingest=number)
            new += merge(desk.graph, batch)
            if desk.shared:  # another may have judged a session between the two, without these events
                desk.casebook.note(touched, ingest=number)
            alerted |= dict.fromkeys(desk.casebook.note_alerts(alerts_in(batch)).changed)
            events += len(batch)
            refused = [event.reason for event in batch if isinstance(event, Unparsed)]
            unparsed += len(refused)
            reasons.update(refused)
            sessions |= {event.session for event in batch if event.session}
            ends = [event for event in (*seen, *batch) if is_of_kernel(event)]
            seen = [min(ends, key=_when), max(ends, key=_when)] if ends else []
            progress(Progress("read", events, name))
    except SensorError as error:
        problem = str(error)
    desk.reconsider(seen)
    if unparsed and unparsed == events and not problem:
        problem = f"{name} holds nothing that could be read. `clew replay --help` names the formats."
    return FileRead(
        name, events, new, len(sessions), unparsed, tuple(reasons.most_common(10)), problem, tuple(alerted),
        frozenset(sessions),
    )  # fmt: skip


def arrivals(batch: Sequence[Event], workload: str) -> list[Arrival]:
    """Return which sessions a batch of events touches, by key."""
    touched: dict[tuple[str, str], list[Event]] = {}
    for event in batch:
        if event.session:
            touched.setdefault((event.tenant, event.session), []).append(event)
    found = []
    for (tenant, key), events in sorted(touched.items()):
        times = [time for time in map(event_time, events) if time is not None]
        found.append(
            Arrival(
                tenant=tenant,
                key=key,
                workload=workload,
                source=min(event.source for event in events),
                first_ns=min(times, default=None),
                last_ns=max(times, default=None),
                ended=any(event.kind == "session_ended" for event in events),
                handed_to=tuple(event.to_session for event in events if isinstance(event, AgentHandedOver)),
            )
        )
    return found


def alerts_in(batch: Iterable[Event]) -> list[AlertReceived]:
    """Return the alerts of other products among events."""
    return [event for event in batch if isinstance(event, AlertReceived)]


def _stated(events: Iterable[Event], principal: Principal | None) -> Iterator[Event]:
    """Yield the events; prompts of a user whom the file does not name get the stated principal."""
    for event in events:
        if (
            principal is not None
            and isinstance(event, PromptSubmitted)
            and event.role == "user"
            and event.principal is None
        ):
            yield event.model_copy(update={"principal": principal})
        else:
            yield event


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    batch: list[Event] = []
    characters = 0
    for event in events:
        batch.append(event)
        characters += len(getattr(event, "text", ""))
        if len(batch) >= BATCH_EVENTS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def merge(graph: GraphStore, batch: Sequence[Event]) -> int:
    """Store a batch and return how many observations were new; an event that cannot be written loses no neighbour."""
    try:
        return graph.merge(batch).new
    except UnstorableEvent:
        return sum(_merge_one(graph, event) for event in batch)


def is_of_kernel(event: Event) -> bool:
    """Return whether the kernel saw this, or tells what it did not see: it may be the work of any session of its time."""
    return not event.session and (doer(event) is not None or isinstance(event, EventsLost | CaptureStatus))


def _when(event: Event) -> int:
    return event.position


def _merge_one(graph: GraphStore, event: Event) -> int:
    try:
        return graph.merge([event]).new
    except UnstorableEvent:
        mark = Unparsed(
            tenant=event.tenant, session=event.session, position=event.position, part=event.part, at_ns=event.at_ns,
            clock=event.clock, source=event.source, reason="text that is no Unicode",
            digest=digest("unstorable", repr(event)), size=0, where=event.kind,
        )  # fmt: skip
        return graph.merge([mark]).new
