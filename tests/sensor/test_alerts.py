"""Alerts of other products: one sample per format, what hostile records do, and the recorded files."""

import gzip
import json
import re
import zipfile
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from sensor.event import EVENT, AlertReceived, Event, Unparsed
from sensor.identity import session_key
from sensor.sources import alerts, read_any, sniff
from sensor.sources.alerts import FORMATS, event_of, events_of
from sensor.sources.alerts.alert import trace_of
from sensor.sources.alerts.level import level_of
from sensor.sources.alerts.moment import epoch, iso
from sensor.sources.alerts.naming import LONGEST, MOST, named
from sensor.sources.lines import Limits
from tests.sensor.strategies import json_values
from tests.sensor.test_alerts_samples import ALSO, AUDIT_LOG, PG_CSV, SAMPLES

MOMENT = 1_795_608_000_500_000_000
"""2026-11-25T12:00:00.5Z, at which every sample happens."""


def alert(value: JsonValue, session: str | None = None) -> AlertReceived:
    event = event_of(value, number=3, session=session)
    assert isinstance(event, AlertReceived), event
    return event


def names(event: AlertReceived) -> set[tuple[str, str]]:
    return {(one.what, one.value) for one in event.named}


def read(path: Path, text: str) -> list[Event]:
    path.write_text(text, encoding="utf-8")
    return list(alerts.read(path))


class TestEveryFormat:
    @pytest.mark.parametrize("name", FORMATS)
    def test_says_where_its_format_is_defined(self, name: str) -> None:
        module = import_module(FORMATS[name])
        assert re.search(r"Formats?: ", module.__doc__ or "")
        assert module.knows.__doc__
        assert module.alert.__doc__

    @pytest.mark.parametrize("name", FORMATS)
    def test_has_a_sample_that_only_it_knows(self, name: str) -> None:
        assert [other for other, module in FORMATS.items() if import_module(module).knows(SAMPLES[name])] == [name]

    @pytest.mark.parametrize("name", FORMATS)
    def test_is_found_by_content_and_gives_a_whole_alert(self, name: str, tmp_path: Path) -> None:
        path = tmp_path / "f"
        path.write_text(json.dumps(SAMPLES[name], indent=1), encoding="utf-8")
        assert sniff(path) == "alerts"
        [event] = read_any(path)
        assert isinstance(event, AlertReceived)
        assert event.source == f"alerts:{name}"
        assert event.at_ns == MOMENT
        assert event.rule != "unnamed"
        assert event.text
        assert event.named
        assert EVENT.validate_json(event.content) == event

    @pytest.mark.parametrize("name", FORMATS)
    def test_has_the_same_id_for_the_same_record_in_another_order(self, name: str) -> None:
        first, second = alert(SAMPLES[name]), alert(dict(reversed(SAMPLES[name].items())))
        assert first.uid == second.uid

    def test_is_in_the_reference_page(self) -> None:
        page = (Path(__file__).parents[2] / "docs/reference/alerts.md").read_text("utf-8")
        assert re.findall(r"^\| `(\w+)` ", page, re.MULTILINE) == list(FORMATS)


class TestOcsf:
    def test_a_detection_keeps_the_products_words_and_names_its_evidence(self) -> None:
        event = alert(SAMPLES["ocsf"])
        assert (event.product, event.rule, event.severity, event.level) == (
            "Watchtower",
            "Shell from a web server",
            "High",
            "high",
        )
        assert event.uid == "wt-771"
        assert event.trace_id == "0af7651916cd43dd8448eb211c80319c"
        assert {("command", "sh -c id"), ("address", "198.51.100.4"), ("email", "mara@example.com")} <= names(event)

    def test_incidents_and_the_older_security_finding_are_read_too(self) -> None:
        assert alert(ALSO["ocsf incident"]).rule == "Data left the shop"
        old = alert(ALSO["ocsf security"])
        assert (old.uid, old.level, old.text) == ("sf-1", "critical", "Somebody read the vault.")


