"""Real recordings → events, against counts taken from the raw files by other code than ours."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from sensor.event import Event, SessionEnded, ToolCalled, ToolReturned, ToolsDeclared
from sensor.sources import read_any, sniff

pytestmark = pytest.mark.data


def records(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def seen(events: list[Event]) -> Counter[str]:
    return Counter(event.kind for event in events)


def raw(messages: list[dict[str, Any]]) -> Counter[str]:
    """Count prompts, replies, calls, results and answers of chat messages."""
    counts: Counter[str] = Counter()
    for message in messages:
        match message["role"]:
            case "assistant":
                content = message["content"]
                calls = message.get("tool_calls") or []
                parts = [part.get("content") for part in content] if isinstance(content, list) else [content]
                counts["model_responded"] += 1
                counts["tool_called"] += len(calls)
                counts["answered"] += not calls and any(part and part.strip() for part in parts)
            case "tool":
                counts["tool_returned"] += 1
            case _:
                counts["prompt_submitted"] += 1
    counts["session_ended"] += 1
    return +counts


def assert_sound(events: list[Event]) -> None:
    """Check what holds for each file: facts occur once, results are joined to one earlier call, sessions end."""
    assert len({event.entity for event in events}) == len(events)
    calls: dict[tuple[str, str | None], ToolCalled] = {}
    answered: set[tuple[str, str | None]] = set()
    for event in events:
        if isinstance(event, ToolCalled):
            assert (event.session, event.call_id) not in calls
            calls[event.session, event.call_id] = event
        elif isinstance(event, ToolReturned):
            call = calls[event.session, event.call_id]
            assert call.order < event.order
            assert call.name == event.name
            assert (event.session, event.call_id) not in answered
            answered.add((event.session, event.call_id))
    ended = [event.session for event in events if isinstance(event, SessionEnded)]
    assert sorted(ended) == sorted({event.session for event in events})


@pytest.mark.parametrize("folder", ["agentdojo", "agentdyn"])
def test_every_run_of_the_packed_recordings_has_all_its_messages_calls_and_results(
    shared_data: Path, folder: str
) -> None:
    runs = 0
    for path in sorted((shared_data / folder).glob("*.jsonl.gz")):
        expected: Counter[str] = Counter()
        count = 0
        for record in records(path):
            expected += raw(record["record"]["messages"])
            count += 1
        events = list(read_any(path))
        assert seen(events) == expected, path.name
        assert len({event.session for event in events}) == count
        assert_sound(events)
        runs += count
    assert runs == {"agentdojo": 2298, "agentdyn": 836}[folder]


def test_every_tau_bench_run_has_all_its_messages_calls_and_results(shared_data: Path) -> None:
    [path] = (shared_data / "benign-agents" / "tau-bench").glob("*.gz")
    expected: Counter[str] = Counter()
    for record in records(path):
        expected += raw(record["record"]["traj"])
    events = list(read_any(path))
    assert seen(events) == expected
    assert expected["session_ended"] == 100
    assert_sound(events)


def test_every_swe_agent_action_is_a_call_and_every_observation_its_result(shared_data: Path) -> None:
    paths = sorted((shared_data / "benign-agents" / "swe-agent").rglob("*.traj.gz"))
    assert len(paths) == 10
    for path in paths:
        history = json.loads(gzip.decompress(path.read_bytes()))["history"]
        events = list(read_any(path))
        actions = [message["action"].strip() for message in history if message.get("action")]
        assert len([event for event in events if isinstance(event, ToolCalled)]) == len(actions)
        first = next(index for index, message in enumerate(history) if message["role"] == "assistant")
        later = [message for message in history[first:] if message["role"] in ("user", "tool")]
        assert len([event for event in events if isinstance(event, ToolReturned)]) == len(later)
        shell = [event.arguments for event in events if isinstance(event, ToolCalled) and event.name == "shell"]
        assert all(isinstance(arguments, dict) and arguments["command"] in actions for arguments in shell)
        assert_sound(events)


def test_every_claude_code_call_and_result_is_there_sub_agents_included(shared_data: Path) -> None:
    paths = sorted((shared_data / "benign-agents" / "claude-code").glob("*.gz"))
    assert len(paths) == 3
    handed_over = 0
    for path in paths:
        expected: Counter[str] = Counter()
        agents = {""}
        for line in records(path):
            inner = line.get("data", {}).get("message", line) if line["type"] == "progress" else line
            if isinstance(inner, dict) and isinstance(inner.get("message"), dict):
                agents.add(line.get("parentToolUseID", "") if line["type"] == "progress" else "")
                content = inner["message"]["content"]
                blocks = content if isinstance(content, list) else []
                expected["tool_called"] += sum(block["type"] == "tool_use" for block in blocks)
                expected["tool_returned"] += sum(block["type"] == "tool_result" for block in blocks)
        events = list(read_any(path))
        found = seen(events)
        assert (found["tool_called"], found["tool_returned"]) == (expected["tool_called"], expected["tool_returned"])
        assert found["unparsed"] == 0
        assert found["session_ended"] == len(agents)
        assert all(event.at_ns is not None for event in events)
        assert_sound([event for event in events if event.kind != "agent_handed_over"])
        handed_over += found["agent_handed_over"]
    assert handed_over == 1


def exchanges(shared_data: Path, pattern: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield file name and `{request, response}` of the recorded API traffic that is JSON both ways."""
    for path in sorted((shared_data / "wire" / "cassettes").glob(pattern)):
        for interaction in yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]:
            body = interaction["response"]["body"]["string"]
            data = body if isinstance(body, bytes) else body.encode()
            text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
            exchange = {"request": json.loads(interaction["request"]["body"])}
            with suppress(ValueError):  # a stream is the wire parser's business
                exchange["response"] = json.loads(text)
            yield path.name, exchange


