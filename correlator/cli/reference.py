"""The reference page of the command line, made from the commands themselves.

`python -m correlator.cli.reference docs/reference/cli.md` renews it.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from correlator.cli.app import VERBS, app

WIDTH = 100


def reference() -> str:
    """Return the page, in Markdown."""
    parts = [
        "# Command line",
        "",
        "Generated from the commands by `python -m correlator.cli.reference docs/reference/cli.md`.",
        "",
        "Data goes to stdout, talk and progress to stderr. `--json` works with every verb. Times are UTC, on terminals in the",
        "local zone with `--local`. `--store`, `--config` and `--debug` may also stand before the verb. Settings: see",
        "[settings.md](settings.md).",
        "",
        "| exit code | meaning |",
        "| ---: | --- |",
        "| 0 | done, also where stories were found |",
        "| 1 | something failed; the message says what to do |",
        "| 2 | wrong usage or wrong settings |",
        "| 3 | stories were found and `--fail-on-story` was given |",
        "| 130 | interrupted |",
        "",
    ]
    for name, text in _helps():
        parts += [f"## {name}", "", "```text", text.rstrip(), "```", ""]
    return "\n".join(parts)


def _helps() -> Iterator[tuple[str, str]]:
    yield "clew", _help(get_command(app), "clew")
    for verb in VERBS:
        yield from _walk(get_command(import_module(f"correlator.cli.{verb}").app), f"clew {verb}")


def _walk(command: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(command, TyperGroup):
        for inner in command.commands.values():
            yield from _walk(inner, f"{name} {inner.name}")
    else:
        yield name, _help(command, name)


def _help(command: Any, name: str) -> str:
    context = typer.Context(command, info_name=name, terminal_width=WIDTH)
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), "utf-8")
