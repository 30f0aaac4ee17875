"""Rows → values."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal, TypeVar, cast

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from correlator.casebook.records import SessionRecord, Standing, StoryRecord, Verdict
from correlator.casebook.tables import (
    GOING,
    AlertRow,
    AliasRow,
    CampaignRow,
    DeadRow,
    HandoverRow,
    HookRow,
    KeptRow,
    LessonRow,
    MarkRow,
    ReadRow,
    SessionRow,
    StoryRow,
    VerdictRow,
)
from correlator.memory import Kept
from correlator.story import Story

Row = TypeVar(
    "Row",
    SessionRow,
    StoryRow,
    AliasRow,
    LessonRow,
    CampaignRow,
    VerdictRow,
    HandoverRow,
    KeptRow,
    HookRow,
    AlertRow,
    MarkRow,
    DeadRow,
    ReadRow,
)
_AT_ONCE = 500
"""Values in one question: databases bound how many parameters a statement has."""


def rows_of(
    db: Session,
    table: type[Row],
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
    tenant: str,
    values: Collection[str],
    *,
    locked: bool = False,
) -> Iterator[Row]:
    """Yield the rows of a tenant whose `column` has one of these values; `locked` ones nobody else changes before the end."""
    left = iter(sorted(set(values)))
    while some := list(islice(left, _AT_ONCE)):
        found = select(table).where(table.tenant == tenant, column.in_(some))
        yield from db.scalars(found.order_by(column).with_for_update() if locked else found)


def story_json(story: Story) -> str:
    """Return a story as it is kept; equal stories give equal text."""
    return story.model_dump_json()


def story_of(row: StoryRow) -> Story:
    """Return the story of a row."""
    return Story.model_validate_json(row.json)


def stories_of(db: Session, tenant: str, *, every: bool) -> Iterator[StoryRow]:
    """Yield the rows of open stories, or of `every` story that is not merged into another, strongest first."""
    standings = ("open", "withdrawn") if every else ("open",)
    chosen = select(StoryRow).where(StoryRow.tenant == tenant, StoryRow.standing.in_(standings))
    yield from db.scalars(chosen.order_by(StoryRow.score.desc(), StoryRow.id).execution_options(yield_per=100))


def last_change(db: Session, tenant: str) -> int:
    """Return the number of the last change of a story, 0 where there was none."""
    latest = select(StoryRow.updated).where(StoryRow.tenant == tenant).order_by(StoryRow.updated.desc()).limit(1)
    return db.scalar(latest) or 0


def last_named(db: Session, tenant: str) -> int:
    """Return the number of the last session that was named, 0 where there is none."""
    latest = select(SessionRow.named).where(SessionRow.tenant == tenant).order_by(SessionRow.named.desc()).limit(1)
    return db.scalar(latest) or 0


def verdicts_of(db: Session, tenant: str) -> dict[str, VerdictRow]:
    """Return the verdicts by story id."""
    return {row.story: row for row in db.scalars(select(VerdictRow).where(VerdictRow.tenant == tenant))}


def campaign_sizes(db: Session, tenant: str, stories: Sequence[str] | None = None) -> dict[str, int]:
    """Return story id → number of sessions that have an open story with the same injected content, for all or some."""
    mine = select(CampaignRow.campaign, CampaignRow.story).where(CampaignRow.tenant == tenant)
    counted = (
        select(CampaignRow.campaign, func.count(func.distinct(StoryRow.session)))
        .join(StoryRow, (StoryRow.tenant == CampaignRow.tenant) & (StoryRow.id == CampaignRow.story))
        .where(CampaignRow.tenant == tenant, StoryRow.standing == "open")
        .group_by(CampaignRow.campaign)
    )
    if stories is not None:
        mine = mine.where(CampaignRow.story.in_(stories))
        counted = counted.where(CampaignRow.campaign.in_(mine.with_only_columns(CampaignRow.campaign)))
    sessions = {row[0]: row[1] for row in db.execute(counted)}
    sizes: dict[str, int] = {}
    for campaign, name in db.execute(mine):
        sizes[name] = max(sizes.get(name, 0), sessions.get(campaign, 0))
    return sizes


def story_records(
    db: Session, tenant: str, rows: Iterable[StoryRow], ids: Sequence[str] | None = None
) -> Iterator[StoryRecord]:
    """Yield the values of rows, of which `ids` are the ids; without them they are looked up for all that the tenant has."""
    if ids is None:
        verdicts = verdicts_of(db, tenant)
    else:
        verdicts = {row.story: row for row in rows_of(db, VerdictRow, VerdictRow.story, tenant, ids)}
    sizes, arrived = campaign_sizes(db, tenant, ids), _arrivals(db, tenant, ids)
    for row in rows:
        verdict = verdicts.get(row.id)
        yield StoryRecord(
            story=story_of(row),
            standing=cast("Standing", row.standing),
            verdict=cast("Verdict", verdict.verdict) if verdict else None,
            created=row.created,
            updated=row.updated,
            # Its own session counts among those of an open story.
            also_in=max(0, sizes.get(row.id, 0) - (row.standing == "open")),
            arrived_ns=arrived.get(row.id, 0),
            evidence=row.evidence,
        )


def _arrivals(db: Session, tenant: str, stories: Sequence[str] | None) -> dict[str, int]:
    """Return story id → when something of its session last arrived."""
    same = (SessionRow.tenant == StoryRow.tenant) & (SessionRow.key == StoryRow.session)
    chosen = select(StoryRow.id, SessionRow.arrived_ns).join(SessionRow, same).where(StoryRow.tenant == tenant)
    if stories is not None:
        chosen = chosen.where(StoryRow.id.in_(stories))
    return {row[0]: row[1] for row in db.execute(chosen)}


def kept_of(row: KeptRow) -> Kept:
    """Return the sentence of a row."""
    return Kept(
        row.key, cast("Literal['principal', 'content']", row.by), row.source, row.source_session, row.writer,
        row.writer_session, row.tool, row.server, row.text, row.principal, row.at_ns,
        row.brought_by,
    )  # fmt: skip


def session_record(row: SessionRow) -> SessionRecord:
    """Return the value of a row."""
    return SessionRecord(
        tenant=row.tenant,
        key=row.key,
        workload=row.workload,
        source=row.source,
        first_ns=row.first_ns,
        last_ns=row.last_ns,
        ended=row.ended,
        seen=row.seen,
        revision=row.revision,
        waiting=row.revision > row.judged and row.expired < GOING,
        clean=row.clean,
        events=row.events,
        effects=row.effects,
        claim=row.claim,
    )
