"""Wrong sentences about traces, made from right ones.

Each generator takes one right sentence with the lines that it cites and makes sentences of one kind that the cited
lines do not carry. It only yields what is wrong for certain: a name or number that the cited lines do not hold, an
order that the lines contradict, a statement (motive, absence, cause) that no line of a trace can make. Same chains,
same seed, same sentences in the same order.
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from sensor.event import (
    AgentHandedOver,
    AlertReceived,
    Answered,
    CaptureStatus,
    DatabaseQueried,
    DocumentRetrieved,
    Event,
    EventsLost,
    FileChanged,
    FileOpened,
    MemoryWritten,
    ModelResponded,
    NameResolved,
    OpenRefused,
    ProcessStarted,
    PromptSubmitted,
    ToolCalled,
    ToolReturned,
)
from sensor.sources.trace import located


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence and the numbers of the lines that it cites, from 1."""

    sentence: str
    cites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """A trace in the notation and right sentences about it."""

    name: str
    trace: str
    right: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A sentence that its cited lines do not carry, and in what respect."""

    chain: str
    kind: str
    sentence: str
    cites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Entity:
    """Something that a trace names, and of what sort it is: only like is exchanged for like."""

    text: str
    sort: str


@dataclass(frozen=True, slots=True)
class _Found:
    """An entity in a sentence."""

    start: int
    end: int
    entity: _Entity


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a trace says, line by line."""

    lines: dict[int, str]
    """Text of each line, with the block below it; comments and empty lines are left out."""
    events: dict[int, Event]
    entities: tuple[_Entity, ...]
    """The longest first, so that a path is found before the folder that it begins with."""

    def text(self, cites: Iterable[int]) -> str:
        """Return the cited lines as one text."""
        return "\n".join(self.lines.get(number, "") for number in cites)


@dataclass(frozen=True, slots=True)
class _Verb:
    """The first finite verb of a sentence."""

    start: int
    end: int
    form: str
    """`auxiliary`, `have`, `past` or `present`."""
    base: str


@dataclass(frozen=True, slots=True)
class _Told:
    """A right sentence of a chain with what it names."""

    said: Said
    found: tuple[_Found, ...]
    anchors: tuple[str, ...]
    """Entities and figures: what a line must hold to carry the sentence."""
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Case:
    """One right sentence in its chain, and the sentences of all other chains."""

    chain: Chain
    facts: _Facts
    said: Said
    found: tuple[_Found, ...]
    others: tuple[_Told, ...]
    rng: random.Random

    def with_text(self, start: int, end: int, text: str) -> str:
        """Return the sentence with `text` in place of what is between `start` and `end`."""
        return self.said.sentence[:start] + text + self.said.sentence[end:]

    @property
    def cited(self) -> str:
        """Return the text of the cited lines."""
        return self.facts.text(self.said.cites)


_Made = Iterator[Said]

# What a trace names

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("url", re.compile(r"[a-z]+://[^\s\"'()\[\]{}<>,;|]+")),
    ("person", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("address", re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\d.]*\d)")),
    ("host", re.compile(r"(?<![\w.@-])(?:[a-z0-9-]+\.)+(?:org|net|com|example|test|local|internal)(?![\w-])")),
    ("path", re.compile(r"(?<![\w/.~@-])(?:~?/[\w.@-]+(?:/[\w.@-]+)*|[\w.-]*[a-z][\w.-]*(?:/[\w.@-]+)+)")),
    (
        "path",
        re.compile(
            r"(?<![\w/.-])[\w-]+\.(?:bin|cfg|conf|csv|db|docx?|eml|env|html?|ini|jpe?g|json|key|log|md|mov|mp3|mp4"
            r"|ods|odt|pdf|pem|png|pptx|py|sh|sql|sqlite|srt|tar|tbx|tgz|tiff?|toml|txt|wav|xlsx?|xml|ya?ml|zip)(?!\w)"
        ),
    ),
    ("id", re.compile(r"(?<![\w-])(?:[A-Z][A-Z0-9]{0,6}-[A-Z0-9][A-Z0-9-]*|[A-Z]{2,}\d+|\d{3,}-\d{3,})(?![\w-])")),
)
_URL_HOST = re.compile(r"[a-z]+://([^/:?#]+)")
_PROGRAM = re.compile(
    r"^(?:[\d:.TZ-]+ )?([a-z][\w.-]*)(?:\[[^\]]*\])? "
    r"(?:starts|opens|renames|links|unlinks|chmods|connects|accepts|resolves|uses|exits)\b"
)
_SESSION = re.compile(r"^(?:session|.*?agent hands over to) (?!key:|-)(?:\"([^\"]+)\"|([^\s:\"]+))")
_HOST_SHAPED = re.compile(r"(?:[a-z0-9-]+\.)+(?:org|net|com)")
_UNIT = re.compile(r"[a-z]{1,3}/[a-z]{1,3}")
"""Such as km/h: no path."""
_NO_NAME = frozenset(("agent", "tool", "http", "database", "alert", "end", "event", "lost", "true", "false", "null"))


def _lines(trace: str) -> dict[int, str]:
    """Return the text of each statement by the number of its first line."""
    lines: dict[int, str] = {}
    block = 0
    for number, row in enumerate(trace.split("\n"), 1):
        if block and (not row.strip() or row[0] in " \t"):
            lines[block] += "\n" + row.strip()
            continue
        block = 0
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        lines[number] = row
        if re.search(r":[ \t]*\|[ \t]*$", row):
            block = number
    return lines


def _values(arguments: object) -> Iterator[_Entity]:
    """Yield the words among the arguments of a call; one is exchanged only for another of the same argument."""
    if isinstance(arguments, dict):
        for key, value in arguments.items():
            if isinstance(value, str) and re.fullmatch(r"[A-Za-z][a-z]{3,}", value):
                yield _Entity(value, f"value of {key}")


def _of_event(event: Event) -> Iterator[_Entity]:
    match event:
        case PromptSubmitted() if event.principal and event.principal.id and event.principal.kind != "agent":
            yield _Entity(event.principal.id, "person")
        case ToolCalled():
            if "_" in event.name:
                yield _Entity(event.name, "tool")
            if event.server:
                yield _Entity(event.server, "product")
            yield from _values(event.arguments)
        case ToolReturned() | DocumentRetrieved() if event.author and event.author.id:
            yield _Entity(event.author.id, "host" if _HOST_SHAPED.fullmatch(event.author.id) else "person")
        case FileOpened() | OpenRefused() | FileChanged():
            yield _Entity(event.path, "path")
        case NameResolved():
            yield _Entity(event.name, "host")
        case DatabaseQueried():
            yield _Entity(event.system, "product")
        case AlertReceived():
            yield _Entity(event.product, "product")
        case _:
            pass


def _entities(lines: Mapping[int, str], events: Mapping[int, Event]) -> tuple[_Entity, ...]:
    sorts: dict[str, str] = {}
    for text in lines.values():
        session = _SESSION.search(text)
        if session:
            sorts.setdefault(session.group(1) or session.group(2), "session")
    for event in events.values():
        for entity in _of_event(event):
            sorts.setdefault(entity.text, entity.sort)
    for text in lines.values():
        for sort, shape in _SHAPES:
            for match in shape.finditer(text):
                value = match.group().rstrip(".:!?")
                if not _UNIT.fullmatch(value):
                    sorts.setdefault(value, sort)
                host = _URL_HOST.match(value)
                if host:
                    sorts.setdefault(host.group(1), "host")
    for program in _programs(lines, events):
        sorts.setdefault(program, "program")
    named = (_Entity(text, sort) for text, sort in sorts.items() if len(text) > 1 and text not in _NO_NAME)
    return tuple(sorted(named, key=lambda entity: (-len(entity.text), entity.text)))


