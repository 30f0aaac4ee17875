"""Who said it: what somebody is said to have said stands in words of theirs. Pure."""

import re
from collections.abc import Iterator, Sequence

from correlator.verifying.grounds import Ground
from correlator.verifying.read import (
    AGENTS,
    BE,
    HAVE,
    PREPOSITIONS,
    SAYING,
    SPOKEN,
    Read,
    Refusal,
    among,
    best_of,
    is_act,
    is_person,
    is_possessive,
    scores,
)
from correlator.verifying.subjects import core_of, singled_out
from correlator.verifying.wording import Clause, Token, root, roots_of, words_of
from sensor.event import AlertReceived, DocumentRetrieved, PromptSubmitted, ToolReturned


def of_speakers(read: Read) -> Iterator[Refusal]:
    """Refuse what the agent, a person or a text is said to have said, where another one's words have more of it."""
    if read.template:
        return
    subject: Sequence[Token] = ()
    for at, clause in enumerate(read.clauses):
        place = _verb(clause)
        if place is None:
            if (told := _told_by(clause)) and _is_of_others(*told, read):
                yield Refusal("roles", f"what follows “{told[1].text}” is not said by who is told to have said it")
            if clause.joint not in ("which", "who", "whose", "that"):
                subject = next((clause.tokens[:at] for at, one in enumerate(clause.tokens) if is_act(one.text)), ())
            continue
        if place or not {"and", "but", "then", ";"} & set(clause.joint.split()):
            # "It was the clerk | who told" says that the clerk did.
            subject = _subject(clause.tokens[:place] or singled_out(read.clauses, at))
        if clause.joint == "that" and at and any(among(root(word), _RELATING) for word in read.clauses[at - 1].words):
            continue  # what somebody says of another one
        if clause.joint == "that" and _is_preposition_next(clause.tokens[place + 1 :]):
            continue  # "the sum that the clerk told in March": what was said stands before
        verb, *behind = (*clause.tokens[place:], *_indirect(clause, place, read.clauses[at + 1 :]))
        acts = _person(subject) == "agent" and any(root(verb.text) in one.tool for one in read.cited)
        if not acts and (
            _is_told_by_another(subject, verb, behind, read) or _is_of_others(subject, verb, behind, read)
        ):
            yield Refusal("roles", f"what follows “{verb.text}” is not said by who is told to have said it")
        if _hears(clause.tokens[place + 1 :]) and _is_of_agent(behind, read):
            yield Refusal("roles", f"what follows “{verb.text}” was not told to the agent: the agent said or did it")
        if _person(subject) != "agent" and _is_told_to_author(clause.tokens[place + 1 :], behind, read):
            yield Refusal("roles", f"who is told what follows “{verb.text}” is who said it")


def _hears(behind: Sequence[Token]) -> bool:
    """Return whether the agent is who a verb of saying says it to: "told the agent"."""
    words = [one.text.casefold() for one in behind[:3]]
    at = next((at for at, word in enumerate(words) if root(word) in AGENTS and not word.endswith("s")), None)
    return bool(at) and words[0] == "the" and not any(word in PREPOSITIONS for word in words[:at])


def _is_of_agent(said: Sequence[Token], read: Read) -> bool:
    """Return whether what was said stands in what the agent said or did, and little of it in anything else."""
    found = scores(read.cited, Clause("", tuple(said)), near=True)
    acts = [one.actor == "agent" and one.event.kind != "memory_written" for one in read.cited]
    own = max((score for score, acted in zip(found, acts, strict=True) if acted), default=0)
    other = max((score for score, one in zip(found, read.cited, strict=True) if one.actor != "agent"), default=0)
    return own > _ENOUGH and own > other


