"""How agents, and others, ask tool servers (Model Context Protocol), with its own client."""

import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters, stdio_client

from benchmarks.reenact.plays import SERVED

PORT = "TOOLS_PORT"
"""Variable of the environment that names the port of the server over HTTP, where there is one."""
_WITH_CHILD = ("mcp_child", "mcp_own", "mcp_http")


def ways(folder: str) -> set[str]:
    """Return the ways of all tools in the plays of a folder that are of a tool server."""
    plays = [json.loads(path.read_text("utf-8")) for path in (Path(folder) / "plays").iterdir()]
    every = {call["how"] for play in plays for step in play["steps"] for call in step.get("calls", ())}
    return every & {*SERVED}


@asynccontextmanager
async def started(folder: str) -> AsyncIterator[Client]:
    """Start a tool server and speak with it over its standard input and output."""
    words = ["-m", "benchmarks.reenact.tool_server", folder]
    async with Client(stdio_client(StdioServerParameters(command=sys.executable, args=words))) as client:
        yield client


@asynccontextmanager
async def shared(folder: str) -> AsyncIterator[dict[str, Client]]:
    """Give the servers for all calls of a process by the way of a tool: one that is started, and that over HTTP."""
    servers: dict[str, Client] = {}
    needed = ways(folder)
    async with AsyncExitStack() as held:
        if port := os.environ.get(PORT):
            servers["mcp_http"] = await held.enter_async_context(Client(f"http://127.0.0.1:{port}/mcp"))
        if not needed.isdisjoint(("mcp", "mcp_child")):
            servers["mcp"] = servers["mcp_child"] = await held.enter_async_context(started(folder))
        yield servers


async def ask(server: Client, call: Mapping[str, Any], mark: str) -> str:
    """Ask a server for the tool of a call; the mark, by which it finds the result, is where the sensor does not look."""
    told: Any = {"mark": mark, "client": os.getpid(), "child": call["how"] in _WITH_CHILD}
    result = await server.call_tool(call["name"], call["arguments"], meta=told)
    return "".join(part.text for part in result.content if part.type == "text")