def _programs(lines: Mapping[int, str], events: Mapping[int, Event]) -> Iterator[str]:
    """Yield the names of the processes, as the trace writes them."""
    for number, event in events.items():
        program = _PROGRAM.search(lines[number]) if hasattr(event, "process") else None
        if program:
            yield program.group(1)
        if isinstance(event, ProcessStarted):
            yield event.executable.rpartition("/")[2]


def _facts(chain: Chain) -> _Facts:
    lines = _lines(chain.trace)
    events = {found.line: found.event for found in located(chain.trace)}
    return _Facts(lines, events, _entities(lines, events))


def _find(sentence: str, entities: Sequence[_Entity]) -> tuple[_Found, ...]:
    """Return the entities in a sentence, in its order; none within another."""
    found: list[_Found] = []
    for entity in entities:
        whole = rf"(?<![\w@/.~-]){re.escape(entity.text)}(?![\w@/-]|\.\w)"
        for match in re.finditer(whole, sentence):
            if all(match.end() <= one.start or match.start() >= one.end for one in found):
                found.append(_Found(match.start(), match.end(), entity))
    return tuple(sorted(found, key=lambda one: one.start))


# Numbers and times

_TIME = re.compile(r"(?<![\d:.])\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?![\d:])")
_NUMBER = re.compile(
    r"(?<![\w.,:/@=-])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![\w:/@-]|[.,]\d)",
)
_WORDS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "twenty", "thirty",
)  # fmt: skip
_NUMBER_WORD = re.compile(rf"(?<![\w-])(?:{'|'.join(_WORDS)})(?![\w-])(?! of the\b)", re.IGNORECASE)
_VAGUE = re.compile(
    r"(?:more than|less than|fewer than|over|under|within|up to|at least|at most|about|nearly|some)\s+(?:\w+ )?$",
    re.IGNORECASE,
)
_MONTH = re.compile(r" (?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sep|Oct|Nov|Dec)")


@lru_cache(maxsize=4096)
def _normal(text: str) -> str:
    """Return the text in small letters and without separators of thousands."""
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text.casefold())


def _canonical(number: str) -> str:
    value = Decimal(number.replace(",", ""))
    return format(value.normalize(), "f")


@lru_cache(maxsize=4096)
def _numbers(text: str) -> frozenset[str]:
    return frozenset(_canonical(number) for number in re.findall(r"\d+(?:\.\d+)?", _normal(text)))


def _holds(text: str, part: str) -> bool:
    """Return whether the lines hold an entity, number or time; rather too often than too seldom."""
    if _TIME.fullmatch(part):
        return part in text
    if _NUMBER.fullmatch(part):
        return _canonical(part) in _numbers(text)
    return _normal(part) in _normal(text)


def _figures(sentence: str, found: Sequence[_Found]) -> list[re.Match[str]]:
    """Return the numbers and times of a sentence that are no part of an entity."""
    figures = [*_TIME.finditer(sentence), *_NUMBER.finditer(sentence)]
    return [
        figure for figure in figures if all(figure.end() <= one.start or figure.start() >= one.end for one in found)
    ]


def _digit_changed(number: str, rng: random.Random) -> str:
    """Return the number with one other digit, never with a new zero in front."""
    places = [place for place, sign in enumerate(number) if sign.isdigit()]
    place = rng.choice(places)
    digits = "123456789" if place == places[0] else "0123456789"
    return number[:place] + rng.choice(digits.replace(number[place], "")) + number[place + 1 :]


def _day_changed(rng: random.Random, day: str) -> str:
    return str(rng.choice([other for other in range(1, 29) if str(other) != day]))


def _second_changed(time: str, rng: random.Random) -> str:
    """Return the time with other minutes or seconds."""
    whole, dot, rest = time.partition(".")
    parts = whole.split(":")
    place = rng.randrange(1, len(parts))
    parts[place] = f"{(int(parts[place]) + rng.randrange(1, 50)) % 60:02d}"
    return ":".join(parts) + dot + rest


def _like(figure: str, facts: _Facts) -> list[str]:
    """Return other figures of the trace that look like this one."""
    every = facts.text(facts.lines)
    if _TIME.fullmatch(figure):
        times = {match.group() for match in re.finditer(r"(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?", every)}
        return sorted(time for time in times if len(time) == len(figure))
    whole, dot, _ = figure.replace(",", "").partition(".")
    numbers = (
        number
        for number in _numbers(every)
        if len(number.partition(".")[0]) == len(whole) and number.partition(".")[1] == dot
    )
    grouped = (f"{Decimal(number):,}" if "," in figure else number for number in numbers)
    return sorted(grouped)


def _number(case: _Case) -> _Made:
    """Change a number, time or number word; the result is not in the cited lines."""
    sentence = case.said.sentence
    if _NEGATIVE.search(sentence):  # what did not happen with 30 did not happen with 40 either
        return
    for figure in _figures(sentence, case.found):
        old = figure.group()
        if _VAGUE.search(sentence[: figure.start()]):
            continue
        if _TIME.fullmatch(old):
            fresh = [_second_changed(old, case.rng) for _ in range(4)]
        elif _MONTH.match(sentence, figure.end()) and len(old) < 3:
            fresh = [_day_changed(case.rng, old) for _ in range(4)]
        else:
            fresh = [_digit_changed(old, case.rng) for _ in range(4)]
        like = [] if _MONTH.match(sentence, figure.end()) else _like(old, case.facts)
        case.rng.shuffle(like)
        for choice in (like, fresh):
            new = next((one for one in choice if one != old and not _holds(case.cited, one)), None)
            if new is not None:
                yield Said(case.with_text(figure.start(), figure.end(), new), case.said.cites)
    for found in case.found:
        if found.entity.sort == "id" and re.search(r"\d{2}", found.entity.text):
            new = _digit_changed(found.entity.text, case.rng)
            if not _holds(case.cited, new):
                yield Said(case.with_text(found.start, found.end, new), case.said.cites)
    yield from _number_word(case)


def _number_word(case: _Case) -> _Made:
    sentence = case.said.sentence
    for match in _NUMBER_WORD.finditer(sentence):
        if not _VAGUE.search(sentence[: match.start()]):
            word = case.rng.choice([word for word in _WORDS if word != match.group().lower()])
            text = word.capitalize() if match.group()[0].isupper() else word
            yield Said(case.with_text(match.start(), match.end(), text), case.said.cites)


# Entities


