"""Every store keeps every promise of `GraphStore`."""

from pathlib import Path

from graph.store import GraphStore
from graph.stores.memory import MemoryStore
from graph.stores.sqlite import SqliteStore
from graph.testing import GraphStoreContract


class TestMemoryStore(GraphStoreContract):
    def make(self, folder: Path) -> GraphStore:
        return MemoryStore()


class TestSqliteStore(GraphStoreContract):
    def make(self, folder: Path) -> GraphStore:
        return SqliteStore(folder / "clew.db")
