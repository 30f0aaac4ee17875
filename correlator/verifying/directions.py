"""Where something went, where it came from, and by whom it was done: what stands behind a preposition. Pure."""

import re
from collections.abc import Iterator, Sequence

from correlator.verifying.deeds import names_peer
from correlator.verifying.grounds import Ground
from correlator.verifying.leading import leads
from correlator.verifying.read import (
    AGENTS,
    PREPOSITIONS,
    SAYING,
    SPOKEN,
    Read,
    Refusal,
    among,
    is_act,
    is_person,
    is_possessive,
    tied,
)
from correlator.verifying.wording import Clause, Token, root, roots_of, table, words_of
from sensor.event import ConnectionOpened, ProcessStarted, ToolCalled, ToolReturned

_GIVING, _AUTHORING = roots_of("giving"), roots_of("authoring")
_AUTHORED = frozenset((root("author"), root("writer"), root("write"), root("sign"), root("compose")))


_TOWARD = words_of("toward")


_AWAY = frozenset(("from",))


def directions(clause: Clause, best: Sequence[Ground], read: Read) -> Iterator[Refusal]:
    """Refuse an entity or a party behind a preposition that is in no cited event in such a role."""
    for at, token in enumerate(clause.tokens):
        word, ahead = token.text.casefold(), clause.tokens[at + 1 : at + 6]
        if token.kind != "word" or word not in (*_TOWARD, *_AWAY, "by"):
            continue
        if leads_nowhere(word, clause.tokens[:at], ahead):
            continue
        entity = entity_ahead(ahead, read)
        if entity is not None:
            yield from _entity_stands(at, entity, clause, read)
        elif is_agent(ahead) and all(one.kind == "word" for one in ahead[:2]):
            near = [one.text for one in clause.tokens[max(0, at - 5) : at]]
            if not _is_another(ahead, read) and not _is_given(word, clause.tokens[:at], best, read):
                yield from _agent_stands(word, near, [one.text for one in clause.tokens[:at]], best, read)
        elif word == "by" and at and _is_strangers(clause.tokens[:at], ahead, best):
            yield Refusal("roles", f"it was not the {_person(ahead)} who did that")
        elif (
            word == "by"
            and (program := _program(ahead, read))
            and best
            and not any(program == one.program.casefold() for one in read.cited)
            and (is_act(clause.tokens[at - 1].text.casefold()) or not any(one.names(program) for one in read.cited))
        ):
            yield Refusal("roles", f"“{program}” did nothing that is cited")


def _person(ahead: Sequence[Token]) -> str:
    """Return who stands behind a preposition by what they are, "customer", empty for anything else."""
    words = [one.text.casefold() for one in ahead[:3]]
    at = next((at for at, word in enumerate(words) if is_person(word) and root(word) not in AGENTS), None)
    if at is None or any(_breaks(one) or one.kind != "word" for one in ahead[:at]):
        return ""
    return words[at]


def _is_strangers(before: Sequence[Token], ahead: Sequence[Token], best: Sequence[Ground]) -> bool:
    """Return whether a deed of the agent or of a program is said to be done by a person, of whom the event knows nothing."""
    who, verb = _person(ahead), before[-1]
    if not who or not is_act(verb.text.casefold()) or root(verb.text) in SAYING | roots_of("supplying"):
        return False
    acts = bool(best) and all(one.actor in ("agent", "process") for one in best)
    return acts and not any(among(root(who), one.words) for one in best)


def leads_nowhere(word: str, before: Sequence[Token], ahead: Sequence[Token]) -> bool:
    """Return whether "to" is that of an infinitive or of a comparison, or "by" tells what takes room."""
    last = before[-1].text.casefold() if before else ""
    is_sent = any(root(one.text) in roots_of("sending") for one in before if one.kind == "word")
    is_other = word == "to" and (_is_infinitive(ahead) or (last in words_of("comparing") and not is_sent))
    return is_other or (word == "by" and _occupies(before))


