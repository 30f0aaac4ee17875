"""Telemetry of real instrumentations: each model call, tool call and result in a file is one event, counted in the file itself."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sensor.event import Event
from sensor.sources import read_any, sniff

KINDS = ("model_responded", "tool_called", "tool_returned")


def told(path: Path) -> list[Event]:
    assert sniff(path) == "otlp"
    return list(read_any(path))


def counts(found: list[Event]) -> tuple[int, ...]:
    kinds = Counter(event.kind for event in found)
    return tuple(kinds[kind] for kind in KINDS)


def wire_spans(path: Path) -> list[dict[str, Any]]:
    """Return the spans of the protobuf printer's JSON, which stands beside the binary file."""
    document = json.loads(path.with_suffix(".decoded.json").read_text())
    return [span for one in document["resourceSpans"] for scoped in one["scopeSpans"] for span in scoped["spans"]]


def attributes(span: dict[str, Any]) -> dict[str, str]:
    return {pair["key"]: next(iter(pair["value"].values()), None) for pair in span["attributes"]}


def test_model_calls_without_content_are_one_event_each(shared_data: Path) -> None:
    path = shared_data / "wire/otlp/openai-v2-00.v1_traces.pb"
    found = told(path)

    assert counts(found) == (len(wire_spans(path)), 0, 0)
    assert Counter(event.kind for event in found)["capture_status"] == len(wire_spans(path))


def test_messages_in_attributes_are_one_event_each(shared_data: Path) -> None:
    path = shared_data / "wire/otlp/openllmetry-anthropic-00.v1_traces.pb"
    replies = called = returned = 0
    for span in wire_spans(path):
        for name in ("gen_ai.input.messages", "gen_ai.output.messages"):
            for message in json.loads(attributes(span)[name]):
                replies += message["role"] == "assistant"
                called += sum(part["type"] == "tool_call" for part in message["parts"])
                returned += sum(part["type"] == "tool_call_response" for part in message["parts"])

    assert counts(told(path)) == (replies, called, returned)
    assert (replies, called, returned) == (9, 6, 1)


@pytest.mark.parametrize(
    ("name", "tools", "shown"),
    [
        ("claude-agent-2025-12-22", 2, 4), ("crewai-2025-07-11", 0, 1), ("langgraph-python-2025-08-22", 1, 2),
        ("openai-agents-2025-09-30", 1, 2), ("pydantic-ai-tools-2025-12-04", 3, 4), ("vercel-aisdk-2025-11-17", 1, 1),
    ],
)  # fmt: skip
def test_traces_that_langfuse_stored(shared_data: Path, name: str, tools: int, shown: int) -> None:
    path = shared_data / f"wire/otel-traces/langfuse/{name}.trace.json.gz"
    observations = json.loads(gzip.decompress(path.read_bytes()))["observations"]
    # LangGraph's tool is a plain span there; AI SDK's outer generation holds the inner one.
    executed = sum(one["type"] == "TOOL" or one["name"] == "Web-Search" for one in observations)
    generated = sum(one["type"] == "GENERATION" and one["name"] != "ai.generateText" for one in observations)
    assert (executed, generated) == (tools, shown)

    replies, called, returned = counts(told(path))

    assert (replies, returned) == (generated, executed)
    # Pydantic AI ends a run by a call of `final_result`, which no tool executes.
    assert called == executed + (name.startswith("pydantic"))


def test_spans_of_the_javascript_sdk_and_bare_attributes(shared_data: Path) -> None:
    folder = shared_data / "wire/otel-traces"
    seen = {
        path.name: counts(told(path))
        for path in sorted(folder.glob("vercel-ai-v6/*")) + sorted(folder.glob("openinference-genai/*"))
    }

    assert seen == {
        "ai-generateText-doGenerate.json": (3, 0, 0), "ai-generateText.json": (3, 0, 0),
        "ai-streamText-doStream.json": (1, 0, 0), "ai-streamText.json": (1, 0, 0),
        "openinference_client_span_tool_calls.json": (2, 1, 1), "otel_genai_client_span_tool_calls.json": (2, 1, 1),
        "otel_genai_tool_execution_span.json": (0, 1, 1),
    }  # fmt: skip