class TestFalco:
    def test_fields_with_dots_are_names_and_a_connection_is_no_path(self) -> None:
        event = alert(SAMPLES["falco"])
        assert (event.rule, event.severity, event.level) == ("Outbound link from agent pod", "Warning", "medium")
        assert {("command", "curl -T dump.sql files.example.net"), ("container", "3f2a9c1d77be")} <= names(event)
        assert not [one for one in event.named if one.what == "path"]


class TestTetragon:
    def test_a_policy_is_the_rule_and_its_action_the_severity(self) -> None:
        event = alert(SAMPLES["tetragon"])
        assert (event.rule, event.severity, event.level) == ("keep-keys", "sigkill", "high")
        assert ("path", "/srv/keys/signing.pem") in names(event)

    def test_an_event_without_a_policy_is_telemetry(self) -> None:
        event = alert(ALSO["tetragon exec"])
        assert (event.level, event.at_ns) == ("informational", MOMENT)
        assert ("command", "/usr/bin/tar czf - /srv") in names(event)


class TestTracee:
    def test_a_threat_is_a_detection_and_an_event_is_telemetry(self) -> None:
        event = alert(SAMPLES["tracee"])
        assert (event.rule, event.severity, event.level) == ("Code loaded from memory", "HIGH", "high")
        assert {("path", "memfd:x"), ("process", "/usr/bin/python3.11")} <= names(event)
        assert alert(ALSO["tracee event"]).level == "informational"

    def test_legacy_signatures_have_a_number_for_severity(self) -> None:
        event = alert(ALSO["tracee legacy"])
        assert (event.level, event.at_ns) == ("high", MOMENT)
        assert ("command", "nc -l 4444") in names(event)


class TestAuditd:
    def test_lines_of_one_event_are_one_alert_although_they_alternate(self, tmp_path: Path) -> None:
        first, second = read(tmp_path / "f", AUDIT_LOG)
        assert isinstance(first, AlertReceived)
        assert isinstance(second, AlertReceived)
        assert (first.position, first.rule, first.level, first.at_ns) == (1, "agent-shell", "low", MOMENT)
        assert first.uid == "web1/1795608000.500:41"
        assert {
            ("host", "web1"), ("command", "cat /srv/my file"), ("path", "/srv/my file"), ("address", "198.51.100.4"),
            ("user", "mara"),
        } <= names(first)  # fmt: skip
        assert (second.position, second.rule, second.severity, second.level) == (2, "user_login", "failed", "low")
        assert ("account", "(invalid user)") in names(second)

    def test_a_line_that_is_none_costs_only_itself(self, tmp_path: Path) -> None:
        rows = AUDIT_LOG.strip().split("\n")
        events = read(tmp_path / "f", "\n".join([*rows[:3], "type=UNKNOWN[1329] msg=?", "\x00\x01", *rows[3:]]))
        assert Counter(event.kind for event in events) == {"alert_received": 2, "unparsed": 2}

    def test_the_json_of_other_readers_is_read(self) -> None:
        assert alert(ALSO["auditd go-libaudit"]).rule == "sudo-watch"
        event = alert(SAMPLES["auditd"])
        assert (event.rule, event.severity) == ("agent-shell", "success")
        assert ("process", "/usr/bin/curl") in names(event)


class TestAgentSight:
    def test_a_tool_call_belongs_to_its_conversation(self) -> None:
        event = alert(SAMPLES["agentsight"])
        assert event.session == session_key("conversation", "conv-9")
        assert (event.tool_call, event.uid) == ("call_1", "tc-1")
        assert ("url", "https://intake.example.net/") in names(event)

    def test_a_snapshot_is_as_many_events_as_it_has_rows(self) -> None:
        events = list(events_of(ALSO["agentsight snapshot"], number=1))
        assert [(event.kind, event.part if isinstance(event, AlertReceived) else None) for event in events] == [
            ("alert_received", 0), ("alert_received", 1), ("alert_received", 2), ("alert_received", 3),
        ]  # fmt: skip

    def test_a_probes_time_since_boot_is_no_time_of_day(self) -> None:
        assert alert(ALSO["agentsight probe"]).at_ns is None


