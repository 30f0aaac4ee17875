"""What belongs together: entities, numbers and words of one clause are of events that have to do with each other. Pure."""

from collections.abc import Iterator, Sequence

from correlator.verifying.counts import length_of
from correlator.verifying.figures import number
from correlator.verifying.grounds import Ground
from correlator.verifying.lengths import length_at
from correlator.verifying.pieces import pieces
from correlator.verifying.read import Read, Refusal, among, holds, scores
from correlator.verifying.values import is_computed
from correlator.verifying.wording import Clause, root, roots_of, table
from sensor.event import ToolCalled, ToolReturned

_LINKS = roots_of("links")


def of_together(read: Read) -> Iterator[Refusal]:
    """Refuse a sentence of one clause whose entities, or words, stand in events that have nothing to do with each other.

    Where there is a comma, or a second clause, another part may speak of another event.
    """
    if len(read.clauses) > 1 or any(token.aside for token in read.tokens):
        return
    for clause in read.clauses:
        if _links(clause):
            continue
        if all(token.kind == "word" for token in clause.tokens):
            yield from _apart(clause, read)
        elif not clause.joint:
            for piece in pieces(clause):
                yield from _of_entities(piece, read)


def _of_entities(piece: Clause, read: Read) -> Iterator[Refusal]:
    held = [
        token
        for token in piece.tokens
        if token.kind != "word" and token not in read.lacked and length_of(read, read.tokens.index(token)) is None
    ]
    if not held or any(token.kind == "number" and is_computed(read, number(token.text)) for token in held):
        return
    told = [token for token in held if any(holds(one, token) for one in read.cited)]
    here = [group for group in _groups(read.cited) if all(any(holds(one, token) for one in group) for token in told)]
    words = dict(zip(read.cited, scores(read.cited, piece, entities=0), strict=True))
    most = max((words[one] for group in here for one in group), default=0)
    if not here or max(words.values()) > most:
        yield Refusal("together", f"“{held[0].text[:40]}” and “{held[-1].text[:40]}” are of different events")


def _apart(clause: Clause, read: Read) -> Iterator[Refusal]:
    """Refuse a clause without entities whose words stand in events that have nothing to do with each other."""
    if read.template:
        return  # a template says of which events it speaks
    content = {
        base for base in (root(word) for word in clause.words) if base not in table().neutral and among(base, read.said)
    }
    if len(content) > 1 and not any(
        all(any(among(base, one.words | one.lent) for one in group) for base in content)
        for group in _groups(read.cited)
    ):
        yield Refusal("together", "what it says is of different events")


def _links(clause: Clause) -> bool:
    """Return whether a clause says how things of several events are to each other, or how long it was from one to another."""
    words = [part for one in clause.tokens for part in one.text.casefold().split() if one.kind in ("word", "number")]
    is_length = any(length_at(words, at) for at in range(len(words)))
    return any(root(word) in _LINKS or (is_length and root(word) in _SPANNING) for word in words)


_SPANNING = roots_of("spanning")


def _groups(cited: Sequence[Ground]) -> list[list[Ground]]:
    """Return events that belong together: a call with its result, what the kernel and the wire saw, each other one by itself."""
    found: dict[object, list[Ground]] = {}
    calls = [one for one in cited if isinstance(one.event, ToolCalled | ToolReturned)]
    for at, one in enumerate(cited):
        if isinstance(one.event, ToolCalled | ToolReturned):
            # A result without an id is of the call right before it.
            before = cited[at - 1].event if at else None
            follows = isinstance(one.event, ToolReturned) and isinstance(before, ToolCalled) and not before.call_id
            key: object = one.event.call_id or (cited[at - 1].place if follows else one.place)
        elif one.actor in ("process", "peer"):
            key = "seen"
        else:
            key = one.place
        found.setdefault(key, []).append(one)
    if "seen" in found:
        found["seen"] += calls
    return list(found.values())
