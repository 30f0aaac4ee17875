"""General words: which class of effect a verb belongs to, which words delegate, which speak to a model.

The words are data (`correlator/data/*.toml`, each with its origin); schemas and hints of tools win over them where telemetry has
them (`correlator.effects`).
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from pydantic import TypeAdapter

from correlator.spelling import stem, words


@cache
def _table(name: str) -> dict[str, object]:
    return tomllib.loads(files("correlator").joinpath("data", f"{name}.toml").read_text("utf-8"))


def _words(name: str, key: str) -> list[str]:
    """Return one list of a data file."""
    return _WORDS.validate_python(_table(name)[key])


@dataclass(frozen=True)
class _Row:
    """One class of verbs."""

    effect: bool
    verbs: list[str]


@cache
def _verbs() -> dict[str, _Row]:
    return _ROWS.validate_python(_table("verbs"))


_WORDS = TypeAdapter(list[str])
_ROWS = TypeAdapter(dict[str, _Row])


@cache
def verb_classes() -> dict[str, frozenset[str]]:
    """Return stem of a verb → its classes."""
    found: dict[str, set[str]] = {}
    for name, row in _verbs().items():
        for verb in row.verbs:
            found.setdefault(stem(verb), set()).add(name)
    return {verb: frozenset(classes) for verb, classes in found.items()}


def orders(sentence: str) -> frozenset[str]:
    """Return the verbs that a sentence uses as an order: base form, at the head of a clause.

    "Visit the page", "please send it", "make sure to pay", "you should delete": yes. "I visited", "he reads": no.
    """
    return frozenset(word for word in _heads(sentence) if word in _base_forms())


def _heads(sentence: str) -> list[str]:
    """Return the words that stand where an order stands."""
    return [word.casefold() for word in (*_HEAD.findall(sentence), *_BEHIND.findall(sentence))]


def reads_as_order(sentence: str) -> bool:
    """Return whether a sentence has the form of an order, whatever its verb: an unknown head word with an object behind it.

    "Frobnicate the account", "then zorp all files": yes. "The account", "Details of it", "You did": no. So an order in
    words that no table holds, or in another tongue's loan, is not read as a statement.
    """
    for pattern in (_FORM_HEAD, _FORM_BEHIND):
        for match in pattern.finditer(sentence):
            word = match[1].casefold()
            if word not in stop_words() and not word.endswith(("ed", "ing", "s", "ly")):
                return True
    return False


_OBJECT = (
    r"\s{1,8}(?:an?|the|your|my|his|her|their|our|this|that|these|those|all|any|every|each|one|me|us|them|him|it)\b"
)
_FORM_HEAD = re.compile(r"(?:^|[,;:.!?(\-–—*•])[ \t\"'“‘]{0,8}([A-Za-z]{3,40})" + _OBJECT, re.MULTILINE)
_FORM_BEHIND = re.compile(
    r"\b(?:please|then|and|to|must|should|just|do|now)\s{1,8}([A-Za-z]{3,40})" + _OBJECT, re.IGNORECASE
)


@cache
def _base_forms() -> frozenset[str]:
    return frozenset(verb for row in _verbs().values() for verb in row.verbs)


_HEAD = re.compile(r"(?:^|[,;:.!?(\-–—*•\d])[ \t\"'“‘]{0,8}([A-Za-z]{1,40})\b", re.MULTILINE)
_BEHIND = re.compile(
    r"\b(?:please|kindly|then|and|also|(?<!able )to|must|should|shall|you|do|just|now|first)\s{1,8}(?=([A-Za-z]{1,40})\b)",
    re.IGNORECASE,
)


@cache
def effect_classes() -> frozenset[str]:
    """Return the classes whose acts change something or carry something out."""
    return frozenset(name for name, row in _verbs().items() if row.effect)


def classes_of(word: str) -> frozenset[str]:
    """Return the classes of one word, empty where it is no known verb."""
    return verb_classes().get(stem(word), frozenset())


@cache
def command_classes() -> dict[str, str]:
    """Return program name → class for programs that reach out of their working place."""
    return {str(program): name for name, row in _table("commands").items() if isinstance(row, list) for program in row}


@cache
def places(group: str) -> tuple[str, ...]:
    """Return parts of paths, by what lies there."""
    return tuple(_words("places", group))


@cache
def critical(group: str) -> frozenset[str]:
    """Return the stems of a group of weighty words: `credential`, `access`, `money`, `granting` or `paying`."""
    row = _words("critical", group)
    return frozenset(stem(word) for word in row)


def _compile(name: str, key: str) -> re.Pattern[str]:
    row = _words(name, key)
    written = "|".join(f"(?:{pattern})" for pattern in row)
    nouns = "|".join(f"{re.escape(noun)}s?" for noun in _words("roles", "document"))
    return re.compile(
        written.replace(" {w} ", r"\s+(?:[\w'’\-.,]+\s+){0,6}?").replace("{document}", f"(?:{nouns})"), re.IGNORECASE
    )


@cache
def _delegation(kind: str) -> re.Pattern[str]:
    return _compile("delegation", kind)


@cache
def _addressing() -> re.Pattern[str]:
    return _compile("addressing", "patterns")


def delegates(clause: str) -> str:
    """Return `whole`, `partial` or the empty string: what authority a clause hands to a source."""
    if _NEGATION.search(clause) or only_asks(clause):
        # To read what somebody wants is not to do it.
        return ""
    if _delegation("whole").search(clause):
        return "whole"
    return "partial" if _delegation("partial").search(clause) else ""


def addresses_model(text: str) -> bool:
    """Return whether `text` speaks to a language model. A hint that raises a score, never evidence of intent."""
    return bool(_addressing().search(text[:4000]))


@cache
def stop_words() -> frozenset[str]:
    """Return the words that carry no meaning by themselves."""
    return frozenset(_words("function_words", "words"))


def content_words(text: str) -> frozenset[str]:
    """Return the stems of the words of `text` that carry meaning: no stop words, no single letters, no parts of addresses."""
    return frozenset(
        stem(word) for word in words(_ADDRESS.sub(" ", text)) if len(word) > 2 and word not in stop_words()
    )


_ADDRESS = re.compile(r"\S+@\S+|\w+://\S+|(?:[\w\-]+\.)+[a-z]{2,}(?:/\S*)?", re.IGNORECASE)


@cache
def destination_names() -> frozenset[str]:
    """Return the stems of argument names that say where something goes or whom it concerns."""
    row = _words("roles", "destination")
    return frozenset(stem(name) for name in row)


@cache
def things() -> frozenset[str]:
    """Return the stems of verbs that, in a tool's name, name a thing when a plain verb stands behind them."""
    return frozenset(stem(word) for word in _words("roles", "things"))


