"""Open stores for a verb, and close them again."""

import getpass
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from correlator.casebook import Casebook, StoryRecord
from correlator.ingest import Desk
from correlator.key import redaction_key
from correlator.settings import Settings
from correlator.story import Story
from correlator.wiring import open_casebook, open_graph


@contextmanager
def opened(settings: Settings) -> Iterator[Desk]:
    """Give the desk: graph, casebook and policy. Raises what opening them raises."""
    casebook = open_casebook(settings)
    try:
        graph = open_graph(settings)
        try:
            yield Desk(graph, casebook, settings, redaction_key(settings))
        finally:
            graph.close()
    finally:
        with suppress(Exception):  # the work is done or has failed already; that is what counts
            casebook.close()


@contextmanager
def opened_casebook(settings: Settings) -> Iterator[Casebook]:
    """Give the casebook alone, to a person."""
    casebook = open_casebook(settings)
    casebook.who = _who()
    try:
        yield casebook
    finally:
        casebook.close()


def _who() -> str:
    """Return the name under which the person at this terminal has logged in."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (OSError, KeyError):  # a user without a name
        return str(os.getuid())


def in_words(casebook: Casebook, record: StoryRecord) -> Story:
    """Return a story in the words that a model found for it, as long as it says the same as then."""
    text = casebook.narration(record.story.tenant, record.story.id)
    if not text:
        return record.story
    from correlator.narrating.narration import (  # most have no model, and need not wait for what it needs
        narrated,
        narration_of,
    )

    kept = narration_of(text)
    return record.story if kept is None else narrated(record.story, kept)


def notes(record: StoryRecord, settings: Settings) -> tuple[str, ...]:
    """Return what is to be said about a story beside its own text."""
    found = []
    if settings.backend == "neo4j":
        name = record.story.id
        parameters = json.dumps({"tenant": settings.tenant, "story": name}, ensure_ascii=False)
        found.append(
            f"In Neo4j: `clew graph ask story_chain --set story={name}`; in Browser `:params {parameters}` and the query."
        )
    if record.evidence:
        found.append(
            "Expired: of what this rests on only the cited events are kept. Evidence (SHA-256 of the sorted ids): "
            + record.evidence
        )
    if record.verdict:
        found.append(f"An analyst found this {record.verdict}.")
    if record.standing == "withdrawn":
        found.append("Withdrawn: with later evidence the engine no longer tells this story.")
    if record.also_in:
        found.append(
            f"Campaign: the same content was found in {record.also_in} other session{'s' * (record.also_in > 1)}."
        )
    return tuple(found)
