"""Sends mutated telemetry through the whole way and says what did not survive it.

    python -m benchmarks.hostile.payloads --count 100000 --out benchmarks/hostile/results/payloads.json

Each payload begins as a body of a real instrumentation package (`examples/`), as protobuf or JSON, and is mutated once or a few
times, seeded: bytes flipped, cut, doubled, or filled with garbage; in JSON also a random place replaced by a hostile value or by
another place of the same document, so that ids clash. It may be refused as a whole (`Undecodable`). What is decoded is
derived together with the spans of a good session, whose events have to come out as they do without it. One in fifty goes
through spool, graph and judgement with that session, whose story has to stand. `--large` more are large: text of 64 MB, 10,000
levels, 10^6 attributes, 10,000 spans. Any other exception is a crash and ends with exit code 1.
"""

import argparse
import copy
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.speed.place import place, report
from correlator.cli.desk import opened
from correlator.live import Live
from correlator.settings import Settings
from examples.record import SCENARIOS
from examples.recorder.instrumented import FAMILIES, reported
from sensor.errors import Undecodable
from sensor.sources.otlp.decode import decode
from sensor.sources.otlp.derive import derive
from sensor.sources.otlp.span import Span
from sensor.sources.otlp.spool import Spool

MUTATED, NEIGHBOUR = "user_asked_export", "billing_ticket"
STORED_EACH = 50
DEEP = 10_000
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, -(2**63), 2**64, 10**400, 1.5, "", "NaN", "Infinity", "-1", "\ud800", "\x00", "\u202e", "a" * 5_000,
    [], {}, [[]], [None], {"": None}, "00" * 16, "0" * 32, "not hexadecimal", '{"a": [' * 60, "[" * DEEP,
    {"stringValue": "x", "intValue": "7"}, {"arrayValue": {"values": [{}]}}, {"kvlistValue": {"values": [{"key": ""}]}},
)  # fmt: skip
"""Put in the place of whatever stood there."""


def flipped(body: bytes, source: random.Random) -> bytes:
    """Change some bytes."""
    made = bytearray(body)
    for _ in range(source.randint(1, 8)):
        made[source.randrange(len(made))] ^= 1 << source.randrange(8)
    return bytes(made)


def cut(body: bytes, source: random.Random) -> bytes:
    """Leave out the end, or a piece."""
    start = source.randrange(len(body))
    return body[:start] + body[start + source.randrange(len(body)) :]


def doubled(body: bytes, source: random.Random) -> bytes:
    """Have a piece twice."""
    start = source.randrange(len(body))
    return body[: start + source.randrange(200)] + body[start:]


def filled(body: bytes, source: random.Random) -> bytes:
    """Put garbage in."""
    start = source.randrange(len(body))
    return body[:start] + source.randbytes(source.randint(1, 40)) + body[start:]


BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (flipped, cut, doubled, filled)


def replaced(document: Any, source: random.Random) -> bytes:
    """Replace one to three places of a JSON document by hostile values, or by other places of it."""
    made = copy.deepcopy(document)
    for _ in range(source.randint(1, 3)):
        places = _places(made)
        holder, name = source.choice(places)
        other = source.choice(places)
        holder[name] = copy.deepcopy(source.choice(VALUES) if source.random() < 0.7 else other[0][other[1]])
    return json.dumps(made).encode("utf-8", "surrogatepass")


def _places(document: Any) -> list[tuple[Any, Any]]:
    found, waiting = [], [document]
    while waiting:
        holder = waiting.pop()
        pairs = list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))
        found += [(holder, name) for name, _ in pairs]
        waiting += [value for _, value in pairs if isinstance(value, dict | list)]
    return found or [({"": None}, "")]


def document(body: bytes) -> Any:
    """Return a protobuf body in the JSON form of OTLP, whose ids are hexadecimal."""
    request = ExportTraceServiceRequest.FromString(body)
    made = MessageToDict(request)
    for resources, spans in zip(request.resource_spans, made["resourceSpans"], strict=True):
        for scope, told in zip(resources.scope_spans, spans["scopeSpans"], strict=True):
            for span, one in zip(scope.spans, told["spans"], strict=True):
                one["traceId"], one["spanId"] = span.trace_id.hex(), span.span_id.hex()
    return made


LARGE = ("text of 64 MB", "levels in an attribute", "levels in a text", "attributes", "spans")


