"""`clew run`: the command does not notice, and its story is told when it has ended."""

import json
import os
import sys
from pathlib import Path

import pytest

from correlator.cli.desk import opened
from correlator.settings import Settings
from examples.live import agents
from examples.live.model import ANSWER, serving
from sensor.event import HttpRequested, ModelResponded, ToolReturned
from sensor.identity import session_key
from sensor.redact import LABELLED
from tests.correlator.test_cli_listen import listening, story
from tests.kernel.conftest import clew, on_a_disk

pytestmark = pytest.mark.usefixtures("sensor")


def test_the_story_of_an_agent_without_instrumentation_is_told_on_stderr_and_in_the_report(tmp_path: Path) -> None:
    with serving(tmp_path) as port:
        agent = [sys.executable, str(agents.__file__), "standard", str(port)]
        env = os.environ | {"SSL_CERT_FILE": str(tmp_path / "cert.pem")}
        ran = clew(tmp_path, "run", "--report", str(tmp_path / "report"), "--", *agent, env=env)
    (story,) = json.loads((tmp_path / "report").read_text())["stories"]

    assert (ran.returncode, ran.stdout.decode()) == (0, f"{ANSWER}\n")
    assert story["title"] in ran.stderr.decode()
    assert b"1 stories" in ran.stderr


def test_a_command_that_does_nothing_of_note_is_run_as_without_clew(tmp_path: Path) -> None:
    ran = clew(tmp_path, "run", "--report", str(tmp_path / "report"), "--", "sh", "-c", "cat; exit 9", input=b"in")

    assert (ran.returncode, ran.stdout) == (9, b"in")
    assert b"0 stories" in ran.stderr
    assert json.loads((tmp_path / "report").read_text()) == {"stories": []}


INSTRUMENTED = [sys.executable, "-m", "examples.recorder.instrumented", "openinference", "billing_ticket"]


def test_without_the_right_to_observe_there_is_telemetry_only_and_it_is_said(tmp_path: Path) -> None:
    bare = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    agent = [*INSTRUMENTED, str(tmp_path / "traffic")]
    ran = clew(tmp_path, "run", "--report", str(tmp_path / "report"), "--", *agent, before=bare)
    (story,) = json.loads((tmp_path / "report").read_text())["stories"]

    assert ran.returncode == 0, ran.stderr.decode()
    assert b"telemetry only, without the kernel" in ran.stderr
    assert "No kernel evidence: what the tools really contacted or changed was not observed." in story["gaps"]


def test_telemetry_and_kernel_tell_one_story(tmp_path: Path) -> None:
    agent = [*INSTRUMENTED, str(tmp_path / "traffic")]
    ran = clew(tmp_path, "run", "--report", str(tmp_path / "report"), "--", *agent)
    (story,) = json.loads((tmp_path / "report").read_text())["stories"]

    assert ran.returncode == 0, ran.stderr.decode()
    assert not [gap for gap in story["gaps"] if gap.startswith("No kernel evidence")]


REPORTED = """
import sys
from opentelemetry import trace
from examples.live.agents import AGENTS
from examples.recorder.families import FRAMEWORKS
from examples.recorder.reporting import report_as
provider = report_as("assistant", "one seed")
FRAMEWORKS["openllmetry_mcp"].switch_on()
with trace.get_tracer("application").start_as_current_span("answer", attributes={"session.id": "desk-1"}):
    AGENTS["openai"](int(sys.argv[1]))
provider.shutdown()
"""


@pytest.mark.parametrize("follow", [(), ("--follow",)])
def test_a_conversation_that_telemetry_names_and_the_kernel_heard_is_one_session(
    follow: tuple[str, ...], tmp_path: Path
) -> None:
    with serving(tmp_path) as port:
        agent = [sys.executable, "-c", REPORTED, str(port)]
        env = os.environ | {"SSL_CERT_FILE": str(tmp_path / "cert.pem")}
        ran = clew(tmp_path, "run", *follow, "--report", str(tmp_path / "report"), "--", *agent, env=env)
    (story,) = json.loads((tmp_path / "report").read_text())["stories"]
    with opened(Settings(store=tmp_path / "store")) as desk:
        (summary,) = [one for one in desk.graph.sessions() if one.key]
        replies = [one for one in desk.graph.events(summary.key) if isinstance(one, ModelResponded)]
        heard = {one.trace_id for one in desk.graph.events("") if isinstance(one, HttpRequested)}

    assert ran.returncode == 0, ran.stderr.decode()
    assert story["session"] == summary.key == session_key("conversation", "desk-1")
    assert len(replies) == 3
    assert len({one.trace_id for one in replies}) == 1
    assert {one.heard_in for one in replies} <= heard


