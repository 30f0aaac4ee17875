"""What something is said to have been done for: an infinitive that nothing asks for, tries or allows. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from correlator.lexicon import classes_of
from correlator.verifying.expressions import expressed
from correlator.verifying.lengths import NUMBERS
from correlator.verifying.read import PREPOSITIONS, Read, Refusal
from correlator.verifying.wording import Clause, root, roots_of, words_of


def of_purposes(read: Read) -> Iterator[Refusal]:
    """Refuse what something is said to have been done for: "to hide it", where nothing asks for, tries or allows that.

    An infinitive belongs to a word that asks, tries, allows or tells ("asked to", "an attempt to"), or it tells a purpose.
    """
    for place, clause in enumerate(read.clauses):
        led = read.clauses[place - 1].words if place and not clause.joint else ()  # "urged | the clerk to"
        for at, (token, verb) in enumerate(pairwise(clause.tokens)):
            if token.text != "to" or verb.kind != "word" or not at or not _is_purpose(clause, at, read, led):
                continue
            yield Refusal("motive", f"“to {verb.text}” is a purpose, and has no evidence")
    if _FRONTED.match(read.sentence):
        verb = read.tokens[1]
        if not (
            read.is_said(verb.text)
            or classes_of(verb.text) & read.classes
            or verb.text in words_of("pronouns")
            or verb in expressed(read.tokens)
        ):
            yield Refusal("motive", f"“to {verb.text}” is a purpose, and has no evidence")


_FRONTED = re.compile(r"To [a-z]+\b[^,;:]{2,60}, (?:[Tt]he|an?|its?|\w+) ")
"""A purpose in front: "To save face, the agent"."""


def _is_purpose(clause: Clause, at: int, read: Read, led: Sequence[str]) -> bool:
    """Return whether the "to" at a place of a clause begins a purpose; `led`: words of the clause that leads to it."""
    verb, behind = clause.tokens[at + 1], clause.tokens[at + 2 : at + 3]
    word = verb.text.casefold()
    if (
        not behind
        or behind[0].text.casefold() not in _OBJECTS
        or not verb.text.islower()
        or word.endswith(("ed", "s", "ly"))
    ):
        return False
    if "for" in (*clause.words, *led):
        return False  # "asked for it to be kept"
    if word in words_of("pronouns") | PREPOSITIONS or word in NUMBERS or read.is_said(word):
        return False
    if (word.endswith("ing") and len(word) > _SHORT_ING) or any(one.names(word) for one in read.run):
        return False
    if verb in expressed(read.tokens):
        return False
    before = [root(one.text) for one in clause.tokens[:at] if one.kind == "word"]
    return (
        bool(before)
        and not (_GOVERNING & {*before, root(clause.joint), *map(root, led)})
        and not (_NEAR & {*before[-2:]})
    )


_OBJECTS = words_of("determiners") | words_of("pronouns") | {"up", "on", "out", "off", "outside"}
_SHORT_ING = 5
"""Letters of the longest verb that ends in "ing" by itself: "bring"."""


_GOVERNING, _NEAR = roots_of("governing"), roots_of("governing_near")