def _lookalike(entity: _Entity, rng: random.Random) -> str | None:
    """Return a name that looks like this one but is another."""
    text = entity.text
    if entity.sort == "address":
        host, colon, port = text.partition(":")
        head, _, last = host.rpartition(".")
        return f"{head}.{(int(last) + rng.randrange(1, 90)) % 250 + 1}{colon}{port}"
    if entity.sort in ("host", "url", "person") and re.search(r"\.(?:org|net|com)\b", text):
        return re.sub(
            r"\.(org|net|com)\b", lambda end: {"org": ".net", "net": ".com", "com": ".org"}[end[1]], text, count=1
        )
    if entity.sort == "path":
        stem, dot, end = text.rpartition(".")
        return f"{stem}.old" if dot and "/" not in end and stem and not stem.endswith("/") else f"{text}-old"
    if entity.sort == "tool":
        verb, _, rest = text.partition("_")
        other = rng.choice([one for one in ("get", "check", "list", "update", "delete") if one != verb])
        return f"{other}_{rest}"
    if entity.sort == "id" or (entity.sort == "person" and re.search(r"\d", text)):
        return _digit_changed(text, rng) if re.search(r"\d", text) else None
    return None


def _apart(one: str, other: str) -> bool:
    """Return whether neither name is part of the other."""
    return _normal(one) not in _normal(other) and _normal(other) not in _normal(one)


def _entity(case: _Case) -> _Made:
    """Put an entity of another line, or one that looks alike, in an entity's place; the cited lines do not hold it."""
    if _NEGATIVE.search(case.said.sentence):
        return
    for found in case.found:
        others = [
            other.text
            for other in case.facts.entities
            if other.sort == found.entity.sort
            and _apart(other.text, found.entity.text)
            and not _holds(case.cited, other.text)
        ]
        if others:
            yield Said(case.with_text(found.start, found.end, case.rng.choice(others)), case.said.cites)
        alike = _lookalike(found.entity, case.rng)
        if alike is not None and alike != found.entity.text and not _holds(case.facts.text(case.facts.lines), alike):
            yield Said(case.with_text(found.start, found.end, alike), case.said.cites)


# Who did what to whom

_SYMMETRIC = re.compile(
    r"\b(?:both|neither|nor|either|same|shared?|agrees?|matche[sd]|match|between|together|each|equals?|identical|also|"
    r"alike|alongside|along with|differs?|different|in common|as well as)\b",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"\s*(?:,|,?\s*(?:and|or|nor|plus))[\s,]*"
    r"(?:(?:and|or|then|to|from|by|for|in|on|with|of|at|into|the|an?|one|also|finally)[\s,]*)*"
)
"""What stands between the members of a list, which may change places."""
_DIRECTED = re.compile(
    r"\b(?:to|from|by|into|than|as|for|in|on|under|via|through|started|opened|asked|told|named|wrote|called|connected|"
    r"resolved|sent|gave|handed|had|has|is|was|were|says|asks|tells)\b|\d"
)
_GROUPS = {
    "person": "doer", "program": "doer", "tool": "doer", "product": "doer", "session": "doer",
    "host": "place", "address": "place", "path": "place", "url": "place", "id": "id",
}  # fmt: skip
_AGENT = re.compile(r"\b[Tt]he agent\b(?!['’])")
_AGENT_AT_FRONT = re.compile(r"^(?:The agent|(?:At|In|On|By) [\d:.]+,? the agent) (?=[a-z])")
_ROLE = re.compile(
    r"\b[Tt]he (?:customer|user|operator|administrator|developer|clerk|editor|guest|host|visitor|reader|newsroom|"
    r"server|page|document|mail|letter|ticket|note|bulletin|attachment|head keeper|remark|review|shell|script|tool|"
    r"system prompt)\b(?!['’])"
)
_TURNED = re.compile(r"\b(?:by|from|to) $")


def _swapped(sentence: str, first: tuple[int, int], second: tuple[int, int]) -> str:
    """Return the sentence with two of its parts exchanged; an article in front is written large, elsewhere small."""
    (a, b), (c, d) = first, second
    one, other = re.sub(r"^The ", "the ", sentence[a:b]), sentence[c:d]
    if a == 0:
        other = re.sub(r"^the ", "The ", other)
    return sentence[:a] + other + sentence[b:c] + one + sentence[d:]


def _between(case: _Case, start: int, end: int) -> str:
    """Return the words between two places, without the entities among them."""
    words = case.said.sentence[start:end]
    for one in sorted(case.found, key=lambda one: -len(one.entity.text)):
        words = words.replace(one.entity.text, " ")
    return f" {words} "


def _crossing(between: str) -> bool:
    """Return whether it matters which of two names stands before these words and which after them."""
    return not _LISTED.fullmatch(between) and _DIRECTED.search(between) is not None


def _roles(case: _Case) -> _Made:
    """Exchange two entities of the sentence, the agent and one of them, or the subject for somebody else."""
    sentence = case.said.sentence
    if _SYMMETRIC.search(sentence):
        return
    for place, one in enumerate(case.found):
        for other in case.found[place + 1 :]:
            group = _GROUPS.get(one.entity.sort, one.entity.sort)
            if (
                group == _GROUPS.get(other.entity.sort, other.entity.sort)
                and _apart(one.entity.text, other.entity.text)
                and sentence.count(one.entity.text) == sentence.count(other.entity.text) == 1
                and _crossing(_between(case, one.end, other.start))
            ):
                yield Said(_swapped(sentence, (one.start, one.end), (other.start, other.end)), case.said.cites)
    doers = [(one.start, one.end) for one in case.found if _GROUPS.get(one.entity.sort) == "doer"]
    doers += [match.span() for match in _ROLE.finditer(sentence)]
    for agent in _AGENT.finditer(sentence):
        for doer in doers:
            if sentence[doer[1] : doer[1] + 2] not in ("'s", "’s"):
                first, second = sorted((agent.span(), doer))
                between = _between(case, first[1], second[0])
                if not _LISTED.fullmatch(between) and (_crossing(between) or _tells(between)):
                    yield Said(_swapped(sentence, first, second), case.said.cites)
    yield from _other_subject(case)


def _tells(text: str) -> bool:
    """Return whether there is a verb in these words."""
    return any(word in _PAST or word in _PRESENT for word in re.findall(r"[a-z]+", text))


def _other_subject(case: _Case) -> _Made:
    """Put somebody whom the cited lines do not name in the agent's place, or the agent in somebody's."""
    sentence = case.said.sentence
    persons = [entity.text for entity in case.facts.entities if entity.sort == "person"]
    strangers = [person for person in persons if not _holds(case.cited, person)]
    agent = _AGENT.search(sentence)
    if agent and strangers and _AGENT_AT_FRONT.match(sentence):
        yield Said(case.with_text(agent.start(), agent.end(), case.rng.choice(strangers)), case.said.cites)
    if agent:
        return
    free = _free(sentence, ())
    for found in case.found:
        if found.entity.sort != "person" or not free(found.start):
            continue
        verb = re.match(r" ([a-z]+)\b(?! by\b)", sentence[found.end :])
        if verb and verb.group(1) in _PAST and re.fullmatch(r"(?:At [\d:.]+,? )?", sentence[: found.start]):
            yield Said(
                case.with_text(found.start, found.end, "the agent" if found.start else "The agent"), case.said.cites
            )
        if _TURNED.search(sentence[: found.start]):
            yield Said(case.with_text(found.start, found.end, "the agent"), case.said.cites)
    role = _ROLE.match(sentence)
    if role and all(isinstance(case.facts.events.get(number), PromptSubmitted) for number in case.said.cites):
        yield Said(case.with_text(role.start(), role.end(), "The agent"), case.said.cites)


