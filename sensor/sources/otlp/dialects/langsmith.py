"""LangSmith's OpenTelemetry export."""

from sensor.sources.otlp.dialect import Dialect

DIALECT = Dialect(
    name="langsmith",
    source="https://docs.langchain.com/langsmith/trace-with-opentelemetry#supported-opentelemetry-attribute-and-event-mapping",
    tells=("langsmith",),
    kind=("langsmith.span.kind",),
    kinds={
        "llm": "model", "tool": "tool", "chain": "agent", "agent": "agent", "retriever": "retrieval",
        "embedding": None, "prompt": None, "parser": None,
    },
    conversation=(
        "langsmith.metadata.session_id", "langsmith.metadata.thread_id", "langsmith.metadata.conversation_id", "session.id",
    ),
    input=("gen_ai.input.messages", "gen_ai.prompt.N", "gen_ai.prompt", "input.value", "input"),
    output=("gen_ai.output.messages", "gen_ai.completion.N", "gen_ai.completion", "output.value", "output"),
    model=("gen_ai.response.model", "gen_ai.request.model", "langsmith.metadata.ls_model_name"),
    response_id=("gen_ai.response.id",),
    input_tokens=("gen_ai.usage.input_tokens",),
    output_tokens=("gen_ai.usage.output_tokens",),
    tool_name=("gen_ai.tool.name", "gen_ai.serialized.name", "langsmith.trace.name"),
    tool_call_id=("gen_ai.tool.call.id",),
    tool_arguments=("gen_ai.prompt", "input.value", "input"),
    tool_result=("gen_ai.completion", "output.value", "output"),
    agent=("langsmith.trace.name",),
    documents=("retrieval.documents.N", "gen_ai.completion", "output"),
)  # fmt: skip
