"""What a text says once its encodings are undone: bounded, recursive, and only where the result makes sense.

The sensor's redaction and the correlator's data flow use this one decoder, so that a secret is found in both places
or in neither. Ordinary prose costs a few linear searches and yields nothing.
"""

import base64
import binascii
import html
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from urllib.parse import unquote

from sensor.lookalikes import hidden, plain_letters, spelled_out

DEPTH = 3
LIMIT = 1 << 20
_SHORT = 1_000
"""Characters of texts of which the views are remembered."""
VIEWS = 256
"""Views of one text at most; whoever needs more encodings than that hides nothing, but keeps us busy."""


@dataclass(frozen=True, slots=True)
class View:
    """One reading of a text, or of a part of it."""

    text: str
    via: tuple[str, ...]
    """Encodings that were undone, outermost first, such as `("base64", "hex")`."""
    start: int = 0
    end: int = 0
    """Place in the original text, in characters, of what was decoded."""


def views(text: str, *, depth: int = DEPTH, limit: int = LIMIT) -> tuple[View, ...]:
    """Return the decoded readings of `text`, nearest first, without `text` itself and without repetitions.

    `depth`: encodings within each other. `limit`: characters that are looked at, and characters that all views
    together may have; a view that would exceed it is left out. The same text always gives the same views.
    """
    # A session is judged again with each of its events, and most texts are short.
    return _short_views(text, depth, limit) if len(text) <= _SHORT else _views(text, depth, limit)


@lru_cache(maxsize=8192)
def _short_views(text: str, depth: int, limit: int) -> tuple[View, ...]:
    return _views(text, depth, limit)


def _views(text: str, depth: int, limit: int) -> tuple[View, ...]:
    found: list[View] = []
    seen = {text}
    left = limit
    waiting = deque([View(text[:limit], (), 0, len(text))])
    while waiting and len(found) < VIEWS:
        outer = waiting.popleft()
        for inner in step(outer.text, left):
            via = outer.via + inner.via
            if len(via) > depth or inner.text in seen or len(inner.text) > left:
                continue
            place = (inner.start, inner.end) if not outer.via else (outer.start, outer.end)
            view = View(inner.text, via, *place)
            seen.add(view.text)
            left -= len(view.text)
            found.append(view)
            if len(via) < depth:
                waiting.append(view)
            if len(found) >= VIEWS:
                break
    return tuple(found)


def step(text: str, room: int = LIMIT, tokens: "Places | None" = None) -> Iterator[View]:
    """Yield what each decoder makes of `text`, in the order of the tables below; unlike `views` it looks no further.

    `tokens`: its `runs`, where they are known.
    """
    tokens = [place for place in (runs(text) if tokens is None else tokens) if not _told_nothing(text, *place)]
    if tokens:
        for of_tokens in TOKEN_DECODERS:
            yield from of_tokens(text, tokens, room)
    for decoder in DECODERS:
        yield from decoder(text, room)


# Tokens: bytes in disguise

_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/_-]{60,}\r?\n)*[A-Za-z0-9+/_-]{11,}={0,2}(?![A-Za-z0-9+/_=-])"
)
# In a path the slash is a separator before it is a digit.
_BASE64_IN_PATH = re.compile(r"(?<=/)[A-Za-z0-9+_-]{11,}={0,2}(?![A-Za-z0-9+_=-])")
_BASE32 = re.compile(r"(?<![A-Za-z0-9])(?:[A-Z2-7]{16,}|[a-z2-7]{24,})={0,6}(?![A-Za-z0-9=])")
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_HEX_PAIRS = re.compile(
    r"(?:\b|0x)[0-9A-Fa-f]{2}([ :,]{1,2}(?:0x)?)[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4,}(?![0-9A-Za-z])"
)
_NOT_HEX = re.compile(r"0x|[ :,]")
_LOWER_WORD = re.compile(r"[a-z]+|[A-Z]?[a-z/_-]+")

# Most text holds no token at all. Each character becomes one byte that says what it may be part of, and tokens are looked for in
# those bytes, which is many times faster than a pattern that begins at each letter; patterns then judge what was found.
_DIGITS = "+/-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _kinds(**kinds: str) -> bytes:
    table = bytearray(b"." * 256)
    for kind, characters in kinds.items():
        for character in characters:
            table[ord(character)] = ord(kind)
    return bytes(table)


def _marked(text: str, kinds: bytes) -> bytes:
    """Return the kind of each character; those beyond Latin-1 are of the kind of the question mark, which is none."""
    return text.encode("latin-1", "replace").translate(kinds)


_IN_TOKEN = _kinds(x=_DIGITS)
RUN = 11
"""Characters of the shortest token that is looked at."""
_LINE = 60
"""Characters of a token from which it may go on in the next line."""
Places = list[tuple[int, int]]
_IN_PAIRS = _kinds(h="0123456789ABCDEFabcdef", s=" :,", x="xX")
_PAIRED = tuple(5 * pair + b"hh" for pair in (b"hhs", b"hhss", b"hhshx", b"hhsshx"))
"""What each match of `_HEX_PAIRS` holds, and a time of day does not."""
_IN_SPACED = _kinds(a=_DIGITS[4:], s=" _.-")
_SPACED_OUT = b"asasasasasa"


def runs(text: str) -> Places:
    """Return start and end of each run of `RUN` characters or more that base64, base32, hex and most credentials are written in."""
    marks = _marked(text, _IN_TOKEN)
    found = []
    start = marks.find(b"x" * RUN)
    while start >= 0:
        end = marks.find(b".", start)
        if end < 0:
            end = len(marks)
        found.append((start, end))
        start = marks.find(b"x" * RUN, end)
    return found


def _told_nothing(text: str, start: int, end: int) -> bool:
    return end - start < _LINE and text[end : end + 1] != "=" and _says_nothing(text[start:end])


@lru_cache(1 << 15)
def _says_nothing(token: str) -> bool:
    """Return whether a token is no encoding of anything: names and words come again and again."""
    return not any(True for decoder in TOKEN_DECODERS for _ in decoder(token, [(0, len(token))], LIMIT))


def _base64(text: str, tokens: Places, room: int) -> Iterator[View]:
    for match in chain(_whole_tokens(text, tokens), _in_paths(text, tokens)):
        token = match.group()
        if _LOWER_WORD.fullmatch(token):  # a word or a path
            continue
        digits = token.rstrip("=")
        if "\n" in digits:
            digits = digits.replace("\r", "").replace("\n", "")
        if len(digits) % 4 == 1:
            continue
        name = "base64url" if "-" in token or "_" in token else "base64"
        digits = digits.replace("-", "+").replace("_", "/")
        data = base64.b64decode(digits + "=" * (-len(digits) % 4))
        yield from _bytes(data, name, match, room)


def _whole_tokens(text: str, tokens: Places) -> Iterator[re.Match[str]]:
    done = 0
    for start, _ in tokens:
        # A token of many lines is one match, and several tokens.
        if start >= done and (match := _BASE64.match(text, start)):
            done = match.end()
            yield match


def _in_paths(text: str, tokens: Places) -> Iterator[re.Match[str]]:
    for start, end in tokens:
        if "/" in text[start:end]:
            yield from _BASE64_IN_PATH.finditer(text, start, end + 3)


def _base32(text: str, tokens: Places, room: int) -> Iterator[View]:
    for start, end in tokens:
        for match in _BASE32.finditer(text, start, end + 7):
            digits = match.group().rstrip("=").upper()
            try:
                data = base64.b32decode(digits + "=" * (-len(digits) % 8))
            except binascii.Error:
                continue
            yield from _bytes(data, "base32", match, room)


def _hex(text: str, tokens: Places, room: int) -> Iterator[View]:
    for start, end in tokens:
        yield from _of_hex(_HEX.finditer(text, start, end), room)


def _hex_pairs(text: str, room: int) -> Iterator[View]:
    marks = _marked(text, _IN_PAIRS)
    if any(pairs in marks for pairs in _PAIRED):
        yield from _of_hex(_HEX_PAIRS.finditer(text), room)


def _of_hex(matches: Iterable[re.Match[str]], room: int) -> Iterator[View]:
    for match in matches:
        digits = _NOT_HEX.sub("", match.group())
        if len(digits) % 2 == 0:
            yield from _bytes(bytes.fromhex(digits), "hex", match, room)


def _bytes(data: bytes, name: str, match: re.Match[str], room: int) -> Iterator[View]:
    via: tuple[str, ...] = (name,)
    if data[:2] == b"\x1f\x8b" or (data[:1] == b"\x78" and len(data) > 8):
        unpacked = _unpacked(data, room)
        if unpacked is not None:
            data, via = unpacked, (name, "gzip" if data[:1] == b"\x1f" else "zlib")
    elif len(data) > 8 and data[1::2].count(0) * 4 >= len(data):  # PowerShell encodes its commands so
        data, via = data.decode("utf-16-le", "replace").encode("utf-8", "replace"), (name, "utf-16")
    decoded = _plausible(data)
    if decoded is not None:
        yield View(decoded, via, match.start(), match.end())


def _unpacked(data: bytes, room: int) -> bytes | None:
    """Return the decompressed bytes, at most `room` of them; a truncated stream gives what it holds."""
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        return stream.decompress(data, max(room, 1))
    except zlib.error:
        return None


def _plausible(data: bytes) -> str | None:
    """Return the text that `data` is: printable UTF-8 throughout, six characters or more, mostly ASCII while short."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    shown = text.replace("\n", "").replace("\r", "").replace("\t", "")
    if len(text) < 6 or not shown or not shown.isprintable():
        return None
    return text if len(text) >= 24 or sum(char.isascii() for char in text) * 10 >= len(text) * 7 else None


# Escapes: characters in disguise, undone all over the text

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ONE_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")  # is found many times faster
_ESCAPE = re.compile(r"\\u\{?([0-9A-Fa-f]{4,6})\}?|\\x([0-9A-Fa-f]{2})|\\U([0-9A-Fa-f]{8})")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,16});")
_SPACED = re.compile(r"\b[A-Za-z0-9](?:[ _.-][A-Za-z0-9]){5,}(?![^\W_])")
_BACKWARDS = ("//:ptth", "//:sptth", "moc.", "gro.", "elpmaxe.")
_BACKWARDS_WORDS = (" eht ", " dna ", " rof ", " dnes ", " htiw ", " siht ", " morf ", " uoy ", " ruoy ", " drowssap ")
"""Beginnings of addresses and frequent English words, read from the right; words count from the third one on."""


def _whole(name: str, text: str, decoded: str) -> Iterator[View]:
    if decoded != text:
        yield View(decoded, (name,), 0, len(text))


def _percent(text: str, _: int) -> Iterator[View]:
    if "%" in text and _ONE_PERCENT.search(text):
        yield from _whole("percent", text, _PERCENT.sub(lambda found: unquote(found.group()), text))


def _escapes(text: str, _: int) -> Iterator[View]:
    if "\\" in text and _ESCAPE.search(text):
        yield from _whole("escape", text, _joined_pairs(_ESCAPE.sub(_escaped, text)))


def _escaped(match: re.Match[str]) -> str:
    point = int(next(filter(None, match.groups())), 16)
    return chr(point) if point <= 0x10FFFF else "\ufffd"


def _joined_pairs(text: str) -> str:
    """Return `text` with surrogate pairs joined, as JSON escapes write them, and half ones replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _entities(text: str, _: int) -> Iterator[View]:
    if "&" in text and _ENTITY.search(text):
        yield from _whole("html", text, html.unescape(text))


def _look_alikes(text: str, _: int) -> Iterator[View]:
    if not text.isascii():
        for start, end, spelled in hidden(text):
            yield View(spelled, ("tags",), start, end)
        yield from _whole("unicode", text, plain_letters(text))


def _spelled(text: str, _: int) -> Iterator[View]:
    for start, end, address in spelled_out(text):
        yield View(address, ("spelled",), start, end)
    for match in _SPACED.finditer(text) if _SPACED_OUT in _marked(text, _IN_SPACED) else ():
        yield View(re.sub(r"[ _.-]", "", match.group()), ("spaced",), match.start(), match.end())


def _reversed(text: str, _: int) -> Iterator[View]:
    words = 0
    for word in _BACKWARDS_WORDS:  # not a sum over a generator, which takes twice the time for every text there is
        if word in text:
            words += 1
    if words > 2 or any(mark in text for mark in _BACKWARDS):
        yield from _whole("reversed", text, text[::-1])


WHOLE = frozenset({"percent", "escape", "html", "unicode", "reversed"})
"""Encodings that are undone all over a text; the others concern one token of it."""

TOKEN_DECODERS: tuple[Callable[[str, Places, int], Iterator[View]], ...] = (_base64, _base32, _hex)
"""Each takes a text, the places of its tokens and the room left for output, and yields what it found, from left to right."""
DECODERS: tuple[Callable[[str, int], Iterator[View]], ...] = (
    _hex_pairs, _percent, _escapes, _entities, _look_alikes, _spelled, _reversed,
)  # fmt: skip
"""Each takes a text and the room left for output."""