class TestMcpSpy:
    def test_a_call_names_its_tool_and_both_ends(self) -> None:
        event = alert(SAMPLES["mcpspy"])
        assert event.rule == "tools/call request"
        assert {("resource", "fetch"), ("process", "agent"), ("url", "https://intake.example.net/")} <= names(event)


class TestCloudTrail:
    def test_a_log_file_is_its_records_and_a_refusal_is_low(self) -> None:
        first, second = events_of({"Records": [SAMPLES["cloudtrail"], {"no": "record"}]}, number=1)
        assert isinstance(first, AlertReceived)
        assert (first.level, first.severity, first.uid) == ("low", "AccessDenied", "6a1e")
        assert {("url", "s3://ledger-backup/2026/q4.csv"), ("address", "203.0.113.9")} <= names(first)
        assert isinstance(second, Unparsed)


class TestKubernetes:
    def test_stages_of_one_request_stay_two_facts(self) -> None:
        event = alert(SAMPLES["kubernetes"])
        other = alert(SAMPLES["kubernetes"] | {"stage": "RequestReceived"})
        assert event.uid != other.uid
        assert (event.level, event.severity, event.rule) == ("low", "forbid", "get secrets")
        assert ("resource", "shop/secrets/db-password") in names(event)

    def test_a_list_of_events_is_its_items(self) -> None:
        listed: JsonValue = {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [SAMPLES["kubernetes"]] * 2}
        assert [event.kind for event in events_of(listed, number=1)] == ["alert_received"] * 2


class TestPgaudit:
    def test_json_names_the_statement_and_the_table(self) -> None:
        event = alert(SAMPLES["pgaudit"])
        assert (event.rule, event.level, event.uid) == ("SESSION READ SELECT", "informational", "6745.1b/7")
        assert {("query", "select iban, name from customer"), ("resource", "public.customer")} <= names(event)

    def test_a_statement_of_several_lines_cannot_forge_an_entry(self, tmp_path: Path) -> None:
        first, second, other = read(tmp_path / "f", PG_CSV)
        assert isinstance(first, AlertReceived)
        assert isinstance(second, AlertReceived)
        assert [one.value for one in first.named if one.what == "query"] == [
            'select "a" from t where b = \'\n2026-11-25 12:00:00 UTC,"root",AUDIT: forged\''
        ]
        assert (first.position, second.position) == (1, 3)
        assert isinstance(other, Unparsed)

    def test_a_quote_that_stays_open_costs_only_its_line(self, tmp_path: Path) -> None:
        events = read(tmp_path / "f", f'2026-11-25 12:00:00 UTC,"broken\n{PG_CSV.splitlines()[-2]}\n')
        assert [event.kind for event in events] == ["unparsed", "alert_received"]

    def test_a_plain_log_with_a_prefix_is_read(self, tmp_path: Path) -> None:
        line = (
            "2026-11-25 12:00:00.5 UTC [77] app@shop LOG:  AUDIT: OBJECT,1,1,WRITE,DELETE,TABLE,t,delete from t,<none>"
        )
        [event] = read(tmp_path / "f", line)
        assert isinstance(event, AlertReceived)
        assert (event.rule, event.at_ns) == ("OBJECT WRITE DELETE", MOMENT)


class TestEnvoy:
    def test_a_request_that_a_policy_stopped_is_of_medium_severity(self) -> None:
        event = alert(SAMPLES["envoy"])
        assert (event.level, event.severity) == ("medium", "UAEX")
        assert event.trace_id == "0af7651916cd43dd8448eb211c80319c"
        assert {("host", "intake.example.net"), ("address", "10.0.0.7"), ("address", "198.51.100.4")} <= names(event)


