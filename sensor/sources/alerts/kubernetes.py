"""Kubernetes audit events.

Format: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/: `kind` Event of `audit.k8s.io/v1`, `auditID`,
`stage`, `verb`, `requestURI`, `user`, `impersonatedUser`, `sourceIPs`, `objectRef`, `responseStatus`, `annotations`; a webhook
sends an `EventList` with `items`. One request has one `auditID` and an event for each of its stages.
"""

from sensor.event import NamedAs
from sensor.sources.alerts.alert import Alert
from sensor.sources.alerts.moment import iso
from sensor.sources.alerts.naming import named
from sensor.sources.alerts.walk import Fields, text

_DECISION = ("annotations", "authorization.k8s.io/decision")
_PLACES: dict[str, NamedAs] = {
    "user.username": "account", "impersonatedUser.username": "account", "sourceIPs.*": "address", "requestURI": "path",
    "..template.spec.containers.*.image": "resource", "requestObject.spec.containers.*.image": "resource",
    "requestObject.spec.nodeName": "host", "hostname": "host",
}  # fmt: skip


def knows(record: Fields) -> bool:
    """Return whether the record is an audit event by its API group, or by the fields that every one of them has."""
    return text(record, "apiVersion").startswith("audit.k8s.io/") and "auditID" in record


def alert(record: Fields) -> Alert:
    """Return the event; it is telemetry, and a request that was refused is of low severity."""
    decision, code = text(record, _DECISION), text(record, "responseStatus.code")
    refused = decision == "forbid" or code in ("401", "403")
    kind = "/".join(filter(None, (text(record, "objectRef.resource"), text(record, "objectRef.subresource"))))
    thing = "/".join(filter(None, (text(record, "objectRef.namespace"), kind, text(record, "objectRef.name"))))
    told = (text(record, "user.username"), text(record, "verb"), thing or text(record, "requestURI"), code, decision)
    return Alert(
        product="Kubernetes audit", rule=" ".join(filter(None, (text(record, "verb"), kind or "non-resource"))),
        severity=decision or code, level="low" if refused else "informational",
        text=" ".join(filter(None, told)), uid=":".join(filter(None, (text(record, "auditID"), text(record, "stage")))),
        named=named(record, _PLACES, first=[("resource", thing)] if thing else []),
        at_ns=iso(record.get("stageTimestamp")) or iso(record.get("requestReceivedTimestamp")),
    )  # fmt: skip
