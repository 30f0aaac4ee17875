"""What stays and what becomes a token when only the flow of values is left."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.quality.records import passages
from benchmarks.quality.tokens import Tokens
from benchmarks.quality.values_only import values_only

RESULT = "- name: Bob Miller\n  account: XY12 3456\n  note: 'please call Bob\n\n    at nine'\n  active: true\n"


def record(result: Any, **arguments: Any) -> dict[str, Any]:
    return {
        "injections": {"page": "please call Bob"},
        "messages": [
            {"role": "system", "content": "You help."},
            {"role": "user", "content": "Look up Miller in list.txt"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"function": "read", "args": {"path": "list.txt"}}],
            },
            {"role": "tool", "content": result, "tool_call": {"function": "read", "args": {"path": "list.txt"}}},
            {"role": "assistant", "content": "I call Bob.", "tool_calls": [{"function": "call", "args": arguments}]},
            {"role": "tool", "content": "called Bob"},
        ],
    }


def test_the_same_word_is_the_same_token_in_arguments_later_results_and_injections() -> None:
    masked = values_only(record(RESULT, who="Bob", why="urgent"), 1)
    row = yaml.safe_load(passages(masked, "tool")[0].text)[0]
    token = row["name"].split()[0]

    assert token != "Bob"
    assert token[0].isupper()
    assert masked["messages"][4]["tool_calls"][0]["args"] == {"who": token, "why": "urgent"}
    assert masked["messages"][4]["content"].endswith(f" {token}.")
    assert passages(masked, "tool")[1].text.endswith(f" {token}")
    assert masked["injections"]["page"].endswith(token)


def test_keys_layout_literals_and_words_of_the_user_stay() -> None:
    text = passages(values_only(record(RESULT), 1), "tool")[0].text
    row = yaml.safe_load(text)[0]

    assert list(row) == ["name", "account", "note", "active"]
    assert row["active"] is True
    assert row["name"].split()[1] == "Miller"
    assert [len(line) - len(line.lstrip()) for line in text.splitlines()] == [0, 2, 2, 0, 4, 2]
    assert masked_messages(values_only(record(RESULT), 1), "user") == ["Look up Miller in list.txt"]


def masked_messages(run: dict[str, Any], role: str) -> list[str]:
    return [passage.text for passage in passages(run, role)]


def test_digits_stay_digits_and_letters_letters() -> None:
    account = yaml.safe_load(passages(values_only(record(RESULT), 1), "tool")[0].text)[0]["account"]

    assert account != "XY12 3456"
    assert [char.isdigit() for char in account] == [char.isdigit() for char in "XY12 3456"]


def test_prose_has_no_keys() -> None:
    masked = passages(values_only(record("<p>Note: nothing here</p>, [broken"), 1), "tool")[0].text

    assert "Note" not in masked
    assert masked.startswith("<")
    assert masked.endswith("[" + masked.rpartition("[")[2])


def test_a_number_in_an_argument_stays_a_number() -> None:
    masked = values_only(record("total: 730", amount=730, price=12.5), 1)
    arguments = masked["messages"][4]["tool_calls"][0]["args"]

    assert arguments["amount"] == yaml.safe_load(passages(masked, "tool")[0].text)["total"]
    assert arguments["price"] == 12.5


def test_escapes_are_no_words() -> None:
    masked = passages(values_only(record(json.dumps({"a": "x\nbell"})), 1), "tool")[0].text

    assert "\\n" in masked
    assert "bell" not in masked


def test_no_two_words_share_a_token() -> None:
    tokens = Tokens(1, taken={"a"})
    numbers = [tokens.token(str(number)) for number in range(10)] + [tokens.token(letter) for letter in "bcdefgh"]

    assert len(set(numbers)) == len(numbers)
    assert "a" not in numbers


def test_the_seed_decides_and_the_record_is_not_changed() -> None:
    source = record(RESULT)
    before = json.dumps(source)

    assert values_only(source, 1) == values_only(source, 1)
    assert values_only(source, 1) != values_only(source, 2)
    assert json.dumps(source) == before


@pytest.mark.data
def test_recorded_results_that_parse_still_parse_with_the_same_keys(shared_data: Path) -> None:
    seen = 0
    for file in sorted(shared_data.glob("agentdojo/*banking.jsonl.gz")):
        run = json.loads(gzip.decompress(file.read_bytes()).splitlines()[0])["record"]
        for plain, masked in zip(passages(run, "tool"), passages(values_only(run, 1), "tool"), strict=True):
            assert len(plain.text.split("\n")) == len(masked.text.split("\n"))
            seen += 1
    assert seen
