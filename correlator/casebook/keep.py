"""Arrivals and judgements → rows, many sessions with a few queries: what is there is looked up for all of them at once."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from correlator.absorb import Hook, hooks
from correlator.casebook.alerts import alerts_of, note_alerts, rehook
from correlator.casebook.find import kept_rows, stored_keys
from correlator.casebook.identity import Known, Plan, reconcile
from correlator.casebook.lessons import EPOCH_NS, LATER_NS, MINUTE_NS, lesson_json, signatures
from correlator.casebook.records import Arrival, JudgedRun, Saved, Standing
from correlator.casebook.rows import kept_of, last_change, last_named, rows_of, story_json, story_of
from correlator.casebook.tables import (
    AliasRow,
    CampaignRow,
    DeadRow,
    HandoverRow,
    KeptRow,
    LessonRow,
    OutboxRow,
    ReadRow,
    SessionRow,
    StoryRow,
    VerdictRow,
    VersionRow,
)
from correlator.pipeline import Judgement
from correlator.story import AlertShown, Story
from correlator.telling.grown import grown
from graph.fold import LARGEST
from sensor.event import AlertReceived
from sensor.identity import digest

VERSIONS = 20
"""Versions of a story that are kept behind the one that it has."""
_COMMON = 8
"""Runs, of which is remembered that they stored the same sentence."""


def note(db: Session, tenant: str, arrivals: Iterable[Arrival], ingest: int, now_ns: int) -> None:
    """Mark the sessions of one tenant as waiting, those that are new with the number of their first ingest."""
    arrivals = list(arrivals)
    held = {row.key: row for row in rows_of(db, SessionRow, SessionRow.key, tenant, [one.key for one in arrivals])}
    new, named = [], last_named(db, tenant)
    for arrival in arrivals:
        row = held.get(arrival.key)
        if row is None:
            named += 1
            row = held[arrival.key] = SessionRow(
                tenant=tenant, key=arrival.key, workload=arrival.workload, source=arrival.source[:200],
                ended=False, seen=ingest, revision=0, judged=0, clean=False, events=0, effects=0, named=named,
                due_ns=now_ns, expired=0,
            )  # fmt: skip
            new.append(row)
        row.first_ns = min(_times(row.first_ns, arrival.first_ns), default=None)
        row.last_ns = max(_times(row.last_ns, arrival.last_ns), default=None)
        row.source = min(row.source, arrival.source[:200])
        row.ended = row.ended or arrival.ended
        row.arrived_ns, row.expired = now_ns, 0
        again(row, now_ns)
    db.bulk_save_objects(new)  # a third of the time that a flush of each takes
    _keep_handovers(db, tenant, arrivals)


def again(row: SessionRow, due_ns: int) -> None:
    """Have a session judged again by some time; where it waits already, by then at the latest."""
    row.due_ns = min(row.due_ns, due_ns) if row.revision > row.judged else due_ns
    row.revision += 1


def _keep_handovers(db: Session, tenant: str, arrivals: Sequence[Arrival]) -> None:
    pairs = {(to, arrival.key) for arrival in arrivals for to in arrival.handed_to}
    there = rows_of(db, HandoverRow, HandoverRow.from_session, tenant, [giver for _, giver in pairs])
    for to, giver in sorted(pairs - {(row.to_session, row.from_session) for row in there}):
        db.add(HandoverRow(tenant=tenant, to_session=to, from_session=giver))


def _times(*times: int | None) -> list[int]:
    return [time for time in times if time is not None]


def keep(db: Session, judged: Sequence[JudgedRun], now_ns: int) -> Saved:
    """Write what was found in some runs of one tenant, but for those of which somebody else has claimed a session meanwhile."""
    tenant = judged[0].sessions[0].tenant
    keys = [one.key for run in judged for one in run.sessions]
    rows = {row.key: row for row in rows_of(db, SessionRow, SessionRow.key, tenant, keys, locked=True)}
    lost = tuple(one.key for run in judged for one in run.sessions if rows[one.key].claim != one.claim)
    judged = [run for run in judged if not {one.key for one in run.sessions}.intersection(lost)]
    if not judged:
        return Saved((), (), lost=lost)
    heads = {session.key: run.sessions[0].key for run in judged for session in run.sessions}
    _keep_sessions(rows, judged, now_ns)
    for given_up in rows_of(db, DeadRow, DeadRow.key, tenant, heads):
        db.delete(given_up)  # who slept has woken up, and come to an end after all
    taught = _keep_lessons(db, rows_of(db, LessonRow, LessonRow.session, tenant, heads), rows, judged)
    late = _outdated(db, judged)
    kept = _keep_kept(db, rows_of(db, KeptRow, KeptRow.session, tenant, heads), judged)
    _keep_reads(db, tenant, judged)
    late |= {row.session for row in rows_of(db, ReadRow, ReadRow.key, tenant, kept) if row.session not in heads}
    late |= _read_before_it_was_stored(judged, kept)
    later = _taught_otherwise(db, taught) - late
    for other in rows_of(db, SessionRow, SessionRow.key, tenant, late | later, locked=True):
        again(other, now_ns + LATER_NS * (other.key in later))
    late |= later
    known: dict[str, list[StoryRow]] = defaultdict(list)
    for row in rows_of(db, StoryRow, StoryRow.session, tenant, heads):
        # What rests on expired evidence is not taken back, and leads nowhere else.
        if row.standing != "merged" and not row.evidence:
            known[heads[row.session]].append(row)
    found = [(run.sessions[0].key, run.judgement) for run in judged]
    plans = [(reconcile(map(_known, known[head]), judgement.stories), judgement) for head, judgement in found]
    stories = _Stories(db, tenant, [plan for plan, _ in plans], now_ns)
    for plan, _ in plans:
        stories.close(plan)
    changed = rehook(db, tenant, {**dict.fromkeys(stories.closed, ()), **_hooks(plans)})
    alerts = alerts_of(db, tenant, {story.id for plan, _ in plans for story in plan.stories})
    for plan, judgement in plans:
        excused = {chain.id: signatures(chain) for chain in judgement.chains}
        for story in plan.stories:
            stories.keep(_listing(story, alerts.get(story.id, ((), 0))), excused.get(plan.told_as[story.id], ()))
            changed.discard(story.id)
    stories.relist(changed - stories.closed)
    return Saved(
        tuple(story.id for plan, _ in plans for story in plan.stories), tuple(stories.changed), frozenset(late), lost
    )


def keep_alerts(db: Session, tenant: str, alerts: Iterable[AlertReceived], now_ns: int) -> Saved:
    """Write alerts, and anew the stories that they fell on."""
    stories = _Stories(db, tenant, (), now_ns)
    stories.relist(note_alerts(db, tenant, alerts))
    return Saved(tuple(stories.changed), tuple(stories.changed))


def _hooks(plans: Iterable[tuple[Plan, Judgement]]) -> dict[str, tuple[Hook, ...]]:
    found: dict[str, tuple[Hook, ...]] = {}
    for plan, judgement in plans:
        chains = {chain.id: chain for chain in judgement.chains}
        traces = {event.trace_id for event in judgement.conversation.events if event.trace_id}
        found |= {story.id: hooks(chains[plan.told_as[story.id]], sorted(traces)) for story in plan.stories}
    return found


def _listing(story: Story, alerts: tuple[tuple[AlertShown, ...], int]) -> Story:
    return story.model_copy(update={"alerts": alerts[0], "alerts_in_all": alerts[1]})


def _keep_sessions(held: Mapping[str, SessionRow], judged: Sequence[JudgedRun], now_ns: int) -> None:
    for run in judged:
        events = Counter(event.session for event in run.judgement.conversation.events)
        effects = Counter(effect.event.session for effect in run.judgement.effects)
        for session in run.sessions:
            row = held[session.key]
            row.judged = max(row.judged, session.revision)
            row.clean = run.judgement.teaches
            row.events = events[session.key]
            row.effects = effects[session.key]
            row.claimed_until_ns = row.tries = 0
            row.due_ns = now_ns  # of what arrived meanwhile


def _keep_lessons(
    db: Session, rows: Iterable[LessonRow], sessions: Mapping[str, SessionRow], judged: Sequence[JudgedRun]
) -> list[SessionRow]:
    """Write one lesson a run: that of its first session; return the sessions that now teach something else, or others."""
    held, changed = {row.session: row for row in rows}, []
    for run in judged:
        lesson = lesson_json(run.judgement.lesson)
        first, *others = run.sessions
        session = sessions[first.key]
        # Whose judgement is not clean teaches nobody, whatever else changes; what a verdict changes is not followed here. Whom it
        # teaches depends on the minute of its last event: hours begin with one, and the idle time is so many.
        minute = None if session.last_ns is None else session.last_ns // MINUTE_NS
        mark = digest(lesson, minute, str(session.ended)) if session.clean else "nobody"
        row = held.get(first.key)
        if row is None:
            row = LessonRow(tenant=first.tenant, session=first.key, json=lesson, mark="")
            db.add(row)
        if row.mark != mark and (session.clean or row.mark):
            changed.append(session)
        row.json, row.mark = lesson, mark
        for other in others:
            if other.key in held:
                db.delete(held[other.key])
    return changed


def _read_before_it_was_stored(judged: Sequence[JudgedRun], kept: frozenset[str]) -> set[str]:
    """Return the first sessions of runs that read what one that was judged behind them has stored."""
    found, stored = set[str](), set[str]()
    for run in reversed(judged):
        if stored & run.looked_up.keys:
            found.add(run.sessions[0].key)
        stored |= {one.key for one in run.judgement.kept} & kept
    return found


def _taught_otherwise(db: Session, changed: Iterable[SessionRow]) -> set[str]:
    """Return the sessions that were judged, and that begin in an hour after one that now teaches something else has ended."""
    hours = defaultdict[tuple[str, str], list[int]](list)
    for teacher in changed:
        if teacher.last_ns is not None and teacher.last_ns <= LARGEST - EPOCH_NS:
            hour = teacher.last_ns - teacher.last_ns % EPOCH_NS + EPOCH_NS
            hours[teacher.tenant, teacher.workload].append(hour)
    found = set[str]()
    for (tenant, workload), several in hours.items():
        found.update(
            db.scalars(
                select(SessionRow.key).where(
                    SessionRow.tenant == tenant, SessionRow.workload == workload, SessionRow.first_ns >= min(several),
                    # Those that wait and that nobody has read yet will be told the new lesson.
                    or_(SessionRow.judged >= SessionRow.revision, SessionRow.claimed_until_ns > 0),
                )
            )
        )  # fmt: skip
    return found


def _keep_kept(db: Session, rows: Iterable[KeptRow], judged: Sequence[JudgedRun]) -> frozenset[str]:
    """Write what each run stored, under its first session; return the keys that nobody had stored before, or not any more."""
    tenant = judged[0].sessions[0].tenant
    held = {(row.session, row.key): row for row in rows}
    wanted = {(run.sessions[0].key, one.key): one for run in judged for one in run.judgement.kept}
    others: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for there in rows_of(db, KeptRow, KeptRow.key, tenant, {one.key for one in wanted.values()}):
        others[there.key, there.principal].add(there.session)
    changed = set[str]()
    for (session, _), one in wanted.items():
        row = held.pop((session, one.key), None)
        if row is not None and kept_of(row) == one:
            continue
        known = others[one.key, one.principal]
        if not known - {session}:
            changed.add(one.key)
        if row is not None:
            db.delete(row)
            db.flush()
        elif len(known) >= _COMMON:
            continue  # a phrase of the house: the first that stored it are enough
        known.add(session)
        db.add(KeptRow(tenant=tenant, session=session, **asdict(one)))
    for left in held.values():
        changed.add(left.key)
        db.delete(left)
    return frozenset(changed)


def _outdated(db: Session, judged: Sequence[JudgedRun]) -> set[str]:
    """Return the first sessions of runs that read something of which it has changed since who stored it."""
    found = set[str]()
    # Who claims nothing is alone: nobody has stored anything meanwhile.
    claimed = [run for run in judged if run.sessions[0].claim]
    stored = stored_keys(db, judged[0].sessions[0].tenant, {key for run in claimed for key in run.looked_up.keys})
    for run in claimed:
        first, asked = run.sessions[0], run.looked_up
        if asked.got or stored & asked.keys:
            without = [one.key for one in run.sessions]
            if frozenset(kept_rows(db, first.tenant, asked.keys, asked.accounts, without)) != asked.got:
                found.add(first.key)
    return found


def _keep_reads(db: Session, tenant: str, judged: Sequence[JudgedRun]) -> None:
    heads = [run.sessions[0].key for run in judged]
    there = {(row.session, row.key) for row in rows_of(db, ReadRow, ReadRow.session, tenant, heads)}
    read = {(run.sessions[0].key, key) for run in judged for key in run.looked_up.keys}
    db.bulk_save_objects([ReadRow(tenant=tenant, key=key, session=head) for head, key in sorted(read - there)])


def _known(row: StoryRow) -> Known:
    story = story_of(row)
    return Known(row.id, row.created, frozenset(effect.event for effect in story.effects), frozenset(story.aliases))


def outbox_row(row: StoryRow, what: str, now_ns: int) -> OutboxRow:
    """Return what is told outside of a change that a story's row has behind it."""
    return OutboxRow(tenant=row.tenant, number=row.updated, story=row.id, version=row.version, what=what, at_ns=now_ns)


