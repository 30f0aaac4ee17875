"""Measure how many spans a second `clew listen` takes, keeps and judges on one core, beside the raw work on the same spans.

    python -m benchmarks.speed.receive --out benchmarks/speed/results/receive.json

The spans are those of real client libraries under real instrumentation packages (`examples/`), copied with new ids. *calls*:
sessions of five model calls, each of which repeats the conversation so far, without a conversation id, and nothing else. *mixed*:
all that the telemetry examples sent, so agents, tools, MCP and HTTP as well. The listener runs on one core, the sender on another.

*flood*: all are posted as fast as answers come; refused requests are posted again after the time that the refusal names. Then
the listener is ended, which it does when all is judged. *stored*: the same with the engine of `Storing` below, which keeps spans
and stores what they tell, and judges nothing: receiver, fold and store. *raw*, on the same core: the bodies are decoded, the
attributes are read, and the rows of the stores go into empty tables with `executemany`. *steady*: a fixed rate for a minute;
memory each second. *overload*: the listener is flooded without patience and killed; what was acknowledged has to be in its file.
"""

import argparse
import base64
import http.client
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from benchmarks.speed.place import place, report
from correlator.cli.desk import opened as opened_desk
from correlator.collector import settle_memory
from correlator.listen import Engine
from correlator.live import Live, Worked
from correlator.settings import Settings
from correlator.wiring import open_spool
from examples.record import FOLDER
from examples.recorder.instrumented import FAMILIES, reported
from sensor.receive.http import application
from sensor.receive.receiver import Receiver
from sensor.sources.otlp.decode import decode
from sensor.sources.otlp.read import read

SCENARIOS = ("billing_ticket", "user_asked_export")
AT_ONCE = 100
"""Sessions whose spans come mixed."""
BATCH = 50
"""Spans in a request."""
CONNECTIONS = 4
AT_MOST = 256
"""Connections of the overload: together they send more at once than may wait."""
_CALL, _REPLY = re.compile(r"\b(?:call|toolu|msg_scripted)_(?=[\da-f])"), "chatcmpl-scripted"
"""Where ids of tool calls and of some replies begin, and the id of all others: those of a real model never come again."""
_CONVERSATION = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_IDS = ("traceId", "spanId", "parentSpanId")
PATH, HEADERS = "/v1/traces", {"Content-Type": "application/x-protobuf"}


Template = list[Span]


def calls() -> list[Template]:
    """Return sessions of model calls only."""
    return [[_span(body) for body in reported(family, name)] for family in FAMILIES for name in SCENARIOS]


def mixed() -> list[Template]:
    """Return the sessions of the telemetry examples, all spans of each."""
    return [_exported(path) for path in sorted(Path(FOLDER).glob("*/spans.jsonl"))]


def requests(templates: list[Template], count: int, source: random.Random) -> Iterator[tuple[bytes, int]]:
    """Yield bodies and how many spans each holds: `count` spans or a few more."""
    made, running, number = 0, list[list[Span]](), 0
    waiting: list[Span] = []
    while made < count or running:
        while made < count and len(running) < AT_ONCE:
            running.append(_copy(source.choice(templates), number, source))
            made += len(running[-1])
            number += 1
        chosen = source.choice(running)
        waiting.append(chosen.pop(0))
        if not chosen:
            running.remove(chosen)
        if len(waiting) == BATCH:
            yield _body(waiting), BATCH
            waiting = []
    if waiting:
        yield _body(waiting), len(waiting)


def _span(body: bytes) -> Span:
    found: Span = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans[0]
    return found


def _exported(path: Path) -> Template:
    """Return the spans of OTLP/JSON lines, whose ids are hexadecimal where protobuf's own JSON has base64."""
    found = []
    for line in path.read_text("utf-8").splitlines():
        for traced in json.loads(line).get("resourceSpans", ()):
            for span in (span for scoped in traced["scopeSpans"] for span in scoped["spans"]):
                ids = {name: base64.b64encode(bytes.fromhex(span[name])).decode() for name in _IDS if span.get(name)}
                found.append(ParseDict({**span, **ids}, Span(), ignore_unknown_fields=True))
    return found


def _copy(spans: Template, number: int, source: random.Random) -> list[Span]:
    """Return spans of another session of the same kind."""
    new: dict[bytes, bytes] = {}
    found = []
    for at, span in enumerate(spans):
        made = Span()
        made.CopyFrom(span)
        for name in ("trace_id", "span_id", "parent_span_id"):
            if old := getattr(span, name):
                setattr(made, name, new.setdefault(old, source.randbytes(len(old))))
        for attribute in made.attributes:
            if attribute.value.HasField("string_value"):
                text = _CALL.sub(rf"\g<0>{number}_", attribute.value.string_value)
                text = _CONVERSATION.sub(lambda old: _renamed(old[0], number), text)
                attribute.value.string_value = text.replace(_REPLY, f"chatcmpl-{number}-{at}")
        found.append(made)
    return found


