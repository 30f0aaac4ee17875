"""Sensitive files, variables and tables whose data leaves: told by the kernel alone, without the data."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from examples.live import postgres
from examples.live.model import serving
from sensor.event import (
    CaptureStatus,
    DatabaseQueried,
    Event,
    FileOpened,
    HttpRequested,
    OutputWritten,
    ProcessStarted,
    SensitiveSent,
    ToolServed,
)
from sensor.probes.observation import observed
from sensor.probes.origin import Origin
from sensor.probes.secrets import Secrets
from sensor.probes.sensor import Sensor
from sensor.redact import LABELLED
from sensor.sensitive import Labels, built_in
from tests.kernel.conftest import python
from tests.kernel.test_tools import CLIENT as TOOL_CLIENT
from tests.kernel.test_tools import SERVER as TOOL_SERVER

KEY = "AKIAQ7RZ2EXAMPLE3456"
PLAIN = "kT7pQ2vLm9Xz4Rb8"
"""Of no form that is known: only because it was read of something sensitive it is no text like others."""
IBAN = "DE89370400440532013000"
SENDS = """
import base64, http.client, ssl, sys
place, port, certificate, what = sys.argv[1:]
text = open(place).read()
body = base64.b64encode(text.encode()) if what == "it" else b"nothing of note, in 2026-11"
there = http.client.HTTPSConnection("localhost", int(port), context=ssl.create_default_context(cafile=certificate))
there.request("POST", "/echo", body)
there.getresponse().read()
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with serving(tmp_path) as port:
        yield port


@pytest.mark.parametrize("what", ["it", "something else"])
def test_data_of_a_file_of_credentials_is_known_again(sensor: Sensor, tmp_path: Path, port: int, what: str) -> None:
    place = tmp_path / ".aws/credentials"
    place.parent.mkdir()
    place.write_text(f"[default]\naws_access_key_id = {KEY}\n")
    sensor.records()
    arguments = [str(place), str(port), str(tmp_path / "cert.pem"), what]
    process = sensor.launch([sys.executable, "-c", SENDS, *arguments], stdout=subprocess.DEVNULL)
    found: list[Event] = list(observed(sensor, process, Origin.here()))

    assert [one.path for one in found if isinstance(one, FileOpened) and one.path == str(place)]
    sent = [one for one in found if isinstance(one, SensitiveSent)]
    if what == "it":
        assert [(one.name, one.url, one.own, one.pieces) for one in sent] == [
            (str(place), f"https://localhost:{port}", True, 1)
        ]
        assert KEY not in sent[0].content
    else:
        assert sent == []


def told(
    sensor: Sensor, command: list[str], labels: Labels | None = None, **variables: str
) -> tuple[list[Event], list[SensitiveSent]]:
    sensor.records()
    process = sensor.launch(command, env=os.environ | variables, stdout=subprocess.DEVNULL)
    found: list[Event] = list(observed(sensor, process, Origin.here(), Secrets(labels)))
    assert not [
        part for one in found if isinstance(one, CaptureStatus) for part in one.unseen if "where it leaves" in part
    ]
    assert KEY not in "".join(one.content for one in found if isinstance(one, SensitiveSent))
    assert PLAIN not in "".join(one.content for one in found)
    return found, [one for one in found if isinstance(one, SensitiveSent)]


ASKS_ANOTHER = """
import http.client, json, os, ssl, subprocess, sys
how, agent, *servers = sys.argv[1:]
def ask(port, certificate, text):
    there = http.client.HTTPSConnection("localhost", int(port), context=ssl.create_default_context(cafile=certificate))
    said = {"model": "m", "messages": [{"role": "user", "content": text}]}
    there.request("POST", "/v1/chat/completions", json.dumps(said))
    return there
if agent == "agent":
    ask(*servers[:2], "Hello.").getresponse().read()
    subprocess.run([sys.executable, "-c", os.environ["PROGRAM"], how, "tool", *servers])
else:
    there = ask(*servers[2:], "Note " + os.environ["CRM_TOKEN"])
    if how == "leaves":
        os._exit(0)
    there.getresponse().read()
"""


@pytest.mark.parametrize("how", ["waits", "leaves"])
def test_a_tool_that_tells_another_model_than_its_agents_is_told_whether_it_waits_or_not(
    how: str, sensor: Sensor, tmp_path: Path
) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    with serving(tmp_path / "one") as one, serving(tmp_path / "other") as other:
        servers = [str(one), str(tmp_path / "one/cert.pem"), str(other), str(tmp_path / "other/cert.pem")]
        command = [sys.executable, "-c", ASKS_ANOTHER, how, "agent", *servers]
        _, sent = told(sensor, command, PROGRAM=ASKS_ANOTHER, CRM_TOKEN=KEY)

    assert [(one.name, one.url) for one in sent] == [("CRM_TOKEN", f"https://localhost:{other}")]


SENDS_VARIABLE = """
import http.client, os, ssl, sys
port, certificate, way = sys.argv[1:]
key = os.environ["CRM_TOKEN"]
there = http.client.HTTPSConnection("localhost", int(port), context=ssl.create_default_context(cafile=certificate))
there.request("POST", "/echo", '{"note": "%s"}' % key if way == "body" else "{}", {"Authorization": "Bearer " + key})
there.getresponse().read()
"""


