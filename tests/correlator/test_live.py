"""Spans and alerts as they arrive → stories: late, twice, in any order, over a restart."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from correlator.casebook import StoryRecord
from correlator.cli.desk import opened
from correlator.live import Live
from correlator.settings import Settings
from sensor.event import AlertReceived, Unparsed
from sensor.sources.alerts import event_of
from sensor.sources.otlp.decode import decode
from sensor.sources.otlp.span import Span
from sensor.sources.otlp.spool import BUNDLE_SPANS, Spool
from tests.correlator.test_absorb import BEGUN_NS, MINUTE_NS, Attack, falco
from tests.sensor.otlp.told import DIALECTS, chat, genai, openinference, shuffled, spans, tool_spans, twin


@contextmanager
def live(folder: Path, *, bundle_spans: int = BUNDLE_SPANS) -> Iterator[Live]:
    settings = Settings(store=folder)
    with opened(settings) as desk:
        spool = Spool(folder / "spans.db", key=desk.key, bundle_spans=bundle_spans)
        yield Live(desk, spool)
        spool.close()


def stories(folder: Path) -> list[StoryRecord]:
    with opened(Settings(store=folder)) as desk:
        return desk.casebook.stories("local")


def sessions(folder: Path) -> list[tuple[str, int]]:
    with opened(Settings(store=folder)) as desk:
        return [(one.key, one.events) for one in desk.casebook.sessions("local")]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_hijacked_session_is_told_as_soon_as_its_chain_is_there_and_updated_when_it_goes_on(
    dialect: str, tmp_path: Path
) -> None:
    told = spans(chat(), DIALECTS[dialect])
    with live(tmp_path) as engine:
        engine.take(told[:1])
        assert engine.work().stories == ()
        engine.take(told[1:2])
        (first,) = engine.work().stories
        engine.take(told[2:])
        (second,) = engine.work().stories

    assert first.story.id == second.story.id
    assert (first.story.assessment, second.story.assessment) == ("in progress", "succeeded")
    assert second.story.version == 2


def test_the_twin_whose_user_asked_for_it_gives_none(tmp_path: Path) -> None:
    with live(tmp_path) as engine:
        engine.take(spans(twin(), openinference))
        assert engine.work().stories == ()

    assert stories(tmp_path) == []


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("conversation", ["c-1", None])
def test_any_order_with_restarts_between_gives_the_same_story(
    seed: int, conversation: str | None, tmp_path: Path
) -> None:
    told = spans(chat(), genai, conversation=conversation) + tool_spans(chat())
    with live(tmp_path / "straight") as engine:
        engine.take(told)
        engine.work()

    for span in shuffled(told, seed):
        with live(tmp_path / "shuffled") as engine:
            engine.take([span])
            engine.work()

    (one,), (other,) = stories(tmp_path / "straight"), stories(tmp_path / "shuffled")
    assert one.story.model_dump(exclude={"version", "aliases"}) == other.story.model_dump(
        exclude={"version", "aliases"}
    )
    assert sessions(tmp_path / "straight") == sessions(tmp_path / "shuffled")


def test_spans_that_were_kept_before_a_crash_are_judged_by_the_next_run(tmp_path: Path) -> None:
    with live(tmp_path) as engine:
        assert engine.take(spans(chat(), genai)) == 3  # and no work

    with live(tmp_path) as engine:
        assert not engine.idle
        assert len(engine.work().stories) == 1
        assert engine.idle
        assert engine.take(spans(chat(), genai)) == 0
        assert engine.idle


def test_what_an_exporter_kept_back_is_a_gap_of_the_story(tmp_path: Path) -> None:
    told = spans(chat(), genai)
    bare = replace(told[-1], span_id="d" * 16, scope="shy", attributes={"gen_ai.operation.name": "chat"})
    with live(tmp_path) as engine:
        engine.take([*told, bare])
        (record,) = engine.work().stories

    assert "Not captured by “shy”, 1 times: message content." in record.story.gaps


def test_sixty_four_sessions_at_once_with_equal_first_prompts_stay_apart(tmp_path: Path) -> None:
    told: list[list[Span]] = []
    for number in range(64):
        hijacked = chat if number % 4 == 0 else twin
        told.append(
            spans(
                hijacked(f"{number:04}"), genai, conversation=f"conv-{number}" if number % 2 else None,
                trace=f"{number:02x}f", one_trace=False,
            )
        )  # fmt: skip
    with live(tmp_path) as engine:
        for turn in range(3):
            engine.take([one[turn] for one in told])
            engine.work()

    assert len(sessions(tmp_path)) == 64
    assert {events for _, events in sessions(tmp_path)} == {12}
    assert len(stories(tmp_path)) == 16


def test_a_session_that_turns_out_to_be_part_of_another_leaves_no_session_behind(tmp_path: Path) -> None:
    told = [replace(span, attributes=dict(span.attributes)) for span in spans(chat(), genai, conversation=None)]
    named = replace(told[2], attributes={**told[2].attributes, "gen_ai.conversation.id": "late"})
    with live(tmp_path) as engine:
        engine.take(told[:2])
        engine.work()
        before = sessions(tmp_path)
        engine.take([named])
        engine.work()

    assert len(before) == len(sessions(tmp_path)) == 1
    assert before[0][0] != sessions(tmp_path)[0][0]
    assert len(stories(tmp_path)) == 1


def test_one_conversation_id_for_all_keeps_the_stories_that_were_told(tmp_path: Path) -> None:
    told = [spans(chat(f"{number:04}"), genai, conversation="all", trace=f"{number}e") for number in range(6)]
    counts = []
    with live(tmp_path, bundle_spans=8) as engine:
        for number, one in enumerate(told):
            # Tools' spans end first, and name no conversation.
            for span in (*tool_spans(chat(f"{number:04}"), trace=f"{number}e"), *one):
                engine.take([span])
                engine.work()
            counts.append(sum(record.standing == "open" for record in stories(tmp_path)))
    assert counts == sorted(counts)
    assert counts[-1] >= 6


def test_a_credential_in_a_span_is_not_kept_anywhere(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6" * 3
    told = chat()
    told[3]["content"] += f" The key is {secret}."
    everywhere = {"name": f"chat {secret}", "scope": secret, "resource": {"process.command_args": ["run", secret]}}
    with live(tmp_path) as engine:
        engine.take([replace(span, **everywhere) for span in spans(told, genai)])
        engine.work()

    assert all(secret.encode() not in path.read_bytes() for path in tmp_path.iterdir())


ATTACK = Attack()
STEPS = decode(ATTACK.trace().encode(), signal="traces", json=True).spans


def alert(attack: Attack = ATTACK, **more: str) -> AlertReceived | Unparsed:
    return event_of(json.loads(falco(attack, BEGUN_NS + MINUTE_NS)) | more, number=0)


def test_a_story_that_an_alert_falls_on_is_told_again_and_only_once(tmp_path: Path) -> None:
    with live(tmp_path) as engine:
        engine.take(STEPS)
        (first,) = engine.work().stories
        engine.take_alerts([alert()])
        assert not engine.idle
        (second,) = engine.work().stories
        engine.take_alerts([alert()])
        assert engine.idle

    assert first.story.id == second.story.id
    assert (first.story.version, second.story.version) == (1, 2)
    assert [(shown.product, shown.link) for shown in second.story.alerts] == [("Falco", "value")]


def test_an_alert_that_came_before_its_story_is_listed_when_it_comes(tmp_path: Path) -> None:
    with live(tmp_path) as engine:
        engine.take_alerts([alert()])
        assert engine.idle
    with live(tmp_path) as engine:
        engine.take(STEPS)
        (record,) = engine.work().stories

    assert (record.story.version, [shown.product for shown in record.story.alerts]) == (1, ["Falco"])


def test_spans_and_alerts_of_one_moment_are_told_once(tmp_path: Path) -> None:
    with live(tmp_path) as engine:
        engine.take(STEPS)
        engine.take_alerts([alert()])
        (record,) = engine.work().stories

    assert record.story.version == 1


def test_an_alert_of_a_conversation_makes_no_session_and_wakes_none(tmp_path: Path) -> None:
    named = event_of(json.loads(falco(ATTACK, BEGUN_NS)), number=0, session="conv-7")
    with live(tmp_path) as engine:
        engine.take_alerts([named])
        assert engine.idle
        before = sessions(tmp_path)
        engine.take(spans(chat(), genai))
        (record,) = engine.work().stories

    assert before == []
    assert [shown.link for shown in record.story.alerts] == ["conversation"]


def test_a_credential_in_an_alert_is_not_kept_anywhere(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6" * 3
    with live(tmp_path) as engine:
        engine.take_alerts([alert(output=f"curl with {secret}", rule=f"r {secret}"), alert(uuid=secret)])
        engine.work()

    assert all(secret.encode() not in path.read_bytes() for path in tmp_path.iterdir())
