"""Tool servers over pipes, from the kernel alone: real clients and servers."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sensor.event import EventsLost, ProcessStarted, ToolServed
from sensor.probes.observation import observed
from sensor.probes.origin import Origin
from sensor.probes.sensor import Sensor
from tests.kernel.conftest import python

SERVER = """
import json, sys
print("ready", flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if asked.get("method") == "tools/call":
        name, arguments = asked["params"]["name"], asked["params"]["arguments"]
        result = {"content": [{"type": "text", "text": name + " " + arguments["text"]}], "isError": name == "fail"}
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
    elif "id" in asked:
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": {}}), flush=True)
"""
CLIENT = """
import json, subprocess, sys
server = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
assert server.stdout.readline() == "ready\\n"
def ask(identity, method, **params):
    print(json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": params}), file=server.stdin, flush=True)
    return json.loads(server.stdout.readline())
ask(0, "initialize")
ask(1, "tools/call", name="say", arguments={"text": "hello"})
ask("two", "tools/call", name="fail", arguments={"text": "x" * int(sys.argv[1])})
ask(3, "tools/list")
server.stdin.close()
server.wait()
"""
NODE = """
const {spawn} = require("child_process");
const server = spawn(process.argv[1], process.argv.slice(2), {stdio: ["pipe", "pipe", "inherit"]});
const asked = {method: "tools/call", params: {name: "say", arguments: {text: "hello"}}, jsonrpc: "2.0", id: 7};
server.stdout.on("data", data => {
  if (String(data).includes("ready")) server.stdin.write(JSON.stringify(asked) + "\\n"); else server.stdin.end();
});
"""


def served(sensor: Sensor, command: list[str]) -> tuple[dict[int, tuple[str, ...]], list[ToolServed]]:
    sensor.records()
    process = sensor.launch(command, stdout=subprocess.DEVNULL)
    found = list(observed(sensor, process, Origin.here()))
    lost = [one for one in found if isinstance(one, EventsLost)]
    assert (process.wait(), lost) == (0, [])  # else what was not told says nothing about the sensor
    programs = {one.process.pid: one.argv for one in found if isinstance(one, ProcessStarted) and one.executable}
    return programs, [one for one in found if isinstance(one, ToolServed)]


@pytest.mark.parametrize("size", [10, 100_000])
def test_calls_over_pipes_are_told_with_client_and_server(size: int, sensor: Sensor) -> None:
    programs, found = served(sensor, python(CLIENT, str(size), *python(SERVER)))

    assert [(one.request_id, one.name, one.text, one.failed) for one in found] == [
        ("1", "say", "say hello", False), ("two", "fail", "fail " + "x" * size, True)
    ]  # fmt: skip
    assert found[0].arguments == {"text": "hello"}
    for one in found:
        assert one.process is not None
        assert one.client is not None
        assert SERVER in programs[one.process.pid]
        assert CLIENT in programs[one.client.pid]
        assert (one.at_ns or 0) < (one.ended_ns or 0)


def test_a_server_behind_a_shell_is_the_server(sensor: Sensor, tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    shell = ["/bin/sh", "-c", f"{sys.executable} {tmp_path}/server.py; true"]
    programs, found = served(sensor, python(CLIENT, "5", *shell))

    assert len(found) == 2
    assert all(one.process and f"{tmp_path}/server.py" in programs[one.process.pid] for one in found)


@pytest.mark.skipif(not shutil.which("node"), reason="no node here")
def test_a_client_in_node_speaks_over_pairs_of_sockets(sensor: Sensor) -> None:
    programs, found = served(sensor, ["node", "-e", NODE, *python(SERVER)])

    assert [(one.request_id, one.name, one.text) for one in found] == [("7", "say", "say hello")]
    assert found[0].process is not None
    assert SERVER in programs[found[0].process.pid]


def test_the_protocols_own_client_and_server_are_told(sensor: Sensor, tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(
        "from mcp.server import MCPServer\n"
        "server = MCPServer('files')\n"
        "@server.tool()\n"
        "def read(path: str) -> str:\n"
        "    return f'content of {path}'\n"
        "server.run(transport='stdio')\n"
    )
    client = f"""
import asyncio
from mcp import Client, StdioServerParameters, stdio_client
async def main():
    server = StdioServerParameters(command={sys.executable!r}, args=[{str(tmp_path / "server.py")!r}])
    async with Client(stdio_client(server)) as client:
        await client.call_tool("read", {{"path": "/etc/motd"}})
asyncio.run(main())
"""
    programs, found = served(sensor, [sys.executable, "-c", client])

    assert [(one.name, one.arguments, one.text) for one in found] == [
        ("read", {"path": "/etc/motd"}, "content of /etc/motd")
    ]
    assert found[0].process is not None
    assert str(tmp_path / "server.py") in programs[found[0].process.pid]


def test_a_server_over_http_is_told_with_both_sides(sensor: Sensor, tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(
        "import socket, sys\n"
        "from mcp.server import MCPServer\n"
        "server = MCPServer('files')\n"
        "@server.tool()\n"
        "def read(path: str) -> str:\n"
        "    return f'content of {path}'\n"
        "server.run(transport='streamable-http', host='127.0.0.1', port=int(sys.argv[1]))\n"
    )
    client = f"""
import asyncio, socket, subprocess, sys, time
from mcp import Client
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
server = subprocess.Popen([sys.executable, {str(tmp_path / "server.py")!r}, str(port)])
for _ in range(200):
    with socket.socket() as there:
        if there.connect_ex(("127.0.0.1", port)) == 0:
            break
    time.sleep(0.05)
async def main():
    async with Client(f"http://127.0.0.1:{{port}}/mcp") as client:
        await client.call_tool("read", {{"path": "/etc/motd"}})
asyncio.run(main())
server.terminate()
server.wait()
"""
    programs, found = served(sensor, [sys.executable, "-c", client])

    assert [(one.name, one.arguments, one.text) for one in found] == [
        ("read", {"path": "/etc/motd"}, "content of /etc/motd")
    ]
    for process, program in ((found[0].process, str(tmp_path / "server.py")), (found[0].client, client)):
        assert process is not None
        assert program in programs[process.pid]
