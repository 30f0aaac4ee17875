"""Stores are found by name."""

from pathlib import Path

import pytest

from graph.errors import UnknownStore
from graph.stores import STORES, open_store


@pytest.mark.parametrize("name", ["memory", "sqlite"])
def test_a_store_that_needs_no_server_opens_by_name(name: str, tmp_path: Path) -> None:
    assert name in STORES
    open_store(name, str(tmp_path / "store")).close()


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownStore, match="memory, neo4j, sql, sqlite"):
        open_store("postgres", "")
