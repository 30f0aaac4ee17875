"""Where did each value of each call, and of the answer, come from?

Provenance beats role: a value is its speaker's when a principal said it, its content's when third-party text carried it before, the
agent's own when the agent used it first. `trace` never reads what the request asks for (that is `correlator.authority`).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from correlator.contents import Span
from correlator.conversation import Call, Content, Conversation, Leaf
from correlator.effects import acknowledges
from correlator.spelling import address, plain, squash
from correlator.values import DESTINATIONS, Value, values
from graph.schema import Grade
from sensor.decode import views
from sensor.event import Answered, ToolCalled

Origin = Literal["principal", "operator", "own", "content", "nowhere"]

MAX_PLACES = 12
"""Places kept for one value; the best ones come first."""
TEXT_WORDS = 12
"""Words from which an argument is a text, not an address or a command."""
MIN_CARRIED = 6
"""Letters and digits from which a field found inside a long text counts as carried."""


@dataclass(frozen=True, slots=True)
class Place:
    """One span in which a value stands."""

    content: Content
    span: Span
    exact: bool
    """The value is the whole field (data), not part of a sentence."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One value of one leaf, with where it came from."""

    leaf: Leaf
    value: Value
    origin: Origin
    places: tuple[Place, ...] = ()
    grade: Grade = Grade.E2

    @property
    def in_text(self) -> bool:
        """Return whether the value stands inside a longer text of the call: mentioned there, rather than acted upon."""
        return not self.value.whole and len(self.leaf.text.split()) >= TEXT_WORDS

    @property
    def proves(self) -> bool:
        """Return whether the value can prove a flow by itself: long enough, and not just a word mentioned in a text."""
        return not self.value.weak and (not self.in_text or self.value.kind in DESTINATIONS)

    @property
    def foreign(self) -> bool:
        """Return whether only third-party content carried the value."""
        return self.origin == "content"

    @property
    def from_prose(self) -> bool:
        """Return whether every place has it inside a sentence; if it stands in both, the field counts."""
        return self.foreign and not any(place.exact for place in self.places)


@dataclass(frozen=True)
class Traced:
    """A call or an answer with the flows into it."""

    event: ToolCalled | Answered
    flows: tuple[Flow, ...]
    call: Call | None = None
    """The call with its result; `None` for an answer."""
    carried: tuple[Place, ...] = ()
    """Fields and sentences of third-party content whose text left inside a longer argument."""

    @property
    def order(self) -> tuple[int, ...]:
        """Return its place in the session."""
        return self.event.order


def trace(conversation: Conversation) -> tuple[Traced, ...]:
    """Return every call and answer of a session with the provenance of its values, in order."""
    first_use = _FirstUse()
    traced: list[Traced] = []
    for call in conversation.calls:
        order = call.event.order
        seen = conversation.before(order)
        flows = tuple(_flows(call.leaves, conversation, seen, first_use))
        traced.append(Traced(call.event, flows, call=call, carried=_carried(call.leaves, conversation, seen)))
        first_use.add(call)
    for answer in conversation.answers:
        seen = conversation.before(answer.order)
        leaves = tuple(Leaf("image" if image else "link", link) for link, image in targets(answer.text))
        if leaves:
            flows = tuple(_flows(leaves, conversation, seen, first_use))
            traced.append(Traced(answer, flows, carried=_carried(leaves, conversation, seen)))
    return tuple(sorted(traced, key=lambda item: item.order))


_LINK = re.compile(
    r"!?\[[^\]\n]{0,200}\]\(\s*<?([^\s)>]+)|<(?:img|a|iframe|video|audio|source|link)\b[^<>]{0,500}?\b(?:src|href)\s{0,8}=\s*[\"']?([^\s\"'>]+)",
    re.IGNORECASE,
)


def targets(text: str) -> tuple[tuple[str, bool], ...]:
    """Return the targets of links and images in a reply, and whether a renderer loads them by itself; at most 50."""
    found = [
        (match[1] or match[2], match[0].startswith("!") or not match[0].lower().startswith(("[", "<a", "<link")))
        for match in _LINK.finditer(text[:200_000])
    ]
    return tuple(found[:50])