def _renamed(name: str, number: int) -> str:
    return f"{number:08x}{name[8:]}"


def _body(spans: list[Span]) -> bytes:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.extend(spans)
    return bytes(request.SerializeToString())


@dataclass
class Listener:
    """A running `clew listen`."""

    process: subprocess.Popen[bytes]
    address: str
    store: Path

    def memory(self) -> int:
        """Return the memory that it has now, in KiB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0])

    def end(self) -> None:
        """End it as Ctrl-C does, which waits until all is judged."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


class Storing(Live):
    """Keeps spans and stores what they tell; judges nothing."""

    def step(self) -> Worked:
        """Tell one group."""
        return Worked(self.tell(), ())

    @property
    def idle(self) -> bool:
        """Return whether all is told."""
        return self.told


@contextmanager
def listening(core: int, *, judging: bool = True) -> Iterator[Listener]:
    """Start it on one core with a new store; it is gone afterwards."""
    program = ["correlator.cli", "listen", "--port=0", "--json", "--store"]
    if not judging:
        program = ["benchmarks.speed.receive", "--storing"]
    with tempfile.TemporaryDirectory(prefix="clew-receive-") as folder:
        command = ["taskset", "-c", str(core), sys.executable, "-m", *program, folder]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            try:
                assert process.stderr is not None
                address = urlsplit(process.stderr.readline().split()[2].decode()).netloc
                # Nobody reads more of it; an error shows as a refusal.
                yield Listener(process, address, Path(folder))
            finally:
                process.kill()


def store(folder: Path) -> None:
    """Serve as `clew listen` does, but with `Storing`."""
    settings = Settings(store=folder)

    @contextmanager
    def opened() -> Iterator[Live]:
        with opened_desk(settings) as desk:
            spool = open_spool(settings, desk.key)
            yield Storing(desk, spool)
            spool.close()

    engine = Engine(opened, lambda _: None)
    engine.start()
    engine.ready.result()
    settle_memory()
    config = uvicorn.Config(
        application(Receiver(engine.take)), port=0, http="h11", log_level="error", access_log=False, lifespan="off"
    )
    bound = config.bind_socket()
    bound.listen(1024)
    print(f"listening at http://127.0.0.1:{bound.getsockname()[1]}", file=sys.stderr, flush=True)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[bound])
    engine.stop()


@dataclass
class Sender:
    """Posts bodies over some connections that stay open."""

    address: str
    patient: bool = True
    """Whether refused requests are posted again."""
    acknowledged: int = 0
    refused: int = 0
    without_retry_after: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _own: threading.local = field(default_factory=threading.local)

    def post(self, item: tuple[bytes, int]) -> None:
        """Send one request."""
        body, spans = item
        while True:
            if not hasattr(self._own, "connection"):
                self._own.connection = http.client.HTTPConnection(self.address, timeout=120)
            self._own.connection.request("POST", PATH, body, HEADERS)
            with self._own.connection.getresponse() as answer:
                answer.read()
            with self._lock:
                if answer.status == 200:
                    self.acknowledged += spans
                    return
                self.refused += 1
                self.without_retry_after += "Retry-After" not in answer.headers
            if not self.patient:
                return
            time.sleep(float(answer.headers["Retry-After"]))


def flood(bodies: list[tuple[bytes, int]], cores: tuple[int, int], *, judging: bool) -> dict[str, float]:
    """Post all as fast as answers come; return the rates until all were kept and until all was done, and those of the raw work."""
    spans = sum(count for _, count in bodies)
    with listening(cores[0], judging=judging) as listener:
        sender = Sender(listener.address)
        begun = time.perf_counter()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(sender.post, bodies))
        kept_s = time.perf_counter() - begun
        listener.end()
        done_s = time.perf_counter() - begun
        os.sched_setaffinity(0, {cores[0]})
        raw_s = raw([body for body, _ in bodies], listener.store)
        os.sched_setaffinity(0, {cores[1]})
    return {
        "spans": spans,
        "kept_per_s": round(spans / kept_s),
        "done_per_s": round(spans / done_s),
        "raw_per_s": round(spans / raw_s),
        "share": round(raw_s / done_s, 3),
        "refused": sender.refused,
    }


def raw(bodies: list[bytes], store: Path) -> float:
    """Return the seconds of decoding, reading the attributes, and writing the rows of `store` into empty tables."""
    begun = time.perf_counter()
    for body in bodies:
        for span in decode(body, signal="traces", json=False).spans:
            read(span)
    seconds = time.perf_counter() - begun
    for file in sorted(store.glob("*.db")):
        seconds += _written(file, store / f"raw-{file.name}")
    return seconds


