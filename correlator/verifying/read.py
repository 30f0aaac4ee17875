"""A sentence beside its evidence: what of it stands there, and of which events each clause speaks. Pure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from correlator.lexicon import classes_of
from correlator.verifying.clauses import clauses
from correlator.verifying.denied import denied
from correlator.verifying.figures import number
from correlator.verifying.grounds import Ground, has
from correlator.verifying.lacking import lacked
from correlator.verifying.wording import Clause, Token, akin, root, roots_of, table, tokens, words_of
from sensor.event import Answered, PromptSubmitted, ToolCalled


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a sentence is not accepted."""

    rule: str
    why: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.why}"


class Read:
    """A sentence beside its evidence."""

    def __init__(self, sentence: str, cited: Sequence[Ground], run: Sequence[Ground], template: str = "") -> None:
        self.sentence = sentence
        self.template = " ".join(template.casefold().split())
        self.cited = tuple(sorted(cited, key=lambda one: one.place))
        self.run = run
        self.tokens = tokens(sentence)
        self.clauses = clauses(sentence)
        self.said = frozenset[str]().union(*(one.words for one in self.cited))
        if template:
            self.said |= {root(token.text) for token in tokens(template) if token.kind == "word"}
        self.lent = frozenset[str]().union(*(one.lent for one in self.cited))
        told = [one.event for one in self.cited]
        # A result that is not cited tells nothing of its call.
        self.failures = tuple(
            one for one in self.cited if is_negative(one) and not (one.came_to_nothing and one.result not in told)
        )

    def stands(self, text: str) -> bool:
        """Return whether a cited event, the call of a cited result, or the template has an entity."""
        return any(one.names(text) for one in self.cited) or has(self.template, " ".join(text.casefold().split()))

    @cached_property
    def askers(self) -> frozenset[str]:
        """Return the names of those who are said to be told what a cited answer tells, and who asked last before it."""
        found = set[str]()
        for one in self.cited:
            asked = [
                other.event
                for other in self.run[: one.place]
                if isinstance(other.event, PromptSubmitted) and other.event.session == one.event.session
            ]
            principal = asked[-1].principal if asked and isinstance(one.event, Answered) else None
            if principal is not None and principal.id and self._is_told(principal.id):
                found.add(principal.id.casefold())
        return frozenset(found)

    def _is_told(self, name: str) -> bool:
        """Return whether the sentence says of somebody that they are told something."""
        return any(
            _TELLING.search(self.sentence[: match.start()]) or _TOLD.match(self.sentence[match.end() :])
            for match in re.finditer(re.escape(name), self.sentence, re.IGNORECASE)
        )

    @cached_property
    def prose(self) -> frozenset[str]:
        """Return the roots of the words of the cited events that are no part of the name of a file or a host."""
        return frozenset[str]().union(*(one.prose for one in self.cited)) & self.said

    @cached_property
    def plain(self) -> str:
        """Return the sentence without what it quotes and names, case folded."""
        text = self.sentence
        for token in self.tokens:
            if token.kind in ("quote", "entity"):
                length = len(token.text) + 2 * (token.kind == "quote")
                text = text[: token.start] + "·" * length + text[token.start + length :]
        return " ".join(text.casefold().split())

    def is_said(self, word: str) -> bool:
        """Return whether a cited event has a form of this word, or is of a daemon that is named after it: `sshd`."""
        return among(root(word), self.said) or any(f"{word.casefold()}d" == one.program for one in self.cited)

    def is_lent(self, word: str) -> bool:
        """Return whether a word describes a cited event by its kind, or means the same as one that it has."""
        base = root(word)
        if base in _DECLINING and (self.failures or any(one.denied for one in self.cited)):
            return True
        if (
            among(base, self.lent)
            or any(word in name.split() for name in self.askers)
            or any(other in self.said for other in table().beside(base))
        ):
            return True
        return base not in _SPECIFIC and bool((classes_of(word) & _BROAD) & self.classes)

    @cached_property
    def lacked(self) -> frozenset[Token]:
        """Return the tokens that say, truly, what a cited text does not have, or deny what it denies."""
        return lacked(self.clauses, self.cited, self.run) | denied(self.clauses, self.cited)

    @cached_property
    def classes(self) -> frozenset[str]:
        """Return the classes of effects that the cited tools have by their names."""
        return frozenset(name for one in self.cited for word in one.tool for name in classes_of(word))

    @cached_property
    def spoken_of(self) -> tuple[tuple[Ground, ...], ...]:
        """Return for each clause the cited events that it most likely speaks of; one without a subject goes on."""
        found: list[tuple[Ground, ...]] = []
        for at, clause in enumerate(self.clauses):
            score, best = best_of(self.cited, clause)
            if at and found[-1] and not has_subject(clause) and set(clause.joint.split()) & {"and", "but", "then", ";"}:
                # "… and failed": what a clause without a subject of its own says, it says of the one before.
                same = [one for one in best if any(tied(one, other) for other in found[-1])]
                best = tuple(same) or (best if score > _LITTLE_SAID else found[-1])
            found.append(best)
        return tuple(found)


