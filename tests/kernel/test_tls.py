"""What uninstrumented agents say over TLS, from the kernel alone: real clients, a scripted model on loopback."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from examples.live import agents
from examples.live.agents import AGENTS, ASKED, KEY, RESULTS
from examples.live.model import ANSWER, serving
from sensor.event import (
    CaptureStatus,
    Event,
    HttpRequested,
    HttpResponded,
    ModelResponded,
    PromptSubmitted,
    ToolCalled,
    ToolReturned,
    Unparsed,
)
from sensor.probes.btf import VMLINUX
from sensor.probes.functions import Functions
from sensor.probes.kernel import Kernel, tracepoints
from sensor.probes.observation import observed
from sensor.probes.origin import Origin
from sensor.probes.record import Count, Record, Type
from sensor.probes.sensor import Sensor
from sensor.probes.source import USUAL, order
from sensor.probes.table import PROBES
from sensor.probes.tls.connections import PLAINTEXT
from sensor.probes.tls.libraries import Libraries
from tests.kernel.conftest import python, watched

AGENT = str(Path(agents.__file__))
ECHO = """
import http.client, os, ssl, sys
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
there = http.client.HTTPSConnection("localhost", int(sys.argv[1]), context=context)
for _ in range(int(sys.argv[3])):
    there.request("POST", "/echo", b"0123456789" * (int(sys.argv[2]) // 10))
    there.getresponse().read()
"""

LIBRARIES = {
    "requests": "import requests; requests.post(url, data=body, verify=os.environ['SSL_CERT_FILE'])",
    "httpx": "import httpx; httpx.post(url, content=body)",
    "aiohttp": """
import aiohttp, asyncio, ssl
async def post():
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    async with aiohttp.ClientSession() as session, session.post(url, data=body, ssl=context) as answer:
        await answer.read()
asyncio.run(post())""",
    "openai": """
import httpx, openai
client = openai.OpenAI(base_url=url.removesuffix("/echo"), api_key="none")
client.post("/echo", cast_to=httpx.Response, body={"text": body.decode()})""",
    "anthropic": """
import anthropic, httpx
client = anthropic.Anthropic(base_url=url.removesuffix("/echo"), api_key="none")
client.post("/echo", cast_to=httpx.Response, body={"text": body.decode()})""",
}
"""Library → how a program sends `body` to `url` with it; those of models send it in JSON."""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("server")
    with serving(folder) as found:
        os.environ["SSL_CERT_FILE"] = str(folder / "cert.pem")
        yield found
        del os.environ["SSL_CERT_FILE"]


def told(sensor: Sensor, command: list[str], **more: object) -> list[Event]:
    sensor.records()
    return list(observed(sensor, sensor.launch(command, **more), Origin.here()))


@pytest.mark.parametrize("agent", AGENTS)
def test_an_agents_conversation_is_told_as_its_own_telemetry_would(agent: str, port: int, sensor: Sensor) -> None:
    found = told(sensor, [sys.executable, AGENT, agent, str(port)], stdout=subprocess.DEVNULL)

    assert not [one for one in found if isinstance(one, Unparsed)]
    assert [one.text for one in found if isinstance(one, PromptSubmitted)] == [one["content"] for one in ASKED]
    assert [one.text for one in found if isinstance(one, ToolReturned)] == list(RESULTS.values())
    assert [(one.name, one.arguments) for one in found if isinstance(one, ToolCalled)] == [
        ("read_ticket", {"n": 7}), ("send_mail", {"to": "box@drop.example.net"})
    ]  # fmt: skip
    replies = [one for one in found if isinstance(one, ModelResponded)]
    assert [one.text for one in replies] == ["", "", ANSWER]
    assert {one.session for one in found if one.session} == {replies[0].session}
    assert {one.source for one in replies} == {"kernel:tls"}
    assert all(KEY not in one.content for one in found)
    requests = [one for one in found if isinstance(one, HttpRequested)]
    assert len(requests) == len([one for one in found if isinstance(one, HttpResponded)]) == 3
    assert {one.method for one in requests} == {"POST"}


@pytest.mark.parametrize("client", ["python", "curl", "node"])
@pytest.mark.parametrize("size", [10, 100_000, 1_500_000])
def test_every_byte_of_a_client_is_seen_both_ways(
    client: str, size: int, port: int, sensor: Sensor, tmp_path: Path
) -> None:
    body = b"0123456789" * (size // 10)
    (tmp_path / "body").write_bytes(body)
    read = f"require('fs').readFileSync('{tmp_path}/body')"
    fetch = f"fetch('https://localhost:{port}/echo', {{method: 'POST', body: {read}}}).then(r => r.arrayBuffer())"
    commands = {
        "python": python(ECHO, str(port), str(size), "1"),
        "curl": [
            "curl",
            "-s",
            "-H",
            "Expect:",
            "-o",
            "/dev/null",
            "--cacert",
            os.environ["SSL_CERT_FILE"],
            "--data-binary",
            f"@{tmp_path}/body",
            f"https://localhost:{port}/echo",
        ],
        "node": ["node", "-e", fetch],
    }
    if shutil.which(commands[client][0]) is None:
        pytest.skip(f"{client} is not installed")
    env = os.environ | {"NODE_EXTRA_CA_CERTS": os.environ["SSL_CERT_FILE"]}
    before = {
        kind: [sensor.count(kind, what) for what in (Count.LOST, Count.CUT, Count.UNREAD)]
        for kind in (Type.TLS_SENT, Type.TLS_GOT)
    }
    found = watched(sensor, commands[client], env=env)

    for kind in (Type.TLS_SENT, Type.TLS_GOT):
        stream = b"".join(record.payload[PLAINTEXT.size :] for record in found if record.type == kind)
        _, _, sent = stream.partition(b"\r\n\r\n")
        assert (len(sent), hashlib.sha256(sent).digest()) == (size, hashlib.sha256(body).digest())
        assert [sensor.count(kind, what) for what in (Count.LOST, Count.CUT, Count.UNREAD)] == before[kind]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("size", [10, 300_000])
def test_every_byte_of_a_library_is_seen_both_ways(
    library: str, size: int, port: int, sensor: Sensor, tmp_path: Path
) -> None:
    body = b"0123456789" * (size // 10)
    (tmp_path / "body").write_bytes(body)
    given = f"import os; url = 'https://localhost:{port}/echo'; body = open('{tmp_path}/body', 'rb').read()\n"
    found = watched(sensor, [sys.executable, "-c", given + LIBRARIES[library]])

    for kind in (Type.TLS_SENT, Type.TLS_GOT):
        stream = b"".join(record.payload[PLAINTEXT.size :] for record in found if record.type == kind)
        _, _, said = stream.partition(b"\r\n\r\n")
        assert (json.loads(said)["text"].encode() if library in {"openai", "anthropic"} else said) == body


def test_a_process_outside_that_uses_the_same_library_yields_nothing(port: int, sensor: Sensor) -> None:
    outside = subprocess.Popen(python(ECHO, str(port), "5000", "1000000"))
    try:
        found = watched(sensor, python(ECHO, str(port), "5000", "20"))
        sensor.records()
        before = sensor.count(Type.TLS_SENT, Count.ATTEMPTED)
        subprocess.run(["sleep", "0.5"], check=True)
        assert sensor.records() == []
        assert sensor.count(Type.TLS_SENT, Count.ATTEMPTED) == before
        assert outside.poll() is None
    finally:
        outside.kill()
        outside.wait()
    spoken = [record for record in found if record.type in {Type.TLS_SENT, Type.TLS_GOT}]

    assert spoken
    assert {record.tgid for record in spoken} == {found[0].tgid}


def test_who_speaks_at_once_over_a_library_of_its_own_is_heard_from_the_first_byte(
    port: int, sensor: Sensor, tmp_path: Path
) -> None:
    library = next(Path("/usr/lib").glob("*/libssl.so.3"), None)
    if library is None:
        pytest.skip("no libssl.so.3 here")
    folders = [tmp_path / str(number) for number in range(10)]
    for folder in folders:
        folder.mkdir()
        shutil.copy(library, folder / "libssl.so.3")
    each = f'for folder in {tmp_path}/*; do LD_LIBRARY_PATH=$folder "$@"; done'
    found = watched(sensor, ["sh", "-c", each, "sh", *python(ECHO, str(port), "1000", "1")])

    opened = {record.text() for record in found if record.type == Type.OPENED}
    assert {f"{folder}/libssl.so.3" for folder in folders} <= opened
    sent = b"".join(record.payload for record in found if record.type == Type.TLS_SENT)
    assert sent.count(b"POST /echo") == len(folders)


@pytest.mark.usefixtures("sensor")
def test_where_the_kernel_attaches_only_one_function_at_a_time_the_same_is_heard(port: int) -> None:
    kernel = Kernel(order(PROBES, VMLINUX.read_bytes(), tracepoints()), USUAL)
    functions = Functions(kernel.functions, links=False)
    waiting = f"input()\n{ECHO}"
    with subprocess.Popen(python(waiting, str(port), "1000", "1"), stdin=subprocess.PIPE) as process:
        kernel.observe(process.pid)
        Libraries(functions.attach, functions.detach, nullcontext).look_at_usual()
        process.communicate(b"\n")
    found = [Record.read(piece) for piece in kernel.read()]
    kernel.close()

    assert process.returncode == 0
    assert b"POST /echo" in b"".join(record.payload for record in found if record.type == Type.TLS_SENT)
    assert b"0123456789" * 100 in b"".join(record.payload for record in found if record.type == Type.TLS_GOT)


@pytest.mark.usefixtures("sensor")
def test_an_agent_without_instrumentation_is_recorded_and_its_story_told(port: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "correlator.cli", "--store", str(tmp_path / "store")]
    agent = [sys.executable, AGENT, "openai", str(port)]
    recorded = subprocess.run(
        [*command, "record", "-o", str(tmp_path / "out"), "--", *agent], capture_output=True, check=True
    )
    told = subprocess.run([*command, "replay", "--json", str(tmp_path / "out")], capture_output=True, check=True)
    (story,) = json.loads(told.stdout)["stories"]

    assert recorded.stdout.decode().strip() == ANSWER
    assert (story["assessment"], story["severity"]) == ("succeeded", "high")
    assert "send_mail" in story["title"]
    assert KEY not in (tmp_path / "out").read_text()


SPEAKS_BY_ITSELF = """
import socket, sys
there = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
there.sendall(bytes.fromhex("16030100050100000100"))  # the beginning of a handshake, made by no library
there.recv(100)
"""
SPEAKS_BY_LIBRARY = """
import http.client, os, ssl, sys
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
there = http.client.HTTPSConnection("localhost", int(sys.argv[1]), context=context)
there.request("POST", "/echo", b"x")
there.getresponse().read()
"""


def test_tls_that_no_library_is_heard_to_speak_is_told(port: int, sensor: Sensor) -> None:
    def unheard(program: str) -> list[str]:
        found = told(sensor, python(program, str(port)))
        return [one.unseen[0] for one in found if isinstance(one, CaptureStatus) and "TLS" in one.subject]

    assert unheard(SPEAKS_BY_ITSELF) == ["what was said over 1 of 1 TLS connections: no library was heard"]
    assert unheard(SPEAKS_BY_LIBRARY) == []
