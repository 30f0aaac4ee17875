"""Every store keeps every promise of `GraphStore`."""

from pathlib import Path

import pytest

from examples.fleet.neo4j import Neo4j
from examples.live import postgres
from graph.log import EventLog
from graph.store import GraphStore
from graph.stores.memory import MemoryStore
from graph.stores.neo4j import Neo4jStore
from graph.stores.sql import SqlStore
from graph.stores.sqlite import SqliteStore
from graph.testing import GraphStoreContract
from sensor.identity import digest


class TestMemoryStore(GraphStoreContract):
    def make(self, folder: Path) -> GraphStore:
        return MemoryStore()


class TestSqliteStore(GraphStoreContract):
    def make(self, folder: Path) -> GraphStore:
        return SqliteStore(folder / "clew.db")


class TestSqlStoreOnSqlite(GraphStoreContract):
    def make(self, folder: Path) -> GraphStore:
        return SqlStore.open(str(folder / "log.db"))


class TestSqlStoreOnPostgres(GraphStoreContract):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls, postgres_address: str) -> None:
        cls.address = postgres_address

    def make(self, folder: Path) -> GraphStore:
        """Return the store in a schema of its own."""
        return SqlStore.open(postgres.schema(self.address, f"store_{digest(str(folder))}"))


@pytest.mark.neo4j
@pytest.mark.xdist_group("neo4j")
class TestNeo4jStore(GraphStoreContract):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls, neo4j_server: Neo4j) -> None:
        cls.uri = neo4j_server.bolt

    def make(self, folder: Path) -> GraphStore:
        """Return the store with its log in the folder; Community Edition has one database, which is emptied for a new one."""
        new = not (folder / "log.db").exists()
        store = Neo4jStore(EventLog(str(folder / "log.db")), self.uri)
        if new:
            store.rebuild()
        return store
