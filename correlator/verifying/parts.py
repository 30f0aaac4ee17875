"""Which part a field of an event can play in a clause: a tool, a program, a product, a folder, a method. Pure.

What the notation tells is exact: of each event it is known who acts, through which tool, of which program, by which product an
alert was raised. A name that a sentence puts into a part in which no cited event that holds it has it is in the wrong place.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from correlator.verifying.grounds import Ground
from correlator.verifying.leading import leads
from correlator.verifying.read import AGENTS, BE, SAYING, Read, Refusal, among, is_act, is_person
from correlator.verifying.wording import Clause, Token, root, roots_of, table, words_of
from sensor.event import (
    AlertReceived,
    ConnectionOpened,
    DocumentRetrieved,
    HttpRequested,
    HttpResponded,
    NameResolved,
    ProcessStarted,
    PromptSubmitted,
    ToolCalled,
    ToolReturned,
    ToolsDeclared,
)


def of_parts(read: Read) -> Iterator[Refusal]:
    """Refuse a name in a part that it has in no cited event."""
    for rule in _RULES:
        yield from rule(read)


def _places(read: Read) -> Iterator[Refusal]:
    """A program is no place, nor is the product that raised an alert; a folder of a process is nothing but a place."""
    for clause in read.clauses:
        for before, name in _behind_prepositions(clause):
            word = name.text.casefold()
            if before in _AT and _is_only(word, read, _programs):
                yield Refusal("roles", f"“{word}” is a program, and nothing {before} which something was")
            elif before in _AT and _is_only(word, read, _products):
                yield Refusal("roles", f"“{word}” raised an alert, and is nothing {before} which something was")


_AT = ("on", "at", "onto")


def _behind_prepositions(clause: Clause) -> Iterator[tuple[str, Token]]:
    """Yield each name that follows a preposition at once, or behind an article."""
    held = clause.tokens
    for at, token in enumerate(held[:-1]):
        word = token.text.casefold()
        if token.kind != "word" or word not in words_of("prepositions"):
            continue
        rest = held[at + 1 :]
        name = rest[1] if rest[0].text.casefold() in ("the", "a", "an") and len(rest) > 1 else rest[0]
        yield word, name


def _is_only(word: str, read: Read, field: Callable[[Ground], Sequence[str]]) -> bool:
    """Return whether a name is that of a field of cited events, and stands in no other cited event."""
    holders = [one for one in read.cited if one.names(word)]
    return bool(holders) and all(word in field(one) and one.plain.count(word) <= _TWICE for one in holders)


_TWICE = 2
"""How often an event holds the name of its program: as its name, and as what was started."""


def _programs(ground: Ground) -> Sequence[str]:
    event = ground.event
    started = [event.argv[0].rpartition("/")[2].casefold()] if isinstance(event, ProcessStarted) and event.argv else []
    return [ground.program.casefold(), *started] if ground.actor == "process" else []


def _products(ground: Ground) -> Sequence[str]:
    return [ground.event.product.casefold()] if isinstance(ground.event, AlertReceived) else []


def _callers(read: Read) -> Iterator[Refusal]:
    """A tool, or the server of a call, calls nothing; the agent is called by nobody, and nothing is done to it."""
    for clause in read.clauses:
        held = clause.tokens
        for at, token in enumerate(held):
            word = token.text.casefold()
            if token.kind != "word" or not is_act(word) or root(word) not in _CALLING:
                continue
            behind = held[at + 1 : at + 3]
            if len(behind) > 1 and behind[0].text.casefold() == "by" and _is_tool(behind[1].text, read):
                yield Refusal("roles", f"“{behind[1].text}” was called, and called nothing")


_CALLING = frozenset(map(root, ("call", "invoke", "query", "use", "employ", "launch", "trigger")))


def _is_tool(name: str, read: Read) -> bool:
    word = name.casefold()
    return any(isinstance(one.event, ToolCalled) and one.event.name.casefold() == word for one in read.cited)


def _undergone(read: Read) -> Iterator[Refusal]:
    """What the agent did was not done to it: "the agent was called", "the agent had been accepted"."""
    for clause, best in zip(read.clauses, read.spoken_of, strict=True):
        words = [one.text.casefold() for one in clause.tokens]
        at = next((at for at, word in enumerate(words) if root(word) in AGENTS and words[at - 1] == "the"), None)
        if at is None or any(clause.tokens[place].kind != "word" for place in range(at)):
            continue
        if any(word in words_of("prepositions") or is_act(word) for word in words[:at]):
            continue
        rest = [word for word in words[at + 1 : at + 5] if word not in words_of("interposed")]
        rest = rest[1:] if rest[:1] in (["had"], ["has"]) else rest
        if len(rest) < _BE_AND_VERB or rest[0] not in BE or not is_act(rest[1]) or root(rest[1]) in _UNDERGONE:
            continue
        calls = [one for one in best or read.cited if isinstance(one.event, ToolCalled | ToolReturned)]
        if any(among(root(rest[1]), one.tool | one.words | one.lent) or root(rest[1]) in _CALLING for one in calls):
            yield Refusal("roles", f"the agent is who acts, and was not “{rest[1]}”")


_BE_AND_VERB = 2
_UNDERGONE = SAYING | roots_of("giving") | roots_of("heard") | roots_of("undergone")


def _alerts(read: Read) -> Iterator[Refusal]:
    """An alert is raised by the product that it is of, about what it names."""
    alerts = [one.event for one in read.cited if isinstance(one.event, AlertReceived)]
    if not alerts:
        return
    products = {one.product.casefold() for one in alerts}
    for clause in read.clauses:
        held = clause.tokens
        if (
            len(held) > 1
            and (held[0].kind == "entity" or "-" in held[0].text)
            and is_act(held[1].text.casefold())
            and root(held[1].text) in _RAISING
            and not held[1].aside  # "X-7, rated high, was"
        ):
            name = held[0].text.casefold()
            holders = [one for one in read.cited if one.names(name)]
            if name not in products and holders and all(one.actor == "sensor" for one in holders):
                yield Refusal("roles", f"“{name}” is what an alert is about, and raised none")
        for at, token in enumerate(held[:-2]):
            if token.kind != "word" or root(token.text) not in _ALARMS:
                continue
            behind = held[at + 1 : at + 4]
            words = [one.text.casefold() for one in behind]
            if words[0] not in ("from", "by"):
                continue
            name = words[2] if words[1] in ("the", "a") and len(words) > _BE_AND_VERB else words[1]
            entity = next(one for one in behind if one.text.casefold() == name)
            holds = [one for one in alerts if name in f"{one.rule} {one.text}".casefold()]
            if entity.kind == "entity" and name not in products and holds:
                yield Refusal("roles", f"the alert is not {words[0]} “{name}”, but about it")


_RAISING = roots_of("alerting")
_ALARMS = frozenset(map(root, ("alert", "alarm", "warning", "notice", "finding")))


def _hints(read: Read) -> Iterator[Refusal]:
    """Each tool that was offered has hints of its own: which only reads, which writes."""
    offered = {
        tool.name.casefold(): tool
        for one in read.cited
        if isinstance(one.event, ToolsDeclared)
        for tool in one.event.tools
    }
    if len(offered) <= 1:
        return
    places = [at for at, one in enumerate(read.tokens) if one.text.casefold() in offered]
    for place, end in pairwise((*places, len(read.tokens))):
        tool = offered[read.tokens[place].text.casefold()]
        behind = " ".join(one.text.casefold() for one in read.tokens[place + 1 : end])
        reads, writes = bool(_READS.search(behind)), bool(_WRITES.search(behind))
        if reads != writes and (tool.read_only is False if reads else tool.read_only is True):
            yield Refusal("roles", f"“{tool.name}” is not the tool that {'only reads' if reads else 'writes'}")


_READS = re.compile(
    r"\bread-only\b|\bread only\b|\bonly (?:to )?reads?\b|\b(?:confined|limited|restricted) to reading\b"
)
_WRITES = re.compile(r"\bwrit(?:es?|ing)\b(?! nothing)|\bwritable\b")


def _methods(read: Read) -> Iterator[Refusal]:
    """A request has one method and one address: "the POST to /a"."""
    requests = [one.event for one in read.cited if isinstance(one.event, HttpRequested)]
    for clause in read.clauses:
        held = clause.tokens
        for at, token in enumerate(held[:-2]):
            if token.text not in _METHODS:
                continue
            to = next((place for place in range(at + 1, min(at + 4, len(held) - 1)) if held[place].text == "to"), None)
            if to is None:
                continue
            name = next((one for one in held[to + 1 : to + 3] if one.kind == "entity"), None)
            if name is None:
                continue
            of = [one for one in requests if name.text.casefold() in one.url.casefold()]
            if of and all(one.method.upper() != token.text for one in of):
                yield Refusal("roles", f"no cited {token.text} went to “{name.text[:40]}”")


_METHODS = frozenset(("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"))


def _hosts(read: Read) -> Iterator[Refusal]:
    """A host answers; it does not send what was sent to it."""
    for clause in read.clauses:
        held = clause.tokens
        at = next((at for at, one in enumerate(held) if one.kind == "entity"), None)
        if (
            at is None
            or at + 1 >= len(held)
            or any(one.text.casefold() in words_of("prepositions") for one in held[:at])
        ):
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


def _folders(read: Read) -> Iterator[Refusal]:
    """A process runs a program in a folder, and not a folder in a program."""
    for clause in read.clauses:
        held = clause.tokens
        for at, token in enumerate(held):
            if token.kind != "entity":
                continue
            word = token.text.casefold()
            holders = [one for one in read.cited if one.names(word)]
            if not holders or not all(_is_folder(one, word) for one in holders):
                continue
            before = [one.text.casefold() for one in held[:at]][-1:]
            if before and (is_act(before[0]) or before[0] in ("with", "for", "to")):
                yield Refusal("roles", f"“{word}” is the folder in which a process ran")


def _is_folder(ground: Ground, word: str) -> bool:
    event = ground.event
    if not isinstance(event, ProcessStarted) or event.cwd is None:
        return False
    return event.cwd.casefold() == word and not any(word in one.casefold() for one in event.argv)


def _appositions(read: Read) -> Iterator[Refusal]:
    """Who asks is no agent by that name, and no product is somebody who asks: "the agent x@example.org", "the operator falco"."""
    ids = {
        (one.event.principal.id or "").casefold()
        for one in read.run
        if isinstance(one.event, PromptSubmitted) and one.event.principal and not one.is_of_agent
    } - {""}
    products = {name for one in read.run for name in _products(one)}
    for clause in read.clauses:
        for before, token in zip(clause.tokens, clause.tokens[1:], strict=False):
            word, title = token.text.casefold(), before.text.casefold()
            if token.aside or before.kind != "word":
                continue
            if root(title) in AGENTS and token.kind == "entity" and word in ids:
                yield Refusal("roles", f"“{word}” is not the {title}")
            elif is_person(title) and word in products - ids:
                yield Refusal("roles", f"“{word}” is no {title}")


def _kin(read: Read) -> Iterator[Refusal]:
    """A process is the child of the program that started it."""
    starts = [one for one in read.cited if isinstance(one.event, ProcessStarted)]
    words = [one.text.casefold() for one in read.tokens]
    for at, word in enumerate(words[:-2]):
        if root(word) not in _CHILDREN or words[at + 1] not in ("of", "to"):
            continue
        parent = words[at + 3] if words[at + 2] in ("the", "a") and at + 3 < len(words) else words[at + 2]
        if (
            starts
            and any(parent in _programs(one) for one in read.run)
            and not any(one.program.casefold() == parent for one in starts)
        ):
            yield Refusal("roles", f"“{parent}” started nothing that is cited")


_CHILDREN = frozenset(map(root, ("child", "subprocess", "descendant", "offspring")))


def _addressees(read: Read) -> Iterator[Refusal]:
    """Who is told by a text to do something is no address that the text names only as where something goes."""
    for clause in read.clauses:
        held = clause.tokens
        for at, token in enumerate(held[1:-1], 1):
            verb = held[at - 1]
            if (
                token.kind != "entity"
                or verb.kind != "word"
                or root(verb.text) not in _TELLING
                or held[at + 1].text != "to"
            ):
                continue
            holders = [one for one in read.cited if one.names(token.text)]
            if holders and all(_is_only_goal(one, token.text.casefold()) for one in holders):
                yield Refusal("roles", f"“{token.text}” is told nothing: a text names it as where something goes")


_TELLING = roots_of("telling")


def _is_only_goal(ground: Ground, name: str) -> bool:
    if ground.actor != "content" or not isinstance(ground.event, ToolReturned | DocumentRetrieved):
        return False
    text = " ".join(ground.event.text.casefold().split())
    found = re.findall(r"(\w{1,20}) [\"'(]?" + re.escape(name), text)
    return bool(found) and all(word in ("to", "into", "from", "at", "via") for word in found)


def _recipients(read: Read) -> Iterator[Refusal]:
    """Who "was sent" something is where it went."""
    for clause in read.clauses:
        held = clause.tokens
        if len(held) <= _BE_AND_VERB + 1 or held[0].kind != "entity":
            continue
        be, verb, behind = (one.text.casefold() for one in held[1:4])
        if be not in BE or root(verb) not in _SENDING or behind not in ("the", "a", "an", "its", "all", "both"):
            continue
        holders = [one for one in read.cited if one.names(held[0].text)]
        ways = {leads(one, held[0].text, "to", clause) for one in holders}
        if False in ways and True not in ways:
            yield Refusal("roles", f"in no cited event was “{held[0].text}” sent anything")


_SENDING = frozenset(map(root, ("send", "mail", "forward", "email", "post")))


def _framed(read: Read) -> Iterator[Refusal]:
    """A text wants nothing sent to what only tells where the text itself came from: its place, or what its call asked for."""
    texts = [one for one in read.cited if isinstance(one.event, ToolReturned | DocumentRetrieved)]
    held = read.tokens
    start = next((at for at in range(len(held) - 1) if _wants(held, at)), None)
    if (
        not texts
        or start is None
        or any(root(one.text) in AGENTS | _BY_AGENT for one in held[:start] if one.kind == "word")
    ):
        return
    leads = False
    for before, token in pairwise(held[start:]):
        word = before.text.casefold()
        if word in ("which", "who", "when", "before", "after", "then", "but", "while", "whereupon") or is_person(word):
            return
        leads = leads or word == "to"
        if token.kind != "entity" or not leads or word not in ("to", "into", "onto"):
            continue
        holders = [one for one in read.cited if one.names(token.text)]
        if holders and all(_is_frame(one, token.text.casefold(), texts) for one in holders):
            yield Refusal(
                "roles", f"no cited text wants anything sent to “{token.text[:40]}”: it is where a text came from"
            )


def _wants(held: Sequence[Token], at: int) -> bool:
    """Return whether a verb of wanting something stands here, and no noun: "tells the reader", not "the order to"."""
    word = held[at].text.casefold()
    if held[at].kind != "word" or root(word) not in _WANTING:
        return False
    before = held[at - 1].text.casefold() if at else ""
    behind = held[at + 1].text.casefold()
    is_noun = before in words_of("determiners") or behind in words_of("prepositions") | BE
    return is_act(word) or not is_noun


_BY_AGENT = frozenset(map(root, ("user", "customer")))
_WANTING = roots_of("telling") | roots_of("urging")


def _is_frame(ground: Ground, wanted: str, texts: Sequence[Ground]) -> bool:
    """Return whether an event has something only as where a text came from: its place, or what its call asked for."""
    if isinstance(ground.event, ToolReturned | DocumentRetrieved):
        author = ground.event.author
        return (
            wanted not in ground.event.text.casefold()
            and wanted not in ((author.id or "") if author else "").casefold()
        )
    event = ground.event
    if not isinstance(event, ToolCalled) or ground.tool & _STORING:
        return False
    return event.name.casefold() != wanted and any(one.call is event for one in texts)


_STORING = roots_of("sending") | table().group("write") | table().group("create")


_RULES = (
    _framed,
    _kin,
    _addressees,
    _recipients,
    _places,
    _callers,
    _undergone,
    _alerts,
    _hints,
    _methods,
    _hosts,
    _folders,
    _appositions,
)
