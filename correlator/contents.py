"""Hostile text → spans with their place: which record, which field, which sentence.

A value that is the whole content of a record's field is *data*; a value inside a sentence can be part of a command. Tool results
are therefore cut into leaves first: JSON, Python literals, YAML, HTML, `label: value` lines and plain text, nested text
inside text included, all bounded. Nothing here judges; it only says where a piece of text stands.
"""

import ast
import json
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from typing import Literal

import yaml

from correlator.lexicon import orders
from correlator.spelling import squash
from correlator.table import tables
from correlator.values import DESTINATIONS, values
from sensor.decode import views

MAX_TEXT = 1 << 20
"""Characters of one content that are read; a story names what was left out as a gap."""
MAX_LEAVES = 20_000
MAX_DEPTH = 40
HIDING = frozenset(("base64", "base64url", "base32", "hex", "gzip", "zlib", "reversed", "tags"))
"""Encodings that hide text; the others are spellings, which every comparison folds (`correlator.spelling.plain`)."""
FIELD_WORDS = 6
"""A leaf of at most this many words without sentence punctuation is a field, not prose."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SENTENCE_END = re.compile(r"(?<=[.!?:;])[\"')\]]*\s+|\n+|(?<=[。！？])")
_FIELDS = re.compile(
    r"^[ \t]*(?:[-*•][ \t]+)?([A-Za-z][\w \-/()]{0,40}?)[ \t]*[:=][ \t]+([^\s|][^\n|]*?)[ \t]*$",  # label: value
    re.MULTILINE,
)
# Two or more "First Name: Ann Room: 12" in a row are fields written on one line.
_PAIR = re.compile(r"\b[A-Z][\w\-]*(?: [A-Z][\w\-]*){0,4}: (\S+)(?=\s|$)")
_LOOKS_LIKE_YAML = re.compile(r"^\s*(?:- )?[\w\"'.\-]+:(?:\s|$)", re.MULTILINE)
_LOOKS_LIKE_HTML = re.compile(r"<(?:[a-z][a-z0-9]*)(?:\s[^<>]*)?/?>.*?</[a-z]", re.IGNORECASE | re.DOTALL)
_LOOKS_LIKE_REPR = re.compile(r"[A-Za-z_]\w*\(\w+=")
_PUNCTUATED = re.compile(r"[.!?;]\s|[.!?]$")


@dataclass(frozen=True, slots=True)
class Span:
    """One field or one sentence of a content."""

    kind: Literal["field", "prose"]
    text: str
    squashed: str
    """Letters and digits only, for comparison (`correlator.spelling.squash`)."""
    record: int
    """Number of the record (list item, object, paragraph) it stands in."""
    unit: int
    """Number of the list item or object it stands in: one message, one row. Plain text and pages are one unit."""
    label: str
    """Name of the field or path of keys, empty where there is none."""
    leaf: int
    """Number of the leaf; neighbouring sentences of one leaf share it."""
    number: int
    """Position among the spans of the content."""


@dataclass(frozen=True, slots=True)
class Segments:
    """A content, cut."""

    spans: tuple[Span, ...]
    squashed: str
    """All spans' squashed forms, for a quick look before a search."""

    def around(self, span: Span, reach: int = 1) -> tuple[Span, ...]:
        """Return the prose spans of the same leaf within `reach` sentences, in order; a field stands alone."""
        if span.kind == "field":
            return (span,)
        near = self.spans[max(0, span.number - reach) : span.number + reach + 1]
        return tuple(other for other in near if other.leaf == span.leaf)

    def unit_of(self, span: Span, reach: int = 12) -> tuple[Span, ...]:
        """Return the spans of the same list item or object within `reach` spans, nearest first."""
        near = self.spans[max(0, span.number - reach) : span.number + reach + 1]
        return tuple(
            sorted(
                (other for other in near if other.unit == span.unit), key=lambda other: abs(other.number - span.number)
            )
        )

    def record_of(self, span: Span) -> tuple[Span, ...]:
        """Return all spans of the record that `span` stands in."""
        return tuple(other for other in self.spans if other.record == span.record)


