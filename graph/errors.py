"""What can go wrong with a graph, from the widest to the narrowest:

    GraphError
    ├── UnknownStore            no store of that name in `graph.stores.STORES`
    ├── UnknownNode             an edge ends at a node that its session does not have
    ├── UnstorableEvent         an event that cannot be written down, such as text with half a surrogate pair
    └── StoreError              the store itself fails; nothing of the failed call was kept
        ├── StoreLocked         somebody else is writing; try again later
        ├── StoreUnreachable    no such folder, no permission, no space
        └── StoreUnreadable     the file is damaged, is no store, or was made by a newer version

Each message says what to do next.
"""


class GraphError(Exception):
    """Root of all errors of this package."""


class UnknownStore(GraphError):
    """No store has that name."""


class UnknownNode(GraphError):
    """An edge ends at a node that its session does not have."""


class UnstorableEvent(GraphError):
    """An event cannot be written down."""


class StoreError(GraphError):
    """A store failed; nothing of the call that failed was kept."""


class StoreLocked(StoreError):
    """Another process writes to the store at this moment."""


class StoreUnreachable(StoreError):
    """The store cannot be opened or written: a missing folder, a permission, a full disk."""


class StoreUnreadable(StoreError):
    """The file is damaged, is no store of ours, or was made by a newer version."""


class QueryUnusable(GraphError):
    """A query of the pack lacks a value, or was given one that it cannot take."""
