import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from correlator.baseline import MIN_SESSIONS
from correlator.casebook import Arrival, Casebook, JudgedRun
from correlator.casebook.learning import epoch, moment_of, summary, teachings
from correlator.cli.desk import opened
from correlator.errors import CasebookInvalid, StoryUnknown
from correlator.ingest import Desk, FileRead, Ingested, Stated, bounded, ingest
from correlator.key import redaction_key
from correlator.render import changed_lines
from correlator.settings import Settings
from correlator.wiring import CASEBOOK_FILE, open_casebook, open_graph
from sensor.event import EventsLost, PromptSubmitted, SessionEnded, ToolCalled, ToolReturned
from sensor.sources.replay import write
from tests.correlator.recorded import LOW, TICKET, events, judged, messages, recorded

HOUR_NS = 3_600 * 10**9


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return Settings(store=tmp_path / "store", threshold=LOW)
    database = request.getfixturevalue("postgres_database")
    return Settings(store=tmp_path / "store", threshold=LOW, backend="sql", database=database)


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    casebook, graph = open_casebook(settings), open_graph(settings)
    yield Desk(graph, casebook, settings, redaction_key(settings))
    graph.close()
    casebook.close()


def taken_in(desk: Desk, *paths: Path) -> Ingested:
    return ingest([(path.name, path) for path in paths], desk)


def timed_session(path: Path, name: str, start_ns: int, *, last_ns: int | None = None, ended: bool = True) -> Path:
    """Write a harmless session of known times: the user names a file, the agent reads it."""
    last = last_ns or start_ns
    seen = {"tenant": "local", "session": name, "source": "test"}
    said = [
        PromptSubmitted(**seen, position=0, at_ns=start_ns, text="Read notes.txt for me."),
        ToolCalled(**seen, position=1, at_ns=start_ns, call_id="c", name="read_file", arguments={"path": "notes.txt"}),
        ToolReturned(**seen, position=2, at_ns=last, call_id="c", name="read_file", text="Nothing of note."),
    ]
    write([*said, *([SessionEnded(**seen, position=3, at_ns=last)] if ended else [])], path)
    return path


def test_saving_the_same_stories_twice_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    path = recorded(tmp_path / "a.jsonl", messages())

    first = taken_in(desk, path)
    before = desk.casebook.stories("local")
    second = taken_in(desk, path)

    assert first.stories == second.stories
    (again,) = desk.casebook.stories("local")
    assert replace(again, arrived_ns=before[0].arrived_ns) == before[0]  # it did arrive once more
    assert before[0].story.version == 1
    assert second.files[0].new == 0


def test_the_order_of_the_files_changes_nothing(tmp_path: Path) -> None:
    paths = [
        recorded(tmp_path / f"{number}.jsonl", messages(TICKET.replace("12", f"12{number}"), sends=number + 1))
        for number in range(3)
    ]
    found = set()
    for number, order in enumerate(itertools.permutations(paths)):
        settings = Settings(store=tmp_path / f"store{number}", threshold=LOW)
        casebook, graph = open_casebook(settings), open_graph(settings)
        taken_in(Desk(graph, casebook, settings, bytes(32)), *order)
        found.add(json.dumps([record.story.model_dump(mode="json") for record in casebook.stories("local")]))
        graph.close()
        casebook.close()

    assert len(found) == 1


def test_a_story_that_grows_gets_the_next_version_under_its_id(desk: Desk, tmp_path: Path) -> None:
    begun, grown = messages()[:5], messages(sends=2)
    name = "run-1"
    for number, chat in enumerate((begun, grown)):
        path = recorded(tmp_path / f"{number}.jsonl", chat)
        ingest([(path.name, path)], desk, stated=Stated(session=name))

    (record,) = desk.casebook.stories("local")
    assert record.story.version == 2
    assert len(record.story.effects) == 2
    assert [(one.what, one.version) for one in desk.casebook.outbox("local", 0, 10)] == [("told", 1), ("changed", 2)]
    earlier = desk.casebook.earlier("local", record.story.id, None)
    assert (earlier.version, len(earlier.effects)) == (1, 1)
    added = [line for line in changed_lines(earlier, record.story) if line.startswith("+")]
    assert any("part 1" in line for line in added)
    assert not any("part 0" in line for line in added)
    with pytest.raises(StoryUnknown, match="Version 7 is not kept; earlier ones that are: 1"):
        desk.casebook.earlier("local", record.story.id, 7)


