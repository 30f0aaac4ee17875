"""Running digests of message lists: two lists begin alike exactly as far as their digests are the same."""

from collections.abc import Sequence

from sensor.identity import digest
from sensor.sources.transcript.message import Prompt, Reply, Result, Said


def chain(messages: Sequence[tuple[Said, ...]]) -> tuple[str, ...]:
    """Return the running digest after each message. What exporters tell differently in request and history has no part in it."""
    found: list[str] = []
    after = ""
    for said in messages:
        after = digest(after, *(part for item in said for part in essence(item)))
        found.append(after)
    return tuple(found)


def essence(item: Said) -> tuple[str | None, ...]:
    """Return what of an item every exporter tells alike, in the request as well as in the history of a later one."""
    match item:
        case Prompt():
            return ("prompt", item.role, words(item.text))
        case Reply() if item.calls and all(call.call_id for call in item.calls):
            return ("reply", *(call.call_id for call in item.calls))
        case Reply():
            text = item.text if item.shown is None else item.shown
            return ("reply", words(text), *(call.name for call in item.calls))
        case Result():
            return ("result", item.call_id, words(item.text))
    return (repr(item),)


def words(text: str) -> str:
    """Return a text whose white space some exporters changed."""
    return " ".join(text.split())
