"""The spool of a sensor, and what sends from it: nothing that was kept is lost, and it is sent until somebody takes it."""

import os
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from sensor.errors import SpoolUnusable
from sensor.event import Event, EventsLost, FileOpened
from sensor.receive.receiver import Bounds, Busy, Received, Receiver
from sensor.ship.outgoing import Outgoing
from sensor.ship.shipper import Shipper
from tests.sensor.receive.test_events import opened
from tests.sensor.receive.test_http import Taken, served

ABOUT: dict[str, object] = {"tenant": "local", "source": "kernel"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "outgoing.db"


def kept(path: Path, events: list[Event]) -> None:
    outgoing = Outgoing(path)
    assert outgoing.add(events) == 0
    outgoing.close()


def shipped(path: Path, url: str, patience_s: float = 20, said: Callable[[str], None] = lambda _: None) -> Shipper:
    shipper = Shipper(lambda: Outgoing(path), url, None, said, about=ABOUT)
    shipper.start()
    shipper.stop(patience_s)
    return shipper


def paths(taken: Taken) -> list[str]:
    return [event.path for found in taken.found for event in found.events if isinstance(event, FileOpened)]


def lines(outgoing: Outgoing) -> list[bytes]:
    found = []
    while (batch := outgoing.first()) is not None:
        found += zlib.decompress(batch.body, 31).splitlines()
        outgoing.taken(batch)
    return found


def test_what_waits_is_sent_in_its_order_once(path: Path) -> None:
    taken = Taken()
    for number in range(5):
        kept(path, [opened(f"/{number}"), opened(f"/{number}a")])
    with served(Receiver(taken)) as url:
        assert shipped(path, url).records == 10
        assert shipped(path, url).records == 0
    assert paths(taken) == [f"/{number}{more}" for number in range(5) for more in ("", "a")]


def test_what_comes_while_it_looks_for_more_is_sent_before_it_ends(path: Path) -> None:
    taken = Taken()
    kept(path, [])
    with served(Receiver(taken)) as url:
        shipper = Shipper(lambda: Outgoing(path), url, None, lambda _: None, about=ABOUT)
        shipper.start()
        time.sleep(0.3)
        kept(path, [opened("/last")])
        shipper.stop(20)
    assert paths(taken) == ["/last"]


def test_a_server_that_is_away_or_busy_is_asked_again_until_it_takes_it(path: Path) -> None:
    kept(path, [opened("/a")])
    said: list[str] = []
    assert shipped(path, "http://127.0.0.1:1", patience_s=0.5, said=said.append).records == 0
    assert len(said) == 1
    assert "kept meanwhile" in said[0]

    class Slowly(Taken):
        tries = 0

        async def __call__(self, found: Received, size: int) -> None:
            self.tries += 1
            if self.tries < 3:
                raise Busy(0, stopping=self.tries == 1)
            await super().__call__(found, size)

    taken, said = Slowly(), []
    with served(Receiver(taken)) as url:
        assert shipped(path, url, said=said.append).records == 1
    assert (paths(taken), taken.tries) == (["/a"], 3)
    assert "takes events again" in said[-1]


def test_a_batch_that_is_too_large_is_sent_in_halves_and_one_event_that_is_put_aside(path: Path) -> None:
    taken = Taken()
    events = [opened(f"/{number}" + os.urandom(300).hex()) for number in range(16)]
    kept(path, [*events, opened("/large" + os.urandom(4_000).hex())])
    with served(Receiver(taken, bounds=Bounds(body=6_000, packed=3_000))) as url:
        assert shipped(path, url).records == 16
    assert sorted(paths(taken)) == sorted(event.path for event in events if isinstance(event, FileOpened))
    outgoing = Outgoing(path)
    assert (outgoing.waiting().batches, outgoing.waiting().aside) == (0, 1)
    outgoing.close()


def test_a_batch_that_is_refused_for_what_it_is_holds_up_no_other(path: Path) -> None:
    outgoing = Outgoing(path)
    outgoing.add([opened("/other", tenant="other")])
    outgoing.add([opened("/a")])
    outgoing.close()
    taken, said = Taken(), list[str]()
    with served(Receiver(taken)) as url:
        assert shipped(path, url, said=said.append).records == 1
    assert "400" in said[0]
    assert paths(taken) == ["/a"]


def test_what_could_not_be_read_is_kept_and_what_was_put_aside_can_be_tried_again(path: Path) -> None:
    kept(path, [opened("/a"), opened("/other", tenant="other")])
    taken, said = Taken(), list[str]()
    with served(Receiver(taken)) as url:
        assert shipped(path, url, said=said.append).records == 0
        assert "another tenant" in said[0]
        outgoing = Outgoing(path)
        assert (outgoing.waiting().batches, outgoing.waiting().aside) == (0, 1)
        assert outgoing.try_again() == 1
        assert (outgoing.waiting().batches, outgoing.waiting().aside) == (1, 0)
        outgoing.close()
    assert paths(taken) == ["/a"]


class _Elsewhere(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/200/else")
        self.end_headers()
        self.wfile.write(b"<html>please log in</html>")

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("status", [200, 302, 307, 407, 421, 521])
def test_who_answers_and_is_no_listener_takes_nothing_and_gets_nothing_more(path: Path, status: int) -> None:
    kept(path, [opened("/a")])
    _Elsewhere.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        said: list[str] = []
        shipped(path, f"http://127.0.0.1:{server.server_port}/{status}", patience_s=0.3, said=said.append)
        server.shutdown()
    outgoing = Outgoing(path)
    assert (outgoing.waiting().batches, outgoing.waiting().aside) == (1, 0)
    outgoing.close()
    assert said
    assert set(_Elsewhere.asked) == {f"/{status}/v1/events"}


def test_what_there_is_no_room_for_is_counted_and_told_and_throws_nothing_out(path: Path) -> None:
    outgoing = Outgoing(path, most=1_300)
    first = [opened("/first" + os.urandom(500).hex())]
    assert outgoing.add(first) == 0
    assert (
        outgoing.add(
            [opened(os.urandom(900).hex()), EventsLost(session="", source="kernel", position=1, where="x", count=1)]
        )
        == 2
    )
    assert outgoing.tell_lost(ABOUT) == 2
    found = lines(outgoing)
    assert found[0].decode() == first[0].content
    assert [b"spool (events_lost)" in line for line in found[1:]] == [True, False]
    assert b"spool (file_opened)" in found[2]
    assert outgoing.tell_lost(ABOUT) == 0
    outgoing.close()


def test_what_is_kept_whole_or_not_at_all_is_not_counted_where_it_is_not(path: Path) -> None:
    outgoing = Outgoing(path, most=1_300)
    assert outgoing.add([opened("/a" + os.urandom(500).hex())], or_nothing=True) == 0
    assert outgoing.add([opened(os.urandom(900).hex())], or_nothing=True) == 1
    assert outgoing.tell_lost(ABOUT) == 0
    assert len(lines(outgoing)) == 1
    outgoing.close()


def test_one_batch_may_always_wait(path: Path) -> None:
    outgoing = Outgoing(path, most=10)
    assert outgoing.add([opened("/a")]) == 0
    assert outgoing.add([opened("/b")]) == 1
    outgoing.close()


def test_many_who_open_a_new_file_at_once_all_may_write(path: Path) -> None:
    def write(number: int) -> int:
        outgoing = Outgoing(path)
        try:
            return outgoing.add([opened(f"/{number}")])
        finally:
            outgoing.close()

    for _ in range(10):
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(write, range(8))) == [0] * 8
        path.unlink()
        for more in ("-wal", "-shm"):
            path.with_name(path.name + more).unlink(missing_ok=True)


def test_a_file_that_is_none_of_ours_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"SQLite? No. " * 500)
    with pytest.raises(SpoolUnusable, match=r"outgoing\.db"):
        Outgoing(path)


WRITER = """
import sys
from pathlib import Path
from sensor.ship.outgoing import Outgoing
from tests.sensor.receive.test_events import opened
outgoing = Outgoing(Path(sys.argv[1]))
for number in range(10**6):
    outgoing.add([opened(f"/{number}")])
    print(number, flush=True)
"""


def test_what_was_kept_survives_an_end_by_force(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        time.sleep(1.5)
        writer.send_signal(signal.SIGKILL)
        assert writer.stdout is not None
        told = writer.stdout.read().splitlines()
    assert len(told) > 10
    outgoing = Outgoing(path)
    found = [f'"path":"/{number}"' for number in range(len(told))]
    written = [line.decode() for line in lines(outgoing)]
    assert all(part in line for part, line in zip(found, written, strict=False))
    assert len(written) - len(told) in (0, 1)
    outgoing.close()
