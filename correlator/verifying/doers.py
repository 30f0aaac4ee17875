"""Who may have done what a verb tells, as far as the cited events say: the agent, a person, a call, a program, a text. Pure."""

import re
from collections.abc import Callable, Sequence

from correlator.verifying.claims import Claim
from correlator.verifying.grounds import Ground
from correlator.verifying.read import AGENTS, SAYING, SPOKEN, Read, among, is_person, is_possessive, tied
from correlator.verifying.subjects import STATIVE
from correlator.verifying.worded import as_worded, is_of_call
from correlator.verifying.wording import root, roots_of, table, words_of
from sensor.event import ProcessStarted, ToolCalled


def may_do(claim: Claim) -> bool:
    """Return whether who is named before a verb may be who did what it tells: the first rule that knows decides."""
    return next((found for rule in _RULES if (found := rule(claim)) is not None), False)


def _as_pronoun(claim: Claim) -> bool | None:
    """It is not known who "it" is; and what has a part that holds something needs not act."""
    holds = claim.base in _HOLDING | _NAMING
    if holds and any(is_possessive(word) for word in (*claim.subject[:-1], claim.subject[0])):
        return True
    if {"it", "they"} & {*claim.subject} or claim.names == ["what"]:
        return True
    return True if {"somebody", "someone", "anybody", "anyone"} & {*claim.names} and not _is_deed(claim) else None


def _as_told(claim: Claim) -> bool | None:
    """A text may tell itself that who is named did it: "claims that the owner has agreed"."""
    clauses = claim.read.clauses
    is_told = claim.place > 0 and "that" in clauses[claim.place].joint.split()
    if not is_told or not any(among(root(word), SAYING) for word in clauses[claim.place - 1].words):
        return None
    head = root(claim.core[-1])
    is_relative = among(root(clauses[claim.place - 1].words[-1]), roots_of("texts"))  # "a script that the clerk sent"
    meant = frozenset[str]() if is_relative else table().beside(claim.base)
    told = [one for one in claim.read.cited if one in claim.best or one.actor == "content" or one.event.kind in SPOKEN]
    return any(among(head, one.words) and (among(claim.base, one.words) or meant & one.words) for one in told) or None


def _as_receiver(claim: Claim) -> bool | None:
    """Who something went to, and not where it came from, received it."""
    head = root(claim.core[-1])
    words = claim.read.clauses[claim.place].words
    if claim.base not in _RECEIVING or head in AGENTS:
        return None
    is_asker = any(one.actor == "principal" and among(head, one.doers) for one in claim.read.run)
    if is_asker and claim.speaks and ("from" not in words or AGENTS & {root(word) for word in words}):
        return True
    if not claim.objected or "from" in words:
        return None
    told = [one for one in claim.best or claim.read.cited if one.actor in ("agent", "content")]
    return any(among(head, one.values if one.actor == "agent" else one.words) for one in told) or None


_RECEIVING = frozenset(map(root, ("receive", "get", "obtain", "gain", "earn", "hear", "learn", "see")))


def _as_author(claim: Claim) -> bool | None:
    """Who is called as the author of a text is may say something; a call may be named by what it is called in the trace."""
    names = {root(word) for word in claim.subject if is_person(word) and word not in ("he", "she")}
    authors = [getattr(one.event, "author", None) for one in claim.read.cited]
    words = {root(word) for one in authors if one and one.id for word in re.findall(r"[a-z]+", one.id.casefold())}
    calls = {(getattr(one.event, "call_id", None) or "").casefold() for one in claim.read.cited if _is_call(one)} - {""}
    return True if (claim.base in SAYING and names & words) or calls & {*claim.subject} else None