# Verbs and their negation

_IRREGULAR = {
    "began": "begin", "brought": "bring", "came": "come", "drew": "draw", "found": "find", "gave": "give", "got": "get",
    "held": "hold", "kept": "keep", "left": "leave", "made": "make", "met": "meet", "paid": "pay", "ran": "run",
    "said": "say", "sent": "send", "sought": "seek", "spoke": "speak", "stood": "stand", "told": "tell", "took": "take",
    "went": "go", "wrote": "write", "cancelled": "cancel", "dropped": "drop", "flagged": "flag", "logged": "log",
    "referred": "refer", "stopped": "stop", "submitted": "submit", "transferred": "transfer", "permitted": "permit",
}  # fmt: skip
_REGULAR = (
    "accept", "add", "agree", "allow", "announce", "answer", "appear", "apply", "approve", "arrive", "ask",
    "attach", "attempt", "bill", "book", "call", "carry", "cause", "change", "charge", "claim", "close",
    "complain", "complete", "confirm", "connect", "contact", "contain", "copy", "create", "decline", "delete",
    "deliver", "demand", "deny", "describe", "disable", "display", "download", "enable", "end", "enter", "erase",
    "exchange", "execute", "exit", "export", "fail", "fetch", "file", "follow", "forward", "grant", "hand",
    "happen", "identify", "include", "inform", "inquire", "insert", "install", "instruct", "invite", "invoke",
    "issue", "join", "last", "launch", "list", "load", "lock", "look", "mail", "mark", "mention", "move", "name",
    "need", "note", "notice", "obtain", "offer", "open", "order", "pass", "place", "post", "present", "print",
    "produce", "promise", "propose", "provide", "publish", "purchase", "push", "query", "quote", "raise", "reach",
    "receive", "recommend", "record", "redirect", "refuse", "register", "reject", "release", "remain", "remember",
    "remind", "remove", "rename", "repeat", "replace", "reply", "report", "request", "require", "resolve",
    "respond", "retrieve", "return", "reveal", "revoke", "save", "schedule", "search", "share", "show", "sign",
    "start", "state", "stay", "store", "succeed", "suggest", "supply", "switch", "treat", "try", "turn", "unlock",
    "update", "upload", "use", "view", "visit", "want", "warn", "yield",
)  # fmt: skip
_PRESENT_BASES = (
    "agree", "appear", "ask", "bear", "begin", "belong", "carry", "claim", "come", "concern", "contain", "cover",
    "demand", "describe", "echo", "equal", "find", "give", "go", "hold", "include", "instruct", "invite", "lie",
    "match", "mention", "name", "need", "own", "point", "promise", "propose", "put", "recommend", "refer",
    "remain", "repeat", "require", "run", "say", "show", "speak", "stand", "state", "stem", "suggest", "tell",
    "urge", "want",
)  # fmt: skip


def _past(base: str) -> str:
    if base.endswith("e"):
        return f"{base}d"
    return f"{base[:-1]}ied" if re.search(r"[^aeiou]y$", base) else f"{base}ed"


def _third(base: str) -> str:
    if re.search(r"[^aeiou]y$", base):
        return f"{base[:-1]}ies"
    return f"{base}es" if re.search(r"(?:ch|sh|s|x|o)$", base) else f"{base}s"


_PAST = {**{_past(base): base for base in _REGULAR}, **_IRREGULAR}
_PRESENT = {_third(base): base for base in _PRESENT_BASES}
_PARTICIPLE = re.compile(
    r"(?:[a-z]+ly )?(?:[a-z]+ed|been|[a-z]+en|made|sent|told|paid|put|read|held|set|said|left|found)\b"
)
_AUXILIARY = frozenset(("was", "were", "is", "are", "could", "can", "may", "will", "would", "must", "should"))
_NO_VERB_AFTER = frozenset((
    "a", "an", "the", "its", "their", "his", "her", "this", "these", "those", "to", "or", "by", "as", "of",
    "with", "for", "from", "in", "on", "at", "be", "been", "being", "is", "are", "was", "were", "has", "had",
    "have", "not", "never", "no", "first", "second", "two", "three",
))  # fmt: skip
_NEGATIVE = re.compile(
    r"\b(?:not|no|never|neither|nor|nobody|nothing|none|without|cannot|unless|until)\b|n['’]t\b", re.IGNORECASE
)
_ASIDE = re.compile(
    r"^(?:After|Before|While|Although|Though|When|Once|As|Having|Asked|Told|Since|If|Because|Not until|"
    r"(?:[\w-]+ )+?(?:after|before)|Half a second)\b"
)
_ASKING = re.compile(r"\b(?:who|whom|whose|what|how|whether|why|where|when|if|as|that|which)\b[^,;:]*$", re.IGNORECASE)
"""The words before a verb that is not the main one: of a question, a relative clause, or what somebody said."""
_STATING = frozenset(("say", "give", "show", "mention", "name", "contain", "tell", "ask", "claim", "state", "demand"))
_ALONE = frozenset(("fail", "succeed", "go", "come", "appear", "arrive", "happen", "end", "reply", "answer"))
_QUOTED = re.compile(r"(?<![\w])'[^']+'(?!\w)|\"[^\"]+\"|“[^”]+”|‘[^’]+’")


def _free(sentence: str, found: Sequence[_Found]) -> Callable[[int], bool]:
    """Return a test of whether a place is in the analyst's own words: in no quotation and no entity."""
    taken = [match.span() for match in _QUOTED.finditer(sentence)] + [(one.start, one.end) for one in found]
    return lambda place: all(not start <= place < end for start, end in taken)


def _verb(sentence: str, found: Sequence[_Found]) -> _Verb | None:
    """Return the first finite verb of the main clause, as far as the tables above know it."""
    free = _free(sentence, found)
    begin = 0
    if _ASIDE.match(sentence):
        commas = [match.start() for match in re.finditer(", ", sentence) if free(match.start())]
        if not commas:
            return None
        begin = commas[0]
    words = [match for match in re.finditer(r"[A-Za-z][A-Za-z'’-]*", sentence) if match.start() >= begin]
    for place, match in enumerate(words):
        word, before = match.group(), words[place - 1].group().lower() if place else ""
        if place == 0 or not free(match.start()) or _ASKING.search(sentence[begin : match.start()]):
            continue
        rest = sentence[match.end() :].lstrip()
        comma = sentence[: match.start()].rstrip().endswith(",")
        led = before == "agent" or any(one.end == match.start() - 1 for one in found)
        verb = _form(word, before, rest, after_comma=comma, led=led)
        if verb is not None:
            return _Verb(match.start(), match.end(), *verb)
    return None


def _form(word: str, before: str, rest: str, *, after_comma: bool, led: bool) -> tuple[str, str] | None:
    """Return form and base of a word if it is a finite verb here; `led` if a doer stands right before it."""
    if word in ("had", "has", "have"):
        return ("auxiliary", word) if _PARTICIPLE.match(rest) else ("have", "have")
    if word in _AUXILIARY:
        return "auxiliary", word
    if before in _NO_VERB_AFTER:
        return None
    if word in _PRESENT:
        return "present", _PRESENT[word]
    base = _PAST.get(word)
    if base is None or after_comma or re.match(r"by\b", rest):
        return None
    return (
        ("past", base)
        if led or base in _ALONE or not re.match(r"(?:as|under|in|on|at|for)\b|[^\w'\"~/.]", rest)
        else None
    )


