"""The tables of the casebook, as the last of its migrations leaves them, in SQLite and in PostgreSQL.

Times are nanoseconds since the Unix epoch, UTC. `created`, `updated` and `seen` are counters, not times: they order
rows without a clock.
"""

from sqlalchemy import BigInteger, Index, Integer, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from graph.sql import Hostile

VERSION = "0011"
"""The last migration: the newest file in `migrations/versions`."""

MARKED, GOING, GONE = 1, 2, 3
"""Values of `SessionRow.expired`: it may go soon; its observations are being removed; they are removed."""

# Texts that somebody else wrote are `Hostile`; what we wrote ourselves, JSON among it, is `Text`.
_KEY = _NAME = Hostile()


class Base(DeclarativeBase):
    """Root of the tables."""


class SessionRow(Base):
    """One run of an agent. It waits for judgement while `revision` is ahead of `judged`, and it has not expired."""

    __tablename__ = "sessions"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    key: Mapped[str] = mapped_column(_KEY, primary_key=True)
    workload: Mapped[str] = mapped_column(_NAME)
    source: Mapped[str] = mapped_column(_NAME)
    first_ns: Mapped[int | None] = mapped_column(BigInteger)
    last_ns: Mapped[int | None] = mapped_column(BigInteger)
    ended: Mapped[bool]
    seen: Mapped[int] = mapped_column(BigInteger)
    """Number of the ingest that brought its first event."""
    revision: Mapped[int] = mapped_column(BigInteger)
    judged: Mapped[int] = mapped_column(BigInteger)
    clean: Mapped[bool]
    """Whether its judgement has no story and no delegated effect."""
    events: Mapped[int] = mapped_column(BigInteger)
    effects: Mapped[int] = mapped_column(BigInteger)
    claim: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """How often it was claimed: who saves a judgement names the number under which he read."""
    claimed_until_ns: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Until when nobody else may claim it, by the clock of who claimed."""
    tries: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Claims since a judgement was saved."""
    named: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Number that no earlier one has: whoever knows all up to a number asks for what comes behind it."""
    arrived_ns: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """When something of it last arrived, by the casebook's clock."""
    due_ns: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """By when it should be judged: where many wait, the one that is due first has its turn."""
    expired: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """1 when its observations may be removed from `expires_ns` on (`correlator.retention`), 2 while they are, 3 behind it. From 2
    on it waits for nothing, until more arrives."""
    expires_ns: Mapped[int] = mapped_column(BigInteger, server_default="0")
    evidence: Mapped[str] = mapped_column(Text, server_default="")
    """Digest of its run's observations when it was marked."""


class ReadRow(Base):
    """A sentence that a session read, by the key under which another may have stored it (`correlator.memory.Kept.key`)."""

    __tablename__ = "reads"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    key: Mapped[str] = mapped_column(_KEY, primary_key=True)
    session: Mapped[str] = mapped_column(_KEY, primary_key=True, index=True)
    """First session of the run."""


class DeadRow(Base):
    """Work that was given up after many tries."""

    __tablename__ = "dead"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    task: Mapped[str] = mapped_column(_NAME, primary_key=True)
    key: Mapped[str] = mapped_column(_KEY, primary_key=True)
    """Of a session."""
    reason: Mapped[str] = mapped_column(Hostile)
    at_ns: Mapped[int] = mapped_column(BigInteger)


class TokenRow(Base):
    """What a sensor shows when it sends; only its digest is kept."""

    __tablename__ = "tokens"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    sensor: Mapped[str] = mapped_column(_NAME, primary_key=True)
    digest: Mapped[str] = mapped_column(Text, unique=True)
    """SHA-256, hexadecimal: a token is 256 random bits, which nobody guesses."""
    added_ns: Mapped[int] = mapped_column(BigInteger)


class ActRow(Base):
    """What a person did: the audit trail. Rows are never changed."""

    __tablename__ = "acts"
    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    tenant: Mapped[str] = mapped_column(_NAME, index=True)
    at_ns: Mapped[int] = mapped_column(BigInteger)
    who: Mapped[str] = mapped_column(Hostile)
    act: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Hostile)
    """Of a story its id, of a sensor its name."""
    before: Mapped[str] = mapped_column(Text)
    """What held before, empty for nothing."""


class StoryRow(Base):
    """One story in its latest version. Rows are never deleted."""

    __tablename__ = "stories"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    id: Mapped[str] = mapped_column(_KEY, primary_key=True)
    session: Mapped[str] = mapped_column(_KEY, index=True)
    standing: Mapped[str] = mapped_column(Text)
    """`open`, `withdrawn` (new evidence explains it) or `merged` (an alias of another story)."""
    version: Mapped[int]
    created: Mapped[int] = mapped_column(BigInteger)
    updated: Mapped[int] = mapped_column(BigInteger, index=True)
    """Number of the last change of text, standing or verdict; no two stories of a tenant have the same."""
    score: Mapped[float]
    json: Mapped[str] = mapped_column(Text)
    signatures: Mapped[str] = mapped_column(Text)
    """JSON list of the flow signatures that a verdict `benign` excuses."""
    evidence: Mapped[str] = mapped_column(Text, server_default="")
    """Digests of the observations of its run, where they have expired (`correlator.retention`), one for each time; else empty."""


class OutboxRow(Base):
    """A change of a story that is to be told outside, written with the change itself; whoever tells them keeps his own place."""

    __tablename__ = "outbox"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    """That of the change: `StoryRow.updated` behind it."""
    story: Mapped[str] = mapped_column(_KEY)
    version: Mapped[int]
    what: Mapped[str] = mapped_column(Text)
    """`told`, `changed`, `withdrawn`, `merged`, or the verdict that was given."""
    at_ns: Mapped[int] = mapped_column(BigInteger)
    """By the casebook's clock."""


