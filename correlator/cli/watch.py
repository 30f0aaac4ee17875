"""`clew watch --pid/--cgroup/--unit/--container`: observe what runs already and tell stories as they happen."""

import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from correlator.cli.interrupt import heard
from correlator.cli.shipping import ToOption, address, shipping
from correlator.cli.verb import Run, verb

if TYPE_CHECKING:
    from correlator.casebook import StoryRecord
    from sensor.probes.observation import Observation
    from sensor.probes.running import Target

app = typer.Typer(rich_markup_mode=None, add_completion=False)
_LOOK_S = 1.0
"""Seconds between looks for processes that came into a control group otherwise than by birth."""


@app.command()
@verb
def watch(
    run: Run,
    pid: Annotated[list[int] | None, typer.Option(help="Process, with its children.", metavar="NUMBER")] = None,
    cgroup: Annotated[list[str] | None, typer.Option(help="Control group: its path.", metavar="PATH")] = None,
    unit: Annotated[list[str] | None, typer.Option(help="Unit of systemd.", metavar="NAME")] = None,
    container: Annotated[
        list[str] | None, typer.Option(help="Container: its id, 12 digits or more.", metavar="ID")
    ] = None,
    to: Annotated[str | None, ToOption] = None,
    workload: Annotated[str | None, typer.Option(help="Label of the agent; equal labels share a baseline.")] = None,
    policy: Annotated[str | None, typer.Option(help="Policy file; the shipped one if not given.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Score from which on a chain is a story.")] = None,
) -> int:
    """Observe processes that run already, with all that they start, and tell stories as soon as their chain is complete.

    Nothing else is observed: at least one of --pid, --cgroup, --unit and --container has to say what. A connection that was open
    before is read from its next one on. Ends with Ctrl-C, or when all of them are gone. Needs root.
    """
    from correlator.cli.listen import tell_now
    from correlator.cli.observed import sensing
    from correlator.cli.station import station
    from correlator.policy import load_policy
    from sensor.probes.observation import Observation, status
    from sensor.probes.origin import Origin
    from sensor.probes.secrets import Secrets

    wanted = _wanted(pid or [], cgroup or [], unit or [], container or [])
    settings = run.settings(workload=workload, policy=policy, threshold=threshold)
    origin, secrets = Origin.here(settings.tenant), Secrets(load_policy(settings.policy).labels)
    told: list[str] = []

    def tell(record: "StoryRecord") -> None:
        told.append(record.story.id)
        tell_now(run, settings, record)

    # What asks to end is Ctrl-C by another name.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    where = address(to)
    if where is not None and (workload is not None or threshold is not None):
        raise typer.BadParameter(
            "stories are told where it is sent to: without --workload and --threshold", param_hint="--to"
        )
    going = station(settings, tell) if where is None else shipping(settings, where, run.say)
    with sensing(launches=False) as sensor, going as there:
        observation = Observation(sensor, origin, (), secrets=secrets)
        there.saw([status(sensor, origin)], [])
        try:
            _observed(observation, wanted, there.saw, run)
        except KeyboardInterrupt:
            heard()  # the way to end it
        there.saw(observation.end(), observation.spans())
    if where is None:
        run.say(f"clew: {len(set(told))} stories")
    return 0


def _wanted(pid: list[int], cgroup: list[str], unit: list[str], container: list[str]) -> "Callable[[], set[Target]]":
    """Return what finds the processes that are to be observed now. Raises `UnknownTarget`."""
    from sensor.probes import cgroups
    from sensor.probes.running import started, target, tree

    if not (pid or cgroup or unit or container):
        raise typer.BadParameter("say what to observe: --pid, --cgroup, --unit or --container")
    roots = [target(one) for one in pid]
    groups = []
    if cgroup or unit or container:
        mount = cgroups.mount()
        groups += [cgroups.group(path, mount) for path in cgroup]
        groups += [group for name in unit for group in cgroups.unit(name, mount)]
        groups += [group for name in container for group in cgroups.container(name, mount)]
        for group in groups:
            cgroups.processes(group)  # refuses what holds the first process of all

    def found() -> "set[Target]":
        inside = set[int]().union(*map(cgroups.processes, groups))
        return tree(roots) | {(one, when) for one in inside if (when := started(one)) is not None}

    return found


def _observed(
    observation: "Observation", wanted: "Callable[[], set[Target]]", saw: "Callable[..., None]", run: Run
) -> None:
    while observation.join(wanted()):  # until nobody is new: some may be born meanwhile
        pass
    run.say(f"clew: {len(observation.alive)} processes are observed, with all that they start; Ctrl-C ends")
    looked = time.monotonic()
    while observation.alive or wanted():
        saw(observation.look(), observation.spans())
        if time.monotonic() - looked >= _LOOK_S:
            observation.join(wanted())
            looked = time.monotonic()
