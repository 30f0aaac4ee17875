"""Envoy access logs with `json_format`.

Format: https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage. The operator chooses the
names; those of Istio, Contour and Envoy Gateway are read, which differ in colons, dashes and a few words: `start_time`,
`method`, `path`, `authority`, `response_code`, `response_flags`, `response_code_details`, `upstream_host`,
`upstream_cluster`, `downstream_remote_address`, `x_request_id`, `trace_id` or `traceparent`.
"""

from collections.abc import Iterator

from sensor.event import NamedAs
from sensor.sources.alerts.alert import Alert, trace_of
from sensor.sources.alerts.moment import iso
from sensor.sources.alerts.naming import Pair, named
from sensor.sources.alerts.walk import Fields, text

_REQUEST = frozenset({"path", "authority", "method", "start_time", "x_envoy_original_path", "x_envoy_origin_path"})
_OWN = frozenset({"response_flags", "upstream_cluster", "upstream_host", "response_code_details", "route_name"})
_REFUSED = ("UAEX", "RBAC", "rbac_", "ext_authz_denied", "jwt_authn_")
"""Flags and details of a request that a policy stopped."""
_PLACES: dict[str, NamedAs] = {
    "upstream_host": "address", "downstream_remote_address": "address", "downstream_direct_remote_address": "address",
    "requested_server_name": "host", "upstream_cluster": "resource", "hostname": "host",
}  # fmt: skip


def knows(record: Fields) -> bool:
    """Return whether the record tells of a request and says at least two things that only Envoy says."""
    names = _renamed(record).keys()
    return "response_code" in names and bool(_REQUEST & names) and len(_OWN & names) >= 2


def alert(record: Fields) -> Alert:
    """Return the request; it is telemetry unless a policy of the proxy stopped it."""
    request = _renamed(record)
    code, flags = text(request, "response_code"), text(request, "response_flags").strip("-")
    details = text(request, "response_code_details")
    url = _url(request)
    told = (text(request, "method"), url, code, flags, details, _with_id(request))
    trace = trace_of(text(request, "trace_id")) or trace_of(text(request, "traceparent"))
    return Alert(
        product="Envoy", rule=text(request, "route_name").strip("-") or "access log", severity=flags or code,
        level="medium" if any(word in f"{flags} {details}" for word in _REFUSED) else "informational",
        text=" ".join(filter(None, told)), named=named(request, _PLACES, first=_asked(request, url)),
        at_ns=iso(request.get("start_time")) or iso(request.get("@timestamp")),
        trace_id=trace or trace_of(text(request, "x_b3_traceid")),
    )  # fmt: skip


def _renamed(record: Fields) -> Fields:
    return {name.lstrip(":").lower().replace("-", "_"): value for name, value in record.items()}


def _url(request: Fields) -> str:
    scheme = text(request, "scheme", "x_forwarded_proto")
    path = text(request, "path", "x_envoy_original_path", "x_envoy_origin_path")
    return f"{scheme}{'://' if scheme else ''}{text(request, 'authority')}{path}"


def _asked(request: Fields, url: str) -> Iterator[Pair]:
    yield "url", url
    authority = text(request, "authority")
    yield "host", authority.rsplit(":", 1)[0] if authority.count(":") == 1 else authority
    for address in text(request, "x_forwarded_for").split(",")[:10]:
        yield "address", address


def _with_id(request: Fields) -> str:
    """Return words for the id: retries and both ends of a hop share it, so that it is not the alert's own."""
    given = text(request, "x_request_id", "request_id")
    return f"request {given}" if given else ""
