"""What goes to and from language models: the interfaces, whole and streamed, made in view; and recorded traffic."""

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sensor.event import Event, ModelResponded, PromptSubmitted, ToolCalled, ToolReturned, ToolsDeclared
from sensor.sources.otlp.derive import derive
from sensor.sources.otlp.span import Span
from sensor.wire.exchange import Exchange
from sensor.wire.model import span_of
from tests.sensor.wire.traffic import Piece, cut, events, read, request, response

STREAM = "Content-Type: text/event-stream; charset=utf-8\r\n"
TOOL = {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}


def spans(*pieces: Piece) -> list[Span]:
    found = [one for one in read(pieces) if isinstance(one, Exchange)]
    return [span for number, one in enumerate(found) if (span := span_of(one, "c", number, "kernel:tls"))]


def told(*pieces: Piece) -> list[Event]:
    return derive(spans(*pieces))


def chat_stream() -> bytes:
    def delta(**more: Any) -> dict[str, Any]:
        return {"id": "chatcmpl-1", "model": "m-1", "choices": [{"index": 0, "delta": more, "finish_reason": None}]}

    def call(index: int, **more: Any) -> dict[str, Any]:
        return delta(tool_calls=[{"index": index, **more}])

    return events(
        delta(role="assistant", content="I "), delta(content="look."),
        call(0, id="call_aaaaaaaa1", function={"name": "look", "arguments": ""}), call(0, function={"arguments": '{"n"'}),
        call(1, id="call_aaaaaaaa2", function={"name": "look", "arguments": '{"n": 2}'}), call(0, function={"arguments": ": 1}"}),
        {"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        {"id": "chatcmpl-1", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 6}}, b"[DONE]",
    )  # fmt: skip


def anthropic_stream() -> bytes:
    def block(index: int, given: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
        begun = {"type": "content_block_start", "index": index, "content_block": given}
        return [begun, *({"type": "content_block_delta", "index": index, "delta": one} for one in deltas)]

    def use(number: int) -> dict[str, Any]:
        return {"type": "tool_use", "id": f"toolu_aaaaaaaa{number}", "name": "look", "input": {}}

    def pieces(*texts: str) -> list[dict[str, Any]]:
        return [{"type": "input_json_delta", "partial_json": text} for text in texts]

    start = {"id": "msg_1", "model": "m-1", "role": "assistant", "content": [], "usage": {"input_tokens": 5}}
    return events(
        {"type": "message_start", "message": start}, {"type": "ping"},
        *block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "I "}, {"type": "text_delta", "text": "look."}),
        *block(1, use(1), *pieces('{"n"', ": 1}")), *block(2, use(2), *pieces('{"n": 2}')),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 6}}, {"type": "message_stop"},
    )  # fmt: skip


def responses_stream() -> bytes:
    def call(number: int) -> dict[str, Any]:
        return {
            "type": "function_call",
            "call_id": f"call_aaaaaaaa{number}",
            "name": "look",
            "arguments": f'{{"n": {number}}}',
        }

    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I look."}]}
    whole = {
        "id": "resp_1",
        "model": "m-1",
        "status": "completed",
        "output": [said, call(1), call(2)],
        "usage": {"input_tokens": 5, "output_tokens": 6},
    }
    return events(
        {"type": "response.created", "response": {"id": "resp_1", "output": []}},
        *({"type": "response.output_item.done", "item": one} for one in whole["output"]),  # type: ignore[attr-defined]
        {"type": "response.completed", "response": whole},
    )  # fmt: skip


