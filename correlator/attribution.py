"""Which call did what the kernel saw? Tool call → processes, files, connections, each with the grade of its evidence (DESIGN §6.1).

The kernel knows processes, not conversations. What a process did is held for the work of a call because of an exact key (E1: the
command, the arguments or the output are the call's), because of the same data (E2), or because it was born by the agent in the span
of the call with an argument of it (E3). Time alone rules out and never links. Where two calls have equal evidence, of one session
or of several in one process, neither gets it: it is called ambiguous.

A *work* is one execution unit: a process with all that it started, or a single act of the agent's own process.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from correlator.attributing.at_work import Asked, AtWork
from correlator.attributing.evidence import Evidence, Proof, Seen, evidence
from correlator.conversation import Call
from sensor.event import (
    CaptureStatus,
    ConnectionOpened,
    DatabaseQueried,
    Event,
    EventsLost,
    FileChanged,
    FileOpened,
    HttpRequested,
    HttpResponded,
    InputWritten,
    ModelResponded,
    NameResolved,
    OpenRefused,
    OutputWritten,
    ProcessId,
    ProcessStarted,
    SensitiveSent,
    ToolCalled,
    ToolReturned,
    ToolServed,
    Unparsed,
    in_order,
)

EVER = 2**63 - 1
SLACK_NS = 1_000_000_000
"""How far the clocks of telemetry and kernel may be apart. What the kernel saw itself has one clock."""
DEPTH = 64
"""Generations that are looked at between a process and its agent."""
AFTER_NS = 10 * 10**9
"""How long after the last event of its session a call without a result may be at work, and what was started may go on."""
_KERNEL = "kernel"
_STREAM = "text/event-stream"
_SINGLE = (
    HttpRequested, DatabaseQueried, FileOpened, OpenRefused, FileChanged, ConnectionOpened, NameResolved, ToolServed
)  # fmt: skip
"""What an agent's own process may do for a call."""


@dataclass(frozen=True, slots=True)
class Work:
    """What was done for a call."""

    call: ToolCalled
    evidence: Evidence
    root: Event
    """The execution or the act that the evidence is in."""
    process: ProcessId
    """Whose work it is; for a tree of processes the first of them."""
    tree: bool
    """Whether it is a process with all that it started, and not a single act of the agent's own."""
    acts: tuple[Event, ...]
    """All that belongs to it, in the order of time."""


@dataclass(frozen=True)
class Attribution:
    """What the kernel saw of the calls of one session, or of a run."""

    works: tuple[Work, ...] = ()
    ambiguous: tuple[Event, ...] = ()
    """Executions and acts that may be the work of several calls, one of them of this session."""
    undecided: frozenset[str] = frozenset()
    """Keys of the facts of the calls that these may be the work of."""
    speakers: frozenset[ProcessId] = frozenset()
    """Processes that spoke with the model, as the kernel saw."""
    gaps: tuple[EventsLost | CaptureStatus | Unparsed, ...] = ()
    """What was not seen whole meanwhile."""
    observed: bool = False
    """Whether the kernel was watched while the session ran."""

    def of(self, call: ToolCalled) -> tuple[Work, ...]:
        """Return the works of a call."""
        return tuple(work for work in self.works if work.call.entity == call.entity)


NOTHING = Attribution()


