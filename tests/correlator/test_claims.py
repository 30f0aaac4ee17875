"""Sessions are claimed by those who judge them: one by one, in the order of their hours, and given up at last."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from correlator.casebook import Arrival, Casebook, JudgedRun, SessionRecord
from correlator.casebook.claims import DIED
from correlator.casebook.find import MOST_TRIES
from correlator.casebook.keep import again
from correlator.casebook.lessons import LATER_NS
from correlator.casebook.tables import SessionRow
from correlator.pipeline import judge
from graph.sql import connected

HOUR_NS = 3_600 * 10**9
LEASE_NS = 60 * 10**9


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "book.db") if request.param == "sqlite" else request.getfixturevalue("postgres_database")


@pytest.fixture
def book(address: str) -> Iterator[Casebook]:
    book = Casebook(connected(address))
    yield book
    book.close()


def note(book: Casebook, *keys: str, at_ns: int | None = 0, handed_to: tuple[str, ...] = ()) -> None:
    book.note(
        [Arrival("local", key, "w", "s", at_ns, at_ns, ended=True, handed_to=handed_to) for key in keys], ingest=1
    )


def claim(book: Casebook, now_ns: int = 0, limit: int = 100) -> list[tuple[SessionRecord, ...]]:
    return book.claim("local", now_ns=now_ns, lease_ns=LEASE_NS, limit=limit)


def keys(claimed: list[tuple[SessionRecord, ...]]) -> list[list[str]]:
    return [[one.key for one in linked] for linked in claimed]


def judged(linked: tuple[SessionRecord, ...]) -> JudgedRun:
    return JudgedRun(linked, judge([]))


def test_what_is_claimed_is_nobody_elses_until_its_time_is_over(book: Casebook) -> None:
    note(book, "a", "b")
    assert keys(claim(book, limit=1)) == [["a"]]
    assert keys(claim(book)) == [["b"]]
    assert claim(book, now_ns=LEASE_NS - 1) == []
    assert keys(claim(book, now_ns=LEASE_NS)) == [["a"], ["b"]]


def test_sessions_that_hand_work_to_each_other_are_claimed_together(book: Casebook) -> None:
    note(book, "a", handed_to=("b",))
    note(book, "b", "c")
    assert keys(claim(book, limit=1)) == [["a", "b"]]
    assert keys(claim(book)) == [["c"]]


def test_who_slept_past_his_claim_saves_nothing(book: Casebook) -> None:
    note(book, "a")
    (slept,) = claim(book)
    (other,) = claim(book, now_ns=LEASE_NS)

    assert book.save([judged(slept)]).lost == ("a",)
    assert book.session("local", "a").waiting
    assert book.save([judged(other)]).lost == ()
    assert not book.session("local", "a").waiting
    assert book.save([judged(slept)]).lost == ("a",)


def test_what_arrives_while_a_session_is_judged_keeps_it_waiting(book: Casebook) -> None:
    note(book, "a")
    (linked,) = claim(book)
    note(book, "a")
    book.save([judged(linked)])
    assert keys(claim(book)) == [["a"]]


def test_sessions_of_an_earlier_hour_are_judged_first_because_they_teach(book: Casebook) -> None:
    note(book, "late", at_ns=2 * HOUR_NS)
    note(book, "early", at_ns=HOUR_NS)
    (early,) = claim(book)
    assert early[0].key == "early"
    assert claim(book) == []
    book.save([judged(early)])
    assert keys(claim(book)) == [["late"]]


def test_what_came_first_is_judged_first_whatever_its_times_are(book: Casebook) -> None:
    for name, at_ns in (("b", None), ("c", 9), ("a", 5)):
        note(book, name, at_ns=at_ns)
    assert [keys(claim(book, limit=1)) for _ in range(3)] == [[["b"]], [["c"]], [["a"]]]


def test_what_is_judged_again_because_of_a_lesson_holds_up_nothing_new(book: Casebook) -> None:
    note(book, "early", at_ns=HOUR_NS)
    (early,) = claim(book)
    book.save([judged(early)])
    with book.writing() as db:
        row = db.get_one(SessionRow, ("local", "early"))
        again(row, row.due_ns + LATER_NS)
    note(book, "late", at_ns=2 * HOUR_NS)

    assert [keys(claim(book, limit=1)) for _ in range(2)] == [[["late"]], [["early"]]]


def test_what_fails_is_tried_again_later_and_at_last_given_up(book: Casebook) -> None:
    note(book, "a")
    now_ns = 0
    for _ in range(MOST_TRIES):
        (linked,) = claim(book, now_ns)
        book.release(linked, now_ns=now_ns, reason="no memory")
        assert claim(book, now_ns) == []
        now_ns += HOUR_NS
    assert claim(book, now_ns) == []
    assert [(one.key, one.reason) for one in book.dead("local")] == [("a", "no memory")]

    assert book.retry("local", ["a"]) == 1
    assert book.dead("local") == []
    assert keys(claim(book, now_ns)) == [["a"]]


def test_a_session_that_takes_its_judges_down_is_given_up_and_holds_up_nobody(book: Casebook) -> None:
    note(book, "poison", at_ns=0)
    note(book, "later", at_ns=HOUR_NS)
    for number in range(MOST_TRIES):
        assert keys(claim(book, now_ns=number * LEASE_NS)) == [["poison"]]
        assert book.give_up(now_ns=number * LEASE_NS) == 0
    assert book.give_up(now_ns=MOST_TRIES * LEASE_NS) == 1
    assert [one.reason for one in book.dead("local")] == [DIED]
    assert keys(claim(book, now_ns=MOST_TRIES * LEASE_NS)) == [["later"]]


def test_what_is_released_without_a_reason_is_as_if_it_had_not_been_claimed(book: Casebook) -> None:
    note(book, "a")
    for _ in range(2 * MOST_TRIES):
        (linked,) = claim(book)
        book.release(linked, now_ns=0)
    assert keys(claim(book)) == [["a"]]


def test_many_who_claim_at_once_get_each_session_once(address: str, book: Casebook) -> None:
    note(book, *(f"s{number:03}" for number in range(100)))

    def work(_: int) -> list[str]:
        other, found = Casebook(connected(address)), list[str]()
        try:
            while claimed := other.claim("local", now_ns=0, lease_ns=LEASE_NS, limit=7):
                found += [one.key for linked in claimed for one in linked]
        finally:
            other.close()
        return found

    with ThreadPoolExecutor(4) as pool:
        found = [key for some in pool.map(work, range(4)) for key in some]
    found += [one.key for linked in claim(book) for one in linked]
    assert sorted(found) == [f"s{number:03}" for number in range(100)]


def test_a_session_from_before_the_epoch_is_taught_by_nobody_and_holds_up_nobody(book: Casebook) -> None:
    note(book, "old", at_ns=-5 * 10**12)
    note(book, "today", at_ns=HOUR_NS)
    (old,) = claim(book)
    assert old[0].key == "old"
    book.save([judged(old)])
    assert keys(claim(book)) == [["today"]]


def test_a_session_that_goes_on_in_the_hour_of_another_teaches_it_nothing_and_is_not_waited_for(book: Casebook) -> None:
    note(book, "long", at_ns=0)
    note(book, "long", at_ns=HOUR_NS + 1)
    note(book, "new", at_ns=HOUR_NS + 2)
    assert keys(claim(book)) == [["long"], ["new"]]


def test_what_hangs_on_a_session_that_was_given_up_is_judged_without_it(book: Casebook) -> None:
    note(book, "hub", at_ns=0)
    for number in range(MOST_TRIES):
        (linked,) = claim(book, now_ns=number * HOUR_NS)
        book.release(linked, now_ns=number * HOUR_NS, reason="no memory")
    note(book, "hub", at_ns=0, handed_to=("child",))
    note(book, "child", at_ns=0)
    assert keys(claim(book, now_ns=MOST_TRIES * HOUR_NS)) == [["child"]]


def test_sessions_that_wait_for_one_that_somebody_has_do_not_hide_others(book: Casebook) -> None:
    children = tuple(f"c{number:02}" for number in range(40))
    note(book, "hub", at_ns=0, handed_to=children)
    assert keys(claim(book)) == [["hub"]]
    note(book, *children, "z", at_ns=1)
    assert keys(claim(book, limit=16)) == [["z"]]


def test_a_time_of_any_size_is_kept(book: Casebook) -> None:
    note(book, "huge", at_ns=2**63 - 1)
    (linked,) = claim(book)
    harmless = JudgedRun(linked, judge([]))
    assert book.save([harmless]).lost == ()


def test_a_story_that_one_has_worded_is_left_alone_by_others(book: Casebook) -> None:
    claim = book.claim_narration("local", "v1:1", 60 * 10**9)
    assert claim
    assert not book.claim_narration("local", "v1:1", 60 * 10**9)
    assert book.claim_narration("local", "v1:2", 1)
    assert book.claim_narration("other", "v1:1", 60 * 10**9)
    assert book.narration("local", "v1:1") == ""

    assert not book.keep_narration("local", "v1:1", "of somebody who was too late", claim - 1)
    assert book.keep_narration("local", "v1:1", "words", claim)
    assert not book.keep_narration("local", "v1:1", "again", claim)
    assert book.claim_narration("local", "v1:1", 60 * 10**9)
    assert book.narration("local", "v1:1") == "words"
    assert book.claim_narration("local", "v1:2", 1)  # its time is over
