"""What runs beside an observed command whose events go elsewhere: a spool on disk, and what sends from it to `POST /v1/events`."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from sensor.errors import SpoolUnusable

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

MOST_HELD = 100_000
"""Events and spans that are held while the spool cannot be written."""
ToOption = typer.Option(
    "--to",
    help="Send what is seen to the `clew listen` at this URL, with CLEW_TOKEN, and judge nothing here.",
    metavar="URL",
)


def address(to: str | None) -> str | None:
    """Return the address, checked. Raises `typer.BadParameter`."""
    if to is None:
        return None
    try:
        parts = urlsplit(to)
        if (
            parts.scheme in ("http", "https")
            and parts.hostname
            and parts.port != 0
            and not (parts.username or parts.query)
        ):
            return to
    except ValueError:
        pass
    # Without what it says: there may be a password in it.
    raise typer.BadParameter("give http://host:port or https://host:port, without user or query", param_hint="--to")


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
    sender = _sender(settings, to, say, {"tenant": settings.tenant, "source": SOURCE})
    sender.start()
    try:
        with receiving(keep.take, secrets, settings.tenant) as environment:
            yield Station(environment, keep.saw)
    finally:
        keep.close()
        sender.stop(PATIENCE_S)
        try:
            _conclude(settings, sender.records, keep.lost, to, say)
        except SpoolUnusable as error:
            # The command has ended: what fails of ours does not change what it returned.
            say(f"clew: {error}")


def ship(settings: "Settings", to: str, say: Callable[[str], None], *, patience_s: float) -> "Waiting":
    """Send what an earlier command has left; return what still waits."""
    from sensor.probes.origin import SOURCE
    from sensor.ship.outgoing import Outgoing

    outgoing = Outgoing(settings.store / SPOOL_FILE)
    outgoing.try_again()
    outgoing.close()
    sender = _sender(settings, to, say, {"tenant": settings.tenant, "source": SOURCE})
    sender.start()
    sender.stop(patience_s)
    return _conclude(settings, sender.records, 0, to, say)


def _sender(settings: "Settings", to: str, say: Callable[[str], None], about: dict[str, object]) -> "Shipper":
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
        text += f"; {waiting.aside} batches were refused, which that would try again"
    if lost:
        text += f"; {lost} could not be kept"
    say(text)
    return waiting


class _Keep:
    """Writes to the spool what two threads see: who observes, and who receives telemetry.

    Where the spool cannot be written, such as on a full disk, what was seen is held for a while, tried again, and then counted.
    """

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
        clean = self._clean(events, spans)
        with self._lock:
            self._events += clean[0]
            self._spans += clean[1]
            if self._held >= _MUCH or time.monotonic() - self._written >= _OFTEN_S:
                with suppress(SpoolUnusable):
                    self._write()

    async def take(self, found: "Received", size: int) -> None:  # noqa: ARG002 - what a `Taker` is given
        """Keep telemetry (`sensor.receive.receiver.Taker`)."""
        import asyncio

        await asyncio.to_thread(self._keep, found)

    def _keep(self, found: "Received") -> None:
        """Keep all of it before it is acknowledged, or have it sent again. Raises `Busy`."""
        from sensor.receive.receiver import Busy

        events, spans = self._clean(found.alerts, found.spans)
        try:
            with self._lock:
                left = self._outgoing.add(events, spans, or_nothing=True)
        except SpoolUnusable as error:
            raise Busy(5) from error
        if left:
            raise Busy(5)

    def _clean(self, events: "Sequence[Event]", spans: "Sequence[Span]") -> "tuple[list[Event], list[Span]]":
        from sensor.redact import redact
        from sensor.sources.otlp.spool import cleaned

        return [redact(event, self._key) for event in events], [cleaned(span, self._key) for span in spans]

    @property
    def _held(self) -> int:
        return len(self._events) + len(self._spans)

    def _write(self) -> None:
        """Write what is held. Raises `SpoolUnusable`; then it is still held, as far as there is room."""
        self._written = time.monotonic()
        if not self._held:
            return
        try:
            self.lost += self._outgoing.add(self._events, self._spans)
        except SpoolUnusable:
            if self._held <= MOST_HELD:
                raise
            self.lost += self._held
        self._events, self._spans = [], []

    def close(self) -> None:
        """Write what is left, and let go of the file."""
        with self._lock:
            try:
                self._write()
            except SpoolUnusable:
                self.lost += self._held
        self._outgoing.close()
