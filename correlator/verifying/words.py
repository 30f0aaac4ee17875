"""Words: each comes from the evidence or says nothing by itself, but for a few that a sentence has of its own. Pure."""

import re
from collections.abc import Iterator
from typing import Literal

from correlator.lexicon import classes_of
from correlator.verifying.around import is_neutral
from correlator.verifying.expressions import expressed
from correlator.verifying.lengths import NUMBERS
from correlator.verifying.own import unfounded
from correlator.verifying.read import Read, Refusal, among, is_act
from correlator.verifying.values import MONTHS
from correlator.verifying.wording import akin, is_denial, root, roots_of, table, words_of
from sensor.event import ProcessExited


def of_words(read: Read) -> Iterator[Refusal]:
    """Refuse words against the evidence, and words that are in no cited event where the evidence does not bear them."""
    anchors, own, wrong = set[int](), list[int](), list[str]()
    expressions = expressed(read.tokens)
    for at, token in enumerate(read.tokens):
        word = token.text.casefold()
        if token.kind != "word" or word in NUMBERS or token in read.lacked:
            anchors.add(at)
        elif (named := _named(read, at)) is not None:
            yield from named
        elif token not in expressions:
            for part in _parts(word, read):
                match _kind(part, read):
                    case "grounded":
                        anchors.add(at)
                    case "wrong" if not any(is_denial(one.text.casefold()) for one in read.tokens[max(0, at - 2) : at]):
                        wrong.append(part)
                    case "own" | "wrong":  # what is denied is asked elsewhere
                        own.append(at)
    wrong += (read.tokens[at].text for at in sorted(unfounded(read.tokens, anchors, own)))
    for part in wrong:
        yield Refusal("word", f"“{part}” is in no cited event, and says something")


Kind = Literal["grounded", "own", "wrong"]
"""Where a word comes from: the cited events; the sentence alone; or against the evidence."""


def _named(read: Read, at: int) -> list[Refusal] | None:
    """Return what is wrong with a month or a name, `None` for any other word."""
    text = read.tokens[at].text
    word = text.casefold()
    if word in MONTHS and text[:1].isupper():  # and not "may", "march"
        there = any(read.is_said(one) for one in (word, word[:3])) or any(
            word in day for one in read.cited for day in one.days
        )
        return [] if there else [Refusal("number", f"no cited event is of {text}")]
    is_known = _LETTERED.fullmatch(word) is not None or any(one.names(word) for one in read.run)
    if "-" in word and not read.is_said(word) and is_known:
        there = word in read.askers or read.stands(word) or read.is_said(word.replace("-", ""))
        return [] if there else [Refusal("entity", f"no cited event has “{text}”")]
    if "-" in word and not any(one.names(word.removesuffix("'s")) for one in read.cited) and _has_sibling(word, read):
        return [Refusal("entity", f"cited events have a name like “{text}”, and not this one")]
    if _is_kind(text, read):
        return []
    opens = not at or read.sentence[: read.tokens[at].start].rstrip().endswith((";", ":", "“", '"'))
    behind = read.tokens[at + 1] if at + 1 < len(read.tokens) else None
    acts = not at and behind is not None and behind.kind == "word" and is_act(behind.text)  # "Acme raised an alert"
    if acts and (read.is_lent(word) or _is_of_run(word, read)):
        acts = False
    if acts and table().is_listed(word):
        acts = False  # "Somebody wrote"
    if any(one.call is not None and word in _WORD.findall((one.call.server or "").casefold()) for one in read.cited):
        return None  # the server that a cited result came from
    if text[:1].isupper() and (acts or not opens) and not is_neutral(word) and not _is_name_said(word, read):
        parts = _parts(word, read)
        if not all(is_neutral(part) or _is_name_said(part, read) or _is_of_run(part, read) for part in parts):
            return [Refusal("name", f"no cited event names “{text}”")]
    return None


def _is_kind(text: str, read: Read) -> bool:
    """Return whether a word with a capital names a kind of things: "GPUs", or a language where nothing says which."""
    word = text.casefold()
    if word in _LANGUAGES:
        return not any(one.names(other) for one in read.run for other in _LANGUAGES)
    return text.removesuffix("s").isupper() and word.removesuffix("s") in words_of("technical")


