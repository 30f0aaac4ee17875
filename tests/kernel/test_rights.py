"""The reader keeps few rights, each for something that is tried here; the command has what it would have without us."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from examples.live.model import serving
from sensor.event import SensitiveSent
from sensor.probes.rights import KEPT
from sensor.sources.replay import read
from tests.kernel.conftest import clew, python, verb
from tests.kernel.test_secrets import SENDS

pytestmark = pytest.mark.usefixtures("sensor")

NOBODY = 65_534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
OWN_RIGHTS = """
import ctypes
for line in open("/proc/self/status"):
    if line.startswith(("Cap", "NoNewPrivs", "Seccomp")):
        print(line, end="")
print([ctypes.CDLL(None).prctl(asked, 0, 0, 0, 0) for asked in (3, 27)])  # PR_GET_DUMPABLE, PR_GET_SECUREBITS
"""
READERS_RIGHTS = """
import os, time
from pathlib import Path
SETS = ("CapInh", "CapPrm", "CapEff", "NoNewPrivs")
found = []
while len(set(found)) != 1:  # the thread that launched this gives up its rights right after
    time.sleep(0.01)
    threads = [one.read_text().splitlines() for one in Path(f"/proc/{os.getppid()}/task").glob("*/status")]
    found = [tuple(line.split()[1] for line in one if line.startswith(SETS)) for one in threads]
print(len(found), *found[0])
"""


def to_record(folder: Path) -> list[str]:
    return ["record", "-o", str(folder / "out"), "--"]


@pytest.mark.parametrize(
    "before",
    [
        [],
        ["setpriv", "--bounding-set=-net_raw,-sys_module"],
        ["setpriv", "--bounding-set=-sys_nice"],
        ["setpriv", "--inh-caps=+net_raw,+sys_admin", "--ambient-caps=+net_raw,+sys_admin"],
        ["setpriv", "--no-new-privs"],
    ],
)
@pytest.mark.parametrize("how", ["record", "run"])
def test_the_command_has_the_rights_that_it_would_have(tmp_path: Path, before: Sequence[str], how: str) -> None:
    command = python(OWN_RIGHTS)
    alone = subprocess.run([*before, *command], capture_output=True, check=True)
    ran = clew(tmp_path, *(to_record(tmp_path) if how == "record" else ["run", "--"]), *command, before=before)

    assert (ran.returncode, ran.stdout) == (0, alone.stdout), ran.stderr.decode()
    assert b"telemetry only" not in ran.stderr


@pytest.mark.parametrize(
    ("how", "threads"), [(["record", "-o", "/dev/null"], 2), (["run"], 4), (["run", "--follow"], 4)]
)
def test_each_thread_of_the_reader_has_the_few_that_it_needs(tmp_path: Path, how: Sequence[str], threads: int) -> None:
    ran = clew(tmp_path, *how, "--", *python(READERS_RIGHTS))
    count, *sets = ran.stdout.decode().split()

    few = f"{sum(1 << one for one in KEPT):016x}"
    assert sets == ["0" * 16, few, few, "1"], ran.stderr.decode()
    assert int(count) >= threads


def test_a_signal_reaches_a_command_that_is_another_users(tmp_path: Path) -> None:
    waiting = ["sh", "-c", "echo ready; exec sleep 60"]
    with subprocess.Popen(
        verb(tmp_path, *to_record(tmp_path), *AS_NOBODY, *waiting), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"ready\n"
        reader.terminate()

        assert reader.wait(30) == 128 + signal.SIGTERM


def test_credentials_that_only_another_user_may_read_are_known_again(tmp_path: Path) -> None:
    place = tmp_path / ".aws" / "credentials"
    place.parent.mkdir(mode=0o700)
    place.write_text("aws_access_key_id = AKIAQ7RZ2EXAMPLE3456\n")
    place.chmod(0o600)
    for one in (place, place.parent):
        os.chown(one, NOBODY, NOBODY)
    with serving(tmp_path) as port:
        arguments = [str(place), str(port), str(tmp_path / "cert.pem"), "it"]
        clew(tmp_path, *to_record(tmp_path), sys.executable, "-c", SENDS, *arguments)

    assert [one.name for one in read(tmp_path / "out") if isinstance(one, SensitiveSent)] == [str(place)]


def test_a_store_of_another_user_stays_his(tmp_path: Path) -> None:
    clew(tmp_path, "run", "--", "true")
    store = tmp_path / "store"
    for one in (store, *store.iterdir()):
        os.chown(one, NOBODY, NOBODY)
    ran = clew(tmp_path, "run", "--follow", "--", "sh", "-c", f"sleep 1; stat -c '%u %n' {store}/*")

    owners = {name: owner for owner, name in (line.split() for line in ran.stdout.decode().splitlines())}
    assert [name for name in owners if name.endswith("-wal")]
    assert set(owners.values()) == {str(NOBODY)}, owners
