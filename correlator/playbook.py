"""What to do about a story, from a table (`correlator/data/playbook.toml`). No model has a say in it."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files


def actions(kinds: Iterable[str], origin: str) -> list[str]:
    """Return what to do about effects of these kinds, each once, and then about where they began."""
    table = _table()
    return [*(table["effects"][kind] for kind in dict.fromkeys(kinds)), table["origins"][origin]]


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("correlator").joinpath("data", "playbook.toml").read_text("utf-8"))
