"""LiteLLM's router over OpenAI's library, streamed; what fails it asks for again."""

import json
import os
from typing import Any

import litellm
from litellm.router import Router

from examples.recorder.agents import Task
from examples.recorder.scripted_model import MODEL, MODEL_URL
from examples.recorder.tools import TOOLS, chat_tool


def run(task: Task) -> str:
    """Run the session and return the answer."""
    # LiteLLM has no setting for a proxy; this is a process of its own.
    os.environ["HTTP_PROXY"] = os.environ["http_proxy"] = task.proxy
    offered = [chat_tool(TOOLS[name]) for name in task.scenario.tools]
    messages: list[Any] = [
        {"role": "system", "content": task.scenario.system},
        {"role": "user", "content": task.session.prompt},
    ]
    router = Router(
        model_list=[
            {
                "model_name": "operator",
                "litellm_params": {
                    "model": f"openai/{MODEL}",
                    "api_base": f"{MODEL_URL}/v1",
                    "api_key": "none-needed",
                    "max_retries": 0,
                },
            }
        ],
        num_retries=2,
    )
    while True:
        pieces = router.completion(
            model="operator", messages=messages, tools=offered, stream=True, litellm_trace_id=task.session.conversation
        )
        whole: Any = litellm.stream_chunk_builder(list(pieces), messages=messages)
        message = whole.choices[0].message
        messages.append(message.model_dump(exclude_none=True))
        if not message.tool_calls:
            return message.content or ""
        for call in message.tool_calls:
            result = task.run(call.function.name, json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
