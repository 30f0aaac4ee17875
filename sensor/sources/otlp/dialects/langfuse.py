"""Langfuse's SDK over OpenTelemetry: observations with a type, an input and an output."""

from sensor.sources.otlp.dialect import Dialect

DIALECT = Dialect(
    name="langfuse",
    source="https://langfuse.com/integrations/native/opentelemetry#property-mapping",
    tells=("langfuse",),
    kind=("langfuse.observation.type",),
    kinds={
        "generation": "model", "span": "agent", "agent": "agent", "chain": "agent", "tool": "tool",
        "retriever": "retrieval", "embedding": None, "evaluator": None, "guardrail": None, "event": None,
    },
    conversation=("langfuse.session.id", "session.id"),
    input=("langfuse.observation.input",),
    output=("langfuse.observation.output",),
    model=("langfuse.observation.model.name",),
    tool_name=("langfuse.observation.name",),
    tool_call_id=("gen_ai.tool.call.id",),
    tool_arguments=("langfuse.observation.input",),
    tool_result=("langfuse.observation.output",),
    agent=("langfuse.observation.name",),
    documents=("langfuse.observation.output",),
)  # fmt: skip