class NarrationRow(Base):
    """A story in the words of a language model (`correlator.narrating.narration.Narration`), the latest."""

    __tablename__ = "narrations"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    story: Mapped[str] = mapped_column(_KEY, primary_key=True)
    json: Mapped[str] = mapped_column(Text)
    """Empty where there is none yet."""
    claimed_ns: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Until when others leave it to who has it worded, by the casebook's clock; 0 where nobody does."""


class SpentRow(Base):
    """Tokens that a language model has had for stories of a tenant in one day."""

    __tablename__ = "spent"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    day: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    """Since 1970, UTC, by the casebook's clock."""
    tokens: Mapped[int] = mapped_column(BigInteger)


class VersionRow(Base):
    """What a story said before: its last versions (`correlator.casebook.keep.VERSIONS`), but for the one that it has now."""

    __tablename__ = "versions"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    story: Mapped[str] = mapped_column(_KEY, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    json: Mapped[str] = mapped_column(Text)


class AliasRow(Base):
    """An id that a story had, or would have had; it leads to the story for ever."""

    __tablename__ = "aliases"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    alias: Mapped[str] = mapped_column(_KEY, primary_key=True)
    story: Mapped[str] = mapped_column(_KEY, index=True)


class LessonRow(Base):
    """What a session teaches once it is closed and found clean or benign (`correlator.baseline.Lesson` as JSON)."""

    __tablename__ = "lessons"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    session: Mapped[str] = mapped_column(_KEY, primary_key=True)
    json: Mapped[str] = mapped_column(Text)
    mark: Mapped[str] = mapped_column(Text, server_default="")
    """Digest of all that decides what it teaches, and whom."""


class CampaignRow(Base):
    """The injected content that a story began with; the same content in several sessions is one campaign."""

    __tablename__ = "campaigns"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    campaign: Mapped[str] = mapped_column(_KEY, primary_key=True)
    story: Mapped[str] = mapped_column(_KEY, primary_key=True)


class VerdictRow(Base):
    """What an analyst found."""

    __tablename__ = "verdicts"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    story: Mapped[str] = mapped_column(_KEY, primary_key=True)
    verdict: Mapped[str] = mapped_column(Text)


class HandoverRow(Base):
    """A session that was handed work by another."""

    __tablename__ = "handovers"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    to_session: Mapped[str] = mapped_column(_KEY, primary_key=True)
    from_session: Mapped[str] = mapped_column(_KEY, primary_key=True, index=True)


class KeptRow(Base):
    """A sentence that a run stored (`correlator.memory.Kept`)."""

    __tablename__ = "kept"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    key: Mapped[str] = mapped_column(_KEY, primary_key=True)
    session: Mapped[str] = mapped_column(_KEY, primary_key=True, index=True)
    """First session of the run."""
    by: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(_KEY)
    source_session: Mapped[str] = mapped_column(_KEY)
    writer: Mapped[str] = mapped_column(_KEY)
    writer_session: Mapped[str] = mapped_column(_KEY)
    tool: Mapped[str] = mapped_column(Hostile)
    server: Mapped[str | None] = mapped_column(Hostile)
    text: Mapped[str] = mapped_column(Hostile)
    principal: Mapped[str | None] = mapped_column(Hostile)
    at_ns: Mapped[int | None] = mapped_column(BigInteger)
    brought_by: Mapped[str] = mapped_column(Text, server_default="")


class HookRow(Base):
    """Something by which an alert can be known to fall on a step of an open story (`correlator.absorb.Hook`)."""

    __tablename__ = "hooks"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    mark: Mapped[str] = mapped_column(Hostile, primary_key=True)
    story: Mapped[str] = mapped_column(_KEY, primary_key=True, index=True)
    step: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at_ns: Mapped[int | None] = mapped_column(BigInteger)
    session: Mapped[str | None] = mapped_column(_KEY)
    """That of the step, where it is not the story's own."""


class AlertRow(Base):
    """An alert of another product, as an event in JSON."""

    __tablename__ = "alerts"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    id: Mapped[str] = mapped_column(_KEY, primary_key=True)
    """Key of the fact."""
    at_ns: Mapped[int | None] = mapped_column(BigInteger)
    level: Mapped[str] = mapped_column(Text)
    json: Mapped[str] = mapped_column(Text)
    story: Mapped[str | None] = mapped_column(_KEY, index=True)
    """The story that it fell on."""
    link: Mapped[str | None] = mapped_column(Text)
    """Kind of the mark that tells so."""
    step: Mapped[int | None] = mapped_column(BigInteger)
    session: Mapped[str | None] = mapped_column(_KEY)
    """Where the step is, if not in the story's own session."""


class MarkRow(Base):
    """A mark of an alert (`correlator.absorb.Mark`)."""

    __tablename__ = "marks"
    tenant: Mapped[str] = mapped_column(_NAME, primary_key=True)
    mark: Mapped[str] = mapped_column(Hostile, primary_key=True)
    alert: Mapped[str] = mapped_column(_KEY, primary_key=True)


Index("ix_sessions_named", SessionRow.tenant, SessionRow.named)
Index(
    "ix_sessions_arrived", SessionRow.tenant, SessionRow.arrived_ns, SessionRow.key,
    sqlite_where=SessionRow.expired < 3, postgresql_where=SessionRow.expired < 3,
)  # fmt: skip
Index("ix_sessions_workload", SessionRow.tenant, SessionRow.workload, SessionRow.first_ns)
Index(
    "ix_sessions_waiting", SessionRow.tenant, SessionRow.due_ns, SessionRow.key,
    sqlite_where=SessionRow.revision > SessionRow.judged, postgresql_where=SessionRow.revision > SessionRow.judged,
)  # fmt: skip