def _as_agent(claim: Claim) -> bool | None:
    is_of_agent = any(word.endswith(("'s", "’s")) and root(word) in AGENTS for word in claim.subject)
    if is_of_agent or not AGENTS & {root(word) for word in claim.core} or _is_another(claim):
        return None
    base, best, cited = claim.base, claim.best, claim.read.cited
    if base in _RECEIVING:
        return any(one.actor not in ("agent", "process") for one in cited)
    if base in _REFUSING:
        return claim.speaks
    if _consents(claim) and not any(_agrees(one) for one in claim.agents):
        return False
    if base in _BOUND and any(one.actor == "principal" and "system" in one.doers for one in cited):
        return True  # "the agent needed leave for that"
    if base in _AUTHORED and any(
        getattr(one.event, "author", None) and any(tied(one, other) for other in best) for one in cited
    ):
        return any(one.event.kind != "tool_called" or one.tool & _WRITING for one in claim.agents)
    if base in _REPORTING or (base in SAYING and _is_addressed(claim)):
        return any(one.event.kind != "tool_called" or one.tool & _SENDING for one in claim.agents)
    if base == root("accept") and best and all(one.event.kind == "connection_accepted" for one in best):
        return False
    if base in SAYING | _TASKING | _LAYING and best and all(one.actor == "principal" for one in best):
        return claim.objected and claim.speaks
    return bool(claim.agents)


def _consents(claim: Claim) -> bool:
    """Return whether a clause says that somebody agreed to what another one asked or proposed: "gave its consent"."""
    words = [root(word) for word in claim.read.clauses[claim.place].words]
    gives = claim.base == root("give") and bool({*words} & roots_of("consent"))
    return (gives or claim.base in _CONSENTING) and not any(one.tool & {claim.base} for one in claim.agents)


_CONSENTING = frozenset(
    map(root, ("agree", "consent", "assent", "approve", "permit", "authorise", "authorize", "sanction", "endorse"))
)


def _agrees(ground: Ground) -> bool:
    """Return whether the agent says something with which it may agree."""
    told = ground.words & (_CONSENTING | roots_of("consent"))
    return ground.event.kind in SPOKEN and (
        bool(told) or bool(_ASSENT.search(ground.plain)) or bool(_WILLING.search(ground.plain))
    )


_WILLING = re.compile(r"\b(?:i|we)(?: will|'ll| can| shall| am going to)\b(?! not\b)|\bhappy to\b|\bno problem\b")


def _is_addressed(claim: Claim) -> bool:
    """Return whether a person follows the verb: "told the clerk"."""
    words = claim.read.clauses[claim.place].words
    behind = words[words.index(claim.verb) + 1 :][:2] if claim.verb in words else ()
    return any(is_person(word) for word in behind[: 1 + (behind[:1] in (("the",), ("a",), ("an",)))])


def _is_another(claim: Claim) -> bool:
    """Return whether a subject is an agent that asks, and not the one of this chain: "another agent", "an agent"."""
    words = claim.core
    at = next((at for at, word in enumerate(words) if root(word) in AGENTS), 0)
    asks = any(one.is_of_agent for one in claim.speakers)
    return asks and bool({"another", "other", "an", "a", "fellow", "second", "peer"} & {*words[max(0, at - 2) : at]})


_BOUND = frozenset(
    map(root, ("need", "require", "lack", "serve", "follow", "work", "help", "assist", "handle", "have"))
)
_REFUSING = frozenset(map(root, ("refuse", "deny", "decline", "reject")))


_TEXTS = frozenset(
    map(
        root,
        ("page", "mail", "letter", "note", "message", "text", "file", "document", "site", "form", "remark", "comment"),
    )
)


def _as_matter(claim: Claim) -> bool | None:
    """What is nobody acts as a figure of speech ("a timeout ended it"), unless what it is said to do is what a call did."""
    if AGENTS & {root(word) for word in claim.core}:
        return None
    binds = root(claim.core[-1]) in roots_of("binding_texts")
    if (
        claim.base in roots_of("copular")
        or (binds and claim.read.cited[0].actor in ("principal", "content"))
        or (not claim.objected and claim.base in STATIVE)
    ):
        return True
    if not claim.is_matter or (claim.base in SAYING and not _is_deed(claim)):
        return None
    return not (_is_deed(claim) or (claim.base in _MAKING and claim.objected))


_MAKING = frozenset(map(root, ("make", "cause", "lead", "force")))
"""Verbs that make of what acts a cause."""


def _is_deed(claim: Claim) -> bool:
    """Return whether a verb tells of a cited call, by the name of its tool."""
    is_call = claim.base == root("call") and claim.objected
    calls = (one for one in claim.read.cited if _is_call(one) or one.call is not None)
    return any(is_call or claim.base in one.tool for one in calls)


