"""OpenInference (Arize Phoenix): numbered attributes, a span kind on every span."""

from sensor.sources.otlp.dialect import Dialect

DIALECT = Dialect(
    name="openinference",
    source="https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md",
    tells=("openinference.span.kind", "llm.input_messages", "llm.output_messages"),
    kind=("openinference.span.kind",),
    kinds={
        "LLM": "model", "TOOL": "tool", "AGENT": "agent", "CHAIN": "agent", "RETRIEVER": "retrieval",
        "EMBEDDING": None, "RERANKER": None, "GUARDRAIL": None, "EVALUATOR": None, "UNKNOWN": None,
    },
    when=(("llm", "model"),),
    conversation=("session.id",),
    input=("llm.input_messages.N", "input.value"),
    output=("llm.output_messages.N", "output.value"),
    tools=("llm.tools.N",),
    model=("llm.model_name",),
    response_id=("llm.response.id",),
    input_tokens=("llm.token_count.prompt",),
    output_tokens=("llm.token_count.completion",),
    tool_name=("tool.name",),
    tool_call_id=("tool_call.id", "tool.id"),
    tool_arguments=("tool.parameters", "tool_call.function.arguments", "input.value"),
    tool_result=("output.value",),
    agent=("agent.name", "graph.node.id"),
    documents=("retrieval.documents.N", "output.value"),
)  # fmt: skip
