"""What runs beside an observed command: the engine, and a receiver for what the agent's own instrumentation sends."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from correlator.casebook import StoryRecord
    from correlator.listen import Engine
    from correlator.settings import Settings
    from sensor.event import Event
    from sensor.probes.secrets import Secrets
    from sensor.receive.receiver import Taker
    from sensor.sources.otlp.span import Span

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Where exporters send to (OpenTelemetry specification, OTLP exporter)."""
_SPAN_BYTES = 8_000
"""What one is held to take while it waits."""
_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True)
class Station:
    """Where an observation goes."""

    environment: Mapping[str, str]
    """In which instrumented programs send here."""
    saw: "Callable[[Sequence[Event], Sequence[Span]], None]"
    """Has what the kernel saw kept; where too much waits, it waits: the kernel's rings hold what comes."""


@contextmanager
def station(
    settings: "Settings", told: "Callable[[StoryRecord], None]" = lambda _: None, *, secrets: "Secrets | None" = None
) -> Iterator[Station]:
    """Give the station; all that came is kept and judged at the end. `told` gets each new or changed story, in the engine's thread.

    `secrets`: what is to be replaced in telemetry, in other threads than this; without, none is received. Who has said where his
    goes is left alone: the environment is given as it is.
    """
    from correlator.cli.listen import live
    from correlator.listen import Engine

    engine = Engine(lambda: live(settings, observes=True), told)
    engine.start()
    try:
        engine.ready.result()
        with receiving(engine.take, secrets, settings.tenant) as environment:
            yield Station(environment, partial(_saw, engine))
    finally:
        engine.stop()
    if engine.failure is not None:
        raise engine.failure


def _saw(engine: "Engine", events: "Sequence[Event]", spans: "Sequence[Span]") -> None:
    from sensor.receive.receiver import Busy, Received

    if not events and not spans:
        return
    found = Received(spans=tuple(spans), events=tuple(events))
    size = sum(len(event.content) for event in events) + _SPAN_BYTES * len(spans)
    while engine.failure is None:
        try:
            engine.put(found, size)
            return
        except Busy:
            time.sleep(_AGAIN_S)
    raise engine.failure


@contextmanager
def receiving(take: "Taker", secrets: "Secrets | None", tenant: str) -> Iterator[Mapping[str, str]]:
    """Give the environment in which instrumented programs send to `take`; see `station`."""
    from correlator.cli.observed import without_ours

    theirs = without_ours(os.environ)
    if secrets is None or any(theirs.get(name) for name in ENDPOINTS):
        yield theirs
        return
    with _receiving(take, secrets, tenant) as address:
        yield theirs | {ENDPOINTS[0]: address, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}


@contextmanager
def _receiving(take: "Taker", secrets: "Secrets", tenant: str) -> Iterator[str]:
    """Give the address at which telemetry is received."""
    import uvicorn

    from sensor.receive.http import application
    from sensor.receive.receiver import Received, Receiver

    def clean(found: Received) -> Received:
        return Received(tuple(secrets.without(found.spans)), tuple(secrets.without_in_alerts(found.alerts)))

    async def take_clean(found: Received, size: int) -> None:
        # In a thread: much text takes long, and others are waiting to be answered.
        await take(await asyncio.to_thread(clean, found), size)

    config = uvicorn.Config(
        application(Receiver(take_clean, None, tenant=tenant), sensors=False), host="127.0.0.1", port=0, log_level="error",
        access_log=False, timeout_graceful_shutdown=5, lifespan="off",
    )  # fmt: skip
    bound = config.bind_socket()
    bound.listen(1024)
    server = uvicorn.Server(config)
    serving = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="clew telemetry")
    serving.start()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        serving.join()
