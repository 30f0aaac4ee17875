"""What is too old goes, and takes no story with it."""

from collections import Counter
from collections.abc import Iterator
from itertools import count, pairwise
from pathlib import Path

import pytest
from sqlalchemy import select, update

from correlator.casebook import Casebook
from correlator.casebook.expiry import FIRST, SETTLE_NS
from correlator.casebook.find import MOST_TRIES
from correlator.casebook.tables import GONE, HandoverRow, SessionRow
from correlator.cli.desk import opened
from correlator.dispatch import Nobody
from correlator.duties import Duties
from correlator.ingest import Desk, accept, arrivals, ingest
from correlator.retention import DAY_NS, cited, evidence, expire
from correlator.settings import Settings
from graph.store import Projection
from sensor.event import Event, FileOpened, ProcessId, ToolCalled, Unparsed
from sensor.redact import redact
from sensor.sources import read_any
from tests.correlator.recorded import LOW, messages, recorded
from tests.correlator.test_memory import later, lured

FUTURE_NS = 2**62


@pytest.fixture(params=["memory", "sqlite", "postgres", pytest.param("neo4j", marks=pytest.mark.xdist_group("neo4j"))])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    found = Settings(store=tmp_path / "store", threshold=LOW, backend="memory")
    if request.param == "memory":
        return found
    if request.param == "sqlite":
        return found.model_copy(update={"backend": "sqlite"})
    database = request.getfixturevalue("postgres_database")
    if request.param == "postgres":
        return found.model_copy(update={"backend": "sql", "database": database})
    bolt = request.getfixturevalue("neo4j_server").bolt
    return found.model_copy(update={"backend": "neo4j", "database": database, "neo4j": bolt})


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    with opened(settings) as desk:
        if isinstance(desk.graph, Projection):
            desk.graph.rebuild()  # the server is that of all tests
        yield desk


def taken(desk: Desk, path: Path) -> list[Event]:
    """Ingest a file and return its events as they are stored."""
    ingest([(path.name, path)], desk)
    return [redact(event, desk.key) for event in read_any(path)]


def everything(desk: Desk) -> tuple[int, int, int]:
    """Remove all that there is, at two times, and return how much that was."""
    expire(desk.graph, desk.casebook, "local", FUTURE_NS)
    settle(desk)
    done = expire(desk.graph, desk.casebook, "local", FUTURE_NS)
    return done.sessions, done.observations, done.kept


def settle(desk: Desk) -> None:
    """Have the minutes pass behind which what is marked may go."""
    with desk.casebook.writing() as db:
        db.execute(update(SessionRow).values(expires_ns=SessionRow.expires_ns - SETTLE_NS))


def chats(tmp_path: Path) -> Path:
    """Return a file with an attack and a clean session."""
    clean = [{"role": "user", "content": "What is two and two?"}, {"role": "assistant", "content": "Four."}]
    return recorded(tmp_path / "chats.jsonl", messages(), clean)


def test_a_story_outlives_its_evidence_with_what_it_cites_and_a_digest(desk: Desk, tmp_path: Path) -> None:
    events = taken(desk, chats(tmp_path))
    (before,) = desk.casebook.stories("local")
    mine = [event for event in events if event.session == before.story.session]
    hops = desk.graph.subgraph(before.story.session).edges()

    sessions, observations, kept = everything(desk)

    assert (sessions, observations + kept) == (2, len(events))
    (after,) = desk.casebook.stories("local")
    assert after.story == before.story
    assert after.evidence == evidence(mine)
    left = desk.graph.events(before.story.session)
    facts = {fact for session, fact in cited(before.story) if session == before.story.session}
    assert {event.entity for event in left} == {event.entity for event in mine} & facts
    assert 0 < len(left) < len(mine)
    skeleton = desk.graph.subgraph(before.story.session).edges()
    assert {edge for edge in hops if edge.label == "CARRIED"} <= set(skeleton)
    assert everything(desk) == (0, 0, 0)


def test_nothing_that_arrived_later_expires(desk: Desk, tmp_path: Path) -> None:
    taken(desk, chats(tmp_path))
    before_ns = desk.casebook.now_ns() - 3_600 * 10**9
    assert expire(desk.graph, desk.casebook, "local", before_ns).sessions == 0
    assert desk.graph.counts().events > 0


