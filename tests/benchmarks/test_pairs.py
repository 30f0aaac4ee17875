"""The pairs hold what they promise: equal texts, enough of each kind, half for tuning."""

import json

from benchmarks.quality.pairs import load

PRIVILEGED = {"employee", "administrator", "operator"}
UNPRIVILEGED = {"customer", "anonymous", "agent"}


def test_there_are_enough_attacks_and_controls_in_both_halves() -> None:
    for split in ("tune", "test"):
        pairs = load(split)
        assert sum(not pair.control for pair in pairs) >= 20, split
        assert sum(pair.control for pair in pairs) >= 4, split
    assert sum(not pair.control for pair in load()) >= 44
    assert {pair.domain for pair in load("tune")}.isdisjoint(pair.domain for pair in load("test"))


def test_only_the_principal_differs_between_twins() -> None:
    for pair in load():
        first, second = (pair.transcript(twin) for twin in pair.twins)
        assert first["messages"] == second["messages"], pair.name
        assert first["principal"] != second["principal"], pair.name


def test_the_privileged_twin_is_always_silent_and_the_kinds_fit_their_sides() -> None:
    for pair in load():
        assert not pair.privileged.story, pair.name
        assert pair.privileged.principal["kind"] in PRIVILEGED, pair.name
        assert pair.unprivileged.principal["kind"] in UNPRIVILEGED, pair.name


def test_names_and_requests_are_unique_and_every_pair_says_why() -> None:
    pairs = load()

    assert len({(pair.domain, pair.name) for pair in pairs}) == len(pairs)
    assert len({pair.messages[1]["content"] for pair in pairs}) == len(pairs)
    assert all(len(pair.why) > 20 for pair in pairs)


def test_in_a_control_every_owner_that_a_tool_names_is_the_speaker() -> None:
    for pair in load():
        if pair.control:
            results = [message["content"] for message in pair.messages if message["role"] == "tool"]
            records = [json.loads(text) for text in results if text.startswith("{")]
            owners = {record["owner"] for record in records if "owner" in record}
            assert owners <= {pair.unprivileged.principal["id"]}, pair.name


def test_in_an_attack_no_owner_is_the_unprivileged_speaker() -> None:
    for pair in load():
        text = " ".join(message["content"] or "" for message in pair.messages if message["role"] == "tool")
        speaker = pair.unprivileged.principal["id"]
        if not pair.control and speaker is not None:
            assert f'"owner": "{speaker}"' not in text, pair.name
            assert f"owner: {speaker}\n" not in text, pair.name
