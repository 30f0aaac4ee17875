"""What is said over sockets in plain text, from the kernel alone: real clients and servers on loopback."""

import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sensor.event import DatabaseQueried, Event, HttpRequested, HttpResponded, ModelResponded, PromptSubmitted, Unparsed
from sensor.probes.observation import observed
from sensor.probes.origin import Origin
from sensor.probes.record import Count, Type
from sensor.probes.sensor import Sensor
from tests.kernel.conftest import python, watched

ANSWER = {"id": "r-1", "model": "m-1", "choices": [{"message": {"role": "assistant", "content": "Good morning."}}]}
CLIENT = """
import http.client, json, sys
there = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
for target, body in json.loads(sys.argv[2]):
    there.request("POST" if body else "GET", target, json.dumps(body) if body else None)
    there.getresponse().read()
"""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        data = json.dumps(ANSWER).encode() if "chat" in self.path else body
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def told(sensor: Sensor, command: list[str], **more: object) -> list[Event]:
    sensor.records()
    return list(observed(sensor, sensor.launch(command, **more), Origin.here()))


def test_requests_in_plain_text_are_told_with_who_sent_them(port: int, sensor: Sensor) -> None:
    large = {"text": "x" * 100_000}
    found = told(
        sensor, python(CLIENT, str(port), json.dumps([["/echo?q=1", {"a": 1}], ["/big", large], ["/no", None]]))
    )
    requests = [one for one in found if isinstance(one, HttpRequested)]
    responses = [one for one in found if isinstance(one, HttpResponded)]

    assert [(one.method, one.url.replace(str(port), "PORT"), one.body_bytes) for one in requests] == [
        ("POST", "http://127.0.0.1:PORT/echo?q=1", 8), ("POST", "http://127.0.0.1:PORT/big", 100_012),
        ("GET", "http://127.0.0.1:PORT/no", 0),
    ]  # fmt: skip
    assert [(one.status, one.body_bytes) for one in responses] == [(200, 8), (200, 100_012), (404, 0)]
    assert (requests[0].body, responses[0].body) == ('{"a": 1}', '{"a": 1}')
    assert len({one.process for one in (*requests, *responses)}) == 1
    assert not [one for one in found if isinstance(one, Unparsed)]


def test_a_model_that_is_spoken_to_in_plain_text_is_told_as_a_conversation(port: int, sensor: Sensor) -> None:
    asked = {"model": "m-1", "messages": [{"role": "user", "content": "Hello."}]}
    found = told(sensor, python(CLIENT, str(port), json.dumps([["/v1/chat/completions", asked]])))

    assert [one.text for one in found if isinstance(one, PromptSubmitted)] == ["Hello."]
    assert [(one.text, one.source) for one in found if isinstance(one, ModelResponded)] == [
        ("Good morning.", "kernel:http")
    ]


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
def test_curl_is_told_too(port: int, sensor: Sensor) -> None:
    found = told(sensor, ["curl", "-s", "-d", "data", f"http://127.0.0.1:{port}/echo"], stdout=subprocess.DEVNULL)

    assert [(one.url, one.body) for one in found if isinstance(one, HttpRequested)] == [
        (f"http://127.0.0.1:{port}/echo", "data")
    ]


def test_a_server_and_what_is_none_of_ours_are_not_told(sensor: Sensor) -> None:
    program = """
import socket, threading
listening = socket.create_server(("127.0.0.1", 0))
for first in (b"SSH-2.0-x\\r\\n", b"\\x16\\x03\\x01hello", b"\\x00\\x00\\x00\\x08private"):
    with socket.create_connection(listening.getsockname()) as there, listening.accept()[0] as here:
        there.sendall(first); here.recv(100); here.sendall(b"private"); there.recv(100); there.sendall(b"GET / HTTP/1.1\\r\\n")
with socket.create_connection(listening.getsockname()) as there, listening.accept()[0] as here:
    here.sendall(b"220 hello"); there.recv(100); there.sendall(b"GET private")
"""
    found = watched(sensor, python(program))

    assert not [record for record in found if record.type in (Type.SENT, Type.GOT)]


def test_what_is_only_looked_at_is_not_told_twice(port: int, sensor: Sensor) -> None:
    program = """
import socket, sys
there = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
there.sendmsg([b"POST /echo HTTP/1.1\\r\\nHost: a\\r\\nContent-", b"", b"Length: 2\\r\\n\\r\\nhi"])
there.recv(10, socket.MSG_PEEK)
got = b""
while b"hi" not in got:
    part = bytearray(1000), bytearray(1000)
    size = there.recvmsg_into(part)[0]
    got += bytes(part[0])[:size]
"""
    found = told(sensor, python(program, str(port)))

    assert [one.body for one in found if isinstance(one, HttpResponded)] == ["hi"]
    assert [one.body for one in found if isinstance(one, HttpRequested)] == ["hi"]


def test_sockets_outside_the_scope_yield_nothing(port: int, sensor: Sensor) -> None:
    sensor.records()
    before = [sensor.count(kind, Count.ATTEMPTED) for kind in Type]
    subprocess.run(python(CLIENT, str(port), json.dumps([["/echo", {"a": 1}]] * 20)), check=True)

    assert sensor.records() == []
    assert [sensor.count(kind, Count.ATTEMPTED) for kind in Type] == before


