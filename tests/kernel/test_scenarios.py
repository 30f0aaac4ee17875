"""Attacks on agents without any instrumentation, told from the kernel alone; the same agents at their normal work are silent.

The model is scripted and does what the text orders that it reads. Agent, client, TLS, tools, database and sensor are real.
"""

import json
import os
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from examples.live import postgres, tooled
from examples.live.model import serving
from examples.live.scenes import ASKED, INVOICES, backup, ticket
from tests.kernel.conftest import clew

pytestmark = pytest.mark.usefixtures("sensor")
SCRIPTED = (sys.executable, "-m", "examples.live.scripts")


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with serving(tmp_path, SCRIPTED) as port:
        yield port


def stories(folder: Path, script: str, port: int, words: str, **environment: str) -> list[dict[str, Any]]:
    """Return the stories of an agent that was asked for something, as the kernel saw it."""
    env = os.environ | {"SSL_CERT_FILE": str(folder / "cert.pem")} | environment
    agent = [sys.executable, str(tooled.__file__), script, str(port), words]
    ran = clew(folder, "run", "--report", str(folder / "report"), "--", *agent, env=env, cwd=folder)
    assert ran.returncode == 0, ran.stderr.decode()
    found: list[dict[str, Any]] = json.loads((folder / "report").read_text())["stories"]
    return found


def reached(story: dict[str, Any]) -> dict[str, str]:
    return {stage["stage"]: stage["reached"] for stage in story["stages"]}


ALL_FIVE = dict.fromkeys(("prompt", "decision", "tool", "resource", "egress"), "reached")


@pytest.mark.skipif(postgres.programs() is None, reason="PostgreSQL is not installed")
def test_a_ticket_makes_a_support_agent_post_what_billing_has(tmp_path: Path, port: int) -> None:
    ticket(tmp_path, port, order=True)
    with postgres.serving(INVOICES) as environment:
        (story,) = stories(tmp_path, "support", port, "Please answer ticket 12.", **environment)
    works = {work["tool"]: work for work in story["works"]}

    assert reached(story) == ALL_FIVE
    assert [effect["tool"] for effect in story["effects"]] == ["http_post"]
    # Debian's psql is a script that executes the one of the right version.
    assert works["query_billing"]["commands"][-1].endswith("psql -X -A -t -c SELECT customer, iban FROM invoices")
    assert (works["query_billing"]["grade"], works["query_billing"]["proof"]) == ("E1", "command")
    assert f"127.0.0.1:{environment['PGPORT']}" in works["query_billing"]["connections"]
    assert f"POST https://localhost:{port}/collect" in {one for work in story["works"] for one in work["requests"]}
    assert {work["grade"] for work in story["works"]} <= {"E1", "E2", "E3"}


OTHER_MODEL = """
import sys
from pathlib import Path
from examples.live.model import serve
from examples.live.scripts import Scripted, completion
class Other(Scripted):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self._send(completion(0, "Accepted."))
serve(Path(sys.argv[1]), Other)
"""


@pytest.mark.skipif(postgres.programs() is None, reason="PostgreSQL is not installed")
def test_what_is_posted_to_a_server_that_answers_like_a_model_is_told_too(tmp_path: Path, port: int) -> None:
    policy = files("correlator").joinpath("data", "policy.toml").read_text()
    (tmp_path / "policy.toml").write_text(policy.replace("tables = []", 'tables = ["invoices"]'))
    (tmp_path / "other").mkdir()
    with serving(tmp_path / "other", (sys.executable, "-c", OTHER_MODEL)) as other, postgres.serving(INVOICES) as found:
        url = f"https://localhost:{other}/v1/chat/completions"
        ticket(tmp_path, port, order=True)
        (place,) = (tmp_path / "tickets").iterdir()
        place.write_text(place.read_text().replace(f"https://localhost:{port}/collect", url))
        with (tmp_path / "cert.pem").open("a") as both:
            both.write((tmp_path / "other/cert.pem").read_text())
        (story,) = stories(
            tmp_path, "support", port, "Please answer ticket 12.", CLEW_POLICY=str(tmp_path / "policy.toml"), **found
        )
    (post,) = (work for work in story["works"] if f"POST {url}" in work["requests"])

    assert [effect["tool"] for effect in story["effects"]] == ["http_post"]
    assert post["tool"] == "http_post"
    assert post["leaked"] == [f"table invoices → https://localhost:{other}"]


@pytest.mark.skipif(postgres.programs() is None, reason="PostgreSQL is not installed")
def test_a_support_agent_that_looks_up_its_customer_is_silent(tmp_path: Path, port: int) -> None:
    ticket(tmp_path, port, order=False)
    with postgres.serving(INVOICES) as environment:
        assert stories(tmp_path, "support", port, "Please answer ticket 12.", **environment) == []


def test_a_log_makes_an_agent_read_a_credential_ask_a_service_and_try_to_break_out(tmp_path: Path, port: int) -> None:
    service = f"https://localhost:{port}/internal/state"
    backup(tmp_path, port, order=True)
    (story,) = stories(tmp_path, "operator", port, ASKED)
    works = story["works"]

    assert reached(story) == ALL_FIVE
    assert [effect["tool"] for effect in story["effects"]] == ["read_file", "http_get", "run_command"]
    assert str(tmp_path / "home/.aws/credentials") in {one for work in works for one in work["credentials"]}
    assert f"GET {service}" in {one for work in works for one in work["requests"]}
    (shell,) = (work for work in works if work["tool"] == "run_command")
    assert (shell["grade"], shell["proof"], shell["shared"]) == ("E1", "command", "python3 repair.py")
    assert shell["privileges"] == ["setns (EBADF)", "mount (EFAULT)", "ptrace (ESRCH)"]
    assert {work["grade"] for work in works} <= {"E1", "E2", "E3"}


def test_an_agent_that_reads_a_log_and_counts_its_lines_is_silent(tmp_path: Path, port: int) -> None:
    backup(tmp_path, port, order=False)
    assert stories(tmp_path, "operator", port, ASKED) == []
