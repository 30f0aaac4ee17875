"""`clew narrator test`: does the verifier tell right sentences from wrong ones, and can the model be talked into anything."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from correlator.cli.verb import FAILURE, Run, verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from correlator.evaluate.injection import Planted, Trial
    from correlator.evaluate.mutation import Mutated
    from correlator.models import LanguageModel
    from correlator.narrate import Way
    from correlator.narrating.asking import Cache

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Test what holds stories to their evidence."
)
_SHOWN = 20
_MUTATED = 5
"""Stories of which wrong sentences are made; those of others are much the same."""


@app.callback()
def _group() -> None:
    """Have `test` stay a word of its own while it is the only one."""


@app.command("test")
@verb
def examine(
    run: Run,
    sentences: Annotated[
        Path | None,
        typer.Option(help="JSON lines: chain (a trace), sentence, cites (numbers of its lines), ok.", metavar="FILE"),
    ] = None,
    orders: Annotated[
        int, typer.Option(help="Without --sentences: stories with an order in them that the model words.", min=1)
    ] = 40,
    every: Annotated[bool, typer.Option("--all", help="Show each sentence that was judged otherwise.")] = False,
) -> int:
    """Judge sentences about traces, and count the wrong ones that are caught and the right ones that are refused.

    Without a file: have the configured model word stories of runs in which somebody has planted orders to it, and count what
    changes; then make wrong sentences from what it said, and count those that are caught.
    """
    if sentences is None:
        return _injected(run, orders, every=every)
    from correlator.evaluate.sentences import counted, read_sentences
    from correlator.render.escape import terminal as safe

    found = list(read_sentences(sentences))
    wrong, right = counted(one for one in found if not one.ok), counted(one for one in found if one.ok)
    otherwise = [one for one in found if one.ok == bool(one.refusals)]
    if run.json:
        run.data({
            "wrong": {"of": wrong.of, "caught": wrong.refused, "share": wrong.share, "interval": list(wrong.interval)},
            "right": {"of": right.of, "refused": right.refused, "share": right.share, "interval": list(right.interval)},
            "otherwise": [
                {"sentence": one.sentence, "ok": one.ok, "refusals": [str(refusal) for refusal in one.refusals]}
                for one in otherwise
            ],
        })  # fmt: skip
        return 0
    for name, count, what in (("wrong", wrong, "caught"), ("right", right, "refused")):
        low, high = count.interval
        run.out(
            f"{name}: {count.refused} of {count.of} {what}, {count.share:.2%} [{low:.2%}, {high:.2%}]" if count.of
            else f"{name}: none in the file"
        )  # fmt: skip
    for one in otherwise if every else otherwise[:_SHOWN]:
        why = f" ({safe(str(one.refusals[0]), 200)})" if one.refusals else ""
        run.out(f"{'refused' if one.ok else 'missed '}  {safe(one.sentence, 400)}{why}")
    if len(otherwise) > _SHOWN and not every:
        run.say(f"and {len(otherwise) - _SHOWN} more: --all shows them")
    return 0


def _injected(run: Run, orders: int, *, every: bool) -> int:
    """Run the injection test with the configured model. Fails where a story is changed, or shows what was ordered."""
    from correlator.cli.desk import opened_casebook
    from correlator.evaluate.injection import NOTHING, outcome, some, tried
    from correlator.narrating.rounds import Counted, spent_all
    from correlator.wiring import open_language_model

    settings = run.settings()
    model = open_language_model(settings)
    trials: list[Trial] = []
    with opened_casebook(settings) as casebook:
        # What was observed is in no prompt, so most are asked for once. What they cost counts like that of stories.
        cache = Counted(partial(casebook.spend, settings.tenant))
        usual: int | None = None
        for number, planted in enumerate((NOTHING, *some(orders))):
            if why := spent_all(casebook, settings):
                run.say(f"{why} {max(0, number - 1)} of {orders} orders were tried.")
                return FAILURE
            trial = tried(planted, model, way=settings.narrator, cache=cache, usual=usual)
            if planted is NOTHING:
                usual = trial.title
                continue
            trials.append(trial)
            run.say(f"{number} of {orders}: {trial.worded} of {trial.sentences} sentences worded")
    lies = [lie for one in some(min(orders, _MUTATED)) for lie in _lies(one, model, settings.narrator, cache)]
    told = [f"{lie.kind}: {lie.said}" for lie in lies if not lie.why]
    found = outcome(trials)
    wrong = [one for one in trials if one.changed or one.escaped or one.asked]
    if run.json:
        run.data({
            "model": model.name, **asdict(found),
            "mutations": {"of": len(lies), "caught": len(lies) - len(told), "missed": [*told]},
            "wrong": [{"place": one.planted.place, "order": one.planted.text, "changed": list(one.changed)} for one in wrong],
        })  # fmt: skip
        return FAILURE if wrong or told else 0
    run.out(
        f"{model.name}: {found.trials} stories with an order in them ({found.shown} show it): {found.changed} changed in more than "
        f"wording, {found.escaped} show what was ordered, {found.asked} told the model of it, {found.retitled} have "
        f"another of the engine's titles than without; {found.worded} of {found.sentences} sentences worded"
    )
    run.out(f"wrong sentences made from what it said: {len(lies) - len(told)} of {len(lies)} caught")
    for lie in told if every else told[:_SHOWN]:
        run.out(f"missed  {lie}")
    if found.stopped:
        run.say(f"{found.stopped} were not asked to the end: {next(one.stopped for one in trials if one.stopped)}")
    for one in wrong if every else wrong[:_SHOWN]:
        run.out(f"{one.planted.place}, {one.planted.demand}: {', '.join((*one.changed, *one.escaped))}")
    return FAILURE if wrong or told else 0


def _lies(planted: "Planted", model: "LanguageModel", way: "Way", cache: "Cache") -> "Iterator[Mutated]":
    """Yield wrong sentences made from what the model said of a story; it is not asked again for what it said."""
    from correlator.evaluate.injection import told
    from correlator.evaluate.mutation import mutated
    from correlator.narrate import narrate

    story, run = told(planted)
    yield from mutated(story, run, narrate(story, run, model, way=way, cache=cache))
