"""Records → events: each by itself, and those of plaintext together, as the conversation that they are part of."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from sensor.cut import without_last_word
from sensor.event import (
    CaptureStatus,
    DatabaseQueried,
    Event,
    HttpRequested,
    HttpResponded,
    ProcessId,
    SensitiveSent,
    ToolServed,
    Unparsed,
)
from sensor.identity import digest
from sensor.probes.decode import ALONE, decode
from sensor.probes.origin import SOURCE, Origin
from sensor.probes.process.folders import Folders
from sensor.probes.record import Record, Type
from sensor.probes.secrets import Secrets
from sensor.probes.streams.output import Written
from sensor.probes.streams.sockets import Heard
from sensor.probes.streams.streams import Streams
from sensor.probes.tls.connections import WAYS, Connections, Said
from sensor.probes.tls.unheard import Unheard
from sensor.sensitive import MOST_TEXT
from sensor.sources.otlp.span import Span
from sensor.wire.body import Unreadable, decoded
from sensor.wire.exchange import Exchange, Headers, Request, Undecoded, header
from sensor.wire.mcp import served_by
from sensor.wire.model import UNREAD, exchange_id, span_of
from sensor.wire.postgres import Query

REDIRECTS = 300
"""Status from which on a server does not do what it was asked for (RFC 9110, 15)."""
MOST_KEPT = 32 << 10
"""Bytes of a body that are kept of what is no talk with a model."""

Way = Literal["tls", "http"]
"""How something was heard: inside TLS, or in plain text."""
_SPOKEN: dict[Way, str] = {"tls": "TLS", "http": "plain text"}


class Wire:
    """What one run of a sensor has seen."""

    def __init__(self, origin: Origin, written: Written | None = None, secrets: Secrets | None = None) -> None:
        """`written`: how many bytes a process wrote to a stream, by their numbers; without, only what records say is known.

        `secrets`: what is looked for in what is sent.
        """
        self._secrets = secrets
        self._origin = origin
        self._connections = Connections(origin)
        self._folders = Folders()
        self._streams = Streams(origin, self._about, written)
        self._unheard = Unheard(lambda at_ns: self._about(origin.booted_ns + at_ns))
        self._spans: list[Span] = []
        self._number = 0

    def take(self, record: Record) -> Iterator[Event]:
        """Yield what a record tells, alone or with those before it."""
        if record.type == Type.EXITED:
            # What it has said was said before it ended.
            yield from self._together(record)
            yield from decode(record, self._origin)
            return
        if record.type not in WAYS:  # most of them are, and say nothing else
            yield from self._folders.absolute(record, decode(record, self._origin))
        if record.type not in ALONE:
            yield from self._together(record)

    def _together(self, record: Record) -> Iterator[Event]:
        try:
            for said in self._connections.take(record):
                yield from self._told(said, record.at_ns)
            if record.type in WAYS:
                self._unheard.hear(record)
                return
            self._folders.take(record)
            yield from self._unheard.take(record)
            for found in self._streams.take(record):
                yield from self._plain(found, record.at_ns)
        except Exception as error:  # noqa: BLE001 - what a traced process says must not end its observation
            yield self._unread(f"{type(error).__name__}: {error}", record.at_ns, len(record.payload))

    def spans(self) -> list[Span]:
        """Return the talks with models that were complete since this was asked for last."""
        found, self._spans = self._spans, []
        if self._secrets is None:
            return found
        self._secrets.ask()
        return list(self._secrets.without(found))

    def end(self, at_ns: int) -> Iterator[Event]:
        """Yield what is left of the connections."""
        try:
            for said in self._connections.end(at_ns):
                yield from self._told(said, at_ns)
            yield from self._unheard.end(at_ns)
            for found in self._streams.end(at_ns):
                yield from self._plain(found, at_ns)
        except Exception as error:  # noqa: BLE001 - as above
            yield self._unread(f"{type(error).__name__}: {error}", at_ns, 0)

    def _plain(self, found: Event | Heard, at_ns: int) -> Iterator[Event]:
        if isinstance(found, Heard):
            yield from self._told(found.said, at_ns, "http", found)
            return
        yield found
        if isinstance(found, ToolServed) and found.client is not None:
            text = json.dumps(found.arguments, ensure_ascii=False)
            yield from self._leaks(found.position, found.client, found.trace_id, f"mcp://{found.name[:200]}", (text,))

    def _told(self, said: Said, at_ns: int, way: Way = "tls", heard: Heard | None = None) -> Iterator[Event]:
        if isinstance(said.what, Query):
            process = said.process
            peer = heard.peer if heard else self._streams.secured((process.pid, process.started_ns))
            yield from self._queried(said, said.what, peer)
            return
        if isinstance(said.what, Undecoded):
            yield Unparsed(
                **self._about(self._origin.booted_ns + at_ns), reason=said.what.reason, size=said.what.size,
                digest=digest("plaintext", said.connection, said.number), where=_where(said, way),
            )  # fmt: skip
            return
        yield from self._exchanged(said, said.what, at_ns, way, heard.server if heard else None)

    def _queried(self, said: Said, query: Query, server: str) -> Iterator[Event]:
        trace_id, sent = exchange_id(said.connection, said.number), (query.statement, *query.parameters)
        # Before the query itself: who hears of that learns what it brought.
        yield from self._leaks(query.begun_ns, said.process, trace_id, f"postgresql://{server}", sent, server)
        yield DatabaseQueried(
            **self._about(query.begun_ns), process=said.process, trace_id=trace_id, system="postgresql", server=server,
            statement=query.statement, parameters=query.parameters, rows=query.rows, result=query.result or None,
        )  # fmt: skip

    def _exchanged(
        self, said: Said, exchange: Exchange, at_ns: int, way: Way, server: ProcessId | None
    ) -> Iterator[Event]:
        span = span_of(exchange, said.connection, said.number, f"{SOURCE}:{way}")
        if span is not None:
            self._spans.append(span)
            if unread := span.text(UNREAD):
                subject = _where(said, way)
                yield CaptureStatus(
                    **self._about(self._origin.booted_ns + at_ns), subject=subject, unseen=(unread,)
                )  # fmt: skip
        yield from self._http(said, exchange, way, told=span is not None)
        for served in served_by(exchange):
            yield ToolServed(
                **self._about(exchange.request.begun_ns), process=server, client=said.process, request_id=served.call.id,
                trace_id=exchange_id(said.connection, said.number),
                name=served.call.name, arguments=served.call.arguments, text=served.result.text if served.result else None,
                failed=served.result.failed if served.result else False, ended_ns=served.ended_ns,
            )  # fmt: skip

    def _http(self, said: Said, exchange: Exchange, way: Way, *, told: bool) -> Iterator[Event]:
        """Tell a request and its response; without their bodies where these are `told` as messages of a conversation."""
        request, response = exchange.request, exchange.response
        trace_id, url = exchange_id(said.connection, said.number), _url(request, way)
        yield HttpRequested(
            **self._about(request.begun_ns), process=said.process, trace_id=trace_id, method=request.method,
            url=url, body_bytes=len(request.body) + request.missing,
            body=None if told else _text(request.body, request.headers),
        )  # fmt: skip
        # An agent tells its model what its tools return: that is no leak. Nor is a key in the headers, which it is for.
        if self._secrets is not None and not (told and self._is_its_model(said.process, exchange, way)):
            sent = (request.target, _text(request.body, request.headers, MOST_TEXT) or "")
            yield from self._leaks(request.begun_ns, said.process, trace_id, _server(url), sent)
        if response is not None:
            yield HttpResponded(
                **self._about(response.ended_ns), process=said.process, trace_id=trace_id, status=response.status,
                media_type=header(response.headers, "content-type").partition(";")[0].strip().lower() or None,
                body_bytes=len(response.body) + response.missing,
                body=None if told else _text(response.body, response.headers),
            )  # fmt: skip

    def _is_its_model(self, process: ProcessId, exchange: Exchange, way: Way) -> bool:
        response, host = exchange.response, header(exchange.request.headers, "host")
        answered = response is not None and response.status < REDIRECTS
        return self._secrets is not None and self._secrets.is_its_model(
            process, host, secured=way == "tls", answered=answered
        )

    def _leaks(
        self, at_ns: int, process: ProcessId, trace_id: str | None, url: str, sent: Iterable[str], database: str = ""
    ) -> Iterator[SensitiveSent]:
        """Tell what is sensitive in what was sent. What goes back to the `database` that it was read from does not leave."""
        if self._secrets is None:
            return
        for source, pieces in self._secrets.found(*sent).items():
            if source.what != "table" or not database or source.server != database:
                yield SensitiveSent(
                    **self._about(at_ns), process=process, trace_id=trace_id, what=source.what, name=source.name, url=url,
                    own=self._secrets.is_own(process, source), pieces=pieces,
                )  # fmt: skip

    def _unread(self, reason: str, at_ns: int, size: int) -> Unparsed:
        return Unparsed(
            **self._about(self._origin.booted_ns + at_ns), reason=reason[:200], size=size, where="plaintext",
            digest=digest("plaintext", at_ns, self._number),
        )  # fmt: skip

    def _about(self, at_ns: int) -> dict[str, Any]:
        # Two connections may have said the same at one moment.
        self._number += 1
        return {
            "tenant": self._origin.tenant, "session": "", "source": SOURCE, "position": at_ns, "part": self._number,
            "at_ns": at_ns,
        }  # fmt: skip


def _where(said: Said, way: Way) -> str:
    return f"{_SPOKEN[way]} of process {said.process.pid}"


def _url(request: Request, way: Way) -> str:
    """Return what is asked for. A proxy is asked for a whole URL, or for a tunnel to a host (RFC 9112, 3.2)."""
    scheme = "https" if way == "tls" else "http"
    if request.method == "CONNECT":
        return f"{scheme}://{request.target}"
    if request.target.startswith(("http://", "https://")):
        return request.target
    return f"{scheme}://{header(request.headers, 'host')}{request.target}"


def _server(url: str) -> str:
    """Return scheme, host and port of a URL: a secret may be in any other part."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{_AUTHORITY.split(rest, maxsplit=1)[0].rpartition('@')[2]}"


_AUTHORITY = re.compile(r"[/?#]")
"""What ends it (RFC 3986, 3.2)."""


def _text(body: bytes, headers: Headers, most: int = MOST_KEPT) -> str | None:
    """Return as much of a body as is kept, `None` where it is no text."""
    if not body:
        return None
    try:
        data = decoded(body, headers)
    except Unreadable:
        return None
    try:
        text = data[:most].decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        if error.start <= most - 4:
            return None
        text = data[: error.start].decode("utf-8")  # the cut went through a character
    return text if len(data) <= most else without_last_word(text)