def _negation(case: _Case) -> _Made:
    """Put a negation to the verb."""
    sentence = case.said.sentence
    verb = None if _NEGATIVE.search(sentence) else _verb(sentence, case.found)
    if verb is None:
        return
    old = sentence[verb.start : verb.end]
    match verb.form:
        case "auxiliary":
            forms = [f"{old} not", f"{old} never"]
        case "have":
            forms = [f"{'did' if old == 'had' else 'does' if old == 'has' else 'do'} not have", f"never {old}"]
        case "past":
            forms = [f"did not {verb.base}", f"never {old}"]
            if case.said.sentence[: verb.start].lower().endswith("the agent "):
                forms.append(f"refused to {verb.base}")
        case _:
            forms = [f"does not {verb.base}", f"{'nowhere' if verb.base in _STATING else 'never'} {old}"]
    for form in forms:
        yield Said(case.with_text(verb.start, verb.end, form), case.said.cites)


# Motives, names, absences: what no line of a trace says

_MOTIVE_ENDS = (
    ", in order to please {who}",
    ", because it wanted to be done with the task",
    ", hoping that nobody would notice",
    ", out of revenge",
    ", with the intention of doing harm",
    ", so as to get round the rules of the house",
    ", as {who} was eager to profit from it",
    ", to cover up an earlier mistake",
    ", for the sole purpose of testing how far one could go",
    ", since {who} had always meant to cause trouble",
)
_MOTIVE_FRONTS = (
    "Out of greed, ",
    "To win time, ",
    "Wanting to help {who}, ",
    "In an effort to hide what had happened, ",
    "Out of sheer carelessness, ",
    "Driven by curiosity, ",
)
_MOTIVE_ADVERBS = ("maliciously", "knowingly", "deliberately", "willingly", "reluctantly")
_NAMES = (
    "Gilded Wasp", "Nordlanthe", "Korvex", "Silver Moth", "Brightwall Labs", "TalonSuite", "Pavel Orlik", "Quillrat",
    "Amber Heron", "Vexolane", "Dorothea Winch", "MirageKit", "Tidecrow", "Osprey Ledger", "Hollowpine", "Zephyrine",
)  # fmt: skip
_NAME_ENDS = (
    ", as seen before in the {name} campaign",
    ", by way of the {name} gateway",
    ", a pattern of the group {name}",
    ", on a system made by {name}",
    ", which {name} had reported as well",
    ", under the watch of {name}",
    " by means of the program {name}",
    ", a case of CVE-2031-40{number}",
)
_NAME_AFTER = {
    "person": ", that is {name},", "host": ", a server of {name},", "address": ", a machine of {name},",
    "tool": ", a function of {name},", "path": ", a file of {name},", "program": ", a build by {name},",
}  # fmt: skip
_ABSENCE_ENDS = (
    ", and nothing else was sent",
    "; no other file was read",
    ", and no data left the system",
    "; nothing further happened after that",
    ", and nobody else had access to it",
    "; it happened this once and never again",
    ", and no other step was involved",
    ", and that was all",
    "; no trace of it was left anywhere else",
    ", and no one outside has seen it",
)
_ABSENCE_OF = {
    "person": ("Apart from {what}, nobody was involved.", "Nobody but {what} has seen any of it."),
    "host": ("No host other than {what} was ever contacted.", "Nothing was sent anywhere but to {what}."),
    "address": ("Nothing else was reached over the network than {what}.", "No connection was made except to {what}."),
    "path": ("Except {what}, no file was touched.", "No file other than {what} was read or written."),
    "url": ("Apart from {what}, no page was requested.", "No data went to any place but {what}."),
    "program": ("Besides {what}, no program was run on the host.", "No process other than {what} did anything."),
}
_ABSENCE_TOOL = ("{what} is the only tool that was called.", "No tool other than {what} was used.")
_ABSENCE_LOST = "{body}, and the recording has no gap."


def _body(sentence: str) -> str:
    """Return a sentence without its full stop."""
    return sentence.rstrip().rstrip(".")


def _small(sentence: str) -> str:
    """Return a sentence as it goes on after another word: names keep their capital."""
    first = re.match(r"[A-Z][a-z]*(?![\w-])", sentence)
    if first and first.group() in _SMALL:
        return sentence[0].lower() + sentence[1:]
    return sentence


_SMALL = frozenset((
    "A", "According", "After", "All", "Among", "An", "As", "At", "Because", "Before", "Between", "Both", "By",
    "During", "Each", "Five", "For", "Four", "From", "In", "Into", "It", "Its", "Later", "Not", "Nine", "Of",
    "On", "Once", "One", "Only", "Over", "Seven", "Several", "Six", "Some", "Ten", "That", "The", "These", "They",
    "This", "Those", "Three", "Through", "To", "Two", "Under", "Until", "When", "While", "With", "Without",
))  # fmt: skip
_PLAIN_END = re.compile(r"[\w)'\"%]\.$")


def _persons(case: _Case) -> list[str]:
    return [entity.text for entity in case.facts.entities if entity.sort == "person"] or ["the user"]


def _motive(case: _Case) -> _Made:
    """Add a motive, at the end, in front or at the verb."""
    sentence = case.said.sentence
    for text in case.rng.sample(_MOTIVE_ENDS, 2):
        yield Said(f"{_body(sentence)}{text.format(who=case.rng.choice(_persons(case)))}.", case.said.cites)
    front = case.rng.choice(_MOTIVE_FRONTS).format(who=case.rng.choice(_persons(case)))
    if _AGENT.match(sentence):
        yield Said(front + _small(sentence), case.said.cites)
    verb = _verb(sentence, case.found)
    if verb is not None and verb.form == "past" and sentence[: verb.start].lower().endswith("the agent "):
        yield Said(case.with_text(verb.start, verb.start, f"{case.rng.choice(_MOTIVE_ADVERBS)} "), case.said.cites)


def _name(case: _Case) -> _Made:
    """Bring in a group, product, person or weakness that the trace does not know."""
    sentence = case.said.sentence
    every = case.facts.text(case.facts.lines)
    names = [name for name in _NAMES if not _holds(every, name)]
    for text in case.rng.sample(_NAME_ENDS, 2):
        number = f"{case.rng.randrange(100, 999)}"
        yield Said(f"{_body(sentence)}{text.format(name=case.rng.choice(names), number=number)}.", case.said.cites)
    free = _free(sentence, ())
    for found in case.found:
        inset = _NAME_AFTER.get(found.entity.sort)
        if inset and free(found.start) and re.match(r" [a-z]|\.$", sentence[found.end :]):
            text = inset.format(name=case.rng.choice(names))
            end = text[:-1] if sentence[found.end :] == "." else text
            yield Said(case.with_text(found.end, found.end, end), case.said.cites)
        if found.entity.sort == "person" and found.start == 0:
            yield Said(
                case.with_text(0, found.end, case.rng.choice(("Pavel Orlik", "Dorothea Winch"))), case.said.cites
            )
    agent = _AGENT.search(sentence)
    if agent:
        new = (
            f"{sentence[agent.start() : agent.start() + 3]} {case.rng.choice(('Korvex', 'Tidecrow', 'Quillrat'))} agent"
        )
        yield Said(case.with_text(agent.start(), agent.end(), new), case.said.cites)


