"""Starts agents, and beside them decoys: the tools of their calls with the same arguments, of which no agent knows.

    python -m benchmarks.reenact.launch FOLDER COMMANDS

COMMANDS: a list of command lines as JSON. A tool server over HTTP is started for all, and asked by the decoys, too, where a call
needs one. How many decoys there were goes to FOLDER/decoys. Fails where an agent does.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcp import Client

from benchmarks.reenact.tool_client import PORT, ask, shared, ways

TOOL = str(Path(__file__).with_name("tool.py"))
EACH_S = 0.05


@asynccontextmanager
async def serving(folder: str) -> AsyncIterator[None]:
    """Start the tool server over HTTP, where one is needed, and have the environment name it."""
    if "mcp_http" not in ways(folder):
        yield
        return
    command = [sys.executable, "-m", "benchmarks.reenact.tool_server", folder, "http"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        os.environ[PORT] = server.stdout.readline().strip()
        try:
            yield
        finally:
            server.kill()


async def decoy(folder: str, call: Mapping[str, Any], servers: Mapping[str, Client]) -> None:
    """Do what a call does, for nobody."""
    if server := servers.get("mcp" if call["how"] == "mcp_own" else call["how"]):
        await ask(server, call, "decoy")
        return
    words = [call["name"], json.dumps(call["arguments"])]
    command = [sys.executable, "-ES", TOOL, folder, "decoy", *words]
    await (await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL)).wait()


async def main(folder: str, commands: str) -> int:
    """Run all to their end."""
    there = Path(folder)
    (there / "results/decoy").write_text("the result of a decoy", "utf-8")
    plays = [json.loads(path.read_text("utf-8")) for path in sorted((there / "plays").iterdir())]
    calls = [call for play in plays for step in play["steps"] for call in step.get("calls", ())]
    done = 0
    async with serving(folder), shared(folder) as servers:
        agents = [await asyncio.create_subprocess_exec(*command) for command in json.loads(commands)]
        for call in calls:
            if all(agent.returncode is not None for agent in agents):
                break
            await decoy(folder, call, servers)
            done += 1
            await asyncio.sleep(EACH_S)
        codes = [await agent.wait() for agent in agents]
    (there / "decoys").write_text(str(done), "utf-8")
    return int(any(codes))  # that of an agent which a signal ended is negative


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(*sys.argv[1:])))
