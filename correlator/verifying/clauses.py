"""A sentence → its clauses: where each begins, which stand before what they are joined to, what is inserted. Pure; English only."""

from collections.abc import Iterator, Sequence

from correlator.verifying.lengths import length_at
from correlator.verifying.wording import Clause, Token, is_finite, root, roots_of, table, tokens, words_of

_SUBJECTS = frozenset(("agent", "assistant"))


def clauses(sentence: str) -> tuple[Clause, ...]:
    """Return the clauses of a sentence in their order: each begins at a joint, a semicolon, or a comma before one."""
    found, joint, held = list[Clause](), "", list[Token]()
    last, fronted, nested = 0, False, False
    inserted: int | None = None  # place of the clause that goes on behind what is inserted
    marked = list(_marked(tokens(sentence)))
    for place, (token, mark) in enumerate(marked):
        between = sentence[last : token.start]
        last = token.start + len(token.text)
        word = token.text.casefold() if token.kind == "word" else ""
        # "Sending B failed": nothing is fronted.
        fronted = fronted and not (not found and not joint and _is_gerund(held) and has_verb((token,)))
        if fronted and held and ("," in between or _is_main_next(marked[place:], held, found)):
            # "Before B, A": what follows the first comma is the main clause, and the first one is told by its joint.
            article = [] if "," in between or word not in _SUBJECTS else [held.pop()]
            found.append(Clause(joint, tuple(held), fronts=not nested))
            joint, held, fronted, nested = "", article, False, False
        if inserted is not None and held and "," in between and is_finite(word):
            # "A, which B, C": C goes on with A.
            fronts = joint not in _RELATIVE and inserted == len(found) - 1
            head = found.pop(inserted)
            found.append(Clause(joint, tuple(held), fronts=fronts))
            joint, held, inserted = head.joint, [*head.tokens], None
        elif (
            inserted is not None
            and held
            and "," in between
            and joint in _RELATIVE
            and _begins(token)
            and not has_verb(found[-1].tokens)
        ):
            # "With B, which C, A": A is the main clause.
            found.append(Clause(joint, tuple(held)))
            joint, held, inserted = "", [], None
        if _fronts(mark, joint, held, found) or (
            not found and not held and not mark and len(word) > _FEW and (is_finite(word) or word.endswith("ing"))
        ):
            fronted = True  # "Before B, A", "Asked for B, A"
        begins = bool(mark) and not _is_no_joint(mark, marked[place:], joint, held)
        first_told = "," in between and bool(held) and held[-1].text.casefold() == "first"  # "A came first, B second"
        explains = ":" in between and has_verb(held) and _goes_on_with_verb(marked[place:])
        if ";" in between or explains or begins or first_told:
            is_insertion = bool(held) and _is_insertion(held)
            if held:
                # "When A two seconds after B, C": the comma ends what is fronted, and A is that.
                nests = fronted and mark in ("before", "after") and joint in _ORDERING and has_verb(held)
                found.append(Clause(joint, tuple(held), fronts=nests))
                joint, held, nested = "", [], nested or nests
            if begins:
                if (is_insertion and mark in _ORDERING and not fronted) or (
                    "," in between
                    and found
                    and (mark in _RELATIVE or (mark in _CONCEDING and not has_verb(found[-1].tokens)))
                ):
                    inserted = len(found) - 1
                elif mark not in _ORDERING:
                    inserted = None
                joint = f"{joint} {mark}".strip()
                continue
            joint = joint or ";"
        held.append(token)
    if held or {"before", "after"} & set(joint.split()):
        found.append(Clause(joint, tuple(held), fronts=fronted))
    return tuple(found)


def _is_gerund(held: Sequence[Token]) -> bool:
    """Return whether words begin with a verb that is their subject: "sending B", not "having sent B"."""
    first = held[0].text.casefold() if held else ""
    return first.endswith("ing") and first not in ("having", "being")


def _is_no_joint(mark: str, behind: Sequence[tuple[Token, str]], joint: str, held: Sequence[Token]) -> bool:
    """Return whether a word that may join clauses does not: "mailed that file", "after that failure", "as root"."""
    if mark == "that":
        noun = behind[1][0].text.casefold() if len(behind) > 1 else ""
        return bool(held and _points(held[-1])) or (
            not held and joint.endswith(("before", "after")) and root(noun) in _EVENTS and not is_finite(noun)
        )
    if mark == "so" and held and root(held[-1].text) in table().reporting | {"do"}:
        return True  # "it had said so"
    if mark in _PARTICIPLES and held and held[-1].text.casefold() in words_of("be") | words_of("have"):
        return True  # "it was found before B"
    rest = list[Token]()
    for one, other in behind[1:]:
        if other or one.aside:
            break
        rest.append(one)
    return mark == "as" and bool(held) and not has_verb(rest)


