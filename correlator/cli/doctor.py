"""`clew doctor`: is everything there, and where."""

import platform
import sys
import time
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING

import typer

from correlator.cli.verb import Run, verb

if TYPE_CHECKING:
    from correlator.settings import Settings

app = typer.Typer(rich_markup_mode=None, add_completion=False)
PACKAGES = ("clew", "jinja2", "networkx", "pydantic", "rich", "sqlalchemy", "typer")
EXTRAS = {
    "grpc": "grpc", "postgres": "psycopg", "neo4j": "neo4j", "queue": "celery", "llm": "litellm",
}  # fmt: skip
"""Extra → the module that shows whether it is installed."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    fine: bool
    what: str


@app.command()
@verb
def doctor(run: Run) -> int:
    """Check the installation, the store and the settings; exit with 1 if something needed is missing."""
    from correlator.render.escape import terminal as safe

    settings = run.settings()
    checks = [*_installed(), *_settings(settings), *_store(settings), *_model(settings)]
    extras, kernel = _extras(), _kernel()
    if run.json:
        run.data(
            {
                "checks": [asdict(one) for one in checks],
                "extras": [asdict(one) for one in extras],
                "kernel": [asdict(one) for one in kernel],
            }
        )
    else:
        for one in checks:
            run.out(f"{'ok  ' if one.fine else 'FAIL'}  {one.name:<14} {safe(one.what, 1_000)}")
        for one in extras + kernel:
            run.out(f"{'ok  ' if one.fine else '-   '}  {one.name:<14} {safe(one.what, 1_000)}")
    return 0 if all(one.fine for one in checks) else 1


def _installed() -> list[Check]:
    found = [Check("python", sys.version_info >= (3, 11), f"{platform.python_version()} at {sys.executable}")]
    for package in PACKAGES:
        try:
            found.append(Check(package, True, version(package)))
        except PackageNotFoundError:
            found.append(Check(package, False, "missing: `make install`, or `pip install clew`"))
    return found


def _settings(settings: "Settings") -> list[Check]:
    from correlator.errors import PolicyInvalid
    from correlator.policy import load_policy

    place = settings.policy or files("correlator").joinpath("data", "policy.toml")
    try:
        load_policy(settings.policy)
        policy = Check("policy", True, str(place))
    except PolicyInvalid as error:
        policy = Check("policy", False, str(error))
    return [
        policy,
        Check("tenant", True, f"{settings.tenant}, workload {settings.workload}, idle {settings.idle_minutes} minutes"),
    ]


def _store(settings: "Settings") -> list[Check]:
    """Open graph and casebook as a verb would, which proves that both can be read and written."""
    from correlator.cli.desk import opened
    from correlator.errors import CorrelatorError
    from graph.errors import GraphError
    from graph.sql import shown

    try:
        with opened(settings) as desk:
            counts = desk.graph.counts()
            stories = len(desk.casebook.stories(settings.tenant))
    except (CorrelatorError, GraphError) as error:
        return [Check("store", False, str(error))]
    is_of_fleet = settings.backend in ("sql", "neo4j") and settings.database is not None
    place = shown(settings.database) if is_of_fleet and settings.database else settings.store
    what = f"{settings.backend} in {place}: {counts.sessions} sessions, {counts.events} events, {stories} stories"
    return [Check("store", True, what)]


def _model(settings: "Settings") -> list[Check]:
    """Have the language model word one sentence, where one is set: is it reached, does it reply with JSON, what does that cost."""
    if settings.model is None:
        return []
    from pydantic import ValidationError

    import prompts
    from correlator.errors import ModelRefused, ModelUnavailable, SettingsInvalid
    from correlator.wiring import open_language_model
    from prompts.replies import Reworded

    asked = prompts.load("reword").ask(sentence="The agent called {T1}.", handles="{T1}", refused="")
    began = time.monotonic()
    try:
        answer = open_language_model(settings).reply(asked, most_tokens=100, seconds=20.0)
        Reworded.model_validate_json(answer.text)
    except (ModelRefused, ModelUnavailable, SettingsInvalid) as error:
        return [Check("model", False, str(error))]
    except ValidationError:
        what = f"{settings.model} is there, but does not reply with the JSON that is asked for; stories would be told by templates"
        return [Check("model", False, what)]
    cost = "price not known" if answer.cost is None else f"{answer.cost:.6f} US dollars"
    used = f"{answer.tokens_in} + {answer.tokens_out} tokens, {cost}, {time.monotonic() - began:.1f} s"
    return [Check("model", True, f"{settings.model} replies with JSON: one sentence {used}")]


def _extras() -> list[Check]:
    found = []
    for extra, module in EXTRAS.items():
        there = find_spec(module) is not None
        lock = f"requirements/{'llm' if extra == 'llm' else 'fleet'}.lock"
        found.append(Check(extra, there, "installed" if there else f"not installed: pip install --no-deps -r {lock}"))
    return found


def _kernel() -> list[Check]:
    """Return what the kernel sensor needs; without it, telemetry and recordings are read as before."""
    from sensor.probes.check import needs

    return [Check(f"kernel {need.name}", need.met, need.what) for need in needs()]
