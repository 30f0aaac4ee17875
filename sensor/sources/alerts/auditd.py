"""Linux audit events: joined lines of the log, go-libaudit's JSON, Auditbeat's JSON.

Formats: the record of `audit_log`; https://github.com/elastic/go-libaudit `auparse` (`@timestamp`, `record_type`, `sequence`,
`raw_msg`, `data`, `keys`); https://www.elastic.co/docs/reference/beats/auditbeat/exported-fields-auditd (`event.module` auditd,
`auditd {message_type, sequence, result, session, data, summary}`, `process`, `user`, `file`, `tags`). The audit system grades
nothing: what a key watches and what failed is of low severity, a denial or an anomaly of medium severity.
"""

from sensor.event import AlertLevel, NamedAs
from sensor.sources.alerts.alert import Alert
from sensor.sources.alerts.moment import epoch, iso
from sensor.sources.alerts.naming import named
from sensor.sources.alerts.walk import Fields, text, texts

_PLACES: dict[str, NamedAs] = {
    "node": "host", "host.name": "host", "..data.exe": "process", "..data.comm": "process",
    "..data.command": "command", "..data.cmd": "command",
    "..data.proctitle": "command", "..data.name": "path", "..data.path": "path", "..data.acct": "account",
    "..data.addr": "address", "..data.hostname": "host", "..data.AUID": "user", "..data.UID": "user",
    "..data.unit": "resource", "process.executable": "process", "process.title": "command", "file.path": "path",
    "user.name": "user", "user.audit.name": "user", "destination.ip": "address", "source.ip": "address",
    "source.domain": "host", "auditd.summary.object.primary": "resource", "container.id": "container",
}  # fmt: skip
_BESIDE = frozenset({"SYSCALL", "CWD", "PATH", "PROCTITLE", "EOE", "SOCKADDR", "BPRM_FCAPS", "MMAP", "FD_PAIR", "IPC"})
"""Types that only add to what another line of the event says."""
_FAILED = frozenset({"no", "failed", "fail", "failure", "0"})


def knows(record: Fields) -> bool:
    """Return whether the record has one of the three shapes."""
    if "audit_id" in record and isinstance(record.get("records"), list):
        return True
    if {"record_type", "sequence"} <= record.keys():
        return True
    return text(record, "event.module") == "auditd" and isinstance(record.get("auditd"), dict)


def alert(record: Fields) -> Alert:
    """Return the event; the key of the audit rule that asked for it is its rule, else the type of the event."""
    kind, key, result = _kind(record), _key(record), _result(record)
    argv = " ".join(texts(record, "process.args.*")) or _argv(record)
    command = argv or text(
        record, "records.*.data.command", "records.*.data.proctitle", "records.*.data.cmd", "data.cmd"
    )
    return Alert(
        product="auditd", rule=key or kind, severity=result, level=_level(kind, key, result),
        text=command or text(record, "raw_msg", "records.*.text") or text(record, "event.action", "auditd.summary.how"),
        uid="/".join(filter(None, (text(record, "node"), text(record, "audit_id")))),
        named=named(record, _PLACES, first=[("command", command)]),
        at_ns=epoch(text(record, "audit_id").partition(":")[0], "s") or iso(record.get("@timestamp")),
    )  # fmt: skip


def _kind(record: Fields) -> str:
    types = texts(record, "records.*.type")
    telling = [kind for kind in types if kind not in _BESIDE]
    single = text(record, "record_type", "auditd.message_type", "event.action")
    return (telling or types or [single or "event"])[0].lower()


def _key(record: Fields) -> str:
    key = text(record, "records.*.data.key", "keys.*", "tags.*", "data.key").partition("\x01")[0]
    return "" if key in ("(null)", "(none)") else key


def _result(record: Fields) -> str:
    if denied := text(record, "records.*.data.apparmor", "data.apparmor"):
        return denied
    places = (
        "records.*.data.success",
        "records.*.data.res",
        "auditd.result",
        "data.result",
        "data.success",
        "event.outcome",
    )
    return text(record, *places)


def _level(kind: str, key: str, result: str) -> AlertLevel:
    if kind.startswith("anom_") or (
        kind in ("avc", "user_avc", "seccomp") and result.lower() not in ("allowed", "audit")
    ):
        return "medium"
    return "low" if key or result.lower() in _FAILED else "informational"


def _argv(record: Fields) -> str:
    """Return the command of go-libaudit's record of an execution, whose arguments are `a0`, `a1` and so on."""
    count = text(record, "data.argc")
    if not (count.isascii() and count.isdecimal() and len(count) < 5):
        return ""
    return " ".join(filter(None, (text(record, ("data", f"a{place}")) for place in range(int(count)))))