@cache
def _affirmation() -> re.Pattern[str]:
    row = _words("roles", "affirm")
    return re.compile(
        r"[\W_]*(?:(?:that|this|it|all)(?:['’]?s| is| looks)?\s+)?(?:" + "|".join(map(re.escape, row)) + r")\b",
        re.IGNORECASE,
    )


_NEGATION = re.compile(
    r"\b(?:no|not|never|don't|don’t|do not|cannot|can't|stop|wait|instead|nothing)\b|n't\b", re.IGNORECASE
)


def negates(text: str) -> bool:
    """Return whether a sentence denies or forbids something."""
    return _NEGATION.search(text) is not None


_ASKING = re.compile(
    r"^\W*(?:what|which|who|whose|whom|when|where|why|how|is|are|was|were|does|did|has|have|do\s+(?:i|we|you|they|these|those|any))\b",
    re.IGNORECASE,
)


_COURTESY = re.compile(
    r"^[\W_]*(?:(?:please|kindly|now|then|also|and|so|ok|okay|just|hi|hello|hey|thanks|first|finally|next)\b[\s,:;!.]*"
    r"|(?:can|could|would|will)\s+you\b[\s,]*|help\s+(?:me|us)\b(?:\s+to\b)?\s*"
    r"|i(?:['’]d| would)\s+like\s+(?:you\s+)?to\b\s*|i\s+(?:want|need)\s+(?:you\s+)?to\b\s*)+",
    re.IGNORECASE,
)
_TOLD = (
    r"summar(?:y|ies)|overview|list|numbers?|answer|idea|totals?|lines?|headlines?|names?|details|information|status|"
    r"breakdown|count|report|opinion|digest|table|explanation|description|translation|outline|label|text|paragraph"
)
_TELL_ME = re.compile(
    r"\b(?:(tell|show)\s+(?:me|us)\b|(let)\s+(?:me|us)\s+know\b"
    rf"|(give|write|draft|make)\s+(?:me|us)\s+(?:[\w'’\-]+\s+){{0,4}}(?:{_TOLD})\b)",
    re.IGNORECASE,
)
_WH = re.compile(r"^\W*(?:what|which|who|whose|whom|when|where|why|how)\b", re.IGNORECASE)
_WHY_NOT = re.compile(r"^\W*why\s+(?:not|don['’]?t)\b", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(?:who|whom|whose|which|that|what|where|when|why|how|if|whether)\b.*", re.IGNORECASE | re.DOTALL
)
# "the number to call back" orders no call, "I want you to call" does.
_PURPOSE = re.compile(
    r"(?<!want)(?<!need)(?<!like)(?<!have)(?<!sure)(?<!ask)(?<!try)(?<!remember) to [A-Za-z]+\b", re.IGNORECASE
)
_PHRASAL = re.compile(r"\W*(?!i\b|we\b)[a-z]{3,} (?:over|out|up|off|back|down|away|through|rid)\b", re.IGNORECASE)
_FIRST = re.compile(r"\W*([A-Za-z]+)")
_LONGEST = 2_000
"""Characters of a sentence that are looked at: nobody asks a longer question."""


