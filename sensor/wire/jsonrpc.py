"""JSON-RPC 2.0 as tool servers speak it (Model Context Protocol): calls of tools and their results. Pure.

Formats: jsonrpc.org/specification; modelcontextprotocol.io, "Transports" (one message a line over pipes) and "Tools".
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from sensor.errors import UnreadableJsonError
from sensor.sources.bounded_json import loads

MOST_LINE = 4 << 20
"""Bytes of one message that are looked at; a longer one is passed over."""
MOST_TEXT = 256 << 10
"""Characters of a result that are kept."""
CALL = "tools/call"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A request that runs a tool."""

    id: str
    name: str
    arguments: JsonValue = None


@dataclass(frozen=True, slots=True)
class Result:
    """A response to any request: which it answers, only its id says."""

    id: str
    text: str
    failed: bool = False


Spoken = ToolCall | Result


class Lines:
    """One direction of a connection: messages, one a line."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.held = 0
        """Bytes of the line that is not complete."""
        self._passed_over = False
        """Whether what comes up to the next line belongs to a line of which something is missing, or that is too long."""

    def take(self, data: bytes) -> Iterator[Spoken]:
        """Take what was written and yield what it says. Lines that are no messages of ours are passed over."""
        begin, *more = data.split(b"\n")
        self._add(begin)
        for piece in more:
            line, passed_over = b"".join(self._pieces), self._passed_over
            self._pieces, self.held, self._passed_over = [], 0, False
            if not passed_over:
                yield from spoken(line)
            self._add(piece)

    def gap(self) -> None:
        """Take note that bytes are missing: what comes now may be the middle of a line."""
        self._pieces, self.held, self._passed_over = [], 0, True

    def _add(self, piece: bytes) -> None:
        if self._passed_over or not piece:
            return
        self._pieces.append(piece)
        self.held += len(piece)
        if self.held > MOST_LINE:
            self.gap()


def spoken(text: bytes) -> Iterator[Spoken]:
    """Yield what a message says, or several in a list: calls of tools and responses."""
    if text.lstrip()[:1] not in (b"{", b"[") or b"jsonrpc" not in text:
        return
    try:
        found = loads(text.decode("utf-8", "surrogateescape"))
    except UnreadableJsonError:
        return
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, dict) and (said := _said(one)) is not None:
            yield said


def _said(message: dict[str, JsonValue]) -> Spoken | None:
    identity, params = message.get("id"), message.get("params")
    if isinstance(identity, bool) or not isinstance(identity, str | int):
        return None
    # 1 and "1" are two requests.
    told = identity if isinstance(identity, int) else f'"{identity}"' if identity.lstrip("-").isdigit() else identity
    if message.get("method") == CALL and isinstance(params, dict):
        name = params.get("name")
        return ToolCall(str(told), name if isinstance(name, str) else "", params.get("arguments"))
    if "method" in message:
        return None
    result, error = message.get("result"), message.get("error")
    if isinstance(error, dict):
        text = error.get("message")
        return Result(str(told), text[:MOST_TEXT] if isinstance(text, str) else "", failed=True)
    if isinstance(result, dict):
        return Result(str(told), _content(result)[:MOST_TEXT], failed=result.get("isError") is True)
    return None


def _content(result: dict[str, JsonValue]) -> str:
    """Return the text of a result: its parts a line each, or what it has instead of text."""
    content = result.get("content")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    texts = [_part(part) for part in parts]
    if not any(texts) and (structured := result.get("structuredContent")) is not None:
        return json.dumps(structured, ensure_ascii=False)
    return "\n".join(text for text in texts if text)


def _part(part: dict[str, JsonValue]) -> str:
    resource = part.get("resource")
    for text in (part.get("text"), resource.get("text") if isinstance(resource, dict) else None, part.get("uri")):
        if isinstance(text, str):
            return text
    kind = part.get("mimeType") or part.get("type")
    return f"({kind})" if isinstance(kind, str) else ""