TELLS = """
import json, os, sys, time, urllib.request
from examples.recorder.reporting import report_as
from opentelemetry import trace
provider = report_as("assistant", "one seed")
said = {
    "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "read_file", "gen_ai.tool.call.id": "call-1",
    "gen_ai.tool.call.arguments": '{"path": "notes"}', "session.id": "desk-1",
    "gen_ai.tool.call.result": open(sys.argv[1]).read(),
}
time.sleep(1)  # what the file holds is known to the sensor by then
with trace.get_tracer("application").start_as_current_span("execute_tool", attributes=said) as span:
    span.add_event("gen_ai.tool.message", {"id": "call-1", "content": said["gen_ai.tool.call.result"]})
provider.shutdown()
there = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"]
text = {"stringValue": "See " + said["gen_ai.tool.call.result"]}
record = {
    "timeUnixNano": "1700000000000000000", "traceId": "1" * 32, "spanId": "2" * 16, "eventName": "gen_ai.user.message",
    "body": {"kvlistValue": {"values": [{"key": "content", "value": text}]}},
}
logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
alert = {"rule": "read", "output": said["gen_ai.tool.call.result"], "priority": "Warning", "time": "2026-11-29T08:00:00Z"}
for path, body in (("/v1/logs", logs), ("/v1/alerts", alert)):
    sent = urllib.request.Request(there + path, json.dumps(body).encode(), {"content-type": "application/json"})
    urllib.request.urlopen(sent).read()
"""


@pytest.mark.parametrize("follow", [(), ("--follow",)])
def test_what_is_sensitive_has_the_same_placeholder_in_telemetry(follow: tuple[str, ...], tmp_path: Path) -> None:
    secret = "kT7pQ2vLm9Xz4Rb8"  # of no form by which it is known
    place = tmp_path / ".pgpass"
    place.write_text(f"localhost:5432:crm:agent:{secret}\n")
    ran = clew(tmp_path, "run", *follow, "--", sys.executable, "-c", TELLS, str(place))
    with opened(Settings(store=tmp_path / "store")) as desk:
        (result,) = [
            one for one in desk.graph.events(session_key("conversation", "desk-1")) if isinstance(one, ToolReturned)
        ]

    assert ran.returncode == 0, ran.stderr.decode()
    assert result.text.startswith(f"localhost:5432:crm:agent:<SECRET:{LABELLED}:")
    assert not [one for one in (tmp_path / "store").rglob("*") if one.is_file() and secret.encode() in one.read_bytes()]


def test_an_endpoint_that_is_set_is_left_alone(tmp_path: Path) -> None:
    env = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    ran = clew(tmp_path, "run", "--", "sh", "-c", "echo $OTEL_EXPORTER_OTLP_ENDPOINT", env=env)

    assert ran.stdout == b"http://127.0.0.1:9\n"


def test_the_command_has_the_limits_that_it_would_have(tmp_path: Path) -> None:
    ran = clew(tmp_path, "run", "--", "sh", "-c", "ulimit -n", before=["prlimit", "--nofile=1000:20000"])

    assert ran.stdout == b"1000\n"


def test_a_report_that_cannot_be_written_does_not_change_what_the_command_returned(tmp_path: Path) -> None:
    ran = clew(tmp_path, "run", "--report", str(tmp_path / "nowhere/report"), "--", "sh", "-c", "exit 9")

    assert ran.returncode == 9
    assert b"cannot be written" in ran.stderr


MANY = "for i in $(seq 300); do /bin/true; done; sleep 1; echo hello; exit 3"


@pytest.mark.parametrize("more", [(), ("--follow",)])
def test_a_full_disk_is_told_and_the_command_does_not_notice(more: tuple[str, ...], tmp_path: Path) -> None:
    ran = clew(tmp_path, "run", *more, "--", "sh", "-c", MANY, before=on_a_disk(tmp_path, "600k"))

    assert (ran.returncode, ran.stdout) == (3, b"hello\n")
    assert b"No space is left for " in ran.stderr


def test_what_is_seen_goes_to_a_listener_that_tells_the_story(tmp_path: Path) -> None:
    with serving(tmp_path) as port, listening(tmp_path / "there") as (listener, url):
        agent = [sys.executable, str(agents.__file__), "standard", str(port)]
        env = os.environ | {"SSL_CERT_FILE": str(tmp_path / "cert.pem")}
        ran = clew(tmp_path, "run", "--to", url, "--", *agent, env=env)
        told = story(listener)

    assert (ran.returncode, ran.stdout.decode()) == (0, f"{ANSWER}\n")
    assert f"were sent to {url}".encode() in ran.stderr
    assert "wait" not in ran.stderr.decode()
    assert told["assessment"] == "succeeded"


def test_what_is_seen_while_nobody_listens_waits_for_the_next(tmp_path: Path) -> None:
    with serving(tmp_path) as port:
        agent = [sys.executable, str(agents.__file__), "standard", str(port)]
        env = os.environ | {"SSL_CERT_FILE": str(tmp_path / "cert.pem")}
        ran = clew(tmp_path, "run", "--to", "http://127.0.0.1:1", "--", *agent, env=env)
    assert (ran.returncode, ran.stdout.decode()) == (0, f"{ANSWER}\n")
    assert "`clew ship --to http://127.0.0.1:1` sends them" in ran.stderr.decode()

    with listening(tmp_path / "there") as (listener, url):
        sent = clew(tmp_path, "ship", "--to", url)
        told = story(listener)
    assert sent.returncode == 0, sent.stderr.decode()
    assert told["assessment"] == "succeeded"


def test_the_command_does_not_get_what_lets_clew_in_elsewhere(tmp_path: Path) -> None:
    env = os.environ | {"CLEW_TOKEN": "of a sensor only", "MINE": "stays"}
    for words in (("run", "--to", "http://127.0.0.1:1"), ("record", "-o", str(tmp_path / "out"))):
        ran = clew(tmp_path, *words, "--", "sh", "-c", 'echo "$MINE:$CLEW_TOKEN"', env=env)
        assert ran.stdout == b"stays:\n"
