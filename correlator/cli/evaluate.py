"""`clew evaluate PATH...`: how often the engine is right. The work is in `correlator.evaluate`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from correlator.cli.verb import Run, verb

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Baseline(StrEnum):
    """What teaches the engine before a run."""

    NONE = "none"
    OTHERS = "others"


class Mutation(StrEnum):
    """Changes of the payload that keep the calls."""

    VERBS = "verbs"
    PLANT = "plant"
    SPLIT = "split"
    RESPELL = "respell"
    FIELD = "field"
    KNOWN = "known"
    INUSER = "inuser"


@app.command()
@verb
def evaluate(
    run: Run,
    paths: Annotated[list[str], typer.Argument(help="Packed runs, a runs/ tree, or transcripts.", metavar="PATH")],
    baseline: Annotated[Baseline, typer.Option(help="What teaches the engine: nothing, or the other benign runs.")] = (
        Baseline.NONE
    ),
    without: Annotated[
        list[str] | None, typer.Option(help="Leave this term, or group of terms, out.", metavar="TERM")
    ] = None,
    values_only: Annotated[bool, typer.Option("--values-only", help="Words of tool results become tokens.")] = False,
    mutate: Annotated[Mutation | None, typer.Option(help="Change the payload, keep the calls.")] = None,
    prevalence: Annotated[float | None, typer.Option(help="Share of hijacked sessions to resample to.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of mutations and resampling.")] = None,
) -> int:
    """Measure the engine on recorded runs whose outcome is known; it sees their messages and nothing else."""
    from correlator.evaluate.main import SEED, Request
    from correlator.evaluate.main import run as measure

    request = Request(
        paths=tuple(Path(path) for path in paths),
        baseline=baseline.value,
        without=tuple(without or ()),
        values_only=values_only,
        mutate=mutate.value if mutate else None,
        prevalence=prevalence,
        seed=SEED if seed is None else seed,
    )
    return measure(request, as_json=run.json)
