"""`clew sensor add|list|revoke`: tokens of the sensors that send to `clew listen`."""

import time
from typing import Annotated

import typer

from correlator.cli.verb import FAILURE, Run, verb

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Manage the tokens of sensors that send here.",
)
Name = Annotated[str, typer.Argument(help="Name of the sensor, such as that of its machine.", metavar="NAME")]


@app.command()
@verb
def add(run: Run, name: Name) -> None:
    """Make a token for a sensor and print it, this once; it takes the place of an older one.

    The sensor sends it with CLEW_TOKEN. `clew listen` then takes it beside the setting `token`.
    """
    from correlator.cli.desk import opened_casebook
    from correlator.tokens import digest_of, new_token

    settings, token = run.settings(), new_token()
    with opened_casebook(settings) as casebook:
        is_new = casebook.add_token(settings.tenant, name, digest_of(token), now_ns=time.time_ns())
    if run.json:
        run.data({"sensor": name, "token": token})
    else:
        run.out(token)
        run.say(f"{name}: only its digest is kept" + ("" if is_new else "; the older token is worth nothing now"))


@app.command("list")
@verb
def list_(run: Run) -> None:
    """List the sensors that have a token."""
    from correlator.cli.desk import opened_casebook
    from correlator.cli.table import table
    from correlator.render.times import moment

    settings = run.settings()
    with opened_casebook(settings) as casebook:
        rows = casebook.tokens(settings.tenant)
    if run.json:
        run.data([{"sensor": one.sensor, "added_ns": one.added_ns} for one in rows])
    elif rows:
        run.out(
            table(
                ("sensor", "since"),
                [(one.sensor, moment(one.added_ns, local=settings.local)) for one in rows],
                run.width,
            )
        )
    else:
        run.say("no sensor has a token; `clew sensor add NAME` makes one")


@app.command()
@verb
def revoke(run: Run, name: Name) -> int:
    """Take a sensor's token away: from some seconds on, what it sends is refused."""
    from correlator.cli.desk import opened_casebook

    settings = run.settings()
    with opened_casebook(settings) as casebook:
        had = casebook.revoke_token(settings.tenant, name)
    run.say(
        f"{name}: its token is worth nothing now" if had else f"{name} has no token; `clew sensor list` shows who has"
    )
    return 0 if had else FAILURE
