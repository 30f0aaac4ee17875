from pathlib import Path

from hypothesis import HealthCheck, given, settings

from sensor.event import Answered, Event
from sensor.sources import replay
from tests.sensor.strategies import event_lists


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example replaces the file
@given(event_lists)
def test_what_was_written_comes_back_exactly(tmp_path: Path, events: list[Event]) -> None:
    path = tmp_path / "events.jsonl"
    own = [event for event in events if event.tenant == "local"]
    assert replay.write(own, path) == len(own)
    again = list(replay.read(path))
    assert again == own
    assert [event.id for event in again] == [event.id for event in own]


def test_a_line_that_is_no_event_is_counted_and_its_neighbours_stay(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    good = Answered(session="s", position=0, source="test", text="hello")
    lines = [
        good.content,
        '{"kind": "answered"}',
        "\x00\x01",
        "[" * 10_000,
        '{"kind": "invented", "session": ""}',
        good.content,
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert [event.kind for event in replay.read(path)] == ["answered", *["unparsed"] * 4, "answered"]


def test_a_file_cannot_write_into_a_tenant_that_its_reader_did_not_name(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    replay.write([Answered(tenant="acme", session="s", position=0, source="test", text="hello")], path)
    assert [event.kind for event in replay.read(path)] == ["unparsed"]
    assert [event.kind for event in replay.read(path, tenant="acme")] == ["answered"]
