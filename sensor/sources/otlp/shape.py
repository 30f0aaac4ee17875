"""What attributes that no dialect names hold, told by their shape: messages of a conversation, or the run of a tool.

A list of objects with a known role and content is a conversation, whatever it is called; a tool's name beside arguments or a
result is a run of it. Attributes of other conventions, which may carry any text (`http.request.body`), are not looked at.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from pydantic import JsonValue

from sensor.sources.bounded_json import argument
from sensor.sources.otlp.dialect import Attributes, Names
from sensor.sources.otlp.messages import Messages, Object, is_message, is_own, last_reply, messages, parsed, plain
from sensor.sources.otlp.seen import AgentRun, ModelCall, Seen, ToolRun
from sensor.sources.transcript.message import Prompt, Reply, string

Shaped = tuple[Seen, Names]
"""What was seen, and the attributes that it was read from by their shape."""
_OTHERS = frozenset((
    "aspnetcore", "aws", "az", "azure", "cicd", "cloudevents", "code", "db", "exception", "faas", "feature_flag", "graphql", "http",
    "messaging", "net", "network", "otel", "process", "rpc", "server", "thread", "url", "user_agent",
))  # fmt: skip
"""First words of the names in other semantic conventions."""
_MARK = re.compile(r'"(?:role|human|ai|HumanMessage|AIMessage)"')
_NUMBERED = re.compile(r"(.+)\.\d{1,4}\.(?:message\.)?role")
_HOLDERS = (
    "messages", "message", "input", "prompt", "contents", "history", "output", "choices", "response", "candidates",
    "generations",
)  # fmt: skip
_LEVELS = 4
_MOST = 16
"""Lists that the numbered attributes of one span spell; all others are read once."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_NAME = 200
_REPLIES = frozenset(("output", "completion", "response", "reply", "answer"))
_TEXTS = frozenset(("text", "value", "content"))
_ARGUMENTS = ("call arguments", "arguments", "args", "kwargs", "input", "input value", "parameters", "params")
_RESULTS = ("call result", "result", "output", "output value", "response")
_IDS = ("call id",)


@dataclass(frozen=True, slots=True)
class _Talk:
    """A conversation, and the attributes that hold it."""

    sent: Messages = ()
    reply: Reply | None = None
    sent_in: str | None = None
    reply_in: str | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """The attributes that hold the run of a tool."""

    name: str
    arguments: str | None
    result: str | None
    call_id: str | None


def told(attributes: Attributes, *, failed: bool) -> Shaped | None:
    """Return what a span that no dialect tells holds."""
    run, talk = _run(attributes, frozenset()), _talk(attributes, frozenset())
    talks = talk.sent_in or talk.reply_in
    # A model call may name the tool that it asks for; what that returned is in no reply.
    if run is not None and (run.result or not talks):
        values = attributes.values
        call_id = string(values[run.call_id]) if run.call_id else None
        seen = ToolRun(
            str(values[run.name]), call_id or "", _arguments(run, attributes), _result(run, attributes), failed
        )
        return seen, _used(run.name, run.arguments, run.result)
    return (ModelCall(talk.sent, talk.reply), _used(talk.sent_in, talk.reply_in)) if talks else None


def filled(seen: Seen, attributes: Attributes, known: AbstractSet[str]) -> Shaped:
    """Return what a dialect told, with content from attributes it does not know where those it knows hold none."""
    match seen:
        case ToolRun() if seen.arguments is None or seen.result is None:
            return _run_filled(seen, attributes, known)
        case ModelCall() if not (_speaks(seen.messages) and _says(seen.reply)):
            return _call_filled(seen, _talk(attributes, known))
        case AgentRun() if not seen.messages:
            talk = _talk(attributes, known)
            answer = seen.answer or (talk.reply.text if talk.reply else "")
            return replace(seen, messages=talk.sent, answer=answer), _used(talk.sent_in, talk.reply_in)
    return seen, ()


def _run_filled(seen: ToolRun, attributes: Attributes, known: AbstractSet[str]) -> Shaped:
    run = _run(attributes, known)
    if run is None:
        return seen, ()
    given, returned = run.arguments if seen.arguments is None else None, run.result if seen.result is None else None
    return replace(
        seen, arguments=_arguments(run, attributes) if given else seen.arguments,
        result=_result(run, attributes) if returned else seen.result, captured=seen.captured or bool(given or returned),
    ), _used(given, returned)  # fmt: skip


def _call_filled(seen: ModelCall, talk: _Talk) -> Shaped:
    sent, sent_in = seen.messages, None
    if not _speaks(seen.messages) and talk.sent:
        own = () if isinstance(talk.sent[0][0], Prompt) and talk.sent[0][0].role != "user" else seen.messages
        sent, sent_in = (*own, *talk.sent), talk.sent_in
    reply, reply_in = seen.reply, None
    if not _says(seen.reply) and talk.reply is not None:
        about = seen.reply or Reply("")
        reply, reply_in = (
            replace(about, text=talk.reply.text, calls=talk.reply.calls, shown=talk.reply.shown),
            talk.reply_in,
        )
    elif sent_in and not seen.captured:
        reply = None
    captured = seen.captured or bool(sent_in or reply_in)
    return replace(seen, messages=sent, reply=reply, captured=captured), _used(sent_in, reply_in)


def _used(*names: str | None) -> Names:
    return tuple(filter(None, names))