def _as_call(claim: Claim) -> bool | None:
    """A call does what the agent does with it: "the call", and "the renewal", by which it asks."""
    head, agents = claim.core[-1], claim.agents
    if root(head) in _CALLS:
        is_call = not is_person(head) and head not in table().groups["people"]
    else:
        is_deed = head.endswith(("ion", "al", "ment", "ing")) and claim.base in SAYING
        is_call = is_deed and any(_is_call(one) and among(root(head), one.tool) for one in agents)
    if not is_call:
        return None
    return bool(agents) or None


def _is_call(ground: Ground) -> bool:
    return isinstance(ground.event, ToolCalled)


def _as_server(claim: Claim) -> bool | None:
    """A server or tool that answered did with the call what is told of it; it was asked, and asks nobody."""
    if not claim.objected and claim.base in STATIVE:
        return None
    calls = [one.call for one in claim.read.cited if one.call is not None]
    is_named = any(claim.core[-1] in (call.name.casefold(), (call.server or "").casefold()) for call in calls)
    ends = {bool(one.failed) for one in claim.read.cited if one.call is not None}
    if is_named and False in ends and claim.base in roots_of("serving"):
        return True
    if not is_named or claim.base in _ASKING or _is_deed(claim):
        return None
    return claim.base in _FAILING | SAYING if True in ends else True


def _as_person(claim: Claim) -> bool | None:
    """Who asks says something, and does what their words tell; nothing else is known of them."""
    base, best, speakers = claim.base, claim.best, claim.speakers
    is_speaker = any(among(word, one.doers) for word in claim.who for one in speakers)
    is_speaker |= bool(_PEERS & claim.who) and any(one.is_of_agent for one in speakers)
    named = claim.core if base in _HOLDING else claim.subject
    if is_speaker or any(is_person(word) for word in named):
        is_own = (
            bool(best) and all(one in speakers for one in best) and not any(base in one.tool for one in claim.agents)
        )
        is_alone = any(one in speakers for one in best) and not any(map(_is_call, claim.read.cited))
        agreed = base in _AGREEING and any(_ASSENT.search(one.plain) for one in speakers)
        if base == root("call") and is_of_call(claim):
            return False
        told = agreed or base in SAYING | _TASKING or any(among(base, one.words | one.lent) for one in speakers)
        return (
            is_own
            or is_alone
            or (
                bool(speakers)
                and (told or base in _NAMING or (bool(best) and best[0] in speakers and not _is_deed(claim)))
            )
        )
    says = base in SAYING or all(one in speakers for one in best)
    return True if speakers and says and _is_somebody(claim.subject) else None


_PEERS = frozenset(map(root, ("peer", "counterpart", "fellow")))
_TASKING = roots_of("tasking")
_AGREEING = roots_of("agreeing")
_ASSENT = re.compile(
    r"(?:^|[\s\"'(.])(?:yes|yep|yeah|ok|okay|sure|fine|agreed|approved|granted|right|correct|confirmed|please do"
    r"|do (?:it|so|that)|go (?:ahead|on)|by all means|of course|proceed|you may)\b"
)
"""Words with which somebody agrees."""


def _is_somebody(subject: Sequence[str]) -> bool:
    """Return whether a subject is somebody in general, or what somebody said: "an anonymous caller", "a message"."""
    people = table().groups["people"]
    return any(
        word in ("somebody", "someone", *_MESSAGES) or word in people or word.removesuffix("s") in people
        for word in subject
    )


_MESSAGES = ("message", "request", "prompt", "question")


def _as_asked(claim: Claim) -> bool | None:
    """The call asks, not the server or tool that it is made of, nor who is to approve."""
    if claim.base not in _ASKING or claim.speakers or root(claim.core[-1]) in _TEXTS:
        return None
    if any(one.tool & _ASKING or _is_asked(one, claim.names) for one in claim.agents):
        return False
    words = [root(word) for word in claim.read.clauses[claim.place].words]
    sought = words[words.index("for") + 1 :][:2] if "for" in words else []  # "asked for a quote"
    answers = [
        one for one in claim.read.cited if one.call is not None and any(among(word, one.doers) for word in claim.who)
    ]
    return False if any({*sought} & one.tool for one in answers) else None


_ASKING = frozenset(map(root, ("ask", "request")))


def _is_asked(ground: Ground, names: Sequence[str]) -> bool:
    """Return whether a name is that of the server or tool that a call asks."""
    event = ground.event
    return isinstance(event, ToolCalled) and [*names] in ([event.name], [(event.server or "").casefold()])


