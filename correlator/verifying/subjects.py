"""Who is said to act: what stands before the first verb of an act of a clause, where that is its subject. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from correlator.verifying.lengths import NUMBERS, length_at
from correlator.verifying.read import AGENTS, BE, HAVE, PREPOSITIONS, SAYING, is_act, is_possessive
from correlator.verifying.wording import Clause, Token, root, roots_of, words_of

STATIVE = roots_of("stative")


Subject = tuple[tuple[str, ...], str, bool]
"""The words before a verb, the verb, and whether an object follows."""


def subject_of(clause: Clause) -> Subject | None:
    """Return who is said to act: the words before the first verb of an act in the past; nothing for the passive."""
    words: list[str] = []
    held = _without_insertion(clause.tokens)
    for at, token in enumerate(held):
        word = token.text.casefold()
        if words and word in words_of("unchanged") and words[-1] in AGENTS and root(word) in _SETTING:
            return _acting(words, held, at)  # "the agent set a limit"
        if token.kind != "word" or not (is_act(word) or word in BE or (words and _is_present(word))):
            words.append(word)
        elif words and _is_present(word):
            return None
        elif is_act(word) and _is_attribute(words):
            words.append(word)  # "the renamed folder"
        elif words and _is_fronted(held, at, words):
            words = []  # "of three sheets ordered, one"
        elif not is_act(word) or not words or _is_participle(held, at, words):
            return None
        elif _is_relative(held, at):
            continue  # "the text found on the page says"
        else:
            return _acting(words, held, at)
    return None


_SETTING = frozenset(map(root, ("set", "put", "let", "cast", "bid")))


def subjects_of(found: Sequence[Clause]) -> tuple[Subject | None, ...]:
    """Return who is said to act in each clause of a sentence: "it was the clerk | who sent" says that of the clerk."""
    return tuple(
        _cleft(found, at) or (None if _is_asked(found, at) else subject_of(clause)) for at, clause in enumerate(found)
    )


def _is_asked(found: Sequence[Clause], at: int) -> bool:
    """Return whether a clause is a question that somebody asks: "asked | which hosts had answered"."""
    if (
        not at
        or found[at].joint not in ("which", "whose")
        or not any(root(word) in SAYING for word in found[at - 1].words)
    ):
        return False
    first = found[at].words[:1]
    return (
        bool(first)
        and first[0] not in _DETERMINERS
        and not is_act(first[0])
        and root(found[at - 1].words[-1]) in SAYING
    )


def _cleft(found: Sequence[Clause], at: int) -> Subject | None:
    """Return who is singled out before a clause: "it was the clerk | who …"."""
    before = singled_out(found, at)
    return subject_of(Clause("", (*before, *found[at].tokens))) if before else None


def singled_out(found: Sequence[Clause], at: int) -> Sequence[Token]:
    """Return who is singled out before a clause, or the agent, of whom it tells: "it was the clerk | who", "the agent, | who"."""
    if not at or found[at].joint not in ("who", "that", "which"):
        return ()
    before = found[at - 1].tokens
    words = [one.text.casefold() for one in before]
    if (
        found[at].joint == "who"
        and len(words) > 1
        and words[-2] == "the"
        and "not" not in words
        and root(words[-1]) in AGENTS
    ):
        return before[-2:]
    if len(words) < len(("it", "was", "…")) or words[0] != "it" or words[1] not in BE or "not" in words:
        return ()
    return before[2:]


def _without_insertion(held: Sequence[Token]) -> Sequence[Token]:
    """Return a clause without what stands between commas behind its subject: "the clerk, whose desk was empty, asked"."""
    first = next((at for at, one in enumerate(held) if at and one.aside), None)
    if first is None or first > _FEW or any(_is_verbal(one) for one in held[:first]):
        return held
    last = next((at for at in range(first + 1, len(held)) if held[at].aside and _is_verbal(held[at])), None)
    if last is None:
        return held
    return (*held[:first], replace(held[last], aside=False), *held[last + 1 :])


_FEW = 4
"""Words that a subject has before a comma."""


def _is_verbal(token: Token) -> bool:
    word = token.text.casefold()
    return token.kind == "word" and (word in BE or word in HAVE or is_act(word))


def _is_attribute(before: Sequence[str]) -> bool:
    """Return whether a participle behind these words says what a noun behind it is like: "a newly built", "on trusted hosts"."""
    if not before:
        return False
    last = before[-1]
    if last in _DETERMINERS or last in NUMBERS or (is_possessive(last) and len(before) > 1):
        return True
    if last.isdigit() and before[-2:-1] and before[-2] in PREPOSITIONS:
        return True  # "of 9 painted crates"
    if len(before) > 1 and last.endswith("ly"):
        return before[-2] in _DETERMINERS
    return last in PREPOSITIONS


def _is_fronted(held: Sequence[Token], at: int, before: Sequence[str]) -> bool:
    """Return whether a participle ends what stands before the subject: "of three sheets ordered, one was found"."""
    behind = held[at + 1 : at + 2]
    if behind and behind[0].aside and is_act(held[at].text.casefold()) and _is_agent_next(held[at + 1 :]):
        return True  # "a.cfg renamed, the agent made"
    is_open = before[0] in PREPOSITIONS and not any(one.aside for one in held[1 : at + 1])
    return is_open and bool(behind) and behind[0].aside and is_act(held[at].text.casefold()) and before[-1] not in HAVE


def _is_agent_next(behind: Sequence[Token]) -> bool:
    """Return whether the agent and a verb of its own follow: "the agent made"."""
    words = [one.text.casefold() for one in behind[:3]]
    return len(words) > _ARTICLE_AND_NOUN and words[0] == "the" and root(words[1]) in AGENTS and _is_verbal(behind[2])


def core_of(subject: Sequence[str]) -> Sequence[str]:
    """Return a subject up to its head: "the clerk's wish" of "the clerk's wish to open a box"."""
    end = next((at for at, word in enumerate(subject) if at and (word in PREPOSITIONS or word == "to")), len(subject))
    return subject[:end]


def _acting(words: Sequence[str], held: Sequence[Token], at: int) -> Subject | None:
    behind_comma = next((place for place in range(at - 1, 0, -1) if held[place].aside), 0)
    if behind_comma and (words[0] in PREPOSITIONS | LEADING | _FIRST or _is_agent(held[behind_comma:at])):
        words = [one.text.casefold() for one in held[behind_comma:at]]  # "along with the list, the clerk sent"
    elif words[0] in PREPOSITIONS or words[0] == "to" or _starts(words):
        words = _behind_phrase(words)
    if all(one.endswith("ly") and one.isalpha() for one in words):
        return None  # "was shown | as fully copied"
    if not words or words[-1] in ("to", "not", "of", "by", "for", "with", "and", "be"):
        return None
    subject = tuple(one for one in words if one not in HAVE)
    behind = held[at + 1] if at + 1 < len(held) else None
    following = behind.text.casefold() if behind is not None and not behind.aside else ""
    objected = (
        bool(following)
        and length_at([one.text for one in held], at + 1) is None
        and following not in PREPOSITIONS | words_of("particles") | words_of("adpositions")
        and not following.endswith("ly")
        and following not in ("twice", "once", "again", "there", "too")
    )
    return (subject, held[at].text.casefold(), objected) if any(one not in _DETERMINERS for one in subject) else None


def _behind_phrase(words: Sequence[str]) -> list[str]:
    """Return the subject behind a phrase without a comma: its article is the last that stands behind a noun."""
    if starts := _starts(words):
        return [*words[starts[-1] :]]
    return [*words[3 if len(words) > 3 and words[1] in _DETERMINERS else 2 :]]


def _starts(words: Sequence[str]) -> list[int]:
    """Return where an article stands right behind a noun, where a subject begins anew: "the box the clerk opened"."""
    before = PREPOSITIONS | words_of("adpositions") | words_of("determiners") | words_of("quantities")
    return [
        at
        for at, word in enumerate(words)
        if at > 1 and word in ("the", "a", "an", "its") and words[at - 1] not in before
    ]


def _is_agent(held: Sequence[Token]) -> bool:
    """Return whether a subject is the agent and nothing else: "for a week, the agent waited"."""
    words = [one.text.casefold() for one in held if one.text.casefold() not in HAVE]
    return len(words) == _ARTICLE_AND_NOUN and words[0] == "the" and root(words[1]) in AGENTS


_ARTICLE_AND_NOUN = 2
_FIRST = words_of("unchanged") | {"run"}
"""Participles that look like no form of the past: "run on a host, curl sent"."""
LEADING = frozenset(("along", "together", "apart", "according", "contrary", "inside", "within", "outside")) | words_of(
    "adpositions"
)
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
            word in ("called", "named")
            and (_is_name(behind) or _is_behind_preposition(words) or _is_named_in_passing(held, at))
        )  # "an agent called night-watch"
        or (
            word.endswith("ed") and _last_preposition(words) == "with" and words[-1:] != ["agent"]
        )  # "with a file attached"
    )


def _is_named_in_passing(held: Sequence[Token], at: int) -> bool:
    """Return whether a name follows, and behind it the verb of the clause: "a list of all called Kim was asked for"."""
    behind = held[at + 1 : at + 2]
    is_name = bool(behind) and behind[0].kind == "word" and behind[0].text[:1].isupper()
    return is_name and any(_is_verbal(one) for one in held[at + 2 :])


def _is_behind_preposition(words: Sequence[str]) -> bool:
    """Return whether the last noun stands behind a preposition and "a": "by a firm called"."""
    at = next((at for at in range(len(words) - 1, 0, -1) if words[at] in ("a", "an")), 0)
    at = at or int(len(words) > 1 and words[1] == "the")
    return at > 0 and words[at - 1] in PREPOSITIONS


_CAUSING = words_of("causing")
"""Words behind which a thing and a participle say what is to be done with it."""


def _is_relative(held: Sequence[Token], at: int) -> bool:
    """Return whether a participle with a preposition stands before the verb of its clause."""
    behind = held[at + 1 : at + 2]
    if _is_before_modal(held, at):
        return True
    if behind and behind[0].kind in ("quote", "entity") and root(held[at].text) in roots_of("entitling"):
        return any(_is_verbal(one) and not one.aside for one in held[at + 2 :])  # "the crate marked “A” was opened"
    if not behind or behind[0].text.casefold() not in PREPOSITIONS or held[at - 1].text.casefold() in (*AGENTS, *HAVE):
        return False
    later = [one.text.casefold() for one in held[at + 2 :] if one.kind == "word" and not one.aside]
    fronted = held[0].text.casefold() in PREPOSITIONS and bool(
        HAVE & {*later}
    )  # "into the sheet taken from it a clerk had put"
    follows = fronted or any(is_act(word) for word in later)  # "the sheet kept in the folder named"
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
