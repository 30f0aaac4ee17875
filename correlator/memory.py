"""What one session keeps and another reads: where the kept words came from, followed across sessions. Pure.

A sentence that a call stores is *kept* with its source; a later session in which the same sentence comes back from the same store
(*recalled*) is judged with that source known. Third-party text then is told from where it first came, which changes no score. That
a principal's words stay his own makes an effect explained, so it holds for little: he asked for them in a sentence of his own
before they were stored, no third party had said them, and the same account of the same kind is logged in again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from correlator.chain import Judged
from correlator.contents import Span, segment
from correlator.conversation import Call, Conversation, Recalled
from correlator.lexicon import negates
from correlator.spelling import stem, words
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

CLOCKS_NS = 10 * 10**9
"""By so much the clocks of two sessions may differ: what was stored a moment behind the end of another may have been there."""
MOST = 500
"""Sentences of one session that are kept, and of one that are looked up."""
_TELLING = 24
"""Letters and digits from which a sentence is taken to be the same one."""
_STORING = frozenset(("communicate", "create", "modify", "move"))
"""Classes of acts by which a text comes to lie where another session may read it."""
_ADDRESS = 40
"""Letters and digits that may stand before the stored words in the sentence that asked for them: "Please note for later: …"."""


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
    tool: str
    """Name of that call's tool; empty for a record of a memory."""
    server: str | None
    text: str
    principal: str | None
    """Kind and account of the principal whose words are kept."""
    at_ns: int | None
    """When it was stored."""
    brought_by: str = ""
    """Id of the observation of the call that brought the source: who read this before that was known is told again."""


def kept(conversation: Conversation, traced: Iterable[Traced], judged: Iterable[Judged]) -> tuple[Kept, ...]:
    """Return what a session stored of which the source is known, each sentence once."""
    storing = {one.event.entity for one in judged if {one.effect.act.kind, *one.effect.act.classes} & _STORING}
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


def looked_up(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Return the sentences that a session read, by key, with what brought each."""
    found: dict[str, list[Event]] = {}
    for event in events:
        if isinstance(event, ToolReturned | DocumentRetrieved):
            for span in segment(event.text).spans:
                if len(span.squashed) >= _TELLING and (len(found) < MOST or _key(span) in found):
                    found.setdefault(_key(span), []).append(event)
    return found


def account(principal: Principal | None) -> str | None:
    """Return what tells a principal from all others; `None` where he is not known."""
    return f"{principal.kind} {principal.id}" if principal is not None and principal.id is not None else None


def speakers(events: Iterable[Event]) -> dict[str, Principal]:
    """Return who is logged in, by account."""
    said = (event.principal for event in events if isinstance(event, PromptSubmitted) and event.role == "user")
    return {name: one for one in said if one is not None and (name := account(one)) is not None}


def wanted(rows: Iterable[Kept], events: Sequence[Event]) -> list[Kept]:
    """Return the rows that tell where something came from that a session reads back: the earliest of each sentence."""
    calls = {(event.session, event.call_id): event for event in events if isinstance(event, ToolCalled)}
    read, here = looked_up(events), speakers(events)
    last = max((time for event in events if (time := event_time(event)) is not None), default=None)
    found: dict[str, Kept] = {}
    for row in sorted(rows, key=lambda row: (row.by, row.at_ns is None, row.at_ns or 0, row.source)):
        brought = [calls.get((one.session, getattr(one, "call_id", None))) for one in read.get(row.key, ())]
        late = last is not None and row.at_ns is not None and row.at_ns > last + CLOCKS_NS
        known = row.by == "content" or row.principal in here
        if known and not late and brought and all(_same_store(row, call) for call in brought):
            found.setdefault(row.key, row)
    return list(found.values())


def recalled(rows: Iterable[Kept], events: Iterable[Event], elsewhere: Iterable[Event]) -> tuple[Recalled, ...]:
    """Return what a session reads back, with its sources; `elsewhere`: the events of the sessions that the rows name."""
    others = in_order(elsewhere)
    known = {event.entity: event for event in others}
    calls = {(event.session, event.call_id): event for event in others if isinstance(event, ToolCalled)}
    here = speakers(events)
    found = []
    for row in rows:
        source, writer = known.get(row.source), known.get(row.writer)
        if writer is None:
            continue
        if isinstance(source, PromptSubmitted):
            speaker = here.get(row.principal or "")
            found.append(Recalled(source.model_copy(update={"principal": speaker}), writer, row.text))
        elif isinstance(source, ToolReturned | DocumentRetrieved):
            call = calls.get((source.session, getattr(source, "call_id", None)))
            made = Call(-1, call, source) if call is not None and isinstance(source, ToolReturned) else None
            found.append(Recalled(source, writer, row.text, made))
    return tuple(found)


def _same_store(row: Kept, reader: ToolCalled | None) -> bool:
    """Return whether a text comes back from where it was put: memory, one server, or tools that are named after one thing."""
    if reader is None or not row.tool:
        return reader is None and not row.tool
    if row.server and reader.server == row.server:
        return True
    put, got = ({stem(word) for word in words(name)} for name in (row.tool, reader.name))
    return bool(put & got)


def _stored(conversation: Conversation, storing: set[str]) -> Iterator[tuple[Event, list[str]]]:
    for call in conversation.calls:
        if call.event.entity in storing:
            yield call.event, [leaf.text for leaf in call.leaves]
    for event in conversation.events:
        if isinstance(event, MemoryWritten):
            yield event, [event.text]


def _kept(span: Span, event: Event, traced: Traced | None, conversation: Conversation) -> Kept | None:
    """Return a stored sentence with its source: whole, or by a value in it where the agent put it in words of its own."""
    content = next((one for one in conversation.before(event.order)[::-1] if span.squashed in _letters(one.text)), None)
    if content is not None:
        return _of(content.event, "content", span, event, call=content.call)
    said = next((one for one in conversation.said if one.event.order < event.order and _asked(span, one.text)), None)
    if said is not None:
        return _of(said.event, "principal", span, event, account(said.principal)) if account(said.principal) else None
    for flow in traced.flows if traced else ():
        if flow.foreign and not flow.value.weak and flow.value.key in span.squashed:
            content = flow.places[0].content
            return _of(content.event, "content", span, event, call=content.call)
    return None


def _asked(span: Span, text: str) -> bool:
    """Return whether a person asked for these words in a sentence that they end, and that denies or asks nothing."""
    return any(
        one.squashed.endswith(span.squashed)
        and len(one.squashed) - len(span.squashed) <= _ADDRESS
        and not negates(one.text)
        and not one.text.rstrip(" \"'”’)").endswith("?")
        for one in segment(text).spans
    )


def _of(
    source: Event, by: Literal["principal", "content"], span: Span, event: Event, principal: str | None = None,
    *, call: Call | None = None,
) -> Kept:  # fmt: skip
    writer = event if isinstance(event, ToolCalled) else None
    return Kept(
        _key(span), by, source.entity, source.session, event.entity, event.session, writer.name if writer else "",
        writer.server if writer else None, span.text, principal, event_time(event), call.event.id if call else "",
    )  # fmt: skip


def _letters(text: str) -> str:
    return segment(text).squashed.replace("\n", "")


def _key(span: Span) -> str:
    return digest("kept", span.squashed)
