"""What a message of any transcript format says, before it becomes events.

Each format module reads its own JSON into these values; `sensor.sources.transcript.emit` turns them into events, the
same way for all formats.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue, ValidationError

from sensor.event import Principal, ToolDeclaration, Usage

_MARKERS = {"image": "[image]", "audio": "[audio]", "video": "[video]", "file": "[file]", "document": "[file]"}
_FILES = {"inlineData", "inline_data", "fileData", "file_data"}
_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """Instructions or a request, in the role that the application gave it."""

    role: Literal["system", "developer", "user"]
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as the file has it; `call_id` may be missing or used twice."""

    name: str
    arguments: JsonValue = None
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of the model. `shown` is the part of it that the user reads; `None` means `text`."""

    text: str
    calls: tuple[Call, ...] = ()
    shown: str | None = None
    model: str | None = None
    usage: Usage | None = None
    finish_reason: str | None = None
    response_id: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool gave back; `call_id` and `name` as far as the file says."""

    text: str
    call_id: str | None = None
    name: str | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """Text that the application put before the model, and where it is kept."""

    text: str
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A message that has not the shape of its format."""

    reason: str
    raw: str


Said = Prompt | Reply | Result | Document | Unread


@dataclass(frozen=True, slots=True)
class Recorded:
    """One record of a file: the messages of a conversation, or as many as had been exchanged so far."""

    messages: tuple[tuple[Said, ...], ...]
    tools: tuple[ToolDeclaration, ...] = ()
    conversation: str | None = None
    """Id of the conversation, where the format has one."""
    principal: Principal | None = None
    """Who is logged in, where the application says so beside the messages."""
    previous: str | None = None
    """Id of the reply that `messages` follow on, where the format sends only what is new."""


def turns(messages: Iterable[tuple[Said, ...]]) -> tuple[tuple[Said, ...], ...]:
    """Return the messages, results that follow one another joined into one.

    Some APIs send each result of parallel calls in a message of its own and others all in one; the place of what follows is the
    same in both.
    """
    found: list[tuple[Said, ...]] = []
    for said in messages:
        if found and _only_results(said) and _only_results(found[-1]):
            found[-1] += said
        else:
            found.append(said)
    return tuple(found)


def _only_results(said: tuple[Said, ...]) -> bool:
    return bool(said) and all(isinstance(item, Result) for item in said)


def text_of(content: JsonValue) -> str:
    """Return the text of a message's content: a string, null, one part or a list of parts.

    Text, thinking and refusal parts keep their text; images, sound and files become a short marker such as `[image]`,
    so that their bytes are neither stored nor compared. Parts are joined by a line break.
    """
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(text_of(part) for part in content)
    if isinstance(content, dict):
        return _part(content)
    return json.dumps(content)


def _part(part: dict[str, JsonValue]) -> str:
    kind = part.get("type")
    if not isinstance(kind, str):
        # Gemini and Bedrock say by the name of its field what a part is.
        if isinstance(part.get("text"), str):
            return str(part["text"])
        return "[file]" if _FILES & part.keys() else json.dumps(part, ensure_ascii=False)
    for word, marker in _MARKERS.items():
        if word in kind:
            return marker
    for field in ("text", "thinking", "refusal", "content", "summary"):
        if field in part:
            return text_of(part[field])
    return f"[{kind}]" if _PLAIN_NAME.fullmatch(kind) else "[part]"


def usage(value: JsonValue) -> Usage | None:
    """Return the token counts of a reply, by the names of either API."""
    if not isinstance(value, dict):
        return None
    counts = [value.get(name) for name in ("input_tokens", "prompt_tokens", "output_tokens", "completion_tokens")]
    numbers = [count if isinstance(count, int) and count >= 0 else None for count in counts]
    return Usage(
        input_tokens=numbers[0] if numbers[0] is not None else numbers[1],
        output_tokens=numbers[2] if numbers[2] is not None else numbers[3],
    )


def declared(tools: JsonValue) -> tuple[ToolDeclaration, ...]:
    """Return the tools that a request offers: `{"type": "function", "function": {...}}`, or the inner object alone."""
    found = []
    for tool in tools if isinstance(tools, list) else []:
        inner = tool.get("function", tool) if isinstance(tool, dict) else None
        if isinstance(inner, dict) and (name := string(inner.get("name"))):
            schema = inner.get("parameters", inner.get("input_schema", inner.get("inputSchema")))
            found.append(ToolDeclaration(name=name, description=text_of(inner.get("description")), input_schema=schema))
    return tuple(found)


def principal_of(value: JsonValue) -> Principal | None:
    """Return who is logged in, from `{"kind": ..., "id": ...}`; `None` if it is of another shape or an unknown kind."""
    try:
        return Principal.model_validate(value)
    except ValidationError:
        return None


def unread(reason: str, raw: JsonValue) -> Unread:
    """Return the mark for a message that could not be understood."""
    return Unread(reason, json.dumps(raw, ensure_ascii=False))


def string(value: JsonValue) -> str | None:
    """Return `value` if it is a non-empty string (an id, a name) or a number, which some exporters use; else `None`."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None
