"""`clew listen` as a process of its own: told in time, stopped, killed, kept from others, passed on."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from correlator.cli.desk import opened
from correlator.settings import Settings
from sensor.event import ToolCalled
from tests.correlator.test_absorb import BEGUN_NS, MINUTE_NS, Attack, falco, filtered
from tests.sensor.otlp.test_decode import wire
from tests.sensor.otlp.told import chat, genai, openinference, spans, twin

ROOT = Path(__file__).resolve().parents[2]
PROTOBUF = "application/x-protobuf"
BODIES = [wire([span]).SerializeToString() for span in spans(chat(), openinference)]


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
    return kept | {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(folder / "config")}


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "correlator.cli", "listen", "--store", str(folder / "store"), *words],
        env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@contextmanager
def listening(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `clew listen` on a free port and give the process and its address; it is gone afterwards."""
    with start(folder, "--port=0", "--json", *words) as process:
        try:
            assert process.stderr is not None
            yield process, process.stderr.readline().split()[2]
        finally:
            process.kill()


def post(url: str, body: bytes, path: str = "/v1/traces", kind: str = PROTOBUF) -> int:
    request = urllib.request.Request(f"{url}{path}", body, {"Content-Type": kind})
    with urllib.request.urlopen(request) as answer:
        return int(answer.status)


def story(process: subprocess.Popen[str]) -> dict[str, object]:
    """Return the next story that the process tells."""
    assert process.stdout is not None
    return dict(json.loads(process.stdout.readline()))


def test_a_story_is_told_while_the_agent_runs_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    with listening(tmp_path) as (process, url):
        for body in BODIES[:2]:
            assert post(url, body) == 200
        assert story(process)["assessment"] == "in progress"
        assert post(url, BODIES[2]) == 200
        told = story(process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    assert (told["assessment"], told["version"]) == ("succeeded", 2)
    assert process.returncode == 0
    assert said == ""


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    for body in BODIES[:-1]:
        with listening(tmp_path) as (process, url):
            post(url, body)
            process.send_signal(signal.SIGKILL)
    with listening(tmp_path) as (process, url):
        post(url, BODIES[-1])
        while (told := story(process))["assessment"] != "succeeded":
            pass

    with listening(tmp_path / "whole") as (process, url):
        post(url, wire(spans(chat(), openinference)).SerializeToString())
        assert story(process)["id"] == told["id"]


def raised(folder: Path) -> list[dict[str, object]]:
    """Return the alerts that `clew alert list` shows."""
    done = subprocess.run(
        [sys.executable, "-m", "correlator.cli", "alert", "list", "--all", "--json", "--store", str(folder / "store")],
        env=environment(folder), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return list(json.loads(done.stdout))


def test_an_alert_that_was_acknowledged_survives_a_kill_and_falls_on_its_story(tmp_path: Path) -> None:
    attack = Attack()
    alert, trace = falco(attack, BEGUN_NS + MINUTE_NS).encode(), attack.trace().encode()
    for _ in range(2):
        with listening(tmp_path) as (process, url):
            assert post(url, alert, "/v1/alerts", "application/json") == 200
            process.send_signal(signal.SIGKILL)
    assert [one["story"] for one in raised(tmp_path)] == [None]

    with listening(tmp_path) as (process, url):
        assert post(url, trace, kind="application/json") == 200
        told = story(process)

    assert [one["story"] for one in raised(tmp_path)] == [told["id"]]


def test_a_story_is_told_again_when_an_alert_falls_on_it(tmp_path: Path) -> None:
    attack = Attack()
    mapping = tmp_path / "bouncer.toml"
    mapping.write_text(
        'product = "Bouncer"\nrule = "verdict.detector"\ntool_call = ["context", "tool.id"]\n', encoding="utf-8"
    )
    with listening(tmp_path, f"--alert-mapping={mapping}") as (process, url):
        post(url, attack.trace().encode(), kind="application/json")
        first = story(process)
        post(url, filtered(attack, BEGUN_NS).encode(), "/v1/alerts", "application/json")
        second = story(process)

    assert (first["id"], first["version"], first["alerts_in_all"]) == (second["id"], 1, 0)
    assert (second["version"], second["alerts_in_all"]) == (2, 1)


def test_a_mapping_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    with start(tmp_path, f"--alert-mapping={tmp_path / 'missing.toml'}") as process:
        _, said = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "missing.toml" in said


def test_others_may_not_send_without_a_token(tmp_path: Path) -> None:
    with start(tmp_path, "--host=0.0.0.0") as process:
        _, said = process.communicate(timeout=20)

    assert process.returncode == 2
    assert "CLEW_TOKEN" in said


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        start(tmp_path, f"--port={taken.getsockname()[1]}") as process,
    ):
        _, said = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "taken" in said


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, str, bytes]]]]:
    """Serve a scripted collector that is busy the first time, and give its address and what it took."""
    took: list[tuple[str, str, bytes]] = []
    busy = iter([503])

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = next(busy, 200)
            if status == 200:
                took.append((self.path, self.headers["Content-Type"], body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", took
    server.shutdown()
    server.server_close()


def test_telemetry_is_passed_on_as_it_came(collector: tuple[str, list[tuple[str, str, bytes]]], tmp_path: Path) -> None:
    address, took = collector
    with listening(tmp_path, f"--forward={address}") as (process, url):
        for body in BODIES:
            post(url, body)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)

    assert took == [("/v1/traces", PROTOBUF, body) for body in BODIES]


def test_sixty_four_sessions_through_one_receiver_stay_apart_and_whole(tmp_path: Path) -> None:
    """Equal first prompts, half without a conversation id, each span posted alone, of eight clients at once."""
    told = [
        spans(
            (chat if number % 4 == 0 else twin)(f"{number:04}"), genai,
            conversation=f"conv-{number}" if number % 2 else None, trace=f"{number:02x}f", one_trace=False,
        )
        for number in range(64)
    ]  # fmt: skip
    bodies = [wire([span]).SerializeToString() for one in told for span in one]
    random.Random(5).shuffle(bodies)
    with listening(tmp_path) as (process, url):
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(lambda body: post(url, body), bodies)) == {200}
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)

    with opened(Settings(store=tmp_path / "store")) as desk:
        calls = [
            {event.call_id for event in desk.graph.events(one.key) if isinstance(event, ToolCalled)}
            for one in desk.casebook.sessions("local")
        ]
        attacked = [
            {event.call_id for event in desk.graph.events(record.story.session) if isinstance(event, ToolCalled)}
            for record in desk.casebook.stories("local")
        ]

    def truth(numbers: range) -> list[set[str]]:
        return [{f"call_{number:04}_{name}" for name in ("letter_3", "letter_4", "parcel_9")} for number in numbers]

    assert sorted(map(sorted, calls)) == sorted(map(sorted, truth(range(64))))
    assert sorted(map(sorted, attacked)) == sorted(map(sorted, truth(range(0, 64, 4))))
