"""OpenAI's library, chat completions."""

import json
from typing import Any

import openai

from examples.recorder.agents import Task
from examples.recorder.scripted_model import MODEL, MODEL_URL
from examples.recorder.tools import TOOLS, chat_tool


def run(task: Task) -> str:
    """Run the session and return the answer."""
    offered: Any = [chat_tool(TOOLS[name]) for name in task.scenario.tools]
    messages: list[Any] = [
        {"role": "system", "content": task.scenario.system},
        {"role": "user", "content": task.session.prompt},
    ]
    with openai.OpenAI(
        base_url=f"{MODEL_URL}/v1",
        api_key="none-needed",
        max_retries=0,
        http_client=openai.DefaultHttpxClient(proxy=task.proxy, trust_env=False),
    ) as client:
        while True:
            message = client.chat.completions.create(model=MODEL, messages=messages, tools=offered).choices[0].message
            messages.append(message.model_dump(exclude_none=True))
            if not message.tool_calls:
                return message.content or ""
            for call in message.tool_calls:
                assert call.type == "function"
                result = task.run(call.function.name, json.loads(call.function.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
