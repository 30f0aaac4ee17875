"""A sentence → its clauses: where each begins, which stand before what they are joined to, what is inserted. Pure; English only."""

from collections.abc import Sequence
from dataclasses import dataclass

from correlator.verifying.joints import begins, marked
from correlator.verifying.lengths import length_at
from correlator.verifying.wording import Clause, Token, is_finite, root, roots_of, table, tokens, words_of

_SUBJECTS = frozenset(("agent", "assistant"))


def clauses(sentence: str) -> tuple[Clause, ...]:
    """Return the clauses of a sentence in their order: each begins at a joint, a semicolon, or a comma before one."""
    return _Cut(sentence).clauses()


@dataclass(frozen=True, slots=True)
class _Here:
    """A place in a sentence where a clause may begin."""

    token: Token
    mark: str
    """The joint that the token is, empty for none."""
    between: str
    """What stands between the token before and this one."""
    behind: Sequence[tuple[Token, str]]
    """The token and all that follow it, each with the joint that it is."""

    @property
    def word(self) -> str:
        """Return the word that stands here, case folded, empty for what is none."""
        return self.token.text.casefold() if self.token.kind == "word" else ""

    @property
    def has_comma(self) -> bool:
        """Return whether a comma stands before it."""
        return "," in self.between


class _Cut:
    """A sentence while it is cut: the clauses that are whole, and what is held of the one that goes on."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        self.found = list[Clause]()
        self.joint = ""
        self.held = list[Token]()
        self.fronted = False  # what is held stands before the main clause: "Before B, …"
        self.inserted: int | None = None  # place of the clause that goes on behind what is inserted

    def clauses(self) -> tuple[Clause, ...]:
        """Return its clauses."""
        pairs, last = list(marked(tokens(self.sentence))), 0
        for place, (token, mark) in enumerate(pairs):
            self._take(_Here(token, mark, self.sentence[last : token.start], pairs[place:]))
            last = token.start + len(token.text)
        if self.held or {"before", "after"} & set(self.joint.split()):
            self._end(fronts=self.fronted)
        return tuple(self.found)

    def _take(self, here: _Here) -> None:
        """Go on by one token: end what ends before it, and hold it, unless it is a joint."""
        if self._is_subject(here):
            self.fronted = False
        if self._is_main(here):
            self._end_fronted(here)
        if self._goes_on(here):
            self._end_inserted()
        self.fronted = self.fronted or self._fronts(here)
        if here.mark and not _is_no_joint(here.mark, here.behind, self.joint, self.held):
            self._join(here)
            return
        if self._breaks(here):
            self._end_held()
            self.joint = self.joint or ";"
        elif self._is_main_again(here):
            self._end_held()
            self.joint = "and"
        self.held.append(here.token)

    def _end(self, *, fronts: bool = False) -> None:
        self.found.append(Clause(self.joint, tuple(self.held), fronts=fronts))
        self.joint, self.held = "", []

    def _end_held(self) -> None:
        """End what is held, if anything is."""
        if self.held:
            self._end()

    def _is_subject(self, here: _Here) -> bool:
        """Return whether what is held is the subject of this verb, so that nothing is fronted: "Sending B | failed"."""
        first = self.held[0].text.casefold() if self.held and not self.found and not self.joint else ""
        return first.endswith("ing") and first not in ("having", "being") and has_verb((here.token,))

    def _is_main(self, here: _Here) -> bool:
        """Return whether the main clause begins here, behind what is fronted: "Before B, | A"."""
        return (
            self.fronted and bool(self.held) and (here.has_comma or _is_main_next(here.behind, self.held, self.found))
        )

    def _end_fronted(self, here: _Here) -> None:
        """End what is fronted, which is told by its joint; the article of the main clause may be held already."""
        article = [] if here.has_comma or here.word not in _SUBJECTS else [self.held.pop()]
        self._end(fronts=True)
        self.held, self.fronted = article, False

    def _goes_on(self, here: _Here) -> bool:
        """Return whether a clause goes on here, behind what is inserted: "A, which B, | C"."""
        return self.inserted is not None and bool(self.held) and here.has_comma and is_finite(here.word)

    def _end_inserted(self) -> None:
        """End what is inserted, and hold again what goes on behind it."""
        place = self.inserted or 0
        fronts = self.joint not in _RELATIVE and place == len(self.found) - 1
        head = self.found.pop(place)
        self._end(fronts=fronts)
        self.joint, self.held, self.inserted = head.joint, [*head.tokens], None

    def _fronts(self, here: _Here) -> bool:
        """Return whether what begins here stands before the main clause: "Before B, A", "Asked for B, A"."""
        if here.mark and here.word.startswith(("precede", "follow")) and self.held:
            return False  # "A preceded B"
        if _fronts(here.mark, self.joint, self.held, self.found):
            return True
        is_first = not self.found and not self.held and not here.mark
        is_verb = is_finite(here.word) and here.word not in words_of("interposed")
        following = [one for one, _ in here.behind[1:3]]
        following = following[1:] if following and following[0].kind == "number" else following[:1]
        is_verb = is_verb and not has_verb(following)  # "fetched had ended", of a program; "Load 12 was weighed"
        return is_first and len(here.word) > _FEW and (is_verb or here.word.endswith("ing"))

    def _breaks(self, here: _Here) -> bool:
        """Return whether a clause begins here without a joint: "A; B", "A failed: B was missing", "A came first, B second"."""
        first_told = here.has_comma and bool(self.held) and self.held[-1].text.casefold() == "first"
        explains = ":" in here.between and has_verb(self.held) and _begins_clause(here.behind)
        return ";" in here.between or explains or first_told

    def _is_main_again(self, here: _Here) -> bool:
        """Return whether the main clause goes on here, behind what it came after: "A did B after C, | asked for D"."""
        is_told = (
            not self.fronted and self.inserted is None and bool(self.found) and not is_temporal(self.found[-1].tokens)
        )
        return (
            is_told
            and bool(self.held)
            and bool(set(_SHARP) & set(self.joint.split()))
            and here.has_comma
            and is_finite(here.word)
            and here.word not in words_of("interposed")
        )

    def _join(self, here: _Here) -> None:
        """End what is held before a joint, and begin what it joins; keep what goes on behind that, if it is inserted."""
        is_behind_subject = bool(self.held) and _is_insertion(self.held)
        self._end_held()
        if (is_behind_subject and here.mark in _ORDERING and not self.fronted) or self._is_aside(here):
            self.inserted = len(self.found) - 1
        elif here.mark not in _ORDERING:
            self.inserted = None
        self.joint = f"{self.joint} {here.mark}".strip()

    def _is_aside(self, here: _Here) -> bool:
        """Return whether a comma and a joint insert something: "A, which …", "the call, though …"."""
        if not here.has_comma or not self.found:
            return False
        return here.mark in _RELATIVE or (here.mark in words_of("conceding") and not has_verb(self.found[-1].tokens))


def _is_no_joint(mark: str, behind: Sequence[tuple[Token, str]], joint: str, held: Sequence[Token]) -> bool:
    """Return whether a word that may join clauses does not: "mailed that file", "after that failure", "as root"."""
    if mark == "that":
        noun = behind[1][0].text.casefold() if len(behind) > 1 else ""
        return bool(held and _points(held[-1])) or (
            not held and joint.endswith(("before", "after")) and root(noun) in _EVENTS and not is_finite(noun)
        )
    if mark in _SHARP and held and len(behind) > 1 and _is_auxiliary(behind[1][0]):
        return True  # "what it had read before was B"
    fronted = held and {"when", "after", "once", "until"} & set(joint.split()) and not has_verb(held)
    if mark == "then" and fronted and not behind[0][0].aside:
        return True  # "When the user then asked, …"
    following = [one for one, _ in behind[1:2]]
    if mark in words_of("joining_participles") and held:
        if {held[0].text.casefold(), held[-1].text.casefold()} & (words_of("be") | words_of("have")):
            return True  # "it was found before B", "only then was B given"
        is_whom = following and begins(following[0]) and following[0].text.casefold() != "no"
        if is_whom and not following[0].aside and not has_verb(held):
            return True  # "the search found the page"
    ends = not following or following[0].text.casefold() in words_of("prepositions") | {"and", "or", "but"}
    if mark == "once" and (held or joint) and ends:
        return True  # "once to A and once to B", "it was read once and written twice"
    if mark == "as" and held and following and has_verb(following) and not _is_auxiliary(following[0]):
        return True  # "it was listed as sold"
    rest = list[Token]()
    for one, other in behind[1:]:
        if other or one.aside:
            break
        rest.append(one)
    return mark == "as" and bool(held) and not has_verb(rest)


def _is_auxiliary(token: Token) -> bool:
    return token.kind == "word" and not token.aside and token.text.casefold() in words_of("inverted")


_EVENTS = roots_of("calls") | roots_of("results") | roots_of("failing") | roots_of("texts")


_SHARP = ("before", "after")
_ORDERING = frozenset(("before", "after", "once", "when", "until", "while"))
_RELATIVE = ("which", "who", "whose")


def _fronts(mark: str, joint: str, held: Sequence[Token], found: Sequence[Clause]) -> bool:
    """Return whether the clause that a joint begins stands before that which it is joined to."""
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
    return any(is_finite(word) and word not in words_of("interposed") for word in words)


def _is_main_next(behind: Sequence[tuple[Token, str]], held: Sequence[Token], found: Sequence[Clause]) -> bool:
    """Return whether a main clause begins here without a comma before it.

    "Before the call the agent …", "after the failure a new call was made", "not until B was A"; not "before the word of the
    agent".
    """
    token, before = behind[0][0], held[-1]
    following = [one for one, _ in behind[1:2]]
    if found and found[0].words in (("not",), ("only",)) and token.text.casefold() in ("did", "does", "do"):
        return True  # "Only after B did A happen"
    if (
        found
        and (found[-1].words in (("not",), ("only",)) or (found[0].words == ("not",) and is_temporal(found[-1].tokens)))
        and len(held) > 1
        and token.text.casefold() in words_of("inverted")
    ):
        return bool(following) and (begins(following[0]) or _is_named(following[0]))
    if not begins(token) or not _is_noun(before):
        return False
    return _goes_on_with_verb(behind)


def _is_named(token: Token) -> bool:
    """Return whether a token is a name: an entity, or a word with a capital."""
    return token.kind == "entity" or (token.kind == "word" and token.text[:1].isupper())


def _goes_on_with_verb(behind: Sequence[tuple[Token, str]]) -> bool:
    """Return whether a verb follows what begins here, before a comma or a joint."""
    rest = list[Token]()
    for one, mark in behind:
        if (mark or one.aside) and rest:
            break
        rest.append(one)
    return has_verb(rest[1:])


def _begins_clause(behind: Sequence[tuple[Token, str]]) -> bool:
    """Return whether a clause begins here, or a length of time before one: ": two seconds | after B, A"."""
    if _goes_on_with_verb(behind):
        return True
    joint = next((at for at, (_, mark) in enumerate(behind) if mark in _SHARP), 0)
    return joint > 0 and is_temporal([one for one, _ in behind[:joint]])


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


def _points(before: Token) -> bool:
    """Return whether a "that" behind this word points at a thing, as in "mailed that file": no clause begins with it."""
    word = before.text.casefold()
    if before.kind != "word" or root(word) in table().reporting:
        return False
    return word.endswith("ed") or word in words_of("pointing_behind")