def test_only_the_last_versions_of_a_story_are_kept(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("correlator.casebook.keep.VERSIONS", 2)
    for number in range(1, 6):
        path = recorded(tmp_path / f"{number}.jsonl", messages(sends=number)[: 4 + 2 * number])
        ingest([(path.name, path)], desk, stated=Stated(session="run-1"))

    (record,) = desk.casebook.stories("local")
    assert record.story.version > 3
    with pytest.raises(StoryUnknown, match=f"are: {record.story.version - 2}, {record.story.version - 1}"):
        desk.casebook.earlier("local", record.story.id, 1)


def test_a_story_that_says_what_it_said_at_first_has_no_earlier_version(desk: Desk, tmp_path: Path) -> None:
    (name,) = taken_in(desk, recorded(tmp_path / "a.jsonl", messages())).stories
    with pytest.raises(StoryUnknown, match="no earlier version"):
        desk.casebook.earlier("local", name, None)


def test_a_story_is_found_by_alias_and_by_any_unambiguous_beginning(desk: Desk, tmp_path: Path) -> None:
    (name,) = taken_in(desk, recorded(tmp_path / "a.jsonl", messages())).stories

    for typed in (name, name[:9], name.removeprefix("v1:"), name.removeprefix("v1:")[:6], name.upper(), f" {name} "):
        assert desk.casebook.story("local", typed).story.id == name
    assert desk.casebook.session("local", desk.casebook.sessions("local")[0].key[:8])


@pytest.mark.parametrize(
    "typed", ["", "v1:", "zzzz", "%", "v1:%", "'; DROP TABLE stories; --", "\x1b[2J", "ffffffffffff"]
)
def test_an_unknown_or_hostile_name_is_a_clear_error(desk: Desk, tmp_path: Path, typed: str) -> None:
    taken_in(desk, recorded(tmp_path / "a.jsonl", messages()), recorded(tmp_path / "b.jsonl", messages(sends=2)))

    with pytest.raises(StoryUnknown):
        desk.casebook.story("local", typed)
    with pytest.raises(StoryUnknown):
        desk.casebook.session("local", typed)


def test_a_story_that_new_evidence_explains_is_withdrawn_and_not_deleted(desk: Desk, tmp_path: Path) -> None:
    (name,) = taken_in(desk, recorded(tmp_path / "a.jsonl", messages())).stories
    session = desk.casebook.sessions("local")[0]
    harmless = judged(tmp_path, [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}])

    desk.casebook.save([JudgedRun((session,), harmless)])

    assert desk.casebook.stories("local") == []
    assert [record.standing for record in desk.casebook.stories("local", every=True)] == ["withdrawn"]
    assert desk.casebook.story("local", name).standing == "withdrawn"
    assert [one.what for one in desk.casebook.outbox("local", 0, 10)] == ["told", "withdrawn"]


def test_each_change_of_a_story_is_in_the_outbox_once_and_in_order(desk: Desk, tmp_path: Path) -> None:
    first = recorded(tmp_path / "a.jsonl", messages())
    taken_in(desk, first)
    taken_in(desk, first)  # which changes nothing
    (story,) = desk.casebook.stories("local")
    desk.casebook.decide("local", story.story.id, "malicious")
    desk.casebook.decide("local", story.story.id, "malicious")

    found = desk.casebook.outbox("local", 0, 10)

    assert [(one.what, one.version) for one in found] == [("told", 1), ("malicious", 1)]
    assert {one.story for one in found} == {story.story.id}
    assert desk.casebook.outbox("local", found[0].number, 10) == found[1:]
    assert desk.casebook.outbox("local", 0, 1) == found[:1]
    assert desk.casebook.outbox("other", 0, 10) == []
    assert desk.casebook.expire_outbox("local", found[1].at_ns) == 1
    assert desk.casebook.outbox("local", 0, 10) == found[1:]


def test_a_story_with_a_verdict_stays_as_the_analyst_saw_it(desk: Desk, tmp_path: Path) -> None:
    (name,) = taken_in(desk, recorded(tmp_path / "a.jsonl", messages())).stories
    session = desk.casebook.sessions("local")[0]
    harmless = judged(tmp_path, [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}])

    desk.casebook.decide("local", name[:8], "malicious")
    desk.casebook.save([JudgedRun((session,), harmless)])

    assert desk.casebook.story("local", name).standing == "open"


