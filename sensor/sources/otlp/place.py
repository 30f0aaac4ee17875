"""Where in a thread was a tool run asked for: by the id of the call (E1), else by name and arguments within the trace."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sensor.sources.otlp.bundle import Run
from sensor.sources.otlp.threads import Thread
from sensor.sources.transcript.message import Call, Reply

Place = tuple[int, int]
"""Position of a reply and number of the call within it."""
Placed = dict[int, dict[Place, Run]]
"""Number of the thread → place of a call → the run of it."""


def placed(runs: Sequence[Run], threads: Sequence[Thread]) -> Placed:
    """Return the place of each run that a captured reply asked for; each call has one run."""
    found: Placed = defaultdict(dict)
    for exactly in (True, False):
        for run in runs:
            if any(run in taken.values() for taken in found.values()):
                continue
            for number, thread in enumerate(threads):
                matching = _with_id(thread, run) if exactly else _like(thread, run)
                place = next((place for place in matching if place not in found[number]), None)
                if place is not None:
                    found[number][place] = run
                    break
    return found


def each_call(thread: Thread) -> Iterator[tuple[Place, Call]]:
    """Yield the calls that the replies of a thread ask for, in order."""
    for position, said in enumerate(thread.messages):
        for item in said:
            if isinstance(item, Reply):
                yield from (((position, part), call) for part, call in enumerate(item.calls))


def _with_id(thread: Thread, run: Run) -> Iterator[Place]:
    if run.tool.call_id:
        yield from (place for place, call in each_call(thread) if call.call_id == run.tool.call_id)


def _like(thread: Thread, run: Run) -> Iterator[Place]:
    if run.span.trace_id not in thread.traces:
        return
    for (position, part), call in each_call(thread):
        asked = thread.asked[position]
        early = asked and run.span.end_ns and run.span.end_ns < asked
        named = call.name == run.tool.name or call.name.endswith(f"_{run.tool.name}")
        if named and not early and run.tool.arguments in (None, call.arguments):
            yield position, part