@dataclass(frozen=True, slots=True)
class _Leaf:
    text: str
    label: str
    record: Hashable
    """Numbered when the content is cut; a row of a table brings a token of its own."""
    unit: Hashable = 0


@lru_cache(maxsize=4096)
def segment(text: str) -> Segments:
    """Return the spans of `text`, at most `MAX_LEAVES` leaves of its first `MAX_TEXT` characters."""
    spans: list[Span] = []
    records: dict[Hashable, int] = {}
    units: dict[Hashable, int] = {0: 0}
    for number, leaf in enumerate(_bounded(_leaves(text[:MAX_TEXT]))):
        record = records.setdefault(leaf.record, len(records))
        unit = units.setdefault(leaf.unit, len(units))
        for kind, piece in _pieces(leaf.text):
            squashed = squash(piece)
            if squashed:
                spans.append(Span(kind, piece, squashed, record, unit, leaf.label, number, len(spans)))
    # What stands there encoded is read as well; the label says how it was decoded. Somebody hid it, so it is never data.
    for at, view in enumerate(views(text[:MAX_TEXT])):
        if HIDING.isdisjoint(view.via):
            continue
        for piece in sentences(view.text):
            squashed = squash(piece)
            if squashed:
                label = f"decoded {'+'.join(view.via)}"
                spans.append(Span("prose", piece, squashed, 0, 0, label, -1 - at, len(spans)))
    return Segments(tuple(spans), "\n".join(span.squashed for span in spans))


def sentences(text: str) -> list[str]:
    """Return the sentences of plain text; a line end ends one too."""
    return [piece.strip() for piece in _SENTENCE_END.split(text) if piece and piece.strip()]


def is_field(text: str) -> bool:
    """Return whether a leaf is too short and plain to hold a sentence."""
    if "\n" in text or len(text.split()) > FIELD_WORDS or _PUNCTUATED.search(text):
        return False
    return not _short_order(text)


_ASKED = re.compile(r"\s*(?:please|kindly)\b", re.IGNORECASE)


def _short_order(text: str) -> bool:
    """Return whether a few words are an order: "please transfer, 900 EUR, DE75…"; a verb with an address behind it will do."""
    if _ASKED.match(text):
        return True
    return len(text.split()) >= 3 and bool(orders(text)) and any(value.kind in DESTINATIONS for value in values(text))


def _bounded(leaves: Iterator[_Leaf]) -> Iterator[_Leaf]:
    for number, leaf in enumerate(leaves):
        if number >= MAX_LEAVES:
            return
        yield leaf


def _pieces(text: str) -> Iterator[tuple[Literal["field", "prose"], str]]:
    stripped = text.strip()
    if is_field(stripped):
        yield "field", stripped
        return
    pairs = list(_PAIR.finditer(stripped))
    if len(pairs) >= 2:
        for pair in pairs:
            yield "field", pair[1]
        stripped = _PAIR.sub("\n", stripped)
    for sentence in sentences(stripped):
        yield "prose", sentence


def _leaves(text: str) -> Iterator[_Leaf]:
    structure = _structure(text)
    if structure is not None:
        yield from _walk(structure, "", [0], 0, 0)
    elif found := _embedded(text):
        records = [1]
        end = 0
        for start, stop, structure in found:
            yield from _plain(text[end:start].strip())
            yield from _walk(structure, "", records, records[0], 0)
            end = stop
        yield from _plain(text[end:].strip())
    elif _LOOKS_LIKE_HTML.search(text):
        yield from _html(text)
    else:
        yield from _plain(text)


def _structure(text: str) -> object | None:
    """Return the list or object that `text` spells, or `None` when it is none of the known notations."""
    stripped = text.strip()
    if not stripped:
        return None
    if stripped[0] in "[{" or _LOOKS_LIKE_REPR.match(stripped):
        for read in (_json, _literal):
            try:
                found = read(stripped)
            except (ValueError, RecursionError, SyntaxError, MemoryError):
                continue
            if isinstance(found, list | _Object):
                return found
    if len(stripped) < 200_000 and (_LOOKS_LIKE_YAML.match(stripped) or stripped.startswith("- ")):
        try:
            found = _yaml(stripped)
        except (yaml.YAMLError, ValueError, RecursionError):
            return None
        if isinstance(found, list | _Object):
            return [found, *_COMMENT.findall(stripped)] if "#" in stripped else found
    return None


