"""One span → what was seen, by the first dialect that tells it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from pydantic import JsonValue

from sensor.event import ToolDeclaration, Usage
from sensor.sources.bounded_json import argument
from sensor.sources.otlp import shape
from sensor.sources.otlp.dialect import Attributes, Dialect, Kind, Names
from sensor.sources.otlp.dialects import DIALECTS
from sensor.sources.otlp.exported import EXPORTED_INPUT, EXPORTED_OUTPUT
from sensor.sources.otlp.messages import Messages, calls_of, last_reply, messages, parsed, plain, speaks
from sensor.sources.otlp.seen import AgentRun, ModelCall, Offered, Remembered, Retrieval, Seen, ToolRun
from sensor.sources.otlp.span import Span, SpanEvent
from sensor.sources.transcript.message import Document, Prompt, Reply, declared, string

_DETAILS = ("gen_ai.client.inference.operation.details", "gen_ai.content.prompt", "gen_ai.content.completion")
"""Events whose attributes are those of the span, kept apart because they hold content."""
_ROLES = {
    "gen_ai.system.message": "system", "gen_ai.user.message": "user", "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool", "gen_ai.choice": "assistant",
}  # fmt: skip
"""Events of one message each (conventions up to 1.36)."""
_INPUT, _OUTPUT = "clew.input", "clew.output"
"""Where messages that came as events are put beside the attributes."""
_KNOWN = {
    dialect.name: dialect.known | {_INPUT, _OUTPUT, EXPORTED_INPUT, EXPORTED_OUTPUT} for dialect in DIALECTS
}  # fmt: skip
UNKNOWN = "unknown"
"""The dialect of spans that are read by the shape of what they hold."""
_METHOD = re.compile(r"(?:^|\s)(?:execute_tool|tools/call)\s+(?=\S)", re.IGNORECASE)
"""What the conventions put before the tool in a span's name; instrumentations put words of their own before it."""

_REMEMBERED = 1 << 15
"""Characters of the longest list of tools that is remembered with what it was read as."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one span tells, and by which dialect; nothing where it is not about a conversation."""

    dialect: str
    seen: Seen
    shaped: Names = ()
    """Attributes that were read by the shape of what they hold, for no dialect names them."""


def read(span: Span) -> Reading | None:
    """Return what a span, with the log records that belong to it among its events, tells of a conversation."""
    attributes = Attributes(_attributes(span))
    for dialect in DIALECTS:
        if any(map(attributes.holds, dialect.tells)):
            kind = _kind(attributes, dialect)
            if kind is not None:
                seen = _READERS[kind](_Fields(span, attributes, dialect))
                return Reading(dialect.name, *shape.filled(seen, attributes, _KNOWN[dialect.name]))
            if any(form in dialect.kinds for form in _kind_forms(attributes, dialect)):
                return None
            if any(name in attributes.values for name in dialect.kind):
                break
    found = shape.told(attributes, failed=span.failed)
    return Reading(UNKNOWN, *found) if found else None


class _Fields:
    """The attributes of one span by what they mean."""

    def __init__(self, span: Span, attributes: Attributes, dialect: Dialect) -> None:
        self.span = span
        self.dialect = dialect
        self._attributes = attributes

    def value(self, names: Names) -> JsonValue:
        """Return the first of these attributes that holds something."""
        for name in names:
            listed = name.endswith(".N")
            found = self._attributes.numbered(name[:-2]) if listed else self._attributes.values.get(name)
            if found not in (None, "", []):
                return found
        return None

    def values(self, names: Names) -> Iterator[JsonValue]:
        """Return those of these attributes that hold something, each when it is asked for."""
        return (found for name in names if (found := self.value((name,))) is not None)

    def text(self, names: Names) -> str:
        """Return the first of these attributes as a short text; of a list its first element."""
        found = parsed(self.value(names))
        return string(found[0] if isinstance(found, list) and found else found) or ""

    def number(self, names: Names) -> int | None:
        """Return the first of these attributes as a count."""
        found = self.value(names)
        found = int(found) if isinstance(found, str) and found.isdecimal() and len(found) < 19 else found
        return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None

    @property
    def conversation(self) -> str:
        """Return the id of the conversation."""
        return self.text(self.dialect.conversation)


def _attributes(span: Span) -> Mapping[str, JsonValue]:
    """Return the attributes of a span with those that came as events."""
    if not span.events:
        return span.attributes
    merged: dict[str, JsonValue] = dict(span.attributes)
    told: dict[str, list[JsonValue]] = {}
    for event in sorted(span.events, key=lambda event: event.at_ns):
        if event.name in _DETAILS:
            inner = event.body if isinstance(event.body, dict) else {}
            for name, value in (*inner.items(), *event.attributes.items()):
                merged.setdefault(name, value)
        elif event.name in _ROLES:
            told.setdefault(_OUTPUT if event.name == "gen_ai.choice" else _INPUT, []).append(_message(event))
    for name, found in told.items():
        merged.setdefault(name, found)
    return merged


