"""The table of sources, the choice by content, and what hostile files do to it: nothing."""

import contextlib
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensor.errors import SensorError, SourceUnavailableError, UnknownFormatError, UnknownSourceError
from sensor.event import Answered, Event, PromptSubmitted
from sensor.sources import SOURCES, read_any, replay, sniff, source

RUN = {"messages": [{"role": "user", "content": "Grüße"}, {"role": "assistant", "content": "Hello."}]}
LINE = json.dumps(RUN)


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_reads_with_the_promised_signature(name: str, tmp_path: Path) -> None:
    module = source(name)
    assert module.__doc__
    assert module.read.__doc__
    with pytest.raises(SourceUnavailableError):
        list(module.read(tmp_path / "missing", session=None, tenant="local"))


def test_a_source_that_is_not_in_the_table_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(UnknownSourceError, match="trace, replay, transcript"):
        source("tarot")


def test_no_source_is_loaded_before_it_is_used() -> None:
    code = "import sys, sensor.sources; print([name for name in sys.modules if name.startswith('sensor.sources.')])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_the_source_is_chosen_by_content_whatever_the_file_is_called(tmp_path: Path) -> None:
    path = tmp_path / "misleading.pdf"
    replay.write([Answered(session="s", position=0, source="test", text="hello")], path)
    assert sniff(path) == "replay"
    for text in (LINE, f"[{LINE}]", json.dumps(RUN, indent=1), f"garbage\n{LINE}", json.dumps(RUN["messages"])):
        path.write_text(text, encoding="utf-8")
        assert sniff(path) == "transcript", text
    for text in ("# comment\n\nuser: hi", "session x\nbash opens /etc/passwd", "what is this\nuser: hi"):
        path.write_text(text, encoding="utf-8")
        assert sniff(path) == "trace", text


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b"\x7fELF\x02\x01\x01" + bytes(range(256)), b"Dear all,\nsee you.\n", b'{"a": 1}\n', b"[]", b"17"],
)
def test_unknown_content_is_an_error_that_says_where_the_formats_are(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(data)
    with pytest.raises(UnknownFormatError) as refused:
        list(read_any(path))
    assert refused.value.path == path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_every_encoding_gives_the_same_events(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(json.dumps(RUN, ensure_ascii=False).encode(encoding))
    [prompt] = [event for event in read_any(path) if isinstance(event, PromptSubmitted)]
    assert prompt.text == "Grüße"


HOSTILE = {
    "truncated": LINE[:-9].encode(),
    "garbage": b"{\xff\xfe\x00garbage",
    "nul bytes": b'{"messages": \x00\x00}',
    "deep": b'{"messages":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "lone surrogate in bytes": b'{"messages": [{"role": "\xed\xa0\x80", "content": "x"}]}',
    "escapes": b'{"messages": [{"role": "user", "content": "\\ud800 \\u0000 \\u001b[2J"}]}',
    "wrong types": b'{"messages": '
    b'[{"role": "assistant", "content": 7, "tool_calls": {"a": 1}}, {"role": "tool", "tool_call_id": []}]}',
    "odd calls": b'{"messages": [{"role": "assistant", '
    b'"tool_calls": [null, 7, {}, {"function": []}, {"function": {"name": null}}]}]}',
    "big numbers": b'{"messages": [{"role": "assistant", '
    b'"tool_calls": [{"function": "f", "args": {"n": 1e999, "m": ' + b"9" * 5000 + b"}}]}]}",
    "claude code oddities": b'{"type": "user", "sessionId": 7, '
    b'"message": {"content": {"a": 1}}, "timestamp": "yesterday", "uuid": []}',
    "claude code without a message": b'{"type": "assistant", "sessionId": "x", "message": null}',
    "responses oddities": b'{"input": [{"type": "function_call"}, 7, {"type": "x_call_output"}, {"role": "oracle"}]}',
    "replay of nothing": b'{"kind": "answered", "session": 1, "position": -1, "source": ""}',
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("packed", [False, True])
def test_hostile_input_between_two_good_records_costs_neither(tmp_path: Path, name: str, packed: bool) -> None:
    path = tmp_path / "f"
    data = b"\n".join((LINE.encode(), HOSTILE[name], LINE.encode()))
    path.write_bytes(gzip.compress(data) if packed else data)
    events = list(read_any(path))
    assert kinds(events).count("answered") >= 2
    for event in events:
        assert event.id
        assert event.entity
        assert event.content


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_but_never_crash(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(data)
    for name in SOURCES:
        for event in source(name).read(path):
            assert event.id
    with contextlib.suppress(SensorError):
        list(read_any(path))


def test_broken_lines_of_two_files_are_two_facts_and_reading_again_adds_none(tmp_path: Path) -> None:
    facts: set[str] = set()
    for text in ('{"cut": 1', '{"cut": 2', '{"cut": 1'):
        path = tmp_path / "f"
        path.write_text(text, encoding="utf-8")
        facts.update(event.entity for event in read_any(path))
    assert len(facts) == 2


def test_a_long_file_needs_the_memory_of_one_record_and_not_of_all(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl.gz"
    with gzip.open(path, "wt", compresslevel=1) as file:
        record = json.dumps({"path": "p", "record": {"messages": [{"role": "user", "content": "x" * 100_000}]}})
        for _ in range(2000):  # 200 MB
            file.write(record + "\n")
    code = (
        "import re, sys; from pathlib import Path; from sensor.sources import read_any;"
        "n = sum(1 for event in read_any(Path(sys.argv[1])));"
        # Not ru_maxrss: a child inherits that of the process it was forked from.
        "print(n, re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    count, peak_kib = map(int, done.stdout.split())
    assert count == 4000
    assert peak_kib < 200 * 1024
