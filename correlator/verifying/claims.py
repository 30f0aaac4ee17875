"""What a clause says of who acts, beside the evidence: what `correlator.verifying.doers` asks of it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from correlator.verifying.grounds import Ground, has
from correlator.verifying.lengths import NUMBERS
from correlator.verifying.read import PREPOSITIONS, SPOKEN, Read, among, is_person, is_possessive
from correlator.verifying.subjects import LEADING, core_of
from correlator.verifying.wording import Token, root, table, words_of

READING = table().group("read") | table().group("search") | table().group("download")


@dataclass(frozen=True, eq=False)
class Claim:
    """What a clause says of who acts, beside the evidence."""

    subject: tuple[str, ...]
    verb: str
    objected: bool
    """Whether an object follows the verb."""
    place: int
    """The place of the clause in the sentence."""
    read: Read

    @cached_property
    def base(self) -> str:
        """Return the root of the verb; who calls for something, or on somebody to do it, asks."""
        words = self.read.clauses[self.place].words
        behind = words[words.index(self.verb) + 1 :] if self.verb in words else ()
        calls_on = behind[:1] in (("upon",), ("for",)) or (behind[:1] == ("on",) and "to" in behind)
        return root("ask") if calls_on and self.verb == "called" else root(self.verb)

    @cached_property
    def who(self) -> frozenset[str]:
        """Return the roots of the words of the subject."""
        return frozenset(root(word) for word in self.subject) - {root("the")}

    @cached_property
    def core(self) -> Sequence[str]:
        """Return the subject up to its head."""
        return core_of(self.subject)

    @cached_property
    def names(self) -> Sequence[str]:
        """Return the words of the subject without its article."""
        return [word for word in self.subject if word not in ("the", "a")]

    @property
    def best(self) -> Sequence[Ground]:
        """Return the events that the clause most likely speaks of."""
        return self.read.spoken_of[self.place]

    @cached_property
    def agents(self) -> Sequence[Ground]:
        """Return what the agent did, and the processes that it may have started."""
        reads = self.base in READING
        return [
            one
            for one in self.read.cited
            if one.actor in ("agent", "process") or (one.event.kind == "document_retrieved" and reads)
        ]

    @cached_property
    def speakers(self) -> Sequence[Ground]:
        """Return what was asked of the agent."""
        return [one for one in self.read.cited if one.actor == "principal"]

    @cached_property
    def handed(self) -> Sequence[Ground]:
        """Return the hand-overs of the chain."""
        return [one for one in self.read.run if one.event.kind == "agent_handed_over"]

    @cached_property
    def is_handed(self) -> bool:
        """Return whether the subject is in a hand-over: who is handed work, or what."""
        return any(
            has(one.line.casefold(), word) or among(root(word), one.words) for word in self.names for one in self.handed
        )

    @cached_property
    def is_matter(self) -> bool:
        """Return whether the subject is nobody: no name, no person, nobody who does anything in the chain."""
        held = [one for one in self.read.clauses[self.place].tokens if one.text.casefold() in self.core]
        if self.core[0].endswith("ing") or self.core[0] in PREPOSITIONS | LEADING:
            return True  # "printing the list for the clerk", "inside the box"
        if any(is_person(word) or word in table().groups["people"] or _is_doer(word, self.read) for word in self.core):
            return False
        return not any(_is_name(one, self.read) and not is_possessive(one.text) for one in held)

    @cached_property
    def speaks(self) -> bool:
        """Return whether the agent says something in the cited events."""
        return any(one.event.kind in SPOKEN for one in self.read.cited)


def _is_doer(word: str, read: Read) -> bool:
    """Return whether a word is the name of who asks, who wrote a text, of a program, a tool or a server, or a part of it."""
    base = root(word)
    for one in read.run:
        author = getattr(one.event, "author", None)
        if one.actor in ("principal", "process") and base in one.doers:
            return True
        if author is not None and base in {
            root(part) for part in re.findall(r"[^\W\d_]+", (author.id or "").casefold())
        }:
            return True
        if one.call is not None and word in (one.call.name.casefold(), (one.call.server or "").casefold()):
            return True
    return False


def _is_name(token: Token, read: Read) -> bool:
    """Return whether a token is a name, and no number of a thing: "Kim", "kim@example.org", but not "W-31"."""
    if token.kind in ("number", "time"):
        return False
    if token.kind == "entity":
        return not _CODE.fullmatch(token.text)
    if not token.text[0].isupper():
        return token.start == read.tokens[0].start  # "kim went"
    if token.start != read.tokens[0].start:
        return not _CODE.fullmatch(token.text)
    word, following = token.text.casefold(), read.tokens[1:2]
    if len(read.tokens) > 1 and (word in _OPENING or word in NUMBERS or _CODE.fullmatch(following[0].text)):
        return False
    alone = re.compile(rf"(?<![\w@.\"=/-]){re.escape(word)}(?![\w@.\"=/-])")
    return not word.endswith((*_ABSTRACT, "ly")) and not any(alone.search(one.text) for one in read.cited)


_OPENING = words_of("determiners") | words_of("quantities") | table().neutral_words
_ABSTRACT = ("ing", "ion", "ance", "ence", "ment", "ness", "ity", "ure", "ers", "ts")
_CODE = re.compile(r"[A-Za-z]{0,4}-?\d[\w-]*")
