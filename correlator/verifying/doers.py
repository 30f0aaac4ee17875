"""Who may have done what a verb tells, as far as the cited events say: the agent, a person, a call, a program, a text. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from correlator.verifying.grounds import Ground, has
from correlator.verifying.read import AGENTS, SAYING, Read, among, is_person, is_possessive, tied
from correlator.verifying.subjects import STATIVE, core_of
from correlator.verifying.wording import root, roots_of, table, words_of
from sensor.event import ProcessStarted, ToolCalled


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
        """Return the root of the verb."""
        return root(self.verb)

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
        return any(one.event.kind in ("answered", "model_responded") for one in self.read.cited)


def may_do(claim: Claim) -> bool:
    """Return whether who is named before a verb may be who did what it tells: the first rule that knows decides."""
    return next((found for rule in _RULES if (found := rule(claim)) is not None), False)


def _as_pronoun(claim: Claim) -> bool | None:
    """It is not known who "it" is; and what has a part that holds something needs not act."""
    holds = claim.base in _HOLDING | _NAMING
    if holds and any(is_possessive(word) for word in (*claim.subject[:-1], claim.subject[0])):
        return True
    return True if {"it", "they"} & {*claim.subject} else None


def _as_told(claim: Claim) -> bool | None:
    """A text may tell itself that who is named did it: "claims that the owner has agreed"."""
    clauses = claim.read.clauses
    is_told = claim.place > 0 and "that" in clauses[claim.place].joint.split()
    if not is_told or not any(root(word) in SAYING for word in clauses[claim.place - 1].words):
        return None
    head = root(claim.core[-1])
    return any(among(head, one.words) and among(claim.base, one.words) for one in claim.best) or None


def _as_receiver(claim: Claim) -> bool | None:
    """Who something went to, and not where it came from, received it."""
    head = root(claim.core[-1])
    words = claim.read.clauses[claim.place].words
    if claim.base not in _RECEIVING or head in AGENTS:
        return None
    is_asker = any(one.actor == "principal" and among(head, one.doers) for one in claim.read.run)
    if is_asker and claim.speaks and ("from" not in words or AGENTS & {root(word) for word in words}):
        return True
    if not claim.objected or "from" in words:
        return None
    told = [one for one in claim.best or claim.read.cited if one.actor in ("agent", "content")]
    return any(among(head, one.values if one.actor == "agent" else one.words) for one in told) or None


_RECEIVING = frozenset(map(root, ("receive", "get", "obtain", "gain", "earn", "hear", "learn", "see")))


def _as_author(claim: Claim) -> bool | None:
    """Who is called as the author of a text is may say something; a call may be named by what it is called in the trace."""
    names = {root(word) for word in claim.subject if is_person(word) and word not in ("he", "she")}
    authors = [getattr(one.event, "author", None) for one in claim.read.cited]
    words = {root(word) for one in authors if one and one.id for word in re.findall(r"[a-z]+", one.id.casefold())}
    calls = {(getattr(one.event, "call_id", None) or "").casefold() for one in claim.read.cited if _is_call(one)} - {""}
    return True if (claim.base in SAYING and names & words) or calls & {*claim.subject} else None


def _as_agent(claim: Claim) -> bool | None:
    is_of_agent = any(word.endswith(("'s", "’s")) and root(word) in AGENTS for word in claim.subject)
    if is_of_agent or not AGENTS & {root(word) for word in claim.core}:
        return None
    base, best, cited = claim.base, claim.best, claim.read.cited
    if base in _RECEIVING:
        return any(one.actor in ("content", "principal", "peer") for one in cited)
    if base in _REFUSING:
        return claim.speaks
    if base in _AUTHORED and any(
        getattr(one.event, "author", None) and any(tied(one, other) for other in best) for one in cited
    ):
        return any(one.event.kind != "tool_called" or one.tool & _WRITING for one in claim.agents)
    if base in _REPORTING:
        return any(one.event.kind != "tool_called" or one.tool & _SENDING for one in claim.agents)
    if base in SAYING and best and all(one.actor == "principal" for one in best):
        return claim.objected and claim.speaks
    return bool(claim.agents)


_REFUSING = frozenset(map(root, ("refuse", "deny", "decline", "reject")))


def _as_state(claim: Claim) -> bool | None:
    """A state, and a value that rises or falls, is of a thing that does nothing; nor does what stands before a participle."""
    if not claim.objected and claim.base in STATIVE and not AGENTS & claim.who:
        return True
    if claim.base in SAYING or claim.is_party or claim.who & _TEXTS:
        return None
    is_source = any(among(word, one.doers) for word in claim.who for one in claim.read.run if one.actor == "content")
    is_participle = not claim.objected and claim.subject[0] in ("the", "a", "an", "one") and not is_source
    return True if claim.base in _MEASURED or is_participle else None


_MEASURED = roots_of("measured")
_TEXTS = frozenset(
    map(
        root,
        ("page", "mail", "letter", "note", "message", "text", "file", "document", "site", "form", "remark", "comment"),
    )
)


def _as_call(claim: Claim) -> bool | None:
    """A call does what the agent does with it: "the call", and "the renewal", by which it asks."""
    head, agents = claim.core[-1], claim.agents
    if root(head) in _CALLS:
        is_call = not is_person(head) and head not in table().groups["people"]
    else:
        is_deed = head.endswith(("ion", "al", "ment", "ing")) and claim.base in SAYING
        is_call = is_deed and any(_is_call(one) and among(root(head), one.tool) for one in agents)
    if not is_call:
        return None
    return bool(agents) or (claim.base in SAYING and any(one.call is not None for one in claim.read.cited))


def _is_call(ground: Ground) -> bool:
    return isinstance(ground.event, ToolCalled)


def _as_person(claim: Claim) -> bool | None:
    """Who asks says something, and does what their words tell; nothing else is known of them."""
    base, best, speakers = claim.base, claim.best, claim.speakers
    is_speaker = any(among(word, one.doers) for word in claim.who for one in speakers)
    if is_speaker or any(is_person(word) for word in claim.subject):
        is_own = (
            bool(best) and all(one in speakers for one in best) and not any(base in one.tool for one in claim.agents)
        )
        is_alone = any(one in speakers for one in best) and not any(map(_is_call, claim.read.cited))
        told = base in SAYING or any(among(base, one.words | one.lent) for one in speakers)
        return is_own or is_alone or (bool(speakers) and told)
    says = base in SAYING or all(one in speakers for one in best)
    return True if speakers and says and _is_somebody(claim.subject) else None


def _is_somebody(subject: Sequence[str]) -> bool:
    """Return whether a subject is somebody in general, or what somebody said: "an anonymous caller", "a message"."""
    people = table().groups["people"]
    return any(
        word in ("somebody", "someone", *_MESSAGES) or word in people or word.removesuffix("s") in people
        for word in subject
    )


_MESSAGES = ("message", "request", "prompt", "question")


def _as_asked(claim: Claim) -> bool | None:
    """The call asks, not the server or tool that it is made of, nor who is to approve."""
    if claim.base not in _ASKING or claim.speakers:
        return None
    if any(one.tool & _ASKING or _is_asked(one, claim.names) for one in claim.agents):
        return False
    words = [root(word) for word in claim.read.clauses[claim.place].words]
    sought = words[words.index("for") + 1 :][:2] if "for" in words else []  # "asked for a quote"
    answers = [
        one for one in claim.read.cited if one.call is not None and any(among(word, one.doers) for word in claim.who)
    ]
    return False if any({*sought} & one.tool for one in answers) else None


_ASKING = frozenset(map(root, ("ask", "request")))


def _is_asked(ground: Ground, names: Sequence[str]) -> bool:
    """Return whether a name is that of the server or tool that a call asks."""
    event = ground.event
    return isinstance(event, ToolCalled) and [*names] in ([event.name], [(event.server or "").casefold()])


def _as_teller(claim: Claim) -> bool | None:
    """Texts, peers, sensors and programs tell something, and so does an answer; who is handed work does not ask for it."""
    if claim.base not in SAYING:
        return bool(claim.agents) if claim.is_handed else None
    if _is_absent(claim.names, claim.read):
        return False
    if claim.speaks and root(claim.core[-1]) in roots_of("results"):
        return True
    told = any(one.actor in ("content", "peer", "sensor", "process") for one in claim.read.cited)
    by_agent = any(one not in claim.handed for one in claim.agents)
    return told or (by_agent if claim.is_handed else bool(claim.handed))


def _is_absent(names: Sequence[str], read: Read) -> bool:
    """Return whether a name is that of a person or program of the chain of which nothing cited tells."""
    if len(names) != 1 or any(one.names(names[0]) for one in read.cited):
        return False
    general = words_of("people") | {"user", "anonymous"}
    return any(
        names[0] == one.program.casefold() or (one.actor == "principal" and names[0] in one.doers - general)
        for one in read.run
    )


def _as_program(claim: Claim) -> bool | None:
    """A program that is named must be the one that did it."""
    who, base, best, cited = claim.who, claim.base, claim.best, claim.read.cited
    if base in _HOLDING:
        return True
    if root("shell") in who and any(
        root(one.program) in table().group("shell") and among(base, one.lent) for one in cited if one.program
    ):
        return True
    programs = {one.program for one in claim.read.run if one.program and among(root(one.program), who)}
    if not programs:
        return None
    if not best or any(one.program in programs or _does_as_told(one, claim) for one in best):
        return True
    own = {one.event.kind for one in cited if one.program in programs and among(base, one.lent)}
    return bool(own) and not own & {one.event.kind for one in best}


def _does_as_told(ground: Ground, claim: Claim) -> bool:
    """Return whether a program that was started does what its arguments say: "git cloned …"."""
    argv = ground.event.argv if isinstance(ground.event, ProcessStarted) else ()
    told = {root(word) for text in argv[1:] for word in re.findall(r"[a-z]+", text.casefold())}
    return bool(argv) and any(among(word, [root(argv[0])]) for word in claim.who) and claim.base in told


def _as_thing(claim: Claim) -> bool | None:
    """A peer does what it is seen to do, a server answers, a text says what it has; a call is made by the agent alone."""
    who, base, best, cited = claim.who, claim.base, claim.best, claim.read.cited
    seen = [one for one in cited if one.actor in ("process", "peer", "sensor")]
    if best and all(one in seen for one in best):
        return True
    if any(among(word, one.words | one.doers) for word in who for one in seen):
        return True
    if any(_is_call(one) and (base == root("call") or base in one.tool) for one in cited):
        return False
    if any(_answers(one, claim) for one in cited):
        return True
    return any(one.actor == "content" and among(base, one.words) for one in best)


def _answers(ground: Ground, claim: Claim) -> bool:
    """Return whether a server or tool that is named is said to give or deny what was asked of it, as it did."""
    if ground.call is None or ground.failed is None:
        return False
    name, server = ground.call.name.casefold(), (ground.call.server or "").casefold()
    named = {name} | {root(word) for word in re.findall(r"[a-z]+|\S+", f"{name} {server}")}
    wanted = _FAILING if ground.failed else _RETURNING | {other for one in ground.tool for other in table().beside(one)}
    return bool(named & claim.who) and claim.base in wanted


_RULES: tuple[Callable[[Claim], bool | None], ...] = (
    _as_pronoun, _as_told, _as_receiver, _as_author, _as_agent, _as_state, _as_call, _as_person, _as_asked, _as_teller,
    _as_program, _as_thing,
)  # fmt: skip

_FAILING = table().group("refuse") | roots_of("failing")
_RETURNING = table().group("answer") | frozenset(map(root, ("hand", "pass", "send", "return")))
_HOLDING = roots_of("holding")
_AUTHORED = frozenset(map(root, ("write", "author", "compose", "sign")))
_NAMING = frozenset(map(root, ("call", "term", "dub", "label", "style", "deem", "declare", "describe")))
READING = table().group("read") | table().group("search") | table().group("download")
_CALLS = roots_of("calls")
"""What the agent does: a call does what the agent does with it."""
_REPORTING = roots_of("reporting")
_SENDING = roots_of("sending")
_WRITING = _SENDING | table().group("write") | table().group("create") | table().group("change")
