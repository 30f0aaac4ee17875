"""Celery: messages that wake workers up. What there is to do stands in the stores; a message that is lost costs two seconds.

JSON only, nothing but the name of a tenant in it. A task is acknowledged when it is done; one whose worker died comes again.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import billiard.pool
from celery import Celery, signals
from celery.exceptions import OperationalError

from correlator.collector import settle_memory
from correlator.dispatch import Dispatcher, Task
from correlator.duties import Duties
from correlator.errors import CorrelatorError
from correlator.settings import Settings
from graph.errors import GraphError
from workers.once import judge_apart

LAST_WORD_S = 2
"""For which a process that ends waits until its parent has heard of its last task."""
LOG = logging.getLogger("clew.worker")


@dataclass(frozen=True, slots=True)
class Row:
    """How a task is run."""

    queue: str
    deadline_s: int
    """After which whoever does it is ended, and another takes over."""
    stale_s: int
    """After which a message tells nothing that the sweeper has not found."""
    do: Callable[[Duties, str], object]
    """Of a tenant."""


TABLE: dict[Task, Row] = {"judge": Row("clew.judge", 120, 10, lambda duties, tenant: duties.judge(tenant))}
"""A worker that fails is waited for no longer than a claim lasts; retries and their pauses are those of the claims."""


def _catch_up(duties: Duties) -> None:
    """Have judged what nobody judges though it is due: a consumer of messages may hear nothing any more."""
    for tenant in duties.overdue()[:1]:
        LOG.warning("sessions wait and nobody judges: doing so without the broker")
        judge_apart(duties.settings, tenant)


Beside = Callable[[Duties, Dispatcher, Callable[[], bool]], object]
"""Takes the stores, who wakes up others, and whether to stop."""
BESIDE: tuple[tuple[str, float, Beside], ...] = (
    ("sweep", 2.0, lambda duties, dispatcher, _: duties.sweep(dispatcher)),
    ("catch up", 5.0, lambda duties, *_: _catch_up(duties)),
    ("project", 2.0, lambda duties, *_: duties.project()),
    ("narrate", 15.0, lambda duties, _, until: duties.narrate(until)),
    ("expire", 3_600.0, lambda duties, _, until: duties.expire(until)),
)
"""What each worker does by itself, beside the processes that judge, and how many seconds apart. Several doing it does no harm, and
none of it takes a judge from his work, not even where Neo4j is slow or away."""


class Waker:
    """Sends messages."""

    def __init__(self, app: Celery) -> None:
        """`app`: knows the broker."""
        self._app = app

    def wake(self, task: Task, tenant: str = "") -> None:
        """See `correlator.dispatch.Dispatcher`."""
        row = TABLE[task]
        try:
            self._app.send_task(f"clew.{task}", (tenant,), queue=row.queue, expires=row.stale_s, retry=False)
        except (OperationalError, OSError) as error:
            LOG.warning("the broker cannot be reached (%s); the sweeper finds the work", error)


def application(settings: Settings, *, patience_s: float = 30) -> Celery:
    """Return the application with its tasks; nothing is connected yet. `patience_s`: with a broker that does not answer."""
    app = Celery("clew", broker=settings.broker, set_as_current=False)
    app.conf.update(
        accept_content=["json"], task_serializer="json", result_serializer="json", task_ignore_result=True,
        task_acks_late=True, task_reject_on_worker_lost=True, worker_prefetch_multiplier=1, task_default_queue=TABLE["judge"].queue,
        worker_hijack_root_logger=False, worker_send_task_events=False,
        broker_connection_retry_on_startup=True, broker_connection_max_retries=None, worker_enable_remote_control=False,
        broker_transport_options={"max_retries": 1, "interval_start": 0, "socket_connect_timeout": 2, "socket_timeout": patience_s},
    )  # fmt: skip
    mine = _Mine(settings)

    def do(name: Task, tenant: str) -> None:
        try:
            TABLE[name].do(mine.duties(), tenant)
        except (CorrelatorError, GraphError) as error:
            # What was claimed is free again, and the sweeper tells of it when the store is there.
            mine.forget()
            LOG.warning("%s: %s", name, error)

    def add(name: Task) -> None:
        def task(tenant: str = "") -> None:
            do(name, tenant)

        app.task(task, name=f"clew.{name}", time_limit=TABLE[name].deadline_s)

    for name in TABLE:
        add(name)
    return app


def dispatcher(settings: Settings) -> Waker:
    """Return what wakes workers up."""
    return Waker(application(settings, patience_s=1))


def run(settings: Settings, processes: int) -> None:
    """Run a worker until it is asked to end."""
    settle_memory()
    app = application(settings)
    # A parent that ends forgets a task that was handed over and not yet begun (celery 5.7, `AsynPool.flush`); the process that did
    # it would wait half a minute to be heard. Nothing depends on it: what is done stands in the stores.
    billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = round(
        LAST_WORD_S / billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_INTERVAL
    )
    _work_beside(settings, Waker(app))
    queues = ",".join(row.queue for row in TABLE.values())
    app.worker_main([
        "--quiet", "worker", f"--concurrency={processes}", "--loglevel=WARNING", f"--queues={queues}", "--without-mingle",
        "--without-gossip",
    ])  # fmt: skip


class _Mine:
    """The stores of this process, opened when they are needed: not before a worker forks."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._duties: Duties | None = None

    def duties(self) -> Duties:
        if self._duties is None:
            self._duties = Duties(self._settings)
        return self._duties

    def forget(self) -> None:
        duties, self._duties = self._duties, None
        if duties is not None:
            try:
                duties.close()
            except (CorrelatorError, GraphError, OSError) as error:
                LOG.debug("closing the stores: %s", error)


def _work_beside(settings: Settings, waker: Waker) -> None:
    """Do what is to be done beside, in the process that starts the others: one thread each, with stores of its own."""
    stop = threading.Event()

    def ready(**_: Any) -> None:
        for name, pause_s, do in BESIDE:
            work = (stop, pause_s, _Mine(settings), waker, name, do)
            threading.Thread(target=_repeat, args=work, name=f"clew {name}", daemon=True).start()

    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(lambda **_: stop.set(), weak=False)


def _repeat(stop: threading.Event, pause_s: float, mine: _Mine, waker: Dispatcher, name: str, do: Beside) -> None:
    """Do something until told to stop, the first time soon."""
    waiting_s = min(1.0, pause_s)
    while not stop.wait(waiting_s):
        waiting_s = pause_s
        try:
            do(mine.duties(), waker, stop.is_set)
        except (CorrelatorError, GraphError) as error:
            mine.forget()
            LOG.warning("%s: %s", name, error)
        except Exception:
            # It would be done no more, and nobody would notice: better again and again, aloud.
            mine.forget()
            LOG.exception("%s failed", name)
    mine.forget()
