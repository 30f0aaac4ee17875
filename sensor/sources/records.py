"""Lines → JSON records: one per line, one per element of a list, or the file as a whole.

Which of these a file is shows in its content. Records come one at a time, so a long file of JSON lines needs the
memory of its largest record only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from sensor.errors import UnreadableJsonError
from sensor.sources.bounded_json import loads
from sensor.sources.lines import LIMITS, Broken, Limits, Line, fingerprint, lines


@dataclass(frozen=True, slots=True)
class Record:
    """One JSON value. `number` counts from 1: its line, or its place in the list that the file is."""

    number: int
    value: JsonValue


def _never(_: JsonValue) -> bool:
    return False


def records(
    source: Path | bytes, *, whole: Callable[[JsonValue], bool] = _never, limits: Limits = LIMITS
) -> Iterator[Record | Broken]:
    """Yield the records of a file, or of its bytes, and a `Broken` for each that is no JSON.

    `whole` is asked about the first element of a list: whether the list is one record, as the messages of a
    conversation are, or holds one record in each element. Raises `SourceUnavailableError` if the file cannot be opened.
    """
    stream = lines(source, limits)
    head: list[Line | Broken] = []
    for first in stream:
        head.append(first)
        if isinstance(first, Line) and not _stands_alone(first.text):
            # Not JSON by itself: either the first line of a value over many lines, or one bad line among good ones.
            size = len(first.text)
            for line in stream:
                head.append(line)
                size += len(line.text) if isinstance(line, Line) else 0
                if size > limits.line:
                    break
            document = _document([line for line in head if isinstance(line, Line)])
            if document is not None:
                yield from _spread(document, whole)
                head = [line for line in head if isinstance(line, Broken)]
        break
    for line in head:
        yield from _per_line(line, whole)
    for line in stream:
        yield from _per_line(line, whole)


def broken(number: int, reason: str, text: str) -> Broken:
    """Return the mark for text that could be decoded, but not understood."""
    data = text.encode("utf-8", "surrogatepass")
    return Broken(number, reason, fingerprint(data), len(data))


def _stands_alone(text: str) -> bool:
    try:
        loads(text)
    except UnreadableJsonError as error:
        return str(error) == "nested too deeply"  # a complete value all the same
    return True


def _document(head: list[Line]) -> Record | Broken | None:
    """Return the one value that all lines together are, or `None` where lines stand for themselves."""
    text = "\n".join(line.text for line in head)
    try:
        return Record(head[0].number, loads(text))
    except UnreadableJsonError as error:
        if any(_is_object(line.text) for line in head):
            return None
        return broken(head[0].number, str(error), text)


def _is_object(text: str) -> bool:
    if not text.startswith(("{", "[")) or len(text) < 8:
        return False
    try:
        return bool(loads(text))
    except UnreadableJsonError:
        return False


def _per_line(line: Line | Broken, whole: Callable[[JsonValue], bool]) -> Iterator[Record | Broken]:
    if isinstance(line, Broken):
        yield line
        return
    try:
        record = Record(line.number, loads(line.text))
    except UnreadableJsonError as error:
        yield broken(line.number, str(error), line.text)
    else:
        yield from _spread(record, whole)


def _spread(record: Record | Broken, whole: Callable[[JsonValue], bool]) -> Iterator[Record | Broken]:
    value = None if isinstance(record, Broken) else record.value
    if isinstance(record, Record) and isinstance(value, list) and value and not whole(value[0]):
        for place, element in enumerate(value, start=record.number):
            yield Record(place, element)
    else:
        yield record
