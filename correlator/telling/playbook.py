"""What to do about a story, from a table (`correlator/data/playbook.toml`). No model has a say in it."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files


def actions(effects: Iterable[tuple[str, str]], origin: str) -> list[str]:
    """Return what to do about effects, given as kind and outcome, what cannot wait first, and then about where they began."""
    table, every = _table(), list(effects)
    done = {kind for kind, outcome in every if outcome != "failed"}
    found = [what for kind, what in table["effects"].items() if kind in done]
    if any(kind not in done for kind, _ in every):
        found.append(table["attempts"]["only"])
    return [*found, table["origins"][origin]]


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("correlator").joinpath("data", "playbook.toml").read_text("utf-8"))
