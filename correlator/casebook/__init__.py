"""Sessions, stories, lessons and verdicts in SQL. Imported only by `wiring`, `ingest` and the verbs: SQLAlchemy is heavy."""

from correlator.casebook.book import Casebook
from correlator.casebook.records import (
    VERDICTS,
    Arrival,
    BaselineSummary,
    SessionRecord,
    Standing,
    StoryRecord,
    Teaching,
    Verdict,
)

__all__ = [
    "VERDICTS",
    "Arrival",
    "BaselineSummary",
    "Casebook",
    "SessionRecord",
    "Standing",
    "StoryRecord",
    "Teaching",
    "Verdict",
]
