"""The engine behind a receiver: one thread that keeps what arrives, and judges it when it has settled.

Requests wait in a bounded queue. All that wait are kept with one commit and answered together; when more waits than may, the
client is told to come again. Judging is done between requests, a few bundles at a time, so that no request waits for long; and
however many come, judging has its share of the time, so that stories lag behind a flood and are not drowned in it.
"""

import asyncio
import math
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass

from correlator.casebook import StoryRecord
from correlator.errors import CorrelatorError
from correlator.live import Live
from graph.errors import GraphError
from sensor.errors import SpoolUnusable
from sensor.receive.receiver import Busy, Received

WAITING_BYTES = 16 << 20
"""Bytes of bodies that may wait to be kept: some seconds' worth, because exporters give up after ten."""
SETTLE_S = 0.15
"""Seconds without a new span after which a bundle is judged: exporters send the spans of one turn in a row."""
LATEST_S = 0.5
"""Seconds after which it is judged although spans go on arriving."""
AGAIN_S = 2.0
"""Seconds after which sessions are judged again with what the kernel saw meanwhile: all of one time are weighed together."""
REOPEN_S = 1.0
"""Seconds after which stores that could not be used are opened again."""
EXPIRE_S, EXPIRE_SOON_S = 3_600.0, 60.0
"""Seconds after which what is too old is removed again, and when that was not all, or at the beginning."""
EXPIRING_S = 1.0
"""Seconds after which it stops when it has come to the end of some sessions or bundles: requests wait meanwhile."""
JUDGING = 1 / 3
"""Time for judging, as a part of the time for keeping, that is taken even when more requests wait."""


_NOTHING = Received()


@dataclass(frozen=True, slots=True)
class _Request:
    found: Received
    size: int
    kept: "Future[None]"


