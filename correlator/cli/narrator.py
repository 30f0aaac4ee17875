"""`clew narrator test`: does the verifier of sentences tell right ones from wrong ones."""

from pathlib import Path
from typing import Annotated

import typer

from correlator.cli.verb import Run, verb

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Test what holds stories to their evidence."
)
_SHOWN = 20


@app.callback()
def _group() -> None:
    """Have `test` stay a word of its own while it is the only one."""


@app.command("test")
@verb
def examine(
    run: Run,
    sentences: Annotated[
        Path,
        typer.Option(help="JSON lines: chain (a trace), sentence, cites (numbers of its lines), ok.", metavar="FILE"),
    ],
    every: Annotated[bool, typer.Option("--all", help="Show each sentence that was judged otherwise.")] = False,
) -> int:
    """Judge sentences about traces, and count the wrong ones that are caught and the right ones that are refused."""
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
