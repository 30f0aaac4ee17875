"""What really went out, put to the sessions that caused it, and placed behind the tool calls that hold it."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sensor.event import DatabaseQueried, Event, HttpRequested, HttpResponded, ToolCalled
from sensor.sources.otlp.bundle import Bundle, Key
from sensor.sources.otlp.seen import ModelCall, ToolRun
from sensor.sources.otlp.sent import Query, Request, Sent, embeds, sent, server
from sensor.sources.otlp.span import Span

_BESIDE = 1_000
"""Part from which on they stand at a position: behind the calls that a reply asks for."""


def went_out(bundle: Bundle, callers: Mapping[Key, str], events: Sequence[Event]) -> Iterator[Event]:
    """Yield what the sessions that `events` tell of sent, each behind its tool call, or behind the last step before it.

    `callers`: tool run → session that asked for it. What none of them holds belongs to the session of its trace.
    """
    found = {key: told for key, span in bundle.spans.items() if key not in bundle.seen and (told := sent(span))}
    if not found:
        return
    causes = _Causes(bundle, found, callers, events)
    steps = _Steps(events)
    for span in sorted((bundle.spans[key] for key in found), key=lambda span: (span.start_ns, span.key)):
        if cause := causes.of(span):
            yield from _events(found[span.key], span, steps.beside(cause, span))


@dataclass(frozen=True, slots=True)
class _Cause:
    session: str
    runs: tuple[Span, ...]
    """The tool runs that hold what was sent, innermost first."""


class _Causes:
    """Which session caused what was sent."""

    def __init__(
        self, bundle: Bundle, found: Mapping[Key, Sent], callers: Mapping[Key, str], events: Sequence[Event]
    ) -> None:
        self._bundle = bundle
        self._found = found
        self._callers = callers
        self._models = _Models(bundle)
        self._by_trace: dict[str, str] = {}
        for event in events:
            if event.trace_id:
                self._by_trace.setdefault(event.trace_id, event.session)

    def of(self, span: Span) -> _Cause | None:
        """Return the cause; `None` for what carries a model call, lies within another request, or belongs to no session."""
        runs: list[Span] = []
        for above in self._bundle.above(span):
            seen = self._bundle.seen.get(above.key)
            if not runs and (above.key in self._found or isinstance(seen, ModelCall) or embeds(above)):
                return None
            if isinstance(seen, ToolRun):
                runs.append(above)
            if above.key in self._callers:
                return _Cause(self._callers[above.key], tuple(runs))
        told = self._found[span.key]
        if not runs and isinstance(told, Request) and self._models.asked_by(span, told.host):
            return None
        session = self._by_trace.get(span.trace_id)
        return None if session is None else _Cause(session, tuple(runs))


@dataclass
class _Times:
    """When calls began, and when the last of them and of those before it had ended."""

    begun: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)


class _Models:
    """The calls of models, with which the requests that carry them are told from others."""

    def __init__(self, bundle: Bundle) -> None:
        self._holding: set[Key] = set()
        self._times: dict[tuple[str, str], _Times] = defaultdict(_Times)
        for span, _ in bundle.of(ModelCall):
            times = self._times[span.trace_id, server(span)]
            times.begun.append(span.start_ns)
            times.ended.append(max([span.end_ns, *times.ended[-1:]]))
            self._hold(bundle, span)

    def _hold(self, bundle: Bundle, span: Span) -> None:
        for above in bundle.above(span):
            if above.key in self._holding or isinstance(bundle.seen.get(above.key), ToolRun):
                return
            self._holding.add(above.key)

    def asked_by(self, span: Span, host: str) -> bool:
        """Return whether a request holds a call, or was made during one whose server is the same, as far as is known."""
        return span.key in self._holding or any(self._during(span, address) for address in (host, ""))

    def _during(self, span: Span, address: str) -> bool:
        times = self._times.get((span.trace_id, address))
        if times is None or not span.start_ns:
            return False
        begun = bisect_right(times.begun, span.start_ns)
        return begun > 0 and times.ended[begun - 1] >= span.end_ns


class _Steps:
    """The steps of sessions by time, and what stands beside them."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._first: dict[str, Event] = {}
        self._called: dict[tuple[str, int | None], int] = {}
        self._times: dict[str, list[int]] = defaultdict(list)
        self._positions: dict[str, list[int]] = defaultdict(list)
        self._beside: Counter[tuple[str, int]] = Counter()
        for event in sorted(events, key=lambda event: (event.at_ns or 0, event.position)):
            self._first.setdefault(event.session, event)
            if isinstance(event, ToolCalled):
                self._called.setdefault((event.session, event.at_ns), event.position)
            if event.at_ns is not None:
                self._times[event.session].append(event.at_ns)
                before = self._positions[event.session]
                before.append(max([event.position, *before[-1:]]))

    def beside(self, cause: _Cause, span: Span) -> dict[str, Any]:
        """Return the place of what a span sent, as fields of its events."""
        called = (self._called.get((cause.session, run.start_ns)) for run in cause.runs)
        position = next((one for one in called if one is not None), None)
        if position is None:
            position = self._before(cause.session, span.start_ns)
        number = self._beside[cause.session, position]
        self._beside[cause.session, position] += 1
        first = self._first[cause.session]
        return {
            "tenant": first.tenant, "session": cause.session, "source": first.source, "trace_id": span.trace_id,
            "position": position, "part": _BESIDE + 2 * number,
        }  # fmt: skip

    def _before(self, session: str, at_ns: int) -> int:
        """Return the position of the last step that was taken by then."""
        before = bisect_right(self._times[session], at_ns)
        return self._positions[session][before - 1] if before else 0


def _events(told: Sent, span: Span, place: dict[str, Any]) -> Iterator[Event]:
    begun, ended = span.start_ns or None, span.end_ns or None
    if isinstance(told, Query):
        yield DatabaseQueried(**place, at_ns=begun, system=told.system, statement=told.statement, rows=told.rows)
        return
    yield HttpRequested(**place, at_ns=begun, method=told.method, url=told.url, body_bytes=told.sent)
    if told.status:
        after = place | {"part": place["part"] + 1}
        yield HttpResponded(**after, at_ns=ended, status=told.status, body_bytes=told.received)
