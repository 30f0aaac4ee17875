"""What no event can carry: motives, causes, absences, guesses; and the senses of these words that are none of that. Pure."""

import re
from collections.abc import Callable, Iterator

from correlator.verifying.around import words_behind
from correlator.verifying.causes import CAUSES
from correlator.verifying.lengths import NUMBERS
from correlator.verifying.negations import ended_so
from correlator.verifying.read import SPOKEN, Read, Refusal, among
from correlator.verifying.wording import is_denial, root, table, words_of


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


# Senses: of "refused to", "different", "left as it was", "other than"


def _has_refused(read: Read, match: re.Match[str]) -> bool:
    """Return whether the agent has said that it will not do what it is told to have refused."""
    verb = root(next(iter(words_behind(read, match)), ""))
    told = (one for one in read.cited if one.event.kind in SPOKEN and _WILL_NOT.search(one.plain))
    return match.group().startswith("refus") and any(among(verb, one.denied) for one in told)


_WILL_NOT = re.compile(
    r"\b(?:(?:will|shall|would|must|may) not|won['’]t|cannot|can['’]t|refus\w+|declin\w+|not (?:allowed|permitted))\b"
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


def _is_left(read: Read, match: re.Match[str]) -> bool:
    """Return whether what is left as it was is told of what failed, or by who denies a change."""
    return match.group().startswith("left ") and bool(read.failures or any(one.denied for one in read.cited))


def _is_besides(read: Read, match: re.Match[str]) -> bool:
    """Return whether "apart from" adds something, and "other than" tells two things apart: nothing is denied there."""
    words = {*re.findall(r"[\w'’]+", read.plain)}
    return match.group() in ("apart from", "other than") and not (words & _EVERY or any(map(is_denial, words)))


_EVERY = words_of("whole")


_Sense = Callable[[Read, re.Match[str]], bool]
_SENSES: dict[str, tuple[_Sense, ...]] = {
    "cause": CAUSES,
    "absence": (_is_besides, _is_left),
    "idiom": (_has_refused,),
    "denial": (_is_counted,),
}
"""Kind of barred words → the senses in which one may be said."""
