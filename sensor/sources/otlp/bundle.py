"""Spans that hang together, each with what was read from it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sensor.sources.otlp.chain import chain
from sensor.sources.otlp.dialect import Names
from sensor.sources.otlp.hang import conversation
from sensor.sources.otlp.read import UNKNOWN, Reading, read
from sensor.sources.otlp.seen import AgentRun, ModelCall, Seen, ToolRun
from sensor.sources.otlp.span import Span
from sensor.sources.otlp.threads import Listed
from sensor.sources.transcript.message import Reply

SOURCE = "otlp"
Key = tuple[str, str]
"""Trace id and span id."""
Kind = TypeVar("Kind", bound=Seen)
_DEEPEST = 200
"""Spans that are looked through above one; without a bound, spans each within the last would cost the square of their number."""


@dataclass(frozen=True, slots=True)
class Run:
    """A tool run with its span."""

    span: Span
    tool: ToolRun


@dataclass(eq=False)
class Bundle:
    """The readings of spans that hang together."""

    spans: dict[Key, Span] = field(default_factory=dict)
    seen: dict[Key, Seen] = field(default_factory=dict)
    dialects: dict[Key, str] = field(default_factory=dict)
    shaped: dict[Key, Names] = field(default_factory=dict)
    """The attributes that were read by the shape of what they hold."""
    _kinds: dict[type, list[Any]] = field(default_factory=dict)

    def above(self, span: Span) -> Iterator[Span]:
        """Yield the spans that hold `span`, innermost first; a ring of parents ends it."""
        passed = {span.key}
        while span.parent_id and (holder := self.spans.get((span.trace_id, span.parent_id))):
            if holder.key in passed or len(passed) > _DEEPEST:
                return
            passed.add(holder.key)
            yield holder
            span = holder

    def of(self, kind: type[Kind]) -> list[tuple[Span, Kind]]:
        """Return what was seen of one kind, in the order of time. It is looked for once: ask when all is gathered."""
        if kind not in self._kinds:
            found = [(self.spans[key], seen) for key, seen in self.seen.items() if isinstance(seen, kind)]
            self._kinds[kind] = sorted(found, key=lambda item: (item[0].start_ns, item[0].key))
        return self._kinds[kind]

    def conversation(self, span: Span) -> str:
        """Return the id of the conversation, which frameworks and applications often put on an outer span only."""
        named = (conversation(one, self.seen.get(one.key)) for one in (span, *self.above(span)))
        return next(filter(None, named), "")

    def dialect(self, span: Span) -> str:
        """Return the dialect that a span was read in."""
        return self.dialects.get(span.key, UNKNOWN)

    def source(self, span: Span) -> str:
        """Return the source of the events that a span tells."""
        return span.source or f"{SOURCE}:{self.dialect(span)}"


def gathered(spans: Iterable[tuple[Span, Reading | None]]) -> Bundle:
    """Return the bundle of spans with what each was read as, log records put to the spans they belong to."""
    bundle = Bundle()
    readings: dict[Key, Reading | None] = {}
    logs: dict[Key, list[Span]] = defaultdict(list)
    for span, reading in spans:
        if span.is_log:
            logs[span.key].append(span)
        elif (known := bundle.spans.get(span.key)) is None or _fuller(span) > _fuller(known):
            bundle.spans[span.key], readings[span.key] = span, reading
    for key, notes in logs.items():
        bundle.spans[key] = _with_notes(bundle.spans.get(key), notes)
        readings[key] = read(bundle.spans[key])
    for key, told in readings.items():
        if told is not None:
            bundle.seen[key], bundle.dialects[key] = told.seen, told.dialect
            if told.shaped:
                bundle.shaped[key] = told.shaped
    _settle(bundle)
    return bundle


def _settle(bundle: Bundle) -> None:
    """Decide on message lists of no dialect: one around model calls is an agent's, one within a model call tells nothing more."""
    calls = {key: seen for key, seen in bundle.seen.items() if isinstance(seen, ModelCall)}
    foreign = {key for key in bundle.shaped if key in calls and bundle.dialects[key] == UNKNOWN}
    if not foreign:
        return
    held: dict[Key, list[ModelCall]] = defaultdict(list)
    for key, call in calls.items():
        for above in bundle.above(bundle.spans[key]):
            held[above.key].append(call)
    holders = {key: _holding_call(bundle, bundle.spans[key]) for key in foreign}
    for key, holder in holders.items():
        call = calls[key]
        if holder is not None and holder not in foreign and calls[holder].captured:
            del bundle.seen[key]
        elif len(held[key]) > 1 or any(inner.captured for inner in held[key]):
            answer = call.reply.text if call.reply and not call.reply.calls else ""
            bundle.seen[key] = AgentRun(bundle.spans[key].name, call.conversation, call.messages, answer)


def _fuller(span: Span) -> tuple[int, int, str]:
    """Return what spans of one id are chosen by: some exporters send one at its start and again at its end."""
    return (span.end_ns, len(span.attributes), repr(span))


def _with_notes(span: Span | None, notes: list[Span]) -> Span:
    """Return a span with its log records among its events. Records may come before their span, or alone: none is lost."""
    events = {repr(event): event for note in notes for event in note.events}
    told = tuple(sorted(events.values(), key=lambda event: (event.at_ns, event.name, repr(event))))
    if span is not None:
        return replace(span, events=(*span.events, *told))
    times = [event.at_ns for event in told if event.at_ns]
    return replace(
        min(notes, key=repr), is_log=False, events=told, start_ns=min(times, default=0), end_ns=max(times, default=0)
    )


