"""Message lists of many spans → threads: each one conversation that grew, whatever the order in which its lists were sent again.

A list that begins like a thread continues it. Two runs may begin with the same words: lists of different traces are one thread
only if what they share holds a tool-call id, or if nothing else has continued the thread from there.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

from pydantic import JsonValue

from sensor.redact import LABELLED, MARK
from sensor.sources.otlp.chain import chain, essence, words
from sensor.sources.otlp.messages import Messages
from sensor.sources.otlp.seen import ModelCall
from sensor.sources.otlp.span import Span
from sensor.sources.transcript.message import Prompt, Reply, Result, Said

_UNIQUE = 8
"""Characters from which a tool-call id is taken to be unique; `call_1` and `0` are not."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One list that was sent, with the reply to it, and the span that tells so."""

    span: Span
    call: ModelCall
    within: tuple[str, str] | None = None
    """Key of the tool run that holds the span: what an agent does there is a conversation of its own."""

    @property
    def messages(self) -> Messages:
        """Return the list, the reply its last element."""
        return self.call.said

    @property
    def chain(self) -> tuple[str, ...]:
        """Return the running digest after each message."""
        return self.call.chain


@dataclass(eq=False)
class Thread:
    """One conversation."""

    messages: list[tuple[Said, ...]] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    """When each message was first seen, nanoseconds since the Unix epoch; 0 where unknown."""
    asked: list[int] = field(default_factory=list)
    """When the request began that each message was first seen in: what a reply asks for cannot have run before."""
    calls: list[Listed] = field(default_factory=list)
    """The lists it was told by, in order of their times."""
    traces: set[str] = field(default_factory=set)
    """The traces that tell of it."""
    conversation: str = ""
    within: tuple[str, str] | None = None
    others: list[tuple[int, Reply]] = field(default_factory=list)
    """Replies to a request that was repeated, with their position."""
    known: dict[str, int] = field(default_factory=dict)
    """Digest of a beginning → number of its messages."""
    taken: dict[str, str] = field(default_factory=dict)
    """Digest of a beginning that was continued → trace that continued it."""
    heard: set[int] = field(default_factory=set)
    """Positions of what our own sensor heard: these are its words."""
    otherwise: dict[str, Span] = field(default_factory=dict)
    """What was heard otherwise than a span of the agent's telemetry has it."""

    @property
    def system(self) -> str:
        """Return its instructions."""
        first = self.messages[0][0] if self.messages and self.messages[0] else None
        return first.text if isinstance(first, Prompt) and first.role != "user" else ""


def threads(lists: Iterable[Listed]) -> list[Thread]:
    """Return the threads of lists that hang together, in the order of their first times."""
    found = _Found()
    for one in sorted(lists, key=lambda one: (one.span.start_ns, len(one.messages), one.span.key)):
        found.take(one)
    return found.threads


def unique_ids(messages: Iterable[tuple[Said, ...]]) -> list[str]:
    """Return the tool-call ids of the replies that no other conversation has, in order."""
    return [
        call.call_id
        for said in messages
        for item in said
        if isinstance(item, Reply)
        for call in item.calls
        if is_unique(call.call_id)
    ]


def is_unique(call_id: str | None) -> TypeGuard[str]:
    """Return whether a tool-call id is one that no other conversation has, as far as its form tells."""
    return call_id is not None and len(call_id) >= _UNIQUE


