"""An agent and those it hands work to are one run, whatever arrives when."""

import random
from pathlib import Path

import pytest

from correlator.run import runs, spliced
from sensor.event import AgentHandedOver, Event, PromptSubmitted, ToolCalled
from sensor.sources.otlp.json_form import decode
from tests.correlator.test_live import live, stories

SPANS = Path(__file__).resolve().parents[2] / "examples" / "poisoned_handover" / "spans.jsonl"


def says(session: str, position: int) -> Event:
    return PromptSubmitted(session=session, position=position, source="test", text=f"{session}{position}")


def calls(session: str, position: int) -> Event:
    return ToolCalled(session=session, position=position, source="test", call_id=f"call {position}", name="ask")


def hands(session: str, position: int, to: str) -> Event:
    return AgentHandedOver(session=session, position=position, source="test", to_session=to, text="Do it.")


def test_sessions_without_a_hand_over_are_runs_of_their_own() -> None:
    assert runs({"a": [says("a", 0)], "b": [says("b", 0)]}) == [("a",), ("b",)]


def test_the_events_of_the_other_agent_stand_where_it_got_its_work() -> None:
    sessions = {
        "b": [says("b", 0), hands("b", 1, "c"), says("b", 2)],
        "a": [says("a", 0), calls("a", 1), hands("a", 1, "b"), says("a", 2)],
        "c": [says("c", 0), says("c", 1)],
    }

    (run,) = runs(sessions)
    found = spliced(run[0], sessions)

    assert (run[0], set(run)) == ("a", {"a", "b", "c"})
    told = [(event.session, event.position) for event in found if isinstance(event, PromptSubmitted)]
    assert told == [("a", 0), ("b", 0), ("c", 0), ("c", 1), ("b", 2), ("a", 2)]
    assert {event.entity for event in found} == {event.entity for events in sessions.values() for event in events}


def test_a_ring_of_hand_overs_is_one_run_and_ends() -> None:
    sessions = {"a": [hands("a", 0, "b")], "b": [hands("b", 0, "a")]}

    (run,) = runs(sessions)

    assert set(run) == {"a", "b"}
    assert len(spliced(run[0], sessions)) == 2


def test_one_agent_after_another_to_any_depth_loses_nobody() -> None:
    names = [f"s{number:03}" for number in range(300)]
    sessions = {
        name: [says(name, 0), *([hands(name, 1, after)] if after else [])]
        for name, after in zip(names, [*names[1:], ""], strict=True)
    }

    found = [event for run in runs(sessions) for event in spliced(run[0], {key: sessions[key] for key in run})]

    assert sorted(event.session for event in found) == sorted(
        event.session for all_ in sessions.values() for event in all_
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_story_of_a_run_is_the_same_in_whatever_order_its_spans_arrive(seed: int, tmp_path: Path) -> None:
    lines = SPANS.read_bytes().splitlines()
    random.Random(seed).shuffle(lines)

    with live(tmp_path) as engine:
        for line in lines:
            engine.take(decode(line, "traces").spans)
            engine.work()
    (found,) = stories(tmp_path)

    with live(tmp_path / "straight") as engine:
        for line in sorted(lines, key=SPANS.read_bytes().splitlines().index):
            engine.take(decode(line, "traces").spans)
        engine.work()
    (straight,) = stories(tmp_path / "straight")
    assert (found.story.id, found.story.session) == (straight.story.id, straight.story.session)
    assert {effect.event for effect in found.story.effects} == {effect.event for effect in straight.story.effects}
