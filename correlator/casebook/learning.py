"""Which sessions teach, and the epoch that a session is judged against.

A session teaches once: it has one lesson, and that counts when it is closed (it said so, or no event came for the idle
time) and either its judgement is clean or every open story of it got the verdict `benign`. All of this is computed from
what is stored, so that nothing depends on when it was asked.

The workload is the tenant and the label given as the setting `workload`. The set of tools and the system prompt are not
part of it yet: with few sessions, each change of a prompt would begin from nothing.

Sessions of a known time are taught by those that closed before the hour in which they began. Sessions without times
have no place in event time: they teach no session that has one, and are taught by those sessions of earlier ingests
that said they were over.
"""

import json
from collections import Counter
from collections.abc import Iterable

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.elements import ColumnElement

from correlator.baseline import MIN_SESSIONS, Epoch
from correlator.casebook.book import Casebook
from correlator.casebook.lessons import EPOCH_SESSIONS, MINUTE_NS, read_lesson, watermark
from correlator.casebook.records import BaselineSummary, SessionRecord, Teaching
from correlator.casebook.tables import LessonRow, SessionRow, StoryRow, VerdictRow

Moment = tuple[str, str, int | None, int | None]
"""Tenant, workload, and the watermark: in event time, or else the ingest before which sessions count."""


def moment_of(session: SessionRecord) -> Moment:
    """Return what decides which epoch a session is judged against; equal moments have equal epochs."""
    if session.first_ns is None:
        return (session.tenant, session.workload, None, session.seen)
    return (session.tenant, session.workload, watermark(session.first_ns), None)


def epoch(casebook: Casebook, moment: Moment, *, idle_minutes: int) -> Epoch:
    """Return what was normal at a moment. Raises `CasebookInvalid`."""
    tenant, workload, before_ns, ingest = moment
    with casebook.reading() as db:
        rows = db.scalars(
            select(LessonRow.json)
            .join(SessionRow, and_(SessionRow.tenant == LessonRow.tenant, SessionRow.key == LessonRow.session))
            .where(
                SessionRow.tenant == tenant,
                SessionRow.workload == workload,
                _may_teach(),
                _closed_before(before_ns, idle_minutes)
                if before_ns is not None
                else and_(SessionRow.ended, SessionRow.seen < ingest),
            )
            .order_by(SessionRow.last_ns.desc(), SessionRow.key)
            .limit(EPOCH_SESSIONS)
        )
        return Epoch(tuple(read_lesson(row) for row in rows), _excused(db, tenant, workload))


def teachings(casebook: Casebook, tenant: str, *, idle_minutes: int) -> dict[str, Teaching]:
    """Return for each session whether it is closed, as of the latest event of the tenant, and whether it teaches."""
    with casebook.reading() as db:
        rows = db.execute(
            select(SessionRow.key, SessionRow.ended, SessionRow.last_ns, _may_teach()).where(
                SessionRow.tenant == tenant
            )
        ).all()
    now = max((last for _, _, last, _ in rows if last is not None), default=0)
    found = {}
    for key, ended, last, may in rows:
        closed = ended or (last is not None and last + idle_minutes * MINUTE_NS <= now)
        found[key] = Teaching(closed=closed, taught=closed and may)
    return found


def summary(casebook: Casebook, tenant: str, workload: str, *, idle_minutes: int) -> BaselineSummary:
    """Return what a session that begins after all others would be judged against."""
    taught = teachings(casebook, tenant, idle_minutes=idle_minutes)
    with casebook.reading() as db:
        rows = list(db.execute(
            select(LessonRow.session, LessonRow.json)
            .join(SessionRow, and_(SessionRow.tenant == LessonRow.tenant, SessionRow.key == LessonRow.session))
            .where(SessionRow.tenant == tenant, SessionRow.workload == workload)
            .order_by(SessionRow.last_ns.desc(), SessionRow.key)
        ))  # fmt: skip
        excused = _excused(db, tenant, workload)
    lessons = tuple(read_lesson(text) for key, text in rows if taught[key].taught)[:EPOCH_SESSIONS]
    made = Epoch(lessons, excused)
    return BaselineSummary(
        workload=workload,
        sessions=len(rows),
        teaching=len(lessons),
        needed=MIN_SESSIONS,
        attainable=1 / (len(lessons) + 1),
        epoch=made.key if made.taught else "no baseline yet",
        tools=_counted(tool for one in lessons for tool in one.tools),
        flows=_counted(flow for one in lessons for flow in one.flows),
        excused=tuple(sorted(excused)),
    )


def _may_teach() -> ColumnElement[bool]:
    story, verdict = aliased(StoryRow), aliased(VerdictRow)
    here = and_(story.tenant == SessionRow.tenant, story.session == SessionRow.key, story.standing == "open")
    benign = exists().where(verdict.tenant == story.tenant, verdict.story == story.id, verdict.verdict == "benign")
    return or_(SessionRow.clean, and_(exists().where(here), ~exists().where(here, ~benign)))


def _closed_before(before_ns: int, idle_minutes: int) -> ColumnElement[bool]:
    idle = SessionRow.last_ns < before_ns - idle_minutes * MINUTE_NS
    return or_(and_(SessionRow.ended, SessionRow.last_ns < before_ns), idle)


def _excused(db: Session, tenant: str, workload: str) -> frozenset[str]:
    rows = db.scalars(
        select(StoryRow.signatures)
        .join(VerdictRow, and_(VerdictRow.tenant == StoryRow.tenant, VerdictRow.story == StoryRow.id))
        .join(SessionRow, and_(SessionRow.tenant == StoryRow.tenant, SessionRow.key == StoryRow.session))
        .where(StoryRow.tenant == tenant, SessionRow.workload == workload, VerdictRow.verdict == "benign")
    )
    return frozenset(signature for row in rows for signature in json.loads(row))


def _counted(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))