def large(kind: str, source: random.Random) -> bytes:
    """Return a large JSON body of one of the kinds of `LARGE`."""
    text = {"text of 64 MB": "y" * (64 << 20), "levels in a text": "[" * DEEP}.get(kind, "z")
    value = json.dumps({"key": "gen_ai.input.messages", "value": {"stringValue": text}}).encode()
    if kind == "levels in an attribute":
        deep = b'{"arrayValue":{"values":[' * DEEP + b'{"stringValue":"x"}' + b"]}}" * DEEP
        value = b'{"key":"gen_ai.input.messages","value":' + deep + b"}"
    elif kind == "attributes":
        one = b'{"key":"llm.input_messages.%d.message.content","value":{"stringValue":"x"}}'
        value = b",".join(one % number for number in range(10**6))
    chat = b'{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}}'
    span = b'{"traceId":"%s","spanId":"%s","name":"chat","attributes":[' + chat + b",%s]}"
    spans = b",".join(
        span % (source.randbytes(16).hex().encode(), source.randbytes(8).hex().encode(), value)
        for _ in range(10_000 if kind == "spans" else 1)
    )
    return b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + spans + b"]}]}]}"


def mutant(bodies: list[bytes], documents: list[Any], source: random.Random) -> tuple[bytes, bool]:
    """Return a mutated body, and whether it is JSON."""
    form = source.random()
    if form < 0.5:
        return replaced(source.choice(documents), source), True
    body = source.choice(bodies) if form < 0.85 else json.dumps(source.choice(documents)).encode()
    return source.choice(BYTES)(body, source), form >= 0.85


class Trial:
    """Sends payloads beside a good session and counts what came of them."""

    def __init__(self, neighbour: list[Span], folder: Path) -> None:
        self.outcomes: Counter[str] = Counter()
        self.crashes: Counter[str] = Counter()
        self.lost = 0
        self._neighbour = neighbour
        (self._sign,) = (str(one.expected.destination) for one in SCENARIOS if one.name == NEIGHBOUR)
        self._expected = {event.id for event in derive(neighbour)}
        self._folder = folder

    def send(self, body: bytes, *, is_json: bool, stored: bool) -> None:
        """Send one payload."""
        try:
            found = decode(body, signal="traces", json=is_json)
        except Undecodable:
            self.outcomes["refused as a whole"] += 1
            return
        except Exception as error:  # noqa: BLE001 - counting them is the purpose
            self.crashes[f"decode: {error!r:.120}"] += 1
            return
        self.outcomes["decoded" if found.spans else "decoded, no span left"] += 1
        try:
            told = {event.id for event in derive([*found.spans, *self._neighbour])}
            self.lost += not self._expected <= told
            if stored:
                self.lost += not self._stands([*found.spans])
        except Exception as error:  # noqa: BLE001 - see above
            self.crashes[f"derive: {error!r:.120}"] += 1

    def _stands(self, spans: list[Span]) -> bool:
        """Return whether the good session has its story after both were stored and judged."""
        with tempfile.TemporaryDirectory(dir=self._folder) as folder, opened(Settings(store=Path(folder))) as desk:
            spool = Spool(None, key=desk.key)
            live = Live(desk, spool)
            live.take([*spans, *self._neighbour])
            stories = live.work().stories
            spool.close()
        return any(self._sign in record.story.model_dump_json() for record in stories)


def main() -> int:
    """Run and write the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=10)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--out", type=Path, help="file to write besides stdout")
    arguments = parser.parse_args()
    ran = place()
    source = random.Random(arguments.seed)
    bodies = [body for family in FAMILIES for body in reported(family, MUTATED)]
    documents = [document(body) for body in bodies]
    # The neighbour's calls are other calls, as those of another session are.
    good = [body.replace(b"call_0", b"call-9") for body in reported("openinference", NEIGHBOUR)]
    neighbour = [span for body in good for span in decode(body, signal="traces", json=False).spans]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="clew-hostile-") as folder:
        trial = Trial(neighbour, Path(folder))
        for number in range(arguments.count):
            body, is_json = mutant(bodies, documents, source)
            trial.send(body, is_json=is_json, stored=number % STORED_EACH == 0)
            if number % 5_000 == 0:
                print(f"{number} sent, {sum(trial.crashes.values())} crashes", file=sys.stderr)
        for number in range(arguments.large):
            kind = LARGE[number % len(LARGE)]
            trial.outcomes[f"large: {kind}"] += 1
            trial.send(large(kind, source), is_json=True, stored=True)
            print(f"sent: {kind}", file=sys.stderr)
    result = {
        "benchmark": "hostile/payloads",
        **ran,
        "command": " ".join(["python", "-m", "benchmarks.hostile.payloads", *sys.argv[1:]]),
        "seed": arguments.seed,
        "sent": arguments.count + arguments.large,
        "crashes": dict(trial.crashes.most_common(20)),
        "neighbours_lost": trial.lost,
        "outcomes": dict(trial.outcomes),
        "peak_mebibytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "seconds": round(time.monotonic() - begun),
    }
    report(result, arguments.out)
    return 1 if trial.crashes or trial.lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
