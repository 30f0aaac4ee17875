"""The loop of an agent, a module per client library: ask the model, run the tools it asks for, until it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from examples.recorder.scenario import Scenario, Session
from examples.recorder.tools import TOOLS, World


@dataclass(frozen=True)
class Task:
    """What an agent is given."""

    scenario: Scenario
    session: Session
    proxy: str
    """HTTP proxy at which the scripted model answers."""

    world: World
    """What its tools act on."""

    def run(self, tool: str, arguments: dict[str, Any]) -> str:
        """Run a tool and return the result text."""
        return TOOLS[tool].run(self.world, **arguments)


Agent = Callable[[Task], str]
"""Runs one session and returns the answer."""


def agent(library: str) -> Agent:
    """Return the loop of a library. It is loaded when it is needed: a process has what its recording uses."""
    return cast("Agent", import_module(f"examples.recorder.agents.with_{library}").run)
