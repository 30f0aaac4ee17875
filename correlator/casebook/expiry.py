"""What is too old: sessions of which nothing has arrived for long, with all that is linked to them, and alerts without a story."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import and_, delete, exists, func, not_, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from correlator.casebook.claims import JUDGE
from correlator.casebook.find import waits
from correlator.casebook.records import SessionRecord
from correlator.casebook.rows import rows_of, session_record
from correlator.casebook.tables import (
    GOING,
    GONE,
    MARKED,
    AlertRow,
    DeadRow,
    HandoverRow,
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
AT_ONCE = 300
"""Sessions that are removed, and pinned by one digest, together; a run of more goes in parts."""
Place = tuple[int, str]
"""Time of arrival and key."""
FIRST: Place = (-1, "")


def old_sessions(db: Session, tenant: str, before_ns: int, after: Place, now_ns: int) -> list[Place]:
    """Return the next sessions, by time of arrival and key, of which nothing arrived since a time and that have not expired yet.

    Those that were marked a moment ago are left for later.
    """
    place = tuple_(SessionRow.arrived_ns, SessionRow.key)
    settling = and_(SessionRow.expired == MARKED, SessionRow.expires_ns > now_ns)
    old = and_(
        SessionRow.tenant == tenant, SessionRow.arrived_ns < before_ns, SessionRow.expired < GONE, not_(settling)
    )
    page = select(SessionRow.arrived_ns, SessionRow.key).where(old, place > after)
    return [(row[0], row[1]) for row in db.execute(page.order_by(SessionRow.arrived_ns, SessionRow.key).limit(_PAGE))]


def run_of(
    db: Session, tenant: str, key: str, before_ns: int, now_ns: int, staying: Collection[str]
) -> tuple[list[str], bool]:
    """Return the sessions that hand-overs link to one, sorted, and whether all of them may go now.

    They may not while any is younger, waits for a judgement that was not given up, or stored what a younger session has read, whose
    stories rest on it. Where one may not, or is `staying`, those behind it are not looked at.
    """
    known, new = set[str](), {key}
    while new:
        known |= new
        if not new.isdisjoint(staying) or not _may_go(db, tenant, new, before_ns, now_ns):
            return sorted(known), False
        new = _neighbours(db, tenant, new) - known
    return sorted(known), True


def sessions_of(db: Session, tenant: str, keys: Collection[str], now_ns: int) -> tuple[SessionRecord, ...]:
    """Return those of the sessions that are known and have not expired yet; none where all were marked a moment ago."""
    rows = [row for row in rows_of(db, SessionRow, SessionRow.key, tenant, keys) if row.expired < GONE]
    settling = all(row.expired == MARKED and row.expires_ns > now_ns for row in rows)
    return () if settling else tuple(map(session_record, rows))


def _may_go(db: Session, tenant: str, keys: Collection[str], before_ns: int, now_ns: int) -> bool:
    given_up = exists().where(DeadRow.tenant == SessionRow.tenant, DeadRow.key == SessionRow.key)
    goes = and_(SessionRow.arrived_ns < before_ns, SessionRow.claimed_until_ns <= now_ns, or_(not_(waits()), given_up))
    for some in parts(keys, _PAGE):
        here = and_(SessionRow.tenant == tenant, SessionRow.key.in_(some))
        if db.scalar(select(SessionRow.key).where(here, not_(goes)).limit(1)) is not None:
            return False
        if _still_read(db, tenant, some, before_ns):
            return False
    return True


def _neighbours(db: Session, tenant: str, keys: Collection[str]) -> set[str]:
    found = set[str]()
    for column in (HandoverRow.to_session, HandoverRow.from_session):
        for row in rows_of(db, HandoverRow, column, tenant, keys):
            found |= {row.to_session, row.from_session}
    return found


def parts(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield keys, so many at a time."""
    left = iter(keys)
    while some := list(islice(left, size)):
        yield some


def _still_read(db: Session, tenant: str, keys: Collection[str], before_ns: int) -> bool:
    """Return whether one of the sessions stored, or brought, what a younger one has read."""
    reader = aliased(SessionRow)
    read = exists().where(
        ReadRow.tenant == tenant, ReadRow.key == KeptRow.key, ReadRow.session == reader.key, ReadRow.session != KeptRow.session,
        reader.tenant == tenant, reader.arrived_ns >= before_ns,
    )  # fmt: skip
    columns = (KeptRow.session, KeptRow.source_session, KeptRow.writer_session)
    asked = (select(column).where(KeptRow.tenant == tenant, column.in_(keys), read).limit(1) for column in columns)
    return any(db.scalar(one) is not None for one in asked)


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
    what they have stored or read is forgotten, and that they were given up.
    """
    rows = _unchanged(db, sessions)
    if not rows or any((row.expired, row.evidence) != (MARKED, evidence) or row.expires_ns > now_ns for row in rows):
        return False
    if any(row.revision > row.judged and db.get(DeadRow, (row.tenant, JUDGE, row.key)) is None for row in rows):
        return False  # somebody has asked for another try
    for row in rows:
        row.expired, row.tries, row.claimed_until_ns = GOING, 0, 0
    tenant, keys = rows[0].tenant, [row.key for row in rows]
    stories = list(rows_of(db, StoryRow, StoryRow.session, tenant, keys))
    for story in stories:
        story.evidence = " ".join(dict.fromkeys((*story.evidence.split(), evidence)))
    for table, column, values in (
        (KeptRow, KeptRow.session, keys),
        (ReadRow, ReadRow.session, keys),
        (HookRow, HookRow.story, [story.id for story in stories]),
        (DeadRow, DeadRow.key, keys),
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


def there(db: Session, tenant: str, keys: Collection[str]) -> set[str]:
    """Return which of these sessions have not expired."""
    return {row.key for row in rows_of(db, SessionRow, SessionRow.key, tenant, keys) if row.expired < GONE}


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