def gemini_stream() -> bytes:
    def piece(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "responseId": "r1",
            "modelVersion": "m-1",
            "candidates": [{"content": {"role": "model", "parts": list(parts)}, **more}],
        }

    def call(number: int) -> dict[str, Any]:
        return {"functionCall": {"name": "look", "args": {"n": number}}}

    return events(
        piece({"text": "I "}), piece({"text": "look."}), piece(call(1), call(2)),
        {**piece(finishReason="STOP"), "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 6}},
    )  # fmt: skip


USER = "Which letter is newer?"
ASKED: dict[str, tuple[str, dict[str, Any], bytes]] = {
    "chat": (
        "/v1/chat/completions",
        {
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": USER}],
            "tools": [{"type": "function", "function": TOOL}],
        },
        chat_stream(),
    ),
    "anthropic": (
        "/v1/messages?beta=true",
        {"system": "Be brief.", "messages": [{"role": "user", "content": USER}], "tools": [{"name": "look", "input_schema": {}}]},
        anthropic_stream(),
    ),
    "responses": (
        "/v1/responses",
        {"instructions": "Be brief.", "input": USER, "tools": [{"type": "function", **TOOL}]},
        responses_stream(),
    ),
    "gemini": (
        "/v1beta/models/m-1:streamGenerateContent?alt=sse",
        {
            "systemInstruction": {"parts": [{"text": "Be brief."}]}, "contents": [{"role": "user", "parts": [{"text": USER}]}],
            "tools": [{"functionDeclarations": [TOOL]}],
        },
        gemini_stream(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("api", ASKED)
def test_a_streamed_reply_is_told_as_one(api: str) -> None:
    target, body, streamed = ASKED[api]
    found = told(
        ("sent", request(target, body | {"model": "m-1", "stream": True})),
        ("got", response(streamed, headers=STREAM, chunks=9)),
    )

    assert [(one.role, one.text) for one in found if isinstance(one, PromptSubmitted)] == [
        ("system", "Be brief."),
        ("user", USER),
    ]
    (reply,) = (one for one in found if isinstance(one, ModelResponded))
    assert (reply.text, reply.model) == ("I look.", "m-1")
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (5, 6)
    assert [(one.name, one.arguments) for one in found if isinstance(one, ToolCalled)] == [
        ("look", {"n": 1}),
        ("look", {"n": 2}),
    ]
    assert [one.tools[0].name for one in found if isinstance(one, ToolsDeclared)] == ["look"]


@pytest.mark.parametrize("api", ASKED)
@pytest.mark.parametrize("seed", range(3))
def test_however_it_was_cut_the_span_is_the_same(seed: int, api: str) -> None:
    target, body, streamed = ASKED[api]
    pieces: list[Piece] = [
        ("sent", request(target, body)),
        ("got", response(streamed, headers=STREAM, chunks=3, zipped=True)),
    ]

    assert spans(*cut(pieces, random.Random(seed))) == spans(*pieces)


def test_what_goes_to_no_model_is_no_span() -> None:
    assert spans(("sent", request("/v1/embeddings", {"input": "x"})), ("got", response({}))) == []
    assert spans(("sent", request("/v1/messages", method="GET")), ("got", response({}))) == []


@pytest.mark.parametrize("broken", [b"{", b"17", b"\xff\xfe"])
def test_what_cannot_be_read_is_left_out_and_said(broken: bytes) -> None:
    target, body, _ = ASKED["chat"]
    (request_only,) = spans(("sent", request(target, body)), ("got", response(broken)))
    (response_only,) = spans(
        ("sent", request(target, broken)),
        ("got", response({"choices": [{"message": {"role": "assistant", "content": "Hi."}}]})),
    )

    assert str(request_only.attributes["clew.unread"]).startswith("response: ")
    assert "gen_ai.input.messages" in request_only.attributes
    assert str(response_only.attributes["clew.unread"]).startswith("request: ")
    assert "gen_ai.output.messages" in response_only.attributes


def test_a_refused_request_is_a_failed_span_without_a_reply() -> None:
    target, body, _ = ASKED["chat"]
    (span,) = spans(("sent", request(target, body)), ("got", response({"error": {}}, status=429)))

    assert span.failed
    assert "gen_ai.output.messages" not in span.attributes


# Recorded traffic; expectations are counted in the files, by rules of their own.

Counted = Counter[str]


def count_messages(messages: Any) -> Counted:
    """Count replies, calls and results in what a model was sent, or in its output."""
    found: Counted = Counter()
    produced = False
    for item in messages if isinstance(messages, list) else []:
        kind, role = item.get("type"), item.get("role")
        if kind in {"function_call", "reasoning"} or (kind == "message" and role == "assistant"):
            found["replies"] += not produced  # items in a row are one reply (Responses API)
            produced = True
            found["calls"] += kind == "function_call"
            continue
        produced = False
        found["results"] += kind == "function_call_output" or role in {"tool", "function"}
        found["replies"] += role in {"assistant", "model"}
        found["calls"] += len(item.get("tool_calls") or [])
        content = item.get("content") if isinstance(item.get("content"), list) else item.get("parts") or []
        for part in content:
            found["calls"] += part.get("type") == "tool_use" or "functionCall" in part
            found["results"] += part.get("type") == "tool_result" or "functionResponse" in part
    return found


def count_reply(body: str) -> Counted:
    """Count one reply and its calls in a response, whole or streamed."""
    if not body.lstrip().startswith("{"):
        pieces = [
            json.loads(line[5:]) for line in body.splitlines() if line.startswith("data:") and "[DONE]" not in line
        ]
        calls = sum(
            piece.get("type") == "content_block_start" and piece["content_block"]["type"] == "tool_use"
            for piece in pieces
        )
        calls += sum(
            piece.get("type") == "response.output_item.done" and piece["item"]["type"] == "function_call"
            for piece in pieces
        )
        for piece in pieces:
            for choice in piece.get("choices", []):
                calls += sum("id" in call for call in choice["delta"].get("tool_calls") or [] if choice["index"] == 0)
            for candidate in piece.get("response", piece).get("candidates") or []:
                calls += sum("functionCall" in part for part in candidate.get("content", {}).get("parts", []))
        return Counter(replies=1, calls=calls)
    whole = json.loads(body)
    if "choices" in whole:
        return count_messages([whole["choices"][0]["message"]])
    if "candidates" in whole:
        return count_messages([{**whole["candidates"][0]["content"], "role": "model"}])
    if "output" in whole:
        return Counter(replies=1, calls=sum(item["type"] == "function_call" for item in whole["output"]))
    return count_messages([{"role": "assistant", "content": whole["content"]}])


def counted(found: list[Event]) -> Counted:
    kinds = {ModelResponded: "replies", ToolCalled: "calls", ToolReturned: "results"}
    return Counter(kinds[type(one)] for one in found if type(one) in kinds)


def cassettes(data: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((data / "wire" / "cassettes").glob("*/*.yaml")):
        for interaction in yaml.safe_load(path.read_text("utf-8"))["interactions"]:
            yield path.name, interaction


def test_recorded_traffic_is_told_call_by_call(shared_data: Path) -> None:
    source = random.Random(5)
    models = 0
    for name, interaction in cassettes(shared_data):
        asked, came = interaction["request"], interaction["response"]
        raw = came["body"]["string"]
        raw = raw if isinstance(raw, bytes) else raw.encode()
        zipped = raw[:2] == b"\x1f\x8b"
        text = (gzip.decompress(raw) if zipped else raw).decode()
        kept = {"content-type", "content-encoding"} if zipped else {"content-type"}
        headers = "".join(f"{key}: {value[0]}\r\n" for key, value in came["headers"].items() if key.lower() in kept)
        target = "/" + asked["uri"].split("/", 3)[3]
        pieces: list[Piece] = [
            ("sent", request(target, asked["body"].encode())),
            ("got", response(raw, status=came["status"]["code"], headers=headers, chunks=source.randrange(1, 40))),
        ]
        found = spans(*cut(pieces, source))
        if "/embeddings" in target:
            assert found == []
            continue
        models += 1
        body = json.loads(asked["body"])
        wanted = count_messages(body.get("messages") or body.get("input") or body.get("contents"))
        if came["status"]["code"] == 200:
            wanted += count_reply(text)
        assert counted(derive(found)) == wanted, name
    assert models == 22


def test_a_recorded_session_of_a_tool_that_was_not_instrumented(shared_data: Path) -> None:
    path = shared_data / "wire" / "tls-captures" / "agentsight-gemini-cli.ssl_data_only.json.gz"
    timeline = json.loads(gzip.decompress(path.read_bytes()))["data_timeline"]
    source = random.Random(6)
    asked: dict[str, Any] | None = None
    streams = 0
    for one in timeline:
        if one["type"] == "request" and "streamGenerateContent" in one["path"]:
            asked = one
        if one["type"] == "response" and asked is not None:
            streams += 1
            raw = "".join(chunk["raw_data"] for chunk in one["sse_raw_chunks"]).encode()
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            pieces: list[Piece] = [("sent", request(asked["path"], asked["body"].encode())), ("got", head + raw)]
            history = count_messages(json.loads(asked["body"])["request"]["contents"])
            # Each capture holds the end of one reply.
            assert counted(told(*cut(pieces, source))) == history + Counter(
                replies=1, calls=raw.count(b'"functionCall"')
            )
    assert streams == 5
