"""A receiver of telemetry while a command runs: what the agent's own instrumentation says goes where the kernel's goes."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from correlator.settings import Settings

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Where exporters send to (OpenTelemetry specification, OTLP exporter)."""


@contextmanager
def received(settings: "Settings") -> Iterator[Mapping[str, str]]:
    """Give the environment in which instrumented programs send here; all that came is kept and judged at the end.

    Who has said where telemetry goes is left alone: the environment is given as it is.
    """
    if any(os.environ.get(name) for name in ENDPOINTS):
        yield os.environ
        return
    import uvicorn

    from correlator.cli.listen import live
    from correlator.listen import Engine
    from sensor.receive.http import application
    from sensor.receive.receiver import Receiver

    engine = Engine(lambda: live(settings), lambda _: None)
    engine.start()
    engine.ready.result()
    config = uvicorn.Config(
        application(Receiver(engine.take, None, tenant=settings.tenant)), host="127.0.0.1", port=0, log_level="error",
        access_log=False, timeout_graceful_shutdown=5, lifespan="off",
    )  # fmt: skip
    bound = config.bind_socket()
    bound.listen(1024)
    server = uvicorn.Server(config)
    serving = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="clew telemetry")
    serving.start()
    try:
        address = f"http://127.0.0.1:{bound.getsockname()[1]}"
        yield os.environ | {ENDPOINTS[0]: address, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    finally:
        server.should_exit = True
        serving.join()
        engine.stop()
    if engine.failure is not None:
        raise engine.failure
