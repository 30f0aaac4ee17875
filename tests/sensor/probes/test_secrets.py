"""What observed processes open, are started with and ask of databases, as far as it is sensitive: read, or not."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from sensor.event import DatabaseQueried, FileOpened, ProcessExited, ProcessId, ProcessStarted
from sensor.probes import secrets
from sensor.probes.running import TICK_NS, started
from sensor.probes.secrets import MOST_HANGING, Secrets
from sensor.sensitive import Source, built_in

KEY = "AKIAQ7RZ2EXAMPLE3456"
ABOUT: dict[str, Any] = {"session": "", "position": 0, "source": "kernel"}


def process(pid: int) -> ProcessId:
    return ProcessId(boot_id="boot", pid=pid, started_ns=(started(pid) or 0) * TICK_NS + 5)


def opened(path: Path) -> FileOpened:
    return FileOpened(**ABOUT, process=process(os.getpid()), path=str(path))


def test_what_is_read_is_known_again(tmp_path: Path) -> None:
    place = tmp_path / ".aws" / "credentials"
    place.parent.mkdir()
    place.write_text(f"aws_access_key_id = {KEY}\n")
    known = Secrets()
    known.take(opened(place))

    assert set(known.found(f"key={KEY}")) == {Source("file", str(place))}
    assert known.unseen() == ()


def test_a_file_that_is_gone_is_counted(tmp_path: Path) -> None:
    known = Secrets()
    known.take(opened(tmp_path / ".aws" / "credentials"))

    assert known.unseen() == ("what is in 1 sensitive files, to know it again where it leaves",)


def test_files_that_never_come_are_waited_for_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "PATIENCE_S", 0.05)
    never, asked = threading.Event(), list[str]()

    def hangs(_pid: int, path: str) -> str:
        asked.append(path)
        never.wait()
        return ""

    known = Secrets(read=hangs)
    for _ in range(10 * MOST_HANGING):
        known.take(opened(Path("/home/a/.aws/credentials")))
    never.set()

    assert known.unread == 10 * MOST_HANGING
    assert len(asked) == MOST_HANGING


def executed(one: ProcessId, parent: ProcessId | None = None) -> ProcessStarted:
    return ProcessStarted(**ABOUT, process=one, parent=parent, executable="/bin/x")


GONE = ProcessId(boot_id="boot", pid=1 << 22, started_ns=1)
VARIABLES = {
    "GH_TOKEN": KEY, "PGPASSWORD": "short1", "SORT_KEY": "created_at_descending", "LIMIT": "AKIAQ7RZ2EXAMPLE9999",
    "TLS_KEY": "/srv/keys/server1234567890.pem", "A_KEY": "1234567890123456", "B_TOKEN": "",
}  # fmt: skip


def test_a_sensitive_variable_is_known_again_by_its_name_and_nothing_else_is() -> None:
    known = Secrets()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env=VARIABLES) as one:
        known.take(executed(process(one.pid)))
        known.ask()
        one.communicate(b"\n")

    assert set(known.found(f"x={KEY}")) == {Source("variable", "GH_TOKEN")}
    assert known.found(" ".join(value for name, value in VARIABLES.items() if name != "GH_TOKEN")) == {}
    assert known.unseen() == ()


def test_a_program_that_is_gone_is_counted_unless_who_started_it_was_asked() -> None:
    known = Secrets()
    here = process(os.getpid())
    known.take(executed(here))
    for _ in range(2):  # the first time both wait, the second time who started it was asked before
        known.take(executed(GONE, here))
        known.ask()
        known.take(executed(GONE, here))
        known.take(ProcessExited(**ABOUT, process=GONE))
    assert known.unasked == 0

    known.take(ProcessExited(**ABOUT, process=here))
    known.take(executed(GONE, here))
    known.ask()
    known.take(executed(GONE, here))
    known.take(ProcessExited(**ABOUT, process=GONE))
    assert known.unasked == 2


def test_of_a_process_whose_number_another_has_by_now_nothing_is_read() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env=VARIABLES) as one:
        other = process(one.pid).model_copy(update={"started_ns": 7})
        known = Secrets()
        known.take(executed(other))
        known.ask()
        one.communicate(b"\n")

    assert known.unasked == 1
    assert known.found(KEY) == {}


def test_who_has_ended_and_is_not_waited_for_is_gone() -> None:
    one = subprocess.Popen(["/bin/true"], env=VARIABLES)
    os.waitid(os.P_PID, one.pid, os.WEXITED | os.WNOWAIT)
    known = Secrets()
    known.take(executed(process(one.pid)))
    known.ask()
    one.wait()

    assert known.unasked == 1


def queried(statement: str, result: str | None) -> DatabaseQueried:
    return DatabaseQueried(**ABOUT, system="postgresql", server="db:5432", statement=statement, result=result)


def test_rows_of_a_labelled_table_are_known_again_and_those_of_others_are_not() -> None:
    known = Secrets(built_in().with_more(files=[], tables=["customers"], variables=[]))
    known.take(queried("SELECT iban FROM customers", "DE89370400440532013000"))
    known.take(queried("SELECT iban FROM orders", "DE12500105170648489890"))
    known.take(queried("SELECT iban FROM customers WHERE FALSE", None))

    assert set(known.found("DE89370400440532013000 DE12500105170648489890")) == {
        Source("table", "customers", "db:5432")
    }


def test_what_the_first_program_was_given_is_known_also_where_all_are_gone() -> None:
    known = Secrets()
    known.given(VARIABLES)
    known.take(executed(GONE))
    known.ask()

    assert set(known.found(KEY)) == {Source("variable", "GH_TOKEN")}
    assert known.unseen() == ()
