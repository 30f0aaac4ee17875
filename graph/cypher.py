"""Statements of Cypher for Neo4j, derived from the schema. Values are always parameters; labels and names of fields are ours."""

from collections.abc import Iterable, Iterator

from graph.projection import SYSTEM, Way, is_own
from graph.schema import ACCESSED, CONNECTED, EDGES, NODES, SESSION, EdgeKind, NodeKind
from graph.telling import PLACE as TOLD

VERSION = 2
"""Version of what is in Neo4j: of the constraints, and of what nodes and edges hold. 2 has what hunters look for, and stories; a
graph of version 1 lacks nothing else, so `constraints` brings it up."""
PLACE = "Projected"
"""Label of the nodes that say up to where a shard of the log is in the graph."""
ABOUT = "ClewSchema"
"""Label of the node that says which version is there."""

OWN = tuple(kind for kind in NODES if is_own(kind))
"""Kinds of things of one session."""
SHARED = tuple(kind for kind in NODES if not is_own(kind))


def constraints() -> Iterator[str]:
    """Yield what makes constraints and indexes; each may be executed again. Community Edition has these kinds."""
    for label, key in (*((kind.label, "key") for kind in NODES), (PLACE, "shard"), (TOLD, "tenant")):
        yield f"CREATE CONSTRAINT {_named(label, key)} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{key} IS UNIQUE"
    runs = ((kind.label, "run") for kind in (*OWN, SESSION))
    sought = ((kind.label, field.name) for kind in NODES for field in kind.fields if field.sought)
    for label, field in (*runs, *sought, (SESSION.label, "session"), (SESSION.label, "agent")):
        yield f"CREATE INDEX {_named(label, field)} IF NOT EXISTS FOR (n:{label}) ON (n.{field})"
    for label, field in (
        *((kind.label, "run") for kind in apart()),
        (ACCESSED.label, "at_ns"),
        (CONNECTED.label, "at_ns"),
    ):
        yield f"CREATE INDEX {_named(label, field)} IF NOT EXISTS FOR ()-[r:{label}]-() ON (r.{field})"


def apart() -> tuple[EdgeKind, ...]:
    """Return the kinds of edges of a session that may have no end in a thing of its own: these are found by an index."""
    return tuple(
        kind for kind in EDGES
        if kind.derived or not (set(kind.sources) | set(kind.targets)).intersection(OWN)
    )  # fmt: skip


ADVANCE = f"""
UNWIND $steps AS step
MERGE (p:{PLACE} {{shard: step.shard}}) ON CREATE SET p.upto = 0
SET p.held = true
WITH p, step WHERE p.upto = step.after
SET p.upto = step.upto
RETURN count(p) AS shards
"""
"""Takes the places of shards on, each if it is still where the batch begins. The first `SET` locks the node until the commit: only
behind it is the place one that nobody else changes."""

SCHEMA = f"MATCH (s:{ABOUT}) RETURN max(s.version) AS version"
"""Of several that began at once each may have made such a node."""
SET_SCHEMA = f"MERGE (s:{ABOUT}) SET s.version = $version"

PLACES = f"MATCH (p:{PLACE}) RETURN p.shard AS shard, p.upto AS upto"