_PARTICIPLES = frozenset(("given", "named", "found", "mentioned", "contained", "supplied"))
_EVENTS = roots_of("calls") | roots_of("results") | roots_of("failing") | roots_of("texts")


_ORDERING = frozenset(("before", "after", "once", "when", "until", "while"))
_CONCEDING = frozenset(("though", "although", "while", "if", "once", "when"))
_RELATIVE = ("which", "who", "whose")


def _fronts(mark: str, joint: str, held: Sequence[Token], found: Sequence[Clause]) -> bool:
    """Return whether the clause that a joint begins stands before that which it is joined to."""
    if not found and held and mark in (*_RELATIVE, "that") and held[0].text.casefold() in words_of("prepositions"):
        return True  # "In the second in which B, A"
    if mark not in words_of("fronting"):
        return False
    if not found:
        return (len(held) <= _FEW and not _tells(held)) or is_temporal(held)
    return joint in ("and", "but", ";") and is_temporal(held)


_FEW = 3
"""Words before a joint that make no clause: "Only two seconds"."""


def _tells(held: Sequence[Token]) -> bool:
    """Return whether there is a verb, but for that of "it was after B that A"."""
    return has_verb(held) and not all(one.text.casefold() in words_of("shading") for one in held)


def is_temporal(held: Sequence[Token]) -> bool:
    """Return whether words tell nothing but a time: "At 10:02:00, two seconds"."""
    words = [one.text.casefold() for one in held]
    at = 0
    while at < len(held):
        length = length_at(words, at)
        if length is None and held[at].kind != "time" and words[at] not in words_of("lengths"):
            return False
        at = length.end if length is not None else at + 1
    return True


def _is_insertion(held: Sequence[Token]) -> bool:
    """Return whether a comma stands behind a subject, so that what follows it is inserted: "the second, sent two seconds"."""
    comma = next((at for at, one in enumerate(held) if at and one.aside), None)
    return comma is not None and not has_verb(held[:comma]) and not is_temporal(held[:comma])


def has_verb(held: Sequence[Token]) -> bool:
    """Return whether there is a verb in the past, or an auxiliary."""
    words = (one.text.casefold() for one in held if one.kind == "word")
    return any(is_finite(word) and word not in _ADVERBS for word in words)


_ADVERBS = frozenset(("also", "then", "just", "again", "already", "later", "first", "now", "once", "finally", "only"))
"""Words that may stand between an auxiliary and its verb, and are neither."""


def _begins(token: Token) -> bool:
    """Return whether what is told of something new may begin here: "the call", "it"."""
    return token.text.casefold() in _OPENING


_OPENING = frozenset(
    ("the", "a", "an", "it", "they", "he", "she", "this", "its", "these", "another", "no", "both", "each")
)
_INVERTED = frozenset(("was", "were", "is", "did", "does", "had", "has", "could", "would", "can"))


def _is_main_next(behind: Sequence[tuple[Token, str]], held: Sequence[Token], found: Sequence[Clause]) -> bool:
    """Return whether a main clause begins here without a comma before it.

    "Before the call the agent …", "after the failure a new call was made", "not until B was A"; not "before the word of the
    agent".
    """
    token, before = behind[0][0], held[-1]
    if token.kind == "word" and _is_agent_next(token.text.casefold(), held):
        return True
    following = [one for one, _ in behind[1:2]]
    if found and found[-1].words in (("not",), ("only",)) and len(held) > 1 and token.text.casefold() in _INVERTED:
        return bool(following) and (_begins(following[0]) or following[0].text[:1].isupper())
    if not _begins(token) or not _is_noun(before):
        return False
    return _goes_on_with_verb(behind)


def _goes_on_with_verb(behind: Sequence[tuple[Token, str]]) -> bool:
    """Return whether a verb follows what begins here, before a comma or a joint."""
    rest = list[Token]()
    for one, mark in behind:
        if (mark or one.aside) and rest:
            break
        rest.append(one)
    return has_verb(rest[1:])


