"""LiteLLM's standard logging payload, and the results of guardrails in it or by themselves.

Format: https://docs.litellm.ai/docs/proxy/logging_spec: `id`, `trace_id`, `call_type`, `status`, `startTime` (seconds), `model`,
`metadata`, `end_user`, `error_str`, `guardrail_information` (a list; one object in older versions, which also kept it in
`metadata.standard_logging_guardrail_information`). A result has `guardrail_name`, `guardrail_mode`, `guardrail_status`
(`success`, `guardrail_intervened`, `guardrail_flagged`, `guardrail_failed_to_respond`, `not_run`; earlier `blocked`, and
`failure` for both a violation and a fault), `guardrail_response`, `start_time`.
"""

from sensor.event import AlertLevel, NamedAs
from sensor.sources.alerts.alert import Alert, trace_of
from sensor.sources.alerts.moment import either
from sensor.sources.alerts.naming import named
from sensor.sources.alerts.walk import Fields, at, canonical, every, text

_LEVELS: dict[str, AlertLevel] = {
    "guardrail_intervened": "high", "blocked": "high", "guardrail_flagged": "medium", "failure": "medium",
    "guardrail_failed_to_respond": "low", "success": "informational", "not_run": "informational",
}  # fmt: skip
"""Status of a guardrail → level, the worst first. One that did not answer let the text pass unseen."""
_RESULTS = (
    "guardrail_information.*", "guardrail_information", "metadata.standard_logging_guardrail_information.*",
    "metadata.standard_logging_guardrail_information",
)  # fmt: skip
_PLACES: dict[str, NamedAs] = {
    "end_user": "user", "requester_ip_address": "address", "api_base": "url", "metadata.user_api_key_user_id": "user",
    "metadata.user_api_key_alias": "account", "metadata.user_api_key_user_email": "email", "model": "resource",
    "metadata.requester_ip_address": "address", "metadata.mcp_tool_call_metadata.name": "resource",
    "metadata.mcp_tool_call_metadata.mcp_server_name": "resource",
}  # fmt: skip
_CONVERSATION = tuple(
    f"{place}{name}"
    for place in ("", "metadata.", "metadata.requester_metadata.")
    for name in ("session_id", "litellm_session_id", "conversation_id")
)


def knows(record: Fields) -> bool:
    """Return whether the record is a payload, or the result of one guardrail."""
    if {"guardrail_name", "guardrail_status"} <= record.keys() or "guardrail_information" in record:
        return True
    return {"call_type", "startTime"} <= record.keys() and bool({"hidden_params", "model_group"} & record.keys())


def alert(record: Fields) -> Alert:
    """Return the worst result of a guardrail; a payload without any is telemetry."""
    found = [result for place in _RESULTS for result in every(record, place) if isinstance(result, dict)]
    results = sorted(found, key=_rank)
    worst = results[0] if results else record
    status = text(worst, "guardrail_status") or text(record, "status")
    level = _LEVELS.get(text(worst, "guardrail_status"), "unknown" if "guardrail_status" in worst else "informational")
    told = (*(_said(result) for result in results), text(record, "error_str"))
    answer = "" if results else _answer(record)
    return Alert(
        product="LiteLLM", rule=text(worst, "guardrail_name") or text(record, "call_type") or "guardrail",
        severity=status, level=level, text="; ".join(filter(None, told)) or answer,
        uid=text(record, "id"), named=named(record, _PLACES),
        at_ns=either(record.get("startTime"), "s") or either(worst.get("start_time"), "s"),
        trace_id=trace_of(text(record, "metadata.requester_metadata.traceparent")) or trace_of(text(record, "trace_id")),
        tool_call=text(record, "metadata.tool_call_id", "metadata.requester_metadata.tool_call_id"),
        conversation=text(record, *_CONVERSATION),
    )  # fmt: skip


def _rank(result: Fields) -> int:
    status = text(result, "guardrail_status")
    return list(_LEVELS).index(status) if status in _LEVELS else len(_LEVELS)


def _said(result: Fields) -> str:
    mode = text(result, "guardrail_mode", "guardrail_mode.*")
    told = f"{text(result, 'guardrail_name')} {text(result, 'guardrail_status')} {mode}".strip()
    answer = _answer(result)
    return f"{told}: {answer}" if answer else told


def _answer(result: Fields) -> str:
    answer = at(result, "guardrail_response")
    return answer if isinstance(answer, str) else canonical(answer) if answer else ""
