"""HTTP and gRPC in one event loop: both answer, and end when what is under way was answered."""

import asyncio
import socket
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

import grpc
import pytest
import uvicorn
from grpc import StatusCode

from correlator.errors import PortTaken
from correlator.serve import Server
from sensor.receive.http import application
from sensor.receive.otlp import PROTOBUF
from sensor.receive.receiver import Received, Receiver
from tests.sensor.receive.test_grpc import BODY, METRICS, TRACES, export


class Late:
    """Takes nothing until it is told to."""

    def __init__(self) -> None:
        self.arrived = threading.Semaphore(0)
        self.go_on = threading.Event()

    async def __call__(self, found: Received, size: int) -> None:
        self.arrived.release()
        await asyncio.to_thread(self.go_on.wait)


def server(receiver: Receiver, port: int, listening: Queue[int]) -> Server:
    config = uvicorn.Config(application(receiver), http="h11", log_level="error", lifespan="off")
    return Server(config, receiver, "127.0.0.1", port, listening.put)


def post(url: str) -> int:
    request = urllib.request.Request(f"{url}/v1/traces", BODY, {"Content-Type": PROTOBUF})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return int(answer.status)


def connects(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_what_is_under_way_when_it_ends_is_answered() -> None:
    late, listening = Late(), Queue[int]()
    serving = server(Receiver(late), 0, listening)
    with socket.create_server(("127.0.0.1", 0)) as http, ThreadPoolExecutor() as pool:
        running = pool.submit(serving.run, [http])
        port = listening.get(timeout=20)
        by_grpc = pool.submit(export, f"127.0.0.1:{port}", BODY)
        by_http = pool.submit(post, f"http://127.0.0.1:{http.getsockname()[1]}")
        for _ in range(2):
            assert late.arrived.acquire(timeout=20)
        serving.should_exit = True
        while connects(port):
            pass
        late.go_on.set()
        running.result(20)

    assert by_grpc.result()[0] == StatusCode.OK
    assert by_http.result() == 200


def test_a_client_that_says_nothing_does_not_keep_it_from_ending(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("correlator.serve.GRACE_S", 0.2)
    silent, listening = threading.Event(), Queue[int]()
    serving = server(Receiver(Late()), 0, listening)

    def say_nothing() -> Iterator[bytes]:
        silent.wait()
        yield from ()

    with socket.create_server(("127.0.0.1", 0)) as http, ThreadPoolExecutor() as pool:
        running = pool.submit(serving.run, [http])
        with grpc.insecure_channel(f"127.0.0.1:{listening.get(timeout=20)}") as channel:
            call = channel.stream_unary(f"/opentelemetry.proto.collector.{TRACES}/Export")
            answer = call.future(say_nothing(), wait_for_ready=True)
            answer.add_done_callback(lambda _: silent.set())
            # What was sent before on the same connection has arrived, too.
            channel.unary_unary(f"/opentelemetry.proto.collector.{METRICS}/Export")(b"", timeout=20)
            serving.should_exit = True
            running.result(20)
            assert answer.exception(20).code() == StatusCode.UNAVAILABLE

    assert capfd.readouterr().err == ""


def test_a_port_that_is_taken_is_told() -> None:
    receiver = Receiver(Late())
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as http:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"127.0.0.1:{port} is taken.*--grpc-port"):
            server(receiver, port, Queue()).run([http])
