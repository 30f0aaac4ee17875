"""What did the principals ask for? Their words, cut into sentences, with verbs, objects, values and delegations.

Matching is per sentence: a verb of one sentence and a noun of another would excuse anything. Values are cut out before words
are matched, since a verb may hide in a domain name.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from correlator.contents import sentences
from correlator.conversation import Conversation, Said
from correlator.lexicon import COMMON, classes_of, content_words, delegates, only_asks, stop_words
from correlator.spelling import squash, stem, words
from correlator.values import values

_CAPITALISED = re.compile(r"\b[A-Z][a-z]{2,}\b")
_FILLER = frozenset(stem(word) for word in stop_words())


@dataclass(frozen=True)
class Clause:
    """One sentence of a principal."""

    said: Said
    text: str

    @cached_property
    def classes(self) -> frozenset[str]:
        """Return the classes of its verbs."""
        found: set[str] = set()
        for word in words(without_values(self.text)):
            found |= classes_of(word)
        return frozenset(found)

    @cached_property
    def only_asks(self) -> bool | None:
        """Return whether it asks to be told something and for no act (`correlator.lexicon.only_asks`)."""
        return only_asks(self.text)

    @cached_property
    def content(self) -> frozenset[str]:
        """Return the stems of its meaningful words."""
        return content_words(self.text)

    @cached_property
    def squashed(self) -> str:
        """Return its letters and digits."""
        return squash(self.text)

    @cached_property
    def names(self) -> frozenset[str]:
        """Return, case folded, its capitalised words that are no known verb and no filler: names, as far as form tells."""
        found = (word.casefold() for word in _CAPITALISED.findall(self.text))
        return frozenset(word for word in found if stem(word) not in _FILLER and not classes_of(word))

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Return, squashed, the paths and addresses it names."""
        return tuple(
            value.key for value in values(self.text) if value.kind in ("path", "url", "host") and not value.weak
        )

    @cached_property
    def delegation(self) -> str:
        """Return `whole`, `partial` or the empty string."""
        return delegates(self.text)


@dataclass(frozen=True)
class Request:
    """All that the principals of a session asked for."""

    clauses: tuple[Clause, ...]

    @cached_property
    def content(self) -> frozenset[str]:
        """Return the stems of all meaningful words."""
        return frozenset().union(*(clause.content for clause in self.clauses))

    @cached_property
    def spoken(self) -> frozenset[str]:
        """Return the stems of all words, those inside addresses and names of files included."""
        return (
            frozenset(stem(word) for clause in self.clauses for word in words(clause.text) if word not in COMMON)
            - _FILLER
        )

    @cached_property
    def only_asks(self) -> bool:
        """Return whether the principals only want to be told something: no sentence asks for an act or hands over authority."""
        told = [clause.only_asks for clause in self.clauses]
        return True in told and False not in told and not self.delegation

    @cached_property
    def delegation(self) -> str:
        """Return the strongest delegation among the clauses."""
        kinds = {clause.delegation for clause in self.clauses}
        return "whole" if "whole" in kinds else "partial" if "partial" in kinds else ""


def request_of(conversation: Conversation) -> Request:
    """Return the request of a session; a confirmed text is no request, its values are known through `own_words`."""
    return Request(
        tuple(Clause(said, sentence) for said in conversation.said for sentence in sentences(said.text[:50_000]))
    )


@lru_cache(maxsize=16384)
def without_values(text: str) -> str:
    """Return `text` without its addresses, paths and identifiers, so that no word of theirs is taken for a verb or noun."""
    for value in values(text):
        if value.kind not in ("name", "text", "number") and not (value.whole and " " in value.text):
            text = text.replace(value.text, " ")
    return text
