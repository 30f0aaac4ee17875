"""MCPSpy messages, as `mcpspy -o` writes them.

Format: https://github.com/alex-ilgayev/MCPSpy, README "JSONL Output": `timestamp`, `transport_type` (`stdio` or `http`),
`stdio_transport {from_pid, from_comm, to_pid, to_comm}` or `http_transport {pid, comm, host}`, `type`, `id`, `method`, `params`,
`result`, `error`, `request`, `raw`. `id` is JSON-RPC's and counts from 1 in every connection, so it identifies nothing.
"""

from sensor.event import NamedAs
from sensor.sources.alerts.alert import Alert, trace_of
from sensor.sources.alerts.moment import iso
from sensor.sources.alerts.naming import named
from sensor.sources.alerts.walk import Fields, at, canonical, text

_PLACES: dict[str, NamedAs] = {
    "stdio_transport.from_comm": "process", "stdio_transport.to_comm": "process", "http_transport.comm": "process",
    "http_transport.host": "host", "params.name": "resource", "params.uri": "url", "request.params.name": "resource",
    "request.params.uri": "url", "..arguments.url": "url", "..arguments.path": "path", "..arguments.command": "command",
    "..arguments.query": "query", "..arguments.to": "email",
}  # fmt: skip


def knows(record: Fields) -> bool:
    """Return whether the record is a JSON-RPC message with the transport that it was seen on."""
    return "transport_type" in record and bool({"method", "type", "raw"} & record.keys())


def alert(record: Fields) -> Alert:
    """Return the message; it is telemetry."""
    kind = text(record, "type")
    method = text(record, "method", "request.method")
    error = text(record, "error.message")
    asked = at(record, "params") or at(record, "request.params")
    told = (method, canonical(asked) if asked else "", f"error: {error}" if error else "")
    return Alert(
        product="MCPSpy", rule=" ".join(filter(None, (method, kind))), severity="error" if error else "",
        text=" ".join(filter(None, told)), named=named(record, _PLACES), at_ns=iso(record.get("timestamp")),
        trace_id=trace_of(text(asked, "_meta.traceparent")),
    )  # fmt: skip
