"""What waits in `outgoing`, sent to `POST /v1/events`: one batch after the other, each until it is taken.

A server that is away, busy or stopping is asked again, later each time; one that knows no such token, too, because somebody may be
about to tell it, and whoever answers otherwise than our own server does. A batch that is too large is sent in halves; one that is
refused for what it is, or of which something could not be read, is put aside.
"""

import json
import random
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import Literal, NamedTuple

from sensor.errors import SpoolUnusable
from sensor.ship.outgoing import Batch, Outgoing

PATH = "/v1/events"
LONGEST_S = 30.0
"""Seconds between two tries at most."""
TIMEOUT_S = 30.0
IDLE_S = 0.2
"""Seconds between two looks for new batches."""
_SIZE, _VERDICTS = 413, frozenset((400, 415, 422))
"""Statuses that say something of the batch; all others say something of who answers."""
_LONGEST_ANSWER = 64 << 10


class Sent(NamedTuple):
    """What became of a try."""

    outcome: Literal["taken", "again", "too large", "refused"]
    reason: str = ""
    after_s: float | None = None
    """Seconds after which the server wants to be asked again."""


class Shipper(threading.Thread):
    """Sends batches in a thread of its own, with a connection to the file of its own."""

    def __init__(
        self, opened: Callable[[], Outgoing], url: str, token: str | None, say: Callable[[str], None],
        *, about: dict[str, object] | None = None,
    ) -> None:  # fmt: skip
        """`url`: of the server, without path; `say` is told of trouble, and when it is over; `about`: see `Outgoing.tell_lost`."""
        super().__init__(name="clew shipper", daemon=True)
        self.records = 0
        """Events and spans that were taken."""
        self._opened = opened
        self._url = url.rstrip("/") + PATH
        self._headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._say = say
        self._about = about
        self._trouble = ""
        self._ending = threading.Event()
        self._draining = threading.Event()

    def stop(self, patience_s: float) -> None:
        """Send what waits, for some seconds at most, and end."""
        self._draining.set()
        self.join(patience_s)
        self._ending.set()
        self.join(TIMEOUT_S + 5)

    def run(self) -> None:
        """Work until stopped."""
        try:
            outgoing = self._opened()
            try:
                self._work(outgoing)
            finally:
                outgoing.close()
        except SpoolUnusable as error:
            self._say(f"nothing is sent from here on: {error}")

    def _work(self, outgoing: Outgoing) -> None:
        tries = 0
        while not self._ending.is_set():
            if self._about is not None:
                outgoing.tell_lost(self._about)
            is_last_look = self._draining.is_set()  # before it is looked: what came until then is there
            batch = outgoing.first()
            if batch is None:
                if is_last_look:
                    return
                self._draining.wait(IDLE_S)
                continue
            sent = self._send(batch)
            tries = tries + 1 if sent.outcome == "again" else 0
            match sent.outcome:
                case "taken":
                    outgoing.taken(batch)
                    self.records += batch.records
                    self._tell("")
                case "too large" if outgoing.halve(batch):
                    pass
                case "too large" | "refused":
                    outgoing.put_aside(batch, sent.reason)
                    self._say(
                        f"{self._url} does not take {batch.records} events ({sent.reason}); they are kept in {outgoing.path}"
                    )
                case "again":
                    self._tell(sent.reason)
                    # Not all sensors at once, when it is back.
                    pause_s = min(LONGEST_S, 0.2 * 2 ** min(tries, 10)) * random.uniform(0.5, 1)
                    self._ending.wait(max(pause_s, sent.after_s or 0))

    def _send(self, batch: Batch) -> Sent:
        request = urllib.request.Request(self._url, batch.body, self._headers, method="POST")  # noqa: S310 - checked when set up
        try:
            with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
                found = json.loads(answer.read(_LONGEST_ANSWER))
                unreadable, reasons = int(found["unreadable"]), ", ".join(found["reasons"])
            return Sent("refused", f"{unreadable} could not be read: {reasons[:200]}") if unreadable else Sent("taken")
        except urllib.error.HTTPError as error:
            with error:
                reason = f"it answers {error.code}{_message(error)}"
                if error.code == _SIZE:
                    return Sent("too large", reason)
                if error.code in _VERDICTS:
                    return Sent("refused", reason)
                after = error.headers.get("Retry-After", "")
            return Sent("again", reason, min(float(after), LONGEST_S) if after.isdecimal() else None)
        except (ValueError, KeyError, TypeError):
            return Sent("again", "what answers is no clew listen")
        except (OSError, HTTPException) as error:
            return Sent("again", str(getattr(error, "reason", error)))

    def _tell(self, trouble: str) -> None:
        """Say what keeps events waiting once, and when it is over."""
        if trouble and not self._trouble:
            self._say(f"{self._url} does not take events ({trouble}); they are kept meanwhile")
        elif self._trouble and not trouble:
            self._say(f"{self._url} takes events again")
        self._trouble = trouble


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else: what is sent, and the token, are for one server."""

    def redirect_request(self, *_: object) -> None:
        """Return no other request: the answer is an error."""


_OPENER = urllib.request.build_opener(_NoRedirect)


def _message(error: urllib.error.HTTPError) -> str:
    try:
        found = json.loads(error.read(4_096))
        return f": {str(found['message'])[:200]}"
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return ""
