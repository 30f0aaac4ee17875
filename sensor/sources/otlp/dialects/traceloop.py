"""Traceloop / openllmetry: numbered prompts and completions, entities of workflows."""

from sensor.sources.otlp.dialect import Dialect

DIALECT = Dialect(
    name="traceloop",
    source="https://github.com/traceloop/openllmetry, packages/opentelemetry-semantic-conventions-ai",
    tells=("traceloop", "llm.request.type", "gen_ai.prompt.0", "gen_ai.completion.0"),
    kind=("traceloop.span.kind", "llm.request.type"),
    kinds={
        "workflow": "agent", "task": "agent", "agent": "agent", "tool": "tool", "session": "agent",
        "chat": "model", "completion": "model", "embedding": None, "rerank": None, "unknown": None,
    },
    when=(("gen_ai.prompt", "model"), ("gen_ai.completion", "model")),
    conversation=(
        "gen_ai.conversation.id", "traceloop.association.properties.session_id",
        "traceloop.association.properties.conversation_id", "traceloop.association.properties.thread_id", "session.id",
    ),
    input=("gen_ai.input.messages", "gen_ai.prompt.N", "traceloop.entity.input"),
    output=("gen_ai.output.messages", "gen_ai.completion.N", "traceloop.entity.output"),
    system=("gen_ai.system_instructions",),
    tools=("gen_ai.tool.definitions", "llm.request.functions.N"),
    model=("gen_ai.response.model", "gen_ai.request.model"),
    response_id=("gen_ai.response.id",),
    finish=("gen_ai.response.finish_reasons", "gen_ai.completion.0.finish_reason"),
    input_tokens=("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    output_tokens=("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    tool_name=("gen_ai.tool.name", "traceloop.entity.name"),
    tool_call_id=("gen_ai.tool.call.id",),
    tool_arguments=("gen_ai.tool.call.arguments", "traceloop.entity.input"),
    tool_result=("gen_ai.tool.call.result", "traceloop.entity.output"),
    agent=("gen_ai.agent.name", "traceloop.entity.name", "traceloop.workflow.name"),
)  # fmt: skip