class TestLiteLlm:
    def test_the_worst_guardrail_is_the_alert(self) -> None:
        event = alert(SAMPLES["litellm"])
        assert (event.rule, event.severity, event.level) == ("injection-filter", "guardrail_intervened", "high")
        assert event.session == session_key("conversation", "conv-9")
        assert "pii-mask success" in event.text

    def test_the_result_of_a_guardrail_by_itself_is_read(self) -> None:
        assert alert(ALSO["litellm result"]).level == "medium"


class TestSession:
    def test_the_given_conversation_counts_where_the_record_names_none(self) -> None:
        assert alert(SAMPLES["falco"], session="conv-1").session == session_key("conversation", "conv-1")
        assert alert(SAMPLES["agentsight"], session="conv-1").session == session_key("conversation", "conv-9")
        assert alert(SAMPLES["falco"]).session == ""


class TestFiles:
    @pytest.mark.parametrize("packed", [False, True])
    def test_lines_lists_and_one_object_give_the_same_alerts(self, packed: bool, tmp_path: Path) -> None:
        rows = [*SAMPLES.values()]
        path = tmp_path / "f"
        found = []
        for text in ("\n".join(json.dumps(row) for row in rows), json.dumps(rows), json.dumps(rows, indent=2)):
            path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
            assert sniff(path) == "alerts"
            found.append([event.uid for event in alerts.read(path) if isinstance(event, AlertReceived)])
        assert len(found[0]) == len(FORMATS)
        assert found[0] == found[1] == found[2]

    def test_what_is_no_alert_is_counted_between_its_neighbours(self, tmp_path: Path) -> None:
        good = json.dumps(SAMPLES["falco"])
        events = read(tmp_path / "f", "\n".join((good, '{"cut": ', '{"a": 1}', "17", "[" * 500 + "]" * 500, good)))
        assert [event.kind for event in events] == ["alert_received", *["unparsed"] * 4, "alert_received"]

    def test_a_line_beyond_the_limit_costs_only_itself_in_a_log_too(self, tmp_path: Path) -> None:
        path = tmp_path / "f"
        rows = AUDIT_LOG.strip().split("\n")
        path.write_text("\n".join([rows[0], '2026-11-25 12:00:00 UTC,"open', "x" * 2_000, rows[1]]), encoding="utf-8")
        events = list(alerts.read(path, limits=Limits(line=1_000)))
        assert Counter(event.kind for event in events) == {"alert_received": 2, "unparsed": 2}

    def test_a_conversation_about_alerts_is_a_conversation(self, tmp_path: Path) -> None:
        path = tmp_path / "f"
        chat = {"messages": [{"role": "user", "content": json.dumps(SAMPLES["falco"])}]}
        path.write_text(f"{json.dumps(SAMPLES['falco'])}\n{json.dumps(chat)}", encoding="utf-8")
        assert sniff(path) == "transcript"
        path.write_text(f"user: look\n\n{json.dumps(SAMPLES['falco'])}\n", encoding="utf-8")
        assert sniff(path) == "trace"


def _places(value: JsonValue) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_places, inner))


def _changed(value: JsonValue, place: int, new: JsonValue, *, drop: bool) -> JsonValue:
    """Return `value` with its node number `place`, from 0 and in its own order, replaced by `new` or left out."""
    if place == 0:
        return new
    items = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    place -= 1
    for key, item in items:
        size = _places(item)
        if 0 <= place < size:
            left_out = drop and place == 0
            changed = [
                (k, _changed(i, place, new, drop=drop) if k == key else i)
                for k, i in items
                if not (left_out and k == key)
            ]
            return {str(k): i for k, i in changed} if isinstance(value, dict) else [i for _, i in changed]
        place -= size
    return value