def _is_noun(token: Token) -> bool:
    """Return whether a word is no verb, and none that a noun is to follow."""
    word = token.text.casefold()
    if token.kind != "word":
        return True
    return not (
        is_finite(word)
        or word.endswith("ing")
        or word in words_of("determiners") | words_of("prepositions") | words_of("grammar")
    )


def _is_agent_next(word: str, held: Sequence[Token]) -> bool:
    """Return whether "the agent" begins a main clause: "before the call the agent …", not "before the word of the agent"."""
    before = [one.text.casefold() for one in held[-2:]]
    return word in _SUBJECTS and len(before) == 2 and before[1] == "the" and before[0] not in words_of("prepositions")


def _marked(held: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    """Yield each token with the joint that it is, empty for none; several words that make one joint are one token."""
    at = 0
    while at < len(held):
        if (behind := _interrupted(held, at)) is not None:
            # "A was followed two seconds later by B": the length is told behind the joint.
            joint = "before" if held[at].text.casefold() == "followed" else "after"
            yield Token("word", f"{held[at].text} by", held[at].start, held[at].aside), joint
            yield from ((one, "") for one in held[at + 1 : behind - 1])
            at = behind
            continue
        if (active := _active(held, at)) is not None:
            yield held[at], active
            at += 1
            continue
        if (found := length_at([one.text for one in held], at)) is not None:
            yield from ((one, "") for one in held[at : found.end])  # no "and" of a length joins clauses
            at = found.end
            continue
        for length in (3, 2, 1):
            some = held[at : at + length]
            words = " ".join(one.text.casefold() if one.kind == "word" else "·" for one in some)
            if len(some) == length and words in table().phrases:
                yield (
                    Token("word", " ".join(one.text for one in some), some[0].start, some[0].aside),
                    table().phrases[words],
                )
                at += length
                break
        else:
            word = held[at].text.casefold()
            fronts = word == "following" and (not at or held[at].aside)
            if word in ("after", "before") and is_length(held, at + 1):
                word = ""  # "it failed after 30 seconds"
            yield (
                held[at],
                "after" if fronts else word if held[at].kind == "word" and word in words_of("joints") else "",
            )
            at += 1


def _active(held: Sequence[Token], at: int) -> str | None:
    """Return the joint that "preceded" is in "A preceded B", and "followed" in "A followed B by two seconds", `None` for others.

    "The agent followed the note" has none.
    """
    word = held[at].text.casefold()
    if word not in ("preceded", "precedes", "followed", "follows") or not at:
        return None
    behind = [one.text.casefold() for one in held[at + 1 :]]
    before = held[at - 1].text.casefold()
    if not behind or not _begins(held[at + 1]) or before in words_of("be") | words_of("have"):
        return None
    if word.startswith("precede"):
        return "before"
    by = behind.index("by") if "by" in behind else len(behind)
    return "after" if length_at(behind, by + 1) is not None else None


def _interrupted(held: Sequence[Token], at: int) -> int | None:
    """Return the place behind "followed … by" and "preceded … by" with a length of time or "later" between, `None` for others."""
    if held[at].text.casefold() not in ("followed", "preceded"):
        return None
    found = length_at([one.text for one in held], at + 1)
    behind = found.end if found is not None else at + 1
    adverbs = ("later", "after", "afterwards") if held[at].text.casefold() == "followed" else ("earlier", "before")
    if held[behind : behind + 1] and held[behind].text.casefold() in ("shortly", "immediately", "soon", *adverbs):
        behind += 1
    by = [one.text.casefold() for one in held[behind : behind + 1]]
    return behind + 1 if behind > at + 1 and by == ["by"] else None


def is_length(held: Sequence[Token], at: int) -> bool:
    """Return whether a length of time stands here by itself: behind it is neither "of" nor what it lay before or after."""
    found = length_at([one.text for one in held], at)
    if found is None:
        return False
    behind = [one.text.casefold() for one in held[found.end : found.end + 1]]
    return behind not in (["of"], ["after"], ["before"], ["later"], ["earlier"]) or held[found.end].aside


def _points(before: Token) -> bool:
    """Return whether a "that" behind this word points at a thing, as in "mailed that file": no clause begins with it."""
    word = before.text.casefold()
    if before.kind != "word" or root(word) in table().reporting:
        return False
    return word.endswith("ed") or word in (
        "of",
        "to",
        "in",
        "on",
        "at",
        "for",
        "from",
        "with",
        "by",
        "after",
        "before",
        "and",
    )
