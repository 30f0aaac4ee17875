"""What every door does with a request, whichever transport brought it: token, bounds, kept before it is acknowledged.

What is refused is told why, and whether to come again. The doors are OTLP over HTTP and gRPC (`otlp.py`), and over HTTP alerts of
other products (`alerts.py`) and what our own sensors send (`events.py`).
"""

import gzip
import hmac
import io
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from sensor.event import AlertReceived, Event, Unparsed
from sensor.identity import DEFAULT_TENANT
from sensor.sources.alerts.mapping import Mapping
from sensor.sources.otlp.span import Span

_CODES = {400: 3, 401: 16, 413: 8, 415: 3, 429: 8, 503: 14}
"""HTTP status → code of google.rpc.Status."""

Forward = Callable[[str, bytes, dict[str, str]], None]


class Busy(Exception):
    """The receiver cannot take more at the moment; the client is told when to come again."""

    def __init__(self, retry_after_s: int = 1, *, stopping: bool = False) -> None:
        super().__init__("stopping" if stopping else "more is waiting than may wait; come again")
        self.retry_after_s = retry_after_s
        self.stopping = stopping


@dataclass(frozen=True, slots=True)
class Received:
    """What one request brought."""

    spans: tuple[Span, ...] = ()
    alerts: tuple[AlertReceived | Unparsed, ...] = ()
    """Alerts of other products, and the marks of records that could not be read."""
    events: tuple[Event, ...] = ()
    """What our own sensors saw."""


class Taker(Protocol):
    """Where requests go."""

    async def __call__(self, found: Received, size: int) -> None:
        """Keep what a request brought; return when it is kept. `size`: bytes of the body. Raises `Busy`."""


class Sensors(Protocol):
    """Who knows the tokens of sensors."""

    def know(self, token: str) -> bool:
        """Return whether a sensor has this token."""
        ...

    def there_are_any(self) -> bool:
        """Return whether any sensor has one."""
        ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may be."""

    body: int = 64 << 20
    """Bytes of a body, unpacked."""
    packed: int = 16 << 20
    """Bytes of a body as it is sent."""
    alerts: int = 20_000
    """Records of alerts: an empty one needs three bytes to be sent, and a thousand times that to be kept."""
    events: int = 50_000
    """Lines that sensors send: so it is with them."""


class Refusal(Exception):
    """A request that is answered with an error: an HTTP status, or the code of google.rpc.Status for it."""

    def __init__(self, status: int, reason: str, retry_after_s: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.code = _CODES[status]
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Receiver:
    """Takes requests. `forward` gets path, body and headers of each OTLP request that is accepted, as they came."""

    take: Taker
    token: str | None = None
    """What clients of telemetry and alerts have to send, if anything."""
    sensors: "Sensors | None" = None
    """Our own sensors' tokens; without, they are let in like everybody."""
    is_open: bool = True
    """Whether everybody is let in as long as there is no `token`: nobody else can reach it."""
    bounds: Bounds = Bounds()
    forward: Forward | None = None
    tenant: str = DEFAULT_TENANT
    mapping: Mapping | None = None
    """How alerts are read in which it finds the rule."""

    def admit(self, authorization: str, *, sensor: bool = False) -> None:
        """Let a client in by what it says in `authorization`. Raises `Refusal`.

        `sensor`: whether it wants to say what the kernel saw. Where sensors have tokens, that takes one of these: what lets an
        agent send its telemetry does not let it speak for the kernel.
        """
        scheme, _, given = authorization.partition(" ")
        token = given.strip() if scheme.lower() == "bearer" else ""
        if self.sensors is not None and token and self.sensors.know(token):
            return
        if not (sensor and self.sensors is not None and self.sensors.there_are_any()):
            if self.token is None and self.is_open:
                return
            if self.token is not None and hmac.compare_digest(token.encode(), self.token.encode()):
                return
        raise Refusal(401, "no or another token; send it as `Authorization: Bearer …`")

    def unpacked(self, body: bytes, encoding: str) -> bytes:
        """Return a body without its content encoding. Raises `Refusal`."""
        match encoding.strip().lower():
            case "" | "identity":
                return body
            case "gzip" | "x-gzip":
                try:
                    with gzip.open(io.BytesIO(body)) as file:
                        found = file.read(self.bounds.body + 1)
                except (OSError, EOFError, zlib.error) as error:
                    raise Refusal(400, f"no gzip: {error}") from error
                if len(found) > self.bounds.body:
                    raise Refusal(413, f"more than {self.bounds.body} bytes when unpacked; send smaller batches")
                return found
        raise Refusal(415, f"content encoding {encoding[:40]!r}; send gzip or none")

    def counted(self, alerts: Iterable[AlertReceived | Unparsed]) -> tuple[AlertReceived | Unparsed, ...]:
        """Return the alerts of one request. Raises `Refusal` where there are more than may be."""
        most = self.bounds.alerts
        found = tuple(islice(alerts, most + 1))
        if len(found) > most:
            raise Refusal(413, f"more than {most} records; send smaller batches")
        return found

    async def keep(self, found: Received, size: int) -> None:
        """Return when what a request brought is kept. Raises `Refusal`."""
        try:
            await self.take(found, size)
        except Busy as busy:
            raise Refusal(503 if busy.stopping else 429, str(busy), busy.retry_after_s) from busy
