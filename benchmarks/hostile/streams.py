"""Sends mutated streams through the readers of the kernel sensor and says what did not survive them.

    python -m benchmarks.hostile.streams --count 1000000 --out benchmarks/hostile/results/streams.json

Each stream begins as a good conversation (HTTP/1.1 with JSON, server-sent events or compression, HTTP/2, compressed WebSocket,
JSON-RPC over a pipe and over HTTP, PostgreSQL, names) and is mutated once or a few times, seeded: bytes flipped, cut, doubled, or
filled with garbage, bytes of one direction missing, arguments of a program with escapes and paths of 4,096 bytes. It is cut into
pieces at random and told as records of the kernel beside a good conversation of another process, whose events have to come out as
they do without it; and the works of its call have to be those that they are without it. An exception that a reader did not mean is
a crash and ends with exit code 1.
"""

import argparse
import gzip
import json
import random
import re
import resource
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hpack
from hyperframe.frame import DataFrame, Frame, HeadersFrame, SettingsFrame

from benchmarks.hostile.payloads import BYTES
from benchmarks.speed.place import place, report
from correlator.attribution import attribute
from sensor.event import Event, Unparsed
from sensor.probes.origin import Origin
from sensor.probes.process.decode import EXECUTED
from sensor.probes.record import HEADER, Record, Type
from sensor.probes.streams.passed import PASSED
from sensor.probes.tls.connections import PLAINTEXT
from sensor.probes.wire import Wire
from sensor.sources.otlp.derive import derive

ORIGIN = Origin("boot", 1_000)
LINKED_EACH = 50
_CRASH = re.compile(r"^[A-Za-z]+(?:Error|Exception|Invalid|Interrupt)?: ")
"""How `Wire` tells an exception that was not meant."""
Piece = tuple[Type, bytes]
HOSTILE, NEIGHBOUR = 7, 8
"""Numbers of the two processes."""


def _request(path: str, body: bytes, more: str = "") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def _response(body: bytes, more: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def _chat(call_id: str, value: str) -> list[tuple[bytes, bytes]]:
    """Return the requests and responses of a conversation with one call."""
    asked: list[dict[str, Any]] = [{"role": "user", "content": f"Look {value} up."}]
    call = {"id": call_id, "type": "function", "function": {"name": "lookup", "arguments": json.dumps({"key": value})}}
    reply = {"role": "assistant", "content": None, "tool_calls": [call]}
    first = {"id": f"r{call_id}1", "choices": [{"index": 0, "message": reply, "finish_reason": "tool_calls"}]}
    last = {"id": f"r{call_id}2", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Done."}}]}
    then = [*asked, reply, {"role": "tool", "tool_call_id": call_id, "content": f"the record of {value}"}]
    kind = "Content-Type: application/json\r\n"
    found = []
    for messages, answer in ((asked, first), (then, last)):
        sent = json.dumps({"model": "m", "messages": messages}).encode()
        found.append((_request("/v1/chat/completions", sent), _response(json.dumps(answer).encode(), kind)))
    return found


def _streamed() -> list[tuple[bytes, bytes]]:
    pieces = [{"id": "s", "choices": [{"index": 0, "delta": {"content": word}}]} for word in ("Hello ", "you.")]
    body = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in pieces) + b"data: [DONE]\n\n"
    chunked = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (body[:40], body[40:])) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n"
    asked = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hi."}]}).encode()
    return [(_request("/v1/chat/completions", asked), head + chunked)]


def _second_version() -> list[tuple[bytes, bytes]]:
    def frames(headers: list[tuple[str, str]], body: bytes) -> bytes:
        head = HeadersFrame(1, hpack.Encoder().encode(headers), flags=["END_HEADERS"])
        parts: list[Frame] = [SettingsFrame(0), head, DataFrame(1, body, flags=["END_STREAM"])]
        return b"".join(part.serialize() for part in parts)

    asked = [(":method", "POST"), (":path", "/x"), (":scheme", "https"), (":authority", "x")]
    return [(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frames(asked, b"{}"), frames([(":status", "200")], b"fine"))]


