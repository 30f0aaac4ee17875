"""Sessions, stories, lessons and verdicts in SQL. SQLAlchemy is heavy: verbs import this when they run."""

from correlator.casebook.book import Casebook
from correlator.casebook.records import (
    VERDICTS,
    AlertRecord,
    Arrival,
    BaselineSummary,
    DeadRecord,
    JudgedRun,
    LookedUp,
    Saved,
    SessionRecord,
    Standing,
    StoryRecord,
    Teaching,
    Told,
    Verdict,
)

__all__ = [
    "VERDICTS",
    "AlertRecord",
    "Arrival",
    "BaselineSummary",
    "Casebook",
    "DeadRecord",
    "JudgedRun",
    "LookedUp",
    "Saved",
    "SessionRecord",
    "Standing",
    "StoryRecord",
    "Teaching",
    "Told",
    "Verdict",
]
