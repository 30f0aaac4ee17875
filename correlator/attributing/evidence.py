"""What does a call have in common with one thing that the kernel saw? An exact key, the same data, or an argument (DESIGN §5).

Each kind of event is compared in a function of its own; `_COMPARED` is the table. Nothing here knows a tool, and no time is looked
at: that is for `correlator.attribution`.
"""

import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from pydantic import JsonValue

from correlator.conversation import Call
from correlator.values import Value, values
from graph.schema import Grade
from sensor.decode import views
from sensor.errors import UnreadableJsonError
from sensor.event import (
    ConnectionOpened,
    DatabaseQueried,
    Event,
    FileChanged,
    FileOpened,
    HttpRequested,
    HttpResponded,
    InputWritten,
    NameResolved,
    OpenRefused,
    OutputWritten,
    ProcessStarted,
    ToolServed,
)
from sensor.sources.bounded_json import loads

Proof = Literal["command", "arguments", "request", "output", "response", "value", "argument"]
"""`command`: what was executed is an argument of the call; `arguments`: it was handed all of them as JSON; `request`: a tool server
was asked for this tool with these arguments; `output` and `response`: what came of it is the result of the call;
`value`: a value that proves by itself is in both; `argument`: a short argument stands there as a whole, or the tool's name where
the call has none."""

SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ksh", "ash", "busybox"))
_KEY = 8
"""Characters from which an output that equals a result is a key; "ok" is none."""
_DATA = 16
"""Characters from which a text found in another is the same data."""
_PHRASE = 10
"""Letters and digits from which plain words, without a type, are the same data."""
_MOST = 64 << 10
"""Characters of an observed text that are compared."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that the kernel saw, with what is needed to compare it."""

    event: Event
    answer: HttpResponded | None = None
    folder: str | None = None
    """Working folder of the process."""
    names: Callable[[str], set[str]] = lambda _: set()
    """Address → names that the process had resolved to it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What both have in common."""

    grade: Grade
    proof: Proof
    shared: str
    """The text that both have."""
    proving: int = 1
    """Keys and values that prove by themselves."""
    agreeing: int = 0
    """Short arguments that stand there as a whole, too."""
    besides: "Evidence | None" = None
    """Lesser evidence of the same thing: of a request, that of its response."""

    @property
    def weight(self) -> tuple[int, int, int]:
        """Return how many exact keys, values that prove by themselves, and short arguments are in common, all told."""
        exact, proving, agreeing = self.besides.weight if self.besides is not None else (0, 0, 0)
        return exact + (self.grade == Grade.E1), proving + self.proving, agreeing + self.agreeing

    @property
    def is_long(self) -> bool:
        """Return whether it proves also where nothing is known of who did it."""
        return self.grade != Grade.E3 and (self.proof in ("request", "arguments", "value") or len(self.shared) >= _DATA)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a call gives to be compared."""

    strong: tuple[Value, ...]
    whole: frozenset[str]
    """Arguments as a whole."""
    lists: tuple[tuple[str, ...], ...]
    """Lists of texts among the arguments."""
    result: str | None
    fields: frozenset[str]
    """Texts in a result that is JSON."""
    name: str | None
    """Of the tool, where the call has no arguments: then it is all that can be in common."""


_known: WeakKeyDictionary[Call, _Told] = WeakKeyDictionary()


def evidence(call: Call, seen: Seen) -> Evidence | None:
    """Return the best evidence that what was seen is the work of the call, `None` where there is none."""
    compare = _COMPARED.get(type(seen.event))
    if compare is None:
        return None
    if call not in _known:
        _known[call] = _told(call)
    return compare(_known[call], seen, seen.event, call)


def file_names(call: Call) -> frozenset[str]:
    """Return what may be paths among the arguments: of a file, no call has evidence that names another.

    Those from the root are whole; of others (`~/notes.md`, `src/a.py`) it is the last part.
    """
    if call not in _known:
        _known[call] = _told(call)
    names = (text.removeprefix("file://") for text in _known[call].whole)
    return frozenset(name if name.startswith("/") else name.rpartition("/")[2] for name in names)


def _told(call: Call) -> _Told:
    strong = [value for leaf in call.leaves for value in values(leaf.text) if _proves(value)]
    lists: dict[str, list[str]] = {}
    for leaf in call.leaves:
        lists.setdefault(leaf.path, []).append(leaf.text)
    result = call.returned.text.strip()[:_MOST] if call.returned is not None else None
    return _Told(
        tuple({value.key: value for value in strong}.values()),
        frozenset(leaf.text.strip() for leaf in call.leaves),
        tuple(tuple(texts) for texts in lists.values() if len(texts) > 1),
        result,
        frozenset(_texts(result)) if result else frozenset(),
        None if call.leaves else call.event.name,
    )


def _proves(value: Value) -> bool:
    return not value.weak and (value.kind not in ("name", "text") or len(value.key) >= _PHRASE)


# One comparison for each kind of event


def _executed(told: _Told, _seen: Seen, event: ProcessStarted, call: Call) -> Evidence | None:
    if not event.argv:
        return None
    command = given_code(event.argv)
    if command is not None and command.strip() in told.whole:
        return Evidence(Grade.E1, "command", command.strip())
    for text in told.whole:
        parts = _split(text)
        if len(parts) > 1 and parts[1:] == event.argv[1:] and _is_program(parts[0], event):
            return Evidence(Grade.E1, "command", text)
    if event.argv in told.lists:
        return Evidence(Grade.E1, "command", shlex.join(event.argv))
    if (all_of_it := _arguments(told, call, event.argv[1:])) is not None:
        return all_of_it
    return _values(told, "\n".join(event.argv[1:]), event.argv[1:])


def given_code(argv: tuple[str, ...]) -> str | None:
    """Return what a program was told to run by an option (`sh -c`, `psql -c`, `node -e`), `None` where it was told none."""
    if not argv:
        return None
    name = _VERSION.sub("", argv[0].rsplit("/", 1)[-1].removeprefix("-"))
    shell, options = name in SHELLS, _CODE.get(name, ())
    for at, word in enumerate(argv[1:-1], 1):
        # Options of a shell may stand together, as in `-lc` (POSIX `sh`).
        if word in options or (shell and word.startswith("-") and not word.startswith("--") and word.endswith("c")):
            return argv[at + 1]
        if shell and not word.startswith(("-", "+")):
            return None
    return None


def _is_program(name: str, event: ProcessStarted) -> bool:
    """Return whether the first word of a command line is what was executed."""
    return name in (event.argv[0], event.executable) or ("/" not in name and name == event.argv[0].rsplit("/", 1)[-1])


_VERSION = re.compile(r"[\d.]+$")
_CODE = {
    "psql": ("-c", "--command"), "mysql": ("-e", "--execute"), "mariadb": ("-e", "--execute"), "python": ("-c",),
    "node": ("-e", "--eval"), "perl": ("-e",), "ruby": ("-e",), "php": ("-r",),
}  # fmt: skip
"""Program → options behind which stands what it is to run; from their manuals."""


def _written(told: _Told, _seen: Seen, event: OutputWritten, _call: Call) -> Evidence | None:
    return _result(told, event.text, "output", cut=event.size > len(event.text.encode("utf-8", "replace")))


def _given(told: _Told, _seen: Seen, event: InputWritten, call: Call) -> Evidence | None:
    text, tool = _said(event.text.strip())
    if len(text) >= _DATA and text in told.whole:
        return Evidence(Grade.E2, "value", text)
    return _arguments(told, call, (text,), tool) or _values(told, text, (*text.splitlines(), *_texts(text)))


def _asked(told: _Told, seen: Seen, event: HttpRequested, call: Call) -> Evidence | None:
    body = event.body or ""
    if event.url.partition("?")[0].endswith(_TELEMETRY) and body.lstrip().startswith(_EXPORTED):
        return None
    body, tool = _said(body)
    sent = _arguments(told, call, (body,), tool) or _values(told, f"{event.url}\n{body}", _parts(event.url, body))
    came = seen.answer.body if seen.answer is not None else None
    return _more(sent, _result(told, came or "", "response"))


_TELEMETRY = ("/v1/traces", "/v1/logs", "/v1/metrics")
_EXPORTED = ('{"resourceSpans"', '{"resourceLogs"', '{"resourceMetrics"')
"""What exporters send (OTLP/HTTP) says all of a call and is none of its work."""


@lru_cache(maxsize=2048)
def _said(body: str) -> tuple[str, str | None]:
    """Return what a body says, and which tool it asks for: of a message of JSON-RPC only what is asked with it.

    Its number 7 is none of a call with a 7. MCP: `_meta`, among it a token for progress, is about the message.
    """
    message = _json(body)
    if isinstance(message, list) and any(isinstance(one, dict) and "jsonrpc" in one for one in message):
        return json.dumps([one.get("params") for one in message if isinstance(one, dict)], ensure_ascii=False), None
    if not isinstance(message, dict) or "jsonrpc" not in message:
        return body, None
    params = message.get("params")
    if not isinstance(params, dict):
        return json.dumps(params, ensure_ascii=False), None
    about = {name: value for name, value in params.items() if name != "_meta"}
    tool = params.get("name") if message.get("method") == "tools/call" else None
    return json.dumps(params.get("arguments", about), ensure_ascii=False), tool if isinstance(tool, str) else None


def _queried(told: _Told, _seen: Seen, event: DatabaseQueried, call: Call) -> Evidence | None:
    if event.statement.strip() in told.whole:
        return Evidence(Grade.E1, "command", event.statement.strip())
    sent = _arguments(told, call, event.parameters) or _values(
        told, "\n".join((event.statement, *event.parameters)), (*event.parameters, *_literals(event.statement))
    )
    return _more(sent, _result(told, event.result or "", "response"))


def _served(told: _Told, _seen: Seen, event: ToolServed, call: Call) -> Evidence | None:
    # Clients put the name of the server before that of the tool ("mcp__mail__send").
    if not _same(event.arguments, call.event.arguments) or not _names(call.event.name, event.name):
        return None
    return _more(Evidence(Grade.E1, "request", event.name), _result(told, event.text or "", "response"))


def _names(called: str, served: str) -> bool:
    rest = called.removesuffix(served) if served else called
    return rest == "" or (rest != called and rest.endswith(("__", ".", "/", ":", "-")))


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Return whether two values are the same JSON: 10.0 is 10 (RFC 8259, 6), and `true` is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _file(told: _Told, seen: Seen, event: FileOpened | OpenRefused | FileChanged, _call: Call) -> Evidence | None:
    for path in filter(None, (event.path, getattr(event, "to_path", None))):
        for text in told.whole:
            if len(text) >= 3 and _same_file(path, text, seen.folder):
                return Evidence(Grade.E2, "value", text)
    return None


def _same_file(path: str, text: str, folder: str | None) -> bool:
    name = text.removeprefix("file://").removeprefix("./")
    if path in (text, name):
        return "/" in name or "." in name
    home = text.startswith("~/") and path.endswith(text[1:])
    return home or (folder is not None and "." in name and path == f"{folder.rstrip('/')}/{name}")


def _connected(told: _Told, seen: Seen, event: ConnectionOpened, _call: Call) -> Evidence | None:
    host, _, port = event.remote.rpartition(":")
    address = host.strip("[]")
    called = {address, *seen.names(address)}
    if address.startswith("127.") or address == "::1":
        called.add("localhost")
    for wanted, at, text in _hosts(told):
        if wanted in called and at in (None, port):
            return Evidence(Grade.E2, "value", text)
    return None


def _resolved(told: _Told, _seen: Seen, event: NameResolved, _call: Call) -> Evidence | None:
    name = event.name.rstrip(".").casefold()
    return next((Evidence(Grade.E2, "value", text) for wanted, _, text in _hosts(told) if wanted == name), None)


def _hosts(told: _Told) -> Iterator[tuple[str, str | None, str]]:
    """Yield the hosts that a call names: name or address, port where one is said or meant, and the text."""
    for value in told.strong:
        if value.kind in ("url", "host", "ip", "email"):
            text = value.text.rpartition("@")[2] if value.kind == "email" else value.text
            try:
                parts = urlsplit(text if "://" in text else f"//{text}")
                port = parts.port or _PORTS.get(parts.scheme)
            except ValueError:
                continue
            yield (parts.hostname or "", str(port) if port else None, value.text)


_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "postgres": 5432, "mysql": 3306, "redis": 6379, "ssh": 22}
"""RFC 6335 (IANA): what a URL without a port means."""


_COMPARED: dict[type, Callable[[_Told, Seen, Any, Call], Evidence | None]] = {
    ProcessStarted: _executed, InputWritten: _given, OutputWritten: _written, HttpRequested: _asked, DatabaseQueried: _queried,
    ToolServed: _served, FileOpened: _file, OpenRefused: _file, FileChanged: _file, ConnectionOpened: _connected,
    NameResolved: _resolved,
}  # fmt: skip


# What is compared


def _arguments(told: _Told, call: Call, texts: Iterable[str], tool: str | None = None) -> Evidence | None:
    """Return the evidence that one of the texts is all arguments of the call, as JSON: no less than each of its values.

    `tool`: which one they are for, where that is said.
    """
    if tool is not None and not _names(call.event.name, tool):
        return None
    if call.event.arguments and any(_same(_json(text), call.event.arguments) for text in texts if text[:1] == "{"):
        shared = json.dumps(call.event.arguments, ensure_ascii=False)
        return Evidence(Grade.E1, "arguments", shared, 1 + len(told.strong), len(told.whole))
    return None


def _values(told: _Told, text: str, wholes: Iterable[str]) -> Evidence | None:
    """Return the evidence that values of the call are in a text; `wholes` are its parts that may be arguments as a whole."""
    shared = [value.text for value in told.strong if _stands_in(value.text, text[:_MOST])]
    short = {whole for whole in wholes if (whole in told.whole or whole == told.name) and whole not in shared}
    if shared:
        return Evidence(Grade.E2, "value", max(shared, key=len), len(shared), len(short))
    if short:
        return Evidence(Grade.E3, "argument", max(sorted(short), key=len), 0, len(short))
    return None


def _result(told: _Told, text: str, proof: Literal["output", "response"], *, cut: bool = False) -> Evidence | None:
    """Return the evidence that a text is the result of the call, or a part of it."""
    came, result = text.strip()[:_MOST], told.result
    if not result or len(came) < _KEY:
        return None
    if came == result or (cut and len(came) >= 1024 and result.startswith(came)):
        return Evidence(Grade.E1, proof, came)
    if len(came) >= _DATA and came in told.fields:
        return Evidence(Grade.E2, proof, came)
    if (len(came) >= _DATA and came in result) or (len(result) >= _DATA and result in came):
        return Evidence(Grade.E2, proof, min(came, result, key=len))
    return None


def _more(first: Evidence | None, second: Evidence | None) -> Evidence | None:
    """Return the better of two, with the other beside it."""
    if first is None or second is None:
        return first or second
    best, other = (first, second) if first.grade <= second.grade else (second, first)
    return replace(best, besides=other)


def _stands_in(value: str, text: str) -> bool:
    return any(_bounded(value.casefold(), reading) for reading in _readings(text))


def _bounded(value: str, text: str) -> bool:
    """Return whether a value stands in a text and is no part of a longer word."""
    at = text.find(value)
    while at >= 0:
        end = at + len(value)
        before, after = text[at - 1 : at] if at else "", text[end : end + 1]
        if not (value[:1].isalnum() and before.isalnum()) and not (value[-1:].isalnum() and after.isalnum()):
            return True
        at = text.find(value, at + 1)
    return False


@lru_cache(maxsize=256)
def _readings(text: str) -> tuple[str, ...]:
    """Return a text as it stands and decoded."""
    return (text.casefold(), *(view.text.casefold() for view in views(text, limit=_MOST)))


def _parts(url: str, body: str) -> Iterator[str]:
    """Yield what may be an argument as a whole: segments of a path, values of a query, texts of a body in JSON."""
    try:
        split = urlsplit(url)
    except ValueError:
        return
    yield from filter(None, split.path.split("/"))
    yield from (pair.partition("=")[2] for pair in split.query.split("&"))
    yield from _texts(body)


def _literals(statement: str) -> Iterator[str]:
    """Yield the literals of an SQL statement: what stands between quotes, and numbers."""
    for number, part in enumerate(statement.split("'")):
        if number % 2:
            yield part
        else:
            yield from (word.strip("(),;=<>") for word in part.split() if word.strip("(),;=<>").isdigit())


@lru_cache(maxsize=2048)
def _texts(text: str) -> tuple[str, ...]:
    """Return the texts and numbers in a JSON text, as far as 1,000; none of another."""
    found: list[str] = []
    waiting: list[JsonValue] = [_json(text)]
    while waiting and len(found) < 1_000:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
        elif isinstance(node, str):
            found.append(node.strip())
        elif node is not None and not isinstance(node, bool):
            found.append(str(node))
    return tuple(found)


def _json(text: str) -> JsonValue:
    if text[:1] not in ("{", "["):
        return None
    try:
        return loads(text)
    except UnreadableJsonError:
        return None


@lru_cache(maxsize=4096)
def _split(text: str) -> tuple[str, ...]:
    """Return a command line as a shell would split it, empty where it cannot."""
    try:
        return tuple(shlex.split(text[:_MOST]))
    except ValueError:
        return ()
