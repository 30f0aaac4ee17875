"""AgentSight: lines of its probes, events of its collector, rows of its exported snapshot.

Format: https://github.com/eunomia-bpf/agentsight, `bpf/README.md` (probe lines: `event` or `function`, `comm`, `pid`),
`collector/README.md` (`timestamp`, `source`, `pid`, `comm`, `data`), `docs/snapshot-schema.md` (version 1: `audit_events`,
`tool_calls`, `process_nodes`, `network_targets`; times in milliseconds). Times of probes and of older collectors count from
boot, so only those of the snapshot are times of day.
"""

from sensor.event import NamedAs
from sensor.sources.alerts.alert import Alert
from sensor.sources.alerts.moment import epoch
from sensor.sources.alerts.naming import Pair, named
from sensor.sources.alerts.walk import Fields, at, canonical, fields, text, texts

ROWS = ("audit_events", "tool_calls", "process_nodes", "network_targets")
"""Lists of a snapshot whose rows are read; the others are sums and samples."""

_PROBES = frozenset({"ssl", "process", "stdio", "http_parser", "sse_processor", "system"})
_ROW_SHAPES = (
    frozenset({"timestamp_ms", "audit_type", "view_source"}),
    frozenset({"tool_call_id", "tool_name", "view_source"}),
    frozenset({"argv", "comm", "view_source"}),
    frozenset({"host", "error_count", "first_timestamp_ms"}),
)
_PLACES: dict[str, NamedAs] = {
    "comm": "process", "..data.comm": "process", "filename": "process", "..data.filename": "process",
    "full_command": "command", "..data.full_command": "command", "filepath": "path", "..data.filepath": "path",
    "command": "command", "host": "host", "..data.host": "host", "tool_name": "resource",
    "..input.url": "url", "..input.path": "path", "..input.file_path": "path", "..input.command": "command",
}  # fmt: skip


def knows(record: Fields) -> bool:
    """Return whether the record is a probe line, a collector's event, or a row of a snapshot."""
    if {"comm", "pid"} <= record.keys():
        if text(record, "source") in _PROBES and isinstance(record.get("data"), dict):
            return True
        if {"event", "timestamp"} <= record.keys() or {"function", "len", "tid"} <= record.keys():
            return True
    return any(shape <= record.keys() for shape in _ROW_SHAPES)


def alert(record: Fields) -> Alert:
    """Return the observation; it is telemetry."""
    event = fields(record, "data") or record
    kind = text(record, "audit_type") or text(event, "event", "function", "type") or text(record, "source")
    rule = " ".join(filter(None, (kind or _row(record), text(record, "action"))))
    told = (text(record, "summary"), text(event, "full_command", "command", "filepath", "filename"), _input(record))
    argv = " ".join(texts(record, "argv.*"))
    return Alert(
        product="AgentSight", rule=rule, severity=text(record, "status"),
        text=" ".join(filter(None, told)) or argv or text(record, "target", "host"), uid=text(record, "id"),
        named=named(record, _PLACES, first=[("command", argv), *_target(record)]),
        at_ns=epoch(text(record, "timestamp_ms", "start_timestamp_ms", "first_timestamp_ms"), "ms"),
        tool_call=text(record, "tool_call_id"), conversation=text(record, "conversation_id", "session_id"),
    )  # fmt: skip


def _target(record: Fields) -> list[Pair]:
    target = text(record, "target")
    return [("path", target)] if target.startswith("/") else [("url", target)] if "://" in target else []


def _row(record: Fields) -> str:
    if "tool_call_id" in record:
        return f"tool call {text(record, 'tool_name')}"
    return "process" if "argv" in record else "network target"


def _input(record: Fields) -> str:
    given = at(record, "input")
    return canonical(given) if given else ""