def _is_told_by_another(subject: Sequence[Token], verb: Token, behind: Sequence[Token], read: Read) -> bool:
    """Return whether none of the events that have most of what was said is of who is told to have said it."""
    actor = _person(subject) or _named(subject, read)
    if actor == "principal" and any(
        one.actor == "content" and root(word.text) in one.doers for one in read.cited for word in subject
    ):
        return False  # "guest 4" is who wrote the text
    behind = [
        one
        for one in behind
        if not any(root(one.text) in other.doers for other in read.run if other.actor == "principal")
    ]
    most, best = best_of(read.cited, Clause("", (*subject, verb, *behind)))
    said, _ = best_of(read.cited, Clause("", tuple(behind)))
    return bool(actor and most and said >= _ENOUGH) and not any(
        one.actor == actor or (actor == "content" and _is_answered(one, read)) for one in best
    )


def _told_by(clause: Clause) -> tuple[Sequence[Token], Token, Sequence[Token]] | None:
    """Return who is told to have said something, the participle, and what was said: "was told by the clerk to wait"."""
    words = [one.text.casefold() for one in clause.tokens]
    at = words.index("by") if "by" in words else 0
    if not at or not BE & {*words[: at - 1]} or root(words[at - 1]) not in _ASKING:
        return None
    end = words.index("to", at) if "to" in words[at:] else len(words)
    return clause.tokens[at + 1 : end], clause.tokens[at - 1], (*clause.tokens[: at - 1], *clause.tokens[end:])


def _is_of_others(subject: Sequence[Token], verb: Token, said: Sequence[Token], read: Read) -> bool:
    """Return whether what somebody is told to have said stands in another one's words, and next to nothing of it in theirs."""
    who = {root(word) for word in core_of([one.text.casefold() for one in subject])}
    spoken = [one for one in read.cited if one.actor in ("principal", "content") or one.event.kind in SPOKEN]
    own = [one for one in spoken if who & (one.doers - one.tool)]
    if not own or root(verb.text) not in _ASKING or who & (AGENTS | {"what"}):
        return False
    names = AGENTS.union(*(one.doers for one in read.run if one.actor == "principal"))
    behind = Clause("", tuple(one for one in said if root(one.text) not in names))
    least = max(scores(own, behind, near=True))
    return least < _ENOUGH and max(scores(spoken, behind, near=True)) >= least + _ENOUGH


_ASKING = roots_of("telling") | {root("report")}


def _is_answered(ground: Ground, read: Read) -> bool:
    """Return whether a cited result is that of a call: who answers may have done what was asked."""
    return any(one.call is ground.event for one in read.cited)


def _is_told_to_author(addressed: Sequence[Token], behind: Sequence[Token], read: Read) -> bool:
    """Return whether who wrote a cited text is said to hear what it says: "the office told Hale & Sons to wait"."""
    words = [one.text.casefold() for one in addressed[:5]]
    start = next((at for at, word in enumerate(words) if word not in ("to", *words_of("determiners"))), len(words))
    end = next((at for at in range(start, len(words)) if _ends(addressed[at], words[at])), len(words))
    _, best = best_of(read.cited, Clause("", tuple(behind[end:])))
    authors = [getattr(one.event, "author", None) for one in best]
    ids = [(one.id or "").casefold() for one in authors if one is not None]
    told = [word for word in words[start:end] if not is_person(word)]
    return bool(told) and any(" ".join(told) == one or {*told} == {*re.findall(r"\w+", one)} for one in ids)


def _ends(token: Token, word: str) -> bool:
    """Return whether a name ends before a token."""
    return token.kind == "word" and (word in PREPOSITIONS or word in words_of("determiners") or is_act(word))


def _subject(before: Sequence[Token]) -> Sequence[Token]:
    """Return what stands before a verb, from the verb on that another clause has there: "is a sheet whose last line says"."""
    words = [one.text.casefold() for one in before]
    if any(is_act(word) and root(words[at]) in AGENTS for at, word in enumerate(words[1:])):
        return ()  # "what the agent found says"
    at = next((at for at in range(len(before) - 1, 0, -1) if before[at].text.casefold() in BE), -1)
    return before[at + 1 :] if at + 1 < len(before) else before


def _is_preposition_next(behind: Sequence[Token]) -> bool:
    return bool(behind) and behind[0].text.casefold() in PREPOSITIONS | BE


