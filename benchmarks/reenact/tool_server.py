"""A tool server (Model Context Protocol) for many calls at a time: it gives the result that lies where the call's mark says.

    python -m benchmarks.reenact.tool_server FOLDER [http]

Over standard input and output, or over HTTP on a port of loopback that it prints. What it did it writes to FOLDER/truth, each with
the mark of the call: the number of the request and who asked, the number of the process it started for it (`tool.py`).
"""

import asyncio
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import mcp_types as types
import uvicorn
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server

TOOL = str(Path(__file__).with_name("tool.py"))
Context = ServerRequestContext[dict[str, Any]]


def server(folder: Path) -> Server[dict[str, Any]]:
    """Return the server, which has each tool that it is asked for."""
    truth = (folder / "truth" / f"{os.getpid()}.jsonl").open("w", encoding="utf-8", buffering=1)

    async def tools(_: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[])

    async def call(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        told: dict[str, Any] = dict(context.meta or {})
        asked = {
            "mark": told["mark"],
            "client": told["client"],
            "server": os.getpid(),
            "request": str(context.request_id),
        }
        truth.write(json.dumps(asked) + "\n")
        if told["child"]:
            words = [params.name, json.dumps(params.arguments)]
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-ES", TOOL, str(folder), told["mark"], *words,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            truth.write(json.dumps({"mark": told["mark"], "pid": child.pid}) + "\n")
            text = (await child.communicate())[0].decode()
        else:
            text = (folder / "results" / told["mark"]).read_text("utf-8")
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)])

    return Server("reenacted", on_list_tools=tools, on_call_tool=call)


async def main(folder: str, way: str = "stdio") -> None:
    """Serve until the input ends, or until killed."""
    made = server(Path(folder))
    if way == "http":
        with socket.create_server(("127.0.0.1", 0)) as bound:
            print(bound.getsockname()[1], flush=True)
            config = uvicorn.Config(made.streamable_http_app(), log_level="error", timeout_graceful_shutdown=1)
            await uvicorn.Server(config).serve([bound])
    else:
        async with stdio_server() as (received, sent):
            await made.run(received, sent, made.create_initialization_options())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
