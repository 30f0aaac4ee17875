"""Exchanges of HTTP that call tools."""

import gzip
import json
from typing import Any

import pytest

from sensor.wire.exchange import Exchange, Request, Response
from sensor.wire.jsonrpc import Result, ToolCall
from sensor.wire.mcp import Served, served_by

CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "pay", "arguments": {"sum": 7}}}
ANSWER = {"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": "paid"}]}}
PROGRESS = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {}}


def served(
    asked: Any, body: bytes | None, kind: str = "application/json", method: str = "POST", **headers: str
) -> list[Served]:
    request = Request(method, "/mcp", (), json.dumps(asked).encode(), begun_ns=5)
    told = (("content-type", kind), *headers.items())
    return list(served_by(Exchange(request, None if body is None else Response(200, told, body, ended_ns=9))))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps(ANSWER).encode(), "application/json"),
        (f"event: message\ndata: {json.dumps(PROGRESS)}\n\nevent: message\ndata: {json.dumps(ANSWER)}\n\n".encode(),
         "text/event-stream; charset=utf-8"),
    ],
)  # fmt: skip
def test_a_call_is_told_with_its_result(body: bytes, kind: str) -> None:
    assert served(CALL, body, kind) == [Served(ToolCall("1", "pay", {"sum": 7}), Result("1", "paid"), 9)]


@pytest.mark.parametrize("body", [None, b"", b"no", b"{}", json.dumps({**ANSWER, "id": 2}).encode()])
def test_a_call_whose_result_did_not_come_is_told_without(body: bytes | None) -> None:
    assert served(CALL, body) == [Served(ToolCall("1", "pay", {"sum": 7}), None)]


def test_what_is_no_call_of_a_tool_is_none() -> None:
    assert served({"model": "m", "messages": []}, b"{}") == []
    assert served(PROGRESS, b"") == []
    assert served(CALL, b"", method="PUT") == []


def test_bodies_that_are_compressed_are_read_and_broken_ones_are_not() -> None:
    whole = gzip.compress(json.dumps(ANSWER).encode())

    assert [one.result for one in served(CALL, whole, **{"content-encoding": "gzip"})] == [Result("1", "paid")]
    assert [one.result for one in served(CALL, whole[:-5], **{"content-encoding": "gzip"})] == [None]
    assert [one.result for one in served(CALL, b"no", "text/event-stream", **{"content-encoding": "gzip"})] == [None]