class _Found:
    """The threads so far, and where to look for the one that a list continues."""

    def __init__(self) -> None:
        self.threads: list[Thread] = []
        self._numbers: dict[Thread, int] = {}
        self._replied: dict[str, dict[int, Thread]] = {}
        """Digest of a beginning that holds a reply → threads that have it, by number."""
        self._opening: dict[tuple[str, str], dict[int, Thread]] = {}
        """Trace or conversation, and digest of a beginning without reply → threads that have it."""
        self._by_system: dict[tuple[str, object, str], Thread] = {}
        """Conversation, tool run that holds it, and instructions → its first thread."""
        self._by_reply: dict[str, Thread] = {}
        """Id of a reply → thread that has it."""

    def take(self, one: Listed) -> None:
        """Put a list to the thread that it continues, or make a new one."""
        beginnings = _beginnings(one)
        thread = self._continued(one, beginnings)
        if thread is None:
            thread = Thread(conversation=one.call.conversation, within=one.within)
            self._numbers[thread] = len(self.threads)
            self.threads.append(thread)
        _take(one, thread)
        self._remember(one, beginnings, thread)

    def _continued(self, one: Listed, beginnings: "list[_Beginning]") -> Thread | None:
        if one.call.previous:
            return self._by_reply.get(one.call.previous)
        seen: set[int] = set()
        # Those that share most come first; instructions alone are nothing.
        for begins in reversed(beginnings):
            for number, thread in sorted(self._alike(one, begins).items()):
                names = {one.call.conversation, thread.conversation} - {""}
                if (
                    number not in seen
                    and len(names) < 2
                    and one.within == thread.within
                    and _goes_on(one, thread, begins)
                ):
                    return thread
                seen.add(number)
        # The same conversation with its beginning cut off, or only what is new.
        return self._by_system.get((one.call.conversation, one.within, _system(one))) if one.call.conversation else None

    def _alike(self, one: Listed, begins: "_Beginning") -> dict[int, Thread]:
        """Return the threads that may be meant: without a reply in common, only those of the same trace or conversation."""
        if begins.replied:
            return self._replied.get(begins.key, {})
        places = (one.span.trace_id, one.call.conversation)
        return {
            number: thread for place in places for number, thread in self._opening.get((place, begins.key), {}).items()
        }

    def _remember(self, one: Listed, beginnings: "list[_Beginning]", thread: Thread) -> None:
        number = self._numbers[thread]
        for begins in beginnings:
            if begins.key not in thread.known:
                continue
            if begins.replied:
                self._replied.setdefault(begins.key, {})[number] = thread
            else:
                for place in {one.span.trace_id, thread.conversation} - {""}:
                    self._opening.setdefault((place, begins.key), {})[number] = thread
        if thread.conversation:
            self._by_system.setdefault((thread.conversation, thread.within, thread.system), thread)
        for said in one.messages:
            for item in said:
                if isinstance(item, Reply) and item.response_id:
                    self._by_reply.setdefault(item.response_id, thread)


@dataclass(frozen=True, slots=True)
class _Beginning:
    """The first messages of a list, with more than instructions among them."""

    length: int
    key: str
    """Running digest."""
    replied: bool
    unique: bool
    """They hold a tool-call id that no other conversation has."""


def _beginnings(one: Listed) -> list[_Beginning]:
    found = []
    speaks = replied = unique = False
    for length, (said, key) in enumerate(zip(one.messages, one.chain, strict=True), start=1):
        for item in said:
            speaks = speaks or not isinstance(item, Prompt) or item.role == "user"
            if isinstance(item, Reply):
                replied = True
                unique = unique or any(is_unique(call.call_id) for call in item.calls)
        if speaks:
            found.append(_Beginning(length, key, replied, unique))
    return found


def _goes_on(one: Listed, thread: Thread, begins: _Beginning) -> bool:
    """Return whether a list continues a thread that begins alike, and is no other conversation."""
    if one.call.conversation and one.call.conversation == thread.conversation:
        return True
    if begins.unique or one.span.trace_id in thread.traces:
        # In one trace another request that only begins alike (a planner and a worker with the same instructions) is another thread.
        return begins.replied or begins.length >= len(one.call.messages)
    holder = thread.taken.get(begins.key)
    ended = begins.length == len(thread.messages) and any(isinstance(item, Reply) for item in thread.messages[-1])
    longer = begins.length < len(one.messages)
    return ended and longer and holder in (None, one.span.trace_id)


def _beginning(one: Listed, thread: Thread) -> int:
    """Return how many messages a list and a thread have in common at their beginning; instructions alone are nothing."""
    length = next((thread.known[key] for key in reversed(one.chain) if key in thread.known), 0)
    said = (item for turn in one.messages[:length] for item in turn)
    return length if any(not isinstance(item, Prompt) or item.role == "user" for item in said) else 0


def _system(one: Listed) -> str:
    first = one.messages[0][0] if one.messages and one.messages[0] else None
    return first.text if isinstance(first, Prompt) and first.role != "user" else ""