def merge_nodes(kind: NodeKind) -> str:
    """Return what writes nodes of a kind: of several claims the smallest value stands. What says nothing new locks nothing."""
    held = "run" if kind in OWN else "claims"
    names = [field.name for field in kind.fields]
    differs = [f"n.{name} IS NULL AND row.fields.{name} IS NOT NULL OR row.fields.{name} < n.{name}" for name in names]
    sets = [
        f"n.{name} = CASE WHEN row.fields.{name} IS NULL OR n.{name} <= row.fields.{name}"
        f" THEN n.{name} ELSE row.fields.{name} END"
        for name in names
    ]
    if held == "run":
        differs.append("n.run IS NULL AND row.run IS NOT NULL")
        sets.append("n.run = coalesce(n.run, row.run)")
    else:
        differs.append("any(claim IN row.claims WHERE NOT claim IN n.claims)")
        sets.append("n.claims = n.claims + [claim IN row.claims WHERE NOT claim IN n.claims]")
    # What sessions share is locked before what it holds is read again: two lanes may add to it.
    locked = "SET n.tenant = row.tenant\nWITH n, row\n" if held == "claims" else ""
    return f"""
UNWIND $rows AS row
MERGE (n:{kind.label} {{key: row.key}})
ON CREATE SET n += row.fields, n.tenant = row.tenant, n.{held} = row.{held}
WITH n, row WHERE {" OR ".join(differs)}
{locked}SET {", ".join(sets)}
"""


MERGE_SESSIONS = f"""
UNWIND $rows AS row
MERGE (s:{SESSION.label} {{key: row.key}})
ON CREATE SET s.tenant = row.tenant, s.claims = []
WITH s, row, [other IN row.others WHERE NOT other IN coalesce(s.others, [])] AS more
WHERE s.run IS NULL OR size(more) > 0
SET s.run = row.run, s.session = row.session, s.others = coalesce(s.others, []) + more
"""


def create_edges(way: Way) -> str:
    """Return what writes edges that are not there yet."""
    return f"""
UNWIND $rows AS row
MATCH (a:{way.source} {{key: row.source}})
MATCH (b:{way.target} {{key: row.target}})
CREATE (a)-[r:{way.label}]->(b)
SET r = row.fields
"""


def set_times(way: Way) -> str:
    """Return what writes an earlier time to edges that are there."""
    return f"""
UNWIND $rows AS row
MATCH (a:{way.source} {{key: row.source}})-[r:{way.label}]->(b:{way.target} {{key: row.target}})
WHERE r.fact = row.fields.fact AND r.position = row.fields.position AND r.part = row.fields.part
  AND coalesce(r.grade, '') = coalesce(row.fields.grade, '') AND coalesce(r.run, 0) = coalesce(row.fields.run, 0)
SET r.at_ns = row.fields.at_ns
"""


def nodes_named(kind: NodeKind) -> str:
    """Return what finds nodes by their keys."""
    return f"UNWIND $keys AS key MATCH (n:{kind.label} {{key: key}}) RETURN n"


def _any_of(statements: Iterable[str]) -> str:
    return "\nUNION ALL\n".join(statements)


NODES_OF = _any_of(f"MATCH (n:{kind.label} {{run: $run}}) RETURN n" for kind in OWN)
"""Finds the things of a session."""

_CLAIMED = f"any(claim IN n.claims WHERE claim STARTS WITH '{SYSTEM} ')"
NODES_CLAIMED = _any_of(f"MATCH (n:{kind.label} {{tenant: $tenant}}) WHERE {_CLAIMED} RETURN n" for kind in SHARED)
"""Finds the shared things of a tenant of which the system speaks; it looks at all of them."""

OTHERS = f"MATCH (s:{SESSION.label} {{run: $run}}) RETURN s.others AS others"

_EDGE = "RETURN type(r) AS label, startNode(r).key AS source, endNode(r).key AS target, properties(r) AS fields"

EDGES_OF = _any_of((
    *(f"MATCH (n:{kind.label} {{run: $run}})-[r]-() WHERE r.run = $run {_EDGE}" for kind in OWN),
    *(f"MATCH ()-[r:{kind.label}]->() WHERE r.run = $run {_EDGE}" for kind in apart()),
))  # fmt: skip
"""Finds the edges of a session, some of them twice."""

EDGES_OF_SYSTEM = f"MATCH (n {{tenant: $tenant}})-[r]->() WHERE r.run IS NULL AND r.story IS NULL {_EDGE}"
"""Finds the edges of a tenant that no session is known for; it looks at all there are."""


