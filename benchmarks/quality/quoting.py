"""Where in a written record a text stands: inside which quotes, under which key; and how to put a text or field there.

Tool results are JSON, YAML, a Python `repr` or prose, and are changed as text, so that everything else in them stays
byte for byte.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

import yaml

_OPENS_AFTER = re.compile(r"(?:\A|[\[{(,:=]|-|\n)[ \t]*\Z")
_FLOW_KEY = re.compile(r"""(["'])[\w][\w .-]*\1\s*:\s*\Z""")
_BLOCK_KEY = re.compile(r"^(?P<indent>[ ]*(?:- )*)[A-Za-z_][\w .-]*:(?=\s|$)", re.MULTILINE)
_PLAIN_SCALAR = re.compile(r"[A-Za-z/][\w./@+-]*")


@dataclass(frozen=True)
class Quotes:
    """The quotes around a place in a text."""

    kind: Literal["plain", "single", "double"]
    opened: int
    """Offset of the opening quote; of the place itself where there is none."""

    def escape(self, text: str) -> str:
        """Return one line of text so that it may stand between these quotes."""
        if self.kind == "double":
            return json.dumps(text, ensure_ascii=False)[1:-1]
        return text.replace("'", "''") if self.kind == "single" else text


def quotes_at(text: str, place: int) -> Quotes:
    """Return the quotes open at `place`: a quote opens where a value may begin and closes as its style says."""
    at = 0
    while at < place:
        if text[at] in "\"'" and _OPENS_AFTER.search(text, max(0, at - 80), at):
            closed = _closing(text, at)
            if closed >= place:
                return Quotes("double" if text[at] == '"' else "single", at)
            at = max(at, closed)
        at += 1
    return Quotes("plain", place)


def _closing(text: str, opened: int) -> int:
    """Return the offset of the quote that closes the one at `opened`, or -1."""
    mark, at = text[opened], opened + 1
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == mark:
            if mark == "'" and text[at + 1 : at + 2] == "'":
                at += 1
            elif re.match(r"\s*(?:[,}\]):]|\n|\Z)", text[at + 1 :]):
                return at
        at += 1
    return -1


def parsed(text: str) -> Any:
    """Return what the text says if it is a JSON or YAML mapping or list, else `None`."""
    try:
        value = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  BaseLoader builds text, lists and dicts only
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def scalar(value: str) -> str:
    """Return a value as YAML in one line."""
    line = " ".join(value.split())
    return line if _PLAIN_SCALAR.fullmatch(line) else json.dumps(line, ensure_ascii=False)


@dataclass(frozen=True)
class Insertion:
    """A text to put in at an offset."""

    at: int
    text: str


def field_beside(text: str, place: int, label: str, value: str) -> Insertion:
    """Return how to give the record around `place` one more field; prose gets a line `label: value` at its end."""
    quotes = quotes_at(text, place)
    key = _FLOW_KEY.search(text, 0, quotes.opened) if quotes.kind != "plain" else None
    if key:
        return Insertion(key.start(), f"{_flow_field(key[1], label, value)}, ")
    container = parsed(text)
    if container is not None:
        keys = [
            match
            for match in _BLOCK_KEY.finditer(text, 0, quotes.opened)
            if quotes_at(text, match.end()).kind == "plain"
        ]
        if keys and _reaches(text, keys[-1], quotes):
            return _block_field(text, keys[-1], quotes, f"{label}: {scalar(value)}")
    return field_at_end(text, label, value)


def _reaches(text: str, key: re.Match[str], quotes: Quotes) -> bool:
    """Tell whether the value of `key` goes on to where the quotes open: no line between is indented less or an item."""
    depth = len(key["indent"])
    between = text[key.end() : quotes.opened].split("\n")[1:]
    return all(not line.strip() or len(line) - len(line.lstrip(" ")) >= depth for line in between) and not any(
        line.lstrip().startswith("- ") for line in between
    )


def _block_field(text: str, key: re.Match[str], quotes: Quotes, field: str) -> Insertion:
    depth = len(key["indent"])
    end = text.find("\n", _closing(text, quotes.opened)) if quotes.kind != "plain" else text.find("\n", quotes.opened)
    while quotes.kind == "plain" and end >= 0:
        line = text[end + 1 :].partition("\n")[0]
        if line.strip() and len(line) - len(line.lstrip(" ")) < depth + (0 if line.lstrip().startswith("-") else 1):
            break
        end = text.find("\n", end + 1)
    return Insertion(end if end >= 0 else len(text.rstrip("\n")), f"\n{' ' * depth}{field}")


def _flow_field(mark: str, label: str, value: str) -> str:
    line = " ".join(value.split())
    content = (
        json.dumps(line, ensure_ascii=False)[1:-1] if mark == '"' else line.replace("\\", "\\\\").replace("'", "\\'")
    )
    return f"{mark}{label}{mark}: {mark}{content}{mark}"


def field_at_end(text: str, label: str, value: str) -> Insertion:
    """Return how to add a field after everything else: in a flow record, a list, a mapping or prose."""
    body = text.rstrip()
    if body[:1] + body[-1:] == "{}" and len(body) > 2:
        mark = '"' if '"' in body[:3] else "'"
        return Insertion(len(body) - 1, f", {_flow_field(mark, label, value)}")
    container = parsed(text)
    if isinstance(container, list) and body.endswith("]") and len(body) > 2:
        return Insertion(len(body) - 1, f", {{{_flow_field(chr(34), label, value)}}}")
    if isinstance(container, list) and body.lstrip().startswith("- "):
        return Insertion(len(body), f"\n- {label}: {scalar(value)}")
    written = scalar(value) if isinstance(container, dict) else " ".join(value.split())
    return Insertion(len(body), f"\n{label}: {written}" if body else f"{label}: {written}")
