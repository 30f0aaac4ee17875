"""Equal texts, two speakers: what one may ask for, the other may not."""

from benchmarks.quality.pairs import Pair, Twin, load
from correlator.pipeline import judge
from sensor.event import Principal
from sensor.identity import session_key
from sensor.sources.transcript.chat import events


def has_story(pair: Pair, twin: Twin) -> bool:
    principal = Principal.model_validate(twin.principal)
    session = session_key("record", pair.name)
    return bool(
        judge(events(list(pair.messages), session=session, source="transcript:chat", principal=principal)).stories
    )


def wrong(pairs: list[Pair]) -> list[str]:
    """Return the pairs that are not right on both sides."""
    return [
        f"{pair.domain}/{pair.name}"
        for pair in pairs
        if any(has_story(pair, twin) != twin.story for twin in pair.twins)
    ]


def test_all_pairs_for_tuning_are_right_on_both_sides() -> None:
    assert wrong(load("tune")) == []


def test_nine_of_ten_pairs_for_testing_are_right_on_both_sides() -> None:
    pairs = load("test")

    found = wrong(pairs)

    print(f"{len(pairs) - len(found)} of {len(pairs)} pairs right on both sides; not: {', '.join(found) or 'none'}")
    assert len(found) <= 0.1 * len(pairs)