def _message(event: SpanEvent) -> JsonValue:
    """Return the message of one event: its body, or attributes where it had none."""
    body: JsonValue = event.body
    if body is None:
        body = parsed(event.attributes.get("gen_ai.event.content", event.attributes.get("event_body")))
    fields: dict[str, JsonValue] = dict(body) if isinstance(body, dict) else {**event.attributes}
    if isinstance(body, str | list):
        fields["content"] = body
    inner = parsed(fields.get("message"))
    if isinstance(inner, dict):
        fields = {**fields, **inner}
    fields.pop("message", None)
    fields["tool_calls"] = parsed(fields.get("tool_calls"))
    if event.name == "gen_ai.tool.message":
        fields.setdefault("tool_call_id", fields.get("id"))
    return {**fields, "role": _ROLES[event.name]}


def _kind(attributes: Attributes, dialect: Dialect) -> Kind | None:
    for form in _kind_forms(attributes, dialect):
        if form in dialect.kinds:
            return dialect.kinds[form]
    return next((kind for name, kind in dialect.when if attributes.holds(name)), None)


def _kind_forms(attributes: Attributes, dialect: Dialect) -> Iterator[str]:
    """Yield the values that may say what kind of span it is; some exporters write another case."""
    for name in dialect.kind:
        value = attributes.values.get(name)
        if isinstance(value, str):
            yield from (value, value.upper(), value.lower())


# One function per kind


def _model(fields: _Fields) -> ModelCall:
    names = fields.dialect
    sent = messages(fields.value((*names.input, _INPUT, EXPORTED_INPUT)))
    system = fields.value(names.system)
    if system and not (sent and isinstance(sent[0][0], Prompt) and sent[0][0].role != "user"):
        sent = ((Prompt("system", _joined(system)),), *sent)
    reply = _reply(fields)
    captured = (reply is not None and speaks(reply)) or any(speaks(item) for said in sent for item in said)
    if not captured:
        sent, reply = (), _about(Reply(""), fields)
    return ModelCall(
        sent, reply, tools=_tools(fields.value(names.tools)), conversation=fields.conversation,
        previous=fields.text(names.previous), captured=captured,
    )  # fmt: skip


def _reply(fields: _Fields) -> Reply | None:
    names = fields.dialect
    outputs = map(last_reply, fields.values((*names.output, _OUTPUT, EXPORTED_OUTPUT)))
    found = next(filter(None, outputs), None)
    calls = (found.calls if found else ()) or calls_of(fields.value(names.calls))
    if found is None and not calls:
        return None
    told = found or Reply("")
    if not calls and (not told.text or _asks(fields.text(names.finish))):
        others = tuple(filter(None, outputs))
        told = next((one for one in (told, *others) if one.text), told)
        calls = next((one.calls for one in others if one.calls), ())
    return _about(replace(told, calls=calls), fields)


def _asks(finish_reason: str) -> bool:
    """Return whether a reply ended in order that tools are called; its calls may stand in another attribute than its text."""
    return "tool" in finish_reason.casefold() or "function" in finish_reason.casefold()


def _about(reply: Reply, fields: _Fields) -> Reply:
    """Return a reply with what the span tells beside its content."""
    names = fields.dialect
    return replace(
        reply, model=fields.text(names.model) or None, finish_reason=fields.text(names.finish) or None,
        response_id=fields.text(names.response_id) or None,
        usage=_usage(fields.number(names.input_tokens), fields.number(names.output_tokens)),
    )  # fmt: skip


def _usage(sent: int | None, received: int | None) -> Usage | None:
    return None if sent is None and received is None else Usage(input_tokens=sent, output_tokens=received)


def _joined(value: JsonValue) -> str:
    """Return system instructions: a text, or parts of one."""
    parts = parsed(value)
    return "\n".join(plain(_content(part)) for part in parts) if isinstance(parts, list) else plain(parts)


def _content(part: JsonValue) -> JsonValue:
    return part.get("content", part.get("text")) if isinstance(part, dict) else part


def _tools(value: JsonValue) -> tuple[ToolDeclaration, ...]:
    """Return the tools that are offered, each an object or JSON in a text, alone or under a name such as `function_tools`."""
    if isinstance(value, str) and len(value) <= _REMEMBERED:
        return _tools_of_text(value)
    return _tools_of(parsed(value))


