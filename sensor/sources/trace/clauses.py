"""The clauses of the trace notation: what follows the time, each as the fields of its event."""

import re
from collections.abc import Callable

from pydantic import JsonValue

from sensor.sources.trace.scan import ARGUMENT, WORD, Scanner
from sensor.sources.trace.words import CHANGES, HINTS, ROLES, SPEAKERS

Fields = dict[str, JsonValue]
_VALUE = re.compile(r"[^\s,()\"]+")


def keyword(scan: Scanner, *words: str) -> bool:
    """Return whether one of `words` comes next, unquoted."""
    found = ARGUMENT.match(scan.text, scan.at)
    return found is not None and found.group() in words


def extra(scan: Scanner) -> Fields:
    """Take `with {...}`: any further fields of the event, by their names."""
    if not scan.word("with"):
        return {}
    fields = scan.json()
    if not isinstance(fields, dict):
        scan.fail("an object after 'with'")
    return fields


def ending(scan: Scanner, text: str, *, required: bool = False) -> Fields:
    """Take the end that most statements share: `[with {...}] [: TEXT]`."""
    fields = extra(scan)
    if scan.take(":"):
        return {**fields, text: scan.content()}
    return scan.fail("':' and a text") if required else fields


def prompt(scan: Scanner) -> Fields:
    """Take `customer "id": TEXT`, or a role without a principal."""
    word = scan.name("a speaker")
    identity = scan.string() if scan.peek('"') else None
    role = word if word in ROLES else "user"
    fields: Fields = {"kind": "prompt_submitted", "role": role}
    if word in SPEAKERS or identity is not None:
        fields["principal"] = {"kind": SPEAKERS.get(word, "unknown"), "id": identity}
    return {**fields, **ending(scan, "text", required=True)}


def _author(scan: Scanner) -> Fields:
    if not scan.word("by"):
        return {}
    trust = scan.name("principal, internal, external, public or unknown")
    return {"author": {"trust": trust, "id": scan.string() if scan.peek('"') else None}}


def result(scan: Scanner, call_id: str | None, *, failed: bool) -> Fields:
    """Take what follows `returns` or `fails`: `[from TOOL] [by TRUST "id"]: TEXT`."""
    fields: Fields = {"kind": "tool_returned", "call_id": call_id, "failed": failed}
    if scan.word("from"):
        fields["name"] = scan.name("the name of a tool")
    return {**fields, **_author(scan), **ending(scan, "text", required=True)}


def _calls(scan: Scanner) -> Fields:
    fields: Fields = {"kind": "tool_called", "name": scan.name("the name of a tool")}
    if scan.take("("):
        fields["arguments"] = _arguments(scan)
    if scan.word("as"):
        fields["call_id"] = scan.name("a call id")
    if scan.word("on"):
        fields["server"] = scan.name("the name of a server")
    return {**fields, **extra(scan)}


def _arguments(scan: Scanner) -> JsonValue:
    """Take `key=value, ...)` or `JSON)`; a value that is no JSON is text."""
    if scan.take(")"):
        return {}
    found = WORD.match(scan.text, scan.at)
    if found is None or not scan.text[found.end() :].lstrip().startswith("="):
        value = scan.json()
        scan.expect(")")
        return value
    arguments: Fields = {}
    while True:
        key = scan.name("the name of an argument")
        scan.expect("=")
        if scan.peek('"') or scan.peek("{") or scan.peek("["):
            arguments[key] = scan.json()
        else:
            bare = scan.match(_VALUE) or scan.fail("a value")
            arguments[key] = _bare(bare)
        if scan.take(")"):
            return arguments
        scan.expect(",")


def _bare(text: str) -> JsonValue:
    if text in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[text]
    if re.fullmatch(r"-?(0|[1-9]\d{0,17})", text):
        return int(text)
    if re.fullmatch(r"-?(0|[1-9]\d{0,17})\.\d{1,17}", text):
        return float(text)
    return text


def _placed(kind: str) -> Callable[[Scanner], Fields]:
    def read(scan: Scanner) -> Fields:
        place = scan.string() if scan.peek('"') else None
        return {"kind": kind, "place": place, **_author(scan), **ending(scan, "text", required=True)}

    return read


def _said(kind: str) -> Callable[[Scanner], Fields]:
    def read(scan: Scanner) -> Fields:
        return {"kind": kind, **ending(scan, "text", required=True)}

    return read


def _tools(scan: Scanner) -> Fields:
    scan.expect("use")
    tools: list[JsonValue] = []
    if not scan.word("nothing"):
        tools.append(_tool(scan))
        while scan.take(","):
            tools.append(_tool(scan))
    return {"kind": "tools_declared", "tools": tools, **extra(scan)}


