"""Alerts of other products and the open stories that they fall on, whichever came first."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import cast

from sqlalchemy import and_, delete, func, insert, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from correlator.absorb import EARLIER_NS, LATER_NS, Hook, Kind, Mark, chosen, marks, shown
from correlator.casebook.records import AlertRecord
from correlator.casebook.rows import rows_of
from correlator.casebook.tables import AlertRow, HookRow, MarkRow
from correlator.story import AlertShown
from graph.fold import event_time
from sensor.event import AlertReceived

SHOWN = 50
"""Alerts that a story lists; how many there are in all it says."""
_LOOKED_AT = 5_000
"""Alerts that are looked at when the marks of stories change: one host may be in very many."""
_OF_THE_RUN: tuple[Kind, ...] = ("call", "conversation", "trace")


def note_alerts(db: Session, tenant: str, alerts: Iterable[AlertReceived]) -> set[str]:
    """Keep alerts and return the stories that list more of them than before."""
    given = {alert.entity: alert for alert in alerts}
    known = {row.id for row in rows_of(db, AlertRow, AlertRow.id, tenant, given)}
    rows = []
    for name, alert in given.items():
        if name not in known:
            rows.append(AlertRow(
                tenant=tenant, id=name, at_ns=event_time(alert), level=alert.level, json=alert.content
            ))  # fmt: skip
            db.add_all(MarkRow(tenant=tenant, mark=str(mark), alert=name) for mark in marks(alert))
    db.add_all(rows)
    db.flush()
    return _assign(db, tenant, rows)


def rehook(db: Session, tenant: str, hooks: Mapping[str, Sequence[Hook]]) -> set[str]:
    """Give stories their hooks, none to one that is told no more, and return the stories whose alerts have changed."""
    held: dict[str, set[Hook]] = defaultdict(set)
    for row in rows_of(db, HookRow, HookRow.story, tenant, hooks):
        held[row.story].add(_hook(row))
    wanted = {story: _once(found) for story, found in hooks.items()}
    new = {(story, hook) for story, found in wanted.items() for hook in found - held[story]}
    gone = {(story, hook) for story in hooks for hook in held[story] - wanted[story]}
    if not new and not gone:
        return set()
    for story, hook in gone:
        here = and_(HookRow.tenant == tenant, HookRow.story == story)
        db.execute(delete(HookRow).where(here, HookRow.mark == str(hook.mark), HookRow.step == hook.step))
    rows = [
        {
            "tenant": tenant,
            "mark": str(hook.mark),
            "story": story,
            "step": hook.step,
            "at_ns": hook.at_ns,
            "session": hook.session,
        }
        for story, hook in new
    ]
    if rows:
        db.execute(insert(HookRow), rows)
    return _assign(db, tenant, _concerned(db, tenant, [hook for _, hook in (*new, *gone)]))


def alerts_of(db: Session, tenant: str, stories: Collection[str]) -> dict[str, tuple[tuple[AlertShown, ...], int]]:
    """Return story → the first alerts that fell on it, and how many there are; stories without any are left out."""
    here = and_(AlertRow.tenant == tenant, AlertRow.story.in_(stories))
    counts = db.execute(select(AlertRow.story, func.count()).where(here).group_by(AlertRow.story)).all()
    return {story: (_first_alerts(db, tenant, story), count) for story, count in counts if story is not None}


def _first_alerts(db: Session, tenant: str, story: str) -> tuple[AlertShown, ...]:
    rows = (
        select(AlertRow)
        .where(AlertRow.tenant == tenant, AlertRow.story == story)
        .order_by(AlertRow.at_ns.is_(None), AlertRow.at_ns, AlertRow.id)
        .limit(SHOWN)
    )
    return tuple(
        shown(AlertReceived.model_validate_json(row.json), cast("Kind", row.link), row.step or 0, row.session)
        for row in db.scalars(rows)
    )


def each_alert(db: Session, tenant: str) -> Iterator[AlertRecord]:
    """Yield all alerts, earliest first; those without a time come last."""
    rows = (
        select(AlertRow)
        .where(AlertRow.tenant == tenant)
        .order_by(AlertRow.at_ns.is_(None), AlertRow.at_ns, AlertRow.id)
    )
    for row in db.scalars(rows.execution_options(yield_per=500)):
        yield AlertRecord(AlertReceived.model_validate_json(row.json), row.story)


def _assign(db: Session, tenant: str, alerts: Sequence[AlertRow]) -> set[str]:
    """Give each alert to the story that it falls on now, and return the stories that won or lost one."""
    of_alert: dict[str, list[str]] = defaultdict(list)
    for marked in rows_of(db, MarkRow, MarkRow.alert, tenant, [alert.id for alert in alerts]):
        of_alert[marked.alert].append(marked.mark)
    by_mark: dict[str, list[tuple[str, Hook]]] = defaultdict(list)
    for hooked in rows_of(db, HookRow, HookRow.mark, tenant, {mark for found in of_alert.values() for mark in found}):
        by_mark[hooked.mark].append((hooked.story, _hook(hooked)))
    changed = set()
    for row in alerts:
        found = [pair for mark in of_alert[row.id] for pair in by_mark[mark]]
        choice = chosen(AlertReceived.model_validate_json(row.json), found) if found else None
        now = (choice[0], choice[1].mark.kind, choice[1].step, choice[1].session) if choice else (None,) * 4
        if now != (row.story, row.link, row.step, row.session):
            changed |= {name for name in (now[0], row.story) if name}
            row.story, row.link, row.step, row.session = now
    return changed


def _concerned(db: Session, tenant: str, hooks: Sequence[Hook]) -> list[AlertRow]:
    """Return the alerts that have the mark of one of these hooks, and a time near to it where the mark is a value."""
    found: dict[str, AlertRow] = {}
    names = sorted({str(hook.mark) for hook in hooks})
    times = [hook.at_ns for hook in hooks if hook.at_ns is not None]
    then: ColumnElement[bool] = AlertRow.at_ns.is_(None)
    if times:
        then = or_(then, AlertRow.at_ns.between(min(times) - EARLIER_NS, max(times) + LATER_NS))
    of_the_run = or_(*(MarkRow.mark.startswith(f"{kind} ") for kind in _OF_THE_RUN))
    untimed = [str(hook.mark) for hook in hooks if hook.at_ns is None]
    for some in (names[at : at + 500] for at in range(0, len(names), 500)):
        rows = db.scalars(
            select(AlertRow)
            .join(MarkRow, and_(MarkRow.tenant == AlertRow.tenant, MarkRow.alert == AlertRow.id))
            .where(AlertRow.tenant == tenant, MarkRow.mark.in_(some))
            .where(or_(then, of_the_run, MarkRow.mark.in_(untimed[:500])))
            .order_by(AlertRow.at_ns, AlertRow.id)
            .limit(_LOOKED_AT)
        )
        found.update((row.id, row) for row in rows)
    return list(found.values())


def _once(hooks: Iterable[Hook]) -> set[Hook]:
    """Return hooks as they are kept: one for each mark and step, the earliest."""
    found: dict[tuple[str, int], Hook] = {}
    for hook in hooks:
        found.setdefault((str(hook.mark), hook.step), hook)
    return set(found.values())


def _hook(row: HookRow) -> Hook:
    kind, _, key = row.mark.partition(" ")
    return Hook(Mark(cast("Kind", kind), key), row.step, row.at_ns, row.session)
