"""Bytes as they go over a connection, made in view."""

import gzip
import json
import random
from collections.abc import Sequence
from typing import Any

from sensor.wire.exchange import Direction, Exchange, Undecoded
from sensor.wire.http import Http

Piece = tuple[Direction, bytes]


def request(target: str, body: Any = None, *, method: str = "POST", headers: str = "") -> bytes:
    """Return a request; a body that is no bytes is sent as JSON."""
    sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(sent)}\r\n{headers}\r\n".encode() + sent


def response(body: Any = b"", *, status: int = 200, headers: str = "", chunks: int = 0, zipped: bool = False) -> bytes:
    """Return a response; with `chunks`, in so many (RFC 9112, 7.1)."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    if zipped:
        sent, headers = gzip.compress(sent), f"{headers}Content-Encoding: gzip\r\n"
    head = f"HTTP/1.1 {status} Some Words\r\n{headers}"
    if not chunks:
        return f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent
    size = max(1, len(sent) // chunks)
    pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
    told = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
    return f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + told + b"0\r\n\r\n"


def events(*events: Any) -> bytes:
    """Return a body of server-sent events."""
    return b"".join(
        b"data: " + (one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n\n" for one in events
    )


def cut(pieces: Sequence[Piece], source: random.Random) -> list[Piece]:
    """Return the same bytes in other pieces; what went one way stays in order, and so do the two ways."""
    found: list[Piece] = []
    for direction, data in pieces:
        at = 0
        while at < len(data):
            size = source.choice([1, 2, 7, 100, 5_000, len(data)])
            found.append((direction, data[at : at + size]))
            at += size
    return found


def read(pieces: Sequence[Piece]) -> list[Exchange | Undecoded]:
    """Return what a connection held."""
    connection = Http()
    found = [one for direction, data in pieces for one in connection.take(direction, data)]
    return [*found, *connection.end()]
