"""Names of others: a person, a tool, a server, a program or a sensor of the chain of which no cited event tells. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence

from correlator.lexicon import classes_of
from correlator.verifying.grounds import Ground, has
from correlator.verifying.read import BE, HAVE, PREPOSITIONS, Read, Refusal, among, is_act, is_thing
from correlator.verifying.wording import root, table, words_of


def of_strangers(read: Read) -> Iterator[Refusal]:
    """Refuse the name of somebody or something of the chain of which nothing cited tells."""
    named = dict[str, set[str]]()
    for ground in read.run:
        for one in ground.identifiers:
            named.setdefault(one.text, set()).add(one.sort)
    for text, sorts in sorted(named.items()):
        places = list(_places(text, read))
        if places and not _is_cited(text, sorts, read) and any(_is_meant(text, sorts, at, read) for at in places):
            yield Refusal("entity", f"“{text}” is of another event, and of none that is cited")


def _places(text: str, read: Read) -> Iterator[int]:
    """Yield the places of the tokens at which a name stands, and is no part of a longer one nor of a quotation."""
    words = text.split()
    if len(text) < _SHORTEST or words[0] not in read.sentence.casefold():
        return
    whole = re.escape(text).replace(r"\ ", r"\s+")
    starts = {
        token.start: at for at, token in enumerate(read.tokens) if token.kind != "quote" and token not in read.lacked
    }
    for match in re.finditer(rf"(?<![\w@/.~-]){whole}(?![\w@/-]|\.\w)", read.sentence, re.IGNORECASE):
        if match.start() in starts:
            yield starts[match.start()]


_SHORTEST = 2
"""Letters of a name: of one with less, any article would be the name."""


def _is_meant(name: str, sorts: Collection[str], at: int, read: Read) -> bool:
    """Return whether what stands at a place is a name, and no general word."""
    if len(name.split()) > 1:
        return True
    if _VALUES.issuperset(sorts):
        return not (
            _is_listed(name) or read.is_said(name) or table().beside(root(name)) & read.said or _is_head(at, read)
        )
    if not _is_general(name) or _is_bare(at, read):
        return not _NOUNS.issuperset(sorts) or not _is_determined(at, read)
    return not _COMMON.issuperset(sorts) and not (_is_neutral(name) or read.is_said(name) or read.is_lent(name))


_VALUES = frozenset(("value",))
_COMMON = frozenset(("tool", "program", "place", "value"))
"""Sorts whose names are often general words: `comment`, `make`, `address`."""
_NOUNS = frozenset(("tool", "place", "value"))
"""Sorts whose names are often those of things or deeds, that a sentence speaks of with an article: "a rollback"."""


def _is_cited(name: str, sorts: Collection[str], read: Read) -> bool:
    """Return whether a cited event, or the call of a cited result, has a name; or whether it is of who was answered.

    A part of the name of a session is no name of somebody: the user `ada` beside the session `night-ada`.
    """
    return name in read.askers or has(read.template, name) or any(_has_name(one, name, sorts) for one in read.cited)


def _has_name(ground: Ground, name: str, sorts: Collection[str]) -> bool:
    words = name.split()
    if any(one.text == name for one in ground.identifiers):
        return True
    if ground.names(name) and ("session" in sorts or has(" ".join(ground.told.casefold().split()), name)):
        return True
    return len(words) > 1 and _says_all(ground, words)


def _is_determined(at: int, read: Read) -> bool:
    return at > 0 and read.tokens[at - 1].text.casefold() in words_of("determiners") - PREPOSITIONS


def _says_all(ground: Ground, words: Sequence[str]) -> bool:
    """Return whether an event has all words of a name; of one with a number it needs no general words: "card 7"."""
    is_numbered = any(word in ground.numbers for word in words)
    return all(
        word in ground.numbers or among(root(word), ground.words) or (is_numbered and _is_general(word))
        for word in words
    )


def _is_neutral(word: str) -> bool:
    """Return whether a word, or what it is the plural of, says nothing by itself; roots bring too much together: `sam`, `same`."""
    singular = {word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("ies") + "y"}
    return bool({word, table().irregular.get(word, word), *singular} & table().neutral_words)


def _is_general(word: str) -> bool:
    """Return whether a name is a general word besides, so that it may mean no name: "the comment" beside a tool `comment`."""
    if word in words_of("programs"):
        return False
    return _is_listed(word) or bool(table().beside(root(word)))


def _is_listed(word: str) -> bool:
    return _is_neutral(word) or table().is_listed(word) or table().knows(root(word)) or bool(classes_of(word))


def _is_head(at: int, read: Read) -> bool:
    """Return whether a word is a noun with an article, and says of no other what it is: "the shop", not "the sandbox file"."""
    behind = read.tokens[at + 1] if at + 1 < len(read.tokens) else None
    word = behind.text.casefold() if behind is not None and behind.kind == "word" and not behind.aside else ""
    return _is_determined(at, read) and (not word or word in PREPOSITIONS | BE | HAVE or not is_thing(word))


def _is_bare(at: int, read: Read) -> bool:
    """Return whether a word stands as a name does: without an article, before a verb or behind who does something."""
    before, behind = (read.tokens[place] if 0 <= place < len(read.tokens) else None for place in (at - 1, at + 1))
    opens = before is None or read.tokens[at].aside or before.text.casefold() in _OPENING
    acts = behind is not None and behind.kind == "word" and not behind.aside
    acts = acts and behind is not None and (is_act(behind.text.casefold()) or behind.text.casefold() in BE | HAVE)
    owns = read.tokens[at].text.endswith(("'s", "’s")) and not _is_determined(at, read)
    inserted = before is None and behind is not None and behind.aside  # "vault, which …"
    return (
        owns or inserted or (opens and acts) or (before is not None and _introduces(before.text.casefold(), at, read))
    )


def _introduces(word: str, at: int, read: Read) -> bool:
    """Return whether a name stands behind a word: "by", or "the tool", "the call of"."""
    if word == "of":
        return at > 1 and root(read.tokens[at - 2].text) in _BEFORE_OF
    return word in _LEADING or (root(word) in _USING and is_act(word))


_OPENING = frozenset((
    "and", "but", "after", "before", "when", "while", "once", "until", "which", "what", "both", "than", "unlike", "where",
    "because", "since", "although", "though", "whereas",
))  # fmt: skip
_LEADING = frozenset(("by", "through", "via", "unlike", "tool", "server", "program", "called", "named"))
"""Words behind which a name stands, of somebody or something that does something."""
_BEFORE_OF = frozenset(
    map(root, ("call", "invocation", "use", "result", "return", "output", "way", "means", "help", "aid"))
)
_USING = frozenset(map(root, ("call", "start", "launch", "spawn", "run", "invoke", "use", "employ", "query")))
