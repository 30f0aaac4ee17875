"""Records → events: each by itself, and those of plaintext together, as the conversation that they are part of."""

from collections.abc import Iterator

from sensor.event import CaptureStatus, Event, HttpRequested, HttpResponded, Unparsed
from sensor.identity import digest
from sensor.probes.origin import SOURCE, Origin
from sensor.probes.record import Record
from sensor.probes.table import decode
from sensor.probes.tls.connections import Connections, Said
from sensor.sources.otlp.derive import derive
from sensor.sources.otlp.span import Span
from sensor.wire.exchange import Exchange, Undecoded, header
from sensor.wire.model import UNREAD, span_of


class Wire:
    """What one run of a sensor has seen."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._connections = Connections(origin)
        self._spans: list[Span] = []
        self._number = 0

    def take(self, record: Record) -> Iterator[Event]:
        """Yield what a record tells, alone or with those before it."""
        yield from decode(record, self._origin)
        try:
            for said in self._connections.take(record):
                yield from self._told(said, record.at_ns)
        except Exception as error:  # noqa: BLE001 - what a traced process says must not end its observation
            yield self._unread(f"{type(error).__name__}: {error}", record.at_ns, len(record.payload))

    def end(self, at_ns: int) -> Iterator[Event]:
        """Yield what is left of the connections, and the conversations with models."""
        try:
            for said in self._connections.end(at_ns):
                yield from self._told(said, at_ns)
            for event in derive(self._spans, self._origin.tenant):
                yield event.model_copy(update={"source": f"{SOURCE}:tls"})
        except Exception as error:  # noqa: BLE001 - as above
            yield self._unread(f"{type(error).__name__}: {error}", at_ns, 0)

    def _told(self, said: Said, at_ns: int) -> Iterator[Event]:
        # Two connections may have said the same at one moment.
        self._number += 1
        about = {
            "tenant": self._origin.tenant, "session": "", "source": SOURCE, "position": at_ns, "part": self._number,
        }  # fmt: skip
        if isinstance(said.what, Undecoded):
            yield Unparsed(
                **about, at_ns=self._origin.booted_ns + at_ns, reason=said.what.reason, size=said.what.size,
                digest=digest("plaintext", said.connection, said.number), where=f"TLS of process {said.process.pid}",
            )  # fmt: skip
            return
        span = span_of(said.what, said.connection, said.number)
        if span is not None:
            self._spans.append(span)
            if unread := span.text(UNREAD):
                subject = f"TLS of process {said.process.pid}"
                yield CaptureStatus(**about, at_ns=self._origin.booted_ns + at_ns, subject=subject, unseen=(unread,))
        yield from _http(said.what, about)

    def _unread(self, reason: str, at_ns: int, size: int) -> Unparsed:
        self._number += 1
        return Unparsed(
            tenant=self._origin.tenant, session="", source=SOURCE, position=at_ns, part=self._number,
            at_ns=self._origin.booted_ns + at_ns, reason=reason[:200], size=size, where="plaintext",
            digest=digest("plaintext", at_ns, self._number),
        )  # fmt: skip


def _http(exchange: Exchange, about: dict[str, object]) -> Iterator[Event]:
    """Tell a request and its response without their bodies: those of models are told as messages."""
    request, response = exchange.request, exchange.response
    host = header(request.headers, "host")
    yield HttpRequested(
        **about, at_ns=request.begun_ns, method=request.method, url=f"https://{host}{request.target}",
        body_bytes=len(request.body) + request.missing,
    )  # fmt: skip
    if response is not None:
        yield HttpResponded(
            **about, at_ns=response.ended_ns, status=response.status, body_bytes=len(response.body) + response.missing
        )
