"""Messages of JSON-RPC over pipes and UNIX sockets → calls of tools, as their server was asked and answered.

A server is executed with one stream as its input and one as its output; whoever writes to the first is its client. A wrapper
(`npx`, a shell) passes both on to what it starts, so the server is the process that writes the answer.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sensor.event import ToolServed
from sensor.identity import digest
from sensor.probes.origin import Origin
from sensor.probes.process.decode import standard
from sensor.probes.record import Record, Type
from sensor.probes.streams.passed import Passed, Process, process_of
from sensor.wire.jsonrpc import Lines, Result, ToolCall

MOST = 1_024
"""Pairs of streams that are followed at a time, and calls that may wait for their answers on each."""
MOST_HELD = 64 << 20
"""Bytes of lines that are not complete; beyond, those of the longest silent are passed over."""
EARLY_NS = 1_000_000_000
"""How long an answer may be told before its request: a write is told when it is done, and the reader may be faster."""
MOST_EARLY = 4
"""Such answers that are kept of a server."""


@dataclass(frozen=True, slots=True)
class _Asked:
    call: ToolCall
    client: Process
    at_ns: int


@dataclass(slots=True)
class _Server:
    """A stream at which a server reads, and the one to which it writes."""

    process: Process
    """Who was executed with them last."""
    asked: OrderedDict[str, _Asked] = field(default_factory=OrderedDict)
    early: OrderedDict[str, tuple[Result, Process, int]] = field(default_factory=OrderedDict)
    """Answers to what is not known to have been asked, with who gave them and when."""
    lines: dict[tuple[Process, bool], "_Flow"] = field(default_factory=dict)
    """Writer, and whether he asks → what he writes."""


@dataclass(slots=True)
class _Flow:
    lines: Lines = field(default_factory=Lines)
    offset: int = 0


class Tools:
    """The tool servers of the processes that are observed."""

    def __init__(self, origin: Origin, about: Callable[[int], dict[str, Any]]) -> None:
        """`about`: what every event carries, for a time in nanoseconds since the epoch."""
        self._origin = origin
        self._about = about
        self._servers: OrderedDict[int, _Server] = OrderedDict()
        """Stream at which it reads → server."""
        self._answering: dict[int, int] = {}
        """Stream to which a server writes → stream at which it reads."""
        self._held = 0

    def take(self, record: Record) -> Iterator[ToolServed]:
        """Take any record and yield what is answered by it."""
        if record.type == Type.EXECUTED:
            yield from self._executed(record)
        elif record.type == Type.WRITTEN:
            if record.second in self._servers:
                yield from self._written(record, record.second, asks=True)
            if record.first in self._answering:
                yield from self._written(record, self._answering[record.first], asks=False)

    def end(self) -> Iterator[ToolServed]:
        """Yield the calls that nobody answered."""
        for stream in list(self._servers):
            yield from self._dropped(stream)

    def _executed(self, record: Record) -> Iterator[ToolServed]:
        reads, writes, _ = standard(record)
        if not reads or not writes:
            return
        if reads in self._servers and self._answering.get(writes) == reads:
            self._servers[reads].process = process_of(record)
            return
        if reads not in self._servers:
            self._servers[reads] = _Server(process_of(record))
            self._answering[writes] = reads
        while len(self._servers) > MOST:
            yield from self._dropped(next(iter(self._servers)))

    def _written(self, record: Record, stream: int, *, asks: bool) -> Iterator[ToolServed]:
        self._servers.move_to_end(stream)
        server, writer, passed = self._servers[stream], process_of(record), Passed.read(record)
        if (writer, asks) not in server.lines and len(server.lines) >= MOST:
            gone = server.lines.pop(next(iter(server.lines)))
            self._held -= gone.lines.held
        flow = server.lines.setdefault((writer, asks), _Flow())
        before = flow.lines.held
        if passed.offset != flow.offset:
            flow.lines.gap()
        flow.offset = passed.offset + len(passed.data)
        for said in flow.lines.take(passed.data):
            if asks and isinstance(said, ToolCall):
                yield from self._asked(server, _Asked(said, writer, record.at_ns))
            elif not asks and isinstance(said, Result):
                yield from self._answered(server, said, writer, record.at_ns)
        self._held += flow.lines.held - before
        if self._held > MOST_HELD:
            yield from self._dropped(next(iter(self._servers)))

    def _asked(self, server: _Server, asked: _Asked) -> Iterator[ToolServed]:
        if (early := server.early.pop(asked.call.id, None)) and asked.at_ns - early[2] < EARLY_NS:
            yield self._told(server, asked, *early)
            return
        if before := server.asked.pop(asked.call.id, None):
            yield self._told(server, before)
        server.asked[asked.call.id] = asked
        if len(server.asked) > MOST:
            yield self._told(server, server.asked.popitem(last=False)[1])

    def _answered(self, server: _Server, result: Result, writer: Process, at_ns: int) -> Iterator[ToolServed]:
        if asked := server.asked.pop(result.id, None):
            yield self._told(server, asked, result, writer, at_ns)
            return
        # Most of these answer what is no call of a tool.
        server.early[result.id] = (result, writer, at_ns)
        if len(server.early) > MOST_EARLY:
            server.early.popitem(last=False)

    def _told(
        self,
        server: _Server,
        asked: _Asked,
        result: Result | None = None,
        writer: Process | None = None,
        at_ns: int = 0,
    ) -> ToolServed:
        process = self._origin.process
        return ToolServed(
            **self._about(self._origin.booted_ns + asked.at_ns), process=process(*(writer or server.process)),
            trace_id=digest("served", self._origin.boot_id, *asked.client, asked.call.id, asked.at_ns),
            client=process(*asked.client), request_id=asked.call.id, name=asked.call.name, arguments=asked.call.arguments,
            text=result.text if result else None, failed=result.failed if result else False,
            ended_ns=self._origin.booted_ns + at_ns if result else None,
        )  # fmt: skip

    def _dropped(self, stream: int) -> Iterator[ToolServed]:
        server = self._servers.pop(stream)
        self._held -= sum(flow.lines.held for flow in server.lines.values())
        for writes in [writes for writes, reads in self._answering.items() if reads == stream]:
            del self._answering[writes]
        for asked in server.asked.values():
            yield self._told(server, asked)