def asked(events: Iterable[Event], scene: "Scene") -> list[Asked]:
    """Return the calls of one session, and when each may have been at work, as far as the kernel saw the talk with the model."""
    observed = list(events)
    begun: dict[tuple[int, str], int] = {}
    """Place and id of a call → when its model was asked, or had replied."""
    asking: dict[int, int] = {}
    """Place of a reply → when its model was asked, and was told all that comes before."""
    speakers: set[ProcessId] = set()
    for event in observed:
        if isinstance(event, ModelResponded) and (request := scene.spoke.get(exchange_of(event))) is not None:
            if request.process is not None:
                speakers.add(request.process)
            response = scene.responses.get(exchange_of(event))
            # A model that streams has asked for a call before its reply ends.
            whole = response is not None and response.media_type not in (None, _STREAM)
            moment = response.position if response is not None and whole else request.position
            begun |= {(event.position, one.call_id): moment for one in event.calls if one.call_id is not None}
            asking[event.position] = request.position
    called, returned = _paired(observed)
    places = sorted(asking)
    last = max((event.at_ns or 0 for event in observed), default=0)
    exchanges = frozenset(exchange_of(event) for event in observed if isinstance(event, ModelResponded))
    found = []
    for number, (event, result) in enumerate(zip(called, returned, strict=True)):
        slack = 0 if event.source.startswith(_KERNEL) else SLACK_NS
        start = begun.get((event.position, event.call_id or ""))
        first_ns = start if start is not None else 0 if event.at_ns is None else event.at_ns - slack
        ended = result.at_ns if result is not None else last + AFTER_NS if last else None
        last_ns = EVER if ended is None else ended + slack
        if slack and result is not None and ended is not None:
            # The kernel has seen on its own clock when the result was sent.
            sent = next((asking[place] for place in places[bisect_right(places, result.position) :]), last_ns)
            last_ns = sent if ended - slack <= sent < last_ns else last_ns
        found.append(Asked(Call(number, event, result), first_ns, last_ns, frozenset(speakers), exchanges))
    return found


def exchange_of(event: ModelResponded) -> str:
    """Return the trace of the HTTP request that the kernel saw of a reply, if it saw one."""
    return event.heard_in or event.trace_id or ""


def _paired(observed: Iterable[Event]) -> tuple[list[ToolCalled], list[ToolReturned | None]]:
    """Return the calls in order, and the result of each: an id that comes again belongs to the call before it."""
    called: list[ToolCalled] = []
    returned: list[ToolReturned | None] = []
    waiting: dict[str, int] = {}
    for event in in_order(observed):
        if isinstance(event, ToolCalled):
            if event.call_id is not None:
                waiting[event.call_id] = len(called)
            called.append(event)
            returned.append(None)
        elif isinstance(event, ToolReturned) and (at := waiting.pop(event.call_id or "", None)) is not None:
            returned[at] = event
    return called, returned


def attribute(sessions: Mapping[str, Iterable[Event]], system: Sequence[Event]) -> dict[str, Attribution]:
    """Return what was done for the calls of each session.

    `sessions`: those that ran at one time, with all observations of them: they compete. `system`: what no session is known for.
    """
    if not system:
        return {}
    scene = Scene(system)
    held = {key: list(events) for key, events in sessions.items()}
    scene.talks = frozenset(
        exchange_of(event) for events in held.values() for event in events if isinstance(event, ModelResponded)
    )
    calls = {key: asked(events, scene) for key, events in held.items()}
    of_session = {one.call.event.entity: key for key, every in calls.items() for one in every}
    everybody = [one for every in calls.values() for one in every]
    linker = _Linker(scene, everybody)
    works = linker.works()
    doubtful = linker.ambiguous()
    undecided = {one for _, between in doubtful for one in between}
    gaps = tuple(event for event in system if isinstance(event, EventsLost | CaptureStatus | Unparsed))
    return {
        key: Attribution(
            works=tuple(work for work in works if of_session[work.call.entity] == key),
            ambiguous=tuple(event for event, between in doubtful if any(of_session[one] == key for one in between)),
            undecided=frozenset(one.call.event.entity for one in every if one.call.event.entity in undecided),
            speakers=frozenset(process for one in every for process in one.speakers),
            gaps=gaps,
            observed=True,
        )
        for key, every in calls.items()
    }