class _Stories:
    """The rows of the stories that some plans touch."""

    def __init__(self, db: Session, tenant: str, plans: Sequence[Plan], now_ns: int) -> None:
        told = [story for plan in plans for story in plan.stories]
        ids = {story.id for story in told}.union(*(plan.merged for plan in plans), *(plan.vanished for plan in plans))
        aliases = {alias for story in told for alias in story.aliases}
        self.changed: list[str] = []
        """Stories that are new or have a new version."""
        self.closed: set[str] = set()
        """Stories that are told no more."""
        self._db = db
        self._tenant = tenant
        self._rows = {row.id: row for row in rows_of(db, StoryRow, StoryRow.id, tenant, ids)}
        self._aliases = {row.alias: row for row in rows_of(db, AliasRow, AliasRow.alias, tenant, aliases)}
        self._campaigns = {
            (row.campaign, row.story) for row in rows_of(db, CampaignRow, CampaignRow.story, tenant, ids)
        }
        # An analyst has spoken: his story stays as he saw it.
        self._decided = {
            row.story
            for row in rows_of(db, VerdictRow, VerdictRow.story, tenant, [n for plan in plans for n in plan.vanished])
        }
        self._number = last_change(db, tenant)
        self._now_ns = now_ns

    def keep(self, story: Story, excused: Sequence[str]) -> None:
        """Write one story; its version grows if it says something else than before."""
        row = self._rows.get(story.id) or self._new(story)
        if row.evidence:
            story = grown(story_of(row), story)  # which is told from what is left of its evidence
        self._write(row, story)
        row.signatures = json.dumps(list(excused))
        for alias in story.aliases:
            self._lead(alias, story.id)
        campaign = story.origin.campaign
        if campaign and (campaign, story.id) not in self._campaigns:
            self._campaigns.add((campaign, story.id))
            self._db.add(CampaignRow(tenant=self._tenant, campaign=campaign, story=story.id))

    def close(self, plan: Plan) -> None:
        """Mark the stories that live on in others, or that nothing tells any more."""
        for name in plan.merged:
            self._close(name, "merged")
        for name in plan.vanished:
            if name not in self._decided:
                self._close(name, "withdrawn")

    def _close(self, name: str, standing: Standing) -> None:
        row = self._rows[name]
        if row.standing != standing:
            self._number += 1
            row.standing, row.updated = standing, self._number
            self._tell(row, standing)
        self.closed.add(name)

    def relist(self, stories: set[str]) -> None:
        """Write anew the stories that other alerts have fallen on."""
        alerts = alerts_of(self._db, self._tenant, stories)
        for row in rows_of(self._db, StoryRow, StoryRow.id, self._tenant, stories):
            if row.standing == "open":
                self._write(row, _listing(story_of(row), alerts.get(row.id, ((), 0))))

    def _write(self, row: StoryRow, story: Story) -> None:
        same = row.version > 0 and story_json(story.model_copy(update={"version": row.version})) == row.json
        if same and row.standing == "open":
            return
        # A story that comes back after it was withdrawn has changed too, whatever its text.
        self._set_aside(row)
        self._number += 1
        row.version += 1
        row.created = row.created or self._number
        row.updated = self._number
        row.standing = "open"
        row.session = story.session
        row.score = story.score
        row.json = story_json(story.model_copy(update={"version": row.version}))
        self._tell(row, "told" if row.version == 1 else "changed")
        self.changed.append(story.id)

    def _set_aside(self, row: StoryRow) -> None:
        """Keep what a story said until now, and forget what it said long ago."""
        if not row.version:
            return
        self._db.add(VersionRow(tenant=row.tenant, story=row.id, version=row.version, json=row.json))
        if row.version > VERSIONS:
            here = and_(VersionRow.tenant == row.tenant, VersionRow.story == row.id)
            self._db.execute(delete(VersionRow).where(here, VersionRow.version <= row.version - VERSIONS))

    def _tell(self, row: StoryRow, what: str) -> None:
        self._db.add(outbox_row(row, what, self._now_ns))

    def _new(self, story: Story) -> StoryRow:
        row = StoryRow(
            tenant=self._tenant, id=story.id, session=story.session, standing="open", version=0, created=0, updated=0,
            score=0.0, json="", signatures="",
        )  # fmt: skip
        self._rows[story.id] = row
        self._db.add(row)
        return row

    def _lead(self, alias: str, story: str) -> None:
        row = self._aliases.get(alias)
        if row is None:
            self._aliases[alias] = AliasRow(tenant=self._tenant, alias=alias, story=story)
            self._db.add(self._aliases[alias])
        else:
            row.story = story
