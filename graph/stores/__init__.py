"""The stores, by name. To add one: a module here, a row in `STORES`, and a class of five lines in `tests/contract`."""

from importlib import import_module

from graph.errors import UnknownStore
from graph.store import GraphStore

STORES: dict[str, str] = {
    "memory": "graph.stores.memory:MemoryStore",
    "sqlite": "graph.stores.sqlite:SqliteStore",
}
"""Name to module and class. Modules are imported when they are asked for, so that heavy drivers wait."""


def open_store(name: str, location: str) -> GraphStore:
    """Return the store of this kind at `location`. Raises `UnknownStore` or `StoreError`."""
    if name not in STORES:
        raise UnknownStore(f"There is no store {name!r}; choose one of: {', '.join(sorted(STORES))}.")
    module, _, attribute = STORES[name].partition(":")
    kind: type[GraphStore] = getattr(import_module(module), attribute)
    return kind.open(location)
