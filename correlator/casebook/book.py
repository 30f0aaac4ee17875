"""The casebook: sessions, stories with stable ids, lessons, verdicts, in SQL.

- Saving the same judgement twice changes nothing.
- A story that changes gets the next version in place; its id stays, other ids it had lead to it for ever.
- A story that new evidence explains is withdrawn, never deleted.
- A change is kept as a whole or not at all.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine, and_, case, func, not_, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from correlator.casebook import claims, expiry
from correlator.casebook.alerts import each_alert
from correlator.casebook.find import find_session, find_story, kept_rows, linked_sessions, stored_keys, waiting_sessions
from correlator.casebook.keep import again, keep, keep_alerts, note, outbox_row
from correlator.casebook.records import (
    ActRecord,
    AlertRecord,
    Arrival,
    DeadRecord,
    JudgedRun,
    Saved,
    SessionRecord,
    StoryRecord,
    TokenRecord,
    Told,
    Verdict,
)
from correlator.casebook.rows import (
    last_change,
    last_named,
    rows_of,
    session_record,
    stories_of,
    story_records,
)
from correlator.casebook.tables import (
    VERSION,
    ActRow,
    NarrationRow,
    OutboxRow,
    SessionRow,
    SpentRow,
    StoryRow,
    TokenRow,
    VerdictRow,
    VersionRow,
)
from correlator.casebook.versions import migrate, version_of
from correlator.errors import CasebookInvalid, StoryUnknown
from correlator.memory import Kept
from correlator.story import Story
from graph.sql import alone
from sensor.event import AlertReceived

_DAY_NS = 86_400 * 10**9


class Casebook:
    """Keeps what was found. Used from one thread; any number of processes may use one database."""

    def __init__(self, engine: Engine) -> None:
        """Make the tables, or bring those of an older clew to today's. Raises `CasebookInvalid`."""
        self.who = ""
        """Who acts, for the audit trail: set where a person does."""
        self._engine = engine
        self._writer = engine.execution_options(writing=True)
        try:
            with self._explained(), engine.connect() as connection:
                version = version_of(connection)
            if version != VERSION:
                with self.writing() as db:
                    migrate(db.connection(), str(engine.url.database))
        except BaseException:
            self.close()
            raise

    # Sessions

    def begin(self, tenant: str) -> int:
        """Return the number of a new ingest: one more than any before."""
        with self.reading() as db:
            return (db.scalar(select(func.max(SessionRow.seen)).where(SessionRow.tenant == tenant)) or 0) + 1

    def note(self, arrivals: Sequence[Arrival], *, ingest: int) -> None:
        """Mark sessions as waiting for judgement: before their events are stored, so that a crash loses nothing."""
        with self.writing() as db:
            now_ns = _now_ns(db)
            for tenant in {arrival.tenant for arrival in arrivals}:
                note(db, tenant, [arrival for arrival in arrivals if arrival.tenant == tenant], ingest, now_ns)

    def reconsider(self, tenant: str, sessions: Collection[str]) -> None:
        """Have sessions judged again, of which something was taken back."""
        with self.writing() as db:
            now_ns = _now_ns(db)
            for row in rows_of(db, SessionRow, SessionRow.key, tenant, sessions):
                again(row, now_ns)

    def reconsider_between(self, tenant: str, first_ns: int, last_ns: int) -> None:
        """Have all sessions judged again that ran at some moment between two times."""
        with self.writing() as db:
            here = (SessionRow.tenant == tenant, SessionRow.first_ns <= last_ns, SessionRow.last_ns >= first_ns)
            now_ns = _now_ns(db)
            is_due = and_(SessionRow.revision > SessionRow.judged, SessionRow.due_ns < now_ns)
            due_ns = case((is_due, SessionRow.due_ns), else_=now_ns)
            db.execute(update(SessionRow).where(*here).values(revision=SessionRow.revision + 1, due_ns=due_ns))

    def waiting(self, tenant: str, limit: int = 200) -> list[SessionRecord]:
        """Return the first sessions that wait for judgement: in the order of their first times, then of their keys."""
        with self.reading() as db:
            return waiting_sessions(db, tenant, limit)

    def kept(
        self, tenant: str, keys: Collection[str], *, accounts: Collection[str], without: Collection[str]
    ) -> list[Kept]:
        """Return what runs have stored under these keys (`correlator.memory.Kept.key`), words of principals only of these accounts.

        Runs that begin with a session of `without` are left out. Of what very many stored, the earliest are returned.
        """
        with self.reading() as db:
            return kept_rows(db, tenant, keys, accounts, without)

    def stored(self, tenant: str, keys: Collection[str]) -> set[str]:
        """Return those of these keys under which any run has stored something."""
        with self.reading() as db:
            return stored_keys(db, tenant, keys)

    def linked(self, sessions: Sequence[SessionRecord]) -> list[tuple[SessionRecord, ...]]:
        """Return sessions of one tenant with all that hand work to them or get it from them, each once; the given ones first."""
        with self.reading() as db:
            return linked_sessions(db, sessions)

    def sessions(self, tenant: str) -> list[SessionRecord]:
        """Return all sessions in the order of their first times; those without any come last.

        One that was judged and has no event any more was found to be part of another.
        """
        with self.reading() as db:
            empty = and_(SessionRow.events == 0, SessionRow.judged >= SessionRow.revision)
            rows = db.scalars(select(SessionRow).where(SessionRow.tenant == tenant, not_(empty)))
            found = [session_record(row) for row in rows]
        return sorted(found, key=lambda one: (one.first_ns is None, one.first_ns or 0, one.key))

    def beside(self, tenant: str, first_ns: int, last_ns: int, *, limit: int) -> list[SessionRecord]:
        """Return the sessions that ran at some moment between two times, the earliest first."""
        with self.reading() as db:
            rows = db.scalars(
                select(SessionRow)
                .where(SessionRow.tenant == tenant, SessionRow.first_ns <= last_ns, SessionRow.last_ns >= first_ns)
                .order_by(SessionRow.first_ns, SessionRow.key)
                .limit(limit)
            )
            return [session_record(row) for row in rows]

    def session(self, tenant: str, name: str) -> SessionRecord:
        """Return the session of a key or of an unambiguous beginning of one. Raises `StoryUnknown`."""
        with self.reading() as db:
            return session_record(find_session(db, tenant, name))

    # Judgements

    def save(self, judged: Sequence[JudgedRun]) -> Saved:
        """Keep what was found in some runs of one tenant, as one change; what arrived since they were read keeps waiting."""
        if not judged:
            return Saved((), ())
        with self.writing() as db:
            return keep(db, judged, _now_ns(db))

    def note_alerts(self, alerts: Sequence[AlertReceived]) -> Saved:
        """Keep alerts of other products; return the stories that they fell on. Those of later stories fall on them then."""
        saved = Saved((), ())
        for tenant in {alert.tenant for alert in alerts}:
            with self.writing() as db:
                saved += keep_alerts(db, tenant, [alert for alert in alerts if alert.tenant == tenant], _now_ns(db))
        return saved

    def alerts(self, tenant: str) -> Iterator[AlertRecord]:
        """Yield all alerts, earliest first; those without a time come last."""
        with self.reading() as db:
            yield from each_alert(db, tenant)

    # Claims

    def now_ns(self) -> int:
        """Return the time by which is claimed: the database's own where many machines share it, whose clocks may differ or jump."""
        with self.reading() as db:
            return _now_ns(db)

    def claim(self, tenant: str, *, now_ns: int, lease_ns: int, limit: int) -> list[tuple[SessionRecord, ...]]:
        """Claim sessions that wait, each with all that is linked to it, for some time; see `correlator.casebook.claims`."""
        with self._claiming() as db:
            return claims.claim(db, tenant, now_ns, lease_ns, limit)

    def release(self, sessions: Sequence[SessionRecord], *, now_ns: int, reason: str | None = None) -> None:
        """Let go of claimed sessions. With a reason they failed: they are tried again later, and at last given up."""
        with self._claiming() as db:
            claims.release(db, sessions, now_ns, reason)

    def give_up(self, *, now_ns: int) -> int:
        """Give up the sessions of all tenants whose judges died again and again; return how many there are."""
        with self._claiming() as db:
            return claims.give_up(db, now_ns)

    def tenants_waiting(self, *, now_ns: int) -> list[str]:
        """Return whose sessions wait and could be claimed."""
        with self.reading() as db:
            return claims.tenants_waiting(db, now_ns)

    def tenants_overdue(self, *, now_ns: int, due_ns: int) -> list[str]:
        """Return whose sessions were due before a time, nobody has tried since, and of whom nobody has claimed anything else."""
        with self.reading() as db:
            return claims.tenants_overdue(db, now_ns, due_ns)

    def dead(self, tenant: str) -> list[DeadRecord]:
        """Return what was given up after many tries, the latest first."""
        with self.reading() as db:
            return claims.dead(db, tenant)

    def retry(self, tenant: str, keys: Sequence[str]) -> int:
        """Have sessions tried again that were given up; return how many there were."""
        with self._claiming() as db:
            again = claims.retry(db, tenant, keys)
            for key in again:
                self._note(db, tenant, "retry", key, "given up")
            return len(again)

    # Expiry

    def old_sessions(
        self, tenant: str, before_ns: int, until: Callable[[], bool], after: expiry.Place = expiry.FIRST
    ) -> Iterator[tuple[expiry.Place, tuple[SessionRecord, ...]]]:
        """Yield sessions of which nothing arrived since a time and that may go, with all that is linked to them, some at a time.

        Each comes with its place in the order, from where another may go on; those that stay come without sessions.
        """
        place, going, staying = after, set[str](), set[str]()
        while not until():
            with self.reading() as db:
                page = expiry.old_sessions(db, tenant, before_ns, place, _now_ns(db))
            if not page:
                return
            for place in page:
                if until():
                    return
                if place[1] not in going and place[1] not in staying:
                    with self.reading() as db:
                        run, goes = expiry.run_of(db, tenant, place[1], before_ns, _now_ns(db), staying)
                    (going if goes else staying).update(run)
                    for keys in expiry.parts(run if goes else (), expiry.AT_ONCE):
                        with self.reading() as db:
                            linked = expiry.sessions_of(db, tenant, keys, _now_ns(db))
                        if linked and not until():
                            yield place, linked
                yield place, ()

    def mark_expiring(self, sessions: Sequence[SessionRecord], evidence: str) -> None:
        """Mark sessions that may be removed when nothing arrives for some more minutes."""
        with self.writing() as db:
            expiry.mark(db, sessions, evidence, _now_ns(db))

    def begin_expiry(self, sessions: Sequence[SessionRecord], evidence: str) -> bool:
        """Return whether sessions were marked long enough ago and are still the same; their stories rest on that from now on."""
        with self.writing() as db:
            return expiry.settled(db, sessions, evidence, _now_ns(db))

    def end_expiry(self, sessions: Sequence[SessionRecord]) -> None:
        """Mark sessions of which all was removed that is to be."""
        with self.writing() as db:
            expiry.end(db, sessions)

    def there(self, tenant: str, keys: Collection[str]) -> set[str]:
        """Return which of these sessions have not expired."""
        with self.reading() as db:
            return expiry.there(db, tenant, keys)

    def living_since(self, tenant: str) -> int | None:
        """Return the earliest time of a session that has not expired, `None` where there is none with a time."""
        with self.reading() as db:
            return expiry.living_since(db, tenant)

    def expire_alerts(self, tenant: str, before_ns: int) -> int:
        """Remove the alerts of before a time that fell on no story; return how many there were."""
        with self.writing() as db:
            return expiry.alerts(db, tenant, before_ns)

    # Stories

    def story(self, tenant: str, name: str) -> StoryRecord:
        """Return the story of an id, an alias, or an unambiguous beginning of either. Raises `StoryUnknown`."""
        with self.reading() as db:
            row = find_story(db, tenant, name)
            return next(story_records(db, tenant, [row], [row.id]))

    def told(self, tenant: str, ids: Sequence[str]) -> list[StoryRecord]:
        """Return the stories of these ids, in their order."""
        with self.reading() as db:
            rows = {row.id: row for row in rows_of(db, StoryRow, StoryRow.id, tenant, ids)}
            return list(story_records(db, tenant, (rows[name] for name in ids), ids))

    def stories(self, tenant: str, *, every: bool = False) -> list[StoryRecord]:
        """Return the open stories, or `every` one, strongest first."""
        return list(self.each_story(tenant, every=every))

    def each_story(
        self, tenant: str, *, ids: Collection[str] | None = None, every: bool = False
    ) -> Iterator[StoryRecord]:
        """Yield stories as `stories` does, one at a time, those of `ids` if given: there may be more than fit in memory."""
        with self.reading() as db:
            rows = stories_of(db, tenant, every=every)
            yield from story_records(db, tenant, (row for row in rows if ids is None or row.id in ids))

    def stories_of(self, tenant: str, sessions: Collection[str]) -> list[str]:
        """Return the ids of the open stories of some sessions, by session and in the order in which they were found."""
        with self.reading() as db:
            rows = [row for row in rows_of(db, StoryRow, StoryRow.session, tenant, sessions) if row.standing == "open"]
        return [row.id for row in sorted(rows, key=lambda row: (row.session, row.created))]

    def decide(self, tenant: str, name: str, verdict: Verdict) -> StoryRecord:
        """Keep an analyst's verdict; the later one stands. Raises `StoryUnknown`."""
        with self.writing() as db:
            row = find_story(db, tenant, name)
            held = db.get(VerdictRow, (tenant, row.id))
            if held is None:
                held = VerdictRow(tenant=tenant, story=row.id)
                db.add(held)
            if held.verdict != verdict:
                self._note(db, tenant, verdict, row.id, held.verdict or "")
                held.verdict = verdict
                row.updated = last_change(db, tenant) + 1
                db.add(outbox_row(row, verdict, _now_ns(db)))
            db.flush()
            return next(story_records(db, tenant, [row], [row.id]))

    def earlier(self, tenant: str, story: str, version: int | None) -> Story:
        """Return what the story of an id said in an earlier version, by default in the one before.

        Raises `StoryUnknown` where that is not kept; the last ones are.
        """
        with self.reading() as db:
            here = (VersionRow.tenant == tenant, VersionRow.story == story)
            kept = list(db.scalars(select(VersionRow.version).where(*here).order_by(VersionRow.version)))
            if not kept:
                raise StoryUnknown("There is no earlier version of this story: it says what it said at first.")
            wanted = kept[-1] if version is None else version
            if wanted not in kept:
                raise StoryUnknown(f"Version {wanted} is not kept; earlier ones that are: {', '.join(map(str, kept))}.")
            return Story.model_validate_json(db.get_one(VersionRow, (tenant, story, wanted)).json)

    def narration(self, tenant: str, story: str) -> str:
        """Return what was last kept for the story of an id, empty where nothing was."""
        with self.reading() as db:
            row = db.get(NarrationRow, (tenant, story))
            return "" if row is None else row.json

    def claim_narration(self, tenant: str, story: str, for_ns: int) -> int:
        """Have others leave a story to whoever asks, for some time. Returns what to show to keep its words; 0: others have it."""
        with self.writing() as db:
            now_ns = _now_ns(db)
            row = db.get(NarrationRow, (tenant, story))
            if row is not None and row.claimed_ns > now_ns:
                return 0
            json, claim = row.json if row else "", now_ns + for_ns
            db.merge(NarrationRow(tenant=tenant, story=story, json=json, claimed_ns=claim))
            return claim

    def keep_narration(self, tenant: str, story: str, json: str | None, claim: int) -> bool:
        """Keep what a language model made of a story in place of what was kept before, and give the claim back.

        `json`: `None` leaves what is kept. Where the claim has passed to another, nothing is kept and `False` returned.
        """
        with self.writing() as db:
            row = db.get(NarrationRow, (tenant, story))
            if row is None or row.claimed_ns != claim:
                return False
            row.json, row.claimed_ns = row.json if json is None else json, 0
            return True

    def spend(self, tenant: str, tokens: int) -> None:
        """Count tokens that a language model has had today."""
        with self.writing() as db:
            day = _now_ns(db) // _DAY_NS
            row = db.get(SpentRow, (tenant, day)) or SpentRow(tenant=tenant, day=day, tokens=0)
            row.tokens += tokens
            db.add(row)

    def spent(self, tenant: str) -> int:
        """Return how many tokens a language model has had today (UTC)."""
        with self.reading() as db:
            row = db.get(SpentRow, (tenant, _now_ns(db) // _DAY_NS))
            return 0 if row is None else row.tokens

    # What others follow

    def outbox(self, tenant: str, after: int, limit: int) -> list[Told]:
        """Return the first changes of stories behind a number, in their order; who follows them keeps the number of the last."""
        with self.reading() as db:
            chosen = select(OutboxRow).where(OutboxRow.tenant == tenant, OutboxRow.number > after)
            rows = db.scalars(chosen.order_by(OutboxRow.number).limit(limit))
            return [Told(row.number, row.story, row.version, row.what, row.at_ns) for row in rows]

    def expire_outbox(self, tenant: str, before_ns: int) -> int:
        """Remove what was to be told before a time; return how much that was."""
        with self.writing() as db:
            return expiry.outbox(db, tenant, before_ns)

    def tenants(self) -> list[str]:
        """Return all that have a session."""
        with self.reading() as db:
            return sorted(db.scalars(select(SessionRow.tenant).distinct()))

    def changes(self, tenant: str) -> tuple[int, int]:
        """Return the numbers of the last story that changed, and of the last session that was named."""
        with self.reading() as db:
            return last_change(db, tenant), last_named(db, tenant)

    def stories_after(self, tenant: str, number: int, limit: int) -> list[StoryRecord]:
        """Return the first stories that changed behind a number, in the order of their changes; merged ones, too."""
        with self.reading() as db:
            chosen = select(StoryRow).where(StoryRow.tenant == tenant, StoryRow.updated > number)
            rows = list(db.scalars(chosen.order_by(StoryRow.updated).limit(limit)))
            return list(story_records(db, tenant, rows, [row.id for row in rows]))

    def workloads_after(self, tenant: str, number: int, limit: int) -> list[tuple[int, str, str]]:
        """Return number, key and workload of the first sessions that were named behind a number."""
        with self.reading() as db:
            chosen = select(SessionRow.named, SessionRow.key, SessionRow.workload)
            rows = db.execute(
                chosen.where(SessionRow.tenant == tenant, SessionRow.named > number)
                .order_by(SessionRow.named)
                .limit(limit)
            )
            return [(named, key, workload) for named, key, workload in rows]

    # Sensors

    def add_token(self, tenant: str, sensor: str, digest: str, *, now_ns: int) -> bool:
        """Keep the digest of a sensor's token; return whether it had none. An older one is worth nothing from now on."""
        with self.writing() as db:
            row = db.get(TokenRow, (tenant, sensor))
            self._note(db, tenant, "token", sensor, "" if row is None else "token")
            if row is not None:
                row.digest, row.added_ns = digest, now_ns
                return False
            db.add(TokenRow(tenant=tenant, sensor=sensor, digest=digest, added_ns=now_ns))
            return True

    def revoke_token(self, tenant: str, sensor: str) -> bool:
        """Forget a sensor's token; return whether it had one."""
        with self.writing() as db:
            row = db.get(TokenRow, (tenant, sensor))
            if row is not None:
                db.delete(row)
                self._note(db, tenant, "revoke", sensor, "token")
            return row is not None

    def tokens(self, tenant: str) -> list[TokenRecord]:
        """Return the digests of the tokens of a tenant's sensors, by name of the sensor."""
        with self.reading() as db:
            rows = db.scalars(select(TokenRow).where(TokenRow.tenant == tenant).order_by(TokenRow.sensor))
            return [TokenRecord(row.sensor, row.digest, row.added_ns) for row in rows]

    # Audit trail

    def acts(self, tenant: str) -> list[ActRecord]:
        """Return what people did, the earliest first."""
        with self.reading() as db:
            rows = db.scalars(select(ActRow).where(ActRow.tenant == tenant).order_by(ActRow.number))
            return [ActRecord(row.at_ns, row.who, row.act, row.subject, row.before) for row in rows]

    def _note(self, db: Session, tenant: str, act: str, subject: str, before: str) -> None:
        """Note what is done, with the change itself."""
        db.add(ActRow(tenant=tenant, at_ns=time.time_ns(), who=self.who, act=act, subject=subject, before=before))

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
        """Give a session whose changes are kept together, or not at all; nobody else changes anything meanwhile.

        Database errors become `CasebookInvalid`.
        """
        with self._explained(), Session(self._writer) as db, db.begin():
            alone(db.connection())
            yield db

    @contextmanager
    def _claiming(self) -> Iterator[Session]:
        """Give a session in which rows are locked one by one: others may write meanwhile."""
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


def _now_ns(db: Session) -> int:
    if db.get_bind().dialect.name != "postgresql":
        return time.time_ns()
    return int(db.scalar(text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000")) or 0)
