"""Who did it, and where it went. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence

from correlator.verifying.clauses import clauses
from correlator.verifying.directions import directions
from correlator.verifying.grounds import Ground, has
from correlator.verifying.lengths import NUMBERS, length_at
from correlator.verifying.read import (
    AGENTS,
    BE,
    HAVE,
    PREPOSITIONS,
    SAYING,
    Read,
    Refusal,
    among,
    is_act,
    is_person,
    is_possessive,
    tied,
)
from correlator.verifying.wording import Clause, Token, root, roots_of, table, words_of
from sensor.event import (
    ProcessStarted,
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
        if (deed := _done_to_agent(clause, best)) is not None:
            yield Refusal("roles", f"the agent is who did it, and not whom “{deed}” was done to")
        yield from directions(clause, best, read)
    if not any(one.actor in ("agent", "process") for one in read.cited) and (put := _set_by_agent(read)) is not None:
        yield Refusal("roles", f"it was not the agent who “{put}” it")


def _done_to_agent(clause: Clause, best: Sequence[Ground]) -> str | None:
    """Return a verb that is done to the agent, where the agent is who acts: "the search called the agent"."""
    held = clause.tokens
    for at, token in enumerate(held[1:], 1):
        behind = [one.text.casefold() for one in held[at + 1 : at + 4] if not one.aside]
        place = next((place for place, word in enumerate(behind) if root(word) in AGENTS), None)
        verb = token.text.casefold()
        if token.kind != "word" or place is None or not place or behind[0] != "the" or token.aside:
            continue
        if any(one in PREPOSITIONS or is_act(one) for one in behind[:place]):
            continue
        reads = held[at - 1].text.casefold() == "to" and root(verb) in _READING
        acts = is_act(verb) and root(verb) not in _HEARD and best and all(one.actor == "agent" for one in best)
        if reads or acts:
            return verb
    return None


def _set_by_agent(read: Read) -> str | None:
    """Return a verb that has no form of its own in the past, of which the agent is the subject."""
    words = [one.text.casefold() for one in read.tokens]
    found = (word for word, before in zip(words[1:], words, strict=False) if before == "agent" and word in _UNCHANGED)
    return next(found, None)


_UNCHANGED = words_of("unchanged")


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
        or (
            word in ("called", "named") and (_is_name(behind) or _is_behind_preposition(words))
        )  # "an agent called front-desk"
        or (
            word.endswith("ed") and _last_preposition(words) == "with" and words[-1:] != ["agent"]
        )  # "with a file attached"
    )


def _is_behind_preposition(words: Sequence[str]) -> bool:
    """Return whether the last noun stands behind a preposition and "a": "by a firm called"."""
    at = next((at for at in range(len(words) - 1, 0, -1) if words[at] in ("a", "an")), 0)
    return at > 0 and words[at - 1] in PREPOSITIONS


_CAUSING = words_of("causing")
"""Words behind which a thing and a participle say what is to be done with it."""


def _is_relative(held: Sequence[Token], at: int) -> bool:
    """Return whether a participle with a preposition stands before the verb of its clause."""
    behind = held[at + 1 : at + 2]
    if not behind or behind[0].text.casefold() not in PREPOSITIONS or held[at - 1].text.casefold() in (*AGENTS, *HAVE):
        return False
    later = [one.text.casefold() for one in held[at + 2 :] if one.kind == "word" and not one.aside]
    follows = bool(later) and any(is_act(word) for word in later)  # "the sheet kept in the folder named"
    return any(word in _IS or _is_present(word) for word in later) or (follows and root(held[at].text) not in _STATIVE)


_IS = frozenset(("is", "are", "was", "were"))


def _is_present(word: str) -> bool:
    """Return whether a word is a verb in the present of a third person."""
    return word.endswith("s") and not word.endswith(("ss", "'s", "’s")) and root(word) in _VERBS


_VERBS = SAYING | _STATIVE | roots_of("present")


def _may_do(subject: Sequence[str], verb: str, objected: bool, best: Sequence[Ground], read: Read) -> bool:
    """Return whether who is named before a verb may be who did what it tells, as far as the cited events say."""
    who, base = {root(word) for word in subject} - {root("the")}, root(verb)
    if any(is_possessive(word) for word in (*subject[:-1], subject[0])) and base in _HOLDING | _NAMING:
        return True
    if "it" in subject or "they" in subject:
        return True
    if _wrote_it(subject, base, read) or any(word == _call_id(one) for word in subject for one in read.cited):
        return True
    agents = [
        one
        for one in read.cited
        if one.actor in ("agent", "process") or (one.event.kind == "document_retrieved" and base in _READING)
    ]
    if AGENTS & who and not _is_of_person(subject):
        return _agent_may(base, agents, best, read)
    if not objected and base in _STATIVE and not AGENTS & who:
        return True
    if root(subject[-1]) in _CALLS:
        return bool(agents) or (base in SAYING and any(one.event.kind == "tool_returned" for one in read.cited))
    speakers = [one for one in read.cited if one.actor == "principal"]
    if any(is_person(word) for word in subject) or any(among(word, one.doers) for word in who for one in speakers):
        utters = base in _UTTERING and best and all(one in speakers for one in best)
        return bool(speakers) and (
            base in SAYING or utters or any(among(base, one.words | one.lent) for one in speakers)
        )
    if (
        speakers
        and _is_somebody(subject)
        and (base in SAYING or (base in _UTTERING and all(one in speakers for one in best)))
    ):
        return True
    handed = [one for one in read.run if one.event.kind == "agent_handed_over"]
    names = [word for word in subject if word not in ("the", "a")]
    is_handed = any(has(one.line.casefold(), word) or among(root(word), one.words) for word in names for one in handed)
    if base in SAYING:
        told = any(one.actor in ("content", "peer", "sensor", "process") for one in read.cited)
        # Who is handed work does not ask for it.
        return told or (any(one not in handed for one in agents) if is_handed else bool(handed))
    if is_handed:
        return bool(agents)
    return base in _HOLDING or _thing_may(who, base, best, read)


def _call_id(ground: Ground) -> str:
    return (getattr(ground.event, "call_id", None) or "").casefold() if ground.event.kind == "tool_called" else ""


def _wrote_it(subject: Sequence[str], base: str, read: Read) -> bool:
    """Return whether a subject is called as the author of a text is, and says something."""
    names = {root(word) for word in subject if is_person(word) and word not in ("he", "she")}
    return base in SAYING and any(one.actor == "content" and names & one.doers for one in read.cited)


def _is_somebody(subject: Sequence[str]) -> bool:
    """Return whether a subject is somebody in general, or what somebody said: "an anonymous caller", "a message"."""
    people = table().groups["people"]
    return any(
        word in ("somebody", "someone", *_MESSAGES) or word in people or word.removesuffix("s") in people
        for word in subject
    )


_UTTERING = roots_of("uttering")
_MESSAGES = ("message", "request", "prompt", "question")


def _agent_may(base: str, agents: Sequence[Ground], best: Sequence[Ground], read: Read) -> bool:
    if base in _AUTHORED and any(
        getattr(one.event, "author", None) and any(tied(one, other) for other in best) for one in read.cited
    ):
        return any(one.event.kind != "tool_called" or one.tool & _WRITING for one in agents)
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
    if any(one.event.kind == "tool_called" and (base == _CALL or base in one.tool) for one in read.cited):
        return False  # the agent made the call, whatever text asked for it
    return any(one.actor == "content" and among(base, one.words) for one in best)


def _does_as_told(ground: Ground, who: Collection[str], base: str) -> bool:
    """Return whether a program that was started does what its arguments say: "git cloned …"."""
    argv = ground.event.argv if isinstance(ground.event, ProcessStarted) else ()
    told = {root(word) for text in argv[1:] for word in re.findall(r"[a-z]+", text.casefold())}
    return bool(argv) and any(among(word, [root(argv[0])]) for word in who) and base in told


_HOLDING = roots_of("holding")
_CALL = root("call")
_AUTHORED = frozenset(map(root, ("write", "author", "compose", "sign")))
_NAMING = frozenset(map(root, ("call", "term", "dub", "label", "style", "deem", "declare", "describe")))
_READING = table().group("read") | table().group("search") | table().group("download")


_CALLS = roots_of("calls")
"""What the agent does: a call does what the agent does with it."""


_REPORTING = roots_of("reporting")


_SENDING = roots_of("sending")
_WRITING = _SENDING | table().group("write") | table().group("create") | table().group("change")


def _is_of_person(subject: Sequence[str]) -> bool:
    return any(word.endswith(("'s", "’s")) and root(word) in AGENTS for word in subject)


_HEARD = SAYING | roots_of("giving") | roots_of("heard")
"""What may be done to the agent while it acts: it is asked, told, given, let, led, made."""
