"""Who did it, and where it went. Pure."""

from collections.abc import Iterator

from correlator.verifying.claims import Claim
from correlator.verifying.clauses import clauses
from correlator.verifying.directions import directions
from correlator.verifying.doers import may_do
from correlator.verifying.expressions import expressed
from correlator.verifying.read import (
    AGENTS,
    Read,
    Refusal,
    is_person,
)
from correlator.verifying.subjects import Subject, subject_of, subjects_of
from correlator.verifying.wording import Clause, root


def of_roles(read: Read) -> Iterator[Refusal]:
    """Refuse who did not do it, and where it did not go."""
    subjects = subjects_of(read.clauses)
    for place, (clause, best) in enumerate(zip(read.clauses, read.spoken_of, strict=True)):
        found = subjects[place]
        if found is not None and not _is_so_in_template(found, read):
            subject, verb, objected = found
            if not _is_figure(found, clause, read) and not may_do(Claim(subject, verb, objected, place, read)):
                yield Refusal("roles", f"“{' '.join(subject)}” is not who did what “{verb}” tells")
        yield from directions(clause, best, read)


def _is_figure(found: Subject, clause: Clause, read: Read) -> bool:
    """Return whether a thing does what is but a figure of speech: "the request boiled down to two questions"."""
    subject, verb, _ = found
    if any(root(word) in AGENTS or is_person(word) for word in subject):
        return False
    return any(one.text.casefold() == verb and expressed(read.tokens).get(one) == "" for one in clause.tokens)


def _is_so_in_template(found: Subject, read: Read) -> bool:
    """Return whether the template says of the same subject that it did the same."""
    if not read.template:
        return False
    for clause in clauses(read.template):
        other = subject_of(clause)
        if other is not None and root(other[1]) == root(found[1]) and other[0][-1:] == found[0][-1:]:
            return True
    return False
