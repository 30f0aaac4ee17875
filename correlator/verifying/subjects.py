"""Who is said to act: what stands before the first verb of an act of a clause, where that is its subject. Pure."""

from collections.abc import Sequence

from correlator.verifying.lengths import NUMBERS, length_at
from correlator.verifying.read import AGENTS, BE, HAVE, PREPOSITIONS, SAYING, is_act
from correlator.verifying.wording import Clause, Token, root, roots_of, words_of

STATIVE = roots_of("stative")


Subject = tuple[tuple[str, ...], str, bool]
"""The words before a verb, the verb, and whether an object follows."""


def subject_of(clause: Clause) -> Subject | None:
    """Return who is said to act: the words before the first verb of an act in the past; nothing for the passive."""
    words: list[str] = []
    held = clause.tokens
    for at, token in enumerate(held):
        word = token.text.casefold()
        if token.kind != "word" or not (is_act(word) or word in BE or (words and _is_present(word))):
            words.append(word)
        elif words and _is_present(word):
            return None
        elif words and (words[-1] in _DETERMINERS or words[-1] in NUMBERS) and is_act(word):
            words.append(word)  # "the renamed folder"
        elif not is_act(word) or not words or _is_participle(held, at, words):
            return None
        elif _is_relative(held, at):
            continue  # "the text found on the page says"
        else:
            return _acting(words, held, at)
    return None


def core_of(subject: Sequence[str]) -> Sequence[str]:
    """Return a subject up to its head: "the clerk's wish" of "the clerk's wish to open a box"."""
    end = next((at for at, word in enumerate(subject) if at and (word in PREPOSITIONS or word == "to")), len(subject))
    return subject[:end]


def _acting(words: Sequence[str], held: Sequence[Token], at: int) -> Subject | None:
    behind_comma = next((place for place in range(at - 1, 0, -1) if held[place].aside), 0)
    if behind_comma and words[0] in PREPOSITIONS | _LEADING:
        words = [one.text.casefold() for one in held[behind_comma:at]]  # "along with the list, the clerk sent"
    elif words[0] in PREPOSITIONS or words[0] == "to":
        words = words[3 if len(words) > 3 and words[1] in _DETERMINERS else 2 :]
    if not words or words[-1] in ("to", "not", "of", "by", "for", "with", "and", "be"):
        return None
    subject = tuple(one for one in words if one not in HAVE)
    behind = held[at + 1] if at + 1 < len(held) else None
    following = behind.text.casefold() if behind is not None and not behind.aside else ""
    objected = (
        bool(following)
        and length_at([one.text for one in held], at + 1) is None
        and following not in PREPOSITIONS | words_of("particles")
        and not following.endswith("ly")
    )
    return (subject, held[at].text.casefold(), objected) if any(one not in _DETERMINERS for one in subject) else None


_LEADING = frozenset(("along", "together", "apart", "according", "contrary"))
"""Words besides prepositions with which what stands before the subject begins."""
_DETERMINERS = frozenset(("the", "a", "an", "this", "its", "that"))


def _is_participle(held: Sequence[Token], at: int, words: Sequence[str]) -> bool:
    """Return whether a form of the past says what was done to the words before it."""
    word, behind = held[at].text.casefold(), held[at + 1 : at + 2]
    return (
        held[at].aside  # "a file, found in it"
        or bool(HAVE & {*words[1:-1]} and words[-1] not in HAVE)  # "the mail has a file attached"
        or (bool(behind) and behind[0].text.casefold() == "by")  # "a file sent by"
        or bool(_CAUSING & {*words})  # "to have a file sent", "wants a file sent"
        or (
            word in ("called", "named") and (_is_name(behind) or _is_behind_preposition(words))
        )  # "an agent called night-watch"
        or (
            word.endswith("ed") and _last_preposition(words) == "with" and words[-1:] != ["agent"]
        )  # "with a file attached"
    )


def _is_behind_preposition(words: Sequence[str]) -> bool:
    """Return whether the last noun stands behind a preposition and "a": "by a firm called"."""
    at = next((at for at in range(len(words) - 1, 0, -1) if words[at] in ("a", "an")), 0)
    return at > 0 and words[at - 1] in PREPOSITIONS


_CAUSING = words_of("causing")
"""Words behind which a thing and a participle say what is to be done with it."""


def _is_relative(held: Sequence[Token], at: int) -> bool:
    """Return whether a participle with a preposition stands before the verb of its clause."""
    behind = held[at + 1 : at + 2]
    if _is_before_modal(held, at):
        return True
    if not behind or behind[0].text.casefold() not in PREPOSITIONS or held[at - 1].text.casefold() in (*AGENTS, *HAVE):
        return False
    later = [one.text.casefold() for one in held[at + 2 :] if one.kind == "word" and not one.aside]
    follows = bool(later) and any(is_act(word) for word in later)  # "the sheet kept in the folder named"
    return any(word in _IS or _is_present(word) for word in later) or (follows and root(held[at].text) not in STATIVE)


def _is_before_modal(held: Sequence[Token], at: int) -> bool:
    """Return whether the verb of the clause is still to come, a modal one: "letters marked urgent may wait"."""
    if held[at - 1].text.casefold() in (*AGENTS, *HAVE):
        return False
    later = [one.text.casefold() for one in held[at + 1 : at + 5] if one.kind == "word"]
    modal = next((place for place, word in enumerate(later) if word in _MODALS), 0)
    return bool(modal) and not any(is_act(word) or word in _SPLITTING for word in later[:modal])


_MODALS = frozenset(("may", "might", "can", "could", "must", "shall", "should", "will", "would", "cannot"))
_SPLITTING = frozenset(("and", "what", "how", "the", "it", "they", "he", "she"))
_IS = frozenset(("is", "are", "was", "were"))


def _is_present(word: str) -> bool:
    """Return whether a word is a verb in the present of a third person."""
    return word.endswith("s") and not word.endswith(("ss", "'s", "’s")) and root(word) in _VERBS


_VERBS = SAYING | STATIVE | roots_of("present")


def _is_name(following: Sequence[Token]) -> bool:
    """Return whether a name follows that is no tool's: those have no hyphen in the middle of words."""
    return bool(following) and (
        following[0].kind == "quote" or ("-" in following[0].text and "_" not in following[0].text)
    )


def _last_preposition(words: Sequence[str]) -> str:
    return next((word for word in reversed(words) if word in PREPOSITIONS), "")
