"""Who did it, and where it went. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence

from correlator.lexicon import destination_names
from correlator.verifying.clauses import clauses
from correlator.verifying.grounds import Ground
from correlator.verifying.lengths import NUMBERS, length_at
from correlator.verifying.read import AGENTS, BE, HAVE, PEOPLE, PREPOSITIONS, SAYING, Read, Refusal, among, is_act
from correlator.verifying.wording import Clause, Token, root, roots_of, table, words_of
from sensor.event import (
    AgentHandedOver,
    FileChanged,
    HttpRequested,
    NameResolved,
    ProcessStarted,
    PromptSubmitted,
    ToolCalled,
    ToolReturned,
)

_STATIVE = roots_of("stative")


def of_roles(read: Read) -> Iterator[Refusal]:
    """Refuse who did not do it, and where it did not go."""
    for clause, best in zip(read.clauses, read.spoken_of, strict=True):
        found = _subject(clause)
        if found is not None and not _is_so_in_template(found, read):
            subject, verb, objected = found
            if not _may_do(subject, verb, objected, best, read):
                yield Refusal("roles", f"“{' '.join(subject)}” is not who did what “{verb}” tells")
        yield from _directions(clause, best, read)


def _is_name(following: Sequence[Token]) -> bool:
    """Return whether a name follows that is no tool's: those have no hyphen in the middle of words."""
    return bool(following) and (
        following[0].kind == "quote" or ("-" in following[0].text and "_" not in following[0].text)
    )


def _last_preposition(words: Sequence[str]) -> str:
    return next((word for word in reversed(words) if word in PREPOSITIONS), "")


def _is_so_in_template(found: tuple[tuple[str, ...], str, bool], read: Read) -> bool:
    """Return whether the template says of the same subject that it did the same."""
    if not read.template:
        return False
    for clause in clauses(read.template):
        other = _subject(clause)
        if other is not None and root(other[1]) == root(found[1]) and other[0][-1:] == found[0][-1:]:
            return True
    return False


Subject = tuple[tuple[str, ...], str, bool]
"""The words before a verb, the verb, and whether an object follows."""


def _subject(clause: Clause) -> Subject | None:
    """Return who is said to act: the words before the first verb of an act in the past; nothing for the passive."""
    words: list[str] = []
    held = clause.tokens
    for at, token in enumerate(held):
        word = token.text.casefold()
        if token.kind != "word" or not (is_act(word) or word in BE or (words and _is_present(word))):
            words.append(word)
        elif words and _is_present(word):
            return None
        elif words and (words[-1] in _DETERMINERS or words[-1] in NUMBERS) and is_act(word):
            words.append(word)  # "the stored entry"
        elif not is_act(word) or not words or _is_participle(held, at, words):
            return None
        elif _is_relative(held, at):
            continue  # "the text found on the page says"
        else:
            return _acting(words, held, at)
    return None


def _acting(words: Sequence[str], held: Sequence[Token], at: int) -> Subject | None:
    if words[0] in PREPOSITIONS or words[0] == "to":
        words = words[3 if len(words) > 3 and words[1] in _DETERMINERS else 2 :]
    if not words or words[-1] in ("to", "not", "of", "by", "for", "with", "and", "be"):
        return None
    subject = tuple(one for one in words if one not in HAVE)
    behind = held[at + 1] if at + 1 < len(held) else None
    following = behind.text.casefold() if behind is not None and not behind.aside else ""
    objected = (
        bool(following)
        and length_at([one.text for one in held], at + 1) is None
        and following not in PREPOSITIONS | words_of("particles")
        and not following.endswith("ly")
    )
    return (subject, held[at].text.casefold(), objected) if any(one not in _DETERMINERS for one in subject) else None


_DETERMINERS = frozenset(("the", "a", "an", "this", "its", "that"))


