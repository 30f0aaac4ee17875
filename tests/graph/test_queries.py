"""The query pack and what Neo4j Browser imports of it, without a server."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest

from graph import browser
from graph.errors import QueryUnusable
from graph.queries import PARAMETERS, queries, query, values
from graph.queries.reference import page
from graph.schema import EDGE_KINDS, NODE_KINDS

ROOT = Path(__file__).resolve().parents[2]
HEADER = ["name", "description", "query", "id", "parentId", "isFolder"]
"""As Neo4j Browser exports it (shared/reference/ux.md, 3)."""


def test_the_reference_page_is_as_written() -> None:
    assert (ROOT / "docs/reference/queries.md").read_text("utf-8") == page()


@pytest.mark.parametrize("one", queries(), ids=lambda one: one.name)
def test_a_query_uses_its_parameters_and_what_the_schema_has(one: object) -> None:
    found = query(getattr(one, "name", ""))
    assert found is not None
    assert set(re.findall(r"\$(\w+)", found.text)) == set(found.parameters) <= PARAMETERS.keys()
    labels = {name for group in re.findall(r"\(\w*:([\w|]+)", found.text) for name in group.split("|")}
    kinds = {name for group in re.findall(r"\[\w*:([\w|]+)", found.text) for name in group.split("|")}
    assert labels <= NODE_KINDS.keys()
    assert kinds <= EDGE_KINDS.keys()
    assert not re.search(r"\b(CREATE|MERGE|SET|DELETE|REMOVE|LOAD|FOREACH)\b", found.text)


def test_there_are_enough_questions_and_each_is_asked_once() -> None:
    assert len(queries()) >= 25
    assert len({one.title for one in queries()}) == len({one.name for one in queries()}) == len(queries())


def test_values_are_checked_before_anything_is_asked() -> None:
    chain, new = query("story_chain"), query("new_tools")
    assert chain is not None
    assert new is not None
    assert values(new, {"since_ns": "7"}) == {"tenant": "local", "since_ns": 7, "limit": 100}
    for one, given, reason in (
        (chain, {}, "needs story"), (chain, {"story": "x", "host": "y"}, "no parameter 'host'"),
        (new, {"limit": "1; MATCH"}, "limit is a number"),
    ):  # fmt: skip
        with pytest.raises(QueryUnusable, match=reason):
            values(one, given)


def test_the_table_is_what_browser_imports() -> None:
    rows = list(csv.reader(io.StringIO(browser.saved(queries()))))
    assert rows[0] == HEADER
    assert [row[3] for row in rows[1:]] == [str(number) for number in range(len(rows) - 1)]
    folders = {row[3]: row[0] for row in rows[1:] if row[5] == "true"}
    saved = [row for row in rows[1:] if row[5] == "false"]
    assert len(saved) == len(queries())
    assert {row[4] for row in saved} == set(folders)
    names = [row[0] for row in rows[1:]]
    assert len(set(names)) == len(names)
    assert all(name.strip() and len(name) < 500 for name in names)


def test_the_zip_has_a_file_for_each_question_whose_first_line_is_its_title() -> None:
    packed = browser.favorites(queries())
    assert packed == browser.favorites(queries())
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        titles = [archive.read(name).decode().splitlines()[0] for name in archive.namelist()]
        assert all(re.fullmatch(r"Clew \w+/\w+\.cypher", name) for name in archive.namelist())
    assert titles == [f"// {one.title}" for one in queries()]


def test_the_guides_begin_with_the_tenant() -> None:
    packed = browser.pack(queries(), "acme")
    assert sorted(packed) == sorted(browser.USES)
    assert b'"tenant": "acme"' in packed["clew.adoc"]
    assert b"acme" in packed["clew.html"]


def test_the_style_has_a_rule_for_everything_in_the_graph() -> None:
    rules = re.findall(
        r"^(node|relationship)\.(\w+) \{ ([^}]+;) (?:caption: \"[^\"]*\"; )?\}$", browser.style(), re.MULTILINE
    )
    assert {name for kind, name, _ in rules if kind == "node"} == NODE_KINDS.keys()
    assert {name for kind, name, _ in rules if kind == "relationship"} == EDGE_KINDS.keys()
