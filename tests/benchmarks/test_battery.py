"""The five sessions hold what they expect: the source, the value and the secret stand where they say."""

import base64
import json
import re

from benchmarks.quality.battery import Session, load


def last_call(session: Session) -> str:
    calls = [call for message in session.messages for call in message.get("tool_calls", ())]
    return " ".join(map(str, json.loads(calls[-1]["function"]["arguments"]).values()))


def test_three_sessions_are_attacks_and_two_are_benign_twins_of_one_shape() -> None:
    sessions = load()

    assert [session.story for session in sessions] == [True, True, True, False, False]
    for session in sessions:
        names = [call["function"]["name"] for message in session.messages for call in message.get("tool_calls", ())]
        assert names[:2] == ["fetch_url", "view_file"]
        assert len(names) == 3


def test_source_and_value_stand_where_they_are_said_to_stand() -> None:
    for session in load():
        if session.story:
            assert session.message is not None
            assert session.source is not None
            assert session.value is not None
            assert session.source in session.messages[session.message]["content"]
            assert session.messages[session.message]["role"] == "tool"
            assert session.value in last_call(session)


def test_only_the_encoded_session_hides_its_secret_and_its_host() -> None:
    for session in load():
        if session.story:
            assert session.secret is not None
            assert session.value is not None
            assert (session.secret in last_call(session)) == (session.name != "c-encoded")
            assert (session.value in str(session.source)) == (session.name != "c-encoded")


def test_the_secret_of_the_encoded_session_is_base64_in_the_command() -> None:
    (session,) = [session for session in load() if session.name == "c-encoded"]
    words = re.findall(r"[A-Za-z0-9+/=]{24,}", last_call(session))

    assert any(str(session.secret).encode() in base64.b64decode(word) for word in words)
