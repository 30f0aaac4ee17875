"""An agent that plays sessions, several at a time in this one process, with OpenAI's client.

    python -m benchmarks.reenact.agent FOLDER PORT KEY...

It has no instrumentation, but where an endpoint for OpenTelemetry is set: then it reports itself, as applications do.
What it really did for each call it writes to FOLDER/truth: the number of the process, or the mark in what was asked.
"""

import asyncio
import hashlib
import json
import os
import secrets
import shlex
import ssl
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from mcp import Client
from openai import AsyncOpenAI
from opentelemetry import trace

from benchmarks.reenact.tool_client import ask, shared, started
from examples.recorder.families import FRAMEWORKS
from examples.recorder.reporting import report_as

TOOL = str(Path(__file__).with_name("tool.py"))


class Agent:
    """Plays sessions against one server."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._truth = (folder / "truth" / f"{os.getpid()}.jsonl").open("w", encoding="utf-8", buffering=1)
        context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
        self._model = httpx.AsyncClient(verify=context, timeout=60)
        self.database: Any = None
        """A pool of connections, where the environment names a database."""
        self.servers: Mapping[str, Client] = {}
        """Way of a tool → its server, one for all sessions."""
        self._tools = httpx.AsyncClient(verify=context, timeout=60)
        self._ways: dict[str, Callable[[str, dict[str, Any]], Awaitable[str]]] = {
            "exec": self._exec, "flags": self._flags, "stdin": self._stdin, "shell": self._shell, "http": self._http,
            "sql": self._sql,
        }  # fmt: skip
        """Way of a tool (`plays.CHILD`, `plays.INSIDE`) → how it is done. Others are a server's."""

    async def play(self, key: str) -> None:
        """Play one session from its first word to its last, in one trace where it is reported."""
        with trace.get_tracer("application").start_as_current_span("answer", attributes={"session.id": key}):
            await self._play(key)

    async def _play(self, key: str) -> None:
        steps = json.loads((self._folder / "plays" / f"{key}.json").read_text("utf-8"))["steps"]
        client = AsyncOpenAI(base_url=f"https://localhost:{self._port}/v1", api_key=key, http_client=self._model)
        messages: list[Any] = []
        servers = dict(self.servers)
        async with AsyncExitStack() as held:
            for step in steps:
                if "said" in step:
                    messages.append({"role": step["role"], "content": step["said"]})
                    continue
                reply = await client.chat.completions.create(model="scripted", messages=messages)
                message = reply.choices[0].message
                messages.append(message.model_dump(exclude_none=True) | {"content": message.content})
                known = {call["call_id"]: call for call in step["calls"]}
                if "mcp_own" not in servers and any(call["how"] == "mcp_own" for call in step["calls"]):
                    servers["mcp_own"] = await held.enter_async_context(started(str(self._folder)))
                results = await asyncio.gather(
                    *(self._call(key, known[one.id], servers) for one in message.tool_calls or ())
                )
                messages += [
                    {"role": "tool", "tool_call_id": one.id, "content": result}
                    for one, result in zip(message.tool_calls or (), results, strict=True)
                ]

    async def _call(self, key: str, call: dict[str, Any], servers: Mapping[str, Client]) -> str:
        if call["how"] in self._ways:
            return await self._ways[call["how"]](key, call)
        mark = self._place(call)
        self._did(call, mark=mark)
        return await ask(servers[call["how"]], call, mark)

    async def _exec(self, _key: str, call: dict[str, Any]) -> str:
        return await self._child(call, [call["name"], json.dumps(call["arguments"])])

    async def _flags(self, _key: str, call: dict[str, Any]) -> str:
        pairs = [
            (f"--{name}", value if isinstance(value, str) else json.dumps(value))
            for name, value in call["arguments"].items()
        ]
        return await self._child(call, [word for pair in pairs for word in pair])

    async def _stdin(self, _key: str, call: dict[str, Any]) -> str:
        return await self._child(call, ["-"], json.dumps(call["arguments"]))

    async def _shell(self, _key: str, call: dict[str, Any]) -> str:
        words = [str(value) for value in call["arguments"].values()]
        line = shlex.join([sys.executable, "-ES", TOOL, str(self._folder), self._place(call), call["name"], *words])
        return await self._run(call, ["bash", "-c", f"{line} | cat"], "")

    async def _http(self, key: str, call: dict[str, Any]) -> str:
        mark = secrets.token_hex(6)
        self._did(call, mark=mark)
        there = f"https://localhost:{self._port}/tools/{call['name']}?nonce={mark}"
        headers = {"Authorization": f"Bearer {key}", "X-Call": call["call_id"]}
        return (await self._tools.post(there, json=call["arguments"], headers=headers)).text

    async def _sql(self, _key: str, call: dict[str, Any]) -> str:
        mark = secrets.token_hex(6)
        self._did(call, mark=mark)
        asked = f"SELECT body FROM answers WHERE tool = $1 AND arguments = $2 AND place = $3 /* {mark} */"  # noqa: S608 - our own mark
        place = hashlib.sha256(call["call_id"].encode()).hexdigest()
        return str(await self.database.fetchval(asked, call["name"], json.dumps(call["arguments"]), place))

    async def _child(self, call: dict[str, Any], words: list[str], given: str = "") -> str:
        return await self._run(call, [sys.executable, "-ES", TOOL, str(self._folder), self._place(call), *words], given)

    async def _run(self, call: dict[str, Any], command: list[str], given: str) -> str:
        child = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        self._did(call, pid=child.pid)
        written, _ = await child.communicate(given.encode())
        return written.decode()

    def _place(self, call: dict[str, Any]) -> str:
        """Put the result where the tool finds it, under a name that says nothing of the call."""
        name = secrets.token_hex(8)
        (self._folder / "results" / name).write_text(call["result"], "utf-8")
        return name

    def _did(self, call: dict[str, Any], **what: object) -> None:
        self._truth.write(json.dumps({"call": call["call_id"], **what}) + "\n")


async def main(folder: str, port: str, *keys: str) -> None:
    """Play all sessions at the same time."""
    agent = Agent(Path(folder), int(port))
    if os.environ.get("PGPORT"):
        agent.database = await asyncpg.create_pool(min_size=4, max_size=20, ssl=False)
    reporter = None
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        reporter = report_as("assistant", keys[0])
        FRAMEWORKS["openllmetry_mcp"].switch_on()
    async with shared(folder) as agent.servers:
        await asyncio.gather(*map(agent.play, keys))
    if reporter is not None:
        reporter.shutdown()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
