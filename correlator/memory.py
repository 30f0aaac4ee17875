"""What one session keeps and another reads: where the kept words came from, followed across sessions. Pure.

A sentence that a call stores is *kept* with its provenance: a principal's own words, or third-party text. A later session in which
the same sentence is read back (*recalled*) is judged with that source before it: words of the same principal stay his; third-party
text stays third-party text of where it first came from. The sentence itself is the link (E2), whatever the store is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from correlator.chain import Judged
from correlator.contents import Span, segment
from correlator.conversation import Call, Conversation, Recalled
from correlator.spelling import squash
from correlator.taint import Traced
from graph.fold import event_time
from sensor.event import (
    DocumentRetrieved,
    Event,
    MemoryWritten,
    Principal,
    PromptSubmitted,
    ToolCalled,
    ToolReturned,
    in_order,
)
from sensor.identity import digest

MOST = 500
"""Sentences of one session that are kept, and of one that are looked up."""
_TELLING = 24
"""Letters and digits from which a sentence is taken to be the same one."""
_STORING = frozenset(("communicate", "create", "modify", "move"))
"""Acts by which a text comes to lie where another session may read it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A sentence that a session stored."""

    key: str
    """Digest of its letters and digits."""
    by: Literal["principal", "content"]
    """Whose words it is made of."""
    source: str
    """Key of the prompt or content that it came from."""
    source_session: str
    writer: str
    """Key of the call or record that stored it."""
    writer_session: str
    text: str
    principal: str | None
    """Account of the principal, where his words are kept and he is known."""
    at_ns: int | None
    """When it was stored."""


def kept(conversation: Conversation, traced: Iterable[Traced], judged: Iterable[Judged]) -> tuple[Kept, ...]:
    """Return what a session stored of which the source is known, each sentence once."""
    storing = {one.event.entity for one in judged if one.effect.act.kind in _STORING}
    by_call = {item.event.entity: item for item in traced}
    found: dict[str, Kept] = {}
    for event, texts in _stored(conversation, storing):
        for text in texts:
            for span in segment(text).spans:
                if len(span.squashed) >= _TELLING and (
                    one := _kept(span, event, by_call.get(event.entity), conversation)
                ):
                    found.setdefault(one.key, one)
    return tuple(found.values())[:MOST]


def looked_up(events: Iterable[Event]) -> list[str]:
    """Return the keys of the sentences that a session read."""
    read = (event.text for event in events if isinstance(event, ToolReturned | DocumentRetrieved))
    return list(
        dict.fromkeys(_key(span) for text in read for span in segment(text).spans if len(span.squashed) >= _TELLING)
    )[:MOST]


def recalled(rows: Iterable[Kept], events: Sequence[Event], elsewhere: Iterable[Event]) -> tuple[Recalled, ...]:
    """Return what a session reads back, with its sources; `elsewhere`: the events of the sessions that the rows name."""
    others = in_order(elsewhere)
    known = {event.entity: event for event in others}
    calls = {
        (event.session, event.call_id): event for event in others if isinstance(event, ToolCalled) and event.call_id
    }
    speakers = {
        event.principal.id
        for event in events
        if isinstance(event, PromptSubmitted) and event.principal is not None and event.principal.id is not None
    }
    last = max((time for event in events if (time := event_time(event)) is not None), default=None)
    found: dict[str, Recalled] = {}
    for row in sorted(rows, key=lambda row: (row.by, row.at_ns is None, row.at_ns or 0, row.source)):
        if row.by == "principal" and row.principal not in speakers:
            continue  # another's words, or nobody knows whose
        if last is not None and row.at_ns is not None and row.at_ns > last:
            continue
        source, writer = known.get(row.source), known.get(row.writer)
        if isinstance(source, PromptSubmitted) and writer is not None:
            # Only what was kept of it is said again.
            found.setdefault(row.key, Recalled(source.model_copy(update={"text": row.text}), writer))
        elif isinstance(source, ToolReturned) and writer is not None:
            call = calls.get((source.session, source.call_id or ""))
            found.setdefault(source.entity, Recalled(source, writer, Call(-1, call, source) if call else None))
        elif isinstance(source, DocumentRetrieved) and writer is not None:
            found.setdefault(source.entity, Recalled(source, writer))
    return tuple(found.values())


def _stored(conversation: Conversation, storing: set[str]) -> Iterator[tuple[Event, list[str]]]:
    for call in conversation.calls:
        if call.event.entity in storing:
            yield call.event, [leaf.text for leaf in call.leaves]
    for event in conversation.events:
        if isinstance(event, MemoryWritten):
            yield event, [event.text]


def _kept(span: Span, event: Event, traced: Traced | None, conversation: Conversation) -> Kept | None:
    """Return a stored sentence with its source: whole, or by a value in it where the agent put it in words of its own."""
    said = next((said for said in conversation.said if span.squashed in squash(said.text)), None)
    if said is not None:
        return _of(said.event, "principal", span, event, said.principal)
    content = next((one for one in conversation.before(event.order)[::-1] if span.squashed in _letters(one.text)), None)
    if content is not None:
        return _of(content.event, "content", span, event)
    for flow in traced.flows if traced else ():
        if flow.foreign and not flow.value.weak and flow.value.key in span.squashed:
            return _of(flow.places[0].content.event, "content", span, event)
    return None


def _of(
    source: Event, by: Literal["principal", "content"], span: Span, event: Event, who: Principal | None = None
) -> Kept:
    account = who.id if who else None
    return Kept(
        _key(span),
        by,
        source.entity,
        source.session,
        event.entity,
        event.session,
        span.text,
        account,
        event_time(event),
    )


def _letters(text: str) -> str:
    return segment(text).squashed.replace("\n", "")


def _key(span: Span) -> str:
    return digest("kept", span.squashed)
