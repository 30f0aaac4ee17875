"""Break a fleet again and again, and compare what it tells with an undisturbed run.

    python -m benchmarks.faults --rounds 20 --out benchmarks/faults/results/faults.jsonl

Each round sends the shipped examples, in some order, from a sensor's spool to `clew listen`, whose sessions two workers judge; all
real: PostgreSQL, Redis or RabbitMQ, Neo4j in its own rounds. Meanwhile one part is broken, at random moments: *worker*, *api*,
*redis*, *rabbitmq*, *neo4j*, *postgres* are ended by SIGKILL and started again; *network* is slow and cut, between sensor and API
and between all and PostgreSQL; *disk* is full under PostgreSQL; *clock* has workers whose clock jumps by up to an hour, either
way; *paused* stops a worker for longer than its claims last, and wakes it. What is acknowledged is what the spool has kept.

Then: the event log has each event that the spool has kept, once, and no other; the stories are those of the undisturbed run, each
once (a story that was told before its first effect arrived keeps the id that it had, and the other leads to it: DESIGN, ids);
the outbox has each version of each story, once; nothing was given up. In rounds of Neo4j also: its subgraphs are those of the
reference, and it has each story once.

Who has ended by himself, because something was away when he started, is started again, as a supervisor would do.

A round is one line of the file. What is there already is not done again, so that the script may be stopped and go on.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from benchmarks.faults.servers import Network, Postgres, Server, SmallDisk, answers
from benchmarks.speed.place import place
from correlator.cli.desk import opened
from correlator.duties import Duties
from correlator.errors import CorrelatorError
from correlator.following import is_behind
from correlator.ingest import ingest
from correlator.key import KEY_FILE
from correlator.settings import Settings
from examples.fleet import brokers, neo4j
from examples.live import postgres
from graph.errors import GraphError
from graph.parts import Edge, Node
from graph.schema import EDGE_KINDS
from graph.stores.neo4j import Neo4jStore
from graph.subgraph import Subgraph
from sensor.event import Event
from sensor.redact import redact
from sensor.ship.outgoing import Outgoing
from sensor.ship.shipper import Shipper
from sensor.sources import read_any

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((*(ROOT / "examples").glob("*/session.json"), *(ROOT / "examples").glob("*/spans.jsonl")))
KINDS = ("worker", "api", "redis", "rabbitmq", "neo4j", "postgres", "network", "disk", "clock", "paused")
LEASE_S = 2
PATIENCE_S = 180.0
"""Seconds after which a round has failed."""
BATCHES = 12
"""Times that the sensor writes to its spool."""
HOUR_NS = 3_600 * 10**9


@dataclass
class Process:
    """A command that can be killed and started again."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    running: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "correlator.cli", *self.words]
        with Path(self.environment["CLEW_STORE"], f"{self.words[0]}.log").open("ab") as said:
            self.running = subprocess.Popen(
                command, env=self.environment, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
            )

    def kill(self) -> None:
        """End it, and all that it started, by force."""
        with suppress(ProcessLookupError):
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()


@dataclass
class Fleet:
    """What a round has."""

    settings: Settings
    url: str
    """Of the API, as the sensor has it."""
    api: Process
    workers: list[Process]
    servers: dict[str, Server]
    networks: tuple[Network, ...]
    disk: SmallDisk | None
    source: random.Random


def restart(part: Server | Process, source: random.Random) -> None:
    """End a part by force, and start it again after a moment."""
    part.kill()
    time.sleep(source.uniform(0, 1))
    part.start()


def restart_server(name: str, fleet: Fleet) -> None:
    """Do so with a server."""
    restart(fleet.servers[name], fleet.source)


def cut(fleet: Fleet) -> None:
    """Have the network slow, cut it for a moment, mend it."""
    for network in fleet.networks:
        network.delay_s = fleet.source.uniform(0, 0.004)
    which = fleet.source.choice(fleet.networks)
    which.cut()
    time.sleep(fleet.source.uniform(0.2, 1.5))
    which.mend()


def fill(fleet: Fleet) -> None:
    """Have the disk full for a moment."""
    assert fleet.disk is not None
    fleet.disk.fill()
    time.sleep(fleet.source.uniform(0.5, 2))
    fleet.disk.empty()