_RELATING = SAYING | frozenset(map(root, ("remember", "memory", "believe", "assume", "note", "record")))
_ENOUGH = 2
"""How much of what was said must be in an event, so that it is known whose words these are."""


def _named(subject: Sequence[Token], read: Read) -> str:
    """Return the actor whose name a subject is, and nothing else: a program, a product, somebody who asks; empty for none."""
    words = [one.text.casefold() for one in subject if one.text.casefold() not in words_of("determiners") | HAVE]
    if len(words) != 1:
        return ""
    found = {_actor(one, words[0]) for one in read.run} - {""}
    return found.pop() if len(found) == 1 else ""


def _actor(ground: Ground, name: str) -> str:
    """Return the actor of an event that is of who has a name, empty for another one's."""
    event = ground.event
    match event:
        case AlertReceived(product=product):
            return "sensor" if product.casefold() == name else ""
        case PromptSubmitted(principal=principal) if principal is not None:
            return "principal" if (principal.id or "").casefold() == name else ""
        case ToolReturned(author=author) | DocumentRetrieved(author=author) if author is not None:
            return "content" if (author.id or "").casefold() == name else ""
    return "process" if ground.program.casefold() == name else ""


def _verb(clause: Clause) -> int | None:
    """Return the place of the first verb of saying that has a subject, or begins a clause that goes on."""
    is_told = False
    for at, token in enumerate(clause.tokens):
        word = token.text.casefold()
        before = clause.tokens[at - 1].text.casefold() if at else ""
        inserted = any(one.aside for one in clause.tokens[1:at])  # "the note, a part of the page, asked"
        if token.kind != "word" or before in BE or (token.aside and not inserted) or before in words_of("determiners"):
            continue
        is_verb = is_act(word) or (
            bool(before) and not is_told and word.endswith("s") and not word.endswith(("ss", "'s", "’s"))
        )
        if is_verb and root(word) in (SAYING | _HOLDING) - _HEARING:
            return at
        is_told = is_told or (is_act(word) and not _is_reduced(clause.tokens, at)) or word in HAVE
    return None


def _is_reduced(held: Sequence[Token], at: int) -> bool:
    """Return whether a participle is short for a clause of its own: "the text found on the page says"."""
    behind = held[at + 1 : at + 2]
    return bool(behind) and behind[0].text.casefold() in PREPOSITIONS


_HOLDING = frozenset(map(root, ("hold", "contain", "carry", "include", "bear", "list")))
_HEARING = frozenset(map(root, ("learn", "address", "direct", "point", "refer", "allude", "need", "await", "expect")))
"""Verbs whose subject is told something, that lead somewhere, or that somebody needs not say."""


def _indirect(clause: Clause, place: int, following: Sequence[Clause]) -> Iterator[Token]:
    """Yield the tokens of the clauses that tell what was said: behind the verb, or behind who is told, but no preposition."""
    behind = [one.text.casefold() for one in clause.tokens[place + 1 :] if one.kind == "word"]
    if any(word in PREPOSITIONS for word in behind):
        return  # "asked for the key that the clerk kept"
    for one in following:
        if one.joint.split()[:1] not in (["that"], ["whether"], ["if"]):
            return
        yield from one.tokens


def _person(before: Sequence[Token]) -> str:
    """Return the actor that a subject names, empty where it is no person."""
    words = [one.text.casefold() for one in before if one.kind == "word"]
    cut = next(
        (at for at in range(1, len(words) - 1) if is_act(words[at]) and words[at + 1] in PREPOSITIONS), len(words)
    )
    cut = next((at for at, word in enumerate(words[:cut]) if at and word in PREPOSITIONS), cut)
    words = words[:cut]  # "a line addressed to the agent", "the report to the clerk"
    if any(is_possessive(word) for word in words):
        return ""  # "the agent's answer"
    if any(root(word) in AGENTS for word in words):
        return (
            "agent"
            if "the" in words and root(words[words.index("the") + 1 :][0] if words[-1] != "the" else "") in AGENTS
            else ""
        )
    return "principal" if any(is_person(word) for word in words) else ""
