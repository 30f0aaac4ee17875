"""The casebook: sessions, stories with stable ids, lessons, verdicts, in SQL.

- Saving the same judgement twice changes nothing.
- A story that changes gets the next version in place; its id stays, other ids it had lead to it for ever.
- A story that new evidence explains is withdrawn, never deleted.
- A change is kept as a whole or not at all.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine, and_, func, not_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from correlator.casebook.find import find_session, find_story, waiting_sessions
from correlator.casebook.identity import Known, Plan, reconcile
from correlator.casebook.lessons import lesson_json, signatures
from correlator.casebook.records import Arrival, SessionRecord, StoryRecord, Verdict
from correlator.casebook.rows import (
    campaign_sizes,
    session_record,
    stories_of,
    story_json,
    story_of,
    story_record,
    verdicts_of,
)
from correlator.casebook.tables import (
    SCHEMA,
    About,
    AliasRow,
    Base,
    CampaignRow,
    LessonRow,
    SessionRow,
    StoryRow,
    VerdictRow,
)
from correlator.errors import CasebookInvalid
from correlator.pipeline import Judgement
from correlator.story import Story


class Casebook:
    """Keeps what was found. Used from one thread; any number of processes may use one database."""

    def __init__(self, engine: Engine) -> None:
        """Make the tables where there are none. Raises `CasebookInvalid`."""
        self._engine = engine
        self._writer = engine.execution_options(writing=True)
        with self.writing() as db:
            Base.metadata.create_all(db.connection())
            version = db.get(About, "schema")
            if version is None:
                db.add(About(name="schema", value=SCHEMA))
            elif version.value != SCHEMA:
                raise CasebookInvalid(
                    f"{engine.url.database} has tables of version {version.value[:20]}, this clew reads {SCHEMA}; "
                    "use the clew that made it, or give another --store and replay the recordings."
                )

    # Sessions

    def begin(self, tenant: str) -> int:
        """Return the number of a new ingest: one more than any before."""
        with self.reading() as db:
            return (db.scalar(select(func.max(SessionRow.seen)).where(SessionRow.tenant == tenant)) or 0) + 1

    def note(self, arrivals: Iterable[Arrival], *, workload: str, ingest: int) -> None:
        """Mark sessions as waiting for judgement: before their events are stored, so that a crash loses nothing."""
        with self.writing() as db:
            for arrival in arrivals:
                row = db.get(SessionRow, (arrival.tenant, arrival.key))
                if row is None:
                    row = SessionRow(
                        tenant=arrival.tenant, key=arrival.key, workload=workload, source=arrival.source[:200],
                        ended=False, seen=ingest, revision=0, judged=0, clean=False, events=0, effects=0,
                    )  # fmt: skip
                    db.add(row)
                row.first_ns = min(_known(row.first_ns, arrival.first_ns), default=None)
                row.last_ns = max(_known(row.last_ns, arrival.last_ns), default=None)
                row.source = min(row.source, arrival.source[:200])
                row.ended = row.ended or arrival.ended
                row.revision += 1

    def reconsider(self, tenant: str, key: str) -> None:
        """Have a session judged again, of which something was taken back."""
        with self.writing() as db:
            row = db.get(SessionRow, (tenant, key))
            if row is not None:
                row.revision += 1

    def waiting(self, tenant: str, limit: int = 200) -> list[SessionRecord]:
        """Return the first sessions that wait for judgement: in the order of their first times, then of their keys."""
        with self.reading() as db:
            return waiting_sessions(db, tenant, limit)

    def sessions(self, tenant: str) -> list[SessionRecord]:
        """Return all sessions in the order of their first times; those without any come last.

        One that was judged and has no event any more was found to be part of another.
        """
        with self.reading() as db:
            empty = and_(SessionRow.events == 0, SessionRow.judged >= SessionRow.revision)
            rows = db.scalars(select(SessionRow).where(SessionRow.tenant == tenant, not_(empty)))
            found = [session_record(row) for row in rows]
        return sorted(found, key=lambda one: (one.first_ns is None, one.first_ns or 0, one.key))

    def session(self, tenant: str, name: str) -> SessionRecord:
        """Return the session of a key or of an unambiguous beginning of one. Raises `StoryUnknown`."""
        with self.reading() as db:
            return session_record(find_session(db, tenant, name))

    # Judgements

    def save(self, session: SessionRecord, judgement: Judgement) -> tuple[str, ...]:
        """Keep what was found in a session and return the ids of its stories, in the order of their first effects.

        `session` is the record as it was when its events were read: what arrived since keeps waiting.
        """
        with self.writing() as db:
            row = db.get_one(SessionRow, (session.tenant, session.key))
            row.judged = max(row.judged, session.revision)
            row.clean = judgement.teaches
            row.events = len(judgement.conversation.events)
            row.effects = len(judgement.effects)
            self._keep_lesson(db, session, judgement)
            plan = reconcile(self._known(db, session), judgement.stories)
            excused = {chain.id: signatures(chain) for chain in judgement.chains}
            for story in plan.stories:
                self._keep_story(db, story, excused.get(plan.told_as[story.id], ()))
            self._close(db, session.tenant, plan)
            return tuple(story.id for story in plan.stories)

    # Stories

    def story(self, tenant: str, name: str) -> StoryRecord:
        """Return the story of an id, an alias, or an unambiguous beginning of either. Raises `StoryUnknown`."""
        with self.reading() as db:
            row = find_story(db, tenant, name)
            verdict = db.get(VerdictRow, (tenant, row.id))
            return story_record(row, verdict, campaign_sizes(db, tenant, row.id))

    def stories(self, tenant: str, *, every: bool = False) -> list[StoryRecord]:
        """Return the open stories, or `every` one, strongest first."""
        return list(self.each_story(tenant, every=every))

    def each_story(
        self, tenant: str, *, ids: Collection[str] | None = None, every: bool = False
    ) -> Iterator[StoryRecord]:
        """Yield stories as `stories` does, one at a time, those of `ids` if given: there may be more than fit in memory."""
        with self.reading() as db:
            verdicts = verdicts_of(db, tenant)
            sizes = campaign_sizes(db, tenant)
            for row in stories_of(db, tenant, every=every):
                if ids is None or row.id in ids:
                    yield story_record(row, verdicts.get(row.id), sizes)

    def decide(self, tenant: str, name: str, verdict: Verdict) -> StoryRecord:
        """Keep an analyst's verdict; the later one stands. Raises `StoryUnknown`."""
        with self.writing() as db:
            row = find_story(db, tenant, name)
            held = db.get(VerdictRow, (tenant, row.id))
            if held is None:
                held = VerdictRow(tenant=tenant, story=row.id)
                db.add(held)
            held.verdict = verdict
            return story_record(row, held, campaign_sizes(db, tenant, row.id))

    # Small things

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that reads as of one moment. Database errors become `CasebookInvalid`."""
        with self._explained(), Session(self._engine) as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose changes are kept together, or not at all. Database errors become `CasebookInvalid`."""
        with self._explained(), Session(self._writer) as db, db.begin():
            yield db

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise CasebookInvalid(
                f"The casebook {self._engine.url.database} cannot be used ({reason}); "
                "wait if another clew writes to it, check that the folder can be written, or give another --store."
            ) from error

    def _known(self, db: Session, session: SessionRecord) -> list[Known]:
        rows = db.scalars(
            select(StoryRow).where(
                StoryRow.tenant == session.tenant, StoryRow.session == session.key, StoryRow.standing != "merged"
            )
        )
        stories = [(row, story_of(row)) for row in rows]
        return [
            Known(row.id, row.created, frozenset(effect.event for effect in story.effects), frozenset(story.aliases))
            for row, story in stories
        ]

    def _keep_lesson(self, db: Session, session: SessionRecord, judgement: Judgement) -> None:
        lesson = lesson_json(judgement.lesson)
        held = db.get(LessonRow, (session.tenant, session.key))
        if held is None:
            db.add(LessonRow(tenant=session.tenant, session=session.key, json=lesson))
        elif held.json != lesson:
            held.json = lesson

    def _keep_story(self, db: Session, story: Story, excused: Sequence[str]) -> None:
        row = db.get(StoryRow, (story.tenant, story.id))
        next_number = (db.scalar(select(func.max(StoryRow.updated)).where(StoryRow.tenant == story.tenant)) or 0) + 1
        if row is None:
            row = StoryRow(
                tenant=story.tenant,
                id=story.id,
                session=story.session,
                created=next_number,
                version=0,
                score=0.0,
                json="",
            )
            db.add(row)
        same = row.version > 0 and story_json(story.model_copy(update={"version": row.version})) == row.json
        if not same or row.standing != "open":
            # A story that comes back after it was withdrawn has changed too, whatever its text.
            row.version += 1
            row.updated = next_number
            row.standing = "open"
            row.score = story.score
            row.json = story_json(story.model_copy(update={"version": row.version}))
        row.signatures = json.dumps(list(excused))
        for alias in story.aliases:
            held = db.get(AliasRow, (story.tenant, alias))
            if held is None:
                db.add(AliasRow(tenant=story.tenant, alias=alias, story=story.id))
            else:
                held.story = story.id
        if story.origin.campaign and not db.get(CampaignRow, (story.tenant, story.origin.campaign, story.id)):
            db.add(CampaignRow(tenant=story.tenant, campaign=story.origin.campaign, story=story.id))
        db.flush()

    def _close(self, db: Session, tenant: str, plan: Plan) -> None:
        for name in plan.merged:
            db.get_one(StoryRow, (tenant, name)).standing = "merged"
        for name in plan.vanished:
            # An analyst has spoken: his story stays as he saw it.
            if db.get(VerdictRow, (tenant, name)) is None:
                db.get_one(StoryRow, (tenant, name)).standing = "withdrawn"


def _known(*times: int | None) -> list[int]:
    return [time for time in times if time is not None]
