"""Who did it, and where it went. Pure."""

from collections.abc import Iterator, Sequence

from correlator.verifying.claims import READING, Claim
from correlator.verifying.clauses import clauses
from correlator.verifying.directions import directions
from correlator.verifying.doers import may_do
from correlator.verifying.expressions import expressed
from correlator.verifying.grounds import Ground
from correlator.verifying.read import (
    AGENTS,
    PREPOSITIONS,
    SAYING,
    Read,
    Refusal,
    is_act,
    is_person,
)
from correlator.verifying.subjects import Subject, subject_of, subjects_of
from correlator.verifying.wording import Clause, root, roots_of, words_of


def of_roles(read: Read) -> Iterator[Refusal]:
    """Refuse who did not do it, and where it did not go."""
    subjects = subjects_of(read.clauses)
    for place, (clause, best) in enumerate(zip(read.clauses, read.spoken_of, strict=True)):
        found = subjects[place]
        if found is not None and not _is_so_in_template(found, read):
            subject, verb, _ = found
            if not _is_figure(found, clause, read) and not may_do(Claim(subject, verb, found[2], place, read)):
                yield Refusal("roles", f"“{' '.join(subject)}” is not who did what “{verb}” tells")
        if (deed := _done_to_agent(clause, best, read)) is not None:
            yield Refusal("roles", f"the agent is who did it, and not whom “{deed}” was done to")
        yield from directions(clause, best, read)
    if not any(one.actor in ("agent", "process") for one in read.cited) and (put := _set_by_agent(read)) is not None:
        yield Refusal("roles", f"it was not the agent who “{put}” it")


def _done_to_agent(clause: Clause, best: Sequence[Ground], read: Read) -> str | None:
    """Return a verb that is done to the agent, where the agent is who acts: "the search called the agent"."""
    held = clause.tokens
    for at, token in enumerate(held[1:], 1):
        behind = [one.text.casefold() for one in held[at + 1 : at + 4] if not one.aside]
        place = next((place for place, word in enumerate(behind) if root(word) in AGENTS), None)
        verb = token.text.casefold()
        if token.kind != "word" or place is None or not place or behind[0] != "the" or token.aside:
            continue
        if any(one in PREPOSITIONS or is_act(one) for one in behind[:place]):
            continue
        reads = held[at - 1].text.casefold() == "to" and root(verb) in READING
        calls = [one for one in read.cited if one.event.kind == "tool_called"]
        own = best if root(verb) not in READING | _CALLING else calls
        others = calls and any(one.actor == "principal" or one.event.kind == "agent_handed_over" for one in read.cited)
        acts = is_act(verb) and root(verb) not in _HEARD and own and all(one.actor == "agent" for one in own)
        acts = acts and (own is best or not others)
        if reads or acts:
            return verb
    return None


def _set_by_agent(read: Read) -> str | None:
    """Return a verb that has no form of its own in the past, of which the agent is the subject."""
    words = [one.text.casefold() for one in read.tokens]
    found = (word for word, before in zip(words[1:], words, strict=False) if before == "agent" and word in _UNCHANGED)
    return next(found, None)


_UNCHANGED = words_of("unchanged")


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


_CALLING = frozenset(map(root, ("call", "invoke", "query")))
_HEARD = SAYING | roots_of("giving") | roots_of("heard")
"""What may be done to the agent while it acts: it is asked, told, given, let, led, made."""
