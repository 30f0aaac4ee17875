"""Lines of JSON-RPC from bytes: calls of tools and their results."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.wire.jsonrpc import MOST_LINE, Lines, Result, Spoken, ToolCall, spoken
from tests.sensor.wire.traffic import cut


def line(**message: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"


def call(identity: Any, name: str, arguments: Any = None) -> bytes:
    return line(id=identity, method="tools/call", params={"name": name, "arguments": arguments})


def answer(identity: Any, *texts: str, **more: Any) -> bytes:
    return line(id=identity, result={"content": [{"type": "text", "text": text} for text in texts], **more})


SAID = (
    line(id=0, method="initialize", params={}), call(1, "read", {"path": "/a"}), b"server says hello\n",
    line(method="notifications/progress", params={}), answer(1, "one", "two"), call("x", "pay", {"sum": 7}), b"\r\n",
    answer("x", "no", isError=True), line(id=2, error={"code": -32602, "message": "unknown tool"}),
    answer(3, structuredContent={"a": 1}), b'{"id": 9, "result": {}}\n', answer(4) [:-1],
)  # fmt: skip
WANTED = [
    ToolCall("1", "read", {"path": "/a"}), Result("1", "one\ntwo"), ToolCall("x", "pay", {"sum": 7}),
    Result("x", "no", failed=True),
    Result("2", "unknown tool", failed=True), Result("3", '{"a": 1}'),
]  # fmt: skip


def read(*pieces: bytes) -> list[Spoken]:
    lines = Lines()
    return [one for piece in pieces for one in lines.take(piece)]


def test_calls_and_results_are_read_line_by_line() -> None:
    assert read(*SAID) == WANTED


@given(st.integers(0, 2**32))
def test_however_the_bytes_are_cut_the_same_is_told(seed: int) -> None:
    pieces = cut([("sent", b"".join(SAID))], random.Random(seed))

    assert read(*(data for _, data in pieces)) == WANTED


def test_a_number_and_the_text_of_it_are_two_ids() -> None:
    assert [one.id for one in read(call(1, "a"), call("1", "b"), call(True, "c"), call(None, "d"), call(1.5, "e"))] == [
        "1",
        '"1"',
    ]


def test_several_messages_may_be_one_list() -> None:
    both = b"[" + call(1, "a").strip() + b"," + answer(2, "b").strip() + b"]\n"

    assert read(both) == [ToolCall("1", "a"), Result("2", "b")]


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ({"type": "resource", "resource": {"uri": "file:///a", "text": "inside"}}, "inside"),
        ({"type": "resource_link", "uri": "file:///a"}, "file:///a"),
        ({"type": "image", "mimeType": "image/png", "data": "AAAA"}, "(image/png)"),
        ({"type": "strange"}, "(strange)"), ({}, ""), ("text", ""),
    ],
)  # fmt: skip
def test_what_is_no_text_is_named(part: Any, text: str) -> None:
    assert list(spoken(line(id=1, result={"content": [part]}))) == [Result("1", text)]


def test_a_line_that_is_too_long_or_has_a_gap_is_passed_over() -> None:
    lines = Lines()
    found = [one for _ in range(5) for one in lines.take(b"x" * (MOST_LINE // 4))]
    assert lines.held == 0
    found += lines.take(call(1, "behind")[5:] + call(2, "next")[:10])
    lines.gap()
    found += lines.take(b'tail"}\n' + call(3, "last"))

    assert found == [ToolCall("3", "last")]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "method", "params", "result", "error", "content", "name", "message", "text"]),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_whatever_a_message_holds_nothing_is_raised(message: Any) -> None:
    for whole in (
        message,
        {"jsonrpc": "2.0", "id": 1, "result": message},
        {"jsonrpc": 1, "id": 1, "method": "tools/call", "params": message},
    ):
        for one in spoken(json.dumps(whole).encode()):
            assert isinstance(one, ToolCall | Result)


def test_messages_that_are_nested_too_deeply_are_none() -> None:
    assert read(b'{"jsonrpc": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n") == []
