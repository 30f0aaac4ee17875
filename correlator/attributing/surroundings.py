"""What the kernel saw while sessions ran, and which of it was their work: asked of the stores once for all sessions of one time."""

from collections.abc import Sequence

from correlator.attribution import AFTER_NS, NOTHING, Attribution, attribute
from correlator.casebook import Casebook, SessionRecord
from graph.store import MOST_UNPLACED, GraphStore
from sensor.event import Event, EventsLost, ModelResponded, ToolCalled, ToolReturned

BEFORE_NS = 60 * 10**9
"""How long before a session its agent's processes are looked for."""
MOST_SESSIONS = 256
"""Sessions of one time that compete for what was done; beyond, the earliest."""

_Mark = tuple[tuple[str, int], ...]


class Surroundings:
    """Attributes to sessions what no session is known for. Used from one thread."""

    def __init__(self, graph: GraphStore, casebook: Casebook, tenant: str) -> None:
        """Ask nothing yet."""
        self._graph = graph
        self._casebook = casebook
        self._tenant = tenant
        self._mark: _Mark = ()
        """Sessions that `_known` is of, with their revisions."""
        self._known: dict[str, Attribution] = {}
        self._quiet: tuple[int, int] | None = None
        """Two times between which the kernel saw nothing."""

    def look(self, sessions: Sequence[SessionRecord]) -> None:
        """Find out whether the kernel saw anything near sessions that are judged next: one question instead of one for each."""
        times = [time for one in sessions for time in (one.first_ns, one.last_ns) if time is not None]
        self._quiet = _near(times) if times and not self._seen(times, limit=1) else None

    def forget(self) -> None:
        """Ask the stores again: something was added."""
        self._mark, self._quiet = (), None

    def of(self, run: Sequence[SessionRecord]) -> Attribution:
        """Return what was done for the calls of a run."""
        times = [time for one in run for time in (one.first_ns, one.last_ns) if time is not None]
        if not times or self._is_quiet(times) or not self._seen(times, limit=1):
            return NOTHING
        beside = self._beside(run, min(times), max(times))
        mark = tuple(sorted((one.key, one.revision) for one in beside))
        if mark != self._mark:
            self._mark, self._known = mark, self._attributed(beside)
        found = [self._known[one.key] for one in run if one.key in self._known]
        return Attribution(
            works=tuple(work for one in found for work in one.works),
            ambiguous=tuple({event.entity: event for one in found for event in one.ambiguous}.values()),
            undecided=frozenset(call for one in found for call in one.undecided),
            speakers=frozenset(process for one in found for process in one.speakers),
            gaps=next((one.gaps for one in found), ()),
            observed=any(one.observed for one in found),
        )

    def _beside(self, run: Sequence[SessionRecord], first_ns: int, last_ns: int) -> list[SessionRecord]:
        """Return the sessions of a run with all that ran at the same time as one of them, directly or not."""
        found = {one.key: one for one in run}
        while True:
            more = self._casebook.beside(self._tenant, first_ns, last_ns, limit=MOST_SESSIONS)
            found |= {one.key: one for one in more if len(found) < MOST_SESSIONS}
            times = [time for one in found.values() for time in (one.first_ns, one.last_ns) if time is not None]
            if (min(times), max(times)) == (first_ns, last_ns) or len(found) >= MOST_SESSIONS:
                return list(found.values())
            first_ns, last_ns = min(times), max(times)

    def _attributed(self, sessions: Sequence[SessionRecord]) -> dict[str, Attribution]:
        times = [time for one in sessions for time in (one.first_ns, one.last_ns) if time is not None]
        seen = self._seen(times, limit=MOST_UNPLACED + 1)
        if len(seen) > MOST_UNPLACED:
            last = seen[MOST_UNPLACED - 1]
            cut = EventsLost(
                tenant=last.tenant, session="", source="clew", position=last.position, at_ns=last.at_ns, count=1,
                where=f"analysis (more than {MOST_UNPLACED} kernel events of one time; at least)",
            )  # fmt: skip
            seen = [*seen[:MOST_UNPLACED], cut]
        return attribute({one.key: self._calls(one.key) for one in sessions}, seen)

    def _seen(self, times: Sequence[int], *, limit: int) -> list[Event]:
        first_ns, last_ns = _near(times)
        return self._graph.unplaced(first_ns, last_ns, tenant=self._tenant, limit=limit)

    def _is_quiet(self, times: Sequence[int]) -> bool:
        first_ns, last_ns = _near(times)
        return self._quiet is not None and self._quiet[0] <= first_ns and last_ns <= self._quiet[1]

    def _calls(self, session: str) -> list[Event]:
        kinds = (ToolCalled, ToolReturned, ModelResponded)
        return [event for event in self._graph.events(session, tenant=self._tenant) if isinstance(event, kinds)]


def _near(times: Sequence[int]) -> tuple[int, int]:
    return min(times) - BEFORE_NS, max(times) + AFTER_NS