def test_a_session_that_goes_on_later_is_judged_and_takes_no_story_back(desk: Desk, tmp_path: Path) -> None:
    chat = messages(sends=2)
    events = taken(desk, recorded(tmp_path / "chat.jsonl", chat))
    everything(desk)
    (before,) = desk.casebook.stories("local")
    assert not desk.casebook.waiting("local")

    # Who teaches or stores something later has others judged again; not those of which nothing is there any more.
    desk.casebook.reconsider("local", [before.story.session])
    assert not desk.casebook.waiting("local")

    last = next(event for event in reversed(events) if isinstance(event, ToolCalled))
    more = last.model_copy(update={
        "position": last.position + 10, "call_id": "more",
        "arguments": {"to": "archive@collector.example.net", "body": "all invoices, part 9"},
    })  # fmt: skip
    accept(desk, [more], Nobody())
    desk.clear()

    after = desk.casebook.story("local", before.story.id)
    assert after.standing == "open"
    assert after.evidence == before.evidence
    assert {one.event for one in after.story.effects} == {one.event for one in before.story.effects} | {more.entity}
    assert after.story.sentences[: len(before.story.sentences)] == before.story.sentences
    assert len(after.story.sentences) > len(before.story.sentences)
    assert after.story.version == before.story.version + 1


def test_a_recording_that_is_read_again_tells_the_same_story(desk: Desk, tmp_path: Path) -> None:
    path = chats(tmp_path)
    taken(desk, path)
    (before,) = desk.casebook.stories("local")
    everything(desk)
    taken(desk, path)
    (after,) = desk.casebook.stories("local")
    assert after.story == before.story
    sessions, observations, kept = everything(desk)
    assert (sessions, observations > 0, kept > 0) == (2, True, True)
    (again,) = desk.casebook.stories("local")
    assert again.evidence == after.evidence


def test_what_a_younger_session_has_read_stays(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "first.json").write_text(lured())
    (tmp_path / "second.json").write_text(later())
    first = taken(desk, tmp_path / "first.json")[0].session
    between_ns = desk.casebook.now_ns()
    taken(desk, tmp_path / "second.json")
    (told,) = [one for one in desk.casebook.stories("local") if one.story.session != first]
    assert told.story.origin.session == first

    expire(desk.graph, desk.casebook, "local", between_ns)
    desk.casebook.reconsider("local", [told.story.session])
    desk.clear()

    assert desk.casebook.story("local", told.story.id).story == told.story

    assert everything(desk)[0] == 2
    for session, fact in cited(told.story):
        assert fact in {event.entity for event in desk.graph.events(session)}


def test_what_arrives_while_it_expires_is_kept(desk: Desk, tmp_path: Path) -> None:
    events = taken(desk, chats(tmp_path))
    session = desk.casebook.stories("local")[0].story.session
    last = max((event for event in events if event.session == session), key=lambda event: event.order)
    late, later = (moved(last, last.position + more) for more in (1, 2))

    # Who appends marks the session behind it; in between it is marked as old, with what was just appended.
    desk.graph.merge([late])
    expire(desk.graph, desk.casebook, "local", FUTURE_NS)
    desk.casebook.note(arrivals([late], "default"), ingest=1)
    settle(desk)
    expire(desk.graph, desk.casebook, "local", FUTURE_NS)
    assert late in desk.graph.events(session)
    desk.clear()

    # And so it is with what is appended between the two times.
    expire(desk.graph, desk.casebook, "local", FUTURE_NS)
    desk.graph.merge([later])
    settle(desk)
    expire(desk.graph, desk.casebook, "local", FUTURE_NS)
    assert later in desk.graph.events(session)
    desk.casebook.note(arrivals([later], "default"), ingest=1)
    assert desk.casebook.waiting("local")


def moved(event: Event, position: int) -> Event:
    """Return the same at another place; what was computed of it is left behind."""
    return type(event).model_validate(event.model_dump() | {"position": position})


def test_what_is_marked_is_judged_again_where_there_is_a_reason(desk: Desk, tmp_path: Path) -> None:
    taken(desk, chats(tmp_path))
    (before,) = desk.casebook.stories("local")
    assert expire(desk.graph, desk.casebook, "local", FUTURE_NS).marked == 2
    desk.casebook.reconsider("local", [before.story.session])
    settle(desk)

    assert expire(desk.graph, desk.casebook, "local", FUTURE_NS).sessions == 1
    desk.clear()
    assert desk.casebook.stories("local") == [before]
    assert expire(desk.graph, desk.casebook, "local", FUTURE_NS).sessions == 1


