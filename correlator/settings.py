"""Settings: one typed model, from `clew.toml`, then `CLEW_…`, then flags; the later one wins.

This is the only module that reads the environment. `docs/reference/settings.md` is generated from the model
(`python -m correlator.settings docs/reference/settings.md`).
"""

import sys
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from correlator.errors import SettingsInvalid

PREFIX = "CLEW_"
FILE = "clew.toml"
_NOT_SETTINGS = frozenset(("CLEW_CONFIG", "CLEW_SHARED"))
"""Where the file lies, and where the tests of this project find recorded data."""


def _state_folder() -> Path:
    return Path(platformdirs.user_state_path("clew", appauthor=False))


class Settings(BaseModel):
    """What can be set. Paths in `clew.toml` are relative to its folder, others to the working folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: Path = Field(default_factory=_state_folder, description="Folder of the graph and the casebook.")
    backend: Literal["memory", "sqlite", "sql", "neo4j"] = Field("sqlite", description="Kind of graph store.")
    database: str | None = Field(
        None,
        min_length=3,
        description="Address of the database for the stores `sql` and `neo4j` and their casebook, such as "
        "`postgresql+psycopg://user:password@host/clew`; files in `store` if not given; secret.",
    )
    neo4j: str | None = Field(
        None,
        min_length=3,
        description="Address of Neo4j for the store `neo4j`, such as `bolt://user:password@host:7687`; secret.",
    )
    broker: str | None = Field(
        None,
        min_length=3,
        description="Address of the broker that wakes workers up, `redis://…` or `amqp://…`; secret. With it, sessions are judged "
        "by `clew worker`.",
    )
    lease_seconds: int = Field(
        60, ge=1, le=3_600, description="Seconds after which another worker judges what one has claimed that died."
    )
    tenant: str = Field("local", min_length=1, max_length=200, description="Whose sessions these are.")
    workload: str = Field(
        "default",
        min_length=1,
        max_length=200,
        description="Label of the agent; sessions with one label share a baseline.",
    )
    policy: Path | None = Field(None, description="Policy file; the shipped one if not given.")
    threshold: float | None = Field(
        None, allow_inf_nan=False, description="Score from which on a chain is a story; the shipped one if not given."
    )
    budget: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Share of honest sessions that may give a story; raises the threshold from 200 closed sessions on.",
    )
    stories_a_day: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="Stories of one day that `clew story list` shows; the others are counted. Proven ones are shown however many "
        "there are.",
    )
    idle_minutes: int = Field(
        30, ge=1, le=10_080, description="Minutes of event time without an event after which a session is closed."
    )
    session_events: int = Field(
        200_000, ge=100, description="Events of one session that are judged, the first ones; the rest is told as a gap."
    )
    keep_days: int | None = Field(
        None,
        ge=1,
        le=36_500,
        description="Days after which what was observed expires, from the last arrival of its session on; `clew listen` and "
        "workers see to it, or `clew expire`. Stories stay, with what they cite. For ever if not given.",
    )
    model: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Language model for `clew story narrate`, by litellm's name, such as `anthropic/…`, or `openai/NAME` for a "
        "server of one's own at `model_url` (extra `llm`). Without it, stories are told by templates.",
    )
    model_url: str | None = Field(
        None,
        pattern="^https?://[!-~]+$",
        max_length=1_000,
        description="Address of an OpenAI-compatible server that has the model, such as `http://127.0.0.1:8080/v1`.",
    )
    model_key: str | None = Field(
        None,
        pattern="^[!-~]+$",
        max_length=1_000,
        description="Key for the model; without `model_url`, that of the provider's own variable if not given; secret.",
    )
    model_tokens_a_day: int | None = Field(
        None,
        ge=0,
        description="About how many tokens, of questions and replies, the model may have in a day (UTC), for stories and for "
        "`clew narrator test`; what is beyond is told by templates. No bound if not given.",
    )
    narrator: Literal["reword", "compose"] = Field(
        "reword",
        description="How the model words a story: `reword`, sentence by sentence, for small models, or `compose`, as a whole, for "
        "strong ones. What its evidence does not carry is told by templates either way.",
    )
    token: str | None = Field(
        None,
        min_length=8,
        max_length=1_000,
        pattern="^[!-~](?:[ -~]*[!-~])?$",
        description="Token that clients of `clew listen` must send; secret.",
    )
    local: bool = Field(False, description="Show times in the local time zone instead of UTC, on terminals only.")


PATHS = frozenset(("store", "policy"))
SECRET = frozenset(("broker", "database", "model_key", "neo4j", "token"))
"""Whose values are shown to nobody, and not given to a command that is observed."""


def load_settings(
    flags: Mapping[str, Any], *, environ: Mapping[str, str], file: Path | None = None, folder: Path | None = None
) -> Settings:
    """Return the settings in force. `flags` holds only what was given on the command line.

    The file is `file` (it must exist), else what `CLEW_CONFIG` names, else `clew.toml` in `folder`, else the one in the
    user's configuration folder. Raises `SettingsInvalid`, naming key, place and the nearest known key.
    """
    values: dict[str, Any] = {}
    named = file or (Path(environ["CLEW_CONFIG"]) if environ.get("CLEW_CONFIG") else None)
    path = named or _found(folder or Path.cwd())
    if path is not None:
        values |= _from_file(path)
    values |= _from_environment(environ)
    values |= dict(flags)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = str(first["loc"][0])
        value = "what is set" if key in SECRET else repr(str(values[key])[:80])
        raise SettingsInvalid(f"{key} = {value}, {_place(key, path, environ, flags)}: {first['msg']}.") from error


def _found(folder: Path) -> Path | None:
    places = (folder / FILE, Path(platformdirs.user_config_path("clew", appauthor=False)) / FILE)
    return next((place for place in places if place.is_file()), None)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsInvalid(
            f"{path} cannot be read as settings: {error}. Correct it, or name another with --config."
        ) from error
    for key in values:
        if key not in Settings.model_fields:
            raise SettingsInvalid(f"{path}: there is no setting {key!r}{_nearest(key)}.")
    return {
        key: path.parent / Path(value).expanduser() if key in PATHS and isinstance(value, str) else value
        for key, value in values.items()
    }


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name in _NOT_SETTINGS:
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in Settings.model_fields:
            raise SettingsInvalid(f"The environment: there is no setting {name}{_nearest(key, PREFIX)}.")
        if value:  # an empty variable is an unset one, as shells have it
            values[key] = Path(value).expanduser() if key in PATHS else value
    return values


def _nearest(key: str, prefix: str = "") -> str:
    found = get_close_matches(key.lower(), Settings.model_fields, n=1, cutoff=0.5)
    known = [f"{prefix}{name.upper() if prefix else name}" for name in (found or Settings.model_fields)]
    return f"; did you mean {known[0]}?" if found else f"; known are {', '.join(known)}"


def _place(key: str, path: Path | None, environ: Mapping[str, str], flags: Mapping[str, Any]) -> str:
    if key in flags:
        return f"given as --{key.replace('_', '-')}"
    if environ.get(PREFIX + key.upper()):
        return f"given as {PREFIX}{key.upper()}"
    return f"in {path}"


def reference() -> str:
    """Return the reference page of the settings, in Markdown."""
    rows = []
    for name, row in Settings.model_fields.items():
        default = (
            "the user's state folder" if name == "store" else "not set" if row.default is None else f"`{row.default}`"
        )
        rows.append(f"| `{name}` | `{PREFIX}{name.upper()}` | {default} | {row.description} |")
    return "\n".join(
        (
            "# Settings",
            "",
            "Generated from `correlator/settings.py` by `python -m correlator.settings docs/reference/settings.md`.",
            "",
            f"`{FILE}` is overruled by `{PREFIX}…`, and that by flags. The file is the one named with",
            f"`--config` or `{PREFIX}CONFIG`, else `./{FILE}`, else `{FILE}` in the user's configuration folder.",
            "An unknown key is an error.",
            "`clew doctor` prints what is in force.",
            "",
            "| key | variable | default | meaning |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        )
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), "utf-8")
