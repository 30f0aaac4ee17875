"""Bodies of requests → spans: both encodings, the standard's own traps, and whatever a hostile client sends."""

import base64
import json
import random
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from sensor.errors import Undecodable
from sensor.sources.otlp.decode import decode
from sensor.sources.otlp.decoded import DEPTH, DROPPED, MAX_ATTRIBUTES
from sensor.sources.otlp.derive import derive
from sensor.sources.otlp.span import Span
from tests.sensor.otlp.told import DIALECTS, chat, spans, tool_spans

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def wrapped(*items: dict[str, Any]) -> bytes:
    """Return OTLP/JSON with these spans."""
    return json.dumps({
        "resourceSpans": [{
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
            "scopeSpans": [{"scope": {"name": "tests"}, "spans": list(items)}],
        }]
    }).encode()  # fmt: skip


def span(**fields: Any) -> dict[str, Any]:
    return {"traceId": TRACE, "spanId": SPAN, "name": "chat", **fields}


def only(body: bytes) -> Span:
    (found,) = decode(body, signal="traces", json=True).spans
    return found


def wire(some: list[Span]) -> ExportTraceServiceRequest:
    """Return spans as the real protobuf message."""
    request = ExportTraceServiceRequest()
    scoped = request.resource_spans.add().scope_spans.add()
    scoped.scope.name = "tests"
    for one in some:
        made = scoped.spans.add(
            trace_id=bytes.fromhex(one.trace_id), span_id=bytes.fromhex(one.span_id), name=one.name,
            start_time_unix_nano=one.start_ns, end_time_unix_nano=one.end_ns,
        )  # fmt: skip
        for name, value in one.attributes.items():
            attribute = made.attributes.add(key=name)
            if isinstance(value, int):
                attribute.value.int_value = value
            else:
                attribute.value.string_value = str(value)
    return request


def test_protobuf_and_json_of_the_same_spans_are_the_same() -> None:
    request = wire(spans(chat(), DIALECTS["openinference"]))
    as_json = MessageToDict(request)
    for one in as_json["resourceSpans"][0]["scopeSpans"][0][
        "spans"
    ]:  # OTLP wants hexadecimal where protobuf has base64
        one["traceId"] = base64.b64decode(one["traceId"]).hex()
        one["spanId"] = base64.b64decode(one["spanId"]).hex()

    binary = decode(request.SerializeToString(), signal="traces", json=False)

    assert binary.spans == decode(json.dumps(as_json).encode(), signal="traces", json=True).spans
    assert len(binary.spans) == 3


@pytest.mark.parametrize("time", ["1790000000000000001", 1790000000000000001])
def test_64_bit_integers_are_texts_or_numbers(time: str | int) -> None:
    attributes = [{"key": "n", "value": {"intValue": str(time)}}]

    found = only(wrapped(span(startTimeUnixNano=time, attributes=attributes)))

    assert found.start_ns == 1790000000000000001
    assert found.attributes == {"n": 1790000000000000001}
    assert found.resource == {"service.name": "shop"}


def test_ids_may_be_hexadecimal_in_any_case_or_base64_and_fields_may_have_their_protobuf_names() -> None:
    encoded = {"trace_id": base64.b64encode(bytes.fromhex(TRACE)).decode(), "span_id": SPAN.upper(), "name": "x",
               "parent_span_id": SPAN, "start_time_unix_nano": "7"}  # fmt: skip

    found = only(wrapped(encoded))

    assert (found.trace_id, found.span_id, found.parent_id, found.start_ns) == (TRACE, SPAN, SPAN, 7)


def test_values_of_every_kind_are_read() -> None:
    values = {
        "text": ({"stringValue": "a"}, "a"), "flag": ({"boolValue": True}, True), "number": ({"doubleValue": 1.5}, 1.5),
        "list": ({"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": "2"}]}}, ["a", 2]),
        "object": ({"kvlistValue": {"values": [{"key": "k", "value": {"stringValue": "v"}}]}}, {"k": "v"}),
        "nothing": ({}, None), "nan": ({"doubleValue": "NaN"}, "NaN"),
    }  # fmt: skip
    attributes = [{"key": name, "value": value} for name, (value, _) in values.items()]

    assert only(wrapped(span(attributes=attributes))).attributes == {name: want for name, (_, want) in values.items()}


@pytest.mark.parametrize("status", [{"code": 2}, {"code": "STATUS_CODE_ERROR"}, {"code": 2, "message": "no"}])
def test_a_failed_span_is_told_by_number_or_name(status: dict[str, Any]) -> None:
    assert only(wrapped(span(status=status))).failed
    assert not only(wrapped(span(status={"code": 1}))).failed


