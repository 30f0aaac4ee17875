import pytest

from sensor.errors import UnreadableJsonError
from sensor.event import EVENT, ToolCalled
from sensor.sources.bounded_json import DEPTH, argument, loads


def test_a_value_is_read_as_it_stands() -> None:
    assert loads('{"a": [1, 2.5, true, null, "é"]}') == {"a": [1, 2.5, True, None, "é"]}


@pytest.mark.parametrize(
    "text", ["", "{", '{"a": }', "not json", '{"a": 1} {"b": 2}', "\x00", "[" * 10_000, "[" * 10_000 + "]" * 10_000]
)
def test_what_is_no_json_or_too_deep_is_refused_with_a_reason_that_does_not_repeat_it(text: str) -> None:
    with pytest.raises(UnreadableJsonError) as refused:
        loads(text)
    assert len(str(refused.value)) < 120


def test_nesting_is_allowed_up_to_the_depth_and_no_further() -> None:
    assert loads("[" * DEPTH + "]" * DEPTH)
    with pytest.raises(UnreadableJsonError):
        loads("[" * (DEPTH + 1) + "]" * (DEPTH + 1))


@pytest.mark.parametrize(
    "text",
    ['{"x": NaN}', '{"x": Infinity}', '{"x": 1e999}', '{"x": 123456789012345678901234567890}', '{"x": "\\ud800"}'],
)
def test_values_that_nothing_could_store_get_a_form_that_survives_the_event_log(text: str) -> None:
    event = ToolCalled(session="s", position=0, source="test", name="f", arguments=loads(text))
    assert EVENT.validate_json(event.content) == event


def test_a_whole_emoji_written_as_a_surrogate_pair_stays_an_emoji() -> None:
    assert loads('"\\ud83d\\ude00"') == "😀"


def test_arguments_that_are_no_json_stay_text() -> None:
    assert argument('{"a": 1}') == {"a": 1}
    assert argument("ls -l") == "ls -l"
    assert argument({"a": 1}) == {"a": 1}
