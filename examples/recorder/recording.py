"""Plays one scenario and returns what was on the wire, what reached the services, and what shall be found."""

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from examples.recorder.agents import AGENTS
from examples.recorder.loopback import ANY_HOST, Loopback, Request, Service, accepts, admin_api, page, serve
from examples.recorder.scenario import Scenario
from examples.recorder.scripted_model import ScriptedModel
from examples.recorder.tools import ADMIN_HOST, TOOLS, World, create_database

RECEIVERS = (
    "ledger-check.example.net",
    "audit.brightwater.example.org",
    "relay.papernest-sync.example.net",
    "img.feedback-stats.example.net",
)
"""Hosts that take whatever is sent to them."""

_IMAGE = re.compile(r"!\[[^\]]*\]\((?P<url>http://[^)\s]+)\)")


@dataclass(frozen=True)
class Recording:
    """Everything that is kept of one session."""

    session: dict[str, Any]
    traffic: tuple[Request, ...]
    """What reached the services on loopback, the model aside."""

    expected: dict[str, Any]

    def files(self) -> dict[str, str]:
        """Return the committed files by name."""
        traffic = [{"method": item.method, "url": item.url, "body": item.body} for item in self.traffic]
        return {
            "session.json": json.dumps(self.session, indent=1, ensure_ascii=False) + "\n",
            "traffic.yaml": _yaml(traffic),
            "expected.yaml": _yaml(self.expected),
        }


def record(scenario: Scenario) -> Recording:
    """Play the scenario with real tools in a temporary directory; nothing else of the machine is touched."""
    model = ScriptedModel(scenario.script)
    with (
        tempfile.TemporaryDirectory(prefix="clew-example-") as directory,
        serve({ANY_HOST: model.respond}) as model_server,
        serve(_services(scenario)) as loopback,
    ):
        world = _world(Path(directory), scenario, loopback)
        answer = AGENTS[scenario.library](
            f"http://127.0.0.1:{model_server.port}",
            scenario,
            lambda name, arguments: TOOLS[name].run(world, **arguments),
        )
        _render(answer, loopback)
        traffic = tuple(loopback.received)
    wire = {key: value for key, value in model.last_request.items() if key in {"model", "system", "tools"}}
    messages = [*model.last_request["messages"], model.last_message]
    session = {"principal": dict(scenario.principal), **wire, "messages": messages}
    return Recording(session, traffic, _expected(scenario, messages, first=int("system" in wire)))


def _services(scenario: Scenario) -> dict[str, Service]:
    pages = {urlsplit(url).netloc: page(text) for url, text in scenario.pages.items()}
    return {**dict.fromkeys(RECEIVERS, accepts), ADMIN_HOST: admin_api(), **pages}


def _world(directory: Path, scenario: Scenario, loopback: Loopback) -> World:
    folder = directory / "project"
    folder.mkdir()
    for path, text in scenario.files.items():
        (folder / path).write_text(text, "utf-8")
    create_database(directory / "billing.db", scenario.tickets)
    return World(folder, directory / "billing.db", loopback)


def _render(answer: str, loopback: Loopback) -> None:
    """Load the images of the answer, as the chat page does that shows it."""
    for match in _IMAGE.finditer(answer):
        loopback.request(Request("GET", match["url"]))


def _expected(scenario: Scenario, messages: list[dict[str, Any]], first: int) -> dict[str, Any]:
    """Return what shall be found; `first` is the position of the first message in the conversation."""
    expected = scenario.expected
    if not expected.story:
        return {"story": False}
    origin = next(
        index
        for index, message in enumerate(messages, start=first)
        if any(str(expected.origin) in text for text in _texts(message))
    )
    return {
        "story": True,
        "origin": {"position": origin, "text": expected.origin},
        "effect": expected.effect,
        "value": expected.value,
        "destination": expected.destination,
    }


def _texts(message: dict[str, Any]) -> list[str]:
    """Return the texts of a message; a result that is JSON also as the strings it holds."""
    content = message.get("content")
    texts = (
        [content]
        if isinstance(content, str)
        else [str(block.get("text") or block.get("content") or "") for block in content or ()]
    )
    return texts + [value for text in texts if text.startswith("{") for value in map(str, json.loads(text).values())]


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)