def _absence(case: _Case) -> _Made:
    """Claim that there was nothing else, which no line can say."""
    sentence = case.said.sentence
    for text in case.rng.sample(_ABSENCE_ENDS, 2):
        yield Said(f"{_body(sentence)}{text}.", case.said.cites)
    for found in case.found:
        for text in _ABSENCE_OF.get(found.entity.sort, ()):
            yield Said(text.format(what=found.entity.text), case.said.cites)
    tools = {event.name for event in case.facts.events.values() if isinstance(event, ToolCalled)}
    for found in case.found:
        if found.entity.text in tools and len(tools) > 1:
            yield Said(case.rng.choice(_ABSENCE_TOOL).format(what=found.entity.text), case.said.cites)
    if any(isinstance(event, EventsLost) for event in case.facts.events.values()):
        yield Said(_ABSENCE_LOST.format(body=_body(sentence)), case.said.cites)


# Order and cause

_ORDER_WORD = re.compile(
    r"\b(?:before|after|afterwards|later|earlier|then|first|once|until|followed|thereafter|next|already|when)\b",
    re.IGNORECASE,
)
_REVERSED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bwas followed by\b"), "was preceded by"),
    (re.compile(r"\bwere followed by\b"), "were preceded by"),
    (re.compile(r"\b(?:before|Before)\b(?= [\w/~])"), "after"),
    (re.compile(r"\b(?:only )?(?:after|After)\b(?= [\w/~]| '[^']+' (?:had|was)\b)(?! that\b)"), "before"),
    (re.compile(r"(?<!no )\blater\b"), "earlier"),
    (re.compile(r"\bearlier\b"), "later"),
    (re.compile(r"\b(?:afterwards|thereafter)\b"), "beforehand"),
)
_FIRST_THEN = re.compile(r"\bfirst ([^,;:.]+?),? (?:and )?then ([^,;:.]+?)(?=[,;:.])")
_STATE = re.compile(
    r"\b(?:is|are|carries|contains|holds|names|says|same|both|neither|shares?|according|than|very|agrees?|stands?)\b"
    r"|[;:]",
    re.IGNORECASE,
)


def _order(case: _Case) -> _Made:
    """Reverse a word of order, exchange first and then, or tell two right sentences the wrong way round."""
    sentence = case.said.sentence
    free = _free(sentence, ())
    before_and_after = len(re.findall(r"\b(?:before|after)\b", sentence, re.IGNORECASE)) > 1
    if "irst" not in sentence and not before_and_after and not _NEGATIVE.search(sentence):
        for pattern, text in _REVERSED:
            match = pattern.search(sentence)
            if match and free(match.start()):
                new = text.capitalize() if match.start() == 0 else text
                yield Said(case.with_text(match.start(), match.end(), new), case.said.cites)
                break
    and_then = re.search(r",? and then (?=[a-z]+ed\b)", sentence)
    if and_then and "irst" not in sentence:
        yield Said(case.with_text(and_then.start(), and_then.end(), ", but before that "), case.said.cites)
    both = _FIRST_THEN.search(sentence)
    if both:
        text = f"first {both.group(2)} and then {both.group(1)}"
        yield Said(case.with_text(both.start(), both.end(), text), case.said.cites)
    yield from _order_of_event(case)
    for later in _later(case):
        cites = tuple(sorted({*case.said.cites, *later.cites}))
        a, b = _body(case.said.sentence), _body(later.sentence)
        yield Said(f"{b} before {_small(a)}.", cites)
        yield Said(f"First {_small(b)}, and then {_small(a)}.", cites)


def _order_of_event(case: _Case) -> _Made:
    """Tell the sentence before what came before it, or after what came after it."""
    facts, said = case.facts, case.said
    if not _eventful(said, facts, case.found):
        return
    names = [event.name for event in facts.events.values() if isinstance(event, ToolCalled)]
    calls = {
        event.call_id: event.name
        for event in facts.events.values()
        if isinstance(event, ToolCalled) and names.count(event.name) == 1
    }
    session = facts.events[said.cites[0]].session
    a, b = _body(said.sentence), _small(_body(said.sentence))
    for number, event in facts.events.items():
        what = None if isinstance(event, EventsLost) else _phrase(event, calls, results=True)
        if what is None or event.session != session:
            continue
        if number < min(said.cites):
            yield Said(f"{a}, and only after that came {what}.", tuple(sorted((number, *said.cites))))
            yield Said(f"{a} before {what}.", tuple(sorted((number, *said.cites))))
        elif number > max(said.cites):
            yield Said(f"After {what}, {b}.", tuple(sorted((number, *said.cites))))
            yield Said(f"First came {what}, and then {b}.", tuple(sorted((number, *said.cites))))


def _eventful(said: Said, facts: _Facts, found: Sequence[_Found]) -> bool:
    """Return whether a sentence tells one thing that happened at the lines that it cites, and nothing else."""
    verb = _verb(said.sentence, found)
    return (
        verb is not None
        and (verb.form == "past" or verb.base in ("was", "were", "had"))
        and not _ASIDE.match(said.sentence)
        and not _NEGATIVE.search(said.sentence)
        and not re.match(r"(?:On|Of|In|With|Among|Beside|[A-Z][a-z]+ing|[A-Z][a-z]+ed)\b", said.sentence)
        and len(said.sentence) < 150
        and not _ORDER_WORD.search(said.sentence)
        and not _STATE.search(said.sentence)
        and _PLAIN_END.search(said.sentence) is not None
        and all(
            number in facts.events and not isinstance(facts.events[number], (EventsLost, CaptureStatus))
            for number in said.cites
        )
    )


def _later(case: _Case) -> Iterator[Said]:
    """Yield the right sentences of the chain about what came later in the same session, the next one first."""
    facts = case.facts
    if not _eventful(case.said, facts, case.found):
        return
    end = max(case.said.cites)
    for other in sorted(case.chain.right, key=lambda said: (min(said.cites), said.sentence)):
        if min(other.cites) > end and _eventful(other, facts, _find(other.sentence, facts.entities)):
            events = [facts.events[number] for number in (*case.said.cites, *other.cites)]
            if len({event.session for event in events}) == 1:
                yield other


_CAUSED = ("caused", "led to", "triggered", "brought about")
_SINCE = re.compile(
    r"(?P<lead>^|,? (?:but )?)"
    r"(?:(?:[Oo]nly|[Ss]hortly|[Ii]mmediately) |(?:[\w-]+ ){1,4}?(?:seconds?|minutes?|hours?) )?"
    r"(?P<after>[Aa]fter) (?P<what>[^,;]+?)(?P<end>, |\.$)"
)
_NO_CAUSE_FROM = (PromptSubmitted, AgentHandedOver)
_STEP = (ToolCalled, ToolReturned, ModelResponded, Answered, MemoryWritten, AlertReceived, EventsLost, PromptSubmitted)