def _occupies(before: Sequence[Token]) -> bool:
    """Return whether a thing is said to take room or to be a measure, which is no deed: "most of it was used up by"."""
    words = [one.text.casefold() for one in before[-2:]]
    return any(root(word) in roots_of("occupying") for word in words)


_OTHERS = frozenset(("agents", "assistants", "models", "bots"))
"""Any of their kind, and not the agent of this chain."""
_NEAR = 3
"""Words that a phrase has before its noun at most."""


def is_agent(ahead: Sequence[Token]) -> bool:
    """Return whether a preposition leads to the agent: "to the coding agent", and not "into German the agent put it"."""
    end = next((at for at, one in enumerate(ahead[:5]) if at and one.aside), 5)
    words = [one.text.casefold() for one in ahead[:end]]
    found = (
        at for at, one in enumerate(words) if root(one) in AGENTS and one not in _OTHERS and not is_possessive(one)
    )
    at = next(found, _NEAR)
    return not at or (at < _NEAR and words[0] in words_of("determiners") and "the" not in words[1:at])


def entity_ahead(ahead: Sequence[Token], read: Read) -> Token | None:
    """Return the entity that a preposition leads to, unless another preposition stands between."""
    for token in ahead:
        if token.aside and token is not ahead[0]:
            return None
        if token.kind == "entity" or ("-" in token.text and any(one.names(token.text) for one in read.cited)):
            return token
        word = token.text.casefold()
        if word in (*_TOWARD, *_AWAY, "with", "of", "in", "for") or word in _ENDING or word.endswith("ing"):
            return None
    return None


_ENDING = words_of("be") | words_of("have") | frozenset(("and", "but", "what", "which", "who", "where"))
"""Words at which a phrase ends at the latest: "on Monday was what a.lee needed"."""


def _entity_stands(at: int, entity: Token, clause: Clause, read: Read) -> Iterator[Refusal]:
    word, before = (clause.tokens[place].text.casefold() for place in (at, max(0, at - 1)))
    ahead = clause.tokens[at + 1 : at + 6]
    holders = [one for one in read.cited if one.names(entity.text)]
    if word == "by":
        phrase = ahead[: ahead.index(entity)]
        holders = [one for one in holders if one.actor != "sensor" or not among(root(before), one.words)]
        direct = all(one.kind == "word" and not _breaks(one) and not _program([one], read) for one in phrase)
        serves = root(before) in roots_of("serving") and any(leads(one, entity.text, "to", clause) for one in holders)
        stops = root(before) in roots_of("rebuffing") and any(one.failed for one in holders)
        if (
            holders
            and direct
            and not (serves or stops)
            and not any(_is_doer(one, entity.text, before) for one in (*holders, *_run_by(entity.text, read)))
        ):
            yield Refusal("roles", f"in no cited event “{entity.text}” did anything")
        return
    if root(before) in _CREDITING or _is_owner(entity, read.sentence):
        return
    name = entity.text.casefold()
    if word == "to" and any(
        isinstance(one.event, ConnectionOpened) and names_peer(one, name, read) for one in read.cited
    ):
        return
    if word == "on":
        holders = [one for one in holders if isinstance(one.event, ToolCalled)]
    ways = {leads(one, entity.text, word, clause) for one in holders}
    if False in ways and True not in ways:
        yield Refusal("roles", f"in no cited event is “{entity.text}” where something went {word}")


_CREDITING = frozenset(map(root, ("attribute", "credit", "ascribe", "trace", "assign", "belong", "due", "owe", "put")))
"""Verbs behind which "to" leads to who wrote something."""


def _is_owner(entity: Token, sentence: str) -> bool:
    """Return whether an entity only says whose something is: "to i.berg's wish"."""
    return sentence[entity.start + len(entity.text) :][:2] in ("'s", "’s")


