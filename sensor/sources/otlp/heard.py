"""What our own sensor heard of tool calls on the wire, which goes before what the agent's telemetry says of them.

Calls are the same by their ids. What an agent, or who has it in hand, says of their arguments and results may be wrong, or cut.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, TypeGuard

from pydantic import JsonValue

from sensor.errors import UnreadableJsonError
from sensor.redact import LABELLED, MARK
from sensor.sources.bounded_json import loads
from sensor.sources.otlp.chain import words
from sensor.sources.otlp.span import Span
from sensor.sources.transcript.message import Reply, Result, Said

_UNIQUE = 8
"""Characters from which a tool-call id is taken to be unique; `call_1` and `0` are not."""
_KEPT_BACK = frozenset(("__REDACTED__", "[REDACTED]", "<redacted>", "REDACTED"))
"""What exporters write in the place of content (OpenInference: `OPENINFERENCE_HIDE_*`; OpenTelemetry collector: redaction)."""

Part = Literal["the arguments", "the result"]


def is_unique(call_id: str | None) -> TypeGuard[str]:
    """Return whether a tool-call id is one that no other conversation has, as far as its form tells."""
    return call_id is not None and len(call_id) >= _UNIQUE


@dataclass(slots=True)
class Heard:
    """Arguments and results, by part and id of the call: as they were first heard, and as they were told."""

    heard: dict[tuple[Part, str], JsonValue] = field(default_factory=dict)
    told: dict[tuple[Part, str], list[tuple[JsonValue, Span]]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def take(self, span: Span, messages: Iterable[tuple[Said, ...]]) -> None:
        """Take the messages of a list: heard, where its span is of our own sensor."""
        for part, call_id, value in self._parts(messages):
            if span.source:
                self.heard.setdefault((part, call_id), value)
            else:
                told = self.told.setdefault((part, call_id), [])
                if len(told) < _MOST_TOLD and all(value != before for before, _ in told):
                    told.append((value, span))

    def words(self, said: tuple[Said, ...]) -> tuple[Said, ...]:
        """Return a message with arguments and results as they were heard."""
        return tuple(map(self._heard, said)) if self.heard else said

    def _heard(self, item: Said) -> Said:
        if isinstance(item, Reply) and item.calls:
            calls = (
                replace(call, arguments=self._better("the arguments", call.call_id, call.arguments))
                for call in item.calls
            )
            return replace(item, calls=tuple(calls))
        if isinstance(item, Result):
            return replace(item, text=str(self._better("the result", item.call_id, item.text)))
        return item

    def _better(self, part: Part, call_id: str | None, told: JsonValue) -> JsonValue:
        """Return what was heard, where that is more than the beginning of what is told."""
        if call_id is None or (part, call_id) not in self.heard:
            return told
        heard = self.heard[part, call_id]
        return told if told == heard or _is_cut(heard, told) else heard

    def otherwise(self, call_ids: Collection[str]) -> Iterator[tuple[str, Span]]:
        """Yield what was heard of these calls otherwise than a span of telemetry has it; cut or kept back is no other."""
        for (part, call_id), heard in self.heard.items():
            if call_id not in call_ids:
                continue
            for value, span in self.told.get((part, call_id), ()):
                if not (_is_same(value, heard) or _is_cut(value, heard) or _is_cut(heard, value)):
                    yield f"{part} of {self.names.get(call_id, call_id)[:_LONGEST]}", span

    def _parts(self, messages: Iterable[tuple[Said, ...]]) -> Iterator[tuple[Part, str, JsonValue]]:
        for said in messages:
            for item in said:
                if isinstance(item, Reply):
                    for call in item.calls:
                        if is_unique(call.call_id):
                            self.names.setdefault(call.call_id, call.name)
                            yield "the arguments", call.call_id, call.arguments
                elif isinstance(item, Result) and is_unique(item.call_id):
                    yield "the result", item.call_id, item.text


_MOST_TOLD = 8
"""Different things that telemetry says of one call: as many as are compared."""
_LONGEST = 200
"""Characters of a tool's name that are told."""


def _is_same(told: JsonValue, heard: JsonValue) -> bool:
    if isinstance(told, str) and told.strip() in _KEPT_BACK:
        return True
    return _value(told) == _value(heard) or _stands_for(_text(heard), _text(told))


def _stands_for(heard: str, told: str) -> bool:
    """Return whether a text with placeholders is another: only the sensor knows what is sensitive, and what stood there."""
    parts = _PLACEHOLDER.split(heard)
    at = 0
    for part in parts:
        found = told.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(parts) > 1 and told.startswith(parts[0]) and told.endswith(parts[-1])


_PLACEHOLDER = re.compile(rf"{re.escape(MARK)}{LABELLED}:[^<>]*>")


def _text(value: JsonValue) -> str:
    return words(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _value(value: JsonValue) -> JsonValue:
    """Return what a text that is JSON says, and another with its white space as one: exporters write both in their own way."""
    if not isinstance(value, str):
        return value
    try:
        return loads(value) if value.lstrip()[:1] in ("{", "[") else words(value)
    except UnreadableJsonError:
        return words(value)


def _is_cut(short: JsonValue, whole: JsonValue) -> bool:
    """Return whether a text is the beginning of another: nothing, or some of it with marks that more followed, or a long one."""
    if not isinstance(short, str):
        return short is None
    begin = words(short).rstrip(".… ")
    marked = short.rstrip().endswith(("…", "...")) or len(short) >= _CUT
    return (not begin or marked) and _text(whole).startswith(begin)


_CUT = 128
"""Characters from which on a text that is the beginning of another counts as cut, also without a mark."""
