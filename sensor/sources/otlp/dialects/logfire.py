"""Pydantic AI and Logfire: the conventions of OpenTelemetry with some names of their own."""

from dataclasses import replace

from sensor.sources.otlp.dialects import genai

DIALECT = replace(
    genai.DIALECT,
    name="logfire",
    source="https://ai.pydantic.dev/logfire/#using-opentelemetry",
    tells=("logfire", "pydantic_ai", "model_request_parameters", "all_messages_events"),
    when=(
        ("pydantic_ai.all_messages", "agent"), ("all_messages_events", "agent"), ("gen_ai.tool.name", "tool"),
        ("gen_ai.request.model", "model"), ("agent_name", "agent"),
    ),
    conversation=("gen_ai.conversation.id", "session.id", "gen_ai.agent.call.id"),
    input=("gen_ai.input.messages", "pydantic_ai.all_messages", "all_messages_events", "events", "request_data", "input"),
    output=("gen_ai.output.messages", "response_data", "final_result", "output"),
    tools=("gen_ai.tool.definitions", "model_request_parameters"),
    tool_arguments=("gen_ai.tool.call.arguments", "tool_arguments", "input"),
    tool_result=("gen_ai.tool.call.result", "tool_response", "output"),
    agent=("gen_ai.agent.name", "agent_name"),
)  # fmt: skip
