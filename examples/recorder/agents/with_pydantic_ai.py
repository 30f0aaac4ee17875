"""Pydantic AI over OpenAI's library: an agent, and colleagues to whom it hands tasks over by a tool for each."""

import asyncio
from typing import Any

import openai
from pydantic_ai import Agent, Tool
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from examples.recorder.agents import Task
from examples.recorder.scenario import Colleague
from examples.recorder.scripted_model import MODEL, MODEL_URL
from examples.recorder.tools import TOOLS


def run(task: Task) -> str:
    """Run the session and return the answer."""
    return asyncio.run(_session(task))


async def _session(task: Task) -> str:
    async with openai.AsyncOpenAI(
        base_url=f"{MODEL_URL}/v1",
        api_key="none-needed",
        max_retries=0,
        http_client=openai.DefaultAsyncHttpxClient(proxy=task.proxy, trust_env=False),
    ) as client:
        model = OpenAIChatModel(MODEL, provider=OpenAIProvider(openai_client=client))
        tools = [*_tools(task, task.scenario.tools), *(_hand_over(task, model, one) for one in task.scenario.team)]
        agent = Agent(model, name="front_office", instructions=task.scenario.system, tools=tools)
        # Ids that would be random otherwise.
        conversation = task.session.conversation
        result = await agent.run(task.session.prompt, conversation_id=conversation, run_id=f"{conversation}-run")
        return result.output


def _tools(task: Task, names: tuple[str, ...]) -> list[Tool[None]]:
    return [_tool(task, name) for name in names]


def _tool(task: Task, name: str) -> Tool[None]:
    async def act(**arguments: Any) -> str:
        return task.run(name, arguments)

    return Tool.from_schema(act, name, TOOLS[name].description, TOOLS[name].schema)


def _hand_over(task: Task, model: OpenAIChatModel, colleague: Colleague) -> Tool[None]:
    agent = Agent(model, name=colleague.name, instructions=colleague.system, tools=_tools(task, colleague.tools))

    async def ask(work: str) -> str:
        result = await agent.run(work, conversation_id=colleague.conversation, run_id=f"{colleague.conversation}-run")
        return result.output

    schema = {"type": "object", "properties": {"work": {"type": "string"}}, "required": ["work"]}
    return Tool.from_schema(ask, f"ask_{colleague.name}", f"Hand a task over to {colleague.name}.", schema)
