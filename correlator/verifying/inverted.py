"""Parts exchanged that one kind of event tells apart: a name and its address, who asks a database, what the agent gave. Pure."""

from collections.abc import Iterator, Sequence

from correlator.verifying.grounds import Ground
from correlator.verifying.read import AGENTS, BE, HAVE, PREPOSITIONS, SPOKEN, Read, Refusal, is_act, is_possessive
from correlator.verifying.wording import Clause, Token, root, roots_of, table
from sensor.event import DatabaseQueried, NameResolved, ProcessStarted


def of_inverted(read: Read) -> Iterator[Refusal]:
    """Refuse parts that are exchanged."""
    for rule in _RULES:
        yield from rule(read)


def _lookups(read: Read) -> Iterator[Refusal]:
    """A name is looked up, and an address is what comes of it: "looked up 10.1.2.3", "for 10.1.2.3 it was given a.example"."""
    found = [one.event for one in read.cited if isinstance(one.event, NameResolved)]
    addresses = {address for one in found for address in one.addresses}
    names = {one.name.casefold() for one in found}
    if not addresses or any(one in names for one in addresses):
        return
    for clause in read.clauses:
        held = clause.tokens
        for at, token in enumerate(held):
            if token.text not in addresses or not at:
                continue
            before = [one.text.casefold() for one in held[max(0, at - _NEAR) : at]]
            behind = [one.text.casefold() for one in held[at + 1 :]]
            looks = before[-2:] == ["looked", "up"] or (is_act(before[-1]) and root(before[-1]) in _RESOLVING)
            given = before[-1] == "for" and any(one in names for one in behind) and any(map(is_act, behind))
            becomes = behind[:2] == ["resolved", "to"] and any(one in names for one in behind)
            if looks or given or becomes:
                yield Refusal("roles", f"“{token.text}” is what a name led to, and was not looked up")
    tokens = [one.text.casefold() for one in read.tokens]
    for at, text in enumerate(tokens):
        if text in addresses and tokens[at + 1 : at + 5] in (
            ["which", "came", "out", "as"],
            ["which", "turned", "out", "as"],
        ):
            yield Refusal("roles", f"“{text}” is what a name led to, and was not looked up")


_NEAR = 4
_RESOLVING = roots_of("resolving")


def _queried(read: Read) -> Iterator[Refusal]:
    """A database is asked, and asks nothing: "postgresql queried the table"."""
    systems = {one.event.system.casefold() for one in read.cited if isinstance(one.event, DatabaseQueried)}
    for clause in read.clauses if systems else ():
        for name, verb in zip(clause.tokens, clause.tokens[1:], strict=False):
            if name.text.casefold() in systems and is_act(verb.text.casefold()) and root(verb.text) in _QUERYING:
                yield Refusal("roles", f"“{name.text}” was asked, and “{verb.text}” nothing")


_QUERYING = frozenset(
    map(root, ("query", "request", "ask", "select", "want", "demand", "call", "interrogate", "consult"))
)


def _interpreted(read: Read) -> Iterator[Refusal]:
    """A program runs the script that it was started with: "a.py executed python3" is the wrong way round."""
    for one in read.cited:
        argv = (
            [text.rpartition("/")[2].casefold() for text in one.event.argv]
            if isinstance(one.event, ProcessStarted)
            else []
        )
        for clause in read.clauses:
            words = [token.text.casefold().rpartition("/")[2] for token in clause.tokens]
            for script, verb, program in zip(words, words[1:], words[2:], strict=False):
                if script in argv[1:] and program == argv[0] and is_act(verb) and root(verb) in _RUNNING:
                    yield Refusal("roles", f"“{program}” is what “{verb}” “{script}”")


_RUNNING = frozenset(map(root, ("run", "execute", "interpret", "load", "evaluate")))


def _tools(read: Read) -> Iterator[Refusal]:
    """The agent is no tool: "via the agent tool", "the agent call returned"."""
    words = [one.text.casefold() for one in read.tokens]
    for at, word in enumerate(words[2:], 2):
        if words[at - 2] != "the" or words[at - 1] != "agent" or read.tokens[at].aside or read.tokens[at - 1].aside:
            continue
        is_call = word in ("call", "query", "command") and words[at + 1 : at + 2] and _ends_noun(words[at + 1])
        if word in ("tool", "server", "program", "script") or is_call:
            yield Refusal("roles", f"the agent is who called it, and no {word}")


def _ends_noun(word: str) -> bool:
    return is_act(word) or word in BE | HAVE


def _by_agent(read: Read) -> Iterator[Refusal]:
    """What the agent told or gave somebody it told or gave them in what it said or sent: "was advised by the agent"."""
    if any(one.actor == "agent" and _gives(one) for one in read.cited):
        return
    for clause in read.clauses:
        held = clause.tokens
        at = next(
            (at for at, one in enumerate(held) if at > 1 and one.text == "by" and _is_agent(held[at + 1 : at + 4])),
            None,
        )
        verb = _passive(held[:at]) if at is not None else None
        if verb is not None and root(verb.text) in _TOLD | _GIVEN and not _asks(clause, read):
            yield Refusal("roles", f"nobody was “{verb.text}” anything by the agent, as far as is cited")


def _asks(clause: Clause, read: Read) -> bool:
    """Return whether a call of a cited event is named after a verb of a clause: "was told by the agent", by `tell`."""
    return any(one.tool & {root(word) for word in clause.words if is_act(word)} for one in read.cited)


def _gives(ground: Ground) -> bool:
    """Return whether the agent says or sends something, or writes it where others read it."""
    if ground.event.kind in SPOKEN or ground.event.kind == "agent_handed_over":
        return True
    return bool(
        ground.tool & (roots_of("sending") | table().group("write") | table().group("say") | table().group("ask"))
    )


def _is_agent(ahead: Sequence[Token]) -> bool:
    words = [one.text.casefold() for one in ahead]
    at = next((at for at, word in enumerate(words) if root(word) in AGENTS and not is_possessive(word)), None)
    return at is not None and words[0] in ("the", "an", "its") and not any(word in PREPOSITIONS for word in words[:at])


def _passive(before: Sequence[Token]) -> Token | None:
    """Return the participle behind the first "was": "the guest was quickly told of it"."""
    at = next((at for at, one in enumerate(before) if at and one.text.casefold() in BE), None)
    if at is None:
        return None
    return next((one for one in before[at + 1 : at + 4] if is_act(one.text.casefold())), None)


_TOLD = frozenset(
    map(
        root,
        (
            "advise",
            "tell",
            "inform",
            "warn",
            "assure",
            "notify",
            "instruct",
            "urge",
            "remind",
            "recommend",
            "thank",
            "counsel",
        ),
    )
)
_GIVEN = frozenset(
    map(root, ("hand", "give", "send", "pass", "mail", "offer", "show", "grant", "forward", "supply", "provide"))
)

_RULES = (_lookups, _queried, _interpreted, _tools, _by_agent)
