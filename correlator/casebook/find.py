"""Names that people type → rows: whole ids, aliases, unambiguous beginnings, with and without `v1:`."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from correlator.casebook.records import SessionRecord
from correlator.casebook.rows import kept_of, rows_of, session_record
from correlator.casebook.tables import GOING, AliasRow, HandoverRow, KeptRow, SessionRow, StoryRow
from correlator.errors import StoryUnknown
from correlator.memory import Kept

MOST_LINKED = 300
"""Sessions that are looked at because hand-overs link them."""
_AT_ONCE = 400
MOST_TRIES = 5
"""Claims of a session without a judgement, after which it is given up: it takes down whoever judges it."""
_VERSION = "v1:"
_NAME = re.compile(r"(?:v[0-9]+:)?[0-9a-f]+")
# Asked for each run that is judged: made once, because making it takes longer than running it.
_KEPT = (
    select(KeptRow)
    .where(KeptRow.tenant == bindparam("tenant"))
    .where(KeptRow.key.in_(bindparam("keys", expanding=True)))
    .where(KeptRow.session.not_in(bindparam("without", expanding=True)))
    .where(or_(KeptRow.by == "content", KeptRow.principal.in_(bindparam("accounts", expanding=True))))
    .order_by(KeptRow.by.desc(), KeptRow.at_ns.is_(None), KeptRow.at_ns, KeptRow.session)
    .limit(MOST_LINKED)
)


def find_story(db: Session, tenant: str, name: str) -> StoryRow:
    """Return the row that `name` leads to. Raises `StoryUnknown`, also where several begin like that."""
    wanted = name.strip().lower()
    if not _NAME.fullmatch(wanted):
        raise StoryUnknown(f"{name[:80]!r} is no story id; `clew story list` shows them.")
    alias = db.get(AliasRow, (tenant, wanted)) or db.get(AliasRow, (tenant, _VERSION + wanted))
    ids = {alias.story} if alias else set()
    if not ids:
        ids |= set(db.scalars(select(StoryRow.id).where(
            StoryRow.tenant == tenant, StoryRow.standing != "merged", _begins(StoryRow.id, wanted)
        ).limit(5)))  # fmt: skip
        ids |= set(db.scalars(select(AliasRow.story).where(
            AliasRow.tenant == tenant, _begins(AliasRow.alias, wanted)
        ).limit(5)))  # fmt: skip
    return db.get_one(StoryRow, (tenant, _only(ids, name, "story", "clew story list --all")))


def find_session(db: Session, tenant: str, name: str) -> SessionRow:
    """Return the row that `name` leads to. Raises `StoryUnknown`, also where several begin like that."""
    row = db.get(SessionRow, (tenant, name))
    if row is not None:
        return row
    beginning = SessionRow.key.startswith(name, autoescape=True)
    keys = set(db.scalars(select(SessionRow.key).where(SessionRow.tenant == tenant, beginning).limit(5)))
    return db.get_one(SessionRow, (tenant, _only(keys if name else set(), name, "session", "clew session list")))


def waits(row: type[SessionRow] = SessionRow) -> ColumnElement[bool]:
    """Return whether a session waits for judgement; one of which observations are gone does not."""
    return and_(row.revision > row.judged, row.expired < GOING)


def waiting_sessions(db: Session, tenant: str, limit: int) -> list[SessionRecord]:
    """Return the first sessions that wait and were not given up, in an order that does not depend on their arrival."""
    rows = db.scalars(
        select(SessionRow)
        .where(SessionRow.tenant == tenant, waits(), SessionRow.tries < MOST_TRIES)
        .order_by(SessionRow.first_ns.is_(None), SessionRow.first_ns, SessionRow.key)
        .limit(limit)
    )
    return [session_record(row) for row in rows]


def linked_sessions(db: Session, sessions: Sequence[SessionRecord]) -> list[tuple[SessionRecord, ...]]:
    """Return sessions of one tenant, each with all that hand-overs link to it."""
    if not sessions:
        return []
    tenant = sessions[0].tenant
    near: dict[str, set[str]] = defaultdict(set)
    known, new = set[str](), {one.key for one in sessions}
    while new and len(known) < MOST_LINKED:
        known |= new
        for column in (HandoverRow.to_session, HandoverRow.from_session):
            for row in rows_of(db, HandoverRow, column, tenant, new):
                near[row.to_session].add(row.from_session)
                near[row.from_session].add(row.to_session)
        new = set(sorted(set(near) - known)[: MOST_LINKED - len(known)])
    records = {one.key: one for one in sessions}
    missing = known - set(records)
    records |= {row.key: session_record(row) for row in rows_of(db, SessionRow, SessionRow.key, tenant, missing)}
    found, passed = [], set[str]()
    for one in sessions:
        if one.key not in passed:
            group = _reached(one.key, near)
            passed.update(group)
            found.append(tuple(records[key] for key in group if key in records))
    return found


def kept_rows(
    db: Session, tenant: str, keys: Collection[str], accounts: Collection[str], without: Collection[str]
) -> list[Kept]:
    """Return what runs have stored, the earliest of each part of the keys."""
    found: list[Kept] = []
    left = iter(sorted(keys))
    while some := list(islice(left, _AT_ONCE)):
        asked = {"tenant": tenant, "keys": some, "without": list(without), "accounts": list(accounts)}
        found += map(kept_of, db.scalars(_KEPT, asked))
    return found


def stored_keys(db: Session, tenant: str, keys: Collection[str]) -> set[str]:
    """Return those of the keys under which any run has stored something."""
    found, left = set[str](), iter(sorted(keys))
    while some := list(islice(left, _AT_ONCE)):
        found.update(db.scalars(select(KeptRow.key).distinct().where(KeptRow.tenant == tenant, KeptRow.key.in_(some))))
    return found


def _reached(key: str, near: Mapping[str, set[str]]) -> list[str]:
    found = [key]
    for one in found:
        found += sorted(near.get(one, set()) - set(found))
    return found


def _begins(column: InstrumentedAttribute[str], wanted: str) -> ColumnElement[bool]:
    return or_(column.startswith(wanted, autoescape=True), column.startswith(_VERSION + wanted, autoescape=True))


def _only(found: set[str], name: str, what: str, where: str) -> str:
    if not found:
        raise StoryUnknown(f"There is no {what} {name[:80]!r}; `{where}` shows what there is.")
    if len(found) > 1:
        raise StoryUnknown(f"Several begin with {name[:80]!r}: {', '.join(sorted(found))}. Give more of the id.")
    return found.pop()
