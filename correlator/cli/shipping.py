"""What runs beside an observed command whose events go elsewhere: a spool on disk, and what sends from it to `POST /v1/events`."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

if TYPE_CHECKING:
    from correlator.cli.station import Station
    from correlator.settings import Settings
    from sensor.event import Event
    from sensor.probes.secrets import Secrets
    from sensor.receive.receiver import Received
    from sensor.ship.outgoing import Waiting
    from sensor.ship.shipper import Shipper
    from sensor.sources.otlp.span import Span

SPOOL_FILE = "outgoing.db"
PATIENCE_S = 10.0
"""Seconds for which what waits is sent when a command has ended; the rest waits for the next one, or for `clew ship`."""
_OFTEN_S, _MUCH = 0.5, 256
"""Seconds, and events, after which what was seen is written to disk: a commit for each look would wait for the disk at each."""

ToOption = typer.Option(
    "--to",
    help="Send what is seen to the `clew listen` at this URL, with CLEW_TOKEN, and judge nothing here.",
    metavar="URL",
)


def address(to: str | None) -> str | None:
    """Return the address, checked. Raises `typer.BadParameter`."""
    if to is not None and (urlsplit(to).scheme not in ("http", "https") or not urlsplit(to).netloc):
        raise typer.BadParameter(f"{to!r} is no http or https URL", param_hint="--to")
    return to


@contextmanager
def shipping(
    settings: "Settings", to: str, say: Callable[[str], None], *, secrets: "Secrets | None" = None
) -> "Iterator[Station]":
    """Give a station that keeps all on disk and sends it; `secrets` as in `correlator.cli.station.station`."""
    from correlator.cli.station import Station, receiving
    from correlator.key import redaction_key
    from sensor.probes.origin import SOURCE

    key = redaction_key(settings)
    keep = _Keep(settings, key)
    sender = _sender(settings, to, say, about={"tenant": settings.tenant, "source": SOURCE})
    sender.start()
    try:
        with receiving(keep.take, secrets, settings.tenant) as environment:
            yield Station(environment, keep.saw)
    finally:
        keep.close()
        sender.stop(PATIENCE_S)
        _conclude(settings, sender.records, keep.lost, to, say)


def ship(settings: "Settings", to: str, say: Callable[[str], None], *, patience_s: float) -> "Waiting":
    """Send what an earlier command has left; return what still waits."""
    sender = _sender(settings, to, say)
    sender.start()
    sender.stop(patience_s)
    return _conclude(settings, sender.records, 0, to, say)


def _sender(
    settings: "Settings", to: str, say: Callable[[str], None], about: dict[str, object] | None = None
) -> "Shipper":
    from sensor.ship.outgoing import Outgoing
    from sensor.ship.shipper import Shipper

    return Shipper(
        lambda: Outgoing(settings.store / SPOOL_FILE),
        to,
        settings.token,
        lambda text: say(f"clew: {text}"),
        about=about,
    )


def _conclude(settings: "Settings", sent: int, lost: int, to: str, say: Callable[[str], None]) -> "Waiting":
    from sensor.ship.outgoing import Outgoing

    outgoing = Outgoing(settings.store / SPOOL_FILE)
    try:
        waiting = outgoing.waiting()
    finally:
        outgoing.close()
    text = f"clew: {sent} events and spans were sent to {to}"
    if waiting.batches:
        text += f"; {waiting.batches} batches wait in {settings.store / SPOOL_FILE}: `clew ship --to {to}` sends them"
    if waiting.aside:
        text += f"; {waiting.aside} batches were refused and are kept there"
    if lost:
        text += f"; for {lost} there was no room, which is told"
    say(text)
    return waiting


class _Keep:
    """Writes to the spool what two threads see: who observes, and who receives telemetry."""

    def __init__(self, settings: "Settings", key: bytes) -> None:
        from sensor.ship.outgoing import Outgoing

        self.lost = 0
        self._key = key
        self._lock = threading.Lock()
        self._outgoing = Outgoing(settings.store / SPOOL_FILE)
        self._events: list[Event] = []
        self._spans: list[Span] = []
        self._written = time.monotonic()

    def saw(self, events: "Sequence[Event]", spans: "Sequence[Span]") -> None:
        """Take what the kernel saw, and write it soon."""
        from sensor.redact import redact
        from sensor.sources.otlp.spool import cleaned

        with self._lock:
            self._events += [redact(event, self._key) for event in events]
            self._spans += [cleaned(span, self._key) for span in spans]
            if len(self._events) + len(self._spans) >= _MUCH or time.monotonic() - self._written >= _OFTEN_S:
                self._write()

    async def take(self, found: "Received", size: int) -> None:  # noqa: ARG002 - what a `Taker` is given
        """Keep telemetry (`sensor.receive.receiver.Taker`)."""
        import asyncio

        await asyncio.to_thread(self._keep, found)

    def _keep(self, found: "Received") -> None:
        self.saw(found.alerts, found.spans)
        with self._lock:
            self._write()  # before it is acknowledged

    def _write(self) -> None:
        if self._events or self._spans:
            self.lost += self._outgoing.add(self._events, self._spans)
        self._events, self._spans = [], []
        self._written = time.monotonic()

    def close(self) -> None:
        """Write what is left, and let go of the file."""
        with self._lock:
            self._write()
        self._outgoing.close()
