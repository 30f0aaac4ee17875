"""A request and its response, as they were sent: what the protocols of this package are read into.

Tuples, which are made in a quarter of the time of a frozen dataclass: there is one of each for everything that is said.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client of HTTP/2 sends first (RFC 9113, 3.4)."""
MESSAGE = "WEBSOCKET"
"""In the place of a method: a message over WebSocket, which has none."""
Direction = Literal["sent", "got"]
"""By the client, or from the server."""
Headers = tuple[tuple[str, str], ...]
"""Names in lower case, in the order in which they were sent."""


class Request(NamedTuple):
    """What a client sent."""

    method: str
    target: str
    """As in the request line, with its query."""
    headers: Headers
    body: bytes = b""
    """As it was sent, still encoded (`body.decoded`)."""
    missing: int = 0
    """Bytes of the body that are not here: it was longer than is kept."""
    begun_ns: int = 0


class Response(NamedTuple):
    """What a server answered."""

    status: int
    headers: Headers
    body: bytes = b""
    missing: int = 0
    ended_ns: int = 0
    """When the last of it came that says something: whoever reads it may go on before he reads that this was the end."""
    cut_off: bool = False
    """The connection ended before it did."""


class Exchange(NamedTuple):
    """One request with its response."""

    request: Request
    response: Response | None
    """`None` where the connection ended before it did."""


@dataclass(frozen=True, slots=True)
class Undecoded:
    """Bytes of a connection that are not of the protocol, or come after such."""

    reason: str
    size: int
    at_ns: int = 0


def header(headers: Headers, name: str) -> str:
    """Return the value of a header, empty where it is not there; several are joined (RFC 9110, 5.3)."""
    return ", ".join([value for key, value in headers if key == name])