def _is_participle(held: Sequence[Token], at: int, words: Sequence[str]) -> bool:
    """Return whether a form of the past says what was done to the words before it."""
    word, behind = held[at].text.casefold(), held[at + 1 : at + 2]
    return (
        held[at].aside  # "a file, found in it"
        or bool(HAVE & {*words[1:-1]} and words[-1] not in HAVE)  # "the mail has a file attached"
        or (bool(behind) and behind[0].text.casefold() == "by")  # "a file sent by"
        or bool(_CAUSING & {*words})  # "to have a file sent", "wants a file sent"
        or (word in ("called", "named") and _is_name(behind))  # "an agent called front-desk"
        or (
            word.endswith("ed") and _last_preposition(words) == "with" and words[-1:] != ["agent"]
        )  # "with a file attached"
    )


_CAUSING = words_of("causing")
"""Words behind which a thing and a participle say what is to be done with it."""


def _is_relative(held: Sequence[Token], at: int) -> bool:
    """Return whether a participle with a preposition stands before the verb of its clause."""
    behind = held[at + 1 : at + 2]
    if not behind or behind[0].text.casefold() not in PREPOSITIONS or held[at - 1].text.casefold() in (*AGENTS, *HAVE):
        return False
    later = [one.text.casefold() for one in held[at + 2 :] if one.kind == "word" and not one.aside]
    return any(word in _IS or _is_present(word) for word in later)


_IS = frozenset(("is", "are", "was", "were"))


def _is_present(word: str) -> bool:
    """Return whether a word is a verb in the present of a third person."""
    return word.endswith("s") and not word.endswith(("ss", "'s", "’s")) and root(word) in _VERBS


_VERBS = SAYING | _STATIVE | roots_of("present")


def _may_do(subject: Sequence[str], verb: str, objected: bool, best: Sequence[Ground], read: Read) -> bool:
    """Return whether who is named before a verb may be who did what it tells, as far as the cited events say."""
    who, base = {root(word) for word in subject} - {root("the")}, root(verb)
    if any(word.endswith(_OF) for word in (*subject[:-1], subject[0])) and base in _HOLDING | _NAMING:
        return True
    if "it" in subject or "they" in subject:
        return True
    agents = [
        one
        for one in read.cited
        if one.actor in ("agent", "process") or (one.event.kind == "document_retrieved" and base in _READING)
    ]
    if AGENTS & who and not _is_of_person(subject):
        return _agent_may(base, agents, best)
    if not objected and base in _STATIVE and not AGENTS & who:
        return True
    if root(subject[-1]) in _CALLS:
        return bool(agents)
    speakers = [one for one in read.cited if one.actor == "principal"]
    if PEOPLE & who or any(among(word, one.doers) for word in who for one in speakers):
        return bool(speakers) and (base in SAYING or any(among(base, one.words | one.lent) for one in speakers))
    handed = [one for one in read.run if one.event.kind == "agent_handed_over"]
    names = [word for word in subject if word not in ("the", "a")]
    is_handed = any(one.names(word) or among(root(word), one.words) for word in names for one in handed)
    if base in SAYING:
        told = any(one.actor in ("content", "peer", "sensor", "process") for one in read.cited)
        # Who is handed work does not ask for it.
        return told or (any(one not in handed for one in agents) if is_handed else bool(handed))
    if is_handed:
        return bool(agents)
    return base in _HOLDING or _thing_may(who, base, best, read)


def _agent_may(base: str, agents: Sequence[Ground], best: Sequence[Ground]) -> bool:
    if base in _REPORTING:
        return any(one.event.kind != "tool_called" or one.tool & _SENDING for one in agents)
    if base in SAYING and best and all(one.actor == "principal" for one in best):
        return False
    return bool(agents)


def _thing_may(who: Collection[str], base: str, best: Sequence[Ground], read: Read) -> bool:
    """Return whether a program, a peer or a text may have done what a verb tells."""
    if any(one.program and among(root(one.program), who) for one in read.run):
        # A program is named: it must be the one that did it.
        return not best or any(among(word, one.doers) or _does_as_told(one, who, base) for word in who for one in best)
    seen = [one for one in read.cited if one.actor in ("process", "peer", "sensor")]
    if best and all(one in seen for one in best):
        return True
    if any(among(word, one.words | one.doers) for word in who for one in seen):
        return True
    return any(one.actor == "content" and among(base, one.words) for one in best)


