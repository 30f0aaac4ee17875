"""How much more an event has of a part of a sentence that is put in order: who acts in it, what little words it has. Pure."""

from collections.abc import Sequence

from correlator.verifying.clauses import has_verb
from correlator.verifying.grounds import Ground
from correlator.verifying.read import among, is_person
from correlator.verifying.wording import Clause, Token, root, roots_of, table, words_of

_MUCH = 2
"""How much it tells that somebody is said to have done it, or that it is named by its kind."""
_SUBJECT = 4
"""Words of a subject."""
_SHORT = 4
"""Letters below which a word tells nothing."""


def more_of(ground: Ground, clause: Clause, cited: Sequence[Ground]) -> int:
    """Return how much of a clause an event has besides its words: who acts, of what kind it is, and words that say little.

    A result has the words of its call.
    """
    calls = (one.words for one in cited if one.event is ground.call)
    said = ground.words.union(*calls)
    subject = _subject(clause)
    found = _MUCH * (ground.actor == "principal" and bool(subject) and is_person(subject[-1].text.casefold()))
    found += _MUCH * (ground.actor in ("content", "peer") and bool(subject) and root(subject[-1].text) in _TOOLS)
    if not has_verb(clause.tokens) and len(clause.tokens) <= _SUBJECT:
        found += _of_kind(ground, clause.words)
    return found + sum(among(root(word), said) for word in {*clause.words} if _says_little(word))


def _subject(clause: Clause) -> Sequence[Token]:
    """Return the subject of a clause, empty for a long one: "the customer | had asked"."""
    verb = next((at for at, one in enumerate(clause.tokens) if has_verb((one,))), 0)
    return clause.tokens[:verb] if verb <= _SUBJECT else ()


def _of_kind(ground: Ground, words: Sequence[str]) -> int:
    """Return how much an event is what a few words name by its kind, or by whose it is: "the operator's order", "its start"."""
    by_person = any(is_person(word.removesuffix("'s").removesuffix("’s")) for word in words)
    is_named = bool(words) and root(words[-1]) in ground.lent
    return _MUCH * (by_person and ground.actor == "principal") + _MUCH * is_named


def _says_little(word: str) -> bool:
    """Return whether a word is a general one, and yet no grammar: "hold", "order"."""
    return len(word) >= _SHORT and root(word) in table().neutral and word not in _GRAMMAR


_TOOLS = roots_of("tools")
_GRAMMAR = (
    words_of("grammar")
    | words_of("be")
    | words_of("have")
    | words_of("prepositions")
    | words_of("negations")
    | words_of("pronouns")
    | words_of("inverted")
    | words_of("sizes")
    | words_of("joints")
)
