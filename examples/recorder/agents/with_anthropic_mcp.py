"""Anthropic's library, with the tools of a real MCP server in a process of its own. What is asked for together runs together."""

import asyncio
import os
import sys
from typing import Any

import anthropic
import httpx2
from mcp import Client, StdioServerParameters

from examples.recorder.agents import Task
from examples.recorder.mcp_server import arguments
from examples.recorder.scripted_model import MODEL, MODEL_URL


def run(task: Task) -> str:
    """Run the session and return the answer."""
    return asyncio.run(_session(task))


async def _session(task: Task) -> str:
    started = StdioServerParameters(
        command=sys.executable,
        args=arguments(task.scenario.name, task.world, task.scenario.tools),
        env=dict(os.environ),
    )
    transport = httpx2.AsyncHTTPTransport(proxy=task.proxy)
    async with (
        Client(started) as tools,
        anthropic.AsyncAnthropic(
            base_url=MODEL_URL,
            api_key="none-needed",
            max_retries=0,
            http_client=anthropic.DefaultAsyncHttpxClient(transport=transport, trust_env=False),
        ) as client,
    ):
        return await _loop(task, client, tools)


async def _loop(task: Task, client: anthropic.AsyncAnthropic, tools: Client) -> str:
    offered: Any = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
        for tool in (await tools.list_tools()).tools
    ]
    messages: list[Any] = [{"role": "user", "content": task.session.prompt}]
    while True:
        message = await client.messages.create(
            model=MODEL, max_tokens=1024, system=task.scenario.system, messages=messages, tools=offered
        )
        messages.append(
            {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in message.content]}
        )
        asked = [block for block in message.content if block.type == "tool_use"]
        if not asked:
            return "".join(block.text for block in message.content if block.type == "text")
        results = await asyncio.gather(*(tools.call_tool(block.name, dict(block.input)) for block in asked))
        messages.append(
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": block.id, "content": _text(result)}
                    for block, result in zip(asked, results, strict=True)
                ],
            }
        )


def _text(result: Any) -> str:
    return "".join(part.text for part in result.content if part.type == "text")
