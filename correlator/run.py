"""The sessions of one run: an agent and those it handed work to are judged as one conversation.

A session in which somebody else is logged in than with the agent that handed it work is a run of its own: he answers for himself.

The events of a session that was handed a task come in the place of the call that did so; each keeps its session, its position and
its key. What the agent wrote to its colleague is nobody's request: the principals of the run are those of its first session.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sensor.event import AgentHandedOver, Event, Principal, PromptSubmitted, in_order


def runs(sessions: Mapping[str, Sequence[Event]]) -> list[tuple[str, ...]]:
    """Return which sessions belong together, the first of each run at its head; each session is in one run."""
    speakers = {key: _speakers(events) for key, events in sessions.items()}
    handed = {
        event.to_session: key
        for key, events in sorted(sessions.items(), reverse=True)
        for event in events
        if isinstance(event, AgentHandedOver)
        and event.to_session in sessions
        and event.to_session != key
        and speakers[event.to_session] <= speakers[key]
    }
    found: dict[str, list[str]] = {}
    for key in sessions:
        found.setdefault(_head(key, handed), []).append(key)
    return [(head, *(key for key in members if key != head)) for head, members in found.items()]


def spliced(head: str, sessions: Mapping[str, Sequence[Event]]) -> list[Event]:
    """Return the events of a run in order, one for each fact."""
    return in_order(_placed(head, sessions, (), {head}))


def _speakers(events: Sequence[Event]) -> set[Principal]:
    """Return who is logged in; another agent is nobody."""
    said = (event.principal for event in events if isinstance(event, PromptSubmitted) and event.role == "user")
    return {one for one in said if one is not None and one.kind != "agent" and (one.kind, one.id) != ("unknown", None)}


def _head(key: str, handed: Mapping[str, str]) -> str:
    """Return the session that handed work to this one, directly or not; of a ring the smallest key."""
    passed = {key: 0}
    while (giver := handed.get(key)) is not None:
        if giver in passed:
            return min(one for one, number in passed.items() if number >= passed[giver])
        passed[giver] = len(passed)
        key = giver
    return key


def _placed(
    key: str, sessions: Mapping[str, Sequence[Event]], place: tuple[int, ...], passed: set[str]
) -> Iterator[Event]:
    handed: Counter[tuple[int, ...]] = Counter()
    for event in sorted(in_order(sessions[key]), key=_when):
        order = (*place, *event.order)
        yield event.placed(order) if place else event
        if isinstance(event, AgentHandedOver) and event.to_session in sessions and event.to_session not in passed:
            passed.add(event.to_session)
            # Several that one call handed work to come one after another, in the order of their times.
            handed[order] += 1
            yield from _placed(event.to_session, sessions, (*order, handed[order]), passed)


def _when(event: Event) -> tuple[tuple[int, ...], bool, int]:
    return (event.order, event.at_ns is None, event.at_ns or 0)