_TELLING = re.compile(
    r"\b(?:to|for|told|informed|answered|assured|advised|notified|promised|offered|thanked|gave|reassured|let|warned|sent)\s+$",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"\s+(?:(?:was|were|is|are|had been|has been|got)\s+(?:\w+\s+){0,2}?(?:told|informed|advised|answered|assured|notified|promised"
    r"|offered|given|sent|shown|asked|thanked|warned|reassured|referred|left)|heard|learn(?:t|ed)|received|got)\b",
    re.IGNORECASE,
)


_BROAD = frozenset(("read", "communicate", "create", "transfer", "move", "execute"))
"""Classes of effects whose verbs say the same of a tool, as far as a report goes; in the others there are opposites."""


_SPECIFIC = roots_of("specific")
"""Verbs of these classes that say more than that: "translated" is not what every tool did that reads."""


def among(base: str, bases: Collection[str]) -> bool:
    """Return whether a root is one of several, or a form of one."""
    if base in bases:
        return True
    return _has_kin(base, bases) if isinstance(bases, frozenset) else any(akin(base, other) for other in bases)


@lru_cache(maxsize=1 << 16)
def _has_kin(base: str, bases: frozenset[str]) -> bool:
    """Return what `among` does; the same words are asked of the same events by nearly every rule."""
    return any(akin(base, other) for other in bases)


def tied(one: Ground, other: Ground) -> bool:
    """Return whether two events are one, or a call and its result."""
    return one is other or one.call is other.event or other.call is one.event


_REFUSING = re.compile(
    r"\b(?:(?:will|shall|would|may|must|do|does) not|cannot|can't|can’t"
    r"|could not|unable|not able|sorry|have not|refus\w+|denied|deny|declin\w+"
    r"|not (?:permitted|allowed|possible|do)|won['’]t|forbidden|rejected|i (?:reject|object)|(?:can|may) only"
    r"|only (?:for|to)|does not answer|did not work|insist\w*|need\b)"
)  # fmt: skip


def is_negative(ground: Ground) -> bool:
    """Return whether an event tells of a failure or a refusal."""
    if ground.actor == "agent" and _NO.match(ground.plain):
        return True
    return bool(ground.failed) or ground.came_to_nothing or bool(_REFUSING.search(ground.plain))


_NO = re.compile(r"no\b(?! (?:\w+ ){0,3}(?:problem|errors?|trouble|issues?)\b)")


_LITTLE_SAID = 1


def scores(cited: Sequence[Ground], clause: Clause, *, entities: int = 4, near: bool = False) -> list[int]:
    """Return how much of a clause each cited event has: its entities, then its words.

    `near`: words that mean the same, too, and a result has all that its call has, so that the two differ only in what the result
    adds.
    """
    found = []
    agent = any(root(word) in AGENTS for word in clause.words[:3])
    by_agent = near and _is_by_agent(clause)
    content = {root(word) for word in clause.words} - table().neutral
    acts = {root(word) for word in clause.words if is_act(word)} | _participles(clause)
    # "the call", "the answer": they say little, and yet of which kind an event is.
    kinds = {root(word) for word in clause.words} & _KINDS if near else frozenset[str]()
    for one in cited:
        both = [one, *(other for other in cited if near and one.call is not None and other.event is one.call)]
        its = frozenset[str]().union(*(each.words for each in both))
        named = sum(
            any(holds(each, token) for each in both)
            for token in clause.tokens
            if token.kind != "word" or (near and "-" in token.text)
        )
        words = sum(2 if among(word, its) else near and bool(table().beside(word) & its) for word in content)
        lent = sum(
            (1 + (near and word in acts and one.actor == "process")) * among(word, one.lent)
            or (near and word in acts - content and among(word, its))
            for word in content | acts | kinds
        )
        # What a call is named after was done by it, and not by a text that mentions it.
        deeds = 2 * len(acts & one.tool) if near and any(isinstance(each.event, ToolCalled) for each in both) else 0
        found.append(entities * named + words + lent + deeds + (agent + _BY * by_agent) * (one.actor == "agent"))
    return found