@lru_cache(maxsize=16384)
def only_asks(sentence: str) -> bool | None:
    """Return whether a sentence asks to be told something and for no act that changes anything.

    `True`, on positive evidence only: a question about what is, or orders to read, look and tell. `False`: an order to act, in
    words that are known or not, however polite. `None`: neither ("I need the number for the advert.", "When it is ready").
    """
    text = re.sub(r"\s+", " ", sentence[:_LONGEST]).strip()
    bare = _COURTESY.sub("", text)
    if bare.endswith("?") and _ASKING.match(bare) and bare == text.lstrip(" \"'“‘"):
        return _question(bare)
    told = {verb.casefold() for match in _TELL_ME.finditer(bare) for verb in match.groups() if verb}
    placed = {*_heads(_PURPOSE.sub(" ", bare))}
    handed = placed & {*_words("delegation", "handing")}
    heads = ((placed & _base_forms()) | (_formed(bare) - stop_words()) | handed) - told
    first = _FIRST.match(bare)
    if first and _PHRASAL.match(bare) and first[1].casefold() not in _readers():
        heads.add(first[1].casefold())
    if heads - _readers() or _acts(bare):
        return False
    # A verb that reads and acts ("open", "get", "check") is no evidence by itself.
    return True if told or heads & _plain_readers() else None


def _question(text: str) -> bool | None:
    """Return `True` for a question about what is; "why don't you pay?" and "is it possible to delete it?" may ask for an act."""
    if _WH.match(text):
        return None if _WHY_NOT.match(text) or orders(text) - _readers() else True
    return None if _acts(text) or any(_is_act(word) for word in words(_RELATIVE.sub("", text))) else True


def _acts(text: str) -> bool:
    """Return whether an act is asked for in a form that is no order: "have it sent", "would you mind sending", "can we pay"."""
    asking = re.match(
        r"\W*(?:can|could|may|might|should|shall|would|will|have|has|let|get|mind)\b", text, re.IGNORECASE
    )
    return asking is not None and any(map(_is_act, words(_RELATIVE.sub("", text[asking.end() :]))))


def _is_act(word: str) -> bool:
    """Return whether a word is an act wherever it stands: a verb that changes something, and no thing's name ("mail", "report")."""
    classes = classes_of(word)
    return bool(classes & effect_classes()) and "read" not in classes and stem(word) not in things()


def _formed(sentence: str) -> set[str]:
    """Return the words that stand where an order stands, whether they are known or not."""
    found = [*_FORM_HEAD.findall(sentence), *_FORM_BEHIND.findall(sentence)]
    return {word for word in map(str.casefold, found) if not word.endswith(("ed", "ing", "ly"))}


@cache
def _readers() -> frozenset[str]:
    """Return the verbs that read; one that may speak to others ("tell Bob") is none."""
    return frozenset(
        verb
        for row in _verbs().values()
        if not row.effect
        for verb in row.verbs
        if "communicate" not in classes_of(verb)
    )


@cache
def _plain_readers() -> frozenset[str]:
    """Return the verbs that read and do nothing else."""
    acting = frozenset(_words("roles", "acting"))
    return frozenset(verb for verb in _readers() if not classes_of(verb) & effect_classes() and verb not in acting)


def affirms(text: str) -> bool:
    """Return whether a message says yes to the one before it: it begins with a yes, denies nothing and asks nothing."""
    head = text.strip()[:80]
    return bool(_affirmation().match(head)) and "?" not in text and not _NEGATION.search(text)


COMMON = frozenset(_words("function_words", "address_parts"))
"""Parts of addresses that many share; they tie nothing to a request."""


@cache
def owner_names() -> frozenset[str]:
    """Return the stems of field names that say whom a record belongs to."""
    row = _words("roles", "owner")
    return frozenset(stem(name) for name in row)


@cache
def _documents() -> frozenset[str]:
    return frozenset(stem(word) for word in _words("roles", "document"))


def speaks_of_document(text: str) -> bool:
    """Return whether a text speaks of something that somebody wrote."""
    return any(stem(word) in _documents() for word in words(text))
