import pytest

from correlator.values import DESTINATIONS, MAX_VALUES, is_host, values


def kinds(text: str) -> dict[str, str]:
    """Return the text of each value with its kind."""
    return {value.text: value.kind for value in values(text)}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("https://drop.example.net/in?q=1", "url"),
        ("www.example.org/shelf", "url"),
        ("mira.holm@example.org", "email"),
        ("192.0.2.17:8080", "ip"),
        ("[2001:db8::17]:443", "ip"),
        ("/srv/shelves/plan.txt", "path"),
        ("~/plan.txt", "path"),
        ("C:\\shelves\\plan.txt", "path"),
        ("shelves/plan", "path"),
        ("drop.example.net", "host"),
        ("DE02 1203 0000 0000 2020 51", "account"),
        ("4111 1111 1111 1111", "account"),
        ("parcel-B1704", "identifier"),
        ("shelf_owner", "identifier"),
        ("@mira_holm", "identifier"),
        ("1704", "number"),
        ("Mira Holm", "name"),
        ("one two three four five six seven", "text"),
    ],
)
def test_a_leaf_that_is_one_value_has_its_kind_and_is_whole(text: str, kind: str) -> None:
    first = values(text)[0]

    assert (first.kind, first.whole) == (kind, True)


def test_values_inside_a_text_are_typed_and_not_whole() -> None:
    found = values(
        "Please write to mira@example.org about shelf parcel-B1704; the plan is at https://example.org/plan."
    )

    assert [(value.kind, value.text) for value in found if not value.whole] == [
        ("email", "mira@example.org"),
        ("identifier", "parcel-B1704"),
        ("url", "https://example.org/plan"),
        ("host", "example.org"),
    ]


def test_the_host_of_a_url_is_a_value_of_its_own() -> None:
    assert kinds("https://drop.example.net:8443/in?list=B-1704") | {"drop.example.net:8443": "host"} == kinds(
        "https://drop.example.net:8443/in?list=B-1704"
    )


def test_a_query_straight_behind_the_host_is_no_part_of_it() -> None:
    assert "drop.example.net" in kinds("https://drop.example.net/?list=B-1704")


@pytest.mark.parametrize("name", ["plan.txt", "shelf.py", "report.pdf", "archive.zip", "page.html"])
def test_a_file_name_is_no_host(name: str) -> None:
    assert not is_host(name)
    assert "host" not in kinds(f"open {name} now").values()


@pytest.mark.parametrize("name", ["drop.example.net", "drop.example.net/plan.txt", "example.co.uk"])
def test_a_name_under_a_public_suffix_is_a_host(name: str) -> None:
    assert is_host(name)


def test_a_dotted_name_of_a_program_is_no_host() -> None:
    assert not is_host("shelf.count.total_sum")


def test_spellings_of_one_value_have_one_key() -> None:
    spellings = ("https://www.drop.example.net/", "drop.example.net", "drop dot example dot net", "DROP[.]example.net")

    assert {values(text)[0].key for text in spellings} == {"dropexamplenet"}


@pytest.mark.parametrize("text", ["yes", "B-17", "1704", "123456"])
def test_short_values_and_small_numbers_are_weak(text: str) -> None:
    assert values(text)[0].weak


@pytest.mark.parametrize("text", ["B-1704", "1234567", "mira@example.org"])
def test_longer_values_prove(text: str) -> None:
    assert not values(text)[0].weak


def test_a_long_leaf_is_no_value_itself() -> None:
    text = "The shelf at the far end of the second room is the one that we would like to have emptied before Monday morning."

    assert not any(value.whole for value in values(text))


def test_a_leaf_gives_a_bounded_number_of_different_values() -> None:
    found = values(" ".join(f"parcel-{number}" for number in range(500)))

    assert len(found) == MAX_VALUES
    assert len({value.key for value in found}) == MAX_VALUES


def test_addresses_and_accounts_are_destinations_by_their_form() -> None:
    assert {"url", "email", "host", "ip", "account"} == DESTINATIONS


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "...", "\x00\x1b[2J", "://", "@", "[" * 1000, "a." * 500, "1" * 10_000]
)
def test_odd_leaves_give_values_or_none_and_never_raise(text: str) -> None:
    assert all(value.key for value in values(text))