def _embedded(text: str) -> list[tuple[int, int, object]]:
    """Return the JSON lists and objects inside a text, with their places: `Results: [{"title": …}]`."""
    found: list[tuple[int, int, object]] = []
    end = 0
    for match in _EMBEDDED.finditer(text):
        if match.start() < end or len(found) >= _MAX_EMBEDDED:
            continue
        try:
            structure, end = _DECODER.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            end = match.start() + 1
            continue
        found.append((match.start(), end, structure))
    return found


@dataclass(frozen=True, slots=True)
class _Object:
    """An object of any notation as pairs: a key that occurs twice hides nothing."""

    pairs: list[tuple[str, object]]


_EMBEDDED = re.compile(r"\[\s*\{\s*\"|\{\s*\"")
_MAX_EMBEDDED = 50
_DECODER = json.JSONDecoder(object_pairs_hook=_Object)


def _json(text: str) -> object:
    return json.loads(text, object_pairs_hook=_Object)


def _yaml(text: str) -> object:
    """Return what YAML spells, from its node tree: nothing is constructed, dates and numbers stay as they are written."""
    return _of_node(yaml.compose(text, Loader=_Loader), 0, [MAX_LEAVES * 4])


def _of_node(node: yaml.Node | None, depth: int, left: list[int]) -> object:
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("more nodes than are read: aliases of aliases, or a very long list")
    if depth > MAX_DEPTH or node is None:
        return None if node is None else _tokens(node)
    if isinstance(node, yaml.MappingNode):
        return _Object(
            [(str(_of_node(key, depth + 1, left)), _of_node(value, depth + 1, left)) for key, value in node.value]
        )
    if isinstance(node, yaml.SequenceNode):
        return [_of_node(item, depth + 1, left) for item in node.value]
    return str(node.value)


def _tokens(node: yaml.Node) -> str:
    """Return the text under a node that is nested too deeply to tell its structure."""
    mark, end = node.start_mark, node.end_mark
    return (mark.buffer or "")[mark.pointer : end.pointer] if mark is not None and end is not None else ""


def _literal(text: str) -> object:
    """Return the structure that a Python literal or `repr` of objects spells; nothing is evaluated."""
    if len(text) > 100_000:
        raise ValueError("too long for a literal")
    return _node(ast.parse(text, mode="eval").body)


def _node(node: ast.expr) -> object:
    match node:
        case ast.Constant(value):
            return value
        case ast.List(items) | ast.Tuple(items) | ast.Set(items):
            return [_node(item) for item in items]
        case ast.Dict(keys, values):
            return _Object([(str(_node(key)), _node(value)) for key, value in zip(keys, values, strict=True) if key])
        case ast.Call(ast.Name(), args, keywords) if keywords:
            named = [(word.arg or "", _node(word.value)) for word in keywords]
            return _Object([*named, *((str(at), _node(arg)) for at, arg in enumerate(args))])
        case ast.Call(_, args, _):
            return " ".join(str(_node(arg)) for arg in args)
        case ast.UnaryOp(ast.USub(), ast.Constant(value)) if isinstance(value, int | float):
            return -value
        case ast.Name(name):
            return name
        case ast.Attribute(value, name):
            return f"{_node(value)}.{name}"
    raise ValueError("no literal")


def _walk(node: object, label: str, records: list[int], record: int, depth: int) -> Iterator[_Leaf]:
    """Yield the leaves of a parsed structure; each object and each list item of its own is a record."""
    if depth > MAX_DEPTH:
        # Too deep to tell its structure; its words are kept as prose.
        yield _Leaf(" . ".join(_strings(node)), label, record, record)
        return
    if isinstance(node, _Object):
        records[0] += 1
        here = records[0]
        for key, value in node.pairs:
            if not is_field(key):
                yield _Leaf(key, "key", here, here)
            yield from _walk(value, f"{label}.{key}" if label else str(key), records, here, depth + 1)
    elif isinstance(node, list | tuple | set):
        for value in node:
            yield from _walk(value, label, records, record, depth + 1)
    elif isinstance(node, str):
        nested = _structure(node) if depth < MAX_DEPTH and len(node) > 8 else None
        if nested is not None:
            yield from _walk(nested, label, records, record, depth + 1)
        elif is_field(node.strip()):
            yield _Leaf(node, label, record, record)
        elif _LOOKS_LIKE_HTML.search(node):
            yield from (_Leaf(leaf.text, label, record, record) for leaf in _html(node))
        else:
            yield from (_Leaf(leaf.text, leaf.label or label, record, record) for leaf in _plain(node))
    elif node is not None:
        yield _Leaf(str(node), label, record, record)