def _run_by(entity: str, read: Read) -> list[Ground]:
    """Return what a script did, by the shell that runs it."""
    return [one for one in read.cited if entity.casefold() in one.scripts]


def _breaks(token: Token) -> bool:
    """Return whether a phrase ends at a word: a verb or a preposition."""
    word = token.text.casefold()
    return word in PREPOSITIONS or is_act(word)


def _program(ahead: Sequence[Token], read: Read) -> str:
    """Return the name of a program of the chain that stands right here."""
    word = ahead[0].text.casefold() if ahead else ""
    return word if any(one.program.casefold() == word for one in read.run) else ""


def _agent_stands(
    word: str, near: Sequence[str], told: Sequence[str], best: Sequence[Ground], read: Read
) -> Iterator[Refusal]:
    actors = {one.actor for one in best}
    verb = next((one for one in reversed(near) if is_act(one.casefold())), "")
    if word == "by" and (near[-1:] == ["not"] or _did(verb, best, read)):
        return
    if word == "from" and near and _is_from_agent(near[-1]):
        return  # what somebody asks of the agent does not come from it: "a reply was due from the agent"
    written = ({root(one) for one in near} & _AUTHORED or {root(one) for one in near[-1:]} & _AUTHORING) and any(
        getattr(one.event, "author", None) and any(tied(one, other) for other in best) for one in read.cited
    )
    if word == "from" or (word == "by" and best and (written or not actors & {"agent", "process"})):
        yield Refusal("roles", "it was not the agent who did that")
    carries = any(root(one) in _CARRYING for one in told)
    if (not carries or word == "on") and any(one.actor in ("principal", "content") for one in read.cited):
        return  # "was known to the agent", "its usefulness to the agent"
    best = best or ([] if any(one.event.kind == "agent_handed_over" for one in read.cited) else read.cited)
    binds = root(verb) in roots_of("binding") and root(verb) not in table().group("say")
    if (
        word in _TOWARD
        and best
        and not binds  # "prohibited to the agent"
        and ("agent" in {one.actor for one in best} or not any(root(one) in _GIVING for one in near))
    ):
        yield Refusal("roles", "nothing cited went to the agent")


_CARRYING = (
    roots_of("sending")
    | SAYING
    | table().group("hand")
    | frozenset(map(root, ("go", "leave", "copy", "deliver", "fall")))
)
"""Verbs of which what "to" leads to is who gets something."""


def _did(verb: str, best: Sequence[Ground], read: Read) -> bool:
    """Return whether a verb tells of what the agent did, though a result has more of the clause: "it was pasted by the agent"."""
    if not verb:
        return False
    acts = [one for one in read.cited if one.actor == "agent" or one.event.kind == "document_retrieved"]
    return any(among(root(verb), one.tool | one.lent) or not any(tied(one, other) for other in best) for one in acts)


def _is_from_agent(noun: str) -> bool:
    """Return whether a noun before "from the agent" is of what it does, as a call, or is asked of it."""
    return root(noun) in _CALLED | _ASKED


_CALLED = roots_of("calls") | frozenset(map(root, ("question", "answer", "reply")))
_ASKED = table().group("ask")


def _is_another(ahead: Sequence[Token], read: Read) -> bool:
    """Return whether an agent is another one, that is handed work or asks: "to a second agent", "from the booking agent"."""
    words = [one.text.casefold() for one in ahead]
    at = next(at for at, word in enumerate(words) if root(word) in AGENTS)
    if not any(one.event.kind == "agent_handed_over" or one.is_of_agent for one in read.cited):
        return False
    return at > 0 and (at > 1 or words[0] in ("a", "an", "another"))