def test_the_same_content_in_several_sessions_is_a_campaign(desk: Desk, tmp_path: Path) -> None:
    taken_in(desk, recorded(tmp_path / "a.jsonl", messages(), messages(request="Summarise ticket 12 in one line.")))

    assert [record.also_in for record in desk.casebook.stories("local")] == [1, 1]


def test_tenants_do_not_see_each_other(desk: Desk, tmp_path: Path) -> None:
    (name,) = taken_in(desk, recorded(tmp_path / "a.jsonl", messages())).stories

    assert desk.casebook.stories("other") == []
    with pytest.raises(StoryUnknown):
        desk.casebook.story("other", name)


def test_a_session_that_a_crash_left_waiting_is_judged_next_time(desk: Desk, tmp_path: Path) -> None:
    left = events(tmp_path, messages())
    desk.casebook.note([Arrival("local", left[0].session, "default", "test", None, None, True)], ingest=1)
    desk.graph.merge(left)

    found = ingest([], desk)

    assert (found.sessions, len(found.stories)) == (1, 1)
    assert ingest([], desk).sessions == 0


def test_what_arrives_during_a_judgement_keeps_waiting(desk: Desk, tmp_path: Path) -> None:
    left = events(tmp_path, messages())
    arrival = Arrival("local", left[0].session, "default", "test", None, None, True)
    desk.casebook.note([arrival], ingest=1)
    desk.graph.merge(left)
    (session,) = desk.casebook.waiting("local")
    judgement = desk.judge(session)

    desk.casebook.note([arrival], ingest=1)
    desk.casebook.save([JudgedRun((session,), judgement)])

    assert len(desk.casebook.waiting("local")) == 1


def test_a_file_that_cannot_be_read_is_reported_and_the_rest_goes_on(desk: Desk, tmp_path: Path) -> None:
    told: list[FileRead] = []
    paths = [tmp_path / "gone.jsonl", recorded(tmp_path / "a.jsonl", messages())]

    found = ingest([(path.name, path) for path in paths], desk, read=told.append)

    assert "gone.jsonl" in found.files[0].problem
    assert found.sessions == 1
    assert told == list(found.files)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_credentials_never_reach_the_store(desk: Desk, tmp_path: Path, settings: Settings) -> None:
    secret = "ghp_" + "a1B2" * 9
    taken_in(desk, recorded(tmp_path / "a.jsonl", messages(f"{TICKET} The token is {secret}.")))

    kept = b"".join(path.read_bytes() for path in settings.store.iterdir())
    assert secret.encode() not in kept
    assert b"<SECRET:github_token:" in kept


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_damaged_casebook_is_a_clear_error(settings: Settings) -> None:
    settings.store.mkdir()
    (settings.store / CASEBOOK_FILE).write_bytes(b"this is no database, it is a text that is long enough" * 40)

    with pytest.raises(CasebookInvalid, match="another --store"):
        open_casebook(settings)


def test_the_first_events_of_a_huge_session_are_judged_and_the_rest_is_told_as_a_gap(tmp_path: Path) -> None:
    found = events(tmp_path, messages())

    kept = bounded(found, 4)

    assert isinstance(kept[-1], EventsLost)
    assert kept[-1].count == len(found) - 4
    assert kept[:4] == bounded(found, 1_000)[:4]


# Learning


def test_a_session_teaches_those_that_begin_in_a_later_hour_and_only_once(desk: Desk, tmp_path: Path) -> None:
    first = timed_session(tmp_path / "1.jsonl", "a1", 10 * HOUR_NS)
    same_hour = timed_session(tmp_path / "2.jsonl", "a2", 10 * HOUR_NS + 1)
    later = timed_session(tmp_path / "3.jsonl", "a3", 12 * HOUR_NS)

    taken_in(desk, later, same_hour, first)
    taken_in(desk, first)

    taught = {
        session.key: [lesson.session for lesson in epoch(desk.casebook, moment_of(session), idle_minutes=30).lessons]
        for session in desk.casebook.sessions("local")
    }
    assert {key: sorted(sessions) for key, sessions in taught.items()} == {"a1": [], "a2": [], "a3": ["a1", "a2"]}


