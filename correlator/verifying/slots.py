"""What may stand where: an agent is not returned, nor a mail address called, nor does a page start a program. Pure.

A slot is what stands behind a verb, behind a verb and its preposition, or before a verb. The sort of a name is that of the field in
which the events of the chain have it; the agent is one, too. Something is refused only where its sort does not fit.
"""

from collections.abc import Iterator, Sequence

from correlator.verifying.claims import Claim
from correlator.verifying.directions import is_agent
from correlator.verifying.grounds import Ground
from correlator.verifying.read import (
    AGENTS,
    BE,
    HAVE,
    PREPOSITIONS,
    SPOKEN,
    Read,
    Refusal,
    among,
    is_act,
    is_possessive,
)
from correlator.verifying.subjects import subjects_of
from correlator.verifying.wording import Clause, Token, root, roots_of, table
from sensor.event import ConnectionOpened, HttpRequested, HttpResponded, NameResolved, ToolCalled


def of_slots(read: Read) -> Iterator[Refusal]:
    """Refuse somebody or something that stands where nothing of its sort can."""
    for rule in (_agents, _names, _caused, _hosts, _lookups, _texts, _fronted, _told_by_agent):
        yield from rule(read)


def _roots(*words: str) -> frozenset[str]:
    return frozenset(map(root, words))


_READ = _roots(
    "read", "open", "call", "fetch", "retrieve", "download", "query", "execute", "invoke", "export", "publish", "present", "quote",
    "queue", "unpack", "upload", "rename", "submit", "load", "scan", "browse",
)  # fmt: skip
"""Verbs of what is done to a text, a file or a tool, and to no agent."""
_DONE = (_READ - _roots("call")) | _roots(
    "return",
    "save",
    "store",
    "deliver",
    "accept",
    "post",
    "send",
    "forward",
    "print",
    "file",
    "attach",
    "insert",
    "mail",
)
_INSIDE = ("in", "inside", "under", "below")
_WRITING = _roots("write", "author", "compose", "sign", "pen", "draft")
_CREDITING = _roots("ascribe", "attribute", "credit")


def _agents(read: Read) -> Iterator[Refusal]:
    """The agent is nothing that is read, called or sent, is no place, and wrote no text of another author."""
    if any(one.event.kind == "agent_handed_over" or one.is_of_agent for one in read.cited):
        return
    held = read.tokens
    written = any(getattr(one.event, "author", None) for one in read.cited if one.actor == "content")
    for start, end in _places(held):
        before, behind = [one.text.casefold() for one in held[max(0, start - 2) : start]], held[end:]
        word = before[-1] if before and not held[start].aside else ""
        if _ends(behind) and (root(word) in _READ or word in _INSIDE):
            yield Refusal("roles", f"the agent is nothing for “{word}”")
        if word not in PREPOSITIONS - _JOINING and (verb := _undergone(behind)):
            yield Refusal("roles", f"the agent was not “{verb}”")
        if written and _is_author(held[:start]) and not any(_writes(one, before) for one in read.cited):
            yield Refusal("roles", "it was not the agent who wrote that")


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


def _is_author(before: Sequence[Token]) -> bool:
    """Return whether the name of an author follows: "the author", "written by", "credited to"."""
    words = [one.text.casefold() for one in before[-2:]]
    verb = root(words[0]) if words[1:] else ""
    return (
        words[-1:] == ["author"]
        or (words[-1:] == ["by"] and verb in _WRITING | _FILING)
        or (words[-1:] == ["to"] and verb in _CREDITING)
    )


_FILING = _roots("file", "submit", "upload")


def _writes(ground: Ground, words: Sequence[str]) -> bool:
    """Return whether the agent does what some words tell, or writes something."""
    writes = ground.tool & (_WRITING | {root(word) for word in words} | roots_of("sending") | table().group("write"))
    return ground.actor == "agent" and (bool(writes) or ground.event.kind == "memory_written")


def _names(read: Read) -> Iterator[Refusal]:
    """A tool is not the author of a text, unless an author has its name; a mail address is nothing that is called."""
    calls = [one.event for one in read.run if isinstance(one.event, ToolCalled)]
    tools = {name.casefold() for call in calls for name in (call.name, call.server or "")} - {""}
    authors = [getattr(one.event, "author", None) for one in read.cited]
    ids = [(one.id or "").casefold() for one in authors if one is not None]
    for at, token in enumerate(read.tokens):
        word, before = token.text.casefold(), [one.text.casefold() for one in read.tokens[max(0, at - 2) : at]]
        if ids and word in tools and not any(word in one for one in ids) and _is_author(read.tokens[:at]):
            yield Refusal("roles", f"“{token.text}” wrote nothing that is cited")
        if token.kind != "entity" or "@" not in word or token.aside or not before:
            continue
        is_called = before[-1] in ("called", "ran", "invoked") and root(before[0]) in AGENTS
        if is_called or (before[-1] == "with" and root(before[0]) in roots_of("opening")):
            yield Refusal("roles", f"“{token.text}” is nothing that is called")