class Scene:
    """What the kernel saw, by process."""

    def __init__(self, system: Iterable[Event]) -> None:
        """Sort the events of the system: who is whose child, who did what."""
        self.parents: dict[ProcessId, ProcessId] = {}
        self.born: dict[ProcessId, int] = {}
        self.children: dict[ProcessId, list[ProcessId]] = {}
        self.done: dict[ProcessId, list[Event]] = {}
        self.spoke: dict[str, HttpRequested] = {}
        """Trace → HTTP request; those to models share it with the conversation."""
        self.responses: dict[str, HttpResponded] = {}
        self.leaks: dict[str, list[Event]] = {}
        """Trace → what was sent in its request that is secret."""
        self.tools: Counter[str] = Counter()
        """Trace of a request → tools that a server was asked for with it."""
        self.served: Counter[tuple[ProcessId, ProcessId]] = Counter()
        """Tool server and who asked it → how many calls."""
        self.folders: dict[ProcessId, str] = {}
        self.names: dict[tuple[ProcessId, str], set[str]] = {}
        """Process and address → the names that it resolved to it."""
        self.talks: frozenset[str] = frozenset()
        """Traces of talks with models."""
        for event in sorted(system, key=lambda one: (one.position, one.part, one.entity)):
            self._take(event)

    def _take(self, event: Event) -> None:
        process = doer(event)
        if process is None:
            return
        self.done.setdefault(process, []).append(event)
        match event:
            case ProcessStarted():
                self.born.setdefault(process, event.position)
                if event.parent is not None and process not in self.parents and event.parent != process:
                    self.parents[process] = event.parent
                    self.children.setdefault(event.parent, []).append(process)
                if event.cwd is not None:
                    self.folders[process] = event.cwd
            case HttpRequested() if event.trace_id is not None:
                self.spoke[event.trace_id] = event
            case SensitiveSent() if event.trace_id is not None:
                self.leaks.setdefault(event.trace_id, []).append(event)
            case HttpResponded() if event.trace_id is not None:
                self.responses[event.trace_id] = event
            case ToolServed():
                self.tools.update([event.trace_id] if event.trace_id else ())
                self.served.update([(event.process, process)] if event.process else ())
            case NameResolved():
                for address in event.addresses:
                    self.names.setdefault((process, address), set()).add(event.name)
            case _:
                pass

    def line(self, process: ProcessId) -> Iterator[ProcessId]:
        """Yield a process and its ancestors, as far as they were seen."""
        seen = 0
        current: ProcessId | None = process
        while current is not None and seen < DEPTH:
            yield current
            current = self.parents.get(current)
            seen += 1

    def tree(self, root: ProcessId, without: frozenset[ProcessId] = frozenset()) -> Iterator[ProcessId]:
        """Yield a process and all that it started, each once, but for the trees of those in `without`."""
        waiting, seen = [root], {root}
        while waiting:
            process = waiting.pop()
            yield process
            new = [one for one in self.children.get(process, ()) if one not in without and one not in seen]
            seen.update(new)
            waiting += new

    def names_of(self, address: str, line: Iterable[ProcessId]) -> set[str]:
        """Return the names that a process, or one that it comes from, had resolved to an address."""
        return {name for process in line for name in self.names.get((process, address), ())}

    def is_talk(self, event: Event) -> bool:
        """Return whether an event is part of a talk with a model, which says all of a call and is none of its work."""
        return isinstance(event, HttpRequested | HttpResponded) and event.trace_id in self.talks


def doer(event: Event) -> ProcessId | None:
    """Return which process an event of the system is about; who asks for a served tool, not who serves it."""
    if isinstance(event, ToolServed):
        return event.client
    return getattr(event, "process", None)


_PROOFS = get_args(Proof)


@dataclass(slots=True)
class _Claim:
    """Evidence that a unit is the work of a call."""

    asked: Asked
    best: Evidence
    root: Event
    at_root: bool
    """Whether the best evidence is in the unit's own first process, and not in what that started."""
    agreed: dict[tuple[str, str], tuple[int, int, int]] = field(default_factory=dict)
    """What is in common → its weight. Said twice it weighs no more."""

    def add(self, found: Evidence, event: Event, *, at_root: bool) -> None:
        # Of what is equal, what was asked before what came of it.
        if (found.grade, not at_root, _PROOFS.index(found.proof)) < (
            self.best.grade, not self.at_root, _PROOFS.index(self.best.proof)
        ):  # fmt: skip
            self.best, self.root, self.at_root = found, event, at_root
        what = (found.proof, found.shared)
        self.agreed[what] = max(self.agreed.get(what, found.weight), found.weight)

    @property
    def rank(self) -> tuple[str, bool, int, int, int]:
        exact, proving, agreeing = map(sum, zip(*self.agreed.values(), strict=True))
        return (self.best.grade, not self.at_root, -exact, -proving, -agreeing)


