"""The table of verbs, and a group that loads the module of a verb only when that verb is used."""

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

VERBS: dict[str, str] = {
    "replay": "Read recorded sessions and tell the stories in them.",
    "listen": "Receive OpenTelemetry and tell stories as they happen.",
    "run": "Run a command under the kernel sensor and tell the stories in what it did.",
    "watch": "Observe processes, control groups, units or containers that run already, by the kernel sensor.",
    "record": "Run a command under the kernel sensor and keep what it did.",
    "ship": "Send what a sensor has seen and nobody has taken yet.",
    "sensor": "Manage the tokens of sensors that send here.",
    "story": "List, show, compare and export stories.",
    "session": "List sessions, or show one.",
    "alert": "List alerts of other products.",
    "why": "Explain each effect of a session: its score, and what is missing to a story.",
    "graph": "Show the provenance graph of a session, keep it in Neo4j, and ask it.",
    "baseline": "Show what is normal for a workload.",
    "verdict": "Say whether a story is benign or malicious.",
    "audit": "List what people did: verdicts, tokens, tries.",
    "expire": "Remove what is older than it is to be kept.",
    "evaluate": "Measure the engine on recorded runs whose outcome is known.",
    "narrator": "Test what holds stories to their evidence.",
    "worker": "Judge the sessions of a fleet.",
    "queue": "Show what waits for workers, and what they gave up.",
    "doctor": "Check the installation, the store and the settings.",
}
"""Verb → what it does. The module `correlator.cli.<verb>` has its `app`."""


class Verbs(TyperGroup):
    """The group of all verbs."""

    def __init__(self, **attrs: Any) -> None:
        """Begin with one empty command for each verb: enough for help and for guessing what was meant."""
        super().__init__(**attrs)
        self.commands = {name: TyperCommand(name, help=text) for name, text in VERBS.items()}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the signature is Typer's
        """Return the verb itself, loaded now."""
        return get_command(import_module(f"correlator.cli.{cmd_name}").app) if cmd_name in VERBS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the signature is Typer's
        """Write the table into the help, without loading any verb."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


app = typer.Typer(cls=Verbs, name="clew", add_completion=False, rich_markup_mode=None, no_args_is_help=True)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"clew {version('clew')}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    store: str = typer.Option(None, help="Folder of the graph and the casebook.", metavar="FOLDER"),
    config: str = typer.Option(None, help="Settings file; ./clew.toml if not given.", metavar="FILE"),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of a failure."),
    version: bool = typer.Option(  # noqa: ARG001 - its callback does the work
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Turn recorded sessions of AI agents into attack stories: one per chain, each sentence with its evidence.

    Data goes to stdout, talk to stderr. Exit codes: 0 done (also with stories), 1 failure, 2 usage,
    3 stories were found and --fail-on-story was given.
    """
    ctx.obj = {"store": store, "config": config, "debug": debug or None}


def run() -> None:
    """Run the command line; a name that cannot be shown in the terminal's encoding is spelled out, not a crash."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="clew")
