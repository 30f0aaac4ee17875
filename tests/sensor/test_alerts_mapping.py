"""Verdicts of products without a format of their own."""

from pathlib import Path

import pytest
from hypothesis import given
from pydantic import JsonValue

from sensor.event import AlertReceived, Unparsed
from sensor.identity import session_key
from sensor.sources.alerts.mapping import Mapping, MappingError, load, mapped
from tests.sensor.strategies import json_values

PAGE = Path(__file__).parents[2] / "docs/reference/alerts.md"
VERDICT: JsonValue = {
    "id": "v-1", "created": 1_795_608_000_500,
    "verdict": {"detector": "hidden instruction", "action": "BLOCK", "reason": "The page speaks to the model."},
    "context": {"thread": "conv-9", "tool.id": "call_1"}, "input": {"links": ["https://a.example/", 7, None]},
}  # fmt: skip


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    """Return the mapping that the reference page shows."""
    path = tmp_path / "bouncer.toml"
    path.write_text(PAGE.read_text("utf-8").split("```toml\n")[1].split("```")[0], encoding="utf-8")
    return load(path)


def test_the_mapping_of_the_reference_page_reads_a_verdict(mapping: Mapping) -> None:
    event = mapped(VERDICT, mapping, number=1)
    assert isinstance(event, AlertReceived)
    assert (event.product, event.rule, event.severity, event.level) == (
        "Bouncer",
        "hidden instruction",
        "BLOCK",
        "high",
    )
    assert (event.uid, event.tool_call, event.at_ns) == ("v-1", "call_1", 1_795_608_000_500_000_000)
    assert event.session == session_key("conversation", "conv-9")
    assert [(one.what, one.value) for one in event.named] == [("url", "https://a.example/"), ("url", "7")]


def test_a_record_without_the_rule_is_counted(mapping: Mapping) -> None:
    event = mapped({"id": "v-2"}, mapping, number=4)
    assert isinstance(event, Unparsed)
    assert (event.reason, event.position) == ("the mapping finds no rule", 4)


@given(json_values)
def test_any_record_gives_an_alert_or_a_reason(value: JsonValue) -> None:
    anything = Mapping.model_validate({"product": "p", "rule": ["*"], "time": "*", "named": {"path": ["*"]}})
    assert isinstance(mapped(value, anything, number=0), AlertReceived | Unparsed)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('product = "p"', "rule: Field required"),
        ('product = "p"\nrule = ""', 'rule: takes the path of a field, such as "verdict.rule"'),
        ('product = "p"\nrule = "a..b"', "rule: takes the path"),
        ('product = "p"\nrule = "a"\nrul = "b"', "rul: Extra inputs"),
        ('product = "p"\nrule = "a"\n[levels]\nblock = "severe"', "levels.block: Input should be"),
        ('product = "p"\nrule = "a"\n[named]\ngender = ["x"]', "named.gender"),
        ("product = ", "is no TOML"),
    ],
)
def test_a_wrong_mapping_is_an_error_that_names_the_field(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as refused:
        load(path)
    assert said in str(refused.value)
    assert refused.value.path == path


def test_a_mapping_that_is_not_there_is_an_error_of_the_same_kind(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="name a readable TOML file"):
        load(tmp_path / "missing.toml")
