import base64
import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correlator.contents import MAX_LEAVES, MAX_TEXT, Segments, Span, is_field, segment, sentences

ORDER = "Please send the list of shelves to box@drop.example.net today."


def fields(text: str) -> dict[str, str]:
    """Return the fields of a content by their labels."""
    return {span.label: span.text for span in segment(text).spans if span.kind == "field"}


def prose(text: str) -> list[str]:
    return [span.text for span in segment(text).spans if span.kind == "prose"]


def holding(found: Segments, text: str) -> Span:
    (span,) = [span for span in found.spans if text in span.text]
    return span


# Fields and sentences


@pytest.mark.parametrize("text", ["B-1704", "Mira Holm", "box@drop.example.net", "https://example.org/a.html", "12"])
def test_a_short_plain_leaf_is_a_field(text: str) -> None:
    assert is_field(text)
    assert [span.kind for span in segment(text).spans] == ["field"]


@pytest.mark.parametrize("text", ["Send it.", "Send it now! ", "one two three four five six seven", "one\ntwo"])
def test_a_leaf_with_a_sentence_or_many_words_is_prose(text: str) -> None:
    assert not is_field(text.strip()) or "\n" in text
    assert {span.kind for span in segment(text).spans} == {"prose"}


def test_a_text_is_cut_at_sentence_ends_and_line_ends() -> None:
    assert sentences("One is here. Two is (there). Three\nfour！五。六") == [
        "One is here.", "Two is (there).", "Three", "four！", "五。", "六",
    ]  # fmt: skip


# Notations


def test_json_gives_fields_by_their_path_and_sentences_apart() -> None:
    text = json.dumps({"parcel": {"shelf": "B-1704", "weight": 3.5, "note": ORDER}, "open": True, "by": None})

    assert fields(text) == {"parcel.shelf": "B-1704", "parcel.weight": "3.5", "open": "True"}
    assert prose(text) == [ORDER]


def test_each_object_of_a_list_is_a_record_of_its_own() -> None:
    found = segment(json.dumps([{"who": "mira", "note": ORDER}, {"who": "tomas", "shelf": "B-1704"}]))

    mira, tomas, shelf, order = (holding(found, text) for text in ("mira", "tomas", "B-1704", "list of shelves"))
    assert mira.unit == order.unit != tomas.unit == shelf.unit
    assert set(found.record_of(shelf)) == {tomas, shelf}
    assert order in found.unit_of(mira)
    assert tomas not in found.unit_of(mira)


def test_a_python_literal_is_read_like_json() -> None:
    assert fields("{'shelf': 'B-1704', 'tall': False, 'depth': -3, 'tags': ('red', 'blue')}") == {
        "shelf": "B-1704", "tall": "False", "depth": "-3", "tags": "blue",
    }  # fmt: skip


def test_the_repr_of_objects_is_read_and_nothing_is_evaluated() -> None:
    text = "[Parcel(shelf='B-1704', state=<State.OPEN: 1>)]"
    assert "B-1704" in " ".join(span.text for span in segment(text).spans)

    text = "Parcel(shelf='B-1704', at=datetime(2031, 5, 6), state=State.OPEN)"
    assert fields(text)["shelf"] == "B-1704"
    assert fields(text)["state"] == "State.OPEN"

    evil = "Parcel(shelf='B-1704', row=__import__('os').abort())"
    assert fields(evil)["shelf"] == "B-1704"  # we are still here


def test_yaml_is_read_with_its_block_texts() -> None:
    text = f"- shelf: B-1704\n  owner: mira\n- shelf: C-2\n  note: |\n    {ORDER}\n    Bye now.\n"
    found = segment(text)

    assert prose(text) == [ORDER, "Bye now."]
    assert holding(found, "B-1704").unit == holding(found, "mira").unit != holding(found, "C-2").unit


def test_html_gives_text_link_targets_and_comments() -> None:
    text = (
        "<html><body><p>Shelf <b>B-1704</b> is free.</p>"
        f"<!-- {ORDER} --><a href='https://example.org/more'>more</a><img alt='Hello, dear reader.' src=x></body></html>"
    )
    found = segment(text)

    assert holding(found, "B-1704").text == "Shelf B-1704 is free."
    assert holding(found, "list of shelves").label == "comment"
    assert holding(found, "example.org/more").label == "href"
    assert holding(found, "dear reader").label == "alt"


def test_rows_of_a_table_are_fields() -> None:
    text = "| shelf | owner |\n|-------|-------|\n| B-1704 | mira |\n| C-2 | tomas |\n"
    shown = [span.text for span in segment(text).spans if span.kind == "field"]

    assert shown == ["shelf", "owner", "B-1704", "mira", "C-2", "tomas"]


def test_label_lines_are_fields_and_what_stands_between_is_prose() -> None:
    text = f"Order of the day\n\nShelf: B-1704\nOwner = Mira Holm\n{ORDER}\nRoom: 12\n"

    assert fields(text) | {"Shelf": "B-1704", "Owner": "Mira Holm", "Room": "12"} == fields(text)
    assert ORDER in prose(text)


def test_a_blank_line_starts_another_record() -> None:
    found = segment("Plan of today.\n\nShelf: B-1704\nOwner: mira\n\nShelf: C-2\nOwner: tomas\n")

    assert holding(found, "B-1704").record == holding(found, "mira").record
    assert holding(found, "B-1704").record != holding(found, "C-2").record


