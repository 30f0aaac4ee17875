"""Which of its kind an event is: "the earlier attempt". Pure."""

from collections.abc import Iterator

from correlator.verifying.grounds import Ground
from correlator.verifying.read import Read, Refusal, scores
from correlator.verifying.wording import Clause


def of_compared(read: Read) -> Iterator[Refusal]:
    """Refuse “the earlier call” of what is told of the last one of its kind that is cited, “the later one” of the first."""
    for clause in read.clauses:
        for at, token in enumerate(clause.tokens):
            word = token.text.casefold()
            if word not in ("earlier", "later") or not at or clause.tokens[at - 1].text.casefold() not in _BEFORE_KIND:
                continue
            start = max((place for place in range(at + 1) if clause.tokens[place].aside), default=0)
            end = next((to for to in range(at + 1, len(clause.tokens)) if clause.tokens[to].aside), len(clause.tokens))
            said = scores(read.cited, Clause("", (*clause.tokens[start:at], *clause.tokens[at + 1 : end])))
            best = read.cited[said.index(max(said))]
            alike = [(score, one) for score, one in zip(said, read.cited, strict=True) if _is_alike(one, best)]
            others = [score for score, one in alike if one is not best]
            if others and max(said) > 1 + max(others) and best is alike[-1 if word == "earlier" else 0][1]:
                yield Refusal("order", f"it is not the {word} one of its kind")


_BEFORE_KIND = frozenset(("the", "a", "an", "its", "another", "one"))


def _is_alike(one: Ground, other: Ground) -> bool:
    """Return whether two events are of one kind, and of one tool."""
    return one.event.kind == other.event.kind and one.tool == other.tool
