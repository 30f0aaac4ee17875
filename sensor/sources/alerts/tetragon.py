"""Tetragon events, one JSON object each.

Format: https://tetragon.io/docs/concepts/events/ and cilium/tetragon `api/v1/tetragon/tetragon.proto`: one outer key such as
`process_exec`, `process_kprobe` or `process_lsm`, beside `node_name` and `time`. Inside: `process`, `parent`; for hooks also
`function_name`, `args`, `action`, `policy_name`, `message`, `tags`. Enterprise versions add `process_connect`,
`process_listen` and `process_close`. An event that no policy asked for is telemetry.
"""

from sensor.event import AlertLevel, NamedAs
from sensor.sources.alerts.alert import Alert
from sensor.sources.alerts.moment import iso
from sensor.sources.alerts.naming import named
from sensor.sources.alerts.walk import Fields, at, fields, text

KINDS = (
    "process_exec", "process_exit", "process_kprobe", "process_tracepoint", "process_uprobe", "process_lsm", "process_usdt",
    "process_loader", "process_throttle", "process_connect", "process_accept", "process_listen", "process_close",
    "process_dns", "process_http", "process_tls",
)  # fmt: skip
_STOPPING = ("sigkill", "override", "signal", "notifyenforcer")
"""Actions of a policy that interfere with the process, in the lower case of `KPROBE_ACTION_…`."""
_PLACES: dict[str, NamedAs] = {
    "node_name": "host", "..process.binary": "process", "..parent.binary": "process", "..process.docker": "container",
    "..pod.container.id": "container", "..process.pod.name": "resource", "..args.*.string_arg": "path",
    "..file_arg.path": "path", "..path_arg.path": "path", "..linux_binprm_arg.path": "path", "..sock_arg.daddr": "address",
    "..skb_arg.daddr": "address", "..sockaddr_arg.addr": "address", "..process_loader.path": "path",
    "..process_uprobe.path": "path", "..destination_ip": "address", "..destination_names.*": "host", "..ip": "address",
}  # fmt: skip


def knows(record: Fields) -> bool:
    """Return whether one of the outer keys is there, with an event in it."""
    return any(isinstance(record.get(kind), dict) for kind in KINDS) and bool({"node_name", "time"} & record.keys())


def alert(record: Fields) -> Alert:
    """Return the event; the policy that asked for it is its rule, else the kind of event."""
    kind = next((name for name in KINDS if isinstance(record.get(name), dict)), "")
    event = fields(record, kind)
    policy = text(event, "policy_name")
    action = text(event, "action").lower().removeprefix("kprobe_action_")
    command = " ".join(filter(None, (text(event, "process.binary"), text(event, "process.arguments"))))
    told = " ".join(filter(None, (text(event, "function_name"), text(event, "message"))))
    started = iso(at(event, "process.start_time"))
    return Alert(
        product="Tetragon", rule=policy or " ".join(filter(None, (kind, text(event, "function_name")))),
        severity=action, level=_level(policy, action), text=": ".join(filter(None, (told, command))),
        named=named(record, _PLACES, first=[("command", command)]),
        at_ns=iso(record.get("time")) or (started if kind == "process_exec" else None),
    )  # fmt: skip


def _level(policy: str, action: str) -> AlertLevel:
    if not policy:
        return "informational"
    return "high" if action.startswith(_STOPPING) else "medium"
