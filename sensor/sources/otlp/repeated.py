"""Replies whose calls have no ids in the span of the reply, as LiteLLM writes them: the next request repeats them with ids."""

import json
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import replace

from sensor.identity import digest
from sensor.sources.otlp.threads import Listed
from sensor.sources.transcript.message import Call, Reply

_Calls = tuple[Call, ...]


def lacks_ids(reply: Reply | None) -> bool:
    """Return whether a reply asks for calls and names none of them."""
    return reply is not None and bool(reply.calls) and not any(call.call_id for call in reply.calls)


def asked(one: Listed, at: int) -> str:
    """Return the key of the calls that a reply asks for at one place of a list, whatever their ids."""
    calls = (
        part for item in one.messages[at] if isinstance(item, Reply) for call in item.calls for part in _said(call)
    )
    return digest("asked", one.chain[at - 1] if at else "", *calls)


def asked_before(one: Listed) -> str | None:
    """Return the key of the calls that the history of a list asks for last."""
    places = (at for at in reversed(range(len(one.call.messages))) if _calls(one, at))
    return next((asked(one, at) for at in places), None)


def with_ids(lists: Sequence[Listed]) -> list[Listed]:
    """Return the lists, with ids for calls that have them only where a later list repeats the reply.

    Equal replies of conversations that began alike are told apart by nothing but time: the first gets the ids repeated first.
    """
    bare = [one for one in lists if lacks_ids(one.call.reply)]
    if not bare:
        return list(lists)
    wanted = {_key(one, len(one.call.messages)) for one in bare}
    repeated: dict[tuple[str, str], dict[tuple[str | None, ...], _Calls]] = defaultdict(dict)
    for one in sorted(lists, key=_when):
        for at in range(len(one.call.messages)):
            if (calls := _calls(one, at)) and (key := _key(one, at)) in wanted:
                repeated[key].setdefault(tuple(call.call_id for call in calls), calls)
    left = {key: deque(found.values()) for key, found in repeated.items()}
    named = {}
    for one in sorted(bare, key=_when):
        if (found := left.get(_key(one, len(one.call.messages)))) and one.call.reply is not None:
            call = replace(one.call, reply=replace(one.call.reply, calls=found.popleft()))
            named[one.span.key] = Listed(one.span, call, one.within)
    return [named.get(one.span.key, one) for one in lists]


def _when(one: Listed) -> tuple[int, tuple[str, str]]:
    return one.span.start_ns, one.span.key


def _key(one: Listed, at: int) -> tuple[str, str]:
    return one.call.conversation, asked(one, at)


def _calls(one: Listed, at: int) -> _Calls:
    """Return the calls of the reply at a place in a list's history, if each has an id."""
    calls = tuple(call for item in one.messages[at] if isinstance(item, Reply) for call in item.calls)
    return calls if all(call.call_id for call in calls) else ()


def _said(call: Call) -> tuple[str, str]:
    return call.name, json.dumps(call.arguments, sort_keys=True)