class Engine(threading.Thread):
    """Keeps and judges in a thread of its own."""

    def __init__(
        self, opened: Callable[[], AbstractContextManager[Live]], told: Callable[[StoryRecord], None],
        *, waiting_bytes: int = WAITING_BYTES, troubled: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        """`opened` gives the stores, in the thread that uses them; `told` is called for each new or changed story.

        `troubled`: told why the stores cannot be used. With it they are opened again until they can, and those who ask meanwhile
        wait or are told to come again; without, the engine ends.
        """
        super().__init__(name="clew engine")
        self._opened = opened
        self._told = told
        self._troubled = troubled
        self._trouble = ""
        self._most = waiting_bytes
        self._queue: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = 0
        self._stopping = False
        self.ready: Future[None] = Future()
        """Set when the stores are open; holds the error where they cannot be."""
        self.failure: Exception | None = None
        """Why the engine ended by itself."""

    async def take(self, found: Received, size: int) -> None:
        """Keep what a request brought (`sensor.receive.receiver.Taker`)."""
        if found != _NOTHING:
            await asyncio.wrap_future(self.put(found, size))

    def put(self, found: Received, size: int) -> "Future[None]":
        """Have something kept; the future ends when it is. Raises `Busy`."""
        request = _Request(found, size, Future())
        # Who goes away takes nothing back: a future that runs cannot be cancelled under the engine.
        request.kept.set_running_or_notify_cancel()
        with self._lock:
            if self._stopping:
                raise Busy(5, stopping=True)
            # One request may always wait, however large: it passed the bound of the receiver.
            if self._waiting and self._waiting + size > self._most:
                raise Busy(1)
            self._waiting += size
            self._queue.put(request)
        return request.kept

    def stop(self) -> None:
        """Keep what waits, judge what is due, and end; more is refused from now on."""
        with self._lock:
            self._stopping = True
        self._queue.put(None)
        self.join()

    def run(self) -> None:
        """Work until stopped."""
        try:
            while not self._worked():
                time.sleep(REOPEN_S)
        except Exception as error:  # noqa: BLE001 - told to whoever waits, and by whoever started the thread
            self.failure = error
            if not self.ready.done():
                self.ready.set_exception(error)
        finally:
            self._refuse()

    def _worked(self) -> bool:
        """Work until stopped; return whether that is so, and not that the stores cannot be used at the moment."""
        try:
            with self._opened() as live:
                if not self.ready.done():
                    self.ready.set_result(None)
                self._work(live)
        except (CorrelatorError, GraphError) as error:
            if self._troubled is None or not self.ready.done():
                raise
            if str(error) != self._trouble:  # once, not every second
                self._trouble = str(error)
                self._troubled(self._trouble)
            return self._stopping
        return True

    def _work(self, live: Live) -> None:
        first = last = owed_s = 0.0
        again = 0.0
        expiry = time.monotonic() + EXPIRE_SOON_S
        stopping = False
        # What an earlier run left is judged at once.
        due = not live.idle
        while not stopping:
            requests, stopping = self._waited(
                self._patience(due, first, last, again if live.has_seen else None, expiry)
            )
            if requests:
                begun = time.monotonic()
                self._keep(live, requests)
                last = time.monotonic()
                owed_s += (last - begun) * JUDGING
                first = first or last
                due = True
            if live.has_seen and (stopping or time.monotonic() >= again):
                live.reconsider()
                again = time.monotonic() + AGAIN_S
                due = due or not live.idle
            if not stopping and time.monotonic() >= expiry:
                expiry = self._expire(live)
            if due and (stopping or self._settled(first, last)):
                self._judge(live, owed_s)
                owed_s = 0.0
                due = not live.idle
                first = first if due else 0.0
        while not live.idle:
            self._judge(live, math.inf)

    def _waited(self, patience_s: float) -> tuple[list[_Request], bool]:
        """Return the requests that wait, after at most `patience_s`, and whether to stop behind them."""
        found: list[_Request] = []
        try:
            item = self._queue.get(timeout=patience_s)
            while item is not None:
                found.append(item)
                item = self._queue.get_nowait()
        except queue.Empty:
            return found, False
        return found, True

    @staticmethod
    def _patience(due: bool, first: float, last: float, again: float | None, expiry: float) -> float:
        """Return how long to wait for requests. `again`: when sessions are judged again, where that is due."""
        now = time.monotonic()
        until = [expiry] if again is None else [expiry, again]
        if due:
            until += [last + SETTLE_S, first + LATEST_S if first else now]
        return max(0.0, min(until) - now)

    @staticmethod
    def _settled(first: float, last: float) -> bool:
        now = time.monotonic()
        return now - last >= SETTLE_S or (first > 0 and now - first >= LATEST_S)

    def _keep(self, live: Live, requests: list[_Request]) -> None:
        error: Exception | None = None
        try:
            live.take(span for request in requests for span in request.found.spans)
            live.take_alerts(event for request in requests for event in request.found.alerts)
            live.take_events([event for request in requests for event in request.found.events])
        except Exception as failed:  # noqa: BLE001 - raised below, when those who wait were answered
            error = failed
        with self._lock:
            self._waiting -= sum(request.size for request in requests)
        for request in requests:
            if error is None:
                request.kept.set_result(None)
            else:
                request.kept.set_exception(Busy(5, stopping=True))
        if error is not None:
            raise error

    def _judge(self, live: Live, at_least_s: float) -> None:
        """Judge what is due; after some seconds, only while no request waits."""
        enough = time.monotonic() + at_least_s
        while not live.idle and (time.monotonic() < enough or self._queue.empty()):
            for record in live.step().stories:
                self._told(record)

    @staticmethod
    def _expire(live: Live) -> float:
        """Remove what is too old, for a moment; return when to go on."""
        enough = time.monotonic() + EXPIRING_S
        with suppress(SpoolUnusable):  # `clew expire` beside this one has it; who adds spans would say what else it is
            live.expire(lambda: time.monotonic() >= enough)
        now = time.monotonic()
        return now + (EXPIRE_S if now < enough else EXPIRE_SOON_S)

    def _refuse(self) -> None:
        """Refuse what still waits: nothing that was not kept is acknowledged."""
        with self._lock:
            self._stopping = True
        while not self._queue.empty():
            request = self._queue.get_nowait()
            if request is not None:
                request.kept.set_exception(Busy(5, stopping=True))
