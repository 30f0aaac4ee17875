"""Who wrote a record of a content, from the field in which the system that stores it says so.

A sender can be forged, and a text can claim to be anybody's, so what is found here never lowers a score. It tells the analyst whose
text it was, and which of several records a principal meant who named a person.
"""

from functools import lru_cache

from correlator.contents import Segments, Span
from correlator.conversation import Content
from correlator.spelling import words

_WRITERS = frozenset(
    (
        "author",
        "from",
        "sender",
        "owner",
        "creator",
        "poster",
        "submitter",
        "reporter",
        "requester",
        "commenter",
        "uploader",
    )
)
"""Last words of names of fields that hold who wrote a record: mail, chat, tickets, repositories, file stores."""
_BY = frozenset(
    ("created", "posted", "written", "sent", "submitted", "reported", "uploaded", "modified", "edited", "opened")
)
"""What stands before `by` in such names."""
_LONGEST = 120


def author(content: Content, unit: int) -> str | None:
    """Return who wrote one record: as the telemetry says, else as a field of the record does; `None` where nothing does."""
    if content.author is not None and content.author.id is not None:
        return content.author.id
    span = writers(content.segments).get(unit)
    return span.text if span else None


@lru_cache(maxsize=1024)
def writers(segments: Segments) -> dict[int, Span]:
    """Return record → the field that says who wrote it, the first of each."""
    found: dict[int, Span] = {}
    for span in segments.spans:
        if span.kind == "field" and len(span.text) <= _LONGEST and _names_writer(span.label):
            found.setdefault(span.unit, span)
    return found


def _names_writer(label: str) -> bool:
    # `from_address`, `sender.email` and `author.login` say the same as `from`.
    steps = [
        step
        for step in words(label)
        if step not in ("address", "email", "mail", "name", "login", "id", "user", "username")
    ]
    if not steps:
        return False
    return steps[-1] in _WRITERS or (steps[-1] == "by" and len(steps) > 1 and steps[-2] in _BY)
