"""Which alert of another product falls on which story. Pure.

Both sides have *marks*: the id of a tool call, the conversation, the trace, a value that third-party text brought in (host,
address, path, account …), the text of a query or command. An alert falls on a story where it has a mark of one of the story's
steps. Marks that name the run itself decide without a clock; a value does only together with the time, or where one story alone
has it. Time alone never does.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from correlator.chain import Chain
from correlator.conversation import Call, Leaf
from correlator.spelling import squash
from correlator.story import AlertShown
from correlator.values import Value, values
from graph.fold import event_time
from sensor.event import AlertReceived, Event
from sensor.identity import digest

Kind = Literal["call", "conversation", "trace", "value", "text"]

EARLIER_NS = 120 * 10**9
"""How much earlier than a step an alert about it may say that it was: clocks of hosts differ."""
LATER_NS = 600 * 10**9
"""How much later: products collect before they judge."""
MOST = 200
"""Marks of one alert, and of one story, that are looked at."""
_TELLING = frozenset(("url", "email", "host", "ip", "path", "account"))
"""Kinds of values that name one thing in the world; words, numbers and identifiers recur everywhere."""
_SHORTEST = 8
"""Letters and digits from which such a value is telling."""
_SHORTEST_TEXT = 16
"""The same for the whole text of a query or command."""
_LONGEST = 120
"""Characters of a key; a longer one is replaced by its digest."""
_SHOWN = 280
"""Characters of an alert's text that its story shows."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that an alert and a step can have in common."""

    kind: Kind
    key: str

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


@dataclass(frozen=True, slots=True)
class Hook:
    """A mark of one step of a story."""

    mark: Mark
    step: int
    at_ns: int | None
    """When the step was taken, nanoseconds since the Unix epoch, UTC."""
    session: str | None = None
    """Session of the run that the step is of, where that is not the story's own."""


def marks(alert: AlertReceived) -> tuple[Mark, ...]:
    """Return the marks of an alert, each once."""
    found: list[Mark] = []
    if alert.tool_call:
        found.append(_mark("call", alert.tool_call))
    if alert.session:
        found.append(_mark("conversation", alert.session))
    if alert.trace_id:
        found.append(_mark("trace", alert.trace_id))
    for named in alert.named:
        found += _of_text(named.value, whole=named.what in ("query", "command"))
    found += _of_text(alert.text, whole=False)
    return tuple(dict.fromkeys(found))[:MOST]


def hooks(chain: Chain, traces: Iterable[str] = ()) -> tuple[Hook, ...]:
    """Return the hooks of a chain: of its effects, of the call that brought its origin, and of those that brought what left."""
    lead = chain.lead.event
    hook = partial(_hook, chain)
    found = [hook("conversation", chain.session, lead), *(hook("trace", trace, lead) for trace in traces)]
    given = {flow.value.key for judged in chain.effects for flow in judged.effect.traced.flows if flow.foreign}
    for call, event, leaves in _steps(chain):
        if call is not None and call.event.call_id:
            found.append(hook("call", call.event.call_id, event))
        common = (mark for leaf in leaves for mark in _of_text(leaf.text, whole=True))
        # What an honest step names, too (a code host, a database), tells nothing: only what third-party text brought in does.
        found += [hook(one.kind, one.key, event) for one in common if one.kind == "text" or one.key in given]
    return tuple(dict.fromkeys(found))[:MOST]


def chosen(alert: AlertReceived, found: Iterable[tuple[str, Hook]]) -> tuple[str, Hook] | None:
    """Return the story that an alert falls on, with the hook that tells so; `found`: stories with a hook of its marks."""
    by_story: dict[str, list[Hook]] = defaultdict(list)
    for story, hook in found:
        by_story[story].append(hook)
    ranked = sorted(
        (*rank, story) for story, all_hooks in by_story.items() if (rank := _rank(event_time(alert), all_hooks))
    )
    best = next(iter(ranked), None)
    if best is None or (best[0] == _UNTIMED and len(ranked) > 1):
        return None
    story = best[-1]
    return story, min(by_story[story], key=lambda hook: (_ORDER[hook.mark.kind], _apart(event_time(alert), hook)))


def shown(alert: AlertReceived, link: Kind, step: int, session: str | None) -> AlertShown:
    """Return an alert as its story lists it."""
    return AlertShown(
        event=alert.entity, product=alert.product, rule=alert.rule, severity=alert.severity, level=alert.level,
        at_ns=event_time(alert), text=alert.text[:_SHOWN], link=link, step=step,
        session=session,
    )  # fmt: skip


_ORDER: dict[Kind, int] = {"call": 0, "value": 1, "text": 1, "conversation": 2, "trace": 3}
"""Which common mark is told, where there are several."""
_UNTIMED = 4


def _rank(at_ns: int | None, found: list[Hook]) -> tuple[int, int] | None:
    """Return how well an alert of this time falls on a story, and how far apart they are in time; less is better."""
    kinds = {hook.mark.kind for hook in found}
    apart = min(_apart(at_ns, hook) for hook in found)
    if "call" in kinds:
        return 0, apart
    if kinds & {"conversation", "trace"}:
        return (1 if kinds & {"value", "text"} else 2), apart
    if any(_about_then(at_ns, hook) for hook in found):
        return 3, apart
    return (_UNTIMED, 0) if any(at_ns is None or hook.at_ns is None for hook in found) else None


def _about_then(at_ns: int | None, hook: Hook) -> bool:
    return at_ns is not None and hook.at_ns is not None and -EARLIER_NS <= at_ns - hook.at_ns <= LATER_NS


def _apart(at_ns: int | None, hook: Hook) -> int:
    return abs(at_ns - hook.at_ns) if at_ns is not None and hook.at_ns is not None else 0


def _steps(chain: Chain) -> Iterator[tuple[Call | None, Event, tuple[Leaf, ...]]]:
    """Yield call, event and texts of the steps that a chain is made of."""
    contents = [place.content for judged in chain.effects for place in judged.effect.traced.carried]
    contents += [judged.effect.steered.place.content for judged in chain.effects if judged.effect.steered is not None]
    for judged in chain.effects:
        flows = tuple(dict.fromkeys(flow.leaf for flow in judged.effect.traced.flows))
        yield judged.effect.call, judged.event, judged.effect.call.leaves if judged.effect.call else flows
    for content in contents:
        if content.call is not None:
            yield content.call, content.call.event, content.call.leaves


def _hook(chain: Chain, kind: Kind, key: str, event: Event) -> Hook:
    other = event.session if event.session != chain.session else None
    return Hook(_mark(kind, key), event.position, event_time(event), other)


def _mark(kind: Kind, key: str) -> Mark:
    return Mark(kind, key if len(key) <= _LONGEST else digest(key))


def _of_text(text: str, *, whole: bool) -> Iterator[Mark]:
    """Yield the marks of a text: the telling values in it, and with `whole` the text itself."""
    if whole and len(squashed := squash(text)) >= _SHORTEST_TEXT:
        yield _mark("text", digest("text", squashed))
    yield from (_mark("value", value.key) for value in values(text) if _tells(value))


def _tells(value: Value) -> bool:
    if value.kind == "ip":
        return _is_elsewhere(value.text)
    return value.kind in _TELLING and len(value.key) >= _SHORTEST and value.key != "localhost"


def _is_elsewhere(text: str) -> bool:
    """Return whether an address, with or without a port, is not that of the host itself."""
    host = text.rpartition("]")[0].lstrip("[") if text.startswith("[") else text.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)
