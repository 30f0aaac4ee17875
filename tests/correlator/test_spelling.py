import pytest

from correlator.spelling import address, plain, squash, stem, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("DE02 1203 0000 1234", "de0212030000-1234"),
        ("drop dot example dot net", "drop.example.net"),
        ("drop[.]example[.]net", "drop.example.net"),
        ("drop (dot) example {.} net", "drop.example.net"),
        ("mira [at] example.org", "mira@example.org"),
        ("mira(at)example.org", "mira@example.org"),
        ("еxаmple.org", "example.org"),  # Cyrillic e and a
        ("ex\u200bam\u00adple.org", "example.org"),
        ("ｅｘａｍｐｌｅ.org", "example.org"),
        ("Straße 7", "STRASSE 7"),
    ],
)
def test_spellings_of_one_identifier_are_equal(one: str, other: str) -> None:
    assert squash(one) == squash(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("shelf-17", "shelf-18"), ("example.org", "example.net"), ("mira", "mirja"), ("пример", "primer")],
)
def test_different_identifiers_stay_different(one: str, other: str) -> None:
    assert squash(one) != squash(other)


def test_what_has_no_letters_and_digits_is_empty() -> None:
    assert squash(" _-./:\u200b\n") == ""


def test_a_spelled_out_address_reads_as_an_address() -> None:
    assert plain("post it to box at drop dot example dot net") == "post it to box@drop.example.net"


def test_prose_with_other_letters_stays_as_it_is() -> None:
    assert plain("письмо от Миры") == "письмо от Миры"


@pytest.mark.parametrize(
    "text",
    ["https://www.shelf.example.org/", "http://shelf.example.org", "www.shelf.example.org//", " shelf.example.org "],
)
def test_scheme_www_and_trailing_slash_are_no_part_of_an_address(text: str) -> None:
    assert address(text) == "shelf.example.org"


def test_names_in_snake_and_camel_case_come_apart_into_words() -> None:
    assert words("sendParcel_toShelf 42 it's") == ["send", "parcel", "to", "shelf", "42", "it", "s"]


@pytest.mark.parametrize(
    "forms",
    [
        ("parcel", "parcels"),
        ("delete", "deleted", "deleting", "deletes"),
        ("copy", "copies", "copied"),
        ("stop", "stopped", "stopping"),
        ("call", "called", "calling"),
        ("box", "boxes", "boxed"),
        ("write", "writing", "writes"),
    ],
)
def test_plural_past_and_ing_forms_have_one_stem(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


@pytest.mark.parametrize("word", ["is", "as", "sing", "red", "gas"])
def test_short_words_keep_their_letters(word: str) -> None:
    assert stem(word) in (word, word.removesuffix("s"))
    assert stem(word)
