"""Rows → values."""

from collections.abc import Iterable, Sequence
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from correlator.casebook.records import SessionRecord, Standing, StoryRecord, Verdict
from correlator.casebook.tables import CampaignRow, SessionRow, StoryRow, VerdictRow
from correlator.story import Story


def story_json(story: Story) -> str:
    """Return a story as it is kept; equal stories give equal text."""
    return story.model_dump_json()


def story_of(row: StoryRow) -> Story:
    """Return the story of a row."""
    return Story.model_validate_json(row.json)


def stories_of(db: Session, tenant: str, ids: Sequence[str] | None, *, every: bool) -> list[StoryRow]:
    """Return the rows of `ids`, or of all open stories, or of `every` story that is not merged into another."""
    if ids is not None:
        return [row for name in ids if (row := db.get(StoryRow, (tenant, name))) is not None]
    standings = ("open", "withdrawn") if every else ("open",)
    return list(db.scalars(select(StoryRow).where(StoryRow.tenant == tenant, StoryRow.standing.in_(standings))))


def verdicts_of(db: Session, tenant: str) -> dict[str, VerdictRow]:
    """Return the verdicts by story id."""
    return {row.story: row for row in db.scalars(select(VerdictRow).where(VerdictRow.tenant == tenant))}


def campaign_sizes(db: Session, tenant: str, rows: Iterable[StoryRow]) -> dict[str, int]:
    """Return story id → number of other sessions that have an open story with the same injected content."""
    sizes = {}
    for row in rows:
        campaigns = select(CampaignRow.campaign).where(CampaignRow.tenant == tenant, CampaignRow.story == row.id)
        sizes[row.id] = (
            db.scalar(
                select(func.count(func.distinct(StoryRow.session)))
                .join(CampaignRow, (CampaignRow.story == StoryRow.id) & (CampaignRow.tenant == StoryRow.tenant))
                .where(
                    StoryRow.tenant == tenant,
                    StoryRow.standing == "open",
                    StoryRow.session != row.session,
                    CampaignRow.campaign.in_(campaigns),
                )
            )
            or 0
        )
    return sizes


def story_record(row: StoryRow, verdict: VerdictRow | None, sizes: dict[str, int]) -> StoryRecord:
    """Return the value of a row."""
    return StoryRecord(
        story=story_of(row),
        standing=cast("Standing", row.standing),
        verdict=cast("Verdict", verdict.verdict) if verdict else None,
        created=row.created,
        updated=row.updated,
        also_in=sizes.get(row.id, 0),
    )


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
        waiting=row.revision > row.judged,
        clean=row.clean,
        events=row.events,
        effects=row.effects,
    )