def test_what_the_kernel_saw_stays_while_a_session_of_its_time_does(desk: Desk, tmp_path: Path) -> None:
    day_ns, process = 20_000 * DAY_NS, ProcessId(boot_id="b", pid=7, started_ns=1)
    seen = [
        FileOpened(session="", source="kernel", position=at_ns, at_ns=at_ns, process=process, path=f"/{at_ns}")
        for at_ns in (day_ns, day_ns + 10 * DAY_NS)
    ]
    desk.graph.merge(seen)
    chat = [event.model_copy(update={"at_ns": day_ns + 5 * DAY_NS}) for event in read_any(chats(tmp_path))]
    accept(desk, chat, Nobody())
    desk.clear()

    assert expire(desk.graph, desk.casebook, "local", FUTURE_NS).unplaced == 1
    assert desk.graph.unplaced(0, FUTURE_NS) == seen[1:]
    settle(desk)
    assert expire(desk.graph, desk.casebook, "local", FUTURE_NS).unplaced == 1


def test_alerts_and_records_that_could_not_be_read_have_no_time_to_expire_by(desk: Desk) -> None:
    unread = Unparsed(session="", source="alerts", position=3, reason="no JSON", digest="d", size=9)
    desk.graph.merge([unread])
    assert expire(desk.graph, desk.casebook, "local", FUTURE_NS).unplaced == 0
    assert desk.graph.events("") == [unread]


def test_what_was_given_up_goes_like_the_rest(desk: Desk, tmp_path: Path) -> None:
    first, second = (recorded(tmp_path / f"{name}.jsonl", messages(request=name)) for name in ("first", "second"))
    taken(desk, first)
    accept(desk, list(read_any(second)), Nobody())
    with desk.casebook.writing() as db:
        db.execute(update(SessionRow).where(SessionRow.revision > SessionRow.judged).values(tries=MOST_TRIES))
    assert desk.casebook.give_up(now_ns=desk.casebook.now_ns()) == 1
    (dead,) = desk.casebook.dead("local")

    assert expire(desk.graph, desk.casebook, "local", FUTURE_NS).marked == 2
    settle(desk)
    assert desk.casebook.retry("local", [dead.key]) == 1
    assert expire(desk.graph, desk.casebook, "local", FUTURE_NS).sessions == 1
    assert desk.graph.events(dead.key) != []

    with desk.casebook.writing() as db:
        db.execute(update(SessionRow).where(SessionRow.key == dead.key).values(tries=MOST_TRIES))
    assert desk.casebook.give_up(now_ns=desk.casebook.now_ns()) == 1
    assert expire(desk.graph, desk.casebook, "local", FUTURE_NS).sessions == 1
    assert desk.graph.events(dead.key) == []
    assert desk.casebook.dead("local") == []

    # Whoever sends it once more has it judged as if it had never been given up.
    accept(desk, list(read_any(second)), Nobody())
    desk.clear()
    assert len(desk.casebook.stories("local")) == 2


