"""The vocabulary is complete, says what it means, and its page is up to date."""

from pathlib import Path

import pytest

from graph.reference import page
from graph.schema import EDGES, GRADES, NODES, EdgeKind, Grade, NodeKind

ROOT = Path(__file__).resolve().parents[2]


def test_the_reference_page_is_what_the_schema_says() -> None:
    written = (ROOT / "docs/reference/graph.md").read_text(encoding="utf-8")
    assert written == page(), "run: make reference"


def test_no_label_is_given_twice() -> None:
    labels = [kind.label for kind in (*NODES, *EDGES)]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("kind", [*NODES, *EDGES], ids=lambda kind: kind.label)
def test_every_kind_says_what_it_means(kind: NodeKind | EdgeKind) -> None:
    assert kind.doc.endswith(".")


@pytest.mark.parametrize("kind", EDGES, ids=lambda kind: kind.label)
def test_every_edge_ends_at_declared_kinds(kind: EdgeKind) -> None:
    assert kind.sources
    assert kind.targets
    assert {*kind.sources, *kind.targets} <= set(NODES)


@pytest.mark.parametrize("kind", NODES, ids=lambda kind: kind.label)
def test_the_fields_of_a_node_are_sorted_out_and_described(kind: NodeKind) -> None:
    names = [field.name for field in kind.fields]
    assert len(names) == len(set(names))
    assert all(field.doc.endswith(".") for field in kind.fields)


def test_every_grade_says_what_it_allows() -> None:
    assert list(GRADES) == list(Grade)
    assert [GRADES[grade].alerts for grade in Grade] == ["alone", "alone", "alone", "together", "never"]
