"""Who did it, and where it went. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence

from correlator.verifying.clauses import clauses
from correlator.verifying.directions import directions
from correlator.verifying.grounds import Ground, has
from correlator.verifying.read import (
    AGENTS,
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
from correlator.verifying.subjects import STATIVE, Subject, core_of, subject_of
from correlator.verifying.wording import Clause, root, roots_of, table, words_of
from sensor.event import ProcessStarted, ToolCalled


def of_roles(read: Read) -> Iterator[Refusal]:
    """Refuse who did not do it, and where it did not go."""
    for place, (clause, best) in enumerate(zip(read.clauses, read.spoken_of, strict=True)):
        found = subject_of(clause)
        if found is not None and not _is_so_in_template(found, read):
            subject, verb, objected = found
            is_told = "that" in clause.joint.split() and place > 0 and _says(read.clauses[place - 1])
            told = is_told and _is_in_text(core_of(subject), verb, best)
            if not told and not _receives(found, clause, best, read) and not _may_do(found, best, read):
                yield Refusal("roles", f"“{' '.join(subject)}” is not who did what “{verb}” tells")
        if (deed := _done_to_agent(clause, best, read)) is not None:
            yield Refusal("roles", f"the agent is who did it, and not whom “{deed}” was done to")
        yield from directions(clause, best, read)
    if not any(one.actor in ("agent", "process") for one in read.cited) and (put := _set_by_agent(read)) is not None:
        yield Refusal("roles", f"it was not the agent who “{put}” it")


def _done_to_agent(clause: Clause, best: Sequence[Ground], read: Read) -> str | None:
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
        calls = [one for one in read.cited if one.event.kind == "tool_called"]
        own = best if root(verb) not in _READING | _CALLING else calls
        others = calls and any(one.actor == "principal" or one.event.kind == "agent_handed_over" for one in read.cited)
        acts = is_act(verb) and root(verb) not in _HEARD and own and all(one.actor == "agent" for one in own)
        acts = acts and (own is best or not others)
        if reads or acts:
            return verb
    return None


def _set_by_agent(read: Read) -> str | None:
    """Return a verb that has no form of its own in the past, of which the agent is the subject."""
    words = [one.text.casefold() for one in read.tokens]
    found = (word for word, before in zip(words[1:], words, strict=False) if before == "agent" and word in _UNCHANGED)
    return next(found, None)


_UNCHANGED = words_of("unchanged")


def _is_so_in_template(found: tuple[tuple[str, ...], str, bool], read: Read) -> bool:
    """Return whether the template says of the same subject that it did the same."""
    if not read.template:
        return False
    for clause in clauses(read.template):
        other = subject_of(clause)
        if other is not None and root(other[1]) == root(found[1]) and other[0][-1:] == found[0][-1:]:
            return True
    return False


def _says(clause: Clause) -> bool:
    """Return whether a clause has a verb of saying, behind which "that" begins what is said."""
    return any(root(word) in SAYING for word in clause.words)


def _is_in_text(core: Sequence[str], verb: str, best: Sequence[Ground]) -> bool:
    """Return whether a text tells itself that who is named did it: "claims that Dr Bell has signed"."""
    return any(among(root(core[-1]), one.words) and among(root(verb), one.words) for one in best)


def _receives(found: Subject, clause: Clause, best: Sequence[Ground], read: Read) -> bool:
    """Return whether a subject is who something went to: the events name it, and not where it came from."""
    subject, verb, objected = found
    words = [root(word) for word in core_of(subject)[-1:]]
    if root(verb) not in _RECEIVING or not objected or "from" in clause.words or AGENTS & {*words}:
        return False
    told = [one for one in best or read.cited if one.actor in ("agent", "content")]
    return any(among(word, one.values if one.actor == "agent" else one.words) for word in words for one in told)


_RECEIVING = frozenset(map(root, ("receive", "get", "obtain", "gain", "earn", "hear", "learn", "see")))


def _may_do(found: Subject, best: Sequence[Ground], read: Read) -> bool:
    """Return whether who is named before a verb may be who did what it tells, as far as the cited events say."""
    subject, verb, objected = found
    who, base, core = {root(word) for word in subject} - {root("the")}, root(verb), core_of(subject)
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
    if AGENTS & {root(word) for word in core} and not _is_of_person(subject):
        return _agent_may(found, agents, best, read)
    if not objected and base in STATIVE and not AGENTS & who:
        return True
    if base in _MEASURED and not _is_party(who, read):
        return True
    if _is_call(core[-1], base, agents):
        return bool(agents) or (base in SAYING and any(one.event.kind == "tool_returned" for one in read.cited))
    speakers = [one for one in read.cited if one.actor == "principal"]
    is_speaker = any(among(word, one.doers) for word in who for one in speakers)
    if any(is_person(word) for word in subject) or is_speaker:
        is_own = bool(best) and all(one in speakers for one in best) and not any(base in one.tool for one in agents)
        is_alone = any(one in speakers for one in best) and all(one.event.kind != "tool_called" for one in read.cited)
        if is_own or is_alone:
            return True
        return bool(speakers) and (base in SAYING or any(among(base, one.words | one.lent) for one in speakers))
    if speakers and _is_somebody(subject) and (base in SAYING or all(one in speakers for one in best)):
        return True
    names = [word for word in subject if word not in ("the", "a")]
    if base in _ASKING and not speakers and any(one.tool & _ASKING or _is_asked(one, names) for one in agents):
        return False  # the call is what asks
    handed = [one for one in read.run if one.event.kind == "agent_handed_over"]
    is_handed = any(has(one.line.casefold(), word) or among(root(word), one.words) for word in names for one in handed)
    if base in SAYING:
        if _is_absent(names, read):
            return False
        told = any(one.actor in ("content", "peer", "sensor", "process") for one in read.cited)
        if root(core[-1]) in roots_of("results") and any(one.event.kind in _SPEAKING for one in read.cited):
            return True  # "the reply announced"
        # Who is handed work does not ask for it.
        return told or (any(one not in handed for one in agents) if is_handed else bool(handed))
    if is_handed:
        return bool(agents)
    return base in _HOLDING or _thing_may(who, base, best, read)


def _is_call(head: str, base: str, agents: Sequence[Ground]) -> bool:
    """Return whether a noun is one of what the agent does: "the call", and "the renewal", by which it asks."""
    if root(head) in _CALLS:
        return not is_person(head) and head not in table().groups["people"]
    is_deed = head.endswith(("ion", "al", "ment", "ing")) and base in SAYING
    return is_deed and any(one.event.kind == "tool_called" and among(root(head), one.tool) for one in agents)


def _is_party(who: Collection[str], read: Read) -> bool:
    """Return whether words name somebody or something that may act: a person or a program."""
    return any(is_person(word) for word in who) or any(
        among(word, one.doers) for word in who for one in read.run if one.actor in ("principal", "process")
    )


_MEASURED = roots_of("measured")
_ASKING = frozenset(map(root, ("ask", "request")))
_CALLING = frozenset(map(root, ("call", "invoke", "query")))


def _is_asked(ground: Ground, names: Sequence[str]) -> bool:
    """Return whether a name is that of the server or tool that a call asks."""
    event = ground.event
    return (
        isinstance(event, ToolCalled) and len(names) == 1 and names[0] in (event.name, (event.server or "").casefold())
    )


def _is_absent(names: Sequence[str], read: Read) -> bool:
    """Return whether a name is that of a person or program of the chain of which nothing cited tells."""
    if len(names) != 1 or any(one.names(names[0]) for one in read.cited):
        return False
    return any(
        names[0] == one.program.casefold() or (one.actor == "principal" and names[0] in one.doers - _ROLES)
        for one in read.run
    )


_ROLES = words_of("people") | {"user", "anonymous"}


def _call_id(ground: Ground) -> str:
    return (getattr(ground.event, "call_id", None) or "").casefold() if ground.event.kind == "tool_called" else ""


def _wrote_it(subject: Sequence[str], base: str, read: Read) -> bool:
    """Return whether a subject is called as the author of a text is, and says something."""
    names = {root(word) for word in subject if is_person(word) and word not in ("he", "she")}
    authors = [getattr(one.event, "author", None) for one in read.cited]
    return base in SAYING and any(
        names & {root(word) for word in re.findall(r"[a-z]+", one.id.casefold())}
        for one in authors
        if one is not None and one.id
    )


def _is_somebody(subject: Sequence[str]) -> bool:
    """Return whether a subject is somebody in general, or what somebody said: "an anonymous caller", "a message"."""
    people = table().groups["people"]
    return any(
        word in ("somebody", "someone", *_MESSAGES) or word in people or word.removesuffix("s") in people
        for word in subject
    )


_MESSAGES = ("message", "request", "prompt", "question")


def _agent_may(found: Subject, agents: Sequence[Ground], best: Sequence[Ground], read: Read) -> bool:
    _, verb, objected = found
    base = root(verb)
    speaks = any(one.event.kind in _SPEAKING for one in read.cited)
    if base in _RECEIVING:
        return any(one.actor in ("content", "principal", "peer") for one in read.cited)
    if base in _REFUSING:
        return speaks
    if base in _AUTHORED and any(
        getattr(one.event, "author", None) and any(tied(one, other) for other in best) for one in read.cited
    ):
        return any(one.event.kind != "tool_called" or one.tool & _WRITING for one in agents)
    if base in _REPORTING:
        return any(one.event.kind != "tool_called" or one.tool & _SENDING for one in agents)
    if base in SAYING and best and all(one.actor == "principal" for one in best):
        return objected and speaks
    return bool(agents)


_SPEAKING = ("answered", "model_responded")
_REFUSING = frozenset(map(root, ("refuse", "deny", "decline", "reject")))


def _thing_may(who: Collection[str], base: str, best: Sequence[Ground], read: Read) -> bool:
    """Return whether a program, a peer or a text may have done what a verb tells."""
    if root("shell") in who and any(_is_shell(one) and among(base, one.lent) for one in read.cited):
        return True
    if programs := {one.program for one in read.run if one.program and among(root(one.program), who)}:
        # A program is named: it must be the one that did it.
        if not best or any(one.program in programs or _does_as_told(one, who, base) for one in best):
            return True
        own = {one.event.kind for one in read.cited if one.program in programs and among(base, one.lent)}
        return bool(own) and not own & {one.event.kind for one in best}
    seen = [one for one in read.cited if one.actor in ("process", "peer", "sensor")]
    if best and all(one in seen for one in best):
        return True
    if any(among(word, one.words | one.doers) for word in who for one in seen):
        return True
    if any(one.event.kind == "tool_called" and (base == _CALL or base in one.tool) for one in read.cited):
        return False  # the agent made the call, whatever text asked for it
    if any(_answers(one, who, base) for one in read.cited):
        return True
    return any(one.actor == "content" and among(base, one.words) for one in best)


def _is_shell(ground: Ground) -> bool:
    return bool(ground.program) and root(ground.program) in table().group("shell")


def _answers(ground: Ground, who: Collection[str], base: str) -> bool:
    """Return whether a server or tool that is named is said to give or deny what was asked of it, as it did."""
    if ground.call is None or ground.failed is None:
        return False
    named = {
        root(word) for word in re.findall(r"[a-z]+|\S+", f"{ground.call.name} {ground.call.server or ''}".casefold())
    }
    wanted = _FAILING if ground.failed else _RETURNING | {other for one in ground.tool for other in table().beside(one)}
    return bool(named & {*who} or ground.call.name.casefold() in who) and base in wanted


_FAILING = table().group("refuse") | roots_of("failing")
_RETURNING = table().group("answer") | frozenset(map(root, ("hand", "pass", "send", "return")))


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
