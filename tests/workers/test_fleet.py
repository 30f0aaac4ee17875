"""A fleet tells the stories that one process tells: real PostgreSQL, real brokers, real workers, in any order of arrival."""

import itertools
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from correlator.cli.desk import opened
from correlator.ingest import accept, ingest
from correlator.key import KEY_FILE
from correlator.narrating.narration import narration_of
from correlator.settings import Settings
from correlator.wiring import open_dispatcher
from examples.fleet.neo4j import Neo4j
from graph.stores.neo4j import Neo4jStore
from sensor.event import Event
from sensor.redact import redact
from sensor.sources import read_any
from tests.correlator.models import speaking

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((*(ROOT / "examples").glob("*/session.json"), *(ROOT / "examples").glob("*/spans.jsonl")))
PATIENCE_S = 120
_OF_TIME = ("version", "aliases")
"""What a story says of how it came about."""


@pytest.fixture(params=["redis", "rabbitmq"])
def settings(request: pytest.FixtureRequest, postgres_database: str, tmp_path: Path) -> Settings:
    broker = request.getfixturevalue(f"{request.param}_address")
    return Settings(store=tmp_path / "store", backend="sql", database=postgres_database, broker=broker, lease_seconds=2)


@contextmanager
def worker(settings: Settings, processes: int = 1) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `clew worker`, and end it as Ctrl-C does."""
    environment = {
        "CLEW_BACKEND": settings.backend, "CLEW_DATABASE": settings.database or "", "CLEW_BROKER": settings.broker or "",
        "CLEW_LEASE_SECONDS": str(settings.lease_seconds), "CLEW_NEO4J": settings.neo4j or "",
        "CLEW_MODEL": settings.model or "", "CLEW_MODEL_URL": settings.model_url or "",
    }  # fmt: skip
    command = [sys.executable, "-m", "correlator.cli", "--store", str(settings.store), "worker"]
    process = subprocess.Popen(
        [*command, "--processes", str(processes)], env=os.environ | environment, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            assert process.stderr is not None
            process.stderr.close()


def told(settings: Settings) -> list[dict[str, Any]]:
    with opened(settings) as desk:
        records = desk.casebook.stories(settings.tenant)
        stories = [record.story.model_dump(mode="json", exclude=set(_OF_TIME)) for record in records]
    return sorted(stories, key=lambda story: str(story["id"]))


def alone(events: Sequence[Event], folder: Path) -> list[dict[str, Any]]:
    """Return what one process tells with SQLite."""
    settings = Settings(store=folder / "alone")
    folder.mkdir(exist_ok=True)
    (folder / "all.jsonl").write_text("".join(f"{event.content}\n" for event in events))
    with opened(settings) as desk:
        ingest([("all", folder / "all.jsonl")], desk)
    return told(settings)


def sent(settings: Settings, events: Sequence[Event], size: int = 20) -> None:
    """Have a fleet accept events, batch by batch."""
    dispatcher = open_dispatcher(settings)
    with opened(settings) as desk:
        for at in range(0, len(events), size):
            accept(desk, [redact(event, desk.key) for event in events[at : at + size]], dispatcher)


def await_judged(settings: Settings) -> None:
    """Wait until no session waits."""
    enough = time.monotonic() + PATIENCE_S
    with opened(settings) as desk:
        while desk.casebook.waiting(settings.tenant, limit=1):
            assert time.monotonic() < enough, "sessions still wait"
            time.sleep(0.05)


def examples() -> list[Event]:
    return [event for path in EXAMPLES for event in read_any(path)]


def expected_of(settings: Settings, events: Sequence[Event], folder: Path) -> list[dict[str, Any]]:
    """Return what one process tells, under the key that the fleet will have."""
    found = alone(events, folder)
    settings.store.mkdir()
    (settings.store / KEY_FILE).write_bytes((folder / "alone" / KEY_FILE).read_bytes())
    return found


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_workers_tell_what_one_process_tells_in_any_order_of_arrival(
    settings: Settings, processes: int, tmp_path: Path
) -> None:
    events = examples()
    expected = expected_of(settings, events, tmp_path / "alone")
    random.Random(processes).shuffle(events)

    with worker(settings, processes):
        sent(settings, events)
        await_judged(settings)

    assert told(settings) == expected


@pytest.mark.parametrize("settings", ["redis"], indirect=True)
def test_workers_that_are_killed_again_and_again_lose_nothing_and_double_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    events = examples()
    expected = expected_of(settings, events, tmp_path / "alone")
    source = random.Random("killed")
    source.shuffle(events)

    for at in range(0, len(events), len(events) // 4):
        with worker(settings, 2) as process:
            sent(settings, events[at : at + len(events) // 4])
            time.sleep(source.uniform(0, 2))
            os.killpg(process.pid, signal.SIGKILL)
    with worker(settings, 2):
        await_judged(settings)

    assert told(settings) == expected
    with opened(settings) as desk:
        assert desk.casebook.dead(settings.tenant) == []


@pytest.mark.xdist_group("neo4j")
@pytest.mark.parametrize("settings", ["redis"], indirect=True)
def test_what_workers_derive_is_in_neo4j(settings: Settings, neo4j_server: Neo4j, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"backend": "neo4j", "neo4j": neo4j_server.bolt})
    events = examples()
    expected = expected_of(settings, events, tmp_path / "alone")
    with opened(settings) as desk:
        assert isinstance(desk.graph, Neo4jStore)
        desk.graph.rebuild()

    with worker(settings, 2):
        sent(settings, events)
        await_judged(settings)
        with opened(settings) as desk:
            assert isinstance(desk.graph, Neo4jStore)
            enough = time.monotonic() + PATIENCE_S
            while desk.graph.lag():
                assert time.monotonic() < enough, "the graph is still behind"
                time.sleep(0.1)

    assert told(settings) == expected
    with opened(settings) as desk, opened(Settings(store=tmp_path / "alone" / "alone")) as reference:
        keys = {event.session for event in events}
        assert [desk.graph.subgraph(key) for key in sorted(keys)] == [
            reference.graph.subgraph(key) for key in sorted(keys)
        ]


def test_an_agent_that_is_listened_to_is_judged_by_a_worker(settings: Settings, tmp_path: Path) -> None:
    spans = ROOT / "examples" / "poisoned_memory" / "spans.jsonl"
    events = list(read_any(spans))
    expected = expected_of(settings, events, tmp_path / "alone")

    with worker(settings), listening(settings) as address:
        for line in spans.read_bytes().splitlines():
            sent = urllib.request.Request(f"{address}/v1/traces", line, {"content-type": "application/json"})
            urllib.request.urlopen(sent).read()
        await_told(settings, len(expected))

    assert [story["id"] for story in told(settings)] == [story["id"] for story in expected]


@contextmanager
def listening(settings: Settings) -> Iterator[str]:
    """Run `clew listen`, and give its address."""
    environment = {
        "CLEW_BACKEND": settings.backend, "CLEW_DATABASE": settings.database or "", "CLEW_BROKER": settings.broker or "",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "correlator.cli", "--store", str(settings.store), "listen", "--port", "0"],
        env=os.environ | environment, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        found = re.search(rb"http://[0-9.:]+", process.stderr.readline())
        assert found is not None
        yield found[0].decode()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        process.stderr.close()


def await_told(settings: Settings, count: int) -> None:
    """Wait until there are so many stories."""
    enough = time.monotonic() + PATIENCE_S
    while len(told(settings)) < count:
        assert time.monotonic() < enough, "no story came"
        time.sleep(0.1)


@pytest.mark.parametrize("settings", ["redis"], indirect=True)
def test_two_workers_have_each_story_worded_once(settings: Settings, tmp_path: Path) -> None:
    """The model is a scripted peer that says what it is asked to word."""
    events = list(read_any(ROOT / "examples/billing_ticket/session.json"))
    expected_of(settings, events, tmp_path / "alone")
    enough = time.monotonic() + PATIENCE_S
    with speaking.server(itertools.repeat(speaking.echo), asked := []) as url:
        narrated = settings.model_copy(update={"model": "openai/scripted-peer", "model_url": url})
        with worker(narrated), worker(narrated):
            sent(narrated, events)
            await_judged(narrated)
            with opened(narrated) as desk:
                (record,) = desk.casebook.stories("local")
                while (kept := narration_of(desk.casebook.narration("local", record.story.id))) is None or kept.stopped:
                    assert time.monotonic() < enough, "it is not worded"
                    time.sleep(0.1)

    assert kept.worded == kept.of > 0
    # The title twice at most: what is no JSON of a choice is no choice, and a session may be judged anew while it arrives.
    assert len(asked) <= 2 * (kept.of + 1)
