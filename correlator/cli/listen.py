"""`clew listen`: telemetry and alerts as they arrive → stories in the terminal."""

import ipaddress
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from correlator.cli.interrupt import heard
from correlator.cli.verb import Run, verb

if TYPE_CHECKING:
    import socket

    import uvicorn

    from correlator.casebook import StoryRecord
    from correlator.live import Live
    from correlator.settings import Settings
    from sensor.receive.receiver import Receiver
    from sensor.sources.alerts.mapping import Mapping

app = typer.Typer(rich_markup_mode=None, add_completion=False)
PORT = 4318
"""OTLP over HTTP."""


@app.command()
@verb
def listen(
    run: Run,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65_535)] = PORT,
    grpc_port: Annotated[
        int | None,
        typer.Option(
            help="Port of OTLP over gRPC, usually 4317; 0 takes a free one. Off if not given.", min=0, max=65_535
        ),
    ] = None,
    forward: Annotated[
        str | None, typer.Option(help="Collector to pass all telemetry on to, unchanged.", metavar="URL")
    ] = None,
    alert_mapping: Annotated[
        str | None,
        typer.Option(
            help="Which field is what in alerts of a product that is not known; docs/reference/alerts.md.",
            metavar="FILE",
        ),
    ] = None,
    workload: Annotated[str | None, typer.Option(help="Label of the agents; service.name if not given.")] = None,
    policy: Annotated[str | None, typer.Option(help="Policy file; the shipped one if not given.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Score from which on a chain is a story.")] = None,
) -> int:
    """Receive OpenTelemetry and alerts, and tell stories as soon as their chain is complete.

    Point any instrumented agent at it: OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318. Alerts of other products are taken at
    /v1/alerts, as JSON, and what our own sensors see (`clew run --to`) at /v1/events. What was received is kept in the store before
    it is acknowledged. Ctrl-C ends.
    """
    from correlator.cli.desk import opened_casebook
    from sensor.sources.alerts.mapping import load

    settings = run.settings(workload=workload, policy=policy, threshold=threshold)
    with opened_casebook(settings) as casebook:
        if not _loopback(host) and settings.token is None and not casebook.tokens(settings.tenant):
            raise typer.BadParameter(
                f"{host} can be reached by others: set CLEW_TOKEN (8 characters or more) first, or give sensors theirs with "
                "`clew sensor add`", param_hint="--host",
            )  # fmt: skip
    if forward is not None and urlsplit(forward).scheme not in ("http", "https"):
        raise typer.BadParameter(f"{forward!r} is no http or https URL", param_hint="--forward")
    if grpc_port is not None and find_spec("grpc") is None:
        raise typer.BadParameter(
            "gRPC is not installed: pip install --no-deps -r requirements/fleet.lock", param_hint="--grpc-port"
        )
    mapping = load(Path(alert_mapping)) if alert_mapping else None
    return _serve(run, settings, host, port, grpc_port, forward, mapping)


def _serve(
    run: Run, settings: "Settings", host: str, port: int, grpc_port: int | None, forward: str | None,
    mapping: "Mapping | None",
) -> int:  # fmt: skip
    from correlator.cli.desk import opened_casebook
    from correlator.forward import Forwarder
    from correlator.listen import Engine
    from correlator.tokens import Tokens
    from sensor.receive.receiver import Receiver

    # In a fleet the stores are elsewhere, and come back.
    troubled = None if settings.broker is None else run.say
    engine = Engine(lambda: live(settings), lambda record: tell_now(run, settings, record), troubled=troubled)
    engine.start()
    onward = Forwarder(forward, run.say) if forward else None
    try:
        engine.ready.result()
        from correlator.collector import settle_memory

        settle_memory()
        if onward is not None:
            onward.start()
        with opened_casebook(settings) as casebook:
            receiver = Receiver(
                engine.take, settings.token, sensors=Tokens(casebook, settings.tenant), is_open=_loopback(host),
                forward=onward.pass_on if onward else None, tenant=settings.tenant, mapping=mapping,
            )  # fmt: skip
            server, socket = _server(run, receiver, host, port, grpc_port)
            _end_with(engine, server)
            server.run(sockets=[socket])
    except KeyboardInterrupt:
        # The way to end it. While it serves, uvicorn takes the first Ctrl-C, ends, and sends the signal again.
        heard()
    finally:
        engine.stop()
        if onward is not None and onward.is_alive():
            onward.stop()
    if engine.failure is not None:
        raise engine.failure
    return 0


def _server(
    run: Run, receiver: "Receiver", host: str, port: int, grpc_port: int | None
) -> "tuple[uvicorn.Server, socket.socket]":
    """Return the server with the socket of HTTP, and tell where clients may connect as soon as they may."""
    import uvicorn

    from correlator.errors import PortTaken
    from sensor.receive.http import application

    config = uvicorn.Config(
        application(receiver),
        host=host,
        port=port,
        http="h11",  # which bounds heads; httptools, were it taken because it is here, would not
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=5,
        lifespan="off",
    )
    try:
        bound = config.bind_socket()
    except SystemExit:
        raise PortTaken(f"{host}:{port}", "--port") from None
    address, free = bound.getsockname()[:2]

    def tell(grpc: str = "") -> None:
        run.say(f"listening at http://{host}:{free} for OTLP/HTTP{grpc} (traces, logs) and alerts; Ctrl-C ends")

    if grpc_port is None:
        bound.listen(1024)  # from now on clients may connect
        tell()
        return uvicorn.Server(config), bound
    # Else gRPC writes to stderr by itself, as often as any client makes it.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from correlator.serve import Server

    return Server(
        config, receiver, address, grpc_port, lambda at: tell(f" and http://{host}:{at} for OTLP/gRPC")
    ), bound


def _end_with(engine: threading.Thread, server: "uvicorn.Server") -> None:
    """Have the server end when the engine does: nothing more can be kept then."""

    def watch() -> None:
        engine.join()
        server.should_exit = True

    threading.Thread(target=watch, name="clew watch", daemon=True).start()


@contextmanager
def live(settings: "Settings", *, observes: bool = False) -> "Iterator[Live]":
    """Give the engine's stores, in the thread that uses them; `observes` as `correlator.live.Live` has it."""
    from correlator.cli.desk import opened
    from correlator.live import Live
    from correlator.wiring import open_dispatcher, open_spool

    dispatcher = open_dispatcher(settings) if settings.broker is not None else None
    with opened(settings) as desk:
        spool = open_spool(settings, desk.key)
        try:
            yield Live(desk, spool, dispatcher, observes=observes)
        finally:
            spool.close()


def tell_now(run: Run, settings: "Settings", record: "StoryRecord") -> None:
    """Print a story as soon as it is there."""
    from correlator.cli.desk import notes
    from correlator.render import render

    if run.json:
        run.out(json.dumps(record.story.model_dump(mode="json"), ensure_ascii=False) + "\n")
    else:
        story = render(record.story, "terminal", notes=notes(record, settings), width=run.width, color=run.color)
        run.out(f"{story}\n{'─' * run.width}\n\n")
    sys.stdout.flush()


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
