"""Reads and changes AgentDojo-style records without knowing anything about detection.

A record is the object of one run: `messages` (role, content, `tool_calls` with `function` and `args`), `injections`
(name → planted text). Content is a string, null, or a list of parts `{type, content}` (some recorders say `text`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class Passage:
    """One piece of text of one message, with the place to write it back to."""

    message: int
    """Index in `messages`."""

    part: int | None
    """Index in the content list; `None` where the content is a string."""

    text: str


def passages(record: Record, role: str) -> list[Passage]:
    """Return all texts of the messages in this role, in order."""
    return [
        passage
        for index, message in enumerate(record["messages"])
        if message.get("role") == role
        for passage in _of_message(index, message)
    ]


def _of_message(index: int, message: dict[str, Any]) -> Iterator[Passage]:
    content = message.get("content")
    if isinstance(content, str):
        yield Passage(index, None, content)
    elif isinstance(content, list):
        for part, item in enumerate(content):
            text = item.get(_text_key(item)) if isinstance(item, dict) else None
            if isinstance(text, str):
                yield Passage(index, part, text)


def _text_key(item: dict[str, Any]) -> str:
    return "content" if "content" in item else "text"


def write(record: Record, passage: Passage, text: str) -> None:
    """Put `text` in the place of the passage; the record is changed."""
    message = record["messages"][passage.message]
    if passage.part is None:
        message["content"] = text
    else:
        item = message["content"][passage.part]
        item[_text_key(item)] = text


def calls(record: Record) -> list[tuple[int, Any]]:
    """Return the arguments of every tool call with the index of the message that makes it."""
    return [
        (index, call.get("args"))
        for index, message in enumerate(record["messages"])
        if message.get("role") == "assistant"
        for call in message.get("tool_calls") or ()
    ]


def leaves(value: Any) -> Iterator[str]:
    """Yield the values inside arguments as text, in order; keys are not values."""
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        yield str(value)


def user_text(record: Record) -> str:
    """Return all that stands in the role of the user."""
    return "\n".join(passage.text for passage in passages(record, "user"))