def _caused(read: Read) -> Iterator[Refusal]:
    """No text, tool or program has the agent do anything."""
    held = read.tokens
    tools = {one.event.name.casefold() for one in read.run if isinstance(one.event, ToolCalled)}
    programs = {one.program.casefold() for one in read.run} | {"shell", "script", "tool"}
    for start, end in _places(held):
        who, behind = held[max(0, start - 2)].text.casefold(), held[end : end + 1]
        has = start > 1 and held[start - 1].text.casefold() in ("had", "made", "let")
        if has and not _ends(behind) and not is_act(behind[0].text.casefold()) and who in tools | programs:
            yield Refusal("roles", f"“{who}” had the agent do nothing")


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


def _texts(read: Read) -> Iterator[Refusal]:
    """A text does not do what the agent did: "the letter called", "the page started"."""
    for place, found in enumerate(subjects_of(read.clauses)):
        claim = Claim(*found, place, read) if found is not None else None
        if claim is None or root(claim.core[-1]) not in _WRITTEN or claim.base not in _ACTING:
            continue
        if any(map(is_possessive, claim.core)):
            continue  # "the agent's message"
        told = any(among(claim.base, one.words) for one in read.cited if one.actor in ("content", "principal"))
        if not told and all(one.actor == "agent" or one.call is not None for one in claim.best or read.cited):
            yield Refusal("roles", f"“{claim.core[-1]}” is a text, and not who “{claim.verb}”")


_WRITTEN = roots_of("texts") - _roots("call", "reply") | _roots(
    "page", "ticket", "document", "file", "report", "attachment", "fax"
)
_ACTING = _roots(
    "remember", "call", "start", "run", "execute", "invoke", "present", "turn", "try", "open", "fetch", "retrieve", "query",
    "choose", "decide", "book", "conclude",
)  # fmt: skip


def _fronted(read: Read) -> Iterator[Refusal]:
    """Who reads, says or sees something is no text, tool or file: "after reading the note, the letter called"."""
    held = read.tokens
    at = next((at for at, one in enumerate(held[:6]) if one.text.casefold() in _PERCEIVING), None)
    if any(one.actor == "process" for one in read.cited):
        return  # "having read the list, the script ended"
    main = next((one for one in read.clauses[1:] if not one.joint and one.tokens and one.tokens[0].aside), None)
    if at is None or main is None or main.tokens[0].start < held[at].start:
        return
    first, word = main.tokens[0], main.tokens[0].text.casefold()
    is_tool = any(isinstance(one.event, ToolCalled) and word == one.event.name.casefold() for one in read.run)
    is_text = word == "the" and root(main.tokens[1].text) in _WRITTEN if main.tokens[1:] else False
    if is_text or (first.kind == "entity" and (is_tool or "@" in word)):
        yield Refusal("roles", f"“{word}” does nothing like “{held[at].text}”")


_PERCEIVING = ("reading", "seeing", "announcing", "having", "saying", "receiving", "learning", "getting", "fetching")


def _told_by_agent(read: Read) -> Iterator[Refusal]:
    """What the agent told or gave somebody it told or gave them in what it said or sent: "was advised by the agent"."""
    if any(one.actor == "agent" and _gives(one) for one in read.cited):
        return
    for clause in read.clauses:
        held = clause.tokens
        at = next(
            (at for at, one in enumerate(held) if at > 1 and one.text == "by" and is_agent(held[at + 1 : at + 4])), 0
        )
        verb = _passive(held[:at])
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


def _passive(before: Sequence[Token]) -> Token | None:
    """Return the participle behind the first "was": "the guest was quickly told of it"."""
    at = next((at for at, one in enumerate(before) if at and one.text.casefold() in BE), None)
    if at is None:
        return None
    return next((one for one in before[at + 1 : at + 4] if is_act(one.text.casefold())), None)


_TOLD = roots_of("reporting") | _roots("advise", "tell", "instruct", "urge", "remind", "recommend", "thank")
_GIVEN = _roots("hand", "give", "send", "pass", "mail", "offer", "show", "grant", "forward", "supply", "provide")
