"""Where in a thread was a tool run asked for: by the id of the call (E1), else by name and arguments within the trace."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

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
    by_id: dict[str, list[tuple[int, Place]]] = defaultdict(list)
    by_trace: dict[str, list[int]] = defaultdict(list)
    for number, thread in enumerate(threads):
        for place, call in each_call(thread):
            if call.call_id:
                by_id[call.call_id].append((number, place))
        for trace in thread.traces:
            by_trace[trace].append(number)
    left = [run for run in runs if not _put(run, by_id.get(run.tool.call_id or "", ()), found)]
    for run in left:
        _put(run, ((n, place) for n in by_trace[run.span.trace_id] for place in _like(threads[n], run)), found)
    return found


def _put(run: Run, places: Iterable[tuple[int, Place]], found: Placed) -> bool:
    """Give a run the first place that is free; return whether there was one."""
    for number, place in places:
        if place not in found[number]:
            found[number][place] = run
            return True
    return False


def each_call(thread: Thread) -> Iterator[tuple[Place, Call]]:
    """Yield the calls that the replies of a thread ask for, in order."""
    for position, said in enumerate(thread.messages):
        for item in said:
            if isinstance(item, Reply):
                yield from (((position, part), call) for part, call in enumerate(item.calls))


def _like(thread: Thread, run: Run) -> Iterator[Place]:
    """Yield the places of calls of the same name and arguments that can have been asked for before the run."""
    for (position, part), call in each_call(thread):
        asked = thread.asked[position]
        early = asked and run.span.end_ns and run.span.end_ns < asked
        named = call.name == run.tool.name or call.name.endswith(f"_{run.tool.name}")
        if named and not early and run.tool.arguments in (None, call.arguments):
            yield position, part