def _has_sibling(word: str, read: Read) -> bool:
    """Return whether a cited event has another name that begins or ends as one with a hyphen does: `ink-red`, `ink-blue`."""
    parts = word.removesuffix("'s").split("-")
    begin, end = re.escape(parts[0]), re.escape(parts[-1])
    pattern = re.compile(rf"(?<![\w-]){begin}-([a-z]+)(?![\w-])|(?<![\w-])([a-z]+)-{end}(?![\w-])")
    found = [match for one in read.cited for match in pattern.findall(one.plain)]
    return any(not among(root(last), [root(parts[-1])]) if last else first != parts[0] for last, first in found)


_WORD = re.compile(r"[^\W\d_]+")
_LANGUAGES = frozenset(word for words in table().exclusive["languages"] for word in words)
_LETTERED = re.compile(r"[a-z]+-[a-z]")
"""A name with a letter for a number: "node-b"."""


def _is_name_said(name: str, read: Read) -> bool:
    """Return whether a cited event has a name, or a word that it is derived from: "German" of "Germany", "Monday" of "Mon"."""
    base = root(name)
    if _is_day(name, read):
        return True
    if base in read.said or read.stands(name.removesuffix("'s")):
        return True
    return any(akin(base, other) for other in read.said)


def _is_day(name: str, read: Read) -> bool:
    """Return whether a cited event has a day of the week in full or in short."""
    days = next((words for words in table().exclusive["weekdays"] if name in words), ())
    return any(root(day) in read.said for day in days)


def _is_of_run(word: str, read: Read) -> bool:
    """Return whether a general word, such as README or EUR, is of this chain: it is no name then."""
    if word in words_of("acronyms") and read.is_lent(word):
        return True
    return (table().is_common(word) or word in words_of("acronyms")) and any(
        among(root(word), one.words) for one in read.run
    )


def _parts(word: str, read: Read) -> list[str]:
    """Return the parts of a word with hyphens that have to come from somewhere: all but a prefix such as "sub-"."""
    if "-" not in word or read.is_said(word):
        return [word]
    if read.is_said(word.replace("-", "")):
        return [word.replace("-", "")]
    if word in table().common_words:
        return []
    if word == "non-zero" and any(isinstance(one.event, ProcessExited) and one.failed for one in read.cited):
        return []
    parts = [one for one in word.split("-") if one]
    return parts[1:] if len(parts) > 1 and parts[0] in words_of("prefixes") else parts


def _kind(word: str, read: Read) -> Kind | None:
    """Return where a word comes from, `None` for one that says nothing."""
    word = word.replace("’", "'").removesuffix("'s")
    if word in NUMBERS:  # "a ten-byte body"
        return "grounded" if any(str(NUMBERS[word]) in one.numbers for one in read.cited) else "wrong"
    if is_neutral(word) or word == "only":
        return "grounded" if len(word) > _SHORT and word not in words_of("grammar") and read.is_said(word) else None
    if word.isnumeric():  # "²"
        return "wrong"
    if read.is_said(word) or read.is_lent(word) or root(word) in _fitting(read) or _is_day(word, read):
        return "grounded"
    if word in table().groups["manner"]:
        return None
    contrary = table().opposites(root(word)) & frozenset[str]().union(*(one.words for one in read.run))
    if contrary or "delete" in classes_of(word) or root(word) in _UNDOING or _is_outsider(word):
        return "wrong"
    is_deed = is_act(word) and table().knows(root(word))
    in_run = any(among(root(word), one.words) for one in read.run)
    return None if table().is_listed(word) and not is_deed and not in_run else "own"


_SHORT = 3
"""Letters of a word that says nothing, whatever has it."""


_UNDOING = roots_of("undoing")
"""Deeds that undo another one: nothing is told to be restored but by the evidence."""


def _is_outsider(word: str) -> bool:
    """Return whether a word names somebody who has no place in a run, by the word itself: "internal" is of no intern."""
    return word in words_of("outsiders") or word.removesuffix("s") in words_of("outsiders")


def _fitting(read: Read) -> frozenset[str]:
    """Return the roots of what may be said of events of the cited kinds and outcomes, whatever their texts."""
    kinds: set[str] = {one.event.kind for one in read.cited}
    kinds |= {"failed" if one.failed else "succeeded" for one in read.cited if one.failed is not None}
    return frozenset[str]().union(*(table().fitting(kind) for kind in kinds))
