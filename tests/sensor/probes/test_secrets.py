"""What observed processes open, are started with and ask of databases, as far as it is sensitive: read, or not."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from sensor.event import DatabaseQueried, FileOpened, PrivilegeUsed, ProcessExited, ProcessId, ProcessStarted
from sensor.probes import secrets
from sensor.probes.lineage import Sight
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


def test_files_that_do_not_come_are_waited_for_a_few_times_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "PATIENCE_S", 0.05)
    never, asked, threads = threading.Event(), list[str](), list[threading.Thread]()
    place = tmp_path / ".netrc"
    place.write_text(KEY)

    def hangs(_: Sight, path: str) -> int:
        asked.append(path)
        threads.append(threading.current_thread())
        never.wait()
        return os.open(path, os.O_RDONLY)

    known = Secrets(opened=hangs)
    for _ in range(10 * MOST_HANGING):
        known.take(opened(Path("/home/a/.aws/credentials")))
    never.set()

    assert known.unread == 10 * MOST_HANGING
    assert len(asked) == MOST_HANGING

    for thread in threads:
        thread.join()
    known.take(opened(place))  # they came back
    assert set(known.found(KEY)) == {Source("file", str(place))}


def test_a_file_is_read_once_by_whatever_path_and_again_where_it_was_changed(tmp_path: Path) -> None:
    place, known = tmp_path / ".netrc", Secrets()
    place.write_text(KEY)
    (tmp_path / "etc").mkdir()
    known.take(opened(place))
    known.take(opened(tmp_path / "etc" / ".." / ".netrc"))
    assert known.found(KEY) == {Source("file", str(place)): 1}

    place.write_text(f"{KEY}999")
    known.take(opened(place))
    assert sum(known.found(f"{KEY} {KEY}999").values()) == 2


def test_files_beyond_the_time_that_there_is_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "MOST_LEARNING_S", 0.0)
    place, known = tmp_path / ".netrc", Secrets()
    place.write_text(KEY)
    known.take(opened(place))

    assert known.unread == 1
    assert known.found(KEY) == {}


def test_a_file_with_bytes_that_are_no_text_in_its_name_is_read(tmp_path: Path) -> None:
    folder, known = os.fsencode(tmp_path) + b"/\xff", Secrets()
    os.mkdir(folder)  # noqa: PTH102 - bytes
    with open(folder + b"/.netrc", "w") as file:  # noqa: PTH123 - bytes
        file.write(KEY)
    known.take(opened(tmp_path / r"\xff/.netrc"))

    assert set(known.found(KEY)) == {Source("file", str(tmp_path / r"\xff/.netrc"))}


MOUNTS = {"mnt": os.stat("/proc/self/ns/mnt").st_ino}  # noqa: PTH116 - no file


@pytest.mark.parametrize(("mounts", "is_read"), [(MOUNTS, True), ({"mnt": 7}, False), ({}, False)])
def test_of_who_is_gone_a_file_is_read_through_others_that_see_the_same(
    tmp_path: Path, mounts: dict[str, int], is_read: bool
) -> None:
    place, known = tmp_path / ".netrc", Secrets()
    place.write_text(KEY)
    known.take(executed(GONE, process(os.getpid())).model_copy(update={"namespaces": mounts}))
    child = GONE.model_copy(update={"pid": GONE.pid - 1})
    known.take(ProcessStarted(**ABOUT, process=child, parent=GONE, executable=""))
    known.take(FileOpened(**ABOUT, process=child, path=str(place)))

    assert bool(known.found(KEY)) == is_read
    assert known.unread == (not is_read)


def test_who_went_to_another_root_is_no_longer_taken_for_one_who_sees_the_same(tmp_path: Path) -> None:
    place, known = tmp_path / ".netrc", Secrets()
    place.write_text(KEY)
    known.take(executed(GONE).model_copy(update={"namespaces": MOUNTS}))
    known.take(PrivilegeUsed(**ABOUT, process=GONE, syscall="chroot"))
    known.take(FileOpened(**ABOUT, process=GONE, path=str(place)))

    assert known.unread == 1


def test_a_file_is_not_read_through_another_process_that_has_the_number_by_now(tmp_path: Path) -> None:
    place, known = tmp_path / ".netrc", Secrets()
    place.write_text(KEY)
    other = process(os.getpid()).model_copy(update={"started_ns": 7})
    known.take(FileOpened(**ABOUT, process=other, path=str(place)))

    assert known.unread == 1


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
    child, fork, grandchild, other = (GONE.model_copy(update={"pid": GONE.pid - number}) for number in range(1, 5))
    known.take(executed(child, GONE))
    known.take(ProcessStarted(**ABOUT, process=fork, parent=GONE, executable=""))
    known.take(executed(grandchild, fork))
    known.ask()

    assert set(known.found(KEY)) == {Source("variable", "GH_TOKEN")}
    assert known.unseen() == ()

    known.take(executed(other, grandchild))  # what that was given, nobody knows
    known.ask()
    assert known.unseen() == ("the sensitive variables of 1 programs, to know it again where it leaves",)
