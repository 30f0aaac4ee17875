"""Single observations worth noting: one function each, in one table. A signal never starts a story by itself.

Sigma rules over the same events come with a later issue and yield the same `Signal`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from correlator.contents import HIDING, segment
from correlator.conversation import Conversation
from correlator.lexicon import addresses_model
from correlator.taint import links
from sensor.decode import views
from sensor.event import Event

MAX_SIGNALS = 200
"""Signals kept of one session; the rest is counted nowhere else, so the bound is far above what an analyst reads."""


@dataclass(frozen=True)
class Signal:
    """One observation."""

    rule: str
    event: Event
    text: str
    """What was seen, in our words; nothing observed is quoted here."""


def _encoded(conversation: Conversation) -> Iterator[Signal]:
    """Yield contents and calls that hide text in an encoding."""
    for content in conversation.contents:
        if hidden := _hidden(content.text):
            yield Signal("encoded-content", content.event, f"Third-party text holds text encoded as {hidden}.")
    for call in conversation.calls:
        for leaf in call.leaves:
            if hidden := _hidden(leaf.text):
                yield Signal("encoded-argument", call.event, f"Argument {leaf.path} holds text encoded as {hidden}.")


def _hidden(text: str) -> str:
    """Return the names of binary encodings under which text was found, empty for none."""
    names = {name for view in views(text) for name in view.via if name in HIDING}
    return ", ".join(sorted(names))


def _addressed(conversation: Conversation) -> Iterator[Signal]:
    """Yield contents that speak to a language model."""
    for content in conversation.contents:
        if any(span.kind == "prose" and addresses_model(span.text) for span in segment(content.text).spans):
            yield Signal("speaks-to-model", content.event, "Third-party text speaks to a language model.")


def _link_with_data(conversation: Conversation) -> Iterator[Signal]:
    """Yield answers whose links carry a query: a renderer that loads them sends it out."""
    for answer in conversation.answers:
        if any("?" in link or len(link) > 120 for link in links(answer.text)):
            yield Signal("link-with-data", answer, "The answer holds a link or image with data in its address.")


SIGNALS: dict[str, Callable[[Conversation], Iterator[Signal]]] = {
    "encoded": _encoded,
    "speaks-to-model": _addressed,
    "link-with-data": _link_with_data,
}


def signals(conversation: Conversation) -> tuple[Signal, ...]:
    """Return the signals of a session in the order of its events, at most `MAX_SIGNALS`."""
    found = [signal for rule in SIGNALS.values() for signal in rule(conversation)]
    found.sort(key=lambda signal: (signal.event.order, signal.rule))
    return tuple(found[:MAX_SIGNALS])
