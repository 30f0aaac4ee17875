"""What is normal for a workload: a pure function of the sessions closed before a watermark.

The unit is the distinct session, so that a burst teaches no more than one run. A lesson holds the data-flow edges of a session
(source tool and place → sink tool and argument), the tools it used, and digests of what its sources held. An epoch never
changes; late sessions count in the next one. Below `MIN_SESSIONS` there is no baseline, and the terms that need one are absent.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from correlator.conversation import Content, Conversation
from correlator.taint import Flow, Traced
from sensor.identity import digest

MIN_SESSIONS = 8
"""Closed sessions below which "no baseline yet" is said (measured: useful from about eight; detection-lessons-a, pitfall 10)."""
MAX_SPANS = 2_000
"""Spans of one source whose digests are kept."""


def flow_signature(flow: Flow, sink: str) -> str:
    """Return the data-flow edge that `flow` is an instance of: source tool, place, sink tool, argument."""
    if flow.origin != "content":
        return f"{flow.origin}→{sink}.{flow.leaf.path}"
    place = flow.places[0]
    return f"{source_tool(place.content)}:{'field' if place.exact else 'prose'}→{sink}.{flow.leaf.path}"


def source_tool(content: Content) -> str:
    """Return the name of the tool that brought a content, or the kind of event it came with."""
    return content.call.event.name if content.call else content.event.kind


def source_key(content: Content) -> str:
    """Return the key of the place a content was read from: tool and arguments, whatever the call id."""
    call = content.call
    if call is None:
        return digest("source", content.event.kind)
    return digest("source", call.event.name, json.dumps(call.event.arguments, sort_keys=True, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one closed session teaches."""

    session: str
    flows: frozenset[str]
    tools: frozenset[str]
    sources: tuple[tuple[str, frozenset[str]], ...]
    """Source key → digests of the spans that it held."""
    score: float = 0.0
    """Highest score of an alarming effect, for budgets; 0 where there was none."""


def lesson(conversation: Conversation, traced: Iterable[Traced]) -> Lesson:
    """Return what a session teaches; the caller decides whether it may teach (see `correlator.pipeline`)."""
    flows = frozenset(
        flow_signature(flow, item.call.event.name if item.call else "answer") for item in traced for flow in item.flows
    )
    sources: dict[str, set[str]] = {}
    for content in conversation.contents:
        held = sources.setdefault(source_key(content), set())
        held.update(digest(span.squashed) for span in content.segments.spans[:MAX_SPANS])
    return Lesson(
        session=conversation.session,
        flows=flows,
        tools=frozenset(call.event.name for call in conversation.calls),
        sources=tuple((key, frozenset(held)) for key, held in sorted(sources.items())),
    )


@dataclass(frozen=True)
class Epoch:
    """What is normal, learnt from these sessions and no others."""

    lessons: tuple[Lesson, ...] = ()
    excused: frozenset[str] = field(default_factory=frozenset)
    """Flow signatures that an analyst found benign; they excuse that flow and nothing else."""

    @property
    def taught(self) -> bool:
        """Return whether there are enough sessions to speak of a baseline."""
        return len(self.lessons) >= MIN_SESSIONS

    @cached_property
    def key(self) -> str:
        """Return the digest of the epoch, as stories cite it; the order of the lessons does not matter."""
        sessions = sorted({one.session for one in self.lessons})
        return digest("epoch", *sessions, "excused", *sorted(self.excused))

    @cached_property
    def _flows(self) -> Counter[str]:
        return Counter(flow for one in self.lessons for flow in one.flows)

    @cached_property
    def _tools(self) -> Counter[str]:
        return Counter(tool for one in self.lessons for tool in one.tools)

    @cached_property
    def _sources(self) -> dict[str, list[frozenset[str]]]:
        found: dict[str, list[frozenset[str]]] = {}
        for one in self.lessons:
            for key, held in one.sources:
                found.setdefault(key, []).append(held)
        return found

    def novelty(self, signature: str) -> float:
        """Return 1/(1+n) for a flow seen in n distinct sessions; 0 for one that an analyst excused."""
        return 0.0 if signature in self.excused else 1.0 / (1 + self._flows[signature])

    def tool_novelty(self, tool: str) -> float:
        """Return 1/(1+n) for a tool used in n distinct sessions."""
        return 1.0 / (1 + self._tools[tool])

    def changed(self, content: Content, squashed: str) -> float | None:
        """Return 1 when the same source was read before without this span, 0 when it had it; `None` for an unknown source."""
        before = self._sources.get(source_key(content))
        if not before:
            return None
        span = digest(squashed)
        return 0.0 if any(span in held for held in before) else 1.0


NO_BASELINE = Epoch()
