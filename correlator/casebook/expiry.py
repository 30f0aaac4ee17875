"""What is too old: sessions of which nothing has arrived for long, with all that is linked to them, and alerts without a story."""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, delete, exists, func, not_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from correlator.casebook.find import MOST_LINKED, linked_sessions, waits
from correlator.casebook.records import SessionRecord
from correlator.casebook.rows import rows_of, session_record
from correlator.casebook.tables import (
    GOING,
    GONE,
    MARKED,
    AlertRow,
    HookRow,
    KeptRow,
    MarkRow,
    OutboxRow,
    ReadRow,
    SessionRow,
    StoryRow,
)

SETTLE_NS = 600 * 10**9
"""Who appends marks the session behind it: so long it may take him before something is removed that has just arrived."""
_PAGE = 200
Place = tuple[int, str]
"""Time of arrival and key."""
FIRST: Place = (-1, "")


def old_sessions(db: Session, tenant: str, before_ns: int, after: Place) -> list[Place]:
    """Return the next sessions, by time of arrival and key, of which nothing arrived since a time and that have not expired yet."""
    place = tuple_(SessionRow.arrived_ns, SessionRow.key)
    old = and_(SessionRow.tenant == tenant, SessionRow.arrived_ns < before_ns, SessionRow.expired < GONE)
    page = select(SessionRow.arrived_ns, SessionRow.key).where(old, place > after)
    return [(row[0], row[1]) for row in db.execute(page.order_by(SessionRow.arrived_ns, SessionRow.key).limit(_PAGE))]


def expiring(db: Session, tenant: str, key: str, before_ns: int, now_ns: int) -> tuple[SessionRecord, ...]:
    """Return a session with all that is linked to it, if all of it may go now; else nothing.

    It may not while any of it is younger, waits for judgement, or stored what a younger session has read, whose stories rest on it.
    Nor where so many are linked that they are not all looked at.
    """
    row = db.get(SessionRow, (tenant, key))
    if row is None:
        return ()
    (linked,) = linked_sessions(db, [session_record(row)])
    keys = {one.key for one in linked}
    here = and_(SessionRow.tenant == tenant, SessionRow.key.in_(keys))
    old = and_(SessionRow.arrived_ns < before_ns, SessionRow.claimed_until_ns <= now_ns, not_(waits()))
    ready = set(db.scalars(select(SessionRow.key).where(here, old))) - _still_read(db, tenant, keys, before_ns)
    return linked if keys <= ready and len(keys) < MOST_LINKED else ()


def _still_read(db: Session, tenant: str, keys: Collection[str], before_ns: int) -> set[str]:
    """Return the sessions that stored, or brought, what a younger one has read."""
    reader = aliased(SessionRow)
    read = exists().where(
        ReadRow.tenant == tenant, ReadRow.key == KeptRow.key, ReadRow.session == reader.key, ReadRow.session != KeptRow.session,
        reader.tenant == tenant, reader.arrived_ns >= before_ns,
    )  # fmt: skip
    found = set[str]()
    for column in (KeptRow.session, KeptRow.source_session, KeptRow.writer_session):
        found.update(db.scalars(select(column).where(KeptRow.tenant == tenant, column.in_(keys), read)))
    return found


def mark(db: Session, sessions: Sequence[SessionRecord], evidence: str, now_ns: int) -> None:
    """Mark sessions, of which that is the evidence, as such that may be removed after `SETTLE_NS`, if nothing arrives until then.

    Nothing happens where they have changed since they were read. Where somebody died while he removed them, it begins anew.
    """
    for row in _unchanged(db, sessions):
        if (row.expired, row.evidence) != (MARKED, evidence):
            row.expired, row.evidence, row.expires_ns = MARKED, evidence, now_ns + SETTLE_NS


def settled(db: Session, sessions: Sequence[SessionRecord], evidence: str, now_ns: int) -> bool:
    """Return whether sessions were marked so long ago that what was appended before is noted by now, and are still the same.

    Then they wait for nothing any more, so that nobody takes back a story whose evidence is gone; their stories rest on that, and
    what they have stored or read is forgotten.
    """
    rows = _unchanged(db, sessions)
    if not rows or any((row.expired, row.evidence) != (MARKED, evidence) or row.expires_ns > now_ns for row in rows):
        return False
    for row in rows:
        row.expired = GOING
    tenant, keys = rows[0].tenant, [row.key for row in rows]
    stories = list(rows_of(db, StoryRow, StoryRow.session, tenant, keys))
    for story in stories:
        story.evidence = " ".join(dict.fromkeys((*story.evidence.split(), evidence)))
    for table, column, values in (
        (KeptRow, KeptRow.session, keys),
        (ReadRow, ReadRow.session, keys),
        (HookRow, HookRow.story, [story.id for story in stories]),
    ):
        db.execute(delete(table).where(table.tenant == tenant, column.in_(values)))
    return True


def end(db: Session, sessions: Sequence[SessionRecord]) -> None:
    """Mark sessions as expired, but for those of which something has arrived meanwhile."""
    here = and_(SessionRow.tenant == sessions[0].tenant, SessionRow.key.in_([one.key for one in sessions]))
    db.execute(update(SessionRow).where(here, SessionRow.expired == GOING).values(expired=GONE))


def _unchanged(db: Session, sessions: Sequence[SessionRecord]) -> list[SessionRow]:
    """Return the rows of sessions, locked; none where one has changed since it was read."""
    held = {one.key: one for one in sessions}
    rows = list(rows_of(db, SessionRow, SessionRow.key, sessions[0].tenant, held, locked=True))
    changed = any((row.revision, row.claim) != (held[row.key].revision, held[row.key].claim) for row in rows)
    return [] if changed else rows


def living_since(db: Session, tenant: str) -> int | None:
    """Return the earliest time of a session that has not expired, `None` where there is none with a time."""
    found: int | None = db.scalar(
        select(func.min(SessionRow.first_ns)).where(SessionRow.tenant == tenant, SessionRow.expired < GONE)
    )
    return found


def alerts(db: Session, tenant: str, before_ns: int) -> int:
    """Remove the alerts of before a time that fell on no story, with their marks; return how many there were."""
    old = and_(AlertRow.tenant == tenant, AlertRow.at_ns < before_ns, AlertRow.story.is_(None))
    db.execute(delete(MarkRow).where(MarkRow.tenant == tenant, MarkRow.alert.in_(select(AlertRow.id).where(old))))
    gone = db.scalars(delete(AlertRow).where(old).returning(AlertRow.id)).all()
    return len(gone)


def outbox(db: Session, tenant: str, before_ns: int) -> int:
    """Remove changes of before a time; return how many there were."""
    # Numbers grow with time, and are what the table is ordered by.
    here = (OutboxRow.tenant == tenant, OutboxRow.at_ns < before_ns)
    last = db.scalar(select(func.max(OutboxRow.number)).where(*here))
    if last is None:
        return 0
    there = db.scalar(
        select(func.count()).select_from(OutboxRow).where(OutboxRow.tenant == tenant, OutboxRow.number <= last)
    )
    db.execute(delete(OutboxRow).where(OutboxRow.tenant == tenant, OutboxRow.number <= last))
    return there or 0
