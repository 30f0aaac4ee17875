"""`clew listen --grpc-port` as a process of its own: told, stopped, passed on, and refused where it cannot be."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grpc import Compression, StatusCode

from tests.correlator.test_cli_listen import BODIES, PROTOBUF, collector, environment, post, start, story
from tests.sensor.receive.test_grpc import export

__all__ = ["collector"]  # a fixture


@contextmanager
def listening(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Start `clew listen` on free ports and give the process, the address of HTTP and that of gRPC."""
    with start(folder, "--port=0", "--grpc-port=0", "--json", *words) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            both = re.fullmatch(r"listening at (\S+) for OTLP/HTTP and http://(\S+) for OTLP/gRPC .*\n", said)
            assert both is not None, said
            yield process, both[1], both[2]
        finally:
            process.kill()


def test_spans_of_both_transports_are_one_story_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    with listening(tmp_path) as (process, url, address):
        assert export(address, BODIES[0])[0] == StatusCode.OK
        assert post(url, BODIES[1]) == 200
        assert story(process)["assessment"] == "in progress"
        assert export(address, BODIES[2], compression=Compression.Gzip)[0] == StatusCode.OK
        told = story(process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    assert (told["assessment"], told["version"]) == ("succeeded", 2)
    assert process.returncode == 0
    assert said == ""


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    for body in BODIES[:-1]:
        with listening(tmp_path) as (process, _, address):
            assert export(address, body)[0] == StatusCode.OK
            process.send_signal(signal.SIGKILL)
    with listening(tmp_path) as (process, _, address):
        export(address, BODIES[-1])
        while story(process)["assessment"] != "succeeded":
            pass


def test_what_a_client_does_is_not_written_to_the_terminal(tmp_path: Path) -> None:
    with listening(tmp_path) as (process, _, address):
        export(address, BODIES[0], compression=Compression.Deflate)
        export(address, b"\xff")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    assert said == ""


def test_telemetry_is_passed_on_over_http(collector: tuple[str, list[tuple[str, str, bytes]]], tmp_path: Path) -> None:
    there, took = collector
    with listening(tmp_path, f"--forward={there}") as (process, _, address):
        for body in BODIES:
            export(address, body)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)

    assert took == [("/v1/traces", PROTOBUF, body) for body in BODIES]


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start(tmp_path, "--port=0", f"--grpc-port={port}") as process:
            _, said = process.communicate(timeout=20)

    assert process.returncode == 1
    assert said == f"clew: 127.0.0.1:{port} is taken, or not ours; choose another --grpc-port.\n"


def test_without_grpc_it_is_told_what_to_install(tmp_path: Path) -> None:
    without = "import sys; sys.modules['grpc'] = None; from correlator.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", without, "listen", "--store", str(tmp_path / "store"), "--port=0", "--grpc-port=0"],
        env=environment(tmp_path), capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert done.returncode == 2
    assert "pip install --no-deps -r requirements/fleet.lock" in done.stderr
