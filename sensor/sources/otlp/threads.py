"""Message lists of many spans → threads: each one conversation that grew, whatever the order in which its lists were sent again.

A list that begins like a thread continues it. Two runs may begin with the same words: lists of different traces are one thread
only if what they share holds a tool-call id, or if nothing else has continued the thread from there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sensor.sources.otlp.chain import chain, essence
from sensor.sources.otlp.heard import is_unique
from sensor.sources.otlp.messages import Messages
from sensor.sources.otlp.seen import ModelCall
from sensor.sources.otlp.span import Span
from sensor.sources.transcript.message import Prompt, Reply, Result, Said


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
    others: list[tuple[int, Reply | Result]] = field(default_factory=list)
    """Replies to a request that was repeated, and results behind them, with their position."""
    known: dict[str, int] = field(default_factory=dict)
    """Digest of a beginning → number of its messages."""
    taken: dict[str, str] = field(default_factory=dict)
    """Digest of a beginning that was continued → trace that continued it."""
    ends: list[int] = field(default_factory=list)
    """Position of the last message of each of `calls`."""

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
            # The same request again: a retry, or another sample; or one that is told otherwise than it was heard.
            items = (item for item in one.messages[at] if isinstance(item, Reply | Result))
            thread.others += [(position, item) for item in items]
        else:
            thread.messages.append(one.messages[at])
            thread.times.append(one.span.end_ns if is_reply else one.span.start_ns)
            thread.asked.append(one.span.start_ns)
        if not offset:
            thread.known.setdefault(one.chain[at], position + 1)
    thread.ends.append(last + offset)
    _enrich(one, thread, last + offset)


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
    if reply is None or not 0 <= position < len(thread.messages):
        return
    held = thread.messages[position]
    if (
        len(held) == 1
        and isinstance(held[0], Reply)
        and held[0].response_id is None
        and essence(held[0]) == essence(reply)
    ):
        thread.messages[position] = (reply,)
