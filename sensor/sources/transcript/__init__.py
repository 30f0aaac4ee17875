"""Recorded conversations of agents, in the formats that agents and their APIs write."""

from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import JsonValue

from sensor.event import Event
from sensor.identity import DEFAULT_TENANT
from sensor.sources.lines import LIMITS, Broken, Limits
from sensor.sources.records import Record, broken, records
from sensor.sources.transcript import anthropic, chat, claude_code, responses, swe_agent
from sensor.sources.transcript.growth import Sessions
from sensor.sources.transcript.message import Recorded
from sensor.sources.unreadable import unparsed

FORMATS: dict[str, Callable[[JsonValue], Recorded | None]] = {
    "swe_agent": swe_agent.recorded,
    "responses": responses.recorded,
    "anthropic": anthropic.recorded,
    "chat": chat.recorded,
}
"""Formats whose record is a conversation. The first that knows its shape reads it: the most telling shape comes first.
Claude Code writes one line per message and is told apart by its lines (`claude_code.is_line`)."""


def knows(value: JsonValue) -> bool:
    """Return whether a record has the shape of any transcript format."""
    value, _ = _unpacked(value)
    return claude_code.is_line(value) or any(recorded(value) is not None for recorded in FORMATS.values())


def read(
    path: Path, *, session: str | None = None, tenant: str = DEFAULT_TENANT, limits: Limits = LIMITS
) -> Iterator[Event]:
    """Yield the events of all sessions of a file.

    `session` names the run where the file does not. A record that is no JSON, or of no known shape, becomes `Unparsed`.
    Raises `SourceUnavailableError` if the file cannot be opened.
    """
    sessions: dict[str, Sessions] = {}
    lines = claude_code.Lines("transcript:claude_code", tenant, session)
    for record in records(path, whole=belongs_together, limits=limits):
        if isinstance(record, Broken):
            yield unparsed(record, "transcript", tenant)
            continue
        value, packed = _unpacked(record.value)
        if isinstance(value, dict) and claude_code.is_line(value):
            yield from lines.line(value)
            continue
        yield from _conversation(record, value, packed=packed, sessions=sessions, named=session, tenant=tenant)
    yield from lines.end()
    for open_sessions in sessions.values():
        yield from open_sessions.end()


def belongs_together(value: JsonValue) -> bool:
    """Return whether a list that begins with `value` is one conversation: its messages or items, not many records."""
    return chat.is_message(value) or responses.is_item(value)


def _conversation(
    record: Record, value: JsonValue, *, packed: bool, sessions: dict[str, Sessions], named: str | None, tenant: str
) -> Iterator[Event]:
    for name, recorded in FORMATS.items():
        conversation = recorded(value)
        if conversation is not None:
            source = f"transcript:{name}"
            known = sessions.setdefault(name, Sessions(source, tenant, named))
            yield from known.record(conversation, number=record.number, alone=packed)
            return
    yield unparsed(broken(record.number, "no known transcript format", repr(value)), "transcript", tenant)


def _unpacked(value: JsonValue) -> tuple[JsonValue, bool]:
    """Return the record of a packed line `{"path": ..., "record": {...}}`. The path is a label and is not looked at."""
    if isinstance(value, dict) and isinstance(inner := value.get("record"), dict | list) and "messages" not in value:
        return inner, True
    return value, False
