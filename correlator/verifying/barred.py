"""What no event can carry: motives, causes, absences, guesses; and the senses of these words that are none of that. Pure."""

import re
from collections.abc import Callable, Collection, Iterator

from correlator.verifying.expressions import expressed
from correlator.verifying.grounds import Ground
from correlator.verifying.lengths import NUMBERS
from correlator.verifying.negations import ended_so
from correlator.verifying.outcome import TURNED
from correlator.verifying.read import NEGATIONS, Read, Refusal, among, is_failure, tied
from correlator.verifying.wording import root, roots_of, table, words_of


def of_barred(read: Read) -> Iterator[Refusal]:
    """Refuse what no event can carry: motives, causes, absences, guesses."""
    lacked = {token.text.casefold() for token in read.lacked} | ended_so(read)
    for name, pattern in table().barred.items():
        for match in pattern.finditer(read.plain):
            words = match.group()
            # What an event says in these words may be told in them; and what failed may have said why.
            if (
                (words.split()[0] in lacked and not _ANYBODY.search(words))
                or words in read.template
                or any(words in one.plain for one in read.cited)
                or any(is_innocent(read, match) for is_innocent in _SENSES.get(name, ()))
            ):
                continue
            yield Refusal(name, f"“{words}” has no evidence")


_ANYBODY = re.compile(r"\bany(?:one|body|thing)\b")


def _behind(read: Read, match: re.Match[str]) -> list[str]:
    """Return the words behind a match."""
    return re.findall(r"[a-z·]+|\d+", read.plain[match.end() :][:_WINDOW])


_WINDOW = 160
"""Letters around a word that are looked at."""


# Senses: of "different", "let", "refused to", "contained", "approved by", "might"


