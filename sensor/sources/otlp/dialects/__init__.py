"""Dialects of telemetry: one table each, one row here. The most telling names come first, OpenTelemetry's own last."""

from sensor.sources.otlp.dialect import Dialect
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