def _does_as_told(ground: Ground, who: Collection[str], base: str) -> bool:
    """Return whether a program that was started does what its arguments say: "git cloned …"."""
    argv = ground.event.argv if isinstance(ground.event, ProcessStarted) else ()
    told = {root(word) for text in argv[1:] for word in re.findall(r"[a-z]+", text.casefold())}
    return bool(argv) and any(among(word, [root(argv[0])]) for word in who) and base in told


_OF = ("'s", "’s", "s'", "s’")
"""Endings of whose it is: "Ida's query" is the query."""
_HOLDING = roots_of("holding")
_NAMING = frozenset(map(root, ("call", "term", "dub", "label", "style", "deem", "declare", "describe")))
_READING = table().group("read") | table().group("search") | table().group("download")


_CALLS = roots_of("calls")
"""What the agent does: a call does what the agent does with it."""


_REPORTING = roots_of("reporting")


_SENDING = roots_of("sending")


def _is_of_person(subject: Sequence[str]) -> bool:
    return any(word.endswith(("'s", "’s")) and root(word) in AGENTS for word in subject)


_GIVING, _AUTHORING = roots_of("giving"), roots_of("authoring")


_TOWARD = words_of("toward")


_AWAY = frozenset(("from",))


_SOURCES = roots_of("sources")
_HANDING = roots_of("handing")


def _directions(clause: Clause, best: Sequence[Ground], read: Read) -> Iterator[Refusal]:
    """Refuse an entity or a party behind a preposition that is in no cited event in such a role."""
    for at, token in enumerate(clause.tokens):
        word, ahead = token.text.casefold(), clause.tokens[at + 1 : at + 6]
        if token.kind != "word" or word not in (*_TOWARD, *_AWAY, "by"):
            continue
        if word == "to" and _is_infinitive(ahead):
            continue
        entity = _entity(ahead, read)
        if entity is not None:
            yield from _entity_stands(word, entity, ahead, clause, read)
        elif word in _TOWARD and (phone := next((one for one in ahead[:4] if one.kind == "number"), None)) is not None:
            if any(_is_writer(one, phone.text) for one in read.cited):
                yield Refusal("roles", f"“{phone.text}” is who wrote it, not where something went")
        elif _is_agent(ahead) and all(one.kind == "word" for one in ahead[:2]):
            near = [one.text for one in clause.tokens[max(0, at - 5) : at]]
            yield from _agent_stands(word, near, best)
        elif (
            word == "by"
            and (program := _program(ahead, read))
            and best
            and not any(program == one.program.casefold() for one in read.cited)
        ):
            yield Refusal("roles", f"“{program}” did nothing that is cited")


def _is_agent(ahead: Sequence[Token]) -> bool:
    """Return whether a preposition leads to the agent: "to the coding agent", and not "into German the agent put it"."""
    words = [one.text.casefold() for one in ahead[:3]]
    at = next((at for at, word in enumerate(words) if root(word) in AGENTS), None)
    return at is not None and (not at or words[0] in words_of("determiners"))


def _entity(ahead: Sequence[Token], read: Read) -> Token | None:
    """Return the entity that a preposition leads to, unless another preposition stands between."""
    for token in ahead:
        if token.aside and token is not ahead[0]:
            return None
        if token.kind == "entity" or ("-" in token.text and any(one.names(token.text) for one in read.cited)):
            return token
        if token.text.casefold() in (*_TOWARD, *_AWAY, "with", "of", "in"):
            return None
    return None


def _entity_stands(word: str, entity: Token, ahead: Sequence[Token], clause: Clause, read: Read) -> Iterator[Refusal]:
    holders = [one for one in read.cited if one.names(entity.text)]
    if word == "by":
        if holders and entity is ahead[0] and not any(_is_doer(one, entity.text) for one in holders):
            yield Refusal("roles", f"in no cited event “{entity.text}” did anything")
    elif holders and not any(_leads(one, entity.text, clause, away=word in _AWAY) for one in holders):
        yield Refusal("roles", f"in no cited event is “{entity.text}” where something went {word}")


def _program(ahead: Sequence[Token], read: Read) -> str:
    """Return the name of a program of the chain that stands right here."""
    word = ahead[0].text.casefold() if ahead else ""
    return word if any(one.program.casefold() == word for one in read.run) else ""