def _speaks(sent: Messages) -> bool:
    return any(not isinstance(item, Prompt) or item.role == "user" for turn in sent for item in turn)


def _says(reply: Reply | None) -> bool:
    return reply is not None and bool(reply.text or reply.calls)


# Conversations


def _talk(attributes: Attributes, known: AbstractSet[str]) -> _Talk:
    """Return the longest list as what the model was sent, and a list of its own words, or a text beside, as its reply."""
    lists = _listed_in(attributes, known)
    replies = {name: last_reply([*items]) for name, items in lists.items() if all(map(is_own, items))}
    sent_in = max(lists.keys() - replies.keys(), key=lambda name: (len(lists[name]), name), default=None)
    reply_in = next((name for name, reply in replies.items() if _says(reply)), None)
    sent = messages([*lists[sent_in]]) if sent_in else ()
    if reply_in is None and sent_in is not None:
        reply_in, reply = _text_beside(sent_in, attributes, known)
        return _Talk(sent, reply, sent_in, reply_in)
    return _Talk(sent, replies[reply_in] if reply_in else None, sent_in, reply_in)


def _listed_in(attributes: Attributes, known: AbstractSet[str]) -> dict[str, list[Object]]:
    """Return name → message list, of numbered attributes what stands before the number."""
    found: dict[str, list[Object]] = {}
    numbered: set[str] = set()
    for name in _unknown(attributes, known):
        value = attributes.values[name]
        if name.endswith(".role") and (spelled := _NUMBERED.fullmatch(name)):
            numbered |= {spelled[1]} if len(numbered) < _MOST else set()
        elif not isinstance(value, str) or (value.lstrip()[:1] in ("[", "{") and _MARK.search(value)):
            found[name] = _message_list(value, _LEVELS)
    for name in sorted(numbered - known):
        found[name] = _message_list(attributes.numbered(name), _LEVELS)
    return {name: items for name, items in found.items() if items}


def _unknown(attributes: Attributes, known: AbstractSet[str]) -> Iterator[str]:
    return (name for name in attributes.names if name not in known and name.partition(".")[0] not in _OTHERS)


def _message_list(given: JsonValue, levels: int) -> list[Object]:
    """Return the messages of a list, or of an object that is one or holds one; nothing for any other value."""
    value = parsed(given)
    if isinstance(value, list):
        listed = value[0] if value and isinstance(value[0], list) else value
        items = [item for one in listed if isinstance(item := parsed(one), dict) and is_message(item)]
        return items if len(items) == len(listed) else []
    if not isinstance(value, dict) or not levels:
        return []
    if is_message(value):
        return [value]
    held = (_message_list(value[name], levels - 1) for name in _HOLDERS if name in value)
    items = next(filter(None, held), [])
    system = value.get("system") or value.get("instructions")
    return [{"role": "system", "content": plain(system)}, *items] if items and system else items


def _text_beside(sent: str, attributes: Attributes, known: AbstractSet[str]) -> tuple[str, Reply] | tuple[None, None]:
    """Return the reply that a text such as `x.completion` beside `x.messages` is."""
    for name in _unknown(attributes, known):
        words = _words(name)
        last = words[-2:-1] if words[-1:] and words[-1] in _TEXTS else words[-1:]
        beside = name != sent and name.partition(".")[0] == sent.partition(".")[0]
        if beside and _REPLIES.issuperset(last) and last and isinstance(attributes.values[name], str):
            reply = last_reply(attributes.values[name])
            if reply is not None and _says(reply):
                return name, reply
    return None, None


# Runs of tools


def _run(attributes: Attributes, known: AbstractSet[str]) -> _Run | None:
    """Return the run of the tool that an attribute names, if others beside it hold its arguments or its result."""
    names = [name for name in _unknown(attributes, frozenset()) if name[-4:].casefold() == "name"]
    bases = [(name, base) for name in names if (base := _words(name)[:-1]) and base[-1] in ("tool", "function")]
    words = {_words(name): name for name in _unknown(attributes, known)} if bases else {}
    for name, base in bases:
        called = attributes.values[name]
        around = base[:-1]
        given, returned = (_first((base, around), forms, words) for forms in (_ARGUMENTS, _RESULTS))
        # A function is anything, until it was given something and returned something.
        enough = any if base[-1] == "tool" else all
        if isinstance(called, str) and 0 < len(called) <= _NAME and enough((given, returned)):
            return _Run(name, given, returned, _first((base, around, around[:-1]), _IDS, words))
    return None


def _arguments(run: _Run, attributes: Attributes) -> JsonValue:
    return argument(attributes.values[run.arguments]) if run.arguments else None


def _result(run: _Run, attributes: Attributes) -> str | None:
    return plain(parsed(attributes.values[run.result])) if run.result else None


def _first(beginnings: Iterable[tuple[str, ...]], forms: Names, words: Mapping[tuple[str, ...], str]) -> str | None:
    """Return the first attribute whose words are one of these beginnings and one of these forms behind it."""
    places = ((*beginning, *form.split()) for beginning in beginnings for form in forms)
    return next((words[place] for place in places if place in words), None)


def _words(name: str) -> tuple[str, ...]:
    """Return the words of an attribute's name, however they are joined: `tool_name`, `toolName`, `tool.name`."""
    return tuple(word.casefold() for word in _WORD.findall(name[:_NAME]))
