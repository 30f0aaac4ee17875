"""Spans that hang together → sessions with events. Pure: the same set of spans gives the same events, in whatever order it came."""

from collections.abc import Iterable, Iterator, Sequence

from sensor.event import AgentHandedOver, Event, ModelResponded, ToolCalled, ToolReturned
from sensor.identity import DEFAULT_TENANT, session_key
from sensor.sources.otlp.bundle import Bundle, Readings, Run, gathered, lists, runs
from sensor.sources.otlp.place import Placed, placed
from sensor.sources.otlp.seen import ModelCall, ToolRun
from sensor.sources.otlp.span import Span
from sensor.sources.otlp.teller import SOURCE, Teller, kept_back
from sensor.sources.otlp.threads import Thread, threads, unique_ids
from sensor.sources.transcript.message import Prompt


def derive(spans: Iterable[Span], tenant: str = DEFAULT_TENANT, readings: Readings | None = None) -> list[Event]:
    """Return the events of all sessions that the spans tell of.

    `readings`: what spans of these keys were read as, where the caller keeps it between calls; it is filled.
    """
    bundle = gathered(spans, {} if readings is None else readings)
    found = threads(lists(bundle))
    keys = [_key(thread, found, tenant) for thread in found]
    all_runs = runs(bundle)
    places = placed(all_runs, found)
    events: list[Event] = []
    for number, thread in enumerate(found):
        events += Teller(thread, keys[number], bundle, places[number], tenant).events()
    events += _handed_over(found, keys, bundle, places, tenant)
    told = [run for taken in places.values() for run in taken.values()]
    events += _untold([run for run in all_runs if run not in told], found, keys, bundle, tenant)
    return events


def _key(thread: Thread, found: Sequence[Thread], tenant: str) -> str:
    """Return the session key: conversation, else the first unique tool-call id, else trace and place in it."""
    first = thread.calls[0]
    if thread.conversation:
        main = next(other for other in found if other.conversation == thread.conversation)
        name = thread.conversation if thread is main else f"{thread.conversation}/{first.chain[0]}"
        return session_key("conversation", name, tenant)
    ids = unique_ids(thread.messages)
    if ids:
        return session_key("messages", ids[0], tenant)
    beside = [other for other in found if other.calls[0].span.trace_id == first.span.trace_id]
    return session_key("record", f"{first.span.trace_id}/{beside.index(thread)}", tenant)


def _handed_over(
    found: Sequence[Thread], keys: Sequence[str], bundle: Bundle, places: Placed, tenant: str
) -> Iterator[Event]:
    """Yield a hand-over where the spans of one thread lie within a tool run of another."""
    for number, thread in enumerate(found):
        holders = {above.key for above in bundle.above(thread.calls[0].span)}
        for other, session in enumerate(keys):
            at = next((place for place, run in places[other].items() if run.span.key in holders), None)
            if at is not None and other != number:
                yield AgentHandedOver(
                    tenant=tenant, session=session, position=at[0], part=at[1], source=SOURCE,
                    at_ns=thread.times[0] or None, to_session=keys[number], text=_task(thread),
                )  # fmt: skip


def _task(thread: Thread) -> str:
    said = (item for message in thread.messages for item in message)
    return next((item.text for item in said if isinstance(item, Prompt) and item.role == "user"), "")


def _untold(
    loose: Sequence[Run], found: Sequence[Thread], keys: Sequence[str], bundle: Bundle, tenant: str
) -> Iterator[Event]:
    """Yield what no message list tells: model calls without content, tool runs that no captured reply asked for.

    They are placed by time, behind the messages of the thread of their trace, or in a session of their own trace.
    """
    blind = [(span, seen) for span, seen in bundle.of(ModelCall) if not seen.captured]
    items: list[tuple[Span, ModelCall | ToolRun]] = [*blind, *((run.span, run.tool) for run in loose)]
    following: dict[str, int] = {}
    for span, seen in sorted(items, key=lambda item: (item[0].start_ns, item[0].key)):
        number = next((number for number, thread in enumerate(found) if span.trace_id in thread.traces), None)
        session = keys[number] if number is not None else _own_session(span, bundle, tenant)
        position = following.setdefault(session, 0 if number is None else len(found[number].messages) + 1)
        source = f"{SOURCE}:{bundle.dialect(span)}"
        if not seen.captured:
            yield kept_back(span, tenant, session, source, position)
        about = {"tenant": tenant, "session": session, "source": source}
        if isinstance(seen, ModelCall):
            yield _blind_call(span, seen, position, about)
        else:
            yield from _loose_run(span, seen, position, about)
        following[session] = position + 2


def _own_session(span: Span, bundle: Bundle, tenant: str) -> str:
    named = bundle.conversation(span)
    return session_key("conversation", named, tenant) if named else session_key("record", f"{span.trace_id}/0", tenant)


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