def _agent_stands(word: str, near: Sequence[str], best: Sequence[Ground]) -> Iterator[Refusal]:
    actors = {one.actor for one in best}
    written = {root(one) for one in near[-1:]} & _AUTHORING and any(getattr(one.event, "author", None) for one in best)
    if word == "from" or (word == "by" and best and (written or not actors & {"agent", "process"})):
        yield Refusal("roles", "it was not the agent who did that")
    if word in _TOWARD and best and ("agent" in actors or not any(root(one) in _GIVING for one in near)):
        yield Refusal("roles", "nothing cited went to the agent")


def _is_infinitive(ahead: Sequence[Token]) -> bool:
    """Return whether a verb stands behind "to": a bare word that is no kind of place, as that in "to card 7" is."""
    if not ahead or ahead[0].kind != "word":
        return False
    word = ahead[0].text.casefold()
    if word in _DETERMINERS or word.endswith(("ed", "s")) or "-" in word or word in ("both", "each", "another", "one"):
        return False
    return root(word) not in _PLACES


_PLACES = roots_of("places")
"""Kinds of places and parties, which stand before a name without an article."""


def _is_writer(ground: Ground, text: str) -> bool:
    author = getattr(ground.event, "author", None)
    return author is not None and bool(author.id) and text in author.id and ground.plain.count(text) <= 1


_BY = re.compile(r"\b(?:by|from|organi[sz]er|author|sender|owner|host|writer|signed)\W{1,3}·")


def _is_doer(ground: Ground, entity: str) -> bool:
    """Return whether an entity is who did something: who wrote a text, who asked, the program or product."""
    wanted = entity.casefold()
    author, principal = getattr(ground.event, "author", None), getattr(ground.event, "principal", None)
    names = [
        author.id or "" if author else "",
        principal.id or "" if principal else "",
        ground.program,
        getattr(ground.event, "product", ""),
    ]
    names += [ground.call.name, ground.call.server or ""] if ground.call else []
    names += [ground.event.name, ground.event.server or ""] if isinstance(ground.event, ToolCalled) else []
    return any(wanted in name.casefold() for name in names if name) or bool(
        _BY.search(ground.plain.replace(wanted, "·"))
    )


def _leads(ground: Ground, entity: str, clause: Clause, *, away: bool) -> bool:
    """Return whether an entity stands in an event as where something went to, or came from."""
    event, wanted = ground.event, entity.casefold()
    match event:
        case ToolCalled(arguments=arguments):
            keys = [root(key.split(".")[-1]) for key, value in _pairs(arguments) if wanted in value.casefold()]
            if any(key in _SOURCES for key in keys):
                return away
            if any(key in destination_names() for key in keys):
                return not away
            return True
        case NameResolved(name=name):
            return (wanted == name.casefold()) == away
        case ToolReturned(author=author) if author is not None and author.id and wanted in author.id.casefold():
            return away or ground.plain.count(wanted) > 1
        case FileChanged(path=path, to_path=str(to_path)) if wanted in (path.casefold(), to_path.casefold()):
            return (wanted == to_path.casefold()) != away
        case HttpRequested():
            return not away
        case AgentHandedOver(text=text):
            handing = bool(_HANDING & {root(one) for one in clause.words})
            return not away and handing != (wanted in text.casefold())
        case PromptSubmitted(principal=principal, text=text) if principal is not None and wanted not in text.casefold():
            return away
    if re.search(r"(?://|@|=)" + re.escape(wanted), ground.plain):
        return True  # a part of an address
    before = re.findall(r"((?:[\w'’./-]+ ){0,3})" + re.escape(wanted), ground.plain)
    toward = any({"to", "on", "into", "onto", "in", "at", "with", "for"} & set(words.split()) for words in before)
    afrom = any({"from", "by", "of", "at", "on", "in"} & set(words.split()) for words in before)
    if not before or not (toward or afrom):
        return ground.actor in ("process", "sensor", "peer") or " to " not in ground.plain
    return afrom if away else toward


def _pairs(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _pairs(one, str(name))
    elif isinstance(value, list):
        for one in value:
            yield from _pairs(one, key)
    else:
        yield key, str(value)
