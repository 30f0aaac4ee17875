"""Words: each comes from the evidence, or says nothing by itself. Pure."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from correlator.lexicon import classes_of
from correlator.verifying.around import is_neutral
from correlator.verifying.barred import differ, is_hidden, is_menacing, is_one_of
from correlator.verifying.expressions import expressed
from correlator.verifying.grounds import keyed, number
from correlator.verifying.lacking import WHOLE
from correlator.verifying.lengths import NUMBERS, ORDINALS, length_at
from correlator.verifying.measured import is_extreme, is_moved, is_of_number
from correlator.verifying.read import SAYING, Read, Refusal, among, is_act, is_thing
from correlator.verifying.values import MONTHS, is_computed
from correlator.verifying.wording import akin, root, roots_of, table, words_of
from sensor.event import ProcessExited, ProcessStarted, ToolCalled

_ENOUGH = 3
"""Words that a sentence has from its evidence for each name of a thing that is its own."""
_FREE = 2
"""Names of things that a sentence may have of its own, whatever it has from its evidence."""


_CONTEXT = 2
"""Words of other events of the chain that a sentence may have: names of things, no verbs."""


def of_words(read: Read) -> Iterator[Refusal]:
    """Refuse a word that no cited event has and that says something."""
    found: dict[Kind, list[str]] = {"grounded": [], "context": [], "free": [], "beside": [], "foreign": []}
    expressions = expressed(read.tokens)
    for at, token in enumerate(read.tokens):
        if token.kind != "word" or token in read.lacked:
            if not is_neutral(token.text.casefold()):
                found["grounded"].append(token.text)
            continue
        named = _named(read, at)
        if named is not None:
            yield from named
            continue
        if token in expressions and not _is_foreign(expressions[token], at, read):
            continue
        for part in _parts(token.text.casefold(), read):
            kind = _kind(part, at, read)
            if kind is not None:
                found[kind].append(part)
    grounded = len(found["grounded"])
    foreign = found["foreign"]
    if len(found["beside"]) > 1 or (found["beside"] and (found["context"] or grounded <= _ENOUGH)):
        foreign += found["beside"]
    if len(found["context"]) > min(_CONTEXT, grounded):
        foreign += found["context"]
    if len(found["free"]) > min(_FREE, grounded // _ENOUGH):
        foreign += found["free"]
    for part in foreign:
        yield Refusal("word", f"“{part}” is in no cited event, and says something")


Kind = Literal["grounded", "context", "beside", "free", "foreign"]
"""Where a word comes from: the cited events, others of the chain, another word of these, nowhere but it is a thing, or nowhere."""


def _named(read: Read, at: int) -> list[Refusal] | None:
    """Return what is wrong with a month or a name, `None` for any other word."""
    text = read.tokens[at].text
    word = text.casefold()
    if word in NUMBERS:
        return []
    if word in MONTHS and text[:1].isupper():  # and not "may", "march"
        there = any(read.is_said(one) for one in (word, word[:3])) or any(
            word in day for one in read.cited for day in one.days
        )
        return [] if there else [Refusal("number", f"no cited event is of {text}")]
    is_known = _LETTERED.fullmatch(word) is not None or any(one.names(word) for one in read.run)
    if "-" in word and not read.is_said(word) and is_known:
        there = word in read.askers or any(one.names(word) for one in read.cited) or read.is_said(word.replace("-", ""))
        return [] if there else [Refusal("entity", f"no cited event has “{text}”")]
    if "-" in word and not any(one.names(word.removesuffix("'s")) for one in read.cited) and _has_sibling(word, read):
        return [Refusal("entity", f"cited events have a name like “{text}”, and not this one")]
    opens = not at or read.sentence[: read.tokens[at].start].rstrip().endswith((";", ":", "“", '"'))
    behind = read.tokens[at + 1] if at + 1 < len(read.tokens) else None
    acts = not at and behind is not None and behind.kind == "word" and is_act(behind.text)  # "Acme raised an alert"
    if acts and (read.is_lent(word) or _is_of_run(word, read)):
        acts = False
    if acts and (table().is_listed(word) or word in _WHOEVER):
        acts = False  # "Somebody wrote"
    if word in _MONEY and any(among(root(word), one.words) for one in read.run):
        return None
    if any(one.call is not None and word in _WORD.findall((one.call.server or "").casefold()) for one in read.cited):
        return None  # the server that a cited result came from
    if text[:1].isupper() and (acts or not opens) and not is_neutral(word) and not _is_name_said(word, read):
        parts = _parts(word, read)
        if not all(is_neutral(part) or _is_name_said(part, read) or _is_of_run(part, read) for part in parts):
            return [Refusal("name", f"no cited event names “{text}”")]
    return None


def _has_sibling(word: str, read: Read) -> bool:
    """Return whether a cited event has another name that begins or ends as one with a hyphen does: `ink-red`, `ink-blue`."""
    parts = word.removesuffix("'s").split("-")
    begin, end = re.escape(parts[0]), re.escape(parts[-1])
    pattern = re.compile(rf"(?<![\w-]){begin}-([a-z]+)(?![\w-])|(?<![\w-])([a-z]+)-{end}(?![\w-])")
    found = [match for one in read.cited for match in pattern.findall(one.plain)]
    return any(not among(root(last), [root(parts[-1])]) if last else first != parts[0] for last, first in found)


_WORD = re.compile(r"[^\W\d_]+")
_WHOEVER = frozenset(
    ("whoever", "whatever", "whichever", "everybody", "everyone", "nobody", "anybody", "anyone", "neither", "others")
)
_MONEY = frozenset(word for words in table().exclusive["currencies"] for word in words)
_LETTERED = re.compile(r"[a-z]+-[a-z]")
"""A name with a letter for a number: "node-b"."""


def _is_name_said(name: str, read: Read) -> bool:
    """Return whether a cited event has a name, or a word that it is derived from: "German" of "Germany", "Monday" of "Mon"."""
    base = root(name)
    if _is_day(name, read):
        return True
    if base in read.said or any(one.names(name) for one in read.cited):
        return True
    return any(akin(base, other) and _ending(base, other) in _OF_NAMES for other in read.said)


def _is_day(name: str, read: Read) -> bool:
    """Return whether a cited event has a day of the week in full or in short."""
    days = next((words for words in table().exclusive["weekdays"] if name in words), ())
    return any(root(day) in read.said for day in days)


def _ending(first: str, second: str) -> str:
    """Return what the longer of two words has behind the shorter one, or what both end in where they part."""
    short, long = sorted((first, second), key=len)
    return long[len(short) :] if long.startswith(short) else ""


_OF_NAMES = words_of("endings") | {""}


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


def _is_foreign(word: str, at: int, read: Read) -> bool:
    return bool(word) and _kind(word, at, read) in ("foreign", "beside")


def _kind(word: str, at: int, read: Read) -> Kind | None:
    """Return where a word comes from, `None` for one that says nothing."""
    word = word.replace("’", "'").removesuffix("'s")
    if _is_denied(word, at, read):
        return None
    if word == "only" and not read.is_said(word):
        return None if _is_of_whole(at, read) else "foreign"
    if word in NUMBERS:  # "a ten-byte body"
        return "grounded" if any(str(NUMBERS[word]) in one.numbers for one in read.cited) else "foreign"
    if is_neutral(word) or (root(word) in _ADDING and _compares(read)):
        return None
    if _is_undone(word, read) or _is_unfelt(word, read) or is_moved(word, at, read) is False:
        return "foreign"
    if read.is_said(word) or read.is_lent(word) or _fits(word, at, read):
        return "grounded"
    if word.startswith(_AGAIN) and not _is_deed(word) and table().is_listed(word.removeprefix(_AGAIN)):
        word = word.removeprefix(_AGAIN)  # "resurfaced"
    is_deed = is_act(word) and table().knows(root(word))
    is_common = (
        table().is_listed(word)
        and not is_deed
        and not table().opposites(root(word)) & frozenset[str]().union(*(one.words for one in read.run))
    )
    if not (is_thing(word) or is_common or _is_attributive(at, read) or not _is_deed(word)) or _is_of_others(
        word, read
    ):
        return "foreign"
    if any(among(root(word), one.words) for one in read.run):
        return "context"
    if is_common:
        return None
    if is_thing(word) and at and any(table().beside(root(word)) & one.words for one in read.run):
        return "beside"
    return "foreign" if len(word) <= _SHORT or table().knows(root(word)) or classes_of(word) else "free"


def _is_denied(word: str, at: int, read: Read) -> bool:
    """Return whether a word is a part of a denial, which is asked elsewhere: "not only", "without a hitch"."""
    before = [one.text.casefold() for one in read.tokens[max(0, at - 4) : at] if one.kind == "word"]
    return (word == "only" and before[-1:] == ["not"]) or (root(word) in _TROUBLE and not _FREE_OF.isdisjoint(before))


def _is_unfelt(word: str, read: Read) -> bool:
    """Return whether a word tells of a feeling that somebody voiced, and no cited text has a word of it: "apologised"."""
    signs = table().signs(root(word))
    return bool(signs) and not any(sign in one.plain for one in read.cited for sign in signs)


_SAID = (SAYING | roots_of("naming")) - {root("read")}
"""What is done in words: "unmentioned" is asked elsewhere."""
_HIDING = roots_of("hiding")


def _is_within(word: str, at: int, read: Read) -> bool:
    """Return whether something is said to stand in the midst of a cited text: "hidden among the terms", "buried in a footnote"."""
    behind = read.tokens[at + 1].text.casefold() if at + 1 < len(read.tokens) else ""
    return word in _BURIED and behind in _AMID and any(one.event.kind in _LONG_TEXTS for one in read.cited)


_BURIED = frozenset(
    ("hidden", "buried", "tucked", "wedged", "sandwiched", "nestled", "lodged", "slipped", "interspersed", "squeezed")
)
_AMID = frozenset(
    ("among", "amongst", "amid", "amidst", "between", "behind", "in", "inside", "within", "away", "into", "under")
)
_LONG_TEXTS = ("tool_returned", "document_retrieved", "memory_written")


def _is_compound(word: str, at: int, read: Read) -> bool:
    """Return whether a word and the one beside it are one word in a cited event, or one is two there: "rollback", "roll back"."""
    near = [one.text.casefold() if one.kind == "word" else "" for one in read.tokens[max(0, at - 1) : at + 2]]
    joined = {root(first + second) for first, second in pairwise(near) if first and second}
    if any(joined & one.words for one in read.cited):
        return True
    return _LONG <= len(word) <= _LONGEST and any(
        re.search(rf"\b{re.escape(word[:cut])}[ -]{re.escape(word[cut:])}\b", one.plain)
        for cut in range(_PART, len(word) - _PART + 1)
        for one in read.cited
        if word[:cut] in one.plain
    )


_LONG, _LONGEST, _PART = 6, 30, 3
"""Letters that a word has at least and at most that may be two, and each of these at least."""


def _is_undone(word: str, read: Read) -> bool:
    """Return whether a word says that was not done what a cited event tells, and does not deny: "unopened" of "opens"."""
    done = word.removeprefix("un")
    is_participle = done != word and (done.endswith("ed") or done in table().irregular or done in words_of("unchanged"))
    return (
        is_participle
        and not any(root(word) in one.words or among(root(done), one.denied) for one in read.cited)
        and word not in table().groups["manner"]
        and (read.is_said(done) or (root(done) not in _SAID and read.is_lent(done)))
    )


_AGAIN = "re"


def _fitting(read: Read) -> frozenset[str]:
    """Return the roots of what may be said of events of the cited kinds and outcomes, whatever their texts."""
    kinds: set[str] = {one.event.kind for one in read.cited}
    kinds |= {"failed" if one.failed else "succeeded" for one in read.cited if one.failed is not None}
    kinds |= {"declining"} if read.failures else set()
    kinds |= {
        "denying" for one in read.cited if one.denied or re.match(r"no\b", one.told.casefold()) or " null" in one.plain
    }
    kinds |= {"ruling" for one in read.cited if one.event.kind in _GIVEN and _RULING.search(one.plain)}
    kinds |= {"granting" for one in read.cited if isinstance(one.event, ToolCalled) and _grants(one.event)}
    kinds |= {"telling" for one in read.cited if isinstance(one.event, ToolCalled) and _tells(one.event)}
    return frozenset[str]().union(*(table().fitting(kind) for kind in kinds))


_GIVEN = ("prompt_submitted", "memory_written", "agent_handed_over")
_RULING = re.compile(r"\b(?:never|always|only|must|do not|don['’]t|no)\b")


def _grants(call: ToolCalled) -> bool:
    """Return whether a call has an option that is on, or a bound."""
    return any(
        value.casefold() in ("true", "yes", "on") or key.casefold() in _BOUNDS for key, value in keyed(call.arguments)
    )


_BOUNDS = ("timeout", "ttl", "deadline", "limit", "max", "maximum", "budget", "quota", "expires")


def _tells(call: ToolCalled) -> bool:
    """Return whether a call has a text for people among its arguments."""
    return any(value.count(" ") >= _ENOUGH for _, value in keyed(call.arguments))


def _fits(word: str, at: int, read: Read) -> bool:
    """Return whether a word describes what is cited, though no cited event has it and none is told by it from others."""
    return (
        root(word) in _fitting(read)
        or (root(word) in _HIDING and any(is_hidden(one) for one in read.cited))
        or _is_compound(word, at, read)
        or _is_within(word, at, read)
        or is_of_number(at, read)
        or is_extreme(word, read)
        or is_moved(word, at, read) is True
        or _is_day(word, read)
        or (word in _MENACES and is_menacing(read))
        or (word == "behalf" and any(" for " in one.plain for one in read.cited))
        or (word == "ought" and any("should" in one.plain for one in read.cited))
    )


_TROUBLE = roots_of("trouble") | roots_of("failing") | roots_of("achieving")
_MENACES = frozenset(("threaten", "threatens", "threatened", "threatening", "threat", "threats", "unless", "otherwise"))
_FREE_OF = frozenset(("without", "no", "not", "never"))
_ADDING = roots_of("adding")


def _compares(read: Read) -> bool:
    """Return whether a number of the sentence is the difference or the sum of two of the evidence."""
    numbers = (
        str(NUMBERS.get(one.text.casefold(), "")) if one.kind == "word" else number(one.text) for one in read.tokens
    )
    return any(one and is_computed(read, one) for one in numbers)


def _is_deed(word: str) -> bool:
    """Return whether a word is a verb of a deed that is known: that was done in the evidence, or not at all."""
    base = root(word)
    return bool(classes_of(word) or table().beside(base)) or table().knows(base)


def _is_attributive(at: int, read: Read) -> bool:
    """Return whether a form of a verb stands where a thing or its quality does: "a ceiling", "the combined command"."""
    before = read.tokens[at - 1].text.casefold() if at else ""
    following = read.tokens[at + 1].text.casefold() if at + 1 < len(read.tokens) else ""
    return before in ("a", "an", "the", "its", "this", "no", "each", "one") and following != "by"


def _is_of_whole(at: int, read: Read) -> bool:
    """Return whether "only" says when, or what alone a text or a call has: those are told as a whole."""
    before = read.tokens[at - 1].text.casefold() if at else ""
    following = read.tokens[at + 1].text.casefold() if at + 1 < len(read.tokens) else ""
    if following in ("after", "afterwards", "when", "once", "then", "to") or before == "not" or root(before) == _DIFFER:
        return True
    behind = read.tokens[at + 2].text.casefold() if at + 2 < len(read.tokens) else ""
    if following == "the" and behind in ORDINALS and len({one.failed for one in read.cited} - {None}) > 1:
        return True  # "of both calls only the second failed"
    if length_at([one.text for one in read.tokens], at + 1) is not None:
        return True  # "only three seconds later"
    if behind == "of" and (following in NUMBERS or following.isdigit()):
        return True  # "only 2 of the 9"
    if re.fullmatch(r"[a-z]+", following) and any(_is_sole(following, behind, one.plain) for one in read.cited):
        return True
    if following == "the" and behind == "one" and is_one_of(read):
        return True  # "only the one at 12 has a seat"
    if following == "the" and behind in _CONTRASTED and differ(read, behind):
        return True  # "only the former has a lid"
    spoken = next(
        (best for clause, best in zip(read.clauses, read.spoken_of, strict=True) if read.tokens[at] in clause.tokens),
        (),
    )
    return (
        at > 0
        and before != "the"
        and following != "by"
        and all(one.event.kind in WHOLE for one in spoken or read.cited)
    )


_CONTRASTED = frozenset(("first", "second", "third", "last", "latter", "former", "later", "earlier"))


def _is_sole(following: str, behind: str, text: str) -> bool:
    """Return whether a text counts one of what there is said to be only one of: "1 missing"."""
    return any(
        re.search(rf"(?<![\w.,])(?:1|one|only|sole|single) {re.escape(word)}", text)
        for word in (following, behind)
        if word
    )


_SHORT = 3
_DIFFER = root("differ")


def _is_of_others(word: str, read: Read) -> bool:
    """Return whether a word names a program, or is in an argument that another call of a cited tool has."""
    base = root(word)
    if word in words_of("programs") or any(
        one.program.casefold() == word
        or (isinstance(one.event, ProcessStarted) and word in (one.event.argv or ("",))[0])
        for one in read.run
    ):
        return True
    tools = {(one.call or one.event).name for one in read.cited if isinstance(one.call or one.event, ToolCalled)}  # type: ignore[union-attr]
    others = (one for one in read.run if isinstance(one.event, ToolCalled) and one.event.name in tools)
    return any(base in one.values for one in others)
