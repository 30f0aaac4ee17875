"""Model Context Protocol spans, of clients and of servers."""

from sensor.sources.otlp.dialect import Dialect

DIALECT = Dialect(
    name="mcp",
    source="https://github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/mcp.md",
    tells=("mcp",),
    kind=("mcp.method.name", "mcp.method"),
    kinds={
        "tools/call": "tool", "tools/list": "offer", "resources/read": "retrieval", "prompts/get": "retrieval",
        "initialize": None, "ping": None, "resources/list": None, "prompts/list": None,
    },
    when=(("mcp.tool.name", "tool"),),
    conversation=("gen_ai.conversation.id",),
    tools=("mcp.tools", "mcp.response.tools"),
    tool_name=("gen_ai.tool.name", "mcp.tool.name"),
    tool_call_id=("gen_ai.tool.call.id",),
    tool_arguments=("gen_ai.tool.call.arguments", "mcp.request.argument", "mcp.tool.arguments", "mcp.request.arguments"),
    tool_result=("gen_ai.tool.call.result", "mcp.tool.result", "mcp.response.value", "mcp.response.result"),
    server=("mcp.server.name", "server.address", "service.name"),
    documents=("mcp.response.value", "mcp.resource.contents"),
    place=("mcp.resource.uri", "gen_ai.prompt.name"),
)  # fmt: skip
