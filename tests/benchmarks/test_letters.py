"""Letters and digits survive what writers of results do to a text, and lead back to where they stand."""

import json

import yaml
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.quality.letters import fold, letters, occurrences

TEXTS = st.text(alphabet=st.sampled_from("abcXYZ019 .,:;-_'\"<>/@#!?\n\té漢"), min_size=1)


@given(TEXTS)
def test_json_and_yaml_keep_the_letters(text: str) -> None:
    assert letters(json.dumps(text)) == letters(text)
    assert letters(json.dumps(json.dumps(text))) == letters(text)
    assert letters(yaml.safe_dump([text], allow_unicode=True, width=20).removesuffix("...\n")) == letters(text)


@given(TEXTS, st.data())
def test_every_piece_leads_back_to_a_raw_span_with_the_same_letters(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    if folded.text:
        start = data.draw(st.integers(0, len(folded.text) - 1))
        end = data.draw(st.integers(start + 1, len(folded.text)))
        span = folded.raw(start, end)
        assert letters(text[span.start : span.end]) == folded.text[start:end]


def test_a_value_is_found_as_a_whole_word_in_any_spelling_of_its_marks() -> None:
    text = "Pay AB12 3456, not XAB123456; see\\nAB-12-3456."

    assert [text[span.start : span.end] for span in occurrences(text, "AB123456")] == ["AB12 3456", "AB-12-3456"]
