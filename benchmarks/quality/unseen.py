"""How often the engine is right on sessions of domains it was not made on: `python -m benchmarks.quality.unseen [tune|test]`.

The names of wrong sessions are printed for `tune` only.
"""

import sys
from collections import Counter
from typing import get_args

from benchmarks.quality.domains import Session, Split, load
from correlator.pipeline import Judgement, judge
from correlator.spelling import squash
from sensor.identity import session_key
from sensor.sources.transcript.chat import events


def judged(session: Session) -> Judgement:
    """Return what the engine finds in the messages; it gets nothing else."""
    key = session_key("record", f"{session.domain}/{session.name}")
    return judge(events(list(session.messages), session=key, source="domains"))


def measured(split: Split) -> dict[str, object]:
    """Return stories and sessions per class, how many stories quote the injected text, and what was wrong."""
    sessions, stories, right = Counter[str](), Counter[str](), 0
    wrong = []
    for session in load(split):
        found = judged(session).stories
        sessions[session.kind] += 1
        stories[session.kind] += bool(found)
        if found and session.story:
            quote, source = squash(found[0].origin.quote.removesuffix("…")), squash(session.source)
            right += bool(quote) and (quote in source or source in quote)
        if bool(found) != session.story:
            wrong.append(f"{session.domain}/{session.name}")
    return {
        "sessions": dict(sessions),
        "stories": {kind: stories[kind] for kind in sessions},
        "source_right": right,
        "wrong": wrong if split == "tune" else len(wrong),
    }


def main() -> int:
    """Print the figures of one split, or of both."""
    for split in sys.argv[1:] or get_args(Split):
        found = measured(split)
        print(split, found.pop("sessions"), found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