@pytest.fixture(scope="module")
def database() -> Iterator[int]:
    """Return the port of a PostgreSQL of our own."""
    (programs, *_) = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), None]
    if programs is None:
        pytest.skip("no PostgreSQL here: make system")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="clew-postgres-")
    shutil.chown(folder, "postgres", "postgres")

    def run(program: str, *arguments: str) -> None:
        # The server keeps what it is given open: a pipe would never end.
        with Path("/dev/null").open("r+b") as nothing:
            subprocess.run(
                ["runuser", "-u", "postgres", "--", str(programs / program), *arguments], check=True, cwd="/",
                stdin=nothing, stdout=nothing, stderr=nothing, timeout=60,
            )  # fmt: skip

    try:
        run("initdb", "-D", f"{folder}/data", "-A", "trust", "--no-sync")
        name = [
            "-subj",
            "/CN=localhost",
            "-days",
            "2",
            "-keyout",
            f"{folder}/data/key.pem",
            "-out",
            f"{folder}/data/cert.pem",
        ]
        openssl = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *name]
        subprocess.run(["runuser", "-u", "postgres", "--", *openssl], check=True, capture_output=True, cwd="/")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        options += " -c ssl=on -c ssl_cert_file=cert.pem -c ssl_key_file=key.pem"
        run("pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start")
        yield port
        run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def queries(sensor: Sensor, command: list[str], port: int) -> list[DatabaseQueried]:
    surroundings = os.environ | {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(port),
        "PGUSER": "postgres",
        "PGDATABASE": "postgres",
    }
    found = told(sensor, command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert not [one for one in found if isinstance(one, Unparsed)]
    return [one for one in found if isinstance(one, DatabaseQueried)]


@pytest.mark.parametrize("mode", ["disable", "prefer", "require"])
def test_what_psql_asks_is_told_with_its_result(mode: str, database: int, sensor: Sensor) -> None:
    program = [
        "-c",
        "SELECT n, 'row ' || n FROM generate_series(1, 3) n",
        "-c",
        "SELECT nothing",
        "-c",
        "CREATE TABLE IF NOT EXISTS t()",
    ]
    found = queries(sensor, ["env", f"PGSSLMODE={mode}", "psql", "-X", *program], database)

    assert [(one.statement, one.rows, one.result) for one in found] == [
        ("SELECT n, 'row ' || n FROM generate_series(1, 3) n", 3, "1\trow 1\n2\trow 2\n3\trow 3"),
        ("SELECT nothing", None, 'ERROR: column "nothing" does not exist'), ("CREATE TABLE IF NOT EXISTS t()", None, None),
    ]  # fmt: skip
    assert {(one.system, one.server) for one in found} == {("postgresql", f"127.0.0.1:{database}")}
    assert all(one.process for one in found)


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
def test_statements_with_parameters_are_told_with_their_values(
    mode: str, database: int, sensor: Sensor, tmp_path: Path
) -> None:
    script = tmp_path / "script.sql"
    script.write_text("\\set x 41\nSELECT :x + 1 AS answer;\n")
    pgbench = next(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    found = queries(sensor, [str(pgbench), "-n", "-t", "3", "-M", mode, "-f", str(script)], database)
    mine = [one for one in found if "answer" in one.statement]

    wanted = ((), "SELECT 41 + 1 AS answer;") if mode == "simple" else (("41",), "SELECT $1 + 1 AS answer;")
    assert [(one.parameters, one.statement, one.rows, one.result) for one in mine] == [(*wanted, 1, "42")] * 3


def test_a_long_result_is_counted_whole(database: int, sensor: Sensor) -> None:
    (one,) = queries(sensor, ["psql", "-X", "-c", "SELECT repeat('x', 1000) FROM generate_series(1, 1000)"], database)

    assert one.rows == 1_000
    assert one.result is not None
    assert 32_000 < len(one.result) <= 32 << 10


ASYNCPG = """
import asyncio, asyncpg
async def main():
    there = await asyncpg.connect(ssl="require")
    print(await there.fetch("SELECT n, $1 || n AS name FROM generate_series(1, $2) n", "row ", 3))
    print(await there.fetchval("SELECT repeat('x', 100000)"))
    await there.close()
asyncio.run(main())
"""


def test_what_a_program_in_python_asks_inside_tls_is_told_with_its_values(database: int, sensor: Sensor) -> None:
    found = queries(sensor, [sys.executable, "-I", "-c", ASYNCPG], database)
    asked = [one for one in found if "repeat" in one.statement or "series" in one.statement]

    assert [(one.parameters, one.rows, one.server) for one in asked] == [
        (("row ", "3"), 3, f"127.0.0.1:{database}"), ((), 1, f"127.0.0.1:{database}"),
    ]  # fmt: skip
    assert asked[0].result == "1\trow 1\n2\trow 2\n3\trow 3"


def test_what_is_asked_inside_tls_is_told_where_several_programs_do_so_at_once(database: int, sensor: Sensor) -> None:
    command = "for n in 1 2 3 4 5 6; do psql -X -c \"SELECT $n, repeat('y', 20000)\" & done; wait"
    found = queries(sensor, ["env", "PGSSLMODE=require", "sh", "-c", command], database)

    assert sorted((one.statement, one.result) for one in found) == [
        (f"SELECT {n}, repeat('y', 20000)", f"{n}\t{'y' * 20_000}") for n in range(1, 7)
    ]
