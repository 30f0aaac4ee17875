"""What is told as its opposite: another verb or state, the wrong side of a bound, what was said as what was denied. Pure."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from correlator.spelling import stem
from correlator.verifying.denied import unset_in
from correlator.verifying.grounds import Ground
from correlator.verifying.read import Read, Refusal, among, holds, is_failure, is_negative
from correlator.verifying.wording import Clause, Token, akin, is_denial, root, roots_of, table, words_of
from sensor.event import FileChanged, FileOpened, ToolCalled, ToolReturned

ATTRIBUTE = re.compile(r"\b(?:the|an?|its|his|her|their|this|that|any|each) \w+ed (?=[a-z])")
"""A participle before its noun: "the permitted amount"."""
_STOP = root("stop")
_FAILING = roots_of("failing")
_KINDS = roots_of("kinds")
"""What events are by their kind, so that several of them may be opposites."""


def of_opposites(read: Read) -> Iterator[Refusal]:
    """Refuse a word where an event that its clause speaks of has its opposite."""
    unset = frozenset[str]().union(*(unset_in(one.plain) for one in read.cited))
    told = frozenset[str]().union(*(_tells(one) for one in read.cited)) & _telling(read)
    for clause in read.clauses:
        for at, token in enumerate(one for one in clause.tokens if one.kind == "word"):
            word = token.text.casefold().removesuffix(" than")
            if _may_stand(word, clause.words, at, read) or (word in _COMPARING and _counts(clause)):
                continue
            base = root(word)
            there = (table().opposites(base) & told) - unset
            if (
                there
                and not (base in _DONE and table().beside(base) & _telling(read))
                and not any(base in one.lent and not there & _tells(one) for one in read.cited if not _is_of_tool(one))
                and not any(akin(base, one) for one in read.said - there)
            ):
                yield Refusal("polarity", f"“{word}” is the opposite of what a cited event says")


_DEED = {
    "file_opened": "open", "process_started": "start", "connection_opened": "connect", "name_resolved": "resolve",
    "http_requested": "send", "memory_written": "remember",
}  # fmt: skip
"""What is done in an event of a kind that tells it by no word of its own."""
_DONE = frozenset(map(root, ("read", "write", "delete", *_DEED.values())))
"""What one file or program may have done to it besides the opposite, which other words tell, too."""


def _tells(ground: Ground) -> frozenset[str]:
    """Return the roots of what an event says, with the deed of its kind."""
    return ground.prose | _deed(ground)


def _deed(ground: Ground) -> frozenset[str]:
    event = ground.event
    deed = "delete" if isinstance(event, FileChanged) and event.change == "unlink" else _DEED.get(event.kind)
    return frozenset({root(deed)} if deed else ())


def _telling(read: Read) -> frozenset[str]:
    return read.prose.union(*map(_deed, read.cited))


def _may_stand(word: str, words: Sequence[str], at: int, read: Read) -> bool:
    """Return whether a word is no opposite of anything here, whatever the events say."""
    base = root(word)
    before = words[at - 1] if at else ""
    if base in read.said or is_denial(word) or stem(table().irregular.get(word, word)) not in _opposed():
        return True
    if base in _KINDS and any(base in one.lent for one in read.cited if not _is_of_tool(one)):
        return True
    if word.endswith(("er", "ers", "or", "ors", "ent")) or word == "written":  # by somebody
        return True
    if word in ("on", "off") and root(before) not in _SWITCHING:
        return True
    if word.endswith("ed") and ATTRIBUTE.search(f"{before} {word} a"):
        return True  # "the saved entry": what it was
    if table().opposites(base) & _FAILING and any(map(is_denial, words[max(0, at - 3) : at])):
        return True  # "does not permit it", of what was forbidden
    # Whether what is told of failed is asked of the outcomes.
    return bool(read.failures) and is_failure(word) and base != _STOP


_COMPARING = ("more", "less")


def _counts(clause: Clause) -> bool:
    """Return whether a clause has a number: which side of it something lies on is asked of the bounds."""
    return any(one.kind == "number" for one in clause.tokens)


_SWITCHING = frozenset(map(root, ("switch", "turn", "be", "go", "power", "set", "put", "come", "stay")))


@cache
def _opposed() -> frozenset[str]:
    """Return the stems of all words that have an opposite: roots would bring too much together, as `ready` and `read`."""
    return frozenset(stem(one) for pair in table().pairs for one in pair)


def _is_of_tool(ground: Ground) -> bool:
    return isinstance(ground.event, ToolCalled | ToolReturned)


def of_sides(read: Read) -> Iterator[Refusal]:
    """Refuse the wrong side of a bound, what lies above its folder, and a file that was written as opened for reading."""
    for token in read.tokens:
        if token.kind == "number":
            yield from _of_bound(token.text, read)
    for match in _FOUND_ABOVE.finditer(read.sentence):
        name = match["name"].rstrip(".,;")
        if ("/" in name or not any(one.isdigit() for one in name)) and not any(
            f"above {name.casefold()}" in one.plain for one in read.cited
        ):
            yield Refusal("polarity", f"nothing lies above “{name}”")
    yield from _of_two_numbers(read)
    if (least := _LEAST.search(read.plain)) and not any(_MORE.search(one.plain) for one in read.cited):
        yield Refusal("polarity", f"nothing cited says “{least.group()}”")
    for match in _SHARE.finditer(read.plain):
        if int(match[1]) > int(match[2]):
            yield Refusal("polarity", f"{match[1]} are more than {match[2]}")
    yield from _of_source(read)
    opened = [one.event for one in read.cited if isinstance(one.event, FileOpened)]
    if opened and all(one.for_writing for one in opened) and _FOR_READING.search(read.plain):
        yield Refusal("polarity", "it was opened for writing")


_FOUND_ABOVE = re.compile(r"\b(?:above|atop) (?P<name>[~/][\w./~-]*|[\w-]+(?:\.[\w-]+)+)")
_FOR_READING = re.compile(r"\b(?:for reading|read-only|in read mode|to be read)\b")
_SHARE = re.compile(
    r"(?<![\w.,:/-])(\d{1,9}) (?:out of(?: the)?|of (?:the|its|his|her|their|these|those|all)) (\d{1,9})(?![\w.,:/-]*\w)"
)
_UP = (
    r"(?:more|higher|larger|greater|longer|later|older|heavier|bigger|better) than|above|over|beyond|past|at least|exceed\w*"
    r"|upwards of|in excess of|no (?:less|fewer) than|min(?:imum)?"
)
_DOWN = (
    r"(?:less|fewer|lower|smaller|shorter|earlier|younger|lighter|worse) than|below|under|beneath|up to|at most|short of"
    r"|no more than|max(?:imum)?"
)
_MORE = re.compile(_UP)
_LEAST = re.compile(r"\bno (?:less|fewer) than\b")
"""What emphasises that it was as much as that, where a text sets the least."""
_RELATED = re.compile(
    r"(?<![\w.,:-])(?P<first>\d+(?:,\d{3})*(?:\.\d+)?)(?![.,]?\d)(?P<between>[^.;\d]{0,70}?) "
    r"(?P<side>(?:above|over|beyond|more than|higher than|below|under|less than|lower than)) "
    r"(?P<which>(?:the|an?|its|his|her|their) )?(?:[a-z]+ ){0,4}?(?P<second>\d+(?:,\d{3})*(?:\.\d+)?)(?![\w:-]|[.,]\d)"
)
"""One number, and another one that it is said to be more or less than."""
_IS = re.compile(r"\b(?:is|was|are|were|la[yi]\w*|stood|stands?|being|well|far)\b")


def _of_two_numbers(read: Read) -> Iterator[Refusal]:
    """Refuse one number on the wrong side of another: "50, well below the 20", and "by 5 above its 30" where 25 is cited."""
    told = frozenset[str]().union(*(one.numbers for one in read.cited))
    for match in _RELATED.finditer(read.plain):
        between = match["between"]
        if not (match["which"] or _IS.search(between)) or _NEGATED.search(between):
            continue
        first, second = float(match["first"].replace(",", "")), float(match["second"].replace(",", ""))
        is_up = bool(_MORE.fullmatch(match["side"]))
        if len(between.split()) > _FEW or _IS.search(between):
            is_wrong = first != second and (first > second) != is_up
        else:  # by how much
            above, below = (f"{second + sign * first:g}" in told for sign in (1, -1))
            is_wrong = above != below and above != is_up
        if is_wrong:
            yield Refusal("polarity", f"“{match['side']}” is the wrong way round")


_FEW = 2
"""Words that may stand between a difference and the side: "3 degrees above"."""


def _of_source(read: Read) -> Iterator[Refusal]:
    """Refuse "went to B" where B is who a cited text comes from, and nothing that is cited goes there."""
    for match in _GOING.finditer(read.sentence.casefold()):
        where = {root(word) for word in re.findall(r"[\w@.+-]*\w", match[1])} - table().neutral
        from_there = frozenset[str]().union(*(one.doers for one in read.cited if one.actor in ("principal", "content")))
        is_sent = any(
            one.event.kind
            in ("answered", "model_responded", "agent_handed_over", "http_requested", "connection_opened")
            or (one.actor in ("agent", "process") and where & one.words)
            for one in read.cited
        )
        if where & from_there and not is_sent:
            yield Refusal("polarity", "it came from there")


_GOING = re.compile(
    r"\bwent to ((?:(?!(?:and|who|which|that|with|in|at|after|before|when|from|as|for|on|while)\b)[\w@.+'’-]+ ?)*)"
)


def _of_bound(number: str, read: Read) -> Iterator[Refusal]:
    """Refuse one side of a number where all that is cited has the other: "less than 50" of "above 50"."""
    said = _sides(read.plain, number)
    if len(said) != 1 or _NEGATED.search(read.plain):
        return
    there = frozenset[str]().union(*(_sides(one.plain, number) for one in read.cited))
    if len(there) == 1 and not there & said and not any(_NEGATED.search(one.plain) for one in read.cited):
        yield Refusal("polarity", f"it is the other side of {number}")


_NEGATED = re.compile(r"\b(?:no|not|never|cannot|without|unless|except|\w+n['’]t)\b")


def _sides(text: str, number: str) -> frozenset[str]:
    """Return on which sides of a number a text places something."""
    if number not in text:
        return frozenset()
    bound = re.escape(number)
    sides = (("up", _UP, ">=?", "more|above|over"), ("down", _DOWN, "<=?", "less|below|under"))
    return frozenset(
        name
        for name, words, sign, behind in sides
        if re.search(rf"(?:(?<![\w-])(?:{words})\b|{sign})[\s=:\"']*(?:[a-z]+ ){{0,2}}{bound}(?![\w])", text)
        or re.search(rf"(?<![\w.]){bound}\S* (?:\w+ )?(?:or|and) (?:{behind})\b", text)
    )


def of_affirming(read: Read) -> Iterator[Refusal]:
    """Refuse as done what an event only denies: "was retired" of "could not be retired", "enabled" of "enabled: false"."""
    if any(map(is_denial, read.plain.split())):
        return
    for clause, best in zip(read.clauses, read.spoken_of, strict=True):
        yield from _unset_as_set(clause, best)
        texts = [one.plain for one in best if one.event.kind in _TEXTS and not one.failed]
        if not texts or len(texts) < len(best) or _LEFT_OPEN.search(" ".join((clause.joint, *clause.words))):
            continue
        for before, word in pairwise(("", *clause.words)):
            if (before in ("did", "does") or (word.endswith("ed") and root(word) not in table().neutral)) and all(
                _only_denies(one, word) for one in texts
            ):
                yield Refusal("polarity", f"“{word}” is what a cited event denies")


def _unset_as_set(clause: Clause, best: Sequence[Ground]) -> Iterator[Refusal]:
    """Yield what a clause tells as so where a field says that it is not: "was enabled" of "enabled: false"."""
    unset = frozenset[str]().union(*(unset_in(one.plain) for one in best))
    for word in clause.words:
        if word.endswith("ed") and root(word) in unset and not _LEFT_OPEN.search(" ".join(clause.words)):
            yield Refusal("polarity", f"“{word}” is false in a cited event")


def _only_denies(text: str, word: str) -> bool:
    """Return whether a text has a participle, and only behind a denial of it."""
    bare = re.findall(rf"\b{re.escape(word)}\b", text)
    denied = re.findall(
        rf"\b(?:not|never|cannot|\w+n['’]t) (?:(?:be|been|yet|have|to|fully) ){{0,3}}{re.escape(word)}\b", text
    )
    return bool(bare) and len(bare) == len(denied)


_TEXTS = ("answered", "model_responded", "tool_returned")
_LEFT_OPEN = re.compile(
    r"\b(?:whether|if|could|might|may|refus\w+|declin\w+|fail\w*|unable|impossible|false|off|null|none|dis\w+|un\w+|den\w+|miss\w+|lack\w*)\b"
)


def of_denying(read: Read) -> Iterator[Refusal]:
    """Refuse "denied that …" of who said so, "unread" of what was read, "lacks B" of what has it, and "forbade not to"."""
    if _TWICE.search(read.plain) and not any(_TWICE.search(one.plain) for one in read.cited):
        yield Refusal("polarity", "what is forbidden is to be done")
    yield from _of_lacking(read)
    for match in _DENYING.finditer(read.plain):
        words = re.findall(r"[a-z'’-]+", match["what"])
        wanted = {root(one) for one in words} - table().neutral
        denials = frozenset[str]().union(*(one.denied for one in read.cited))
        if match["verb"] == "having" and any(
            is_negative(one) or one.denied for one in read.cited if one.actor == "agent"
        ):
            continue
        if any(map(is_denial, words)) or not any(
            among(one, denials) or table().beside(one) & denials for one in wanted
        ):
            yield Refusal("polarity", "nobody denied this")
    unset = frozenset[str]().union(*(unset_in(one.plain) | one.denied for one in read.cited))
    for token in read.tokens:
        word = token.text.casefold()
        rest = word.removeprefix("un")
        if token.kind != "word" or rest == word or not _is_participle(rest) or root(word) in read.said:
            continue
        if root(rest) in read.said and not among(root(rest), unset):
            yield Refusal("polarity", f"“{word}” is the opposite of what a cited event says")


_TWICE = re.compile(r"\bforb(?:ade?|ids?|idden|idding)\b[^,;.]{0,60}?\b(?:not|never)\b")


def _of_lacking(read: Read) -> Iterator[Refusal]:
    """Refuse what is said to be lacking or left out where all that is cited has it, and does not deny it."""
    denied = frozenset[str]().union(*(one.denied for one in read.cited))
    for clause in () if read.failures else read.clauses:
        for at, token in enumerate(clause.tokens):
            verb, behind = token.text.casefold(), clause.tokens[at + 1 :]
            if (
                verb not in _LACKING
                or any(one.aside for one in behind[:1])
                or root(verb) in read.said
                or token in read.lacked
            ):
                continue
            end = next((place for place, one in enumerate(behind) if place and one.aside), len(behind))
            things = [one for one in behind[:end] if one.kind != "word" or root(one.text) not in table().neutral]
            is_same = any(one.text.casefold() == "same" for one in behind[:end])
            if is_same or (things and all(_has(read, one) and root(one.text) not in denied for one in things)):
                yield Refusal("polarity", f"what it says “{verb}” of is there")


_LACKING = ("lacks", "lack", "lacked", "omits", "omitted", "omit")


def _has(read: Read, token: Token) -> bool:
    """Return whether a cited event has a word or a name."""
    return among(root(token.text), read.said) if token.kind == "word" else any(holds(one, token) for one in read.cited)


_DENYING = re.compile(r"\bden(?:y|ies|ied|ying) (?P<verb>that|having)\b(?P<what>[^,;]*)")


def _is_participle(word: str) -> bool:
    return len(word) > 3 and (word.endswith("ed") or word in table().irregular or word in words_of("unchanged"))
