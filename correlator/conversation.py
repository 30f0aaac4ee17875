"""Events of one session, or of a run of several → who said what, which calls were made, what came back.

A message's role label proves nothing: applications paste tickets into `user`. What a principal said is told from structure: text
that was seen before as third-party content stays that content, a block of records inside a message is content, and a message that
arrives in the middle of the agent's turn (before it has answered) was put there by the application, not typed by a person.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from pydantic import JsonValue

from correlator.contents import Segments, segment
from correlator.lexicon import affirms, speaks_of_document
from correlator.spelling import squash
from correlator.values import values
from sensor.event import (
    AgentHandedOver,
    Answered,
    Author,
    DocumentRetrieved,
    Event,
    ModelResponded,
    Principal,
    PromptSubmitted,
    ToolCalled,
    ToolDeclaration,
    ToolReturned,
    ToolsDeclared,
)

UNKNOWN = Principal()
_NO_DEEDS: Mapping[str, frozenset[str]] = {}
_STEER = 200
"""Characters up to which one line in the middle of the agent's turn is a person who steers it, not a pasted result."""
_PASTED = 40
"""Letters and digits from which on a repeated line counts as the same content."""
_HANDED = 16
"""Letters and digits from which a line of an agent's instructions counts as what another agent put there."""
_FENCE = re.compile(r"```.*?```", re.DOTALL)
_QUOTED_BLOCK = re.compile(
    r"<([A-Za-z][\w\-]{2,40})>\s*\n.*?</\1>|(?:^>[^\n]*\n?)+|^-{3,}[^\n]*\n.*?^-{3,}[^\n]*$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Said:
    """Words that a principal is held to have said himself."""

    event: PromptSubmitted
    text: str
    confirmed: str = ""
    """Assistant text that this message affirms: values quoted there count as his, shown as "confirmed"."""

    @property
    def principal(self) -> Principal:
        """Return who spoke; unknown where the application did not say."""
        return self.event.principal or UNKNOWN


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of a call's arguments."""

    path: str
    text: str


@dataclass(frozen=True, eq=False)
class Call:
    """A tool call with what came back, joined by its id (E1)."""

    number: int
    event: ToolCalled
    returned: ToolReturned | None = None
    deeds: frozenset[str] = frozenset()
    """What the kernel saw it do that weighs (`correlator.deeds.Deed`)."""

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """Return the leaves of the arguments, in order, at most 2,000."""
        return tuple(leaf for _, leaf in zip(range(2000), _leaves(self.event.arguments, ""), strict=False))


@dataclass(frozen=True, eq=False)
class Content:
    """Third-party text that came before the model."""

    event: Event
    text: str
    call: Call | None = None
    """The call that brought it; `None` for documents and pasted text."""
    author: Author | None = None
    pasted: bool = False

    @property
    def segments(self) -> Segments:
        """Return the content, cut into fields and sentences."""
        return segment(self.text)


@dataclass(frozen=True, eq=False)
class Recalled:
    """Something of another session that is read back in this one (`correlator.memory`)."""

    source: PromptSubmitted | ToolReturned | DocumentRetrieved
    writer: Event
    """The call or record that kept it."""
    text: str
    """The sentence that was kept: nothing else of its source is said again."""
    call: Call | None = None
    """The call that brought the source."""

    @property
    def content(self) -> Content | None:
        """Return the sentence as third-party content of the other session; `None` for words of a principal.

        It is none of the contents of this session, which read it for itself: it tells where that came from.
        """
        return (
            None
            if isinstance(self.source, PromptSubmitted)
            else Content(self.source, self.text, self.call, self.source.author)
        )


@dataclass(frozen=True)
class Conversation:
    """One session, read."""

    session: str
    events: tuple[Event, ...]
    said: tuple[Said, ...] = ()
    system: tuple[PromptSubmitted, ...] = ()
    calls: tuple[Call, ...] = ()
    contents: tuple[Content, ...] = ()
    answers: tuple[Answered, ...] = ()
    tools: dict[str, ToolDeclaration] = field(default_factory=dict)
    handed_over: frozenset[tuple[int, ...]] = frozenset()
    """Places of the calls that handed work to another agent of the run, whose own calls are here, too."""
    recalled: tuple[Recalled, ...] = ()

    @property
    def known(self) -> tuple[Event, ...]:
        """Return all events that may be spoken of, those of other sessions first."""
        return (*(event for one in self.recalled for event in (one.source, one.writer)), *self.events)

    @cached_property
    def request(self) -> str:
        """Return all that principals said, one message a paragraph."""
        return "\n\n".join(said.text for said in self.said)

    @cached_property
    def own_words(self) -> str:
        """Return, squashed, what principals said and confirmed and what the operator set up."""
        parts = [said.text + "\n" + said.confirmed for said in self.said] + [event.text for event in self.system]
        return "\n".join(squash(line) for part in parts for line in part.split("\n"))

    @cached_property
    def own_addresses(self) -> frozenset[str]:
        """Return the keys of the addresses that principals said, confirmed or set up."""
        parts = [said.text + "\n" + said.confirmed for said in self.said] + [event.text for event in self.system]
        return frozenset(
            value.key
            for part in parts
            for line in part.split("\n")
            for value in values(line)
            if value.kind in ("email", "host", "url", "ip")
        )

    def before(self, order: tuple[int, ...]) -> tuple[Content, ...]:
        """Return the contents that the model had seen before `order`, latest first."""
        return tuple(content for content in reversed(self.contents) if content.event.order < order)

    def through(self, order: tuple[int, ...]) -> tuple[Content, ...]:
        """Return the contents up to and with the result of the call at `order`."""
        return tuple(
            content
            for content in self.contents
            if content.event.order < order or (content.call is not None and content.call.event.order == order)
        )


def read(
    events: Iterable[Event], recalled: Iterable[Recalled] = (), deeds: Mapping[str, frozenset[str]] = _NO_DEEDS
) -> Conversation:
    """Return the conversation of a session, or of a run (`correlator.run`); `events` are in order (`sensor.event.in_order`).

    `deeds`: key of a call's fact → what the kernel saw it do.
    """
    ordered = tuple(events)
    reader = _Reader(ordered[0].session if ordered else "", deeds)
    remembered = tuple(reader.recall(one, number) for number, one in enumerate(recalled))
    for event in ordered:
        reader.take(event)
    return Conversation(
        session=ordered[0].session if ordered else "",
        events=ordered,
        said=tuple(reader.said),
        system=tuple(reader.system),
        calls=tuple(reader.calls),
        contents=tuple(reader.contents),
        answers=tuple(reader.answers),
        tools=reader.tools,
        recalled=remembered,
        handed_over=frozenset(order for order, to in reader.handed if to in reader.sessions),
    )


class _Reader:
    """Gathers the parts of a conversation, event by event."""

    def __init__(self, head: str, deeds: Mapping[str, frozenset[str]]) -> None:
        self._head = head
        self._deeds = deeds
        self.sessions: set[str] = set()
        self.handed: list[tuple[tuple[int, ...], str]] = []
        self.said: list[Said] = []
        self.system: list[PromptSubmitted] = []
        self.calls: list[Call] = []
        self.contents: list[Content] = []
        self.answers: list[Answered] = []
        self.tools: dict[str, ToolDeclaration] = {}
        self._tasks: dict[str, str] = {}
        """Session → the task that it was handed, squashed."""
        self._answered: dict[str, bool] = {}
        """Sessions of other agents that have answered: who speaks then is no longer the agent that handed the task over."""
        self._open: dict[tuple[str, str], int] = {}
        self._turn_open = False
        self._last_text = ""
        self._seen: list[str] = []

    def recall(self, one: Recalled, number: int) -> Recalled:
        """Take what another session kept: it came before all that is said here."""
        source = one.source.placed((-1, number))
        if isinstance(source, PromptSubmitted):
            self.said.append(Said(source, one.text))
        return replace(one, source=source)

    def take(self, event: Event) -> None:
        self.sessions.add(event.session)
        match event:
            case ModelResponded() | Answered() if event.session != self._head:
                self._answered[event.session] = isinstance(event, Answered)
                # one agent to another: what it hands on is in the call that does, and in its result
            case PromptSubmitted() if event.session != self._head:
                self._prompt_elsewhere(event)
            case AgentHandedOver():
                self.handed.append((event.order, event.to_session))
                self._tasks[event.to_session] = squash(event.text)
            case PromptSubmitted():
                self._prompt(event)
            case ModelResponded():
                self._turn_open = bool(event.calls)
                self._last_text = event.text
            case ToolCalled():
                self._turn_open = True
                if event.call_id is not None:
                    self._open[event.session, event.call_id] = len(self.calls)
                done = self._deeds.get(event.entity, frozenset())
                self.calls.append(Call(len(self.calls), event, deeds=done))
            case ToolReturned():
                self._result(event)
            case DocumentRetrieved():
                self._content(Content(event, event.text, author=event.author))
            case Answered():
                self._turn_open = False
                self._last_text = event.text
                self.answers.append(event)
            case ToolsDeclared():
                self.tools.update({tool.name: tool for tool in event.tools})
            case _:
                pass

    def _prompt_elsewhere(self, event: PromptSubmitted) -> None:
        """Take a prompt of an agent that was handed work: a person's, if one is logged in and it is not the task."""
        if event.role == "user":
            task = self._tasks.get(event.session, "")
            known = event.principal is not None and event.principal.kind != "agent"
            if known and squash(event.text) != task and self._answered.get(event.session):
                self.said.append(Said(event, self._own(event.text)[0]))
            return
        # Instructions are the operator's, but for what the agent before put into them.
        given = [squash(leaf.text) for call in self.calls for leaf in call.leaves]
        lines = [line for line in event.text.split("\n") if not _given(squash(line), given)]
        if any(map(str.strip, lines)):
            self.system.append(event.model_copy(update={"text": "\n".join(lines)}))

    def _result(self, event: ToolReturned) -> None:
        at = self._open.pop((event.session, event.call_id), None) if event.call_id is not None else None
        call = None
        if at is not None:
            call = self.calls[at] = replace(self.calls[at], returned=event)
        self._content(Content(event, event.text, call, event.author))

    def _content(self, content: Content) -> None:
        self.contents.append(content)
        # As it stands, and decoded without the breaks between spans: a pasted line may hold several of them.
        self._seen += [squash(content.text), content.segments.squashed.replace("\n", "")]

    def _prompt(self, event: PromptSubmitted) -> None:
        if event.role != "user":
            self.system.append(event)
        elif self._turn_open and (len(event.text) > _STEER or "\n" in event.text.strip()):
            self._content(Content(event, event.text, self.calls[-1] if self.calls else None, pasted=True))
        else:
            own, pasted = self._own(event.text)
            for block in pasted:
                self._content(Content(event, block, pasted=True))
            self.said.append(Said(event, own, self._last_text if self.said and affirms(own) else ""))

    def _own(self, text: str) -> tuple[str, list[str]]:
        """Return the words that are the speaker's own, and the blocks that are content quoted in his message."""
        pasted: list[str] = []

        def take(block: re.Match[str]) -> str:
            pasted.append(block[0])
            return "\n"

        # "Please do this: ```…```" is the speaker's own; "answer this ticket: ```…```" quotes somebody.
        own = _QUOTED_BLOCK.sub(take, text)
        if speaks_of_document(_FENCE.sub(" ", own)):
            own = _FENCE.sub(take, own)
        if self._seen:
            kept: list[str] = []
            for line in own.split("\n"):
                squashed = squash(line)
                known = len(squashed) >= _PASTED and any(squashed in seen for seen in self._seen)
                (pasted if known else kept).append(line)
            own = "\n".join(kept)
        return own.strip(), pasted


def _given(line: str, given: Iterable[str]) -> bool:
    """Return whether a line says what an argument says, or holds it."""
    return len(line) >= _HANDED and any(line in one or (len(one) >= _HANDED and one in line) for one in given)


def _leaves(node: JsonValue, path: str, depth: int = 0) -> Iterator[Leaf]:
    if depth > 20:
        return
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value, path, depth + 1)
    elif isinstance(node, str):
        if node.strip():
            yield Leaf(path, node)
    elif node is not None:
        yield Leaf(path, str(node))