@pytest.mark.parametrize("way", ["body", "header"])
def test_a_variable_is_known_again_but_in_the_header_that_it_is_for(
    sensor: Sensor, tmp_path: Path, port: int, way: str
) -> None:
    found, sent = told(
        sensor, [sys.executable, "-c", SENDS_VARIABLE, str(port), str(tmp_path / "cert.pem"), way], CRM_TOKEN=KEY
    )

    assert [one.url for one in found if isinstance(one, HttpRequested)] == [f"https://localhost:{port}/echo"]
    wanted = [("variable", "CRM_TOKEN", f"https://localhost:{port}", 1)] if way == "body" else []
    assert [(one.what, one.name, one.url, one.pieces) for one in sent] == wanted


def test_a_variable_that_a_tool_server_is_handed_is_known_again(sensor: Sensor) -> None:
    program = TOOL_CLIENT.replace('{"text": "hello"}', '{"text": __import__("os").environ["CRM_TOKEN"]}')
    found, sent = told(sensor, python(program, "10", *python(TOOL_SERVER)), CRM_TOKEN=KEY)
    (asked,) = (one for one in found if isinstance(one, ToolServed) and one.name == "say")

    assert [(one.what, one.name, one.url, one.process) for one in sent] == [
        ("variable", "CRM_TOKEN", "mcp://say", asked.client)
    ]
    assert sent[0].trace_id == asked.trace_id


@pytest.fixture(scope="module")
def database() -> Iterator[Mapping[str, str]]:
    if postgres.programs() is None:
        pytest.skip("no PostgreSQL here: make system")
    statements = "CREATE TABLE accounts (name text, iban text); CREATE TABLE notes (text text);"
    with postgres.serving(f"{statements} INSERT INTO accounts VALUES ('Ann', 'DE89370400440532013000')") as found:  # noqa: S608 - no statement of ours
        yield found


LABELS = built_in().with_more(files=(), tables=("accounts",), variables=())


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
@pytest.mark.parametrize("table", ["accounts", "notes"])
def test_rows_of_a_labelled_table_are_known_again(
    sensor: Sensor, database: Mapping[str, str], tmp_path: Path, port: int, table: str
) -> None:
    ask = f"psql -XAtc 'SELECT iban FROM accounts /* {table} */' > {tmp_path}/rows"  # noqa: S608 - no statement of ours
    send = f"base64 {tmp_path}/rows | curl -s --cacert {tmp_path}/cert.pem -d @- https://localhost:{port}/echo"
    labels = LABELS if table == "accounts" else None
    found, sent = told(sensor, ["sh", "-c", f"{ask}; {send}"], labels, **database)

    assert [one.rows for one in found if isinstance(one, DatabaseQueried)] == [1]
    assert (IBAN in "".join(one.content for one in found)) == (labels is None)
    wanted = [("table", "accounts", f"https://localhost:{port}")] if labels else []
    assert [(one.what, one.name, one.url) for one in sent] == wanted


def test_what_goes_into_a_database_is_looked_through_but_not_what_is_from_there(
    sensor: Sensor, database: Mapping[str, str]
) -> None:
    where = f"{database['PGHOST']}:{database['PGPORT']}"
    statements = ["SELECT * FROM accounts", "INSERT INTO notes VALUES ('DE89370400440532013000')",
                  f"INSERT INTO notes VALUES ('{KEY}')"]  # fmt: skip  # noqa: S608 - no statement of ours
    found, sent = told(
        sensor, ["psql", "-X", *(part for one in statements for part in ("-c", one))], LABELS, CRM_TOKEN=KEY, **database
    )
    asked = [one for one in found if isinstance(one, DatabaseQueried)]

    assert [one.statement for one in asked][::2] == statements[::2]
    assert IBAN not in "".join(one.content for one in asked)
    assert [(one.what, one.name, one.url, one.trace_id) for one in sent] == [
        ("variable", "CRM_TOKEN", f"postgresql://{where}", asked[2].trace_id)
    ]


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
@pytest.mark.parametrize(
    "command",
    ["cat {} | curl -d @- $0", "curl -d @{} $0", 'B=$(base64 {}); curl -d "$B" $0', "(base64 <{} | curl -d @- $0)"],
)
def test_data_of_a_file_is_known_again_where_who_read_it_is_gone_at_once(
    sensor: Sensor, tmp_path: Path, port: int, command: str
) -> None:
    place = tmp_path / ".netrc"
    place.write_text(f"machine crm.example password {PLAIN}\n")
    (tmp_path / ".curlrc").write_text(f"silent\ncacert = {tmp_path}/cert.pem\n")
    given = ["sh", "-c", command.format(place), f"https://localhost:{port}/echo"]
    _, sent = told(sensor, given, CURL_HOME=str(tmp_path))

    assert [(one.name, one.url, one.own) for one in sent] == [
        (str(place), f"https://localhost:{port}", "-d @/" in given[2])
    ]


def test_what_programs_hand_each_other_is_told_with_placeholders(sensor: Sensor, tmp_path: Path) -> None:
    place = tmp_path / ".netrc"
    place.write_text(f"{PLAIN}\n")
    found, _ = told(sensor, ["sh", "-c", f"cat {place} | sh -c 'read it; exec env echo $it' | cat >&2"])

    shown = [one for one in found if isinstance(one, OutputWritten | ProcessStarted) and LABELLED in one.content]
    assert {one.kind for one in shown} == {"output_written", "process_started"}
