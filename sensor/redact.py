"""Credentials → placeholders, before an event leaves the host.

A placeholder is `<SECRET:kind:hhhhhhhh>`: the kind, and eight hexadecimal digits of an HMAC-SHA256 of the secret
under the tenant's key. The same secret gives the same digits wherever it shows up, so that data flow can still be
followed; without the key they say nothing. A secret found inside an encoding is `<SECRET:kind:hhhhhhhh;via=base64>`
and stands in what the encoding said, because the encoded form would give the secret away.

Ids of events are computed from their content, so an event is redacted first and identified afterwards.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TypeVar, get_args

from pydantic import BaseModel, JsonValue

from sensor.decode import DEPTH, WHOLE, Places, View, runs, step
from sensor.event import EVENT, Event, Usage

PUBLISHED_TEST_KEY = b"clew: published test key, for examples and tests only"
"""Examples are recorded with it so that everybody gets the same placeholders. It protects nothing."""

_IDENTITY = frozenset(
    {
        "kind", "tenant", "session", "to_session", "source", "clock", "call_id", "response_id", "digest", "role",
        "process", "client", "trace_id",
    }
)  # fmt: skip
"""Fields that name or join things. They hold no observed text; replacing them would tear sessions apart."""


_NUMBERS = (int, int | None, bool, Usage | None)
_TEXTS: dict[type[BaseModel], tuple[str, ...]] = {
    kind: tuple(
        name for name, field in kind.model_fields.items() if name not in _IDENTITY and field.annotation not in _NUMBERS
    )
    for kind in get_args(Event)
}
"""The other fields of each event that may hold text."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of credential. Group 1 of `pattern` is the secret."""

    kind: str
    hints: tuple[str, ...]
    """One of them is in every text that `pattern` can match."""
    pattern: re.Pattern[str]
    within: bool = False
    """Whether a hint and the first `RUN` characters that the pattern needs stand in one run (`sensor.decode.runs`)."""

    def may_match(self, text: str) -> bool:
        """Return whether the pattern is worth trying."""
        for hint in self.hints:  # noqa: SIM110 - a generator takes longer than what it does
            if hint in text:
                return True
        return False


def _rule(kind: str, pattern: str, *hints: str, within: bool = False) -> Rule:
    return Rule(kind, hints, re.compile(pattern), within)