def wipe(kind: NodeKind) -> Iterator[str]:
    """Yield what removes the edges of a session at its things of a kind, and these; of those that others need, what it says."""
    yield f"MATCH (n:{kind.label} {{run: $run}})-[r]-() WHERE r.run = $run DELETE r"
    yield f"MATCH (n:{kind.label} {{run: $run}}) WHERE NOT (n)--() DELETE n"
    if kind.fields:
        # A story, or another session, holds it still.
        nothing = ", ".join(f"n.{field.name} = null" for field in kind.fields)
        yield f"MATCH (n:{kind.label} {{run: $run}}) SET {nothing}"


def wipe_edges(kind: EdgeKind) -> str:
    """Return what removes the edges of a session that `apart` names."""
    return f"MATCH ()-[r:{kind.label}]->() WHERE r.run = $run DELETE r"


def forget_claims(kind: NodeKind) -> str:
    """Return what removes what a session says of shared things, and these, where nobody else speaks of them."""
    return f"""
UNWIND $keys AS key
MATCH (n:{kind.label} {{key: key}})
SET n.claims = [claim IN n.claims WHERE NOT claim STARTS WITH $prefix]
WITH n WHERE coalesce(n.claims, []) = [] AND n.run IS NULL AND NOT (n)--()
DELETE n
"""


FORGET_OTHERS = f"MATCH (s:{SESSION.label} {{run: $run}}) SET s.others = [], " + ", ".join(
    f"s.{field.name} = null" for field in SESSION.fields
)

_IN_PARTS = "IN TRANSACTIONS OF 10000 ROWS"


def expire() -> Iterator[str]:
    """Yield what removes the edges before `$before` that no session is known for, and what then hangs on none.

    Each is to be executed in no transaction. They look at all such edges, and at all shared things, of a tenant.
    """
    old = "r.position >= $first AND r.position < $before AND r.run IS NULL AND r.story IS NULL AND a.tenant = $tenant"
    for kind in EDGES:
        yield f"MATCH (a)-[r:{kind.label}]->() WHERE {old} CALL {{ WITH r DELETE r }} {_IN_PARTS}"
    for own in OWN:
        yield f"MATCH (n:{own.label} {{run: $run}}) WHERE NOT (n)--() CALL {{ WITH n DELETE n }} {_IN_PARTS}"
    for shared in SHARED:
        loose = "NOT EXISTS { (n)-[r]-() WHERE r.run IS NULL AND r.story IS NULL }"
        yield f"""
MATCH (n:{shared.label} {{tenant: $tenant}}) WHERE {_CLAIMED} AND {loose}
CALL {{
    WITH n
    SET n.claims = [claim IN n.claims WHERE NOT claim STARTS WITH '{SYSTEM} ']
    WITH n WHERE n.claims = [] AND n.run IS NULL AND NOT (n)--()
    DELETE n
}} {_IN_PARTS}
"""


EMPTY = "MATCH (n) CALL {WITH n DETACH DELETE n} IN TRANSACTIONS OF 10000 ROWS"
"""Removes all there is; to be executed in no transaction."""

COUNT_EDGES = "MATCH ()-[r]->() WHERE r.story IS NULL RETURN count(r) AS number"


def count_nodes() -> str:
    """Return what counts nodes, each in every session that knows it."""
    own = (f"MATCH (n:{kind.label}) WHERE n.run IS NOT NULL RETURN count(n) AS number" for kind in OWN)
    shared = (f"MATCH (n:{kind.label}) WHERE {_CLAIMED} RETURN count(n) AS number" for kind in SHARED)
    others = f"MATCH (s:{SESSION.label}) RETURN coalesce(sum(size(s.others)), 0) AS number"
    return f"CALL {{ {_any_of((*own, *shared, others))} }} RETURN sum(number) AS number"


def _named(label: str, field: str) -> str:
    return f"clew_{label.lower()}_{field}"
