"""Who said it: what somebody is said to have said stands in words of theirs. Pure."""

from collections.abc import Iterator, Sequence

from correlator.verifying.grounds import Ground, has
from correlator.verifying.read import AGENTS, BE, PEOPLE, SAYING, Read, Refusal, best_of, is_act
from correlator.verifying.wording import Clause, Token, root, words_of
from sensor.event import DocumentRetrieved, ToolReturned


def of_speakers(read: Read) -> Iterator[Refusal]:
    """Refuse what the agent, a person or a text is said to have said, where another one's words have more of it."""
    if read.template:
        return
    for at, clause in enumerate(read.clauses):
        place = _verb(clause)
        if place is None:
            continue
        said = Clause("", (*clause.tokens, *_indirect(read.clauses[at + 1 :])))
        actor = _person(clause.tokens[:place])
        _, best = best_of(read.cited, said)
        if actor and best and not any(one.actor == actor for one in best):
            yield Refusal(
                "roles", f"what follows “{clause.tokens[place].text}” is not said by who is told to have said it"
            )
        before, behind = clause.tokens[:place], said.tokens[place + 1 :]
        if not actor and any(_is_turned(one, before, behind) for one in read.cited):
            yield Refusal("roles", "what is told to have said it is what it speaks of")


def _verb(clause: Clause) -> int | None:
    """Return the place of the first verb of saying that has a subject."""
    for at, token in enumerate(clause.tokens):
        word = token.text.casefold()
        before = clause.tokens[at - 1].text.casefold() if at else ""
        if token.kind != "word" or not before or before in BE or token.aside or before in words_of("determiners"):
            continue
        is_verb = is_act(word) or (word.endswith("s") and not word.endswith(("ss", "'s", "’s")))
        if is_verb and root(word) in (SAYING | _HOLDING) - _HEARING:
            return at
    return None


_HOLDING = frozenset(map(root, ("hold", "contain", "carry", "include", "bear", "list")))
_HEARING = frozenset((root("learn"), root("address"), root("direct"), root("point")))
"""Verbs whose subject is told something, or that lead somewhere."""


def _indirect(clauses: Sequence[Clause]) -> Iterator[Token]:
    """Yield the tokens of the clauses that tell what was said."""
    for clause in clauses:
        if clause.joint.split()[:1] not in (["that"], ["whether"], ["if"]):
            return
        yield from clause.tokens


def _person(before: Sequence[Token]) -> str:
    """Return the actor that a subject names, empty where it is no person."""
    words = [one.text.casefold() for one in before if one.kind == "word"]
    if any(word.endswith(("'s", "’s", "s'", "s’")) for word in words):
        return ""  # "the agent's answer"
    if any(root(word) in AGENTS for word in words):
        return (
            "agent"
            if "the" in words and root(words[words.index("the") + 1 :][0] if words[-1] != "the" else "") in AGENTS
            else ""
        )
    return "principal" if set(map(root, words)) & PEOPLE else ""


def _is_turned(ground: Ground, before: Sequence[Token], behind: Sequence[Token]) -> bool:
    """Return whether what stands before the verb is only in a text, and what stands behind it only in where the text came from."""
    if not isinstance(ground.event, ToolReturned | DocumentRetrieved):
        return False
    text = " ".join(ground.event.text.casefold().split())
    author, call = ground.event.author, ground.call
    frame = " ".join(
        (
            author.id or "" if author else "",
            getattr(ground.event, "place", None) or "",
            call.model_dump_json() if call else "",
        )
    )
    frame = frame.casefold()
    told = [one.text.casefold() for one in before if one.kind == "entity"]
    spoken = [one.text.casefold() for one in behind if one.kind in ("entity", "number")]
    return any(has(text, one) and one not in frame for one in told) and any(
        one in frame and not has(text, one) for one in spoken
    )
