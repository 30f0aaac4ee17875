"""Plays one scenario while a real instrumentation package reports it.

`python -m examples.recorder.instrumented FAMILY SCENARIO` runs in a process of its own, because an instrumentation changes the
client library for good. Each span is printed as it ends: a line with the base64 of an `ExportTraceServiceRequest`, the body that
an exporter would post. `reported` runs it and gives the bodies.
"""

import base64
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from examples.record import FOLDER, SCENARIOS
from examples.recorder.recording import record


def _openinference() -> None:
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()


def _openllmetry() -> None:
    from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    AnthropicInstrumentor().instrument()


FAMILIES: dict[str, Callable[[], None]] = {"openinference": _openinference, "openllmetry": _openllmetry}
"""Family of instrumentation packages → what a user calls to switch it on."""


class _Lines(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        print(base64.b64encode(encode_spans(spans).SerializeToString()).decode(), flush=True)
        return SpanExportResult.SUCCESS


def reported(family: str, name: str) -> list[bytes]:
    """Play the scenario of this name in a new process and return the body of each span, in the order they ended."""
    done = subprocess.run(
        [sys.executable, "-m", "examples.recorder.instrumented", family, name],
        cwd=Path(FOLDER).parent, capture_output=True, check=True,
    )  # fmt: skip
    return [base64.b64decode(line) for line in done.stdout.splitlines()]


def main(family: str, name: str) -> None:
    """Play the scenario of this name and print its spans."""
    (scenario,) = (one for one in SCENARIOS if one.name == name)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(_Lines()))
    trace.set_tracer_provider(provider)
    FAMILIES[family]()
    record(scenario)
    provider.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
