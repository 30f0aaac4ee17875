"""What processes did: the program that a clause names must be who opened, renamed, started, connected or ended. Pure.

The kernel tells exactly who did it, so a clause with a verb of such a deed is read as one: its verb, who stands before it (or
behind "by"), what follows it. It is refused only where an event of this deed is cited and none of them has those parts.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from correlator.verifying.grounds import Ground
from correlator.verifying.lengths import NUMBERS
from correlator.verifying.read import AGENTS, BE, HAVE, PREPOSITIONS, Read, Refusal, is_act
from correlator.verifying.wording import Token, root, roots_of, table
from sensor.event import (
    AgentHandedOver,
    AlertReceived,
    ConnectionOpened,
    FileChanged,
    NameResolved,
    ProcessExited,
    ProcessStarted,
)

_KINDS = {
    "starting": ("process_started",),
    "exiting": ("process_exited",),
    "opening": ("file_opened", "open_refused"),
    "renaming": ("file_changed",),
    "unlinking": ("file_changed",),
    "linking": ("file_changed",),
    "connecting": ("connection_opened",),
    "accepting": ("connection_accepted",),
    "resolving": ("name_resolved",),
    "handing": ("agent_handed_over",),
}
"""Set of verbs → kinds of the events that are such a deed."""
_CHANGES = {"renaming": "rename", "unlinking": "unlink", "linking": "link"}


_HAND = table().group("hand")


@dataclass(frozen=True, slots=True)
class Deed:
    """What a clause says of a deed of a process."""

    name: str
    verb: str
    doer: Token | None = None
    """The program, or what else is named as who did it."""
    thing: Token | None = None
    """What it was done to."""
    goal: Token | None = None
    """What stands behind "to"."""
    code: str = ""
    """The code with which a process is said to have ended."""


def of_deeds(read: Read) -> Iterator[Refusal]:
    """Refuse a deed of a process, a call or a hand-over by who did not do it, or to what it was not done."""
    for deed in deeds(read):
        events = [one for one in read.cited if _is_of(one, deed.name)]
        if events and not any(_fits(one, deed, read) for one in events):
            named = next((one.text for one in (deed.doer, deed.thing, deed.goal) if one is not None), "")
            yield Refusal("roles", f"no cited event tells that “{named}” has this part in “{deed.verb}”")


def deeds(read: Read) -> Iterator[Deed]:
    """Yield the deeds that a sentence tells, as far as it names who did them, what they were done to, and where they led."""
    undergone = False
    for clause in read.clauses:
        held = clause.tokens
        inserted: int | None = None
        for at, token in enumerate(held):
            if token.kind != "word" or not is_act(token.text.casefold()):
                continue
            name = _deed(token)
            if token.aside and at and inserted is None:
                inserted = at  # "gzip, begun by make, ended"
                passive, before = True, _phrase(held, at)
            else:
                goes_on = not at and bool({"and", "but", "then", ";"} & set(clause.joint.split()))
                passive = _is_passive(held, at) or (goes_on and undergone)
                before = _phrase(held, inserted if token.aside and inserted is not None else at)
            undergone = passive
            named = next((one for one in reversed(before) if _is_party(one, name, read)), None)
            goal = _goal(held, at, name, read)
            if name and passive:
                yield Deed(name, token.text, _by(held, at, name, read), named, goal)
            elif name:
                yield Deed(name, token.text, named, _thing(held, at, name, read), goal, _code(held, at))


def _deed(verb: Token) -> str:
    """Return which deed a verb tells, empty for none."""
    return next((name for name in _KINDS if root(verb.text) in roots_of(name)), "")


def _phrase(held: Sequence[Token], at: int) -> list[Token]:
    """Return what stands right before a verb, back to a verb, a preposition or a comma, without auxiliaries."""
    found = list[Token]()
    for token in reversed(held[:at]):
        word = token.text.casefold() if token.kind == "word" else ""
        if word in PREPOSITIONS:
            # "with a.cfg opened": a name behind a preposition is not who did it, but "in March gzip opened" has one more.
            named = [one for one in found if one.text.casefold() not in ("the", "a", "an")]
            return found[::-1] if len(named) > 1 and found[0].kind == "word" else []
        if word and (word in ("and", "or") or is_act(word)):
            break
        if not (word in HAVE or word in BE or word.endswith("ly")):
            found.append(token)
        if token.aside and found:
            break
    return found[::-1]


def _is_passive(held: Sequence[Token], at: int) -> bool:
    """Return whether a form of the past says what was done to what stands before it."""
    return [one.text.casefold() for one in held[at + 1 : at + 2]] == ["by"] or any(
        one.text.casefold() in BE for one in held[: max(at, 1)]
    )


def _behind(held: Sequence[Token], at: int, words: Collection[str], name: str, read: Read) -> Token | None:
    """Return the first name behind one of some prepositions that follows a verb before the next verb does."""
    leads = False
    for token in held[at + 1 :]:
        word = token.text.casefold() if token.kind == "word" else ""
        if leads and _is_party(token, name, read):
            return token
        if (leads and (token.aside or word in PREPOSITIONS)) or (word and is_act(word)):
            return None
        leads = leads or word in words
    return None


def _by(held: Sequence[Token], at: int, name: str, read: Read) -> Token | None:
    """Return by whom it was done: "started by make", "launched from make", "started as a child of make"."""
    found = _behind(held, at, ("by", "from", "under") if name == "starting" else ("by",), name, read)
    if found is not None or name != "starting":
        return found if found is None or found.text[0] not in "/~" else None  # "started from /srv": a folder
    words = [one.text.casefold() for one in held[at + 1 :]]
    kin = next(
        (place for place, word in enumerate(words) if root(word) in _KIN and words[place + 1 : place + 2] == ["of"]),
        None,
    )
    return _behind(held, at + 1 + kin, ("of",), name, read) if kin is not None else None


_KIN = frozenset(map(root, ("child", "subprocess", "descendant", "offspring")))


def _goal(held: Sequence[Token], at: int, name: str, read: Read) -> Token | None:
    return _behind(held, at, ("to",), name, read)


def _thing(held: Sequence[Token], at: int, name: str, read: Read) -> Token | None:
    """Return the name that follows a verb as what it was done to."""
    for token in held[at + 1 : at + 4]:
        word = token.text.casefold() if token.kind == "word" else ""
        if token.aside or (word and (word in PREPOSITIONS or is_act(word))):
            return None
        if _is_party(token, name, read):
            return token
    return None


def _code(held: Sequence[Token], at: int) -> str:
    """Return the number behind "with", "code" or "status" that follows a verb."""
    pairs = pairwise(held[at : at + 6])
    return next((two.text for one, two in pairs if two.kind == "number" and one.text.casefold() in _CODES), "")


_CODES = ("with", "code", "status")


def _is_party(token: Token, name: str, read: Read) -> bool:
    """Return whether a token names somebody or something that may have a part in a deed."""
    word = token.text.casefold()
    if token.kind == "entity":
        return any(one.names(word) for one in read.run)
    if token.kind != "word" or word in NUMBERS:
        return False
    if name == "handing" and ("-" in word or any(word in _receiver(one) for one in read.cited)):
        return not AGENTS & {root(part) for part in word.split("-")}  # "a sub-agent"
    if word in table().neutral_words:
        return word == "agent"
    return any(word in (one.program.casefold(), _started(one), _product(one)) for one in read.run)


def _product(ground: Ground) -> str:
    """Return who raised an alert: it sees deeds, and does none."""
    return ground.event.product.casefold() if isinstance(ground.event, AlertReceived) else ""


def _started(ground: Ground) -> str:
    """Return the name of the program that an event starts."""
    event = ground.event
    return event.argv[0].rpartition("/")[2].casefold() if isinstance(event, ProcessStarted) and event.argv else ""


def _receiver(ground: Ground) -> frozenset[str]:
    """Return the name of who is handed work, and its parts."""
    if not isinstance(ground.event, AgentHandedOver):
        return frozenset()
    name = ground.line.split(" ")[-1].casefold()
    own = name.rpartition("/")[2]  # before it stands the session of who hands over
    return frozenset((name, own, *re.split(r"[:-]", own)))


def _is_of(ground: Ground, name: str) -> bool:
    event = ground.event
    if event.kind not in _KINDS.get(name, ()):
        return False
    return not isinstance(event, FileChanged) or event.change == _CHANGES[name]


def _fits(ground: Ground, deed: Deed, read: Read) -> bool:
    """Return whether an event may be the deed, as far as its parts are told."""
    event = ground.event
    doer, thing, goal = (one.text.casefold() if one is not None else "" for one in (deed.doer, deed.thing, deed.goal))
    if isinstance(event, AgentHandedOver):
        sent_on = goal in event.text.casefold() and root(deed.verb) not in _HAND
        return doer not in _receiver(ground) and (
            goal in ("", "agent", *_SUBAGENTS) or sent_on or goal in _receiver(ground)
        )
    if isinstance(event, NameResolved) and doer == event.name.casefold() and not thing:
        doer, thing = "", doer  # "the name resolved to 10.1.2.3"
    if isinstance(event, ProcessExited):
        is_code = event.exit_code is None or deed.code in ("", str(event.exit_code))
        return is_code and (not doer or not ground.program or doer == ground.program.casefold())
    if doer and ground.program and doer not in (ground.program.casefold(), "agent", *ground.scripts):
        return isinstance(event, ProcessStarted) and not thing and ground.names(doer)
    if isinstance(event, NameResolved):
        return thing not in event.addresses and goal != event.name.casefold()
    return not goal or isinstance(event, ProcessStarted) or names_peer(ground, goal, read)


_SUBAGENTS = ("sub-agent", "subagent", "sub-agents", "subagents")


def handed(read: Read) -> frozenset[str]:
    """Return the sessions to which another one has handed work: those of sub-agents."""
    return frozenset(one.event.to_session for one in read.run if isinstance(one.event, AgentHandedOver))


def of_subagents(read: Read) -> Iterator[Refusal]:
    """Refuse what a sub-agent is said to have done where all that agents did there was done in a session of its own right."""
    for clause, spoken in zip(read.clauses, read.spoken_of, strict=True):
        verb = next((at for at, one in enumerate(clause.tokens) if one.kind == "word" and is_act(one.text)), 0)
        front = [one.text.casefold() for one in clause.tokens[:verb]]
        if not any(one in _SUBAGENTS for one in front) or {*front} & (PREPOSITIONS - {"for", "in", "of", "at"}):
            continue
        acts = [one.call or one.event for one in spoken if one.actor == "agent" or one.call is not None]
        if acts and not any(act.session in handed(read) for act in acts):
            yield Refusal("roles", "the sub-agent did nothing that is cited")


def names_peer(ground: Ground, word: str, read: Read) -> bool:
    """Return whether an event names something, or connects to the address of its name."""
    event = ground.event
    return ground.names(word) or (
        isinstance(event, ConnectionOpened)
        and any(
            isinstance(one.event, NameResolved)
            and one.event.name.casefold() == word
            and any(address in event.remote for address in one.event.addresses)
            for one in read.run
        )
    )
