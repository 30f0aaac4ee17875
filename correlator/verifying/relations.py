"""Names that are exchanged: one of a sentence stands behind a preposition where the cited events have another one of it. Pure.

"Post the list to a.example" is said of the list by "the list asks for a.example to be posted to list.txt", too: both names are
there, and each behind what the other one belongs to. So the relations that a sentence puts its names into are held against those
of the evidence: its texts, the keys of a call, and the fields that lead somewhere.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from correlator.lexicon import destination_names
from correlator.verifying.deeds import names_peer
from correlator.verifying.directions import entity_ahead, leads_nowhere
from correlator.verifying.grounds import Ground, keyed
from correlator.verifying.read import PREPOSITIONS, Read, Refusal, is_act
from correlator.verifying.wording import Token, root, roots_of
from sensor.event import ConnectionOpened, FileChanged, HttpRequested, NameResolved, ProcessStarted, ToolCalled

_WAYS = {
    word: phrase.split()[0]
    for phrase in ("to into onto toward towards", "from", "below under beneath", "on", "in inside within", "at")
    for word in phrase.split()
}
"""Preposition → that by which all of its meaning are called."""
_ANY = "any"
"""What a part of an address may stand behind."""
_TIED = frozenset(map(root, ("belong", "tie", "attribute", "trace", "relate", "link", "bind")))
"""Verbs behind which "to" says of two things that they belong together, whichever is named first."""
_FEW = 3
"""Words that stand between such a verb and its preposition at most."""


def of_relations(read: Read) -> Iterator[Refusal]:
    """Refuse a name behind a preposition that belongs to another name of the sentence."""
    held = read.tokens
    values = frozenset[str]().union(*(_values(one) for one in read.cited))
    names = {one.text.casefold() for one in held if _is_name(one, values)}
    told, tied = dict[str, set[str]](), set[str]()
    for at, token in enumerate(held if names else ()):
        way, ahead = _WAYS.get(token.text.casefold()), held[at + 1 : at + 6]
        if token.kind != "word" or way is None or leads_nowhere(token.text.casefold(), held[:at], ahead):
            continue
        found = _name_ahead(ahead[:3], values, read)
        if found is not None:
            told.setdefault(found.text.casefold(), set()).add(way)
            if _TIED & {root(one.text) for one in held[max(0, at - _FEW) : at]}:
                tied.add(found.text.casefold())
    known = {name: _ways_of(name, read) for name in {*names, *told}} if told else {}
    for name, ways in told.items():
        left = ways - known[name]
        if not left or name in tied or _ANY in known[name]:
            continue
        for other in names - {name}:
            if other not in name and name not in other and (left & known[other]) - told.get(other, set()):
                yield Refusal("roles", f"“{name}” stands where the cited events have “{other}”")


def _values(ground: Ground) -> frozenset[str]:
    """Return the words that are all of an argument of a call."""
    event = ground.event
    values = keyed(event.arguments) if isinstance(event, ToolCalled) else ()
    return frozenset(value.casefold() for _, value in values if value.isalpha())


def _is_name(token: Token, values: Collection[str]) -> bool:
    return token.kind == "entity" or (
        token.kind == "word" and token.text[:1].isupper() and token.text.casefold() in values
    )


def _name_ahead(ahead: Sequence[Token], values: Collection[str], read: Read) -> Token | None:
    """Return the name that a preposition leads to."""
    for at, token in enumerate(ahead):
        word = token.text.casefold()
        if token.kind != "word" or (at and token.aside) or word in PREPOSITIONS or is_act(word):
            break
        if _is_name(token, values):
            return token
    return entity_ahead(ahead, read)


def _ways_of(name: str, read: Read) -> set[str]:
    """Return behind which prepositions the cited events have a name."""
    return {way for one in read.cited for way in (*_in_text(one, name), *_in_fields(one, name, read))}


def _in_text(ground: Ground, name: str) -> Iterator[str]:
    at = ground.plain.find(name)
    while at >= 0:
        start = ground.plain.rfind(" ", max(0, at - _LONG), at) + 1 or max(0, at - _LONG)
        if "://" in ground.plain[start:at] or ground.plain[at - 1 : at] == "@":
            yield _ANY
        words = ground.plain[max(0, start - _NEAR) : start].split()
        words = words[:-1] if words and words[-1] in _HEADS else words
        if words and words[-1] in _WAYS:
            yield _WAYS[words[-1]]
        at = ground.plain.find(name, at + len(name))


_LONG = 300
"""Characters of the address that a name is in, before it, that are looked at."""
_NEAR = 40
"""Characters before a name that are looked at."""
_HEADS = frozenset(("the", "a", "an", "host", "server", "file", "address", "domain", "section", "account", "folder"))


def _in_fields(ground: Ground, name: str, read: Read) -> Iterator[str]:
    match ground.event:
        case ToolCalled(arguments=arguments):
            for key, value in keyed(arguments):
                if name in value.casefold():
                    yield from (_WAYS[part] for part in re.findall(r"[a-z]+", key.casefold()) if part in _WAYS)
                    base = root(key.split(".")[-1])
                    yield from ("to",) if base in destination_names() else ()
                    yield from ("from",) if base in roots_of("sources") else ()
        case HttpRequested(url=url) if name in url.casefold():
            yield "to"
        case ConnectionOpened() if names_peer(ground, name, read):
            yield "to"
        case NameResolved(addresses=addresses) if name in addresses:
            yield "to"
        case FileChanged(path=path, to_path=str(to_path)):
            yield from ("from",) if name in path.casefold() else ()
            yield from ("to",) if name in to_path.casefold() else ()
        case ProcessStarted(cwd=str(cwd)) if name in cwd.casefold():
            yield "in"
