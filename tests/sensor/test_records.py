import json
from pathlib import Path

from pydantic import JsonValue

from sensor.sources.lines import Broken, Limits
from sensor.sources.records import Record, records


def read(path: Path, text: str, limits: Limits | None = None) -> list[Record | Broken]:
    path.write_text(text, encoding="utf-8")
    return list(
        records(path, whole=lambda value: isinstance(value, dict) and "role" in value, limits=limits or Limits())
    )


def values(found: list[Record | Broken]) -> list[JsonValue]:
    return [record.value for record in found if isinstance(record, Record)]


def test_json_lines_are_one_record_each_with_the_number_of_their_line(tmp_path: Path) -> None:
    assert read(tmp_path / "f", '{"a": 1}\n\n{"b": 2}\n') == [Record(1, {"a": 1}), Record(3, {"b": 2})]


def test_a_value_over_many_lines_is_one_record(tmp_path: Path) -> None:
    assert values(read(tmp_path / "f", json.dumps({"a": [1, {"b": 2}]}, indent=2))) == [{"a": [1, {"b": 2}]}]


def test_a_list_is_its_elements_unless_they_belong_together(tmp_path: Path) -> None:
    assert values(read(tmp_path / "f", '[{"traj": 1}, {"traj": 2}]')) == [{"traj": 1}, {"traj": 2}]
    assert values(read(tmp_path / "f", '[{"role": "user"}, {"role": "tool"}]')) == [
        [{"role": "user"}, {"role": "tool"}]
    ]


def test_a_broken_line_costs_only_itself_wherever_it_stands(tmp_path: Path) -> None:
    good = ['{"number": 1}', '{"number": 2}']
    for place in range(3):
        rows = [*good[:place], '{"cut": ', *good[place:]]
        found = read(tmp_path / "f", "\n".join(rows))
        assert values(found) == [{"number": 1}, {"number": 2}]
        assert [line.number for line in found if isinstance(line, Broken)] == [place + 1]


def test_a_truncated_value_over_many_lines_is_one_mark_and_not_one_per_line(tmp_path: Path) -> None:
    found = read(tmp_path / "f", json.dumps({"a": [{"b": 2, "c": []}] * 50}, indent=2)[:-20])
    assert len(found) == 1
    assert isinstance(found[0], Broken)


def test_nesting_of_ten_thousand_levels_is_one_mark(tmp_path: Path) -> None:
    found = read(tmp_path / "f", "[" * 10_000 + "]" * 10_000 + '\n{"number": 1}')
    assert [type(item) for item in found] == [Broken, Record]