def test_parts_of_a_run_that_are_out_of_step_come_to_an_end(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("correlator.casebook.expiry.AT_ONCE", 3)
    taken(desk, recorded(tmp_path / "chats.jsonl", *[messages(request=f"Number {number}") for number in range(6)]))
    keys = sorted(one.key for one in desk.casebook.sessions("local"))
    with desk.casebook.writing() as db:
        db.add_all(HandoverRow(tenant="local", from_session=a, to_session=b) for a, b in pairwise(keys))

    assert expire(desk.graph, desk.casebook, "local", FUTURE_NS).marked == 6
    with desk.casebook.writing() as db:
        db.execute(update(SessionRow).where(SessionRow.key.in_(keys[:3])).values(expires_ns=0))
    assert expire(desk.graph, desk.casebook, "local", FUTURE_NS).sessions == 3
    settle(desk)
    assert expire(desk.graph, desk.casebook, "local", FUTURE_NS).sessions == 3
    assert everything(desk) == (0, 0, 0)
    assert {one.expired for one in rows(desk)} == {GONE}
    assert {len(one.evidence.split()) for one in desk.casebook.stories("local")} == {1}


def test_who_is_stopped_goes_on_behind_those_that_stay(desk: Desk, tmp_path: Path) -> None:
    taken(desk, recorded(tmp_path / "chats.jsonl", *[messages(request=f"Number {number}") for number in range(6)]))
    keys = sorted(one.key for one in desk.casebook.sessions("local"))
    now_ns = desk.casebook.now_ns()
    with desk.casebook.writing() as db:
        # All but the last hang on the first, which is young.
        db.add_all(HandoverRow(tenant="local", from_session=keys[0], to_session=key) for key in keys[1:5])
        for number, key in enumerate(keys):
            db.execute(update(SessionRow).where(SessionRow.key == key).values(arrived_ns=number + 1))
        db.execute(update(SessionRow).where(SessionRow.key == keys[0]).values(arrived_ns=now_ns))
    after, marked = FIRST, 0
    for _ in range(10):
        asked = count(1)
        done = expire(desk.graph, desk.casebook, "local", now_ns, lambda asked=asked: next(asked) > 4, after)  # type: ignore[misc]
        marked += done.marked
        if done.upto is None:
            break
        assert done.upto > after
        after = done.upto

    assert marked == 1


def test_a_run_of_many_sessions_goes_in_parts_and_not_while_one_of_them_is_young(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("correlator.casebook.expiry.AT_ONCE", 3)
    taken(desk, recorded(tmp_path / "chats.jsonl", *[messages(request=f"Number {number}") for number in range(8)]))
    before = desk.casebook.stories("local")
    keys = sorted(one.story.session for one in before)
    assert len(keys) == 8
    now_ns = desk.casebook.now_ns()
    with desk.casebook.writing() as db:
        db.add_all(HandoverRow(tenant="local", from_session=a, to_session=b) for a, b in pairwise(keys))
        db.execute(update(SessionRow).values(arrived_ns=now_ns - 31 * DAY_NS))
        db.execute(update(SessionRow).where(SessionRow.key == keys[0]).values(arrived_ns=now_ns))

    assert expire(desk.graph, desk.casebook, "local", now_ns - 30 * DAY_NS).marked == 0
    done = expire(desk.graph, desk.casebook, "local", FUTURE_NS)
    assert (done.marked, done.sessions) == (8, 0)
    settle(desk)
    assert expire(desk.graph, desk.casebook, "local", FUTURE_NS).sessions == 8

    after = desk.casebook.stories("local")
    assert [one.story for one in after] == [one.story for one in before]
    assert sorted(Counter(one.evidence for one in after).values()) == [2, 3, 3]


class Dies(Exception):
    """What a crash is here."""


def test_a_crash_in_the_middle_leaves_nothing_but_work(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = taken(desk, chats(tmp_path))
    (before,) = desk.casebook.stories("local")

    def die(*_: object) -> None:
        raise Dies

    with monkeypatch.context() as patched:
        patched.setattr(Casebook, "end_expiry", die)
        for _ in range(3):
            with pytest.raises(Dies):
                everything(desk)
    everything(desk)

    (after,) = desk.casebook.stories("local")
    assert after.story == before.story
    assert after.evidence.split()[0] == evidence(event for event in events if event.session == before.story.session)
    assert everything(desk) == (0, 0, 0)


def test_workers_remove_what_is_older_than_the_settings_say(postgres_database: str, tmp_path: Path) -> None:
    settings = Settings(
        store=tmp_path / "store", backend="sql", database=postgres_database, threshold=LOW, keep_days=30
    )
    with opened(settings) as desk, Duties.opened(settings) as duties:
        taken(desk, chats(tmp_path))
        assert duties.expire() == 0
        assert desk.graph.counts().sessions == 2

        with desk.casebook.writing() as db:
            db.execute(update(SessionRow).values(arrived_ns=desk.casebook.now_ns() - 31 * DAY_NS))
        assert duties.expire() == 0  # it marks them
        settle(desk)
        assert duties.expire(lambda: True) == 0
        assert duties.expire() == 2
        assert [one.expired for one in rows(desk)] == [GONE, GONE]
        assert len(desk.casebook.stories("local")) == 1


def rows(desk: Desk) -> list[SessionRow]:
    with desk.casebook.reading() as db:
        return list(db.scalars(select(SessionRow)))
