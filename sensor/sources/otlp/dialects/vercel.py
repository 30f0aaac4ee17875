"""Vercel AI SDK (`experimental_telemetry`): outer spans of a generation, inner spans of each request, tool calls."""

from sensor.sources.otlp.dialect import Dialect

DIALECT = Dialect(
    name="vercel",
    source="https://ai-sdk.dev/docs/ai-sdk-core/telemetry",
    tells=("ai.operationId", "ai.prompt", "ai.toolCall", "ai.response"),
    kind=("ai.operationId",),
    kinds={
        "ai.generateText.doGenerate": "model", "ai.streamText.doStream": "model",
        "ai.generateObject.doGenerate": "model", "ai.streamObject.doStream": "model",
        "ai.generateText": "agent", "ai.streamText": "agent", "ai.generateObject": "agent", "ai.streamObject": "agent",
        "ai.toolCall": "tool", "ai.embed": None, "ai.embedMany": None, "ai.embed.doEmbed": None,
        "ai.embedMany.doEmbed": None,
    },
    conversation=("ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.threadId", "session.id"),
    input=("ai.prompt.messages", "ai.prompt", "input"),
    output=("ai.response.text", "ai.response.object", "output"),
    calls=("ai.response.toolCalls",),
    tools=("ai.prompt.tools",),
    model=("ai.response.model", "ai.model.id", "gen_ai.request.model"),
    response_id=("ai.response.id",),
    finish=("ai.response.finishReason",),
    input_tokens=("ai.usage.inputTokens", "ai.usage.promptTokens"),
    output_tokens=("ai.usage.outputTokens", "ai.usage.completionTokens"),
    tool_name=("ai.toolCall.name",),
    tool_call_id=("ai.toolCall.id",),
    tool_arguments=("ai.toolCall.args", "ai.toolCall.input", "input"),
    tool_result=("ai.toolCall.result", "ai.toolCall.output", "output"),
    agent=("resource.name", "ai.telemetry.functionId"),
)  # fmt: skip
