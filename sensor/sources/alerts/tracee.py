"""Tracee events and detections, new (v1beta1) and legacy.

Format: https://aquasecurity.github.io/tracee/dev/docs/outputs/event-structure and aquasecurity/tracee `api/v1beta1`:
`timestamp {seconds, nanos}`, `name`, `policies.matched`, `workload {process, container, pod}`, `data [{name, str | …}]`; a
detection adds `threat {name, description, severity, properties}`. Up to 0.2x events are flat: `timestamp` (nanoseconds),
`eventName`, `processName`, `hostName`, `args [{name, value}]`, `matchedPolicies`, and `metadata.Properties` of signatures.
"""

from collections.abc import Iterator

from sensor.event import AlertLevel, NamedAs
from sensor.sources.alerts.alert import Alert
from sensor.sources.alerts.level import level_of
from sensor.sources.alerts.moment import SECOND, epoch, iso
from sensor.sources.alerts.naming import Pair, named
from sensor.sources.alerts.walk import Fields, every, fields, text, texts

_NUMBERS: dict[str, AlertLevel] = {"0": "informational", "1": "low", "2": "medium", "3": "high", "4": "critical"}
_PLACES: dict[str, NamedAs] = {
    "..executable.path": "process", "..thread.name": "process", "..container.id": "container",
    "..container.name": "container", "..pod.name": "resource", "..process.real_user.name": "user", "processName": "process",
    "hostName": "host", "containerId": "container", "kubernetes.podName": "resource",
}  # fmt: skip
_ARGUMENTS: dict[str, NamedAs] = {
    "pathname": "path", "path": "path", "file_path": "path", "new_path": "path", "old_path": "path", "dst": "address",
    "dst_dns": "host", "remote_addr": "address", "dns_query": "host", "cmdpath": "process", "query": "host",
}  # fmt: skip
"""Name of an event's argument → what its value is."""


def knows(record: Fields) -> bool:
    """Return whether the record has the workload of a new event, or the flat names of a legacy one."""
    new = isinstance(record.get("workload"), dict) and {"name", "timestamp"} <= record.keys()
    return new or {"eventName", "processName", "eventId"} <= record.keys()


def alert(record: Fields) -> Alert:
    """Return the detection; an event without a threat is telemetry."""
    threat = fields(record, "threat") or fields(record, "metadata.Properties")
    severity = text(threat, "severity", "Severity")
    name = text(record, "name", "eventName")
    command = " ".join(list(_argv(record))[:500])
    level: AlertLevel = "informational"
    if threat:
        level = _NUMBERS.get(severity) or level_of(severity or "info")  # INFO is the default, which protobuf leaves out
    return Alert(
        product="Tracee", rule=text(threat, "name", "signatureName", "properties.signatureID") or name,
        severity=severity or ("INFO" if threat else ""), level=level,
        text=text(threat, "description") or text(record, "metadata.Description") or command,
        named=named(record, _PLACES, first=[("command", command), *_arguments(record)]), at_ns=_time(record),
    )  # fmt: skip


def _arguments(record: Fields) -> Iterator[Pair]:
    for place in ("data.*", "detected_from.data.*", "args.*"):
        for argument in every(record, place):
            if what := _ARGUMENTS.get(text(argument, "name")):
                yield what, text(argument, "str", "value")


def _argv(record: Fields) -> Iterator[str]:
    for place in ("data.*", "detected_from.data.*", "args.*"):
        for argument in every(record, place):
            if text(argument, "name") == "argv":
                yield from texts(argument, "str_array.value.*") or texts(argument, "value.*")


def _time(record: Fields) -> int | None:
    if not isinstance(record.get("timestamp"), dict):
        return iso(record.get("timestamp")) or epoch(record.get("timestamp"), "ns")
    seconds, fraction = epoch(text(record, "timestamp.seconds"), "s"), text(record, "timestamp.nanos")
    nanoseconds = int(fraction) if fraction.isascii() and fraction.isdecimal() and len(fraction) < 10 else 0
    return None if seconds is None else seconds + nanoseconds % SECOND
