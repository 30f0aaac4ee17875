"""What `make demo-fleet` shows: Neo4j, Redis, PostgreSQL and two workers here, and a live attack that is found in the graph.

python -m examples.fleet.demo RECORDING STORE
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from examples.fleet import brokers, neo4j
from examples.live import postgres, scenes, tooled
from examples.live.demo import CLEW, SCRIPTED, missing
from examples.live.model import serving

PATIENCE_S = 120.0
TOLD = ("open_stories", "story_origin", "story_grades")
"""Questions whose answers are shown."""


def main(recording: str, store: str) -> int:
    """Start all, send, wait, ask."""
    if absent := _absent():
        print(f"demo-fleet: {absent} is missing; as root, `make system` installs it.", file=sys.stderr)
        return 1
    with ExitStack() as stack:
        say("PostgreSQL, Redis and Neo4j start, all on loopback …")
        database = stack.enter_context(postgres.serving(""))
        graph = stack.enter_context(neo4j.serving(Path(store) / "neo4j"))
        fleet = os.environ | {
            "CLEW_BACKEND": "neo4j", "CLEW_NEO4J": graph.bolt, "CLEW_BROKER": stack.enter_context(brokers.redis()),
            "CLEW_DATABASE": postgres.address(database),
            "CLEW_STORE": str(Path(store) / "fleet"),
        }  # fmt: skip
        token = clew(fleet, "sensor", "add", "demo").strip()
        url = stack.enter_context(listening(fleet))
        for _ in range(2):
            stack.enter_context(running(fleet, "worker", "--processes=1"))
        say(f"two workers judge what arrives at {url}")
        _attack(fleet, url, token, recording, Path(store) / "sensor")
        story = _found(fleet)
        for name in TOLD:
            needs = [f"--set=story={story}"] * (name != "open_stories")
            print(
                f"\n$ clew graph ask {' '.join((name, *needs))}\n{clew(fleet, 'graph', 'ask', name, *needs)}",
                end="",
                flush=True,
            )
        print(f"\n$ clew story show {story}\n{clew(fleet, 'story', 'show', story)}", flush=True)
    return 0


def _attack(fleet: Mapping[str, str], url: str, token: str, recording: str, store: Path) -> None:
    """Have a live agent attacked under the kernel sensor, which sends what it sees; where there is none, replay a recording."""
    if absent := missing():
        say(f"no kernel sensor here ({absent}), so a recorded session is replayed")
        clew(fleet, "replay", recording)
        return
    say("an agent without instrumentation runs under the kernel sensor, which sends what it sees")
    with tempfile.TemporaryDirectory(prefix="clew-demo-") as name, serving(Path(name), SCRIPTED) as port:
        scenes.backup(Path(name), port, order=True)
        agent = [sys.executable, str(Path(tooled.__file__)), "operator", str(port), scenes.ASKED]
        environment = os.environ | {"SSL_CERT_FILE": str(Path(name) / "cert.pem"), "CLEW_TOKEN": token}
        command = [*CLEW, "--store", str(store.resolve()), "run", "--to", url, "--", *agent]
        subprocess.run(command, env=environment, cwd=name, check=True, stdout=subprocess.DEVNULL)


def _found(fleet: Mapping[str, str]) -> str:
    """Return the id of the story as soon as it is in Neo4j."""
    begun = time.monotonic()
    while not (rows := json.loads(clew(fleet, "graph", "ask", "open_stories", "--json"))):
        if time.monotonic() - begun > PATIENCE_S:
            raise SystemExit("demo-fleet: no story was found")
        time.sleep(0.5)
    say(f"the story was in Neo4j {time.monotonic() - begun:.1f} s later")
    return str(rows[0]["story"])


def _absent() -> str:
    there = {
        "PostgreSQL": postgres.programs() is not None,
        "Redis": brokers.has_redis(),
        "Neo4j": neo4j.jars() is not None,
    }
    return next((name for name, is_there in there.items() if not is_there), "")


def say(text: str) -> None:
    """Tell what happens."""
    print(f"demo-fleet: {text}", file=sys.stderr, flush=True)


def clew(environment: Mapping[str, str], *words: str) -> str:
    """Return what a command prints."""
    return subprocess.run([*CLEW, *words], env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


@contextmanager
def running(environment: Mapping[str, str], *words: str) -> "Iterator[subprocess.Popen[str]]":
    """Run a command beside; it is asked to end afterwards."""
    process = subprocess.Popen([*CLEW, *words], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def listening(environment: Mapping[str, str]) -> Iterator[str]:
    """Run `clew listen` on a free port and give its address."""
    with running(environment, "listen", "--port=0") as process:
        assert process.stderr is not None
        yield process.stderr.readline().split()[2]


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