def _take(one: Listed, thread: Thread) -> None:
    start, offset = _start(one, thread)
    for at in range(0 if offset else start):
        _compare(one, thread, at, at)
    thread.calls.append(one)
    thread.traces.add(one.span.trace_id)
    thread.conversation = thread.conversation or one.call.conversation
    if start and start <= len(one.chain):
        thread.taken.setdefault(one.chain[start - 1], one.span.trace_id)
    last = len(one.messages) - 1
    for at in range(start, len(one.messages)):
        is_reply = one.call.reply is not None and at == last
        position = at + offset
        if position < len(thread.messages):
            # The same request again: a retry, or another sample; or what comes before it was not told as it was heard.
            _compare(one, thread, at, position)
            item = one.messages[at][0] if one.messages[at] else None
            if isinstance(item, Reply) and essence(item) not in map(essence, thread.messages[position]):
                thread.others.append((position, item))
        else:
            thread.messages.append(one.messages[at])
            thread.times.append(one.span.end_ns if is_reply else one.span.start_ns)
            thread.asked.append(one.span.start_ns)
            if one.span.source:
                thread.heard.add(position)
        if not offset:
            thread.known.setdefault(one.chain[at], position + 1)
    _enrich(one, thread, last + offset)


def _compare(one: Listed, thread: Thread, at: int, position: int) -> None:
    """Let what was heard on the wire take the place of what telemetry says of the same message, and note where they differ.

    A message is the same where the same calls are asked for or answered, by their ids: of their arguments and results, what an
    agent says, or who has it in hand, may be wrong.
    """
    said, held, is_heard = one.messages[at], thread.messages[position], position in thread.heard
    if bool(one.span.source) == is_heard or not _ids(said) or _ids(said) != _ids(held):
        return
    told, heard = (said, held) if is_heard else (held, said)
    teller = one.span if is_heard else next((call.span for call in thread.calls if not call.span.source), one.span)
    for what in _others(told, heard):
        thread.otherwise.setdefault(what, teller)
    if not is_heard:
        thread.messages[position] = said
        thread.heard.add(position)


def _ids(said: tuple[Said, ...]) -> list[str | None]:
    replies = [call.call_id for item in said if isinstance(item, Reply) for call in item.calls]
    return [*replies, *(item.call_id for item in said if isinstance(item, Result))]


def _others(told: tuple[Said, ...], heard: tuple[Said, ...]) -> Iterator[str]:
    """Yield what of calls was heard otherwise than it is told. A text that was cut is no other."""
    arguments = {call.call_id: call.arguments for item in told if isinstance(item, Reply) for call in item.calls}
    results = {item.call_id: item.text for item in told if isinstance(item, Result)}
    for item in heard:
        for call in item.calls if isinstance(item, Reply) else ():
            if not _is_same(arguments.get(call.call_id), call.arguments):
                yield f"the arguments of {call.name}"
        if isinstance(item, Result) and not _is_same(results.get(item.call_id), item.text):
            yield f"the result of {item.name or item.call_id}"


def _is_same(told: JsonValue, heard: JsonValue) -> bool:
    if told is None or told == heard:
        return True
    whole = heard if isinstance(heard, str) else json.dumps(heard, ensure_ascii=False)
    if f"{MARK}{LABELLED}:" in whole:  # only the sensor knows what is sensitive, and what stood there
        return True
    return isinstance(told, str) and words(whole).startswith(words(told).rstrip(".… "))


def _start(one: Listed, thread: Thread) -> tuple[int, int]:
    """Return the index of the first message of a list that is new to the thread, and the shift from index to position."""
    length = _beginning(one, thread)
    if length or not thread.messages:
        return length, 0
    own = one.messages[1:] if _system(one) else one.messages
    skipped = len(one.messages) - len(own)
    keys, held = [chain([said])[0] for said in own], [chain([said])[0] for said in thread.messages]
    overlap = next((n for n in range(min(len(keys), len(held)), 0, -1) if held[-n:] == keys[:n]), 0)
    return skipped + overlap, len(thread.messages) - skipped - overlap


def _enrich(one: Listed, thread: Thread, position: int) -> None:
    """Put the model's name, usage and ids, which only the span of the call tells, to a reply that a later list brought first."""
    reply = one.call.reply
    if reply is None or not 0 <= position < len(thread.messages) or (position in thread.heard and not one.span.source):
        return
    held = thread.messages[position]
    if (
        len(held) == 1
        and isinstance(held[0], Reply)
        and held[0].response_id is None
        and essence(held[0]) == essence(reply)
    ):
        thread.messages[position] = (reply,)
