"""The engine behind the receiver: what may wait, and what is told to whom it is refused."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, update

from correlator.casebook.tables import GONE, MARKED, SessionRow
from correlator.cli.desk import opened
from correlator.dispatch import Nobody
from correlator.errors import CasebookInvalid
from correlator.ingest import Desk
from correlator.listen import Engine
from correlator.live import Live
from correlator.retention import DAY_NS
from correlator.settings import Settings
from sensor.errors import SpoolUnusable
from sensor.receive.receiver import Busy, Received
from sensor.sources.otlp.spool import Spool
from tests.sensor.otlp.told import chat, genai, spans

TOLD = [Received((span,)) for span in spans(chat(), genai)]


@contextmanager
def live(folder: Path, opening: threading.Event | None = None, **settings: int) -> Iterator[Live]:
    if opening is not None:
        opening.wait()
    with opened(Settings.model_validate({"store": folder, **settings})) as desk:
        spool = Spool(folder / "spans.db", key=desk.key)
        yield Live(desk, spool)
        spool.close()


def test_more_than_may_wait_is_refused_and_the_rest_is_kept(tmp_path: Path) -> None:
    opening = threading.Event()
    told: list[str] = []
    engine = Engine(lambda: live(tmp_path, opening), lambda record: told.append(record.story.id), waiting_bytes=100)
    engine.start()

    async def send() -> None:
        first = asyncio.create_task(engine.take(TOLD[0], 60))
        await asyncio.sleep(0)
        with pytest.raises(Busy) as refused:
            await engine.take(TOLD[1], 60)
        assert not refused.value.stopping
        opening.set()
        await first
        for found in TOLD[1:]:
            await engine.take(found, 60)

    asyncio.run(send())
    engine.stop()

    assert len(set(told)) == 1
    with pytest.raises(Busy, match="stopping"):
        asyncio.run(engine.take(TOLD[0], 1))


def test_a_client_that_goes_away_does_not_end_the_engine(tmp_path: Path) -> None:
    opening = threading.Event()
    told: list[str] = []
    engine = Engine(lambda: live(tmp_path, opening), lambda record: told.append(record.story.id))
    engine.start()

    async def send() -> None:
        left = asyncio.create_task(engine.take(TOLD[0], 60))
        await asyncio.sleep(0)
        left.cancel()
        with pytest.raises(asyncio.CancelledError):
            await left
        opening.set()
        for found in TOLD[1:]:
            await engine.take(found, 60)

    asyncio.run(send())
    engine.stop()

    assert engine.failure is None
    assert len(set(told)) == 1


def test_where_alerts_cannot_be_kept_nothing_is_acknowledged_and_the_engine_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise CasebookInvalid("no room")

    monkeypatch.setattr(Live, "take_alerts", full)
    engine = Engine(lambda: live(tmp_path), lambda _: None)
    engine.start()

    with pytest.raises(Busy, match="stopping"):
        asyncio.run(engine.take(TOLD[0], 1))
    engine.join()
    assert isinstance(engine.failure, CasebookInvalid)


def test_a_store_that_cannot_be_opened_is_told_and_nothing_is_acknowledged(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    engine = Engine(lambda: live(tmp_path / "file"), lambda _: None)
    engine.start()

    with pytest.raises(Exception, match="file"):
        engine.ready.result()
    with pytest.raises(Busy, match="stopping"):
        asyncio.run(engine.take(TOLD[0], 1))


def test_what_is_older_than_the_settings_say_goes_while_it_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live(tmp_path) as first:
        first.take(span for found in TOLD for span in found.spans)
        first.work()
    with opened(Settings(store=tmp_path)) as desk, desk.casebook.writing() as db:
        db.execute(update(SessionRow).values(arrived_ns=desk.casebook.now_ns() - 3 * DAY_NS))
    monkeypatch.setattr("correlator.listen.EXPIRE_SOON_S", 0.1)
    monkeypatch.setattr("correlator.listen.EXPIRE_S", 0.1)
    engine = Engine(lambda: live(tmp_path, keep_days=2), lambda _: None)
    engine.start()
    with opened(Settings(store=tmp_path)) as desk:
        until(lambda: expired(desk) == [MARKED])
        with desk.casebook.writing() as db:
            db.execute(update(SessionRow).values(expires_ns=0))
        until(lambda: expired(desk) == [GONE])
        engine.stop()

        assert engine.failure is None
        assert len(desk.casebook.stories("local")) == 1


def test_where_others_judge_only_spans_go_while_it_listens(tmp_path: Path) -> None:
    with opened(Settings(store=tmp_path, keep_days=2)) as desk:
        clock = [1]
        spool = Spool(tmp_path / "spans.db", key=desk.key, now_ns=lambda: clock[0])
        fleet = Live(desk, spool, Nobody())
        fleet.take(spans(chat("1"), genai, conversation="1"))
        fleet.take(spans(chat("2"), genai, conversation="2", trace="b"))
        fleet.work()
        desk.clear()
        before = spool.count()
        with desk.casebook.writing() as db:
            db.execute(update(SessionRow).values(arrived_ns=1))
        clock[0] = 3 * DAY_NS
        fleet.expire(lambda: False)
        assert spool.count() == before
        assert expired(desk) == [0, 0]

        # What is there of a session is told with its spans, as long as it is there.
        with desk.casebook.writing() as db:
            db.execute(update(SessionRow).values(expired=GONE))
        clock[0] = DAY_NS
        fleet.expire(lambda: False)
        assert spool.count() == before
        clock[0] = 3 * DAY_NS
        fleet.expire(lambda: False)
        assert spool.count() == 0
        spool.close()


def test_a_spool_that_another_has_is_tried_again_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("correlator.listen.EXPIRE_SOON_S", 0.1)
    tries = list[int]()

    def has_it(*_: object) -> int:
        tries.append(1)
        raise SpoolUnusable("locked")

    monkeypatch.setattr(Spool, "expire", has_it)
    engine = Engine(lambda: live(tmp_path, keep_days=2), lambda _: None)
    engine.start()
    until(lambda: bool(tries))
    engine.stop()
    assert engine.failure is None


def expired(desk: Desk) -> list[int]:
    """Return how far the sessions have expired."""
    with desk.casebook.reading() as db:
        return list(db.scalars(select(SessionRow.expired)))


def until(done: Callable[[], bool]) -> None:
    """Wait until something is done."""
    for _ in range(200):
        if done():
            return
        time.sleep(0.1)
    pytest.fail("it was not done within 20 s")
