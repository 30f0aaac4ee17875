"""One thread → its events."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from sensor.event import (
    CaptureStatus,
    DocumentRetrieved,
    Event,
    MemoryWritten,
    ModelResponded,
    Principal,
    ToolCalled,
    ToolReturned,
)
from sensor.sources.otlp.bundle import Bundle, Run
from sensor.sources.otlp.dialect import Names
from sensor.sources.otlp.heard import Heard
from sensor.sources.otlp.place import Place, each_call
from sensor.sources.otlp.seen import Remembered, Retrieval
from sensor.sources.otlp.span import Span
from sensor.sources.otlp.threads import Thread, unique_ids
from sensor.sources.transcript.emit import Emitter
from sensor.sources.transcript.message import Call, Result, Said, principal_of

_MOST_OTHERWISE = 20
"""Of what was heard otherwise than it is told: as many as are named."""
_OTHER = 100
"""Parts by which the reply to a repeated request is set off from the first."""


@dataclass(frozen=True)
class _Whole:
    """The messages of a thread as they are told, each with its time."""

    messages: list[tuple[Said, ...]]
    times: list[int]
    origins: list[int | None]
    """Position of each in the thread; `None` for one that was put in."""

    def add(self, origin: int | None, said: tuple[Said, ...], at_ns: int) -> None:
        self.messages.append(said)
        self.times.append(at_ns)
        self.origins.append(origin)

    def moved(self, position: int) -> int:
        """Return where a message of the thread is told."""
        return self.origins.index(position)


class Teller:
    """Tells one thread."""

    def __init__(
        self, thread: Thread, key: str, bundle: Bundle, runs: Mapping[Place, Run], heard: Heard, tenant: str
    ) -> None:
        self._thread = thread
        self._heard = heard
        self._bundle = bundle
        self._runs = runs
        self._emitter = Emitter(key, bundle.source(thread.calls[0].span), tenant, self._principal())

    def events(self) -> Iterator[Event]:
        """Yield the events of the thread in order."""
        tools = next((one.call.tools for one in self._thread.calls if one.call.tools), ())
        if tools:
            yield self._emitter.declared(0, tools)
        whole = self._whole
        for position, (said, at_ns) in enumerate(zip(whole.messages, whole.times, strict=True)):
            for event in self._emitter.message(position, self._heard.words(said), at_ns or None):
                yield self._enriched(event)
        yield from self._others()
        yield from self._around()
        yield from self._by_shape()
        yield from self._otherwise()

    @property
    def tenant(self) -> str:
        """Return whose data it is."""
        return self._emitter.tenant

    def told_at(self, position: int) -> int:
        """Return the position at which a message of the thread is told."""
        return self._whole.moved(position)

    @cached_property
    def _whole(self) -> "_Whole":
        """Return the messages with the results that only runs tell: of the latest calls, or where a dialect lists none."""
        messages, times = self._thread.messages, self._thread.times
        whole = _Whole([], [], [])
        for position, (said, at_ns) in enumerate(zip(messages, times, strict=True)):
            whole.add(position, said, at_ns)
            told = messages[position + 1] if position + 1 < len(messages) else ()
            if not any(isinstance(item, Result) for item in told) and (finished := self._finished(position)):
                results = (Result(run.tool.result or "", call.call_id, call.name) for run, call in finished)
                whole.add(None, tuple(results), max(run.span.end_ns for run, _ in finished))
        return whole

    def _finished(self, position: int) -> list[tuple[Run, Call]]:
        calls = [(self._runs.get(place), call) for place, call in self._calls.get(position, ())]
        return [(run, call) for run, call in calls if run is not None and run.tool.result is not None]

    @cached_property
    def _calls(self) -> dict[int, list[tuple[Place, Call]]]:
        """Return position of a reply → its calls."""
        found: dict[int, list[tuple[Place, Call]]] = defaultdict(list)
        for place, call in each_call(self._thread):
            found[place[0]].append((place, call))
        return found

    def _enriched(self, event: Event) -> Event:
        """Return an event with what its own span tells better: trace, times, server, failure, author."""
        if isinstance(event, ModelResponded):
            told, heard = self._traces.get(event.position), self._exchanges.get(event.position)
            return event.model_copy(update={"trace_id": told or heard, "heard_in": heard if told else None})
        if isinstance(event, ToolCalled) and (run := self._ids.get(event.call_id or "")):
            return event.model_copy(
                update={"at_ns": run.span.start_ns or event.at_ns, "server": run.tool.server or event.server}
            )
        if isinstance(event, ToolReturned) and (run := self._ids.get(event.call_id or "")):
            failed = event.failed or run.tool.failed
            return event.model_copy(
                update={"at_ns": run.span.end_ns or event.at_ns, "failed": failed, "author": run.tool.author}
            )
        return event

    @cached_property
    def _ids(self) -> dict[str, Run]:
        """Return call id → run; a call without an id has the one that `Emitter` makes of its place."""
        return {
            call.call_id or f"call@{self._whole.moved(position)}.{part}": self._runs[position, part]
            for (position, part), call in each_call(self._thread)
            if (position, part) in self._runs
        }

    @cached_property
    def _traces(self) -> dict[int, str]:
        """Return where a reply is told → the trace of the call that it answers, as the agent's telemetry has it."""
        return self._replied(heard=False)

    @cached_property
    def _exchanges(self) -> dict[int, str]:
        """Return the same as our own sensor has it: each exchange is a trace of its own (`sensor.wire.model`)."""
        return self._replied(heard=True)

    def _replied(self, *, heard: bool) -> dict[int, str]:
        listed = zip(self._thread.calls, self._thread.ends, strict=True)
        ends = {
            end: one.span.trace_id
            for one, end in reversed([*listed])
            if one.call.reply and bool(one.span.source) == heard
        }
        return {
            self._whole.moved(position): trace for position, trace in ends.items() if position in self._whole.origins
        }

    def _others(self) -> Iterator[Event]:
        """Yield replies to requests that were repeated, as further parts of their position, and results that are nowhere else."""
        parts: dict[int, int] = defaultdict(int)
        asked = set(unique_ids(self._thread.messages))
        came = {item.call_id for said in self._thread.messages for item in said if isinstance(item, Result)}
        for position, item in self._thread.others:
            if isinstance(item, Result):
                if item.call_id in came or item.call_id not in asked:
                    continue
                came.add(item.call_id)
            elif (ids := set(unique_ids([(item,)]))) and ids <= asked:
                continue  # the same, behind a request that is told otherwise than it was heard
            parts[position] += _OTHER
            for event in self._emitter.message(self._whole.moved(position), self._heard.words((item,))):
                yield event.model_copy(update={"part": event.part + parts[position]})

    def _around(self) -> Iterator[Event]:
        """Yield what was retrieved for this thread and remembered from it."""
        for number, (span, seen) in enumerate(self._bundle.of(Retrieval)):
            for part, document in enumerate(seen.documents):
                if span.trace_id in self._thread.traces:
                    yield DocumentRetrieved(
                        **self._about(span, number * 500 + part), text=document.text, place=document.place
                    )
        for number, (span, memory) in enumerate(self._bundle.of(Remembered)):
            if span.trace_id in self._thread.traces and memory.text:
                yield MemoryWritten(**self._about(span, number), text=memory.text, place=memory.place or None)

    def _by_shape(self) -> Iterator[Event]:
        """Yield what attributes of no dialect were read by their shape, once for each instrumentation."""
        spans = (*(one.span for one in self._thread.calls), *(run.span for run in self._runs.values()))
        told = {(named(span), names): None for span in spans if (names := self._bundle.shaped.get(span.key))}
        for part, (subject, names) in enumerate(told):
            yield by_shape(subject, names, self._emitter.tenant, self._emitter.session, self._emitter.source, 0, part)

    def _otherwise(self) -> Iterator[Event]:
        """Yield the marks of what was heard otherwise than the agent's telemetry has it."""
        calls = set(unique_ids((*self._thread.messages, *((item,) for _, item in self._thread.others))))
        subjects: dict[str, list[str]] = defaultdict(list)
        for what, span in islice(self._heard.otherwise(calls), _MOST_OTHERWISE):
            subjects[named(span)].append(what)
        for number, (subject, parts) in enumerate(subjects.items()):
            yield CaptureStatus(
                tenant=self._emitter.tenant, session=self._emitter.session, source=self._emitter.source, position=0,
                part=_OTHER + number, subject=subject, otherwise=tuple(parts),
            )  # fmt: skip

    def _about(self, span: Span, part: int) -> dict[str, object]:
        before = [position for position, at_ns in enumerate(self._thread.times) if at_ns <= span.end_ns]
        return {
            "tenant": self._emitter.tenant, "session": self._emitter.session, "source": self._emitter.source,
            "position": self._whole.moved(before[-1]) if before else 0, "part": part, "at_ns": span.end_ns or None,
        }  # fmt: skip

    def _principal(self) -> Principal | None:
        """Return who is logged in, from attributes of the thread's spans and of those around them."""
        for one in self._thread.calls:
            for span in (one.span, *self._bundle.above(one.span)):
                account = span.text("enduser.id", "user.id", "langfuse.user.id", "ai.telemetry.metadata.userId")
                role = span.text("enduser.role", "user.role")
                if account or role:
                    known = principal_of({"kind": role.casefold(), "id": account or None})
                    return known or Principal(id=account or None)
        return None


def named(span: Span) -> str:
    """Return what an analyst knows the instrumentation by."""
    return span.scope or span.name


def kept_back(span: Span, tenant: str, session: str, source: str, position: int) -> CaptureStatus:
    """Return the mark of a span whose exporter kept the content back."""
    return CaptureStatus(
        tenant=tenant, session=session, source=source, position=position,
        subject=named(span), unseen=("message content",),
    )  # fmt: skip


def by_shape(
    subject: str, names: Names, tenant: str, session: str, source: str, position: int, part: int
) -> CaptureStatus:
    """Return the mark of attributes that were read by the shape of what they hold: that they mean it is a guess."""
    return CaptureStatus(
        tenant=tenant, session=session, source=source, position=position, part=part, subject=subject, seen=names,
        unseen=(f"the meaning of {', '.join(names)}, read by shape only",),
    )  # fmt: skip