_NOT_YET = r"(?!<SECRET:)"
RULES: tuple[Rule, ...] = (
    _rule("private_key",
          r"(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:[A-Za-z0-9+/=\s\\:,]|-(?!-)){0,16384}"
          r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?)", "PRIVATE KEY-----"),
    _rule("aws_key", r"(?<![A-Za-z0-9])((?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{16})(?![A-Za-z0-9])",
          "AKIA", "ASIA", "AROA", "AIDA", "AGPA", "ANPA", within=True),
    _rule("aws_secret", r"(?i:aws|secret).{0,30}?[\s\"':=]([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
          "aws", "AWS", "ecret", "ECRET"),
    _rule("anthropic_key", r"(?<![A-Za-z0-9])(sk-ant-[A-Za-z0-9_-]{20,256})", "sk-ant-", within=True),
    _rule("openai_key", r"(?<![A-Za-z0-9])(sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,256})(?![A-Za-z0-9_-])",
          "sk-", within=True),
    _rule("github_token", r"(?<![A-Za-z0-9])((?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}))",
          "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", within=True),
    _rule("gitlab_token", r"(?<![A-Za-z0-9])(gl(?:pat|dt|rt|cbt|ptt)-[A-Za-z0-9_-]{20,255})",
          "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", within=True),
    _rule("slack_token", r"(?<![A-Za-z0-9])(xox[abeoprs]-[A-Za-z0-9-]{10,255}|xapp-[A-Za-z0-9-]{10,255})",
          "xox", "xapp-", within=True),
    _rule("slack_webhook", r"hooks\.slack\.com/services/([A-Za-z0-9/]{20,80})", "hooks.slack.com"),
    # Before the next, which may stand within it.
    _rule("google_key", r"(?<![A-Za-z0-9])(ya29\.[0-9A-Za-z_-]{20,255})", "ya29."),
    _rule("google_key",
          r"(?<![A-Za-z0-9])(AIza[0-9A-Za-z_-]{35}|GOCSPX-[0-9A-Za-z_-]{20,60})", "AIza", "GOCSPX-", within=True),
    _rule("stripe_key", r"(?<![A-Za-z0-9])((?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,255})", "k_live_", "k_test_",
          within=True),
    _rule("jwt", r"(?<![A-Za-z0-9_-])(eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,1024})", "eyJ",
          within=True),
    _rule("authorization",
          r"(?i:authorization)[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?i:bearer|basic|token|digest)\s{1,4}"
          rf"{_NOT_YET}([^\s\"',;]{{4,4096}})", "uthorization", "UTHORIZATION"),
    _rule("authorization", rf"(?i:\bbearer)\s{{1,4}}{_NOT_YET}([A-Za-z0-9._~+/-]{{16,4096}}={{0,2}})",
          "earer", "EARER"),
    # SQL: ALTER ROLE … PASSWORD '…', CREATE USER MAPPING … OPTIONS (password '…'), IDENTIFIED BY '…' (MySQL).
    _rule("sql_password",
          rf"(?i:\b(?:password|identified\s{{1,4}}by))\s{{1,4}}[eE]?'{_NOT_YET}((?:[^'\\]|''|\\.){{1,256}})'",
          "assword", "ASSWORD", "dentified", "DENTIFIED"),
    _rule("url_password",
          # What comes before is looked at last: a search for the three characters is many times faster.
          rf"://(?<=[A-Za-z0-9+.-]://)[^\s/:@\"']{{0,128}}:{_NOT_YET}([^\s/@\"']{{1,256}})@", "://"),
)  # fmt: skip
"""Tried in this order; the more telling shape first."""
_NOT_WITHIN = tuple(rule for rule in RULES if not rule.within)


_SHORTEST = 8
"""Characters below which a text holds no credential, whatever the rule."""
_REMEMBERED = 100_000
_REMEMBERED_RUN = 64
"""Characters of the longest run that is remembered; longer ones hold a credential often enough to try all rules."""
_free: set[str | tuple[int, int]] = set()
"""Texts without a credential, of longer ones length and hash. Telemetry repeats a conversation in each span; a text is searched
once."""


MARK = "<SECRET:"
"""How each begins."""
LABELLED = "labelled"
"""Kind of what is no credential by its form but was read of something sensitive (`sensor.sensitive`)."""


def placeholder(kind: str, secret: str, key: bytes, via: tuple[str, ...] = ()) -> str:
    """Return what stands for `secret`."""
    mark = hmac.new(key, f"{kind}:{secret}".encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:8]
    return f"{MARK}{kind}:{mark};via={'+'.join(via)}>" if via else f"{MARK}{kind}:{mark}>"


def redacted(text: str, key: bytes) -> str:
    """Return `text` with each credential replaced, also those inside encodings. Doing it again changes nothing."""
    if len(text) < _SHORTEST:
        return text
    # Python's hash is keyed anew in each process, so that nobody can choose a text that passes for another.
    mark = text if len(text) <= 64 else (len(text), hash(text))
    if mark in _free:
        return text
    clean = replaced(text, partial(_by_form, key=key))
    if clean == text:
        if len(_free) >= _REMEMBERED:
            _free.clear()
        _free.add(mark)
    return clean


_E = TypeVar("_E", bound=Event)


def redact(event: _E, key: bytes) -> _E:
    """Return the event with each credential in its texts and arguments replaced; the same object if there was none."""
    for name in _TEXTS[type(event)]:
        value = getattr(event, name)
        if not (_is_clean_path(value, key) if name in _PATHS and value else _is_clean(value, key)):
            break
    else:
        return event
    fields: dict[str, JsonValue] = event.model_dump(mode="json")
    clean = {name: value if name in _IDENTITY else redacted_value(value, key) for name, value in fields.items()}
    again: _E = EVENT.validate_python(clean)  # type: ignore[assignment]
    return again


