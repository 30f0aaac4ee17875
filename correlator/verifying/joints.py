"""Where a sentence is joined: the words that begin a clause, one or several, and what looks like them. Pure; English only."""

from collections.abc import Iterator, Sequence

from correlator.verifying.lengths import length_at
from correlator.verifying.wording import Token, table, words_of


def marked(held: Sequence[Token]) -> Iterator[tuple[Token, str]]:
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
        length = length_at([one.text for one in held], at)
        if length is not None:
            yield from ((one, "") for one in held[at : length.end])  # no "and" of a length joins clauses
            is_within = at > 0 and held[at - 1].text.casefold() == "within"
            at = length.end
            rest = [one.text.casefold() for one in held[at : at + 2]]
            if is_within and rest[:1] == ["of"] and rest[1:] not in (["each"], ["one"]):
                yield held[at], "after"  # "within two seconds of B"
                at += 1
            continue
        if held[at].text.casefold() == "having" and held[at].aside and at:
            yield held[at], "who"  # "A, having B, C"
            at += 1
            continue
        for size in (3, 2, 1):
            some = held[at : at + size]
            words = " ".join(one.text.casefold() if one.kind == "word" else "·" for one in some)
            if len(some) == size and words in table().phrases:
                yield (
                    Token("word", " ".join(one.text for one in some), some[0].start, some[0].aside),
                    table().phrases[words],
                )
                at += size
                break
        else:
            word = held[at].text.casefold()
            fronts = word == "following" and (not at or held[at].aside)
            if word in ("after", "before") and _is_no_order(held, at):
                word = ""
            yield (
                held[at],
                "after" if fronts else word if held[at].kind == "word" and word in words_of("joints") else "",
            )
            at += 1


def _is_no_order(held: Sequence[Token], at: int) -> bool:
    """Return whether "after" or "before" joins nothing.

    "It failed after 30 seconds", "an hour before noon", "it had been opened a second before", "a file named after it".
    """
    behind = [one.text.casefold() for one in held[at + 1 : at + 2]]
    is_hour = behind in _HOURS or [one.kind for one in held[at + 1 : at + 2]] in (["time"], ["quote"])
    last = held[at - 1].text.casefold() if at else ""
    is_named = last in (_NAMED if held[at].text.casefold() == "after" else _PUT)
    return is_hour or is_named or is_length(held, at + 1) or ends_length(held, at)


_PUT = frozenset(("put", "laid", "brought"))
"""Of what was shown to somebody: "it was laid before the board"."""
_NAMED = frozenset(("named", "titled", "christened", "modelled", "modeled", "patterned", "fashioned"))


def ends_length(held: Sequence[Token], at: int) -> bool:
    """Return whether "before" or "after" ends a length of time, and joins nothing: "a second before, …", "… to do B"."""
    if held[at].text.casefold() not in ("after", "before"):
        return False
    behind = held[at + 1 : at + 2]
    if behind and not behind[0].aside and behind[0].text.casefold() not in _BEHIND_LENGTH:
        return False
    words = [one.text for one in held[:at]]
    if at > 1 and words[-1].casefold() in _PARTS and words[-2].casefold() in ("the", "a", "an"):
        return True  # "it was done the evening before"
    found = (length_at(words, start) for start in range(max(0, at - _LONGEST), at))
    return any(one is not None and one.end == at for one in found)


_LONGEST = 6
"""Words of a length of time."""
_PARTS = frozenset(
    ("evening", "morning", "night", "afternoon", "day", "week", "month", "year", "hour", "minute", "second")
)
_BEHIND_LENGTH = frozenset((
    "to", "by", "in", "on", "at", "with", "from", "for", "and", "but", "when", "while", "because", "as", "so",
    "though", "although", "since",
))  # fmt: skip
_HOURS = (["midnight"], ["noon"], ["midday"], ["dawn"], ["dusk"])


def _active(held: Sequence[Token], at: int) -> str | None:
    """Return the joint that "preceded" is in "A preceded B", and "followed" in "A followed B by two seconds", `None` for others.

    "The agent followed the note" has none.
    """
    word = held[at].text.casefold()
    if word not in ("preceded", "precedes", "followed", "follows") or not at:
        return None
    behind = [one.text.casefold() for one in held[at + 1 :]]
    before = held[at - 1].text.casefold()
    if not behind or not begins(held[at + 1]) or before in words_of("be") | words_of("have"):
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
    words = [one.text for one in held]
    while words[at : at + 1] and words[at].casefold() in _SHADING and length_at(words, at) is None:
        at += 1  # "after just under two minutes"
    found = length_at(words, at)
    if found is None:
        return False
    behind = [one.text.casefold() for one in held[found.end : found.end + 1]]
    return behind not in (["of"], ["after"], ["before"], ["later"], ["earlier"]) or held[found.end].aside


_SHADING = words_of("lengths") - {"the", "same", "then", "and", "one"} | {"just", "under", "good", "only"}


def begins(token: Token) -> bool:
    """Return whether what is told of something new may begin here: "the call", "it"."""
    return token.text.casefold() in words_of("beginning")
