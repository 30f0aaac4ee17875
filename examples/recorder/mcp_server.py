"""A server of the Model Context Protocol over standard input and output, which has some tools and reports its own spans.

`python -m examples.recorder.mcp_server SEED WORLD TOOL...`; the world is JSON.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import anyio.to_thread
import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server

from examples.recorder.loopback import Loopback, accepts
from examples.recorder.reporting import report_as
from examples.recorder.tools import TOOLS, World

Context = ServerRequestContext[dict[str, Any]]


def arguments(seed: str, world: World, tools: tuple[str, ...]) -> list[str]:
    """Return what Python is called with to start the server."""
    told = {
        "folder": str(world.folder),
        "database": str(world.database),
        "notes": str(world.notes),
        "port": world.loopback.port,
        "hosts": list(world.loopback.services),
    }
    return ["-m", "examples.recorder.mcp_server", seed, json.dumps(told), *tools]


def _world(told: dict[str, Any]) -> World:
    # The services answer where they are served; here their names are enough.
    loopback = Loopback(told["port"], dict.fromkeys(told["hosts"], accepts))
    return World(Path(told["folder"]), Path(told["database"]), Path(told["notes"]), loopback)


def _server(world: World, offered: list[str]) -> Server[dict[str, Any]]:
    async def tools(_: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        found = [TOOLS[name] for name in offered]
        return types.ListToolsResult(
            tools=[types.Tool(name=one.name, description=one.description, input_schema=one.schema) for one in found]
        )

    async def call(_: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        text = await anyio.to_thread.run_sync(lambda: TOOLS[params.name].run(world, **(params.arguments or {})))
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)])

    return Server("desk-tools", version="1.0", on_list_tools=tools, on_call_tool=call)


async def _run(world: World, offered: list[str]) -> None:
    server = _server(world, offered)
    async with stdio_server() as (received, sent):
        await server.run(received, sent, server.create_initialization_options())


def main(seed: str, world: str, *offered: str) -> None:
    """Serve until standard input ends."""
    provider = report_as("desk-tools", seed)
    asyncio.run(_run(_world(json.loads(world)), list(offered)))
    provider.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
