"""OpenTelemetry's SDK as an application sets it up, with ids that come again when it is recorded again."""

import random

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator


class _SeededIds(IdGenerator):
    def __init__(self, seed: str) -> None:
        self._chance = random.Random(seed)

    def generate_span_id(self) -> int:
        return self._chance.getrandbits(64)

    def generate_trace_id(self) -> int:
        return self._chance.getrandbits(128)


def report_as(service: str, seed: str) -> TracerProvider:
    """Post each span as it ends to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names; the resource is the service's name."""
    provider = TracerProvider(resource=Resource({SERVICE_NAME: service}), id_generator=_SeededIds(f"{service} {seed}"))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider
