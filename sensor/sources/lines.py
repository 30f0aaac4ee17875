"""Bytes of a hostile file, or of a message → numbered lines of text, in bounded memory.

Compression (gzip) and encoding (UTF-8 with or without mark, UTF-16, UTF-32, Latin-1) are recognised by content. What
cannot be read is a `Broken` value between its neighbours, never an exception.
"""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from io import BufferedReader, BytesIO
from pathlib import Path

from sensor.errors import SourceUnavailableError

_CHUNK = 1 << 16
_MARKS = (  # longest first: the UTF-32 mark begins with the UTF-16 one
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for reading, all in bytes after decompression."""

    line: int = 32 << 20
    """One line, and one record of several lines. A longer one is counted, digested and skipped."""
    total: int = 1 << 30
    """What a compressed file may unpack to; the rest is not read."""


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end. `number` counts from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Input that could not be read: why, how many bytes, and their key."""

    number: int
    reason: str
    digest: str
    size: int


def fingerprint(data: bytes) -> str:
    """Return the key of unreadable bytes: BLAKE2b-128, hexadecimal."""
    return blake2b(data, digest_size=16).hexdigest()


def lines(source: Path | bytes, limits: Limits = LIMITS) -> Iterator[Line | Broken]:
    """Yield the non-empty lines of a file, or of its bytes, and a `Broken` for each that is too long or that breaks off.

    Raises `SourceUnavailableError` if the file cannot be opened.
    """
    number = 1
    pending = bytearray()
    skipped: _Skipped | None = None
    for chunk in _utf8(_chunks(source, limits)):
        if isinstance(chunk, Broken):
            if pending:
                yield _line(number, bytes(pending))
                pending.clear()
            yield Broken(number, chunk.reason, chunk.digest, chunk.size)
            continue
        pieces = chunk.split(b"\n")
        for index, piece in enumerate(pieces):
            if index:
                if skipped is not None:
                    yield skipped.broken(number, limits)
                    skipped = None
                elif pending.strip():
                    yield _line(number, bytes(pending))
                pending.clear()
                number += 1
            if skipped is None and len(pending) + len(piece) > limits.line:
                skipped = _Skipped()
                skipped.add(bytes(pending))
                pending.clear()
            if skipped is not None:
                skipped.add(piece)
            else:
                pending += piece
    if skipped is not None:
        yield skipped.broken(number, limits)
    elif pending.strip():
        yield _line(number, bytes(pending))


class _Skipped:
    """A line that is too long to be kept: only its size and digest are."""

    def __init__(self) -> None:
        self._state = blake2b(digest_size=16)
        self._size = 0

    def add(self, piece: bytes) -> None:
        self._state.update(piece)
        self._size += len(piece)

    def broken(self, number: int, limits: Limits) -> Broken:
        return Broken(number, f"line longer than {limits.line} bytes", self._state.hexdigest(), self._size)


def _line(number: int, data: bytes) -> Line:
    data = data.rstrip(b"\r")
    for encoding, errors in (("utf-8", "strict"), ("utf-8", "surrogatepass")):
        try:
            return Line(number, data.decode(encoding, errors))
        except UnicodeDecodeError:
            continue
    return Line(number, data.decode("latin-1"))  # never fails, and keeps all ASCII, which carries the evidence


def _opened(source: Path | bytes) -> BufferedReader:
    if isinstance(source, bytes):
        return BufferedReader(BytesIO(source))
    try:
        return source.open("rb")
    except OSError as error:
        reason = error.strerror or "cannot be opened"
        raise SourceUnavailableError(source, f"{reason}; name a readable file or - for standard input") from error


def _chunks(source: Path | bytes, limits: Limits) -> Iterator[bytes | Broken]:
    """Yield the decompressed bytes; a broken or oversized archive ends in a `Broken` (its number is not yet known)."""
    with _opened(source) as raw:
        compressed = raw.peek(2)[:2] == b"\x1f\x8b"
        stream = gzip.GzipFile(fileobj=raw) if compressed else raw
        read = 0
        while True:
            try:
                chunk = stream.read(_CHUNK)
            except (EOFError, OSError, zlib.error) as error:
                yield Broken(0, f"file breaks off: {str(error)[:80]}", fingerprint(str(read).encode()), 0)
                return
            if not chunk:
                return
            read += len(chunk)
            if compressed and read > limits.total:
                yield Broken(0, f"unpacks to more than {limits.total} bytes", fingerprint(chunk), len(chunk))
                return
            yield chunk


def _utf8(chunks: Iterator[bytes | Broken]) -> Iterator[bytes | Broken]:
    """Yield the same text in UTF-8. The first chunk decides what the file is encoded in."""
    decoder: codecs.IncrementalDecoder | None = None
    first = True
    for chunk in chunks:
        if isinstance(chunk, Broken):
            yield chunk
            continue
        if first:
            first = False
            encoding, mark = _encoding(chunk)
            if encoding != "utf-8":
                decoder = codecs.getincrementaldecoder(encoding)("replace")
        else:
            mark = 0
        yield decoder.decode(chunk[mark:]).encode("utf-8") if decoder else chunk[mark:]
    if decoder:
        yield decoder.decode(b"", final=True).encode("utf-8")


def _encoding(start: bytes) -> tuple[str, int]:
    """Return the encoding that `start` shows, and the length of its byte order mark."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding, len(mark)
    # UTF-16 without mark: JSON and our notation begin with ASCII, so every other byte is NUL.
    head = start[:32]
    if len(head) >= 8 and head[1::2].count(0) == len(head[1::2]) and head[0::2].count(0) == 0:
        return "utf-16-le", 0
    if len(head) >= 8 and head[0::2].count(0) == len(head[0::2]) and head[1::2].count(0) == 0:
        return "utf-16-be", 0
    return "utf-8", 0