def _strings(node: object) -> list[str]:
    """Return the texts under a node, however deep, at most `MAX_LEAVES`."""
    found: list[str] = []
    waiting = [node]
    while waiting and len(found) < MAX_LEAVES:
        one = waiting.pop()
        if isinstance(one, _Object):
            waiting += [part for pair in reversed(one.pairs) for part in reversed(pair)]
        elif isinstance(one, list | tuple):
            waiting += reversed(one)
        elif one is not None:
            found.append(str(one))
    return found


_COMMENT = re.compile(r"(?:^|\s)#\s*(\S[^\n]*)", re.MULTILINE)


class _Text(HTMLParser):
    """Collects text nodes and link targets of HTML; each block element starts a new leaf."""

    _INLINE = re.compile(
        "abbr|b|bdi|bdo|a|cite|code|em|font|i|kbd|mark|q|s|samp|small|span|strong|sub|sup|u|var", re.IGNORECASE
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.leaves: list[tuple[str, str, int]] = []
        self._text: list[str] = []
        self._record = 0

    def flush(self) -> None:
        text = "".join(self._text).strip()
        self._text.clear()
        if text:
            self.leaves.append((text, "", self._record))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._INLINE.fullmatch(tag):
            self.flush()
            self._record += 1
        for name, value in attrs:
            # Addresses and what a reader or a model may be told; not style and layout.
            told = name in ("href", "src", "action", "content", "alt", "title", "value")
            if value and name not in ("class", "style") and (told or len(value.split()) >= 3):
                self.leaves.append((value, name, self._record))

    def handle_endtag(self, tag: str) -> None:
        if not self._INLINE.fullmatch(tag):
            self.flush()

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_comment(self, data: str) -> None:
        self.flush()
        self.leaves.append((data, "comment", self._record))

    def unknown_decl(self, data: str) -> None:
        self.handle_comment(data.removeprefix("CDATA["))

    def handle_pi(self, data: str) -> None:
        self.handle_comment(data)

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)


def _html(text: str) -> Iterator[_Leaf]:
    parser = _Text()
    parser.feed(text)
    parser.close()
    parser.flush()
    for told, label, record in parser.leaves:
        yield from _plain(told, label, record)


def _plain(text: str, label: str = "", record: int = 0) -> Iterator[_Leaf]:
    """Yield cells of tables and `label: value` lines as fields, and what stands between them as prose.

    A blank line starts a record, and so does a row.
    """
    if "\n" not in text and ": " not in text:
        if text:
            yield _Leaf(text, label, record)
        return
    for paragraph_number, paragraph in enumerate(re.split(r"\n\s*\n", text)):
        here = record * 1000 + paragraph_number if paragraph_number else record
        end = 0
        for table in tables(paragraph):
            for row in table.rows:
                yield from _labelled(paragraph[end : row.start], label, here)
                end = row.end
                token = object()
                for name, cell in zip(table.labels or ("",) * len(row.cells), row.cells, strict=False):
                    if cell.strip("-: "):
                        yield _Leaf(cell, name or label, token, token)
        yield from _labelled(paragraph[end:], label, here)


def _labelled(text: str, label: str, record: int) -> Iterator[_Leaf]:
    end = 0
    for line in _FIELDS.finditer(text):
        if not is_field(line[2]):
            continue
        before = text[end : line.start()].strip()
        if before:
            yield _Leaf(before, label, record)
        yield _Leaf(line[2], line[1].strip(), record)
        end = line.end()
    rest = text[end:].strip()
    if rest:
        yield _Leaf(rest, label, record)
