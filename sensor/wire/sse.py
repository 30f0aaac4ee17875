"""Server-sent events (HTML Standard, 9.2.6): a body of `text/event-stream` → the data of its events."""

import re
from collections.abc import Iterator

LINES = re.compile(r"\r\n|\n|\r")
"""What stands between lines."""


def data(body: str) -> Iterator[str]:
    """Yield the data of each event. One that the end of the body cut off is yielded, too: streams are often ended so."""
    lines: list[str] = []
    for line in LINES.split(body.removeprefix("\ufeff")):
        if not line:
            if lines:
                yield "\n".join(lines)
            lines = []
        elif line.partition(":")[0] == "data":
            lines.append(line.partition(":")[2].removeprefix(" "))
    if lines:
        yield "\n".join(lines)