def _bound(first: Iterable[Event], second: Iterable[Event]) -> bool:
    """Return whether an exact key may bind the second events to the first: call id, process, request."""
    before, after = list(first), list(second)
    calls = {event.call_key for event in before} - {None}
    return any(not isinstance(event, _STEP) or event.call_key in calls for event in after) or not all(
        isinstance(event, (*_STEP, DocumentRetrieved)) for event in before
    )


def _cause(case: _Case) -> _Made:
    """Turn what only came after into what was caused, in one sentence or over two right ones."""
    sentence = case.said.sentence
    events = [case.facts.events[number] for number in case.said.cites if number in case.facts.events]
    if "was followed by" in sentence:
        yield Said(sentence.replace("was followed by", case.rng.choice(_CAUSED)), case.said.cites)
    elif len(events) > 1 and not _bound(events[:-1], events[-1:]):
        yield from _because(case)
    yield from _because_of_event(case)
    if any(isinstance(event, _NO_CAUSE_FROM) for event in events):
        return
    for later in _later(case):
        others = [case.facts.events[number] for number in later.cites]
        if _bound(events, others) or any(
            isinstance(event, (PromptSubmitted, Answered, ModelResponded)) for event in others
        ):
            continue
        cites = tuple(sorted({*case.said.cites, *later.cites}))
        a, b = _body(sentence), _body(later.sentence)
        yield Said(f"{b} because {_small(a)}.", cites)
        yield Said(
            f"{a}, and this {case.rng.choice(('forced', 'triggered', 'caused'))} what came next: {_small(b)}.", cites
        )


_CAUSE_ENDS = (
    "{a} because of {what}.",
    "{a}, which was caused by {what}.",
    "Forced by {what}, {b}.",
    "{what} triggered this: {b}.",
)


def _phrase(event: Event, calls: Mapping[str | None, str], *, results: bool) -> str | None:
    """Return what happened in a noun phrase; results of tools and documents only if they are asked for."""
    match event:
        case ToolReturned(failed=True) if results and event.call_id in calls:
            return f"the failure of {calls[event.call_id]}"
        case ToolReturned() if results and event.call_id in calls:
            return f"the result of {calls[event.call_id]}"
        case AlertReceived():
            return f"the alert of {event.product}"
        case EventsLost():
            return f"the loss of {event.count} events at {event.where}"
        case DocumentRetrieved() if results and event.place:
            return f"the retrieval of {event.place}"
        case MemoryWritten() if event.place:
            return f"the entry of '{event.place}' in memory"
        case _:
            return None


def _because_of_event(case: _Case) -> _Made:
    """Say that the sentence was caused by what stands on an earlier line, with which it shares no key."""
    sentence, facts = case.said.sentence, case.facts
    verb = _verb(sentence, case.found)
    cited = [facts.events[number] for number in case.said.cites if number in facts.events]
    if verb is None or verb.base in ("is", "are") or re.search(r"\b(?:before|after|later|earlier)\b", sentence):
        return
    if len(cited) != len(case.said.cites) or _ASIDE.match(sentence) or re.search(r"[;:]|\b(?:because|so)\b", sentence):
        return
    calls = {event.call_id: event.name for event in facts.events.values() if isinstance(event, ToolCalled)}
    keys = {event.call_key for event in cited} - {None}
    said_so = any(isinstance(event, (Answered, ModelResponded, PromptSubmitted)) for event in cited)
    for number in sorted((number for number in facts.events if number < min(case.said.cites)), reverse=True)[:6]:
        event = facts.events[number]
        what = None if event.call_key in keys else _phrase(event, calls, results=not said_so)
        if what is not None and event.session == cited[0].session:
            text = case.rng.choice(_CAUSE_ENDS).format(a=_body(sentence), b=_small(_body(sentence)), what=what)
            yield Said(
                text[0].upper() + text[1:] if text.startswith("the ") else text,
                tuple(sorted((number, *case.said.cites))),
            )


def _because(case: _Case) -> _Made:
    """Yield the sentence with `because` for its `after`."""
    sentence = case.said.sentence
    match = None if _SYMMETRIC.search(sentence) else _SINCE.search(sentence)
    if match is None or not _free(sentence, ())(match.start("after")):
        return
    clause = re.search(r"\b(?:had|was|were|has|is)\b", match["what"]) or any(
        word in _PAST and not re.search(rf"\b(?:the|this|that|its|a) {word}\b", match["what"])
        for word in re.findall(r"[a-z]+", match["what"])
    )
    word = "because" if clause else "because of"
    if match.start() == 0:
        word = word.capitalize()
    lead = " " if match["lead"] else ""
    yield Said(
        case.with_text(match.start(), match.end(), f"{lead}{word} {match['what']}{match['end']}"), case.said.cites
    )


# Citations and sentences of other chains


def _anchors(sentence: str, found: Sequence[_Found]) -> list[str]:
    """Return what a line must hold to carry the sentence: entities and figures."""
    return [one.entity.text for one in found] + [figure.group() for figure in _figures(sentence, found)]


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:5] for word in re.findall(r"[a-z]{4,}", text.casefold()))


def _told(said: Said, facts: _Facts) -> _Told:
    found = _find(said.sentence, facts.entities)
    return _Told(said, found, tuple(_anchors(said.sentence, found)), _stems(said.sentence))


def _citation(case: _Case) -> _Made:
    """Cite lines that hold nothing of what the sentence names, in place of all lines or of the one that it needs."""
    facts, cites = case.facts, case.said.cites
    anchors = [one for one in _anchors(case.said.sentence, case.found) if _holds(case.cited, one)]
    if not anchors:
        return
    words = _stems(case.said.sentence)
    strange = [
        number
        for number in facts.events
        if number not in cites
        and not any(_holds(facts.lines[number], one) for one in anchors)
        and len(words & _stems(facts.lines[number])) < 3
    ]
    for _ in range(2):
        if strange:
            moved = case.rng.sample(strange, min(len(strange), len(cites)))
            yield Said(case.said.sentence, tuple(sorted(moved)))
    for number in cites:
        rest = facts.text(one for one in cites if one != number)
        needed = [one for one in anchors if not _holds(rest, one)]
        others = [
            other
            for other in facts.events
            if other not in cites and not any(_holds(facts.lines[other], one) for one in needed)
        ]
        if needed and len(cites) > 1 and others:
            moved = [*(one for one in cites if one != number), case.rng.choice(others)]
            yield Said(case.said.sentence, tuple(sorted(moved)))


def _foreign(case: _Case) -> _Made:
    """Put a sentence of another chain here, about lines that hold nothing of what it names."""
    here = _stems(case.cited) | _stems(case.said.sentence)
    every = case.facts.text(case.facts.lines)
    ranked: list[tuple[float, str, Said]] = []
    for told in case.others:
        entities = [one.entity.text for one in told.found if not _holds(every, one.entity.text)]
        figures = [one for one in told.anchors if len(one) > 2 and not _holds(every, one)]
        if entities or len(figures) > 1:
            near = len(here & told.stems) / (len(told.stems) + 4)
            ranked.append((-near, told.said.sentence, told.said))
    ranked.sort(key=lambda one: one[:2])
    for _, _, said in case.rng.sample(ranked[:15], min(2, len(ranked))):
        yield Said(said.sentence, case.said.cites)


# Antonyms

_ANTONYMS: tuple[tuple[str, str], ...] = (
    (r"\bdid not succeed\b", "succeeded"),
    (r"\bNeither (.+?) nor (.+?) succeeded\b", "Both {1} and {2} succeeded"),
    (r"\bneither (.+?) nor (.+?) succeeded\b", "both {1} and {2} succeeded"),
    (r"\bfailed (to [a-z]+)", "managed {1}"),
    (r"\b(the|a|an) failed\b", "{1} successful"),
    (r"\bfailed\b", "succeeded"),
    (r"\bsucceeded\b", "failed"),
    (r"\b(was|were|been) denied (?=permission|access)", "{1} granted "),
    (
        r"\b(was|were|been) (?:refused|denied|rejected|declined|turned down|turned away|blocked|forbidden)\b",
        "{1} let through",
    ),
    (r"\brefused to\b", "agreed to"),
    (r"\b(?:refused|rejected|denied)\b", "approved"),
    (r"\bdeclined to\b", "agreed to"),
    (r"\bdeclined\b(?! to)", "accepted"),
    (r"\b(?:accepted|approved|granted|confirmed)\b", "rejected"),
    (r"\bdelivered\b", "held back"),
    (r"\binstalled\b", "uninstalled"),
    (r"\bpublished\b", "withdrawn"),
    (r"\bregistered\b", "struck off"),
    (r"\bsaved\b", "discarded"),
    (r"\b(?:stored|remembered)\b(?! (?:under|that)\b)", "erased"),
    (r"\bcreated\b", "deleted"),
    (r"\b(?:deleted|removed)\b", "restored"),
    (r"\bopened\b(?!.*for writing)", "deleted"),
    (r"\bfor writing\b", "for reading only"),
    (r"\bunlocked\b", "locked"),
    (r"\blocked\b", "unlocked"),
    (r"\bdisabled\b", "enabled"),
    (r"\benabled\b", "disabled"),
    (r"\bswitched off\b", "switched on"),
    (r"\bsent to\b", "received from"),
    (r"\bsent\b", "held back"),
    (r"\breceived (.+?) from\b", "sent {1} to"),
    (r"\ba public\b", "an internal"),
    (r"\bexternal\b", "internal"),
    (r"\binternal\b", "external"),
    (r"\bpublic\b(?! objects)", "internal"),
    (r"\bunknown\b", "well known"),
    (r"\b(asked|asks) for (.+?) to be\b", "{1} for {2} not to be"),
    (r"\basked for\b(?!.* to be\b)", "advised against"),
    (r"\basks for\b(?!.* to be\b)", "warns against"),
    (r"\basks (?!for\b|not\b|that\b|whether\b|who\b|what\b|about\b)([^,;.]{2,40}?) to\b", "forbids {1} to"),
    (r"\basked (the agent|the customer|the user|the editor) to\b", "forbade {1} to"),
    (r"\btells ([^,;.]{2,40}?) to\b", "forbids {1} to"),
    (r"\b(?:told|instructed) ([^,;.]{2,40}?) to\b", "forbade {1} to"),
    (r"\b(?:says|states|claims) that\b", "denies that"),
    (r"\b(?:said|stated|claimed) that\b", "denied that"),
    (r"\b(?:mentions|names)\b", "omits"),
    (r"\b(?:contains|holds|carries)\b", "lacks"),
    (r"\b(?:shows|gives) (?=an? |the )", "conceals "),
    (r"\bwants\b", "does not want"),
    (r"\bcame from\b", "went to"),
    (r"\bwas read\b", "was left unread"),
    (r"\bread\b (?=[~/])", "overwrote "),
    (r"\bwrote (?=\d)", "read "),
    (r"\bshifted\b", "left in place"),
    (r"\bcopied\b", "wiped"),
    (r"\bposted to\b", "withheld from"),
    (r"\breturned\b", "withheld"),
    (r"\bis needed\b", "is not needed"),
    (r"\bthe (?:very )?same\b", "a different"),
    (r"\bmore than\b", "less than"),
    (r"\bless than\b", "more than"),
    (r"\babove\b", "below"),
    (r"\bbelow\b", "above"),
    (r"\b(?:very|exactly)\b (?=the |one)", "by no means "),
    (r"\bconnected to\b", "disconnected from"),
    (r"\bstarted\b", "stopped"),
    (r"\bIn line with\b", "Contrary to"),
    (r"\ballows\b", "forbids"),
    (r"\bforbids\b", "allows"),
    (r"\bwas not seen\b", "was seen"),
    (r"\bhigh (alert|severity)\b", "low {1}"),
    (r"\b(?:critical|medium)\b", "minor"),
    (r"\buploaded\b", "downloaded"),
    (r"\bdownloaded\b", "uploaded"),
    (r"\bexported\b", "imported"),
    (r"\bactive\b", "inactive"),
    (r"\bmounted\b", "unmounted"),
    (r"\bpaid\b", "refunded"),
)
_POLES = tuple((re.compile(old), new) for old, new in _ANTONYMS)


def _polarity(case: _Case) -> _Made:
    """Put the opposite in a verb's or a state's place, once in a sentence."""
    sentence = case.said.sentence
    free = _free(sentence, case.found)
    changed: set[int] = set()
    for pattern, new in _POLES:
        match = pattern.search(sentence)
        if match is None or not free(match.start()) or changed & set(range(match.start(), match.end())):
            continue
        changed.update(range(match.start(), match.end()))
        text = new
        for group in range(1, pattern.groups + 1):
            text = text.replace(f"{{{group}}}", match.group(group))
        yield Said(case.with_text(match.start(), match.end(), text), case.said.cites)


# All of them

_GENERATORS: tuple[tuple[str, Callable[[_Case], _Made], int], ...] = (
    ("number", _number, 2),
    ("entity", _entity, 2),
    ("roles", _roles, 2),
    ("negation", _negation, 2),
    ("motive", _motive, 1),
    ("name", _name, 1),
    ("order", _order, 2),
    ("citation", _citation, 2),
    ("cause", _cause, 2),
    ("absence", _absence, 1),
    ("polarity", _polarity, 2),
    ("foreign", _foreign, 1),
)
"""Kind, generator, and how many sentences of the kind are made of one right sentence at most."""


def made(chains: Mapping[str, Chain], seed: int) -> Iterator[Wrong]:
    """Yield wrong sentences about `chains`, of all kinds; the same ones for the same seed."""
    facts = {name: _facts(chain) for name, chain in sorted(chains.items())}
    told = {name: tuple(_told(said, facts[name]) for said in chains[name].right) for name in facts}
    for name, known in facts.items():
        chain = chains[name]
        others = tuple(one for other, all_told in told.items() if other != name for one in all_told)
        seen = {(said.sentence, said.cites) for said in chain.right}
        right = {said.sentence for said in chain.right}
        for place, one in enumerate(told[name]):
            for kind, generator, most in _GENERATORS:
                rng = random.Random(f"{seed}/{name}/{place}/{kind}")
                case = _Case(chain, known, one.said, one.found, others, rng)
                results = [result for result in generator(case) if kind == "citation" or result.sentence not in right]
                rng.shuffle(results)
                left = most
                for result in results:
                    if left and (result.sentence, result.cites) not in seen:
                        seen.add((result.sentence, result.cites))
                        left -= 1
                        yield Wrong(name, kind, result.sentence, result.cites)