@pytest.mark.parametrize(
    "bad", [{"name": "x"}, {"traceId": "0" * 32, "spanId": SPAN}, {"traceId": TRACE, "spanId": "zz"}, "text", 7, None]
)
def test_a_span_without_ids_is_refused_with_its_reason_and_its_neighbours_are_kept(bad: object) -> None:
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span(), bad, span(spanId="a" * 16)]}]}]}).encode()

    found = decode(body, signal="traces", json=True)

    assert [one.span_id for one in found.spans] == [SPAN, "a" * 16]
    assert len(found.refused) == 1


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"{", b"\xff\xfe", b'{"resourceLogs": []}', b"[" * 100_000, b'{"a":' * 10_000, b"NaN"]
)
def test_what_is_no_otlp_as_a_whole_is_one_clear_error(body: bytes) -> None:
    with pytest.raises(Undecodable, match="no OTLP traces"):
        decode(body, signal="traces", json=True)


def test_deep_values_long_lists_of_attributes_and_negative_times_are_bounded() -> None:
    deep: dict[str, Any] = {"stringValue": "bottom"}
    for _ in range(15):
        deep = {"arrayValue": {"values": [deep]}}
    many = [{"key": f"k{number}", "value": {"stringValue": "v"}} for number in range(MAX_ATTRIBUTES + 5)]

    found = only(wrapped(span(attributes=[{"key": "deep", "value": deep}, *many], startTimeUnixNano="-5")))

    assert len(found.attributes) == MAX_ATTRIBUTES + 1
    assert found.attributes[DROPPED] == 6
    assert found.start_ns == 0
    assert DEPTH < 64


def test_log_records_are_kept_with_the_span_they_belong_to_and_others_are_refused() -> None:
    request = ExportLogsServiceRequest()
    scoped = request.resource_logs.add().scope_logs.add()
    record = scoped.log_records.add(
        trace_id=bytes.fromhex(TRACE), span_id=bytes.fromhex(SPAN), time_unix_nano=5, event_name="gen_ai.user.message"
    )
    record.body.kvlist_value.values.add(key="content").value.string_value = "Hi."
    scoped.log_records.add(time_unix_nano=6).body.string_value = "of no span"

    found = decode(request.SerializeToString(), signal="logs", json=False)

    (kept,) = found.spans
    assert kept.is_log
    assert (kept.events[0].name, kept.events[0].body, kept.events[0].at_ns) == (
        "gen_ai.user.message",
        {"content": "Hi."},
        5,
    )
    assert len(found.refused) == 1


def test_flipped_and_cut_bytes_never_crash_and_never_hang() -> None:
    chance = random.Random(5)
    bodies = [
        (
            wire([*spans(chat(), tell), *tool_spans(chat())]).SerializeToString() if number % 2 else _json(tell),
            number % 2 == 0,
        )
        for number, tell in enumerate(DIALECTS.values())
    ]
    read = refused = 0
    for _ in range(1_500):
        body, is_json = chance.choice(bodies)
        try:
            found = decode(_mutated(body, chance), signal="traces", json=is_json)
        except Undecodable:
            refused += 1
            continue
        derive(found.spans)
        read += 1

    assert read > 50
    assert refused > 100


def _json(tell: Any) -> bytes:
    return json.dumps({
        "resourceSpans": [{"scopeSpans": [{"spans": [
            {"traceId": one.trace_id, "spanId": one.span_id, "startTimeUnixNano": str(one.start_ns), "attributes": [
                {"key": name, "value": {"stringValue": str(value)}} for name, value in one.attributes.items()
            ]} for one in spans(chat(), tell)
        ]}]}]
    }).encode()  # fmt: skip


def _mutated(body: bytes, chance: random.Random) -> bytes:
    found = bytearray(body)
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(found))
        match chance.randrange(3):
            case 0:
                found[at] = chance.randrange(256)
            case 1:
                del found[at : at + chance.randint(1, 40)]
            case _:
                found[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 5)))
        if not found:
            break
    return bytes(found or b"x")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["gen_ai.operation.name", "gen_ai.input.messages", "gen_ai.output.messages", "ai.operationId",
                             "openinference.span.kind", "llm.input_messages.0.message.role", "traceloop.span.kind",
                             "gen_ai.prompt.0.content", "gen_ai.tool.name", "mcp.method.name", "langfuse.observation.input",
                             "ai.response.toolCalls", "gen_ai.tool.definitions", "session.id"]),
            json_values | st.sampled_from(["chat", "execute_tool", "LLM", "tool", "tools/call", "retrieval", "invoke_agent"]),
        ),
        max_size=8,
    )
)  # fmt: skip
def test_attributes_of_any_value_are_read_or_left(pairs: list[tuple[str, Any]]) -> None:
    told = [
        Span(TRACE, f"{number:016x}", attributes={name: value}, start_ns=number)
        for number, (name, value) in enumerate(pairs, 1)
    ]

    for event in derive([*told, Span(TRACE, SPAN, attributes=dict(pairs))]):
        assert event.content