def _is_given(word: str, before: Sequence[Token], best: Sequence[Ground], read: Read) -> bool:
    """Return whether the agent is who has, or gave, something: tools, a result of who is named, an answer of its own."""
    words = [one.text.casefold() for one in before]
    told = words[len(words) - words[::-1].index("to") :] if "to" in words else words  # "told it | to mail the chart"
    who = {root(one) for one in told}
    match word:
        case "to":
            if any(one.event.kind == "tools_declared" for one in best or read.cited):
                return True
            texts = roots_of("directives")
            if best and all(one.actor == "content" for one in best) and before and root(before[-1].text) in texts:
                return True  # "it held a note to the agent"
            if best and all(one.actor == "content" for one in best) and before and root(before[-1].text) in _ADDRESSED:
                return True  # "a line addressed to the agent"
            results = [one for one in read.cited if isinstance(one.event, ToolReturned) and not one.failed]
            return bool(who & (_GIVING | _DELIVERING)) and any(who & _givers(one) for one in results)
        case "from":
            return any(one.event.kind in SPOKEN for one in read.cited)
        case "by":
            return any(one.event.kind in SPOKEN for one in read.cited) and bool(who & _RELAYING)
    return False


_ADDRESSED = frozenset(map(root, ("address", "direct", "aim", "intend", "speak", "appeal", "devote")))
_DELIVERING = frozenset(map(root, ("deliver", "provide", "release", "issue", "furnish")))
_RELAYING = frozenset(
    map(root, ("pass", "relay", "report", "forward", "communicate", "convey", "announce", "transmit"))
)


def _givers(ground: Ground) -> frozenset[str]:
    """Return the roots of the names of the server and of the author of a result."""
    author = getattr(ground.event, "author", None)
    names = [author.id or "" if author else "", (ground.call.server or "") if ground.call else ""]
    tools = re.findall(r"[a-z]{3,}", ground.call.name.casefold()) if ground.call else []
    found = frozenset(root(word) for name in names for word in re.findall(r"[a-z]{3,}", name.casefold()))
    return found | frozenset(map(root, tools))


def _is_infinitive(ahead: Sequence[Token]) -> bool:
    """Return whether a verb stands behind "to": a bare word that is no kind of place, as that in "to card 7" is."""
    if not ahead or ahead[0].kind != "word":
        return False
    word = ahead[0].text.casefold()
    if (
        word in ("the", "a", "an", "this", "its", "that")
        or word.endswith(("ed", "s"))
        or "-" in word
        or word in ("both", "each", "another", "one")
    ):
        return False
    return root(word) not in _PLACES


_PLACES = roots_of("places")
"""Kinds of places and parties, which stand before a name without an article."""


_BY = re.compile(r"\b(?:by|from|organi[sz]er|author|sender|owner|host|writer|signed)\W{1,3}·")


_MODEL = re.compile(r"[\w.:/-]{3,80}-\w[\w.:-]{0,40}")
"""The name of a model, as those mostly are."""
_DOES = re.compile(r"(?:^|[.:;] )· [a-z]+s\b")
"""A text that begins with who does something: "ida@example.org bids"."""


_RUNNING = table().group("start")


def _is_doer(ground: Ground, entity: str, verb: str) -> bool:
    """Return whether an entity is who did something: who wrote a text, who asked, the program or product."""
    wanted = entity.casefold()
    author, principal = getattr(ground.event, "author", None), getattr(ground.event, "principal", None)
    names = [
        author.id or "" if author else "",
        principal.id or "" if principal else "",
        ground.program,
        getattr(ground.event, "product", ""),
        getattr(ground.event, "call_id", None) or "",
    ]
    if ground.actor == "agent" and ground.event.kind in SPOKEN:
        names += [ground.line.split(" ")[-1]]  # the session of a sub-agent
        names += _MODEL.findall(ground.text)
    if isinstance(ground.event, ProcessStarted) and ground.event.argv[1:] and root(verb) in _RUNNING:
        names += ground.event.argv[:1]  # "a.py was run by python3"
    names += [ground.call.name, ground.call.server or ""] if ground.call else []
    told = ground.plain.replace(wanted, "·")
    return any(wanted in name.casefold() for name in names if name) or bool(_BY.search(told) or _DOES.search(told))