def _frame(text: str, *, masked: bool) -> bytes:
    """Return a frame of WebSocket, compressed (RFC 6455, 5.2; RFC 7692, 7.2.1); the mask changes nothing."""
    deflate = zlib.compressobj(wbits=-15)
    data = (deflate.compress(text.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
    mark = 128 if masked else 0
    size = bytes([mark | len(data)]) if len(data) < 126 else bytes([mark | 126]) + len(data).to_bytes(2, "big")
    return b"\xc1" + size + bytes(4 * masked) + data


def _websocket() -> list[tuple[bytes, bytes]]:
    asked = {"type": "response.create", "model": "m", "input": "Hi."}
    said = {"type": "response.completed", "response": {"id": "r", "output": [{"type": "message", "role": "assistant"}]}}
    upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    return [
        (f"GET /v1/responses HTTP/1.1\r\nHost: x\r\n{upgrade}".encode(), f"HTTP/1.1 101 Go\r\n{upgrade}".encode()),
        (_frame(json.dumps(asked), masked=True), _frame(json.dumps(said), masked=False)),
    ]


def _message(kind: str, body: bytes = b"") -> bytes:
    return kind.encode() + (4 + len(body)).to_bytes(4, "big") + body


def _database() -> list[tuple[bytes, bytes]]:
    start = b"\0\3\0\0user\0me\0\0"
    ready = _message("Z", b"I")
    row = _message("D", b"\0\1\0\0\0\3Ann")
    columns = _message("T", b"\0\1name\0" + bytes(6) + (25).to_bytes(4, "big") + bytes(8))
    return [
        ((4 + len(start)).to_bytes(4, "big") + start, _message("R", bytes(4)) + ready),
        (_message("Q", b"SELECT name FROM staff\0"), columns + row + _message("C", b"SELECT 1\0") + ready),
    ]


_CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "pay", "arguments": {"to": "x"}}}
_PAID = {"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": "paid"}]}}
_JSON = "Content-Type: application/json\r\n"
_NAME = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4host\7example\0\0\1\0\1"
_ADDRESS = b"\x12\x34\x81\x80\0\1\0\1\0\0\0\0\4host\7example\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1"
TLS = (Type.TLS_SENT, Type.TLS_GOT)
PLAIN = (Type.SENT, Type.GOT)
PIPES = (Type.WRITTEN, Type.WRITTEN)
NAMES = (Type.DATAGRAM_SENT, Type.DATAGRAM_GOT)
CONVERSATIONS: dict[str, tuple[tuple[Type, Type], list[tuple[bytes, bytes]]]] = {
    "chat": (TLS, _chat("call_hostile", "C-66600")),
    "chat in plain text": (PLAIN, _chat("call_plain", "C-66601")),
    "streamed": (TLS, _streamed()),
    "compressed": (TLS, [(_request("/x", b"{}"), _response(gzip.compress(b"text " * 99), "Content-Encoding: gzip\r\n"))]),
    "HTTP/2": (TLS, _second_version()),
    "WebSocket": (TLS, _websocket()),
    "MCP over HTTP": (
        PLAIN,
        [(_request("/mcp", json.dumps(_CALL).encode()), _response(json.dumps(_PAID).encode(), _JSON))],
    ),
    "MCP over pipes": (PIPES, [(json.dumps(_CALL).encode() + b"\n", json.dumps(_PAID).encode() + b"\n")]),
    "PostgreSQL": (PLAIN, _database()),
    "names": (NAMES, [(_NAME, _ADDRESS)]),
}  # fmt: skip


class Told:
    """Makes records of one process, in the order of time."""

    def __init__(self, tgid: int, streams: tuple[int, int]) -> None:
        self._tgid = tgid
        self._streams = streams
        self._offsets: Counter[Type] = Counter()

    def executed(self, at_ns: int, name: bytes, arguments: bytes, parent: int = 1) -> Record:
        """Return the record of its beginning, with pipes as input and output."""
        about = EXECUTED.pack(0, 400, *self._streams, 0, 0, 0, *[0] * 6, 0, 0)
        return self._record(Type.EXECUTED, at_ns, parent, 0, about + name + b"\0" + arguments)

    def said(self, kind: Type, at_ns: int, data: bytes, missing: int, way: int) -> Record:
        """Return the record of some bytes, with `missing` before them."""
        at = self._offsets[kind] + missing
        self._offsets[kind] = at + len(data)
        stream = self._streams[way] if kind is Type.WRITTEN else 50 + self._tgid
        if kind in TLS:
            return self._record(kind, at_ns, stream, 0, PLAINTEXT.pack(at, len(data), 0) + data)
        peer = b"\2\0" + (53 if kind in NAMES else 5432).to_bytes(2, "big") + b"\x7f\0\0\1" + bytes(20)
        return self._record(kind, at_ns, stream, stream, PASSED.pack(at, len(data), 0, peer, 4_000, False) + data)

    def _record(self, kind: Type, at_ns: int, first: int, second: int, payload: bytes) -> Record:
        head = HEADER.pack(at_ns, 400, first, second, 0, self._tgid, self._tgid, 0, kind, 1, 0, len(payload))
        return Record.read(head + payload)


