"""OpenTelemetry's own conventions for generative AI, from 1.30 of the main repository to 0.1 of their own."""

from sensor.sources.otlp.dialect import Dialect, Kind

OPERATIONS: dict[str, Kind | None] = {
    "chat": "model", "generate_content": "model", "text_completion": "model", "completion": "model", "responses": "model",
    "execute_tool": "tool", "tool": "tool",
    "invoke_agent": "agent", "invoke_workflow": "agent", "create_agent": None, "plan": "agent", "chain": "agent",
    "retrieval": "retrieval", "search_memory": "retrieval", "embeddings": None,
    "create_memory": "memory", "update_memory": "memory", "upsert_memory": "memory", "delete_memory": None,
}  # fmt: skip

DIALECT = Dialect(
    name="genai",
    source="https://github.com/open-telemetry/semantic-conventions-genai and semantic-conventions up to v1.41, docs/gen-ai",
    tells=("gen_ai",),
    kind=("gen_ai.operation.name",),
    kinds=OPERATIONS,
    when=(("gen_ai.tool.name", "tool"), ("gen_ai.request.model", "model"), ("gen_ai.agent.name", "agent")),
    conversation=("gen_ai.conversation.id", "session.id"),
    previous=("clew.previous_response_id",),
    system=("gen_ai.system_instructions",),
    input=("gen_ai.input.messages", "gen_ai.prompt.N", "gen_ai.prompt", "input"),
    output=("gen_ai.output.messages", "gen_ai.completion.N", "gen_ai.completion", "output"),
    tools=("gen_ai.tool.definitions", "gen_ai.request.tools", "gen_ai.request.functions.N"),
    model=("gen_ai.response.model", "gen_ai.request.model"),
    response_id=("gen_ai.response.id",),
    finish=("gen_ai.response.finish_reasons",),
    input_tokens=("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    output_tokens=("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    tool_name=("gen_ai.tool.name",),
    tool_call_id=("gen_ai.tool.call.id",),
    tool_arguments=("gen_ai.tool.call.arguments", "gen_ai.tool.arguments", "input"),
    tool_result=("gen_ai.tool.call.result", "gen_ai.tool.result", "output"),
    server=("mcp.server.name", "server.address"),
    agent=("gen_ai.agent.name", "gen_ai.workflow.name"),
    documents=("gen_ai.retrieval.documents", "gen_ai.memory.records", "output"),
    memory=("gen_ai.memory.records", "input"),
    place=("gen_ai.data_source.id", "gen_ai.memory.store.id"),
)