odd = json_values | st.sampled_from(
    ["\ud800", "1e999999999", 10**200, -1, float("nan"), "9" * 5_000, "x" * 20_000, "2026-02-30T00:00:00Z", [[[[]]]] * 3, True]
)  # fmt: skip


class TestHostileRecords:
    @given(st.sampled_from([*SAMPLES.values(), *ALSO.values()]), st.data())
    def test_any_change_gives_an_alert_or_a_reason(self, sample: JsonValue, data: st.DataObject) -> None:
        value = sample
        for _ in range(data.draw(st.integers(1, 4))):
            place = data.draw(st.integers(0, _places(value) - 1))
            value = _changed(value, place, data.draw(odd), drop=data.draw(st.booleans()))
        alerts.knows(value)
        for event in (event_of(value, number=0), *events_of(value, number=1, session="s")):
            assert isinstance(event, AlertReceived | Unparsed)
            assert EVENT.validate_json(event.content) == event
            if isinstance(event, AlertReceived):
                assert len(event.named) <= MOST
                assert all(0 < len(one.value) <= LONGEST for one in event.named)
                assert len(event.content) < 200_000

    def test_nesting_without_end_is_a_reason(self) -> None:
        deep: JsonValue = []
        for _ in range(5_000):
            deep = [deep]
        event = event_of(SAMPLES["falco"] | {"tags": deep}, number=1)
        assert isinstance(event, Unparsed)
        assert event.reason == "nested too deeply"

    @given(
        st.lists(
            st.sampled_from([*AUDIT_LOG.split("\n"), *PG_CSV.splitlines(), '{"a": 1}']) | st.text(max_size=60),
            max_size=9,
        )
    )
    def test_any_lines_of_a_log_are_read(self, tmp_path_factory: pytest.TempPathFactory, rows: list[str]) -> None:
        path = tmp_path_factory.mktemp("log") / "f"
        path.write_text("\n".join([AUDIT_LOG.split("\n")[0], *rows]), encoding="utf-8", errors="replace")
        assert all(event.id for event in alerts.read(path))


class TestParts:
    def test_levels_times_and_traces_are_told_and_never_guessed(self) -> None:
        assert [level_of(word) for word in ("ALERT", " Warning", "notice", "odd", "")] == [
            "critical",
            "medium",
            "low",
            *["unknown"] * 2,
        ]
        assert iso("2026-11-25T13:00:00.5+01:00") == iso("2026-11-25 12:00:00.500 UTC") == MOMENT
        assert epoch(1_795_608_000.5, "s") == epoch("1795608000500", "ms") == MOMENT
        for value in ("2026-11-25T12:00:00", "yesterday", "2026-02-30T00:00:00Z", "", None, True, {}, "٢٠٢٦"):
            assert iso(value) is epoch(value, "s") is None
        assert trace_of("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01") == "0af7651916cd43dd8448eb211c80319c"
        assert trace_of("0" * 32) is trace_of("f47ac10b-58cc-4372-a567-0e02b2c3d479") is None

    def test_names_come_in_the_order_of_the_record_each_once(self) -> None:
        record: JsonValue = {"b": "10.0.0.1:443", "a": ["x", "x", "-", None, 7], "c": {"u": "1000", "h": "[::1]:80"}}
        found = named(record, {"a.*": "path", "b": "address", "..u": "user", "..c.h": "address"})
        assert [(one.what, one.value) for one in found] == [
            ("address", "10.0.0.1"), ("path", "x"), ("path", "7"), ("address", "::1"),
        ]  # fmt: skip

    def test_names_are_bounded_in_number_and_length(self) -> None:
        found = named({"a": [f"{'x' * 3_000}", *map(str, range(100, 180))]}, {"a.*": "path"})
        assert (len(found), len(found[0].value)) == (MOST, LONGEST)

    def test_a_text_is_cut_at_a_words_end_and_a_long_id_becomes_its_key(self) -> None:
        event = alert(SAMPLES["falco"] | {"output": "ab " * 9_000 + "c", "uuid": "u" * 900})
        assert event.text.endswith("ab")
        assert len(event.uid or "") == 32


