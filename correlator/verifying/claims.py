"""What a clause says of who acts, beside the evidence: what `correlator.verifying.doers` asks of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from correlator.verifying.grounds import Ground, has
from correlator.verifying.read import SPOKEN, Read, among, is_person
from correlator.verifying.subjects import core_of
from correlator.verifying.wording import root, table

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
        """Return the root of the verb; who calls on somebody to do something asks them."""
        words = self.read.clauses[self.place].words
        behind = words[words.index(self.verb) + 1 :] if self.verb in words else ()
        calls_on = behind[:1] == ("upon",) or (behind[:1] == ("on",) and "to" in behind)
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
    def is_party(self) -> bool:
        """Return whether the subject names a person or a program of the chain."""
        doers = [one.doers for one in self.read.run if one.actor in ("principal", "process")]
        return any(is_person(word) or any(among(word, one) for one in doers) for word in self.who)

    @cached_property
    def speaks(self) -> bool:
        """Return whether the agent says something in the cited events."""
        return any(one.event.kind in SPOKEN for one in self.read.cited)