def model_calls(bundle: Bundle) -> list[tuple[Span, ModelCall]]:
    """Return the model calls, those with content first: a call that framework and client report is one if either has no content.

    The same call is what has the same response id, or a span directly within the other and no other id.
    """
    told: dict[Key, tuple[Span, ModelCall]] = {}
    known: dict[str | Key, Key] = {}
    for span, call in sorted(bundle.of(ModelCall), key=lambda item: not item[1].captured):
        names = [name for name in (_response_id(call), span.key, _holding_call(bundle, span)) if name]
        others = (known[name] for name in names if name in known)
        other = next((key for key in others if not call.captured and _same_reply(told[key][1], call)), None)
        if other is None:
            told[span.key] = span, call
        else:
            told[other] = told[other][0], _with_metadata(told[other][1], call)
        for name in names:
            known.setdefault(name, other or span.key)
    return list(told.values())


def _response_id(call: ModelCall) -> str | None:
    return call.reply.response_id if call.reply else None


def _holding_call(bundle: Bundle, span: Span) -> Key | None:
    """Return the key of the model call that holds a span, with nothing else that is told between them."""
    above = next((above for above in bundle.above(span) if above.key in bundle.seen), None)
    return above.key if above is not None and isinstance(bundle.seen[above.key], ModelCall) else None


def _same_reply(call: ModelCall, other: ModelCall) -> bool:
    return call.reply is not None and len({_response_id(call), _response_id(other)} - {None}) < 2


def _with_metadata(call: ModelCall, other: ModelCall) -> ModelCall:
    """Return a call with what only another span of it tells beside the content."""
    reply, told = call.reply, other.reply
    if reply is None or told is None:
        return call
    reply = replace(
        reply, model=reply.model or told.model, usage=reply.usage or told.usage,
        finish_reason=reply.finish_reason or told.finish_reason, response_id=reply.response_id or told.response_id,
    )  # fmt: skip
    return replace(call, reply=reply, conversation=call.conversation or other.conversation)


def lists(bundle: Bundle, calls: Iterable[tuple[Span, ModelCall]]) -> list[Listed]:
    """Return the message lists of model calls with content; in a trace without one, an agent's own list stands for them."""
    calls = [(span, call) for span, call in calls if call.captured]
    told = {span.trace_id for span, _ in calls}
    found = [Listed(span, call.of(bundle.conversation(span)), _holding_run(bundle, span)) for span, call in calls]
    for span, agent in bundle.of(AgentRun):
        if span.trace_id not in told and agent.messages and not _within_another(bundle, span):
            answer = Reply(agent.answer) if agent.answer else None
            call = ModelCall(agent.messages, answer, conversation=bundle.conversation(span))
            found.append(Listed(span, call, _holding_run(bundle, span)))
    return _without_echoes(bundle, found)


def _without_echoes(bundle: Bundle, found: list[Listed]) -> list[Listed]:
    """Return the lists without those of no dialect of which the others tell every message: a history that is stored or loaded."""
    foreign = [one for one in found if bundle.dialect(one.span) == UNKNOWN]
    if not foreign or len(foreign) == len(found):
        return found
    told = {
        key for one in found if bundle.dialect(one.span) != UNKNOWN for said in one.messages for key in chain([said])
    }
    echoes = {one.span.key for one in foreign if all(key in told for said in one.messages for key in chain([said]))}
    return [one for one in found if one.span.key not in echoes]


def _holding_run(bundle: Bundle, span: Span) -> Key | None:
    return next((above.key for above in bundle.above(span) if isinstance(bundle.seen.get(above.key), ToolRun)), None)


def _within_another(bundle: Bundle, span: Span) -> bool:
    holders = (bundle.seen.get(above.key) for above in bundle.above(span))
    return any(isinstance(holder, AgentRun) and holder.messages for holder in holders)


def runs(bundle: Bundle) -> list[Run]:
    """Return the tool runs, one for each call: framework, client and server may each have a span for it, one inside the other."""
    found: list[Run] = []
    inner: dict[Key, ToolRun] = {}
    for span, tool in bundle.of(ToolRun):
        for above in bundle.above(span):
            outer = bundle.seen.get(above.key)
            if isinstance(outer, ToolRun):
                if _same_call(tool, outer):
                    inner.setdefault(above.key, tool)
                else:
                    found.append(Run(span, tool))
                break
        else:
            found.append(Run(span, tool))
    return [Run(run.span, _completed(run.tool, inner.get(run.span.key))) for run in found]


def _same_call(inner: ToolRun, outer: ToolRun) -> bool:
    if inner.name == outer.name or outer.name.endswith(f"_{inner.name}"):
        return True
    return inner.arguments is not None and inner.arguments == outer.arguments


def _completed(run: ToolRun, inner: ToolRun | None) -> ToolRun:
    """Return a run with what only the span inside it tells: the server, or content that the outer one kept back."""
    if inner is None:
        return run
    return replace(
        run, server=run.server or inner.server, failed=run.failed or inner.failed,
        arguments=inner.arguments if run.arguments is None else run.arguments,
        result=inner.result if run.result is None else run.result, captured=run.captured or inner.captured,
    )  # fmt: skip
