"""Plays one scenario: a client library asks the scripted model, its tools really act, and the services are watched."""

import re
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from examples.recorder.agents import Task, agent
from examples.recorder.loopback import ANY_HOST, Loopback, Request, Service, accepts, admin_api, page, serve
from examples.recorder.scenario import Scenario, Session
from examples.recorder.scripted_model import ScriptedModel
from examples.recorder.tools import ADMIN_HOST, World, create_database, create_notes

RECEIVERS = (
    "ledger-check.example.net",
    "audit.brightwater.example.org",
    "relay.papernest-sync.example.net",
    "img.feedback-stats.example.net",
    "clearing.stonebridge-desk.example.net",
    "board.tarnoak.example.org",
    "collect.quillmark-audit.example.net",
    "books.ferrowick.example.org",
    "confirm.poolpass.example.net",
    "desk.weatherby.example.org",
    "mirror.glasswing-status.example.net",
    "archive.kestrel-ops.example.org",
)
"""Hosts that take whatever is sent to them."""

_IMAGE = re.compile(r"!\[[^\]]*\]\((?P<url>http://[^)\s]+)\)")

Around = Callable[[Scenario, Session], AbstractContextManager[object]]
"""What the application around the agent puts around each session."""


@dataclass(frozen=True)
class Played:
    """What is left when a scenario is over."""

    model: ScriptedModel
    traffic: tuple[Request, ...]
    """What reached the services on loopback, the model aside."""

    def traffic_yaml(self) -> str:
        """Return the traffic as it is committed."""
        return as_yaml([{"method": item.method, "url": item.url, "body": item.body} for item in self.traffic])


def play(scenario: Scenario, around: Around = lambda *_: nullcontext()) -> Played:
    """Play the scenario with real tools in a temporary directory; nothing else of the machine is touched."""
    script = [turn for session in scenario.sessions for turn in session.script]
    model = ScriptedModel(script, _mark(scenario))
    with (
        tempfile.TemporaryDirectory(prefix="clew-example-") as directory,
        serve({ANY_HOST: model.respond}) as model_server,
        serve(_services(scenario)) as loopback,
    ):
        world = _world(Path(directory), scenario, loopback)
        for session in scenario.sessions:
            with around(scenario, session):
                answer = agent(scenario.library)(Task(scenario, session, model_server.address, world))
            _render(answer, loopback)
        traffic = tuple(loopback.received)
    return Played(model, traffic)


def _mark(scenario: Scenario) -> str:
    """Return what the ids of a recording hold: telemetry is told apart by them, a transcript needs none."""
    return f"{sha256(scenario.name.encode()).hexdigest()[:12]}_" if scenario.instrumentation else ""


def _services(scenario: Scenario) -> dict[str, Service]:
    pages = {urlsplit(url).netloc: page(text, scenario.delays.get(url, 0)) for url, text in scenario.pages.items()}
    return {**dict.fromkeys(RECEIVERS, accepts), ADMIN_HOST: admin_api(), **pages}


def _world(directory: Path, scenario: Scenario, loopback: Loopback) -> World:
    folder = directory / "project"
    folder.mkdir()
    for path, text in scenario.files.items():
        (folder / path).write_text(text, "utf-8")
    create_database(directory / "billing.db", scenario.tickets)
    create_notes(directory / "notes.db")
    return World(folder, directory / "billing.db", directory / "notes.db", loopback)


def _render(answer: str, loopback: Loopback) -> None:
    """Load the images of the answer, as the chat page does that shows it."""
    for match in _IMAGE.finditer(answer):
        loopback.request(Request("GET", match["url"]))


def as_yaml(value: Any) -> str:
    """Return a value in the form of the committed files."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)
