"""Real brokers on loopback, Redis and RabbitMQ, each with a folder of its own; ended afterwards."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

_RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_OWNER = "rabbitmq"
PATIENCE_S = 60
"""Seconds that one may take to start."""


def has_redis() -> bool:
    """Return whether Redis is installed."""
    return shutil.which("redis-server") is not None


def has_rabbitmq() -> bool:
    """Return whether RabbitMQ is installed."""
    return _RABBITMQ.exists() and shutil.which("epmd") is not None


@contextmanager
def redis(port: int = 0) -> Iterator[str]:
    """Serve a Redis that keeps nothing, and give its address. Port 0 takes a free one."""
    port = port or free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with tempfile.TemporaryDirectory(prefix="clew-redis-") as folder, _running(command, port, {}, folder):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def rabbitmq(port: int = 0) -> Iterator[str]:
    """Serve a RabbitMQ, with a port mapper of its own, and give its address. Port 0 takes a free one."""
    port, mapper, distribution = port or free_port(), free_port(), free_port()
    as_owner = ["setpriv", f"--reuid={_OWNER}", f"--regid={_OWNER}", "--clear-groups"]
    with tempfile.TemporaryDirectory(prefix="clew-rabbitmq-") as folder, ExitStack() as stack:
        os.chown(folder, pwd.getpwnam(_OWNER).pw_uid, -1)
        environment = {
            "HOME": folder, "ERL_EPMD_PORT": str(mapper), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"clew{port}@localhost", "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port), "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia", "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins", "RABBITMQ_CONFIG_FILE": f"{folder}/none",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }  # fmt: skip
        stack.enter_context(_running([*as_owner, "epmd"], mapper, environment, folder))
        stack.enter_context(_running([*as_owner, str(_RABBITMQ)], port, environment, folder))
        yield f"amqp://guest:guest@127.0.0.1:{port}//"


@contextmanager
def _running(command: Sequence[str], port: int, environment: Mapping[str, str], folder: str) -> Iterator[None]:
    """Run a server and what it starts, as a group of processes of their own, until it is done with."""
    log = Path(folder) / "said"
    with log.open("ab") as said:
        process = subprocess.Popen(
            command, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=folder,
            start_new_session=True,
        )  # fmt: skip
        try:
            _await(process, port, log)
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    enough = time.monotonic() + PATIENCE_S
    while time.monotonic() < enough and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} did not start: {log.read_text('utf-8', 'replace')[-1_000:]}")


def free_port() -> int:
    """Return a port that nobody has at the moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
