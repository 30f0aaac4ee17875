"""What the casebook hands out: frozen values, no rows."""

from dataclasses import dataclass
from typing import Literal, get_args

from correlator.memory import Kept
from correlator.pipeline import Judgement
from correlator.story import Story
from sensor.event import AlertReceived

Standing = Literal["open", "withdrawn", "merged"]
Verdict = Literal["benign", "malicious"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A session of which events have arrived. Times are nanoseconds UTC, `None` where unknown."""

    tenant: str
    key: str
    workload: str
    """Label of the agent; that of its first arrival stays."""
    source: str
    first_ns: int | None
    last_ns: int | None
    ended: bool
    handed_to: tuple[str, ...] = ()
    """Sessions that it handed work to."""


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One run of an agent, as far as the casebook knows it."""

    tenant: str
    key: str
    workload: str
    source: str
    first_ns: int | None
    last_ns: int | None
    ended: bool
    seen: int
    revision: int
    waiting: bool
    """Whether events arrived that were not judged yet."""
    clean: bool
    events: int
    effects: int
    claim: int = 0
    """Number of the claim under which it was read."""


@dataclass(frozen=True, slots=True)
class DeadRecord:
    """Work that was given up."""

    tenant: str
    task: str
    key: str
    reason: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Told:
    """A change of a story that is to be told outside."""

    number: int
    """Grows with each change of a tenant's stories."""
    story: str
    version: int
    what: str
    """`told`, `changed`, `withdrawn`, `merged`, or the verdict that was given."""
    at_ns: int


@dataclass(frozen=True, slots=True)
class ActRecord:
    """What a person did."""

    at_ns: int
    who: str
    act: str
    """`benign` or `malicious` for a verdict, `token` and `revoke` of a sensor, `retry` of what was given up."""
    subject: str
    """Id of a story, name of a sensor, key of a session."""
    before: str
    """What held before, empty for nothing."""


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """That a sensor has a token."""

    sensor: str
    digest: str
    """Of the token: SHA-256, hexadecimal."""
    added_ns: int


@dataclass(frozen=True, slots=True)
class StoryRecord:
    """A story with what happened to it."""

    story: Story
    standing: Standing
    verdict: Verdict | None
    created: int
    updated: int
    also_in: int
    """Other sessions with the same injected content: more than none is a campaign."""
    arrived_ns: int
    """When something of its session last arrived, by the casebook's clock."""
    evidence: str
    """Digest of the observations that it rested on, where they have expired; else empty."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What a run asked for of what others have stored (`Casebook.kept`), and what it got."""

    keys: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    got: frozenset[Kept] = frozenset()


@dataclass(frozen=True, slots=True)
class JudgedRun:
    """The sessions of a run, its first at the head, as they were when their events were read; and what was found in them."""

    sessions: tuple[SessionRecord, ...]
    judgement: Judgement
    looked_up: LookedUp = LookedUp()


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of the stories of some sessions that were judged."""

    stories: tuple[str, ...]
    """Ids of all their stories: by session, and in the order of their first effects."""
    changed: tuple[str, ...]
    """Ids of those that are new or have a new version."""
    late: frozenset[str] = frozenset()
    """Sessions that wait again: they have read what another has stored or no longer stores."""
    lost: tuple[str, ...] = ()
    """Sessions that somebody else had claimed meanwhile: nothing of their runs was kept."""

    def __add__(self, other: "Saved") -> "Saved":
        return Saved(
            self.stories + other.stories, self.changed + other.changed, self.late | other.late, self.lost + other.lost
        )


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """An alert of another product."""

    alert: AlertReceived
    story: str | None
    """Id of the story that it fell on."""


@dataclass(frozen=True, slots=True)
class Teaching:
    """Whether and when a session closed, and whether it teaches."""

    closed: bool
    taught: bool


@dataclass(frozen=True, slots=True)
class BaselineSummary:
    """What is known of a workload's habits."""

    workload: str
    sessions: int
    teaching: int
    needed: int
    attainable: float
    """Smallest share of honest sessions with a story that these sessions can promise (`correlator.budget`)."""
    epoch: str
    """Key of the epoch of a session that would begin now."""
    tools: tuple[tuple[str, int], ...]
    """Tool → sessions that used it, most used first."""
    flows: tuple[tuple[str, int], ...]
    excused: tuple[str, ...]
