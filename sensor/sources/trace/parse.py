"""Trace notation → events. The grammar is in docs/reference/trace.md and is stable."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError

from sensor.errors import TraceError
from sensor.event import EVENT, Event
from sensor.identity import DEFAULT_TENANT, session_key
from sensor.sources.trace import clock
from sensor.sources.trace.clauses import (
    AGENT,
    PROCESS_VERBS,
    SUBJECTLESS,
    Fields,
    ending,
    extra,
    keyword,
    prompt,
    result,
)
from sensor.sources.trace.scan import ARGUMENT, WORD, Scanner, Statement, statements
from sensor.sources.trace.words import DIRECTIVES, RESERVED, ROLES, SPEAKERS

_KEY = re.compile(r"key:[0-9a-f]{32}(?=\s|:|$)")
_PLACE = re.compile(r"@\d{1,15}(?:\.\d{1,15})?(?=\s)")
_PROCESS = re.compile(r"[^\s\"(){}\[\],:=|@]+\[\d{1,18}(?:@-?\d{1,20})?(?: on [^\s\]]+)?\](?=\s|$)")
_PROCESS_PARTS = re.compile(r"(?P<name>[^\[]+)\[(?P<pid>\d+)(?:@(?P<started>-?\d+))?(?: on (?P<boot>[^\]]+))?\]")
BOOT = "trace"
"""Boot id of processes that a trace names without one."""


@dataclass(frozen=True, slots=True)
class Located:
    """An event and the line, from 1, that it was read from."""

    line: int
    event: Event


@dataclass(slots=True)
class Reader:
    """What earlier statements settle for later ones: session, time base, known processes, next position."""

    session: str
    tenant: str = DEFAULT_TENANT
    source: str = "trace"
    base_ns: int = clock.BASE_NS
    _next: dict[str, int] = field(default_factory=dict)
    _processes: dict[str, Fields] = field(default_factory=dict)
    _pids: int = 0

    def event(self, statement: Statement) -> Event | None:
        """Return the event of a statement, or `None` for a directive. Raises `TraceError`."""
        scan = Scanner(statement)
        for directive in DIRECTIVES:
            if scan.word(directive):
                self._directive(directive, scan)
                return None
        at_ns = self._time(scan)
        position, part = self._place(scan)
        fields = self._clause(scan)
        if not scan.done():
            scan.fail("the end of the line")
        fields = {
            "tenant": self.tenant, "session": self.session, "source": self.source,
            "position": position, "part": part, "at_ns": at_ns, **fields,
        }  # fmt: skip
        try:
            event = EVENT.validate_python(fields)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            raise TraceError(statement.number, 1, f"{place}: {first['msg']}") from error
        self._next[self.session] = event.position + 1
        return event

    def _directive(self, directive: str, scan: Scanner) -> None:
        match directive:
            case "session":
                self.session = self._session(scan)
            case "source":
                self.source = scan.argument("the name of a source")
            case "tenant":
                self.tenant = scan.name("the name of a tenant")
            case _:
                stamp = scan.match(clock.FULL) or scan.fail("a time such as 2026-01-31T12:00:00Z")
                self.base_ns = self._full(scan, stamp)
        if not scan.done():
            scan.fail("the end of the line")

    def _session(self, scan: Scanner) -> str:
        key = scan.match(_KEY)
        if key is not None:
            return key.removeprefix("key:")
        name = scan.name("the name of a session, or -")
        return "" if name == "-" else session_key("record", name, self.tenant)

    def _time(self, scan: Scanner) -> int | None:
        stamp = scan.match(clock.FULL)
        if stamp is not None:
            return self._full(scan, stamp)
        days, since = scan.match(clock.DAYS), scan.match(clock.CLOCK)
        if days is None and since is None:
            return None
        return self.base_ns + (clock.days(days) if days else 0) + (clock.clock(since) if since else 0)

    def _full(self, scan: Scanner, stamp: str) -> int:
        try:
            return clock.full(stamp)
        except ValueError:
            scan.fail(f"a day and time that exist before this, not {stamp}")

    def _place(self, scan: Scanner) -> tuple[int, int]:
        place = scan.match(_PLACE)
        if place is None:
            return self._next.get(self.session, 0), 0
        position, _, part = place[1:].partition(".")
        return int(position), int(part or 0)

    def _clause(self, scan: Scanner) -> Fields:
        first = WORD.match(scan.text, scan.at)
        word = first.group() if first else ""
        if _PROCESS.match(scan.text, scan.at):
            return self._process_clause(scan)
        if word in ROLES or word in SPEAKERS:
            return prompt(scan)
        if word in SUBJECTLESS:
            scan.word(word)
            return SUBJECTLESS[word](scan)
        if word == "agent":
            scan.word(word)
            return self._agent(scan)
        start = scan.at
        if scan.word("tool"):
            call_id = None
        elif word in RESERVED:
            scan.fail("a statement")
        else:
            call_id = scan.name("a speaker, agent, call id or process")
        if scan.word("returns"):
            return result(scan, call_id, failed=False)
        if scan.word("fails"):
            return result(scan, call_id, failed=True)
        scan.at = start
        return self._process_clause(scan)

    def _agent(self, scan: Scanner) -> Fields:
        if scan.word("hands"):
            scan.expect("over")
            scan.expect("to")
            to_session = self._session(scan)
            return {"kind": "agent_handed_over", "to_session": to_session, **ending(scan, "text")}
        for verb, read in AGENT.items():
            if scan.word(verb):
                return read(scan)
        return scan.fail(f"what the agent does: hands over, {', '.join(AGENT)}")

    def _process_clause(self, scan: Scanner) -> Fields:
        if scan.word("-"):
            subject: Fields | None = None
        else:
            subject = self._process(scan)
        if scan.word("starts"):
            return self._start(scan, subject)
        if subject is None:
            scan.fail("'starts', the only thing that happens without a known process")
        for verb, read in PROCESS_VERBS.items():
            if scan.word(verb):
                return {"process": subject, **read(scan)}
        return scan.fail(f"returns, fails, starts, {', '.join(PROCESS_VERBS)}")

    def _process(self, scan: Scanner, *, new: bool = False) -> Fields:
        written = scan.match(_PROCESS)
        parts = _PROCESS_PARTS.fullmatch(written) if written else None
        if parts is not None:
            process: Fields = {
                "boot_id": parts["boot"] or BOOT, "pid": int(parts["pid"]), "started_ns": int(parts["started"] or 0)
            }  # fmt: skip
            self._processes[parts["name"]] = process
            return process
        return self._named(scan.match(ARGUMENT) or scan.fail("a process"), new=new)

    def _named(self, name: str, *, new: bool) -> Fields:
        if new or name not in self._processes:
            self._pids += 1
            self._processes[name] = {"boot_id": BOOT, "pid": self._pids, "started_ns": 0}
        return self._processes[name]

    def _start(self, scan: Scanner, parent: Fields | None) -> Fields:
        executable = scan.argument("a program")
        argv = [executable]
        while not scan.done() and not keyword(scan, "as", "in", "with"):
            argv.append(scan.argument("an argument"))
        named = executable.rsplit("/", 1)[-1] or "process"
        child = self._process(scan, new=True) if scan.word("as") else self._named(named, new=True)
        fields: Fields = {"kind": "process_started", "process": child, "parent": parent, "executable": executable}
        fields["argv"] = list(argv)
        if scan.word("in"):
            fields["cwd"] = scan.argument("a folder")
        return {**fields, **extra(scan)}


def located(text: str, *, session: str = "trace", tenant: str = DEFAULT_TENANT) -> Iterator[Located]:
    """Yield the events of `text` with their lines. `session` names the run of events before the first `session` line.

    Raises `TraceError`, which names line and column.
    """
    reader = Reader(session_key("record", session, tenant), tenant)
    for statement in statements(text):
        event = reader.event(statement)
        if event is not None:
            yield Located(statement.number, event)


def parse(text: str, *, session: str = "trace", tenant: str = DEFAULT_TENANT) -> tuple[Event, ...]:
    """Return the events of `text`; see `located`."""
    return tuple(found.event for found in located(text, session=session, tenant=tenant))
