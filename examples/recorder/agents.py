"""The loop of an agent, once per client library: ask the model, run the tools it asks for, until it answers."""

import json
from collections.abc import Callable
from typing import Any

import anthropic
import openai

from examples.recorder.scenario import Scenario
from examples.recorder.scripted_model import MODEL
from examples.recorder.tools import TOOLS

RunTool = Callable[[str, dict[str, Any]], str]
"""Runs a tool by its name with its arguments and returns the result text."""


def with_openai(server: str, scenario: Scenario, run: RunTool) -> str:
    """Run the session with the OpenAI library against `server` and return the answer."""
    offered: Any = [
        {
            "type": "function",
            "function": {"name": name, "description": TOOLS[name].description, "parameters": TOOLS[name].schema},
        }
        for name in scenario.tools
    ]
    messages: list[Any] = [
        {"role": "system", "content": scenario.system},
        {"role": "user", "content": scenario.prompt},
    ]
    with openai.OpenAI(
        base_url=f"{server}/v1",
        api_key="none-needed",
        max_retries=0,
        http_client=openai.DefaultHttpxClient(trust_env=False),
    ) as client:
        while True:
            message = client.chat.completions.create(model=MODEL, messages=messages, tools=offered).choices[0].message
            messages.append(message.model_dump(exclude_none=True))
            if not message.tool_calls:
                return message.content or ""
            for call in message.tool_calls:
                assert call.type == "function"
                result = run(call.function.name, json.loads(call.function.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


def with_anthropic(server: str, scenario: Scenario, run: RunTool) -> str:
    """Run the session with the Anthropic library against `server` and return the answer."""
    offered: Any = [
        {"name": name, "description": TOOLS[name].description, "input_schema": TOOLS[name].schema}
        for name in scenario.tools
    ]
    messages: list[Any] = [{"role": "user", "content": scenario.prompt}]
    with anthropic.Anthropic(
        base_url=server,
        api_key="none-needed",
        max_retries=0,
        http_client=anthropic.DefaultHttpxClient(trust_env=False),
    ) as client:
        while True:
            message = client.messages.create(
                model=MODEL, max_tokens=1024, system=scenario.system, messages=messages, tools=offered
            )
            messages.append(
                {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in message.content]}
            )
            asked = [block for block in message.content if block.type == "tool_use"]
            if not asked:
                return "".join(block.text for block in message.content if block.type == "text")
            results = [
                {"type": "tool_result", "tool_use_id": block.id, "content": run(block.name, dict(block.input))}
                for block in asked
            ]
            messages.append({"role": "user", "content": results})


AGENTS: dict[str, Callable[[str, Scenario, RunTool], str]] = {"openai": with_openai, "anthropic": with_anthropic}