class TestRecordedFiles:
    def test_every_tetragon_file_is_as_many_events_as_it_has_objects(self, shared_data: Path) -> None:
        files = sorted((shared_data / "sensors/tetragon").rglob("*.json"))
        assert files
        for path in files:
            text = path.read_text("utf-8")
            events = list(read_any(path))
            assert len(events) == len(re.findall(r'^\s*\{\s*"process_\w+"', text, re.MULTILINE)), path
            assert {event.source for event in events} == {"alerts:tetragon"}
            assert {event.level for event in events if isinstance(event, AlertReceived)} == {"informational"}

    @pytest.mark.parametrize("name", ["audit-rhel7", "audit-ubuntu16"])
    def test_every_audit_event_and_every_record_of_its_golden_file_is_one_alert(
        self, shared_data: Path, name: str
    ) -> None:
        log = shared_data / f"sensors/auditd-go-libaudit/{name}.log"
        text = log.read_text("utf-8")
        events = list(read_any(log))
        ids = set(re.findall(r"msg=audit\(([\d.:]+)\)", text))
        assert {event.uid for event in events if isinstance(event, AlertReceived)} == ids
        assert Counter(event.kind for event in events)["alert_received"] == len(ids)
        assert len([event for event in events if isinstance(event, Unparsed)]) == text.count("msg=?")
        golden = json.loads((log.parent / f"{log.name}.golden").read_text("utf-8"))
        records = Counter(event.kind for event in read_any(log.parent / f"{log.name}.golden"))
        assert records["alert_received"] == sum(record is not None for record in golden)
        assert records["unparsed"] == sum(record is None for record in golden)

    def test_hexadecimal_values_say_what_the_golden_file_says(self, shared_data: Path) -> None:
        log = shared_data / "sensors/auditd-go-libaudit/audit-rhel7.log"
        golden = json.loads((log.parent / f"{log.name}.golden").read_text("utf-8"))
        told = {one.value for event in alerts.read(log) if isinstance(event, AlertReceived) for one in event.named}
        data = [record["data"] for record in golden if record]
        assert {one["cmd"] for one in data if "cmd" in one} <= told
        # Go writes an address that says "any" as we do; names of unset values are left out on both sides.
        assert {one["addr"] for one in data if "family" in one and "addr" in one} <= told
        assert {one["path"] for one in data if "family" in one and "path" in one} <= told

    @pytest.mark.parametrize("name", ["ec2_proxy_s3_exfiltration", "sh_binary_padding_dd"])
    def test_packed_recordings_give_an_alert_per_event(self, shared_data: Path, tmp_path: Path, name: str) -> None:
        with zipfile.ZipFile(shared_data / f"sensors/otrf/{name}.zip") as archive:
            [member] = archive.namelist()
            path = Path(archive.extract(member, tmp_path))
        events = list(read_any(path))
        text = path.read_text("utf-8")
        ids = set(re.findall(r'"eventID":"([^"]+)"|msg=audit\(([\d.:]+)\)', text))
        assert {event.kind for event in events} == {"alert_received"}
        assert {event.uid for event in events if isinstance(event, AlertReceived)} == {a or b for a, b in ids}
        assert len(events) == len(ids)

    def test_the_stolen_files_are_named(self, shared_data: Path, tmp_path: Path) -> None:
        with zipfile.ZipFile(shared_data / "sensors/otrf/ec2_proxy_s3_exfiltration.zip") as archive:
            path = Path(archive.extract(archive.namelist()[0], tmp_path))
        records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        taken = {record["requestParameters"]["key"] for record in records if record["eventName"] == "GetObject"}
        urls = {
            one.value
            for event in read_any(path)
            if isinstance(event, AlertReceived)
            for one in event.named
            if one.what == "url"
        }
        assert {url.rsplit("/", 1)[1] for url in urls} == taken