def pieces(
    conversation: tuple[tuple[Type, Type], list[tuple[bytes, bytes]]], mutate: Callable[[bytes], bytes]
) -> Iterator[tuple[Type, bytes, int]]:
    """Yield what goes each way, and which way."""
    kinds, exchanges = conversation
    for both in exchanges:
        for way, data in enumerate(both):
            yield kinds[way], mutate(data), way


def hostile(source: random.Random) -> list[Record]:
    """Return the records of a mutated conversation."""
    told = Told(HOSTILE, (71, 72))
    name = source.choice([b"/bin/x", b"/" + b"d" * 4_000, b"\xff\xfe", b"\x1b[31m"])
    found = [
        told.executed(10, name, source.choice([b"x\0", b"\x1b]0;title\7\0" * 20, source.randbytes(40), b"a" * 4_096]))
    ]
    chosen = CONVERSATIONS[source.choice(list(CONVERSATIONS))]

    def mutate(data: bytes) -> bytes:
        for _ in range(source.choice([0, 1, 1, 2, 4])):
            data = source.choice(BYTES)(data, source) if data else source.randbytes(5)
        return data

    at_ns = 20
    for kind, data, way in pieces(chosen, mutate):
        size = source.choice([1, 7, 100, 100, 8_000, 8_000, 8_000])
        for start in range(0, min(len(data), 60 * size), size):
            missing = source.choice([1, 300]) if source.random() < 0.005 else 0
            found.append(told.said(kind, at_ns, data[start : start + size], missing, way))
            at_ns += 1
    return found


def good() -> list[Record]:
    """Return the records of the neighbour."""
    told = Told(NEIGHBOUR, (81, 82))
    found = [told.executed(10, b"/bin/agent", b"agent\0")]
    for number, (kind, data, way) in enumerate(pieces((TLS, _chat("call_good", "C-20417")), lambda data: data)):
        found.append(told.said(kind, 30 + 10 * number, data, 0, way))
    own = Told(9, (91, 92))
    found.append(own.executed(45, b"/bin/lookup", b"lookup\0C-20417\0", NEIGHBOUR))
    return found


def told_of(records: list[Record]) -> list[Event]:
    """Return all that records tell."""
    wire = Wire(ORIGIN)
    found = [event for one in sorted(records, key=lambda one: one.at_ns) for event in wire.take(one)]
    found += wire.end(10_000)
    return [*found, *derive(wire.spans())]


def of_neighbour(events: list[Event]) -> list[str]:
    """Return what of it is the neighbour's, without the numbers that count all events."""
    own = []
    for event in events:
        process = getattr(event, "process", None)
        text = event.model_copy(update={"part": 0}).content
        if (process is not None and process.pid in (NEIGHBOUR, 9)) or "C-20417" in text or "call_good" in text:
            own.append(text)
    return sorted(own)


def works(events: list[Event]) -> list[tuple[str | None, int]]:
    """Return which process did what was asked in the neighbour's call."""
    sessions: dict[str, list[Event]] = {}
    for event in events:
        if event.session:
            sessions.setdefault(event.session, []).append(event)
    found = attribute(sessions, [event for event in events if not event.session])
    return sorted(
        (work.call.call_id, work.process.pid)
        for one in found.values()
        for work in one.works
        if work.call.call_id == "call_good"
    )


def main() -> int:
    """Send so many, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    where, source, neighbour = place(), random.Random(given.seed), good()
    alone = told_of(neighbour)
    expected, tied = of_neighbour(alone), works(alone)
    if tied != [("call_good", 9)]:
        raise SystemExit(f"the neighbour's own work is not tied to its call: {tied}")
    count: Counter[str] = Counter()
    crashes: list[str] = []
    begun = time.perf_counter()
    for number in range(given.count):
        events = told_of([*neighbour, *hostile(source)])
        unmeant = [event.reason for event in events if isinstance(event, Unparsed) and _CRASH.match(event.reason)]
        crashes += [reason for reason in unmeant if not reason.startswith("no ")][:1]
        count["crashed"] += bool(unmeant)
        count["given up"] += any(isinstance(event, Unparsed) for event in events)
        count["neighbours lost"] += of_neighbour(events) != expected
        if number % LINKED_EACH == 0:
            count["linked"] += 1
            count["false links"] += works(events) != tied
        if number % 20_000 == 19_999:
            print(f"{number + 1} streams: {dict(count)}", file=sys.stderr)
    report(
        {
            "benchmark": "hostile/streams", **where, "command": " ".join(["python -m benchmarks.hostile.streams", *sys.argv[1:]]),
            "seed": given.seed, "streams": given.count, **count, "seconds": round(time.perf_counter() - begun, 1),
            "peak_mebibytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1), "crashes": crashes[:10],
        },
        given.out,
    )  # fmt: skip
    return 1 if count["crashed"] or count["neighbours lost"] or count["false links"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
