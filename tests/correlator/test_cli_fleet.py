"""Verbs of a fleet, as a user types them: tokens of sensors, questions to the graph, what waits to be sent."""

import gzip
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from graph.browser import USES
from graph.queries import queries
from sensor.event import Event
from sensor.ship.outgoing import Outgoing
from tests.correlator.recorded import events, messages
from tests.correlator.test_cli_listen import environment, listening, story


def clew(folder: Path, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "correlator.cli", "--store", str(folder / "store"), *words],
        capture_output=True, text=True, cwd=folder, env=environment(folder) | more, timeout=120,
    )  # fmt: skip


def waiting(folder: Path, found: list[Event]) -> None:
    outgoing = Outgoing(folder / "store" / "outgoing.db")
    outgoing.add(found)
    outgoing.close()


def test_a_sensor_sends_with_a_token_of_its_own_until_it_is_revoked(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    added = clew(there, "sensor", "add", "web-1")
    token = added.stdout.strip()
    assert "web-1" in clew(there, "sensor", "list").stdout
    waiting(here, events(here, messages()))

    (there / "clew.toml").write_text('token = "what all others send"\n')
    with listening(there, "--config", str(there / "clew.toml")) as (listener, url):
        refused = clew(here, "ship", "--to", url, "--patience", "1", CLEW_TOKEN="not this one")
        assert refused.returncode == 1
        assert "401" in refused.stderr
        sent = clew(here, "ship", "--to", url, CLEW_TOKEN=token)
        assert sent.returncode == 0, sent.stderr
        assert story(listener)["session"]
        assert clew(there, "sensor", "revoke", "web-1").returncode == 0
        assert status(url, token, wait_s=10) == 401
    assert clew(there, "sensor", "revoke", "web-1").returncode == 1


def status(url: str, token: str, wait_s: float) -> int:
    """Return what a request with a token is answered, as soon as that is no 200."""
    enough = time.monotonic() + wait_s
    while True:
        headers = {
            "Content-Type": "application/x-ndjson",
            "Authorization": f"Bearer {token}",
            "Content-Encoding": "gzip",
        }
        try:
            with urllib.request.urlopen(
                urllib.request.Request(f"{url}/v1/events", gzip.compress(b"\n"), headers)
            ) as answer:
                code = int(answer.status)
        except urllib.error.HTTPError as error:
            code = error.code
        if code != 200 or time.monotonic() > enough:
            return code
        time.sleep(0.2)


def test_a_host_that_others_reach_needs_a_token_or_a_sensor_with_one(tmp_path: Path) -> None:
    refused = clew(tmp_path, "listen", "--host", "192.0.2.1")
    assert refused.returncode == 2
    assert "clew sensor add" in refused.stderr


def test_questions_are_listed_and_packed_without_a_server(tmp_path: Path) -> None:
    listed = json.loads(clew(tmp_path, "graph", "queries", "--json").stdout)
    assert [one["name"] for one in listed] == [one.name for one in queries()]
    assert "story_chain" in clew(tmp_path, "graph", "queries").stdout

    packed = clew(tmp_path, "graph", "browser-pack", "pack")
    assert packed.returncode == 0, packed.stderr
    assert sorted(path.name for path in (tmp_path / "pack").iterdir()) == sorted(USES)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("nothing",), "no query"), (("story_chain",), "needs story"), (("open_stories", "--set", "limit=many"), "a number"),
        (("open_stories", "--set", "color=red"), "no parameter"), (("open_stories",), "only the store neo4j"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(tmp_path: Path, words: tuple[str, ...], reason: str) -> None:
    ran = clew(tmp_path, "graph", "ask", *words)
    assert ran.returncode == 2
    assert reason in " ".join(ran.stderr.split())


def test_where_to_send_is_checked(tmp_path: Path) -> None:
    assert clew(tmp_path, "ship", "--to", "example.org").returncode == 2
    assert "--report" in clew(tmp_path, "run", "--to", "http://127.0.0.1:1", "--report", "x", "--", "true").stderr


def test_what_people_do_is_noted(tmp_path: Path) -> None:
    assert "nobody" in clew(tmp_path, "audit").stderr
    clew(tmp_path, "sensor", "add", "web-1")
    clew(tmp_path, "sensor", "add", "web-1")
    clew(tmp_path, "sensor", "revoke", "web-1", SUDO_USER="ann")
    clew(tmp_path, "sensor", "revoke", "web-1")
    found = json.loads(clew(tmp_path, "audit", "--json").stdout)
    assert [(one["act"], one["subject"], one["before"]) for one in found] == [
        ("token", "web-1", ""), ("token", "web-1", "token"), ("revoke", "web-1", "token"),
    ]  # fmt: skip
    assert found[2]["who"] == "ann"
    assert "web-1" in clew(tmp_path, "audit").stdout