def as_file(path: Path, exchange_list: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(item) for item in exchange_list), encoding="utf-8")
    return path


def test_recorded_chat_requests_are_one_session_whose_history_counts_once(shared_data: Path, tmp_path: Path) -> None:
    name = "otel-contrib-openai-v2/test_chat_completion_tool_calls_with_content.yaml"
    both = [exchange for _, exchange in exchanges(shared_data, name)]
    events = list(read_any(as_file(tmp_path / "f", both)))
    assert len(both) == 2
    assert len({event.session for event in events}) == 1
    assert seen(events) == {
        "tools_declared": 1, "prompt_submitted": 2, "model_responded": 2, "tool_called": 2, "tool_returned": 2,
        "answered": 1, "session_ended": 1,
    }  # fmt: skip
    assert_sound(events)


@pytest.mark.parametrize(
    ("pattern", "source"),
    [
        ("openllmetry-anthropic/*.yaml", "transcript:anthropic"),
        ("otel-contrib-openai-v2/test_chat*.yaml", "transcript:chat"),
        ("otel-contrib-openai-v2/test_responses*.yaml", "transcript:responses"),
    ],
)
def test_every_recorded_request_is_read_in_full(shared_data: Path, tmp_path: Path, pattern: str, source: str) -> None:
    found = list(exchanges(shared_data, pattern))
    assert found
    for name, exchange in found:
        path = as_file(tmp_path / "f", [exchange])
        assert sniff(path) == "transcript"
        events = list(read_any(path))
        request = exchange["request"]
        texts = json.dumps([event.content for event in events], ensure_ascii=False)
        asked = request.get("input") or request["messages"][-1]["content"]
        if isinstance(asked, str):
            assert asked in [getattr(event, "text", None) for event in events], name
        assert seen(events)["unparsed"] == 0
        assert texts
        tools = [tool for event in events if isinstance(event, ToolsDeclared) for tool in event.tools]
        assert len(tools) == len(request.get("tools", [])), name
        response = exchange.get("response", {})
        blocks = [*response.get("content", []), *response.get("output", [])]
        calls = sum(block.get("type") in ("tool_use", "function_call") for block in blocks)
        assert seen(events)["tool_called"] >= calls, name
        plain_chat = source == "transcript:anthropic" and not (
            request.get("tools") or "response" in exchange or "system" in request
        )
        assert {event.source for event in events} <= {source, *(("transcript:chat",) if plain_chat else ())}, name
