"""Alerts that a collector ships as log records, with and without a span."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from sensor.event import AlertReceived, Event
from sensor.sources import read_any
from sensor.sources.otlp.decode import decode
from sensor.sources.otlp.decoded import Decoded
from tests.sensor.otlp.test_decode import SPAN, TRACE
from tests.sensor.test_alerts_samples import SAMPLES

FALCO = SAMPLES["falco"]
TEXT = {"stringValue": json.dumps(FALCO)}


def value(found: Any) -> dict[str, Any]:
    """Return a JSON value as OTLP has it."""
    if isinstance(found, dict):
        return {"kvlistValue": {"values": [{"key": name, "value": value(inner)} for name, inner in found.items()]}}
    if isinstance(found, list):
        return {"arrayValue": {"values": [value(inner) for inner in found]}}
    kinds = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
    return {} if found is None else {kinds[type(found)]: found}


def logs(*records: dict[str, Any]) -> bytes:
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}).encode()


def decoded(*records: dict[str, Any], json: bool = True) -> Decoded:
    body = logs(*records)
    if not json:
        body = ParseDict(loads(body), ExportLogsServiceRequest()).SerializeToString()
    return decode(body, signal="logs", json=json)


def loads(body: bytes) -> Any:
    return json.loads(body)


def alert(found: Decoded) -> AlertReceived:
    (logged,) = found.alerts
    (event,) = logged.events()
    assert isinstance(event, AlertReceived)
    return event


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("body", [TEXT, value(FALCO)])
@pytest.mark.parametrize("ids", [{}, {"traceId": "", "spanId": ""}])
def test_a_line_that_a_collector_ships_is_an_alert(body: dict[str, Any], ids: dict[str, str], as_json: bool) -> None:
    found = decoded({"body": body, "timeUnixNano": "1", **ids}, json=as_json)

    assert (found.spans, found.refused) == ((), ())
    assert (alert(found).product, alert(found).rule, alert(found).trace_id) == ("Falco", FALCO["rule"], None)


def test_ids_of_zeros_are_none() -> None:
    assert alert(decoded({"body": TEXT, "traceId": "0" * 32, "spanId": "0" * 16})).trace_id is None


def test_a_trace_of_the_log_record_is_that_of_an_alert_that_names_none() -> None:
    own = SAMPLES["ocsf"]
    within = {"traceId": "ab" * 16, "spanId": SPAN}

    assert alert(decoded({"body": TEXT, **within})).trace_id == "ab" * 16
    assert alert(decoded({"body": value(own), **within})).trace_id == TRACE


@pytest.mark.parametrize(
    "body",
    [
        {"stringValue": "GET / 200"}, {"stringValue": "{breaks"}, {"stringValue": '{"a":' * 200}, {}, {"intValue": "7"},
        {"stringValue": "[1]"}, {"stringValue": '{"level": "info"}'}, value({"level": "info"}), value([FALCO]),
    ],
)  # fmt: skip
def test_other_records_without_a_span_are_refused_and_cost_no_neighbour(body: dict[str, Any]) -> None:
    found = decoded({"body": body}, {"body": TEXT}, {"body": body})

    assert found.refused == ("no trace id of 16 bytes",) * 2
    assert alert(found)


def test_a_step_of_a_conversation_that_quotes_an_alert_stays_one() -> None:
    found = decoded({"body": TEXT, "traceId": TRACE, "spanId": SPAN, "eventName": "gen_ai.user.message"})

    assert found.alerts == ()
    assert [span.is_log for span in found.spans] == [True]


@pytest.mark.parametrize("as_json", [True, False])
def test_recorded_ones_are_read_from_a_file(as_json: bool, tmp_path: Path) -> None:
    path = tmp_path / "f"
    body = logs({"body": TEXT}, {"body": value(SAMPLES["tetragon"])})
    path.write_bytes(body if as_json else ParseDict(loads(body), ExportLogsServiceRequest()).SerializeToString())
    events: list[Event] = list(read_any(path, session="run-1"))

    assert [event.source for event in events] == ["alerts:falco", "alerts:tetragon"]
    assert all(event.session for event in events)
