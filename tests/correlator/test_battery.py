"""The five sessions of the battery: three attacks told with source and value, two benign twins silent."""

import pytest

from benchmarks.quality.battery import Session, load
from correlator.pipeline import Judgement, judge
from correlator.spelling import squash
from sensor.identity import session_key
from sensor.sources.transcript.chat import events

SESSIONS = {session.name: session for session in load()}
ATTACKS = [name for name, session in SESSIONS.items() if session.story]
TWINS = [name for name, session in SESSIONS.items() if not session.story]


def judged(session: Session) -> Judgement:
    key = session_key("record", session.name)
    return judge(events(list(session.messages), session=key, source="transcript:chat"))


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_one_story_with_its_source_span_and_its_value(name: str) -> None:
    session = SESSIONS[name]

    (story,) = judged(session).stories

    assert session.source is not None
    assert session.value is not None
    assert story.origin.kind == "content"
    assert story.origin.step == session.message
    assert story.origin.quote.removesuffix("…") in session.source
    assert len(squash(story.origin.quote)) > 40
    assert squash(story.values[0].value) in squash(session.value)
    assert story.effects[-1].step == len(session.messages) - 3


@pytest.mark.parametrize("name", ATTACKS)
def test_what_was_read_is_told_to_have_left_even_where_it_left_encoded(name: str) -> None:
    session = SESSIONS[name]

    (story,) = judged(session).stories

    assert session.secret is not None
    assert story.stages[-1].stage == "egress"
    assert story.stages[-1].reached == "reached"
    assert any(session.secret in quote for sentence in story.sentences for quote in sentence.quotes)


@pytest.mark.parametrize("name", TWINS)
def test_a_benign_twin_of_the_same_form_is_silent(name: str) -> None:
    judgement = judged(SESSIONS[name])

    assert judgement.stories == ()
    assert len(judgement.conversation.calls) == 3


def test_there_are_three_attacks_and_two_twins() -> None:
    assert (len(ATTACKS), len(TWINS)) == (3, 2)