def _written(file: Path, into: Path) -> float:
    """Return the seconds that the rows of a file take by `executemany`, a batch of requests' worth in a transaction."""
    with closing(sqlite3.connect(file)) as there, closing(sqlite3.connect(into, isolation_level=None)) as raw_db:
        raw_db.execute("PRAGMA journal_mode = WAL")
        raw_db.execute("PRAGMA synchronous = FULL")
        made = there.execute(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        for (statement,) in made:
            raw_db.execute(statement)
        seconds = 0.0
        for (table,) in there.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            cursor = there.execute(f"SELECT * FROM {table}")  # noqa: S608 - a name of our own schema
            marks = ", ".join("?" * len(cursor.description))
            while rows := cursor.fetchmany(20 * BATCH):
                begun = time.perf_counter()
                raw_db.execute("BEGIN IMMEDIATE")
                raw_db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - see above
                raw_db.execute("COMMIT")
                seconds += time.perf_counter() - begun
        return seconds


def steady(bodies: list[tuple[bytes, int]], rate: int, seconds: int, core: int) -> dict[str, object]:
    """Post at a fixed rate and return the memory over time, refusals, and how long judging went on afterwards."""
    with listening(core) as listener:
        sender = Sender(listener.address)
        memory: list[int] = []
        begun = time.perf_counter()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for number, item in enumerate(bodies):
                due = number * BATCH / rate
                if due >= seconds:
                    break
                if due >= len(memory):
                    memory.append(listener.memory())
                time.sleep(max(0.0, begun + due - time.perf_counter()))
                pool.submit(sender.post, item)
        answered_s = time.perf_counter() - begun
        listener.end()
        ended_s = time.perf_counter() - begun
    return {
        "rate": rate,
        "seconds": seconds,
        "acknowledged": sender.acknowledged,
        "refused": sender.refused,
        "answered_after_s": round(answered_s - seconds, 1),
        "judged_after_s": round(ended_s - seconds, 1),
        "memory_mebibytes": [round(one / 1024) for one in memory[:: max(1, seconds // 12)]],
        "memory_growth": round(memory[-1] / memory[len(memory) // 2], 3),
    }


def overload(bodies: list[tuple[bytes, int]], core: int) -> dict[str, int]:
    """Flood without patience, kill, and compare what was acknowledged with what is kept."""
    with listening(core) as listener:
        sender = Sender(listener.address, patient=False)
        with ThreadPoolExecutor(AT_MOST) as pool:
            list(pool.map(sender.post, bodies))
        listener.process.kill()
        listener.process.wait()
        with closing(sqlite3.connect(listener.store / "spans.db")) as spool:
            (kept,) = spool.execute("SELECT count(*) FROM span").fetchone()
    return {
        "acknowledged": sender.acknowledged,
        "kept": kept,
        "refused_requests": sender.refused,
        "without_retry_after": sender.without_retry_after,
    }


def main() -> int:
    """Run and write the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--spans", type=int, default=20_000)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--out", type=Path, help="file to write besides stdout")
    parser.add_argument("--only", choices=("flood", "overload", "steady"), help="leave the rest out")
    parser.add_argument("--kind", choices=("calls", "mixed"), help="leave the other out")
    parser.add_argument("--storing", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.storing is not None:
        store(arguments.storing)
        return 0
    ran = place()
    mine, theirs, *_ = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {mine})
    source = random.Random(arguments.seed)
    result: dict[str, object] = {"benchmark": "speed/receive", **ran, "seed": arguments.seed}
    result["command"] = " ".join(["python", "-m", "benchmarks.speed.receive", *sys.argv[1:]])
    result["wanted"] = {"share": 0.35, "done_per_s": 1000}
    kinds = {"calls": calls(), "mixed": mixed()}
    chosen = {kind: kinds[kind] for kind in kinds if arguments.kind in (None, kind)}
    for kind, templates in chosen.items() if arguments.only in (None, "flood") else ():
        bodies = list(requests(templates, arguments.spans, source))
        for name, judging in (("stored", False), ("flood", True)):
            result[f"{kind}_{name}"] = flood(bodies, (theirs, mine), judging=judging)
            print(kind, name, json.dumps(result[f"{kind}_{name}"]), file=sys.stderr)
    if arguments.only in (None, "overload"):
        result["overload"] = overload(list(requests(kinds["calls"], arguments.spans, source)), theirs)
        print(json.dumps(result["overload"]), file=sys.stderr)
    for kind, templates in chosen.items() if arguments.only in (None, "steady") else ():
        bodies = list(requests(templates, arguments.rate * arguments.seconds, source))
        result[f"{kind}_steady"] = steady(bodies, arguments.rate, arguments.seconds, theirs)
        print(kind, json.dumps(result[f"{kind}_steady"]), file=sys.stderr)
    report(result, arguments.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
