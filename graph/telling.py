"""Stories and the names of agents in Neo4j: what a casebook has found, beside the graph that follows the event log.

A story is one node; what belongs to it is joined to it by `PART_OF`, with the role that it has. These edges hold the id of their
story and are no part of the log: a store that is asked for a session leaves them out. How far a casebook was told is kept in Neo4j,
in the transaction that tells it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from graph.fold import session_node, short
from graph.schema import CHAIN, CONTAINS, PART_OF, SESSION, STORY
from sensor.identity import digest

PLACE = "Told"
"""Label of the nodes that say up to where the casebook of a tenant was told."""

Role = Literal["origin", "effect", "way"]
"""What a step is in a story: where it began, what was done, or a step from the one to the other."""


class Place(NamedTuple):
    """How far a casebook was told: numbers of the last story that changed, and of the last session that was named."""

    stories: int
    sessions: int


class Member(NamedTuple):
    """One fact that belongs to a story."""

    session: str
    """Key of the session that holds it."""
    fact: str
    role: Role
    step: int


@dataclass(frozen=True, slots=True)
class Told:
    """A story as hunters find it."""

    id: str
    fields: dict[str, str | int | float]
    """As `graph.schema.STORY` has them, but for the id."""
    members: tuple[Member, ...]
    """None of a story that lives on in another: that is removed."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What a casebook says of one tenant, from one place to the next."""

    tenant: str
    after: Place
    upto: Place
    stories: tuple[Told, ...]
    agents: tuple[tuple[str, str], ...]
    """Key of a session, and the name of its agent."""


def writes(telling: Telling) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the statements that write what is told, with their values, in their order; `ADVANCE` comes before them."""
    tenant = telling.tenant
    kept = [story for story in telling.stories if story.members]
    yield _LET_GO, {"keys": [_key(tenant, story.id) for story in telling.stories]}
    yield _REMOVE, {"keys": [_key(tenant, story.id) for story in telling.stories if not story.members]}
    yield _STORIES, {"rows": [_row(tenant, story) for story in kept]}
    yield _MEMBERS, {"rows": list(_members(tenant, kept))}
    yield _CHAINS, {"keys": [_key(tenant, story.id) for story in kept]}
    yield _AGENTS, {"rows": [_agent(tenant, *one) for one in telling.agents]}


def _row(tenant: str, story: Told) -> dict[str, Any]:
    held = {name: short(value) if isinstance(value, str) else value for name, value in story.fields.items()}
    return {"key": _key(tenant, story.id), "tenant": tenant, "id": story.id, "fields": held}


def _members(tenant: str, stories: Sequence[Told]) -> Iterator[dict[str, Any]]:
    for story in stories:
        for one in story.members:
            session = session_node(tenant, one.session).key
            yield {
                "story": _key(tenant, story.id), "session": session, "fact": one.fact, "role": one.role, "step": one.step
            }  # fmt: skip


def _agent(tenant: str, session: str, agent: str) -> dict[str, str]:
    return {
        "key": session_node(tenant, session).key,
        "tenant": tenant,
        "session": short(session),
        "agent": short(agent),
    }


def _key(tenant: str, story: str) -> str:
    return digest(STORY.label, tenant, story)


PLACES = f"MATCH (p:{PLACE} {{tenant: $tenant}}) RETURN p.stories AS stories, p.sessions AS sessions"
ADVANCE = f"""
MERGE (p:{PLACE} {{tenant: $tenant}}) ON CREATE SET p.stories = 0, p.sessions = 0
SET p.held = true
WITH p WHERE p.stories = $after.stories AND p.sessions = $after.sessions
SET p.stories = $upto.stories, p.sessions = $upto.sessions
RETURN count(p) AS places
"""
"""Takes a place on if it is still where the telling begins, as `graph.cypher.ADVANCE` does for the event log."""
_LET_GO = f"""
UNWIND $keys AS key
MATCH (n)-[r:{PART_OF.label}]->(:{STORY.label} {{key: key}})
DELETE r
WITH DISTINCT n WHERE NOT (n)--()
DELETE n
"""
"""What was withdrawn from a session stays for the stories that hold it, and goes with the last of them."""
_REMOVE = f"UNWIND $keys AS key MATCH (s:{STORY.label} {{key: key}}) DETACH DELETE s"
_STORIES = f"""
UNWIND $rows AS row
MERGE (s:{STORY.label} {{key: row.key}})
SET s = row.fields, s.key = row.key, s.tenant = row.tenant, s.id = row.id
"""
_MEMBERS = f"""
UNWIND $rows AS row
MATCH (s:{STORY.label} {{key: row.story}})
MATCH (:{SESSION.label} {{key: row.session}})-[:{CONTAINS.label} {{fact: row.fact}}]->(n)
WITH DISTINCT s, n, row
CREATE (n)-[r:{PART_OF.label}]->(s)
SET r.story = s.id, r.role = row.role, r.step = row.step
"""
_CHAINS = f"""
UNWIND $keys AS key
MATCH (s:{STORY.label} {{key: key}})<-[p:{PART_OF.label}]-(n) WHERE p.role <> 'way'
WITH s, collect(DISTINCT n) AS members
UNWIND members AS n
MATCH (n)-[:{PART_OF.label}]->(c:{CHAIN.label})
WITH s, c, size(members) AS wanted, count(DISTINCT n) AS there WHERE there = wanted
CREATE (c)-[r:{PART_OF.label}]->(s)
SET r.story = s.id, r.role = 'chain'
"""
"""Joins a story to the chain that has all of its effects, and its origin."""
_AGENTS = f"""
UNWIND $rows AS row
MERGE (s:{SESSION.label} {{key: row.key}})
ON CREATE SET s.tenant = row.tenant, s.session = row.session, s.claims = []
SET s.agent = row.agent
"""
