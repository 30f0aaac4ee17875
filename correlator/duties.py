"""What a worker of a fleet does, whoever asks: each piece of work is claimed where it stands, and done once.

Any number of processes may do all of it at a time; nothing here knows a broker.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from correlator.dispatch import Dispatcher
from correlator.errors import CorrelatorError
from correlator.following import follow, is_behind
from correlator.ingest import Desk
from correlator.key import redaction_key
from correlator.narrating.rounds import BUSY, Narrating
from correlator.retention import expire, too_old
from correlator.settings import Settings
from correlator.wiring import open_casebook, open_graph, open_language_model
from graph.errors import GraphError
from graph.store import Projection

LOG = logging.getLogger("clew.worker")
AT_ONCE_S = 10.0
"""Seconds after which a worker lets others have their turn."""
_STORIES = 50
"""That are looked at with one question."""
_MOST_LEFT = 500
"""Stories left for later, beyond which no others are looked at."""
OVERDUE_NS = 15 * 10**9
"""Time that a session waits, at most, for somebody who was woken by a message."""


class Duties:
    """The work of one process, with stores of its own. Used from one thread."""

    def __init__(self, settings: Settings, *, now_ns: Callable[[], int] | None = None) -> None:
        """Open the stores. `now_ns`: the clock by which is claimed, else the casebook's. Raises what opening them raises."""
        self.settings = settings
        self._casebook = open_casebook(settings)
        self._now_ns = now_ns or self._casebook.now_ns
        try:
            self._graph = open_graph(settings)
        except BaseException:
            self._casebook.close()
            raise
        self._desks: dict[str, Desk] = {}
        self._narratings: dict[str, Narrating] = {}
        self._worded: dict[str, int] = {}
        """Tenant → number of the last change of a story that was looked at."""
        self._left: dict[str, set[str]] = {}
        """Tenant → stories that were left for later."""

    @classmethod
    @contextmanager
    def opened(cls, settings: Settings) -> Iterator[Self]:
        """Give the work, and close the stores behind it."""
        duties = cls(settings)
        try:
            yield duties
        finally:
            duties.close()

    def judge(self, tenant: str, *, at_most_s: float = AT_ONCE_S) -> int:
        """Judge sessions of a tenant that nobody else has claimed; return how many."""
        desk, enough, done = self._desk(tenant), time.monotonic() + at_most_s, 0
        while (judged := desk.work(now_ns=self._now_ns).sessions) and time.monotonic() < enough:
            done += judged
        return done + judged

    def project(self) -> int:
        """Bring the graph up to event log and casebook, where it follows them; return how many entries and stories that took."""
        if not isinstance(self._graph, Projection) or not is_behind(self._graph, self._casebook):
            return 0
        return follow(self._graph, self._casebook)

    def expire(self, until: Callable[[], bool] = lambda: False) -> int:
        """Remove what is older than the settings say, of all tenants, until asked to stop; return how many sessions that was.

        Nothing of stories is scored again as time passes: what depends on time depends on that of events, and is judged with them.
        """
        if self.settings.keep_days is None:
            return 0
        before_ns = too_old(self._casebook, self.settings.keep_days)
        tenants = self._casebook.tenants()
        return sum(expire(self._graph, self._casebook, tenant, before_ns, until).sessions for tenant in tenants)

    def narrate(self, until: Callable[[], bool] = lambda: False) -> int:
        """Have stories worded that have changed, of all tenants, where a model is set; return how many are.

        What is left over because the model is away, or has had its tokens of today, is come back to.
        """
        if self.settings.model is None:
            return 0
        done = 0
        for tenant in self._casebook.tenants():
            try:
                done += self._narrate(tenant, until)
            except (CorrelatorError, GraphError) as error:
                LOG.warning("stories of %s: %s", tenant, error)
        return done

    def _narrate(self, tenant: str, until: Callable[[], bool]) -> int:
        narrating = self._narrating(tenant)
        waited, left = narrating.waiting, self._left.setdefault(tenant, set())
        records = list(self._casebook.each_story(tenant, ids=left)) if left else []
        done = narrating.word_all(records, again=False, until=until)
        self._left[tenant], waiting = set(narrating.left), narrating.waiting
        while not until() and len(self._left[tenant]) < _MOST_LEFT:
            records = self._casebook.stories_after(tenant, self._worded.get(tenant, 0), _STORIES)
            if not records:
                break
            done += narrating.word_all([one for one in records if one.standing == "open"], again=False, until=until)
            self._left[tenant] |= narrating.left
            self._worded[tenant] = records[-1].updated
            waiting = narrating.waiting or waiting
        narrating.waiting = waiting
        if waiting not in ("", BUSY, waited):
            LOG.warning("stories of %s are told by templates: %s", tenant, waiting)
        return done

    def sweep(self, dispatcher: Dispatcher) -> None:
        """Look for work that no message told of, and give up what takes down whoever does it."""
        for tenant in self._casebook.tenants_waiting(now_ns=self._now_ns()):
            dispatcher.wake("judge", tenant)
        self._casebook.give_up(now_ns=self._now_ns())

    def overdue(self) -> list[str]:
        """Return whose sessions wait though nobody judges any of theirs: who was woken has not heard it, for whatever reason."""
        now_ns = self._now_ns()
        return self._casebook.tenants_overdue(now_ns=now_ns, due_ns=now_ns - OVERDUE_NS)

    def close(self) -> None:
        """Let go of the stores."""
        self._graph.close()
        self._casebook.close()

    def _narrating(self, tenant: str) -> Narrating:
        if tenant not in self._narratings:
            model = open_language_model(self.settings)
            self._narratings[tenant] = Narrating(self._desk(tenant), model, LOG.info)
        return self._narratings[tenant]

    def _desk(self, tenant: str) -> Desk:
        if tenant not in self._desks:
            settings = self.settings.model_copy(update={"tenant": tenant})
            self._desks[tenant] = Desk(self._graph, self._casebook, settings, redaction_key(settings))
        return self._desks[tenant]
