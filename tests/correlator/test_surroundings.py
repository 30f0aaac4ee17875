"""What the kernel saw and what was said may come in any order, from any number of files: the same works result."""

import itertools
import random
from pathlib import Path

import pytest

from correlator.cli.desk import opened
from correlator.ingest import ingest
from correlator.settings import Settings
from sensor.event import ConnectionOpened, Event, EventsLost, NameResolved, ToolCalled
from sensor.sources import read_any
from tests.correlator.test_attribution import AGENT, at, ran, session

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "poisoned_memory" / "spans.jsonl"


def written(folder: Path, name: str, events: list[Event]) -> tuple[str, Path]:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(f"{event.content}\n" for event in events), "utf-8")
    return name, path


def told(folder: Path, files: list[tuple[str, Path]], *, apart: bool) -> dict[str, list[tuple[str | None, int, str]]]:
    """Return the works of all sessions after the files were read, together or each by itself."""
    settings = Settings.model_validate({"store": folder})
    for some in [[one] for one in files] if apart else [files]:
        with opened(settings) as desk:
            ingest(some, desk)
    with opened(settings) as desk:
        return {
            one.key: [
                (work.call.call_id, work.process.pid, work.evidence.grade.name)
                for work in desk.judge(one).attribution.works
            ]
            for one in desk.casebook.sessions("local")
        }


@pytest.fixture
def files(tmp_path: Path) -> list[tuple[str, Path]]:
    said, seen = session(
        "a", (61, 63, "fetch", {"url": "https://good.example/a"}, "x"), (64, 66, "run", {"command": "ls -l"}, "y")
    )
    other, more = session("b", (61, 63, "run", {"command": "ls -la"}, "z"))
    # The name was looked up long before the session.
    before: list[Event] = [NameResolved(**at(20), process=AGENT, name="good.example", addresses=("203.0.113.9",))]
    meanwhile: list[Event] = [
        *seen, *more, ConnectionOpened(**at(62), process=AGENT, remote="203.0.113.9:443"), *ran(7, 65, "sh", "-c", "ls -l"),
        *ran(8, 62, "sh", "-c", "ls -la"), EventsLost(**at(62.5), where="kernel ring (opened)", count=3),
    ]  # fmt: skip
    return [
        written(tmp_path, "said", said), written(tmp_path, "other", other), written(tmp_path, "before", before),
        written(tmp_path, "meanwhile", meanwhile),
    ]  # fmt: skip


def test_any_order_of_files_gives_the_same(tmp_path: Path, files: list[tuple[str, Path]]) -> None:
    found = [
        told(tmp_path / f"store{number}{apart}", list(order), apart=apart)
        for number, order in enumerate(random.Random(3).sample(list(itertools.permutations(files)), 5))
        for apart in (False, True)
    ]

    assert all(one == found[0] for one in found)
    assert found[0] == {"a": [("a-0", 100, "E2"), ("a-1", 7, "E1")], "b": [("b-0", 8, "E1")]}


def test_what_is_there_twice_counts_once(tmp_path: Path, files: list[tuple[str, Path]]) -> None:
    assert told(tmp_path / "twice", [*files, *files], apart=True) == told(tmp_path / "once", files, apart=True)


def test_what_was_lost_meanwhile_is_a_gap_of_both_sessions(tmp_path: Path, files: list[tuple[str, Path]]) -> None:
    settings = Settings.model_validate({"store": tmp_path / "store"})
    with opened(settings) as desk:
        ingest(files, desk)
        gaps = [desk.judge(one).attribution.gaps for one in desk.casebook.sessions("local")]

    assert [[event.kind for event in one] for one in gaps] == [["events_lost"]] * 2


def test_a_call_that_arrives_last_is_told_in_the_story_of_the_session_that_read_what_it_brought(tmp_path: Path) -> None:
    events = list(read_any(EXAMPLE))
    late = [event for event in events if isinstance(event, ToolCalled) and event.name == "fetch_url"]
    early = [event for event in events if event not in late]
    assert late

    found = []
    for name, parts in (("once", [events]), ("late", [early, late])):
        settings = Settings.model_validate({"store": tmp_path / name})
        for number, part in enumerate(parts):
            with opened(settings) as desk:
                ingest([written(tmp_path, f"{name}{number}", part)], desk)
        with opened(settings) as desk:
            found.append([one.story.model_dump(exclude={"version"}) for one in desk.casebook.stories("local")])
    assert found[0] == found[1]
    assert found[0][0]["origin"]["source"] == "fetch_url"