@dataclass(slots=True)
class _Unit:
    """A process with what it started, or one act."""

    process: ProcessId
    single: Event | None = None
    claims: dict[str, _Claim] = field(default_factory=dict)
    """By the key of the call's fact."""

    def claim(self, one: Asked, found: Evidence, event: Event) -> None:
        at_root = self.single is not None or doer(event) == self.process
        key = one.call.event.entity
        if key not in self.claims:
            self.claims[key] = _Claim(one, found, event, at_root)
        self.claims[key].add(found, event, at_root=at_root)

    def winners(self) -> dict[str, _Claim]:
        """Return the claim with the best evidence, or all that are equal, by the key of the call's fact."""
        best = min((claim.rank for claim in self.claims.values()), default=None)
        return {key: claim for key, claim in self.claims.items() if claim.rank == best}


_Kinship = Literal["own", "unknown", "stranger"]


@dataclass(slots=True)
class _Standing:
    """Where a process stands."""

    line: tuple[ProcessId, ...]
    """Itself and its ancestors, as far as they were seen."""
    folder: str | None
    kinship: dict[frozenset[ProcessId], _Kinship] = field(default_factory=dict)
    """Agent → whether it is that, or was started by it."""


class _Linker:
    """Weighs all that was done against all calls."""

    def __init__(self, scene: Scene, everybody: Sequence[Asked]) -> None:
        self._scene = scene
        self._everybody = everybody
        self._lines = {
            process: frozenset(scene.line(process)) for one in everybody for process in one.speakers
        }  # fmt: skip
        """Speaker → itself and its ancestors."""
        self._standings: dict[ProcessId, _Standing] = {}
        self._trees: dict[ProcessId, _Unit] = {}
        self._singles: dict[str, _Unit] = {}
        at_work = AtWork(everybody)
        for began, process, event in self._in_time():
            at_work.move_to(began)
            self._weigh(process, event, at_work.candidates(event))
        units = [*self._trees.values(), *self._singles.values()]
        self._winners = [(unit, unit.winners()) for unit in units]
        trees = {unit.process: winners for unit, winners in self._winners if unit.single is None and winners}
        within = {root: self._within(root, next(iter(winners.values())), trees) for root, winners in trees.items()}
        self._inner = {root: outer for root, outer in within.items() if outer}
        """Trees that are part of another → the calls that may have started that."""

    def works(self) -> list[Work]:
        """Return what could be told, in the order of time."""
        told = [(unit, next(iter(winners.values()))) for unit, winners in self._winners if len(winners) == 1]
        roots = frozenset(unit.process for unit, _ in told if unit.single is None and unit.process not in self._inner)
        found = []
        for unit, claim in told:
            if unit.single is not None:
                leaks = self._scene.leaks.get(unit.single.trace_id or "", ())
                acts: list[Event] = [unit.single, *self._exchange(unit.single), *leaks]
            elif unit.process in roots:
                line = self._scene.tree(unit.process, roots - {unit.process})
                acts = [event for process in line for event in self._scene.done.get(process, ())]
                acts.sort(key=lambda event: (event.position, event.part))
            else:
                continue
            tree = unit.single is None
            found.append(Work(claim.asked.call.event, claim.best, claim.root, unit.process, tree, tuple(acts)))
        return sorted(found, key=lambda work: (work.root.position, work.root.part, work.root.entity))

    def _within(self, root: ProcessId, claim: _Claim, trees: Mapping[ProcessId, Mapping[str, _Claim]]) -> set[str]:
        """Return the calls that may have started a tree of which this one is part, while at work, and for reasons as good."""
        born = self._scene.born.get(root, 0)
        return {
            key
            for ancestor in self._scene.line(root)
            if ancestor != root
            for key, outer in trees.get(ancestor, {}).items()
            if outer.asked.begun_ns <= born <= outer.asked.ended_ns and outer.best.grade <= claim.best.grade
        }

    def ambiguous(self) -> list[tuple[Event, tuple[str, ...]]]:
        """Return the roots that several calls have equal evidence for, each with the keys of these calls.

        What is part of a tree that several may have started is one of theirs, or of the call that has evidence for the part.
        """
        found = [(winners, list(winners)) for _, winners in self._winners if len(winners) > 1]
        for unit, winners in self._winners:
            outer = self._inner.get(unit.process, set()) if unit.single is None else set()
            if len(winners) == 1 and len(outer) > 1:
                found.append((winners, [*winners, *sorted(outer - set(winners))]))
        return [(next(iter(winners.values())).root, tuple(keys)) for winners, keys in found]

    def _in_time(self) -> list[tuple[int, ProcessId, Event]]:
        """Return all that was done by whom, with the moment that counts, in the order of these."""
        found = []
        for process, events in self._scene.done.items():
            born = self._scene.born.get(process)
            for event in events:
                # What was written is told when it was complete; what counts is when its process began.
                written = isinstance(event, InputWritten | OutputWritten) and born is not None
                found.append((born if written and born is not None else event.position, process, event))
        return sorted(found, key=lambda one: one[0])

    def _weigh(self, process: ProcessId, event: Event, asked: Iterable[Asked]) -> None:
        if self._scene.is_talk(event):
            if event.trace_id not in self._scene.leaks:
                return
            # It looks like one with a model that is not the agent's, and took with it what is sensitive.
            asked = (one for one in asked if event.trace_id not in one.exchanges)
        if isinstance(event, HttpRequested) and event.trace_id in self._scene.tools:
            return  # which tool was asked for with it, and what came of that, says all that it could
        standing = self._standings.get(process)
        if standing is None:
            standing = self._standings[process] = self._standing(process)
        for one in asked:
            kinship = standing.kinship.get(one.speakers)
            if kinship is None:
                kinship = standing.kinship[one.speakers] = self._kinship(standing.line, one)
            if kinship == "stranger":
                continue
            found = evidence(one.call, self._seen(event, standing, one))
            if found is None or (kinship == "unknown" and not found.is_long):
                continue
            root = None if process in one.speakers else self._root(standing.line, one)
            if root is not None:
                self._trees.setdefault(root, _Unit(root)).claim(one, found, event)
            elif isinstance(event, _SINGLE):
                self._singles.setdefault(event.entity, _Unit(process, event)).claim(one, found, event)

    def _standing(self, process: ProcessId) -> _Standing:
        line = tuple(self._scene.line(process))
        folder = next((self._scene.folders[one] for one in line if one in self._scene.folders), None)
        return _Standing(line, folder)

    def _kinship(self, line: Sequence[ProcessId], one: Asked) -> _Kinship:
        """Return whether a process is the agent of a call or was started by it; unknown where its line does not lead far enough."""
        if not one.speakers:
            return "unknown"
        if not one.speakers.isdisjoint(line):
            return "own"
        # It begins where the agent's own line passes, and not below the agent: started by somebody else.
        related = any(line[-1] in self._lines[speaker] for speaker in one.speakers)
        return "stranger" if related or any(process in self._lines for process in line) else "unknown"

    def _root(self, line: Sequence[ProcessId], one: Asked) -> ProcessId | None:
        """Return the first of the line of a process, below its agent, that was born while the call was at work.

        `None` where the process itself was there before: then only what it did is part of the call. So it is with a tool server
        that the agent asked several times: whenever it was started, it is no call's own.
        """
        root = None
        for ancestor in line:
            born = self._scene.born.get(ancestor)
            if ancestor in one.speakers or born is None or not one.begun_ns <= born <= one.ended_ns:
                break
            if any(self._scene.served[ancestor, speaker] > 1 for speaker in one.speakers):
                break
            root = ancestor
        return root

    def _seen(self, event: Event, standing: _Standing, one: Asked) -> Seen:
        # What came after the call's result was told is none of it.
        answer = next((answer for answer in self._answer(event) if answer.position <= one.ended_ns), None)
        return Seen(event, answer, standing.folder, lambda address: self._scene.names_of(address, standing.line))

    def _exchange(self, event: Event) -> Iterator[Event]:
        """Yield the answer to a request; of a tool that was asked for alone, the request over HTTP, and the answer."""
        trace_id = event.trace_id or ""
        if isinstance(event, ToolServed) and self._scene.tools[trace_id] == 1 and trace_id in self._scene.spoke:
            event = self._scene.spoke[trace_id]
            yield event
        yield from self._answer(event)

    def _answer(self, event: Event) -> list[HttpResponded]:
        if not isinstance(event, HttpRequested) or event.trace_id not in self._scene.responses:
            return []
        return [self._scene.responses[event.trace_id]]