def _tool(scan: Scanner) -> JsonValue:
    tool: Fields = {"name": scan.name("the name of a tool")}
    if scan.take("("):
        while not scan.take(")"):
            hint = scan.match(WORD)
            if hint not in HINTS:
                scan.fail(f"one of {', '.join(HINTS)} before this")
            name, value = HINTS[hint]
            tool[name] = value
            scan.take(",")
    if scan.peek('"'):
        tool["description"] = scan.string()
    if scan.peek("{") or scan.peek("["):
        tool["input_schema"] = scan.json()
    return tool


def _opens(scan: Scanner) -> Fields:
    fields: Fields = {"kind": "file_opened", "path": scan.argument("a path")}
    if scan.word("for"):
        scan.expect("writing")
        fields["for_writing"] = True
    return {**fields, **extra(scan)}


def _changes(change: str) -> Callable[[Scanner], Fields]:
    def read(scan: Scanner) -> Fields:
        fields: Fields = {"kind": "file_changed", "change": change, "path": scan.argument("a path")}
        if scan.word("to"):
            fields["to_path"] = scan.argument("a path")
        return {**fields, **extra(scan)}

    return read


def _remote(kind: str) -> Callable[[Scanner], Fields]:
    def read(scan: Scanner) -> Fields:
        return {"kind": kind, "remote": scan.argument("an address and port"), **extra(scan)}

    return read


def _resolves(scan: Scanner) -> Fields:
    name = scan.argument("a host name")
    addresses: list[JsonValue] = []
    if scan.word("to"):
        while not scan.done() and not keyword(scan, "with"):
            addresses.append(scan.argument("an address"))
    return {"kind": "name_resolved", "name": name, "addresses": addresses, **extra(scan)}


def _uses(scan: Scanner) -> Fields:
    syscall = scan.argument("a system call")
    arguments: list[JsonValue] = []
    while not scan.done() and not keyword(scan, "with"):
        arguments.append(scan.argument("an argument"))
    return {"kind": "privilege_used", "syscall": syscall, "arguments": arguments, **extra(scan)}


def _exits(scan: Scanner) -> Fields:
    code = None if scan.done() or keyword(scan, "with") else scan.number("an exit code")
    return {"kind": "process_exited", "exit_code": code, **extra(scan)}


def _ends(scan: Scanner) -> Fields:
    return {"kind": "session_ended", **ending(scan, "reason")}


def _any(scan: Scanner) -> Fields:
    fields = scan.json()
    return fields if isinstance(fields, dict) else scan.fail("an object after 'event'")


def _alert(scan: Scanner) -> Fields:
    fields: Fields = {"kind": "alert_received", "product": scan.name("a product")}
    fields["severity"] = scan.name("a severity")
    fields["rule"] = scan.name("the name of a rule")
    return {**fields, **ending(scan, "text")}


def _lost(scan: Scanner) -> Fields:
    fields: Fields = {"kind": "events_lost", "count": scan.number("a number of events")}
    scan.expect("events at")
    return {**fields, "where": scan.argument("a place"), **extra(scan)}


def _http(scan: Scanner) -> Fields:
    if re.match(r"-?\d", scan.text[scan.at :]):
        fields: Fields = {"kind": "http_responded", "status": scan.number("a status")}
    else:
        fields = {"kind": "http_requested", "method": scan.name("a method"), "url": scan.argument("a URL")}
    if re.match(r"\d+ bytes\b", scan.text[scan.at :]):
        fields["body_bytes"] = scan.number("a size")
        scan.expect("bytes")
    return {**fields, **ending(scan, "body")}


def _database(scan: Scanner) -> Fields:
    fields: Fields = {"kind": "database_queried", "system": scan.name("a database system")}
    if re.match(r"-?\d+ rows\b", scan.text[scan.at :]):
        fields["rows"] = scan.number("a number of rows")
        scan.expect("rows")
    return {**fields, **ending(scan, "statement", required=True)}


SUBJECTLESS: dict[str, Callable[[Scanner], Fields]] = {
    "end": _ends, "event": _any, "alert": _alert, "lost": _lost, "http": _http, "database": _database,
}  # fmt: skip

AGENT: dict[str, Callable[[Scanner], Fields]] = {
    "says": _said("model_responded"),
    "calls": _calls,
    "answers": _said("answered"),
    "retrieves": _placed("document_retrieved"),
    "remembers": _placed("memory_written"),
    "may": _tools,
}

PROCESS_VERBS: dict[str, Callable[[Scanner], Fields]] = {
    "exits": _exits,
    "opens": _opens,
    "connects": _remote("connection_opened"),
    "accepts": _remote("connection_accepted"),
    "resolves": _resolves,
    "uses": _uses,
    **{verb: _changes(change) for verb, change in CHANGES.items()},
}