_BY = 2
"""How much "by the agent" tells more than that the agent is spoken of."""


def _is_by_agent(clause: Clause) -> bool:
    """Return whether a clause says that the agent did what it tells: "was sent by the agent"."""
    words = clause.words
    return any(
        word == "by" and any(root(one) in AGENTS for one in words[at + 1 : at + 3] if not is_possessive(one))
        for at, word in enumerate(words)
    )


def _participles(clause: Clause) -> set[str]:
    """Return the roots of participles that have the form of their verb: "had come", "was set"."""
    words = clause.words
    return {
        root(word)
        for before, word in pairwise(words)
        if (before in HAVE and word in ("come", "become", "run"))
        or (before in BE | HAVE and word in words_of("unchanged"))
    }


_DECLINING = frozenset((root("decline"), root("refuse"), root("deny")))
"""What somebody does whose answer tells of something that they will not or cannot do."""
_KINDS = roots_of("calls") | roots_of("results") | roots_of("questions")


def best_of(cited: Sequence[Ground], clause: Clause) -> tuple[int, tuple[Ground, ...]]:
    """Return the cited events that a clause most likely speaks of, and how much they have of it."""
    found = scores(cited, clause)
    most = max(found, default=0)
    return most, tuple(one for score, one in zip(found, cited, strict=True) if score == most) if most else ()


def holds(ground: Ground, token: Token) -> bool:
    """Return whether an event has an entity, a number or a time."""
    if token.kind == "time":
        return token.text in ground.times or ground.names(token.text)
    if token.kind == "number":
        return number(token.text) in ground.numbers
    return ground.names(token.text)


def has_subject(clause: Clause) -> bool:
    """Return whether a clause begins with something that can do something."""
    first = clause.tokens[0] if clause.tokens else None
    if first is None:
        return False
    word = first.text.casefold()
    return (
        first.kind != "word"
        or word in ("the", "a", "an", "it", "this", "its", "one", "both")
        or first.text[:1].isupper()
    )


def is_thing(word: str) -> bool:
    """Return whether a word is no verb in the past, as far as its ending tells."""
    return not word.endswith(("ed", "ing")) and word not in table().irregular


_FAILING = roots_of("failing")


def is_failure(word: str) -> bool:
    """Return whether a word tells of a failure."""
    return among(root(word), _FAILING) or word == "turned-down"


AGENTS = roots_of("agents")


def is_possessive(word: str) -> bool:
    """Return whether a word says whose something is: "the agent's answer"."""
    return word.endswith(("'s", "’s", "s'", "s’"))


def is_person(word: str) -> bool:
    """Return whether a word names a person by what they are: no root, because a request is no requester."""
    return word in words_of("people") or word.removesuffix("s") in words_of("people")


SAYING = table().group("ask") | table().group("say") | table().group("answer")
"""Roots of verbs of asking, saying and answering."""


BE = words_of("be")


HAVE = words_of("have")


PREPOSITIONS = words_of("prepositions")


def is_act(word: str) -> bool:
    """Return whether a word is a verb in the past that tells of an act."""
    if word in BE or word in HAVE or word in words_of("no_past"):
        return False
    return (word.endswith("ed") and len(word) > 4) or (
        word in table().irregular and table().irregular[word] not in ("be", "have", "do")
    )


SPOKEN = ("answered", "model_responded")
"""Kinds of events in which the agent says something."""
