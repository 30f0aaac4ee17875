"""Who judges what: sessions are claimed for a time, with all that hand-overs link to them, and given up after many tries.

A claim is a number that grows with each. Who saves names the number under which he read (`keep`), so that one who slept past his
claim saves nothing. Times are nanoseconds of the caller's clock.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import and_, exists, select, update
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.elements import ColumnElement

from correlator.casebook.find import MOST_TRIES, linked_sessions, waits
from correlator.casebook.lessons import EPOCH_NS, LATER_NS
from correlator.casebook.records import DeadRecord, SessionRecord
from correlator.casebook.rows import session_record
from correlator.casebook.tables import DeadRow, SessionRow

JUDGE = "judge"
"""Name of the task."""
_SUSPECT = 2
"""Claims without a judgement from which on a session is claimed by itself."""
_PAGES = 20
"""Pages of sessions that are looked at for some that can be claimed."""
BACKOFF_NS = 10**9
"""Until a session is tried again that failed; twice as long each time."""
DIED = f"Whoever judged it did not come to an end, {MOST_TRIES} times."


def claim(db: Session, tenant: str, now_ns: int, lease_ns: int, limit: int) -> list[tuple[SessionRecord, ...]]:
    """Claim sessions that wait, the one that is due first at the head, and return them with all that is linked to each.

    None is given of which an earlier hour of the same workload may still teach: its sessions are judged first. One of which judges
    have died is given by itself, so that it brings no others into disrepute: when there are no others, and now and then.
    """
    free = select(SessionRow).where(SessionRow.tenant == tenant, waits(), _is_free(now_ns), ~_taught_by_others())
    found: list[tuple[SessionRecord, ...]] = []
    order = (SessionRow.due_ns, SessionRow.key)
    now_and_then = now_ns // 10**6 % 8 == 0
    for alone in (True, False) if now_and_then else (False, True):
        some = free.where(SessionRow.tries >= _SUSPECT if alone else SessionRow.tries < _SUSPECT).order_by(*order)
        passed = set[str]()
        for _ in range(_PAGES):
            page = some.where(SessionRow.key.not_in(passed)).limit(1 if alone else limit)
            rows = db.scalars(page.with_for_update(skip_locked=True)).all()
            found = _claimed(db, tenant, rows, now_ns, lease_ns)
            if found or not rows:
                break
            passed |= {row.key for row in rows}  # all of them hang on what somebody else has
        if found:
            break
    db.flush()
    return found


def _claimed(
    db: Session, tenant: str, rows: Sequence[SessionRow], now_ns: int, lease_ns: int
) -> list[tuple[SessionRecord, ...]]:
    """Claim sessions with what is linked to each, but for what was given up, where nobody else has any of it."""
    groups = linked_sessions(db, [session_record(row) for row in rows])
    here = (SessionRow.tenant == tenant, SessionRow.key.in_([one.key for linked in groups for one in linked]))
    alive = set(db.scalars(select(SessionRow.key).where(*here, SessionRow.tries < MOST_TRIES)))
    free = select(SessionRow).where(SessionRow.tenant == tenant, SessionRow.key.in_(alive), _is_free(now_ns))
    locked = free.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    held = {row.key: row for row in db.scalars(locked)}
    found = []
    for linked in groups:
        mine = {one.key for one in linked} & alive
        if not mine <= held.keys():
            continue
        for key in mine:
            row = held[key]
            row.claim += 1
            row.claimed_until_ns = now_ns + lease_ns
            row.tries += 1
        found.append(tuple(session_record(held[one.key]) for one in linked if one.key in mine))
    return found


def release(db: Session, sessions: Iterable[SessionRecord], now_ns: int, reason: str | None) -> None:
    """Let go of claimed sessions; with a reason they failed, are tried again later, or given up."""
    for session in sorted(sessions, key=lambda one: one.key):  # as others lock them
        row = db.get(SessionRow, (session.tenant, session.key), with_for_update=True)
        if row is None or row.claim != session.claim:
            continue
        if reason is None:
            row.claimed_until_ns, row.tries = 0, row.tries - 1
        elif row.tries >= MOST_TRIES:
            _give_up(db, row, reason, now_ns)
        else:
            row.claimed_until_ns = now_ns + BACKOFF_NS * 2**row.tries


def give_up(db: Session, now_ns: int) -> int:
    """Give up the sessions whose judges died again and again; return how many there are."""
    hopeless = select(SessionRow).where(waits(), SessionRow.tries >= MOST_TRIES)
    died = db.scalars(hopeless.where(SessionRow.claimed_until_ns <= now_ns).with_for_update(skip_locked=True)).all()
    new = [row for row in died if db.get(DeadRow, (row.tenant, JUDGE, row.key)) is None]
    for row in new:
        _give_up(db, row, DIED, now_ns)
    return len(new)


def dead(db: Session, tenant: str) -> list[DeadRecord]:
    """Return what was given up, the latest first."""
    rows = db.scalars(select(DeadRow).where(DeadRow.tenant == tenant).order_by(DeadRow.at_ns.desc(), DeadRow.key))
    return [DeadRecord(row.tenant, row.task, row.key, row.reason, row.at_ns) for row in rows]


def retry(db: Session, tenant: str, keys: Sequence[str]) -> list[str]:
    """Have sessions tried again that were given up; return which there were."""
    rows = db.scalars(select(DeadRow).where(DeadRow.tenant == tenant, DeadRow.key.in_(keys))).all()
    for row in rows:
        db.delete(row)
    found = sorted(row.key for row in rows)
    again = and_(SessionRow.tenant == tenant, SessionRow.key.in_(found))
    db.execute(update(SessionRow).where(again).values(tries=0, claimed_until_ns=0))
    return found


def tenants_waiting(db: Session, now_ns: int) -> list[str]:
    """Return whose sessions wait and could be claimed."""
    return list(db.scalars(select(SessionRow.tenant).where(waits(), _is_free(now_ns)).distinct()))


def tenants_overdue(db: Session, now_ns: int, due_ns: int) -> list[str]:
    """Return whose sessions were due before a time, nobody has tried since, and of whom nobody has claimed anything else."""
    untouched = and_(SessionRow.due_ns < due_ns, SessionRow.tries == 0)
    chosen = select(SessionRow.tenant).where(waits(), _is_free(now_ns), untouched).distinct()
    busy = set(db.scalars(select(SessionRow.tenant).where(SessionRow.claimed_until_ns > now_ns).distinct()))
    return [tenant for tenant in db.scalars(chosen) if tenant not in busy]


def _give_up(db: Session, row: SessionRow, reason: str, now_ns: int) -> None:
    db.merge(DeadRow(tenant=row.tenant, task=JUDGE, key=row.key, reason=reason[:2_000], at_ns=now_ns))


def _is_free(now_ns: int) -> ColumnElement[bool]:
    return and_(SessionRow.claimed_until_ns <= now_ns, SessionRow.tries < MOST_TRIES)


def _taught_by_others() -> ColumnElement[bool]:
    """Return whether a session of the same workload waits, and is not given up, that ended before the hour of this one.

    One that is due much later holds up nothing: what it then teaches has those judged again that it concerns.
    """
    other = aliased(SessionRow)
    # SQL rounds towards zero; times before 1970 are hostile, and have an hour all the same.
    into_hour = (SessionRow.first_ns % EPOCH_NS + EPOCH_NS) % EPOCH_NS
    return exists().where(
        other.tenant == SessionRow.tenant,
        other.workload == SessionRow.workload,
        other.key != SessionRow.key,
        waits(other),
        other.due_ns <= SessionRow.due_ns + LATER_NS // 2,
        other.tries < MOST_TRIES,
        other.last_ns < SessionRow.first_ns - into_hour,
    )
