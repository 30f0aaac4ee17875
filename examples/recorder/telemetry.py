"""Bodies of an exporter → lines of OTLP in JSON, with what is never the same twice taken out of it."""

import base64
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_START = 1_780_000_000 * 10**9
"""Nanoseconds since the Unix epoch at which every recording begins: 28 May 2026, invented."""

_STEP = 25 * 10**6
"""Nanoseconds between one moment of a recording and the next: their order is real, their distance is not."""

_UNSTABLE = {
    # Folders of the machine, and marks that each version of Python sets elsewhere: the last line says what it was.
    "exception.stacktrace": (re.compile(r"(?s).*\n(?=[^\n]+\n*\Z)"), ""),
    # When LiteLLM's router sent its earlier attempts.
    "llm.invocation_parameters": (re.compile(r'("llm_api_timing_windows": )\[\[.*?\]\]'), r"\1[]"),
}
"""Attribute → part of its text that is never the same twice, and what is kept instead."""

_IDS = ("traceId", "spanId", "parentSpanId")
_TIMES = ("startTimeUnixNano", "endTimeUnixNano", "timeUnixNano")


def lines(bodies: Sequence[bytes]) -> str:
    """Return one line for each body: an `ExportTraceServiceRequest` as an exporter for JSON would post it."""
    requests = [_json(body) for body in bodies]
    items = [item for request in requests for item in _items(request)]
    moments = sorted({int(item[name]) for item in items for name in _TIMES if name in item})
    clock = {moment: _START + number * _STEP for number, moment in enumerate(moments)}
    for item in items:
        for name in _TIMES:
            if name in item:
                item[name] = str(clock[int(item[name])])
    return "".join(json.dumps(request, ensure_ascii=False) + "\n" for request in requests)


def _json(body: bytes) -> dict[str, Any]:
    request: dict[str, Any] = MessageToDict(ExportTraceServiceRequest.FromString(body), use_integers_for_enums=True)
    for item in _items(request):
        for name in _IDS:
            if name in item:  # OTLP writes ids as hexadecimal digits, protobuf's own JSON as base64
                item[name] = base64.b64decode(item[name]).hex()
        for attribute in item.get("attributes", ()):
            if attribute["key"] in _UNSTABLE:
                pattern, kept = _UNSTABLE[attribute["key"]]
                attribute["value"]["stringValue"] = pattern.sub(kept, attribute["value"]["stringValue"])
    return request


def _items(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the spans of a request, and their events and links."""
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                yield from (span, *span.get("events", ()), *span.get("links", ()))