_PATHS = frozenset(("path", "to_path"))


def _is_clean_path(path: str, key: bytes) -> bool:
    """Return whether no part of a path holds a credential: parts come again where paths do not. One in a URL spans several."""
    return redacted(path, key) == path if "@" in path else all(redacted(part, key) == part for part in path.split("/"))


def _is_clean(value: object, key: bytes) -> bool:
    """Return whether no text of a field, at whatever depth, holds a credential."""
    if isinstance(value, str):
        return redacted(value, key) == value
    if isinstance(value, tuple | list):
        return all(_is_clean(item, key) for item in value)
    if isinstance(value, dict):
        return all(_is_clean(item, key) for pair in value.items() for item in pair)
    return not isinstance(value, BaseModel) or all(_is_clean(item, key) for _, item in value)


def redacted_value(value: JsonValue, key: bytes) -> JsonValue:
    """Return a JSON value with each credential in its texts and names replaced."""
    return leaves(value, partial(redacted, key=key))


Cover = Callable[[str, Places, tuple[str, ...]], str]
"""A text, its `runs`, and the encodings that it stood in, outermost first → the same with placeholders."""


def replaced(text: str, cover: Cover) -> str:
    """Return a text with all replaced that `cover` replaces, also inside encodings, which give way to what they say."""
    return _replaced(text, cover, (), DEPTH)


def _replaced(text: str, cover: Cover, via: tuple[str, ...], depth: int) -> str:
    found, given = runs(text), text
    text = cover(text, found, via)
    if depth == 0 or len(text) < _SHORTEST:
        return text
    readings = list(step(text, tokens=found if text == given else None))
    clean = _tokens(text, readings, cover, via, depth)
    for view in readings if clean == text else step(clean):
        if view.via[0] in WHOLE:
            inner = _replaced(view.text, cover, via + view.via, depth - len(view.via))
            if inner != view.text:
                return inner
    return clean


def _by_form(text: str, found: Places, via: tuple[str, ...], key: bytes) -> str:
    for rule in _NOT_WITHIN if all(_harmless(text, *run) for run in found) else RULES:
        if rule.may_match(text):
            text = rule.pattern.sub(partial(_marked, kind=rule.kind, key=key, via=via), text)
    return text


def _harmless(text: str, start: int, end: int) -> bool:
    return end - start <= _REMEMBERED_RUN and _hints_at_nothing(text[start:end])


@lru_cache(1 << 15)
def _hints_at_nothing(run: str) -> bool:
    return not any(rule.within and rule.may_match(run) for rule in RULES)


def _tokens(text: str, readings: list[View], cover: Cover, via: tuple[str, ...], depth: int) -> str:
    """Replace each encoded token that holds a credential by what it says, with the credential replaced."""
    pieces: list[str] = []
    done = 0
    for view in sorted((view for view in readings if view.via[0] not in WHOLE), key=_place):
        if view.start < done or len(view.via) > depth:
            continue
        clean = _replaced(view.text, cover, via + view.via, depth - len(view.via))
        if clean != view.text:
            pieces += (text[done : view.start], clean)
            done = view.end
    return "".join((*pieces, text[done:]))


def _place(view: View) -> tuple[int, int]:
    return (view.start, -view.end)


def _marked(match: re.Match[str], *, kind: str, key: bytes, via: tuple[str, ...]) -> str:
    before, after = match.group()[: match.start(1) - match.start()], match.group()[match.end(1) - match.start() :]
    return f"{before}{placeholder(kind, match.group(1), key, via)}{after}"


def leaves(value: JsonValue, clean: Callable[[str], str]) -> JsonValue:
    """Return a JSON value with each of its texts and names as `clean` makes it."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [leaves(item, clean) for item in value]
    if isinstance(value, dict):
        return {clean(name): leaves(item, clean) for name, item in value.items()}
    return value
