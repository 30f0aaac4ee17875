"""What belongs together: entities, numbers and words of one clause are of events that have to do with each other. Pure."""

from collections.abc import Iterator, Sequence

from correlator.verifying.counts import length_of
from correlator.verifying.grounds import Ground, number
from correlator.verifying.lengths import length_at
from correlator.verifying.pieces import pieces, tells
from correlator.verifying.read import Read, Refusal, among, holds, is_possessive, scores
from correlator.verifying.values import is_computed
from correlator.verifying.wording import Clause, Token, root, roots_of, table
from sensor.event import ToolCalled, ToolReturned

_MORE = 1
"""By how much another event must have more of a clause's words than those that have its entities."""


_LINKS = roots_of("links")


def of_together(read: Read) -> Iterator[Refusal]:
    """Refuse a clause whose entities and numbers stand in events that have nothing to do with each other."""
    for clause in read.clauses:
        if all(token.kind == "word" for token in clause.tokens):
            yield from _apart(clause, read)
        if _links(clause) or set(clause.joint.split()) & {"that", "which", "given", "named", "than"}:
            continue
        for piece in pieces(clause):
            yield from _of_piece(piece, read, _MORE + _is_beside_order(clause, read))


def _of_piece(piece: Clause, read: Read, more: int) -> Iterator[Refusal]:
    held = [
        token
        for token in piece.tokens
        if token.kind != "word" and token not in read.lacked and length_of(read, read.tokens.index(token)) is None
    ]
    if not held or any(token.kind == "number" and is_computed(read, number(token.text)) for token in held):
        return
    groups = _groups(read.cited)
    here = [
        group
        for group in groups
        if all(any(holds(one, token) for one in group) for token in held if _is_anywhere(token, read))
    ]
    words = dict(zip(read.cited, scores(read.cited, _without_asker(piece), entities=0), strict=True))
    most = max((words[one] for group in here for one in group), default=0)
    if not here or max(words.values()) > most + more:
        yield Refusal(
            "together", f"“{held[0].text[:40]}” and what it says of “{held[-1].text[:40]}” are of different events"
        )


def _without_asker(piece: Clause) -> Clause:
    """Return a piece without at whose wish it was done, which is of another event: "was removed at Kim's request"."""
    held = piece.tokens
    for at, token in enumerate(held[1:-1], 1):
        asks = is_possessive(token.text.casefold()) and root(held[at + 1].text) in roots_of("wishes")
        if asks and held[at - 1].text.casefold() in ("at", "on", "upon", "by", "the"):
            return Clause(piece.joint, (*held[: at - 1], *held[at + 2 :]), fronts=piece.fronts)
    return piece


def _is_beside_order(clause: Clause, read: Read) -> bool:
    """Return whether what stands beside a clause tells of another event, with which it may share words.

    "B failed | after the call to B", "after being asked for B, | the user gave C".
    """
    at = read.clauses.index(clause)
    behind = read.clauses[at + 1 : at + 2]
    before = [one for one in read.clauses[max(0, at - 1) : at] if one.fronts and tells(one.tokens)]
    return any({"before", "after"} & set(one.joint.split()) for one in (*behind, *before))


def _apart(clause: Clause, read: Read) -> Iterator[Refusal]:
    """Refuse a clause without entities whose words stand in events that have nothing to do with each other."""
    if _links(clause) or len(read.clauses) > 1 or read.template:
        return  # a template says of which events it speaks
    content = {
        base for base in (root(word) for word in clause.words) if base not in table().neutral and among(base, read.said)
    }
    groups = _groups(read.cited)
    if len(content) > 1 and not any(
        all(any(among(base, one.words | one.lent) for one in group) for base in content) for group in groups
    ):
        yield Refusal("together", "what it says is of different events")


def _links(clause: Clause) -> bool:
    """Return whether a clause says how things of several events are to each other, or how long it was from one to another."""
    words = [part for one in clause.tokens for part in one.text.casefold().split() if one.kind in ("word", "number")]
    is_length = any(length_at(words, at) for at in range(len(words)))
    return any(root(word) in _LINKS or (is_length and root(word) in _SPANNING) for word in words)


_SPANNING = roots_of("spanning")


def _is_anywhere(token: Token, read: Read) -> bool:
    return any(holds(one, token) for one in read.cited)


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
