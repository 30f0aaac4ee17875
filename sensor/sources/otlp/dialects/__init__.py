"""Dialects of telemetry: one table each, one row here. The most telling names come first, OpenTelemetry's own last."""

from sensor.sources.otlp.dialect import Dialect, Names
from sensor.sources.otlp.dialects import (
    genai,
    langfuse,
    langsmith,
    logfire,
    mcp,
    openinference,
    traceloop,
    vercel,
)

DIALECTS: tuple[Dialect, ...] = (
    openinference.DIALECT,
    vercel.DIALECT,
    logfire.DIALECT,
    langsmith.DIALECT,
    traceloop.DIALECT,
    mcp.DIALECT,
    langfuse.DIALECT,
    genai.DIALECT,
)

_SESSION = "session.id"
CONVERSATION: Names = (
    *dict.fromkeys(name for dialect in DIALECTS for name in dialect.conversation if name != _SESSION), _SESSION,
)  # fmt: skip
"""Attributes that name a conversation on any span; last the one that web applications have for a visit, too."""
