"""The only place that knows concrete back ends: settings → an open graph store and casebook."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from urllib.parse import quote

from sqlalchemy.exc import ArgumentError

from correlator.casebook import Casebook
from correlator.dispatch import Dispatcher, Nobody
from correlator.errors import CasebookInvalid, SettingsInvalid
from correlator.models import LanguageModel, Reach, open_model
from correlator.settings import Settings
from graph.errors import UnknownStore
from graph.sql import connected, shown
from graph.store import GraphStore
from graph.stores import open_store
from sensor.sources.otlp.spool import Spool

GRAPH_FILE = "graph.db"
LOG_FILE = "log.db"
CASEBOOK_FILE = "casebook.db"
SPOOL_FILE = "spans.db"


def open_graph(settings: Settings) -> GraphStore:
    """Return the graph store. Raises `graph.errors.StoreError`, or `UnknownStore`."""
    match settings.backend:
        case "sql":
            return open_store("sql", _log(settings))
        case "neo4j":
            if settings.neo4j is None:
                raise UnknownStore("The store neo4j needs an address: set CLEW_NEO4J=bolt://user:password@host:7687.")
            return open_store("neo4j", f"{settings.neo4j}?log={quote(_log(settings), safe='')}")
        case name:
            return open_store(name, str(settings.store / GRAPH_FILE))


def _log(settings: Settings) -> str:
    return settings.database or str(settings.store / LOG_FILE)


def open_casebook(settings: Settings) -> Casebook:
    """Return the casebook: in the database of the event log, or beside the graph, or in memory. Raises `CasebookInvalid`."""
    address = {"memory": "sqlite://", "sqlite": None}.get(settings.backend, settings.database)
    address = address or str(settings.store / CASEBOOK_FILE)
    try:
        engine = connected(address)
    except OSError as error:
        raise CasebookInvalid(f"{address} cannot be made ({error.strerror}); give another --store.") from error
    except ArgumentError as error:
        raise CasebookInvalid(f"{shown(address)}: {error}; correct the setting `database`.") from error
    return Casebook(engine)


def open_language_model(settings: Settings) -> LanguageModel:
    """Return the model that words stories. Raises `SettingsInvalid`: none is set, its package or its address is missing."""
    if settings.model is None:
        raise SettingsInvalid(
            "No language model is set, so stories are told by templates. Set CLEW_MODEL to litellm's name for one, such as "
            "anthropic/…, or to openai/NAME with CLEW_MODEL_URL=http://127.0.0.1:8080/v1 for a server of your own."
        )
    return open_model("litellm", Reach(settings.model, settings.model_url, settings.model_key))


def open_workers(settings: Settings) -> Callable[[int], None]:
    """Return what runs so many worker processes until it is asked to end. Raises `SettingsInvalid`."""
    if settings.broker is None:
        raise SettingsInvalid("Workers need a broker: set CLEW_BROKER=redis://127.0.0.1:6379 or amqp://….")
    try:
        # The one place that names a package downstream, as a name: whoever needs no workers imports nothing of it.
        module = import_module("workers.app")
    except ModuleNotFoundError as error:
        raise SettingsInvalid(
            f"{error.name} is not installed: pip install --no-deps -r requirements/fleet.lock"
        ) from error
    run: Callable[[int], None] = partial(module.run, settings)
    return run


def open_dispatcher(settings: Settings) -> Dispatcher:
    """Return who is told of work: the workers where there is a broker, else nobody."""
    if settings.broker is None:
        return Nobody()
    found: Dispatcher = import_module("workers.app").dispatcher(settings)
    return found


def open_spool(settings: Settings, key: bytes) -> Spool:
    """Return the spans that were received; in memory where the graph is. Raises `SpoolUnusable`."""
    return Spool(None if settings.backend == "memory" else settings.store / SPOOL_FILE, key=key)
