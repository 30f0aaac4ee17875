"""What all verbs share: the common options, settings, errors → exit codes, and where output goes."""

import inspect
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from correlator.cli.interrupt import interruptible

if TYPE_CHECKING:
    from pydantic import JsonValue

    from correlator.settings import Settings

FAILURE = 1
USAGE = 2
STORIES = 3
WIDEST = 120
"""Columns that are used at most: longer lines are hard to read."""

StoreOption = Annotated[str | None, typer.Option(help="Folder of the graph and the casebook.", metavar="FOLDER")]
ConfigOption = Annotated[str | None, typer.Option(help="Settings file; ./clew.toml if not given.", metavar="FILE")]
TenantOption = Annotated[str | None, typer.Option(help="Whose sessions these are.")]
LocalOption = Annotated[bool, typer.Option("--local", help="Times in the local zone; UTC if not given.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")]

COMMON: dict[str, Any] = {
    "json": JsonOption,
    "store": StoreOption,
    "config": ConfigOption,
    "tenant": TenantOption,
    "local": LocalOption,
    "debug": DebugOption,
}


@dataclass
class Run:
    """One run of a verb: what was asked for, and where output goes."""

    json: bool
    config: str | None
    flags: dict[str, Any] = field(default_factory=dict)
    """Settings that were given as options."""

    def settings(self, **more: Any) -> "Settings":
        """Return the settings in force; `more` are options of the verb itself, `None` for those not given."""
        from correlator.settings import load_settings

        flags = self.flags | {key: value for key, value in more.items() if value is not None}
        return load_settings(flags, environ=os.environ, file=Path(self.config) if self.config else None)

    def out(self, text: str) -> None:
        """Print data. The text is escaped already."""
        sys.stdout.write(text if text.endswith("\n") or not text else f"{text}\n")

    def data(self, value: "JsonValue") -> None:
        """Print a value as JSON."""
        from correlator.render.data import to_json

        self.out(to_json(value))

    def say(self, text: str) -> None:
        """Tell the user something that is no data, one line."""
        from correlator.render.escape import visible

        sys.stderr.write(visible(text, 2_000) + "\n")

    @property
    def width(self) -> int:
        """Columns to write to: those of the terminal, 100 where there is none."""
        return min(shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100, WIDEST)

    @property
    def color(self) -> bool:
        """Whether colours are wanted: on a terminal, unless NO_COLOR (no-color.org) or a dumb terminal says no."""
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def verb(function: Callable[..., int | None]) -> Callable[..., None]:
    """Return the function as a command: with the common options, and its errors turned into messages and exit codes.

    The function gets a `Run` first, and returns its exit code; `None` is 0.
    """
    signature = inspect.signature(function)
    own = [parameter for name, parameter in signature.parameters.items() if name != "run"]
    common = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=_unset(kind))
        for name, kind in COMMON.items()
    ]
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

    @wraps(function)
    def command(*, ctx: typer.Context, **given: Any) -> None:
        above = ctx.find_root().obj or {}
        options = {name: given.pop(name) or above.get(name) for name in COMMON}
        debug = bool(options.pop("debug"))
        run = Run(
            bool(options.pop("json")), options.pop("config"), {key: value for key, value in options.items() if value}
        )
        raise typer.Exit(_guarded(lambda: function(run, **given), run, debug=debug))

    command.__signature__ = signature.replace(  # type: ignore[attr-defined]  # what Typer reads options from
        parameters=[context, *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own), *common],
        return_annotation=None,
    )
    command.__annotations__ = {"ctx": typer.Context} | {one.name: one.annotation for one in (*own, *common)}
    return command


def _unset(kind: object) -> object:
    return None if kind in (StoreOption, ConfigOption, TenantOption) else False


def _guarded(work: Callable[[], int | None], run: Run, *, debug: bool) -> int:
    from correlator.errors import CorrelatorError, SettingsInvalid
    from graph.errors import GraphError
    from sensor.errors import SensorError

    try:
        with interruptible():
            code = work() or 0
            sys.stdout.flush()
    except SettingsInvalid as error:
        if debug:
            raise
        run.say(f"clew: {error}")
        return USAGE
    except (CorrelatorError, GraphError, SensorError) as error:
        if debug:
            raise
        run.say(f"clew: {error}")
        return FAILURE
    except (BrokenPipeError, typer.Exit, typer.Abort):
        raise
    except OSError as error:
        if debug:
            raise
        run.say(f"clew: {error.filename or 'input or output'}: {error.strerror or error}. Check path and permissions.")
        return FAILURE
    except Exception as error:
        if debug or type(error).__module__.startswith("typer"):
            raise
        run.say(f"clew: unexpected {type(error).__name__}: {error}. This is a fault of clew; --debug shows where.")
        return FAILURE
    return code
