"""Falco alerts with `json_output: true`.

Format: https://falco.org/docs/concepts/outputs/formatting/ and falcosecurity/falco `userspace/engine/formats.cpp`: `time`
(ISO 8601, nanoseconds, UTC), `rule`, `priority` (a syslog word), `source`, `hostname`, `output`, `tags`, `output_fields`.
The names of output fields hold dots (`proc.cmdline`); which of them exist depends on the rule. `uuid` is falcosidekick's.
"""

from sensor.event import NamedAs
from sensor.sources.alerts.alert import Alert
from sensor.sources.alerts.level import level_of
from sensor.sources.alerts.moment import epoch, iso
from sensor.sources.alerts.naming import named
from sensor.sources.alerts.walk import Fields, at, text

_PLACES: dict[str, NamedAs] = {
    "hostname": "host", "..proc.cmdline": "command", "..proc.exepath": "process", "..proc.name": "process",
    "..proc.pcmdline": "command", "..proc.pname": "process", "..user.name": "user", "..user.loginname": "user",
    "..fd.name": "path", "..fd.sip": "address", "..fd.rip": "address", "..fd.cip": "address", "..fd.sip.name": "host",
    "..fs.path.name": "path", "..container.id": "container", "..container.name": "container", "..k8s.pod.name": "resource",
    "..evt.arg.path": "path", "..ka.user.name": "user", "..ka.target.name": "resource", "..ct.user": "account",
    "..ct.srcip": "address", "..ct.user.arn": "account", "..s3.bucket": "resource",
}  # fmt: skip


def knows(record: Fields) -> bool:
    """Return whether the record has a rule, its priority, and the sentence made of the rule's output line."""
    return {"rule", "priority", "output"} <= record.keys() and bool({"output_fields", "time"} & record.keys())


def alert(record: Fields) -> Alert:
    """Return the alert; a connection is Falco's `fd.name` too and names no path then."""
    priority = text(record, "priority")
    places = dict(_PLACES)
    if "->" in text(record, ("output_fields", "fd.name")):
        del places["..fd.name"]
    return Alert(
        product="Falco", rule=text(record, "rule"), severity=priority, level=level_of(priority),
        text=text(record, "output", "message"), uid=text(record, "uuid"), named=named(record, places),
        at_ns=iso(record.get("time")) or epoch(at(record, ("output_fields", "evt.time")), "ns"),
    )  # fmt: skip
