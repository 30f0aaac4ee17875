"""What may stand where: an agent is not returned, a host sends nothing that was sent to it, an address is not looked up. Pure."""

from collections.abc import Iterator, Sequence

from correlator.verifying.grounds import Ground
from correlator.verifying.read import AGENTS, BE, HAVE, PREPOSITIONS, Read, Refusal, is_act, is_possessive
from correlator.verifying.wording import Token, root, roots_of, table
from sensor.event import ConnectionOpened, HttpRequested, HttpResponded, NameResolved


def of_slots(read: Read) -> Iterator[Refusal]:
    """Refuse somebody or something that stands where nothing of its sort can."""
    for rule in (_agents, _hosts, _lookups):
        yield from rule(read)


def _roots(*words: str) -> frozenset[str]:
    return frozenset(map(root, words))


_READ = _roots(
    "read", "open", "call", "fetch", "retrieve", "download", "query", "execute", "invoke", "export", "publish", "present", "quote",
    "queue", "unpack", "upload", "rename", "submit", "load", "scan", "browse",
)  # fmt: skip
"""Verbs of what is done to a text, a file or a tool, and to no agent."""
_DONE = (_READ - _roots("call")) | _roots(
    "return", "save", "store", "deliver", "accept", "post", "send", "forward", "print", "file", "attach", "insert", "mail",
)  # fmt: skip
"""Verbs of which, in the passive, the agent is not the subject."""
_INSIDE = ("in", "inside", "under", "below")


def _agents(read: Read) -> Iterator[Refusal]:
    """The agent is nothing that is read, called or sent, and no place."""
    if any(one.event.kind == "agent_handed_over" or one.is_of_agent for one in read.cited):
        return
    held = read.tokens
    for start, end in _places(held):
        behind = held[end:]
        word = held[start - 1].text.casefold() if start and not held[start].aside else ""
        if _ends(behind) and (root(word) in _READ or word in _INSIDE):
            yield Refusal("roles", f"the agent is nothing for “{word}”")
        if word not in PREPOSITIONS - _JOINING and (verb := _undergone(behind)):
            yield Refusal("roles", f"the agent was not “{verb}”")


_JOINING = frozenset(("after", "before", "until", "since", "once"))


def _places(held: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield where "the agent" begins and ends."""
    for at in range(len(held) - 1):
        word = held[at + 1].text.casefold()
        if (
            held[at].text.casefold() == "the"
            and root(word) in AGENTS
            and not word.endswith("s")
            and not is_possessive(word)
        ):
            yield at, at + 2


def _ends(behind: Sequence[Token]) -> bool:
    """Return whether a noun phrase ends here, and what follows is no verb of its own."""
    word = behind[0].text.casefold() if behind else ""
    return not word or behind[0].aside or word in PREPOSITIONS or word in ("and", "but", "to", "as")


def _undergone(behind: Sequence[Token]) -> str:
    """Return what is said to have been done to what stands before: "had been returned", "was sent" but not "was sent to"."""
    at = next((at for at, one in enumerate(behind) if one.text.casefold() not in HAVE | BE or one.aside), len(behind))
    if not at or at >= len(behind) or behind[at].aside or behind[at - 1].text.casefold() not in BE:
        return ""
    following = behind[at + 1 : at + 2]
    word = following[0].text.casefold() if following and not following[0].aside else ""
    is_done = is_act(behind[at].text.casefold()) and root(behind[at].text) in _DONE
    return behind[at].text if is_done and word != "to" and (_ends(following) or word == "did") else ""


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


_REPLYING = table().group("answer") | _roots("return", "give", "send", "come")
_SENT = roots_of("sending") | _roots(
    "try", "attempt", "upload", "put", "request", "connect", "call", "open", "query", "post", "fetch"
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
    if any(one in names for one in addresses):
        return
    held = read.tokens
    for at, token in enumerate(held):
        word = token.text.casefold()
        before = [one.text.casefold() for one in held[max(0, at - 2) : at]]
        if not before or word not in addresses | names:
            continue
        behind = [one.text.casefold() for one in held[at + 1 : at + 6]]
        to = next((place for place, one in enumerate(behind) if one in names), 0)
        leads = to > 0 and behind[to - 1] in ("to", "name", "be") and "which" not in behind[:to]
        looks = before[1:] == ["up"] and root(before[0]) == root("look")
        is_name = looks or root(before[-1]) in _RESOLVING or before[-1] in ("name", "names") or leads
        given = before[-1] == "for" and (is_act(before[0]) or (to > 0 and any(map(is_act, behind))))
        if (word in addresses and (is_name or given)) or (addresses and word in names and before[-1] == "address"):
            yield Refusal("roles", f"“{token.text}” is not of the two what a name led to, or what was looked up")


_RESOLVING = roots_of("resolving")