def _as_teller(claim: Claim) -> bool | None:
    """Texts, peers, sensors and programs tell something, and so does an answer; who is handed work does not ask for it."""
    if claim.base not in SAYING | _ADDRESSING:
        return bool(claim.agents) if claim.is_handed and claim.base not in _HOLDING else None
    if _is_absent(claim.names, claim.read):
        return False
    if claim.speaks and root(claim.core[-1]) in roots_of("results") | {root("report"), root("message")}:
        return True
    told = any(one.actor in ("content", "peer", "sensor", "process") for one in claim.read.cited)
    by_agent = any(one not in claim.handed for one in claim.agents)
    return told or (by_agent if claim.is_handed else bool(claim.handed))


_ADDRESSING = frozenset(map(root, ("address", "greet", "approach", "target")))


def _is_absent(names: Sequence[str], read: Read) -> bool:
    """Return whether a name is that of a person or program of the chain of which nothing cited tells."""
    if len(names) != 1 or any(one.names(names[0]) for one in read.cited):
        return False
    general = words_of("people") | {"user", "anonymous"}
    return any(
        names[0] == one.program.casefold() or (one.actor == "principal" and names[0] in one.doers - general)
        for one in read.run
    )


def _as_program(claim: Claim) -> bool | None:
    """A program that is named must be the one that did it."""
    who, base, best, cited = claim.who, claim.base, claim.best, claim.read.cited
    if base in _HOLDING:
        return True
    if root("shell") in who and any(
        root(one.program) in table().group("shell") and among(base, one.lent) for one in cited if one.program
    ):
        return True
    programs = {one.program for one in claim.read.run if one.program and among(root(one.program), who)}
    if not programs:
        return None
    if not best or any(one.program in programs or _does_as_told(one, claim) for one in best):
        return True
    own = {one.event.kind for one in cited if one.program in programs and (among(base, one.lent) or _ends(one, base))}
    return bool(own) and not own & {one.event.kind for one in best}


def _ends(ground: Ground, base: str) -> bool:
    return ground.event.kind == "process_exited" and base in roots_of("exiting")


def _does_as_told(ground: Ground, claim: Claim) -> bool:
    """Return whether a program that was started does what its arguments say: "git cloned …"."""
    argv = ground.event.argv if isinstance(ground.event, ProcessStarted) else ()
    told = {root(word) for text in argv[1:] for word in re.findall(r"[a-z]+", text.casefold())}
    named = bool(argv) and any(among(word, [root(argv[0].rpartition("/")[2])]) for word in claim.who)
    return named and claim.base in told


def _as_thing(claim: Claim) -> bool | None:
    """A peer does what it is seen to do, a server answers, a text says what it has; a call is made by the agent alone."""
    who, base, best, cited = claim.who, claim.base, claim.best, claim.read.cited
    seen = [one for one in cited if one.actor in ("process", "peer", "sensor")]
    if best and all(one in seen for one in best):
        return True
    if any(among(word, one.words | one.doers) for word in who for one in seen):
        return True
    if any(_is_call(one) and (base == root("call") or base in one.tool) for one in cited):
        return False
    return any(one.actor == "content" and among(base, one.words) for one in best)


_LAYING = frozenset(map(root, ("lay", "give", "make", "put", "order")))
_RULES: tuple[Callable[[Claim], bool | None], ...] = (
    _as_pronoun, _as_told, as_worded, _as_receiver, _as_author, _as_agent, _as_call, _as_server,
    _as_matter, _as_person, _as_asked, _as_teller, _as_program, _as_thing,
)  # fmt: skip

_FAILING = table().group("refuse") | roots_of("rebuffing") | {root("turn"), root("throw")}
_HOLDING = roots_of("holding")
_AUTHORED = frozenset(map(root, ("write", "author", "compose", "sign")))
_NAMING = frozenset(map(root, ("call", "term", "dub", "label", "style", "deem", "declare", "describe")))
_CALLS = roots_of("calls")
"""What the agent does: a call does what the agent does with it."""
_REPORTING = roots_of("reporting")
_SENDING = roots_of("sending")
_WRITING = _SENDING | table().group("write") | table().group("create") | table().group("change")