def _has_form(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cited event has another form of the word: "suspected" of "suspicious"."""
    word = match.group()
    return " " not in word and any(root(word) in one.words for one in read.cited)


def _is_told_by_agent(read: Read, match: re.Match[str]) -> bool:
    """Return whether the agent itself, or a failure, has said so: what a page orders to be ignored is not ignored for that."""
    told = [one for one in read.cited if one.failed or one.event.kind in _TOLD]
    return " " not in match.group() and any(root(match.group()) in one.words for one in told)


def _is_of_tool(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cited tool is named after the word: `trigger_build`."""
    word = match.group()
    return " " not in word and any(root(word) in one.tool for one in read.cited)


def _has_refused(read: Read, match: re.Match[str]) -> bool:
    """Return whether the agent has said that it will not do what it is told to have refused."""
    if not match.group().startswith("refus"):
        return False
    verb = next(iter(_behind(read, match)), "")
    told = (one for one in read.cited if one.event.kind in _TOLD and _WILL_NOT.search(one.plain))
    return any(among(root(verb), near) for one in told for near in one.denied)


_TOLD = ("answered", "model_responded")
_WILL_NOT = re.compile(
    r"\b(?:(?:will|shall|would|must|may) not|won['’]t|cannot|can['’]t|refus\w+|declin\w+|not (?:allowed|permitted))\b"
)


def _is_let_pass(_: Read, match: re.Match[str]) -> bool:
    """Return whether it is time that is let pass."""
    words = match.group()
    return (
        words.startswith("let") and re.search(r"\b(?:second|minute|hour|day|moment|time|while)s?\b", words) is not None
    )


def _is_counted(read: Read, match: re.Match[str]) -> bool:
    """Return whether "different" counts, or the evidence says that two things are not the same."""
    if match.group() != "different":
        return False
    counts = NUMBERS.keys() & {*read.plain[: match.start()].split()[-1:]}
    return bool(counts) or any(_DIFFERING.search(one.plain) for one in read.cited)


_DIFFERING = re.compile(
    r"\b(?:differ\w*|mismatch\w*|(?:not|isn['’]t) the (?:same|one)|(?:does|do|did) not match|another|other than)\b"
)


def _is_hidden(read: Read, match: re.Match[str]) -> bool:
    """Return whether a text is one that people do not see."""
    return match.group().startswith("conceal") and any(_UNSEEN.search(one.plain) for one in read.cited)


def is_hidden(ground: Ground) -> bool:
    """Return whether an event has a hidden file, or a text that people do not see."""
    return _UNSEEN.search(ground.plain) is not None or _DOT_FILE.search(ground.plain) is not None


_DOT_FILE = re.compile(r"(?:^|[\s/\"=])\.\w")
_UNSEEN = re.compile(
    r"<!--|\[//\]:|display:\s?none|visibility:\s?hidden|font-size:\s?0|opacity:\s?0|white on white"
    r"|\bhidden\b|\bmetadata\b|\balt text\b"
)


def _is_lack(read: Read, match: re.Match[str]) -> bool:
    """Return whether what is said to lack is what a failed event names, or what an event says is missing."""
    if not match.group().startswith("lack"):
        return False
    before, behind = (_content(part) for part in (read.plain[: match.start()], read.plain[match.end() :]))
    near = [*before[-_NAMES:], *behind[:_NAMES]] if match.group() == "lacking" else behind[:_NAMES]
    lacks = {root(word) for one in read.cited for found in _MISSING.findall(one.plain) for word in found.split()}
    if any(among(root(word), lacks | one.denied) for one in read.cited for word in (*near, *before[-_NAMES:])):
        return True
    spoken = next(
        (
            best
            for clause, best in zip(read.clauses, read.spoken_of, strict=True)
            if any(word.startswith("lack") for word in clause.words)
        ),
        (),
    )
    return any(
        one.failed and any(tied(one, other) for other in spoken) and any(among(root(word), one.words) for word in near)
        for one in read.cited
    )


_MISSING = re.compile(
    r"(?<![\w-])((?:[\w-]++ ){0,4})(?:is |are )?(?:missing|absent|lacking|lacks?|unavailable|incomplete|not found|is null|null)\b"
)
_NAMES = 2
"""Words that name what is lacking."""


def _content(text: str) -> list[str]:
    """Return the words of a text that say something, those that say little where it has no others."""
    found = [word for word in re.findall(r"[a-z]{2,}", text) if word not in words_of("grammar")]
    return [word for word in found if not _is_neutral(word)] or found


def _is_neutral(word: str) -> bool:
    return word in table().neutral_words or root(word) in table().neutral or word in NEGATIONS


def _is_reported(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cited text has a modal of its own: "could run a day late" of "may run a day late"."""
    return match.group() in ("might", "could have", "may have") and any(_MODAL.search(one.plain) for one in read.cited)


_MODAL = re.compile(r"\b(?:may|might|could|can i|shall i|should i|perhaps|maybe|possibly)\b")


def _is_accord(read: Read, match: re.Match[str]) -> bool:
    """Return whether what something is said to be in keeping with is cited, too."""
    behind = [word for word in _behind(read, match) if not _is_neutral(word)][:_NAMES]
    return (
        match.group().startswith("in ")
        and len(behind) == _NAMES
        and all(read.is_said(word) or read.is_lent(word) for word in behind)
    )


def _is_required(read: Read, match: re.Match[str]) -> bool:
    """Return whether it is said that something has to be, not that it was: "must be weighed by"."""
    before = read.plain[: match.start()].split()[-3:]
    needed = bool(before) and before[-1] == "be" and bool({"to", "must", "should", "may", "can", "shall"} & {*before})
    return needed and any(among(root(match.group().split()[0]), one.words) for one in read.cited)


# Senses: of "only", "no more", "other than", "apart from"


def _is_told_whole(read: Read, match: re.Match[str]) -> bool:
    """Return whether "only" says all that a text says, or which of several cited events ended in another way."""
    words = match.group()
    if not words.startswith("only"):
        return False
    before, behind = read.plain[: match.start()].split()[-1:], _behind(read, match)
    if words == "only once":
        return bool(behind) and (behind[0] in _BEGINNING or {*behind[1:4]} & _INVERTED != set())
    if words == "only one":
        number = next((str(NUMBERS.get(word, word)) for word in behind if word in NUMBERS or word.isdigit()), "")
        return behind[:1] == ["of"] and any({"1", number} <= one.numbers for one in read.cited)
    outcomes = {one.failed for one in read.cited} - {None}
    if words == "only the" and behind[:1] and behind[0] in _ORDINALS:
        return len(outcomes) > 1
    return bool(before) and root(before[0]) in _SPEAKING and any(one.event.kind in _TELLING for one in read.cited)


_BEGINNING, _INVERTED = words_of("beginning") | {"all", "that", "·"}, words_of("inverted")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "last", "latter", "former")
_SPEAKING = (table().group("say") | table().group("answer") | roots_of("naming")) - {root("read")}
_TELLING = ("answered", "model_responded", "prompt_submitted")


def _is_no_more(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cited event denies what there is said to be no more of: "can hold no more bales"."""
    behind = _behind(read, match)[:1]
    return match.group() == "no more" and any(among(root(word), one.denied) for one in read.cited for word in behind)


def _is_besides(read: Read, match: re.Match[str]) -> bool:
    """Return whether "apart from" adds something, and "other than" tells two things apart: nothing is denied there."""
    words = {*re.findall(r"[\w'’]+", read.plain)}
    return match.group() in ("apart from", "other than") and not words & (NEGATIONS | _EVERY)


_EVERY = frozenset(
    (
        "alone",
        "untouched",
        "spared",
        "unaffected",
        "only",
        "all",
        "every",
        "everything",
        "any",
        "anything",
        "anyone",
        "anybody",
        "anywhere",
        "sole",
        "solely",
        "each",
    )
)


# Senses of words of cause


def _is_its_reason(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cause is what a failed event itself says: "stopped because the tank was empty"."""
    if not _GIVING.match(match.group()):
        return False
    before, after = read.plain[: match.start()], read.plain[match.start() :].split(" ", 1)[-1]
    if not before.strip(" ,;"):  # "Since the slot was taken, the first try failed"
        after, _, before = after.partition(",")
    reasons = [after, re.split(r"[,;]| and | but ", after)[0]]
    says = bool(TURNED.search(before)) or any(
        is_failure(word) or word in NEGATIONS or root(word) in _FOUNDERING for word in re.findall(r"[a-z]+", before)
    )
    says = says or any(
        stands == "fail" and token.text.casefold() in before.split() for token, stands in expressed(read.tokens).items()
    )
    failed = [one for one in read.cited if one.failed and any(_gives(one, _reason(text)) for text in reasons)]
    # What is said to have failed must be what gave the reason.
    place = next((at for at, one in enumerate(read.clauses) if set(one.joint.split()) & {"because", "since"}), 1)
    spoken = next((best for best in (*reversed(read.spoken_of[:place]), *read.spoken_of[place + 1 :]) if best), ())
    return says and any(
        tied(one, other) for one in failed for other in spoken or (failed if len(read.cited) < _SEVERAL else ())
    )


_SEVERAL = 3
"""Cited events of which a sentence must say which one failed: a call and its result are two."""
_FOUNDERING = roots_of("foundering")
_GIVING = re.compile(r"(?:because|since|due to|owing to|on account of|by reason of)\b")
"""What begins the reason that a failure itself has given."""


def _reason(text: str) -> set[str]:
    return {root(word) for word in re.findall(r"[a-z]{3,}", text) if word not in words_of("grammar")}


def _gives(ground: Ground, reason: Collection[str]) -> bool:
    """Return whether an event says all of a reason, but for words that say nothing."""
    said = [word for word in reason if among(word, ground.words) and word not in ground.tool and not is_failure(word)]
    alike = [word for word in reason if table().beside(word) & ground.words]
    return bool(said or alike) and all(
        word in said or word in alike or word in table().neutral or among(word, ground.lent | ground.words)
        for word in reason
    )


def _is_asked(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cited text asks or tells why: "wanted to know the reason for"."""
    return match.group().startswith("reason") and any(_WHY.search(one.plain) for one in read.cited)


_WHY = re.compile(r"\b(?:why|reasons?|because|how come|what for)\b")


def _is_source(read: Read, match: re.Match[str]) -> bool:
    """Return whether a text is said to stem from who wrote it, not from what happened."""
    if not _STEMMING.match(match.group()):
        return False
    behind = {root(word) for word in re.findall(r"[a-z]{3,}", read.plain[match.end() :][:_WINDOW].split(",")[0])}
    texts = [one for one in read.cited if one.event.kind in _TEXTS]
    return bool(texts) and bool(
        behind & (_SOURCES | _asking(read) | frozenset[str]().union(*(one.doers for one in texts)))
        or "·" in read.plain[match.end() :][:40]
    )


def _asking(read: Read) -> frozenset[str]:
    """Return words for somebody who asks, where a request is cited."""
    return roots_of("people") if any(one.event.kind == "prompt_submitted" for one in read.cited) else frozenset()


_STEMMING = re.compile(r"(?:stem(?:s|med)?|arose) from")
_TEXTS = ("prompt_submitted", "document_retrieved", "tool_returned", "memory_written")
_SOURCES = frozenset(
    map(
        root,
        (
            "source",
            "sender",
            "author",
            "outsider",
            "outside",
            "page",
            "mail",
            "document",
            "site",
            "public",
        ),
    )
)


def _is_way(read: Read, match: re.Match[str]) -> bool:
    """Return whether it is a way that leads somewhere: "a link that leads to the form"."""
    before = {root(word) for word in re.findall(r"[a-z]+", read.plain[: match.start()])[-_WAY:]}
    return match.group().startswith(("leads ", "lead ", "leading ")) and bool(before & _WAYS)


_WAY = 8
_WAYS = frozenset(
    map(
        root,
        (
            "link",
            "page",
            "path",
            "route",
            "redirect",
            "address",
            "button",
            "door",
            "road",
            "way",
            "trail",
            "pointer",
            "url",
        ),
    )
)


def _is_owed(read: Read, match: re.Match[str]) -> bool:
    """Return whether an amount is due to somebody."""
    return (
        match.group() == "due to"
        and re.search(
            r"\d[\d,.]* [^\W\d]+ (?:was|were|is|are|fell|falls?|became|becomes?) $", read.plain[: match.start()]
        )
        is not None
    )


def _is_of_agent(read: Read, match: re.Match[str]) -> bool:
    """Return whether the agent set something off, which is that it called it; or what "makes" is a program."""
    first, before = match.group().split()[0], read.plain[: match.start()].split()[-2:]
    if any(first == one.program.casefold() for one in read.cited):
        return True
    return (
        match.group() in ("set off", "triggered", "triggers", "alerted")
        and bool(before)
        and any(root(word) in _AGENTS for word in before)
        and any(one.event.kind == "tool_called" for one in read.cited)
    )


_AGENTS = roots_of("agents")


def _is_of_one_call(read: Read, match: re.Match[str]) -> bool:
    """Return whether a result is told of its own call: "which led to entry 12"."""
    calls = {id(one.call or one.event) for one in read.cited if one.event.kind != "database_queried"}
    worked = len(calls) == 1 and len(read.cited) > 1 and not any(one.failed for one in read.cited)
    return worked and _ISSUING.match(match.group()) is not None  # a failure tells what was so before


_ISSUING = re.compile(
    r"(?:le(?:d|ads?) (?:[\w' .·-]+ )?to|as a (?:result|consequence)|result(?:s|ed|ing)? (?:in|from)|thereby|thus"
    r"|gave rise|in response to)"
)


_Sense = Callable[[Read, re.Match[str]], bool]
_SENSES: dict[str, tuple[_Sense, ...]] = {
    "motive": (_has_form,),
    "cause": (_is_its_reason, _is_asked, _is_source, _is_way, _is_owed, _is_of_agent, _is_of_one_call, _is_of_tool),
    "absence": (_is_told_whole, _is_no_more, _is_besides),
    "crime": (_has_form,),
    "denial": (_is_lack, _is_counted, _is_hidden, _is_told_by_agent),
    "idiom": (_has_refused, _is_let_pass),
    "excuse": (_is_required, _is_accord),
    "guess": (_is_reported,),
}
"""Kind of barred words → the senses in which one may be said."""
