"""Parts that are exchanged: a host or a name does not do what is done to it, nor the agent what it did not say. Pure."""

from collections.abc import Iterator, Sequence

from correlator.verifying.grounds import Ground
from correlator.verifying.read import AGENTS, BE, PREPOSITIONS, SPOKEN, Read, Refusal, is_act, is_possessive
from correlator.verifying.wording import Clause, Token, root, roots_of, table
from sensor.event import ConnectionOpened, HttpRequested, HttpResponded, NameResolved


def of_inverted(read: Read) -> Iterator[Refusal]:
    """Refuse parts that are exchanged."""
    for rule in (_hosts, _lookups, _by_agent):
        yield from rule(read)


def _hosts(read: Read) -> Iterator[Refusal]:
    """A host answers; it does not send what was sent to it."""
    for clause in read.clauses:
        held = clause.tokens
        at = next((at for at, one in enumerate(held) if one.kind == "entity"), None)
        if at is None or at + 1 >= len(held) or any(one.text.casefold() in PREPOSITIONS for one in held[:at]):
            continue
        word, verb = held[at].text.casefold(), held[at + 1]
        base = root(verb.text)
        holders = [one for one in read.cited if one.names(word)]
        is_remote = bool(holders) and all(_is_remote(one, word) for one in holders)
        if base in _REPLYING and any(isinstance(one.event, HttpResponded) for one in read.cited):
            continue
        is_passive = [one.text.casefold() for one in held[at + 2 : at + 3]] == ["by"]
        if is_remote and is_act(verb.text.casefold()) and not verb.aside and base in _SENT and not is_passive:
            yield Refusal("roles", f"“{word}” is where it went, and not who “{verb.text}” it")


_REPLYING = table().group("answer") | frozenset(map(root, ("return", "give", "send", "come")))
_SENT = roots_of("sending") | frozenset(
    map(root, ("try", "attempt", "upload", "put", "request", "connect", "call", "open", "query", "post", "fetch"))
)


def _is_remote(ground: Ground, word: str) -> bool:
    match ground.event:
        case HttpRequested(url=url):
            return word in url.casefold()
        case ConnectionOpened(remote=remote):
            return word in remote.casefold()
        case NameResolved(name=name):
            return word == name.casefold()
    return False


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


_NEAR = 4
_RESOLVING = roots_of("resolving")


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


_TOLD = roots_of("reporting") | frozenset(
    map(root, ("advise", "tell", "instruct", "urge", "remind", "recommend", "thank"))
)
_GIVEN = frozenset(
    map(root, ("hand", "give", "send", "pass", "mail", "offer", "show", "grant", "forward", "supply", "provide"))
)
