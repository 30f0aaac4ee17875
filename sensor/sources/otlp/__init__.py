"""OpenTelemetry: spans and log records of any instrumented agent (docs/decisions/0003-telemetry.md).

Nothing is imported here: the kernel sensor has spans, too, and needs none of the rest until it ends.
"""