@lru_cache(256)
def _tools_of_text(text: str) -> tuple[ToolDeclaration, ...]:
    """Return the same of a text: each call of a session offers the same tools in the same words."""
    return _tools_of(parsed(text))


def _tools_of(found: JsonValue) -> tuple[ToolDeclaration, ...]:
    if isinstance(found, dict):
        found = next((inner for inner in found.values() if isinstance(inner, list) and inner), [])
    items = [_unwrapped(parsed(item)) for item in found] if isinstance(found, list) else []
    return declared(items)


def _unwrapped(tool: JsonValue) -> JsonValue:
    inner = tool.get("tool", tool) if isinstance(tool, dict) else tool
    schema = parsed(inner.get("json_schema")) if isinstance(inner, dict) else None
    if isinstance(schema, dict):
        return schema
    if isinstance(inner, dict) and "parameters_json_schema" in inner:
        return {**inner, "parameters": inner["parameters_json_schema"]}
    return inner


def _tool(fields: _Fields) -> ToolRun:
    names = fields.dialect
    returned = parsed(fields.value((*names.tool_result, EXPORTED_OUTPUT)))
    given = argument(_arguments(parsed(fields.value((*names.tool_arguments, EXPORTED_INPUT)))))
    own_id = string(returned.get("tool_call_id")) if isinstance(returned, dict) else None
    name = fields.text(names.tool_name) or _METHOD.split(fields.span.name, maxsplit=1)[-1]
    return ToolRun(
        name, fields.text(names.tool_call_id) or own_id or "", given,
        None if returned is None else _result(returned), fields.span.failed,
        server=fields.text(names.server) if names.name == "mcp" else "", conversation=fields.conversation,
        captured=given is not None or returned is not None,
    )  # fmt: skip


def _arguments(value: JsonValue) -> JsonValue:
    """Return the arguments themselves: frameworks wrap them as `{"input": …}` or `{"args": […], "kwargs": {…}}`."""
    if isinstance(value, dict) and len(value) == 1 and isinstance(inner := parsed(value.get("input")), dict):
        return inner
    if isinstance(value, dict) and isinstance(named := value.get("kwargs"), dict) and set(value) <= {"args", "kwargs"}:
        listed = value.get("args")
        return {**named, **({"args": listed} if listed else {})}
    return value


def _result(value: JsonValue) -> str:
    if isinstance(value, dict) and value.get("type") == "tool" and "content" in value:  # LangChain's ToolMessage
        return plain(value["content"])
    return plain(value)


def _agent(fields: _Fields) -> AgentRun:
    names = fields.dialect
    reply = last_reply(fields.value((*names.output, EXPORTED_OUTPUT)))
    return AgentRun(
        fields.text(names.agent) or fields.span.name, fields.conversation, _own(fields.value((*names.input, EXPORTED_INPUT))),
        (reply.text if reply.shown is None else reply.shown) if reply and not reply.calls else "",
    )  # fmt: skip


def _own(value: JsonValue) -> Messages:
    """Return the messages that an agent was given; its other inputs are no conversation."""
    found = messages(value)
    return found if any(isinstance(item, Prompt) for turn in found for item in turn) else ()


def _retrieval(fields: _Fields) -> Retrieval:
    names = fields.dialect
    place = fields.text(names.place) or None
    found = parsed(fields.value((*names.documents, EXPORTED_OUTPUT)))
    items = found if isinstance(found, list) else [found] if found else []
    return Retrieval(tuple(_document(parsed(item), place) for item in items[:500]), fields.conversation)


def _document(item: JsonValue, place: str | None) -> Document:
    inner = item.get("document", item) if isinstance(item, dict) else item
    if not isinstance(inner, dict):
        return Document(plain(inner), place)
    text = next(
        (inner[name] for name in ("content", "page_content", "text", "pageContent", "memory") if inner.get(name)), inner
    )
    metadata = parsed(inner.get("metadata"))
    about = {**(metadata if isinstance(metadata, dict) else {}), **inner}
    own = next((found for name in ("source", "url", "uri", "path", "id") if (found := string(about.get(name)))), None)
    return Document(plain(text), own or place)


def _memory(fields: _Fields) -> Remembered:
    names = fields.dialect
    return Remembered(_joined(fields.value(names.memory)), fields.text(names.place), fields.conversation)


def _offer(fields: _Fields) -> Offered:
    return Offered(_tools(fields.value(fields.dialect.tools)), fields.text(fields.dialect.server))


_READERS: dict[Kind, Callable[[_Fields], Seen]] = {
    "model": _model, "tool": _tool, "agent": _agent, "retrieval": _retrieval, "memory": _memory, "offer": _offer,
}  # fmt: skip
