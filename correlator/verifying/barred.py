"""What no event can carry: motives, causes, absences, guesses; and the senses of these words that are none of that. Pure."""

import re
from collections.abc import Callable, Iterator

from correlator.verifying.around import NAMES, is_neutral, words_behind
from correlator.verifying.causes import CAUSES
from correlator.verifying.endings import has_failed
from correlator.verifying.grounds import Ground
from correlator.verifying.lengths import NUMBERS
from correlator.verifying.negations import ended_so
from correlator.verifying.read import SPOKEN, Read, Refusal, among, tied
from correlator.verifying.wording import is_denial, root, roots_of, table, words_of
from sensor.event import HttpResponded, NameResolved


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


# Senses: of "enabled", "refused to", "held back", "different", "concealed", "lacked", "might"


def _has_form(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cited event has another form of the word: "suspected" of "suspicious"."""
    word = match.group()
    return " " not in word and any(root(word) in one.words for one in read.cited)


def _is_enabled(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cited event speaks of what is to be enabled itself."""
    return match.group().startswith("enabl") and _has_form(read, match)


def _has_refused(read: Read, match: re.Match[str]) -> bool:
    """Return whether the agent has said that it will not do what it is told to have refused."""
    if not match.group().startswith("refus"):
        return False
    verb = next(iter(words_behind(read, match)), "")
    told = (one for one in read.cited if one.event.kind in SPOKEN and _WILL_NOT.search(one.plain))
    return any(among(root(verb), near) for one in told for near in one.denied)


_WILL_NOT = re.compile(
    r"\b(?:(?:will|shall|would|must|may) not|won['’]t|cannot|can['’]t|refus\w+|declin\w+|not (?:allowed|permitted))\b"
)


def _is_held(read: Read, match: re.Match[str]) -> bool:
    """Return whether what is held back failed."""
    verb = match.group().split()[0]
    spoken = (best for clause, best in zip(read.clauses, read.spoken_of, strict=True) if verb in clause.words)
    return verb in ("held", "hold", "holds", "holding") and all(
        best and all(has_failed(one, read.cited) for one in best) for best in spoken
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


_UNSEEN = re.compile(
    r"<!--|\[//\]:|display:\s?none|visibility:\s?hidden|font-size:\s?0|opacity:\s?0|white on white"
    r"|\bhidden\b|\bmetadata\b|\balt text\b"
)


def _is_lack(read: Read, match: re.Match[str]) -> bool:
    """Return whether what is said to lack is what a failed event names, or what an event says is missing."""
    if not match.group().startswith("lack"):
        return False
    if all(one.event.kind == "events_lost" for one in read.cited):
        return True
    before, behind = (_content(part) for part in (read.plain[: match.start()], read.plain[match.end() :]))
    near = [*before[-NAMES:], *behind[:NAMES]] if match.group() == "lacking" else behind[:NAMES]
    lacks = {root(word) for one in read.cited for found in _MISSING.findall(one.plain) for word in found.split()}
    if any(among(root(word), lacks | one.denied) for one in read.cited for word in (*near, *before[-NAMES:])):
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


def _content(text: str) -> list[str]:
    """Return the words of a text that say something, those that say little where it has no others."""
    found = [word for word in re.findall(r"[a-z]{2,}", text) if word not in words_of("grammar")]
    return [word for word in found if not is_neutral(word)] or found


def _is_reported(read: Read, match: re.Match[str]) -> bool:
    """Return whether a cited text has a modal of its own: "could run a day late" of "may run a day late"."""
    if match.group() == "ought to have":
        return any(_OUGHT.search(one.plain) for one in read.cited)
    return match.group() in ("might", "could have", "may have") and any(_MODAL.search(one.plain) for one in read.cited)


_OUGHT = re.compile(r"\b(?:should|ought to|could)(?:n['’]t| not)? have\b")


_MODAL = re.compile(r"\b(?:may|might|could|can i|shall i|should i|perhaps|maybe|possibly)\b")


# Senses: of "only", "other than", "apart from"


def _is_told_whole(read: Read, match: re.Match[str]) -> bool:
    """Return whether "only" says all that a text says, or which of several cited events ended in another way."""
    words = match.group()
    if not words.startswith("only"):
        return False
    before, behind = read.plain[: match.start()].split()[-1:], words_behind(read, match)
    if words == "only once":
        return bool(behind) and (behind[0] in _BEGINNING or {*behind[1:4]} & _INVERTED != set())
    if words == "only the one":
        return _is_one_of(read)
    return bool(before) and root(before[0]) in _SPEAKING and any(one.event.kind in _TELLING for one in read.cited)


def differ(read: Read, place: str) -> bool:
    """Return whether of cited events of one kind the one at a place brings what is told: a status, an address."""
    for kind in ("http_responded", "name_resolved"):
        brought = [_brings(one) for one in read.cited if one.event.kind == kind]
        told = brought[0 if place in _LEADING else -1] if brought else ""
        if len({*brought}) > 1 and told in (*(one.text for one in read.tokens), "address"):
            return True
    return False


def _is_one_of(read: Read) -> bool:
    """Return whether of several things that a cited event lists the others are denied what one has: "7 with lid, 9 without lid"."""
    match = _ONE_AT.search(read.sentence.casefold())
    if match is None:
        return False
    parts = [part for one in read.cited for part in re.split(r"[,;/|\n]| and | but ", one.text.casefold())]
    named = [part for part in parts if re.search(rf"(?<![\w.:]){re.escape(match[1])}(?![\w:]|\.\d)", part)]
    others = [part for part in parts if part not in named]
    return (
        bool(named)
        and not any(_LACKING.search(part) for part in named)
        and any(_LACKING.search(part) for part in others)
    )


_ONE_AT = re.compile(r"\bonly the one (?:at|for|of|on|in|from|with|named|called|to|by) (?:the )?([\w:.-]*\w)")
_LACKING = re.compile(r"\b(?:without|no|not|none|never|false)\b")


def _brings(ground: Ground) -> str:
    event = ground.event
    if isinstance(event, HttpResponded):
        return str(event.status)
    return "address" if isinstance(event, NameResolved) and event.addresses else ""


_LEADING = ("first", "former", "earlier")
_BEGINNING, _INVERTED = words_of("beginning") | {"all", "that", "·"}, words_of("inverted")
_SPEAKING = (table().group("say") | table().group("answer") | roots_of("naming")) - {root("read")}
_TELLING = ("answered", "model_responded", "prompt_submitted")


def _is_left(read: Read, match: re.Match[str]) -> bool:
    """Return whether what is left as it was is told of what failed, or by who denies a change."""
    return (
        match.group().startswith("left ")
        and match.group() != "left no"
        and bool(read.failures or any(one.denied for one in read.cited))
    )


def _is_besides(read: Read, match: re.Match[str]) -> bool:
    """Return whether "apart from" adds something, and "other than" tells two things apart: nothing is denied there."""
    words = {*re.findall(r"[\w'’]+", read.plain)}
    return match.group() in ("apart from", "other than") and not (words & _EVERY or any(map(is_denial, words)))


_EVERY = words_of("whole")


_Sense = Callable[[Read, re.Match[str]], bool]
_SENSES: dict[str, tuple[_Sense, ...]] = {
    "motive": (_has_form,),
    "cause": (*CAUSES, _is_enabled),
    "absence": (_is_told_whole, _is_besides, _is_left),
    "denial": (_is_lack, _is_counted, _is_hidden),
    "idiom": (_has_refused, _is_held),
    "guess": (_is_reported,),
}
"""Kind of barred words → the senses in which one may be said."""
