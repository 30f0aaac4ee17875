"""The stores, by name. To add one: a module here, a row in `STORES`, and a class of five lines in `tests/contract`."""

from importlib import import_module

from graph.errors import StoreUnreachable, UnknownStore
from graph.store import GraphStore

STORES: dict[str, str] = {
    "memory": "graph.stores.memory:MemoryStore",
    "sqlite": "graph.stores.sqlite:SqliteStore",
    "sql": "graph.stores.sql:SqlStore",
    "neo4j": "graph.stores.neo4j:Neo4jStore",
}
"""Name to module and class. Modules are imported when they are asked for, so that heavy drivers wait."""


def open_store(name: str, location: str) -> GraphStore:
    """Return the store of this kind at `location`. Raises `UnknownStore` or `StoreError`."""
    if name not in STORES:
        raise UnknownStore(f"There is no store {name!r}; choose one of: {', '.join(sorted(STORES))}.")
    module, _, attribute = STORES[name].partition(":")
    try:
        kind: type[GraphStore] = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise StoreUnreachable(
            f"{error.name} is not installed: pip install --no-deps -r requirements/fleet.lock"
        ) from error
    return kind.open(location)
