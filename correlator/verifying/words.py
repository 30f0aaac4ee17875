"""Words: each comes from the evidence, or says nothing by itself; some no evidence can carry. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Literal

from correlator.lexicon import classes_of
from correlator.verifying.grounds import Ground, number
from correlator.verifying.lacking import WHOLE
from correlator.verifying.lengths import NUMBERS, length_at
from correlator.verifying.outcome import TURNED
from correlator.verifying.read import NEGATIONS, PREPOSITIONS, Read, Refusal, among, is_act, is_failure, is_thing, tied
from correlator.verifying.values import MONTHS, is_computed
from correlator.verifying.wording import Clause, root, roots_of, table, words_of
from sensor.event import ProcessStarted, ToolCalled

_ENOUGH = 3
"""Words that a sentence has from its evidence for each name of a thing that is its own."""
_FREE = 2
"""Names of things that a sentence may have of its own, whatever it has from its evidence."""


_CONTEXT = 2
"""Words of other events of the chain that a sentence may have: names of things, no verbs."""


def of_words(read: Read) -> Iterator[Refusal]:
    """Refuse a word that no cited event has and that says something."""
    found: dict[Kind, list[str]] = {"grounded": [], "context": [], "free": [], "beside": [], "foreign": []}
    for at, token in enumerate(read.tokens):
        if token.kind != "word" or token in read.lacked:
            if not _says_nothing(token.text.casefold()):
                found["grounded"].append(token.text)
            continue
        named = _named(read, at)
        if named is not None:
            yield from named
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
    if "-" in word and not read.is_said(word) and any(one.names(word) for one in read.run):
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
    if text[:1].isupper() and (acts or not opens) and not _says_nothing(word) and not read.is_said(word):
        parts = _parts(word, read)
        if not all(_says_nothing(part) or read.is_said(part) or _is_of_run(part, read) for part in parts):
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


def _is_of_run(word: str, read: Read) -> bool:
    """Return whether a general word, such as README, is of this chain: it is no name then."""
    return table().is_common(word) and any(among(root(word), one.words) for one in read.run)


def _parts(word: str, read: Read) -> list[str]:
    if "-" not in word or read.is_said(word) or read.is_said(word.replace("-", "")):
        return [word.replace("-", "") if "-" in word and not read.is_said(word) else word]
    parts = [one for one in word.split("-") if one]
    is_handed = parts[0] == "sub" and any(one.event.kind == "agent_handed_over" for one in read.run)
    return parts[1:] if is_handed else parts  # "a sub-agent"


def _says_nothing(word: str) -> bool:
    return word in table().neutral_words or root(word) in table().neutral or word in NEGATIONS


def _kind(word: str, at: int, read: Read) -> Kind | None:
    """Return where a word comes from, `None` for one that says nothing."""
    word = word.replace("’", "'").removesuffix("'s")
    if word == "only" and not read.is_said(word):
        return None if _is_of_whole(at, read) else "foreign"
    if word in NUMBERS:  # "a ten-byte body"
        return "grounded" if any(str(NUMBERS[word]) in one.numbers for one in read.cited) else "foreign"
    if _says_nothing(word) or (root(word) in _ADDING and _compares(read)):
        return None
    if read.is_said(word) or read.is_lent(word):
        return "grounded"
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
    if following in ("after", "afterwards", "when", "once", "then") or root(before) == _DIFFER:
        return True
    if length_at([one.text for one in read.tokens], at + 1) is not None:
        return True  # "only three seconds later"
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


_TOLD = ("answered", "model_responded")
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


def of_barred(read: Read) -> Iterator[Refusal]:
    """Refuse what no event can carry: motives, causes, absences, guesses."""
    lacked = {token.text.casefold() for token in read.lacked}
    for name, pattern in table().barred.items():
        for match in pattern.finditer(read.plain):
            words = match.group()
            # What an event says in these words may be told in them; and what failed may have said why.
            if words.split()[0] in lacked:
                continue
            if words.startswith(_LACKING) and _is_lack_of_failed(read, match):
                continue
            if words.startswith("refus") and _has_refused(read, match):
                continue  # the agent has said that it will not
            if words == "different" and NUMBERS.keys() & {*read.plain[: match.start()].split()[-1:]}:
                continue  # "two different names"
            if (
                words in read.template
                or any(words in one.plain for one in read.cited)
                or (name == "cause" and _is_its_reason(read, match))
            ):
                continue
            yield Refusal(name, f"“{words}” has no evidence")


def _has_refused(read: Read, match: re.Match[str]) -> bool:
    """Return whether the agent has said that it will not do what it is told to have refused."""
    verb = next(iter(re.findall(r"[a-z]+", read.plain[match.end() :])), "")
    told = (one for one in read.cited if one.event.kind in _TOLD and _WILL_NOT.search(one.plain))
    return any(among(root(verb), near) for one in told for near in one.denied)


_WILL_NOT = re.compile(
    r"\b(?:(?:will|shall|would|must|may) not|won['’]t|cannot|can['’]t|refus\w+|declin\w+|not (?:allowed|permitted))\b"
)
_LACKING = "lack"


def _is_lack_of_failed(read: Read, match: re.Match[str]) -> bool:
    """Return whether what is said to lack is what a failed event names as its reason: "for lack of a signature"."""
    before, behind = (
        [word for word in re.findall(r"[a-z]{3,}", part) if not _says_nothing(word)]
        for part in (read.plain[: match.start()], read.plain[match.end() :])
    )
    near = before[-_NAMES:] if match.group() == "lacking" else behind[:_NAMES]
    spoken = next(
        (
            best
            for clause, best in zip(read.clauses, read.spoken_of, strict=True)
            if any(word.startswith(_LACKING) for word in clause.words)
        ),
        (),
    )
    return any(
        one.failed and any(tied(one, other) for other in spoken) and any(among(root(word), one.words) for word in near)
        for one in read.cited
    )


_NAMES = 2
"""Words that name what is lacking."""


def of_purposes(read: Read) -> Iterator[Refusal]:
    """Refuse what something is said to have been done for: "to hide it", where nothing asks for, tries or allows that.

    An infinitive belongs to a word that asks, tries, allows or tells ("asked to", "an attempt to"), or it tells a purpose.
    """
    for clause in read.clauses:
        for at, (token, verb) in enumerate(pairwise(clause.tokens)):
            if token.text != "to" or verb.kind != "word" or not at or not _is_purpose(clause, at, read):
                continue
            yield Refusal("motive", f"“to {verb.text}” is a purpose, and has no evidence")


def _is_purpose(clause: Clause, at: int, read: Read) -> bool:
    """Return whether the "to" at a place of a clause begins a purpose."""
    verb, behind = clause.tokens[at + 1], clause.tokens[at + 2 : at + 3]
    word = verb.text.casefold()
    if not behind or behind[0].kind != "word" or not verb.text.islower() or word.endswith(("ed", "s", "ly")):
        return False
    if word in words_of("pronouns") | PREPOSITIONS or word in NUMBERS or read.is_said(word) or root(word) in _PLACES:
        return False
    if word in _NO_VERBS:
        return False
    before = [root(one.text) for one in clause.tokens[:at] if one.kind == "word"]
    if (before and _ends_in_length(before)) or _TOOK.search(read.sentence[: clause.tokens[at].start]):
        return False  # "it took two hours to reach the port"
    return bool(before) and not (_GOVERNING & {*before, root(clause.joint)}) and not ((_NEAR | _TEXTS) & {*before[-2:]})


def _ends_in_length(words: Sequence[str]) -> bool:
    """Return whether the last words are a length of time."""
    return any((found := length_at(words, at)) is not None and found.end == len(words) for at in range(len(words)))


_GOVERNING, _NEAR, _TEXTS = roots_of("governing"), roots_of("governing_near"), roots_of("texts")
_PLACES = roots_of("places")
_TOOK = re.compile(r"\bt(?:ook|akes?|aken) [^,;]{0,40}?\b(?:second|minute|hour|day|week|moment)s?\b")
_NO_VERBS = table().groups["qualities"] | table().groups["manner"] | table().groups["times"] | words_of("shading")


def _is_its_reason(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cause is what a failed event itself says: "refused because the balance was too low"."""
    if not _GIVING.match(match.group()):
        return False
    before, after = read.plain[: match.start()], read.plain[match.start() :].split(" ", 1)[-1]
    reason = {root(word) for word in re.findall(r"[a-z]{3,}", after) if word not in words_of("grammar")}
    says = bool(TURNED.search(before)) or any(
        is_failure(word) or word in NEGATIONS for word in re.findall(r"[a-z]+", before)
    )
    failed = [one for one in read.cited if one.failed and _gives(one, reason)]
    # What is said to have failed must be what gave the reason.
    place = next((at for at, one in enumerate(read.clauses) if set(one.joint.split()) & {"because", "since"}), 1)
    spoken = next((best for best in reversed(read.spoken_of[:place]) if best), ())
    return says and any(tied(one, other) for one in failed for other in spoken)


_GIVING = re.compile(r"(?:because|since|due to|owing to|on account of|by reason of)\b")
"""What begins the reason that a failure itself has given."""


def _gives(ground: Ground, reason: Collection[str]) -> bool:
    """Return whether an event says all of a reason, but for words that say nothing."""
    said = [word for word in reason if among(word, ground.words)]
    return bool(said) and all(
        word in said or word in table().neutral or among(word, ground.lent) or bool(table().beside(word) & ground.words)
        for word in reason
    )
