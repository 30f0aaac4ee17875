"""OCSF findings: security finding (2001), detection finding (2004), incident finding (2005).

Format: https://schema.ocsf.io, classes `security_finding`, `detection_finding` and `incident_finding` of versions 1.0 to 1.8.
`finding` (2001), `finding_info` (2004) or `finding_info_list` (2005) holds `uid`, `title` and `desc`; `severity_id` is 0
unknown, 1 informational, 2 low, 3 medium, 4 high, 5 critical, 6 fatal, 99 other; `time` is milliseconds; `observables` and
`evidences` name what was seen. The profile `trace` adds `trace.uid`, the profile `ai_operation` adds `message_context`.
"""

from collections.abc import Iterator

from sensor.event import AlertLevel, NamedAs
from sensor.sources.alerts.alert import Alert, trace_of
from sensor.sources.alerts.level import level_of
from sensor.sources.alerts.moment import either, epoch
from sensor.sources.alerts.naming import Pair, named
from sensor.sources.alerts.walk import Fields, at, every, text

_CLASSES = (2001, 2004, 2005)
_LEVELS: dict[str, AlertLevel] = {
    "1": "informational", "2": "low", "3": "medium", "4": "high", "5": "critical", "6": "critical",
}  # fmt: skip
_OBSERVABLES: dict[str, NamedAs] = {
    "1": "host", "2": "address", "4": "user", "5": "email", "6": "url", "7": "path", "9": "process", "10": "resource",
    "13": "command", "20": "host", "21": "user", "23": "url", "24": "path", "25": "process", "27": "container",
    "34": "account", "35": "account", "38": "resource", "45": "path",
}  # fmt: skip
"""`type_id` of an observable → what its value is."""
_PLACES: dict[str, NamedAs] = {
    "..device.hostname": "host", "..device.name": "host", "..device.ip": "address",
    "..endpoint.hostname": "host", "..src_endpoint.ip": "address", "..dst_endpoint.ip": "address",
    "..src_endpoint.hostname": "host", "..dst_endpoint.hostname": "host", "..dst_endpoint.domain": "host",
    "..process.name": "process", "..process.path": "process", "..process.file.path": "process",
    "..process.cmd_line": "command", "..evidences.*.file.path": "path", "..file.path": "path",
    "..user.name": "user", "..user.email_addr": "email", "..user.account.uid": "account", "..cloud.account.uid": "account",
    "..url.url_string": "url", "..query.query_string": "query", "..container.uid": "container",
    "..container.name": "container", "..resources.*.uid": "resource", "..resources.*.name": "resource",
    "..databucket.name": "resource", "..database.name": "resource", "..api.operation": "resource",
    "..email.from": "email", "..email.to.*": "email",
}  # fmt: skip
_FINDING = ("finding_info", "finding", "finding_info_list.*")


def knows(record: Fields) -> bool:
    """Return whether the record is a finding that names its class."""
    number = record.get("class_uid")
    return number in _CLASSES and not isinstance(number, bool)


def alert(record: Fields) -> Alert:
    """Return the finding; one of several in an incident gives its title."""
    rule = text(
        record, *(f"{place}.{name}" for place in _FINDING for name in ("title", "analytic.name")), "analytic.name"
    )
    number = text(record, "severity_id")
    severity = text(record, "severity") or number
    message = text(record, "message", "desc", *(f"{place}.desc" for place in _FINDING))
    return Alert(
        product=text(record, "metadata.product.name", "metadata.product.vendor_name") or "OCSF",
        rule=rule or text(record, "class_name") or f"finding {text(record, 'class_uid')}",
        severity=severity, level=_LEVELS.get(number) or level_of(severity), text=message,
        uid=text(record, *(f"{place}.uid" for place in _FINDING), "metadata.uid"),
        named=named(record, _PLACES, first=_observed(record)),
        at_ns=epoch(record.get("time"), "ms") or either(record.get("time_dt"), "ms"),
        trace_id=trace_of(text(record, "trace.uid")) or trace_of(text(record, "metadata.correlation_uid")),
        tool_call=text(record, "unmapped.tool_call_id", ("unmapped", "gen_ai.tool.call.id")),
        conversation=text(record, "unmapped.conversation_id", ("unmapped", "gen_ai.conversation.id")),
    )  # fmt: skip


def _observed(record: Fields) -> Iterator[Pair]:
    for observable in every(record, "observables.*"):
        what = _OBSERVABLES.get(text(observable, "type_id"))
        if what and isinstance(value := at(observable, "value"), str):
            yield what, value
