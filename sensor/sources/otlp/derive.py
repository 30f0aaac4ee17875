"""Spans that hang together → sessions with events. Pure: the same set of spans gives the same events, in whatever order it came."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from sensor.event import AgentHandedOver, Event, ModelResponded, ToolCalled, ToolReturned
from sensor.identity import DEFAULT_TENANT, session_key
from sensor.sources.otlp.bundle import Bundle, gathered, lists, model_calls, runs
from sensor.sources.otlp.heard import Heard
from sensor.sources.otlp.outbound import went_out
from sensor.sources.otlp.place import Placed, placed
from sensor.sources.otlp.read import Reading, read
from sensor.sources.otlp.repeated import with_ids
from sensor.sources.otlp.seen import ModelCall, ToolRun
from sensor.sources.otlp.span import Span
from sensor.sources.otlp.teller import Teller, by_shape, kept_back, named
from sensor.sources.otlp.threads import Listed, Thread, threads, unique_ids
from sensor.sources.transcript.message import Prompt

_Item = tuple[Span, ModelCall | ToolRun]
_KeyOf = Callable[[str, str], str]
"""Scheme and value → key of a session (`sensor.identity.session_key`)."""


def derive(spans: Iterable[Span], tenant: str = DEFAULT_TENANT) -> list[Event]:
    """Return the events of all sessions that the spans tell of."""
    return derive_read(((span, read(span)) for span in spans), tenant)


def derive_read(
    spans: Iterable[tuple[Span, Reading | None]], tenant: str = DEFAULT_TENANT, part: int = 0
) -> list[Event]:
    """Return the same of spans with what each was read as; those of another `part` are sessions of their own."""
    bundle = gathered(spans)
    calls = model_calls(bundle)
    listed = with_ids(lists(bundle, calls))
    found, heard = threads(listed), _heard(listed)
    key_of = partial(_key, tenant, part)
    keys = _keys(found, key_of)
    all_runs = runs(bundle)
    places = placed(all_runs, found)
    tellers = [
        Teller(thread, keys[number], bundle, places[number], heard, tenant) for number, thread in enumerate(found)
    ]
    events = [event for teller in tellers for event in teller.events()]
    events += _handed_over(found, keys, bundle, places, tellers)
    told = {run.span.key for taken in places.values() for run in taken.values()}
    untold: list[_Item] = [(span, call) for span, call in calls if not call.captured]
    untold += [(run.span, run.tool) for run in all_runs if run.span.key not in told]
    events += _untold(untold, found, keys, bundle, tenant, key_of)
    callers = {run.span.key: keys[number] for number, taken in places.items() for run in taken.values()}
    return [*events, *went_out(bundle, callers, events)]


def _heard(listed: Iterable[Listed]) -> Heard:
    """Return what our own sensor heard of calls, where telemetry tells of them, too."""
    every = sorted(listed, key=lambda one: (one.span.start_ns, one.span.key))
    heard = Heard()
    if {bool(one.span.source) for one in every} == {True, False}:
        for one in every:
            heard.take(one.span, one.messages)
    return heard


def _key(tenant: str, part: int, scheme: str, value: str) -> str:
    return session_key(scheme, f"{value}/part {part}" if part else value, tenant)


def _keys(found: Sequence[Thread], key_of: _KeyOf) -> list[str]:
    """Return the session keys: conversation, else the first unique tool-call id, else trace and place in it."""
    keys = []
    named: set[str] = set()
    beside: Counter[str] = Counter()
    for thread in found:
        first = thread.calls[0]
        ids = unique_ids(thread.messages)
        if thread.conversation:
            again = thread.conversation in named
            name = f"{thread.conversation}/{first.chain[0]}" if again else thread.conversation
            keys.append(key_of("conversation", name))
            named.add(thread.conversation)
        elif ids:
            keys.append(key_of("messages", ids[0]))
        else:
            keys.append(key_of("record", f"{first.span.trace_id}/{beside[first.span.trace_id]}"))
        beside[first.span.trace_id] += 1
    return keys


def _handed_over(
    found: Sequence[Thread], keys: Sequence[str], bundle: Bundle, places: Placed, tellers: Sequence[Teller]
) -> Iterator[Event]:
    """Yield a hand-over where the spans of one thread lie within a tool run of another: the innermost."""
    holding: dict[tuple[str, str], tuple[int, tuple[int, int]]] = {}
    for other, taken in places.items():
        for at, run in taken.items():
            holding.setdefault(run.span.key, (other, at))
    for number, thread in enumerate(found):
        holders = (holding[span.key] for span in bundle.above(thread.calls[0].span) if span.key in holding)
        innermost = next(((other, at) for other, at in holders if other != number), None)
        if innermost is not None:
            other, (position, part) = innermost
            yield AgentHandedOver(
                tenant=tellers[other].tenant, session=keys[other], position=tellers[other].told_at(position), part=part,
                source=bundle.source(found[other].calls[0].span),
                at_ns=thread.times[0] or None, to_session=keys[number], text=_task(thread),
            )  # fmt: skip


def _task(thread: Thread) -> str:
    said = (item for message in thread.messages for item in message)
    return next((item.text for item in said if isinstance(item, Prompt) and item.role == "user"), "")


def _untold(
    items: Sequence[_Item], found: Sequence[Thread], keys: Sequence[str], bundle: Bundle, tenant: str, key_of: _KeyOf
) -> Iterator[Event]:
    """Yield what no message list tells: model calls without content, tool runs that no captured reply asked for.

    They are placed by time, behind the messages of the thread of their trace, or in a session of their own trace.
    """
    following: dict[str, int] = {}
    by_trace: dict[str, int] = {}
    for number, thread in enumerate(found):
        following[keys[number]] = len(thread.messages) + 1
        for trace in thread.traces:
            by_trace.setdefault(trace, number)
    for span, seen in sorted(items, key=lambda item: (item[0].start_ns, item[0].key)):
        of = by_trace.get(span.trace_id)
        session = _own_session(span, bundle, key_of) if of is None else keys[of]
        position = following.setdefault(session, 0)
        source = bundle.source(span)
        if not seen.captured:
            yield kept_back(span, tenant, session, source, position)
        if names := bundle.shaped.get(span.key):
            yield by_shape(named(span), names, tenant, session, source, position, 1)
        about = {"tenant": tenant, "session": session, "source": source, "trace_id": span.trace_id}
        if isinstance(seen, ModelCall):
            yield _blind_call(span, seen, position, about)
        else:
            yield from _loose_run(span, seen, position, about)
        following[session] = position + 2


def _own_session(span: Span, bundle: Bundle, key_of: _KeyOf) -> str:
    named = bundle.conversation(span)
    return key_of("conversation", named) if named else key_of("record", f"{span.trace_id}/0")


def _blind_call(span: Span, call: ModelCall, position: int, about: dict[str, str]) -> Event:
    reply = call.reply
    return ModelResponded(
        **about, position=position, at_ns=span.end_ns or None, model=reply.model if reply else None,
        usage=reply.usage if reply else None, response_id=reply.response_id if reply else None,
        finish_reason=reply.finish_reason if reply else None,
    )  # fmt: skip


def _loose_run(span: Span, run: ToolRun, position: int, about: dict[str, str]) -> Iterator[Event]:
    call_id = run.call_id or f"span {span.span_id}"
    yield ToolCalled(
        **about, position=position, at_ns=span.start_ns or None, call_id=call_id, name=run.name,
        arguments=run.arguments, server=run.server or None,
    )  # fmt: skip
    if run.result is not None:
        yield ToolReturned(
            **about, position=position + 1, at_ns=span.end_ns or None, call_id=call_id, name=run.name, text=run.result,
            failed=run.failed, author=run.author,
        )  # fmt: skip
