"""Files of OpenTelemetry: spans and log records of any instrumented agent, and the events that they tell."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

from pydantic import JsonValue

from sensor.errors import SourceUnavailableError, Undecodable
from sensor.event import Event
from sensor.identity import DEFAULT_TENANT
from sensor.sources.lines import LIMITS, Broken, Limits, fingerprint
from sensor.sources.otlp import exported, json_form
from sensor.sources.otlp.decode import decode
from sensor.sources.otlp.decoded import Signal
from sensor.sources.otlp.derive import derive
from sensor.sources.otlp.logged import LoggedAlert
from sensor.sources.otlp.span import Span
from sensor.sources.records import Record, broken, records
from sensor.sources.unreadable import unparsed

_Found = tuple[Span, ...] | LoggedAlert | Broken
_PROTOBUF = b"\x0a"
"""First byte of both request messages: field 1, length-delimited. No text file begins with a line end and binary."""


def knows(value: JsonValue) -> bool:
    """Return whether a record holds spans in a form that is known."""
    return json_form.signal_of(value) is not None or exported.knows(value)


def is_binary(path: Path) -> bool:
    """Return whether a file looks like an OTLP request in protobuf, gzip or not; one that cannot be read is none."""
    try:
        with _opened(path) as file:
            head = file.read(64)
    except SourceUnavailableError:
        return False
    return head[:1] == _PROTOBUF and any(byte < 9 or 13 < byte < 32 or byte > 126 for byte in head[1:])


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Give the bytes of a file, unpacked where it is packed."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            with gzip.open(raw) if packed else raw as file:
                yield cast("IO[bytes]", file)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise SourceUnavailableError(path, "is packed, but breaks off or is damaged; copy it again") from None
    except OSError as error:
        raise SourceUnavailableError(
            path, f"cannot be opened: {error.strerror}; check the path and who may read it"
        ) from error


def read(
    path: Path, *, session: str | None = None, tenant: str = DEFAULT_TENANT, limits: Limits = LIMITS
) -> Iterator[Event]:
    """Yield the events of all sessions that the spans of a file tell of, and the alerts among its log records.

    `session` names the conversation where no span does. What cannot be read becomes `Unparsed`. Raises
    `SourceUnavailableError` if the file cannot be opened.
    """
    spans: list[Span] = []
    for found in _requests(path, limits):
        if isinstance(found, Broken):
            yield unparsed(found, "otlp", tenant)
        elif isinstance(found, LoggedAlert):
            yield from found.events(tenant, session)
        else:
            spans += found
    if session is not None:
        spans = [_named(span, session) for span in spans]
    yield from derive(spans, tenant)


def _requests(path: Path, limits: Limits) -> Iterator[_Found]:
    if is_binary(path):
        with _opened(path) as file:
            yield from _protobuf(file.read(limits.line))
        return
    for record in records(path, whole=exported.knows, limits=limits):
        yield from [record] if isinstance(record, Broken) else _record(record)


def _protobuf(body: bytes) -> Iterator[_Found]:
    refusal = ""
    signals: tuple[Signal, ...] = ("traces", "logs")
    for signal in signals:
        try:
            found = decode(body, signal=signal, json=False)
        except Undecodable as error:
            refusal = str(error)
            continue
        if found.spans or found.alerts or not found.refused:
            yield found.spans
            yield from found.alerts
            yield from (Broken(1, reason, fingerprint(reason.encode()), 0) for reason in found.refused)
            return
    yield Broken(1, refusal or "no span with ids", fingerprint(body), len(body))


def _record(record: Record) -> Iterator[_Found]:
    signal = json_form.signal_of(record.value)
    if signal is None:
        spans = exported.spans(record.value)
        yield spans or broken(record.number, "no spans in any known form", repr(record.value))
        return
    found = json_form.from_json(record.value, signal)
    yield found.spans
    yield from found.alerts
    yield from (broken(record.number, reason, f"{record.number} {reason}") for reason in found.refused)


def _named(span: Span, session: str) -> Span:
    """Return a span that is part of the conversation `session`, unless it says another."""
    return replace(span, attributes={"session.id": session, **span.attributes})
