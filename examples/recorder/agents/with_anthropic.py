"""Anthropic's library, messages."""

from typing import Any

import anthropic
import httpx2

from examples.recorder.agents import Task
from examples.recorder.scripted_model import MODEL, MODEL_URL
from examples.recorder.tools import TOOLS


def run(task: Task) -> str:
    """Run the session and return the answer."""
    offered: Any = [
        {"name": name, "description": TOOLS[name].description, "input_schema": TOOLS[name].schema}
        for name in task.scenario.tools
    ]
    messages: list[Any] = [{"role": "user", "content": task.session.prompt}]
    with anthropic.Anthropic(
        base_url=MODEL_URL,
        api_key="none-needed",
        max_retries=0,
        # `proxy` alone would give way to the proxies of the environment.
        http_client=anthropic.DefaultHttpxClient(transport=httpx2.HTTPTransport(proxy=task.proxy), trust_env=False),
    ) as client:
        while True:
            message = client.messages.create(
                model=MODEL, max_tokens=1024, system=task.scenario.system, messages=messages, tools=offered
            )
            messages.append(
                {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in message.content]}
            )
            asked = [block for block in message.content if block.type == "tool_use"]
            if not asked:
                return "".join(block.text for block in message.content if block.type == "text")
            results = [
                {"type": "tool_result", "tool_use_id": block.id, "content": task.run(block.name, dict(block.input))}
                for block in asked
            ]
            messages.append({"role": "user", "content": results})