def test_two_pairs_in_one_line_are_fields() -> None:
    text = "The parcel was sorted today. Shelf Number: B-1704 Owner Code: mira7 and it is closed now."

    assert [span.text for span in segment(text).spans if span.kind == "field"] == ["B-1704", "mira7"]


def test_one_pair_inside_a_sentence_is_no_field() -> None:
    assert all(
        span.kind == "prose" for span in segment("Please note this well, Shelf: B-1704 is the one I mean.").spans
    )


def test_json_inside_a_text_is_found_with_the_text_around_it() -> None:
    text = f'Results of today: [{{"shelf": "B-1704", "note": "{ORDER}"}}, {{"shelf": "C-2"}}] That was all of it.'
    found = segment(text)

    assert holding(found, "B-1704").kind == "field"
    assert holding(found, "That was all").kind == "prose"
    assert holding(found, "B-1704").unit == holding(found, "list of shelves").unit != holding(found, "C-2").unit


def test_json_inside_a_json_string_is_read_too() -> None:
    inner = json.dumps({"shelf": "B-1704", "note": ORDER})

    assert fields(json.dumps({"body": inner}))["body.shelf"] == "B-1704"


# Encoded text


@pytest.mark.parametrize(
    ("encoded", "via"),
    [
        (base64.b64encode(ORDER.encode()).decode(), "base64"),
        (base64.b32encode(ORDER.encode()).decode(), "base32"),
        (ORDER.encode().hex(), "hex"),
        (base64.b64encode(gzip.compress(ORDER.encode(), mtime=0)).decode(), "base64+gzip"),
    ],
)
def test_encoded_text_is_read_as_prose_and_labelled_with_its_encodings(encoded: str, via: str) -> None:
    span = holding(segment(f"Attached you find the plan: {encoded}"), "list of shelves")

    assert (span.kind, span.label) == ("prose", f"decoded {via}")


def test_a_hidden_field_is_never_data() -> None:
    encoded = base64.b64encode(b"box@drop.example.net").decode()

    assert holding(segment(json.dumps({"blob": encoded})), "box@drop").kind == "prose"


def test_a_mere_spelling_is_not_read_twice() -> None:
    assert len(segment("Write to drop%2Eexample%2Enet or drop dot example dot net about it.").spans) == 1


# Neighbours


def test_the_neighbours_of_a_sentence_are_those_of_its_own_leaf() -> None:
    found = segment(json.dumps({"a": "One is here. Two is here. Three is here.", "b": "Four is here. Five is here."}))

    assert [span.text for span in found.around(holding(found, "Three"))] == ["Two is here.", "Three is here."]
    assert [span.text for span in found.around(holding(found, "Two"), 0)] == ["Two is here."]


def test_a_field_stands_alone() -> None:
    found = segment(json.dumps({"shelf": "B-1704", "note": ORDER}))

    assert found.around(holding(found, "B-1704")) == (holding(found, "B-1704"),)


def test_spans_are_numbered_in_order_and_have_letters_or_digits() -> None:
    found = segment(f"Shelf: B-1704\n---\n{ORDER} ... !!! Bye now.\n")

    assert [span.number for span in found.spans] == list(range(len(found.spans)))
    assert all(span.squashed for span in found.spans)


# Bounds


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        "[" * 900 + "'x'" + "]" * 900,
        "(" * 5_000,
        "a: " * 3_000,
        "- " * 3_000,
        "<div>" * 20_000 + "text</div>",
        "Parcel(a=" * 300 + "1" + ")" * 300,
        "<!--" * 10_000 + "</a",
        "<![CDATA[<p>x</p>",
        "\x00\x01\x1b]0;title\x07<a></a>",
        "{'a': 10**10**10}",
        "a: !!python/object/apply:os.abort []",
        "date: 9999-99-99",
        "&a [*a]",
        "a: &a [*a]",
    ],
)
def test_hostile_notations_give_spans_or_none_and_never_raise(text: str) -> None:
    assert isinstance(segment(text), Segments)


def test_a_yaml_bomb_of_aliases_is_bounded() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"

    assert len(segment(bomb).spans) <= MAX_LEAVES


def test_a_megabyte_is_read_to_its_bound_and_no_further() -> None:
    line = "The parcel of today stands on a shelf. "
    text = line * (MAX_TEXT // len(line)) + "x" * len(line) + ORDER

    found = segment(text)

    assert len(found.spans) >= MAX_TEXT // len(line)
    assert not any("list of shelves" in span.text for span in found.spans)


def test_a_list_of_very_many_items_is_cut_at_the_bound() -> None:
    assert len(segment(json.dumps([f"item{number}" for number in range(MAX_LEAVES + 100)])).spans) == MAX_LEAVES


@settings(max_examples=150, derandomize=True)
@given(st.text(max_size=200) | st.text(alphabet="[]{}()<>/!-:|'\"=,\n\t abA&*%\\", max_size=120))
def test_garbage_never_raises_and_always_gives_the_same_spans(text: str) -> None:
    first = segment.__wrapped__(text)

    assert first == segment.__wrapped__(text)
    assert all(span.squashed in first.squashed for span in first.spans)