def pause(fleet: Fleet) -> None:
    """Stop a worker for longer than its claims last."""
    group = fleet.source.choice(fleet.workers).running.pid
    os.killpg(group, signal.SIGSTOP)
    time.sleep(LEASE_S + fleet.source.uniform(0.5, 2))
    os.killpg(group, signal.SIGCONT)


BREAK: dict[str, Callable[[Fleet], None]] = {
    "worker": lambda fleet: restart(fleet.source.choice(fleet.workers), fleet.source),
    "api": lambda fleet: restart(fleet.api, fleet.source),
    **{name: partial(restart_server, name) for name in ("redis", "rabbitmq", "neo4j", "postgres")},
    "network": cut,
    "disk": fill,
    "clock": lambda _: None,  # the workers of such a round have clocks that jump
    "paused": pause,
}
"""Kind → what is done once."""


def one_round(
    kind: str, number: int, servers: dict[str, Server], disk: SmallDisk | None, known: "Known"
) -> dict[str, Any]:
    """Return what came of one round."""
    source = random.Random(f"{kind} {number}")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="clew-faults-") as name, ExitStack() as stack:
        fleet = _fleet(kind, number, Path(name), servers, disk, source, stack, known)
        sent = list(known.events)
        source.shuffle(sent)
        broken = [0]
        with _shipping(fleet.url, Path(name)) as outgoing:
            with _breaking(kind, fleet, broken):
                size = -(-len(sent) // BATCHES)
                for at in range(0, len(sent), size):
                    assert outgoing.add([redact(event, known.key) for event in sent[at : at + size]]) == 0
                    time.sleep(source.uniform(0, 0.6))
            _await(lambda: outgoing.waiting().batches == 0, "the spool is not empty")
            assert outgoing.waiting().aside == 0, "a batch was refused"
        _settle(fleet)
        return {
            "kind": kind, "number": number, "broken": broken[0], "seconds": round(time.monotonic() - begun, 1),
            **_compared(fleet.settings, known),
        }  # fmt: skip


def _fleet(
    kind: str, number: int, folder: Path, servers: dict[str, Server], disk: SmallDisk | None, source: random.Random,
    stack: ExitStack, known: "Known",
) -> Fleet:  # fmt: skip
    found = disk.value if disk is not None else servers["postgres"].value
    # Made before anything is between.
    scheme = f"r_{kind}_{number}_{os.getpid()}"
    address = postgres.schema(postgres.address(found), scheme)
    api_port, networks = brokers.free_port(), tuple[Network, ...]()
    if kind == "network":
        networks = (Network(int(found["PGPORT"])), Network(api_port))
        address = address.replace(f":{found['PGPORT']}/", f":{networks[0].port}/")
        for network in networks:
            stack.callback(network.close)
    broker = servers["rabbitmq" if kind == "rabbitmq" else "redis"].value
    graph = servers["neo4j"].value.bolt if kind == "neo4j" else None
    settings = Settings(
        store=folder / "store", backend="neo4j" if graph else "sql", database=address, broker=broker, lease_seconds=LEASE_S,
        neo4j=graph,
    )  # fmt: skip
    settings.store.mkdir()
    (settings.store / KEY_FILE).write_bytes(known.key)
    if graph:
        with opened(settings) as desk:
            assert isinstance(desk.graph, Neo4jStore)
            desk.graph.rebuild()
    environment = os.environ | {
        "CLEW_BACKEND": settings.backend, "CLEW_DATABASE": address, "CLEW_BROKER": broker, "CLEW_NEO4J": graph or "",
        "CLEW_LEASE_SECONDS": str(LEASE_S), "CLEW_STORE": str(settings.store),
    }  # fmt: skip
    api = Process(("listen", f"--port={api_port}"), environment)
    stack.callback(api.kill)
    _await(lambda: answers(api_port), "the API does not start")  # who starts it would start it again
    workers = [Process(("worker", "--processes=1"), environment) for _ in range(0 if kind == "clock" else 2)]
    for one in workers:
        stack.callback(one.kill)
    if kind == "clock":
        stack.enter_context(_jumping(settings, source))
    url_port = networks[1].port if networks else api_port
    return Fleet(settings, f"http://127.0.0.1:{url_port}", api, workers, servers, networks, disk, source)


@contextmanager
def _jumping(settings: Settings, source: random.Random) -> Iterator[None]:
    """Judge in two threads of a process whose clock jumps."""
    stop, jumps, real = threading.Event(), random.Random(source.random()), time.time_ns

    def work() -> None:
        while not stop.is_set():
            with suppress(CorrelatorError, GraphError), Duties.opened(settings) as duties:
                while not stop.wait(0.05):
                    duties.judge(settings.tenant)

    threads = [threading.Thread(target=work) for _ in range(2)]
    time.time_ns = lambda: real() + (jumps.randrange(-HOUR_NS, HOUR_NS) if jumps.random() < 0.5 else 0)
    for one in threads:
        one.start()
    try:
        yield
    finally:
        stop.set()
        for one in threads:
            one.join()
        time.time_ns = real


@contextmanager
def _breaking(kind: str, fleet: Fleet, broken: list[int]) -> Iterator[None]:
    """Break the part at random moments meanwhile, once at least."""
    stop = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            while not broken[0] or not stop.is_set():
                time.sleep(fleet.source.uniform(0, 1.5))
                BREAK[kind](fleet)
                broken[0] += 1
        except BaseException as error:  # noqa: BLE001 - raised below
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failed:
        raise failed[0]


@contextmanager
def _shipping(url: str, folder: Path) -> Iterator[Outgoing]:
    """Give a spool from which is sent meanwhile."""
    path = folder / "outgoing.db"
    shipper = Shipper(lambda: Outgoing(path), url, None, lambda _: None)
    shipper.start()
    outgoing = Outgoing(path)
    try:
        yield outgoing
    finally:
        outgoing.close()
        shipper.stop(5)


def _settle(fleet: Fleet) -> None:
    """Wait until no session waits, and until the graph has all."""

    def done() -> bool:
        for one in (fleet.api, *fleet.workers):
            if one.running.poll() is not None:  # it could not start while something was away
                one.start()
        try:
            with opened(fleet.settings) as desk:
                if desk.casebook.waiting(fleet.settings.tenant, limit=1):
                    return False
                return not isinstance(desk.graph, Neo4jStore) or not is_behind(desk.graph, desk.casebook)
        except (CorrelatorError, GraphError, SQLAlchemyError):
            return False

    _await(done, "sessions still wait, or the graph is behind")


def _await(met: Callable[[], bool], what: str) -> None:
    enough = time.monotonic() + PATIENCE_S
    while not met():
        if time.monotonic() > enough:
            raise TimeoutError(what)
        time.sleep(0.1)


@dataclass
class Known:
    """What an undisturbed process keeps and tells."""

    events: list[Event]
    key: bytes
    ids: Counter[str]
    stories: list[dict[str, Any]]
    graphs: dict[str, Any]


def undisturbed(folder: Path) -> Known:
    """Return what one process with SQLite keeps and tells."""
    events = [event for path in EXAMPLES for event in read_any(path)]
    settings = Settings(store=folder / "alone")
    (folder / "all.jsonl").write_text("".join(f"{event.content}\n" for event in events), "utf-8")
    with opened(settings) as desk:
        ingest([("all", folder / "all.jsonl")], desk)
        keys = sorted({event.session for event in events})
        ids = Counter(event.id for key in keys for event in desk.graph.events(key))
        graphs = {key: desk.graph.subgraph(key) for key in keys}
    return Known(events, (settings.store / KEY_FILE).read_bytes(), ids, _told(settings), graphs)


def _told(settings: Settings, ids: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the stories, without what they say of how they came about; under one of these `ids` where it leads to them."""
    with opened(settings) as desk:
        stories = [one.story.model_dump(mode="json") for one in desk.casebook.stories(settings.tenant)]
    for story in stories:
        del story["version"]
        story["id"] = next((name for name in (story["id"], *story.pop("aliases")) if name in ids), story["id"])
    return sorted(stories, key=lambda story: str(story["id"]))


def _structure(graph: Subgraph) -> tuple[list[Node], list[Edge]]:
    """Return nodes and edges that events prove; what was derived before all had arrived may be more than at the end."""
    edges = [edge for edge in graph.edges() if not EDGE_KINDS[edge.label].derived]
    ends = {key for edge in edges for key in (edge.source, edge.target)}
    return [node for node in graph.nodes() if node.key in ends], edges


def _compared(settings: Settings, known: Known) -> dict[str, Any]:
    """Return what is missing, doubled or different."""
    with opened(settings) as desk:
        ids = Counter(event.id for key in known.graphs for event in desk.graph.events(key))
        dead = len(desk.casebook.dead(settings.tenant))
        versions = {one.story.id: one.story.version for one in desk.casebook.stories(settings.tenant, every=True)}
        told = Counter(
            (one.story, one.version)
            for one in desk.casebook.outbox(settings.tenant, 0, 100_000)
            if one.what in ("told", "changed")
        )
        graph = desk.graph
        in_graph = None
        if isinstance(graph, Neo4jStore):
            rows = graph.ask("MATCH (s:Story {standing: 'open'}) RETURN s.id AS id", {})
            here = sorted(one.story.id for one in desk.casebook.stories(settings.tenant))
            in_graph = sorted(str(row["id"]) for row in rows) == here and all(
                _structure(graph.subgraph(key)) == _structure(one) for key, one in known.graphs.items()
            )
    stories = _told(settings, {str(story["id"]) for story in known.stories})
    found: dict[str, Any] = {
        "lost": (known.ids - ids).total(), "doubled": (ids - known.ids).total(), "dead": dead,
        "stories": len(stories), "same_stories": stories == known.stories,
        "deliveries_wrong": sum(told[name, at] != 1 for name, last in versions.items() for at in range(1, last + 1)),
    }  # fmt: skip
    if in_graph is not None:
        found["same_graph"] = in_graph
    wrong = found["lost"] or found["doubled"] or found["deliveries_wrong"] or dead
    found["right"] = not wrong and found["same_stories"] and in_graph in (None, True)
    return found


def main() -> int:
    """Do what is missing, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="of each kind")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    where = place()
    done = [json.loads(line) for line in asked.out.read_text("utf-8").splitlines()] if asked.out.exists() else []
    there = {(one["kind"], one["number"]) for one in done}
    with tempfile.TemporaryDirectory(prefix="clew-fleet-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        known = undisturbed(folder)
        for kind in asked.kinds:
            missing = [number for number in range(asked.rounds) if (kind, number) not in there]
            if missing:
                done += _rounds(kind, missing, folder, known, where["commit"], asked.out)
    print(json.dumps(_summary(done, where), indent=1))
    return 0 if all(one["right"] for one in done) else 1


def _rounds(
    kind: str, numbers: Sequence[int], folder: Path, known: Known, commit: str, out: Path
) -> list[dict[str, Any]]:
    found = []
    with ExitStack() as stack:
        servers, disk = _servers(kind, folder, stack)
        for number in numbers:
            try:
                one = one_round(kind, number, servers, disk, known)
            except (TimeoutError, AssertionError) as error:
                one = {"kind": kind, "number": number, "right": False, "error": f"{type(error).__name__}: {error}"}
            one["commit"] = commit
            found.append(one)
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(one) + "\n")
            print(json.dumps(one), file=sys.stderr, flush=True)
    return found


def _servers(kind: str, folder: Path, stack: ExitStack) -> tuple[dict[str, Server], SmallDisk | None]:
    """Start what rounds of a kind need."""
    servers: dict[str, Server] = {}
    redis, rabbitmq, bolt = brokers.free_port(), brokers.free_port(), brokers.free_port()
    servers["redis"] = Server(lambda: brokers.redis(redis))
    if kind == "rabbitmq":
        servers["rabbitmq"] = Server(lambda: brokers.rabbitmq(rabbitmq))
    if kind == "neo4j":
        servers["neo4j"] = Server(lambda: neo4j.serving(folder / "neo4j", bolt=bolt))
    if kind != "disk":
        data = folder / f"postgres-{kind}"
        data.mkdir()
        servers["postgres"] = Postgres(data)
    for server in servers.values():
        stack.callback(server.kill)
    if kind != "disk":
        return servers, None
    place_ = folder / "disk"
    place_.mkdir(exist_ok=True)
    disk = SmallDisk(place_, 200)
    stack.callback(disk.close)
    return servers, disk


def _summary(done: Sequence[Mapping[str, Any]], where: Mapping[str, Any]) -> dict[str, Any]:
    kinds = {
        kind: {
            "rounds": len(some := [one for one in done if one["kind"] == kind]), "right": sum(one["right"] for one in some),
            "broken": sum(one.get("broken", 0) for one in some), "lost": sum(one.get("lost", 0) for one in some),
            "doubled": sum(one.get("doubled", 0) for one in some),
        }
        for kind in KINDS
    }  # fmt: skip
    return {
        "benchmark": "faults", **where, "rounds": len(done), "right": sum(one["right"] for one in done), "kinds": kinds
    }  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
