"""Alerts of other products as their webhooks and log shippers send them, over loopback."""

import asyncio
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.event import AlertReceived, Unparsed
from sensor.receive.alerts import accept
from sensor.receive.receiver import Bounds, Busy, Receiver
from sensor.sources.alerts.mapping import load
from tests.sensor.receive.test_http import Taken, post, served
from tests.sensor.strategies import json_values
from tests.sensor.test_alerts_samples import ALSO, SAMPLES

JSON = "application/json"
FALCO = json.dumps(SAMPLES["falco"])
BOUNCER = 'product = "Bouncer"\nrule = "verdict.detector"'


def send(receiver: Receiver, body: str | bytes, **headers: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    with served(receiver) as url:
        sent = body.encode() if isinstance(body, str) else body
        status, answered, said = post(f"{url}/v1/alerts", sent, **{"content_type": JSON} | headers)
    return status, answered, json.loads(said)


def rules(taken: Taken) -> list[str]:
    return [one.rule for found in taken.found for one in found.alerts if isinstance(one, AlertReceived)]


def unread(taken: Taken) -> list[Unparsed]:
    return [one for found in taken.found for one in found.alerts if isinstance(one, Unparsed)]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (FALCO, {}),
        (json.dumps(SAMPLES["falco"], indent=2), {"content_type": "application/json; charset=utf-8"}),
        (f"[{FALCO}]", {}),
        (f"{FALCO}\n{FALCO}\n", {"content_type": "application/x-ndjson"}),
        (gzip.compress(FALCO.encode(), mtime=0), {"content_encoding": "gzip"}),
    ],
)
def test_one_record_a_list_and_json_lines_are_taken(body: str | bytes, headers: Mapping[str, str]) -> None:
    taken = Taken()
    status, _, outcome = send(Receiver(taken), body, **headers)

    assert (status, outcome["unreadable"], outcome["reasons"]) == (200, 0, {})
    assert set(rules(taken)) == {"Outbound link from agent pod"}
    assert len(rules(taken)) == outcome["alerts"]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_is_taken(name: str) -> None:
    taken = Taken()
    assert send(Receiver(taken), json.dumps(SAMPLES[name]))[0] == 200
    assert rules(taken)


def test_a_record_that_holds_a_list_is_as_many_alerts() -> None:
    taken = Taken()
    _, _, outcome = send(Receiver(taken), json.dumps({"Records": [SAMPLES["cloudtrail"], {"eventName": "?"}]}))

    assert (outcome["alerts"], outcome["unreadable"]) == (1, 1)


def test_what_cannot_be_read_is_told_and_marked_and_its_neighbours_are_kept() -> None:
    taken = Taken()
    status, _, outcome = send(Receiver(taken), f'{FALCO}\n{{"breaks": \n{{"no": "alert"}}\n{{"no": "alert"}}\n')

    assert status == 200
    assert outcome["alerts"] == len(rules(taken)) == 1
    assert outcome["unreadable"] == 3
    assert outcome["reasons"]["no known alert format"] == 2
    assert [mark.where for mark in unread(taken)] == ["line 2", "line 3", "line 4"]


@pytest.mark.parametrize("body", ["nothing", "[[[", '{"no": "alert"}', "[1, null]", '{"a":' * 500, b"\xff\xfe\x00\xd8"])
def test_a_sender_none_of_whose_records_can_be_read_notices_it(body: str | bytes) -> None:
    taken = Taken()
    status, _, outcome = send(Receiver(taken), body)

    assert status == 400
    assert outcome["alerts"] == 0
    assert outcome["unreadable"] == len(unread(taken)) > 0


@given(st.binary() | st.lists(json_values.map(json.dumps)).map("\n".join).map(str.encode))
def test_whatever_comes_is_counted_and_costs_no_neighbour(body: bytes) -> None:
    taken = Taken()
    outcome = asyncio.run(accept(Receiver(taken), FALCO.encode() + b"\n" + body))

    (found,) = taken.found
    assert rules(taken)[0] == "Outbound link from agent pod"
    assert outcome.alerts + outcome.unreadable == len(found.alerts)


def test_a_mapping_reads_the_records_in_which_it_finds_the_rule(tmp_path: Path) -> None:
    path = tmp_path / "bouncer.toml"
    path.write_text(BOUNCER)
    taken = Taken()
    verdict = json.dumps({"verdict": {"detector": "hidden text"}})
    _, _, outcome = send(Receiver(taken, mapping=load(path)), f"{verdict}\n{FALCO}")

    assert rules(taken) == ["hidden text", "Outbound link from agent pod"]
    assert outcome["unreadable"] == 0


def test_an_alert_is_the_same_whatever_it_came_with() -> None:
    taken = Taken()
    send(Receiver(taken), FALCO)
    send(Receiver(taken), f"[{json.dumps(ALSO['tetragon exec'])}, {FALCO}]")

    (alone,), (_, beside) = (found.alerts for found in taken.found)
    assert alone.id == beside.id


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (FALCO, {"content_type": "text/plain"}, 415),
        (FALCO, {"content_type": "application/x-www-form-urlencoded"}, 415),
        (FALCO, {"content_encoding": "br"}, 415),
        (b"not gzip", {"content_encoding": "gzip"}, 400),
        (f"[{','.join(['{}'] * 6)}]", {}, 413),
        ("[" + "0," * 3_000 + "0]", {}, 413),
        (gzip.compress(b" " * 50_000, mtime=0), {"content_encoding": "gzip"}, 413),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_reason(
    body: str | bytes, headers: Mapping[str, str], status: int
) -> None:
    taken = Taken()
    code, _, said = send(Receiver(taken, bounds=Bounds(body=4_000, packed=4_000, alerts=5)), body, **headers)

    assert code == status
    assert said["message"]
    assert taken.found == []


def test_a_file_within_a_body_is_unpacked_only_as_far_as_a_body_may_be() -> None:
    taken = Taken()
    packed = gzip.compress(f"{FALCO}\n".encode() * 50)
    _, _, outcome = send(Receiver(taken, bounds=Bounds(body=4_000)), packed)

    assert "unpacks to more than 4000 bytes" in outcome["reasons"]


@pytest.mark.parametrize(("busy", "status"), [(Busy(7), 429), (Busy(7, stopping=True), 503)])
def test_a_sender_is_told_when_to_come_again(busy: Busy, status: int) -> None:
    code, headers, _ = send(Receiver(Taken(busy)), FALCO)

    assert (code, headers["retry-after"]) == (status, "7")


def test_without_the_token_nothing_is_taken() -> None:
    taken = Taken()
    receiver = Receiver(taken, token="correct horse")
    codes = [send(receiver, FALCO, **more)[0] for more in ({}, {"authorization": "Bearer correct horse"})]

    assert codes == [401, 200]
    assert len(taken.found) == 1


def test_alerts_are_no_telemetry_that_a_collector_takes() -> None:
    passed: list[object] = []
    send(Receiver(Taken(), forward=lambda *item: passed.append(item)), FALCO)

    assert passed == []
