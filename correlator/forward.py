"""Telemetry passed on to a collector, byte for byte as it came: behind the answer, with retries, in bounded memory."""

import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress

WAITING = 1_000
"""Requests that may wait. What comes while as many wait is not passed on, and is counted."""
TRIES = 6
_AGAIN = frozenset((429, 502, 503, 504))
_OWN = frozenset(("host", "content-length", "connection", "transfer-encoding", "authorization", "accept-encoding"))
"""Headers that belong to one connection, or are meant for us."""


class Forwarder(threading.Thread):
    """Passes requests on in a thread of its own."""

    def __init__(self, base: str, say: Callable[[str], None], *, pause_s: float = 1.0) -> None:
        """`base`: URL of the collector without path; `say` is told of trouble, once a minute at most."""
        super().__init__(name="clew forwarder", daemon=True)
        self.dropped = 0
        self._base = base.rstrip("/")
        self._say = say
        self._pause_s = pause_s
        self._queue: queue.Queue[tuple[str, bytes, dict[str, str]] | None] = queue.Queue(WAITING)
        self._said = 0.0
        self._ending = threading.Event()

    def pass_on(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        """Put a request behind those that wait (`sensor.receive.receiver.Forward`)."""
        kept = {name: value for name, value in headers.items() if name.lower() not in _OWN}
        try:
            self._queue.put_nowait((path, body, kept))
        except queue.Full:
            self._drop("it does not keep up")

    def stop(self) -> None:
        """Pass on what waits, for at most a few seconds and without pauses, end, and tell what was left."""
        self._ending.set()
        with suppress(queue.Full):
            self._queue.put(None, timeout=5)
        self.join(timeout=10)
        if self.is_alive():
            self._say(f"{self._base} does not keep up; {self._queue.qsize()} requests or more were not passed on")

    def run(self) -> None:
        """Work until stopped."""
        while (item := self._queue.get()) is not None:
            self._send(*item)

    def _send(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        request = urllib.request.Request(f"{self._base}{path}", body, headers, method="POST")  # noqa: S310 - checked when set up
        reason = ""
        for number in range(TRIES):
            if number:
                self._ending.wait(self._pause_s * 2 ** (number - 1))
            try:
                with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - see above
                    return
            except urllib.error.HTTPError as error:
                reason = f"it answers {error.code}"
                if error.code not in _AGAIN:
                    break
            except (OSError, ValueError) as error:
                reason = str(error)
        self._drop(reason)

    def _drop(self, reason: str) -> None:
        self.dropped += 1
        if time.monotonic() - self._said > 60 or not self._said:
            self._said = time.monotonic()
            self._say(f"{self._base} does not take telemetry ({reason}); {self.dropped} requests were not passed on")