def attack(path: Path, start_ns: int) -> Path:
    """Write a session of a known time in which a ticket makes the agent send mail."""
    found = events(path.parent, messages())
    write([event.model_copy(update={"at_ns": start_ns + event.position, "session": "attack"}) for event in found], path)
    return path


def test_a_session_that_arrives_late_changes_what_later_ones_are_judged_against(desk: Desk, tmp_path: Path) -> None:
    early = [timed_session(tmp_path / f"{n}.jsonl", f"a{n}", 10 * HOUR_NS + n) for n in range(MIN_SESSIONS)]
    later = attack(tmp_path / "attack.jsonl", 12 * HOUR_NS)

    taken_in(desk, later)
    (before,) = desk.casebook.stories("local")
    for path in reversed(early):
        taken_in(desk, path)
    (after,) = desk.casebook.stories("local")
    settings = Settings(store=tmp_path / "in-order", threshold=LOW)
    with opened(settings) as other:
        taken_in(other, *early, later)
        (in_order,) = other.casebook.stories("local")

    assert before.story.baseline == "no baseline yet"
    assert after.story.version > 1
    assert after.story.model_copy(update={"version": 1}) == in_order.story


def test_a_session_without_an_end_closes_after_the_idle_time_of_events(desk: Desk, tmp_path: Path) -> None:
    taken_in(
        desk,
        timed_session(tmp_path / "1.jsonl", "idle", 10 * HOUR_NS, ended=False),
        timed_session(tmp_path / "2.jsonl", "fresh", 11 * HOUR_NS, ended=False),
    )

    found = teachings(desk.casebook, "local", idle_minutes=30)

    assert (found["idle"].closed, found["idle"].taught) == (True, True)
    assert (found["fresh"].closed, found["fresh"].taught) == (False, False)


def test_a_session_with_a_story_teaches_only_after_the_verdict_benign(desk: Desk, tmp_path: Path) -> None:
    (name,) = taken_in(desk, recorded(tmp_path / "a.jsonl", messages())).stories
    (session,) = desk.casebook.sessions("local")
    states = []

    for verdict in ("malicious", "benign", "malicious"):
        states.append(teachings(desk.casebook, "local", idle_minutes=30)[session.key].taught)
        desk.casebook.decide("local", name, verdict)  # type: ignore[arg-type]

    assert states == [False, False, True]
    acts = [(one.act, one.subject, one.before) for one in desk.casebook.acts("local")]
    assert acts == [("malicious", name, ""), ("benign", name, "malicious"), ("malicious", name, "benign")]


def test_benign_excuses_the_data_flows_of_that_story(desk: Desk, tmp_path: Path) -> None:
    (name,) = taken_in(desk, recorded(tmp_path / "a.jsonl", messages())).stories

    desk.casebook.decide("local", name, "benign")

    excused = summary(desk.casebook, "local", "default", idle_minutes=30).excused
    assert excused
    assert all("forward_mail" in signature for signature in excused)


def test_sessions_without_times_are_taught_by_earlier_ingests_whatever_comes_later(desk: Desk, tmp_path: Path) -> None:
    calm: list[dict[str, object]] = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}]
    first = recorded(tmp_path / "1.jsonl", calm)
    second = recorded(tmp_path / "2.jsonl", [*calm, {"role": "user", "content": "bye"}])

    taken_in(desk, first)
    taken_in(desk, second)
    taken_in(desk, first)

    counts = [
        len(epoch(desk.casebook, moment_of(session), idle_minutes=30).lessons)
        for session in sorted(desk.casebook.sessions("local"), key=lambda one: one.seen)
    ]
    assert counts == [0, 1]


def test_workloads_do_not_teach_each_other(desk: Desk, tmp_path: Path) -> None:
    taken_in(desk, timed_session(tmp_path / "1.jsonl", "a1", 10 * HOUR_NS))

    assert summary(desk.casebook, "local", "default", idle_minutes=30).teaching == 1
    assert summary(desk.casebook, "local", "another", idle_minutes=30).teaching == 0


def test_two_casebooks_on_one_file_see_the_same(settings: Settings, desk: Desk, tmp_path: Path) -> None:
    taken_in(desk, recorded(tmp_path / "a.jsonl", messages()))

    other: Casebook = open_casebook(settings)

    assert other.stories("local") == desk.casebook.stories("local")
    other.close()
