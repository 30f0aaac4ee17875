"""What is too old: sessions of which nothing has arrived for long, with all that is linked to them, and alerts without a story."""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, delete, exists, not_, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from correlator.casebook.find import MOST_TRIES, linked_sessions, waits
from correlator.casebook.records import SessionRecord
from correlator.casebook.rows import rows_of, session_record
from correlator.casebook.tables import AlertRow, HookRow, KeptRow, MarkRow, ReadRow, SessionRow, StoryRow

GOING, GONE = 1, 2
"""Values of `SessionRow.expired`."""
_PAGE = 200
Place = tuple[int, str]
"""Time of arrival and key."""
FIRST: Place = (-1, "")


def old_sessions(
    db: Session, tenant: str, before_ns: int, now_ns: int, after: Place
) -> tuple[list[tuple[SessionRecord, ...]], Place | None]:
    """Return sessions of which nothing arrived since a time, each with all that is linked to it, and where to go on.

    One is left out, with what is linked to it, while any of these is younger, waits for judgement, or stored what a younger session
    has read: the stories of that one rest on it.
    """
    place = tuple_(SessionRow.arrived_ns, SessionRow.key)
    page = select(SessionRow).where(SessionRow.tenant == tenant, SessionRow.arrived_ns < before_ns, place > after)
    rows = db.scalars(page.order_by(SessionRow.arrived_ns, SessionRow.key).limit(_PAGE)).all()
    if not rows:
        return [], None
    groups = linked_sessions(db, [session_record(row) for row in rows])
    keys = {one.key for linked in groups for one in linked}
    here = and_(SessionRow.tenant == tenant, SessionRow.key.in_(keys))
    at_rest = or_(not_(waits()), SessionRow.tries >= MOST_TRIES)
    old = and_(
        SessionRow.arrived_ns < before_ns, SessionRow.claimed_until_ns <= now_ns, at_rest, SessionRow.expired < GONE
    )
    ready = set(db.scalars(select(SessionRow.key).where(here, old))) - _still_read(db, tenant, keys, before_ns)
    last = rows[-1]
    return [linked for linked in groups if {one.key for one in linked} <= ready], (last.arrived_ns, last.key)


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


def begin(db: Session, sessions: Sequence[SessionRecord], evidence: str) -> bool:
    """Mark sessions as expiring and their stories as resting on `evidence`; do nothing where they changed since they were read.

    From now on they wait for nothing, so nobody takes back a story whose evidence is gone.
    """
    tenant, held = sessions[0].tenant, {one.key: one for one in sessions}
    rows = list(rows_of(db, SessionRow, SessionRow.key, tenant, held, locked=True))
    if any((row.revision, row.claim) != (held[row.key].revision, held[row.key].claim) for row in rows):
        return False
    for row in rows:
        row.expired = GOING
    stories = list(rows_of(db, StoryRow, StoryRow.session, tenant, held))
    for story in stories:
        story.evidence = story.evidence or evidence
    for table, column, values in (
        (KeptRow, KeptRow.session, list(held)),
        (ReadRow, ReadRow.session, list(held)),
        (HookRow, HookRow.story, [story.id for story in stories]),
    ):
        db.execute(delete(table).where(table.tenant == tenant, column.in_(values)))
    return True


def end(db: Session, sessions: Sequence[SessionRecord]) -> None:
    """Mark sessions as expired, but for those of which something has arrived meanwhile."""
    here = and_(SessionRow.tenant == sessions[0].tenant, SessionRow.key.in_([one.key for one in sessions]))
    db.execute(update(SessionRow).where(here, SessionRow.expired == GOING).values(expired=GONE))


def alerts(db: Session, tenant: str, before_ns: int) -> int:
    """Remove the alerts of before a time that fell on no story, with their marks; return how many there were."""
    old = and_(AlertRow.tenant == tenant, AlertRow.at_ns < before_ns, AlertRow.story.is_(None))
    db.execute(delete(MarkRow).where(MarkRow.tenant == tenant, MarkRow.alert.in_(select(AlertRow.id).where(old))))
    gone = db.scalars(delete(AlertRow).where(old).returning(AlertRow.id)).all()
    return len(gone)