def links(text: str) -> tuple[str, ...]:
    """Return the targets alone."""
    return tuple(target for target, _ in targets(text))


class _FirstUse:
    """Remembers in which call the agent first used a text, so that its own value coming back is not foreign."""

    def __init__(self) -> None:
        self._used: list[tuple[tuple[int, ...], str]] = []

    def add(self, call: Call) -> None:
        self._used.append((call.event.order, "\n".join(squash(leaf.text) for leaf in call.leaves)))

    def before(self, key: str) -> tuple[int, ...] | None:
        return next((order for order, used in self._used if key in used), None)


def _flows(
    leaves: Iterable[Leaf], conversation: Conversation, seen: tuple[Content, ...], first_use: _FirstUse
) -> Iterator[Flow]:
    for leaf in leaves:
        for value in values(leaf.text):
            yield _flow(leaf, value, conversation, seen, first_use)


def _flow(
    leaf: Leaf, value: Value, conversation: Conversation, seen: tuple[Content, ...], first_use: _FirstUse
) -> Flow:
    if _said(value, conversation):
        return Flow(leaf, value, "principal")
    places = sorted(find(value, seen), key=lambda place: (not place.exact, place.content.event.order))[:MAX_PLACES]
    if not places:
        return Flow(leaf, value, "nowhere")
    used = first_use.before(value.key)
    if used is not None and all(used < place.content.event.order for place in places):
        return Flow(leaf, value, "own", tuple(places))
    return Flow(leaf, value, "content", tuple(places))


def _said(value: Value, conversation: Conversation) -> bool:
    """Return whether a principal said or confirmed the value, or the operator set it up."""
    if value.key not in conversation.own_words:
        return False
    if value.kind in ("email", "host", "url", "ip"):
        # An address is said as a whole: ann@acme.co is not ann@acme.com, though its letters are a part of it.
        return value.key in conversation.own_addresses
    if len(value.key) >= 5:
        return True
    texts = [said.text + "\n" + said.confirmed for said in conversation.said] + [
        event.text for event in conversation.system
    ]
    return any(_stands_alone(value.text, text) for text in texts)


def find(value: Value, contents: Iterable[Content]) -> Iterator[Place]:
    """Yield the spans of `contents` in which `value` stands, whatever its spelling."""
    for content in contents:
        segments = content.segments
        if value.key not in segments.squashed:
            continue
        own = acknowledges(content)
        for span in segments.spans:
            if value.key not in span.squashed:
                continue
            if own or (
                span.kind == "field" and (span.squashed == value.key or squash(address(span.text)) == value.key)
            ):
                yield Place(content, span, True)
            elif len(value.key) >= 6 or _stands_alone(value.text, span.text):
                # A label such as "Premium plan" holds its words as data too.
                yield Place(content, span, span.kind == "field")


@lru_cache(maxsize=8192)
def _alone(text: str) -> re.Pattern[str]:
    return re.compile(r"(?<![\w])" + re.escape(text) + r"(?![\w])", re.IGNORECASE)


def _stands_alone(text: str, inside: str) -> bool:
    """Return whether a short value stands there as a word of its own."""
    return bool(_alone(text.strip()).search(plain(inside)))


def _carried(leaves: Iterable[Leaf], conversation: Conversation, seen: tuple[Content, ...]) -> tuple[Place, ...]:
    """Return the spans of third-party content that a long argument repeats and that no principal said."""
    texts = [leaf.text for leaf in leaves if len(leaf.text) > 3]
    texts += [view.text for text in texts for view in views(text)]
    long = "\n".join(map(squash, texts))
    if not long:
        return ()
    found: list[Place] = []
    for content in seen:
        for span in content.segments.spans:
            if (
                len(span.squashed) >= MIN_CARRIED
                and span.squashed in long
                and span.squashed not in conversation.own_words
            ):
                found.append(Place(content, span, span.kind == "field"))
                if len(found) >= 200:
                    return tuple(found)
    return tuple(found)
